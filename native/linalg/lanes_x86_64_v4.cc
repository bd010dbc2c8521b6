// Compiled with -march=x86-64-v4 (CMakeLists.txt).
#include "linalg/lanes_kernel.h"

namespace denseam::linalg::lanes {

extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels = {congruenceOf<double>,  congruenceOf<float>,  eigenvaluesOf,
                                valuesOfTwoGroups,     eigenvectorsOf,       tridiagonalValuesOf,
                                symmetricProductOf,    subtractProductsOf,   chaseBand,
                                packTriangles<double>, packTriangles<float>, addSpectralOf};

}  // namespace denseam::linalg::lanes
