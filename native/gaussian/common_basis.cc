#include "gaussian/common_basis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "gaussian/covariance.h"
#include "linalg/linalg.h"
#include "linalg/orthogonal.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

using Weights = std::array<double, kCombinations>;

// Entries of the sums in a chunk, 16 kB, and the numbers of covariances that a chunk prepares.
constexpr std::size_t kEntries = 2048;
constexpr std::size_t kPrepared = std::size_t{1} << 15;

// Correction steps; each squares an error that begins at rounding over the least gap between eigenvalues.
constexpr int kCorrections = 2;

// Divides a covariance by its trace and draws its weights. One without a trace does not count.
Weights prepare(std::size_t d, double* covariance, std::size_t index) {
  const double trace = linalg::trace(d, covariance);
  std::transform(covariance, covariance + d * d, covariance, [=](double x) { return trace > 0 ? x / trace : 0.0; });
  RandomStream stream(0, Purpose::kCombination, index);
  Weights weights{};
  stream.normals(weights);
  return weights;
}

// V' C V of every combination C, one after the other.
std::vector<double> rotate(std::size_t d, const std::vector<double>& sums, const std::vector<double>& vectors) {
  std::vector<double> image(d * d), rotated(kCombinations * d * d);
  for (std::size_t c = 0; c < kCombinations; ++c) {
    linalg::multiply(d, sums.data() + c * d * d, vectors.data(), image.data());
    linalg::multiplyTransposed(d, vectors.data(), image.data(), rotated.data() + c * d * d);
  }
  return rotated;
}

// The size of gaps between eigenvalues that are rounding: their vectors may stay mixed.
double noiseOf(std::size_t d, const std::vector<double>& rotated) {
  double greatest = 0;
  for (std::size_t c = 0; c < kCombinations; ++c) {
    for (std::size_t p = 0; p < d; ++p) greatest = std::max(greatest, std::abs(rotated[(c * d + p) * d + p]));
  }
  return static_cast<double>(d) * std::numeric_limits<double>::epsilon() * greatest;
}

// The antisymmetric X with which (I + X)' B (I + X) is to first order diagonal for all B = V' C V, in least squares:
// x_pq = sum b_pq (b_qq - b_pp) / sum (b_qq - b_pp)^2.
std::vector<double> correctionOf(std::size_t d, const std::vector<double>& rotated) {
  std::vector<double> correction(d * d);
  const double noise = noiseOf(d, rotated);
  for (std::size_t q = 0; q < d; ++q) {
    for (std::size_t p = 0; p < q; ++p) {
      double numerator = 0, squares = 0;
      for (std::size_t c = 0; c < kCombinations; ++c) {
        const double* b = rotated.data() + c * d * d;
        const double gap = b[q * d + q] - b[p * d + p];
        numerator += b[q * d + p] * gap;
        squares += gap * gap;
      }
      if (!(squares > noise * noise)) continue;
      correction[q * d + p] = numerator / squares;
      correction[p * d + q] = -correction[q * d + p];
    }
  }
  return correction;
}

// V <- V (I + X), made orthogonal. A single combination leaves vectors mixed whose eigenvalues in it happen to be
// close; close in all combinations are mostly those that belong together.
void correct(std::size_t d, const std::vector<double>& sums, std::vector<double>& vectors) {
  const std::vector<double> correction = correctionOf(d, rotate(d, sums, vectors));
  std::vector<double> change(d * d);
  linalg::multiply(d, vectors.data(), correction.data(), change.data());
  for (std::size_t i = 0; i < d * d; ++i) vectors[i] += change[i];
  linalg::orthogonalFactor(d, vectors.data());
}

std::vector<Weights> prepareAll(std::size_t d, Batch& items, Job& job) {
  std::vector<Weights> weights(items.count);
  parallel::forEach(items.count, std::max<std::size_t>(1, kPrepared / (d * d)), job, [&](auto begin, auto end) {
    for (std::size_t i = begin; i < end; ++i) {
      double* covariance = items.covariances.data() + i * d * d;
      checkCovariance(d, covariance, items.at("covariances", i));
      weights[i] = prepare(d, covariance, items.first + i);
    }
    job.advance(end - begin);
  });
  return weights;
}

}  // namespace

void addCombinations(std::size_t d, Batch items, std::vector<double>& sums, Job& job) {
  job.expect(items.count);
  const std::vector<Weights> weights = prepareAll(d, items, job);
  // Threads share the entries, not the items: every entry is summed in the order of the items.
  parallel::forEach(d * d, kEntries, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = 0; i < items.count; ++i) {
      const double* covariance = items.covariances.data() + i * d * d;
      for (std::size_t c = 0; c < kCombinations; ++c) {
        double* sum = sums.data() + c * d * d;
        const double weight = weights[i][c];
        for (std::size_t entry = begin; entry < end; ++entry) sum[entry] += weight * covariance[entry];
      }
    }
  });
}

std::vector<double> commonEigenvectors(std::size_t d, const std::vector<double>& sums, Job& job) {
  std::vector<double> vectors(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(d * d));
  std::vector<double> values(d);
  linalg::eigenvectors(d, vectors.data(), values.data());
  for (int round = 0; round < kCorrections; ++round) {
    job.poll();
    correct(d, sums, vectors);
  }
  std::vector<double> rowMajor(d * d);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i < d; ++i) rowMajor[i * d + j] = vectors[j * d + i];
  }
  return rowMajor;
}

}  // namespace denseam::gaussian
