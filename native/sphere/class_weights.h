#pragma once

#include <cstddef>
#include <vector>

#include "parallel/job.h"

namespace denseam::sphere {

// The constraints on the class weights of a model: their sums over labels and over units.
struct Shares {
  std::vector<double> hidden;   // hiddenUnits + 1; 0 is the background
  std::vector<double> classes;  // labels
};

struct ClassWeightStep {
  double learningRate;
  double momentum;
};

// One step of the class weights p, (hiddenUnits + 1) x labels, against the gradient of the loss with respect to them
// (appendix C): the gradient of p scaled up by the number of units (appendix D), projected so that p keeps its row sums
// to first order; momentum; an exponentiated step; and at most ten sweeps of Sinkhorn and Knopp's scaling.
void descendClassWeights(const ClassWeightStep& by, const Shares& shares, const double* gradient, double* velocity,
                         double* weights, const Job& job);

}  // namespace denseam::sphere
