"""PyTorch's part of tests/bench_gradients.lua.

usage: bench_gradients.py time DTYPE N THREADS
       bench_gradients.py chain
"""
import sys
import time

import torch


def ten_operations(x):
    h = (x * 2.0 + 1.0).tanh() * x
    h = (h.exp() / (x + 3.0)).sigmoid() - x
    return (h ** 2).sum()


def measure(dtype, n, threads):
    """Microseconds of a value and its gradient."""
    torch.set_num_threads(threads)
    x = torch.rand(n, dtype=getattr(torch, dtype), requires_grad=True)
    calls = 2000 if n == 10 else 300
    for _ in range(20):
        torch.autograd.grad(ten_operations(x), x)
    start = time.perf_counter()
    for _ in range(calls):
        value = ten_operations(x)
        torch.autograd.grad(value, x)
        value.item()
    return (time.perf_counter() - start) / calls * 1e6


def status_of(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def measure_chain(depth=100, length=1000000):
    """MB that the gradient of a chain of operations takes at most."""
    x = torch.rand(length, requires_grad=True)
    before = status_of("VmRSS")
    h = x
    for _ in range(depth):
        h = (h * 1.01 + 0.1).tanh()
    torch.autograd.grad(h.sum(), x)
    return (status_of("VmHWM") - before) / 1000


if __name__ == "__main__":
    if sys.argv[1] == "time":
        print(measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    else:
        print(measure_chain())
