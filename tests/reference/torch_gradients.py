#!/usr/bin/env python3
"""Write PyTorch's gradients, which the specs compare with.

usage: torch_gradients.py                    (with Debian's python3-torch)

Computes the cases of torch_gradients.txt. L is the sum of a case's results,
each element times the cosine of its number; S that of the gradients of L by
the case's inputs. Of each case torch_gradients.npz holds, one after the other,
L, the gradients of L, and those of S, which are second derivatives: zeros
where a case has the flag `first`.
"""
import itertools
import json
import math
import os
import re

import numpy as np
import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "torch_gradients.txt")
GROUP = re.compile(r"<([^<>]*\|[^<>]*)>")

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def expand(line):
    """The lines that a line with groups stands for."""
    groups = [group.split("|") for group in GROUP.findall(line)]
    if not groups:
        return [line]
    assert len({len(group) for group in groups}) == 1, line
    return [GROUP.sub(lambda match: match.group(1).split("|")[i], line)
            for i in range(len(groups[0]))]


def read_cases():
    with open(CASES) as file:
        lines = [line.rstrip("\n") for line in file]
    lines = [line for line in lines if line and not line.startswith("#")]
    for line in itertools.chain.from_iterable(map(expand, lines)):
        columns = line.split(" | ")
        assert len(columns) in (3, 4), line
        yield columns[0], columns[1], columns[2].split(), columns[3:]


def draw(shape, kind, generator):
    n = int(np.prod(shape))
    if kind == "normal":
        return generator.randn(n).reshape(shape)
    if kind == "positive":
        return (0.5 + 1.5 * generator.rand(n)).reshape(shape)
    if kind == "unit":
        return (0.1 + 0.8 * generator.rand(n)).reshape(shape)
    if kind == "apart":
        drawn = generator.rand(n)
        ranks = np.argsort(np.argsort(drawn))
        return (0.25 * ranks + 0.05 * drawn - 0.5).reshape(shape)
    drawn = generator.randn(n).reshape(shape)
    if kind == "dominant":
        return 0.3 * drawn + 2 * np.eye(shape[0])
    if kind == "definite":
        diagonal = np.diag(1.5 + 0.75 * np.arange(shape[0]))
        return 0.15 * (drawn + drawn.T) + diagonal
    raise ValueError("no kind " + kind)


def make_inputs(texts, seed):
    generator = np.random.RandomState(seed)
    inputs = {}
    for text in texts:
        name, form = text.split("=", 1)
        if re.match(r"number|[0-9,]+(:|$)", form):
            shape, kind = (form.split(":") + ["normal"])[:2]
            shape = [int(n) for n in shape.split(",")] \
                if shape != "number" else []
            value = draw(shape, kind, generator)
        else:
            value = np.array(json.loads(form), dtype=float)
        inputs[name] = torch.tensor(value, requires_grad=True)
    return inputs


def combine(values, step):
    """The sum of all elements, each times a cosine of its number."""
    total = torch.zeros(())
    for i, value in enumerate(values):
        numbers = torch.arange(1, value.numel() + 1).double()
        weights = torch.cos(numbers * step + (i + 1)).reshape(value.shape)
        total = total + (value * weights).sum()
    return total


def merged(a, axes):
    """a with some axes merged to the last one."""
    if axes is None:
        return a.reshape(-1)
    axes = axes if isinstance(axes, tuple) else (axes,)
    kept = [i for i in range(a.dim()) if i not in axes]
    shape = [a.shape[i] for i in kept] + [-1]
    return a.permute(*kept, *axes).reshape(shape)


def reduction(f):
    """The function of an array, axes and keepdim: f reduces the last axis."""
    def reduce(a, axes=None, keep=False, **options):
        result = f(merged(a, axes), **options)
        if keep:
            axes = axes if isinstance(axes, tuple) else (axes,)
            shape = [1 if i % a.dim() in axes else n
                     for i, n in enumerate(a.shape)]
            result = result.reshape(shape)
        return result
    return staticmethod(reduce)


class Helpers:
    """Operations of Perigee that are several ones of PyTorch."""

    sum = reduction(lambda a: a.sum(-1))
    mean = reduction(lambda a: a.mean(-1))
    prod = reduction(lambda a: a.prod(-1))
    max = reduction(lambda a: a.amax(-1))
    min = reduction(lambda a: a.amin(-1))
    ptp = reduction(lambda a: a.amax(-1) - a.amin(-1))
    norm = reduction(lambda a: torch.linalg.vector_norm(a, dim=-1))
    std = reduction(lambda a, ddof=0: torch.std(
        a, dim=-1, correction=ddof))
    var = reduction(lambda a, ddof=0: torch.var(
        a, dim=-1, correction=ddof))
    nansum = reduction(lambda a: a.nansum(-1))
    nanmean = reduction(lambda a: a.nanmean(-1))
    median = reduction(lambda a: torch.quantile(a, 0.5, dim=-1))
    square = staticmethod(torch.square)

    @staticmethod
    def cumsum(a):
        return a.reshape(-1).cumsum(0).reshape(-1)

    @staticmethod
    def cumprod(a):
        return a.reshape(-1).cumprod(0).reshape(-1)

    @staticmethod
    def extreme(a, name):
        return getattr(a, name)()

    @staticmethod
    def split(a, lengths, axis=0):
        return torch.split(a, lengths, axis)

    @staticmethod
    def squares(*values):
        return [value ** 2 for value in values]

    @staticmethod
    def eigh(a):
        return Helpers.squares(*torch.linalg.eigh(a))

    @staticmethod
    def svd(a):
        return Helpers.squares(*torch.linalg.svd(a, full_matrices=False))

    @staticmethod
    def lstsq(a, b):
        return torch.linalg.solve(a.T @ a, a.T @ b)

    @staticmethod
    def residuals(a, b):
        return ((a @ Helpers.lstsq(a, b) - b) ** 2).sum(0)

    @staticmethod
    def det(a):
        total = torch.zeros(())
        for order in itertools.permutations(range(a.shape[0])):
            sign = np.linalg.det(np.eye(len(order))[list(order)])
            product = torch.tensor(round(sign) * 1.0)
            for i, k in enumerate(order):
                product = product * a[i, k]
            total = total + product
        return total


def gradients(value, inputs, create_graph):
    if not value.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(value, inputs, create_graph=create_graph,
                                allow_unused=True)
    return [torch.zeros_like(x) if g is None else g
            for g, x in zip(found, inputs)]


def compute(expression, inputs, flags):
    names = {"torch": torch, "F": F, "h": Helpers, "math": math, **inputs}
    results = eval(expression, names)
    if isinstance(results, torch.Tensor):
        results = [results]
    inputs = list(inputs.values())
    value = combine(results, 1.0)
    if "first" in flags:
        first = gradients(value, inputs, False)
        second = [torch.zeros_like(x) for x in inputs]
    else:
        first = gradients(value, inputs, True)
        second = gradients(combine(first, 1.7), inputs, False)
    return torch.cat([part.detach().reshape(-1)
                      for part in [value, *first, *second]]).numpy()


def main():
    numbers = []
    for seed, (lua, expression, inputs, flags) in enumerate(read_cases(), 1):
        try:
            numbers.append(compute(expression, make_inputs(inputs, seed),
                                   flags))
        except Exception as error:
            raise SystemExit("%s | %s: %s" % (lua, expression, error))
    np.savez_compressed(os.path.join(HERE, "torch_gradients.npz"),
                        numbers=np.concatenate(numbers))
    print(len(numbers), "cases")


if __name__ == "__main__":
    main()
