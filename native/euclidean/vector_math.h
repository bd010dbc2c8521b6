#pragma once

#include <cstddef>
#include <cstdint>

// The loops over rows of distances that are not matrix products. Each is compiled for several instruction sets and
// chosen when the library loads.
namespace denseam::euclidean {

// scores[j] <- max(0, norm + norms[j] - 2 scores[j]); returns the least.
float completeDistances(std::size_t n, float norm, const float* norms, float* scores);
double completeDistances(std::size_t n, double norm, const double* norms, double* scores);

// distances[j] <- exp(-beta (distances[j] - shift)), zero where that underflows; returns the sum. Needs distances >=
// shift, up to rounding.
double gibbs(std::size_t n, double beta, double shift, float* distances);
double gibbs(std::size_t n, double beta, double shift, double* distances);

// The least of n numbers.
double least(std::size_t n, const double* values);

// |row - x|^2 in double precision, whatever the row's own.
double squaredDistance(std::size_t n, const float* row, const double* x);
double squaredDistance(std::size_t n, const double* row, const double* x);

// sum_j (sqrt v_j - sqrt w_j)^2, v_j the variances that roots and packed remainders tell (root.h), others_j = sqrt w_j.
double squaredRootDistance(std::size_t n, const float* roots, const std::uint8_t* packed, const double* w,
                           const double* others);
double squaredRootDistance(std::size_t n, const double* roots, const std::uint8_t* packed, const double* w,
                           const double* others);

}  // namespace denseam::euclidean
