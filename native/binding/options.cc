#include "binding/options.h"

#include <algorithm>

#include "binding/arguments.h"

namespace denseam::binding {
namespace {

Napi::Object checkedObject(const Napi::Value& value) {
  if (value.IsObject()) return value.As<Napi::Object>();
  throw codedError(value.Env(), "ERR_SHAPE", "Expected an object of options");
}

double checkedNumber(const Napi::Value& value, const char* name) {
  if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
  throw codedError(value.Env(), "ERR_RANGE", std::string("Expected a number for ") + name);
}

}  // namespace

Options::Options(const Napi::Value& value) : object_(checkedObject(value)) {}

std::size_t Options::count(const char* name) const { return readCount((*this)[name], name); }

double Options::number(const char* name) const { return checkedNumber((*this)[name], name); }

std::optional<double> Options::optionalNumber(const char* name) const {
  const Napi::Value value = (*this)[name];
  return value.IsUndefined() ? std::nullopt : std::optional(checkedNumber(value, name));
}

bool Options::flag(const char* name) const {
  const Napi::Value value = (*this)[name];
  if (value.IsBoolean()) return value.As<Napi::Boolean>();
  throw codedError(env(), "ERR_RANGE", std::string("Expected true or false for ") + name);
}

std::string Options::text(const char* name) const {
  const Napi::Value value = (*this)[name];
  if (value.IsString()) return value.As<Napi::String>();
  throw codedError(env(), "ERR_SHAPE", std::string("Expected a string for ") + name);
}

std::uint64_t Options::seed(const char* name) const {
  const Napi::Value value = (*this)[name];
  bool lossless = false;
  const std::uint64_t seed = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  if (!lossless) throw codedError(env(), "ERR_RANGE", std::string("Expected a bigint of 64 bits for ") + name);
  return seed;
}

Precision Options::precision() const {
  const std::string name = text("precision");
  if (name == "float32") return Precision::kFloat32;
  if (name == "float64") return Precision::kFloat64;
  throw codedError(env(), "ERR_RANGE", "Expected \"float32\" or \"float64\" for precision");
}

std::vector<double> Options::doubles(const char* name, std::size_t length) const {
  return readDoubles((*this)[name], name, length);
}

std::vector<double> Options::doubles(const char* name) const {
  const Napi::Value value = (*this)[name];
  const std::size_t length = value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  return readDoubles(value, name, std::max<std::size_t>(1, length));
}

std::vector<std::int32_t> Options::indices(const char* name, std::size_t size) const {
  return readIndices((*this)[name], size);
}

}  // namespace denseam::binding
