#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gaussian/bures.h"
#include "gaussian/frame.h"
#include "gaussian/items.h"
#include "gaussian/search.h"
#include "memory/gibbs.h"
#include "parallel/job.h"

namespace denseam::gaussian {

// The purpose of a state's distances: it decides which items may be left out, and how exact the others must be. Without
// betas each distance is exact relative to itself; with betas, as far as Gibbs weights and the energy show it at any
// beta from the coldest (the greatest) to the hottest.
struct Purpose {
  SearchRule rule;
  double hottest = 0;
  double coldest = 0;
};

// Searches for a batch of states, evaluated together: in each round every search names its next items, and one parallel
// loop evaluates all of them, item by item, so that an item is read once for all states that ask for it.
template <typename T>
class Evaluation {
 public:
  // One purpose for each state; `carries` is empty or has one for each.
  Evaluation(const FullItems<T>& items, const std::vector<State>& states, std::vector<Purpose> purposes,
             std::vector<Carry> carries = {});

  // With `wantMaps`, keeps the optimal map to an item that is evaluated alone where that costs little.
  void run(bool wantMaps, Job& job);
  // After `run`: searches on for the items that are visible in each state's energy at its beta, where that is finite,
  // if they are no more than `budget`.
  void completeEnergies(const std::vector<double>& betas, std::size_t budget, Job& job);

  const Frame& frame(std::size_t state) const { return *frames_[state]; }
  const Search<T>& search(std::size_t state) const { return searches_[state]; }

  // The map that was kept, if any, and its item.
  struct Map {
    std::int32_t item = -1;
    std::optional<MapImage> image;
  };
  const Map& map(std::size_t state) const { return maps_[state]; }

 private:
  struct Chunk {
    std::size_t state;
    const std::int32_t* items;
    std::size_t count;
  };

  void runRounds(bool wantMaps, bool isCounted, Job& job);
  std::vector<Chunk> nextRound(const Job& job);
  void evaluate(const Chunk& chunk, bool wantMap);
  void refine(const Job& job);
  std::vector<std::int32_t> doubtful(const Search<T>& search, const Purpose& purpose) const;

  const FullItems<T>& items_;
  std::vector<Purpose> purposes_;
  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<Search<T>> searches_;
  std::vector<Map> maps_;
};

// The Gibbs weights of one state's evaluated items.
struct Weighted {
  std::vector<std::int32_t> items;
  std::vector<double> weights;
  Gibbs gibbs;
};

// Throws when a query's squared distance to every item overflows; `where` names the query.
void checkReach(const std::vector<double>& distances, const std::string& where);
template <typename T>
Weighted weigh(const Search<T>& search, double beta, const std::string& where);

extern template class Evaluation<float>;
extern template class Evaluation<double>;

}  // namespace denseam::gaussian
