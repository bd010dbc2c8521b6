#include "binding/matrices.h"

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/handles.h"
#include "binding/options.h"

namespace denseam::binding {
namespace {

using Shared = std::shared_ptr<MarginalMatrix>;

Shared read(const Napi::Value& handle) { return fromHandle<MarginalMatrix>(handle, "a matrix"); }

// ({ rows, columns, rowSums, columnSums })
Napi::Value makeMarginalMatrix(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::size_t rows = options.count("rows");
  const std::size_t columns = options.count("columns");
  if (rows == 0 || columns == 0 || rows > std::numeric_limits<std::size_t>::max() / sizeof(double) / columns) {
    throw codedError(info.Env(), "ERR_SHAPE", "Expected a matrix that has rows and columns and fits in memory");
  }
  auto problem = std::make_shared<MarginalMatrix>(
      MarginalMatrix{{}, options.doubles("rowSums", rows), options.doubles("columnSums", columns)});
  try {
    problem->matrix.reserve(rows * columns);
  } catch (const std::exception&) {
    throw codedError(info.Env(), "ERR_OUT_OF_MEMORY", "The matrix does not fit in memory");
  }
  const std::size_t bytes = bytesOf(problem->matrix);
  return toHandle(info.Env(), std::move(problem), bytes);
}

template <typename Array>
void append(const Napi::Value& values, std::vector<double>& matrix) {
  const auto view = values.As<Array>();
  matrix.insert(matrix.end(), view.Data(), view.Data() + view.ElementLength());
}

// (matrix, values): appends the next numbers of the matrix, without an intermediate copy: they are many.
void appendMatrixNumbers(const Napi::CallbackInfo& info) {
  const Shared problem = read(info[0]);
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

}  // namespace

MarginalMatrix takeMarginalMatrix(const Napi::Value& handle) {
  const Shared problem = read(handle);
  if (problem->matrix.size() != problem->rows() * problem->columns()) {
    throw codedError(handle.Env(), "ERR_SHAPE", "Expected all numbers of the matrix");
  }
  return std::exchange(*problem, {});
}

void defineMarginalMatrix(Napi::Env env, Napi::Object exports) {
  exports.Set("makeMarginalMatrix", Napi::Function::New<makeMarginalMatrix>(env));
  exports.Set("appendMatrixNumbers", Napi::Function::New<appendMatrixNumbers>(env));
}

}  // namespace denseam::binding
