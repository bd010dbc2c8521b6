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

// { first, count, ... }, where the numbers of the items can be counted.
Run readRun(const Options& options, std::size_t d) {
  const Run run{options.count("first"), options.count("count")};
  if (d > 0 && run.count > std::numeric_limits<std::size_t>::max() / (d * d)) {
    throw codedError(options.env(), "ERR_OUT_OF_MEMORY", "The result is larger than an array can be");
  }
  return run;
}

// ({ dimension, seed })
Napi::Value randomBasis(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::size_t d = readDimension(options);
  const std::uint64_t seed = options.seed("seed");
  return launch<Basis>(
      info.Env(), [=](Job& job) { return gaussian::drawBasis(d, seed, job); },
      [](Napi::Env env, Basis&& basis) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("values", toFloat64Array(env, std::vector<double>(basis.rowMajor)));
        result.Set("handle", toBasisHandle(env, std::make_shared<const Basis>(std::move(basis))));
        return result;
      });
}

// ({ first, count, basis, least, greatest, seed, onProgress })
Napi::Value sampleCommuting(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const SharedBasis basis = readBasis(options["basis"]);
  const Run run = readRun(options, basis->dimension);
  const double least = options.number("least");
  const double greatest = options.number("greatest");
  const std::uint64_t seed = options.seed("seed");
  return launch<CommutingSample>(
      options,
      [=](Job& job) { return gaussian::sampleCommuting(run.first, run.count, *basis, least, greatest, seed, job); },
      [](Napi::Env env, CommutingSample&& sample) -> Napi::Value {
        Napi::Object result = toStates(env, std::move(sample.items));
        result.Set("eigenvalues", toFloat64Array(env, std::move(sample.eigenvalues)));
        return result;
      });
}

// ({ first, count, dimension, seed, onProgress })
Napi::Value sampleGeneral(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::size_t d = readDimension(options);
  const Run run = readRun(options, d);
  const std::uint64_t seed = options.seed("seed");
  return launch<Batch>(
      options, [=](Job& job) { return gaussian::sampleGeneral(run.first, run.count, d, seed, job); }, toStates);
}

// (items, { structure, dimension, radius, seed: a bigint or undefined, firstIndex, onProgress }). Without a seed the
// items are dilated.
Napi::Value perturb(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const Structure structure = readStructure(options);
  const std::size_t d = readDimension(options);
  const auto items = std::make_shared<Batch>(readItems(info[0], structure, d, options));
  const double radius = options.number("radius");
  const bool dilated = !options.has("seed");
  const std::uint64_t seed = dilated ? 0 : options.seed("seed");
  return launch<Batch>(
      options,
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
