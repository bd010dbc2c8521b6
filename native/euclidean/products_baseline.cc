// Compiled for the baseline instruction set.
#include "euclidean/products_kernel.h"

namespace denseam::euclidean {

extern const ProductKernels<float> kFloatBaselineProducts;
extern const ProductKernels<double> kDoubleBaselineProducts;
const ProductKernels<float> kFloatBaselineProducts = kKernels<float>;
const ProductKernels<double> kDoubleBaselineProducts = kKernels<double>;

}  // namespace denseam::euclidean
