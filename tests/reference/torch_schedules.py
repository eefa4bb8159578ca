#!/usr/bin/env python3
"""Write PyTorch's learning rates under schedules, which the specs compare with.

usage: torch_schedules.py                    (with Debian's python3-torch)

tests/reference/torch_schedules.npz has two kinds of arrays. "rates ..." are the
rates of UPDATES updates that torch.optim.lr_scheduler gives; plateau is told a
loss of `losses` after each. "losses ..." are the losses of a network that is
trained as in torch_curves.py, before each of UPDATES updates, with a schedule.
Plateau is told the loss of the last HELD rows, which are not trained on, after
each epoch. The names say the case in the words of pg.Model's options: "rates
rate=0.1 schedule=step every=7 factor=0.3"; what follows the schedule's name are
its options.
"""
import itertools
import math
import os
import warnings

import numpy as np
import torch
from torch.nn import functional
from torch.optim import lr_scheduler

from curve import CLASSES, make_data, make_weights
from torch_curves import DTYPES, OPTIMIZERS, draw_batches, forward

UPDATES = 60
HELD = 120
WAVES = 150  # losses that plateau is told


class Cosine:
    """CosineAnnealingLR, behind a linear warmup where there is one."""

    def __init__(self, optimizer, iterations, warmup=0):
        cosine = lr_scheduler.CosineAnnealingLR(optimizer, iterations - warmup)
        if warmup > 1:
            rise = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1, warmup - 1)
        else:
            rise = lr_scheduler.ConstantLR(optimizer, 1)
        self.scheduler = cosine if not warmup else lr_scheduler.SequentialLR(
            optimizer, [rise, cosine], [warmup])

    def updated(self):
        self.scheduler.step()


class Step:
    def __init__(self, optimizer, _, every, factor=0.1):
        self.scheduler = lr_scheduler.StepLR(optimizer, every, factor)

    def updated(self):
        self.scheduler.step()


class Plateau:
    """ReduceLROnPlateau; min_delta is its threshold, in the mode "abs"."""

    def __init__(self, optimizer, _, factor=0.1, patience=10, min_delta=0,
                 least=0):
        self.scheduler = lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=factor, patience=patience, threshold=min_delta,
            threshold_mode="abs", min_lr=least, eps=0)

    def updated(self):
        pass

    def validated(self, loss):
        self.scheduler.step(loss)


SCHEDULES = {"cosine": Cosine, "step": Step, "plateau": Plateau}

RATES = [
    *({"schedule": "cosine", "iterations": n} for n in (1, 2, 3, 60, 97)),
    *({"schedule": "cosine", "iterations": n, "warmup": warmup}
      for n, warmup in ((60, 1), (60, 2), (60, 7), (60, 59), (97, 30), (8, 5))),
    *({"schedule": "step", "every": every, "factor": factor}
      for every in (1, 2, 7, 30, 60, 100) for factor in (0.1, 0.5, 0.93)),
    {"schedule": "step", "every": 20},
    *({"schedule": "plateau", "factor": factor, "patience": patience,
       "min_delta": min_delta, "least": least}
      for factor in (0.1, 0.5) for patience in (0, 1, 3, 10)
      for min_delta in (0, 0.02) for least in (0, 1e-3)),
    {"schedule": "plateau"},
]

TRAININGS = [
    {"optimizer": optimizer, "rate": rate, **batch, **schedule}
    for optimizer, rate in (("sgd", 0.3), ("adam", 0.03))
    for batch in ({}, {"batch": 128})
    for schedule in (
        {"schedule": "cosine"},
        {"schedule": "cosine", "warmup": 9},
        {"schedule": "step", "every": 20, "factor": 0.3},
        {"schedule": "plateau", "factor": 0.5, "patience": 1,
         "min_delta": 0.2},
    )
]


def name_of(kind, case):
    return " ".join([kind] + ["%s=%s" % each for each in case.items()])


def make_losses():
    """Losses that fall, rise and stay, with some that are no numbers."""
    i = np.arange(WAVES)
    losses = np.exp(-i / 40) + 0.1 * np.sin(i / 5) + 0.02 * np.cos(i * 2.3)
    losses[30:36] = losses[30]
    losses[[50, 51, 90]] = math.nan, math.inf, math.inf
    return losses


def rates_of(schedule, losses, iterations=UPDATES, **options):
    """The rate of each update."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = SCHEDULES[schedule](optimizer, iterations, **options)
    rates = []
    for i in range(WAVES if schedule == "plateau" else iterations):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.updated()
        if schedule == "plateau":
            scheduler.validated(losses[i])
    return np.array(rates)


def loss_of(z, y):
    likely = functional.softmax(z.detach(), dim=1)[range(len(y)), y]
    return -torch.log(likely + 1e-9).mean().item()


def train(x, labels, optimizer, rate, schedule, batch=None, **options):
    """The loss before each update."""
    weights, biases = make_weights([x.shape[1], 16, CLASSES])
    layers = [[torch.tensor(a, dtype=x.dtype, requires_grad=True) for a in (w, b[0])]
              for w, b in zip(weights, biases)]
    kind, always = OPTIMIZERS[optimizer]
    descent = kind(itertools.chain(*layers), lr=rate, **always)
    scheduler = SCHEDULES[schedule](descent, UPDATES, **options)
    held_x, held_y = x[-HELD:], labels[-HELD:]
    x, labels = x[:-HELD], labels[:-HELD]
    batches = draw_batches(len(x), batch) if batch else itertools.repeat(slice(None))
    updates_in_epoch = math.ceil(len(x) / batch) if batch else 1
    losses = []
    for i, rows in enumerate(itertools.islice(batches, UPDATES), 1):
        z, y = forward(x[rows], layers, ["sigmoid"]), labels[rows]
        losses.append(loss_of(z, y))
        descent.zero_grad()
        functional.cross_entropy(z, y).backward()
        descent.step()
        scheduler.updated()
        if schedule == "plateau" and i % updates_in_epoch == 0:
            scheduler.validated(loss_of(forward(held_x, layers, ["sigmoid"]), held_y))
    reduced = descent.param_groups[0]["lr"] < rate
    assert reduced or schedule != "plateau", "plateau did nothing"
    return np.array(losses)


def main():
    warnings.simplefilter("ignore")  # of SequentialLR, about its own calls
    pixels, labels = make_data()
    losses = make_losses()
    out = {"losses": losses}
    for case in RATES:
        out[name_of("rates", case)] = rates_of(losses=losses, **case)
    for case in TRAININGS:
        for dtype, kind in DTYPES.items():
            x = torch.tensor(pixels / 255.0, dtype=kind)
            out[name_of("losses", {"dtype": dtype, **case})] = train(
                x, torch.tensor(labels), **case)
    here = os.path.dirname(os.path.abspath(__file__))
    np.savez_compressed(os.path.join(here, "torch_schedules.npz"), **out)


if __name__ == "__main__":
    main()
