"""Draws CSV files, and what Python's csv module and float() read from them.

usage: python3 tests/csv_corpus.py FOLDER CASES SEED

Each file N.csv comes with N.lua, a chunk that returns its options and columns,
or where it is damaged, line and column of the error. pandas, if it is there,
reads the whole ones, too, and must agree.
"""

import csv
import gzip
import io
import math
import os
import random
import struct
import sys

try:
    import pandas
except ImportError:
    pandas = None

ENDS = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308,
        2.225073858507201e-308, 1.7976931348623157e308, 1e22, 1e23, 0.1, 1 / 3,
        9007199254740993.0, 123456.789, float("inf"), -float("inf")]
WORDS = ["a", "b c", "", "NA", "é", "中", "x,y", 'q"q', "l1\nl2", "r\r\nr",
         "a\rb", " s", "s ", '"', '""', ";", "\t.", "1_0", "0x1", "١", "TRUE",
         "1,5", "1.5.", "--1", "e5", "N/A", "'", "#", "a;b"]


def number(r):
    kind = r.randrange(10)
    if kind == 0:
        return repr(r.choice(ENDS))
    if kind == 1:
        return "%.6g" % r.gauss(0, 100)
    if kind == 2:
        return "%.18e" % r.gauss(0, 1)
    if kind == 3:
        x = struct.unpack("<d", struct.pack("<Q", r.getrandbits(64)))[0]
        return repr(x)
    if kind == 4:
        return "%d.%d" % (r.getrandbits(r.randrange(1, 90)),
                          r.getrandbits(r.randrange(1, 90)))
    if kind == 5:
        return "%d%s%d" % (r.getrandbits(60), r.choice(["e", "E", "e+", "e-"]),
                           r.randrange(0, 330))
    if kind == 6:
        return r.choice(["+", "-", ""]) + r.choice(
            [".5", "5.", "1e5", "inf", "Infinity", "nan", "NaN", "0", "00.10"])
    if kind == 7:  # between two doubles
        b = r.getrandbits(63) % (0x7fe << 52)
        x, y = (struct.unpack("<d", struct.pack("<Q", b + i))[0]
                for i in (0, 1))
        (n, d), (m, e) = x.as_integer_ratio(), y.as_integer_ratio()
        top = n * e + m * d
        bottom = 2 * d * e
        shift = bottom.bit_length() - 1
        return "%de-%d" % (top * 5 ** shift + r.choice([-1, 0, 0, 1]), shift)
    return "%.*f" % (r.randrange(0, 20), r.gauss(0, 1e6))


def integer(r):
    return r.choice(["%d" % r.getrandbits(r.randrange(1, 70)), "-0", "+7",
                     "%d" % -r.getrandbits(r.randrange(1, 63)), "007",
                     "9223372036854775807", "-9223372036854775808"])


def column(r, rows):
    kind = r.randrange(7)
    draw = [lambda: "%d" % r.randrange(-99, 999), lambda: integer(r),
            lambda: number(r), lambda: r.choice(WORDS),
            lambda: r.choice([integer(r), number(r)]),
            lambda: r.choice([integer(r), r.choice(WORDS)]),
            lambda: r.choice(["", "NA"])][kind]
    missing = r.choice([0, 0, 0.2])
    return [r.choice(["", "NA"]) if r.random() < missing else draw()
            for _ in range(rows)]


def as_number(text, decimal):
    """float(text), or None for texts that are no number in ASCII."""
    if not text.isascii() or "_" in text:
        return None
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def read_column(cells, missing, decimal):
    """dtype and values of a column."""
    values = [math.nan if c in missing else as_number(c, decimal)
              for c in cells]
    if None in values:
        return "texts", cells
    whole = [c.strip().lstrip("+-") for c in cells]
    if cells and all(w.isdigit() for w in whole):
        exact = [int(c) for c in cells]
        if all(-2 ** 63 <= x < 2 ** 63 for x in exact):
            return "int64", exact
    return "float64", values


def quoted(r, cell, delimiter, single):
    must = any(c in cell for c in delimiter + '"\r\n') or (
        single and not cell.strip(" \t"))
    if must or r.random() < 0.1:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def lua(text):
    return '"' + "".join("\\%03d" % b for b in text.encode()) + '"'


def lua_list(values):
    return "{" + ", ".join(values) + "}"


def draw_file(r):
    """Text, options, and rows with the names."""
    delimiter = r.choice([",", ",", ";", "\t", "|"])
    decimal = r.choice([".", ".", ","]) if delimiter != "," else "."
    columns, rows = r.randrange(1, 7), r.choice([0, 1, 3, 20, 20, 200])
    cells = [column(r, rows) for _ in range(columns)]
    if decimal == ",":
        cells = [[c.replace(".", ",") if as_number(c, ".") is not None else c
                  for c in each] for each in cells]
    names = ["%s%d" % (r.choice(WORDS), i) for i in range(columns)]
    end = r.choice(["\n", "\n", "\r\n", "\r"])
    table = [names] + [list(row) for row in zip(*cells)]
    lines = []
    for row in table:
        lines.append(delimiter.join(
            quoted(r, c, delimiter, columns == 1) for c in row))
        if r.random() < 0.05:
            lines.append("")
    text = end.join(lines) + r.choice(["", end])
    return text, delimiter, decimal, table


def line_of(text, offset):
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1


def check_pandas(data, delimiter, decimal, names, columns):
    """Its integers of the least int64 become NaN, some beyond int64 texts."""
    frame = pandas.read_csv(
        io.BytesIO(data), sep=delimiter, decimal=decimal, encoding="utf-8-sig",
        na_values=["", "NA"], keep_default_na=False,
        float_precision="round_trip" if decimal == "." else None,
        skip_blank_lines=True, low_memory=False)
    assert list(frame.columns) == names, (list(frame.columns), names)
    for i, (dtype, values) in enumerate(columns):
        got = frame.iloc[:, i]
        assert len(got) == len(values), (data, len(got), len(values))
        if dtype == "int64":
            assert got.tolist() == values, (got.tolist(), values)
        elif dtype == "float64" and got.dtype == "float64" and decimal == ".":
            for a, b in zip(got.tolist(), values):
                assert a == b or a != a and (b != b or b == -2 ** 63), (a, b)
        elif dtype == "texts":
            for a, b in zip(got.tolist(), values):
                assert b in ("", "NA") or str(a) == b or a is True, (a, b)


def write_case(folder, i, r):
    text, delimiter, decimal, table = draw_file(r)
    mark = r.random() < 0.1
    packed = r.random() < 0.2
    data = (b"\xef\xbb\xbf" if mark else b"") + text.encode()
    rows = [row for row in csv.reader(io.StringIO(text, newline=""),
                                      delimiter=delimiter, strict=True) if row]
    assert rows == table, (rows, table)
    columns = [read_column(list(c), ("", "NA"), decimal)
               for c in zip(*rows[1:])] if rows[1:] else [
                   ("float64", []) for _ in rows[0]]
    alone = "\r" in text.replace("\r\n", "")  # pandas 1.5 loses rows at CRs
    if pandas and rows[1:] and not alone:
        check_pandas(data, delimiter, decimal, rows[0], columns)
    parts = []
    for dtype, values in columns:
        if dtype == "texts":
            parts.append(lua_list(map(lua, values)))
        else:
            code = "<%dq" if dtype == "int64" else "<%dd"
            packed_values = struct.pack(code % len(values), *values)
            parts.append('{dtype = "%s", bits = "%s"}' % (
                dtype, packed_values.hex()))
    write(folder, i, packed, data, "return {delimiter = %s, decimal = %s, "
          "names = %s, columns = %s}" % (
              lua(delimiter), lua(decimal), lua_list(map(lua, rows[0])),
              lua_list(parts)))


def write_damaged(folder, i, r):
    """A file with one fault behind whole rows."""
    text, delimiter, decimal, table = draw_file(r)
    columns = len(table[0])
    if not text.endswith(("\n", "\r")):
        text += "\n"
    line = line_of(text, len(text))
    kind = r.randrange(4)
    if kind == 0:
        row, at = delimiter.join(["1"] * (columns + 1)), columns + 1
    elif kind == 1 and columns > 1:
        row, at = delimiter.join(["1"] * (columns - 1)), columns
    elif kind == 2:
        at = r.randrange(columns) + 1
        row = delimiter.join(["1"] * (at - 1) + ['"x\n\n'])
    else:
        at = r.randrange(columns) + 1
        row = delimiter.join(["1"] * (at - 1) + ['"x"y'] +
                             ["1"] * (columns - at))
    write(folder, i, r.random() < 0.2, (text + row).encode(),
          "return {delimiter = %s, decimal = %s, fails = %s}" % (
              lua(delimiter), lua(decimal),
              lua("line %d, column %d" % (line, at))))


def write(folder, i, packed, data, chunk):
    with open(os.path.join(folder, "%d.csv" % i), "wb") as file:
        file.write(gzip.compress(data, 1) if packed else data)
    with open(os.path.join(folder, "%d.lua" % i), "w") as file:
        file.write(chunk)


def main():
    folder, cases, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    r = random.Random(seed)
    for i in range(1, cases + 1):
        (write_damaged if i % 5 == 0 else write_case)(folder, i, r)
    print("pandas %s" % pandas.__version__ if pandas else "no pandas")


main()
