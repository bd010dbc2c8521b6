#include "gaussian/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"
#include "simd/distances.h"

namespace denseam::gaussian {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// A distance is recomputed in Procrustes form when its error bound exceeds this share of it. The share is smaller for
// small matrices, which are often whole numbers and cost a microsecond more, and for singular ones of moderate size...
constexpr std::size_t kSmall = 4;
constexpr std::size_t kModerate = 16;
double relativeError(std::size_t d, bool isSingular) { return d <= (isSingular ? kModerate : kSmall) ? 1e-12 : 1e-10; }
// ...or this much of beta D in a weight that counts; but that form does no better than kRelativeFloor.
constexpr double kExponentError = 1e-10;
constexpr double kRelativeFloor = 1e-13;
// The distance (in beta D) behind the nearest item at which an item is invisible in any sum: exp(-40) < 2^-53.
constexpr double kNegligible = 40;

// The greatest dimension where a map takes so little that it need not come with the distance.
constexpr std::size_t kMostCheapMap = 64;

// Chunks for about 100 microseconds: a distance takes about 0.1 + 0.005 d^2 of them for d up to 64, more above.
std::size_t grain(std::size_t d) {
  const double microseconds = (0.1 + 0.005 * static_cast<double>(d * d)) * static_cast<double>(distancesAtOnce(d));
  return static_cast<std::size_t>(std::max(1.0, 100 / microseconds));
}

}  // namespace

template <typename T>
Evaluation<T>::Evaluation(const FullItems<T>& items, const std::vector<State>& states, std::vector<Purpose> purposes,
                          std::vector<Carry> carries)
    : items_(items), purposes_(std::move(purposes)), maps_(states.size()) {
  carries.resize(states.size());
  for (std::size_t q = 0; q < states.size(); ++q) {
    frames_.push_back(std::make_unique<Frame>(states[q]));
    searches_.emplace_back(items, *frames_[q], purposes_[q].rule, std::move(carries[q]));
  }
}

template <typename T>
void Evaluation<T>::run(bool wantMaps, Job& job) {
  runRounds(wantMaps, true, job);
  for (const Search<T>& search : searches_) job.advance(items_.size() - search.evaluated().size());
  refine(job);
}

template <typename T>
void Evaluation<T>::completeEnergies(const std::vector<double>& betas, std::size_t budget, Job& job) {
  bool isAny = false;
  for (std::size_t q = 0; q < searches_.size(); ++q) {
    if (!std::isfinite(betas[q])) continue;
    searches_[q].completeEnergy(betas[q], budget);
    isAny = true;
  }
  if (!isAny) return;
  runRounds(false, false, job);
  refine(job);
}

// Progress counts all items of a state once, evaluated or not: those of `run`.
template <typename T>
void Evaluation<T>::runRounds(bool wantMaps, bool isCounted, Job& job) {
  for (std::vector<Chunk> chunks = nextRound(job); !chunks.empty(); chunks = nextRound(job)) {
    parallel::forEach(chunks.size(), grain(items_.dimension()), job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        job.poll();
        evaluate(chunks[k], wantMaps);
        if (isCounted) job.advance(chunks[k].count);
      }
    });
  }
}

template <typename T>
auto Evaluation<T>::nextRound(const Job& job) -> std::vector<Chunk> {
  std::vector<const std::vector<std::int32_t>*> waves(searches_.size());
  parallel::forEach(searches_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) waves[q] = &searches_[q].next(job);
  });
  const std::size_t atOnce = distancesAtOnce(items_.dimension());
  std::vector<Chunk> chunks;
  for (std::size_t q = 0; q < waves.size(); ++q) {
    const std::vector<std::int32_t>& wave = *waves[q];
    for (std::size_t begin = 0; begin < wave.size(); begin += atOnce) {
      chunks.push_back({q, wave.data() + begin, std::min(atOnce, wave.size() - begin)});
    }
  }
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const Chunk& a, const Chunk& b) { return a.items[0] < b.items[0]; });
  return chunks;
}

template <typename T>
void Evaluation<T>::evaluate(const Chunk& chunk, bool wantMap) {
  Search<T>& search = searches_[chunk.state];
  Distance distances[kMostAtOnce];
  // Small maps are cheap; the eigenvalues are the greater part of a large one.
  if (wantMap && items_.dimension() > kMostCheapMap && search.isAlone()) {
    Map& map = maps_[chunk.state];
    map = {chunk.items[0], {}};
    distances[0] = buresDistanceWithMap(search.frame(), items_, chunk.items[0], map.image);
  } else {
    buresDistances(search.frame(), items_, chunk.items, chunk.count, distances);
  }
  for (std::size_t k = 0; k < chunk.count; ++k) {
    const std::span<const T> mean = items_.mean(static_cast<std::size_t>(chunk.items[k]));
    const double means = squaredDistance(mean, search.frame().mean());
    const double error = distances[k].error > 0 ? distances[k].error + 4 * kEpsilon * means : 0;
    search.record(chunk.items[k], {distances[k].value + means, error});
  }
}

// The evaluated items whose eigenvalues do not give their distance to the required accuracy.
template <typename T>
std::vector<std::int32_t> Evaluation<T>::doubtful(const Search<T>& search, const Purpose& purpose) const {
  const double hottest = purpose.hottest, coldest = purpose.coldest;
  const std::size_t d = items_.dimension();
  const std::vector<std::int32_t> evaluated = search.evaluated();
  const auto value = [&](std::int32_t item) { return search.values()[static_cast<std::size_t>(item)]; };
  const std::int32_t least = *std::min_element(evaluated.begin(), evaluated.end(),
                                               [&](std::int32_t a, std::int32_t b) { return value(a) < value(b); });
  const double nearest = value(least) + 2 * search.error(least);
  const auto canWeigh = [&](std::int32_t item) {
    return value(item) - search.error(item) <= nearest + kNegligible / hottest;
  };
  // A single item has the weight 1 and its distance as energy: the energy is as exact as that distance.
  const bool weighs = coldest > 0 && std::count_if(evaluated.begin(), evaluated.end(), canWeigh) > 1;
  std::vector<std::int32_t> result;
  for (const std::int32_t item : evaluated) {
    const double error = search.error(item);
    const double low = value(item) - error;
    const std::size_t rank = std::min(items_.note(static_cast<std::size_t>(item)).rank, search.frame().rank());
    const bool vague = error > relativeError(d, rank < d) * value(item);
    const bool shows =
        weighs && coldest * error > kExponentError && error > kRelativeFloor * value(item) && canWeigh(item);
    if ((vague && (coldest == 0 || low <= nearest)) || shows) result.push_back(item);
  }
  return result;
}

template <typename T>
void Evaluation<T>::refine(const Job& job) {
  std::vector<std::pair<std::size_t, std::int32_t>> pairs;
  for (std::size_t q = 0; q < searches_.size(); ++q) {
    for (const std::int32_t item : doubtful(searches_[q], purposes_[q])) pairs.emplace_back(q, item);
  }
  const std::size_t d = items_.dimension();
  parallel::forEach(pairs.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      const auto [q, index] = pairs[k];
      const Frame& frame = *frames_[q];
      const auto item = static_cast<std::size_t>(index);
      double* covariance = linalg::Workspace::local().get(linalg::Workspace::kScratch, d * d);
      items_.covariance(item, covariance);
      const double means = squaredDistance(items_.mean(item), frame.mean());
      const bool isFullRank = items_.note(item).rank == d;
      searches_[q].record(index, {means + buresDistanceProcrustes(frame, covariance, isFullRank), 0});
    }
  });
}

template <typename T>
Weighted weigh(const Search<T>& search, double beta, const std::string& where) {
  Weighted result{search.evaluated(), {}, {}};
  for (const std::int32_t item : result.items)
    result.weights.push_back(search.values()[static_cast<std::size_t>(item)]);
  checkReach(result.weights, where);
  result.gibbs = gibbsWeights(beta, result.weights);
  result.gibbs.nearest = result.items[static_cast<std::size_t>(result.gibbs.nearest)];
  return result;
}

void checkReach(const std::vector<double>& distances, const std::string& where) {
  if (!std::isfinite(*std::min_element(distances.begin(), distances.end()))) {
    throw Error("ERR_RANGE", {.argument = where,
                              .expected = "a query within reach of the items",
                              .found = "its squared distance to every one overflows"});
  }
}

template class Evaluation<float>;
template class Evaluation<double>;
template Weighted weigh<float>(const Search<float>&, double, const std::string&);
template Weighted weigh<double>(const Search<double>&, double, const std::string&);

}  // namespace denseam::gaussian
