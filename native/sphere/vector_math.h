#pragma once

#include <cstddef>

// The loops of the von Mises-Fisher memory that are not matrix products. Each is compiled for several instruction sets
// and chosen when the library loads.
namespace denseam::sphere {

// y_j = exp(scale x_j + offset), zero where that underflows; x and y may be the same.
void exponentials(std::size_t n, float scale, float offset, const float* x, float* y);
void exponentials(std::size_t n, double scale, double offset, const double* x, double* y);

// One step of momentum along the sphere: v <- momentum v + rate (sum - (sum.w) w), w <- w + step v. Returns |w|^2.
struct MomentumStep {
  double momentum;
  double rate;  // of the sum: minus the learning rate times what makes a gradient of it
  double step;
};
double descend(std::size_t n, const MomentumStep& by, double alongMemory, const float* sum, float* v, float* w);
double descend(std::size_t n, const MomentumStep& by, double alongMemory, const double* sum, double* v, double* w);

}  // namespace denseam::sphere
