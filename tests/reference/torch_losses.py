#!/usr/bin/env python3
"""Write PyTorch's losses of each kind, which loss_spec.lua compares with.

usage: torch_losses.py                    (with Debian's python3-torch)

torch.optim trains a network with a hidden layer on the data of curve.py and
from its weights. What descends is the gradient of PyTorch's loss; what is saved
is its value before each of UPDATES updates, but for cross_entropy the
notebook's, with log(softmax + 1e-9) in the place of the log.
tests/reference/torch_losses.npz holds the losses of each case in float32 and in
float64, under names that say the case in the words of pg.Model's options, and
by y which of the targets it has (targets): "float64 y=soft label_smoothing=0.1".
"balanced" holds scikit-learn's weights of the labels "few".
"""
import itertools
import os

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from curve import CLASSES, make_data, make_weights
from torch_curves import DTYPES, OPTIMIZERS, draw_batches, name_of

UPDATES, HIDDEN = 60, 16
WEIGHTS = [0.5, 1, 2, 1, 0.25, 3, 1, 0.75, 1.5, 1]


def make_targets(pixels, labels):
    """Each by its name. None needs a sum that rounds."""
    rows = np.arange(len(labels))
    hot = np.eye(CLASSES)
    return {
        "labels": labels,
        "few": np.minimum(labels, 3),
        "soft": 0.75 * hot[labels] + 0.25 * hot[(labels + rows) % CLASSES],
        "odd": labels % 2,
        "likely": (2 * labels + 1) / 20,
        "real": pixels[:, :16].sum(axis=1, dtype=np.int64) / 1000,
        "several": np.stack([pixels[:, i * 16:(i + 1) * 16].sum(axis=1, dtype=np.int64) / 1000
                             for i in range(3)], axis=1),
    }


def make_cases():
    """What pg.Model is told, and train."""
    smoothed = {"label_smoothing": 0.1}
    weighted = {"class_weight": WEIGHTS}
    kinds = [("labels", None, {**s, **w}) for s in ({}, smoothed) for w in ({}, weighted)]
    kinds += [("soft", None, {**s, **w}) for s in ({}, smoothed) for w in ({}, weighted)]
    kinds += [("few", None, {"class_weight": "balanced"}),
              ("few", None, {"class_weight": [1, 0, 2, 0.5]})]
    binary = {"class_weight": [0.5, 3]}
    kinds += [(y, "binary_cross_entropy", {**s, **w}) for y in ("odd", "likely")
              for s in ({}, smoothed) for w in ({}, binary)]
    kinds += [("real", "mse", {}), ("several", "mse", {})]
    for (y, loss, options), batch in itertools.product(kinds, (None, 128)):
        told = {"y": y, **({"loss": loss} if loss else {}), **options,
                "rate": 0.05 if loss == "mse" else 0.2}
        yield {**told, "optimizer": "momentum", "batch": batch} if batch else told


def cross_entropy(z, y, weight, smoothing):
    """The loss that descends, and the notebook's value."""
    classes = z.shape[1]
    loss = functional.cross_entropy(z, y, weight=weight, label_smoothing=smoothing)
    hot = functional.one_hot(y, classes).to(z.dtype) if y.ndim == 1 else y
    w = torch.ones(classes, dtype=z.dtype) if weight is None else weight
    terms = w * ((1 - smoothing) * hot + smoothing / classes)
    divisor = w[y].sum() if y.ndim == 1 else len(y)
    value = -(terms * torch.log(functional.softmax(z, dim=1) + 1e-9)).sum() / divisor
    assert abs(value - loss) < 1e-5
    return loss, value


def binary_cross_entropy(z, y, weight, smoothing):
    """The weight of class 0 for all, and of class 1 in proportion to it."""
    w = torch.ones(2, dtype=z.dtype) if weight is None else weight
    are_labels = not y.is_floating_point()
    divisor = w[y].sum() if are_labels else len(y)
    wanted = (1 - smoothing) * y.to(z.dtype) + smoothing / 2
    loss = w[0] * functional.binary_cross_entropy_with_logits(
        z[:, 0], wanted, pos_weight=w[1] / w[0], reduction="sum") / divisor
    return loss, loss


def mse(z, y, weight, smoothing):
    loss = functional.mse_loss(z, y.reshape(len(y), -1))
    return loss, loss


LOSSES = {"cross_entropy": cross_entropy, "binary_cross_entropy": binary_cross_entropy, "mse": mse}


def outputs_of(y, loss):
    if loss == "cross_entropy":
        return y.shape[1] if y.ndim == 2 else int(y.max()) + 1
    return y.shape[1] if y.ndim == 2 else 1


def train(x, y, rate, loss="cross_entropy", optimizer="sgd", batch=None,
          label_smoothing=0, class_weight=None):
    """The loss before each update."""
    if isinstance(class_weight, str):
        class_weight = compute_class_weight(class_weight, classes=np.unique(y), y=y)
    weight = None if class_weight is None else torch.tensor(class_weight, dtype=x.dtype)
    weights, biases = make_weights([x.shape[1], HIDDEN, outputs_of(y, loss)])
    layers = [[torch.tensor(a, dtype=x.dtype, requires_grad=True) for a in (w, b[0])]
              for w, b in zip(weights, biases)]
    wanted = torch.tensor(y, dtype=x.dtype if y.dtype.kind == "f" else torch.int64)
    kind, always = OPTIMIZERS[optimizer]
    descent = kind(itertools.chain(*layers), lr=rate, **always)
    # The batches come from the generator that drew the weights.
    batches = draw_batches(len(x), batch) if batch else itertools.repeat(slice(None))
    losses = []
    for rows in itertools.islice(batches, UPDATES):
        a = torch.tanh(functional.linear(x[rows], *layers[0]))
        z = functional.linear(a, *layers[1])
        descending, value = LOSSES[loss](z, wanted[rows], weight, label_smoothing)
        losses.append(value.item())
        descent.zero_grad()
        descending.backward()
        descent.step()
    return np.array(losses)


def main():
    pixels, labels = make_data()
    targets = make_targets(pixels, labels)
    few = targets["few"]
    out = {"balanced": compute_class_weight("balanced", classes=np.unique(few), y=few)}
    for told in make_cases():
        for name, dtype in DTYPES.items():
            x = torch.tensor(pixels / 255.0, dtype=dtype)
            out[name_of(name, told)] = train(x, **{**told, "y": targets[told["y"]]})
    here = os.path.dirname(os.path.abspath(__file__))
    np.savez_compressed(os.path.join(here, "torch_losses.npz"), **out)


if __name__ == "__main__":
    main()
