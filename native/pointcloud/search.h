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

// Dual variables of the transport between a state and items, kept from one search of a moving state to the next.
struct Carry {
  bool isKept = true;  // false for a search that has no next one: its dual variables are let go item by item
  std::unordered_map<std::int32_t, std::vector<double>> potentials;
  std::int32_t nearest = -1;
};

// The rule for leaving out an item: certainly farther than `margin` (in units of epsilon) behind the k-th nearest.
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

// The divergences of one state as far as a search found them, in units of epsilon.
struct Found {
  std::vector<std::int32_t> items;  // those evaluated, ascending
  std::vector<double> divergences;  // of these
  std::vector<double> marginalErrors;
  // The divergence of every item, or a lower bound on it where it was left out.
  std::vector<double> values;
  double greatestCost = 0;  // of those evaluated, |OT|: how large the numbers are that divergences come from
};

// Finds the items that matter to a state, whose transport to itself has the value `self`. Which items are evaluated
// depends on the problem alone. Lower bounds: |mean - mean'|^2 <= S, and the dual variables of a partly solved problem.
Found search(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, Carry& carry,
             Spares<PairSolver>& solvers, Job& job);

// Completes a search by that rule with the items that are visible in the energy at `beta` (energyMargin).
Found completeEnergy(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, double beta,
                     Found found, Carry& carry, Spares<PairSolver>& solvers, Job& job);

// An upper bound on the Gibbs weight of the omitted items.
double droppedMass(const Found& found, double beta);

}  // namespace denseam::pointcloud
