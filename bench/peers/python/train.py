"""What a careful PyTorch user would write: the training of a von Mises-Fisher memory, float32 on the processor.

Reads one command a line and answers each with one line of JSON, so that a caller can take turns with it:

    info              versions, the BLAS, and what is missing
    load FOLDER       settings.json, values.bin (float32), labels.bin (int32), memories.bin (float32); the start of a training
    restart           back to that start
    train STEPS       that many steps, each on the next batch; what they cost and their losses
    products COUNT    the two matrix products of a step, COUNT times: what they cost

A step is that of denseam: gradients by autograd at the old state, memories along the sphere with momentum, class weights by an
exponentiated step and ten sweeps of Sinkhorn and Knopp, beta. Both sides must come to the same losses.
"""

import json
import math
import os
import platform
import sys
import time

# Both scripts run from where they lie, and leave nothing there.
sys.dont_write_bytecode = True
from blas import blas_libraries

try:
    import numpy as np
    import torch
except ImportError as error:
    torch = None
    missing = error.name

SWEEPS = 10


def log_normalizer(dimension, beta):
    """log Omega_N(beta) / Omega_N(0) and its derivative, by the series of 0F1, whose terms are all positive.

    Right to some units in the last place as long as e^beta is a number, which is enough for the beta of a training.
    """
    order, z = dimension / 2, beta * beta / 4
    term, total, weighted, n = 1.0, 1.0, 0.0, 0
    while term > 1e-17 * total or n < z / order:
        n += 1
        term *= z / (n * (order + n - 1))
        total += term
        weighted += n * term
    return math.log(total), 2 * weighted / (beta * total)


class Training:
    def __init__(self, folder):
        with open(os.path.join(folder, "settings.json"), encoding="utf8") as file:
            settings = json.load(file)
        torch.set_num_threads(settings["threads"])
        self.dimension, self.rows = settings["dimension"], settings["batchSize"]
        self.rate, self.momentum = settings["learningRate"], settings["momentum"]
        self.scale = settings["betaScale"]
        read = lambda name, kind: torch.from_numpy(np.fromfile(os.path.join(folder, name), dtype=kind))
        self.x = read("values.bin", np.float32).reshape(-1, self.dimension)
        self.class_shares = torch.tensor(settings["classShares"], dtype=torch.float32)
        self.hidden_shares = torch.tensor(settings["hiddenShares"], dtype=torch.float32)
        labels, count = read("labels.bin", np.int32).long(), len(self.class_shares)
        soft = settings["softening"]
        self.q = torch.nn.functional.one_hot(labels, count) * (1 - soft) + soft / count
        self.units = (len(self.hidden_shares) - 1) / (1 - settings["hiddenShares"][0])
        self.start = read("memories.bin", np.float32).reshape(-1, self.dimension), settings["beta"]
        self.restart()

    def restart(self):
        self.w, self.beta = self.start[0].clone(), self.start[1]
        self.p = torch.outer(self.hidden_shares, self.class_shares)
        self.v_w, self.v_p, self.v_beta = torch.zeros_like(self.w), torch.zeros_like(self.p), 0.0
        self.next = 0

    def loss(self, x, q, w, p, normalizer):
        # In place where no gradient needs the old numbers: a matrix of rows x units is larger than the caches.
        terms = torch.addmm(-normalizer, x, w.T, alpha=self.scale * self.beta)
        top = terms.detach().amax(dim=1, keepdim=True).clamp(min=0)
        terms = terms.sub_(top).exp_()
        sums = terms @ p[1:] + torch.exp(-top) * p[0]
        return -(q * (torch.log(sums) + top)).sum(dim=1).mean()

    def step(self):
        chosen = slice(self.next, self.next + self.rows)
        self.next = (self.next + self.rows) % len(self.x)
        value, slope = log_normalizer(self.dimension, self.beta)
        parts = [self.w, self.p, torch.tensor(value, dtype=torch.float32)]
        for part in parts:
            part.requires_grad_(True)
        loss = self.loss(self.x[chosen], self.q[chosen], *parts)
        gradients = torch.autograd.grad(loss, parts)
        for part in parts:
            part.requires_grad_(False)
        with torch.no_grad():
            self.descend(*gradients, slope)
        return loss.item()

    def descend(self, of_w, of_p, of_normalizer, slope):
        along = (of_w * self.w).sum(dim=1, keepdim=True)
        # beta is a factor of w in the scores and stands in the normalizer, and nowhere else.
        of_beta = along.sum().item() / self.beta + of_normalizer.item() * slope
        tangential = of_w.addcmul_(along, self.w, value=-1)
        self.v_w.mul_(self.momentum).sub_(tangential, alpha=self.rate)
        self.w.add_(self.v_w, alpha=self.rate)
        self.w.div_(torch.linalg.vector_norm(self.w, dim=1, keepdim=True))
        mean = (self.p * of_p).sum(dim=1, keepdim=True) / self.hidden_shares[:, None]
        self.v_p.mul_(self.momentum).sub_(of_p - mean, alpha=self.rate / self.units)
        self.p.mul_(torch.exp(self.rate * self.v_p))
        for _ in range(SWEEPS):
            self.p.mul_((self.hidden_shares / self.p.sum(dim=1))[:, None])
            self.p.mul_(self.class_shares / self.p.sum(dim=0))
        self.v_beta = self.momentum * self.v_beta - self.rate * of_beta
        self.beta += self.rate * self.v_beta

    def products(self, count):
        x = self.x[: self.rows]
        with torch.no_grad():
            for _ in range(count):
                scores = x @ self.w.T
                scores.T @ x


def timed(run):
    wall, processor = time.perf_counter(), time.process_time()
    result = run()
    return {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor, **result}


def info():
    if torch is None:
        return {"python": platform.python_version(), "missing": [missing], "blas": []}
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "missing": [],
        "blas": blas_libraries(),
    }


def main():
    training = None
    for line in sys.stdin:
        command, *words = line.strip().split(" ", 1)
        if command == "info":
            answer = info()
        elif command == "load":
            training = Training(words[0])
            answer = {}
        elif command == "restart":
            training.restart()
            answer = {}
        elif command == "train":
            answer = timed(lambda: {"losses": [training.step() for _ in range(int(words[0]))]})
        elif command == "products":
            answer = timed(lambda: training.products(int(words[0])) or {})
        else:
            raise ValueError(f"unknown command: {line.strip()}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
