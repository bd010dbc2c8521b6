#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/aligned.h"
#include "sphere/model.h"
#include "sphere/normalizer.h"
#include "sphere/overlap.h"

namespace denseam::sphere {

// The mixture of a model evaluated on scores w_mu.x: log P(x, y), and the responsibility of each memory for a row.
// Works on blocks of rows so that the exponentials stay in the cache between the products that read them.
//
// With a_mu = s beta w_mu.x - L(beta), L(beta) = log Omega_N(beta) / Omega_N(0) and a_0 = 0,
//
//   P(x, y) Omega_N(0) = sum_mu p_y^mu exp(a_mu).
//
// Both terms of a_mu are as large as beta where their difference may be as small as its logarithm. So it is formed as s
// beta (w_mu.x - 1) + (s beta - L(beta)), whose second part, the peak, has no such cancellation; and where beta is so
// large that the rounding of w_mu.x shows, scores become w_mu.x - 1 (overlap.h).
//
// All labels of a row share one table of exp(a_mu - shift), the shift being the greatest a_mu, and the sums over mu are
// matrix products. Rows for which one shift cannot serve every label (the memories of a label lie too far below the
// best of all) are rare; those are done again in double precision, label by label.
template <typename T>
class Mixture {
 public:
  static constexpr std::size_t kBlockRows = 64;

  // Work space of a block. `logs`, rows x labels, is the result of `evaluate`: log P(x, y) Omega_N(0).
  struct Block {
    Block(std::size_t hiddenUnits, std::size_t labels);

    AlignedVector<T> terms;    // rows x (hiddenUnits + 1): 2^kLift exp(a - shift)
    AlignedVector<T> sums;     // rows x labels
    AlignedVector<T> ratios;   // rows x labels
    AlignedVector<T> product;  // (hiddenUnits + 1) x labels
    std::vector<double> logs;
    std::vector<std::uint8_t> isWide;
  };

  // A mixture whose memories may be scaled: only their product with the rows counts. The class weights must outlive it.
  Mixture(std::size_t hiddenUnits, std::size_t labels, const double* classWeights, double effectiveBeta,
          double logPeak);
  // The model must outlive it.
  Mixture(const Model<T>& model, const LogNormalizer& ofBeta);

  std::size_t hiddenUnits() const { return hiddenUnits_; }
  std::size_t labels() const { return labels_; }
  double effectiveBeta() const { return beta_; }

  // Finds block.logs for up to kBlockRows rows of x; scores, rows x hiddenUnits, may be sharpened.
  void evaluate(std::size_t rows, const T* x, T* scores, Block& block) const;

  // After `evaluate`, with the pulls of each row at each label (rows x labels): replaces the scores by the
  // responsibilities gamma_mu = sum_y pull_y p_y^mu exp(a_mu) / P(x, y), and adds sum_rows pull_y exp(a_mu) / P(x, y)
  // to `classSums`, (hiddenUnits + 1) x labels.
  void responsibilities(std::size_t rows, const double* pulls, T* scores, double* classSums, Block& block) const;

 private:
  void evaluateWide(const T* scores, double* logs) const;
  void wideResponsibilities(const double* pulls, const double* logs, T* scores, double* classSums) const;
  // a_mu of a score.
  double exponent(T score) const { return logPeak_ + beta_ * (static_cast<double>(score) - scoreAtPeak_); }
  // a_mu + log p_y^mu of every mu, 0 first.
  void exponents(const T* scores, std::size_t label, double* values) const;
  const std::vector<double>& logWeights() const;

  std::size_t hiddenUnits_;
  std::size_t labels_;
  const double* classWeights_;
  Directions<T> memories_{};            // none where scores are not to be sharpened
  AlignedVector<T> weights_;            // the class weights in the precision of the scores
  std::vector<std::uint8_t> isAbsent_;  // labels that no unit gives any weight
  double beta_;
  double logPeak_;
  double scoreAtPeak_ = 1;  // of w itself
  bool hasBackground_;
  mutable std::once_flag logsTaken_;
  mutable std::vector<double> logWeights_;  // labels x (hiddenUnits + 1); only wide rows need it
};

extern template class Mixture<float>;
extern template class Mixture<double>;

}  // namespace denseam::sphere
