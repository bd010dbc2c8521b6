#include "euclidean/saved_codes.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>

#include "base/error.h"
#include "parallel/pool.h"
#include "simd/dispatch.h"

namespace denseam::euclidean {
namespace {

// Rows checked in a chunk of work.
constexpr std::size_t kGrain = 64;
// The relative error of norms in single precision; sums in double precision differ by much less from machine to
// machine, and what underflows by less than any number of theirs.
constexpr double kNormError = 1.01 * static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
constexpr double kUnderflow = static_cast<double>(std::numeric_limits<float>::denorm_min());

bool isNear(double value, float saved) {
  return std::abs(value - static_cast<double>(saved)) <= kNormError * value + kUnderflow;
}

// The widths of the parts of a record, in bytes.
struct Parts {
  std::size_t prefix, rest;

  template <typename T>
  explicit Parts(const Codes<T>& codes) : prefix(codes.prefixes().width()), rest(codes.rests().width()) {}
  std::size_t floats() const { return (prefix + rest + sizeof(CodeNote)) / sizeof(float); }
};

// The squares of what a code is from the code book's centre, and from the row, summed over coordinates.
struct Sums {
  double norm, error;
};

template <typename T>
DENSEAM_INLINE Sums sumsOf(const CodeBook& book, std::size_t first, std::size_t count, double step,
                           const std::uint8_t* __restrict codes, const T* __restrict row) {
  const std::uint32_t* __restrict order = book.order.data() + first;
  const double* __restrict centre = book.centre.data() + first;
  const double* __restrict scales = book.scales.data() + first;
  const double inverse = 1 / book.unit;
  double norm = 0, error = 0;
#pragma omp simd reduction(+ : norm, error)
  for (std::size_t j = 0; j < count; ++j) {
    const double coded = step * scales[j] * static_cast<double>(static_cast<int>(codes[j]) - kCodeOffset);
    const double off = (static_cast<double>(row[order[j]]) - centre[j]) * inverse - coded;
    norm += coded * coded;
    error += off * off;
  }
  return {norm, error};
}

DENSEAM_DISPATCH Sums sums(const CodeBook& book, std::size_t first, std::size_t count, double step,
                           const std::uint8_t* codes, const float* row) {
  return sumsOf(book, first, count, step, codes, row);
}
DENSEAM_DISPATCH Sums sums(const CodeBook& book, std::size_t first, std::size_t count, double step,
                           const std::uint8_t* codes, const double* row) {
  return sumsOf(book, first, count, step, codes, row);
}

// Whether a code and its note bound a row: the row is as near to the code as the note says, and the norms are the
// code's. `extra` is how far the row may be from its item.
template <typename T>
bool bounds(const CodeBook& book, std::size_t prefixWidth, const std::uint8_t* codes, const CodeNote& note,
            const T* row, double extra) {
  if (std::isinf(note.error) && note.error > 0) return true;  // it leaves nothing out
  const std::size_t width = book.order.size(), split = std::min(width, prefixWidth);
  const auto step = static_cast<double>(note.scale);
  const Sums prefix = sums(book, 0, split, step, codes, row);
  const Sums rest = sums(book, split, width - split, step, codes + split, row);
  return std::sqrt(prefix.error + rest.error) + extra / book.unit <= static_cast<double>(note.error) &&
         isNear(prefix.norm, note.prefix) && isNear(std::sqrt(rest.norm), note.rest);
}

}  // namespace

IndexShape savedShape(std::size_t width) { return {Parts(Codes<float>(width)).floats(), 3 * width + 2}; }

std::vector<double> savedBook(const CodeBook& book) {
  std::vector<double> numbers(book.order.begin(), book.order.end());
  numbers.insert(numbers.end(), book.centre.begin(), book.centre.end());
  numbers.insert(numbers.end(), book.scales.begin(), book.scales.end());
  numbers.push_back(book.unit);
  numbers.push_back(static_cast<double>(book.rows));
  return numbers;
}

std::shared_ptr<const CodeBook> readBook(std::size_t width, const std::vector<double>& numbers) {
  const auto part = [&](std::size_t k) { return std::span(numbers).subspan(k * width, width); };
  const double unit = numbers[3 * width], rows = numbers[3 * width + 1];
  std::vector<std::uint8_t> isThere(width);
  for (const double j : part(0)) {
    if (j >= 0 && j < static_cast<double>(width)) isThere[static_cast<std::size_t>(j)] = 1;
  }
  const auto isScale = [](double x) { return x > 0 && std::isfinite(x); };
  const bool isBook = std::ranges::all_of(isThere, [](std::uint8_t there) { return there == 1; }) &&
                      std::ranges::all_of(part(1), [](double x) { return std::isfinite(x); }) &&
                      std::ranges::all_of(part(2), isScale) && isScale(unit) && rows >= 1 && rows <= 0x1p53;
  if (!isBook) {
    throw Error("ERR_RANGE", {.argument = "the shared index",
                              .expected = "an order of the coordinates, their centre and positive scales",
                              .received = "other numbers"});
  }
  CodeBook book{
      {}, {part(1).begin(), part(1).end()}, {part(2).begin(), part(2).end()}, unit, static_cast<std::size_t>(rows)};
  for (const double j : part(0)) book.order.push_back(static_cast<std::uint32_t>(j));
  return std::make_shared<const CodeBook>(std::move(book));
}

template <typename T>
std::vector<float> savedRecords(const Codes<T>& codes, std::size_t first, std::size_t count) {
  const Parts parts(codes);
  std::vector<float> records(count * parts.floats());
  for (std::size_t i = 0; i < count; ++i) {
    auto* record = reinterpret_cast<std::uint8_t*>(records.data() + i * parts.floats());
    std::memcpy(record, codes.prefixes().values(first + i).data(), parts.prefix);
    if (parts.rest > 0) std::memcpy(record + parts.prefix, codes.rests().values(first + i).data(), parts.rest);
    std::memcpy(record + parts.prefix + parts.rest, &codes.prefixes().note(first + i), sizeof(CodeNote));
  }
  return records;
}

template <typename T>
void appendRecords(const Rows<T>& rows, const Items& items, Codes<T>& codes, Job& job) {
  const Parts parts(codes);
  const std::size_t begin = codes.size();
  std::vector<std::uint8_t> prefixes(items.count * parts.prefix), rests(items.count * parts.rest);
  std::vector<CodeNote> notes(items.count);
  parallel::forEach(items.count, kGrain, job, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const auto* record = reinterpret_cast<const std::uint8_t*>(items.savedIndex.data() + i * parts.floats());
      const auto* rest = record + parts.prefix;
      std::copy_n(record, parts.prefix, prefixes.data() + i * parts.prefix);
      std::copy_n(rest, parts.rest, rests.data() + i * parts.rest);
      std::memcpy(&notes[i], rest + parts.rest, sizeof(CodeNote));
      if (bounds(*codes.book(), parts.prefix, record, notes[i], rows.values(begin + i).data(),
                 rounding(rows, begin + i))) {
        continue;
      }
      throw Error("ERR_RANGE", {.argument = items.at("index", i),
                                .expected = "a code that is as near to its row as it says",
                                .received = "another"});
    }
  });
  codes.append(prefixes, rests, notes);
}

template std::vector<float> savedRecords(const Codes<float>&, std::size_t, std::size_t);
template std::vector<float> savedRecords(const Codes<double>&, std::size_t, std::size_t);
template void appendRecords(const Rows<float>&, const Items&, Codes<float>&, Job&);
template void appendRecords(const Rows<double>&, const Items&, Codes<double>&, Job&);

}  // namespace denseam::euclidean
