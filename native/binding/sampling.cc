#include "binding/sampling.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/gaussians.h"
#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "gaussian/perturbation.h"
#include "gaussian/sampling.h"

namespace denseam::binding {
namespace {

using gaussian::Basis;
using gaussian::CommutingSample;
using gaussian::Structure;

// A run of a sample's items.
struct Run {
  std::size_t first;
  std::size_t count;
};

// (first, count, ...), such that the numbers can be counted.
Run readRun(const Napi::CallbackInfo& info, std::size_t d) {
  const Run run{readCount(info[0], "first"), readCount(info[1], "count")};
  if (d > 0 && run.count > std::numeric_limits<std::size_t>::max() / (d * d)) {
    throw codedError(info.Env(), "ERR_OUT_OF_MEMORY", "The result is larger than an array can be");
  }
  return run;
}

// (dimension, seed)
Napi::Value randomBasis(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(info[0]);
  const std::uint64_t seed = readSeed(info[1]);
  return launch<Basis>(
      info.Env(), info.Env().Undefined(), [=](Job& job) { return gaussian::drawBasis(d, seed, job); },
      [](Napi::Env env, Basis&& basis) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("values", toFloat64Array(env, std::vector<double>(basis.rowMajor)));
        result.Set("handle", toBasisHandle(env, std::make_shared<const Basis>(std::move(basis))));
        return result;
      });
}

// (first, count, handle of the basis, least, greatest, seed, onProgress)
Napi::Value sampleCommuting(const Napi::CallbackInfo& info) {
  const SharedBasis basis = readBasis(info[2]);
  const Run run = readRun(info, basis->dimension);
  const double least = info[3].ToNumber();
  const double greatest = info[4].ToNumber();
  const std::uint64_t seed = readSeed(info[5]);
  return launch<CommutingSample>(
      info.Env(), info[6],
      [=](Job& job) { return gaussian::sampleCommuting(run.first, run.count, *basis, least, greatest, seed, job); },
      [](Napi::Env env, CommutingSample&& sample) -> Napi::Value {
        Napi::Object result = toStates(env, std::move(sample.items));
        result.Set("eigenvalues", toFloat64Array(env, std::move(sample.eigenvalues)));
        return result;
      });
}

// (first, count, dimension, seed, onProgress)
Napi::Value sampleGeneral(const Napi::CallbackInfo& info) {
  const std::size_t d = readDimension(info[2]);
  const Run run = readRun(info, d);
  const std::uint64_t seed = readSeed(info[3]);
  return launch<Batch>(
      info.Env(), info[4], [=](Job& job) { return gaussian::sampleGeneral(run.first, run.count, d, seed, job); },
      toStates);
}

// (structure, dimension, items, firstIndex, radius, seed or undefined, onProgress). Without a seed the items are
// dilated.
Napi::Value perturb(const Napi::CallbackInfo& info) {
  const Structure structure = readStructure(info[0]);
  const std::size_t d = readDimension(info[1]);
  const auto items = std::make_shared<Batch>(readItems(info[2], structure, d, info[3]));
  const double radius = info[4].ToNumber();
  const bool dilated = info[5].IsUndefined();
  const std::uint64_t seed = dilated ? 0 : readSeed(info[5]);
  return launch<Batch>(
      info.Env(), info[6],
      [=](Job& job) {
        if (dilated) {
          gaussian::dilate(structure, d, radius, *items, job);
        } else {
          gaussian::displace(structure, d, radius, seed, *items, job);
        }
        return std::move(*items);
      },
      toStates);
}

}  // namespace

void defineSampling(Napi::Env env, Napi::Object exports) {
  exports.Set("randomBasis", Napi::Function::New<randomBasis>(env));
  exports.Set("sampleCommuting", Napi::Function::New<sampleCommuting>(env));
  exports.Set("sampleGeneral", Napi::Function::New<sampleGeneral>(env));
  exports.Set("perturb", Napi::Function::New<perturb>(env));
}

}  // namespace denseam::binding
