"""Writes vmf-normalizer.json, what test/sphere/normalizer.test.ts compares with. Needs mpmath (Debian: python3-mpmath).

A row is [N, kappa, L, A]: L = log Omega_N(kappa) / Omega_N(0) = log 0F1(; N/2; kappa^2 / 4) and A = dL/dkappa, summed with
60 digits from the power series, all terms of which are positive. Numbers are decimal strings of 25 digits; kappa is a
double, written so that it parses to itself. `areas`: [N, log Omega_N(0)].

To make the table again (a minute): python3 test/conformance/make_vmf_table.py
"""

import json
import math
import os

from mpmath import gamma, log, mp, mpf, nstr

mp.dps = 60
DIGITS = 25

DIMENSIONS = [1, 2, 3, 4, 5, 8, 10, 36, 49, 50, 51, 52, 100, 101, 784, 1000, 3072, 8191, 8192]
POINTS = 23


def kappas(n):
    spaced = [10 ** (-6 + i * (math.log10(2e5) + 6) / (POINTS - 1)) for i in range(POINTS)]
    # The algorithm leaves the series above kappa^2 = 8 N.
    switch = math.sqrt(8 * n)
    near = [math.nextafter(switch, 0), switch, math.nextafter(switch, math.inf), 0.9 * switch, 1.1 * switch]
    # Kappa in proportion to N, and one that the derivative's differences can be formed with.
    return sorted(set(spaced[:-1] + [2e5] + near + [0.3 * n, 2.0 * n, 2.0 * n * (1 + 2**-20)]))


def row(n, kappa):
    """With t_k = t_{k-1} z / (k (N/2 + k - 1)), z = kappa^2 / 4: L = log(sum t_k), A = (2 / kappa) sum k t_k / sum t_k."""
    z = mpf(kappa) ** 2 / 4
    half = mpf(n) / 2
    term = total = mpf(1)
    weighted = mpf(0)
    k = 0
    while k < kappa or k * term > weighted * mpf(10) ** -62:
        k += 1
        term *= z / (k * (half + k - 1))
        total += term
        weighted += k * term
    # Of the 60 digits the logarithm keeps 43 for the smallest, kappa^2 / 2N = 6e-17 at kappa = 1e-6 and N = 8192.
    return [n, repr(kappa), nstr(log(total), DIGITS), nstr(2 * weighted / (kappa * total), DIGITS)]


def area(n):
    half = mpf(n) / 2
    return [n, nstr(log(2 * mp.pi**half / gamma(half)), DIGITS)]


def main():
    rows = [row(n, kappa) for n in DIMENSIONS for kappa in kappas(n)]
    areas = [area(n) for n in sorted(set(DIMENSIONS + list(range(1, 60))))]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vmf-normalizer.json")
    with open(path, "w", encoding="utf-8") as file:
        lines = ",\n".join("    " + json.dumps(entry) for entry in rows)
        more = ",\n".join("    " + json.dumps(entry) for entry in areas)
        file.write('{\n  "rows": [\n' + lines + '\n  ],\n  "areas": [\n' + more + "\n  ]\n}\n")


main()
