#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gaussian/frame.h"
#include "gaussian/items.h"
#include "gaussian/spectrum.h"

// Bures distances and optimal maps between a query's frame O = R R' and one stored covariance S.
namespace denseam::gaussian {

// The most distances of one computation: two groups of lanes, whose long chains of divisions overlap. Large matrices
// share only the last step of it, and few at once leave enough for all threads.
inline constexpr std::size_t kMostAtOnce = 2 * linalg::lanes::kLanes;
constexpr std::size_t distancesAtOnce(std::size_t d) { return d <= linalg::lanes::kMostValues ? kMostAtOnce : 4; }
// The most roots of one computation in Transport.
constexpr std::size_t rootsAtOnce(std::size_t d) {
  return d <= linalg::lanes::kMostVectors ? linalg::lanes::kLanes : 1;
}

// tr S + tr O - 2 tr (R' S R)^1/2 from eigenvalues alone, for the items at up to distancesAtOnce(d) ascending indices.
// An item's distance is the same to the bit in any company.
template <typename T>
void buresDistances(const Frame& frame, const FullItems<T>& items, const std::int32_t* indices, std::size_t count,
                    Distance* distances);
// The distance to any one covariance, both triangles given.
Distance buresDistance(const Frame& frame, const double* covariance, const CovarianceNote& note);

// The distance in Procrustes form |L U - R|_F^2, S = L L', U the orthogonal polar factor of L' R: no cancellation when
// the two covariances nearly agree, and no squared condition numbers. Several times slower.
double buresDistanceProcrustes(const Frame& frame, const double* covariance, bool isFullRank);

// An optimal map A, kept as the image A R of the query's factor. The squared distance is |A R - R|_F^2.
struct MapImage {
  std::vector<double> values;  // d x d, column-major
  double error;                // relative to its norm
};

// Distance and map of one item from one decomposition; no image where the eigenvalues are not precise enough for it.
template <typename T>
Distance buresDistanceWithMap(const Frame& frame, const FullItems<T>& items, std::int32_t index,
                              std::optional<MapImage>& image);

// The weighted sum of optimal maps, sum_i w_i A_i, kept as its image K = sum_i w_i A_i R of the query's factor, so that
// the moved covariance is K K'.
class Transport {
 public:
  explicit Transport(const Frame& frame) : frame_(&frame) {}

  // The maps to the items at `count` ascending indices.
  template <typename T>
  void add(const FullItems<T>& items, const std::int32_t* indices, const double* weights, std::size_t count);
  void add(double weight, const MapImage& image);
  void merge(const Transport& other);
  // K, d x d, column-major.
  std::vector<double> image() const;

 private:
  // Adds w (R' S R)^1/2 to roots_; false when the eigenvalues are not precise enough for K.
  template <typename T>
  bool addRoot(double weight, const FullItems<T>& items, std::int32_t index);
  // Adds the roots of a group of lanes; returns the lanes that it left out.
  template <typename T>
  unsigned addRoots(const FullItems<T>& items, const std::int32_t* indices, const double* weights, std::size_t count);
  // Adds w L U to images_: the slower form, which needs no inverse of R.
  template <typename T>
  void addProcrustes(double weight, const FullItems<T>& items, std::int32_t index);

  const Frame* frame_;
  std::vector<double> roots_;   // lower triangle, in units of the scaled factor; empty while unused
  std::vector<double> images_;  // empty while unused
};

}  // namespace denseam::gaussian
