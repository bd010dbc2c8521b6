#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/aligned.h"
#include "parallel/job.h"
#include "pointcloud/cloud.h"
#include "pointcloud/solver_options.h"
#include "pointcloud/streamed_transport.h"

namespace denseam::pointcloud {

// Solves the transport of a cloud to itself, with its own work space and one potential f for both sides: averaged
// updates f <- (f + Tf) / 2, as multiplications with exp(-c). That is safe at any cost: c_kk = 0, so sqrt(min a) <=
// exp(f) <= 1 / sqrt(min a), and an underflow in the kernel shows in no sum. The kernel is positive semidefinite, so
// the error halves with every update.
class SelfTransport {
 public:
  // Starts from f = `potentials` when there are as many as points, else from 0; leaves f there.
  Solved solve(const Cloud& cloud, const SolverOptions& options, std::vector<double>& potentials, const Job& job);

  // Where the plan of the last cloud takes each point, about the mean, points x dimension.
  void writeImages(const Cloud& cloud, std::span<double> images);

 private:
  void sumRows(const AlignedVector<double>& weights, Solved& result);
  Solved solveWeak(const Cloud& cloud, const SolverOptions& options, double* potentials, const Job& job);

  StreamedSelf streamed_;  // of large clouds
  bool isStreamed_ = false;
  AlignedVector<double> scratch_, costs_, kernel_, scaling_, mass_, image_;
};

}  // namespace denseam::pointcloud
