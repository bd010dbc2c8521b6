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

// The product, refused where it cannot be counted.
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

// (count, dimension, values, name, firstIndex, ...)
std::shared_ptr<const RawRows> readRows(const Napi::CallbackInfo& info) {
  auto rows = std::make_shared<RawRows>();
  rows->count = readCount(info[0], "count");
  rows->dimension = readCount(info[1], "dimension");
  if (rows->dimension < 1) throw codedError(info.Env(), "ERR_SHAPE", "Expected a dimension of at least 1");
  const std::size_t length = product(info.Env(), {rows->count, rows->dimension});
  const auto type = info[2].IsTypedArray() ? info[2].As<Napi::TypedArray>().TypedArrayType() : napi_float64_array;
  if (type == napi_uint8_array) {
    rows->values = readBytes(info[2], "values", length);
  } else if (type == napi_float32_array) {
    rows->values = std::get<std::vector<float>>(readNumbers(info[2], "values", length, Precision::kFloat32));
  } else {
    rows->values = readDoubles(info[2], "values", length);
  }
  rows->name = info[3].ToString();
  rows->first = readCount(info[4], "firstIndex");
  return rows;
}

// (count, dimension, values, name, firstIndex, centred, single, onProgress)
Napi::Value toSphere(const Napi::CallbackInfo& info) {
  const auto rows = readRows(info);
  const bool centred = info[5].ToBoolean();
  const Precision precision = info[6].ToBoolean() ? Precision::kFloat32 : Precision::kFloat64;
  return launch<Numbers>(
      info.Env(), info[7], [=](Job& job) { return sphere::toSphere(*rows, centred, precision, job); },
      [](Napi::Env env, Numbers&& numbers) {
        return std::visit([env](auto&& values) { return toFloatArray(env, std::forward<decltype(values)>(values)); },
                          std::move(numbers));
      });
}

// (count, height, width, bytesPerElement, size, stride, bytes, onProgress)
Napi::Value imagePatches(const Napi::CallbackInfo& info) {
  const Cut cut{readCount(info[0], "count"), readCount(info[1], "height"), readCount(info[2], "width"),
                readCount(info[3], "bytes"), readCount(info[4], "size"),   readCount(info[5], "stride")};
  if (cut.size < 1 || cut.size > cut.height || cut.size > cut.width || cut.stride < 1 || cut.bytes < 1) {
    throw codedError(info.Env(), "ERR_RANGE", "Expected patches of at least one element that lie within the image");
  }
  product(info.Env(), {cut.count, cut.rows(), cut.columns(), cut.size, cut.size, cut.bytes});
  const std::size_t length = product(info.Env(), {cut.count, cut.height, cut.width, cut.bytes});
  const auto images = std::make_shared<const std::vector<std::uint8_t>>(readBytes(info[6], "images", length));
  return launch<std::vector<std::uint8_t>>(
      info.Env(), info[7], [=](Job& job) { return sphere::cutPatches(cut, *images, job); },
      [](Napi::Env env, std::vector<std::uint8_t>&& patches) { return toUint8Array(env, std::move(patches)); });
}

}  // namespace

void defineSpherePreparation(Napi::Env env, Napi::Object exports) {
  exports.Set("toSphere", Napi::Function::New<toSphere>(env));
  exports.Set("imagePatches", Napi::Function::New<imagePatches>(env));
}

}  // namespace denseam::binding
