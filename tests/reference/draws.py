#!/usr/bin/env python3
"""Write what NumPy's legacy generator draws, for tests/spec/random_spec.lua.

usage: draws.py > draws.lua

A Lua table by seed: floats in hexadecimal, so that every bit is there.
"""
import numpy as np


def floats(values):
    return "{ " + ", ".join(float(v).hex() for v in values) + " }"


def integers(values):
    return "{ " + ", ".join(str(int(v)) for v in values) + " }"


print("-- Made by draws.py: do not edit.\nreturn {")
for seed in (0, 1, 42, 2**32 - 1):
    print(f"  [{seed}] = {{")
    np.random.seed(seed)
    print(f"    rand = {floats(np.random.rand(5))},")
    print(f"    randn = {floats(np.random.randn(5))},  -- odd: one is left over")
    print(f"    permutation = {integers(np.random.permutation(10) + 1)},")
    print(f"    randn_again = {floats(np.random.randn(2))},  -- the left-over first")
    # Long draws, by a few of their elements: past the generator's 624 words.
    for name, draw in (("rand", np.random.rand), ("randn", np.random.randn)):
        values = draw(100000)
        print(f"    long_{name} = {floats(values[[0, 623, 624, 50000, 99999]])},")
    order = np.random.permutation(70000) + 1
    print(f"    long_permutation = {integers(order[[0, 1, 35000, 69999]])},")
    print("  },")
print("}")
