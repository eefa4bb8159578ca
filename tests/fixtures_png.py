"""Writes the PNG files of tests/fixtures/png: each kind that Perigee must read.

usage: python3 tests/fixtures_png.py

Needs nothing but Python. A sample of a picture is 81 (41 y + 97 x + 13 s) modulo what its bits
hold, s being its place in the pixel, from 0; of a palette's colours, y is 0 and x their number.
"""

import os
import struct
import zlib

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "png")

WIDTH, HEIGHT = 7, 5

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}

WHOLE = [(0, 0, 1, 1)]
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]  # first x, first y, step of x, step of y


def sample(y, x, s, bits):
    return 81 * (41 * y + 97 * x + 13 * s) % 2 ** bits


def chunk(name, data):
    return (struct.pack(">I", len(data)) + name + data
            + struct.pack(">I", zlib.crc32(name + data)))


def packed(samples, bits):
    number = 0
    for each in samples:
        number = number << bits | each
    length = len(samples) * bits
    padding = -length % 8
    return (number << padding).to_bytes((length + padding) // 8, "big")


def rows(kind, bits, passes):
    for x0, y0, dx, dy in passes:
        columns = range(x0, WIDTH, dx)
        for y in range(y0, HEIGHT, dy):
            if columns:
                yield b"\0" + packed([sample(y, x, s, bits) for x in columns
                                      for s in range(SAMPLES[kind])], bits)


def palette(bits):
    return bytes(sample(0, i, s, 8) for i in range(2 ** bits) for s in range(3))


def write(name, kind, bits, passes, more=b""):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, passes is ADAM7)
    pixels = zlib.compress(b"".join(rows(kind, bits, passes)), 9)
    if kind == PALETTE:
        more = chunk(b"PLTE", palette(bits)) + more
    with open(os.path.join(HERE, name + ".png"), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more
                   + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


os.makedirs(HERE, exist_ok=True)
for order, passes in [("", WHOLE), ("_interlaced", ADAM7)]:
    for bits in [1, 2, 4, 8, 16]:
        write("grey%d%s" % (bits, order), GREY, bits, passes)
    for bits in [8, 16]:
        write("rgb%d%s" % (bits, order), RGB, bits, passes)
        write("grey_alpha%d%s" % (bits, order), GREY_ALPHA, bits, passes)
        write("rgba%d%s" % (bits, order), RGBA, bits, passes)
    for bits in [1, 2, 4, 8]:
        write("palette%d%s" % (bits, order), PALETTE, bits, passes)
    # The first colour is transparent, the second half so.
    write("palette_alpha%s" % order, PALETTE, 2, passes, chunk(b"tRNS", b"\0\x80"))
