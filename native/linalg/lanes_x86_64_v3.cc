// Compiled with -march=x86-64-v3 (CMakeLists.txt).
#include "linalg/lanes_kernel.h"

namespace denseam::linalg::lanes {

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = {congruenceOf<double>,  congruenceOf<float>,  eigenvaluesOf,
                              valuesOfTwoGroups,     eigenvectorsOf,       tridiagonalValuesOf,
                              symmetricProductOf,    subtractProductsOf,   chaseBand,
                              packTriangles<double>, packTriangles<float>, addSpectralOf};

}  // namespace denseam::linalg::lanes
