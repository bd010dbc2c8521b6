"""Entropic optimal transport as a Python user would solve it, to a given L1 error of the marginals.

Reads one command a line and answers each with one line of JSON, so that a caller can take turns with it:

    info                             versions, the BLAS, and for every method what is missing
    load FOLDER                      settings.json; sources.bin, targets.bin, sourceWeights.bin, targetWeights.bin (float64)
    solve METHOD FIRST COUNT LIMIT   COUNT pairs of clouds from the pair FIRST on; gives up after LIMIT seconds

METHOD is log or stabilized (POT: sinkhorn_log and sinkhorn_stabilized, one pair after the other), torch (a loop in the log
domain over many pairs at once) or stream (the same, one pair after the other, costs computed anew block by block). An answer has what it cost and, for every pair, the sweeps, the regularised value <a, f> + <b, g>
and the L1 error of both marginals, the last two computed afterwards from the potentials; none when time was up.

POT stops by the L2 norm of one marginal. It is given the L1 norm in that place, so that all sides stop by the same rule.
"""

import importlib
import json
import os
import platform
import signal
import sys
import time
import warnings

# All scripts run from where they lie, and leave nothing there.
sys.dont_write_bytecode = True
from blas import blas_libraries

# More sweeps than any limit of time allows.
SWEEPS = 10**9
MODULES = {"log": "ot", "stabilized": "ot", "torch": "torch", "stream": "torch"}
# Rows of costs at once.
BLOCK = 256


def load_modules():
    """The modules that are there, by name."""
    found = {}
    for name in ("numpy", "scipy", "ot", "torch"):
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            pass
    return found


modules = load_modules()
np, ot, torch = map(modules.get, ("numpy", "ot", "torch"))


def info():
    versions = {name: module.__version__ for name, module in modules.items()}
    missing = {
        method: [name for name in ("numpy", module) if name not in modules] for method, module in MODULES.items()
    }
    return {"python": platform.python_version(), "versions": versions, "missing": missing, "blas": blas_libraries()}


class Pairs:
    """Pairs of clouds, all of one size."""

    def __init__(self, folder):
        with open(os.path.join(folder, "settings.json"), encoding="utf8") as file:
            settings = json.load(file)
        if torch:
            torch.set_num_threads(settings["threads"])
        self.epsilon, self.tolerance = settings["epsilon"], settings["tolerance"]
        # Sweeps from one look at the error to the next; of sinkhorn_log it is 10.
        self.check_every = settings["checkEvery"]
        # Pairs that the loop in PyTorch takes at once.
        self.batch_size = settings["batchSize"]
        read = lambda name: np.fromfile(os.path.join(folder, name))
        shape = settings["count"], -1, settings["dimension"]
        self.sources, self.targets = read("sources.bin").reshape(shape), read("targets.bin").reshape(shape)
        self.source_weights = read("sourceWeights.bin").reshape(shape[:2])
        self.target_weights = read("targetWeights.bin").reshape(shape[:2])

    def verify(self, i, u, v):
        """Regularised value and L1 error of both marginals of the plan exp(u + v - C / epsilon)."""
        x, y, a, b = self.sources[i], self.targets[i], self.source_weights[i], self.target_weights[i]
        columns, error = np.zeros(len(b)), 0.0
        for begin in range(0, len(a), BLOCK):
            rows = slice(begin, begin + BLOCK)
            costs = ((x[rows, None, :] - y[None, :, :]) ** 2).sum(axis=2)
            plan = np.exp(u[rows, None] + v[None, :] - costs / self.epsilon)
            error += np.abs(plan.sum(axis=1) - a[rows]).sum()
            columns += plan.sum(axis=0)
        error += np.abs(columns - b).sum()
        return self.epsilon * (a @ (u - np.log(a)) + b @ (v - np.log(b))), error


def l1_norm(_, difference):
    """What POT takes for a norm: a method of its layer over numpy."""
    return np.abs(difference).sum()


def solve_log(pairs, i, costs):
    a, b = pairs.source_weights[i], pairs.target_weights[i]
    _, log = ot.bregman.sinkhorn_log(
        a, b, costs, pairs.epsilon, numItermax=SWEEPS, stopThr=pairs.tolerance, log=True
    )
    return log["log_u"], log["log_v"], log["niter"] + 1


def solve_stabilized(pairs, i, costs):
    a, b = pairs.source_weights[i], pairs.target_weights[i]
    _, log = ot.bregman.sinkhorn_stabilized(
        a,
        b,
        costs,
        pairs.epsilon,
        numItermax=SWEEPS,
        stopThr=pairs.tolerance,
        log=True,
        print_period=pairs.check_every,
    )
    return log["logu"], log["logv"], log["n_iter"] + 1


POT = {"log": solve_log, "stabilized": solve_stabilized}


def pot_solutions(pairs, method, chosen):
    ot.backend.NumpyBackend.norm = l1_norm
    return [
        POT[method](pairs, i, ot.dist(pairs.sources[i], pairs.targets[i], "sqeuclidean")) for i in chosen
    ]


def torch_solutions(pairs, chosen):
    size = pairs.batch_size
    batches = [chosen[begin : begin + size] for begin in range(0, len(chosen), size)]
    return [solution for batch in batches for solution in torch_batch(pairs, batch)]


def torch_batch(pairs, chosen):
    """All these pairs at once. Whenever half of them are within the tolerance, the batch goes on without those."""
    part = slice(chosen.start, chosen.stop)
    x, y, a, b = (
        torch.from_numpy(numbers[part])
        for numbers in (pairs.sources, pairs.targets, pairs.source_weights, pairs.target_weights)
    )
    squares = (x * x).sum(dim=2)[:, :, None] + (y * y).sum(dim=2)[:, None, :]
    kernel = torch.baddbmm(squares, x, y.transpose(1, 2), alpha=-2).div_(-pairs.epsilon)
    log_a, log_b = a.log(), b.log()
    u, v = torch.zeros_like(a), torch.zeros_like(b)
    solutions = [None] * len(chosen)
    indices = torch.arange(len(chosen))
    sweeps = 0
    while len(indices) > 0:
        next_u = log_a - torch.logsumexp(kernel + v[:, None, :], dim=2)
        if sweeps > 0 and sweeps % pairs.check_every == 0:
            # The rows of the plan before this update sum to a exp(u - next_u), its columns to b.
            done = (a * torch.expm1(u - next_u)).abs().sum(dim=1) <= pairs.tolerance
            if 2 * int(done.sum()) >= len(indices):
                for k in done.nonzero()[:, 0].tolist():
                    solutions[indices[k]] = u[k].numpy(), v[k].numpy(), sweeps
                left = ~done
                kernel, log_a, log_b, a, v, next_u, indices = (
                    values[left] for values in (kernel, log_a, log_b, a, v, next_u, indices)
                )
        u = next_u
        v = log_b - torch.logsumexp(kernel + u[:, :, None], dim=1)
        sweeps += 1
    return solutions


def stream_solutions(pairs, chosen):
    return [stream_solution(pairs, i) for i in chosen]


def stream_solution(pairs, i):
    x, y, a, b = (
        torch.from_numpy(numbers[i])
        for numbers in (pairs.sources, pairs.targets, pairs.source_weights, pairs.target_weights)
    )

    def soft_maximum(points, others, potential):
        """log sum exp(potential - C / epsilon) over the others, of every point."""
        squares, transposed, result = (others * others).sum(dim=1), others.T.contiguous(), []
        for block in points.split(BLOCK):
            kernel = torch.addmm((block * block).sum(dim=1)[:, None] + squares, block, transposed, alpha=-2)
            result.append(torch.logsumexp(kernel.div_(-pairs.epsilon).add_(potential), dim=1))
        return torch.cat(result)

    log_a, log_b, u, v, sweeps = a.log(), b.log(), torch.zeros_like(a), torch.zeros_like(b), 0
    while True:
        next_u = log_a - soft_maximum(x, y, v)
        if sweeps > 0 and sweeps % pairs.check_every == 0:
            if float((a * torch.expm1(u - next_u)).abs().sum()) <= pairs.tolerance:
                return u.numpy(), v.numpy(), sweeps
        u = next_u
        v = log_b - soft_maximum(y, x, u)
        sweeps += 1


def give_up(*_):
    raise TimeoutError


TORCH = {"torch": torch_solutions, "stream": stream_solutions}


def solve(pairs, method, first, count, limit):
    chosen = range(first, first + count)
    signal.signal(signal.SIGALRM, give_up)
    wall, processor = time.perf_counter(), time.process_time()
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if method in TORCH:
                solutions = TORCH[method](pairs, chosen)
            else:
                solutions = pot_solutions(pairs, method, chosen)
    except TimeoutError:
        solutions = []
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    cost = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    verified = [pairs.verify(i, u, v) for i, (u, v, _) in zip(chosen, solutions)]
    return {
        **cost,
        "values": [float(value) for value, _ in verified],
        "errors": [float(error) for _, error in verified],
        "sweeps": [int(sweeps) for _, _, sweeps in solutions],
    }


def main():
    pairs = None
    for line in sys.stdin:
        command, *words = line.strip().split(" ")
        if command == "info":
            answer = info()
        elif command == "load":
            pairs = Pairs(" ".join(words))
            answer = {}
        elif command == "solve":
            answer = solve(pairs, words[0], int(words[1]), int(words[2]), float(words[3]))
        else:
            raise ValueError(f"unknown command: {line.strip()}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
