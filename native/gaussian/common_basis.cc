#include "gaussian/common_basis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "gaussian/frame.h"
#include "linalg/linalg.h"
#include "linalg/orthogonal.h"
#include "parallel/pool.h"
#include "random.h"

namespace denseam::gaussian {
namespace {

using Weights = std::array<double, kCombinations>;

// Entries of the sums that a chunk adds up: 16 kB.
constexpr std::size_t kEntries = 2048;

// Of correction: each squares an error that begins at rounding over the least gap between eigenvalues.
constexpr int kCorrections = 2;

// Divides a covariance by its trace and draws its weights. One without a trace has nothing to say of eigenvectors.
Weights prepare(std::size_t d, double* covariance, std::size_t index) {
  const double trace = linalg::trace(d, covariance);
  std::transform(covariance, covariance + d * d, covariance, [=](double x) { return trace > 0 ? x / trace : 0.0; });
  RandomStream stream(0, Purpose::kCombination, index);
  Weights weights{};
  stream.normals(kCombinations, weights.data());
  return weights;
}

// V <- V (I + X), made orthogonal, with the antisymmetric X that to first order takes away what the matrices V' C V
// have off their diagonals, in least squares over all of them: x_pq = sum b_pq (b_qq - b_pp) / sum (b_qq - b_pp)^2.
// One combination alone leaves vectors of nearly equal eigenvalues mixed; that all have the same nearly equal ones is
// unlikely, unless these belong together.
void correct(std::size_t d, const std::vector<double>& sums, std::vector<double>& vectors) {
  std::vector<double> image(d * d), rotated(kCombinations * d * d), correction(d * d);
  double greatest = 0;
  for (std::size_t c = 0; c < kCombinations; ++c) {
    double* b = rotated.data() + c * d * d;
    linalg::multiply(d, sums.data() + c * d * d, vectors.data(), image.data());
    linalg::multiplyTransposed(d, vectors.data(), image.data(), b);
    for (std::size_t p = 0; p < d; ++p) greatest = std::max(greatest, std::abs(b[p * d + p]));
  }
  const double noise = static_cast<double>(d) * std::numeric_limits<double>::epsilon() * greatest;
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
  linalg::multiply(d, vectors.data(), correction.data(), image.data());
  for (std::size_t i = 0; i < d * d; ++i) vectors[i] += image[i];
  linalg::orthogonalFactor(d, vectors.data());
}

}  // namespace

void addCombinations(std::size_t d, Batch items, std::vector<double>& sums, Job& job) {
  job.expect(items.count);
  std::vector<Weights> weights(items.count);
  parallel::forEach(items.count, std::max<std::size_t>(1, kEntries / (d * d)), job,
                    [&](std::size_t begin, std::size_t end) {
                      for (std::size_t i = begin; i < end; ++i) {
                        double* covariance = items.covariances.data() + i * d * d;
                        const std::string where = items.at("covariances", i);
                        items.precision == Precision::kFloat32 ? checkCovariance<float>(d, covariance, where)
                                                               : checkCovariance<double>(d, covariance, where);
                        weights[i] = prepare(d, covariance, items.first + i);
                      }
                      job.advance(end - begin);
                    });
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
