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

// The level number of LAPACK.
constexpr std::size_t kReference = 1;

// The kernels of a level, 0 for the best; null for LAPACK.
const Kernels* readKernels(const Options& options) {
  const std::size_t level = options.count("level");
  if (level == kReference) return nullptr;
  if (level == 0) return &linalg::lanes::best();
  const Kernels* kernels = linalg::lanes::kernels(static_cast<linalg::lanes::Level>(level));
  if (!kernels) throw codedError(options.env(), "ERR_RANGE", "This processor lacks level " + std::to_string(level));
  return kernels;
}

const Kernels& readOwnKernels(const Options& options) {
  const Kernels* kernels = readKernels(options);
  if (!kernels) throw codedError(options.env(), "ERR_RANGE", "Expected a level of the lanes");
  return *kernels;
}

// (matrices, { n, count, level, ... })
std::shared_ptr<const Matrices> readMatrices(const Napi::CallbackInfo& info, const Options& options) {
  const std::size_t n = options.count("n");
  const std::size_t count = options.count("count");
  if (n < 1 || n > linalg::lanes::kMostRows) throw codedError(info.Env(), "ERR_RANGE", "Expected n from 1 to 2048");
  return std::make_shared<const Matrices>(Matrices{n, count, readDoubles(info[0], "matrices", count * n * n)});
}

// { ..., wantVectors }
Napi::Value eigen(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const auto matrices = readMatrices(info, options);
  const bool wantVectors = options.flag("wantVectors");
  const Kernels* kernels = readKernels(options);
  return launch<Decomposition>(
      info.Env(),
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

Napi::Value largeEigenvalues(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const auto matrices = readMatrices(info, options);
  const Kernels* kernels = readKernels(options);
  return launch<std::vector<double>>(
      info.Env(), [=](Job&) { return linalg::largeEigenvalues(*matrices, kernels); }, toFloat64Array);
}

// { ..., r, single }
Napi::Value congruences(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const auto matrices = readMatrices(info, options);
  const std::vector<double> r = options.doubles("r", matrices->n * matrices->n);
  const bool single = options.flag("single");
  const Kernels* kernels = readKernels(options);
  return launch<std::vector<double>>(
      info.Env(),
      [=](Job&) {
        return kernels ? linalg::congruences(*matrices, r, single, *kernels)
                       : linalg::congruencesOneByOne(*matrices, r);
      },
      toFloat64Array);
}

// { ..., weights }
Napi::Value spectralSum(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const auto matrices = readMatrices(info, options);
  const std::vector<double> weights = options.doubles("weights", matrices->count);
  const Kernels& kernels = readOwnKernels(options);
  return launch<std::vector<double>>(
      info.Env(), [=, &kernels](Job&) { return linalg::spectralSum(*matrices, weights, kernels); }, toFloat64Array);
}

Napi::Value bestLevel(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(linalg::lanes::bestLevel()));
}

}  // namespace

void defineEigen(Napi::Env env, Napi::Object exports) {
  Napi::Object functions = Napi::Object::New(env);
  functions.Set("eigen", Napi::Function::New<eigen>(env));
  functions.Set("largeEigenvalues", Napi::Function::New<largeEigenvalues>(env));
  functions.Set("congruences", Napi::Function::New<congruences>(env));
  functions.Set("spectralSum", Napi::Function::New<spectralSum>(env));
  functions.Set("bestLevel", Napi::Function::New<bestLevel>(env));
  exports.Set("lanes", functions);
}

}  // namespace denseam::binding
