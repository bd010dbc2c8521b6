#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/reconstruction.h"

namespace denseam::binding {
namespace {

using sphere::Model;
using sphere::Reconstruction;
using sphere::ReconstructionSettings;

// Labels from -1, which stands for any, to labels - 1.
std::vector<std::int32_t> readLabels(const Napi::Value& value, std::size_t count, std::size_t labels) {
  const bool isIndices = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
  if (!isIndices || value.As<Napi::TypedArray>().ElementLength() != count) {
    throw codedError(value.Env(), "ERR_SHAPE",
                     "Expected an Int32Array of length " + std::to_string(count) + " for labels");
  }
  const auto view = value.As<Napi::Int32Array>();
  std::vector<std::int32_t> result(view.Data(), view.Data() + count);
  for (const std::int32_t label : result) {
    if (label < sphere::kAnyLabel || (label >= 0 && static_cast<std::size_t>(label) >= labels)) {
      throw codedError(value.Env(), "ERR_RANGE",
                       "Expected labels below " + std::to_string(labels) + " but received " + std::to_string(label));
    }
  }
  return result;
}

std::vector<std::uint8_t> readClamped(const Napi::Value& value, std::size_t dimension) {
  if (value.IsUndefined()) return {};
  const bool isBytes = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  if (!isBytes || value.As<Napi::TypedArray>().ElementLength() != dimension) {
    throw codedError(value.Env(), "ERR_SHAPE",
                     "Expected a Uint8Array of length " + std::to_string(dimension) + " for clamped");
  }
  const auto view = value.As<Napi::Uint8Array>();
  return {view.Data(), view.Data() + dimension};
}

Napi::Value toReconstruction(Napi::Env env, Reconstruction&& found) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("states", toFloat64Array(env, std::move(found.states)));
  result.Set("energy", toFloat64Array(env, std::move(found.energy)));
  result.Set("nearest", toInt32Array(env, std::move(found.nearest)));
  result.Set("overlap", toFloat64Array(env, std::move(found.overlap)));
  result.Set("iterations", toInt32Array(env, std::move(found.iterations)));
  result.Set("stepLength", toFloat64Array(env, std::move(found.stepLength)));
  result.Set("converged", toUint8Array(env, std::move(found.converged)));
  return result;
}

// (model, count, starts, labels, clamped, tolerance, maxIterations, firstIndex, onProgress)
Napi::Value reconstructOnSphere(const Napi::CallbackInfo& info) {
  const SharedModel any = readModel(info[0]);
  return std::visit(
      [&]<typename T>(const Model<T>& model) {
        const std::size_t count = readCount(info[1], "count");
        checkProduct(info.Env(), count, model.dimension);
        const auto starts =
            std::make_shared<const Numbers>(readNumbers(info[2], "starts", count * model.dimension, kPrecisionOf<T>));
        const auto settings = std::make_shared<const ReconstructionSettings>(ReconstructionSettings{
            readLabels(info[3], count, model.labels), readClamped(info[4], model.dimension), info[5].ToNumber(),
            readCount(info[6], "maxIterations"), readCount(info[7], "firstIndex")});
        return launch<Reconstruction>(
            info.Env(), info[8],
            [any, &model, starts, settings](Job& job) {
              const std::span<const T> x = std::get<std::vector<T>>(*starts);
              sphere::checkRows(model.dimension, x, {"starts.values", settings->firstIndex, false}, job);
              return sphere::reconstruct(model, x, *settings, job);
            },
            toReconstruction);
      },
      *any);
}

}  // namespace

void defineSphereReconstruction(Napi::Env env, Napi::Object exports) {
  exports.Set("reconstructOnSphere", Napi::Function::New<reconstructOnSphere>(env));
}

}  // namespace denseam::binding
