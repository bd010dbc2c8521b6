#include "binding/basis.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "binding/arguments.h"
#include "binding/gaussians.h"
#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "gaussian/basis.h"
#include "gaussian/common_basis.h"

namespace denseam::binding {
namespace {

using gaussian::Basis;
using gaussian::Projection;
using gaussian::Structure;

// (dimension, numbers, name)
Napi::Value makeBasis(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(info[0]);
  const std::vector<double> numbers = readDoubles(info[1], "basis", d * d);
  const std::string name = info[2].ToString();
  return launch<SharedBasis>(
      info.Env(), info.Env().Undefined(),
      [=](Job&) { return std::make_shared<const Basis>(gaussian::makeBasis(d, numbers, name)); }, toBasisHandle);
}

// (dimension, numbers, name): the same check at once, on the calling thread.
void checkBasis(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(info[0]);
  try {
    gaussian::makeBasis(d, readDoubles(info[1], "basis", d * d), info[2].ToString());
  } catch (const Error& error) {
    throw codedError(info.Env(), error);
  }
}

// (structure, dimension, items, firstIndex, handle of the basis or undefined, onProgress)
Napi::Value expand(const Napi::CallbackInfo& info) {
  const Structure structure = readStructure(info[0]);
  const std::size_t d = readDimension(info[1]);
  const auto items = std::make_shared<Batch>(readItems(info[2], structure, d, info[3]));
  const SharedBasis basis = readOptionalBasis(info[4]);
  return launch<Batch>(
      info.Env(), info[5],
      [=](Job& job) { return gaussian::expand(structure, d, basis.get(), std::move(*items), job); }, toStates);
}

// (items, firstIndex, handle of the basis, onProgress)
Napi::Value project(const Napi::CallbackInfo& info) {
  const SharedBasis basis = readBasis(info[2]);
  const auto items = std::make_shared<Batch>(readItems(info[0], Structure::kFull, basis->dimension, info[1]));
  return launch<Projection>(
      info.Env(), info[3], [=](Job& job) { return gaussian::project(*basis, std::move(*items), job); },
      [](Napi::Env env, Projection&& projection) -> Napi::Value {
        Napi::Object result = toStates(env, std::move(projection.items));
        result.Set("residuals", toFloat64Array(env, std::move(projection.residuals)));
        result.Set("isSingle", toUint8Array(env, std::move(projection.isSingle)));
        return result;
      });
}

// (dimension, items, firstIndex, sums or undefined, onProgress)
Napi::Value addCombinations(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(info[0]);
  const auto items = std::make_shared<Batch>(readItems(info[1], Structure::kFull, d, info[2]));
  const std::size_t size = gaussian::kCombinations * d * d;
  const auto sums = std::make_shared<std::vector<double>>(info[3].IsUndefined() ? std::vector<double>(size)
                                                                                : readDoubles(info[3], "sums", size));
  return launch<std::vector<double>>(
      info.Env(), info[4],
      [=](Job& job) {
        gaussian::addCombinations(d, std::move(*items), *sums, job);
        return std::move(*sums);
      },
      toFloat64Array);
}

// (dimension, sums)
Napi::Value commonEigenvectors(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(info[0]);
  const std::vector<double> sums = readDoubles(info[1], "sums", gaussian::kCombinations * d * d);
  return launch<std::vector<double>>(
      info.Env(), info.Env().Undefined(), [=](Job& job) { return gaussian::commonEigenvectors(d, sums, job); },
      toFloat64Array);
}

}  // namespace

void defineBasis(Napi::Env env, Napi::Object exports) {
  exports.Set("makeBasis", Napi::Function::New<makeBasis>(env));
  exports.Set("checkBasis", Napi::Function::New<checkBasis>(env));
  exports.Set("expand", Napi::Function::New<expand>(env));
  exports.Set("project", Napi::Function::New<project>(env));
  exports.Set("addCombinations", Napi::Function::New<addCombinations>(env));
  exports.Set("commonEigenvectors", Napi::Function::New<commonEigenvectors>(env));
}

}  // namespace denseam::binding
