#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "memory/columns.h"
#include "parallel/job.h"

namespace denseam {

enum class Precision { kFloat32, kFloat64 };

// A copy of a caller's numbers, in their precision.
using Numbers = std::variant<std::vector<float>, std::vector<double>>;

// A copy of a caller's items: positions (means or vectors) and, for Gaussians, covariances. The name is the argument's
// name in errors; its items are counted from `first`.
struct Items {
  std::size_t count = 0;
  Numbers positions;
  Numbers covariances;
  std::string name;
  std::size_t first = 0;
  // As files keep them: full covariances are lower triangles, row by row, and the index comes with its items.
  bool isSaved = false;
  std::vector<float> savedIndex;  // count x the width of a saved index, or empty

  std::string at(const char* field, std::size_t index) const {
    return name + "." + field + "[" + std::to_string(first + index) + "]";
  }
};

// What a file keeps beside items of a memory's index: so many numbers an item, and so many for all together.
struct IndexShape {
  std::size_t width = 0;
  std::size_t shared = 0;
};

// Queries or states: always in double precision, in the layout of the public API.
struct Batch {
  std::size_t count = 0;
  std::vector<double> positions;
  std::vector<double> covariances;
  std::string name = "states";
  std::size_t first = 0;

  std::string at(const char* field, std::size_t index) const {
    return name + "." + field + "[" + std::to_string(first + index) + "]";
  }
};

// The Gibbs weight that pruning may leave out; without it every item is evaluated.
using Pruning = std::optional<double>;

struct RetrievalOptions {
  // One beta for each iteration, of which the last holds for all that follow; in a sweep, one for each retrieval.
  std::vector<double> betas;
  bool sweep;
  std::optional<double> tolerance;  // none: the memory's own (memory/scale.h)
  std::size_t maxIterations;
  Pruning pruning;
  bool trajectory;
};

// Energy, nearest item and step length are those of the returned state. A sweep returns the states of all queries at
// the first beta, then those at the second, ...
struct Retrieval {
  Batch states;
  std::vector<double> energy;
  std::vector<std::int32_t> nearest;
  std::vector<double> nearestDistance;
  std::vector<std::int32_t> iterations;
  std::vector<double> stepLength;
  std::vector<std::uint8_t> converged;
  std::vector<std::int32_t> evaluated;
  std::vector<double> droppedMass;
  std::vector<Batch> trajectory;
};

// The numbers of each state. What JavaScript gets, and how parts of a batch are put together there, follows from the
// same list in lib/native/columns.ts.
inline constexpr Column<Retrieval> kRetrievalColumns[] = {{"energy", &Retrieval::energy},
                                                          {"nearest", &Retrieval::nearest},
                                                          {"nearestDistance", &Retrieval::nearestDistance},
                                                          {"iterations", &Retrieval::iterations},
                                                          {"stepLength", &Retrieval::stepLength},
                                                          {"stopped", &Retrieval::converged},
                                                          {"evaluated", &Retrieval::evaluated},
                                                          {"droppedMass", &Retrieval::droppedMass}};

// Splits a sweep over so many betas into its retrievals, in the order of the betas.
std::vector<Retrieval> splitSweep(const Retrieval& sweep, std::size_t betas);

struct Neighbours {
  std::vector<std::int32_t> indices;
  std::vector<double> distances;
};

// T_i(x) = matrix_i x + offset_i.
struct TransportMaps {
  std::vector<double> matrices;
  std::vector<double> offsets;
};

// A store of items with the verbs of the public API on plain arrays. A memory never changes: append and remove return a
// new one that shares the unchanged items, so calls in progress keep the items they began with.
class Memory {
 public:
  virtual ~Memory() = default;
  virtual std::size_t size() const = 0;
  // Memory of the items and their derived data in bytes.
  virtual std::size_t bytes() const = 0;

  virtual std::shared_ptr<const Memory> append(const Items& items, Job& job) const = 0;
  // Whether items get derived data for recall.
  virtual bool hasIndex() const { return false; }
  // Completes the derived data for recall; called after the last of several appends. Null where nothing is missing.
  virtual std::shared_ptr<const Memory> prepare(Job&) const { return nullptr; }
  // Whether every item has its part of the index, and the shape in which a file keeps that; zeros where there is none.
  virtual bool isIndexed() const { return false; }
  virtual IndexShape indexShape() const { return {}; }
  // What a saved index has for all items together, and a memory without items that has it, before those are appended.
  virtual std::vector<double> sharedIndex() const { return {}; }
  virtual std::shared_ptr<const Memory> withSharedIndex(const std::vector<double>&) const { return nullptr; }
  // Throws where an item's saved index is not what its numbers give.
  virtual void checkIndex(std::size_t) const {}
  // These items as files keep them, with their index if it is asked for.
  virtual Items saved(std::size_t first, std::size_t count, bool withIndex, Job& job) const = 0;
  virtual std::shared_ptr<const Memory> remove(const std::vector<std::int32_t>& indices, Job& job) const = 0;
  virtual Batch get(const std::vector<std::int32_t>& indices, Job& job) const = 0;

  // The ridge is added to the queries' variances.
  virtual std::vector<double> distances(const Batch& queries, double ridge, Job& job) const = 0;
  virtual std::vector<double> weights(const Batch& queries, double ridge, double beta, Pruning pruning,
                                      Job& job) const = 0;
  virtual std::vector<double> energy(const Batch& queries, double ridge, double beta, Pruning pruning,
                                     Job& job) const = 0;
  virtual Batch step(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const = 0;
  virtual Retrieval retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const = 0;
  // `prune`: whether items that are certainly not among the k nearest may be left out.
  virtual Neighbours nearest(const Batch& queries, double ridge, std::size_t k, bool prune, Job& job) const = 0;
  virtual TransportMaps transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                                      Job& job) const = 0;
};

}  // namespace denseam
