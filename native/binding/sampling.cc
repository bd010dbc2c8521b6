#include "binding/sampling.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/promise_worker.h"
#include "gaussian/perturbation.h"
#include "gaussian/sampling.h"

namespace denseam::binding {
namespace {

using gaussian::CommutingSample;
using gaussian::Structure;

std::uint64_t readSeed(const Napi::Value& value) {
  bool lossless = false;
  const std::uint64_t seed = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  if (!lossless) throw codedError(value.Env(), "ERR_RANGE", "Expected a bigint of 64 bits for seed");
  return seed;
}

// Count and dimension, such that count x d x d numbers can be counted.
std::pair<std::size_t, std::size_t> readShape(const Napi::CallbackInfo& info) {
  const std::size_t count = readCount(info[0], "count");
  const std::size_t d = readCount(info[1], "dimension");
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  if (d > 0 && (d > kMost / d || count > kMost / (d * d))) {
    throw codedError(info.Env(), "ERR_OUT_OF_MEMORY", "The result is larger than an array can be");
  }
  return {count, d};
}

Structure readStructure(const Napi::Value& value) {
  const std::string name = value.ToString();
  return name == "full" ? Structure::kFull : name == "diagonal" ? Structure::kDiagonal : Structure::kIsotropic;
}

Napi::Object toStates(Napi::Env env, Batch&& batch) {
  Napi::Object states = Napi::Object::New(env);
  states.Set("count", static_cast<double>(batch.count));
  states.Set("positions", toFloat64Array(env, std::move(batch.positions)));
  states.Set("covariances", toFloat64Array(env, std::move(batch.covariances)));
  return states;
}

// (count, dimension, least, greatest, seed, onProgress)
Napi::Value sampleCommuting(const Napi::CallbackInfo& info) {
  const auto shape = readShape(info);
  const double least = info[2].ToNumber();
  const double greatest = info[3].ToNumber();
  const std::uint64_t seed = readSeed(info[4]);
  return launch<CommutingSample>(
      info.Env(), info[5],
      [=](Job& job) { return gaussian::sampleCommuting(shape.first, shape.second, least, greatest, seed, job); },
      [](Napi::Env env, CommutingSample&& sample) -> Napi::Value {
        Napi::Object result = toStates(env, std::move(sample.items));
        result.Set("basis", toFloat64Array(env, std::move(sample.basis)));
        result.Set("eigenvalues", toFloat64Array(env, std::move(sample.eigenvalues)));
        return result;
      });
}

// (count, dimension, seed, onProgress)
Napi::Value sampleGeneral(const Napi::CallbackInfo& info) {
  const auto shape = readShape(info);
  const std::uint64_t seed = readSeed(info[2]);
  return launch<Batch>(
      info.Env(), info[3], [=](Job& job) { return gaussian::sampleGeneral(shape.first, shape.second, seed, job); },
      toStates);
}

// (structure, dimension, items, firstIndex, radius, seed or undefined, onProgress). Without a seed the items are
// dilated.
Napi::Value perturb(const Napi::CallbackInfo& info) {
  const Structure structure = readStructure(info[0]);
  const std::size_t d = readCount(info[1], "dimension");
  const std::size_t size = structure == Structure::kFull ? d * d : structure == Structure::kDiagonal ? d : 1;
  const Napi::Object given = info[2].ToObject();
  const double radius = info[4].ToNumber();
  const bool dilated = info[5].IsUndefined();
  const std::uint64_t seed = dilated ? 0 : readSeed(info[5]);
  auto items = std::make_shared<Batch>();
  items->count = readCount(given.Get("count"), "count");
  items->positions = readDoubles(given.Get("positions"), "positions", items->count * d);
  items->covariances = readDoubles(given.Get("covariances"), "covariances", items->count * size);
  items->name = "items";
  items->first = readCount(info[3], "firstIndex");
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
  exports.Set("sampleCommuting", Napi::Function::New<sampleCommuting>(env));
  exports.Set("sampleGeneral", Napi::Function::New<sampleGeneral>(env));
  exports.Set("perturb", Napi::Function::New<perturb>(env));
}

}  // namespace denseam::binding
