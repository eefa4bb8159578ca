#!/usr/bin/env python3
"""Write PyTorch's losses, which the specs compare with.

usage: torch_curves.py                    (with Debian's python3-torch)
       torch_curves.py mnist.npz PATH

torch.optim trains networks on the data of curve.py and from its weights. What
descends is the gradient of cross_entropy; what is saved is the notebook's loss,
-log(softmax + 1e-9), before each of UPDATES updates: of all rows, or of the
batch that the update is made from. tests/reference/torch_curves.npz holds the
losses of each case in float32 and in float64, under names that say the case in
the words of pg.Model's options: "float32 hidden=16 activation=tanh
optimizer=sgd rate=0.1".

With a data set, each optimizer trains a network of 100 hidden units on it with
each activation; the losses go to the file at PATH.
"""
import itertools
import os
import sys

import numpy as np
import torch
from torch.nn import functional

from curve import CLASSES, make_data, make_weights

UPDATES = 50
DTYPES = {"float32": torch.float32, "float64": torch.float64}
ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
               "leaky_relu": functional.leaky_relu, "gelu": functional.gelu}

# The class of each, with what pg.Model's default is and the class's is not.
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}
RATES = {"sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "rmsprop": 1e-3, "adam": 1e-3,
         "adamw": 1e-3}

# Each option of each optimizer away from its default. An eps as large as the
# gradients shows where it is added.
OPTIONS = {
    "sgd": {"weight_decay": 0.01},
    "momentum": {"weight_decay": 0.01, "momentum": 0.5, "dampening": 0.3},
    "nesterov": {"weight_decay": 0.01, "momentum": 0.5},
    "rmsprop": {"weight_decay": 0.01, "momentum": 0.5, "alpha": 0.8, "eps": 1e-3},
    "adam": {"weight_decay": 0.01, "betas": [0.8, 0.99], "eps": 1e-3},
    "adamw": {"weight_decay": 0.3, "betas": [0.8, 0.99], "eps": 1e-3},
}


def case(activation, optimizer, hidden=(16,), **options):
    """What pg.Model is told, and train."""
    return {"hidden": hidden, "activation": activation, "optimizer": optimizer,
            "rate": RATES[optimizer], **options}


def each_with_each(hidden):
    for activation, optimizer in itertools.product(ACTIVATIONS, OPTIMIZERS):
        yield case([activation], optimizer, hidden)


def make_cases():
    yield from each_with_each([16])
    for optimizer, options in OPTIONS.items():
        yield case(["tanh"], optimizer, **options)
    # Close to 1, where 1 - beta in float32 loses digits.
    yield case(["tanh"], "rmsprop", alpha=0.9999)
    yield case(["tanh"], "adam", betas=[0.9, 0.9999])
    yield case(["tanh", "relu"], "adam", hidden=[16, 12])
    yield case(["gelu", "leaky_relu", "gelu"], "adamw", hidden=[16, 12, 8])
    yield case(["tanh"], "adamw", weight_decay=0)
    for optimizer in ("momentum", "adam"):
        yield case(["sigmoid"], optimizer, batch=128)


def name_of(dtype, told):
    words = [dtype]
    for option, value in told.items():
        several = isinstance(value, (list, tuple))
        words.append(option + "=" + ",".join(map(str, value if several else [value])))
    return " ".join(words)


def draw_batches(rows, batch):
    """The rows of each update: every epoch has them in a new order."""
    while True:
        order = np.random.permutation(rows)
        for first in range(0, rows, batch):
            yield order[first:first + batch]


def forward(x, layers, activations):
    """The last layer before its softmax."""
    for (w, b), activation in zip(layers, activations):
        x = ACTIVATIONS[activation](functional.linear(x, w, b))
    return functional.linear(x, *layers[-1])


def train(x, labels, hidden, activation, optimizer, rate, batch=None, **options):
    """The loss before each update."""
    weights, biases = make_weights([x.shape[1], *hidden, CLASSES])
    layers = [[torch.tensor(a, dtype=x.dtype, requires_grad=True) for a in (w, b[0])]
              for w, b in zip(weights, biases)]
    kind, always = OPTIMIZERS[optimizer]
    descent = kind(itertools.chain(*layers), lr=rate, **{**always, **options})
    # The batches come from the generator that drew the weights.
    batches = draw_batches(len(x), batch) if batch else itertools.repeat(slice(None))
    losses = []
    for rows in itertools.islice(batches, UPDATES):
        z, y = forward(x[rows], layers, activation), labels[rows]
        likely = functional.softmax(z.detach(), dim=1)[range(len(y)), y]
        losses.append(-torch.log(likely + 1e-9).mean().item())
        descent.zero_grad()
        functional.cross_entropy(z, y).backward()
        descent.step()
    return np.array(losses)


def save(path, pixels, labels, cases):
    out = {}
    for told in cases:
        for name, dtype in DTYPES.items():
            x = torch.tensor(pixels / 255.0, dtype=dtype)
            out[name_of(name, told)] = train(x, torch.tensor(labels), **told)
    np.savez_compressed(path, **out)


def main(data=None, path=None):
    if data:
        mnist = np.load(data)
        save(path, mnist["x_train"].reshape(-1, 784), mnist["y_train"].astype(np.int64),
             each_with_each([100]))
    else:
        here = os.path.dirname(os.path.abspath(__file__))
        save(os.path.join(here, "torch_curves.npz"), *make_data(), make_cases())


if __name__ == "__main__":
    main(*sys.argv[1:])
