#pragma once

#include <cstddef>
#include <vector>

#include "gaussian/frame.h"

// Bures distances and optimal maps between a query's frame O = R R' and one stored covariance S.
namespace denseam::gaussian {

// A squared distance and an estimate, on the safe side, of its rounding error. Of a singular covariance it leaves out
// what counting eigenvalues at the level of rounding as zeros may cost.
struct Distance {
  double value;
  double error;
};

// tr S + tr O - 2 tr (R' S R)^1/2 from eigenvalues alone. `singular` says that S was found singular at insertion:
// eigenvalues at the level of rounding then count as zeros.
template <typename T>
Distance buresDistance(const Frame& frame, const T* covariance, bool singular);

// The same in Procrustes form |L U - R|_F^2, S = L L', U the orthogonal polar factor of L' R: no cancellation when the
// two covariances nearly agree, and no squared condition numbers. Several times slower.
template <typename T>
double buresDistanceProcrustes(const Frame& frame, const T* covariance);

// The weighted sum of optimal maps, sum_i w_i A_i, kept as its image K = sum_i w_i A_i R of the query's factor, so that
// the moved covariance is K K'.
class Transport {
 public:
  explicit Transport(const Frame& frame) : frame_(&frame) {}

  template <typename T>
  void add(double weight, const T* covariance, bool singular);
  void merge(const Transport& other);
  // K, d x d, column-major.
  std::vector<double> image() const;

 private:
  // w (R' S R)^1/2 added to roots_; false when the eigenvalues cannot give K to precision.
  template <typename T>
  bool addRoot(double weight, const T* covariance, bool singular);
  // w L U added to images_: the slower form, which needs no inverse of R.
  template <typename T>
  void addProcrustes(double weight, const T* covariance);

  const Frame* frame_;
  std::vector<double> roots_;   // lower triangle, in units of the scaled factor; empty while unused
  std::vector<double> images_;  // empty while unused
};

}  // namespace denseam::gaussian
