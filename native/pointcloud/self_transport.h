#pragma once

#include <cstddef>

#include "aligned.h"
#include "parallel/job.h"
#include "pointcloud/problem.h"

namespace denseam::pointcloud {

// Solves the transport of a cloud to itself, with one potential f for both sides: averaged updates f <- (f + Tf) / 2,
// as multiplications with exp(-c). That is safe at any cost: c_kk = 0, so sqrt(min a) <= exp(f) <= 1 / sqrt(min a), and
// what underflows in the kernel shows in no sum. The kernel is positive semidefinite, so the error halves with every
// update.
class SelfTransport {
 public:
  struct Result {
    double value = 0;
    double marginalError = 0;
    std::size_t iterations = 0;
    bool converged = false;
  };

  // From f = `potentials` when `warm`, else from 0; leaves f there. `costs` are points x points, in units of epsilon.
  Result solve(std::size_t points, const double* costs, const double* weights, const SolverOptions& options, bool warm,
               double* potentials, const Job& job);

  // Of the last cloud: where its plan takes each point, points x dimension.
  void barycentres(std::size_t points, std::size_t dimension, const double* coordinates, const double* weights,
                   double* images);

 private:
  Result solveWeak(std::size_t points, const double* costs, const double* weights, const SolverOptions& options,
                   double* potentials, const Job& job);

  AlignedVector<double> kernel_, scaling_, mass_, image_, moved_;
};

}  // namespace denseam::pointcloud
