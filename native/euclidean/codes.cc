#include "euclidean/codes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parallel/pool.h"

namespace denseam::euclidean {
namespace {

constexpr int kMostCode = kCodeOffset - 1;
// A step of the high plane, in steps of the low one.
constexpr int kPlaneStep = 128;
// Rows that the centre and the scales are taken from.
constexpr std::size_t kSample = 4096;
// The growth of a memory from which its code book is made anew: rows added later may be of another kind.
constexpr std::size_t kGrowth = 4;
// No scale is below this share of the root mean square of all deviations: a coordinate that was constant may change.
constexpr double kLeastShare = 1e-3;
// Narrower rows are evaluated as fast as their codes.
constexpr std::size_t kLeastWidth = 64;
// Rows coded in a chunk, and rows coded at once between copies to the store.
constexpr std::size_t kGrain = 64, kRowsAtOnce = 4096;
// What rounding in double precision may add to a code's error, relative to it and to the norm of the row.
constexpr double kSlack = 1e-12;

std::size_t padded(std::size_t width) { return (width + kCodeStep - 1) / kCodeStep * kCodeStep; }

// The power of two at x, 1 where x is zero.
double powerOfTwo(double x) { return x > 0 && std::isfinite(x) ? std::exp2(std::ilogb(x)) : 1; }

template <typename T>
CodeBook makeBook(const Rows<T>& rows) {
  const std::size_t width = rows.width(), size = rows.size(), count = std::min(size, kSample);
  CodeBook book{std::vector<double>(width), std::vector<double>(width), 1, size};
  const auto row = [&](std::size_t k) { return rows.values(k * size / count); };
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = 0; j < width; ++j)
      book.centre[j] += static_cast<double>(row(k)[j]) / static_cast<double>(count);
  }
  double square = 0;
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = 0; j < width; ++j) {
      const double apart = static_cast<double>(row(k)[j]) - book.centre[j];
      book.scales[j] += apart * apart / static_cast<double>(count);
      square += apart * apart / static_cast<double>(count);
    }
  }
  const double mean = std::sqrt(square / static_cast<double>(width));
  book.unit = powerOfTwo(std::sqrt(square));
  for (double& scale : book.scales) {
    // The geometric mean of a coordinate's deviation and that of all: rows are coded in units of t, queries in 1 / t.
    const double deviation = std::max(std::sqrt(scale), kLeastShare * mean);
    scale = (mean > 0 ? std::sqrt(deviation * mean) : 1) / book.unit;
  }
  return book;
}

// Codes one row. `extra` is how far the row may be from the item that it stands for.
template <typename T>
CodeNote encodeRow(const CodeBook& book, const T* row, double extra, std::size_t width, std::uint8_t* codes) {
  const auto offset = [&](std::size_t j) { return (static_cast<double>(row[j]) - book.centre[j]) / book.unit; };
  double greatest = 0;
  for (std::size_t j = 0; j < width; ++j) greatest = std::max(greatest, std::abs(offset(j)) / book.scales[j]);
  const auto scale = static_cast<float>(greatest / kMostCode);
  const auto step = static_cast<double>(scale);
  double norm = 0, error = 0, whole = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double x = offset(j);
    const double code =
        step > 0 ? std::clamp(std::nearbyint(x / (step * book.scales[j])), -1.0 * kMostCode, 1.0 * kMostCode) : 0.0;
    codes[j] = static_cast<std::uint8_t>(kCodeOffset + static_cast<int>(code));
    const double coded = step * book.scales[j] * code;
    norm += coded * coded;
    error += (x - coded) * (x - coded);
    whole += x * x;
  }
  const double rho = std::sqrt(error) + extra / book.unit + kSlack * std::sqrt(whole);
  // Where single precision cannot hold the code, its error is infinite, and the row is never left out.
  const bool fits = step > 0 ? std::isnormal(scale) && std::isfinite(static_cast<float>(norm)) : error == 0;
  return {scale, fits ? roundedUp(rho) : std::numeric_limits<float>::infinity(), static_cast<float>(norm)};
}

}  // namespace

float roundedUp(double x) { return std::nextafter(static_cast<float>(x), std::numeric_limits<float>::infinity()); }

bool canHaveCodes(std::size_t width) { return width >= kLeastWidth && width <= kMostCodeWidth; }

template <typename T>
Codes<T>::Codes(std::size_t width) : store_(padded(width)) {}

template <typename T>
void Codes<T>::complete(const Rows<T>& rows, Job& job) {
  if (!book_ || rows.size() >= kGrowth * book_->rows) {
    book_ = std::make_shared<const CodeBook>(makeBook(rows));
    store_ = Store<std::uint8_t, CodeNote>(store_.width());
  }
  const std::size_t width = rows.width(), stride = store_.width(), first = rows.embedding().dimension();
  job.expect(rows.size() - store_.size());
  while (store_.size() < rows.size()) {
    const std::size_t begin = store_.size(), count = std::min(kRowsAtOnce, rows.size() - begin);
    std::vector<std::uint8_t> codes(count * stride, kCodeOffset);
    std::vector<CodeNote> notes(count);
    parallel::forEach(count, kGrain, job, [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) {
        const T* row = rows.values(begin + i).data();
        // Roots are rounded to the precision of the rows.
        double roots = 0;
        for (std::size_t j = first; j < width; ++j) roots += static_cast<double>(row[j]) * static_cast<double>(row[j]);
        const double extra = static_cast<double>(std::numeric_limits<T>::epsilon()) * std::sqrt(roots);
        notes[i] = encodeRow(*book_, row, extra, width, codes.data() + i * stride);
      }
      job.advance(to - from);
    });
    store_.append(count, codes, notes);
  }
}

template <typename T>
void Codes<T>::remove(const std::vector<std::int32_t>& indices, const Job& job) {
  store_.remove(indices, job);
}

template <typename T>
QueryCode Codes<T>::encode(const double* point, std::size_t planes) const {
  const CodeBook& book = *book_;
  const std::size_t width = book.centre.size(), stride = store_.width();
  const double most = planes == 1 ? kMostCode : static_cast<double>(kMostCode) * kPlaneStep;
  QueryCode query{planes, std::vector<std::int8_t>(planes * stride), std::vector<std::int32_t>(planes), 0, 0, 0};
  const auto offset = [&](std::size_t j) { return (point[j] - book.centre[j]) / book.unit; };
  double greatest = 0;
  for (std::size_t j = 0; j < width; ++j) greatest = std::max(greatest, std::abs(offset(j)) * book.scales[j]);
  query.scale = static_cast<float>(greatest / most);
  const auto step = static_cast<double>(query.scale);
  double norm = 0, error = 0, whole = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double x = offset(j);
    const double code = step > 0 ? std::clamp(std::nearbyint(x * book.scales[j] / step), -most, most) : 0.0;
    const double high = planes == 1 ? code : std::nearbyint(code / kPlaneStep);
    query.codes[j] = static_cast<std::int8_t>(high);
    query.sums[0] += static_cast<std::int32_t>(high);
    if (planes == 2) {
      const double low = code - high * kPlaneStep;
      query.codes[stride + j] = static_cast<std::int8_t>(low);
      query.sums[1] += static_cast<std::int32_t>(low);
    }
    const double coded = step * code / book.scales[j];
    norm += coded * coded;
    error += (x - coded) * (x - coded);
    whole += x * x;
  }
  query.norm = static_cast<float>(norm);
  const bool fits = step > 0 ? std::isnormal(query.scale) && std::isfinite(query.norm) : error == 0;
  query.error = fits ? roundedUp(std::sqrt(error) + kSlack * std::sqrt(whole)) : std::numeric_limits<float>::infinity();
  return query;
}

template class Codes<float>;
template class Codes<double>;

}  // namespace denseam::euclidean
