#include "binding/sphere_preparation.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/arguments.h"
#include "binding/promise_worker.h"
#include "sphere/preparation.h"

namespace denseam::binding {
namespace {

using sphere::Cut;
using sphere::RawRows;

// The product; refused where it overflows.
std::size_t product(Napi::Env env, std::initializer_list<std::size_t> factors) {
  std::size_t result = 1;
  for (const std::size_t factor : factors) {
    if (factor > 0 && result > std::numeric_limits<std::size_t>::max() / factor) {
      throw codedError(env, "ERR_OUT_OF_MEMORY", "The numbers are more than an array can hold");
    }
    result *= factor;
  }
  return result;
}

// (values, { count, dimension, name, firstIndex, ... })
std::shared_ptr<const RawRows> readRows(const Napi::Value& values, const Options& options) {
  auto rows = std::make_shared<RawRows>();
  rows->count = options.count("count");
  rows->dimension = options.count("dimension");
  if (rows->dimension < 1) throw codedError(options.env(), "ERR_SHAPE", "Expected a dimension of at least 1");
  const std::size_t length = product(options.env(), {rows->count, rows->dimension});
  const auto type = values.IsTypedArray() ? values.As<Napi::TypedArray>().TypedArrayType() : napi_float64_array;
  if (type == napi_uint8_array) {
    rows->values = readBytes(values, "values", length);
  } else if (type == napi_float32_array) {
    rows->values = std::get<std::vector<float>>(readNumbers(values, "values", length, Precision::kFloat32));
  } else {
    rows->values = readDoubles(values, "values", length);
  }
  rows->name = options.text("name");
  rows->first = options.count("firstIndex");
  return rows;
}

// { ..., centred, single, onProgress }
Napi::Value toSphere(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const auto rows = readRows(info[0], options);
  const bool centred = options.flag("centred");
  const Precision precision = options.flag("single") ? Precision::kFloat32 : Precision::kFloat64;
  return launch<Numbers>(
      options, [=](Job& job) { return sphere::toSphere(*rows, centred, precision, job); },
      [](Napi::Env env, Numbers&& numbers) {
        return std::visit([env](auto&& values) { return toFloatArray(env, std::forward<decltype(values)>(values)); },
                          std::move(numbers));
      });
}

// (images, { count, height, width, bytesPerElement, size, stride, onProgress })
Napi::Value imagePatches(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const Cut cut{options.count("count"),           options.count("height"), options.count("width"),
                options.count("bytesPerElement"), options.count("size"),   options.count("stride")};
  if (cut.size < 1 || cut.size > cut.height || cut.size > cut.width || cut.stride < 1 || cut.bytes < 1) {
    throw codedError(info.Env(), "ERR_RANGE", "Expected patches of at least one element that lie within the image");
  }
  product(info.Env(), {cut.count, cut.rows(), cut.columns(), cut.size, cut.size, cut.bytes});
  const std::size_t length = product(info.Env(), {cut.count, cut.height, cut.width, cut.bytes});
  const auto images = std::make_shared<const std::vector<std::uint8_t>>(readBytes(info[0], "images", length));
  return launch<std::vector<std::uint8_t>>(
      options, [=](Job& job) { return sphere::cutPatches(cut, *images, job); }, toUint8Array);
}

}  // namespace

void defineSpherePreparation(Napi::Env env, Napi::Object exports) {
  exports.Set("toSphere", Napi::Function::New<toSphere>(env));
  exports.Set("imagePatches", Napi::Function::New<imagePatches>(env));
}

}  // namespace denseam::binding
