#include "gaussian/sampling.h"

#include <algorithm>
#include <cmath>

#include "linalg/linalg.h"
#include "linalg/orthogonal.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;

// Keeps the smallest eigenvalue of W W' away from zero.
constexpr double kRidge = 0.01;

// The number of draws between two polls of the job.
constexpr std::size_t kPolled = std::size_t{1} << 20;

void drawNormals(std::size_t count, RandomStream& stream, const Job& job, double* values) {
  for (std::size_t begin = 0; begin < count; begin += kPolled) {
    job.poll();
    stream.normals({values + begin, std::min(kPolled, count - begin)});
  }
}

// Draws d numbers in [-1, 1] with sum zero: the last follows from the others, and the draw is repeated while it lies
// outside. About one draw of d numbers in 0.72 sqrt(d) succeeds (the sum of the others has variance (d - 1) / 3), and
// each has a chance, so this ends; for d = 1 and 2 the first draw does.
void drawBalanced(std::size_t d, RandomStream& stream, const Job& job, double* values) {
  double sum = 0;
  do {
    job.poll();
    sum = 0;
    for (std::size_t k = 0; k + 1 < d; ++k) {
      values[k] = 2 * stream.uniform() - 1;
      sum += values[k];
    }
  } while (std::abs(sum) > 1);
  values[d - 1] = -sum;
}

void drawEigenvalues(std::size_t d, double least, double greatest, RandomStream& stream, const Job& job,
                     double* values) {
  drawBalanced(d, stream, job, values);
  const double middle = least + (greatest - least) / 2;
  const double halfWidth = (greatest - least) / 2;
  for (std::size_t k = 0; k < d; ++k) values[k] = std::clamp(middle + halfWidth * values[k], least, greatest);
}

void drawWishart(std::size_t d, RandomStream& stream, const Job& job, double* covariance) {
  double* normals = Workspace::local().get(Workspace::kProduct, d * d);
  drawNormals(d * d, stream, job, normals);
  linalg::outer(d, normals, covariance);
  for (std::size_t i = 0; i < d; ++i) covariance[i * d + i] += kRidge;
  linalg::symmetrize(d, covariance);
  const double factor = static_cast<double>(d) / linalg::trace(d, covariance);
  for (std::size_t i = 0; i < d * d; ++i) covariance[i] *= factor;
}

Batch makeBatch(std::size_t count, std::size_t d) {
  Batch batch;
  batch.count = count;
  batch.positions.resize(count * d);
  batch.covariances.resize(count * d * d);
  return batch;
}

}  // namespace

Basis drawBasis(std::size_t d, std::uint64_t seed, Job& job) {
  RandomStream stream(seed, Purpose::kBasis, 0);
  Basis basis{d, std::vector<double>(d * d), std::vector<double>(d * d)};
  drawNormals(d * d, stream, job, basis.columnMajor.data());
  linalg::orthogonalFactor(d, basis.columnMajor.data());
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i < d; ++i) basis.rowMajor[i * d + j] = basis.columnMajor[j * d + i];
  }
  return basis;
}

CommutingSample sampleCommuting(std::size_t first, std::size_t count, const Basis& basis, double least, double greatest,
                                std::uint64_t seed, Job& job) {
  const std::size_t d = basis.dimension;
  job.expect(count);
  CommutingSample sample{makeBatch(count, d), std::vector<double>(count * d)};
  const double meanLength = std::sqrt(static_cast<double>(d) * (least + (greatest - least) / 2));  // R / sqrt 2
  parallel::forEach(count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      RandomStream stream(seed, Purpose::kSphere, first + i);
      stream.onSphere(meanLength, {sample.items.positions.data() + i * d, d});
      double* eigenvalues = sample.eigenvalues.data() + i * d;
      drawEigenvalues(d, least, greatest, stream, job, eigenvalues);
      writeCovariance(basis, eigenvalues, sample.items.covariances.data() + i * d * d);
      job.advance(1);
    }
  });
  return sample;
}

Batch sampleGeneral(std::size_t first, std::size_t count, std::size_t d, std::uint64_t seed, Job& job) {
  job.expect(count);
  Batch items = makeBatch(count, d);
  const double meanLength = std::sqrt(static_cast<double>(d));  // R / sqrt 2
  parallel::forEach(count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      RandomStream stream(seed, Purpose::kSphere, first + i);
      stream.onSphere(meanLength, {items.positions.data() + i * d, d});
      drawWishart(d, stream, job, items.covariances.data() + i * d * d);
      job.advance(1);
    }
  });
  return items;
}

}  // namespace denseam::gaussian
