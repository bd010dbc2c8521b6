#include "euclidean/codes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "parallel/pool.h"

namespace denseam::euclidean {
namespace {

constexpr int kMostCode = kCodeOffset - 1;
// A query has two planes where one is off by more than this share of the query's distance from the centre: a few times
// what rows are off by.
constexpr double kCoarse = 1.0 / 32;
// The prefix is one part in so many of the coordinates, if there are enough of them.
constexpr std::size_t kPrefixPart = 4;
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
// What sums of norms have to stay below the range of single precision by.
constexpr double kHeadroom = 16;

std::size_t padded(std::size_t width) { return (width + kCodeStep - 1) / kCodeStep * kCodeStep; }

std::size_t prefixWidth(std::size_t width) {
  return padded(width) < kPrefixPart * kCodeStep ? padded(width) : padded(width / kPrefixPart);
}

// Rows in a block, of which prefix and rest take about 4 MiB at most.
std::size_t blockRows(std::size_t width) { return (std::size_t{4} << 20) / padded(width); }

// The power of two at x, 1 where x is zero.
double powerOfTwo(double x) { return x > 0 && std::isfinite(x) ? std::exp2(std::ilogb(x)) : 1; }

// Coordinates in descending order of their scales.
std::vector<std::uint32_t> orderOf(const std::vector<double>& scales) {
  std::vector<std::uint32_t> order(scales.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return scales[i] > scales[j]; });
  return order;
}

std::vector<double> ordered(const std::vector<double>& values, const std::vector<std::uint32_t>& order) {
  std::vector<double> result;
  for (const std::uint32_t j : order) result.push_back(values[j]);
  return result;
}

template <typename T>
CodeBook makeBook(const Rows<T>& rows) {
  const std::size_t width = rows.width(), size = rows.size(), count = std::min(size, kSample);
  std::vector<double> centre(width), scales(width);
  const auto row = [&](std::size_t k) { return rows.values(k * size / count); };
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = 0; j < width; ++j) centre[j] += static_cast<double>(row(k)[j]) / static_cast<double>(count);
  }
  double square = 0;
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = 0; j < width; ++j) {
      const double apart = static_cast<double>(row(k)[j]) - centre[j];
      scales[j] += apart * apart / static_cast<double>(count);
      square += apart * apart / static_cast<double>(count);
    }
  }
  const double mean = std::sqrt(square / static_cast<double>(width));
  const double unit = powerOfTwo(std::sqrt(square));
  for (double& scale : scales) {
    // The geometric mean of a coordinate's deviation and that of all: rows are coded in units of t, queries in 1 / t.
    const double deviation = std::max(std::sqrt(scale), kLeastShare * mean);
    scale = (mean > 0 ? std::sqrt(deviation * mean) : 1) / unit;
  }
  const auto order = orderOf(scales);
  return {order, ordered(centre, order), ordered(scales, order), unit, size};
}

// Codes a point in numbers from -most to most: coordinate j in steps of the code's scale times weight(j). `extra` is
// how far the point may be from what it stands for. write(j, number) takes the numbers.
template <typename Value, typename Weight, typename Write>
CodeNote encodePoint(const CodeBook& book, const Value* point, double most, const Weight& weight, double extra,
                     const Write& write) {
  const std::size_t width = book.order.size(), prefix = prefixWidth(width);
  const auto offset = [&](std::size_t j) {
    return (static_cast<double>(point[book.order[j]]) - book.centre[j]) / book.unit;
  };
  double greatest = 0;
  for (std::size_t j = 0; j < width; ++j) greatest = std::max(greatest, std::abs(offset(j)) / weight(j));
  const auto scale = static_cast<float>(greatest / most);
  const auto step = static_cast<double>(scale);
  double norms[2] = {0, 0}, error = 0, whole = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double x = offset(j);
    const double code = step > 0 ? std::clamp(std::nearbyint(x / (step * weight(j))), -most, most) : 0.0;
    write(j, static_cast<int>(code));
    const double coded = step * weight(j) * code;
    norms[j < prefix ? 0 : 1] += coded * coded;
    error += (x - coded) * (x - coded);
    whole += x * x;
  }
  const double rho = std::sqrt(error) + extra / book.unit + kSlack * std::sqrt(whole);
  // Where single precision cannot hold the code, or sums of its norms, its error is infinite: it leaves nothing out.
  const bool fits = step > 0
                        ? std::isnormal(scale) && std::isfinite(static_cast<float>(kHeadroom * (norms[0] + norms[1])))
                        : error == 0;
  return {scale, fits ? roundedUp(rho) : std::numeric_limits<float>::infinity(), static_cast<float>(norms[0]),
          static_cast<float>(std::sqrt(norms[1]))};
}

}  // namespace

float roundedUp(double x) { return std::nextafter(static_cast<float>(x), std::numeric_limits<float>::infinity()); }

bool canHaveCodes(std::size_t width) { return width >= kLeastWidth && width <= kMostCodeWidth; }

template <typename T>
double rounding(const Rows<T>& rows, std::size_t index) {
  double roots = 0;
  for (const T root : rows.values(index).subspan(rows.embedding().dimension())) {
    roots += static_cast<double>(root) * static_cast<double>(root);
  }
  return static_cast<double>(std::numeric_limits<T>::epsilon()) * std::sqrt(roots);
}

template <typename T>
Codes<T>::Codes(std::size_t width, std::shared_ptr<const CodeBook> book)
    : book_(std::move(book)),
      prefixes_(prefixWidth(width), 1, blockRows(width)),
      rests_(padded(width) - prefixWidth(width), 1, blockRows(width)) {}

template <typename T>
void Codes<T>::complete(const Rows<T>& rows, Job& job) {
  if (!book_ || rows.size() >= kGrowth * book_->rows) {
    *this = Codes(rows.width(), std::make_shared<const CodeBook>(makeBook(rows)));
  }
  job.expect(rows.size() - size());
  while (size() < rows.size()) encodeNext(rows, std::min(kRowsAtOnce, rows.size() - size()), job);
}

template <typename T>
void Codes<T>::append(std::span<const std::uint8_t> prefixes, std::span<const std::uint8_t> rests,
                      std::span<const CodeNote> notes) {
  prefixes_.append(notes.size(), prefixes, notes);
  rests_.append(notes.size(), rests);
}

template <typename T>
void Codes<T>::encodeNext(const Rows<T>& rows, std::size_t count, Job& job) {
  const std::size_t begin = size();
  const std::size_t prefix = prefixes_.width(), rest = rests_.width();
  std::vector<std::uint8_t> prefixes(count * prefix, kCodeOffset), rests(count * rest, kCodeOffset);
  std::vector<CodeNote> notes(count);
  parallel::forEach(count, kGrain, job, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      notes[i] = encodePoint(
          *book_, rows.values(begin + i).data(), kMostCode, [&](std::size_t j) { return book_->scales[j]; },
          rounding(rows, begin + i),
          [&](std::size_t j, int number) {
            auto& code = j < prefix ? prefixes[i * prefix + j] : rests[i * rest + j - prefix];
            code = static_cast<std::uint8_t>(kCodeOffset + number);
          });
    }
    job.advance(to - from);
  });
  append(prefixes, rests, notes);
}

template <typename T>
void Codes<T>::remove(const std::vector<std::int32_t>& indices, const Job& job) {
  prefixes_.remove(indices, job);
  rests_.remove(indices, job);
}

template <typename T>
QueryCode Codes<T>::encode(const double* point) const {
  QueryCode query = encode(point, 1);
  const auto& [scale, error, prefix, rest] = query.note;
  return static_cast<double>(error) <= kCoarse * std::sqrt(static_cast<double>(prefix + rest * rest))
             ? query
             : encode(point, 2);
}

template <typename T>
QueryCode Codes<T>::encode(const double* point, std::size_t planes) const {
  const std::size_t prefix = prefixes_.width();
  const int step = planes == 1 ? 1 : kPlaneStep;
  QueryCode query;
  for (std::size_t k = 0; k < planes; ++k) query.planes.push_back({std::vector<std::int8_t>(prefix + rests_.width())});
  const auto write = [&](QueryCode::Plane& plane, std::size_t j, int number) {
    plane.codes[j] = static_cast<std::int8_t>(number);
    (j < prefix ? plane.prefixSum : plane.restSum) += number;
  };
  query.note = encodePoint(
      *book_, point, static_cast<double>(kMostCode) * step, [&](std::size_t j) { return 1 / book_->scales[j]; }, 0,
      [&](std::size_t j, int number) {
        const int high = static_cast<int>(std::nearbyint(static_cast<double>(number) / step));
        write(query.planes[0], j, high);
        if (planes == 2) write(query.planes[1], j, number - high * step);
      });
  return query;
}

template double rounding(const Rows<float>&, std::size_t);
template double rounding(const Rows<double>&, std::size_t);
template class Codes<float>;
template class Codes<double>;

}  // namespace denseam::euclidean
