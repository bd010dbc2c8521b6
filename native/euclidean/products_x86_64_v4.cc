// Compiled with -march=x86-64-v4 (CMakeLists.txt).
#include "euclidean/products_kernel.h"

namespace denseam::euclidean {

extern const ProductKernels<float> kFloatAvx512Products;
extern const ProductKernels<double> kDoubleAvx512Products;
const ProductKernels<float> kFloatAvx512Products = kKernels<float>;
const ProductKernels<double> kDoubleAvx512Products = kKernels<double>;

}  // namespace denseam::euclidean
