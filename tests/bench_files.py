"""Times NumPy's files for tests/bench_files.lua.

usage: bench_files.py DATA FOLDER

Reads names of rows, one a line, and answers each with its seconds. DATA is the
archive of which arrays are saved and loaded, FOLDER a folder for files.
"""
import os
import sys
import time
import zipfile

import numpy as np

path, folder = sys.argv[1:]
saved = folder + "/numpy.npz"
with np.load(path) as data:
    arrays = {name: data[name] for name in data.files}


def append():
    with zipfile.ZipFile(saved, "a") as archive:
        with archive.open("extra.npy", "w") as member:
            np.lib.format.write_array(member, np.zeros(1000))


def synced():
    np.savez(saved, **arrays)
    with open(saved, "rb+") as file:
        os.fsync(file)


def load_all(file):
    with np.load(file) as archive:
        return {name: archive[name] for name in archive.files}


def rows(file):
    with np.load(file) as archive:
        return archive[long][:1000].copy()


stored, deflated, npy = (folder + "/" + name for name in
                         ("stored.npz", "deflated.npz", "long.npy"))
long = next(name for name in arrays if len(arrays[name]) >= 1000)

NOTHING = lambda: None
ROWS = {  # what comes before, and what is timed
    "load, stored": (NOTHING, lambda: load_all(stored)),
    "load, deflated": (NOTHING, lambda: load_all(path)),
    "get each, stored": (NOTHING, lambda: load_all(stored)),
    "get each, deflated": (NOTHING, lambda: load_all(path)),
    "open": (NOTHING, lambda: np.load(path).close()),
    "load, .npy": (NOTHING, lambda: np.load(npy)),
    "rows, .npy": (NOTHING,
                   lambda: np.load(npy, mmap_mode="r")[:1000].copy()),
    "rows, stored": (NOTHING, lambda: rows(stored)),
    "rows, deflated": (NOTHING, lambda: rows(deflated)),
    "map": (NOTHING, lambda: np.load(npy, mmap_mode="c")),
    "save, stored": (NOTHING, lambda: np.savez(saved, **arrays)),
    "save, stored, fsync": (NOTHING, synced),
    "save, deflated": (NOTHING, lambda: np.savez_compressed(saved, **arrays)),
    "append to deflated": (lambda: np.savez_compressed(saved, **arrays), append),
}

for line in sys.stdin:
    before, timed = ROWS[line.strip()]
    before()
    start = time.perf_counter()
    timed()
    print(time.perf_counter() - start, flush=True)
