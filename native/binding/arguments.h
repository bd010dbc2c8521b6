#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "base/error.h"
#include "memory/memory.h"

// JavaScript arguments in the form that kernels take, and results in the form that JavaScript takes. Numbers are copied
// in through each array's own view, so changes of the array during a call do not matter. lib/ checks shapes first; the
// checks here are those that memory safety depends on.
namespace denseam::binding {

Napi::Error codedError(Napi::Env env, const char* code, const std::string& message);
// An error with the property `fault` in the form of lib/core/errors.ts.
Napi::Error codedError(Napi::Env env, const Error& error);

Numbers readNumbers(const Napi::Value& value, const char* name, std::size_t count, Precision precision);
std::vector<double> readDoubles(const Napi::Value& value, const char* name, std::size_t count);
// A copy in memory that is reused from call to call, for data that does not outlive the call.
AlignedVector<double> readAligned(const Napi::Value& value, const char* name, std::size_t count);
// A Uint8Array.
std::vector<std::uint8_t> readBytes(const Napi::Value& value, const char* name, std::size_t count);
// Indices into `size` items.
std::vector<std::int32_t> readIndices(const Napi::Value& value, std::size_t size);
std::size_t readCount(const Napi::Value& value, const char* name);
// Refuses rows x columns where the number of elements overflows.
void checkProduct(Napi::Env env, std::size_t rows, std::size_t columns);

// The memory of a vector in bytes.
template <typename Vector>
std::size_t bytesOf(const Vector& values) {
  return values.capacity() * sizeof(typename Vector::value_type);
}

// Typed arrays of these numbers; large ones are copied later, when results are collected (binding/handover.h).
Napi::Value toFloat64Array(Napi::Env env, std::vector<double>&& values);
Napi::Value toFloatArray(Napi::Env env, std::vector<double>&& values);
Napi::Value toFloatArray(Napi::Env env, std::vector<float>&& values);
Napi::Value toInt32Array(Napi::Env env, std::vector<std::int32_t>&& values);
Napi::Value toUint8Array(Napi::Env env, std::vector<std::uint8_t>&& values);

}  // namespace denseam::binding
