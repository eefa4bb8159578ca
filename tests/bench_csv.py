"""Draws the files of bench_csv.lua, and times their readers in Python.

usage: python3 tests/bench_csv.py draw FOLDER
       python3 tests/bench_csv.py pandas|loadtxt FILE

Prints the seconds of one reading, and the most memory of the process in MB.
"""

import sys
import time

import numpy as np


def draw(folder):
    r = np.random.RandomState(0)
    a = r.randint(0, 256, (10000, 785)) * (r.rand(10000, 785) < 0.2)
    save(folder + "/integers.csv", a, "%d")
    b = r.randn(100000, 20)
    save(folder + "/digits6.csv", b, "%.6g")
    save(folder + "/digits18.csv", b, "%.18e")


def save(path, a, form):
    np.savetxt(path, a, fmt=form, delimiter=",", comments="",
               header=",".join("c%d" % i for i in range(a.shape[1])))


def main():
    kind, path = sys.argv[1:]
    if kind == "draw":
        draw(path)
        return
    if kind == "pandas":
        import pandas
        start = time.perf_counter()
        pandas.read_csv(path)
    else:
        start = time.perf_counter()
        np.loadtxt(path, delimiter=",", skiprows=1)
    seconds = time.perf_counter() - start
    with open("/proc/self/status") as status:
        peak = [line for line in status if line.startswith("VmHWM")][0]
    print("%.4f %d" % (seconds, int(peak.split()[1]) // 1000))


main()
