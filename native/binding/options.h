#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memory/memory.h"

namespace denseam::binding {

// The options of a verb: an object whose members are read by name, the name that errors give.
class Options {
 public:
  explicit Options(const Napi::Value& value);

  Napi::Env env() const { return object_.Env(); }
  Napi::Value operator[](const char* name) const { return object_.Get(name); }
  bool has(const char* name) const { return !object_.Get(name).IsUndefined(); }

  // A non-negative integer.
  std::size_t count(const char* name) const;
  double number(const char* name) const;
  std::optional<double> optionalNumber(const char* name) const;
  bool flag(const char* name) const;
  std::string text(const char* name) const;
  // An unsigned bigint of 64 bits.
  std::uint64_t seed(const char* name) const;
  Precision precision() const;
  // A Float64Array or Float32Array of this length.
  std::vector<double> doubles(const char* name, std::size_t length) const;
  // A non-empty array of numbers.
  std::vector<double> doubles(const char* name) const;
  std::vector<std::int32_t> indices(const char* name, std::size_t size) const;

 private:
  Napi::Object object_;
};

}  // namespace denseam::binding
