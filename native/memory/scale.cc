#include "memory/scale.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "parallel/pool.h"

namespace denseam {
namespace {

// Numbers read in a chunk of about 50 microseconds.
constexpr std::size_t kNumbersInChunk = 100'000;

using Describe = std::function<double(std::size_t item, std::span<double> mean)>;

// Runs body(part, item) over all items, those of a part on one thread and in order.
template <typename Part, typename Body>
std::vector<Part> inParts(std::size_t count, std::size_t d, const Job& job, const Body& body) {
  const std::size_t grain = std::max<std::size_t>(1, kNumbersInChunk / d);
  std::vector<Part> parts((count + grain - 1) / grain);
  parallel::forEach(count, grain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) body(parts[begin / grain], i);
  });
  return parts;
}

// The exponent of the power of two that brings the numbers near 1, where squares neither overflow nor vanish.
int unitExponent(std::size_t count, std::size_t d, const Describe& describe, const Job& job) {
  const std::vector<double> greatest = inParts<double>(count, d, job, [&](double& part, std::size_t i) {
    std::vector<double> mean(d);
    part = std::max(part, std::sqrt(std::clamp(describe(i, mean), 0.0, std::numeric_limits<double>::max())));
    for (const double x : mean) part = std::max(part, std::abs(x));
  });
  const double whole = *std::max_element(greatest.begin(), greatest.end());
  return whole > 0 ? std::ilogb(whole) : 0;
}

// Sums of x = mu - pivot and of |x|^2 + tr S.
struct Sums {
  std::vector<double> means;
  double squares = 0;
};

double squaredNorm(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return sum;
}

}  // namespace

// The scale, with sums about the first item's mean, so that a common offset costs few digits: an item's mean is mostly
// not many standard deviations from the mean of all.
double measureScale(std::size_t count, std::size_t d, const Describe& describe, const Job& job) {
  const int exponent = unitExponent(count, d, describe, job);
  const auto read = [&](std::size_t item, std::vector<double>& mean) {
    mean.resize(d);
    const double trace = describe(item, mean);
    for (double& x : mean) x = std::ldexp(x, -exponent);
    return std::ldexp(std::clamp(trace, 0.0, std::numeric_limits<double>::max()), -2 * exponent);
  };
  std::vector<double> pivot;
  read(0, pivot);
  const std::vector<Sums> parts = inParts<Sums>(count, d, job, [&](Sums& part, std::size_t i) {
    std::vector<double> mean;
    part.means.resize(d);
    part.squares += read(i, mean);
    for (std::size_t k = 0; k < d; ++k) {
      const double x = mean[k] - pivot[k];
      part.means[k] += x;
      part.squares += x * x;
    }
  });
  Sums whole{std::vector<double>(d)};
  for (const Sums& part : parts) {
    whole.squares += part.squares;
    for (std::size_t k = 0; k < d; ++k) whole.means[k] += part.means[k];
  }
  const auto n = static_cast<double>(count);
  for (double& x : whole.means) x /= n;
  const double variance = std::max(0.0, whole.squares / n - squaredNorm(whole.means));
  return std::ldexp(std::sqrt(variance), exponent);
}

}  // namespace denseam
