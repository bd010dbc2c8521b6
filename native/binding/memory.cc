#include "memory/memory.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/gaussians.h"
#include "binding/kept_memory.h"
#include "binding/memory_object.h"
#include "binding/promise_worker.h"
#include "euclidean/row_memory.h"
#include "gaussian/full_memory.h"

namespace denseam::binding {
namespace {

using euclidean::Embedding;
using euclidean::RowMemory;
using gaussian::FullMemory;
using Snapshot = std::shared_ptr<const Memory>;

template <typename T>
Snapshot makeMemory(const std::string& kind, std::size_t dimension, bool indexed) {
  if (kind == "full") return std::make_shared<FullMemory<T>>(dimension, indexed);
  const auto embedding = kind == "diagonal"    ? Embedding::Kind::kDiagonal
                         : kind == "isotropic" ? Embedding::Kind::kIsotropic
                                               : Embedding::Kind::kVector;
  return std::make_shared<RowMemory<T>>(Embedding(embedding, dimension));
}

Napi::Value toRetrieval(Napi::Env env, Retrieval&& retrieval) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("states", toStates(env, std::move(retrieval.states)));
  result.Set("energy", toFloat64Array(env, std::move(retrieval.energy)));
  result.Set("nearest", toInt32Array(env, std::move(retrieval.nearest)));
  result.Set("nearestDistance", toFloat64Array(env, std::move(retrieval.nearestDistance)));
  result.Set("iterations", toInt32Array(env, std::move(retrieval.iterations)));
  result.Set("stepLength", toFloat64Array(env, std::move(retrieval.stepLength)));
  result.Set("converged", toUint8Array(env, std::move(retrieval.converged)));
  result.Set("evaluated", toInt32Array(env, std::move(retrieval.evaluated)));
  result.Set("droppedMass", toFloat64Array(env, std::move(retrieval.droppedMass)));
  if (retrieval.trajectory.empty()) return result;
  Napi::Array trajectory = Napi::Array::New(env, retrieval.trajectory.size());
  for (std::size_t i = 0; i < retrieval.trajectory.size(); ++i) {
    trajectory.Set(static_cast<std::uint32_t>(i), toStates(env, std::move(retrieval.trajectory[i])));
  }
  result.Set("trajectory", trajectory);
  return result;
}

// The class behind NativeMemory of lib/native/addon.ts; argument order is fixed there.
class MemoryObject : public Napi::ObjectWrap<MemoryObject> {
 public:
  static void define(Napi::Env env, Napi::Object exports) {
    exports.Set(
        "Memory",
        DefineClass(
            env, "Memory",
            {InstanceAccessor<&MemoryObject::size>("size"), InstanceMethod<&MemoryObject::append>("append"),
             InstanceMethod<&MemoryObject::prepare>("prepare"), InstanceMethod<&MemoryObject::remove>("remove"),
             InstanceMethod<&MemoryObject::commit>("commit"), InstanceMethod<&MemoryObject::rollback>("rollback"),
             InstanceMethod<&MemoryObject::snapshot>("snapshot"), InstanceMethod<&MemoryObject::release>("release"),
             InstanceMethod<&MemoryObject::get>("get"), InstanceMethod<&MemoryObject::distances>("distances"),
             InstanceMethod<&MemoryObject::weights>("weights"), InstanceMethod<&MemoryObject::energy>("energy"),
             InstanceMethod<&MemoryObject::step>("step"), InstanceMethod<&MemoryObject::retrieve>("retrieve"),
             InstanceMethod<&MemoryObject::nearest>("nearest"),
             InstanceMethod<&MemoryObject::transportMaps>("transportMaps")}));
  }

  explicit MemoryObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<MemoryObject>(info),
        kind_(info[0].ToString()),
        dimension_(readCount(info[1], "dimension")),
        precision_(info[2].ToString().Utf8Value() == "float32" ? Precision::kFloat32 : Precision::kFloat64),
        indexed_(info[3].ToBoolean()) {
    committed_ = precision_ == Precision::kFloat32 ? makeMemory<float>(kind_, dimension_, indexed_)
                                                   : makeMemory<double>(kind_, dimension_, indexed_);
    staged_ = std::make_shared<Snapshot>(committed_);
  }

 private:
  Napi::Value size(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(current()->size()));
  }

  // Staging: the worker replaces what the shared pointer points to; `commit` makes it visible. lib/ runs one change at
  // a time.
  Napi::Value append(const Napi::CallbackInfo& info) {
    tellMemory(info.Env());
    const Napi::Object given = info[0].ToObject();
    auto items = std::make_shared<Items>();
    items->count = readCount(given.Get("count"), "count");
    items->positions = readNumbers(given.Get("positions"), "positions", items->count * dimension_, precision_);
    items->covariances =
        perItem() == 0 ? readNumbers(Napi::Float64Array::New(info.Env(), 0), "covariances", 0, precision_)
                       : readNumbers(given.Get("covariances"), "covariances", items->count * perItem(), precision_);
    items->name = "items";
    items->first = readCount(info[1], "firstIndex");
    return change(info, info[2], [items](const Memory& memory, Job& job) { return memory.append(*items, job); });
  }

  Napi::Value prepare(const Napi::CallbackInfo& info) {
    tellMemory(info.Env());
    const auto staged = staged_;
    return launch<Snapshot>(
        info.Env(), info[0],
        [staged](Job& job) {
          if (Snapshot complete = (*staged)->prepare(job)) *staged = complete;
          return *staged;
        },
        [](Napi::Env env, Snapshot&&) { return env.Undefined(); });
  }

  Napi::Value remove(const Napi::CallbackInfo& info) {
    tellMemory(info.Env());
    std::vector<std::int32_t> indices = readIndices(info[0], (*staged_)->size());
    std::sort(indices.begin(), indices.end());
    return change(info, info.Env().Undefined(),
                  [indices](const Memory& memory, Job& job) { return memory.remove(indices, job); });
  }

  template <typename Change>
  Napi::Value change(const Napi::CallbackInfo& info, const Napi::Value& onProgress, Change change) {
    const auto staged = staged_;
    return launch<Snapshot>(
        info.Env(), onProgress, [staged, change](Job& job) { return *staged = change(**staged, job); },
        [](Napi::Env env, Snapshot&&) { return env.Undefined(); });
  }

  void commit(const Napi::CallbackInfo& info) {
    committed_ = *staged_;
    tellMemory(info.Env());
  }
  void rollback(const Napi::CallbackInfo& info) {
    staged_ = std::make_shared<Snapshot>(current());
    tellMemory(info.Env());
  }

  // Lets go of the items: their memory is free when no call works on them any more.
  void release(const Napi::CallbackInfo& info) {
    committed_.reset();
    staged_.reset();
    kept_.tell(info.Env(), 0);
  }
  void Finalize(Napi::BasicEnv env) override {
    committed_.reset();
    staged_.reset();
    kept_.tell(env, 0);
  }

  // Another object with the items as they are now, whatever happens to this one. V8 has been told of them already.
  Napi::Value snapshot(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Napi::Value precision = Napi::String::New(env, precision_ == Precision::kFloat32 ? "float32" : "float64");
    const auto constructor = Value().Get("constructor").As<Napi::Function>();
    const Napi::Object copy =
        constructor.New({Napi::String::New(env, kind_), Napi::Number::New(env, static_cast<double>(dimension_)),
                         precision, Napi::Boolean::New(env, indexed_)});
    MemoryObject::Unwrap(copy)->committed_ = current();
    return copy;
  }

  Napi::Value get(const Napi::CallbackInfo& info) {
    const auto indices = readIndices(info[0], current()->size());
    return launch<Batch>(
        info.Env(), info.Env().Undefined(),
        [memory = current(), indices](Job& job) { return memory->get(indices, job); }, toStates);
  }

  Napi::Value distances(const Napi::CallbackInfo& info) {
    return launch<std::vector<double>>(
        info.Env(), info[3],
        [memory = current(), queries = readQueries(info), ridge = readRidge(info)](Job& job) {
          return memory->distances(*queries, ridge, job);
        },
        toFloat64Array);
  }

  Napi::Value weights(const Napi::CallbackInfo& info) {
    return launch<std::vector<double>>(
        info.Env(), info[5],
        [memory = current(), queries = readQueries(info), ridge = readRidge(info), beta = readBeta(info),
         pruning = readPruning(info[4])](Job& job) { return memory->weights(*queries, ridge, beta, pruning, job); },
        toFloat64Array);
  }

  Napi::Value energy(const Napi::CallbackInfo& info) {
    return launch<std::vector<double>>(
        info.Env(), info[5],
        [memory = current(), queries = readQueries(info), ridge = readRidge(info), beta = readBeta(info),
         pruning = readPruning(info[4])](Job& job) { return memory->energy(*queries, ridge, beta, pruning, job); },
        toFloat64Array);
  }

  Napi::Value step(const Napi::CallbackInfo& info) {
    return launch<Batch>(
        info.Env(), info[5],
        [memory = current(), queries = readQueries(info), ridge = readRidge(info), beta = readBeta(info),
         pruning = readPruning(info[4])](Job& job) { return memory->step(*queries, ridge, beta, pruning, job); },
        toStates);
  }

  Napi::Value retrieve(const Napi::CallbackInfo& info) {
    const auto betas = readDoubles(info[3], "beta", info[3].As<Napi::TypedArray>().ElementLength());
    const RetrievalOptions options{
        betas,
        info[4].ToBoolean(),
        info[5].IsUndefined() ? std::nullopt : std::optional(info[5].ToNumber().DoubleValue()),
        readCount(info[6], "maxIterations"),
        readPruning(info[7]),
        info[8].ToBoolean()};
    return launch<Retrieval>(
        info.Env(), info[9],
        [memory = current(), queries = readQueries(info), ridge = readRidge(info), options](Job& job) {
          return memory->retrieve(*queries, ridge, options, job);
        },
        toRetrieval);
  }

  Napi::Value nearest(const Napi::CallbackInfo& info) {
    const std::size_t k = std::min(readCount(info[3], "k"), current()->size());
    return launch<Neighbours>(
        info.Env(), info[5],
        [memory = current(), queries = readQueries(info), ridge = readRidge(info), k,
         prune = info[4].ToBoolean().Value()](Job& job) { return memory->nearest(*queries, ridge, k, prune, job); },
        [](Napi::Env env, Neighbours&& neighbours) -> Napi::Value {
          Napi::Object result = Napi::Object::New(env);
          result.Set("indices", toInt32Array(env, std::move(neighbours.indices)));
          result.Set("distances", toFloat64Array(env, std::move(neighbours.distances)));
          return result;
        });
  }

  // Along a basis, the matrices are V diag(a) V', and offsets must be taken there.
  Napi::Value transportMaps(const Napi::CallbackInfo& info) {
    const auto query = readBatch(info[0], 0);
    const double ridge = info[1].ToNumber().DoubleValue();
    const auto indices = readIndices(info[2], current()->size());
    return launch<TransportMaps>(
        info.Env(), info.Env().Undefined(),
        [memory = current(), query, ridge, indices, basis = readOptionalBasis(info[3])](Job& job) {
          TransportMaps maps = memory->transportMaps(*query, ridge, indices, job);
          if (basis) gaussian::writeOffsets(*basis, query->positions, memory->get(indices, job), maps, job);
          return maps;
        },
        [](Napi::Env env, TransportMaps&& maps) -> Napi::Value {
          Napi::Object result = Napi::Object::New(env);
          result.Set("matrices", toFloat64Array(env, std::move(maps.matrices)));
          result.Set("offsets", toFloat64Array(env, std::move(maps.offsets)));
          return result;
        });
  }

  // Numbers of an item's covariance.
  std::size_t perItem() const {
    return kind_ == "full" ? dimension_ * dimension_ : kind_ == "diagonal" ? dimension_ : kind_ == "isotropic" ? 1 : 0;
  }

  std::shared_ptr<const Batch> readBatch(const Napi::Value& value, std::size_t first) const {
    const Napi::Object given = value.ToObject();
    auto batch = std::make_shared<Batch>();
    batch->count = readCount(given.Get("count"), "count");
    batch->positions = readDoubles(given.Get("positions"), "positions", batch->count * dimension_);
    if (perItem() > 0) {
      batch->covariances = readDoubles(given.Get("covariances"), "covariances", batch->count * perItem());
    }
    batch->name = "queries";
    batch->first = first;
    return batch;
  }

  // Every verb on queries begins with (queries, firstIndex, ridge, ...), most go on with beta.
  std::shared_ptr<const Batch> readQueries(const Napi::CallbackInfo& info) const {
    return readBatch(info[0], readCount(info[1], "firstIndex"));
  }
  static double readRidge(const Napi::CallbackInfo& info) { return info[2].ToNumber().DoubleValue(); }
  // The mass that may be dropped, or undefined.
  static Pruning readPruning(const Napi::Value& value) {
    return value.IsUndefined() ? Pruning{} : Pruning{value.ToNumber().DoubleValue()};
  }
  static double readBeta(const Napi::CallbackInfo& info) { return info[3].ToNumber().DoubleValue(); }

  // The items as they are now.
  const Snapshot& current() const {
    if (!committed_) throw codedError(Env(), "ERR_CLOSED", "The memory is closed");
    return committed_;
  }
  // Tells V8 what the items take, those of a change under way included.
  void tellMemory(Napi::BasicEnv env) { kept_.tell(env, std::max(current()->bytes(), (*staged_)->bytes())); }

  std::string kind_;
  std::size_t dimension_;
  Precision precision_;
  bool indexed_;
  Snapshot committed_;
  std::shared_ptr<Snapshot> staged_;
  KeptMemory kept_;
};

}  // namespace

void defineMemory(Napi::Env env, Napi::Object exports) { MemoryObject::define(env, exports); }

}  // namespace denseam::binding
