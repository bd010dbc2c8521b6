#pragma once

#include <napi.h>

#include <cstddef>
#include <utility>
#include <variant>

#include "binding/arguments.h"
#include "memory/columns.h"

namespace denseam::binding {

inline Napi::Value toArray(Napi::Env env, std::vector<double>&& values) {
  return toFloat64Array(env, std::move(values));
}
inline Napi::Value toArray(Napi::Env env, std::vector<std::int32_t>&& values) {
  return toInt32Array(env, std::move(values));
}
inline Napi::Value toArray(Napi::Env env, std::vector<std::uint8_t>&& values) {
  return toUint8Array(env, std::move(values));
}

// Moves the columns of a result into an object.
template <typename Result, std::size_t n>
void setColumns(Napi::Object object, Result& result, const Column<Result> (&columns)[n]) {
  for (const Column<Result>& column : columns) {
    std::visit([&](auto member) { object.Set(column.name, toArray(object.Env(), std::move(result.*member))); },
               column.member);
  }
}

// Turns a result into an object of its columns.
template <typename Result, std::size_t n>
auto toColumns(const Column<Result> (&columns)[n]) {
  return [&columns](Napi::Env env, Result&& result) -> Napi::Value {
    Napi::Object object = Napi::Object::New(env);
    setColumns(object, result, columns);
    return object;
  };
}

}  // namespace denseam::binding
