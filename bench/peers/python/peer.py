"""What a Python user would write: squared Wasserstein distances from one Gaussian to many.

Reads one command a line and answers each with one line of JSON, so that a caller can take turns with it:

    info                       versions, and for every method what is missing
    load DIMENSION COUNT PATH  float64: mean and covariance of a query, then the means and the covariances of COUNT items
    run METHOD THREADS COUNT   the distances to the first COUNT items and what they cost

METHOD is numpy or torch (Cholesky factor of the query, Gram matrices by batched products, batched eigvalsh) or textbook (two
scipy.linalg.sqrtm a pair, as libraries ship the formula). THREADS workers share the items: LAPACK calls of all three release the
interpreter lock. How many threads BLAS uses within a call follows from OPENBLAS_NUM_THREADS, which must be set before the import
of numpy; hence one process for each way to spend the threads, and the caller takes the faster.
"""

import importlib
import json
import os
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor

# Both scripts run from where they lie, and leave nothing there.
sys.dont_write_bytecode = True
from blas import blas_libraries

# A chunk's Gram matrices stay within the cache: larger chunks are slower, smaller ones spend their time in the interpreter.
CHUNK_NUMBERS = 2**17

MODULES = {"numpy": ["numpy"], "torch": ["numpy", "torch"], "textbook": ["numpy", "scipy.linalg"]}


def load_modules():
    """The modules that are there, by name."""
    found = {}
    for name in sorted({module for modules in MODULES.values() for module in modules}):
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            pass
    return found


modules = load_modules()
np = modules.get("numpy")
torch = modules.get("torch")
blas_threads = int(os.environ.get("OPENBLAS_NUM_THREADS", "1"))
if torch:
    torch.set_num_threads(blas_threads)


def info():
    packages = {name: module for name, module in modules.items() if name != "scipy.linalg"}
    versions = {name: module.__version__ for name, module in packages.items()}
    if "scipy.linalg" in modules:
        versions["scipy"] = importlib.import_module("scipy").__version__
    missing = {
        method: [module.split(".")[0] for module in needed if module not in modules]
        for method, needed in MODULES.items()
    }
    return {"python": platform.python_version(), "versions": versions, "missing": missing, "blas": blas_libraries()}


class Problem:
    """One query and the items it is compared with."""

    def __init__(self, dimension, count, path):
        numbers = np.fromfile(path)
        d = dimension
        sizes = [d, d * d, count * d, count * d * d]
        parts = np.split(numbers, np.cumsum(sizes)[:-1])
        self.mean, self.covariance = parts[0], parts[1].reshape(d, d)
        self.means, self.covariances = parts[2].reshape(count, d), parts[3].reshape(count, d, d)

    def chunks(self, method, workers, count):
        """Slices of the first items that a worker takes at a time."""
        d = len(self.mean)
        size = 1 if method == "textbook" else max(1, CHUNK_NUMBERS // (d * d))
        size = min(size, -(-count // workers))
        return [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]


def numpy_distances(problem):
    d = len(problem.mean)
    factor = np.linalg.cholesky(problem.covariance)
    trace = np.trace(problem.covariance)

    def of_chunk(chunk):
        covariances = problem.covariances[chunk]
        # The right products of a whole chunk are one product.
        half = (covariances.reshape(-1, d) @ factor).reshape(-1, d, d)
        values = np.linalg.eigvalsh(np.matmul(factor.T, half))
        roots = np.sqrt(np.maximum(values, 0)).sum(axis=1)
        means = ((problem.means[chunk] - problem.mean) ** 2).sum(axis=1)
        return means + np.trace(covariances, axis1=1, axis2=2) + trace - 2 * roots

    return of_chunk


def torch_distances(problem):
    d = len(problem.mean)
    mean, covariance, means, all_covariances = map(
        torch.from_numpy, (problem.mean, problem.covariance, problem.means, problem.covariances)
    )
    factor = torch.linalg.cholesky(covariance)
    trace = torch.trace(covariance)

    def of_chunk(chunk):
        with torch.no_grad():
            covariances = all_covariances[chunk]
            half = (covariances.reshape(-1, d) @ factor).reshape(-1, d, d)
            values = torch.linalg.eigvalsh(torch.matmul(factor.T, half))
            roots = values.clamp(min=0).sqrt().sum(dim=1)
            squares = ((means[chunk] - mean) ** 2).sum(dim=1)
            traces = covariances.diagonal(dim1=1, dim2=2).sum(dim=1)
            return (squares + traces + trace - 2 * roots).numpy()

    return of_chunk


def textbook_distances(problem):
    sqrtm = modules["scipy.linalg"].sqrtm

    def of_chunk(chunk):
        item = problem.covariances[chunk.start]
        root = sqrtm(problem.covariance)
        cross = sqrtm(root @ item @ root).real
        means = ((problem.means[chunk.start] - problem.mean) ** 2).sum()
        return np.array([means + np.trace(item) + np.trace(problem.covariance) - 2 * np.trace(cross)])

    return of_chunk


METHODS = {"numpy": numpy_distances, "torch": torch_distances, "textbook": textbook_distances}


def run(problem, method, workers, count):
    wall, processor = time.perf_counter(), time.process_time()
    of_chunk = METHODS[method](problem)
    chunks = problem.chunks(method, workers, count)
    if workers == 1:
        parts = [of_chunk(chunk) for chunk in chunks]
    else:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(of_chunk, chunks))
    distances = np.concatenate(parts)
    cost = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    return {**cost, "distances": distances.tolist()}


def main():
    problem = None
    for line in sys.stdin:
        command, *words = line.strip().split(" ", 3)
        if command == "info":
            answer = info()
        elif command == "load":
            problem = Problem(int(words[0]), int(words[1]), words[2])
            answer = {}
        elif command == "run":
            answer = run(problem, words[0], int(words[1]), int(words[2]))
        else:
            raise ValueError(f"unknown command: {line.strip()}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
