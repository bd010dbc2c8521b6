#pragma once

#include <cstddef>

#include "base/aligned.h"
#include "parallel/job.h"
#include "pointcloud/cloud.h"

// Sums over all points of a cloud for every point of another, with costs that are computed on the way: memory for the
// points alone. Every point's sum is one of its own, whatever the number of threads.
namespace denseam::pointcloud {

// The points of a cloud in a precision: point by point, and coordinate by coordinate in runs of points.
template <typename T>
class StreamedCloud {
 public:
  explicit StreamedCloud(const Cloud& cloud);

  std::size_t size() const { return size_; }
  std::size_t dimension() const { return dimension_; }
  const T* point(std::size_t k) const { return points_.data() + k * dimension_; }
  // The points from `begin`, the first of a run, on.
  const T* run(std::size_t begin) const { return runs_.data() + begin * dimension_; }

 private:
  std::size_t size_, dimension_;
  AlignedVector<T> points_, runs_;
};

// sums_k <- log sum_j exp(terms_j - inverse |x_k - y_j|^2).
template <typename T>
void logSums(const StreamedCloud<T>& x, const StreamedCloud<T>& y, const double* terms, double inverse, double* sums,
             const Job& job);

// sums_k <- log(1 + sum_j b_j (exp(potentials_j - |x_k - y_j|^2) - 1)), for costs and potentials below kWeakCost.
void weakLogSums(const StreamedCloud<double>& x, const StreamedCloud<double>& y, const double* weights,
                 const double* potentials, double* sums, const Job& job);

// images_k <- sum_j p_kj y_j, costs_k <- sum_j p_kj |x_k - y_j|^2, p_kj proportional to exp(terms_j - |x_k - y_j|^2).
void images(const StreamedCloud<double>& x, const StreamedCloud<double>& y, const double* terms, double* images,
            double* costs, const Job& job);

extern template class StreamedCloud<float>;
extern template class StreamedCloud<double>;

}  // namespace denseam::pointcloud
