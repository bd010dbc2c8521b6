#include "pointcloud/cloud_memory.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "binding/arguments.h"
#include "binding/cloud_call.h"
#include "binding/columns.h"
#include "binding/handles.h"
#include "binding/pointcloud.h"
#include "binding/promise_worker.h"

namespace denseam::binding {
namespace {

using pointcloud::CloudItems;
using pointcloud::Clouds;
using pointcloud::DivergenceMatrix;
using pointcloud::FlatClouds;
using pointcloud::Gradients;
using pointcloud::NearestClouds;
using pointcloud::TransportImages;
using pointcloud::WeightedQueries;

CloudStore readStore(const Napi::Value& handle) { return fromHandle<const pointcloud::CloudMemory>(handle, "items"); }

// A handle of a store. V8 learns its size when it replaces another store (`succeed`).
Napi::Value toStore(Napi::Env env, CloudStore&& store) { return toHandle(env, std::move(store), 0); }

// ({ dimension, precision, epsilon, marginalTolerance, maxSolverIterations })
Napi::Value emptyClouds(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  CloudStore store = std::make_shared<const pointcloud::CloudMemory>(
      CloudItems(options.count("dimension"), options.precision(), readEpsilon(options), readSolverOptions(options)));
  return toStore(info.Env(), std::move(store));
}

// (items)
Napi::Value cloudCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readStore(info[0])->items().size()));
}

// (items)
Napi::Value cloudPoints(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readStore(info[0])->items().points()));
}

// (items, clouds, { firstIndex, onProgress })
Napi::Value appendClouds(const Napi::CallbackInfo& info) {
  const CloudStore store = readStore(info[0]);
  const Options options(info[2]);
  const auto clouds =
      std::make_shared<Clouds>(readClouds(info[1], store->items().dimension(), options.count("firstIndex")));
  return launch<CloudStore>(
      options, [=](Job& job) { return store->append(std::move(*clouds), job); }, toStore);
}

// (items, indices)
Napi::Value removeClouds(const Napi::CallbackInfo& info) {
  const CloudStore store = readStore(info[0]);
  const auto indices = readIndices(info[1], store->items().size());
  return launch<CloudStore>(
      info.Env(), [=](Job& job) { return store->remove(indices, job); }, toStore);
}

// (items, indices)
Napi::Value getClouds(const Napi::CallbackInfo& info) {
  const CloudStore store = readStore(info[0]);
  const auto indices = readIndices(info[1], store->items().size());
  return launch<FlatClouds>(
      info.Env(), [=](Job&) { return store->items().get(indices); },
      [](Napi::Env env, FlatClouds&& clouds) -> Napi::Value { return toClouds(env, std::move(clouds)); });
}

constexpr Column<DivergenceMatrix> kDivergences[] = {{"values", &DivergenceMatrix::values},
                                                     {"marginalErrors", &DivergenceMatrix::marginalErrors},
                                                     {"converged", &DivergenceMatrix::converged}};

Napi::Value cloudDivergences(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  return launch<DivergenceMatrix>(
      call.options,
      [store = call.store, queries = call.queries](Job& job) { return store->divergences(std::move(*queries), job); },
      toColumns(kDivergences));
}

constexpr Column<WeightedQueries> kWeighted[] = {{"weights", &WeightedQueries::weights},
                                                 {"energy", &WeightedQueries::energy},
                                                 {"marginalErrors", &WeightedQueries::marginalErrors},
                                                 {"converged", &WeightedQueries::converged}};

// { ..., beta, pruning, wantWeights }
Napi::Value cloudWeights(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  return launch<WeightedQueries>(
      call.options,
      [store = call.store, queries = call.queries, beta = call.options.number("beta"),
       pruning = call.options.optionalNumber("pruning"), wantWeights = call.options.flag("wantWeights")](Job& job) {
        return store->weights(std::move(*queries), beta, pruning, wantWeights, job);
      },
      toColumns(kWeighted));
}

constexpr Column<Gradients> kGradients[] = {{"energy", &Gradients::energy},
                                            {"points", &Gradients::points},
                                            {"firstVariation", &Gradients::firstVariation},
                                            {"gradientNorm", &Gradients::gradientNorm},
                                            {"marginalErrors", &Gradients::marginalErrors},
                                            {"converged", &Gradients::converged}};

// { ..., beta, pruning }
Napi::Value cloudGradient(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  return launch<Gradients>(
      call.options,
      [store = call.store, queries = call.queries, beta = call.options.number("beta"),
       pruning = call.options.optionalNumber("pruning")](Job& job) {
        return store->gradients(std::move(*queries), beta, pruning, job);
      },
      toColumns(kGradients));
}

constexpr Column<NearestClouds> kNearest[] = {{"indices", &NearestClouds::indices},
                                              {"divergences", &NearestClouds::divergences},
                                              {"marginalErrors", &NearestClouds::marginalErrors},
                                              {"converged", &NearestClouds::converged}};

// { ..., k, pruning: true or false }
Napi::Value cloudNearest(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  const std::size_t k = std::min(call.options.count("k"), call.store->items().size());
  return launch<NearestClouds>(
      call.options,
      [store = call.store, queries = call.queries, k, prune = call.options.flag("pruning")](Job& job) {
        return store->nearest(std::move(*queries), k, prune, job);
      },
      toColumns(kNearest));
}

constexpr Column<TransportImages> kImages[] = {{"images", &TransportImages::images},
                                               {"marginalErrors", &TransportImages::marginalErrors},
                                               {"converged", &TransportImages::converged}};

// { ..., indices }
Napi::Value cloudTransport(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  if (call.queries->count != 1) throw codedError(info.Env(), "ERR_SHAPE", "Expected one query");
  return launch<TransportImages>(
      call.options,
      [store = call.store, query = call.queries, indices = call.options.indices("indices", call.store->items().size())](
          Job& job) { return store->transport(std::move(*query), indices, job); },
      toColumns(kImages));
}

}  // namespace

CloudCall::CloudCall(const Napi::CallbackInfo& info)
    : options(info[2]),
      store(readStore(info[0])),
      queries(std::make_shared<Clouds>(readClouds(info[1], store->items().dimension(), options.count("firstIndex")))) {
  if (store->items().size() == 0) throw codedError(info.Env(), "ERR_SHAPE", "Expected a memory with items");
}

Napi::Object toClouds(Napi::Env env, FlatClouds&& clouds) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("count", static_cast<double>(clouds.offsets.size() - 1));
  result.Set("offsets", toInt32Array(env, std::move(clouds.offsets)));
  result.Set("points", toFloat64Array(env, std::move(clouds.points)));
  result.Set("weights", toFloat64Array(env, std::move(clouds.weights)));
  return result;
}

void defineCloudMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("emptyClouds", Napi::Function::New<emptyClouds>(env));
  exports.Set("cloudCount", Napi::Function::New<cloudCount>(env));
  exports.Set("cloudPoints", Napi::Function::New<cloudPoints>(env));
  exports.Set("appendClouds", Napi::Function::New<appendClouds>(env));
  exports.Set("removeClouds", Napi::Function::New<removeClouds>(env));
  exports.Set("getClouds", Napi::Function::New<getClouds>(env));
  exports.Set("cloudDivergences", Napi::Function::New<cloudDivergences>(env));
  exports.Set("cloudWeights", Napi::Function::New<cloudWeights>(env));
  exports.Set("cloudGradient", Napi::Function::New<cloudGradient>(env));
  exports.Set("cloudNearest", Napi::Function::New<cloudNearest>(env));
  exports.Set("cloudTransport", Napi::Function::New<cloudTransport>(env));
}

}  // namespace denseam::binding
