#pragma once

#include <cstddef>
#include <cstdint>

// Inner products of 8-bit codes of rows with 8-bit codes of queries, exact in 32 bits.
namespace denseam::euclidean {

// Codes of rows are numbers from -127 to 127 plus this, those of queries numbers from -127 to 127.
inline constexpr int kCodeOffset = 128;
// The width of codes is padded to a multiple of this with codes of zero.
inline constexpr std::size_t kCodeStep = 64;
// The greatest width whose sums fit.
inline constexpr std::size_t kMostCodeWidth = std::size_t{1} << 16;

// dots[q * rows + i] <- the sum over j of codes[i * width + j] queries[q * width + j], offset included.
using CodeDots = void (*)(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
                          const std::int8_t* queryCodes, std::int32_t* dots);

enum class CodeLevel { kPlain, kAvx2, kVnni, kNeon };

// The kernel of a level, or null where this processor lacks it; all give the same sums.
CodeDots codeDots(CodeLevel level);
// The fastest.
CodeDots codeDots();

}  // namespace denseam::euclidean
