#include "gaussian/bures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "linalg/linalg.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// An image of the factor may be off by this much, relatively, before the slower form takes over.
constexpr double kImageError = 1e-10;

// Eigenvalues of R' S R are off by about this share of the greatest; below `zero` they are rounding alone.
double eigenvalueError(double greatest) { return 4 * kEpsilon * greatest; }
double zeroEigenvalue(std::size_t d, double greatest) { return 4 * static_cast<double>(d) * kEpsilon * greatest; }

// R' S R of the scaled factor, lower triangle, in the workspace's kGram.
template <typename T>
double* gramMatrix(const Frame& frame, const T* covariance) {
  const std::size_t d = frame.dimension();
  double* gram = Workspace::local().get(Workspace::kGram, d * d);
  std::copy_n(covariance, d * d, gram);
  linalg::congruence(d, frame.scaledFactor(), gram);
  return gram;
}

// L U and the space it lives in: kProduct. U is the orthogonal polar factor of L' R.
template <typename T>
double* procrustesImage(const Frame& frame, const T* covariance) {
  const std::size_t d = frame.dimension();
  Workspace& workspace = Workspace::local();
  double* symmetric = workspace.get(Workspace::kScratch, d * d);
  std::copy_n(covariance, d * d, symmetric);
  double* factor = workspace.get(Workspace::kFactor, d * d);
  factorize(d, symmetric, factor);

  double* product = workspace.get(Workspace::kProduct, d * d);
  linalg::multiplyTransposed(d, factor, frame.scaledFactor(), product);
  double* left = workspace.get(Workspace::kLeft, d * d);
  double* right = workspace.get(Workspace::kRight, d * d);
  linalg::singularValues(d, product, workspace.get(Workspace::kValues, d), left, right);
  linalg::multiply(d, left, right, symmetric);  // U
  linalg::multiply(d, factor, symmetric, product);
  return product;
}

void addScaled(double weight, const double* source, std::vector<double>& target, std::size_t count) {
  target.resize(count);
  for (std::size_t i = 0; i < count; ++i) target[i] += weight * source[i];
}

}  // namespace

template <typename T>
Distance buresDistance(const Frame& frame, const T* covariance, bool singular) {
  const std::size_t d = frame.dimension();
  double trace = 0;
  for (std::size_t i = 0; i < d; ++i) trace += static_cast<double>(covariance[i * d + i]);
  double* gram = gramMatrix(frame, covariance);
  double* values = Workspace::local().get(Workspace::kValues, d);
  linalg::eigenvalues(d, gram, values);

  const double greatest = std::max(0.0, values[d - 1]);
  const double error = eigenvalueError(greatest);
  const double zero = singular ? zeroEigenvalue(d, greatest) : 0.0;
  double root = 0;
  double rootError = 0;
  for (std::size_t i = 0; i < d; ++i) {
    if (values[i] > zero) root += std::sqrt(values[i]);
    if (values[i] > zero || !singular)
      rootError += values[i] > error ? error / (2 * std::sqrt(values[i])) : std::sqrt(error);
  }
  const double sum = trace + frame.trace();
  return {std::max(0.0, sum - 2 * frame.scale() * root), 2 * frame.scale() * rootError + 4 * kEpsilon * sum};
}

template <typename T>
double buresDistanceProcrustes(const Frame& frame, const T* covariance) {
  const std::size_t d = frame.dimension();
  const double* image = procrustesImage(frame, covariance);
  double sum = 0;
  for (std::size_t i = 0; i < d * d; ++i) {
    const double difference = image[i] - frame.factor()[i];
    sum += difference * difference;
  }
  return sum;
}

template <typename T>
void Transport::add(double weight, const T* covariance, bool singular) {
  if (frame_->reciprocalCondition() == 0 || !addRoot(weight, covariance, singular)) addProcrustes(weight, covariance);
}

template <typename T>
bool Transport::addRoot(double weight, const T* covariance, bool singular) {
  const std::size_t d = frame_->dimension();
  Workspace& workspace = Workspace::local();
  double* vectors = gramMatrix(*frame_, covariance);
  double* values = workspace.get(Workspace::kValues, d);
  linalg::eigenvectors(d, vectors, values);

  const double greatest = std::max(0.0, values[d - 1]);
  const double zero = singular ? zeroEigenvalue(d, greatest) : 0.0;
  const double* least = std::find_if(values, values + d, [&](double value) { return value > zero || !singular; });
  // A root of an eigenvalue l is off by eps greatest / (2 sqrt l), and dividing by R magnifies that by at most cond(R).
  const double ratio = greatest > 0 && least != values + d ? std::max(0.0, *least) / greatest : 1.0;
  const bool precise = 2 * kEpsilon <= kImageError * frame_->reciprocalCondition() * std::sqrt(ratio);
  if (!precise) return false;

  // (R' S R)^1/2 = V l^1/2 V' = B B' with B = V l^1/4.
  for (std::size_t j = 0; j < d; ++j) {
    const double root = values[j] > zero ? std::sqrt(std::sqrt(values[j])) : 0.0;
    std::transform(vectors + j * d, vectors + (j + 1) * d, vectors + j * d, [root](double x) { return x * root; });
  }
  roots_.resize(d * d);
  linalg::addOuter(d, weight, vectors, roots_.data());
  return true;
}

template <typename T>
void Transport::addProcrustes(double weight, const T* covariance) {
  const std::size_t d = frame_->dimension();
  addScaled(weight, procrustesImage(*frame_, covariance), images_, d * d);
}

void Transport::merge(const Transport& other) {
  if (!other.roots_.empty()) addScaled(1, other.roots_.data(), roots_, other.roots_.size());
  if (!other.images_.empty()) addScaled(1, other.images_.data(), images_, other.images_.size());
}

std::vector<double> Transport::image() const {
  const std::size_t d = frame_->dimension();
  std::vector<double> image(d * d);
  if (!roots_.empty()) {
    // R^-T sum w (R' S R)^1/2; the scales of the factor and of the roots cancel.
    image = roots_;
    linalg::symmetrize(d, image.data());
    linalg::solveTransposed(d, frame_->scaledFactor(), image.data());
  }
  if (!images_.empty()) addScaled(1, images_.data(), image, d * d);
  return image;
}

template Distance buresDistance<float>(const Frame&, const float*, bool);
template Distance buresDistance<double>(const Frame&, const double*, bool);
template double buresDistanceProcrustes<float>(const Frame&, const float*);
template double buresDistanceProcrustes<double>(const Frame&, const double*);
template void Transport::add<float>(double, const float*, bool);
template void Transport::add<double>(double, const double*, bool);

}  // namespace denseam::gaussian
