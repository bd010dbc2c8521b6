#include "calls.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "euclidean/row_memory.h"
#include "gaussian/full_memory.h"
#include "sphere/evaluation.h"
#include "sphere/rows.h"
#include "sphere/trainer.h"

namespace denseam::stress {
namespace {

using euclidean::Embedding;
using pointcloud::CloudMemory;

constexpr std::size_t kFew = 20;
// So many rows have codes.
constexpr std::size_t kScreened = 4200;
// Items by which a memory grows before it is cut back.
constexpr std::size_t kMostGrowth = 80;
// More neighbours than screening looks for, in a memory that has as many.
constexpr std::size_t kMostNeighbours = 160;
constexpr std::size_t kCloudDimension = 3;

Vectors& anyOf(Shared& shared, Draw& draw) { return *shared.memories[draw.below(shared.memories.size())]; }

Batch queriesOf(const Vectors& vectors, Draw& draw) { return drawQueries(draw, vectors.shape, 1 + draw.below(6)); }

Pruning drawPruning(Draw& draw) { return draw.chance(0.7) ? Pruning(1e-16) : std::nullopt; }

// A change ends with what searches need, as in the library.
std::shared_ptr<const Memory> grown(const Memory& memory, const Items& items, Job& job) {
  auto longer = memory.append(items, job);
  auto prepared = longer->prepare(job);
  return prepared ? prepared : longer;
}

void add(Shared& shared, Draw& draw, Job& job) {
  Vectors& vectors = anyOf(shared, draw);
  const Items items = drawItems(draw, vectors.shape, 1 + draw.below(20));
  vectors.memory.edit([&](const Memory& memory) { return grown(memory, items, job); });
}

void remove(Shared& shared, Draw& draw, Job& job) {
  Vectors& vectors = anyOf(shared, draw);
  vectors.memory.edit([&](const Memory& memory) {
    const std::size_t size = memory.size();
    const bool isLarge = size > vectors.fewItems + kMostGrowth;
    const std::size_t most = isLarge ? size - vectors.fewItems : std::min<std::size_t>(8, size - 1);
    return memory.remove(draw.indices(most, size), job);
  });
}

void get(Shared& shared, Draw& draw, Job& job) {
  const auto memory = anyOf(shared, draw).memory.get();
  memory->get(draw.indices(memory->size(), memory->size()), job);
}

void weigh(Shared& shared, Draw& draw, Job& job) {
  Vectors& vectors = anyOf(shared, draw);
  const Batch queries = queriesOf(vectors, draw);
  const auto memory = vectors.memory.get();
  memory->distances(queries, 0, job);
  memory->weights(queries, 0, 2, drawPruning(draw), job);
  memory->energy(queries, 0, 2, drawPruning(draw), job);
  memory->step(queries, 0, 2, drawPruning(draw), job);
}

void retrieve(Shared& shared, Draw& draw, Job& job) {
  Vectors& vectors = anyOf(shared, draw);
  const bool sweep = draw.chance(0.3);
  const RetrievalOptions options{{0.5, 2}, sweep, std::nullopt, draw.below(12), drawPruning(draw), draw.chance(0.2)};
  vectors.memory.get()->retrieve(queriesOf(vectors, draw), 0, options, job);
}

void nearest(Shared& shared, Draw& draw, Job& job) {
  Vectors& vectors = anyOf(shared, draw);
  const auto memory = vectors.memory.get();
  const std::size_t k = 1 + draw.below(std::min(memory->size(), kMostNeighbours));
  memory->nearest(queriesOf(vectors, draw), 0, k, draw.chance(0.7), job);
}

void addClouds(Shared& shared, Draw& draw, Job& job) {
  const auto clouds = drawClouds(draw, kCloudDimension, 1 + draw.below(4));
  shared.clouds->edit([&](const CloudMemory& memory) { return memory.append(clouds, job); });
}

void removeClouds(Shared& shared, Draw& draw, Job& job) {
  shared.clouds->edit([&](const CloudMemory& memory) {
    const std::size_t size = memory.items().size();
    return memory.remove(draw.indices(std::min<std::size_t>(size > 24 ? 12 : 3, size - 1), size), job);
  });
}

void weighClouds(Shared& shared, Draw& draw, Job& job) {
  const auto memory = shared.clouds->get();
  const auto queries = drawClouds(draw, kCloudDimension, 1 + draw.below(3));
  memory->divergences(queries, job);
  memory->gradients(queries, 2, drawPruning(draw), job);
  memory->nearest(queries, 1 + draw.below(memory->items().size()), draw.chance(0.7), job);
}

void moveClouds(Shared& shared, Draw& draw, Job& job) {
  pointcloud::FlowOptions options{};
  options.betas = {0.5, 2};
  options.sweep = draw.chance(0.3);
  options.transportStep = 1;
  options.reweightStep = draw.chance(0.5) ? 1 : 0;
  options.gated = draw.chance(0.5);
  options.maxIterations = draw.below(6);
  options.pruning = drawPruning(draw);
  options.asksEnergy = true;
  shared.clouds->get()->retrieve(drawClouds(draw, kCloudDimension, 1 + draw.below(3)), options, job);
}

// Rows about the axes, each of norm 1.
std::shared_ptr<const sphere::Rows<double>> drawRows(Draw& draw, std::size_t dimension, std::size_t count) {
  auto rows = std::make_shared<sphere::Rows<double>>();
  rows->dimension = dimension;
  rows->values.assign(count * dimension, 0);
  for (std::size_t i = 0; i < count; ++i) rows->values[i * dimension + draw.below(dimension)] = 1;
  return rows;
}

void train(Shared&, Draw& draw, Job& job) {
  const std::size_t dimension = 2 + draw.below(10), units = 1 + draw.below(5), count = 20 + draw.below(200);
  const auto rows = drawRows(draw, dimension, count);
  const double share = 1 / static_cast<double>(units + 1);
  const sphere::Shares shares{std::vector<double>(units + 1, share), {0.5, 0.5}};
  const sphere::TrainingSettings settings{
      0.1, 1 + draw.below(40), 0.1, 0.9, draw.chance(0.5), draw.chance(0.5), draw.below(1000)};
  std::vector<std::int32_t> labels(count);
  for (std::int32_t& label : labels) label = static_cast<std::int32_t>(draw.below(2));
  auto state = sphere::initialState<double>(dimension, shares, 2, 1, settings.seed, job);
  const auto trainer = sphere::makeTrainer<double>({rows, labels, count - count / 10}, settings, std::move(state));
  for (std::size_t epoch = 0; epoch < 3; ++epoch) trainer->epoch(epoch, job);
  trainer->split({units, 0, 0.25, count, 3, {6, 0, settings.seed}}, job);
  trainer->epoch(3, job);
  const auto model = std::get<sphere::Model<double>>(trainer->model());
  sphere::logDensities(model, rows->values, job);
  sphere::predictions(model, rows->values, job);
}

constexpr Call kCalls[] = {{"add", add},
                           {"remove", remove},
                           {"get", get},
                           {"weigh", weigh},
                           {"retrieve", retrieve},
                           {"nearest", nearest},
                           {"add clouds", addClouds},
                           {"remove clouds", removeClouds},
                           {"weigh clouds", weighClouds},
                           {"move clouds", moveClouds},
                           {"train", train}};

void include(Shared& shared, Draw& draw, const Shape& shape, const Memory& empty, std::size_t count = kFew) {
  Job job;
  auto memory = grown(empty, drawItems(draw, shape, count), job);
  shared.memories.push_back(std::unique_ptr<Vectors>(new Vectors{shape, count, Holder<Memory>(std::move(memory))}));
}

}  // namespace

std::unique_ptr<Shared> makeShared(Draw& draw) {
  constexpr auto single = Precision::kFloat32, twice = Precision::kFloat64;
  auto shared = std::make_unique<Shared>();
  include(*shared, draw, {4, 16, twice}, gaussian::FullMemory<double>(4, true));
  include(*shared, draw, {9, 81, single}, gaussian::FullMemory<float>(9, false));
  include(*shared, draw, {40, 1600, twice}, gaussian::FullMemory<double>(40, true));
  include(*shared, draw, {7, 7, single}, euclidean::RowMemory<float>(Embedding(Embedding::Kind::kDiagonal, 7), true));
  include(*shared, draw, {5, 1, twice}, euclidean::RowMemory<double>(Embedding(Embedding::Kind::kIsotropic, 5), true));
  include(*shared, draw, {64, 0, twice}, euclidean::RowMemory<double>(Embedding(Embedding::Kind::kVector, 64), true));
  include(*shared, draw, {32, 32, single}, euclidean::RowMemory<float>(Embedding(Embedding::Kind::kDiagonal, 32), true),
          kScreened);
  include(*shared, draw, {70, 0, twice}, euclidean::RowMemory<double>(Embedding(Embedding::Kind::kVector, 70), true),
          kScreened);
  Job job;
  const pointcloud::CloudItems empty(kCloudDimension, twice, 0.5, {1e-9, 1000});
  auto clouds = CloudMemory(empty).append(drawClouds(draw, kCloudDimension, 8), job);
  shared->clouds = std::make_unique<Holder<CloudMemory>>(std::move(clouds));
  return shared;
}

std::span<const Call> calls() { return kCalls; }

}  // namespace denseam::stress
