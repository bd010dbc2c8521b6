#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace denseam::pointcloud {

// An entropic transport problem in units of epsilon: costs are divided by it, and so is all that comes out.
//   OT = max <a, f> + <b, g> - <a (x) b, exp(f + g - c) - 1>
// Weights are positive and sum to 1.
struct Problem {
  std::size_t rows;
  std::size_t columns;
  const double* costs;  // rows x columns
  const double* rowWeights;
  const double* columnWeights;
};

// When a problem counts as solved: |P'1 - b|_1 <= tolerance, rows being exact; and how many iterations it may take.
struct SolverOptions {
  double tolerance;
  std::size_t maxIterations;
};

// Why a solver ended; the numbers are those of lib/native/pointCloud.ts.
enum class Outcome : std::uint8_t { kIterations, kConverged, kAtRounding };

// What a transport problem came to.
struct Solved {
  double value = 0;
  double marginalError = 0;
  std::size_t iterations = 0;
  std::size_t newtonSteps = 0;  // of the iterations; the others are sweeps
  Outcome outcome = Outcome::kIterations;

  bool converged() const { return outcome == Outcome::kConverged; }
};

// A count as results have it.
inline std::int32_t saturated(std::size_t count) {
  return static_cast<std::int32_t>(std::min<std::size_t>(count, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace denseam::pointcloud
