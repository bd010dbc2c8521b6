#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned.h"
#include "linalg/product.h"
#include "parallel/job.h"

// Products of numbers rounded to bfloat16, which has the exponents of float32 and 8 binary digits: each product is
// exact, and sums are taken in float32. Each number of a result is one sum in the order of the terms: its bits do not
// depend on how the work is cut.
namespace denseam::sphere {

// A pair of bfloat16 numbers, neighbours in a sum.
using Bfloat16Pair = std::uint32_t;

// Vectors of a panel, side by side: pair j of vector i is at j * kPanelVectors + i. Absent vectors and the partner of
// an odd last number are zero.
inline constexpr std::size_t kPanelVectors = 16;

struct Bfloat16Kernels {
  // Rounds up to kPanelVectors vectors of `length` numbers into a panel: those in rows, or in columns.
  void (*packRows)(std::size_t count, std::size_t length, const float* values, std::size_t stride, Bfloat16Pair* panel);
  void (*packColumns)(std::size_t count, std::size_t length, const float* values, std::size_t stride,
                      Bfloat16Pair* panel);
  // c <- a b + accumulate c: `rows` vectors of the panels of a times `columns` vectors of those of b.
  void (*multiply)(std::size_t rows, std::size_t columns, std::size_t pairs, const Bfloat16Pair* a,
                   const Bfloat16Pair* b, bool accumulate, float* c, std::size_t stride);
};

// Null where this processor has no instruction for such sums: float32 is faster there than its imitation.
const Bfloat16Kernels* bfloat16Kernels();

// Products of the sizes of multiplyInTiles (tiles.h), on all threads. Keeps its work space.
class Bfloat16Product {
 public:
  explicit Bfloat16Product(const Bfloat16Kernels& kernels) : kernels_(kernels) {}

  // c <- a b + accumulate c: m x k times k x n, c with n numbers a row.
  void multiply(std::size_t m, std::size_t n, std::size_t k, linalg::MatrixView<float> a, linalg::MatrixView<float> b,
                bool accumulate, float* c, const Job& job);

 private:
  void pack(std::size_t count, std::size_t length, const float* values, std::size_t stride, bool inRows,
            AlignedVector<Bfloat16Pair>& panels, const Job& job) const;

  const Bfloat16Kernels& kernels_;
  AlignedVector<Bfloat16Pair> left_;
  AlignedVector<Bfloat16Pair> right_;
};

}  // namespace denseam::sphere
