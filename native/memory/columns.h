#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace denseam {

// A column of a result: the name that it has in JavaScript, and the member that holds it.
template <typename Result>
struct Column {
  const char* name;
  std::variant<std::vector<double> Result::*, std::vector<std::int32_t> Result::*, std::vector<std::uint8_t> Result::*>
      member;
};

}  // namespace denseam
