#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/columns.h"
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

// (memories, { labels, classWeights, beta, betaScale }). The model takes ownership of the memories.
Napi::Value makeSphereModel(const Napi::CallbackInfo& info) {
  const SharedRows memories = readRows(info[0]);
  const Options options(info[1]);
  const std::size_t labels = options.count("labels");
  return std::visit(
      [&]<typename T>(Rows<T>& rows) {
        const std::size_t units = rows.count();
        checkProduct(info.Env(), units + 1, labels);
        if (units == 0 || labels == 0) {
          throw codedError(info.Env(), "ERR_SHAPE", "Expected at least one memory and one label");
        }
        auto classWeights = options.doubles("classWeights", (units + 1) * labels);
        const double beta = options.number("beta"), betaScale = options.number("betaScale");
        Model<T> model{rows.dimension, units, labels, std::move(rows.values), std::move(classWeights), beta, betaScale};
        const std::size_t bytes = bytesOf(model.memories) + bytesOf(model.classWeights);
        return toHandle(info.Env(), std::make_shared<const AnyModel>(std::move(model)), bytes);
      },
      *memories);
}

// Runs compute(model, x, job) on rows that are checked first: (model, values, { count, firstIndex, onProgress
// }).
template <typename Result, typename Compute, typename Convert>
Napi::Value onRows(const Napi::CallbackInfo& info, Compute compute, Convert convert) {
  const SharedModel any = readModel(info[0]);
  const Options options(info[2]);
  return std::visit(
      [&]<typename T>(const Model<T>& model) {
        const std::size_t count = options.count("count");
        checkProduct(info.Env(), count, model.dimension);
        const auto values =
            std::make_shared<const Numbers>(readNumbers(info[1], "values", count * model.dimension, kPrecisionOf<T>));
        const sphere::RowsCheck check{"x.values", options.count("firstIndex"), true};
        return launch<Result>(
            options,
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
      toFloat64Array);
}

Napi::Value spherePosteriors(const Napi::CallbackInfo& info) {
  return onRows<std::vector<double>>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::posteriors(model, x, job); },
      toFloat64Array);
}

Napi::Value spherePredictions(const Napi::CallbackInfo& info) {
  return onRows<std::vector<std::int32_t>>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::predictions(model, x, job); },
      toInt32Array);
}

constexpr Column<NearestMemories> kNearest[] = {{"indices", &NearestMemories::indices},
                                                {"overlaps", &NearestMemories::overlaps}};

Napi::Value nearestSphereMemories(const Napi::CallbackInfo& info) {
  return onRows<NearestMemories>(
      info, [](const auto& model, const auto& x, Job& job) { return sphere::nearestMemories(model, x, job); },
      toColumns(kNearest));
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
