#pragma once

#include <cstddef>
#include <span>

// Loops over vectors in their own precision. Each is compiled for several instruction sets and chosen when the library
// loads.
namespace denseam {

double least(std::span<const double> x);

float greatest(std::span<const float> x);
double greatest(std::span<const double> x);

// y_j <- y_j x_j.
void multiplyBy(std::size_t n, const float* x, float* y);
void multiplyBy(std::size_t n, const double* x, double* y);

// sum_j x_j y_j.
double innerProduct(std::size_t n, const float* x, const float* y);
double innerProduct(std::size_t n, const double* x, const double* y);

// y_j <- y_j scale.
void scaleBy(double scale, std::span<float> y);
void scaleBy(double scale, std::span<double> y);

// y_j <- y_j + scale x_j.
void addScaled(std::size_t n, double scale, const float* x, float* y);
void addScaled(std::size_t n, double scale, const double* x, double* y);

}  // namespace denseam
