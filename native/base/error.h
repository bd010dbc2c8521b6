#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace denseam {

// The words of an error: "Expected <expected> for <argument> but received <received>", or "... but <found>" where a
// clause describes the input better than a value.
struct Fault {
  std::string argument;
  std::string expected;
  std::string received = {};
  std::string found = {};

  std::string message() const {
    return "Expected " + expected + " for " + argument + " but " + (found.empty() ? "received " + received : found);
  }
};

// An error with one of the stable codes of lib/core/errors.ts; the binding turns it into a DenseamError.
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Error(const char* code, Fault fault)
      : std::runtime_error(fault.message()), code_(code), fault_(std::make_shared<const Fault>(std::move(fault))) {}
  const char* code() const { return code_; }
  // Null for an error that is about no argument.
  const Fault* fault() const { return fault_.get(); }

 private:
  const char* code_;
  // Shared, since copying an exception must not throw.
  std::shared_ptr<const Fault> fault_;
};

}  // namespace denseam
