#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "memory/memory.h"

namespace denseam {
namespace {

// The g-th of `groups` groups of equal length.
template <typename T>
std::vector<T> group(const std::vector<T>& values, std::size_t g, std::size_t groups) {
  const std::size_t length = values.size() / groups;
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(g * length);
  return {begin, begin + static_cast<std::ptrdiff_t>(length)};
}

Batch groupOf(const Batch& batch, std::size_t g, std::size_t groups) {
  return {batch.count / groups, group(batch.positions, g, groups), group(batch.covariances, g, groups), batch.name,
          batch.first};
}

Retrieval groupOf(const Retrieval& sweep, std::size_t g, std::size_t groups) {
  Retrieval result;
  result.states = groupOf(sweep.states, g, groups);
  for (const auto& column : kRetrievalColumns) {
    std::visit([&](auto member) { result.*member = group(sweep.*member, g, groups); }, column.member);
  }
  for (const Batch& states : sweep.trajectory) result.trajectory.push_back(groupOf(states, g, groups));
  return result;
}

}  // namespace

std::vector<Retrieval> splitSweep(const Retrieval& sweep, std::size_t betas) {
  std::vector<Retrieval> result;
  for (std::size_t g = 0; g < betas; ++g) result.push_back(groupOf(sweep, g, betas));
  return result;
}

}  // namespace denseam
