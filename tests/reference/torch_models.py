#!/usr/bin/env python3
"""Write PyTorch's losses of networks that the specs write as forward functions.

usage: torch_models.py                    (with Debian's python3-torch)

torch.optim trains each network from the same weights on the same batches. The
losses are those before each of UPDATES updates. What descends is the gradient
of torch.nn.functional's loss; of cross_entropy the notebook's value is saved,
-t log(softmax + 1e-9), and of softmax_cross_entropy PyTorch's own.

tests/reference/torch_models.npz has for each case "losses NAME"; "after NAME",
the loss of all rows after the training, and the accuracy or R2; and for batch
normalisation "mean NAME" and "var NAME", the running statistics. The names say
the case in the words of pg.Model's options, with the network and what y is:
"dtype=float32 network=lenet y=labels loss=cross_entropy optimizer=adam
rate=0.001 batch=128".
"""
import itertools
import os
import warnings

import numpy as np
import torch
from torch.nn import functional

from curve import CLASSES, make_data
from torch_curves import DTYPES, OPTIMIZERS, RATES, draw_batches
from torch_schedules import SCHEDULES

UPDATES = 50
DROPOUT, DROPOUT_SEED = 0.3, 3

# The shapes of each network's weights, in the order in which they are drawn.
WEIGHTS = {
    "lenet": {"K1": (8, 1, 5, 5), "b1": (8, 1, 1), "K2": (16, 8, 5, 5),
              "b2": (16, 1, 1), "W": (256, 10), "b": (10,)},
    "dense": {"W1": (49, 16), "b1": (16,), "W2": (16, 10), "b2": (10,)},
    "one_output": {"W1": (49, 16), "b1": (16,), "W2": (16, 1), "b2": (1,)},
    "two_outputs": {"W1": (49, 16), "b1": (16,), "W2": (16, 2), "b2": (2,)},
    "batch_norm": {"W1": (49, 16), "gamma": (16,), "beta": (16,), "W2": (16, 10),
                   "b2": (10,)},
    "dropout": {"W1": (49, 16), "b1": (16,), "W2": (16, 10), "b2": (10,)},
}

WEIGHTINGS = [0.5, 1, 2, 0.25, 1.5, 1, 3, 0.75, 1, 1.25]


# --- networks -------------------------------------------------------------------

def make_network(name, dtype):
    """The weights, and forward(x, training)."""
    np.random.seed(0)
    w = {key: torch.tensor(np.random.randn(*shape) * 0.1, dtype=dtype,
                           requires_grad=True)
         for key, shape in WEIGHTS[name].items()}
    dense = lambda x, training: torch.sigmoid(x @ w["W1"] + w["b1"]) @ w["W2"] + w["b2"]
    return w, *{"lenet": lenet, "batch_norm": batch_norm,
                "dropout": dropout}.get(name, lambda w, _: (dense, None))(w, dtype)


def lenet(w, _):
    def forward(x, training):
        a = functional.conv2d(x.reshape(-1, 1, 28, 28), w["K1"], w["b1"].flatten())
        a = functional.max_pool2d(functional.relu(a), 2)
        a = functional.conv2d(a, w["K2"], w["b2"].flatten())
        a = functional.max_pool2d(functional.relu(a), 2)
        return a.flatten(1) @ w["W"] + w["b"]
    return forward, None


def batch_norm(w, dtype):
    layer = torch.nn.BatchNorm1d(16, dtype=dtype)
    layer.weight, layer.bias = map(torch.nn.Parameter, (w["gamma"], w["beta"]))
    w["gamma"], w["beta"] = layer.weight, layer.bias

    def forward(x, training):
        layer.train(training)
        return functional.relu(layer(x @ w["W1"])) @ w["W2"] + w["b2"]
    return forward, layer


def dropout(w, _):
    random = np.random.RandomState(DROPOUT_SEED)

    def forward(x, training):
        a = functional.relu(x @ w["W1"] + w["b1"])
        if training:
            mask = (random.random_sample(a.shape) >= DROPOUT) / (1 - DROPOUT)
            a = a * torch.tensor(mask, dtype=a.dtype)
        return a @ w["W2"] + w["b2"]
    return forward, None


# --- data -----------------------------------------------------------------------

def make_images():
    """Ten patterns of 28x28, each seen through noise."""
    np.random.seed(7)
    patterns = np.clip(np.random.rand(CLASSES, 7, 7) - 0.5, 0, 1) * 2
    patterns = patterns.repeat(4, 1).repeat(4, 2)
    noise = np.random.rand(600, 28, 28)
    labels = np.arange(600) % CLASSES
    return (patterns[labels] * noise * 255).astype(np.uint8), labels


def make_targets(kind, x, labels, dtype):
    """What y is: labels or rows of numbers, drawn beside x."""
    random = np.random.RandomState(5)
    n = len(x)
    if kind == "labels":
        return torch.tensor(labels)
    if kind == "odd":  # classes 0 and 1
        return torch.tensor(labels % 2)
    if kind == "probabilities":  # of class 1
        rows = random.rand(n, 1)
    elif kind == "rows":  # probabilities of the classes
        rows = random.rand(n, CLASSES) + np.eye(CLASSES)[labels] * 5
        rows = rows / rows.sum(1, keepdims=True)
    else:  # real numbers, one or two to a row
        rows = x.reshape(n, -1) / 255 @ random.randn(49, int(kind[-1]))
    return torch.tensor(rows, dtype=dtype)


# --- losses ---------------------------------------------------------------------

def notebook_value(z, y, label_smoothing, weight):
    """-t log(softmax + 1e-9), smoothed and weighted."""
    t = y if y.dim() == 2 else functional.one_hot(y, CLASSES).to(z.dtype)
    divisor = len(y)
    if y.dim() == 1 and weight is not None:
        divisor = weight[y].sum()
    t = t * (1 - label_smoothing) + label_smoothing / CLASSES
    t = t if weight is None else t * weight
    return -(t * torch.log(functional.softmax(z, 1) + 1e-9)).sum() / divisor


def binary(z, y, label_smoothing, weight):
    if weight is not None:  # the cross-entropy of two classes with the scores 0 and z
        return functional.cross_entropy(torch.cat([torch.zeros_like(z), z], 1), y,
                                        weight=weight, label_smoothing=label_smoothing)
    rows = y.reshape(-1, 1).to(z.dtype)
    rows = rows * (1 - label_smoothing) + label_smoothing / 2
    return functional.binary_cross_entropy_with_logits(z, rows)


def loss_of(loss, z, y, label_smoothing=0.0, class_weight=None):
    """What descends, and what is saved."""
    weight = None if class_weight is None else torch.tensor(class_weight, dtype=z.dtype)
    if loss == "mse":
        value = functional.mse_loss(z, y)
    elif loss == "binary_cross_entropy":
        value = binary(z, y, label_smoothing, weight)
    else:
        value = functional.cross_entropy(z, y, weight=weight,
                                         label_smoothing=label_smoothing)
    if loss == "cross_entropy":
        return value, notebook_value(z.detach(), y, label_smoothing, weight).item()
    return value, value.item()


def score_of(loss, z, y):
    """The accuracy, or R2 where a model has no classes."""
    if loss == "mse":
        residual, total = ((y - z) ** 2).sum(0), ((y - y.mean(0)) ** 2).sum(0)
        return (1 - residual / total).mean().item()
    if loss == "binary_cross_entropy":
        right = (z[:, 0] > 0) == (y.reshape(-1) >= 0.5)
    else:
        right = z.argmax(1) == (y if y.dim() == 1 else y.argmax(1))
    return right.double().mean().item()


# --- cases ----------------------------------------------------------------------

def case(network="dense", y="labels", loss="cross_entropy", optimizer="adam", rate=None,
         **options):
    return {"network": network, "y": y, "loss": loss, "optimizer": optimizer,
            "rate": rate or RATES[optimizer], **options}


def make_cases():
    for loss in ("cross_entropy", "softmax_cross_entropy"):
        yield case("lenet", loss=loss, batch=128)
        yield case(loss=loss)  # all rows
        yield case(y="rows", loss=loss, batch=128)
    for optimizer in OPTIMIZERS:
        yield case(optimizer=optimizer, batch=128)
        yield case(optimizer=optimizer, weight_decay=0.05, batch=128)
    for batch in ({}, {"batch": 128}):
        yield case(label_smoothing=0.1, **batch)
        yield case(class_weight=WEIGHTINGS, **batch)
        yield case(class_weight=WEIGHTINGS, label_smoothing=0.1, **batch)
        yield case(y="rows", class_weight=WEIGHTINGS, label_smoothing=0.1, **batch)
        for y in ("odd", "probabilities"):
            yield case("one_output", y, "binary_cross_entropy", rate=0.01, **batch)
            yield case("one_output", y, "binary_cross_entropy", rate=0.01,
                       label_smoothing=0.2, **batch)
        yield case("one_output", "odd", "binary_cross_entropy", rate=0.01,
                   class_weight=[0.5, 2], label_smoothing=0.2, **batch)
        yield case("one_output", "real1", "mse", rate=0.01, **batch)
        yield case("two_outputs", "real2", "mse", rate=0.01, **batch)
    for optimizer in ("sgd", "adam"):
        yield case("batch_norm", optimizer=optimizer, batch=128)
        yield case("dropout", optimizer=optimizer, batch=128)
    for schedule in ({"schedule": "cosine"}, {"schedule": "cosine", "warmup": 9},
                     {"schedule": "step", "every": 20, "factor": 0.3}):
        yield case(rate=0.01, batch=128, **schedule)


def name_of(told):
    words = []
    for option, value in told.items():
        several = isinstance(value, (list, tuple))
        words.append(option + "=" + ",".join(map(str, value if several else [value])))
    return " ".join(words)


def train(dtype, network, y, loss, optimizer, rate, batch=None, schedule=None, warmup=0,
          every=None, factor=None, label_smoothing=0.0, class_weight=None, **options):
    """What is saved, by the kind of it."""
    dtype = DTYPES[dtype]
    pixels, labels = make_images() if network == "lenet" else make_data()
    x, y = torch.tensor(pixels / 255.0, dtype=dtype), make_targets(y, pixels, labels, dtype)
    w, forward, layer = make_network(network, dtype)
    kind, always = OPTIMIZERS[optimizer]
    descent = kind(w.values(), lr=rate, **{**always, **options})
    arguments = {"cosine": {"warmup": warmup},
                 "step": {"every": every, "factor": factor}}.get(schedule)
    scheduler = schedule and SCHEDULES[schedule](descent, UPDATES, **arguments)
    np.random.seed(0)
    np.random.randint(0, 1 << 53)  # a model's first number is the key of its dropout
    batches = draw_batches(len(x), batch) if batch else itertools.repeat(slice(None))
    losses = []
    for rows in itertools.islice(batches, UPDATES):
        descending, saved = loss_of(loss, forward(x[rows], True), y[rows], label_smoothing,
                                    class_weight)
        losses.append(saved)
        descent.zero_grad()
        descending.backward()
        descent.step()
        if scheduler:
            scheduler.updated()
    with torch.no_grad():
        z = forward(x, False)
        after = [loss_of(loss, z, y, label_smoothing, class_weight)[1], score_of(loss, z, y)]
    found = {"losses": np.array(losses), "after": np.array(after)}
    if layer:
        found["mean"], found["var"] = layer.running_mean.numpy(), layer.running_var.numpy()
    return found


def main():
    warnings.simplefilter("ignore")  # of SequentialLR, about its own calls
    out = {}
    for told in make_cases():
        for dtype in DTYPES:
            words = {"dtype": dtype, **told}
            for kind, array in train(**words).items():
                out[kind + " " + name_of(words)] = array
    here = os.path.dirname(os.path.abspath(__file__))
    np.savez_compressed(os.path.join(here, "torch_models.npz"), **out)


if __name__ == "__main__":
    main()
