#include <cblas.h>
#include <lapacke.h>
#include <time.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "linalg/lanes.h"
#include "linalg/linalg.h"
#include "peaks.h"

// What the benchmarks are measured against: LAPACK and BLAS called directly, with nothing around them. Reads one
// command a line and answers each with one line of JSON, so that a caller can take turns with it:
//
//   info                                     the BLAS, as it names itself
//   load DIMENSION COUNT PATH                float64 matrices: the covariance of a query, then those of COUNT items
//   roots THREADS                            tr (R' S R)^1/2 of every item, O = R R' the query's covariance
//   product float32|float64 SIZE THREADS     one SIZE x SIZE matrix product on each thread
//   peak float64|float32|bf16|int8 THREADS   multiply-adds on registers alone; no operations where it lacks them
//   bandwidth read|triad THREADS             two arrays read, or a = b + s c, each thread on its part of the arrays
//   training ROWS UNITS DIMENSION THREADS COUNT  the two products of a training step, COUNT times
//   level                                    the best level of linalg/lanes.h on this processor
//   eigen DIMENSION COUNT LEVEL              COUNT random Gram matrices by our kernels and by dsyevd, one thread
namespace {

void check(lapack_int info, const char* routine) {
  if (info != 0) throw std::runtime_error(std::string(routine) + " failed");
}

double processorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Runs body(thread) on every thread and says how long that took, as the first members of a JSON object.
std::string timed(int threads, const std::function<void(int)>& body) {
  const double processor = processorSeconds();
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(body, thread);
  body(0);
  for (std::thread& other : others) other.join();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  char text[96];
  std::snprintf(text, sizeof text, "\"wall\":%.9f,\"processor\":%.9f", wall.count(), processorSeconds() - processor);
  return text;
}

// The covariances of one query and of the items that it is compared with.
class Problem {
 public:
  Problem(const std::string& path, int dimension, int count)
      : dimension_(dimension),
        count_(count),
        area_(static_cast<std::size_t>(dimension) * static_cast<std::size_t>(dimension)) {
    factor_ = std::vector<double>(area_);
    items_ = std::vector<double>(area_ * static_cast<std::size_t>(count));
    std::ifstream file(path, std::ios::binary);
    read(file, factor_);
    read(file, items_);
    check(LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', dimension, factor_.data(), dimension), "dpotrf");
  }

  std::string roots(int threads) const {
    std::vector<double> sums(static_cast<std::size_t>(threads));
    const std::string times = timed(threads, [&](int thread) {
      const int begin = static_cast<int>(static_cast<long>(count_) * thread / threads);
      const int end = static_cast<int>(static_cast<long>(count_) * (thread + 1) / threads);
      sums[static_cast<std::size_t>(thread)] = sumOfRoots(begin, end);
    });
    double sum = 0;
    for (const double part : sums) sum += part;
    char text[160];
    std::snprintf(text, sizeof text, "{%s,\"sum\":%.17g}", times.c_str(), sum);
    return text;
  }

 private:
  static void read(std::ifstream& file, std::vector<double>& numbers) {
    file.read(reinterpret_cast<char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(double)));
    if (!file) throw std::runtime_error("the file of matrices is missing or too short");
  }

  double sumOfRoots(int begin, int end) const {
    const int d = dimension_;
    const lapack_int workSize = optimalWorkSize();
    std::vector<double> gram(area_), values(static_cast<std::size_t>(d)), work(static_cast<std::size_t>(workSize));
    lapack_int integers = 0;
    double sum = 0;
    for (int i = begin; i < end; ++i) {
      std::copy_n(items_.data() + static_cast<std::size_t>(i) * area_, area_, gram.data());
      cblas_dtrmm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, d, d, 1.0, factor_.data(), d,
                  gram.data(), d);
      cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, d, d, 1.0, factor_.data(), d,
                  gram.data(), d);
      check(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'N', 'L', d, gram.data(), d, values.data(), work.data(), workSize,
                                &integers, 1),
            "dsyevd");
      for (const double value : values) sum += std::sqrt(std::max(0.0, value));
    }
    return sum;
  }

  lapack_int optimalWorkSize() const {
    double size = 0, nothing = 0;
    lapack_int integers = 0;
    check(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'N', 'L', dimension_, &nothing, dimension_, &nothing, &size, -1,
                              &integers, -1),
          "dsyevd");
    return static_cast<lapack_int>(size);
  }

  int dimension_;
  int count_;
  std::size_t area_;
  std::vector<double> factor_;  // the upper triangle is never read
  std::vector<double> items_;
};

void multiply(int n, const float* a, const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0F, a, n, b, n, 0.0F, c, n);
}
void multiply(int n, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
}

// One product on each thread: no thread waits for another, so this is the most that the machine gives.
template <typename T>
std::string product(int size, int threads) {
  const std::size_t area = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  std::minstd_rand random;
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> a(area), b(area);
  std::generate(a.begin(), a.end(), [&] { return uniform(random); });
  std::generate(b.begin(), b.end(), [&] { return uniform(random); });
  std::vector<std::vector<T>> results(static_cast<std::size_t>(threads), std::vector<T>(area));
  const std::string times = timed(threads, [&](int thread) {
    multiply(size, a.data(), b.data(), results[static_cast<std::size_t>(thread)].data());
  });
  const double operations = 2.0 * threads * static_cast<double>(area) * size;
  char text[160];
  std::snprintf(text, sizeof text, "{%s,\"operations\":%.17g}", times.c_str(), operations);
  return text;
}

// What memory gives: bytes that are read and written, each counted once, as STREAM counts them.
std::string bandwidth(bool writes, int threads) {
  constexpr std::size_t part = std::size_t{1} << 24U;  // 128 MB of every array for a thread: no cache holds that
  std::vector<std::vector<double>> a(static_cast<std::size_t>(threads)), b = a, c = a;
  timed(threads, [&](int thread) {  // whoever touches memory first has it nearby
    for (auto* array : {&a, &b, &c}) (*array)[static_cast<std::size_t>(thread)].assign(part, 1.0);
  });
  const std::string times = timed(threads, [&](int thread) {
    const auto at = static_cast<std::size_t>(thread);
    double* const sums = a[at].data();
    const double *x = b[at].data(), *y = c[at].data();
    if (writes) {
      for (std::size_t i = 0; i < part; ++i) sums[i] = x[i] + 3.0 * y[i];
    } else {
      sums[0] = cblas_ddot(part, x, 1, y, 1);
    }
  });
  const double bytes = (writes ? 3.0 : 2.0) * sizeof(double) * static_cast<double>(part) * threads;
  char text[160];
  std::snprintf(text, sizeof text, "{%s,\"bytes\":%.17g}", times.c_str(), bytes);
  return text;
}

namespace lanes = denseam::linalg::lanes;

// Random Gram matrices, dense and in lanes, for eigensolvers that take them from the first to the last.
class Eigenproblems {
 public:
  Eigenproblems(std::size_t n, std::size_t groups)
      : n_(n), groups_(groups), dense_(n * n * groups * lanes::kLanes), packed_(lanes::packedSize(n) * groups) {
    std::minstd_rand random;
    std::uniform_real_distribution<double> uniform(-1, 1);
    std::vector<double> factor(n * n);
    for (std::size_t item = 0; item < groups * lanes::kLanes; ++item) {
      std::generate(factor.begin(), factor.end(), [&] { return uniform(random); });
      double* matrix = dense_.data() + item * n * n;
      const int d = static_cast<int>(n);
      cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, d, d, 1.0, factor.data(), d, 0.0, matrix, d);
      double* to = packed_.data() + item / lanes::kLanes * lanes::packedSize(n) + item % lanes::kLanes;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j, to += lanes::kLanes) *to = matrix[j * n + i];
      }
    }
  }

  // Both sum the square roots of the eigenvalues, so that what they found can be compared.
  std::string answer(const lanes::Kernels& kernels) const {
    std::string members;
    for (const bool vectors : {false, true}) {
      if (vectors && isLarge()) break;
      const std::string kind = vectors ? "Vectors" : "Values";
      double sum = 0;
      const auto add = [&](const std::string& name, const std::function<double()>& solve) {
        const std::string times = timed(1, [&](int) { sum = solve(); });
        char text[240];
        std::snprintf(text, sizeof text, "%s\"%s\":{%s,\"sum\":%.17g}", members.empty() ? "" : ",",
                      (name + kind).c_str(), times.c_str(), sum);
        members += text;
      };
      add("ours", [&] { return isLarge() ? inStages(kernels) : inLanes(kernels, vectors); });
      add("lapack", [&] { return byLapack(vectors); });
    }
    return "{" + members + "}";
  }

 private:
  bool isLarge() const { return n_ > lanes::kMostValues; }

  // A copy of each matrix, reduced in two stages.
  double inStages(const lanes::Kernels& kernels) const {
    Lines a(n_ * n_), values(n_ * lanes::kLanes);
    double sum = 0;
    for (std::size_t group = 0; group < groups_; ++group) {
      const auto matrix = [&](std::size_t lane) {
        return std::copy_n(dense_.data() + (group * lanes::kLanes + lane) * n_ * n_, n_ * n_, a.data()) - n_ * n_;
      };
      denseam::linalg::eigenvaluesInLanes(n_, lanes::kLanes, matrix, &kernels, values.data());
      sum += sumOfRoots(values.data());
    }
    return sum;
  }

  double sumOfRoots(const double* values) const {
    double sum = 0;
    for (std::size_t k = 0; k < n_ * lanes::kLanes; ++k) sum += std::sqrt(std::max(0.0, values[k]));
    return sum;
  }

  double inLanes(const lanes::Kernels& kernels, bool wantVectors) const {
    const std::size_t size = lanes::packedSize(n_);
    Lines a(size), values(n_ * lanes::kLanes), vectors(n_ * n_ * lanes::kLanes), work(lanes::workSize(n_));
    double sum = 0;
    for (std::size_t group = 0; group < groups_; ++group) {
      std::copy_n(packed_.data() + group * size, size, a.data());
      wantVectors ? kernels.eigenvectors(n_, a.data(), values.data(), vectors.data(), work.data())
                  : kernels.eigenvalues(n_, a.data(), values.data(), work.data());
      sum += sumOfRoots(values.data());
    }
    return sum;
  }

  double byLapack(bool wantVectors) const {
    const int d = static_cast<int>(n_);
    // The documented minimum, with room for blocked reduction.
    std::vector<double> a(n_ * n_), values(n_), work(1 + 6 * n_ + 2 * n_ * n_ + 64 * n_);
    std::vector<lapack_int> integers(3 + 5 * n_);
    double sum = 0;
    for (std::size_t item = 0; item < groups_ * lanes::kLanes; ++item) {
      std::copy_n(dense_.data() + item * n_ * n_, n_ * n_, a.data());
      check(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, wantVectors ? 'V' : 'N', 'L', d, a.data(), d, values.data(),
                                work.data(), static_cast<lapack_int>(work.size()), integers.data(),
                                static_cast<lapack_int>(integers.size())),
            "dsyevd");
      for (const double value : values) sum += std::sqrt(std::max(0.0, value));
    }
    return sum;
  }

  // Numbers that begin with a cache line.
  class Lines {
   public:
    explicit Lines(std::size_t count) : lines_((count + 7) / 8) {}
    double* data() { return lines_.data()->numbers; }

   private:
    struct alignas(64) Line {
      double numbers[8];
    };
    std::vector<Line> lines_;
  };

  std::size_t n_, groups_;
  std::vector<double> dense_;
  std::vector<double> packed_;
};

// The matrix products of one step of von Mises-Fisher training: scores of ROWS rows and UNITS memories, and sums of
// rows weighted by numbers of that shape. Each thread has its part of the rows of both results.
std::string training(int rows, int units, int dimension, int threads, int count) {
  const auto size = [](int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); };
  const std::vector<float> x(size(rows, dimension), 0.5F), memories(size(units, dimension), 0.25F);
  std::vector<float> scores(size(rows, units)), sums(size(units, dimension));
  const auto begin = [threads](int length, int thread) {
    return static_cast<int>(static_cast<long>(length) * thread / threads);
  };
  std::barrier all(threads);
  const std::string times = timed(threads, [&](int thread) {
    const int row = begin(rows, thread), rowCount = begin(rows, thread + 1) - row;
    const int unit = begin(units, thread), unitCount = begin(units, thread + 1) - unit;
    for (int i = 0; i < count; ++i) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rowCount, units, dimension, 1.0F,
                  x.data() + size(row, dimension), dimension, memories.data(), dimension, 0.0F,
                  scores.data() + size(row, units), units);
      all.arrive_and_wait();
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, unitCount, dimension, rows, 1.0F, scores.data() + unit,
                  units, x.data(), dimension, 0.0F, sums.data() + size(unit, dimension), dimension);
      all.arrive_and_wait();
    }
  });
  return "{" + times + "}";
}

std::string peak(const std::string& kind, int threads) {
  // About a tenth of a second.
  constexpr std::size_t kRounds = 20'000'000;
  const auto found = denseam::bench::peakOf(kind);
  const std::string times = timed(threads, [&](int) {
    if (found && !(found->run(kRounds) > 0)) throw std::runtime_error("sums of ones are above 0");
  });
  const double operations = found ? 1.0 * kRounds * static_cast<double>(found->inRound) * threads : 0;
  return "{" + times + ",\"operations\":" + std::to_string(operations) + "}";
}

class Session {
 public:
  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "info")
      return std::string("{\"blas\":\"") + openblas_get_config() + " on " + openblas_get_corename() + "\"}";
    if (command == "load") return load(words);
    int size = 0, threads = 0;
    std::string kind;
    if (command == "roots" && words >> threads && problem_) return problem_->roots(threads);
    if (command == "product" && words >> kind >> size >> threads) {
      return kind == "float32" ? product<float>(size, threads) : product<double>(size, threads);
    }
    if (command == "peak" && words >> kind >> threads) return peak(kind, threads);
    if (command == "bandwidth" && words >> kind >> threads) return bandwidth(kind == "triad", threads);
    int units = 0, dimension = 0, repeats = 0;
    if (command == "training" && words >> size >> units >> dimension >> threads >> repeats) {
      return training(size, units, dimension, threads, repeats);
    }
    if (command == "level") return "{\"level\":" + std::to_string(static_cast<int>(lanes::bestLevel())) + "}";
    std::size_t n = 0, count = 0;
    int level = 0;
    if (command == "eigen" && words >> n >> count >> level) return eigen(n, count, level);
    throw std::runtime_error("unknown command: " + line);
  }

 private:
  std::string load(std::istringstream& words) {
    std::string path;
    int dimension = 0, count = 0;
    words >> dimension >> count >> std::ws;
    std::getline(words, path);
    problem_.emplace(path, dimension, count);
    return "{}";
  }

  static std::string eigen(std::size_t dimension, std::size_t count, int level) {
    const lanes::Kernels* kernels = lanes::kernels(static_cast<lanes::Level>(level));
    if (!kernels) throw std::runtime_error("the processor lacks this level");
    return Eigenproblems(dimension, (count + lanes::kLanes - 1) / lanes::kLanes).answer(*kernels);
  }

  std::optional<Problem> problem_;
};

}  // namespace

int main() {
  openblas_set_num_threads(1);
  Session session;
  try {
    for (std::string line; std::getline(std::cin, line);) std::cout << session.answer(line) << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "denseam-bare: " << error.what() << '\n';
    return 1;
  }
}
