"""Times PyTorch's convolution and pooling for tests/bench_images.lua.

usage: bench_images.py

Reads lines "NAME CHANNELS OUTPUTS SIDE THREADS SECONDS" and answers each with
the seconds of one call, the median of calls that together take about SECONDS.
"""
import statistics
import sys
import time

import torch
from torch.nn import functional

BATCH = 128


def operation(name, channels, outputs, side):
    """The function that is timed; what it needs is made before."""
    with_gradient = name.endswith("gradients")
    x = torch.randn(BATCH, channels, side, side).requires_grad_(with_gradient)
    if name.startswith("conv2d"):
        k = torch.randn(outputs, channels, 5, 5).requires_grad_(with_gradient)
        inputs, forward = (x, k), lambda: functional.conv2d(x, k)
    else:
        inputs, forward = (x,), lambda: functional.max_pool2d(x, 2)
    if not with_gradient:
        return forward
    g = torch.randn(forward().shape)
    return lambda: torch.autograd.grad(forward(), inputs, g)


def seconds_a_call(f, total):
    times, end = [], time.perf_counter() + total
    f()
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


for line in sys.stdin:
    what, *sizes, budget = line.rsplit(" ", 5)
    *shape, threads = map(int, sizes)
    torch.set_num_threads(threads)
    print(seconds_a_call(operation(what, *shape), float(budget)), flush=True)
