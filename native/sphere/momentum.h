#pragma once

#include <cstddef>

namespace denseam::sphere {

// One step of momentum along the sphere: v <- momentum v + rate (sum - (sum.w) w), w <- w + step v. Returns |w|^2.
// Compiled for several instruction sets and chosen when the library loads.
struct MomentumStep {
  double momentum;
  double rate;  // of the sum: minus the learning rate times what makes a gradient of it
  double step;
};
double descend(std::size_t n, const MomentumStep& by, double alongMemory, const float* sum, float* v, float* w);
double descend(std::size_t n, const MomentumStep& by, double alongMemory, const double* sum, double* v, double* w);

}  // namespace denseam::sphere
