#include "gaussian/items.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "base/format.h"
#include "gaussian/covariance.h"
#include "gaussian/signature.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;
namespace lanes = linalg::lanes;

// The greatest dimension of covariances that lie side by side.
constexpr std::size_t kMostSideBySide = 64;

std::size_t lanesFor(std::size_t d) { return d <= kMostSideBySide ? lanes::kLanes : 1; }

// The least dimension with an index: below it a distance costs no more than a bound.
constexpr std::size_t kLeastIndexed = 8;

// Numbers copied in a chunk.
constexpr std::size_t kNumbersCopied = 50'000;

// Items checked in a chunk: about 100 microseconds of Cholesky factors.
std::size_t grain(std::size_t d) { return std::max<std::size_t>(1, 40'000 / (d * d * d + 100)); }

template <typename T>
void pack(std::size_t d, const double* covariance, T* packed) {
  for (std::size_t i = 0; i < d; ++i) {
    packed = std::transform(covariance + i * d, covariance + i * d + i + 1, packed,
                            [](double x) { return static_cast<T>(x); });
  }
}

double positiveTrace(std::size_t d, double trace) { return trace + static_cast<double>(d) * zeroLevel(d, trace); }

// The note of a covariance that is far from singular.
CovarianceNote noteOfPositive(std::size_t d, double trace) { return {trace, positiveTrace(d, trace), d, nullptr}; }

// The note of a stored covariance, both triangles of which are destroyed.
CovarianceNote noteOf(std::size_t d, double* covariance, const std::string& where) {
  const Definiteness found = judge(d, covariance, where);
  CovarianceNote note{0, 0, found.scaledRank, nullptr};
  if (found.isIndefinite) {
    projectPositive(d, covariance);
    std::vector<double> positivePart(packedSize(d));
    pack(d, covariance, positivePart.data());
    note.positivePart = std::make_shared<const std::vector<double>>(std::move(positivePart));
  }
  note.trace = linalg::trace(d, covariance);
  note.positiveTrace = positiveTrace(d, note.trace);
  return note;
}

// Both triangles of a packed one, its numbers `stride` apart.
template <typename T>
void unpack(std::size_t d, const T* packed, std::size_t stride, double* matrix) {
  // Bands of rows: their mirror image fills whole cache lines, and each of its columns is done at once.
  constexpr std::size_t kBand = 16;
  for (std::size_t band = 0; band < d; band += kBand) {
    const std::size_t end = std::min(band + kBand, d);
    for (std::size_t i = band; i < end; ++i) {
      for (std::size_t j = 0; j <= i; ++j, packed += stride) matrix[i * d + j] = static_cast<double>(*packed);
    }
    for (std::size_t j = 0; j < end; ++j) {
      for (std::size_t i = std::max(band, j); i < end; ++i) matrix[j * d + i] = matrix[i * d + j];
    }
  }
}

// Checks one covariance, both triangles, and packs it.
template <typename T>
void admitGiven(std::size_t d, const T* given, const std::string& where, double* covariance, T* packed) {
  std::copy_n(given, d * d, covariance);
  checkCovariance(d, covariance, where);
  // The stored numbers are judged, not the given ones.
  std::transform(covariance, covariance + d * d, covariance,
                 [](double x) { return static_cast<double>(static_cast<T>(x)); });
  pack(d, covariance, packed);
}

template <typename T>
void checkTriangle(std::size_t d, const T* packed, const std::string& where) {
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const T x = packed[packedSize(i) + j];
      if (!std::isfinite(x)) throw notFinite(entry(where, i, j), static_cast<double>(x));
    }
  }
}

// The trace of a packed triangle.
template <typename T>
double traceOf(std::size_t d, const T* packed) {
  double sum = 0;
  for (std::size_t i = 0; i < d; ++i) sum += static_cast<double>(packed[packedSize(i) + i]);
  return sum;
}

}  // namespace

template <typename T>
FullItems<T>::FullItems(std::size_t dimension, bool indexed)
    : indexed_(indexed && dimension >= kLeastIndexed),
      means_(dimension),
      covariances_(packedSize(dimension), lanesFor(dimension)),
      signatures_(signatureSize(dimension)) {}

template <typename T>
void FullItems<T>::covariance(std::size_t item, double* matrix) const {
  const auto& positivePart = note(item).positivePart;
  positivePart ? unpack(dimension(), positivePart->data(), 1, matrix) : given(item, matrix);
}

template <typename T>
void FullItems<T>::given(std::size_t item, double* matrix) const {
  unpack(dimension(), covariances_.values(item).data(), covariances_.lanes(), matrix);
}

template <typename T>
bool FullItems<T>::isIndefinite(const std::int32_t* items, std::size_t count) const {
  return anyIndefinite_ && std::any_of(items, items + count, [&](std::int32_t item) {
           return note(static_cast<std::size_t>(item)).positivePart != nullptr;
         });
}

template <typename T>
const double* FullItems<T>::positiveGroup(const std::int32_t* items, std::size_t count,
                                          AlignedVector<double>& buffer) const {
  const std::size_t width = covariances_.width(), stride = covariances_.lanes();
  buffer.resize(width * lanes::kLanes);
  for (std::size_t lane = 0; lane < lanes::kLanes; ++lane) {
    const auto item = static_cast<std::size_t>(items[std::min(lane, count - 1)]);
    const auto& positivePart = note(item).positivePart;
    const std::span<const T> source = covariances_.values(item);
    for (std::size_t k = 0; k < width; ++k) {
      buffer[k * lanes::kLanes + lane] = positivePart ? (*positivePart)[k] : static_cast<double>(source[k * stride]);
    }
  }
  return buffer.data();
}

template <typename T>
const T* FullItems<T>::group(const std::int32_t* items, std::size_t count, AlignedVector<T>& buffer) const {
  const std::size_t width = covariances_.width(), stride = covariances_.lanes();
  const auto first = static_cast<std::size_t>(items[0]);
  const bool isAligned = first % lanes::kLanes == 0 && static_cast<std::size_t>(items[count - 1]) == first + count - 1;
  if (stride == lanes::kLanes && isAligned) return covariances_.values(first).data();
  buffer.resize(width * lanes::kLanes);
  const T* sources[lanes::kLanes];
  for (std::size_t lane = 0; lane < lanes::kLanes; ++lane) {
    sources[lane] = covariances_.values(static_cast<std::size_t>(items[std::min(lane, count - 1)])).data();
  }
  if (stride == 1) {
    lanes::pack(width, sources, buffer.data());
    return buffer.data();
  }
  for (std::size_t lane = 0; lane < lanes::kLanes; ++lane) {
    for (std::size_t k = 0; k < width; ++k) buffer[k * lanes::kLanes + lane] = sources[lane][k * stride];
  }
  return buffer.data();
}

template <typename T>
CovarianceNote FullItems<T>::admit(const Items& items, std::size_t i, T* packed) const {
  const std::size_t d = dimension();
  const T* mean = std::get<std::vector<T>>(items.positions).data() + i * d;
  for (std::size_t j = 0; j < d; ++j) {
    if (std::isfinite(mean[j])) continue;
    throw notFinite(items.at("means", i) + "[" + std::to_string(j) + "]", static_cast<double>(mean[j]));
  }
  if (items.isSaved) return admitSaved(items, i);
  const std::string where = items.at("covariances", i);
  double* covariance = Workspace::local().get(Workspace::kGram, d * d);
  const T* given = std::get<std::vector<T>>(items.covariances).data() + i * d * d;
  admitGiven(d, given, where, covariance, packed + i * packedSize(d));
  return noteOf(d, covariance, where);
}

// Where the spectrum in the file says that the covariance is far from singular, its root is tried instead of a factor.
template <typename T>
CovarianceNote FullItems<T>::admitSaved(const Items& items, std::size_t i) const {
  const std::size_t d = dimension(), width = signatureSize(d);
  const T* packed = std::get<std::vector<T>>(items.covariances).data() + i * packedSize(d);
  const std::string where = items.at("covariances", i);
  checkTriangle(d, packed, where);
  const double trace = traceOf(d, packed);
  const bool hasSignature = !items.savedIndex.empty();
  const auto saved = std::span(items.savedIndex).subspan(hasSignature ? i * width : 0, hasSignature ? width : 0);
  if (hasSignature) checkNorms(d, saved, trace, items.at("index", i));
  const bool isClear = hasSignature && isClearlyPositive(d, saved, trace);
  if (isClear && isRootOf(d, saved, packed, trace)) return noteOfPositive(d, trace);
  double* covariance = Workspace::local().get(Workspace::kGram, d * d);
  unpack(d, packed, 1, covariance);
  CovarianceNote note = noteOf(d, covariance, where);
  if (isClear) {
    throw Error("ERR_RANGE", {.argument = items.at("index", i),
                              .expected = "the root of the item's covariance",
                              .found = "its square is another matrix"});
  }
  return note;
}

template <typename T>
void FullItems<T>::append(const Items& items, Job& job) {
  const std::size_t d = dimension();
  std::vector<T> packed(items.isSaved ? 0 : items.count * packedSize(d));
  std::vector<CovarianceNote> notes(items.count);
  job.expect(items.count);
  parallel::forEach(items.count, grain(d), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) notes[i] = admit(items, i, packed.data());
    job.advance(end - begin);
  });
  anyIndefinite_ = anyIndefinite_ || std::any_of(notes.begin(), notes.end(), [](const CovarianceNote& note) {
                     return note.positivePart != nullptr;
                   });
  const bool extendsIndex = indexed() && !items.savedIndex.empty();
  means_.append(items.count, std::get<std::vector<T>>(items.positions));
  covariances_.append(items.count, items.isSaved ? std::get<std::vector<T>>(items.covariances) : packed, notes);
  if (extendsIndex) signatures_.append(items.count, items.savedIndex);
}

template <typename T>
void FullItems<T>::index(Job& job) {
  if (!indexed_) return;
  const std::size_t d = dimension();
  const std::size_t width = signatureSize(d);
  // A multiple of any number of lanes; the items signed at once take some 4 MB, or are enough for all threads.
  const std::size_t atOnce = std::max<std::size_t>(64, (std::size_t{1} << 20) / width / 64 * 64);
  job.expect(size() - signatures_.size());
  while (signatures_.size() < size()) {
    const std::size_t first = signatures_.size();
    const std::size_t count = std::min(atOnce, size() - first);
    std::vector<float> signatures(count * width);
    const std::size_t step = d <= lanes::kMostVectors ? lanes::kLanes : 1;
    parallel::forEach(count, d <= kMostSideBySide ? 8 * step : step, job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; i += step) {
        signItems(first + i, std::min(step, end - i), signatures.data() + i * width);
      }
      job.advance(end - begin);
    });
    signatures_.append(count, signatures);
  }
}

template <typename T>
void FullItems<T>::signItems(std::size_t first, std::size_t count, float* signatures) const {
  if (dimension() > lanes::kMostVectors) {
    double* matrix = Workspace::local().get(Workspace::kGram, dimension() * dimension());
    covariance(first, matrix);
    return sign(dimension(), matrix, signatures);
  }
  std::int32_t indices[lanes::kLanes];
  std::iota(indices, indices + count, static_cast<std::int32_t>(first));
  visitGroup(indices, count, [&](const auto* group) { signGroup(dimension(), group, count, signatures); });
}

template <typename T>
void FullItems<T>::checkSignature(std::size_t item) const {
  std::vector<float> own(signatureSize(dimension()));
  signItems(item, 1, own.data());
  gaussian::checkSignature(dimension(), signature(item), own, "items.index[" + std::to_string(item) + "]");
}

template <typename T>
Items FullItems<T>::saved(std::size_t first, std::size_t count, bool withSignatures, Job& job) const {
  const std::size_t d = dimension(), width = covariances_.width(), stride = covariances_.lanes();
  std::vector<T> means(count * d), covariances(count * width);
  Items items;
  items.savedIndex.resize(withSignatures ? count * signatureSize(d) : 0);
  parallel::forEach(count, std::max<std::size_t>(1, kNumbersCopied / width), job, [&](auto begin, auto end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::ranges::copy(mean(first + i), means.data() + i * d);
      const T* packed = covariances_.values(first + i).data();
      for (std::size_t k = 0; k < width; ++k) covariances[i * width + k] = packed[k * stride];
      if (withSignatures) std::ranges::copy(signature(first + i), items.savedIndex.data() + i * signatureSize(d));
    }
  });
  items.count = count;
  items.positions = std::move(means);
  items.covariances = std::move(covariances);
  items.isSaved = true;
  return items;
}

template <typename T>
void FullItems<T>::remove(const std::vector<std::int32_t>& indices, const Job& job) {
  means_.remove(indices, job);
  covariances_.remove(indices, job);
  if (indexed_) signatures_.remove(indices, job);
}

template class FullItems<float>;
template class FullItems<double>;

}  // namespace denseam::gaussian
