#include "binding/arguments.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <type_traits>

#include "base/format.h"
#include "binding/handover.h"

namespace denseam::binding {
namespace {

// An array of another kind or length than the callers in lib/ have checked: it was resized meanwhile, or lies.
Napi::Error wrongLength(const Napi::Value& value, const char* name, const char* kind, std::size_t count) {
  const std::string received = value.IsTypedArray()
                                   ? std::to_string(value.As<Napi::TypedArray>().ElementLength()) + " numbers"
                                   : "another value";
  return codedError(value.Env(), Error("ERR_SHAPE", {.argument = name,
                                                     .expected = kind + (" of length " + std::to_string(count)),
                                                     .received = received}));
}

Napi::TypedArray floats(const Napi::Value& value, const char* name, std::size_t count) {
  if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    const bool isFloat = array.TypedArrayType() == napi_float32_array || array.TypedArrayType() == napi_float64_array;
    if (isFloat && array.ElementLength() == count) return array;
  }
  throw wrongLength(value, name, "a Float64Array or Float32Array", count);
}

// Refuses a finite float64 that is too large for float32: it would become infinite.
float narrowed(double value, Napi::Env env) {
  const auto narrow = static_cast<float>(value);
  if (std::isinf(narrow) && std::isfinite(value)) {
    throw codedError(env, Error("ERR_RANGE", {.argument = "items",
                                              .expected = "numbers that fit in float32, the precision of this memory,",
                                              .received = number(value)}));
  }
  return narrow;
}

// Runs the copy of an argument, which may not fit in memory.
template <typename Copy>
auto copied(Napi::Env env, const Copy& copy) {
  try {
    return copy();
  } catch (const std::bad_alloc&) {
    throw codedError(env, "ERR_OUT_OF_MEMORY", "A copy of the arguments does not fit in memory");
  } catch (const std::length_error&) {
    throw codedError(env, "ERR_OUT_OF_MEMORY", "A copy of the arguments is larger than an array can be");
  }
}

template <typename Vector>
Vector uncheckedCopy(const Napi::TypedArray& array) {
  const std::size_t count = array.ElementLength();
  if (array.TypedArrayType() == napi_float32_array) {
    const float* values = array.As<Napi::Float32Array>().Data();
    return Vector(values, values + count);
  }
  const double* values = array.As<Napi::Float64Array>().Data();
  if constexpr (std::is_same_v<typename Vector::value_type, double>) {
    return Vector(values, values + count);
  } else {
    Vector copy(count);
    std::transform(values, values + count, copy.begin(), [env = array.Env()](double x) { return narrowed(x, env); });
    return copy;
  }
}

template <typename Vector>
Vector copyFloats(const Napi::TypedArray& array) {
  return copied(array.Env(), [&] { return uncheckedCopy<Vector>(array); });
}

// The size from which JavaScript's own constructor makes the buffer: it throws where Node's would end the process.
constexpr std::size_t kLeastChecked = std::size_t{16} << 10;
// The size from which results are copied on the pool: the copy then takes as long as a task and its message.
constexpr std::size_t kLeastCopiedAside = std::size_t{1} << 19;

Napi::ArrayBuffer newArrayBuffer(Napi::Env env, std::size_t bytes) {
  if (bytes < kLeastChecked) return Napi::ArrayBuffer::New(env, bytes);
  const auto constructor = env.Global().Get("ArrayBuffer").As<Napi::Function>();
  return constructor.New({Napi::Number::New(env, static_cast<double>(bytes))}).As<Napi::ArrayBuffer>();
}

// A typed array in JavaScript's own memory: external memory could not be transferred to another thread.
template <typename T>
Napi::ArrayBuffer toArrayBuffer(Napi::Env env, std::vector<T>&& values) {
  const std::size_t bytes = values.size() * sizeof(T);
  Napi::ArrayBuffer buffer = newArrayBuffer(env, bytes);
  if (bytes < kLeastCopiedAside) {
    if (bytes > 0) std::memcpy(buffer.Data(), values.data(), bytes);
    return buffer;
  }
  auto own = std::make_shared<std::vector<T>>(std::move(values));
  Handover::add([own, to = buffer.Data(), bytes] { std::memcpy(to, own->data(), bytes); });
  return buffer;
}

}  // namespace

Napi::Error codedError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

Napi::Error codedError(Napi::Env env, const Error& error) {
  Napi::Error coded = codedError(env, error.code(), error.what());
  if (const Fault* fault = error.fault()) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("argument", fault->argument);
    object.Set("expected", fault->expected);
    object.Set(fault->found.empty() ? "received" : "found", fault->found.empty() ? fault->received : fault->found);
    coded.Set("fault", object);
  }
  return coded;
}

Numbers readNumbers(const Napi::Value& value, const char* name, std::size_t count, Precision precision) {
  const Napi::TypedArray array = floats(value, name, count);
  if (precision == Precision::kFloat32) return copyFloats<std::vector<float>>(array);
  return copyFloats<std::vector<double>>(array);
}

std::vector<double> readDoubles(const Napi::Value& value, const char* name, std::size_t count) {
  return copyFloats<std::vector<double>>(floats(value, name, count));
}

AlignedVector<double> readAligned(const Napi::Value& value, const char* name, std::size_t count) {
  return copyFloats<AlignedVector<double>>(floats(value, name, count));
}

std::vector<std::uint8_t> readBytes(const Napi::Value& value, const char* name, std::size_t count) {
  const bool isBytes = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  if (!isBytes || value.As<Napi::TypedArray>().ElementLength() != count) {
    throw wrongLength(value, name, "a Uint8Array", count);
  }
  const auto view = value.As<Napi::Uint8Array>();
  return copied(value.Env(), [&] { return std::vector<std::uint8_t>(view.Data(), view.Data() + count); });
}

std::vector<std::int32_t> readIndices(const Napi::Value& value, std::size_t size) {
  const bool isIndices = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
  if (!isIndices) throw codedError(value.Env(), "ERR_SHAPE", "Expected an Int32Array for indices");
  const auto view = value.As<Napi::Int32Array>();
  auto indices =
      copied(value.Env(), [&] { return std::vector<std::int32_t>(view.Data(), view.Data() + view.ElementLength()); });
  for (const std::int32_t index : indices) {
    if (index < 0 || static_cast<std::size_t>(index) >= size) {
      throw codedError(value.Env(), Error("ERR_RANGE", {.argument = "indices",
                                                        .expected = "integers from 0 to " + std::to_string(size - 1),
                                                        .received = std::to_string(index)}));
    }
  }
  return indices;
}

std::size_t readCount(const Napi::Value& value, const char* name) {
  constexpr double kGreatestSafeInteger = 9007199254740991.0;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= kGreatestSafeInteger && std::floor(number) == number)) {
    throw codedError(value.Env(), "ERR_RANGE", std::string("Expected a non-negative integer for ") + name);
  }
  return static_cast<std::size_t>(number);
}

void checkProduct(Napi::Env env, std::size_t rows, std::size_t columns) {
  if (columns > 0 && rows > std::numeric_limits<std::size_t>::max() / columns) {
    throw codedError(env, "ERR_OUT_OF_MEMORY", "The numbers are more than an array can hold");
  }
}

Napi::Value toFloat64Array(Napi::Env env, std::vector<double>&& values) {
  const std::size_t length = values.size();
  return Napi::Float64Array::New(env, length, toArrayBuffer(env, std::move(values)), 0);
}

Napi::Value toFloatArray(Napi::Env env, std::vector<double>&& values) { return toFloat64Array(env, std::move(values)); }

Napi::Value toFloatArray(Napi::Env env, std::vector<float>&& values) {
  const std::size_t length = values.size();
  return Napi::Float32Array::New(env, length, toArrayBuffer(env, std::move(values)), 0);
}

Napi::Value toInt32Array(Napi::Env env, std::vector<std::int32_t>&& values) {
  const std::size_t length = values.size();
  return Napi::Int32Array::New(env, length, toArrayBuffer(env, std::move(values)), 0);
}

Napi::Value toUint8Array(Napi::Env env, std::vector<std::uint8_t>&& values) {
  const std::size_t length = values.size();
  return Napi::Uint8Array::New(env, length, toArrayBuffer(env, std::move(values)), 0);
}

}  // namespace denseam::binding
