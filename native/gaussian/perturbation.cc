#include "gaussian/perturbation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "gaussian/covariance.h"
#include "gaussian/spread.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

// The least displacement relative to R: a smaller one is close to the rounding of the item's own numbers.
constexpr double kLeastRatio = 1e-10;

// One item of a batch, changed in place.
struct Item {
  Structure structure;
  std::size_t d;
  double* mean;
  double* covariance;

  std::size_t covarianceSize() const { return gaussian::covarianceSize(structure, d); }

  double trace() const {
    if (structure == Structure::kFull) return linalg::trace(d, covariance);
    const double sum = std::accumulate(covariance, covariance + covarianceSize(), 0.0);
    return structure == Structure::kDiagonal ? sum : static_cast<double>(d) * sum;
  }

  // R = W2 to the point mass at the origin.
  double reach() const { return std::sqrt(std::inner_product(mean, mean + d, mean, 0.0) + trace()); }
};

// Checks a covariance and takes its positive part, which distances are measured from (covariance_note.h).
void checkDefinite(const Item& item, const std::string& where) {
  checkCovariance(item.d, item.covariance, where);
  if (judge(item.d, item.covariance, where).isIndefinite) projectPositive(item.d, item.covariance);
}

void checkRadius(const Item& item, double radius, const std::string& where) {
  const double least = kLeastRatio * item.reach();
  if (!std::isfinite(least)) {
    throw Error("ERR_RANGE",
                {.argument = where, .expected = "a covariance with a finite trace", .found = "its trace overflows"});
  }
  if (radius > 0 && radius < least) {
    throw Error("ERR_RANGE",
                {.argument = "radius",
                 .expected = "at least " + number(least) + ", what the rounding of " + where + " leaves visible,",
                 .received = number(radius)});
  }
}

// The items of a batch one after the other, checked, on all threads.
void forEachItem(Structure structure, std::size_t d, double radius, Batch& items, Job& job,
                 const std::function<void(Item& item, std::size_t index)>& body) {
  job.expect(items.count);
  const std::size_t size = covarianceSize(structure, d);
  parallel::forEach(items.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      Item item{structure, d, items.positions.data() + i * d, items.covariances.data() + i * size};
      const std::string where = items.at("covariances", i);
      checkMean(d, item.mean, items.at("means", i));
      structure == Structure::kFull ? checkDefinite(item, where) : checkVariances(structure, d, item.covariance, where);
      checkRadius(item, radius, where);
      if (radius > 0) body(item, i);
      job.advance(1);
    }
  });
}

void dilateItem(Item& item, double radius, const std::string& where) {
  const double reach = item.reach();
  if (reach == 0) {
    throw Error("ERR_RANGE", {.argument = where,
                              .expected = "a Gaussian other than the point mass at the origin",
                              .received = "that one, which a dilation does not move"});
  }
  const double factor = 1 + radius / reach;
  for (std::size_t k = 0; k < item.d; ++k) item.mean[k] *= factor;
  for (std::size_t k = 0; k < item.covarianceSize(); ++k) item.covariance[k] *= factor * factor;
}

// Increases the root variance s by `growth`; returns the increase of the rounded variance, without cancellation.
double growRoot(double growth, double& variance) {
  const double root = std::sqrt(variance);
  const double grown = (root + growth) * (root + growth);
  const double actual = (grown - variance) / (std::sqrt(grown) + root);
  variance = grown;
  return actual;
}

// Displaces root variances, whose geometry is flat (science 1.2). They grow, so they stay nonnegative. Returns the
// squared distance.
double growVariances(Item& item, double distance, RandomStream& stream) {
  std::vector<double> growth(item.covarianceSize());
  stream.onSphere(distance, growth);
  const double multiplicity = item.structure == Structure::kIsotropic ? static_cast<double>(item.d) : 1.0;
  double sum = 0;
  for (std::size_t k = 0; k < growth.size(); ++k) {
    const double actual = growRoot(std::abs(growth[k]) / std::sqrt(multiplicity), item.covariance[k]);
    sum += multiplicity * actual * actual;
  }
  return sum;
}

void displaceItem(Item& item, double radius, RandomStream& stream, const Job& job, const std::string& where) {
  std::vector<double> displacement(item.d);
  stream.onSphere(1, displacement);
  const double half = radius * radius / 2;
  const double moved = item.structure == Structure::kFull ? growCovariance(item.d, half, stream, job, item.covariance)
                                                          : growVariances(item, std::sqrt(half), stream);
  // Rounding keeps the covariance from moving by exactly half; the mean takes the rest.
  if (!(std::abs(moved - half) <= 0.1 * half)) {
    throw Error("ERR_RANGE", {.argument = "radius",
                              .expected = "a distance that double precision can resolve beside " + where,
                              .received = number(radius)});
  }
  const double length = std::sqrt(radius * radius - moved);
  for (std::size_t k = 0; k < item.d; ++k) item.mean[k] += length * displacement[k];
}

}  // namespace

void dilate(Structure structure, std::size_t d, double radius, Batch& items, Job& job) {
  forEachItem(structure, d, radius, items, job,
              [&](Item& item, std::size_t i) { dilateItem(item, radius, items.at("means", i)); });
}

void displace(Structure structure, std::size_t d, double radius, std::uint64_t seed, Batch& items, Job& job) {
  forEachItem(structure, d, radius, items, job, [&](Item& item, std::size_t i) {
    RandomStream stream(seed, Purpose::kPerturbation, items.first + i);
    displaceItem(item, radius, stream, job, items.at("covariances", i));
  });
}

}  // namespace denseam::gaussian
