"""Exact nearest neighbours by faiss.IndexFlatL2, in float32.

Reads one command a line and answers each with one line of JSON, so that a caller can take turns with it:

    info                          versions, and what is missing
    load ROWS DIMENSION PATH      ROWS x DIMENSION numbers of float32
    ask QUERIES PATH              QUERIES x DIMENSION numbers of float32
    search K                      what it cost, and the nearest row of every query
"""

import importlib
import json
import os
import platform
import sys
import time

# All scripts run from where they lie, and leave nothing there.
sys.dont_write_bytecode = True


def load_modules():
    """The modules that are there, by name."""
    found = {}
    for name in ("numpy", "faiss"):
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            pass
    return found


modules = load_modules()
np, faiss = map(modules.get, ("numpy", "faiss"))


def info():
    versions = {name: module.__version__ for name, module in modules.items()}
    missing = [name for name in ("numpy", "faiss") if name not in modules]
    return {"python": platform.python_version(), "versions": versions, "missing": missing}


class Search:
    def load(self, rows, dimension, path):
        faiss.omp_set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        self.index = faiss.IndexFlatL2(int(dimension))
        self.index.add(np.fromfile(path, dtype=np.float32).reshape(int(rows), int(dimension)))
        return {}

    def ask(self, queries, path):
        self.queries = np.fromfile(path, dtype=np.float32).reshape(int(queries), self.index.d)
        return {}

    def search(self, k):
        wall, processor = time.perf_counter(), time.process_time()
        _, rows = self.index.search(self.queries, int(k))
        cost = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        return {**cost, "nearest": rows[:, 0].tolist()}


search = Search()
for line in sys.stdin:
    verb, *words = line.split()
    answer = info() if verb == "info" else getattr(search, verb)(*words)
    print(json.dumps(answer), flush=True)
