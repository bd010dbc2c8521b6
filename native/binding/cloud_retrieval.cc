#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "binding/arguments.h"
#include "binding/cloud_call.h"
#include "binding/columns.h"
#include "binding/pointcloud.h"
#include "binding/promise_worker.h"

namespace denseam::binding {
namespace {

using pointcloud::FlatClouds;
using pointcloud::FlowOptions;
using pointcloud::FlowResult;
using pointcloud::State;
using pointcloud::Stop;

// A column of a flow: numbers of each state, as in kRetrievalColumns of memory/memory.h for other memories.
struct FlowColumn {
  const char* name;
  std::variant<double FlowResult::*, std::int32_t FlowResult::*, std::size_t FlowResult::*, Stop FlowResult::*> member;
};
constexpr FlowColumn kFlowColumns[] = {{"energy", &FlowResult::energy},
                                       {"nearest", &FlowResult::nearest},
                                       {"nearestDivergence", &FlowResult::nearestDivergence},
                                       {"iterations", &FlowResult::iterations},
                                       {"gradientNorm", &FlowResult::gradientNorm},
                                       {"marginalError", &FlowResult::marginalError},
                                       {"stopped", &FlowResult::stopped},
                                       {"evaluated", &FlowResult::evaluated},
                                       {"droppedMass", &FlowResult::droppedMass}};

double toElement(double value) { return value; }
std::int32_t toElement(std::int32_t value) { return value; }
std::int32_t toElement(std::size_t value) { return pointcloud::saturated(value); }
std::uint8_t toElement(Stop value) { return static_cast<std::uint8_t>(value); }

// Results of a retrieval: a run of the results of a sweep.
using Results = std::span<FlowResult>;

template <typename Field>
auto collect(Results results, const Field& field) {
  std::vector<decltype(field(results.front()))> values;
  values.reserve(results.size());
  for (const FlowResult& result : results) values.push_back(field(result));
  return values;
}

// The states of all results, final or after some iterations.
template <typename StateOf>
FlatClouds flatten(Results results, const StateOf& stateOf) {
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

// The results of flows in the form that JavaScript takes.
struct FlatRetrieval {
  std::vector<FlowResult> results;  // for their numbers
  FlatClouds states;
  std::vector<FlatClouds> trajectory;
  std::vector<std::vector<double>> trajectoryEnergy;
};

// The number of states in the longest trajectory.
std::size_t longestTrajectory(const std::vector<FlowResult>& results) {
  std::size_t length = 0;
  for (const FlowResult& result : results) length = std::max(length, result.trajectory.size());
  return length;
}

// States that have stopped are repeated to the end.
void flattenTrajectory(FlatRetrieval& retrieval, std::size_t length, Job& job) {
  for (std::size_t i = 0; i < length; ++i) {
    job.poll();
    const auto at = [i](const FlowResult& result) { return std::min(i, result.trajectory.size() - 1); };
    retrieval.trajectory.push_back(flatten(
        retrieval.results, [&](const FlowResult& result) -> const State& { return result.trajectory[at(result)]; }));
    retrieval.trajectoryEnergy.push_back(
        collect(retrieval.results, [&](const FlowResult& result) { return result.trajectoryEnergy[at(result)]; }));
  }
  for (FlowResult& result : retrieval.results) result.trajectory = {};
}

FlatRetrieval toFlat(Results results, std::size_t trajectoryLength, Job& job) {
  FlatRetrieval retrieval;
  retrieval.results.assign(std::make_move_iterator(results.begin()), std::make_move_iterator(results.end()));
  retrieval.states = flatten(retrieval.results, [](const FlowResult& result) -> const State& { return result.state; });
  flattenTrajectory(retrieval, trajectoryLength, job);
  for (FlowResult& result : retrieval.results) result.state = {};
  return retrieval;
}

Napi::Value toRetrieval(Napi::Env env, FlatRetrieval&& retrieval) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("states", toClouds(env, std::move(retrieval.states)));
  for (const FlowColumn& column : kFlowColumns) {
    std::visit(
        [&](auto member) {
          const auto element = [=](const FlowResult& result) { return toElement(result.*member); };
          out.Set(column.name, toArray(env, collect(retrieval.results, element)));
        },
        column.member);
  }
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

// { ..., betas, transportStep, reweightStep, gated, tolerance, maxIterations, pruning, trajectory, asksEnergy }
FlowOptions readFlow(const Options& options, bool sweep) {
  return {options.doubles("betas"),        sweep,
          options.number("transportStep"), options.number("reweightStep"),
          options.flag("gated"),           options.optionalNumber("tolerance"),
          options.count("maxIterations"),  options.optionalNumber("pruning"),
          options.flag("trajectory"),      options.flag("asksEnergy")};
}

Napi::Value cloudRetrieve(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  return launch<FlatRetrieval>(
      call.options,
      [store = call.store, queries = call.queries, flow = readFlow(call.options, false)](Job& job) {
        std::vector<FlowResult> results = store->retrieve(std::move(*queries), flow, job);
        return toFlat(results, longestTrajectory(results), job);
      },
      toRetrieval);
}

// One retrieval for each beta.
Napi::Value cloudSweep(const Napi::CallbackInfo& info) {
  const CloudCall call(info);
  return launch<std::vector<FlatRetrieval>>(
      call.options,
      [store = call.store, queries = call.queries, flow = readFlow(call.options, true)](Job& job) {
        const std::size_t count = queries->count;
        std::vector<FlowResult> results = store->retrieve(std::move(*queries), flow, job);
        const std::size_t length = longestTrajectory(results);
        std::vector<FlatRetrieval> retrievals;
        for (std::size_t first = 0; first < results.size(); first += count) {
          retrievals.push_back(toFlat(Results(results).subspan(first, count), length, job));
        }
        return retrievals;
      },
      [](Napi::Env env, std::vector<FlatRetrieval>&& retrievals) -> Napi::Value {
        Napi::Array out = Napi::Array::New(env, retrievals.size());
        for (std::uint32_t i = 0; i < retrievals.size(); ++i) out.Set(i, toRetrieval(env, std::move(retrievals[i])));
        return out;
      });
}

}  // namespace

void defineCloudRetrieval(Napi::Env env, Napi::Object exports) {
  exports.Set("cloudRetrieve", Napi::Function::New<cloudRetrieve>(env));
  exports.Set("cloudSweep", Napi::Function::New<cloudSweep>(env));
}

}  // namespace denseam::binding
