#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// Exponentials of vectors. Each is compiled for several instruction sets and chosen when the library loads.
namespace denseam {

// The lift of exponentials, 2^kLift: larger powers of two where the type's range is too short for the sums of them.
template <typename T>
constexpr int kLift = sizeof(T) == sizeof(float) ? 58 : 0;
template <typename T>
constexpr double kLifted = static_cast<double>(std::uint64_t{1} << kLift<T>);

// y_j = 2^kLift exp(scale (x_j - centre) + offset), zero where that underflows; x and y may be the same. The exponent
// is exact to its own rounding near the centre, however large the scale.
void exponentials(std::size_t n, float scale, float centre, float offset, const float* x, float* y);
void exponentials(std::size_t n, double scale, double centre, double offset, const double* x, double* y);

// distances_j <- exp(-beta (distances_j - shift)), zero where that underflows; returns the sum. Needs distances >=
// shift, up to rounding.
double boltzmannFactors(double beta, double shift, std::span<float> distances);
double boltzmannFactors(double beta, double shift, std::span<double> distances);

}  // namespace denseam
