#include "linalg/orthogonal.h"

#include <lapacke.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "linalg/linalg.h"

namespace denseam::linalg {
namespace {

void check(lapack_int info) {
  if (info != 0) throw Error("ERR_NOT_FINITE", "The orthogonal factor of a matrix could not be computed");
}

}  // namespace

void orthogonalFactor(std::size_t n, double* a) {
  const auto size = static_cast<lapack_int>(n);
  const std::size_t workSize = 64 * n;
  double* reflectors = Workspace::local().get(Workspace::kLapack, n + workSize);
  double* work = reflectors + n;
  check(
      LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, size, size, a, size, reflectors, work, static_cast<lapack_int>(workSize)));
  std::vector<bool> negative(n);
  for (std::size_t j = 0; j < n; ++j) negative[j] = a[j * n + j] < 0;
  check(LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, size, size, size, a, size, reflectors, work,
                            static_cast<lapack_int>(workSize)));
  for (std::size_t j = 0; j < n; ++j) {
    if (negative[j]) std::transform(a + j * n, a + (j + 1) * n, a + j * n, [](double x) { return -x; });
  }
}

}  // namespace denseam::linalg
