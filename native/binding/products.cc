#include "binding/products.h"

#include <cstddef>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/promise_worker.h"
#include "euclidean/products.h"

namespace denseam::binding {
namespace {

// Rows and the vectors of the other factor, numbers of either precision as doubles.
struct Factors {
  std::size_t count, width, others;
  std::vector<double> rows, factors;
  bool single;
  linalg::lanes::Level level;
};

// (rows, { count, width, others, factors, single, level }); `length` of each factor.
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

}  // namespace

void defineProducts(Napi::Env env, Napi::Object exports) {
  Napi::Object functions = Napi::Object::New(env);
  functions.Set("scores", Napi::Function::New<scoresOf>(env));
  functions.Set("rowSums", Napi::Function::New<rowSumsOf>(env));
  exports.Set("products", functions);
}

}  // namespace denseam::binding
