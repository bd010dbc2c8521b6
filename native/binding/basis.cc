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

// (numbers, { dimension, name })
struct BasisNumbers {
  explicit BasisNumbers(const Napi::CallbackInfo& info)
      : options(info[1]),
        dimension(readDimension(options)),
        numbers(readDoubles(info[0], "basis", dimension * dimension)),
        name(options.text("name")) {}

  Basis make() const { return gaussian::makeBasis(dimension, numbers, name); }

  Options options;
  std::size_t dimension;
  std::vector<double> numbers;
  std::string name;
};

Napi::Value makeBasis(const Napi::CallbackInfo& info) {
  const auto given = std::make_shared<const BasisNumbers>(info);
  return launch<SharedBasis>(
      info.Env(), [given](Job&) { return std::make_shared<const Basis>(given->make()); }, toBasisHandle);
}

// Checks a basis at once, on the calling thread.
void checkBasis(const Napi::CallbackInfo& info) {
  try {
    BasisNumbers(info).make();
  } catch (const Error& error) {
    throw codedError(info.Env(), error);
  }
}

// (items, { structure, dimension, basis: a handle or undefined, firstIndex, onProgress })
Napi::Value expand(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const Structure structure = readStructure(options);
  const std::size_t d = readDimension(options);
  const auto items = std::make_shared<Batch>(readItems(info[0], structure, d, options));
  const SharedBasis basis = readOptionalBasis(options["basis"]);
  return launch<Batch>(
      options, [=](Job& job) { return gaussian::expand(structure, d, basis.get(), std::move(*items), job); }, toStates);
}

// (items, { basis, firstIndex, onProgress })
Napi::Value project(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const SharedBasis basis = readBasis(options["basis"]);
  const auto items = std::make_shared<Batch>(readItems(info[0], Structure::kFull, basis->dimension, options));
  return launch<Projection>(
      options, [=](Job& job) { return gaussian::project(*basis, std::move(*items), job); },
      [](Napi::Env env, Projection&& projection) -> Napi::Value {
        Napi::Object result = toStates(env, std::move(projection.items));
        result.Set("residuals", toFloat64Array(env, std::move(projection.residuals)));
        result.Set("isSingle", toUint8Array(env, std::move(projection.isSingle)));
        return result;
      });
}

// (items, { dimension, sums: numbers or undefined, firstIndex, onProgress })
Napi::Value addCombinations(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const std::size_t d = readDimension(options);
  const auto items = std::make_shared<Batch>(readItems(info[0], Structure::kFull, d, options));
  const std::size_t size = gaussian::kCombinations * d * d;
  const auto sums = std::make_shared<std::vector<double>>(options.has("sums") ? options.doubles("sums", size)
                                                                              : std::vector<double>(size));
  return launch<std::vector<double>>(
      options,
      [=](Job& job) {
        gaussian::addCombinations(d, std::move(*items), *sums, job);
        return std::move(*sums);
      },
      toFloat64Array);
}

// (sums, { dimension })
Napi::Value commonEigenvectors(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(Options(info[1]));
  const std::vector<double> sums = readDoubles(info[0], "sums", gaussian::kCombinations * d * d);
  return launch<std::vector<double>>(
      info.Env(), [=](Job& job) { return gaussian::commonEigenvectors(d, sums, job); }, toFloat64Array);
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
