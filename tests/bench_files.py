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


NOTHING = lambda: None
ROWS = {  # what comes before, and what is timed
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
