#include "binding/products.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/promise_worker.h"
#include "euclidean/code_dots.h"
#include "euclidean/products.h"
#include "linalg/product.h"
#include "parallel/job.h"
#include "sphere/bfloat16.h"

namespace denseam::binding {
namespace {

// Rows and the vectors of the other factor, numbers of either precision as doubles.
struct Factors {
  std::size_t count, width, others;
  std::vector<double> rows, factors;
  bool single;
  linalg::lanes::Level level;
};

// (rows, { count, width, others, factors, single, level }); factors are queries or weights.
Factors readFactors(const Napi::CallbackInfo& info, bool areQueries) {
  const Options options(info[1]);
  Factors given{options.count("count"),
                options.count("width"),
                options.count("others"),
                {},
                {},
                options.flag("single"),
                static_cast<linalg::lanes::Level>(options.count("level"))};
  given.rows = readDoubles(info[0], "rows", given.count * given.width);
  given.factors = options.doubles("factors", given.others * (areQueries ? given.width : given.count));
  if (euclidean::productKernels<double>(given.level) == nullptr) {
    throw codedError(info.Env(), "ERR_RANGE", "This processor lacks the level");
  }
  return given;
}

template <typename T>
std::vector<T> inPrecision(const std::vector<double>& values) {
  std::vector<T> result;
  for (const double value : values) result.push_back(static_cast<T>(value));
  return result;
}

template <typename T>
std::vector<double> scores(const Factors& given) {
  const auto& kernels = *euclidean::productKernels<T>(given.level);
  const std::vector<T> rows = inPrecision<T>(given.rows), queries = inPrecision<T>(given.factors);
  const std::vector<T> packed = euclidean::packQueries(given.others, given.width, kernels.lanes, queries.data());
  std::vector<T> work(given.count * euclidean::paddedQueries(given.others, kernels.lanes));
  std::vector<T> result(given.others * given.count);
  kernels.scores(given.count, given.width, rows.data(), given.others, packed.data(), work.data(), result.data());
  return {result.begin(), result.end()};
}

template <typename T>
std::vector<double> rowSums(const Factors& given) {
  const std::vector<T> rows = inPrecision<T>(given.rows), weights = inPrecision<T>(given.factors);
  std::vector<T> result(given.others * given.width);
  std::vector<const T*> from;
  std::vector<T*> to;
  for (std::size_t r = 0; r < given.others; ++r) {
    from.push_back(weights.data() + r * given.count);
    to.push_back(result.data() + r * given.width);
  }
  euclidean::productKernels<T>(given.level)
      ->addRows(given.count, given.width, rows.data(), given.others, from.data(), to.data());
  return {result.begin(), result.end()};
}

Napi::Value scoresOf(const Napi::CallbackInfo& info) {
  const Factors given = readFactors(info, true);
  return toFloat64Array(info.Env(), given.single ? scores<float>(given) : scores<double>(given));
}

Napi::Value rowSumsOf(const Napi::CallbackInfo& info) {
  const Factors given = readFactors(info, false);
  return toFloat64Array(info.Env(), given.single ? rowSums<float>(given) : rowSums<double>(given));
}

// (codes, { count, width, others, factors, level }), level 2 to 5; null where the processor lacks it.
Napi::Value codeDotsOf(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const std::size_t count = options.count("count"), width = options.count("width"), others = options.count("others");
  const auto codes = readDoubles(info[0], "codes", count * width);
  const auto queries = options.doubles("factors", others * width);
  const euclidean::CodeDots dotsOf = euclidean::codeDots(static_cast<euclidean::CodeLevel>(options.count("level") - 2));
  if (dotsOf == nullptr) return info.Env().Null();
  std::vector<std::uint8_t> bytes;
  std::vector<std::int8_t> queryBytes;
  for (const double code : codes) bytes.push_back(static_cast<std::uint8_t>(code));
  for (const double code : queries) queryBytes.push_back(static_cast<std::int8_t>(code));
  std::vector<std::int32_t> dots(others * count);
  dotsOf(count, width, bytes.data(), others, queryBytes.data(), dots.data());
  return toFloat64Array(info.Env(), std::vector<double>(dots.begin(), dots.end()));
}

// (a, { rows, length, columns, b, isTransposed }): a times b, or the product of a^T and b^T given; null where the
// processor lacks it.
Napi::Value bfloat16ProductOf(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const std::size_t m = options.count("rows"), k = options.count("length"), n = options.count("columns");
  const bool isTransposed = options.flag("isTransposed");
  const std::vector<float> a = inPrecision<float>(readDoubles(info[0], "a", m * k));
  const std::vector<float> b = inPrecision<float>(options.doubles("b", k * n));
  const sphere::Bfloat16Kernels* kernels = sphere::bfloat16Kernels();
  if (kernels == nullptr) return info.Env().Null();
  std::vector<float> c(m * n);
  Job job;
  sphere::Bfloat16Product product(*kernels);
  if (isTransposed) {
    product.multiply(m, n, k, linalg::transposed(a.data(), m), linalg::transposed(b.data(), k), false, c.data(), job);
  } else {
    product.multiply(m, n, k, {a.data(), k}, {b.data(), n}, false, c.data(), job);
  }
  return toFloat64Array(info.Env(), std::vector<double>(c.begin(), c.end()));
}

}  // namespace

void defineProducts(Napi::Env env, Napi::Object exports) {
  Napi::Object functions = Napi::Object::New(env);
  functions.Set("scores", Napi::Function::New<scoresOf>(env));
  functions.Set("rowSums", Napi::Function::New<rowSumsOf>(env));
  functions.Set("codeDots", Napi::Function::New<codeDotsOf>(env));
  functions.Set("bfloat16Product", Napi::Function::New<bfloat16ProductOf>(env));
  exports.Set("products", functions);
}

}  // namespace denseam::binding
