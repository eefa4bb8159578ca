#!/usr/bin/env python3
"""Time an iteration of gradient descent, for tests/bench.lua and tests/bench_batches.lua.

usage: bench_notebook.py mnist.npz notebook|products|torch float64|float32 hidden iterations
       bench_notebook.py mnist.npz batches float64|float32 hidden epochs batch optimizer activation

"notebook" is the notebook's in NumPy; "products" its two large matrix products
alone, into arrays that are there; "torch" the same network in PyTorch; "batches"
an epoch of mini-batches in PyTorch, of hidden layers such as 128,64. Prints the
seconds of each iteration, or epoch, after a first one that is not counted, a
line each, then the process's peak memory in MB.
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


def notebook(x, labels, hidden):
    hidden = int(hidden)
    y = np.eye(10, dtype=x.dtype)[labels]
    np.random.seed(0)
    w = {"W1": np.random.randn(hidden, 784) * np.sqrt(1 / 784), "b1": np.zeros((1, hidden)),
         "W2": np.random.randn(10, hidden) * np.sqrt(1 / hidden), "b2": np.zeros((1, 10))}
    w = {name: value.astype(x.dtype) for name, value in w.items()}
    return lambda: iteration(x, y, w, 0.1)


def products(x, labels, hidden):
    hidden = int(hidden)
    w1 = np.random.randn(hidden, 784).astype(x.dtype)
    z, dw1 = np.empty((len(x), hidden), x.dtype), np.empty((784, hidden), x.dtype)

    def both():
        np.dot(x, w1.T, out=z)
        np.dot(x.T, z, out=dw1)
    return both


def network(x, labels, hidden, activation="sigmoid"):
    """The rows and labels as tensors, and a model whose hidden layers are such as 128,64."""
    import torch
    between = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    layers, width = [], x.shape[1]
    for units in map(int, hidden.split(",")):
        layers += [torch.nn.Linear(width, units), between[activation]()]
        width = units
    x, y = torch.from_numpy(x), torch.from_numpy(labels.astype(np.int64))
    return x, y, torch.nn.Sequential(*layers, torch.nn.Linear(width, 10)).to(x.dtype)


def update(x, y, model, descent):
    from torch.nn.functional import cross_entropy
    descent.zero_grad(set_to_none=True)
    cross_entropy(model(x), y).backward()
    descent.step()


def torch(x, labels, hidden):
    from torch.optim import SGD
    x, y, model = network(x, labels, hidden)
    descent = SGD(model.parameters(), lr=0.1)
    return lambda: update(x, y, model, descent)


def batches(x, labels, hidden, batch, optimizer, activation):
    import torch
    # Debian's 1.13 took 0.37 s an epoch so, and 0.75 s with two threads: OpenBLAS has its own.
    torch.set_num_threads(1)
    x, y, model = network(x, labels, hidden, activation)
    descent = {"sgd": lambda w: torch.optim.SGD(w, lr=0.1),
               "momentum": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9),
               "adam": torch.optim.Adam}[optimizer](model.parameters())

    def epoch():
        for rows in torch.randperm(len(x)).split(int(batch)):
            update(x[rows], y[rows], model, descent)
    return epoch


def main(path, what, dtype, hidden, iterations, *options):
    data = np.load(path)
    x = (data["x_train"] / 255.0).astype(dtype).reshape(-1, 784)
    contenders = {"notebook": notebook, "products": products, "torch": torch, "batches": batches}
    step = contenders[what](x, data["y_train"], hidden, *options)
    for i in range(int(iterations) + 1):
        start = time.perf_counter()
        step()
        if i > 0:
            print(time.perf_counter() - start)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
