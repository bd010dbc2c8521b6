#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "memory/memory.h"
#include "parallel/job.h"

// The preparation of data for the sphere.
namespace denseam::sphere {

// A copy of a caller's rows, and their names in errors, counted from `first`.
struct RawRows {
  std::size_t count = 0;
  std::size_t dimension = 0;
  std::variant<std::vector<std::uint8_t>, std::vector<float>, std::vector<double>> values;
  std::string name;
  std::size_t first = 0;
};

// Every row minus its own mean (where `centred`), divided by its length. Constant rows (rows of zeros, when not
// centred) become zero: bytes are compared exactly; floating-point numbers are constant when they are within four
// roundings of their own precision, relative to the largest of the row, of their mean.
Numbers toSphere(const RawRows& rows, bool centred, Precision precision, Job& job);

// Images of height x width elements of `bytes` bytes each, row-major, and the square patches to cut from them.
struct Cut {
  std::size_t count = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t bytes = 0;
  std::size_t size = 0;
  std::size_t stride = 0;

  std::size_t rows() const { return (height - size) / stride + 1; }
  std::size_t columns() const { return (width - size) / stride + 1; }
};

// count x rows x columns x size x size elements.
std::vector<std::uint8_t> cutPatches(const Cut& cut, const std::vector<std::uint8_t>& images, Job& job);

}  // namespace denseam::sphere
