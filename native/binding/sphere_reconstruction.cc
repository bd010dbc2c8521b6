#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/columns.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/reconstruction.h"

namespace denseam::binding {
namespace {

using sphere::Model;
using sphere::Reconstruction;
using sphere::ReconstructionSettings;

// Labels from -1, which stands for any label, to labels - 1.
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
  return readBytes(value, "clamped", dimension);
}

constexpr Column<Reconstruction> kReconstruction[] = {
    {"states", &Reconstruction::states},         {"energy", &Reconstruction::energy},
    {"nearest", &Reconstruction::nearest},       {"overlap", &Reconstruction::overlap},
    {"iterations", &Reconstruction::iterations}, {"stepLength", &Reconstruction::stepLength},
    {"stopped", &Reconstruction::converged}};

// (model, starts, { count, labels, clamped, tolerance, maxIterations, firstIndex, onProgress })
Napi::Value reconstructOnSphere(const Napi::CallbackInfo& info) {
  const SharedModel any = readModel(info[0]);
  const Options options(info[2]);
  return std::visit(
      [&]<typename T>(const Model<T>& model) {
        const std::size_t count = options.count("count");
        checkProduct(info.Env(), count, model.dimension);
        const auto starts =
            std::make_shared<const Numbers>(readNumbers(info[1], "starts", count * model.dimension, kPrecisionOf<T>));
        const auto settings = std::make_shared<const ReconstructionSettings>(ReconstructionSettings{
            readLabels(options["labels"], count, model.labels), readClamped(options["clamped"], model.dimension),
            options.number("tolerance"), options.count("maxIterations"), options.count("firstIndex")});
        return launch<Reconstruction>(
            options,
            [any, &model, starts, settings](Job& job) {
              const std::span<const T> x = std::get<std::vector<T>>(*starts);
              sphere::checkRows(model.dimension, x, {"starts.values", settings->firstIndex, false}, job);
              return sphere::reconstruct(model, x, *settings, job);
            },
            toColumns(kReconstruction));
      },
      *any);
}

}  // namespace

void defineSphereReconstruction(Napi::Env env, Napi::Object exports) {
  exports.Set("reconstructOnSphere", Napi::Function::New<reconstructOnSphere>(env));
}

}  // namespace denseam::binding
