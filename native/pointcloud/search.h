#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "base/spares.h"
#include "parallel/job.h"
#include "pointcloud/items.h"
#include "pointcloud/pair.h"

namespace denseam::pointcloud {

// Dual variables of the transport between a state and items, from one search of a moving state to the next.
struct Carry {
  bool isKept = true;  // false for a search that has no next one: its dual variables are let go item by item
  std::unordered_map<std::int32_t, std::vector<double>> potentials;
  std::int32_t nearest = -1;
};

// When an item may be left out: if it is certainly farther than `margin` (in units of epsilon) behind the k-th nearest.
struct SearchRule {
  double margin = std::numeric_limits<double>::infinity();
  std::size_t neighbours = 1;
  bool isCounted = true;  // in the job's progress

  // Leaves out items that together have at most `mass` of the Gibbs weight: each is behind the nearest by more than
  // (log N - log mass) / beta, so all of them have less than N exp(-log N + log mass). `beta` in units of 1 / epsilon.
  static SearchRule gibbs(std::size_t size, double beta, double mass);
  static SearchRule nearest(std::size_t k) { return {0, k, true}; }
  static SearchRule all() { return {}; }
};

// What is known of the divergences of one state, in units of epsilon.
struct Found {
  std::vector<std::int32_t> items;  // those evaluated, ascending
  std::vector<double> divergences;  // of these
  std::vector<double> marginalErrors;
  // The divergence of every item, or a lower bound on it where it was left out.
  std::vector<double> values;
  double greatestCost = 0;  // of those evaluated, |OT|: how large the numbers are that divergences come from
};

// The items that matter to a state, whose transport to itself has the value `self`. What is evaluated depends on the
// problem alone. |mean - mean'|^2 <= S, and so is what a partly solved problem's dual variables give.
Found search(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, Carry& carry,
             Spares<PairSolver>& solvers, Job& job);

// Completes a search by that rule with what shows in the energy at `beta` as well: see energyMargin.
Found completeEnergy(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, double beta,
                     Found found, Carry& carry, Spares<PairSolver>& solvers, Job& job);

// The Gibbs weight of what was left out, at most.
double droppedMass(const Found& found, double beta);

}  // namespace denseam::pointcloud
