#include "gaussian/basis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/format.h"
#include "base/single.h"
#include "gaussian/covariance.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;

// The tolerance of the columns' inner products: a tenth of the accuracy of distances.
constexpr double kOrthogonality = 1e-10;

// The numbers of covariances in one matrix product: enough to pay for its call, in 256 kB.
constexpr std::size_t kBlock = std::size_t{1} << 15;

// Offsets in a chunk: about 100 microseconds.
std::size_t offsetGrain(std::size_t d) { return std::max<std::size_t>(1, 100'000 / (d * d)); }

Error notOrthogonal(const std::string& name, std::size_t i, std::size_t j, double product) {
  const std::string what = i == j
                               ? "column " + std::to_string(i) + " has squared length "
                               : "columns " + std::to_string(i) + " and " + std::to_string(j) + " have inner product ";
  return {"ERR_RANGE",
          {.argument = name,
           .expected = "an orthogonal matrix (to " + number(kOrthogonality) + ")",
           .found = what + number(product)}};
}

void checkOrthogonal(const Basis& basis, const std::string& name) {
  const std::size_t d = basis.dimension;
  double* gram = Workspace::local().get(Workspace::kGram, d * d);
  linalg::multiplyTransposed(d, basis.columnMajor.data(), basis.columnMajor.data(), gram);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i <= j; ++i) {
      const double product = gram[j * d + i];
      if (!(std::abs(product - (i == j ? 1 : 0)) <= kOrthogonality)) throw notOrthogonal(name, i, j, product);
    }
  }
}

// v_k = V_k' S V_k from the rows (S V_k)' of `images`, column-major.
void readVariances(const Basis& basis, const double* images, double* variances) {
  const std::size_t d = basis.dimension;
  std::fill_n(variances, d, 0.0);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t k = 0; k < d; ++k) variances[k] += images[j * d + k] * basis.rowMajor[j * d + k];
  }
}

// The residual of a projection; `sums` is work space of d numbers.
double residualOf(const Basis& basis, const double* images, const double* variances, double greatest, double* sums) {
  const std::size_t d = basis.dimension;
  if (greatest == 0) {
    const bool isZero = std::all_of(images, images + d * d, [](double x) { return x == 0; });
    return isZero ? 0 : std::numeric_limits<double>::infinity();
  }
  std::fill_n(sums, d, 0.0);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t k = 0; k < d; ++k) {
      const double difference = (images[j * d + k] - variances[k] * basis.rowMajor[j * d + k]) / greatest;
      sums[k] += difference * difference;
    }
  }
  return std::sqrt(*std::max_element(sums, sums + d));
}

// Sets variances within rounding of zero to zero: their roots would be 1e-8 of the greatest. A variance below that
// belongs to no covariance, in any basis, not even to one that was rounded to float32.
void clearRounding(std::size_t d, double greatest, const std::string& where, double* variances) {
  constexpr double kDouble = std::numeric_limits<double>::epsilon();
  constexpr auto kSingle = static_cast<double>(std::numeric_limits<float>::epsilon());
  const double zero = 4 * static_cast<double>(d) * kDouble * greatest;
  const double indefinite = 8 * static_cast<double>(d) * kSingle * greatest;
  for (std::size_t k = 0; k < d; ++k) {
    if (variances[k] < -indefinite) {
      throw Error("ERR_NOT_POSITIVE_DEFINITE", {.argument = where,
                                                .expected = "a positive semidefinite matrix",
                                                .found = "its variance along vector " + std::to_string(k) +
                                                         " of the basis is " + number(variances[k])});
    }
    if (variances[k] <= zero) variances[k] = 0;
  }
}

// Items of a chunk of work.
std::size_t grain(std::size_t d) { return std::max<std::size_t>(1, kBlock / (d * d)); }

Batch emptyLike(const Batch& items, std::size_t perItem) {
  Batch batch;
  batch.count = items.count;
  batch.covariances.resize(items.count * perItem);
  return batch;
}

// Writes one covariance out in full; `given` is checked.
void expandItem(Structure structure, std::size_t d, const Basis* basis, Batch& items, std::size_t index,
                double* covariance) {
  const std::size_t size = covarianceSize(structure, d);
  double* given = items.covariances.data() + index * size;
  const std::string where = items.at("covariances", index);
  if (structure == Structure::kFull) {
    checkCovariance(d, given, where);
    std::copy_n(given, d * d, covariance);
    return;
  }
  checkVariances(structure, d, given, where);
  if (basis) {
    writeCovariance(*basis, given, covariance);
  } else {
    for (std::size_t k = 0; k < d; ++k) covariance[k * d + k] = given[size == 1 ? 0 : k];
  }
}

// Projects the items `begin` to `end`, whose covariances are averaged with their transposes.
void projectRun(const Basis& basis, Batch& items, std::size_t begin, std::size_t end, Projection& result) {
  const std::size_t d = basis.dimension;
  const std::size_t count = end - begin;
  double* given = items.covariances.data() + begin * d * d;
  for (std::size_t i = 0; i < count; ++i) {
    checkMean(d, items.positions.data() + (begin + i) * d, items.at("means", begin + i));
    result.isSingle[begin + i] = areSingle({given + i * d * d, d * d});
    checkCovariance(d, given + i * d * d, items.at("covariances", begin + i));
  }
  double* images = Workspace::local().get(Workspace::kProduct, count * d * d);
  double* sums = Workspace::local().get(Workspace::kValues, d);
  linalg::multiplyTransposed(d, count * d, basis.columnMajor.data(), given, images);
  for (std::size_t i = 0; i < count; ++i) {
    const double* own = images + i * d * d;
    double* variances = result.items.covariances.data() + (begin + i) * d;
    readVariances(basis, own, variances);
    double greatest = 0;
    for (std::size_t k = 0; k < d; ++k) {
      if (!std::isfinite(variances[k])) throw overflow(items.at("covariances", begin + i));
      greatest = std::max(greatest, std::abs(variances[k]));
    }
    result.residuals[begin + i] = residualOf(basis, own, variances, greatest, sums);
    clearRounding(d, greatest, items.at("covariances", begin + i), variances);
  }
}

}  // namespace

Basis makeBasis(std::size_t d, std::vector<double> rowMajor, const std::string& name) {
  for (std::size_t i = 0; i < d * d; ++i) {
    if (!std::isfinite(rowMajor[i])) throw notFinite(name + ".data[" + std::to_string(i) + "]", rowMajor[i]);
  }
  Basis basis{d, std::vector<double>(d * d), std::move(rowMajor)};
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i < d; ++i) basis.columnMajor[j * d + i] = basis.rowMajor[i * d + j];
  }
  checkOrthogonal(basis, name);
  return basis;
}

// V diag(v) V' = B B' with B = V diag(v)^1/2.
void writeCovariance(const Basis& basis, const double* variances, double* covariance) {
  const std::size_t d = basis.dimension;
  double* scaled = Workspace::local().get(Workspace::kProduct, d * d);
  for (std::size_t j = 0; j < d; ++j) {
    const double root = std::sqrt(variances[j]);
    for (std::size_t i = 0; i < d; ++i) scaled[j * d + i] = basis.columnMajor[j * d + i] * root;
  }
  linalg::outer(d, scaled, covariance);
  linalg::symmetrize(d, covariance);
}

Batch expand(Structure structure, std::size_t d, const Basis* basis, Batch items, Job& job) {
  job.expect(items.count);
  Batch result = emptyLike(items, d * d);
  parallel::forEach(items.count, grain(d), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      checkMean(d, items.positions.data() + i * d, items.at("means", i));
      expandItem(structure, d, basis, items, i, result.covariances.data() + i * d * d);
    }
    job.advance(end - begin);
  });
  result.positions = std::move(items.positions);
  return result;
}

Projection project(const Basis& basis, Batch items, Job& job) {
  job.expect(items.count);
  Projection result{emptyLike(items, basis.dimension), std::vector<double>(items.count),
                    std::vector<std::uint8_t>(items.count)};
  parallel::forEach(items.count, grain(basis.dimension), job, [&](std::size_t begin, std::size_t end) {
    projectRun(basis, items, begin, end, result);
    job.advance(end - begin);
  });
  result.items.positions = std::move(items.positions);
  return result;
}

void writeOffsets(const Basis& basis, const std::vector<double>& m, const Batch& items, TransportMaps& maps, Job& job) {
  const std::size_t d = basis.dimension;
  std::vector<double> coordinates(d);  // V' m
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t k = 0; k < d; ++k) coordinates[k] += basis.rowMajor[j * d + k] * m[j];
  }
  parallel::forEach(items.count, offsetGrain(d), job, [&](std::size_t begin, std::size_t end) {
    double* image = Workspace::local().get(Workspace::kValues, d);
    for (std::size_t i = begin; i < end; ++i) {
      std::fill_n(image, d, 0.0);
      for (std::size_t k = 0; k < d; ++k) {
        const double scaled = maps.matrices[i * d + k] * coordinates[k];
        for (std::size_t j = 0; j < d; ++j) image[j] += basis.columnMajor[k * d + j] * scaled;
      }
      for (std::size_t j = 0; j < d; ++j) maps.offsets[i * d + j] = items.positions[i * d + j] - image[j];
    }
  });
}

}  // namespace denseam::gaussian
