// Compiled with -march=x86-64-v3 (CMakeLists.txt).
#include "euclidean/products_kernel.h"

namespace denseam::euclidean {

extern const ProductKernels<float> kFloatAvx2Products;
extern const ProductKernels<double> kDoubleAvx2Products;
const ProductKernels<float> kFloatAvx2Products = kKernels<float>;
const ProductKernels<double> kDoubleAvx2Products = kKernels<double>;

}  // namespace denseam::euclidean
