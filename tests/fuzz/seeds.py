"""Writes the seeds of the fuzzers of files, tests/fuzz/corpus: small files of
each form, from which the fuzzers begin.

usage: python3 tests/fuzz/seeds.py
"""

import gzip
import io
import os
import struct
import zipfile
import zlib

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def write(name, data):
    path = os.path.join(HERE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version)
    return out.getvalue()


def arrays():
    cube = np.arange(24, dtype="int16").reshape(2, 3, 4)
    return {
        "float64": np.array([[0.5, -2.0], [np.inf, np.nan]]),
        "big": np.array([1, 2, 3], dtype=">i4"),
        "bool": np.array([True, False, True]),
        "fortran": np.asfortranarray(cube),
        "half": np.array([0, 1, -2, np.inf, 2.0 ** -24], dtype="float16"),
        "rank0": np.array(7, dtype="uint64"),
        "empty": np.zeros((0, 3), dtype="float32"),
        "rank8": np.arange(2, dtype="uint8").reshape(1, 1, 2, 1, 1, 1, 1, 1),
    }


def write_npy():
    for name, array in arrays().items():
        write("npy/" + name, npy(array))
    write("npy/version2", npy(np.ones(2, "int8"), (2, 0)))
    write("npy/version3", npy(np.ones(2, "int8"), (3, 0)))
    write("npy/text", npy(np.array(["a", "bc"])))
    write("npy/records", npy(np.zeros(1, dtype=[("x", "<f8"), ("y", "<i4")])))


class Pipe(io.RawIOBase):
    """A file without positions: zipfile then writes data descriptors."""

    def __init__(self):
        super().__init__()
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def archive(members, compression, out=None, comment=b""):
    out = out or io.BytesIO()
    with zipfile.ZipFile(out, "w", compression, compresslevel=6) as file:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            file.writestr(info, data)
        file.comment = comment
    return out.data if isinstance(out, Pipe) else out.getvalue()


def write_npz():
    stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    a = npy(np.arange(6, dtype="float32").reshape(2, 3))
    b = npy(np.zeros(200, dtype="int64"))
    write("npz/stored", archive({"a.npy": a}, stored))
    write("npz/deflated", archive({"a.npy": a, "b.npy": b}, deflated))
    write("npz/streamed", archive({"a.npy": a}, stored, Pipe()))
    write("npz/streamed_deflated", archive({"b.npy": b}, deflated, Pipe()))
    write("npz/named", archive({"\u00e9": a, "x.txt": b"text"}, deflated,
                               comment=b"a comment"))
    write("npz/empty", archive({}, stored))
    large = npy(np.zeros((1 << 20) + 9, dtype="uint8"))  # read in chunks
    write("npz/large", archive({"b.npy": large, "a.npy": a}, deflated))
    out = io.BytesIO()
    np.savez(out, a=np.ones(2, "int8"))  # with ZIP64 fields
    write("npz/savez", out.getvalue())


def chunk(name, data):
    return (struct.pack(">I", len(data)) + name + data +
            struct.pack(">I", zlib.crc32(name + data)))


def png(colours, bits, row, *, width=3, height=2, interlaced=0, before=()):
    rows = b"".join(b"\0" + row for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0,
                         interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            b"".join(chunk(*each) for each in before) +
            chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def write_png():
    palette = (b"PLTE", bytes(range(12)))
    write("png/grey", png(0, 8, b"\x00\x7f\xff"))
    write("png/grey1", png(0, 1, b"\xa0"))
    write("png/grey16", png(0, 16, bytes(6)))
    write("png/grey_alpha", png(4, 8, bytes(range(6))))
    write("png/colours", png(2, 8, bytes(range(9))))
    write("png/colours_alpha", png(6, 8, bytes(range(12))))
    write("png/palette", png(3, 2, b"\x1b", before=[palette]))
    write("png/transparent", png(3, 2, b"\x1b",
                                 before=[palette, (b"tRNS", b"\x00\x80")]))
    write("png/gamma", png(0, 8, bytes(3),
                           before=[(b"gAMA", struct.pack(">I", 100000))]))
    write("png/interlaced", png(0, 8, b"\x01", width=1, height=1,
                                interlaced=1))


def idx(kind, array):
    lengths = b"".join(struct.pack(">I", n) for n in array.shape)
    return bytes([0, 0, kind, array.ndim]) + lengths + array.tobytes()


def write_idx():
    arrays = {
        "pictures": idx(8, np.arange(12, dtype="u1").reshape(2, 3, 2)),
        "labels": idx(8, np.arange(3, dtype="u1")),
        "bytes": idx(9, np.zeros((1, 1, 1, 1, 1, 1, 1, 2), "i1")),
        "short": idx(11, np.arange(4, dtype=">i2")),
        "int": idx(12, np.array(7, dtype=">i4")),
        "float": idx(13, np.ones((2, 1), ">f4")),
        "double": idx(14, np.ones((0, 3), ">f8")),
    }
    for name, data in arrays.items():
        write("idx/" + name, data)
        write("idx/" + name + ".gz", gzip.compress(data, mtime=0))
    halves = arrays["pictures"][:9], arrays["pictures"][9:]
    write("idx/members.gz",
          b"".join(gzip.compress(half, mtime=0) for half in halves))


def write_csv():
    files = {
        "plain": b"a,b\n1,0.5\n-2,1e3\n",
        "texts": b'a,"b c"\r\n"x ""y""\nz",NA\r\n,2\r\n',
        "mark": b"\xef\xbb\xbfa;b\n1,5;\xc3\xa9\n\n",
        "digits": b"a\n%s.5e-400\n-0\n+inf\nnan\n" % (b"123456789" * 9),
        "integers": b"a\n9223372036854775807\n-9223372036854775808\n",
        "returns": b"a\tb\r1\t\r\r2\t3",
    }
    for name, data in files.items():
        write("csv/" + name, data)
    write("csv/plain.gz", gzip.compress(files["plain"], mtime=0))


if __name__ == "__main__":
    write_npy()
    write_npz()
    write_png()
    write_idx()
    write_csv()
