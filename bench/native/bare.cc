#include <cblas.h>
#include <lapacke.h>
#include <time.h>

#include <algorithm>
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

// What the benchmarks are measured against: LAPACK and BLAS called directly, with nothing around them. Reads one
// command a line and answers each with one line of JSON, so that a caller can take turns with it:
//
//   info                                     the BLAS, as it names itself
//   load DIMENSION COUNT PATH                float64 matrices: the covariance of a query, then those of COUNT items
//   roots THREADS                            tr (R' S R)^1/2 of every item, O = R R' the query's covariance
//   product float32|float64 SIZE THREADS     one SIZE x SIZE matrix product on each thread
//   bandwidth read|triad THREADS             two arrays read, or a = b + s c, each thread on its part of the arrays
extern "C" {
void openblas_set_num_threads(int count);
char* openblas_get_config(void);
char* openblas_get_corename(void);
}

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
    if (command == "bandwidth" && words >> kind >> threads) return bandwidth(kind == "triad", threads);
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
