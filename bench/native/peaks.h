#pragma once

#include <cstddef>
#include <optional>
#include <string>

// The greatest rate of multiply-adds: chains of one instruction on registers alone.
namespace denseam::bench {

struct Peak {
  // Runs `rounds` of multiply-adds; returns something that depends on them all.
  double (*run)(std::size_t rounds);
  // Multiply-adds of one round.
  std::size_t inRound;
};

// The widest instruction of this processor for products of `kind`: float64, float32, bf16 or int8. Nothing where it
// has none.
std::optional<Peak> peakOf(const std::string& kind);

}  // namespace denseam::bench
