#include "gaussian/bures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gaussian/covariance.h"
#include "linalg/lanes.h"
#include "linalg/linalg.h"
#include "simd/distances.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;
namespace lanes = linalg::lanes;

using OneSpectrum = GramSpectra<1>;
using GroupSpectra = GramSpectra<lanes::kLanes>;

// The relative error of an image of the factor above which the slower form is used.
constexpr double kImageError = 1e-10;
// A distance is computed from an image instead of from eigenvalues when it is this small beside the traces, where it
// has lost digits by cancellation...
constexpr double kSmall = 1e-6;
// The greatest dimension where all lanes together take no longer than one matrix elsewhere, or hardly; above it, the
// number of items from which they do.
constexpr std::size_t kMostCheap = 64;
constexpr std::size_t kFewestInLanes = 3;
// ...and when the image is as exact as Procrustes' form.
constexpr double kFineImageError = 1e-13;

// R' S R of the scaled factor, lower triangle, in the workspace's kGram.
template <typename T>
double* gramMatrix(const Frame& frame, const FullItems<T>& items, std::int32_t index) {
  const std::size_t d = frame.dimension();
  double* gram = Workspace::local().get(Workspace::kGram, d * d);
  items.covariance(static_cast<std::size_t>(index), gram);
  linalg::congruence(d, frame.scaledFactor(), gram);
  return gram;
}

// Gram matrices of a group of lanes, in the layout of linalg/lanes.h.
template <typename T>
void gramGroup(const Frame& frame, const FullItems<T>& items, const std::int32_t* indices, std::size_t count,
               double* gram) {
  const std::size_t d = frame.dimension();
  double* work = Workspace::local().get(Workspace::kLapack, lanes::workSize(d));
  items.visitGroup(indices, count,
                   [&](const auto* group) { lanes::congruence(d, frame.scaledFactor(), group, gram, work); });
}

// The eigenvalues of up to two groups: those of a group's lanes side by side, the second group after the first.
template <typename T>
const double* gramEigenvalues(const Frame& frame, const FullItems<T>& items, const std::int32_t* indices,
                              std::size_t count) {
  const std::size_t d = frame.dimension();
  Workspace& workspace = Workspace::local();
  double* values = workspace.get(Workspace::kValues, 2 * d * lanes::kLanes);
  double* gram = workspace.get(Workspace::kGram, 2 * lanes::packedSize(d));
  const bool isPair = count > lanes::kLanes;
  gramGroup(frame, items, indices, std::min(count, lanes::kLanes), gram);
  if (isPair) gramGroup(frame, items, indices + lanes::kLanes, count - lanes::kLanes, gram + lanes::packedSize(d));
  double* work = workspace.get(Workspace::kLapack, 2 * lanes::workSize(d));
  linalg::checkConverged(isPair ? lanes::eigenvaluesOfTwo(d, gram, values, work)
                                : lanes::eigenvalues(d, gram, values, work));
  return values;
}

// Those of one group whose matrices are too large for the lanes.
template <typename T>
const double* largeGramEigenvalues(const Frame& frame, const FullItems<T>& items, const std::int32_t* indices,
                                   std::size_t count) {
  const std::size_t d = frame.dimension();
  double* values = Workspace::local().get(Workspace::kValues, d * lanes::kLanes);
  const auto gram = [&](std::size_t k) { return gramMatrix(frame, items, indices[k]); };
  linalg::eigenvaluesInLanes(d, count, gram, values);
  return values;
}

// The notes of a group's items; lanes beyond `count` repeat the last one.
template <typename T>
struct GroupNotes {
  GroupNotes(const FullItems<T>& items, const std::int32_t* indices, std::size_t count) {
    for (std::size_t lane = 0; lane < lanes::kLanes; ++lane) {
      notes[lane] = &items.note(static_cast<std::size_t>(indices[std::min(lane, count - 1)]));
    }
  }
  const CovarianceNote* notes[lanes::kLanes];
};

double rootOf(double eigenvalue, double zero) { return eigenvalue > zero ? std::sqrt(eigenvalue) : 0.0; }

// B with B B' = (R' S R)^1/2 = V l^1/2 V', from V.
void scaleToRoot(std::size_t d, const double* values, double zero, double* vectors) {
  for (std::size_t j = 0; j < d; ++j) {
    const double scale = std::sqrt(rootOf(values[j], zero));
    std::transform(vectors + j * d, vectors + (j + 1) * d, vectors + j * d, [scale](double x) { return x * scale; });
  }
}

// L U and its space, kProduct. U is the orthogonal polar factor of L' R.
double* procrustesImage(const Frame& frame, const double* covariance, bool isFullRank) {
  const std::size_t d = frame.dimension();
  Workspace& workspace = Workspace::local();
  double* factor = workspace.get(Workspace::kFactor, d * d);
  factorize(d, covariance, isFullRank, factor);

  double* product = workspace.get(Workspace::kProduct, d * d);
  linalg::multiplyTransposed(d, factor, frame.scaledFactor(), product);
  double* left = workspace.get(Workspace::kLeft, d * d);
  double* right = workspace.get(Workspace::kRight, d * d);
  linalg::singularValues(d, product, workspace.get(Workspace::kValues, d), left, right);
  double* polar = workspace.get(Workspace::kScratch, d * d);
  linalg::multiply(d, left, right, polar);
  linalg::multiply(d, factor, polar, product);
  return product;
}

void addScaled(double weight, const double* source, std::vector<double>& target, std::size_t count) {
  target.resize(count);
  for (std::size_t i = 0; i < count; ++i) target[i] += weight * source[i];
}

}  // namespace

Distance buresDistance(const Frame& frame, const double* covariance, const CovarianceNote& note) {
  const std::size_t d = frame.dimension();
  Workspace& workspace = Workspace::local();
  double* gram = workspace.get(Workspace::kGram, d * d);
  std::copy_n(covariance, d * d, gram);
  linalg::congruence(d, frame.scaledFactor(), gram);
  double* values = workspace.get(Workspace::kValues, d);
  linalg::eigenvalues(d, gram, values);
  const CovarianceNote* notes = &note;
  return OneSpectrum(frame, values, &notes).distance(frame, 0);
}

template <typename T>
void buresDistances(const Frame& frame, const FullItems<T>& items, const std::int32_t* indices, std::size_t count,
                    Distance* distances) {
  const std::size_t d = frame.dimension();
  // A lone item takes the lanes, too, and so its bits do not depend on its company.
  const double* values = d <= lanes::kMostValues ? gramEigenvalues(frame, items, indices, count)
                                                 : largeGramEigenvalues(frame, items, indices, count);
  for (std::size_t begin = 0; begin < count; begin += lanes::kLanes) {
    const std::size_t group = std::min(lanes::kLanes, count - begin);
    const GroupSpectra spectra(frame, values + begin * d, GroupNotes(items, indices + begin, group).notes);
    for (std::size_t k = 0; k < group; ++k) distances[begin + k] = spectra.distance(frame, k);
  }
}

double buresDistanceProcrustes(const Frame& frame, const double* covariance, bool isFullRank) {
  const std::size_t d = frame.dimension();
  return squaredDistance({procrustesImage(frame, covariance, isFullRank), d * d}, {frame.factor(), d * d});
}

template <typename T>
Distance buresDistanceWithMap(const Frame& frame, const FullItems<T>& items, std::int32_t index,
                              std::optional<MapImage>& image) {
  const std::size_t d = frame.dimension();
  const CovarianceNote& note = items.note(static_cast<std::size_t>(index));
  double* vectors = gramMatrix(frame, items, index);
  double* values = Workspace::local().get(Workspace::kValues, d);
  linalg::eigenvectors(d, vectors, values);
  const CovarianceNote* notes = &note;
  const OneSpectrum spectrum(frame, values, &notes);
  const Distance distance = spectrum.distance(frame, 0);
  const double error = spectrum.imageError(frame, 0);
  if (!(error <= kImageError)) return distance;

  scaleToRoot(d, values, spectrum.zero(0), vectors);
  image.emplace(MapImage{std::vector<double>(d * d), error});
  linalg::outer(d, vectors, image->values.data());
  linalg::symmetrize(d, image->values.data());
  linalg::solveTransposed(d, frame.scaledFactor(), image->values.data());
  const bool isSmall = distance.value < kSmall * (note.trace + frame.trace());
  if (!isSmall || error > kFineImageError) return distance;
  return {squaredDistance(image->values, {frame.factor(), d * d}), 0};
}

template <typename T>
void Transport::add(const FullItems<T>& items, const std::int32_t* indices, const double* weights, std::size_t count) {
  const std::size_t d = frame_->dimension();
  const bool isGroup = d <= kMostCheap || (d <= lanes::kMostVectors && count >= kFewestInLanes);
  if (!isGroup || frame_->reciprocalCondition() == 0) {
    for (std::size_t k = 0; k < count; ++k) {
      const bool hasInverse = frame_->reciprocalCondition() > 0;
      if (!hasInverse || !addRoot(weights[k], items, indices[k])) addProcrustes(weights[k], items, indices[k]);
    }
    return;
  }
  for (std::size_t begin = 0; begin < count; begin += lanes::kLanes) {
    const std::size_t group = std::min(lanes::kLanes, count - begin);
    const unsigned leftOut = addRoots(items, indices + begin, weights + begin, group);
    for (std::size_t k = begin; k < begin + group; ++k) {
      if ((leftOut >> (k - begin) & 1U) != 0) addProcrustes(weights[k], items, indices[k]);
    }
  }
}

void Transport::add(double weight, const MapImage& image) {
  addScaled(weight, image.values.data(), images_, image.values.size());
}

template <typename T>
bool Transport::addRoot(double weight, const FullItems<T>& items, std::int32_t index) {
  const std::size_t d = frame_->dimension();
  double* vectors = gramMatrix(*frame_, items, index);
  double* values = Workspace::local().get(Workspace::kValues, d);
  linalg::eigenvectors(d, vectors, values);
  const CovarianceNote* note = &items.note(static_cast<std::size_t>(index));
  const OneSpectrum spectrum(*frame_, values, &note);
  if (!(spectrum.imageError(*frame_, 0) <= kImageError)) return false;
  scaleToRoot(d, values, spectrum.zero(0), vectors);
  roots_.resize(d * d);
  linalg::addOuter(d, weight, vectors, roots_.data());
  return true;
}

template <typename T>
unsigned Transport::addRoots(const FullItems<T>& items, const std::int32_t* indices, const double* weights,
                             std::size_t count) {
  const std::size_t d = frame_->dimension();
  Workspace& workspace = Workspace::local();
  double* gram = workspace.get(Workspace::kGram, lanes::packedSize(d));
  gramGroup(*frame_, items, indices, count, gram);
  double* values = workspace.get(Workspace::kValues, d * lanes::kLanes);
  double* vectors = workspace.get(Workspace::kLeft, d * d * lanes::kLanes);
  linalg::checkConverged(
      lanes::eigenvectors(d, gram, values, vectors, workspace.get(Workspace::kLapack, lanes::workSize(d))));

  const GroupSpectra spectra(*frame_, values, GroupNotes(items, indices, count).notes);
  double laneWeights[lanes::kLanes] = {};
  unsigned leftOut = 0;
  for (std::size_t lane = 0; lane < lanes::kLanes; ++lane) {
    const bool isPrecise = spectra.imageError(*frame_, lane) <= kImageError;
    if (lane < count) isPrecise ? laneWeights[lane] = weights[lane] : leftOut |= 1U << lane;
    for (std::size_t j = 0; j < d; ++j) {
      double& value = values[j * lanes::kLanes + lane];
      value = rootOf(value, spectra.zero(lane));
    }
  }
  double* sum = workspace.get(Workspace::kProduct, lanes::packedSize(d));
  std::fill_n(sum, lanes::packedSize(d), 0.0);
  lanes::addSpectral(d, laneWeights, vectors, values, sum, workspace.get(Workspace::kLapack, lanes::workSize(d)));
  double* matrix = workspace.get(Workspace::kRight, d * d);
  std::fill_n(matrix, d * d, 0.0);
  lanes::sumLanes(d, sum, matrix);
  addScaled(1, matrix, roots_, d * d);
  return leftOut;
}

template <typename T>
void Transport::addProcrustes(double weight, const FullItems<T>& items, std::int32_t index) {
  const std::size_t d = frame_->dimension();
  double* covariance = Workspace::local().get(Workspace::kScratch, d * d);
  items.covariance(static_cast<std::size_t>(index), covariance);
  const bool isFullRank = items.note(static_cast<std::size_t>(index)).rank == d;
  addScaled(weight, procrustesImage(*frame_, covariance, isFullRank), images_, d * d);
}

void Transport::merge(const Transport& other) {
  if (!other.roots_.empty()) addScaled(1, other.roots_.data(), roots_, other.roots_.size());
  if (!other.images_.empty()) addScaled(1, other.images_.data(), images_, other.images_.size());
}

std::vector<double> Transport::image() const {
  const std::size_t d = frame_->dimension();
  std::vector<double> image(d * d);
  if (!roots_.empty()) {
    // R^-T sum w (R' S R)^1/2; the scales of the factor and of the roots cancel out.
    image = roots_;
    linalg::symmetrize(d, image.data());
    linalg::solveTransposed(d, frame_->scaledFactor(), image.data());
  }
  if (!images_.empty()) addScaled(1, images_.data(), image, d * d);
  return image;
}

#define DENSEAM_INSTANTIATE(T)                                                                                     \
  template void buresDistances<T>(const Frame&, const FullItems<T>&, const std::int32_t*, std::size_t, Distance*); \
  template Distance buresDistanceWithMap<T>(const Frame&, const FullItems<T>&, std::int32_t,                       \
                                            std::optional<MapImage>&);                                             \
  template void Transport::add<T>(const FullItems<T>&, const std::int32_t*, const double*, std::size_t);
DENSEAM_INSTANTIATE(float)
DENSEAM_INSTANTIATE(double)
#undef DENSEAM_INSTANTIATE

}  // namespace denseam::gaussian
