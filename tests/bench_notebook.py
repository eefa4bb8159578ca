#!/usr/bin/env python3
"""Time the notebook's iteration in NumPy, for tests/bench.lua.

usage: bench_notebook.py mnist.npz float64|float32 hidden iterations

Prints the seconds of each iteration after a first one that is not counted,
a line each, then the process's peak memory in MB.
"""
import resource
import sys
import time

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def iteration(x, y, w, rate):
    m = y.shape[0]
    a1 = sigmoid(x @ w["W1"].T + w["b1"])
    a2 = softmax(a1 @ w["W2"].T + w["b2"])
    dz2 = (a2 - y) / m
    dz1 = (dz2 @ w["W2"]) * (a1 * (1 - a1))
    w["W2"] -= rate * (a1.T @ dz2).T
    w["b2"] -= rate * np.sum(dz2, axis=0, keepdims=True)
    w["W1"] -= rate * (x.T @ dz1).T
    w["b1"] -= rate * np.sum(dz1, axis=0, keepdims=True)
    return -np.sum(y * np.log(a2 + 1e-9)) / m


def main(path, dtype, hidden, iterations):
    data = np.load(path)
    x = (data["x_train"] / 255.0).astype(dtype).reshape(-1, 784)
    y = np.eye(10, dtype=dtype)[data["y_train"]]
    np.random.seed(0)
    w = {"W1": np.random.randn(hidden, 784) * np.sqrt(1 / 784), "b1": np.zeros((1, hidden)),
         "W2": np.random.randn(10, hidden) * np.sqrt(1 / hidden), "b2": np.zeros((1, 10))}
    w = {name: value.astype(dtype) for name, value in w.items()}
    for i in range(iterations + 1):
        start = time.perf_counter()
        iteration(x, y, w, 0.1)
        if i > 0:
            print(time.perf_counter() - start)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
