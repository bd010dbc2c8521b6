#include "euclidean/products.h"

#include <algorithm>
#include <type_traits>

namespace denseam::euclidean {

using linalg::lanes::Level;

extern const ProductKernels<float> kFloatBaselineProducts;
extern const ProductKernels<double> kDoubleBaselineProducts;
#if defined(__x86_64__)
extern const ProductKernels<float> kFloatAvx2Products, kFloatAvx512Products;
extern const ProductKernels<double> kDoubleAvx2Products, kDoubleAvx512Products;
#endif

namespace {

template <typename T, typename Kernels = ProductKernels<T>>
const Kernels* choose(const ProductKernels<float>& single, const ProductKernels<double>& twice) {
  if constexpr (std::is_same_v<T, float>) {
    return &single;
  } else {
    return &twice;
  }
}

}  // namespace

template <typename T>
const ProductKernels<T>* productKernels(Level level) {
  if (linalg::lanes::kernels(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level == Level::kAvx512) return choose<T>(kFloatAvx512Products, kDoubleAvx512Products);
  if (level == Level::kAvx2) return choose<T>(kFloatAvx2Products, kDoubleAvx2Products);
#endif
  return choose<T>(kFloatBaselineProducts, kDoubleBaselineProducts);
}

template <typename T>
const ProductKernels<T>& productKernels() {
  static const ProductKernels<T>& chosen = *productKernels<T>(linalg::lanes::bestLevel());
  return chosen;
}

template <typename T>
std::vector<T> packQueries(std::size_t count, std::size_t width, std::size_t lanes, const T* queries) {
  std::vector<T> packed(paddedQueries(count, lanes) * width);
  for (std::size_t q = 0; q < count; ++q) {
    T* to = packed.data() + q / lanes * width * lanes + q % lanes;
    for (std::size_t j = 0; j < width; ++j) to[j * lanes] = queries[q * width + j];
  }
  return packed;
}

template const ProductKernels<float>* productKernels<float>(Level);
template const ProductKernels<double>* productKernels<double>(Level);
template const ProductKernels<float>& productKernels<float>();
template const ProductKernels<double>& productKernels<double>();
template std::vector<float> packQueries(std::size_t, std::size_t, std::size_t, const float*);
template std::vector<double> packQueries(std::size_t, std::size_t, std::size_t, const double*);

}  // namespace denseam::euclidean
