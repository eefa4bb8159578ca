"""Writes the files of tests/fixtures with NumPy: what Perigee must read.

usage: python3 tests/fixtures.py
"""

import os
import zipfile

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16",
          "uint32", "uint64", "float32", "float64", "float16"]


def path(name):
    return os.path.join(HERE, name)


def limits(dtype):
    """Six elements that tell the dtype from any other."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        values = [True, False, False, True, True, False]
    elif kind == "f":
        info = np.finfo(dtype)
        values = [0.5, -2.0, info.max, info.tiny, np.inf, -np.inf]
    else:
        info = np.iinfo(dtype)
        values = [0, 1, 2, 100, info.min, info.max]
    return np.array(values, dtype=dtype).reshape(2, 3)


def arrays():
    found = {name: limits(name) for name in DTYPES}
    for name in ["int32", "uint16", "float64", "float16"]:
        found["big_" + name] = limits(name).astype(
            np.dtype(name).newbyteorder(">"))
    cube = np.arange(24, dtype="int16").reshape(2, 3, 4)
    found["fortran"] = np.asfortranarray(cube)
    found["fortran_big"] = np.asfortranarray(cube.astype(">i2"))
    found["rank0"] = np.array(2.5)
    found["rank8"] = np.arange(8, dtype="uint8").reshape(2, 1, 2, 1, 1, 2, 1, 1)
    found["empty"] = np.zeros((0, 3), dtype="float32")
    found["half_small"] = np.array([2.0 ** -24, -2.0 ** -24, 2.0 ** -14, -0.0,
                                    65504, np.nan], dtype="float16")
    return found


def write_versions():
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(path("version%d.npy" % version[0]), "wb") as file:
            np.lib.format.write_array(file, np.array([1.5, -2.5]), version)


def write_refused():
    """A good member among those of dtypes that are not read."""
    np.savez(path("refused.npz"),
             good=np.array([1, 2, 3], dtype="int64"),
             object=np.array([None, 1], dtype=object),
             text=np.array(["a", "bc"]),
             bytes=np.array([b"a", b"bc"]),
             complex=np.array([1 + 2j]),
             date=np.array(["2000-01-01"], dtype="M8[D]"),
             fields=np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]))


def write_streamed():
    """Members whose CRC and sizes follow their data, as a pipe gets them."""
    class Pipe:
        def __init__(self, file):
            self.file = file
            self.write = file.write
            self.flush = file.flush

    with open(path("streamed.npz"), "wb") as file:
        with zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("x.npy", "w") as member:
                np.save(member, np.arange(100, dtype="int32"))


os.makedirs(HERE, exist_ok=True)
np.savez(path("stored.npz"), **arrays())
np.savez_compressed(path("deflated.npz"), **arrays())
write_versions()
write_refused()
write_streamed()
