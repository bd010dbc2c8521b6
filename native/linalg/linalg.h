#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/aligned.h"
#include "linalg/lanes.h"

// A thin typed layer over CBLAS and LAPACKE. Matrices are dense and, unless stated otherwise, square (n x n),
// column-major with leading dimension n. "Lower" means that only the lower triangle is read; a triangular factor has
// zeros above its diagonal.
namespace denseam::linalg {

// Buffers that a thread keeps from call to call, so that small problems do not pay for allocation. A buffer keeps its
// contents until the same slot is asked for again.
class Workspace {
 public:
  enum Slot { kGram, kValues, kFactor, kProduct, kLeft, kRight, kLapack, kScratch, kSlots };

  static Workspace& local();
  double* get(Slot slot, std::size_t count);
  int* integers(std::size_t count);

 private:
  AlignedVector<double> slots_[kSlots];
  std::vector<int> integers_;
};

// Fixes OpenBLAS to one thread: parallelism is over items and queries (parallel/pool.h).
void useOneThread();
const char* blasName();
// How many threads may call BLAS at once. The library has a fixed number of buffers, twice as many as the threads it
// was built for; with more callers it uses memory that is not its own. The other half is for the few calls outside the
// pool.
std::size_t mostBlasThreads();

// a <- its lower Cholesky factor, zeros above. False, a destroyed, when a is not positive definite.
bool cholesky(std::size_t n, double* a);

// Throws when a batched eigensolver (linalg/lanes.h) reports lanes that did not converge.
void checkConverged(unsigned failedLanes);

// Eigenvalues of the symmetric matrix a (lower), ascending; a is destroyed.
void eigenvalues(std::size_t n, double* a, double* values);
// Eigenvalues of up to lanes::kLanes matrices of more than lanes::kMostValues rows, laid out as in lanes.h and in any
// order: one matrix after the other is made tridiagonal, QL runs in lanes. matrix(k), lower, is destroyed. Values have
// the same bits in any company.
void eigenvaluesInLanes(std::size_t n, std::size_t count, const std::function<double*(std::size_t)>& matrix,
                        double* values);
// The same for any n, in two stages (band.h) by these kernels, or by LAPACK's dsytrd where they are null.
void eigenvaluesInLanes(std::size_t n, std::size_t count, const std::function<double*(std::size_t)>& matrix,
                        const lanes::Kernels* stages, double* values);
// Eigenvalues as above, with orthonormal eigenvectors in the columns of a.
void eigenvectors(std::size_t n, double* a, double* values);

// a = left diag(values) right, values descending; a is destroyed.
void singularValues(std::size_t n, double* a, double* values, double* left, double* right);

// a <- r' a r for symmetric a (small ones: both triangles are read) and lower triangular r; the result is right in the
// lower triangle.
void congruence(std::size_t n, const double* r, double* a);

// a <- the lower triangular l with non-negative diagonal such that l l' = a a'. Orthogonal steps only: no condition
// number is squared.
void lowerFactor(std::size_t n, double* a);

// Estimate of 1 / (|r|_1 |r^-1|_1) for lower triangular r; 0 when singular.
double reciprocalCondition(std::size_t n, const double* r);

// b <- r^-T b for lower triangular r.
void solveTransposed(std::size_t n, const double* r, double* b);
// b <- b r^-1 for lower triangular r.
void solveRight(std::size_t n, const double* r, double* b);

// c <- a b, c <- a' b.
void multiply(std::size_t n, const double* a, const double* b, double* c);
void multiplyTransposed(std::size_t n, const double* a, const double* b, double* c);
// The product for b and c of n x columns.
void multiplyTransposed(std::size_t n, std::size_t columns, const double* a, const double* b, double* c);

// c <- c + alpha a a' and c <- a a', lower triangle.
void addOuter(std::size_t n, double alpha, const double* a, double* c);
void outer(std::size_t n, const double* a, double* c);

// Copies the lower triangle to the upper one.
void symmetrize(std::size_t n, double* a);

double trace(std::size_t n, const double* a);

}  // namespace denseam::linalg
