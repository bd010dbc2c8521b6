#include "sphere/normalizer.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

// With nu = N/2 - 1: Omega_N(kappa) / Omega_N(0) = 0F1(; nu + 1; kappa^2 / 4) = Gamma(nu + 1) (2 / kappa)^nu
// I_nu(kappa). The three factors are never formed: their logarithms are large and nearly cancel.
namespace denseam::sphere {
namespace {

// The terms of Debye's expansion, exact to rounding from this order on, where four of Stirling's series are, too.
constexpr std::size_t kTerms = 12;
constexpr double kLeastOrder = 24;

// Debye's polynomials u_j(p) = p^j (c_j0 + c_j1 p^2 + ... + c_jj p^2j), from
// u_{j+1} = p^2 (1 - p^2) u_j' / 2 + (integral from 0 to p of (1 - 5 t^2) u_j dt) / 8   (DLMF 10.41.9).
using Coefficients = std::array<std::array<double, kTerms + 1>, kTerms + 1>;

constexpr Coefficients debyeCoefficients() {
  Coefficients c{};
  c[0][0] = 1;
  for (std::size_t j = 0; j < kTerms; ++j) {
    for (std::size_t i = 0; i <= j; ++i) {
      const auto n = static_cast<double>(j + 2 * i);  // of p^n
      c[j + 1][i] += c[j][i] * (n / 2 + 1 / (8 * (n + 1)));
      c[j + 1][i + 1] -= c[j][i] * (n / 2 + 5 / (8 * (n + 3)));
    }
  }
  return c;
}

constexpr Coefficients kDebye = debyeCoefficients();

// U(p) = sum_{j >= 1} u_j(p) / nu^j, and dU/dp.
struct DebyeSum {
  double value = 0;
  double slope = 0;
};

DebyeSum debyeSum(double nu, double p) {
  DebyeSum sum;
  const double square = p * p;
  for (std::size_t j = kTerms; j >= 1; --j) {
    double value = 0;  // u_j / p^j
    double slope = 0;  // u_j' / p^(j-1)
    for (std::size_t i = j + 1; i-- > 0;) {
      value = value * square + kDebye[j][i];
      slope = slope * square + kDebye[j][i] * static_cast<double>(j + 2 * i);
    }
    // Horner's rule in p / nu; the slope has one factor p less.
    sum.value = (sum.value + value) * p / nu;
    sum.slope = (j > 1 ? (sum.slope + slope) * p : sum.slope + slope) / nu;
  }
  return sum;
}

// log Gamma(x + 1) - x log x + x - log(2 pi x) / 2, for x of at least kLeastOrder.
double stirlingRemainder(double x) {
  const double square = 1 / (x * x);
  return (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / x;
}

// The power series of 0F1, all of whose terms are positive: t_n = t_{n-1} z / (n (nu + n)), here in units of t_1.
LogNormalizer bySeries(double nu, double kappa) {
  const double z = kappa * kappa / 4;
  double sum = 0;
  double weighted = 0;  // sum n t_n
  double term = 1;
  for (double n = 1; n * term > weighted * std::numeric_limits<double>::epsilon() / 8;) {
    sum += term;
    weighted += n * term;
    ++n;
    term *= z / (n * (nu + n));
  }
  sum *= z / (nu + 1);
  const double value = std::log1p(sum);
  return {value, kappa / (2 * (nu + 1)) * weighted / (1 + sum), kappa - value};
}

// Debye's uniform expansion of I_nu(nu x), nu at least kLeastOrder, and its derivative: with s = sqrt(1 + x^2), p = 1 /
// s, L = nu (e - log(1 + e / 2)) - log(s) / 2 + log(1 + U(p)) + Stirling's remainder, e = s - 1; in the deficit x - e
// is (x + e) / (x + s).
LogNormalizer byDebye(double nu, double kappa) {
  const double x = kappa / nu;
  const double s = std::hypot(1.0, x);
  const double p = 1 / s;
  const double e = x * (x / (s + 1));
  const DebyeSum u = debyeSum(nu, p);
  const double half = std::log1p(e / 2);
  const double rest = std::log1p(u.value) + stirlingRemainder(nu) - std::log(s) / 2;
  return {nu * (e - half) + rest, x * (1 / (s + 1) - p * p * (1.0 / 2 + p * u.slope / (1 + u.value)) / nu),
          nu * ((x + e) / (x + s) + half) - rest};
}

// The least kappa at which Hankel's expansion of I_nu(kappa) is exact to rounding: terms first fall by a factor of 4.
double leastOfHankel(double nu) { return 2 * nu * nu + 25; }

// kappa - L from that expansion (DLMF 10.40.1), in which exp(kappa) is a factor:
// (N - 1) / 2 log(kappa / 2 pi) + log Omega_N(0) - log(1 + sum_k (-1)^k a_k(nu) / kappa^k).
double deficitByHankel(std::size_t dimension, double nu, double kappa) {
  double sum = 0;
  double term = 1;
  for (double k = 1; std::abs(term) > std::numeric_limits<double>::epsilon() / 8; ++k) {
    term *= ((2 * k - 1) * (2 * k - 1) - 4 * nu * nu) / (8 * k * kappa);
    sum += term;
  }
  return (nu + 0.5) * std::log(kappa / (2 * std::numbers::pi)) + logSurface(dimension) - std::log1p(sum);
}

}  // namespace

LogNormalizer logNormalizer(std::size_t dimension, double kappa) {
  const double nu = static_cast<double>(dimension) / 2 - 1;
  if (kappa * kappa <= 16 * (nu + 1)) return bySeries(nu, kappa);
  double order = nu + std::ceil(std::fmax(0, kLeastOrder - nu));
  auto [value, derivative, deficit] = byDebye(order, kappa);
  // I_{order-1} = I_{order+1} + (2 order / kappa) I_order: the direction in which errors shrink.
  for (; order > nu; --order) {
    const double factor = kappa / (2 * order);
    const double gain = std::log1p(factor * derivative);
    value += gain;
    deficit -= gain;
    derivative = factor / (1 + factor * derivative);
  }
  const bool isAsymptotic = nu < kLeastOrder && kappa >= leastOfHankel(nu);
  return {value, derivative, isAsymptotic ? deficitByHankel(dimension, nu, kappa) : deficit};
}

double logSurface(std::size_t dimension) {
  const double half = static_cast<double>(dimension) / 2;
  if (half > kLeastOrder) {
    return std::numbers::ln2 + half * std::log(std::numbers::pi * std::numbers::e / half) +
           std::log(half / (2 * std::numbers::pi)) / 2 - stirlingRemainder(half);
  }
  // Omega_1 = 2, Omega_2 = 2 pi, Omega_{N+2} = 2 pi Omega_N / N.
  double area = dimension % 2 == 1 ? 2 : 2 * std::numbers::pi;
  for (double n = dimension % 2 == 1 ? 1 : 2; n < 2 * half; n += 2) area *= 2 * std::numbers::pi / n;
  return std::log(area);
}

}  // namespace denseam::sphere
