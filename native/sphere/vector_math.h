#pragma once

#include <cstddef>
#include <cstdint>

// The loops of the von Mises-Fisher memory that are not matrix products. Each is compiled for several instruction sets
// and chosen when the library loads.
namespace denseam::sphere {

// Exponentials are powers of two too large where their range is too short for what is done with them: 2^kLift.
template <typename T>
constexpr int kLift = sizeof(T) == sizeof(float) ? 58 : 0;
template <typename T>
constexpr double kLifted = static_cast<double>(std::uint64_t{1} << kLift<T>);

// y_j = 2^kLift exp(scale (x_j - centre) + offset), zero where that underflows; x and y may be the same. The exponent
// is exact to rounding of itself near the centre, however large the scale.
void exponentials(std::size_t n, float scale, float centre, float offset, const float* x, float* y);
void exponentials(std::size_t n, double scale, double centre, double offset, const double* x, double* y);

// One step of momentum along the sphere: v <- momentum v + rate (sum - (sum.w) w), w <- w + step v. Returns |w|^2.
struct MomentumStep {
  double momentum;
  double rate;  // of the sum: minus the learning rate times what makes a gradient of it
  double step;
};
double descend(std::size_t n, const MomentumStep& by, double alongMemory, const float* sum, float* v, float* w);
double descend(std::size_t n, const MomentumStep& by, double alongMemory, const double* sum, double* v, double* w);

}  // namespace denseam::sphere
