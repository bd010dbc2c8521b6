#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/handles.h"
#include "binding/options.h"
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

// ({ dimension, precision, capacity })
Napi::Value makeSphereRows(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::size_t dimension = options.count("dimension");
  const std::size_t capacity = options.count("capacity");
  const bool isSingle = options.precision() == Precision::kFloat32;
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

// (rows, values, { count, name, firstIndex, allowsZero })
Napi::Value appendSphereRows(const Napi::CallbackInfo& info) {
  const SharedRows rows = readRows(info[0]);
  const Options options(info[2]);
  const std::size_t count = options.count("count");
  const std::size_t dimension = std::visit([](const auto& own) { return own.dimension; }, *rows);
  const bool isSingle = std::holds_alternative<Rows<float>>(*rows);
  checkProduct(info.Env(), count, dimension);
  const auto values = std::make_shared<Numbers>(
      readNumbers(info[1], "values", count * dimension, isSingle ? Precision::kFloat32 : Precision::kFloat64));
  const sphere::RowsCheck check{options.text("name"), options.count("firstIndex"), options.flag("allowsZero")};
  return launch<bool>(
      info.Env(),
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

void defineSphereRows(Napi::Env env, Napi::Object exports) {
  exports.Set("makeSphereRows", Napi::Function::New<makeSphereRows>(env));
  exports.Set("appendSphereRows", Napi::Function::New<appendSphereRows>(env));
}

}  // namespace denseam::binding
