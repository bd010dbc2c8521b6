#include "gaussian/spread.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "gaussian/bures.h"
#include "gaussian/covariance.h"
#include "gaussian/frame.h"
#include "gaussian/increment.h"
#include "linalg/linalg.h"

namespace denseam::gaussian {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// The bound on the relative error of a squared Bures distance up to which it counts as exact. It is half of the squared
// W2, so W2 errs by at most a quarter of this. The bound adds up the roundings of d eigenvalues, which in many
// dimensions cancel for the most part.
double exactness(std::size_t d) { return 4e-10 * std::sqrt(std::max(1.0, static_cast<double>(d) / 16)); }
// The tolerance of the covariance's half of the squared distance; the mean takes the rest, so the sum stays exact.
constexpr double kSplit = 1e-6;
constexpr double kSearchPrecision = kSplit / 4;
// The limit on evaluations, reached only where rounding hides the distance.
constexpr int kMaxEvaluations = 40;
constexpr Distance kUnknown{0, std::numeric_limits<double>::infinity()};

// The ray S + t P, P = E E', and the Bures distance along it.
class Ray {
 public:
  Ray(std::size_t d, const double* start, RandomStream& stream)
      : d_(d), start_(start), state_(stateOf(d, start)), frame_(state_), direction_(d * d), point_(d * d) {
    stream.normals(point_);
    linalg::outer(d, point_.data(), direction_.data());
    linalg::symmetrize(d, direction_.data());
  }

  const std::vector<double>& point() const { return point_; }

  // Moves to S + t P, rounded.
  void moveTo(double t) {
    for (std::size_t i = 0; i < d_ * d_; ++i) point_[i] = start_[i] + t * direction_[i];
    distance_ = kUnknown;
  }

  // Squared distance of the point from S, to `precision` where double precision allows it.
  double squaredDistance(double precision) {
    if (!isPrecise(distance_, precision)) distance_ = measure(precision);
    return distance_.value;
  }

  // The t at which the distance would be right if S and P were multiples of the identity with their traces:
  // (s + t p)^1/2 - s^1/2 = b / d^1/2.
  double guess(double squaredDistance) const {
    const double n = static_cast<double>(d_);
    const double s = linalg::trace(d_, start_) / n;
    const double p = linalg::trace(d_, direction_.data()) / n;
    return (2 * std::sqrt(s * squaredDistance / n) + squaredDistance / n) / p;
  }

 private:
  static State stateOf(std::size_t d, const double* covariance) {
    State state{std::vector<double>(d), std::vector<double>(d * d), judge(d, covariance, "a covariance").rank};
    factorize(d, covariance, state.rank == d, state.factor.data());
    return state;
  }

  static bool isPrecise(const Distance& distance, double precision) {
    return distance.error <= precision * distance.value;
  }

  // Measures in the cheapest form that is precise enough, or else in the most precise one.
  Distance measure(double precision) {
    const Distance plain = buresDistance(frame_, point_.data(), {linalg::trace(d_, point_.data()), 0, d_, nullptr});
    if (isPrecise(plain, precision)) return plain;
    const Distance increment = incrementDistance();
    if (isPrecise(increment, precision)) return increment;
    const Distance procrustes = procrustesDistance();
    const auto isMorePrecise = [](const Distance& a, const Distance& b) { return a.error < b.error; };
    return std::min({plain, increment, procrustes}, isMorePrecise);
  }

  Distance incrementDistance() {
    if (!increment_) increment_.emplace(d_, start_);
    std::vector<double> difference(d_ * d_);
    std::transform(point_.begin(), point_.end(), start_, difference.begin(), [](double a, double b) { return a - b; });
    return increment_->squaredDistance(difference.data());
  }

  Distance procrustesDistance() const {
    const double value = buresDistanceProcrustes(frame_, point_.data(), true);
    const double factorError = 8 * kEpsilon * std::sqrt(frame_.trace());
    return {value, (2 * std::sqrt(value) + factorError) * factorError};
  }

  std::size_t d_;
  const double* start_;
  State state_;
  Frame frame_;
  std::vector<double> direction_;
  std::vector<double> point_;
  Distance distance_ = kUnknown;
  std::optional<Increment> increment_;
};

// Brings the ray to the given squared distance, by the secant method on log b^2 as a function of log t, kept inside a
// bracket. b^2 is convex in t (tr (S^1/2 . S^1/2)^1/2 is concave) and rises from zero, first as t^2 and in the end as
// t: the slope is between 1 and 2.
void seek(Ray& ray, double squaredDistance, const Job& job) {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  double slope = std::sqrt(2.0);
  double last = 0;
  double lastMiss = 0;
  double position = std::log(ray.guess(squaredDistance));
  for (int evaluation = 0; evaluation < kMaxEvaluations; ++evaluation) {
    job.poll();
    ray.moveTo(std::exp(position));
    const double ratio = ray.squaredDistance(kSearchPrecision) / squaredDistance;
    const double miss = std::log(std::max(ratio, std::numeric_limits<double>::min()));
    if (std::abs(miss) <= kSplit) return;
    (miss < 0 ? low : high) = position;
    if (evaluation > 0 && position != last) slope = std::clamp((miss - lastMiss) / (position - last), 1.0, 2.0);
    last = position;
    lastMiss = miss;
    position -= miss / slope;
    if (!(low < position && position < high)) position = low + (high - low) / 2;
  }
}

}  // namespace

double growCovariance(std::size_t d, double squaredDistance, RandomStream& stream, const Job& job, double* covariance) {
  Ray ray(d, covariance, stream);
  seek(ray, squaredDistance, job);
  job.poll();
  const double reached = ray.squaredDistance(exactness(d));
  std::copy(ray.point().begin(), ray.point().end(), covariance);
  return reached;
}

}  // namespace denseam::gaussian
