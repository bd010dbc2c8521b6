#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parallel/job.h"
#include "sphere/class_weights.h"
#include "sphere/model.h"
#include "sphere/objective.h"
#include "sphere/rows.h"

namespace denseam::sphere {

// wbar and pbar of eq. 6, xbar and pbar of eq. 10: sums over rows, not means.
struct PosteriorSums {
  std::vector<double> memories;      // hiddenUnits x dimension
  std::vector<double> classWeights;  // (hiddenUnits + 1) x labels
};

struct Stationarity {
  PosteriorSums sums;
  std::vector<double> memories;           // |w - wbar / |wbar|| of each memory; 0 where wbar is zero
  std::vector<double> classWeights;       // the greatest |p - pbar / zeta| of each unit
  std::vector<std::int32_t> unsupported;  // memories whose wbar is zero
};

// The distance of a model from eq. 6, whose class weights are to have these shares.
Stationarity stationarity(const Model<double>& model, const Rows<double>& x, const Objective& objective,
                          const Shares& shares, Job& job);

// Eq. 10, for clamped patterns with soft labels. Eq. 9, for random teacher memories that are orthogonal in the limit,
// is the same with unit vectors as patterns and the shares of the classes as the labels of each.
struct SaddlePointProblem {
  const Rows<double>* patterns;
  Objective objective;
  double effectiveBeta;
  double logPeak;  // of beta and the beta scale (normalizer.h)
  double load;     // rho; may be infinite
  Shares shares;
};

// Memories are the directions of xbar (zero where that is), lengths s(2 beta_eff rho |xbar|): the products of both with
// the patterns are the overlaps m.
struct SaddlePointState {
  std::vector<double> memories;      // hiddenUnits x dimension
  std::vector<double> lengths;       // hiddenUnits, at most 1
  std::vector<double> classWeights;  // (hiddenUnits + 1) x labels
};

struct SaddlePoint {
  SaddlePointState state;
  PosteriorSums sums;            // that the state gives
  std::vector<double> overlaps;  // m: patterns x hiddenUnits
  std::size_t iterations = 0;
  double residual = 0;  // what one more application would change: of a memory times its length, or of a class weight
  bool converged = false;
};

// s(x) = x / (sqrt(x^2 + 1) + 1), 1 at infinity.
double signalFactor(double x);

// Applies eq. 10 to the state until the residual is within the tolerance or the iterations are used up. At infinite rho
// each application is a step of expectation-maximisation, so the likelihood of the patterns never falls.
SaddlePoint solveSaddlePoint(const SaddlePointProblem& problem, SaddlePointState state, double tolerance,
                             std::size_t maxIterations, Job& job);

}  // namespace denseam::sphere
