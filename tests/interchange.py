"""Draws NPY and NPZ files of all kinds, and says what NumPy reads in them; or reads what
Perigee has saved.

    python3 interchange.py draw SEED CASES FOLDER
    python3 interchange.py check FOLDER

draw makes FOLDER/N.npy and FOLDER/N.npz and FOLDER/expected.lua: for each file its arrays in
order, as {name, checksum}, or {name, refusal} where NumPy has an array of a dtype that Perigee
refuses, and the names of members that are no arrays. A checksum is that of a:checksum(): the
CRC-32 of dtype, rank, lengths and elements. What is expected comes from numpy.load itself; a
file that NumPy doesn't read is drawn again.

The ZIP archives are put together byte by byte, in the forms that writers of ZIP files use:
stored or deflated, data descriptors in each form, ZIP64 fields in each form, flags in either
header, local headers with zeros or wrong sizes, extra fields, comments, orders, gaps, bytes
before and behind. check reads FOLDER/saved.lua, lines of "file name checksum", and compares
them with what numpy.load gives.
"""

import io
import os
import random
import re
import struct
import sys
import warnings
import zipfile
import zlib

import numpy as np

warnings.simplefilter("ignore")

READ = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
REFUSED = ["c8", "c16", "S3", "U2", "M8[s]", "m8[D]", "V5", "O", "g", "fields"]
SPELLINGS = {}  # of each dtype in READ, without a byte order


def spellings():
    letters = "?bBhHiIlLqQpPefd"
    names = [k for k in np.sctypeDict if isinstance(k, str)] + ["bool", "int", "float"]
    for text in list(letters) + READ + names:
        kind = np.dtype(text).str[1:]
        if kind in READ:
            SPELLINGS.setdefault(kind, []).append(text)


# --- checksums ---------------------------------------------------------------------------


def checksum(a):
    if a.dtype.kind == "f" and a.dtype.itemsize == 2:
        a = a.astype("f4")
    if a.dtype.kind == "b":
        a = a.view("u1") != 0
    little = np.asarray(a, a.dtype.newbyteorder("<"))
    descr = little.dtype.str.replace("=", "<")
    head = descr.encode() + struct.pack("<Q", a.ndim) + struct.pack("<%dQ" % a.ndim, *a.shape)
    return zlib.crc32(head + little.tobytes(order="C"))


def is_read(a):
    return a.dtype.str[1:] in READ and a.ndim <= 8


# --- NPY files ---------------------------------------------------------------------------


def draw_shape(rng):
    rank = rng.choice([0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8])
    longest = 9 if rank < 3 else 3
    return tuple(rng.choice([0, 1, 2, rng.randint(1, longest)]) if rng.random() < 0.2
                 else rng.randint(1, longest) for _ in range(rank))


def spell(rng, kind):
    """A string that numpy.dtype takes for that kind, and its byte order."""
    text = rng.choice(SPELLINGS[kind] + [kind] * 3)
    if text != kind and len(text) > 1:
        return text, "<"
    order = rng.choice("<>|= ").strip()
    return order + text, ">" if order == ">" else "<"


def quote(rng, text):
    mark = rng.choice("'\"")
    return rng.choice(["", "", "", "u", "U"]) + mark + text + mark


def space(rng):
    return rng.choice(["", "", " ", " ", "  ", "\t", "\n", " \n "]) if rng.random() < 0.3 else ""


def write_shape(rng, shape, version):
    long = "L" if version < 3 and rng.random() < 0.1 else ""
    items = [space(rng) + str(n) + long + space(rng) for n in shape]
    comma = "," if len(shape) == 1 or (shape and rng.random() < 0.2) else ""
    return "(" + ",".join(items) + comma + space(rng) + ")"


def header(rng, descr, fortran, shape, version):
    values = [("descr", descr if descr[0] == "[" else quote(rng, descr)),
              ("fortran_order", str(fortran)), ("shape", write_shape(rng, shape, version))]
    if rng.random() < 0.3:
        rng.shuffle(values)
    items = [quote(rng, k) + space(rng) + ": " + space(rng) + v for k, v in values]
    text = "{" + space(rng) + (space(rng) + ", ").join(items)
    text += rng.choice([", ", "", ","]) + "}"
    if version == 3 and rng.random() < 0.1:
        text += "  # a comment"
    width = 2 if version == 1 else 4
    length = 8 + width + len(text) + 1
    pad = rng.choice([-length % 64, -length % 16, 0, rng.randint(0, 200)])
    text += " " * pad + rng.choice(["\n", "\n", "\n", ""])
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode()


def draw_values(rng, kind, shape):
    n = int(np.prod(shape, dtype=int))
    data = np.frombuffer(rng.randbytes(n * np.dtype(kind).itemsize), kind)
    if kind == "b1":
        data = data.view("u1") & 1
    return data.astype(kind, copy=True).reshape(shape)


def draw_refused(rng):
    kind = rng.choice(REFUSED)
    n = rng.randint(1, 3)
    if kind == "fields":
        a = np.zeros(n, [("a", "<i4"), ("b", "<f8", (2,))])
    elif kind == "O":
        a = np.array([{"a": 1}] * n, object)
    elif rng.random() < 0.1:
        a = np.zeros((1,) * 9)
    else:
        a = np.zeros(n, kind)
    out = io.BytesIO()
    np.save(out, a, allow_pickle=True)
    return out.getvalue()


def draw_npy(rng):
    """The bytes of a file that NumPy reads."""
    if rng.random() < 0.06:
        return draw_refused(rng)
    kind = rng.choice(READ)
    shape = draw_shape(rng)
    a = draw_values(rng, kind, shape)
    if rng.random() < 0.2:
        out = io.BytesIO()
        np.save(out, np.asfortranarray(a) if rng.random() < 0.3 else a)
        return out.getvalue()
    descr, order = spell(rng, kind)
    fortran = rng.random() < 0.3
    version = rng.choice([1, 1, 2, 3])
    data = a.astype(np.dtype(kind).newbyteorder(order)).tobytes(order="F" if fortran else "C")
    behind = rng.randbytes(rng.randint(1, 40)) if rng.random() < 0.1 else b""
    return header(rng, descr, fortran, shape, version) + data + behind


# --- ZIP archives ------------------------------------------------------------------------

ONES = 0xffffffff


def deflate(rng, data):
    strategy = rng.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE])
    deflater = zlib.compressobj(rng.choice([0, 1, 6, 9]), zlib.DEFLATED, -15, 8, strategy)
    out = b""
    if rng.random() < 0.2:
        half = len(data) // 2
        out, data = deflater.compress(data[:half]) + deflater.flush(zlib.Z_FULL_FLUSH), data[half:]
    return out + deflater.compress(data) + deflater.flush()


def draw_extra(rng):
    out = b""
    while rng.random() < 0.3:
        data = rng.randbytes(rng.randint(0, 20))
        out += struct.pack("<HH", rng.choice([9, 0x5455, 0x7875, 0x000a, 0xcafe]), len(data)) + data
    return out


def draw_names(rng, n):
    """Names of members, most with the suffix, which NumPy gives arrays by."""
    names = set()
    letters = "abcxyzW1_ .-/é€字"
    while len(names) < n:
        name = "".join(rng.choice(letters) for _ in range(rng.randint(1, 6)))
        name = re.sub("^[/.]+|/+$", "", name) or "a"
        if name not in names and name + ".npy" not in names:
            names.add(name + (".npy" if rng.random() < 0.75 else rng.choice(["", ".NPY", ".bin"])))
    names = list(names)
    rng.shuffle(names)
    return names


class Member:
    def __init__(self, rng, name, data):
        self.data, self.crc = data, zlib.crc32(data)
        self.flags, self.raw = 1 << 11, name.encode()
        if name.isascii():
            self.flags = rng.choice([0, 1 << 11])
        elif rng.random() < 0.3:
            try:
                self.raw, self.flags = name.encode("cp437"), 0
            except UnicodeEncodeError:
                pass
        self.method = rng.choice([0, 8])
        self.packed = deflate(rng, data) if self.method else data
        self.descriptor = rng.choice(["", "", "32", "64", "sig32", "sig64"])
        self.flags |= rng.choice([0, 2, 4, 6]) if self.method else 0
        self.zip64_local = rng.random() < 0.25
        self.zip64_entry = rng.choice([0, 0, 0, 1, 2, 4, 3, 7, 15])  # size, packed, offset, disk
        self.local_crc = rng.choice(["right"] * 4 + ["zero", "wrong"])
        self.local_sizes = rng.choice(["right"] * 4 + ["zero", "ones", "wrong"])
        self.local_flag, self.entry_flag = self.draw_flags(rng)
        self.comment = rng.randbytes(rng.randint(1, 9)) if rng.random() < 0.1 else b""
        self.version = rng.choice([10, 20, 45, 63])
        self.gap = rng.randbytes(rng.randint(1, 30)) if rng.random() < 0.05 else b""
        self.date = struct.pack("<HH", rng.randrange(1 << 16), rng.randrange(1 << 16))

    def draw_flags(self, rng):
        if not self.descriptor:
            return rng.choice([(0, 0)] * 8 + [(8, 0), (0, 8)])
        self.local_crc = rng.choice(["zero", "right"])
        self.local_sizes = rng.choice(["zero", "right", "ones"])
        return rng.choice([(8, 8)] * 4 + [(8, 0), (0, 8)])

    def local(self, rng, at):
        self.at = at
        crc = {"right": self.crc, "zero": 0, "wrong": self.crc ^ 0x10101}[self.local_crc]
        packed, size = {"right": (len(self.packed), len(self.data)), "zero": (0, 0),
                        "ones": (ONES, ONES), "wrong": (1, 2)}[self.local_sizes]
        extra = draw_extra(rng)
        if self.zip64_local:
            extra += struct.pack("<HHQQ", 1, 16, *rng.choice([
                (len(self.data), len(self.packed)), (0, 0)]))
        out = b"PK\3\4" + struct.pack("<HHH", self.version, self.flags | self.local_flag,
                                      self.method)
        out += self.date + struct.pack("<IIIHH", crc, packed, size, len(self.raw), len(extra))
        out += self.raw + extra + self.packed
        if self.descriptor:
            out += b"PK\7\x08" if "sig" in self.descriptor else b""
            out += struct.pack("<IQQ" if "64" in self.descriptor else "<III", self.crc,
                               len(self.packed), len(self.data))
        return out + self.gap

    def entry(self, rng):
        numbers = [len(self.data), len(self.packed), self.at, 0]
        ones = [ONES, ONES, ONES, 0xffff]
        wide = b"".join(struct.pack("<I" if i == 3 else "<Q", n)
                        for i, n in enumerate(numbers) if self.zip64_entry >> i & 1)
        size, packed, at, disk = (ones[i] if self.zip64_entry >> i & 1 else n
                                  for i, n in enumerate(numbers))
        extra = draw_extra(rng)
        if wide:
            extra += struct.pack("<HH", 1, len(wide)) + wide
        extra += draw_extra(rng)
        out = b"PK\1\2" + struct.pack("<HHHH", self.version, self.version,
                                      self.flags | self.entry_flag, self.method)
        out += self.date + struct.pack("<IIIHHHHHII", self.crc, packed, size, len(self.raw),
                                       len(extra), len(self.comment), disk, rng.choice([0, 1]),
                                       rng.choice([0, 0o644 << 16, 0x20]), at)
        return out + self.raw + extra + self.comment


def end_of(rng, count, size, at, here):
    """The end record of a directory of `size` bytes at offset `at`; `here` is where the record
    stands, by the same offsets."""
    numbers, limits = [0, 0, count, count, size, at], [0xffff] * 4 + [ONES] * 2
    zip64 = b""
    if rng.random() < 0.35:
        zip64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, at)
        zip64 += b"PK\6\7" + struct.pack("<IQI", 0, here, rng.choice([1, 1, 0]))
        which = rng.choice([0, 63, 60, 16, 32, 12, rng.randrange(64)])
        numbers = [limits[i] if which >> i & 1 else n for i, n in enumerate(numbers)]
    comment = rng.randbytes(rng.randint(1, 99)) if rng.random() < 0.2 else b""
    behind = rng.choice([b"\n", b"\0" * 512, rng.randbytes(rng.choice([1, 40, 65000]))])
    comment = comment.replace(b"PK", b"pk")
    behind = behind.replace(b"PK", b"pk") if rng.random() < 0.15 else b""
    claimed = len(comment) + (rng.randint(1, 9) if rng.random() < 0.05 else 0)
    return zip64 + b"PK\5\6" + struct.pack("<HHHHIIH", *numbers, claimed) + comment + behind


def draw_npz(rng):
    """The bytes of an archive, and its members as (name, bytes)."""
    n = rng.choice([0, 1, 1, 2, 3, 5])
    members, contents = [], []
    for name in draw_names(rng, n):
        foreign = not name.endswith(".npy") and rng.random() < 0.3
        data = rng.randbytes(rng.randint(0, 50)) if foreign else draw_npy(rng)
        members.append(Member(rng, name, data))
    if rng.random() < 0.05:
        members.append(Member(rng, "folder/", b""))
    prefix = b"PK\5\6" + bytes(18) if rng.random() < 0.05 else b""
    body, shift = b"", len(prefix) if rng.random() < 0.5 else 0
    for m in members:
        body += m.local(rng, shift + len(body))
    if rng.random() < 0.3:
        rng.shuffle(members)
    directory = b"".join(m.entry(rng) for m in members)
    at = shift + len(body)
    end = end_of(rng, len(members), len(directory), at, at + len(directory))
    return prefix + body + directory + end


# --- what NumPy reads --------------------------------------------------------------------


def lua_text(text):
    return '"' + "".join("\\%03d" % b for b in text.encode()) + '"'


def item(name, a):
    found = "%d" % checksum(a) if is_read(a) else '"refused"'
    return "{%s, %s}" % (lua_text(name), found)


def read_npy(data):
    try:
        return "{%s}" % item("", np.load(io.BytesIO(data)))
    except ValueError as e:
        if "Object arrays" in str(e):
            return '{{"", "refused"}}'
        raise


def read_npz(data):
    """The arrays that numpy.load gives, by Perigee's names: without the suffix."""
    arrays, others = [], []
    with np.load(io.BytesIO(data)) as archive:
        for whole in archive.zip.namelist():
            name = whole[:-4] if whole.endswith(".npy") else whole
            try:
                a = archive[whole]
            except ValueError as e:
                if "Object arrays" not in str(e):
                    raise
                arrays.append('{%s, "refused"}' % lua_text(name))
                continue
            if isinstance(a, bytes):
                others.append(lua_text(name))
            else:
                arrays.append(item(name, a))
    arrays.append("others = {%s}" % ", ".join(others))
    return "{%s}" % ", ".join(arrays)


def draw(seed, cases, folder):
    rng = random.Random(seed)
    spellings()
    lines, failed = [], 0
    while len(lines) < cases:
        kind = rng.choice(["npy", "npz", "npz"])
        data = draw_npy(rng) if kind == "npy" else draw_npz(rng)
        try:
            found = read_npy(data) if kind == "npy" else read_npz(data)
        except (ValueError, zipfile.BadZipFile, OSError, NotImplementedError) as e:
            failed += 1
            if os.environ.get("TOLD"):
                print(repr(e), file=sys.stderr)
            continue
        name = "%d.%s" % (len(lines) + 1, kind)
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
        lines.append('{"%s", %s},' % (name, found))
    if failed > cases / 10:
        sys.exit("NumPy does not read %d files of %d that were drawn" % (failed, cases + failed))
    with open(os.path.join(folder, "expected.lua"), "w") as f:
        f.write("return {\n" + "\n".join(lines) + "\n}\n")


# --- what Perigee saves ------------------------------------------------------------------


def check(folder):
    wrong = n = 0
    with open(os.path.join(folder, "saved.txt"), encoding="utf-8") as f:
        for line in f:
            file, name, expected = line.rstrip("\n").split("\t")
            loaded = np.load(os.path.join(folder, file))
            found = checksum(loaded[name] if file.endswith(".npz") else loaded)
            n += 1
            if found != int(expected):
                wrong += 1
                print("%s: '%s' differs in NumPy" % (file, name), file=sys.stderr)
    print("%d arrays" % n)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    if sys.argv[1] == "draw":
        draw(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        check(sys.argv[2])
