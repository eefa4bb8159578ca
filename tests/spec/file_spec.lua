local pg = require "perigee"
local folder = require "tests.folder"
local support = require "tests.support"
local live_bytes, raises_here = support.live_bytes, support.raises_here

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local FIXTURES = HERE .. "/../fixtures/"
local PROGRAM = os.getenv "PERIGEE" or "lua5.4"
local container = dofile(HERE .. "/../container.lua")

local DTYPES = { "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
  "float32", "float64" }

local at, write, read, shell, lua_in, has = folder.at, folder.write, folder.read, folder.shell,
  folder.lua_in, folder.has
local same, raises = folder.same, folder.raises

--- Loading that path raises, likewise.
local function fails(path, ...)
  raises(function() pg.load(path) end, path, ...)
end

--- The archive opens; using member x raises.
local function refuses(bytes, ...)
  local path = write("refused.npz", bytes)
  local archive <close> = assert(pg.load(path))
  raises(function() return archive.x end, path, "x.npy", ...)
end

local function npy(descr, shape, elements, version)
  return container.npy(descr, shape, elements, version)
end

local NUMBERS = npy("'|u1'", "(4,)", "\1\2\3\4")

local function member(fields)
  fields.name, fields.data = fields.name or "x.npy", fields.data or NUMBERS
  return fields
end

setup(folder.make)
teardown(folder.remove)

describe("an .npy file", function()
  it("shows no control characters of a stranger's name to the terminal", function()
    local _, message = pcall(pg.load, "no\27[31msuch.npz")
    assert.equal("no?[31msuch.npz: No such file or directory", message)
  end)

  it("gives back every dtype", function()
    for _, dtype in ipairs(DTYPES) do
      local a = pg.array({ { 0, 1, 2 }, { 3, 4, 5 } }, dtype)
      assert.is_true(pg.save(at "a.npy", a))
      same(a, assert(pg.load(at "a.npy")))
    end
  end)

  it("gives back every rank", function()
    local shape = {}
    for rank = 0, 8 do
      local a = pg.full(shape, rank + 0.5)
      assert.is_true(pg.save(at "a.npy", a))
      local b = pg.load(at "a.npy")
      assert.equal(rank, b.ndim)
      assert.same(a.shape, b.shape)
      assert.equal(rank + 0.5, b:max())
      shape[rank + 1] = rank % 2 + 1
    end
  end)

  it("gives back empty arrays", function()
    for _, shape in ipairs { { 0 }, { 0, 3 }, { 3, 0, 2 } } do
      pg.save(at "a.npy", pg.zeros(shape))
      assert.same(shape, pg.load(at "a.npy").shape)
    end
  end)

  it("holds the elements of a view alone", function()
    local a = pg.range(1, 24):reshape(4, 6)
    for _, view in ipairs { a.T, a["::-1"], a["2:3, 1:6:2"], a[2], a["3, 4:5"] } do
      pg.save(at "a.npy", view)
      same(view, pg.load(at "a.npy"))
    end
  end)

  it("takes a number or a table", function()
    pg.save(at "a.npy", 2.5)
    assert.equal(2.5, pg.load(at "a.npy"):item())
    pg.save(at "a.npy", { { true }, { false } })
    same(pg.array { { true }, { false } }, pg.load(at "a.npy"))
  end)

  it("aligns its elements to 64 bytes", function()
    pg.save(at "a.npy", { 1, 2 })
    assert.equal(128 + 16, #read "a.npy")
  end)

  it("may be of version 1, 2 or 3", function()
    for version = 1, 3 do
      same(pg.array { 1.5, -2.5 }, pg.load(FIXTURES .. "version" .. version .. ".npy"))
      local path = write("a.npy", npy("'<i2'", "(2,)", "\1\0\2\0", version))
      same(pg.array({ 1, 2 }, "int16"), pg.load(path))
    end
    fails(write("a.npy", "\x93NUMPY\4\0" .. ("\0"):rep(80)))
  end)

  it("may have Python 2's long lengths", function()
    local path = write("a.npy", npy("'|u1'", "(2L, 1L)", "\1\2"))
    same(pg.array({ { 1 }, { 2 } }, "uint8"), pg.load(path))
  end)

  it("is refused where its header is wrong", function()
    for shape, elements in pairs {
      ["(-1,)"] = "", ["(1, 1, 1, 1, 1, 1, 1, 1, 1)"] = "\1", ["(1)"] = "\1", ["(,)"] = "\1",
      ["(1 1)"] = "\1", ["(99999999999999999999,)"] = "\1", ["[1]"] = "\1", ["(1"] = "\1",
      ["(01,)"] = "\1",
    } do
      local path = write("a.npy", npy("'|u1'", shape, elements))
      fails(path, "an NPY header", "rank at most 8", shape)
    end
    for _, header in ipairs {
      "", "{", "{'", "{'descr", "{'descr': '|u1', '\\", "{}", "{'descr': '|u1'}",
      "{'descr': '|u1', 'descr': '|u1', 'descr': '|u1', 'shape': ()}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (), 'more': 1}",
      "{'descr': '|u1', 'fortran_order': 0, 'shape': ()}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': ()} x",
      "{'descr': '|u1', 'fortran_order': False, 'shape': ()}\0x",
    } do
      local path = write("a.npy", container.npy_with(header, "\1"))
      fails(path, "an NPY header")
    end
  end)

  it("is refused where its header is longer than the file, or than any", function()
    fails(write("a.npy", "\x93NUMPY\1\0\xff\xff{}"), "65535 bytes", "12 bytes")
    local header = "{'descr': '|u1', 'fortran_order': False, 'shape': ()}" .. (" "):rep(70000)
    fails(write("a.npy", container.npy_with(header, "\1", 2)), "70053 bytes", "at most 65536")
  end)

  it("is refused where shape and length differ, before memory is asked for", function()
    local before = live_bytes()
    for shape, texts in pairs {
      ["(3,)"] = { "24 bytes of data expected for shape (3,), found 8" },
      ["(1099511627776,)"] = { "8796093022208 bytes" },
      ["(4294967296, 4294967296)"] = { "claims more than any file holds" },
      ["(9223372036854775807,)"] = { "claims more than any file holds" },
    } do
      local path = write("a.npy", npy("'<f8'", shape, ("\0"):rep(8)))
      fails(path, table.unpack(texts))
    end
    assert.equal(before, live_bytes())
  end)

  it("cut at any byte is refused", function()
    local whole = npy("'<i4'", "(2, 2)", ("\1\0\0\0"):rep(4))
    for n = 0, #whole - 1 do
      fails(write("cut.npy", whole:sub(1, n)))
    end
  end)
end)

describe("pg.exists", function()
  it("is true for whatever is there", function()
    write("file", "")
    shell(("cd '%s' && mkdir sub && ln -s file good && ln -s sub folder_link && mkfifo pipe")
      :format(at()))
    for _, path in ipairs { at(), at "file", at "sub", at "sub/", at "good", at "folder_link",
      at "pipe", ".", "/dev/null", "/dev/full" } do
      assert.is_true(pg.exists(path), path)
    end
    os.remove(at "pipe")
  end)

  it("is false where there is nothing", function()
    write("file", "")
    shell(("cd '%s' && ln -s nowhere lost && ln -s loop loop"):format(at()))
    for _, path in ipairs { "", at "none", at "none/a", at "file/a", at "file/", at "lost",
      at "loop", at(("n"):rep(300)), ("n/"):rep(5000) } do
      assert.is_false(pg.exists(path), path)
    end
  end)

  it("raises for what is no path", function()
    raises(function() pg.exists() end, "string expected, got no value")
    raises(function() pg.exists(3) end, "string expected, got number")
    raises(function() pg.exists "a\0" end, "a path has no zero bytes")
  end)

  it("raises where a folder may not be searched", function()
    local is_root = shell "id -u" == "0\n"
    local as_other = is_root and "setpriv --reuid=65534 --clear-groups" or ""
    if is_root and not has(as_other .. " " .. PROGRAM .. " -v") then
      pending "nobody else than root can run the program here"
      return
    end
    local module = package.searchpath("perigee", package.cpath)
    shell(("cd '%s' && mkdir -m 0 closed && cp '%s' module.so && chmod 755 . module.so"):format(
      at(), module))
    local output = lua_in(as_other, ([[
      print(pcall(package.loadlib(%q, "luaopen_perigee_core")().exists, %q))]]):format(
      at "module.so", at "closed/a"))
    shell(("chmod 700 '%s'"):format(at "closed"))
    assert.equal(("false\t%s: Permission denied\n"):format(at "closed/a"), output)
  end)
end)

describe("files by NumPy", function()
  local function ends(a)
    return a:get(1, 1), a:get(2, 3)
  end

  it("give the same arrays stored and deflated", function()
    local stored <close> = assert(pg.load(FIXTURES .. "stored.npz"))
    local deflated <close> = assert(pg.load(FIXTURES .. "deflated.npz"))
    assert.same(stored:keys(), deflated:keys())
    for _, name in ipairs(stored:keys()) do
      if name ~= "half_small" then -- it has a NaN, that equals nothing
        same(stored[name], deflated[name])
      end
    end
  end)

  it("have every dtype", function()
    local data <close> = assert(pg.load(FIXTURES .. "stored.npz"))
    for _, dtype in ipairs(DTYPES) do
      assert.equal(dtype, data:get(dtype).dtype)
      assert.same({ 2, 3 }, data:get(dtype).shape)
    end
    assert.equal(-128, data.int8:min())
    assert.equal(math.mininteger, data.int64:get(2, 2))
    assert.equal(255, select(2, ends(data.uint8)))
    assert.equal(-math.huge, select(2, ends(data.float64)))
  end)

  it("may be big-endian", function()
    local data <close> = assert(pg.load(FIXTURES .. "deflated.npz"))
    for _, dtype in ipairs { "int32", "uint16", "float64", "float16" } do
      same(data[dtype], data["big_" .. dtype])
    end
  end)

  it("may be in Fortran's order", function()
    local data <close> = assert(pg.load(FIXTURES .. "stored.npz"))
    local cube = pg.range(0, 23):reshape(2, 3, 4):astype "int16"
    same(cube, data.fortran)
    same(cube, data.fortran_big)
  end)

  it("of float16 become float32, to the bit", function()
    local data <close> = assert(pg.load(FIXTURES .. "stored.npz"))
    local a = data.half_small
    assert.equal("float32", a.dtype)
    local list = a:tolist()
    assert.same({ 0x1p-24, -0x1p-24, 0x1p-14 }, { table.unpack(list, 1, 3) })
    assert.equal(-math.huge, 1 / list[4])
    assert.equal(65504.0, list[5])
    assert.is_true(list[6] ~= list[6])
    assert.equal(math.huge, data.float16:get(2, 2))
    assert.equal(-math.huge, data.float16:get(2, 3))
  end)

  it("may have their sizes behind the data", function()
    local data <close> = assert(pg.load(FIXTURES .. "streamed.npz"))
    same(pg.range(0, 99):astype "int32", data.x)
  end)

  it("of other dtypes are refused by name, and hide nothing else", function()
    local data <close> = assert(pg.load(FIXTURES .. "refused.npz"))
    for name, descr in pairs { object = "'|O'", text = "'<U2'", bytes = "'|S2'",
      complex = "'<c16'", date = "'<M8[D]'", fields = "[('a', '<i4'), ('b', '<f8')]" } do
      raises(function() return data[name] end, "refused.npz", name .. ".npy",
        "arrays of dtype " .. descr .. " are not read")
    end
    for name, way in pairs { text = "np.unique(texts, return_inverse=True)",
      bytes = "np.unique(texts, return_inverse=True)", object = "a.astype(float)",
      complex = "a.real and a.imag", date = "a.astype(np.int64)", fields = "a['name']" } do
      raises(function() return data[name] end, "refused.npz", way)
    end
    assert.same({ 1, 2, 3 }, data.good:tolist())
  end)
end)

describe("an archive", function()
  local data

  before_each(function()
    local members = {}
    for i, name in ipairs { "zeta", "alpha", "keys", "a b" } do
      members[i] = { name = name .. ".npy", data = npy("'|u1'", "(1,)", string.char(i)) }
    end
    members[5] = { name = "readme.txt", data = "hello" }
    data = assert(pg.load(write("data.npz", container.zip(members))))
  end)

  after_each(function()
    data:close()
  end)

  it("has its arrays' names in the file's order", function()
    assert.same({ "zeta", "alpha", "keys", "a b" }, data:keys())
  end)

  it("gives an array by name, and by get where a method is called so", function()
    assert.same({ 2 }, data.alpha:tolist())
    assert.same({ 4 }, data["a b"]:tolist())
    assert.is_function(data.keys)
    assert.same({ 3 }, data:get("keys"):tolist())
  end)

  it("raises for a name that it has not, for which get gives nil", function()
    for _, name in ipairs { "beta", "", "alpha.npy", "alpha\0", "readme", "readme.txt" } do
      raises_here(("has no '%s'; it has zeta, alpha, keys, a b"):format(name:gsub("%z", "?")),
        function() return data[name] end)
      assert.equal(1, select("#", data:get(name)))
      assert.is_nil((data:get(name)))
    end
    raises_here("data.npz has no 'alhpa'", function() return data.alhpa end)
    raises_here("did you mean 'alpha'?", function() return data.alhpa end)
    raises_here("pg.save(path, {alpha = ...})", function() data.alpha = pg.zeros(2) end)
  end)

  it("decodes an array once, and again after it was freed", function()
    local a = data.alpha
    assert.equal(a, data.alpha)
    assert.equal(a, data:get "alpha")
    a:free()
    assert.same({ 2 }, data.alpha:tolist())
  end)

  it("raises when used after its end, which its arrays outlive", function()
    local a = data.alpha
    data:close()
    data:close()
    assert.same({ 2 }, a:tolist())
    raises(function() return data.alpha end, "the archive was closed")
    raises(function() return data:get "zeta" end, "the archive was closed")
    raises(function() return data:keys() end, "the archive was closed")
  end)

  it("is closed at the end of a block", function()
    local outer
    do
      local inner <close> = assert(pg.load(at "data.npz"))
      outer = inner
    end
    raises(function() return outer:keys() end, "the archive was closed")
  end)

  it("is told as a card: its file, and its arrays' dtypes and shapes", function()
    assert.equal(table.concat({
      "archive " .. at "data.npz" .. ": 4 arrays", "  zeta   uint8 (1,)", "  alpha  uint8 (1,)",
      "  keys   uint8 (1,)", "  a b    uint8 (1,)",
    }, "\n"), tostring(data))
    data:close()
    assert.equal("archive " .. at "data.npz" .. " (closed)", tostring(data))
    local many = { ["a\27\n" .. ("x"):rep(200)] = 1 }
    for i = 1, 100 do
      many[("n%03d"):format(i)] = i
    end
    pg.save(at "many.npz", many)
    local archive <close> = pg.load(at "many.npz")
    local card = tostring(archive)
    assert.matches("many.npz: 101 arrays\n  a%?%?x+%.%.%.  float64 %(%)\n", card)
    assert.matches("\n  n007 +float64 %(%)\n  %.%.%. 93 more$", card)
    for line in card:gmatch "[^\n]+" do
      assert.is_true(#line <= 79)
    end
  end)

  it("tells dtype and shape of an array that it does not decode", function()
    local dtype, shape = data:form "zeta"
    assert.equal("uint8", dtype)
    assert.same({ 1 }, shape)
    assert.is_nil(data:form "beta")
    local damaged = npy("'<f4'", "(60000, 784)", "")
    local path = write("damaged.npz", container.zip {
      { name = "x.npy", data = npy("'<f2'", "(2, 3)", ("z"):rep(12)), method = 8 },
      { name = "short.npy", data = damaged }, { name = "text.npy", data = "hello" },
    })
    local archive <close> = assert(pg.load(path))
    raises(function() archive:form "short" end, path, "short.npy", "bytes of data expected")
    raises(function() archive:form "text" end, path, "text.npy", "no NPY array")
    assert.matches("\n  short  cannot be read\n", tostring(archive))
    data:close()
    raises(function() return data:form "zeta" end, "the archive was closed")
  end)

  it("tells the form that an array will have", function()
    for i, dtype in ipairs(DTYPES) do
      pg.save(at "forms.npz", { x = pg.ones(i, 2, 3, dtype).T }, { compress = i % 2 == 0 })
      local archive <close> = assert(pg.load(at "forms.npz"))
      local found, shape = archive:form "x"
      assert.equal(dtype, found)
      assert.same(archive.x.shape, shape)
    end
  end)

  it("is not hurt by a finalizer that closes it", function()
    for _, use in ipairs { tostring, data.keys, function(a) return a.zeta end } do
      local archive = assert(pg.load(at "data.npz"))
      local old = collectgarbage("incremental", 1, 10000)
      setmetatable({}, { __gc = function() archive:close() end })
      for _ = 1, 200 do
        pcall(use, archive)
      end
      collectgarbage()
      collectgarbage(old)
    end
  end)

  it("leaves no file open", function()
    for _ = 1, 3000 do
      local archive <close> = assert(pg.load(at "data.npz"))
      assert(archive.zeta)
      fails(FIXTURES)
    end
  end)

  it("with two members of one name is refused", function()
    fails(write("twice.npz", container.zip {
      { name = "x.npy", data = npy("'|u1'", "(1,)", "\1") },
      { name = "y.npy", data = npy("'|u1'", "(1,)", "\1") },
      { name = "x.npy", data = npy("'|u1'", "(1,)", "\2") },
    }), "member 'x.npy': two members have this name")
  end)
end)

describe("checksums", function()
  it("are of an array's dtype, shape and elements", function()
    local a = pg.range(1, 12):reshape(3, 4)
    assert.equal(a:checksum(), a:copy():checksum())
    assert.equal(a.T:checksum(), a.T:copy():checksum())
    assert.equal(a["::-1"]:checksum(), a:flip(1):copy():checksum())
    local seen = {}
    for _, each in ipairs {
      a, a:astype "int32", a:astype "uint64", a:reshape(4, 3), a:reshape(12), a.T, a + 1,
      pg.zeros(0), pg.zeros(0, 1),
    } do
      local sum = each:checksum()
      assert.equal("integer", math.type(sum))
      assert.is_nil(seen[sum])
      seen[sum] = true
    end
  end)

  --- The CRC-32 of some bytes, by its definition.
  local function crc32(bytes)
    local sum = 0xffffffff
    for i = 1, #bytes do
      sum = sum ~ bytes:byte(i)
      for _ = 1, 8 do
        sum = sum >> 1 ~ (sum & 1) * 0xedb88320
      end
    end
    return sum ~ 0xffffffff
  end

  it("are of NumPy's name, rank, lengths and elements, all little-endian", function()
    for dtype, form in pairs {
      bool = "|b1 <B", int8 = "|i1 <b", int16 = "<i2 <h", int32 = "<i4 <i4", int64 = "<i8 <i8",
      uint8 = "|u1 <B", uint16 = "<u2 <H", uint32 = "<u4 <I4", uint64 = "<u8 <I8",
      float32 = "<f4 <f", float64 = "<f8 <d",
    } do
      local descr, format = form:match "(%S+) (%S+)"
      local a = pg.array({ { 1, 0, 1 }, { 0, 1, 100 } }):astype(dtype)
      local bytes = descr .. string.pack("<I8I8I8", 2, 2, 3)
      for _, value in ipairs { 1, 0, 1, 0, 1, dtype == "bool" and 1 or 100 } do
        bytes = bytes .. string.pack(format, value)
      end
      assert.equal(crc32(bytes), a:checksum(), dtype)
      assert.equal(crc32(bytes), a.T:copy().T:checksum(), dtype)
    end
    assert.equal(crc32("<f8" .. string.pack("<I8", 0) .. string.pack("<d", 2.5)),
      pg.array(2.5):checksum())
    assert.equal(crc32("|u1" .. string.pack("<I8I8I8", 2, 0, 4)),
      pg.zeros(0, 4, "uint8"):checksum())
  end)

  it("of an archive's members are those of their files", function()
    local path = os.tmpname()
    local sums = {}
    for i, compress in ipairs { false, true } do
      assert(pg.save(path .. ".npz", { x = pg.ones(3), y = 2 }, { compress = compress }))
      local archive <close> = assert(pg.load(path .. ".npz"))
      sums[i] = { archive:checksum "x", archive:checksum "y" }
      assert.is_nil(archive:checksum "z")
    end
    assert.same(sums[1], sums[2])
    assert.not_equal(sums[1][1], sums[1][2])
    os.remove(path)
    os.remove(path .. ".npz")
  end)
end)

describe("what is no file of arrays", function()
  it("raises", function()
    for bytes, text in pairs { [""] = "not an NPZ archive", ["hello"] = "not an NPZ archive",
      ["\x93NUM"] = "not an NPZ archive", ["\x93NUMPY"] = "6 bytes are no NPY array" } do
      fails(write("a", bytes), text)
    end
    fails(at "none", at "none: No such file or directory")
    fails(at(), at() .. ": it is a directory")
  end)

  it("is called by the kind of file that it is", function()
    local kinds = {
      [""] = "an empty file", ["\n\n"] = "a text file", ["hello"] = "a text file",
      ["a,b\n1,2\n"] = "a CSV file", ["a;b\n1;2\n"] = "a CSV file",
      ["\xef\xbb\xbfa,b\r\n"] = "a CSV file", ["a\tb\n"] = "a file of columns between tabs",
      ["1 2, 3"] = "a CSV file", ["1 2\n3, 4"] = "a text file", ["1\0002,3"] = false,
      ["\x80\4\x95\10\0\0"] = "a Python pickle", ["\x80\2}q\0."] = "a Python pickle",
      ["(dp0\n."] = "a Python pickle", ["BZh9"] = "a bzip2 file",
      ["<!DOCTYPE html>\n<p>"] = "an HTML page", ["\n  <HTML lang='en'>"] = "an HTML page",
      ["<?xml version='1.0'?><svg/>"] = "an XML file", ['{"a": 1}'] = "a JSON file",
      ["[1, 2]"] = "a JSON file", ["\x89HDF\r\n\x1a\n\0"] = "an HDF5 file",
      ["\x89PNG\r\n\x1a\n"] = "a PNG picture", ["\xff\xd8\xff\xe0"] = "a JPEG picture",
      ["version https://git-lfs.github.com/spec/v1\n"] = "a pointer of Git LFS",
      [("\0"):rep(257) .. "ustar"] = "a tar archive", ["PK\3\4"] = false, ["\1\2\3"] = false,
      [("\0"):rep(4096)] = false,
    }
    for bytes, kind in pairs(kinds) do
      local path = write("a.csv", bytes)
      local text = kind and "not an NPZ archive, nor an NPY array, but " .. kind
        or bytes == "PK\3\4" and "not an NPZ archive that is whole: it begins as one"
        or "not an NPZ archive (a ZIP file's end record was expected"
      fails(path, path .. ": " .. text)
      for _, load in ipairs { pg.dataset, pg.Model.load } do
        local worked, message = pcall(load, path)
        assert.is_false(worked)
        assert.matches(path .. ": " .. text, message, 1, true)
      end
      if kind and kind ~= "a PNG picture" then
        local worked, message = pcall(pg.load_png, path)
        assert.is_false(worked)
        assert.matches(path .. ": not a PNG file, but " .. kind, message, 1, true)
      end
    end
    for bytes, reader in pairs {
      ["a,b\n"] = "a CSV file (pg.read_csv reads it)",
      ["a\tb\n"] = "a file of columns between tabs (pg.read_csv reads it)",
      ["\x89PNG\r\n\x1a\n"] = "a PNG picture (pg.load_png reads it)",
    } do
      fails(write("a.csv", bytes), "but " .. reader)
    end
    for bytes, reader in pairs {
      ["\x93NUMPY\1\0"] = "an NPY array (pg.load reads it)",
      ["PK\3\4\0"] = "a ZIP archive (pg.load reads it)",
      ["\0\0\8\1\0\0\0\0"] = "an IDX file of labels (pg.load reads it)",
      ["\x89PNG\r\n\x1a\n\0"] = "a PNG picture (pg.load_png reads it)",
    } do
      local _, message = pcall(pg.read_csv, write("a.csv", bytes))
      assert.matches("not a CSV file, but " .. reader, message, 1, true)
    end
    os.remove(at "a.csv")
    refuses(container.zip { member { data = "a,b,c\n1,2,3\n" } },
      "not an NPY array, but a CSV file")
  end)

  it("is not waited for where it is a pipe", function()
    os.execute("mkfifo '" .. at "fifo" .. "'")
    fails(at "fifo", "not a regular file")
    os.remove(at "fifo")
    local output = lua_in("echo |", 'print(pcall(require "perigee".load, "/dev/stdin"))')
    assert.equal("false\t/dev/stdin: it is not a regular file\n", output)
  end)
end)

describe("a damaged archive", function()
  it("is refused member by member, with the reason", function()
    refuses(container.zip { member { crc = 1, } }, "CRC-32 00000001 expected",
      ("%08x found"):format(container.crc32(NUMBERS)))
    refuses(container.zip { member { crc = 1, method = 8 } }, "CRC-32 00000001 expected")
    refuses(container.zip { member { flags = 1 } }, "encrypted")
    refuses(container.zip { member { method = 12 } }, "neither stored nor deflated")
    refuses(container.zip { member { size = 5 } }, "its two sizes differ")
    refuses(container.zip { member { method = 8, size = #NUMBERS + 1 } }, "end too early")
    refuses(container.zip { member { method = 8, size = 1 << 31 } }, "could unpack to")
    refuses(container.zip { member { method = 8, packed = "\7" } }, "damaged")
    refuses(container.zip { member { method = 8, packed = container.deflate(NUMBERS):sub(1, -2) } },
      "end too early")
    refuses(container.zip { member { method = 8, packed = container.deflate(NUMBERS .. "x") } },
      "more data than its size says")
    refuses(container.zip { member { local_flags = 1 } }, "it is encrypted")
    refuses(container.zip { member { local_method = 8 } },
      "its own header and the directory differ: method 8, not 0")
    refuses(container.zip { member { local_extra = ("\0"):rep(9), packed_size = #NUMBERS + 9,
      size = #NUMBERS + 9 } }, "it overlaps the next member")
    refuses(container.zip { member { data = "hello" } }, "5 bytes are no NPY array")
    refuses(container.zip { member { data = ("hello"):rep(3) } }, "does not begin with \\x93NUMPY")
  end)

  it("is refused as a whole, with the reason", function()
    local function fails_with(text, members, end_record)
      fails(write("a.npz", container.zip(members, end_record)), text)
    end
    local y = { name = "y.npy", data = NUMBERS }
    local first = #container.zip { member {} } - #container.zip {} - 30 - 5 - #NUMBERS
    fails_with("not where its end record says", { member {}, y }, { count = 1, bytes = first })
    fails_with("'x.npy' and 'z.npy' overlap",
      { member {}, y, { name = "z.npy", data = NUMBERS, at = 0 } })
    fails_with("damaged at entry 2", { member {}, y }, { bytes = 2 * first - 1 })
    fails_with("damaged at entry 1, member 'x.npy'", { member { extra = "\1\0\9\0" } })
    fails_with("overlap", { member {}, { name = "y.npy", data = NUMBERS, at = 0 } })
    fails_with("overlap", { member {}, { name = "y.npy", data = NUMBERS, at = 20 } })
    fails_with("does not fit", { member { at = 1 << 30 } })
    fails_with("overlap", { member { packed_size = 1 << 30 }, y })
    fails_with("has 1 members, and 1000 by its end record", { member {} }, { count = 1000 })
    fails_with("has 2 members, and 1 by its end record", { member {}, y }, { count = 1 })
    fails_with("not where its end record says", { member {} }, { at = 0 })
    fails_with("lies beyond its end", { member {} }, { bytes = 1 << 31 })
    fails_with("lies beyond its end", { member {} }, { at = 1 << 31 })
    fails_with("several disks", { member {} }, { disk = 1 })
    fails_with("ZIP64 record is missing", { member {} }, { at = 0xffffffff })
  end)

  it("does not hide an array whose name is damaged", function()
    local y = { name = "y.npy", data = NUMBERS }
    for _, name in ipairs { "z.npy", "zz.npy", "x.np", "" } do
      local x = member { local_name = name, local_extra = "\0\0\0\0\0" }
      local archive <close> = pg.load(write("a.npz", container.zip { y, x }))
      assert.same({ 1, 2, 3, 4 }, archive.y:tolist())
      for _, use in ipairs {
        function() return archive.x end, function() return archive.z end,
        function() return archive:get "z" end, function() return archive:form "z" end,
        function() return archive:checksum "z" end, function() return archive:keys() end,
      } do
        raises(use, at "a.npz", "member 'x.npy': its own header calls it '" .. name ..
          "': the archive's directory is damaged")
      end
      assert.matches("^archive .*%(damaged%)$", tostring(archive))
    end
  end)

  it("gives what its members' headers do not contradict", function()
    local function gives(fields)
      local archive <close> = assert(pg.load(write("a.npz", container.zip { member(fields) })))
      assert.same({ 1, 2, 3, 4 }, archive.x:tolist())
      assert.equal(container.crc32(NUMBERS), archive:checksum "x")
    end
    local n = #NUMBERS
    gives { local_crc = 0 }
    gives { flags = 8, local_flags = 0 }
    gives { flags = 8, local_crc = 0, local_size = 0, local_packed_size = 0 }
    gives { local_size = 0xffffffff, local_packed_size = 0xffffffff,
      local_extra = ("<I2I2I4I2I2I8I8"):pack(9, 4, 0, 1, 16, n, n) }
    gives { local_extra = ("<I2I2"):pack(7, 200) .. ("e"):rep(200) }
    gives { name = "x.npy", local_extra = "\0\0\0" } -- padding
  end)

  it("gives no checksum of a member whose header has another", function()
    local bytes = container.zip { member { local_crc = 1 } }
    local archive <close> = assert(pg.load(write("a.npz", bytes)))
    raises(function() return archive:checksum "x" end, at "a.npz", "x.npy",
      "its own header and the directory differ")
  end)

  it("asks for no memory that the file could not fill", function()
    local bomb = npy("'|u1'", "(4000000000,)", "")
    local before = live_bytes()
    refuses(container.zip { member { data = bomb, method = 8, size = 4000000000 + #bomb } },
      "could unpack to")
    assert.is_true(live_bytes() <= before + 4096)
  end)
end)
