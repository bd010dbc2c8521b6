#include "pointcloud/softmin.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "parallel/pool.h"
#include "pointcloud/weak.h"
#include "simd/dispatch.h"
#include "simd/exponential.h"

namespace denseam::pointcloud {
namespace {

// Points of a run, which stay in the nearest cache with their exponents, and points that read them in a chunk of work.
constexpr std::size_t kRun = 512;
constexpr std::size_t kGrain = 16;
// exp(-50) times all points of a run shows in no sum.
constexpr double kInvisible = 50;

// One point against a run of others.
template <typename T>
struct Pass {
  std::size_t count, dimension;
  const T* point;
  const T* run;  // coordinate by coordinate, kRun apart
  const T* terms;
  T inverse;
};

// exponents_j <- terms_j - inverse |x - y_j|^2; returns the greatest. D is the dimension, 0 for any.
template <std::size_t D, typename T>
DENSEAM_INLINE T writeExponents(const Pass<T>& pass, T* __restrict exponents) {
  const T* __restrict y = pass.run;
  const T* __restrict terms = pass.terms;
  const T inverse = pass.inverse;
  T greatest = -std::numeric_limits<T>::infinity();
  if constexpr (D > 0) {
    T x[D];
    for (std::size_t i = 0; i < D; ++i) x[i] = pass.point[i];
#pragma omp simd reduction(max : greatest)
    for (std::size_t j = 0; j < pass.count; ++j) {
      T square = 0;
      for (std::size_t i = 0; i < D; ++i) square += (x[i] - y[i * kRun + j]) * (x[i] - y[i * kRun + j]);
      exponents[j] = terms[j] - inverse * square;
      greatest = exponents[j] > greatest ? exponents[j] : greatest;
    }
    return greatest;
  }
  for (std::size_t j = 0; j < pass.count; ++j) exponents[j] = 0;
  for (std::size_t i = 0; i < pass.dimension; ++i) {
    const T x = pass.point[i];
#pragma omp simd
    for (std::size_t j = 0; j < pass.count; ++j) exponents[j] += (x - y[i * kRun + j]) * (x - y[i * kRun + j]);
  }
#pragma omp simd reduction(max : greatest)
  for (std::size_t j = 0; j < pass.count; ++j) {
    exponents[j] = terms[j] - inverse * exponents[j];
    greatest = exponents[j] > greatest ? exponents[j] : greatest;
  }
  return greatest;
}

template <typename T>
DENSEAM_INLINE T exponentsOf(const Pass<T>& pass, T* exponents) {
  switch (pass.dimension) {
    case 1:
      return writeExponents<1>(pass, exponents);
    case 2:
      return writeExponents<2>(pass, exponents);
    case 3:
      return writeExponents<3>(pass, exponents);
    default:
      return writeExponents<0>(pass, exponents);
  }
}

// exponents_j <- exp(exponents_j - shift); returns their sum.
template <typename T>
DENSEAM_INLINE T exponentiate(std::size_t count, T shift, T* __restrict exponents) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < count; ++j) {
    exponents[j] = exponential<T>(exponents[j] - shift);
    sum += exponents[j];
  }
  return sum;
}

// A sum of exponentials, relative to the greatest so far.
struct LogSum {
  double shift = -std::numeric_limits<double>::infinity();
  double sum = 0;

  double value() const { return shift + std::log(sum); }
  // What is there becomes relative to a greater shift; returns the factor.
  double lift(double greatest) {
    if (!(greatest > shift)) return 1;
    const double factor = std::exp(shift - greatest);
    sum *= factor;
    shift = greatest;
    return factor;
  }
};

template <typename T>
DENSEAM_INLINE void addRun(const Pass<T>& pass, LogSum& total) {
  alignas(64) T exponents[kRun];
  const T greatest = exponentsOf(pass, exponents);
  if (static_cast<double>(greatest) < total.shift - kInvisible) return;
  total.lift(static_cast<double>(greatest));
  total.sum += static_cast<double>(exponentiate(pass.count, static_cast<T>(total.shift), exponents));
}

DENSEAM_DISPATCH void addSingleRun(const Pass<float>& pass, LogSum& total) { addRun(pass, total); }
DENSEAM_DISPATCH void addDoubleRun(const Pass<double>& pass, LogSum& total) { addRun(pass, total); }

void add(const Pass<float>& pass, LogSum& total) { addSingleRun(pass, total); }
void add(const Pass<double>& pass, LogSum& total) { addDoubleRun(pass, total); }

DENSEAM_DISPATCH double weakRun(const Pass<double>& pass, const double* __restrict weights) {
  alignas(64) double exponents[kRun];
  exponentsOf(pass, exponents);
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < pass.count; ++j) sum += weights[j] * expm1Small(exponents[j]);
  return sum;
}

// means: sum p (y_j, |x - y_j|^2), relative to the shift.
DENSEAM_DISPATCH void addMeans(const Pass<double>& pass, LogSum& total, double* __restrict means) {
  alignas(64) double exponents[kRun];
  const double greatest = exponentsOf(pass, exponents);
  if (greatest < total.shift - kInvisible) return;
  const double factor = total.lift(greatest);
  const std::size_t d = pass.dimension;
  for (std::size_t i = 0; i <= d; ++i) means[i] *= factor;
  total.sum += exponentiate(pass.count, total.shift, exponents);
  for (std::size_t i = 0; i < d; ++i) {
    const double* __restrict y = pass.run + i * kRun;
    const double x = pass.point[i];
    double mean = 0, cost = 0;
#pragma omp simd reduction(+ : mean, cost)
    for (std::size_t j = 0; j < pass.count; ++j) {
      mean += exponents[j] * y[j];
      cost += exponents[j] * ((x - y[j]) * (x - y[j]));
    }
    means[i] += mean;
    means[d] += cost;
  }
}

// Runs body(k, pass) for every point k of x and every run of y, points in parallel, the runs of each in order.
template <typename T, typename Begin, typename Body, typename End>
void forEachRun(const StreamedCloud<T>& x, const StreamedCloud<T>& y, const T* terms, T inverse, const Job& job,
                const Begin& begin, const Body& body, const End& end) {
  parallel::forEach(x.size(), kGrain, job, [&](std::size_t from, std::size_t to) {
    for (std::size_t k = from; k < to; ++k) {
      auto state = begin(k);
      for (std::size_t j = 0; j < y.size(); j += kRun) {
        const std::size_t count = std::min(kRun, y.size() - j);
        body(state, Pass<T>{count, x.dimension(), x.point(k), y.run(j), terms + j, inverse}, j);
      }
      end(k, state);
    }
  });
}

}  // namespace

template <typename T>
StreamedCloud<T>::StreamedCloud(const Cloud& cloud)
    : size_(cloud.size),
      dimension_(cloud.dimension),
      points_(cloud.points.begin(), cloud.points.end()),
      runs_((cloud.size + kRun - 1) / kRun * kRun * cloud.dimension) {
  for (std::size_t k = 0; k < size_; ++k) {
    T* run = runs_.data() + k / kRun * kRun * dimension_ + k % kRun;
    for (std::size_t i = 0; i < dimension_; ++i) run[i * kRun] = points_[k * dimension_ + i];
  }
}

template <typename T>
void logSums(const StreamedCloud<T>& x, const StreamedCloud<T>& y, const double* terms, double inverse, double* sums,
             const Job& job) {
  const AlignedVector<T> own(terms, terms + y.size());
  forEachRun(
      x, y, own.data(), static_cast<T>(inverse), job, [](std::size_t) { return LogSum{}; },
      [](LogSum& total, const Pass<T>& pass, std::size_t) { add(pass, total); },
      [&](std::size_t k, const LogSum& total) { sums[k] = total.value(); });
}

void weakLogSums(const StreamedCloud<double>& x, const StreamedCloud<double>& y, const double* weights,
                 const double* potentials, double* sums, const Job& job) {
  forEachRun(
      x, y, potentials, 1.0, job, [](std::size_t) { return 0.0; },
      [&](double& total, const Pass<double>& pass, std::size_t j) { total += weakRun(pass, weights + j); },
      [&](std::size_t k, double total) { sums[k] = std::log1p(total); });
}

void images(const StreamedCloud<double>& x, const StreamedCloud<double>& y, const double* terms, double* images,
            double* costs, const Job& job) {
  const std::size_t d = x.dimension();
  struct Means {
    LogSum total;
    std::vector<double> values;
  };
  forEachRun(
      x, y, terms, 1.0, job,
      [&](std::size_t) {
        return Means{{}, std::vector<double>(d + 1)};
      },
      [](Means& means, const Pass<double>& pass, std::size_t) { addMeans(pass, means.total, means.values.data()); },
      [&](std::size_t k, const Means& means) {
        for (std::size_t i = 0; i < d; ++i) images[k * d + i] = means.values[i] / means.total.sum;
        costs[k] = means.values[d] / means.total.sum;
      });
}

template class StreamedCloud<float>;
template class StreamedCloud<double>;
template void logSums(const StreamedCloud<float>&, const StreamedCloud<float>&, const double*, double, double*,
                      const Job&);
template void logSums(const StreamedCloud<double>&, const StreamedCloud<double>&, const double*, double, double*,
                      const Job&);

}  // namespace denseam::pointcloud
