#include "gaussian/signature.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "linalg/lanes.h"
#include "linalg/linalg.h"
#include "simd/dispatch.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;
namespace lanes = linalg::lanes;

// The length of runs of float products that are added in single precision; runs are added in double precision.
constexpr std::size_t kRun = 512;
// A bound on the error of an inner product of two signatures, which have norm 1: kRun roundings of a sum (3.1e-5,
// whatever its order), those of the stored numbers (1.2e-7), and those of the two roots, which for singular covariances
// are the root of the eigensolver's own (below 1e-5 for d up to 2000).
constexpr double kOverlapError = 6e-5;

DENSEAM_DISPATCH double innerProductInRuns(std::size_t n, const float* __restrict a, const float* __restrict b) {
  double sum = 0;
  for (std::size_t begin = 0; begin < n; begin += kRun) {
    const std::size_t end = std::min(n, begin + kRun);
    float run = 0;
#pragma omp simd reduction(+ : run)
    for (std::size_t i = begin; i < end; ++i) run += a[i] * b[i];
    sum += static_cast<double>(run);
  }
  return sum;
}

double rootOf(double x) { return std::sqrt(std::max(0.0, x)); }

// Replaces eigenvalues, `stride` apart, by those of the root scaled to norm 1, so that single precision holds them.
void normalizedRoots(std::size_t d, double* values, std::size_t stride) {
  double trace = 0;
  for (std::size_t k = 0; k < d; ++k) trace += std::max(0.0, values[k * stride]);
  for (std::size_t k = 0; k < d; ++k) values[k * stride] = trace > 0 ? rootOf(values[k * stride] / trace) : 0.0;
}

// Writes number (i, j) of a root, i >= j.
float packedRoot(double value, bool isDiagonal) {
  constexpr double kSqrt2 = 1.41421356237309504880;
  return static_cast<float>(isDiagonal ? value : kSqrt2 * value);
}

}  // namespace

// S^1/2 = B B' with B = V l^1/4.
void sign(std::size_t d, double* covariance, float* signature) {
  Workspace& workspace = Workspace::local();
  double* root = workspace.get(Workspace::kProduct, d * d);
  double* values = workspace.get(Workspace::kValues, d);
  double* vectors = covariance;
  linalg::eigenvectors(d, vectors, values);
  normalizedRoots(d, values, 1);
  float* spectrum = signature + d * (d + 1) / 2;
  for (std::size_t j = 0; j < d; ++j) {
    spectrum[j] = static_cast<float>(values[j]);
    const double scale = std::sqrt(values[j]);
    std::transform(vectors + j * d, vectors + (j + 1) * d, vectors + j * d, [scale](double x) { return x * scale; });
  }
  linalg::outer(d, vectors, root);
  for (std::size_t i = 0, k = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j, ++k) signature[k] = packedRoot(root[j * d + i], i == j);
  }
}

template <typename T>
void signGroup(std::size_t d, const T* stored, std::size_t count, float* signatures) {
  const std::size_t triangle = d * (d + 1) / 2;
  Workspace& workspace = Workspace::local();
  double* group = workspace.get(Workspace::kGram, lanes::packedSize(d));
  double* root = workspace.get(Workspace::kProduct, lanes::packedSize(d));
  double* values = workspace.get(Workspace::kValues, d * lanes::kLanes);
  double* vectors = workspace.get(Workspace::kLeft, d * d * lanes::kLanes);
  double* work = workspace.get(Workspace::kLapack, lanes::workSize(d));
  std::copy_n(stored, lanes::packedSize(d), group);
  linalg::checkConverged(lanes::eigenvectors(d, group, values, vectors, work));
  for (std::size_t lane = 0; lane < lanes::kLanes; ++lane) normalizedRoots(d, values + lane, lanes::kLanes);
  std::fill_n(root, lanes::packedSize(d), 0.0);
  constexpr double kOnes[lanes::kLanes] = {1, 1, 1, 1, 1, 1, 1, 1};
  lanes::addSpectral(d, kOnes, vectors, values, root, work);
  for (std::size_t lane = 0; lane < count; ++lane) {
    float* signature = signatures + lane * signatureSize(d);
    for (std::size_t i = 0, k = 0; i < d; ++i) {
      for (std::size_t j = 0; j <= i; ++j, ++k) signature[k] = packedRoot(root[k * lanes::kLanes + lane], i == j);
    }
    float* spectrum = signature + triangle;
    for (std::size_t k = 0; k < d; ++k) spectrum[k] = static_cast<float>(values[k * lanes::kLanes + lane]);
    std::sort(spectrum, spectrum + d);
  }
}

Signature::Signature(const Frame& frame)
    : d_(frame.dimension()), trace_(frame.trace()), values_(signatureSize(frame.dimension())) {
  std::vector<double> covariance(d_ * d_);  // its scale does not matter: a root has norm 1
  linalg::outer(d_, frame.scaledFactor(), covariance.data());
  sign(d_, covariance.data(), values_.data());
}

// With a = sqrt(tr S), b = sqrt(tr O) and A = tr S^1/2 O^1/2: A <= F <= sqrt(a b A) (Holevo 1972, for unit traces), and
// F <= sum_k sqrt(l_k(S) l_k(O)) with both spectra in the same order (von Neumann). The first upper bound implies d_B^2
// >= |S^1/2 - O^1/2|_F^2 / 2.
FidelityBounds Signature::fidelity(std::span<const float> signature, const CovarianceNote& note) const {
  const std::size_t triangle = d_ * (d_ + 1) / 2;
  const double root = std::sqrt(trace_);
  const double overlap = innerProductInRuns(triangle, signature.data(), values_.data());
  const double spectra = innerProductInRuns(d_, signature.data() + triangle, values_.data() + triangle);
  const double greatest = std::min(rootOf(overlap + kOverlapError), spectra + kOverlapError);
  return {root * rootOf(note.trace) * std::max(0.0, overlap - kOverlapError),
          root * rootOf(note.positiveTrace) * std::min(1.0, greatest)};
}

template void signGroup<float>(std::size_t, const float*, std::size_t, float*);
template void signGroup<double>(std::size_t, const double*, std::size_t, float*);

}  // namespace denseam::gaussian
