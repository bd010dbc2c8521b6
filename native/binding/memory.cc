#include "binding/memory.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/columns.h"
#include "binding/gaussians.h"
#include "binding/handles.h"
#include "binding/options.h"
#include "binding/promise_worker.h"
#include "euclidean/row_memory.h"
#include "gaussian/basis.h"
#include "gaussian/full_memory.h"
#include "memory/memory.h"

namespace denseam::binding {
namespace {

using euclidean::Embedding;
using euclidean::RowMemory;
using gaussian::FullMemory;
using MemoryPointer = std::shared_ptr<const Memory>;

// The items of a memory at one moment, and the shape of its batches.
struct ItemStore {
  std::string kind;
  std::size_t dimension;
  Precision precision;
  MemoryPointer memory;

  // The number of elements of an item's covariance.
  std::size_t covarianceSize() const {
    return kind == "full" ? dimension * dimension : kind == "diagonal" ? dimension : kind == "isotropic" ? 1 : 0;
  }
  // The same in a file, where full covariances are triangles.
  std::size_t savedCovarianceSize() const {
    return kind == "full" ? gaussian::packedSize(dimension) : covarianceSize();
  }
  // A store of other items of this shape.
  std::shared_ptr<const ItemStore> with(MemoryPointer items) const {
    return std::make_shared<const ItemStore>(ItemStore{kind, dimension, precision, std::move(items)});
  }
};
using Store = std::shared_ptr<const ItemStore>;

Store readStore(const Napi::Value& handle) { return fromHandle<const ItemStore>(handle, "items"); }

// A handle of a store. V8 learns its size when it replaces another store (`succeed`).
Napi::Value toStore(Napi::Env env, Store&& store) { return toHandle(env, std::move(store), 0); }

template <typename T>
MemoryPointer makeMemory(const std::string& kind, std::size_t dimension, bool indexed) {
  if (kind == "full") return std::make_shared<FullMemory<T>>(dimension, indexed);
  const auto embedding = kind == "diagonal"    ? Embedding::Kind::kDiagonal
                         : kind == "isotropic" ? Embedding::Kind::kIsotropic
                                               : Embedding::Kind::kVector;
  return std::make_shared<RowMemory<T>>(Embedding(embedding, dimension), indexed);
}

// ({ kind, dimension, precision, indexed })
Napi::Value emptyItems(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::string kind = options.text("kind");
  const std::size_t dimension = options.count("dimension");
  const Precision precision = options.precision();
  const bool indexed = options.flag("indexed");
  const MemoryPointer memory = precision == Precision::kFloat32 ? makeMemory<float>(kind, dimension, indexed)
                                                                : makeMemory<double>(kind, dimension, indexed);
  return toStore(info.Env(), std::make_shared<const ItemStore>(ItemStore{kind, dimension, precision, memory}));
}

// (items)
Napi::Value itemCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readStore(info[0])->memory->size()));
}

// (items)
Napi::Value haveIndex(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), readStore(info[0])->memory->hasIndex());
}

// (items)
Napi::Value itemBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readStore(info[0])->memory->bytes()));
}

// (items): { width, shared } of the index in a file, and whether every item has it.
Napi::Value indexShape(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const IndexShape shape = store->memory->indexShape();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("width", static_cast<double>(shape.width));
  result.Set("shared", static_cast<double>(shape.shared));
  result.Set("isComplete", store->memory->isIndexed());
  return result;
}

std::shared_ptr<const Items> readItems(const Napi::Value& value, const ItemStore& store, const Options& options) {
  const Options given(value);
  auto items = std::make_shared<Items>();
  items->count = given.count("count");
  items->isSaved = given.has("isSaved") && given.flag("isSaved");
  if (given.has("index")) {
    items->savedIndex = std::get<std::vector<float>>(
        readNumbers(given["index"], "index", items->count * store.memory->indexShape().width, Precision::kFloat32));
  }
  items->positions = readNumbers(given["positions"], "positions", items->count * store.dimension, store.precision);
  const std::size_t perItem = items->isSaved ? store.savedCovarianceSize() : store.covarianceSize();
  items->covariances = readNumbers(perItem == 0 ? Napi::Float64Array::New(value.Env(), 0) : given["covariances"],
                                   "covariances", items->count * perItem, store.precision);
  items->name = "items";
  items->first = options.count("firstIndex");
  return items;
}

// (items, batch, { firstIndex, onProgress })
Napi::Value appendItems(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const Options options(info[2]);
  return launch<Store>(
      options,
      [store, items = readItems(info[1], *store, options)](Job& job) {
        return store->with(store->memory->append(*items, job));
      },
      toStore);
}

// (items, { onProgress })
Napi::Value prepareItems(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  return launch<Store>(
      Options(info[1]),
      [store](Job& job) {
        const MemoryPointer complete = store->memory->prepare(job);
        return complete ? store->with(complete) : store;
      },
      toStore);
}

// (items, numbers): before the first item.
Napi::Value shareIndex(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const auto numbers = readDoubles(info[1], "the shared index", store->memory->indexShape().shared);
  return launch<Store>(
      info.Env(),
      [store, numbers](Job&) {
        const MemoryPointer shared = store->memory->withSharedIndex(numbers);
        return shared ? store->with(shared) : store;
      },
      toStore);
}

// (items)
Napi::Value sharedIndex(const Napi::CallbackInfo& info) {
  return toFloat64Array(info.Env(), readStore(info[0])->memory->sharedIndex());
}

// (items, index)
Napi::Value checkIndex(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const std::size_t item = readCount(info[1], "index");
  if (item >= store->memory->size() || !store->memory->isIndexed()) {
    throw codedError(info.Env(), "ERR_RANGE", "Expected an item with an index");
  }
  return launch<bool>(
      info.Env(),
      [store, item](Job&) {
        store->memory->checkIndex(item);
        return true;
      },
      [](Napi::Env env, bool&&) -> Napi::Value { return env.Undefined(); });
}

Napi::Value toSaved(Napi::Env env, Items&& items) {
  const auto toNumbers = [env](Numbers&& numbers) {
    return std::visit([env](auto& values) { return toFloatArray(env, std::move(values)); }, numbers);
  };
  Napi::Object result = Napi::Object::New(env);
  result.Set("positions", toNumbers(std::move(items.positions)));
  result.Set("covariances", toNumbers(std::move(items.covariances)));
  result.Set("index", toFloatArray(env, std::move(items.savedIndex)));
  return result;
}

// (items, { first, count, withIndex })
Napi::Value savedItems(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const Options options(info[1]);
  const std::size_t first = options.count("first"), count = options.count("count");
  if (first + count > store->memory->size()) throw codedError(info.Env(), "ERR_RANGE", "Expected items of the memory");
  const bool withIndex = options.flag("withIndex") && store->memory->isIndexed();
  return launch<Items>(
      info.Env(), [=](Job& job) { return store->memory->saved(first, count, withIndex, job); }, toSaved);
}

// (items, indices)
Napi::Value removeItems(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  std::vector<std::int32_t> indices = readIndices(info[1], store->memory->size());
  std::sort(indices.begin(), indices.end());
  return launch<Store>(
      info.Env(), [store, indices](Job& job) { return store->with(store->memory->remove(indices, job)); }, toStore);
}

// (items, indices)
Napi::Value getItems(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const auto indices = readIndices(info[1], store->memory->size());
  return launch<Batch>(
      info.Env(), [store, indices](Job& job) { return store->memory->get(indices, job); }, toStates);
}

std::shared_ptr<const Batch> readQueries(const Napi::Value& value, const ItemStore& store, std::size_t first) {
  const Options given(value);
  auto batch = std::make_shared<Batch>();
  batch->count = given.count("count");
  batch->positions = given.doubles("positions", batch->count * store.dimension);
  const std::size_t perItem = store.covarianceSize();
  if (perItem > 0) batch->covariances = given.doubles("covariances", batch->count * perItem);
  batch->name = "queries";
  batch->first = first;
  return batch;
}

// The Gibbs weight that may be dropped; undefined evaluates every item.
Pruning readPruning(const Options& options) { return options.optionalNumber("pruning"); }

// The common arguments of the verbs on queries: (items, queries, { ridge, firstIndex, onProgress, ... }).
struct Call {
  explicit Call(const Napi::CallbackInfo& info)
      : options(info[2]),
        store(readStore(info[0])),
        queries(readQueries(info[1], *store, options.count("firstIndex"))),
        ridge(options.number("ridge")) {
    if (store->memory->size() == 0) throw codedError(info.Env(), "ERR_SHAPE", "Expected a memory with items");
  }

  Options options;
  Store store;
  std::shared_ptr<const Batch> queries;
  double ridge;
};

Napi::Value distances(const Napi::CallbackInfo& info) {
  const Call call(info);
  return launch<std::vector<double>>(
      call.options,
      [store = call.store, queries = call.queries, ridge = call.ridge](Job& job) {
        return store->memory->distances(*queries, ridge, job);
      },
      toFloat64Array);
}

// A verb that weighs the items: ({ ..., beta, pruning }).
template <typename Result, typename Verb, typename Convert>
Napi::Value weighing(const Napi::CallbackInfo& info, Verb verb, Convert convert) {
  const Call call(info);
  return launch<Result>(
      call.options,
      [store = call.store, queries = call.queries, ridge = call.ridge, beta = call.options.number("beta"),
       pruning = readPruning(call.options),
       verb](Job& job) { return ((*store->memory).*verb)(*queries, ridge, beta, pruning, job); },
      convert);
}

Napi::Value weights(const Napi::CallbackInfo& info) {
  return weighing<std::vector<double>>(info, &Memory::weights, toFloat64Array);
}

Napi::Value energy(const Napi::CallbackInfo& info) {
  return weighing<std::vector<double>>(info, &Memory::energy, toFloat64Array);
}

Napi::Value step(const Napi::CallbackInfo& info) { return weighing<Batch>(info, &Memory::step, toStates); }

Napi::Value toRetrieval(Napi::Env env, Retrieval&& retrieval) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("states", toStates(env, std::move(retrieval.states)));
  setColumns(result, retrieval, kRetrievalColumns);
  if (retrieval.trajectory.empty()) return result;
  Napi::Array trajectory = Napi::Array::New(env, retrieval.trajectory.size());
  for (std::uint32_t i = 0; i < retrieval.trajectory.size(); ++i) {
    trajectory.Set(i, toStates(env, std::move(retrieval.trajectory[i])));
  }
  result.Set("trajectory", trajectory);
  return result;
}

Napi::Value toRetrievals(Napi::Env env, std::vector<Retrieval>&& retrievals) {
  Napi::Array result = Napi::Array::New(env, retrievals.size());
  for (std::uint32_t i = 0; i < retrievals.size(); ++i) result.Set(i, toRetrieval(env, std::move(retrievals[i])));
  return result;
}

// { ..., betas, tolerance, maxIterations, pruning, trajectory }
RetrievalOptions readRetrieval(const Options& options, bool sweep) {
  return {options.doubles("betas"),
          sweep,
          options.optionalNumber("tolerance"),
          options.count("maxIterations"),
          readPruning(options),
          options.flag("trajectory")};
}

Napi::Value retrieve(const Napi::CallbackInfo& info) {
  const Call call(info);
  return launch<Retrieval>(
      call.options,
      [store = call.store, queries = call.queries, ridge = call.ridge, retrieval = readRetrieval(call.options, false)](
          Job& job) { return store->memory->retrieve(*queries, ridge, retrieval, job); },
      toRetrieval);
}

Napi::Value sweep(const Napi::CallbackInfo& info) {
  const Call call(info);
  return launch<std::vector<Retrieval>>(
      call.options,
      [store = call.store, queries = call.queries, ridge = call.ridge,
       retrieval = readRetrieval(call.options, true)](Job& job) {
        return splitSweep(store->memory->retrieve(*queries, ridge, retrieval, job), retrieval.betas.size());
      },
      toRetrievals);
}

constexpr Column<Neighbours> kNeighbours[] = {{"indices", &Neighbours::indices}, {"distances", &Neighbours::distances}};

// { ..., k, pruning: true or false }
Napi::Value nearest(const Napi::CallbackInfo& info) {
  const Call call(info);
  const std::size_t k = std::min(call.options.count("k"), call.store->memory->size());
  return launch<Neighbours>(
      call.options,
      [store = call.store, queries = call.queries, ridge = call.ridge, k, prune = call.options.flag("pruning")](
          Job& job) { return store->memory->nearest(*queries, ridge, k, prune, job); },
      toColumns(kNeighbours));
}

constexpr Column<TransportMaps> kMaps[] = {{"matrices", &TransportMaps::matrices},
                                           {"offsets", &TransportMaps::offsets}};

// (items, query, { indices, ridge, basis }). With a basis the matrices are V diag(a) V', and offsets are computed
// there.
Napi::Value transportMaps(const Napi::CallbackInfo& info) {
  const Store store = readStore(info[0]);
  const Options options(info[2]);
  const auto query = readQueries(info[1], *store, 0);
  const auto indices = options.indices("indices", store->memory->size());
  return launch<TransportMaps>(
      info.Env(),
      [store, query, ridge = options.number("ridge"), indices, basis = readOptionalBasis(options["basis"])](Job& job) {
        TransportMaps maps = store->memory->transportMaps(*query, ridge, indices, job);
        if (basis) gaussian::writeOffsets(*basis, query->positions, store->memory->get(indices, job), maps, job);
        return maps;
      },
      toColumns(kMaps));
}

}  // namespace

void defineMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("emptyItems", Napi::Function::New<emptyItems>(env));
  exports.Set("itemCount", Napi::Function::New<itemCount>(env));
  exports.Set("itemBytes", Napi::Function::New<itemBytes>(env));
  exports.Set("appendItems", Napi::Function::New<appendItems>(env));
  exports.Set("haveIndex", Napi::Function::New<haveIndex>(env));
  exports.Set("prepareItems", Napi::Function::New<prepareItems>(env));
  exports.Set("indexShape", Napi::Function::New<indexShape>(env));
  exports.Set("shareIndex", Napi::Function::New<shareIndex>(env));
  exports.Set("sharedIndex", Napi::Function::New<sharedIndex>(env));
  exports.Set("checkIndex", Napi::Function::New<checkIndex>(env));
  exports.Set("savedItems", Napi::Function::New<savedItems>(env));
  exports.Set("removeItems", Napi::Function::New<removeItems>(env));
  exports.Set("getItems", Napi::Function::New<getItems>(env));
  exports.Set("distances", Napi::Function::New<distances>(env));
  exports.Set("weights", Napi::Function::New<weights>(env));
  exports.Set("energy", Napi::Function::New<energy>(env));
  exports.Set("step", Napi::Function::New<step>(env));
  exports.Set("retrieve", Napi::Function::New<retrieve>(env));
  exports.Set("sweep", Napi::Function::New<sweep>(env));
  exports.Set("nearest", Napi::Function::New<nearest>(env));
  exports.Set("transportMaps", Napi::Function::New<transportMaps>(env));
}

}  // namespace denseam::binding
