#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/evaluation.h"
#include "sphere/model.h"

namespace denseam::binding {
namespace {

using sphere::AnyModel;
using sphere::Model;
using sphere::NearestMemories;
using sphere::Rows;

// (memories: rows, whose numbers the model takes over, labels, classWeights, beta, betaScale)
Napi::Value makeSphereModel(const Napi::CallbackInfo& info) {
  const SharedRows memories = readRows(info[0]);
  const std::size_t labels = readCount(info[1], "labels");
  return std::visit(
      [&]<typename T>(Rows<T>& rows) {
        const std::size_t units = rows.count();
        checkProduct(info.Env(), units + 1, labels);
        if (units == 0 || labels == 0) {
          throw codedError(info.Env(), "ERR_SHAPE", "Expected at least one memory and one label");
        }
        Model<T> model{rows.dimension,
                       units,
                       labels,
                       std::move(rows.values),
                       readDoubles(info[2], "classWeights", (units + 1) * labels),
                       info[3].ToNumber(),
                       info[4].ToNumber()};
        const std::size_t bytes = bytesOf(model.memories) + bytesOf(model.classWeights);
        return toHandle(info.Env(), std::make_shared<const AnyModel>(std::move(model)), bytes);
      },
      *memories);
}

// Runs compute(model, x, job) on rows that are checked first: (model, count, values, firstIndex, onProgress).
template <typename Result, typename Compute, typename Convert>
Napi::Value onRows(const Napi::CallbackInfo& info, Compute compute, Convert convert) {
  const SharedModel any = readModel(info[0]);
  return std::visit(
      [&]<typename T>(const Model<T>& model) {
        const std::size_t count = readCount(info[1], "count");
        checkProduct(info.Env(), count, model.dimension);
        const auto values =
            std::make_shared<const Numbers>(readNumbers(info[2], "values", count * model.dimension, kPrecisionOf<T>));
        const sphere::RowsCheck check{"x.values", readCount(info[3], "firstIndex"), true};
        return launch<Result>(
            info.Env(), info[4],
            [any, &model, count, values, check, compute](Job& job) -> Result {
              const std::span<const T> x = std::get<std::vector<T>>(*values);
              sphere::checkRows(model.dimension, x, check, job);
              job.expect(count);
              return compute(model, x, job);
            },
            convert);
      },
      *any);
}

Napi::Value sphereLogDensities(const Napi::CallbackInfo& info) {
  return onRows<std::vector<double>>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::logDensities(model, x, job); },
      [](Napi::Env env, std::vector<double>&& logs) { return toFloat64Array(env, std::move(logs)); });
}

Napi::Value spherePosteriors(const Napi::CallbackInfo& info) {
  return onRows<std::vector<double>>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::posteriors(model, x, job); },
      [](Napi::Env env, std::vector<double>&& probabilities) { return toFloat64Array(env, std::move(probabilities)); });
}

Napi::Value spherePredictions(const Napi::CallbackInfo& info) {
  return onRows<std::vector<std::int32_t>>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::predictions(model, x, job); },
      [](Napi::Env env, std::vector<std::int32_t>&& labels) { return toInt32Array(env, std::move(labels)); });
}

Napi::Value nearestSphereMemories(const Napi::CallbackInfo& info) {
  return onRows<NearestMemories>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::nearestMemories(model, x, job); },
      [](Napi::Env env, NearestMemories&& nearest) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("indices", toInt32Array(env, std::move(nearest.indices)));
        result.Set("overlaps", toFloat64Array(env, std::move(nearest.overlaps)));
        return result;
      });
}

}  // namespace

SharedModel readModel(const Napi::Value& handle) { return fromHandle<const AnyModel>(handle, "a model"); }

void defineSphereModel(Napi::Env env, Napi::Object exports) {
  exports.Set("makeSphereModel", Napi::Function::New<makeSphereModel>(env));
  exports.Set("sphereLogDensities", Napi::Function::New<sphereLogDensities>(env));
  exports.Set("spherePosteriors", Napi::Function::New<spherePosteriors>(env));
  exports.Set("spherePredictions", Napi::Function::New<spherePredictions>(env));
  exports.Set("nearestSphereMemories", Napi::Function::New<nearestSphereMemories>(env));
}

}  // namespace denseam::binding
