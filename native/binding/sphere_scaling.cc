#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/matrix_scaling.h"

namespace denseam::binding {
namespace {

using sphere::ScaledMatrix;
using sphere::ScalingProblem;

using SharedProblem = std::shared_ptr<ScalingProblem>;

SharedProblem readProblem(const Napi::Value& handle) { return fromHandle<ScalingProblem>(handle, "a matrix"); }

// (rows, columns, rowSums, columnSums)
Napi::Value makeScalingProblem(const Napi::CallbackInfo& info) {
  const std::size_t rows = readCount(info[0], "rows");
  const std::size_t columns = readCount(info[1], "columns");
  if (rows == 0 || columns == 0 || rows > std::numeric_limits<std::size_t>::max() / sizeof(double) / columns) {
    throw codedError(info.Env(), "ERR_SHAPE", "Expected a matrix that has rows and columns and fits in memory");
  }
  auto problem = std::make_shared<ScalingProblem>(
      ScalingProblem{{}, readDoubles(info[2], "rowSums", rows), readDoubles(info[3], "columnSums", columns)});
  try {
    problem->matrix.reserve(rows * columns);
  } catch (const std::exception&) {
    throw codedError(info.Env(), "ERR_OUT_OF_MEMORY", "The matrix does not fit in memory");
  }
  return toHandle(info.Env(), std::move(problem));
}

template <typename Array>
void append(const Napi::Value& values, std::vector<double>& matrix) {
  const auto view = values.As<Array>();
  matrix.insert(matrix.end(), view.Data(), view.Data() + view.ElementLength());
}

// (problem, values): the next numbers of the matrix. They are many: no copy is made in between.
void appendScalingNumbers(const Napi::CallbackInfo& info) {
  const SharedProblem problem = readProblem(info[0]);
  const std::size_t left = problem->rowSums.size() * problem->columnSums.size() - problem->matrix.size();
  const auto values = info[1].As<Napi::TypedArray>();
  const bool fits = values.IsTypedArray() && values.ElementLength() <= left;
  if (fits && values.TypedArrayType() == napi_float32_array) {
    append<Napi::Float32Array>(values, problem->matrix);
  } else if (fits && values.TypedArrayType() == napi_float64_array) {
    append<Napi::Float64Array>(values, problem->matrix);
  } else {
    throw codedError(info.Env(), "ERR_SHAPE",
                     "Expected a Float64Array or Float32Array of no more numbers than are left");
  }
}

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

// (problem, tolerance, maxIterations, onProgress)
Napi::Value scaleMatrix(const Napi::CallbackInfo& info) {
  const SharedProblem problem = readProblem(info[0]);
  if (problem->matrix.size() != problem->rowSums.size() * problem->columnSums.size()) {
    throw codedError(info.Env(), "ERR_SHAPE", "Expected all numbers of the matrix");
  }
  const double tolerance = info[1].ToNumber();
  const std::size_t maxIterations = readCount(info[2], "maxIterations");
  // The call takes the numbers over at once: nobody else can use the problem then.
  const auto own = std::make_shared<ScalingProblem>(std::exchange(*problem, {}));
  return launch<ScaledMatrix>(
      info.Env(), info[3],
      [=](Job& job) { return sphere::scaleMatrix(std::move(*own), tolerance, maxIterations, job); }, toScaledMatrix);
}

}  // namespace

void defineSphereScaling(Napi::Env env, Napi::Object exports) {
  exports.Set("makeScalingProblem", Napi::Function::New<makeScalingProblem>(env));
  exports.Set("appendScalingNumbers", Napi::Function::New<appendScalingNumbers>(env));
  exports.Set("scaleMatrix", Napi::Function::New<scaleMatrix>(env));
}

}  // namespace denseam::binding
