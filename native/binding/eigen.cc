#include "binding/eigen.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/promise_worker.h"
#include "linalg/decomposition.h"

namespace denseam::binding {
namespace {

using linalg::Decomposition;
using linalg::Matrices;
using linalg::lanes::Kernels;

// The level that stands for LAPACK.
constexpr std::size_t kReference = 1;

// The kernels of a level, 0 for the best; null for LAPACK.
const Kernels* readKernels(const Napi::Value& value) {
  const std::size_t level = readCount(value, "level");
  if (level == kReference) return nullptr;
  if (level == 0) return &linalg::lanes::best();
  const Kernels* kernels = linalg::lanes::kernels(static_cast<linalg::lanes::Level>(level));
  if (!kernels) throw codedError(value.Env(), "ERR_RANGE", "This processor lacks level " + std::to_string(level));
  return kernels;
}

const Kernels& readOwnKernels(const Napi::Value& value) {
  const Kernels* kernels = readKernels(value);
  if (!kernels) throw codedError(value.Env(), "ERR_RANGE", "Expected a level of the lanes");
  return *kernels;
}

// (n, count, matrices, ...)
std::shared_ptr<const Matrices> readMatrices(const Napi::CallbackInfo& info) {
  const std::size_t n = readCount(info[0], "n");
  const std::size_t count = readCount(info[1], "count");
  if (n < 1 || n > linalg::lanes::kMost) throw codedError(info.Env(), "ERR_RANGE", "Expected n from 1 to 64");
  return std::make_shared<const Matrices>(Matrices{n, count, readDoubles(info[2], "matrices", count * n * n)});
}

Napi::Value toNumbers(Napi::Env env, std::vector<double>&& numbers) { return toFloat64Array(env, std::move(numbers)); }

// (n, count, matrices, wantVectors, level)
Napi::Value eigen(const Napi::CallbackInfo& info) {
  const auto matrices = readMatrices(info);
  const bool wantVectors = info[3].ToBoolean();
  const Kernels* kernels = readKernels(info[4]);
  return launch<Decomposition>(
      info.Env(), info.Env().Undefined(),
      [=](Job&) {
        return kernels ? linalg::decompose(*matrices, wantVectors, *kernels)
                       : linalg::decomposeByLapack(*matrices, wantVectors);
      },
      [wantVectors](Napi::Env env, Decomposition&& found) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("values", toFloat64Array(env, std::move(found.values)));
        if (wantVectors) result.Set("vectors", toFloat64Array(env, std::move(found.vectors)));
        result.Set("notConverged", toUint8Array(env, std::move(found.notConverged)));
        return result;
      });
}

// (n, count, matrices, r, single, level)
Napi::Value congruences(const Napi::CallbackInfo& info) {
  const auto matrices = readMatrices(info);
  const std::vector<double> r = readDoubles(info[3], "r", matrices->n * matrices->n);
  const bool single = info[4].ToBoolean();
  const Kernels& kernels = readOwnKernels(info[5]);
  return launch<std::vector<double>>(
      info.Env(), info.Env().Undefined(),
      [=, &kernels](Job&) { return linalg::congruences(*matrices, r, single, kernels); }, toNumbers);
}

// (n, count, matrices, weights, level)
Napi::Value spectralSum(const Napi::CallbackInfo& info) {
  const auto matrices = readMatrices(info);
  const std::vector<double> weights = readDoubles(info[3], "weights", matrices->count);
  const Kernels& kernels = readOwnKernels(info[4]);
  return launch<std::vector<double>>(
      info.Env(), info.Env().Undefined(),
      [=, &kernels](Job&) { return linalg::spectralSum(*matrices, weights, kernels); }, toNumbers);
}

Napi::Value bestLevel(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(linalg::lanes::bestLevel()));
}

}  // namespace

void defineEigen(Napi::Env env, Napi::Object exports) {
  Napi::Object functions = Napi::Object::New(env);
  functions.Set("eigen", Napi::Function::New<eigen>(env));
  functions.Set("congruences", Napi::Function::New<congruences>(env));
  functions.Set("spectralSum", Napi::Function::New<spectralSum>(env));
  functions.Set("bestLevel", Napi::Function::New<bestLevel>(env));
  exports.Set("lanes", functions);
}

}  // namespace denseam::binding
