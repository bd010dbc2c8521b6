"""Solves problems with 50 digits and says how far answers in double precision are from the solutions.

Reads one problem a line as JSON, with the answers that it got elsewhere, and answers each with one line: the error of
every answer, by name. Numbers are doubles, which JSON gives back bit for bit; everything here works on their exact
values. Needs mpmath; of POT, where it is installed, it also gives the errors.
"""

import json
import sys

from mpmath import besseli, diag, eigsy, exp, gamma, log, lu_solve, matrix, mp, mpf, pi, sqrt, zeros

try:
    import numpy as np
    import ot
except ImportError:
    ot = None

mp.dps = 50


def column(values):
    return [mpf(value) for value in values]


def square(values, d):
    return matrix([[mpf(values[i * d + j]) for j in range(d)] for i in range(d)])


def norm(values):
    return sqrt(sum((value * value for value in values), mpf(0)))


def flat(a):
    return [a[i, j] for i in range(a.rows) for j in range(a.cols)]


def trace(a):
    return sum((a[i, i] for i in range(a.rows)), mpf(0))


def apart(answer, truth):
    """The norm of the difference over the norm of the truth."""
    scale = norm(truth)
    return float(norm([mpf(a) - t for a, t in zip(answer, truth)]) / scale) if scale else float(norm(column(answer)))


def root_of(a):
    """The positive root of a positive semidefinite matrix; eigenvalues at the level of the 50 digits are zeros."""
    values, vectors = eigsy(a)
    zero = max(abs(value) for value in values) * mpf(10) ** (8 - mp.dps)
    return vectors * diag([sqrt(value) if value > zero else mpf(0) for value in values]) * vectors.T


class Full:
    """Gaussians with full covariances: one query O and the items S."""

    def __init__(self, d, items, query):
        self.items = [(column(item["mean"]), square(item["covariance"], d)) for item in items]
        self.mean, self.covariance = column(query["mean"]), square(query["covariance"], d)
        self.d = d

    def move(self, mean, covariance):
        self.mean, self.covariance = mean, covariance
        return self

    def solve(self):
        self.root = root_of(self.covariance)
        self.middles = [root_of(self.root * s * self.root) for _, s in self.items]
        self.scales = [norm(m) ** 2 + norm(self.mean) ** 2 + trace(s) + trace(self.covariance) for m, s in self.items]
        self.distances = [
            sum((a - b) ** 2 for a, b in zip(m, self.mean)) + trace(s) + trace(self.covariance) - 2 * trace(middle)
            for (m, s), middle in zip(self.items, self.middles)
        ]
        return self

    def maps(self):
        inverse = self.root**-1
        return [inverse * middle * inverse for middle in self.middles]

    def moved(self, weights):
        mean = [sum(w * m[j] for w, (m, _) in zip(weights, self.items)) for j in range(self.d)]
        total = zeros(self.d)
        for w, each in zip(weights, self.maps()):
            total += w * each
        return mean, total * self.covariance * total.T


class Flat:
    """Diagonal or isotropic Gaussians, or vectors: rows of means and of roots of variances, repeated for isotropic ones."""

    def __init__(self, d, items, query):
        self.d = d
        self.items = [self.row(item) for item in items]
        self.own = self.row(query)

    def row(self, given):
        variances = column(given.get("covariance", []))
        self.repeated = self.d if len(variances) == 1 else 1
        return column(given["mean"]) + [sqrt(value * self.repeated) for value in variances]

    def move(self, mean, roots):
        self.own = mean + roots
        return self

    def solve(self):
        self.distances = [sum((a - b) ** 2 for a, b in zip(row, self.own)) for row in self.items]
        self.scales = [norm(row) ** 2 + norm(self.own) ** 2 for row in self.items]
        return self

    def moved(self, weights):
        row = [sum(w * each[j] for w, each in zip(weights, self.items)) for j in range(len(self.own))]
        return row[: self.d], row[self.d :]

    def variances(self, roots):
        return [root**2 / self.repeated for root in roots]


def gibbs(distances, beta):
    least = min(distances)
    masses = [exp(-beta * (distance - least)) for distance in distances]
    total = sum(masses)
    return [mass / total for mass in masses], least - log(total) / beta


def recall_errors(problem):
    d, beta, answers = problem["dimension"], mpf(problem["beta"]), problem["answers"]
    memory = (Full if problem["structure"] == "full" else Flat)(d, problem["items"], problem["query"]).solve()
    weights, energy = gibbs(memory.distances, beta)
    errors = {
        "distances, of D": max(
            float(abs(mpf(a) - t) / t) if t else float(mpf(a)) for a, t in zip(answers["distances"], memory.distances)
        ),
        "distances, of the second moments": max(
            float(abs(mpf(a) - t) / s) for a, t, s in zip(answers["distances"], memory.distances, memory.scales)
        ),
        "weights, absolute": max(float(abs(mpf(a) - t)) for a, t in zip(answers["weights"], weights)),
        "energy, of D + 1 / beta": float(abs(mpf(answers["energy"]) - energy) / (min(memory.distances) + 1 / beta)),
    }
    steps = problem["steps"]
    for step in range(steps):
        mean, spread = memory.moved(gibbs(memory.distances, beta)[0])
        if step == 0:
            errors |= state_errors("step", memory, answers["step"], mean, spread)
        memory.move(mean, spread).solve()
    errors |= state_errors(f"retrieve, {steps} steps", memory, answers["retrieved"], mean, spread)
    if "maps" in answers:
        first = Full(d, problem["items"], problem["query"]).solve()
        errors["transport maps"] = max(apart(a, flat(t)) for a, t in zip(answers["maps"], first.maps()))
    return errors


def state_errors(verb, memory, answer, mean, spread):
    errors = {f"{verb}: means": apart(answer["mean"], mean)}
    if isinstance(memory, Full):
        errors[f"{verb}: covariances"] = apart(answer["covariance"], flat(spread))
    elif spread:
        errors[f"{verb}: covariances"] = apart(answer["covariance"], memory.variances(spread))
    return errors


class Transport:
    """Entropic transport: Newton's method on the dual from a start near the solution."""

    def __init__(self, d, source, target, epsilon):
        self.x, self.y = [self.points(cloud, d) for cloud in (source, target)]
        self.a, self.b = [self.normal(cloud["weights"]) for cloud in (source, target)]
        self.epsilon = mpf(epsilon)
        self.costs = [[sum((p - q) ** 2 for p, q in zip(x, y)) for y in self.y] for x in self.x]

    @staticmethod
    def points(cloud, d):
        return [column(cloud["points"][k * d : (k + 1) * d]) for k in range(len(cloud["weights"]))]

    @staticmethod
    def normal(weights):
        weights = column(weights)
        return [weight / sum(weights) for weight in weights]

    def other(self, f):
        """The best potential g beside f."""
        return [
            -self.epsilon * log(sum(a * exp((p - c[j]) / self.epsilon) for a, p, c in zip(self.a, f, self.costs)))
            for j in range(len(self.b))
        ]

    def solve_own(self, f):
        """Of a cloud with itself, where f = g: the mean of both converges fast."""
        f = column(f)
        for _ in range(1000):
            g = self.other(f)
            apart = max(abs(p - q) for p, q in zip(f, g))
            f = [(p + q) / 2 for p, q in zip(f, g)]
            if apart < self.epsilon * mpf(10) ** (5 - mp.dps):
                return self.solve(f, steps=0)
        raise ArithmeticError("the potentials did not meet")

    def solve(self, f, steps=60):
        n, m = len(self.a), len(self.b)
        f = column(f)
        for step in range(steps + 1):
            self.g = self.other(f)
            self.plan = [
                [a * b * exp((p + q - c) / self.epsilon) for b, q, c in zip(self.b, self.g, row)]
                for a, p, row in zip(self.a, f, self.costs)
            ]
            rows = [sum(row) for row in self.plan]
            lacking = [a - r for a, r in zip(self.a, rows)]
            if sum(abs(x) for x in lacking) < mpf(10) ** (6 - mp.dps):
                self.f = f
                return self
            if step == steps:
                break
            hessian = zeros(n)
            for i in range(n):
                hessian[i, i] += rows[i]
                for k in range(n):
                    hessian[i, k] -= sum(self.plan[i][j] * self.plan[k][j] / self.b[j] for j in range(m))
            # Potentials are determined up to a constant: the first one stays.
            inner = matrix([[hessian[i, k] for k in range(1, n)] for i in range(1, n)])
            moves = [mpf(0), *lu_solve(inner, matrix(lacking[1:]))]
            f = [p + self.epsilon * move for p, move in zip(f, moves)]
        raise ArithmeticError("Newton's method did not end")

    @property
    def value(self):
        return sum(a * p for a, p in zip(self.a, self.f)) + sum(b * q for b, q in zip(self.b, self.g))


def transport_errors(problem):
    d, epsilon, answers = problem["dimension"], problem["epsilon"], problem["answers"]
    source, target = problem["source"], problem["target"]
    across = Transport(d, source, target, epsilon).solve(answers["potentials"])
    own = [Transport(d, cloud, cloud, epsilon).solve_own(start) for cloud, start in zip((source, target), answers["starts"])]
    mean_cost = sum(a * b * c for a, row in zip(across.a, across.costs) for b, c in zip(across.b, row))
    divergence = across.value - (own[0].value + own[1].value) / 2
    gradient = [
        2 * (sum(p * y[c] for p, y in zip(own_row, own[0].y)) - sum(p * y[c] for p, y in zip(row, across.y)))
        for row, own_row in zip(across.plan, own[0].plan)
        for c in range(d)
    ]
    of_cost = lambda answer, truth: float(abs(mpf(answer) - truth) / mean_cost)
    errors = {
        "sinkhorn: values, of the mean cost": of_cost(answers["value"], across.value),
        "sinkhornDivergence, of the mean cost": of_cost(answers["divergence"], divergence),
        "sinkhornDivergence: gradients": apart(answers["gradient"], gradient),
        "sinkhorn: plans, L1": float(sum(abs(mpf(a) - t) for a, t in zip(answers["plan"], sum(across.plan, [])))),
    }
    return errors | (pot_errors(across, mean_cost, problem["tolerance"]) if ot else {})


def pot_errors(truth, mean_cost, tolerance):
    """POT's solver in the log domain, to the same tolerance of its own kind."""
    a, b = np.array([float(x) for x in truth.a]), np.array([float(x) for x in truth.b])
    costs = np.array([[float(c) for c in row] for row in truth.costs])
    epsilon = float(truth.epsilon)
    plan, found = ot.bregman.sinkhorn_log(
        a, b, costs, epsilon, stopThr=tolerance, numItermax=200000, log=True, warn=False
    )
    # Its potentials are those of a plan relative to the counting measure.
    f = epsilon * (found["log_u"] - np.log(a))
    g = epsilon * (found["log_v"] - np.log(b))
    value = float(a @ f + b @ g)
    return {
        "POT: values, of the mean cost": float(abs(mpf(value) - truth.value) / mean_cost),
        "POT: plans, L1": float(sum(abs(mpf(float(p)) - t) for p, t in zip(plan.ravel(), sum(truth.plan, [])))),
    }


def direction(row):
    """Rows stand for directions: their norm is 1 but for rounding."""
    row = column(row)
    length = norm(row)
    return [value / length for value in row]


def sphere_errors(problem):
    n, kappa, answers = problem["dimension"], mpf(problem["kappa"]), problem["answers"]
    memories = [direction(row) for row in problem["memories"]]
    rows, classes = [direction(row) for row in problem["rows"]], problem["classWeights"]
    half = mpf(n) / 2
    area = log(2 * pi**half / gamma(half))
    normal = log((2 * pi) ** half * besseli(half - 1, kappa) / kappa ** (half - 1))
    worst = {"logDensity, absolute": 0.0, "predictProbabilities, absolute": 0.0}
    for at, x in enumerate(rows):
        logs = [kappa * sum(w * v for w, v in zip(memory, x)) - normal for memory in memories]
        densities = []
        for y in range(len(classes[0])):
            terms = [mpf(classes[0][y]) * exp(-area)]
            terms += [mpf(classes[mu + 1][y]) * exp(l) for mu, l in enumerate(logs)]
            densities.append(sum(terms))
        total = sum(densities)
        for y, density in enumerate(densities):
            if not density:
                continue
            error = abs(mpf(answers["logDensity"][at][y]) - log(density))
            worst["logDensity, absolute"] = max(worst["logDensity, absolute"], float(error))
            share = abs(mpf(answers["probabilities"][at][y]) - density / total)
            worst["predictProbabilities, absolute"] = max(worst["predictProbabilities, absolute"], float(share))
    return worst


SOLVERS = {"recall": recall_errors, "transport": transport_errors, "sphere": sphere_errors}

for line in sys.stdin:
    given = json.loads(line)
    print(json.dumps(SOLVERS[given["kind"]](given)), flush=True)
