#include "sphere/splitting.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/aligned.h"
#include "base/random.h"
#include "parallel/pool.h"
#include "simd/vectors.h"
#include "sphere/batch_pass.h"
#include "sphere/normalizer.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

constexpr std::size_t kRowGrain = 64;
constexpr std::size_t kMemoryGrain = 16;

// Makes v a unit vector orthogonal to w, or zero where v has no such part. Returns the length of that part. Where it is
// a small part of v, the first projection leaves too much of w in it: the second removes that.
template <typename T>
double normalizeTangent(std::size_t d, const T* w, T* v) {
  double length = 1;
  for (int pass = 0; pass < 2; ++pass) {
    addScaled(d, -innerProduct(d, w, v), w, v);
    const double norm = std::sqrt(innerProduct(d, v, v));
    scaleBy(norm > 0 ? 1 / norm : 0, {v, d});
    length *= norm;
  }
  return length;
}

template <typename T>
void drawDirections(const Model<T>& model, std::uint64_t seed, const Job& job, std::vector<T>& directions) {
  const std::size_t d = model.dimension;
  parallel::forEach(model.hiddenUnits, kMemoryGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t mu = begin; mu < end; ++mu) {
      RandomStream random(seed, Purpose::kDirection, mu);
      T* u = directions.data() + mu * d;
      for (std::size_t j = 0; j < d; ++j) u[j] = static_cast<T>(random.normal());
      normalizeTangent(d, model.memories.data() + mu * d, u);
    }
  });
}

// (1/rows) C_mu u_mu of every memory into `images`, from gamma: the products with gamma o (x u') in between.
template <typename T>
void applyCovariances(const Model<T>& model, const T* x, std::size_t rows, const T* gamma, const T* directions,
                      T* products, T* images, const Job& job) {
  const std::size_t d = model.dimension;
  const std::size_t units = model.hiddenUnits;
  multiplyInTiles<T>(rows, units, d, {x, d}, linalg::transposed(directions, d), false, products, job);
  parallel::forEach(rows, kRowGrain, job, [&](std::size_t begin, std::size_t end) {
    multiplyBy((end - begin) * units, gamma + begin * units, products + begin * units);
  });
  multiplyInTiles<T>(units, d, rows, linalg::transposed(products, units), {x, d}, false, images, job);
}

// One pass of power iteration for memory mu, from `image`, the sum of gamma x x'u over `count` rows. The spread is u'C
// u. Where unlabelled rows push memories away, C may have a negative eigenvalue greater than all in size; as soon as
// u'C u shows it, C + lift I takes the place of C. Returns the relative change of the spread.
template <typename T>
double turn(const Model<T>& model, std::size_t mu, double count, T* image, double& lift,
            SplittingSpectrum<T>& spectrum) {
  const std::size_t d = model.dimension;
  const T* w = model.memories.data() + mu * d;
  T* u = spectrum.directions.data() + mu * d;
  addScaled(d, lift * count, u, image);
  const double lifted = innerProduct(d, u, image) / count;
  double length = normalizeTangent(d, w, image) / count;
  const double change = length > 0 ? std::abs(lifted - lift - spectrum.spreads[mu]) / length : 0;
  spectrum.spreads[mu] = lifted - lift;
  if (lifted < 0) {
    // Lifts by the length of the image, of which the unit vector is left.
    lift += length;
    addScaled(d, 1.0, u, image);
    length = normalizeTangent(d, w, image);
  }
  // A memory without a cluster keeps its direction.
  if (length > 0) std::copy_n(image, d, u);
  return change;
}

}  // namespace

template <typename T>
SplittingSpectrum<T> splittingSpectrum(const Model<T>& model, RowSpan<T> x, const Objective& objective,
                                       const PowerIteration& iteration, Job& job) {
  const std::size_t d = model.dimension;
  const std::size_t units = model.hiddenUnits;
  const std::size_t rows = x.size() / d;
  job.expect((iteration.maxPasses + 1) * rows);
  const Mixture<T> mixture(model, logNormalizer(model.dimension, model.beta));
  BatchPass<T> pass(d, units, model.labels, rows);
  pass.run(mixture, model.memories.data(), x.data(), rows, objective, 0, job);
  const T* sums = pass.sumMemories(x.data(), false, job);
  job.advance(rows);

  SplittingSpectrum<T> spectrum{std::vector<double>(units), std::vector<double>(units), std::vector<double>(units),
                                std::vector<double>(units), std::vector<T>(units * d),  0};
  const auto count = static_cast<double>(rows);
  for (std::size_t mu = 0; mu < units; ++mu) {
    const T* sum = sums + mu * d;
    spectrum.pulls[mu] = innerProduct(d, model.memories.data() + mu * d, sum) / count;
    spectrum.resultants[mu] = std::sqrt(innerProduct(d, sum, sum)) / count;
  }
  drawDirections(model, iteration.seed, job, spectrum.directions);
  AlignedVector<T> products(rows * units);
  AlignedVector<T> images(units * d);
  std::vector<double> lifts(units);
  for (double change = 1; spectrum.passes < iteration.maxPasses && change > iteration.tolerance; ++spectrum.passes) {
    applyCovariances(model, x.data(), rows, pass.responsibilities(), spectrum.directions.data(), products.data(),
                     images.data(), job);
    change = 0;
    for (std::size_t mu = 0; mu < units; ++mu) {
      change = std::max(change, turn(model, mu, count, images.data() + mu * d, lifts[mu], spectrum));
    }
    job.advance(rows);
  }
  const double beta = model.effectiveBeta();
  for (std::size_t mu = 0; mu < units; ++mu) {
    spectrum.eigenvalues[mu] = beta * (spectrum.pulls[mu] - beta * spectrum.spreads[mu]);
  }
  return spectrum;
}

std::vector<std::int32_t> chooseSplits(const std::vector<double>& eigenvalues, double threshold, std::size_t most) {
  std::vector<std::int32_t> order(eigenvalues.size());
  std::iota(order.begin(), order.end(), 0);
  const auto eigenvalue = [&](std::int32_t mu) { return eigenvalues[static_cast<std::size_t>(mu)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return eigenvalue(a) < eigenvalue(b); });
  const auto end =
      std::find_if(order.begin(), order.end(), [&](std::int32_t mu) { return eigenvalue(mu) >= threshold; });
  order.erase(end, order.end());
  order.resize(std::min(order.size(), most));
  return order;
}

template <typename T>
void splitMemories(const std::vector<std::int32_t>& chosen, const std::vector<T>& directions, double distance,
                   Model<T>& model, Shares& shares) {
  const std::size_t d = model.dimension;
  for (const std::int32_t index : chosen) {
    const auto mu = static_cast<std::size_t>(index);
    std::vector<T> copy(model.memories.data() + mu * d, model.memories.data() + (mu + 1) * d);
    T* w = model.memories.data() + mu * d;
    const T* u = directions.data() + mu * d;
    addScaled(d, distance, u, w);
    addScaled(d, -distance, u, copy.data());
    scaleBy(1 / std::sqrt(innerProduct(d, w, w)), {w, d});
    scaleBy(1 / std::sqrt(innerProduct(d, copy.data(), copy.data())), copy);
    model.memories.insert(model.memories.end(), copy.begin(), copy.end());
    const std::size_t weights = (mu + 1) * model.labels;
    for (std::size_t y = 0; y < model.labels; ++y) {
      const double half = model.classWeights[weights + y] / 2;
      model.classWeights[weights + y] = half;
      model.classWeights.push_back(half);
    }
    shares.hidden[mu + 1] /= 2;
    shares.hidden.push_back(shares.hidden[mu + 1]);
  }
  model.hiddenUnits += chosen.size();
}

template SplittingSpectrum<float> splittingSpectrum(const Model<float>&, RowSpan<float>, const Objective&,
                                                    const PowerIteration&, Job&);
template SplittingSpectrum<double> splittingSpectrum(const Model<double>&, RowSpan<double>, const Objective&,
                                                     const PowerIteration&, Job&);
template void splitMemories(const std::vector<std::int32_t>&, const std::vector<float>&, double, Model<float>&,
                            Shares&);
template void splitMemories(const std::vector<std::int32_t>&, const std::vector<double>&, double, Model<double>&,
                            Shares&);

}  // namespace denseam::sphere
