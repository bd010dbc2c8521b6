#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "gaussian/covariance_note.h"
#include "gaussian/frame.h"

// Bounds on the root fidelity F = tr (S^1/2 O S^1/2)^1/2 of two covariances without a decomposition of either: from
// their roots and spectra, which are computed once for each.
namespace denseam::gaussian {

// The size of a signature: the lower triangle of the root over its norm, packed row by row, with off-diagonals times
// sqrt 2, so that the inner product of two is tr S^1/2 O^1/2 over both norms; then its spectrum, ascending.
constexpr std::size_t signatureSize(std::size_t d) { return d * (d + 1) / 2 + d; }

// The signature of a covariance (lower triangle, column-major), which is destroyed.
void sign(std::size_t d, double* covariance, float* signature);
// The signatures of the first `count` covariances of a group of lanes (linalg/lanes.h).
template <typename T>
void signGroup(std::size_t d, const T* group, std::size_t count, float* signatures);

// Whether a signature says that its covariance, of this trace, has no eigenvalue near zero.
bool isClearlyPositive(std::size_t d, std::span<const float> signature, double trace);

// Whether the square of the root is the covariance (packed, of this trace), as the image of one vector shows: that
// takes d^2 operations, where a decomposition or a Cholesky factor takes d^3.
template <typename T>
bool isRootOf(std::size_t d, std::span<const float> signature, const T* covariance, double trace);

// Checks on a signature that came from a file, named `where` in errors, beside the checksums of the file, which find
// accidents. `checkNorms`: what the bounds need of every one, so that no number can pass for another scale, or for
// none. `checkSignature`: that it is the given covariance's `own`, as exact as the bounds take it for.
void checkNorms(std::size_t d, std::span<const float> signature, double trace, const std::string& where);
void checkSignature(std::size_t d, std::span<const float> signature, std::span<const float> own,
                    const std::string& where);

// least <= F <= greatest, rounding included.
struct FidelityBounds {
  double least;
  double greatest;
};

// A query's signature.
class Signature {
 public:
  explicit Signature(const Frame& frame);

  // On the fidelity with a covariance of this signature and these traces.
  FidelityBounds fidelity(std::span<const float> signature, const CovarianceNote& note) const;

 private:
  std::size_t d_;
  double trace_;
  std::vector<float> values_;
};

}  // namespace denseam::gaussian
