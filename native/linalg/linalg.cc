#include "linalg/linalg.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/sanitized.h"
#include "linalg/band.h"
#include "linalg/lanes.h"
#include "linalg/small.h"

namespace denseam::linalg {
namespace {

// Throws when LAPACK did not converge. That was never seen with finite input, but it must not pass in silence.
void check(lapack_int info, const char* routine) {
  if (info != 0) {
    throw Error("ERR_NOT_FINITE", std::string(routine) + " did not converge (info " + std::to_string(info) +
                                      "): the covariances are not finite or span more than double precision can hold");
  }
}

lapack_int size(std::size_t n) { return static_cast<lapack_int>(n); }

// The size as LAPACK counts it, in 32 bits: an overflow would let it write beyond the work space.
lapack_int countable(std::size_t workSize, std::size_t n) {
  if (workSize <= static_cast<std::size_t>(std::numeric_limits<lapack_int>::max())) return size(workSize);
  throw Error("ERR_UNSUPPORTED",
              "Matrices of dimension " + std::to_string(n) + " need more work space than LAPACK can count in 32 bits");
}

void clearUpper(std::size_t n, double* a) {
  for (std::size_t j = 1; j < n; ++j) std::fill_n(a + j * n, j, 0.0);
}

void largeEigenvectors(std::size_t n, double* a, double* values) {
  Workspace& workspace = Workspace::local();
  const std::size_t workSize = 1 + 6 * n + 2 * n * n;
  const std::size_t integerSize = 3 + 5 * n;
  const lapack_int counted = countable(workSize, n);
  check(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', size(n), a, size(n), values,
                            workspace.get(Workspace::kLapack, workSize), counted, workspace.integers(integerSize),
                            size(integerSize)),
        "dsyevd");
}

// The exponent of the scale at which squares of a matrix's entries neither overflow nor vanish; mostly 0.
int scaleExponent(std::size_t n, const double* a) {
  constexpr int kSafe = 300;
  double greatest = 0;
  for (std::size_t i = 0; i < n * n; ++i) greatest = std::max(greatest, std::abs(a[i]));
  const int exponent = greatest > 0 ? std::ilogb(greatest) : 0;
  return std::abs(exponent) > kSafe ? -exponent : 0;
}

void scale(double* a, std::size_t count, int exponent) {
  if (exponent == 0) return;
  for (std::size_t i = 0; i < count; ++i) a[i] = std::ldexp(a[i], exponent);
}

// Decomposes by our own tridiagonalisation and LAPACK's QL on the tridiagonal matrix, which calls no BLAS that locks.
void smallEigen(char job, std::size_t n, double* a, double* values) {
  Workspace& workspace = Workspace::local();
  double* offDiagonal = workspace.get(Workspace::kLapack, 5 * n + n * n);
  double* tau = offDiagonal + n;
  double* work = tau + n;
  symmetrize(n, a);
  const int exponent = scaleExponent(n, a);
  scale(a, n * n, exponent);
  small::tridiagonalize(n, a, values, offDiagonal, tau, work);
  if (job == 'N') {
    check(LAPACKE_dsterf_work(size(n), values, offDiagonal), "dsterf");
  } else {
    small::formOrthogonal(n, a, tau, work);
    check(LAPACKE_dsteqr_work(LAPACK_COL_MAJOR, 'V', size(n), values, offDiagonal, a, size(n), work), "dsteqr");
  }
  scale(values, n, -exponent);
}

// The kernels for two stages where those are faster than dsytrd, half of whose work waits for the cache or for memory.
// With AVX2 they draw level where a cache of 32 MB holds the matrix, and win where none does; narrower vectors lose.
const lanes::Kernels* stagesFor(std::size_t n) {
  const lanes::Level level = lanes::bestLevel();
  const bool faster = (level == lanes::Level::kAvx512 && n >= 384) || (level == lanes::Level::kAvx2 && n >= 1024);
  return faster ? &lanes::best() : nullptr;
}

// a (lower, destroyed) is similar to T times 2^-e: diagonal (n), offDiagonal (n, the last one 0). In two stages by
// these kernels, or by dsytrd where they are null. Returns e.
int tridiagonalize(std::size_t n, double* a, const lanes::Kernels* stages, double* diagonal, double* offDiagonal,
                   double* tau) {
  const int exponent = scaleExponent(n, a);
  scale(a, n * n, exponent);
  offDiagonal[n - 1] = 0;
  if (stages) {
    tridiagonalizeInStages(n, a, diagonal, offDiagonal, *stages);
    return exponent;
  }
  const std::size_t workSize = 64 * n;
  const lapack_int counted = countable(workSize, n);
  check(LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'L', size(n), a, size(n), diagonal, offDiagonal, tau,
                            Workspace::local().get(Workspace::kLapack, workSize), counted),
        "dsytrd");
  return exponent;
}

// Eigenvalues of tridiagonal matrices in lanes.
void solveTridiagonals(std::size_t n, std::size_t count, const std::vector<double>& diagonals,
                       const std::vector<double>& offDiagonals, double* values) {
  if (n <= lanes::kMostRows) {
    double* work = Workspace::local().get(Workspace::kLapack, lanes::tridiagonalWorkSize(n));
    return checkConverged(lanes::tridiagonalValues(n, diagonals.data(), offDiagonals.data(), values, work));
  }
  std::vector<double> diagonal(n), offDiagonal(n);
  for (std::size_t lane = 0; lane < count; ++lane) {
    for (std::size_t i = 0; i < n; ++i) {
      diagonal[i] = diagonals[i * lanes::kLanes + lane];
      offDiagonal[i] = offDiagonals[i * lanes::kLanes + lane];
    }
    check(LAPACKE_dsterf_work(size(n), diagonal.data(), offDiagonal.data()), "dsterf");
    for (std::size_t i = 0; i < n; ++i) values[i * lanes::kLanes + lane] = diagonal[i];
  }
}

}  // namespace

Workspace& Workspace::local() {
  static thread_local Workspace workspace;
  return workspace;
}

double* Workspace::get(Slot slot, std::size_t count) {
  AlignedVector<double>& buffer = slots_[slot];
  if (kSanitized || buffer.size() < count) buffer = AlignedVector<double>(count);
  return buffer.data();
}

int* Workspace::integers(std::size_t count) {
  if (kSanitized || integers_.size() < count) integers_ = std::vector<int>(count);
  return integers_.data();
}

void useOneThread() { openblas_set_num_threads(1); }

const char* blasName() {
  static const std::string name = std::string(openblas_get_config()) + " on " + openblas_get_corename();
  return name.c_str();
}

std::size_t mostBlasThreads() {
  static const std::string key = "MAX_THREADS=";
  const std::string config = openblas_get_config();
  const std::size_t at = config.find(key);
  // A build for one thread does not state a number.
  return at == std::string::npos
             ? 1
             : std::max<std::size_t>(1, std::strtoul(config.c_str() + at + key.size(), nullptr, 10));
}

bool cholesky(std::size_t n, double* a) {
  if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', size(n), a, size(n)) != 0) return false;
  clearUpper(n, a);
  return true;
}

void checkConverged(unsigned failedLanes) { check(failedLanes == 0 ? 0 : 1, "The batched eigensolver"); }

void eigenvalues(std::size_t n, double* a, double* values) {
  if (n <= small::kMostValues) return smallEigen('N', n, a, values);
  std::vector<double> inLanes(n * lanes::kLanes);
  eigenvaluesInLanes(
      n, 1, [a](std::size_t) { return a; }, inLanes.data());
  for (std::size_t i = 0; i < n; ++i) values[i] = inLanes[i * lanes::kLanes];
  std::sort(values, values + n);
}

void eigenvaluesInLanes(std::size_t n, std::size_t count, const std::function<double*(std::size_t)>& matrix,
                        double* values) {
  eigenvaluesInLanes(n, count, matrix, stagesFor(n), values);
}

void eigenvaluesInLanes(std::size_t n, std::size_t count, const std::function<double*(std::size_t)>& matrix,
                        const lanes::Kernels* stages, double* values) {
  std::vector<double> t(3 * n), diagonals(n * lanes::kLanes), offDiagonals(n * lanes::kLanes);
  double* const offDiagonal = t.data() + n;
  int exponents[lanes::kLanes] = {};
  for (std::size_t lane = 0; lane < count; ++lane) {
    exponents[lane] = tridiagonalize(n, matrix(lane), stages, t.data(), offDiagonal, offDiagonal + n);
    for (std::size_t i = 0; i < n; ++i) {
      diagonals[i * lanes::kLanes + lane] = t[i];
      offDiagonals[i * lanes::kLanes + lane] = offDiagonal[i];
    }
  }
  solveTridiagonals(n, count, diagonals, offDiagonals, values);
  for (std::size_t lane = 0; lane < count; ++lane) {
    if (exponents[lane] == 0) continue;
    for (std::size_t i = 0; i < n; ++i) {
      values[i * lanes::kLanes + lane] = std::ldexp(values[i * lanes::kLanes + lane], -exponents[lane]);
    }
  }
}

void eigenvectors(std::size_t n, double* a, double* values) {
  n <= small::kMostVectors ? smallEigen('V', n, a, values) : largeEigenvectors(n, a, values);
}

void singularValues(std::size_t n, double* a, double* values, double* left, double* right) {
  Workspace& workspace = Workspace::local();
  const std::size_t workSize = 4 * n * n + 7 * n + 64 * n;
  const lapack_int counted = countable(workSize, n);
  check(LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'A', size(n), size(n), a, size(n), values, left, size(n), right, size(n),
                            workspace.get(Workspace::kLapack, workSize), counted, workspace.integers(8 * n)),
        "dgesdd");
}

void lowerFactor(std::size_t n, double* a) {
  Workspace& workspace = Workspace::local();
  const std::size_t workSize = 64 * n;
  double* work = workspace.get(Workspace::kLapack, workSize + n);
  check(LAPACKE_dgelqf_work(LAPACK_COL_MAJOR, size(n), size(n), a, size(n), work + workSize, work, size(workSize)),
        "dgelqf");
  clearUpper(n, a);
  for (std::size_t j = 0; j < n; ++j) {
    if (a[j * n + j] < 0) std::transform(a + j * n + j, a + j * n + n, a + j * n + j, [](double x) { return -x; });
  }
}

double reciprocalCondition(std::size_t n, const double* r) {
  double reciprocal = 0;
  Workspace& workspace = Workspace::local();
  check(LAPACKE_dtrcon_work(LAPACK_COL_MAJOR, '1', 'L', 'N', size(n), r, size(n), &reciprocal,
                            workspace.get(Workspace::kLapack, 3 * n), workspace.integers(n)),
        "dtrcon");
  return reciprocal;
}

void solveTransposed(std::size_t n, const double* r, double* b) {
  const int m = size(n);
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, m, m, 1.0, r, m, b, m);
}

void solveRight(std::size_t n, const double* r, double* b) {
  const int m = size(n);
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, m, m, 1.0, r, m, b, m);
}

void multiply(std::size_t n, const double* a, const double* b, double* c) {
  const int m = size(n);
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, m, m, 1.0, a, m, b, m, 0.0, c, m);
}

void multiplyTransposed(std::size_t n, const double* a, const double* b, double* c) {
  multiplyTransposed(n, n, a, b, c);
}

void multiplyTransposed(std::size_t n, std::size_t columns, const double* a, const double* b, double* c) {
  const int m = size(n);
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, m, size(columns), m, 1.0, a, m, b, m, 0.0, c, m);
}

void addOuter(std::size_t n, double alpha, const double* a, double* c) {
  if (n <= small::kMostVectors) {
    small::addOuter(n, alpha, a, c, Workspace::local().get(Workspace::kLapack, n));
    return;
  }
  const int m = size(n);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, m, m, alpha, a, m, 1.0, c, m);
}

void outer(std::size_t n, const double* a, double* c) {
  const int m = size(n);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, m, m, 1.0, a, m, 0.0, c, m);
}

void symmetrize(std::size_t n, double* a) {
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j + 1; i < n; ++i) a[i * n + j] = a[j * n + i];
  }
}

double trace(std::size_t n, const double* a) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i * n + i];
  return sum;
}

}  // namespace denseam::linalg
