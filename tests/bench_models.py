"""PyTorch's part of tests/bench_models.lua.

usage: bench_models.py lenet|dense THREADS
"""
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

ROWS, BATCH, STEPS, BLOCKS = 60000, 128, 50, 8

MODELS = {
    "lenet": lambda: nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)),
    "dense": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10)),
}


def megabytes(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines
                    if line.startswith(name + ":")) / 1000


def batches():
    while True:
        order = torch.randperm(ROWS)
        for first in range(0, ROWS, BATCH):
            yield order[first:first + BATCH]


def measure(name, threads):
    """Milliseconds of a step, the peak, and what of it came after the data."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x = torch.randint(0, 256, (ROWS, 1, 28, 28), dtype=torch.uint8)
    y = torch.arange(ROWS) % 10
    before = megabytes("VmRSS")
    model = MODELS[name]()
    optimizer = torch.optim.Adam(model.parameters())
    times, start = [], None
    for i, rows in enumerate(batches(), 1):
        loss = functional.cross_entropy(model(x[rows].float().mul_(1 / 255)), y[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()
        if i % STEPS == 0:
            now = time.perf_counter()
            if start:
                times.append((now - start) / STEPS * 1e3)
            start = now
        if i == (BLOCKS + 1) * STEPS:
            break
    peak = megabytes("VmHWM")
    print(statistics.median(times), peak, peak - before)


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2]))
