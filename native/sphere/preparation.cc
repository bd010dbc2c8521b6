#include "sphere/preparation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/format.h"
#include "parallel/pool.h"

namespace denseam::sphere {
namespace {

// The numbers in a chunk: some ten microseconds.
constexpr std::size_t kChunk = std::size_t{1} << 15;

// The number of roundings within which values count as equal.
constexpr double kRoundings = 4;

std::size_t grain(std::size_t numbers) { return std::max<std::size_t>(1, kChunk / numbers); }

double sum(std::size_t n, const double* x) {
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (std::size_t i = 0; i < n; ++i) total += x[i];
  return total;
}

double sumOfSquares(std::size_t n, const double* x) {
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (std::size_t i = 0; i < n; ++i) total += x[i] * x[i];
  return total;
}

template <typename T>
double largest(std::size_t n, const T* x) {
  T result = 0;
  for (std::size_t i = 0; i < n; ++i) result = std::max(result, std::abs(x[i]));
  return static_cast<double>(result);
}

// x - mean, in two steps: the second removes the mean that rounding left in the first.
void subtractMean(std::size_t n, double* x) {
  for (int step = 0; step < 2; ++step) {
    const double mean = sum(n, x) / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) x[i] -= mean;
  }
}

// x <- the row times a factor that brings it near 1, minus its mean.
void prepareRow(const std::uint8_t* row, std::size_t n, bool centred, double* x) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < n; ++i) total += row[i];
  // n (x_i - mean), exact in integers.
  const auto factor = static_cast<std::int64_t>(centred ? n : 1);
  const auto offset = static_cast<std::int64_t>(centred ? total : 0);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(factor * row[i] - offset);
}

template <typename T>
void checkFinite(const T* row, std::size_t n, const std::string& name, std::size_t index) {
  const T* bad = std::find_if(row, row + n, [](T value) { return !std::isfinite(value); });
  if (bad == row + n) return;
  throw notFinite(name + "[" + std::to_string(index) + "][" + std::to_string(bad - row) + "]",
                  static_cast<double>(*bad));
}

template <typename T>
void prepareRow(const T* row, std::size_t n, bool centred, double* x) {
  const double magnitude = largest(n, row);
  if (magnitude == 0) {
    std::fill_n(x, n, 0.0);
    return;
  }
  // A power of two, so that nothing rounds, as two factors, neither of which overflows.
  const int shift = -std::ilogb(magnitude);
  const double half = std::ldexp(1.0, shift / 2);
  const double rest = std::ldexp(1.0, shift - shift / 2);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(row[i]) * half * rest;
  if (!centred) return;
  subtractMean(n, x);
  const double dust = kRoundings * static_cast<double>(std::numeric_limits<T>::epsilon()) * magnitude * half * rest;
  if (largest(n, x) <= dust) std::fill_n(x, n, 0.0);
}

template <typename In, typename Out>
std::vector<Out> normalizeRows(const std::vector<In>& values, const RawRows& rows, bool centred, Job& job) {
  const std::size_t n = rows.dimension;
  job.expect(rows.count);
  std::vector<Out> result(values.size());
  parallel::forEach(rows.count, grain(n), job, [&](std::size_t begin, std::size_t end) {
    std::vector<double> x(n);
    for (std::size_t row = begin; row < end; ++row) {
      const In* given = values.data() + row * n;
      if constexpr (std::is_floating_point_v<In>) checkFinite(given, n, rows.name, rows.first + row);
      prepareRow(given, n, centred, x.data());
      const double length = std::sqrt(sumOfSquares(n, x.data()));
      if (length == 0) continue;  // the result is zero already
      Out* out = result.data() + row * n;
      for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<Out>(x[i] / length);
    }
    job.advance(end - begin);
  });
  return result;
}

void cutImage(const Cut& cut, const std::uint8_t* image, std::uint8_t* patch) {
  const std::size_t line = cut.size * cut.bytes;
  for (std::size_t row = 0; row < cut.rows(); ++row) {
    for (std::size_t column = 0; column < cut.columns(); ++column) {
      const std::uint8_t* corner = image + (row * cut.width + column) * cut.stride * cut.bytes;
      for (std::size_t i = 0; i < cut.size; ++i, patch += line) {
        std::memcpy(patch, corner + i * cut.width * cut.bytes, line);
      }
    }
  }
}

}  // namespace

Numbers toSphere(const RawRows& rows, bool centred, Precision precision, Job& job) {
  return std::visit(
      [&](const auto& values) -> Numbers {
        using In = typename std::decay_t<decltype(values)>::value_type;
        if (precision == Precision::kFloat32) return normalizeRows<In, float>(values, rows, centred, job);
        return normalizeRows<In, double>(values, rows, centred, job);
      },
      rows.values);
}

std::vector<std::uint8_t> cutPatches(const Cut& cut, const std::vector<std::uint8_t>& images, Job& job) {
  const std::size_t from = cut.height * cut.width * cut.bytes;
  const std::size_t to = cut.rows() * cut.columns() * cut.size * cut.size * cut.bytes;
  job.expect(cut.count);
  std::vector<std::uint8_t> patches(cut.count * to);
  parallel::forEach(cut.count, grain(to), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) cutImage(cut, images.data() + i * from, patches.data() + i * to);
    job.advance(end - begin);
  });
  return patches;
}

}  // namespace denseam::sphere
