"""Times NumPy's array operations for tests/bench_arrays.lua.

usage: bench_arrays.py

Reads lines "NAME SIZE SECONDS" and answers each with the seconds of one call,
the median of repetitions that together take about SECONDS.
"""
import statistics
import sys
import time

import numpy as np


def square(n):
    side = int(n**0.5)
    return np.random.rand(side, side)


MATRIX = {
    "product": lambda a, b, s: lambda: a.dot(b),
    "solve": lambda a, b, s: lambda: np.linalg.solve(a, b),
    "inv": lambda a, b, s: lambda: np.linalg.inv(a),
    "det": lambda a, b, s: lambda: np.linalg.det(a),
    "cholesky": lambda a, b, s: lambda: np.linalg.cholesky(s),
    "qr": lambda a, b, s: lambda: np.linalg.qr(a),
    "eigh": lambda a, b, s: lambda: np.linalg.eigh(s),
    "svd": lambda a, b, s: lambda: np.linalg.svd(a),
    "lstsq": lambda a, b, s: lambda: np.linalg.lstsq(a, b, rcond=None),
}


def operations(name, n):
    """The function that is timed; what it needs is made before."""
    np.random.seed(0)
    if name in MATRIX:
        a, b = np.random.rand(n, n), np.random.rand(n, n)
        return MATRIX[name](a, b, a + a.T + np.eye(n) * n)
    if name == "normals":
        return lambda: np.random.randn(n)
    a = np.random.rand(n) * 2 - 1
    m = square(n)
    row = np.random.rand(m.shape[1])
    b = np.random.rand(n)
    places = np.random.permutation(n)
    mask, counts = a > 0, places % 100
    return {
        "add": lambda: a + b,
        "multiply-add": lambda: m * row + row,
        "exp": lambda: np.exp(a),
        "exp into": lambda: np.exp(a, out=b),
        "log": lambda: np.log(b),
        "tanh": lambda: np.tanh(a),
        "sin": lambda: np.sin(a),
        "relu": lambda: np.maximum(a, 0),
        "sum": lambda: a.sum(),
        "sum rows": lambda: m.sum(0),
        "sum columns": lambda: m.sum(1),
        "max": lambda: a.max(),
        "argmax": lambda: a.argmax(),
        "transposed copy": lambda: m.T.copy(),
        "take": lambda: a[places],
        "sort": lambda: np.sort(a),
        "prod": lambda: a.prod(),
        "std columns": lambda: m.std(1),
        "nanmean": lambda: np.nanmean(a),
        "median": lambda: np.median(a),
        "median rows": lambda: np.median(m, 0),
        "percentiles": lambda: np.percentile(a, [5, 25, 50, 75, 95]),
        "cumsum": lambda: a.cumsum(),
        "diff": lambda: np.diff(a),
        "log1p": lambda: np.log1p(b),
        "sign": lambda: np.sign(a),
        "nonzero": lambda: mask.nonzero(),
        "bincount": lambda: np.bincount(counts),
        "repeat": lambda: a.repeat(2),
        "tile": lambda: np.tile(a, 2),
        "pad": lambda: np.pad(m, 1),
        "vstack": lambda: np.vstack([m, m]),
    }[name]


def seconds_a_call(f, total):
    f()
    calls, times = 1, []
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            f()
        took = time.perf_counter() - start
        if took > total / 20 or took > 0.02:
            break
        calls *= 2
    rounds = max(3, min(20, int(total / took)))
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            f()
        times.append((time.perf_counter() - start) / calls)
    return statistics.median(times)


for line in sys.stdin:
    what, size, budget = line.rsplit(" ", 2)
    print(seconds_a_call(operations(what, int(size)), float(budget)), flush=True)
