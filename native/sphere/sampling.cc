#include "sphere/sampling.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/format.h"
#include "parallel/pool.h"

namespace denseam::sphere {
namespace {

// The rounding of lengths and of sums in float32 arithmetic.
constexpr double kLengthTolerance = 5e-5;
constexpr double kSumTolerance = 1e-5;

// The numbers in a chunk: some hundred microseconds of random normals.
constexpr std::size_t kChunk = std::size_t{1} << 14;

std::string indexed(const std::string& name, std::size_t index) { return name + "[" + std::to_string(index) + "]"; }

void normalize(std::size_t n, double* memory, const std::string& name) {
  double square = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(memory[i])) throw notFinite(indexed(name, i), memory[i]);
    square += memory[i] * memory[i];
  }
  const double length = std::sqrt(square);
  if (!(std::abs(length - 1) <= kLengthTolerance)) {
    throw Error("ERR_RANGE",
                {.argument = name, .expected = "a vector of length 1", .found = "its length is " + number(length)});
  }
  for (std::size_t i = 0; i < n; ++i) memory[i] /= length;
}

std::vector<double> cumulativeSums(const TeacherSource& source) {
  std::vector<double> sums(source.weights.size());
  double sum = 0;
  for (std::size_t at = 0; at < sums.size(); ++at) {
    const double weight = source.weights[at];
    const auto where = [&] { return indexed(indexed(source.weightsName, at / source.classes), at % source.classes); };
    if (!std::isfinite(weight)) throw notFinite(where(), weight);
    if (weight < 0) {
      throw Error("ERR_RANGE", {.argument = where(), .expected = "a probability", .received = number(weight)});
    }
    sums[at] = sum += weight;
  }
  if (!(std::abs(sum - 1) <= kSumTolerance)) {
    throw Error("ERR_RANGE", {.argument = source.weightsName,
                              .expected = "probabilities that sum to 1",
                              .found = "their sum is " + number(sum)});
  }
  return sums;
}

// A Gamma variate of any shape above 0 (Marsaglia and Tsang 2000).
double drawGamma(double shape, RandomStream& stream) {
  if (shape < 1) {
    const double larger = drawGamma(shape + 1, stream);
    return larger * std::pow(1 - stream.uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = stream.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - stream.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

// A point relative to a direction w: its component along w and the length of the rest, squares of which sum to 1.
struct Polar {
  double along;
  double across;
};

// Rejection from the image of a symmetric Beta variate Z = g / (g + h) (Ulrich 1984, corrected by Wood 1994), with
// b = (sqrt(4 kappa^2 + (N-1)^2) - 2 kappa) / (N-1). Written in the gamma variates g and h, nothing cancels, neither in
// b, nor in 1 - along = 2 b g / (h + b g), nor in the logarithm of the acceptance probability, which becomes (N-1) (y /
// (1+y) - log(1+y)).
Polar drawPolar(std::size_t dimension, double kappa, RandomStream& stream) {
  const auto m = static_cast<double>(dimension - 1);
  const double b = m / (2 * kappa + std::hypot(2 * kappa, m));
  for (;;) {
    const double g = drawGamma(m / 2, stream);
    const double h = drawGamma(m / 2, stream);
    const double y = (1 - b) / (1 + b) * ((h - g) / (h + g));
    if (std::log(1 - stream.uniform()) <= m * (y / (1 + y) - std::log1p(y))) {
      return {(h - b * g) / (h + b * g), 2 * std::sqrt(b * g * h) / (h + b * g)};
    }
  }
}

// x from the von Mises-Fisher distribution about w: drawn about the first coordinate axis, then mirrored in the plane
// that takes the axis to w (to -w where that is farther, so that nothing cancels).
void drawAbout(const double* w, double kappa, std::size_t n, RandomStream& stream, double* x) {
  const auto [along, across] = drawPolar(n, kappa, stream);
  const double sign = w[0] < 0 ? -1 : 1;
  x[0] = -sign * along;
  stream.onSphere(across, {x + 1, n - 1});
  // The plane's normal is w + sign e_1, its squared length 2 (1 + |w_1|).
  double product = sign * x[0];
  for (std::size_t i = 0; i < n; ++i) product += w[i] * x[i];
  const double factor = product / (1 + std::abs(w[0]));
  x[0] -= factor * sign;
  for (std::size_t i = 0; i < n; ++i) x[i] -= factor * w[i];
}

void drawPoint(const Teacher& teacher, std::size_t hidden, RandomStream& stream, double* x) {
  const std::size_t n = teacher.dimension;
  if (hidden == 0) {
    stream.onSphere(1, {x, n});
  } else {
    drawAbout(teacher.memories.data() + (hidden - 1) * n, teacher.kappa, n, stream, x);
  }
}

// uniform() is below 1, so the mark is below the last sum, and a cell of weight 0 is never chosen.
std::size_t drawCell(const std::vector<double>& cumulative, RandomStream& stream) {
  const double mark = stream.uniform() * cumulative.back();
  const auto cell = std::upper_bound(cumulative.begin(), cumulative.end(), mark);
  return static_cast<std::size_t>(cell - cumulative.begin());
}

}  // namespace

Teacher makeTeacher(TeacherSource source) {
  const std::size_t n = source.dimension;
  for (std::size_t row = 0; row * n < source.memories.size(); ++row) {
    const std::string name = source.singleMemory ? source.memoriesName : indexed(source.memoriesName, row);
    normalize(n, source.memories.data() + row * n, name);
  }
  std::vector<double> cumulative = cumulativeSums(source);
  return {n, source.classes, source.kappa, std::move(source.memories), std::move(cumulative)};
}

TeacherSample sample(const Teacher& teacher, Purpose purpose, std::size_t first, std::size_t count, std::uint64_t seed,
                     Job& job) {
  const std::size_t n = teacher.dimension;
  job.expect(count);
  TeacherSample result{std::vector<double>(count * n), std::vector<std::int32_t>(count),
                       std::vector<std::int32_t>(count)};
  parallel::forEach(count, std::max<std::size_t>(1, kChunk / n), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      RandomStream stream(seed, purpose, first + i);
      const std::size_t cell = drawCell(teacher.cumulative, stream);
      const std::size_t hidden = cell / teacher.classes;
      result.hidden[i] = static_cast<std::int32_t>(hidden);
      result.labels[i] = static_cast<std::int32_t>(cell % teacher.classes);
      drawPoint(teacher, hidden, stream, result.values.data() + i * n);
    }
    job.advance(end - begin);
  });
  return result;
}

}  // namespace denseam::sphere
