#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"

namespace denseam::binding {
namespace {

using sphere::AnyRows;
using sphere::Rows;

template <typename T>
SharedRows makeRows(std::size_t dimension, std::size_t capacity) {
  Rows<T> rows{dimension, {}};
  rows.values.reserve(dimension * capacity);
  return std::make_shared<AnyRows>(std::move(rows));
}

// (dimension, precision, capacity)
Napi::Value makeSphereRows(const Napi::CallbackInfo& info) {
  const std::size_t dimension = readCount(info[0], "dimension");
  const std::size_t capacity = readCount(info[2], "capacity");
  const bool isSingle = readPrecision(info[1]) == Precision::kFloat32;
  if (dimension == 0) throw codedError(info.Env(), "ERR_SHAPE", "Expected a dimension of at least 1");
  checkProduct(info.Env(), capacity, dimension);
  SharedRows rows;
  try {
    rows = isSingle ? makeRows<float>(dimension, capacity) : makeRows<double>(dimension, capacity);
  } catch (const std::exception&) {
    throw codedError(info.Env(), "ERR_OUT_OF_MEMORY", "The rows do not fit in memory");
  }
  const std::size_t bytes = std::visit([](const auto& own) { return bytesOf(own.values); }, *rows);
  return toHandle(info.Env(), std::move(rows), bytes);
}

// (handle, count, values, name, firstIndex, allowsZero)
Napi::Value appendSphereRows(const Napi::CallbackInfo& info) {
  const SharedRows rows = readRows(info[0]);
  const std::size_t count = readCount(info[1], "count");
  const std::size_t dimension = std::visit([](const auto& own) { return own.dimension; }, *rows);
  const bool isSingle = std::holds_alternative<Rows<float>>(*rows);
  checkProduct(info.Env(), count, dimension);
  const auto values = std::make_shared<Numbers>(
      readNumbers(info[2], "values", count * dimension, isSingle ? Precision::kFloat32 : Precision::kFloat64));
  const sphere::RowsCheck check{info[3].ToString(), readCount(info[4], "firstIndex"), info[5].ToBoolean()};
  return launch<bool>(
      info.Env(), info.Env().Undefined(),
      [=](Job& job) {
        std::visit(
            [&](auto& own) {
              const auto& numbers = std::get<std::decay_t<decltype(own.values)>>(*values);
              sphere::checkRows(dimension, std::span(numbers), check, job);
              own.values.insert(own.values.end(), numbers.begin(), numbers.end());
            },
            *rows);
        return true;
      },
      [](Napi::Env env, bool&&) { return env.Undefined(); });
}

}  // namespace

SharedRows readRows(const Napi::Value& handle) { return fromHandle<AnyRows>(handle, "rows on the sphere"); }

Precision readPrecision(const Napi::Value& value) {
  return value.ToString().Utf8Value() == "float32" ? Precision::kFloat32 : Precision::kFloat64;
}

void defineSphereRows(Napi::Env env, Napi::Object exports) {
  exports.Set("makeSphereRows", Napi::Function::New<makeSphereRows>(env));
  exports.Set("appendSphereRows", Napi::Function::New<appendSphereRows>(env));
}

}  // namespace denseam::binding
