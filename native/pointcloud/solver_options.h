#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace denseam::pointcloud {

// An entropic transport problem in units of epsilon: costs and all results are divided by it.
//   OT = max <a, f> + <b, g> - <a (x) b, exp(f + g - c) - 1>
// Weights are positive and sum to 1.
struct Problem {
  std::size_t rows;
  std::size_t columns;
  const double* costs;  // rows x columns
  const double* rowWeights;
  const double* columnWeights;
};

// The stopping rule: a problem is solved when |P'1 - b|_1 <= tolerance, rows being exact; the most iterations; and the
// greatest number of costs that a problem between clouds keeps.
struct SolverOptions {
  double tolerance;
  std::size_t maxIterations;
  std::size_t mostCosts;

  // Whether a problem of this size is solved in memory for its points alone.
  bool isStreamed(std::size_t rows, std::size_t columns) const { return rows > mostCosts / columns; }
};

// The reason why a solver ended; the numbers are those of lib/native/pointCloud.ts.
enum class Outcome : std::uint8_t { kIterations, kConverged, kAtRounding };

// The outcome of a transport problem.
struct Solved {
  double value = 0;
  double marginalError = 0;
  std::size_t iterations = 0;
  std::size_t newtonSteps = 0;  // of the iterations; the others are sweeps
  Outcome outcome = Outcome::kIterations;

  bool converged() const { return outcome == Outcome::kConverged; }
};

// A count in the type of results.
inline std::int32_t saturated(std::size_t count) {
  return static_cast<std::int32_t>(std::min<std::size_t>(count, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace denseam::pointcloud
