#include <memory>
#include <utility>

#include "binding/matrices.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/scaling/matrix_scaling.h"

namespace denseam::binding {
namespace {

using sphere::ScaledMatrix;

Napi::Value toScaledMatrix(Napi::Env env, ScaledMatrix&& scaled) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("matrix", toFloat64Array(env, std::move(scaled.matrix)));
  result.Set("rowScaling", toFloat64Array(env, std::move(scaled.rowScaling)));
  result.Set("columnScaling", toFloat64Array(env, std::move(scaled.columnScaling)));
  result.Set("iterations", static_cast<double>(scaled.iterations));
  result.Set("residual", scaled.residual);
  result.Set("converged", scaled.converged);
  return result;
}

// (matrix, { tolerance, maxIterations, onProgress })
Napi::Value scaleMatrix(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const double tolerance = options.number("tolerance");
  const std::size_t maxIterations = options.count("maxIterations");
  const auto problem = std::make_shared<MarginalMatrix>(takeMarginalMatrix(info[0]));
  return launch<ScaledMatrix>(
      options, [=](Job& job) { return sphere::scaleMatrix(std::move(*problem), tolerance, maxIterations, job); },
      toScaledMatrix);
}

}  // namespace

void defineSphereScaling(Napi::Env env, Napi::Object exports) {
  exports.Set("scaleMatrix", Napi::Function::New<scaleMatrix>(env));
}

}  // namespace denseam::binding
