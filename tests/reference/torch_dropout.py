#!/usr/bin/env python3
"""Write PyTorch's losses of networks with dropout, which the specs compare with.

usage: torch_dropout.py                   (with Debian's python3-torch)

The networks, data and names are those of torch_curves.py, with two words more:
dropout=0.2,0.5, a probability for each hidden layer, and key=7, from which the
masks follow. The masks are computed here by the formula of
src/core/kernels/kernels.c, one row after the other, and multiplied with the
outputs of hidden layers in place of torch.nn.Dropout's. The losses are those of
what is left, before each of UPDATES updates.
"""
import itertools
import os

import numpy as np
import torch
from torch.nn import functional

from curve import CLASSES, make_data, make_weights
from torch_curves import (ACTIVATIONS, DTYPES, OPTIMIZERS, case, draw_batches,
                          name_of)

UPDATES = 60
MASK32, MASK64 = 0xffffffff, 0xffffffffffffffff


def mix64(z):
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & MASK64
    z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK64
    return z ^ z >> 31


def mix_in(h, value):
    return mix64(((h ^ value) + 0x9e3779b97f4a7c15) & MASK64)


def mix32(h):
    h = (h ^ h >> 16) * 0x85ebca6b & MASK32
    h = (h ^ h >> 13) * 0xc2b2ae35 & MASK32
    return h ^ h >> 16


def make_mask(p, key, iteration, layer, rows, units):
    """(rows, units): 0 where an element is dropped, else 1 / (1 - p)."""
    seed = mix_in(mix_in(mix_in(0, key), iteration), layer)
    unit, mask = np.arange(units, dtype=np.uint64), np.empty((rows, units))
    for row in range(rows):
        k = mix_in(seed, row)
        low, high = np.uint64(k & MASK32), np.uint64(k >> 32)
        bits = mix32(mix32(unit + low & np.uint64(MASK32)) ^ high)
        mask[row] = np.where(bits < round(p * 2 ** 32), 0, 1 / (1 - p))
    return mask


def make_cases():
    yield case(["sigmoid"], "sgd", dropout=[0.5], key=7)
    for activation in ACTIVATIONS:
        yield case([activation, activation], "adamw", hidden=[16, 12], dropout=[0.2, 0.5],
                   key=2 ** 53 - 1)
    yield case(["gelu", "tanh", "relu"], "momentum", hidden=[20, 16, 12],
               dropout=[0.3, 0, 0.1], batch=128, key=123456789)
    yield case(["relu"], "adam", hidden=[40], dropout=[0.9], batch=50, key=0)


def train(x, labels, hidden, activation, optimizer, rate, dropout, key, batch=None):
    """The loss before each update."""
    weights, biases = make_weights([x.shape[1], *hidden, CLASSES])
    layers = [[torch.tensor(a, dtype=x.dtype, requires_grad=True) for a in (w, b[0])]
              for w, b in zip(weights, biases)]
    kind, always = OPTIMIZERS[optimizer]
    descent = kind(itertools.chain(*layers), lr=rate, **always)
    batches = draw_batches(len(x), batch) if batch else itertools.repeat(slice(None))
    losses = []
    for update, rows in enumerate(itertools.islice(batches, UPDATES), 1):
        a, y = x[rows], labels[rows]
        for layer, (w, b) in enumerate(layers[:-1]):
            mask = make_mask(dropout[layer], key, update, layer, len(a), hidden[layer])
            a = ACTIVATIONS[activation[layer]](functional.linear(a, w, b))
            a = a * torch.tensor(mask, dtype=x.dtype)
        z = functional.linear(a, *layers[-1])
        likely = functional.softmax(z.detach(), dim=1)[range(len(y)), y]
        losses.append(-torch.log(likely + 1e-9).mean().item())
        descent.zero_grad()
        functional.cross_entropy(z, y).backward()
        descent.step()
    return np.array(losses)


def main():
    pixels, labels = make_data()
    out = {}
    for told in make_cases():
        for name, dtype in DTYPES.items():
            x = torch.tensor(pixels / 255.0, dtype=dtype)
            out[name_of(name, told)] = train(x, torch.tensor(labels), **told)
    here = os.path.dirname(os.path.abspath(__file__))
    np.savez_compressed(os.path.join(here, "torch_dropout.npz"), **out)


if __name__ == "__main__":
    main()
