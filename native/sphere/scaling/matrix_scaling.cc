#include "sphere/scaling/matrix_scaling.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "base/format.h"
#include "base/single.h"
#include "parallel/pool.h"
#include "simd/vectors.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

// The numbers in a block of rows of one task; a few rows at least, as every block has column sums of its own.
constexpr std::size_t kBlockNumbers = std::size_t{1} << 18;
constexpr std::size_t kLeastBlockRows = 16;
constexpr std::size_t kColumnPiece = 1024;
// The range of scalings, 2^-k to 2^k, which they leave no further than in one sweep; products of two of them and a
// number of the matrix, at most about 1, stay within the range of double.
constexpr int kMostExponent = 300;
// The tolerance of the difference of the totals: their rounding, and that of sums that were rounded to float32 or
// computed in it.
constexpr double kTotalTolerance = 1e-9, kTotalToleranceOfFloats = 1e-5;

// The power of two below a positive number, 2^-1023 below all that are subnormal.
int exponentOf(double value) { return static_cast<int>(std::bit_cast<std::int64_t>(value) >> 52) - 1023; }

int exponentOrZero(double value) { return value > 0 ? exponentOf(value) : 0; }

// Whether the sums may have been rounded to float32. Integers that it represents without a gap are exact.
bool areRounded(const std::vector<double>& sums) {
  const bool areCounts =
      std::all_of(sums.begin(), sums.end(), [](double sum) { return std::trunc(sum) == sum && sum <= 0x1p24; });
  return !areCounts && areSingle(sums);
}

// std::ldexp, without a call where 2^shift is a normal number.
double timesPowerOfTwo(double value, int shift) {
  if (std::abs(shift) > 1022) return std::ldexp(value, shift);
  return value * std::bit_cast<double>(static_cast<std::int64_t>(shift + 1023) << 52);
}

constexpr int kNoExponent = std::numeric_limits<int>::min();

// The sum of the least and the greatest exponent of the positive ones of these numbers times 2^shifts.
int twiceMiddle(const std::vector<double>& values, const std::vector<int>& shifts) {
  int least = std::numeric_limits<int>::max();
  int greatest = kNoExponent;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    least = std::min(least, exponentOf(values[i]) + shifts[i]);
    greatest = std::max(greatest, exponentOf(values[i]) + shifts[i]);
  }
  return greatest == kNoExponent ? 0 : least + greatest;
}

void checkSums(const char* name, const std::vector<double>& sums) {
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::string at = std::string(name) + "[" + std::to_string(i) + "]";
    if (!std::isfinite(sums[i])) throw notFinite(at, sums[i]);
    if (sums[i] < 0) {
      throw Error("ERR_RANGE", {.argument = at, .expected = "a number of at least 0", .received = number(sums[i])});
    }
  }
}

// The scaling, exponents of rows and columns taken out: A_ij = 2^(-e_i - f_j) B_ij, B at most about 1. B's scalings are
// r and c; where they grow or shrink too far, their exponents move into B, which comes closer to the result.
class Scaler {
 public:
  Scaler(MarginalMatrix problem, Job& job)
      : job_(job),
        rows_(problem.rowSums.size()),
        columns_(problem.columnSums.size()),
        matrix_(std::move(problem.matrix)),
        rowSums_(std::move(problem.rowSums)),
        columnSums_(std::move(problem.columnSums)),
        blocks_(rows_, std::max(kLeastBlockRows, kBlockNumbers / columns_)),
        columnPieces_(columns_, kColumnPiece),
        rowExponents_(rows_),
        columnExponents_(columns_),
        rowScaling_(rows_, 1.0),
        nextRowScaling_(rows_, 1.0),
        columnScaling_(columns_, 1.0),
        blockErrors_(blocks_.count()),
        blockSums_(blocks_.count() * columns_) {
    prepareSums();
    equilibrate();
  }

  ScaledMatrix run(double tolerance, std::size_t maxIterations) {
    ScaledMatrix result;
    job_.expect(maxIterations);
    // The pass that begins a sweep measures the error of the sums before it.
    for (;;) {
      result.residual = passOverRows();
      result.converged = result.iterations > 0 && result.residual <= tolerance;
      if (result.converged || result.iterations == maxIterations) break;
      std::swap(rowScaling_, nextRowScaling_);
      scaleColumns();
      if (isFarOff(rowScaling_) || isFarOff(columnScaling_)) absorbScalings();
      ++result.iterations;
      job_.advance(1);
    }
    finish(result);
    return result;
  }

 private:
  // Scales the sums to values between 0 and 2 with equal totals.
  void prepareSums() {
    checkSums("options.rowSums", rowSums_);
    checkSums("options.columnSums", columnSums_);
    const bool isRounded = areRounded(rowSums_) || areRounded(columnSums_);
    const double tolerance = isRounded ? kTotalToleranceOfFloats : kTotalTolerance;
    sumExponent_ = exponentOrZero(std::max(*std::max_element(rowSums_.begin(), rowSums_.end()),
                                           *std::max_element(columnSums_.begin(), columnSums_.end())));
    for (std::vector<double>* sums : {&rowSums_, &columnSums_}) {
      for (double& sum : *sums) sum = std::ldexp(sum, -sumExponent_);
    }
    const double ofRows = std::accumulate(rowSums_.begin(), rowSums_.end(), 0.0);
    const double ofColumns = std::accumulate(columnSums_.begin(), columnSums_.end(), 0.0);
    if (std::abs(ofRows - ofColumns) > tolerance * std::max(ofRows, ofColumns)) {
      throw Error("ERR_RANGE", {.argument = "options.rowSums and options.columnSums",
                                .expected = "the same total",
                                .received = number(std::ldexp(ofRows, sumExponent_)) + " and " +
                                            number(std::ldexp(ofColumns, sumExponent_))});
    }
    for (double& sum : rowSums_) {
      if (sum > 0) sum *= ofColumns / ofRows;
    }
  }

  double* row(std::size_t i) { return matrix_.data() + i * columns_; }

  // body(i) for every row, in blocks on all threads.
  template <typename Body>
  void forEachRow(const Body& body) {
    parallel::forEach(blocks_.count(), 1, job_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = blocks_.begin(begin); i < blocks_.begin(end); ++i) body(i);
    });
  }

  // Makes the greatest number of every row and column about 1; numbers that have no part in the result become 0.
  void equilibrate() {
    std::vector<int> ofRows(rows_);
    forEachRow([&](std::size_t i) { ofRows[i] = -exponentOrZero(checkedGreatest(i)); });
    std::vector<int> ofColumns(columns_);
    parallel::forEach(columnPieces_.count(), 1, job_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t piece = begin; piece < end; ++piece) findColumnExponents(piece, ofRows, ofColumns);
    });
    shiftExponents(ofRows, ofColumns);
    // The first sweep sees the columns as they were given, so that a matrix with these sums stays as it is.
    for (std::size_t j = 0; j < columns_; ++j) {
      columnScaling_[j] = std::ldexp(1.0, std::clamp(-ofColumns[j], -kMostExponent, kMostExponent));
    }
  }

  double checkedGreatest(std::size_t i) {
    double* numbers = row(i);
    for (std::size_t j = 0; j < columns_; ++j) {
      if (!(numbers[j] >= 0 && std::isfinite(numbers[j]))) throw badNumber(i * columns_ + j);
      if (rowSums_[i] == 0 || columnSums_[j] == 0) numbers[j] = 0;
    }
    const double result = greatest({numbers, columns_});
    if (rowSums_[i] > 0 && result == 0) throw noNumbers("row", i, "options.rowSums", rowSums_[i]);
    return result;
  }

  void findColumnExponents(std::size_t piece, const std::vector<int>& ofRows, std::vector<int>& ofColumns) {
    const std::size_t first = columnPieces_.begin(piece);
    const std::size_t last = columnPieces_.begin(piece + 1);
    std::vector<int> greatestExponents(last - first, kNoExponent);
    for (std::size_t i = 0; i < rows_; ++i) {
      if (i % kLeastBlockRows == 0) job_.poll();
      const double* numbers = row(i) + first;
      for (std::size_t j = 0; j < last - first; ++j) {
        const int exponent = numbers[j] > 0 ? exponentOf(numbers[j]) + ofRows[i] : kNoExponent;
        greatestExponents[j] = std::max(greatestExponents[j], exponent);
      }
    }
    for (std::size_t j = first; j < last; ++j) {
      const int exponent = greatestExponents[j - first];
      const bool isEmpty = exponent == kNoExponent;
      if (isEmpty && columnSums_[j] > 0) throw noNumbers("column", j, "options.columnSums", columnSums_[j]);
      ofColumns[j] = isEmpty ? 0 : -exponent;
    }
  }

  Error badNumber(std::size_t at) const {
    const std::string name = "matrix.data[" + std::to_string(at) + "]";
    if (!std::isfinite(matrix_[at])) return notFinite(name, matrix_[at]);
    return {"ERR_RANGE", {.argument = name, .expected = "a number of at least 0", .received = number(matrix_[at])}};
  }

  Error noNumbers(const char* line, std::size_t at, const char* name, double sum) const {
    const std::string index = std::to_string(at);
    return {"ERR_RANGE",
            {.argument = std::string(name) + "[" + index + "]",
             .expected = "0",
             .received = number(std::ldexp(sum, sumExponent_)) + ": " + line + " " + index +
                         " has no positive number where a positive sum crosses it"}};
  }

  // B_ij <- 2^(a_i + b_j) B_ij.
  void shiftExponents(const std::vector<int>& ofRows, const std::vector<int>& ofColumns) {
    forEachRow([&](std::size_t i) {
      double* numbers = row(i);
      for (std::size_t j = 0; j < columns_; ++j) numbers[j] = timesPowerOfTwo(numbers[j], ofRows[i] + ofColumns[j]);
      rowExponents_[i] += ofRows[i];
    });
    for (std::size_t j = 0; j < columns_; ++j) columnExponents_[j] += ofColumns[j];
  }

  static bool isFarOff(const std::vector<double>& scaling) {
    return std::any_of(scaling.begin(), scaling.end(),
                       [](double value) { return std::abs(exponentOrZero(value)) > kMostExponent; });
  }

  void absorbScalings() {
    const auto takeExponents = [](std::vector<double>& scaling) {
      std::vector<int> exponents(scaling.size());
      for (std::size_t i = 0; i < scaling.size(); ++i) {
        exponents[i] = exponentOrZero(scaling[i]);
        scaling[i] = std::ldexp(scaling[i], -exponents[i]);
      }
      return exponents;
    };
    const std::vector<int> ofRows = takeExponents(rowScaling_);
    shiftExponents(ofRows, takeExponents(columnScaling_));
  }

  // Computes the next scaling of the rows and the column sums of B under it, block by block. Returns the greatest
  // relative error of a row sum under the present scalings.
  double passOverRows() {
    std::fill(blockErrors_.begin(), blockErrors_.end(), 0.0);
    parallel::forEach(blocks_.count(), 1, job_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t block = begin; block < end; ++block) {
        double* sums = blockSums_.data() + block * columns_;
        std::fill_n(sums, columns_, 0.0);
        for (std::size_t i = blocks_.begin(block); i < blocks_.begin(block + 1); ++i) {
          blockErrors_[block] = std::max(blockErrors_[block], scaleRow(i));
          addScaled(columns_, nextRowScaling_[i], row(i), sums);
        }
      }
    });
    return *std::max_element(blockErrors_.begin(), blockErrors_.end());
  }

  double scaleRow(std::size_t i) {
    const double found = innerProduct(columns_, row(i), columnScaling_.data());
    nextRowScaling_[i] = scalingFor(rowSums_[i], found, rowScaling_[i]);
    return rowSums_[i] > 0 ? std::abs(rowScaling_[i] * found / rowSums_[i] - 1) : 0;
  }

  // Where numbers have left the range of double, a scaling stays as it was, and the residual shows it.
  static double scalingFor(double wanted, double found, double present) {
    if (wanted == 0) return 0;
    const double result = wanted / found;
    return found > 0 && std::isfinite(result) ? result : present;
  }

  // The sums of blocks are added in the order of the rows.
  void scaleColumns() {
    parallel::forEach(columnPieces_.count(), 1, job_, [&](std::size_t begin, std::size_t end) {
      const std::size_t first = columnPieces_.begin(begin);
      const std::size_t count = columnPieces_.begin(end) - first;
      std::vector<double> sums(count);
      for (std::size_t block = 0; block < blocks_.count(); ++block) {
        addScaled(count, 1.0, blockSums_.data() + block * columns_ + first, sums.data());
      }
      for (std::size_t j = 0; j < count; ++j) {
        columnScaling_[first + j] = scalingFor(columnSums_[first + j], sums[j], columnScaling_[first + j]);
      }
    });
  }

  void finish(ScaledMatrix& result) {
    const double unit = std::ldexp(1.0, sumExponent_);
    forEachRow([&](std::size_t i) {
      double* numbers = row(i);
      for (std::size_t j = 0; j < columns_; ++j) {
        numbers[j] = rowScaling_[i] * columnScaling_[j] * numbers[j] * unit;
      }
    });
    result.matrix = std::move(matrix_);
    giveScalings(result);
  }

  // Returns the pair r t and c / t whose exponents lie around the same middle.
  void giveScalings(ScaledMatrix& result) {
    for (int& exponent : rowExponents_) exponent += sumExponent_;
    const int t = (twiceMiddle(columnScaling_, columnExponents_) - twiceMiddle(rowScaling_, rowExponents_)) / 4;
    for (std::size_t i = 0; i < rows_; ++i) {
      rowScaling_[i] = std::ldexp(rowScaling_[i], rowExponents_[i] + t);
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      columnScaling_[j] = std::ldexp(columnScaling_[j], columnExponents_[j] - t);
    }
    result.rowScaling = std::move(rowScaling_);
    result.columnScaling = std::move(columnScaling_);
  }

  Job& job_;
  std::size_t rows_;
  std::size_t columns_;
  std::vector<double> matrix_;  // B
  std::vector<double> rowSums_;
  std::vector<double> columnSums_;
  Pieces blocks_;  // of rows
  Pieces columnPieces_;
  int sumExponent_ = 0;            // taken out of both kinds of sums
  std::vector<int> rowExponents_;  // e
  std::vector<int> columnExponents_;
  std::vector<double> rowScaling_;  // r
  std::vector<double> nextRowScaling_;
  std::vector<double> columnScaling_;
  std::vector<double> blockErrors_;
  std::vector<double> blockSums_;  // blocks x columns
};

}  // namespace

ScaledMatrix scaleMatrix(MarginalMatrix problem, double tolerance, std::size_t maxIterations, Job& job) {
  return Scaler(std::move(problem), job).run(tolerance, maxIterations);
}

}  // namespace denseam::sphere
