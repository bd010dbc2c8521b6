#pragma once

#include <cstddef>
#include <span>

// Distances between vectors. Each is compiled for several instruction sets and chosen when the library loads.
namespace denseam {

// sum_j (x_j - y_j)^2 of vectors of one length, summed in the wider precision of the two.
double squaredDistance(std::span<const float> x, std::span<const float> y);
double squaredDistance(std::span<const float> x, std::span<const double> y);
double squaredDistance(std::span<const double> x, std::span<const double> y);

// |x - y|^2 / unit^2, the differences divided first: large numbers may have a large unit.
double squaredDistance(std::span<const double> x, std::span<const double> y, double unit);

// sum_j |x_j - y_j|.
double absoluteDistance(std::size_t n, const double* x, const double* y);

// Turns inner products into squared distances: scores_j <- max(0, norm + norms_j - 2 scores_j); returns the least.
float completeDistances(std::size_t n, float norm, const float* norms, float* scores);
double completeDistances(std::size_t n, double norm, const double* norms, double* scores);

}  // namespace denseam
