// Compiled for the baseline instruction set.
#include "linalg/lanes_kernel.h"

namespace denseam::linalg::lanes {

extern const Kernels kBaselineKernels;
const Kernels kBaselineKernels = {congruenceOf<double>,  congruenceOf<float>,  eigenvaluesOf,
                                  valuesOfTwoGroups,     eigenvectorsOf,       tridiagonalValuesOf,
                                  symmetricProductOf,    subtractProductsOf,   chaseBand,
                                  packTriangles<double>, packTriangles<float>, addSpectralOf};

}  // namespace denseam::linalg::lanes
