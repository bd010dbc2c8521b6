#pragma once

#include <stdexcept>
#include <string>

namespace denseam {

// An error with one of the stable codes of lib/core/errors.ts; the binding turns it into a DenseamError.
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

}  // namespace denseam
