#include "gaussian/signature.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "base/error.h"
#include "base/format.h"
#include "linalg/lanes.h"
#include "linalg/linalg.h"
#include "simd/dispatch.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;
namespace lanes = linalg::lanes;

// The length of runs of float products that are added in single precision; runs are added in double precision.
constexpr std::size_t kRun = 512;
constexpr double kUnitRoundoff = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
// Numbers of signatures, in memory and in files, are rounded to float32: r^ = r (1 + e), |e| <= u = 2^-24. Both vectors
// have norm 1, so by Cauchy and Schwarz |r^' s^ - r' s| <= (2 u + u^2) |r| |s|. What underflows adds below 1e-38 each.
constexpr double kStoredError = 2.01 * kUnitRoundoff;
// A run of n products differs from its exact value by at most n u / (1 - n u) sum_k |r_k s_k|, whatever its order
// (Higham 2002, section 3.1).
constexpr double kRunError = 1.01 * static_cast<double>(kRun) * kUnitRoundoff;
// A root and a spectrum are computed in double precision, of a covariance that the eigensolver moves by E: they are off
// by at most |E|_1^1/2 (trace norm; Powers and Stormer 1970), attained at singular covariances. With |E|_1 below
// 1e-10 of the trace, far above what LAPACK leaves for d up to 2000, that is
constexpr double kRootError = 1e-5;
// A bound on the error of an inner product of two signatures.
constexpr double kOverlapError = kRunError + kStoredError + 2 * kRootError;
// A covariance whose eigenvalues are above this share of the trace is far from singular (gaussian/covariance.h).
constexpr double kClearlyPositive = 1e-10;
constexpr double kSqrt2 = 1.41421356237309504880;
// Below this trace the eigensolvers' arithmetic underflows.
constexpr double kLeastTrace = std::numeric_limits<double>::min() / std::numeric_limits<double>::epsilon();

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

// The size of the root in a signature.
constexpr std::size_t packedTriangle(std::size_t d) { return signatureSize(d) - d; }

double squaredNorm(std::span<const float> values) {
  return innerProductInRuns(values.size(), values.data(), values.data());
}

double rootOf(double x) { return std::sqrt(std::max(0.0, x)); }

// Replaces eigenvalues, `stride` apart, by those of the root scaled to norm 1, so that single precision holds them.
void normalizedRoots(std::size_t d, double* values, std::size_t stride) {
  double trace = 0;
  for (std::size_t k = 0; k < d; ++k) trace += std::max(0.0, values[k * stride]);
  for (std::size_t k = 0; k < d; ++k) values[k * stride] = trace > 0 ? rootOf(values[k * stride] / trace) : 0.0;
}

// Writes number (i, j) of a root, i >= j.
float packedRoot(double value, bool isDiagonal) { return static_cast<float>(isDiagonal ? value : kSqrt2 * value); }

// y <- A x of a packed symmetric matrix, `share` times whose off-diagonals are stored.
template <typename T>
DENSEAM_INLINE void multiplyPackedBy(std::size_t d, const T* __restrict packed, double share,
                                     const double* __restrict x, double* __restrict y) {
  for (std::size_t i = 0; i < d; packed += ++i) {
    const double own = x[i] / share;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t j = 0; j < i; ++j) {
      const auto entry = static_cast<double>(packed[j]);
      sum += entry * x[j];
      y[j] += entry * own;
    }
    y[i] = sum / share + static_cast<double>(packed[i]) * x[i];
  }
}

DENSEAM_DISPATCH void multiplyPacked(std::size_t d, const float* packed, double share, const double* x, double* y) {
  multiplyPackedBy(d, packed, share, x, y);
}
DENSEAM_DISPATCH void multiplyPacked(std::size_t d, const double* packed, double share, const double* x, double* y) {
  multiplyPackedBy(d, packed, share, x, y);
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

bool isClearlyPositive(std::size_t d, std::span<const float> signature, double trace) {
  const double least = static_cast<double>(std::ranges::min(signature.last(d)));
  return trace > kLeastTrace && least > 0 && least * least > kClearlyPositive;
}

// A root that is off by e moves the image of x, R (R x), by at most 2 e l |x|, l its greatest eigenvalue. The vector
// has entries 1 and -1 as they fall: an error that has no part in it is no accident (Freivalds 1979).
template <typename T>
bool isRootOf(std::size_t d, std::span<const float> signature, const T* covariance, double trace) {
  Workspace& workspace = Workspace::local();
  double* x = workspace.get(Workspace::kValues, d);
  double* y = workspace.get(Workspace::kLeft, d);
  double* image = workspace.get(Workspace::kRight, d);
  std::minstd_rand bits(static_cast<unsigned>(d));
  for (std::size_t i = 0; i < d; ++i) x[i] = (bits() >> 16 & 1) == 0 ? 1 : -1;
  multiplyPacked(d, signature.data(), kSqrt2, x, y);
  multiplyPacked(d, signature.data(), kSqrt2, y, image);
  multiplyPacked(d, covariance, 1, x, y);
  double square = 0;
  for (std::size_t i = 0; i < d; ++i) square += (y[i] / trace - image[i]) * (y[i] / trace - image[i]);
  const double greatest = static_cast<double>(std::ranges::max(signature.last(d)));
  return std::sqrt(square) <= 2 * (kRootError + kStoredError) * greatest * std::sqrt(static_cast<double>(d));
}

void checkNorms(std::size_t d, std::span<const float> signature, double trace, const std::string& where) {
  for (const auto part : {signature.first(packedTriangle(d)), signature.last(d)}) {
    const double norm = squaredNorm(part);
    if (std::abs(norm - 1) <= kOverlapError || (norm == 0 && !(trace > kLeastTrace))) continue;
    throw Error("ERR_RANGE", {.argument = where,
                              .expected = "a root and a spectrum of norm 1",
                              .found = "one has norm " + number(std::sqrt(norm))});
  }
}

// Both signatures are within kRootError of the exact one, and rounded.
void checkSignature(std::size_t d, std::span<const float> signature, std::span<const float> own,
                    const std::string& where) {
  std::vector<float> difference(signature.size());
  std::ranges::transform(signature, own, difference.begin(), std::minus());
  const std::span<const float> all(difference);
  for (const auto part : {all.first(packedTriangle(d)), all.last(d)}) {
    const double off = std::sqrt(squaredNorm(part));
    if (off <= 2 * kRootError + kStoredError) continue;
    throw Error("ERR_RANGE", {.argument = where,
                              .expected = "the root and the spectrum of the item's covariance",
                              .found = "they are off by " + number(off) + " of its norm"});
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

template bool isRootOf(std::size_t, std::span<const float>, const float*, double);
template bool isRootOf(std::size_t, std::span<const float>, const double*, double);
template void signGroup<float>(std::size_t, const float*, std::size_t, float*);
template void signGroup<double>(std::size_t, const double*, std::size_t, float*);

}  // namespace denseam::gaussian
