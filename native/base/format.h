#pragma once

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/error.h"

// Errors about values. Every argument gets the same wording.
namespace denseam {

// The number with as many digits as tell it from every other double: different numbers look different in a message.
inline std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char text[32];
  for (int digits = 1; digits <= std::numeric_limits<double>::max_digits10; digits++) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

inline Error notFinite(const std::string& where, double value) {
  return {"ERR_NOT_FINITE", {.argument = where, .expected = "a finite number", .received = number(value)}};
}

inline Error notPositive(const std::string& where, double smallest) {
  return {"ERR_NOT_POSITIVE_DEFINITE",
          {.argument = where,
           .expected = "a positive semidefinite matrix",
           .found = "its smallest eigenvalue is " + number(smallest)}};
}

// The error for an overflow among finite numbers.
inline Error overflow(const std::string& where) {
  return {
      "ERR_RANGE",
      {.argument = where, .expected = "numbers whose products fit in float64", .found = "its eigenvalues overflow"}};
}

inline Error negativeVariance(const std::string& where, double value) {
  return {"ERR_NOT_POSITIVE_DEFINITE",
          {.argument = where, .expected = "a variance of at least 0", .received = number(value)}};
}

// `ridge`: the given ridge; `enough`: a ridge that is large enough, where not every positive one is.
inline Error singular(const std::string& where, double smallest, double ridge = 0, double enough = 0) {
  const std::string size = enough > 0 ? " of " + number(enough) + " or more" : "";
  const std::string advice =
      ridge > 0 ? "The option `ridge` is too small (" + number(ridge) + "): pass one" : "Pass the option `ridge`";
  return {"ERR_NOT_POSITIVE_DEFINITE",
          {.argument = where,
           .expected = "a positive definite covariance",
           .found = "it is singular (smallest eigenvalue " + number(smallest) +
                    "): no transport map leaves a singular Gaussian. " + advice + size +
                    " to add a small variance in every direction"}};
}

}  // namespace denseam
