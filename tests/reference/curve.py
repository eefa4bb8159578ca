#!/usr/bin/env python3
"""Write the short reference curves that the specs compare with.

usage: python3 tests/reference/curve.py

NumPy float64 runs the notebook's mathematics on data that looks a little like
MNIST and that the specs make again from the same seeds: ROWS pictures of
INPUTS pixels, bytes, most of them 0. tests/reference/curve.npz holds, for one
and for two hidden layers (prefixes one_ and two_): cost (ITERATIONS,), the loss
before each update, accuracy at marks, and the final W1 b1 W2 b2 ...; and
pixels, the sum of all, by which a spec knows that it made the same data.
"""
import os
import numpy as np

ROWS, INPUTS, CLASSES = 600, 49, 10
ITERATIONS, RATE, MARKS = 100, 0.5, (1, 10, 50, 100)
NETWORKS = {"one": [16], "two": [16, 12]}


def make_data():
    """Ten patterns with many zeros, each seen through noise."""
    np.random.seed(7)
    patterns = np.clip(np.random.rand(CLASSES, INPUTS) - 0.5, 0, 1) * 2
    noise = np.random.rand(ROWS, INPUTS)
    labels = np.arange(ROWS) % CLASSES
    return (patterns[labels] * noise * 255).astype(np.uint8), labels


def make_weights(widths):
    """Weights and biases as the notebook draws them, layer by layer."""
    np.random.seed(0)
    weights = [np.random.randn(n, m) * np.sqrt(1.0 / m)
               for m, n in zip(widths, widths[1:])]
    return weights, [np.zeros((1, n)) for n in widths[1:]]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(x, weights, biases):
    """Activations, x first."""
    a = [x]
    for w, b in zip(weights[:-1], biases[:-1]):
        a.append(sigmoid(a[-1] @ w.T + b))
    a.append(softmax(a[-1] @ weights[-1].T + biases[-1]))
    return a


def gradient(a, y, weights):
    """dW and db of each layer, from the last to the first."""
    dz = (a[-1] - y) / y.shape[0]
    for i in reversed(range(len(weights))):
        yield i, (a[i].T @ dz).T, dz.sum(axis=0, keepdims=True)
        dz = (dz @ weights[i]) * (a[i] * (1 - a[i]))


def train(x, labels, hidden):
    """What the reference holds for one network."""
    weights, biases = make_weights([INPUTS] + hidden + [CLASSES])
    y, cost, accuracy = np.eye(CLASSES)[labels], [], []
    for i in range(1, ITERATIONS + 1):
        a = forward(x, weights, biases)
        cost.append(-np.sum(y * np.log(a[-1] + 1e-9)) / ROWS)
        for layer, dw, db in list(gradient(a, y, weights)):
            weights[layer] = weights[layer] - RATE * dw
            biases[layer] = biases[layer] - RATE * db
        if i in MARKS:
            predicted = forward(x, weights, biases)[-1].argmax(axis=1)
            accuracy.append(np.mean(predicted == labels))
    saved = {"cost": cost, "accuracy": accuracy}
    for i, (w, b) in enumerate(zip(weights, biases), 1):
        saved["W%d" % i], saved["b%d" % i] = w, b
    return saved


def main():
    pixels, labels = make_data()
    out = {"marks": MARKS, "pixels": pixels.sum()}
    for name, hidden in NETWORKS.items():
        for key, value in train(pixels / 255.0, labels, hidden).items():
            out[name + "_" + key] = value
        print(name, out[name + "_cost"][-1], out[name + "_accuracy"])
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "curve.npz")
    np.savez_compressed(path, **out)


if __name__ == "__main__":
    main()
