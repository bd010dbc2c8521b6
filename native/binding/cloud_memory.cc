#include "pointcloud/cloud_memory.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/handles.h"
#include "binding/pointcloud.h"
#include "binding/promise_worker.h"

namespace denseam::binding {
namespace {

using pointcloud::CloudItems;
using pointcloud::CloudMemory;
using pointcloud::Clouds;
using pointcloud::DivergenceMatrix;
using pointcloud::FlatClouds;
using pointcloud::FlowOptions;
using pointcloud::FlowResult;
using pointcloud::Gradients;
using pointcloud::NearestClouds;
using pointcloud::State;
using pointcloud::TransportImages;
using pointcloud::WeightedQueries;

// Argument order is fixed in lib/native/pointCloud.ts.
using Snapshot = std::shared_ptr<const CloudMemory>;

Snapshot readMemory(const Napi::Value& handle) { return fromHandle<const CloudMemory>(handle, "items"); }

// What items take is told when they replace others (`tell`): every part of a change has a handle of its own.
Napi::Value toItems(Napi::Env env, Snapshot&& memory) { return toHandle(env, std::move(memory), 0); }

// (dimension, precision, epsilon, solver)
Napi::Value emptyClouds(const Napi::CallbackInfo& info) {
  const auto precision = info[1].ToString().Utf8Value() == "float32" ? Precision::kFloat32 : Precision::kFloat64;
  Snapshot memory = std::make_shared<const CloudMemory>(
      CloudItems(readCount(info[0], "dimension"), precision, readEpsilon(info[2]), readSolverOptions(info[3])));
  return toItems(info.Env(), std::move(memory));
}

Napi::Value cloudCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readMemory(info[0])->items().size()));
}

Napi::Value cloudPoints(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readMemory(info[0])->items().points()));
}

// (items, clouds, firstIndex, onProgress)
Napi::Value appendClouds(const Napi::CallbackInfo& info) {
  const Snapshot memory = readMemory(info[0]);
  const auto clouds = std::make_shared<Clouds>(readClouds(info[1], memory->items().dimension(), info[2]));
  return launch<Snapshot>(
      info.Env(), info[3], [=](Job& job) { return memory->append(std::move(*clouds), job); }, toItems);
}

// (items, indices)
Napi::Value removeClouds(const Napi::CallbackInfo& info) {
  const Snapshot memory = readMemory(info[0]);
  const auto indices = readIndices(info[1], memory->items().size());
  return launch<Snapshot>(
      info.Env(), info.Env().Undefined(), [=](Job& job) { return memory->remove(indices, job); }, toItems);
}

Napi::Object toClouds(Napi::Env env, FlatClouds&& clouds) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("count", static_cast<double>(clouds.offsets.size() - 1));
  result.Set("offsets", toInt32Array(env, std::move(clouds.offsets)));
  result.Set("points", toFloat64Array(env, std::move(clouds.points)));
  result.Set("weights", toFloat64Array(env, std::move(clouds.weights)));
  return result;
}

// (items, indices)
Napi::Value getClouds(const Napi::CallbackInfo& info) {
  const Snapshot memory = readMemory(info[0]);
  const auto indices = readIndices(info[1], memory->items().size());
  return launch<FlatClouds>(
      info.Env(), info.Env().Undefined(), [=](Job&) { return memory->items().get(indices); },
      [](Napi::Env env, FlatClouds&& clouds) -> Napi::Value { return toClouds(env, std::move(clouds)); });
}

// Every verb on queries begins with (items, queries, firstIndex).
struct Call {
  Snapshot memory;
  Clouds queries;
};

std::shared_ptr<Call> readCall(const Napi::CallbackInfo& info) {
  const Snapshot memory = readMemory(info[0]);
  if (memory->items().size() == 0) throw codedError(info.Env(), "ERR_SHAPE", "Expected a memory with items");
  return std::make_shared<Call>(Call{memory, readClouds(info[1], memory->items().dimension(), info[2])});
}

Pruning readMass(const Napi::Value& value) {
  return value.IsUndefined() ? Pruning{} : Pruning{value.ToNumber().DoubleValue()};
}

// (..., onProgress)
Napi::Value cloudDivergences(const Napi::CallbackInfo& info) {
  return launch<DivergenceMatrix>(
      info.Env(), info[3],
      [call = readCall(info)](Job& job) { return call->memory->divergences(std::move(call->queries), job); },
      [](Napi::Env env, DivergenceMatrix&& matrix) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("values", toFloat64Array(env, std::move(matrix.values)));
        result.Set("marginalErrors", toFloat64Array(env, std::move(matrix.marginalErrors)));
        result.Set("converged", toUint8Array(env, std::move(matrix.converged)));
        return result;
      });
}

// (..., beta, pruning, wantWeights, onProgress)
Napi::Value cloudWeights(const Napi::CallbackInfo& info) {
  return launch<WeightedQueries>(
      info.Env(), info[6],
      [call = readCall(info), beta = info[3].ToNumber().DoubleValue(), pruning = readMass(info[4]),
       wantWeights = info[5].ToBoolean().Value()](Job& job) {
        return call->memory->weights(std::move(call->queries), beta, pruning, wantWeights, job);
      },
      [](Napi::Env env, WeightedQueries&& weighted) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("weights", toFloat64Array(env, std::move(weighted.weights)));
        result.Set("energy", toFloat64Array(env, std::move(weighted.energy)));
        result.Set("marginalErrors", toFloat64Array(env, std::move(weighted.marginalErrors)));
        result.Set("converged", toUint8Array(env, std::move(weighted.converged)));
        return result;
      });
}

// (..., beta, pruning, onProgress)
Napi::Value cloudGradient(const Napi::CallbackInfo& info) {
  return launch<Gradients>(
      info.Env(), info[5],
      [call = readCall(info), beta = info[3].ToNumber().DoubleValue(), pruning = readMass(info[4])](Job& job) {
        return call->memory->gradients(std::move(call->queries), beta, pruning, job);
      },
      [](Napi::Env env, Gradients&& gradients) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("energy", toFloat64Array(env, std::move(gradients.energy)));
        result.Set("points", toFloat64Array(env, std::move(gradients.points)));
        result.Set("firstVariation", toFloat64Array(env, std::move(gradients.firstVariation)));
        result.Set("gradientNorm", toFloat64Array(env, std::move(gradients.gradientNorm)));
        result.Set("marginalErrors", toFloat64Array(env, std::move(gradients.marginalErrors)));
        result.Set("converged", toUint8Array(env, std::move(gradients.converged)));
        return result;
      });
}

FlowOptions readFlow(const Napi::Value& value) {
  const Napi::Object given = value.ToObject();
  const Napi::Value betas = given.Get("betas");
  return {readDoubles(betas, "betas", betas.As<Napi::TypedArray>().ElementLength()),
          given.Get("sweep").ToBoolean(),
          readDouble(given, "transportStep"),
          readDouble(given, "reweightStep"),
          given.Get("gated").ToBoolean(),
          given.Get("tolerance").IsUndefined() ? std::nullopt : std::optional(readDouble(given, "tolerance")),
          readCount(given.Get("maxIterations"), "maxIterations"),
          readMass(given.Get("pruning")),
          given.Get("trajectory").ToBoolean(),
          given.Get("asksEnergy").ToBoolean()};
}

// States of all results, as they are or as they were after some iterations.
template <typename StateOf>
FlatClouds flatten(const std::vector<FlowResult>& results, const StateOf& stateOf) {
  FlatClouds clouds;
  std::size_t points = 0, weights = 0;
  for (const FlowResult& result : results) {
    points += result.state.points.size();
    weights += result.state.weights.size();
  }
  clouds.points.reserve(points);
  clouds.weights.reserve(weights);
  for (const FlowResult& result : results) {
    const State& state = stateOf(result);
    clouds.points.insert(clouds.points.end(), state.points.begin(), state.points.end());
    clouds.weights.insert(clouds.weights.end(), state.weights.begin(), state.weights.end());
    clouds.offsets.push_back(static_cast<std::int32_t>(clouds.weights.size()));
  }
  return clouds;
}

template <typename T, typename Field>
std::vector<T> collect(const std::vector<FlowResult>& results, const Field& field) {
  std::vector<T> values;
  for (const FlowResult& result : results) values.push_back(field(result));
  return values;
}

// What flows came to, as JavaScript takes it.
struct FlatRetrieval {
  std::vector<FlowResult> results;  // for their numbers
  FlatClouds states;
  std::vector<FlatClouds> trajectory;
  std::vector<std::vector<double>> trajectoryEnergy;
};

// States that have stopped stay where they are.
void flattenTrajectory(FlatRetrieval& retrieval, Job& job) {
  std::size_t length = 0;
  for (const FlowResult& result : retrieval.results) length = std::max(length, result.trajectory.size());
  for (std::size_t i = 0; i < length; ++i) {
    job.poll();
    const auto at = [i](const FlowResult& result) { return std::min(i, result.trajectory.size() - 1); };
    retrieval.trajectory.push_back(flatten(
        retrieval.results, [&](const FlowResult& result) -> const State& { return result.trajectory[at(result)]; }));
    retrieval.trajectoryEnergy.push_back(collect<double>(
        retrieval.results, [&](const FlowResult& result) { return result.trajectoryEnergy[at(result)]; }));
  }
  for (FlowResult& result : retrieval.results) result.trajectory = {};
}

FlatRetrieval retrieve(const CloudMemory& memory, Clouds queries, const FlowOptions& flow, Job& job) {
  FlatRetrieval retrieval{memory.retrieve(std::move(queries), flow, job), {}, {}, {}};
  retrieval.states = flatten(retrieval.results, [](const FlowResult& result) -> const State& { return result.state; });
  flattenTrajectory(retrieval, job);
  for (FlowResult& result : retrieval.results) result.state = {};
  return retrieval;
}

Napi::Value toRetrieval(Napi::Env env, FlatRetrieval&& retrieval) {
  const std::vector<FlowResult>& results = retrieval.results;
  Napi::Object out = Napi::Object::New(env);
  const auto floats = [&](const char* name, double FlowResult::*field) {
    out.Set(name, toFloat64Array(env, collect<double>(results, [=](const FlowResult& r) { return r.*field; })));
  };
  const auto integers = [&](const char* name, const auto& field) {
    out.Set(name, toInt32Array(env, collect<std::int32_t>(results, field)));
  };
  out.Set("states", toClouds(env, std::move(retrieval.states)));
  floats("energy", &FlowResult::energy);
  floats("nearestDivergence", &FlowResult::nearestDivergence);
  floats("gradientNorm", &FlowResult::gradientNorm);
  floats("marginalError", &FlowResult::marginalError);
  floats("droppedMass", &FlowResult::droppedMass);
  integers("nearest", [](const FlowResult& r) { return r.nearest; });
  integers("iterations", [](const FlowResult& r) { return pointcloud::saturated(r.iterations); });
  integers("evaluated", [](const FlowResult& r) { return pointcloud::saturated(r.evaluated); });
  const auto stopped = [](const FlowResult& r) { return static_cast<std::uint8_t>(r.stopped); };
  out.Set("stopped", toUint8Array(env, collect<std::uint8_t>(results, stopped)));
  if (retrieval.trajectory.empty()) return out;
  Napi::Array states = Napi::Array::New(env), energies = Napi::Array::New(env);
  for (std::uint32_t i = 0; i < retrieval.trajectory.size(); ++i) {
    states.Set(i, toClouds(env, std::move(retrieval.trajectory[i])));
    energies.Set(i, toFloat64Array(env, std::move(retrieval.trajectoryEnergy[i])));
  }
  out.Set("trajectory", states);
  out.Set("trajectoryEnergy", energies);
  return out;
}

// (..., flow, onProgress)
Napi::Value cloudRetrieve(const Napi::CallbackInfo& info) {
  return launch<FlatRetrieval>(
      info.Env(), info[4],
      [call = readCall(info), flow = readFlow(info[3])](Job& job) {
        return retrieve(*call->memory, std::move(call->queries), flow, job);
      },
      toRetrieval);
}

// (..., k, prune, onProgress)
Napi::Value cloudNearest(const Napi::CallbackInfo& info) {
  const auto call = readCall(info);
  const std::size_t k = std::min(readCount(info[3], "k"), call->memory->items().size());
  return launch<NearestClouds>(
      info.Env(), info[5],
      [call, k, prune = info[4].ToBoolean().Value()](Job& job) {
        return call->memory->nearest(std::move(call->queries), k, prune, job);
      },
      [](Napi::Env env, NearestClouds&& nearest) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("indices", toInt32Array(env, std::move(nearest.indices)));
        result.Set("divergences", toFloat64Array(env, std::move(nearest.divergences)));
        result.Set("marginalErrors", toFloat64Array(env, std::move(nearest.marginalErrors)));
        result.Set("converged", toUint8Array(env, std::move(nearest.converged)));
        return result;
      });
}

// (items, query, indices, onProgress)
Napi::Value cloudTransport(const Napi::CallbackInfo& info) {
  const Snapshot memory = readMemory(info[0]);
  const auto query =
      std::make_shared<Clouds>(readClouds(info[1], memory->items().dimension(), Napi::Number::New(info.Env(), 0)));
  if (query->count != 1) throw codedError(info.Env(), "ERR_SHAPE", "Expected one query");
  const auto indices = readIndices(info[2], memory->items().size());
  return launch<TransportImages>(
      info.Env(), info[3], [=](Job& job) { return memory->transport(std::move(*query), indices, job); },
      [](Napi::Env env, TransportImages&& images) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("images", toFloat64Array(env, std::move(images.images)));
        result.Set("marginalErrors", toFloat64Array(env, std::move(images.marginalErrors)));
        result.Set("converged", toUint8Array(env, std::move(images.converged)));
        return result;
      });
}

}  // namespace

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
  exports.Set("cloudRetrieve", Napi::Function::New<cloudRetrieve>(env));
  exports.Set("cloudNearest", Napi::Function::New<cloudNearest>(env));
  exports.Set("cloudTransport", Napi::Function::New<cloudTransport>(env));
}

}  // namespace denseam::binding
