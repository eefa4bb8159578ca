-- IDX files, plain and packed by gzip.

local pg = require "perigee"

local support = dofile "tests/support.lua"

local raises_here = support.raises_here

local folder

local TYPES = {
  uint8 = { 0x08, "B" }, int8 = { 0x09, "b" }, int16 = { 0x0b, ">i2" }, int32 = { 0x0c, ">i4" },
  float32 = { 0x0d, ">f" }, float64 = { 0x0e, ">d" },
}

--- The bytes of an IDX file with these numbers.
local function idx(dtype, shape, numbers)
  local code, format = table.unpack(TYPES[dtype])
  local parts = { string.pack("BBBB", 0, 0, code, #shape) }
  for _, length in ipairs(shape) do
    parts[#parts + 1] = string.pack(">I4", length)
  end
  for _, number in ipairs(numbers) do
    parts[#parts + 1] = string.pack(format, number)
  end
  return table.concat(parts)
end

local function write(name, bytes)
  local path = folder .. "/" .. name
  pg.write(path, bytes)
  return path
end

--- Packs a file by gzip, and returns the packed bytes.
local function packed(bytes, options)
  local path = write("to_pack", bytes)
  local pipe = assert(io.popen(("gzip -c %s '%s'"):format(options or "", path)))
  local out = pipe:read "a"
  assert(pipe:close())
  return out
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -p '" .. folder .. "'"))
end)

teardown(function()
  os.execute("rm -rf '" .. folder .. "'")
end)

describe("an IDX file", function()
  it("of each type is read, plain and packed, in its dtype", function()
    local numbers = { 1, 2, 3, 100, 5, 6 }
    for dtype in pairs(TYPES) do
      local bytes = idx(dtype, { 2, 3 }, numbers)
      for name, content in pairs { plain = bytes, packed = packed(bytes) } do
        local a = pg.load(write(name, content))
        assert.equal(dtype, a.dtype)
        assert.same({ { 1, 2, 3 }, { 100, 5, 6 } }, a:tolist())
      end
    end
    assert.same({ -128, -1 }, pg.load(write("x", idx("int8", { 2 }, { -128, -1 }))):tolist())
    assert.same({ -2.5 }, pg.load(write("x", idx("float64", { 1 }, { -2.5 }))):tolist())
    assert.same({ -30000 }, pg.load(write("x", idx("int16", { 1 }, { -30000 }))):tolist())
  end)

  it("of each rank is read", function()
    for rank = 0, 8 do
      local shape = {}
      for i = 1, rank do
        shape[i] = i == rank and 3 or 1
      end
      local numbers = rank == 0 and { 7 } or { 7, 8, 9 }
      local a = pg.load(write("x", idx("int32", shape, numbers)))
      assert.equal(rank, a.ndim)
      assert.equal(rank == 0 and 7 or 24, a:sum())
    end
    assert.same({ 0, 5 }, { table.unpack(pg.load(write("x", idx("uint8", { 0, 5 }, {}))).shape) })
    raises_here("x: an IDX array of rank 9, and arrays have at most 8", function()
      pg.load(write("x", idx("uint8", { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, { 1 })))
    end)
  end)

  it("gives rows, is mapped, and has a limit", function()
    local bytes = idx("uint8", { 4, 2 }, { 1, 2, 3, 4, 5, 6, 7, 8 })
    local plain, gz = write("rows", bytes), write("rows.gz", packed(bytes))
    for _, path in ipairs { plain, gz } do
      assert.same({ { 5, 6 }, { 7, 8 } }, pg.load(path, { rows = { -2, -1 } }):tolist())
      assert.same({ { 3, 4 } }, pg.load(path, { rows = { 2, 2 }, check = true }):tolist())
      raises_here("rows 4 to 5: ", function() pg.load(path, { rows = { 4, 5 } }) end)
      raises_here("takes 8 bytes, more than max_bytes = 7", function()
        pg.load(path, { max_bytes = 7 })
      end)
      assert.equal(8, pg.load(path, { max_bytes = 8 }).size)
    end
    assert.same({ { 1, 2 }, { 3, 4 } }, pg.load(plain, { map = true, rows = { 1, 2 } }):tolist())
    raises_here("rows.gz: packed elements are not mapped", function()
      pg.load(gz, { map = true })
    end)
  end)

  it("of the wrong length raises, with what was expected and found", function()
    local bytes = idx("int16", { 2, 3 }, { 1, 2, 3, 4, 5, 6 })
    raises_here("x: 12 bytes of data expected for int16 of shape (2, 3), found 11", function()
      pg.load(write("x", bytes:sub(1, -2)))
    end)
    raises_here("12 bytes of data expected for int16 of shape (2, 3), found 13", function()
      pg.load(write("x", bytes .. "\0"))
    end)
    raises_here("it ends after 10 bytes, and 12 were expected", function()
      pg.load(write("x", bytes:sub(1, 10)))
    end)
    raises_here("it ends after 23 bytes of unpacked data, and 24 were expected", function()
      pg.load(write("x", packed(bytes:sub(1, -2))))
    end)
    raises_here("12 bytes of data expected for int16 of shape (2, 3), found more", function()
      pg.load(write("x", packed(bytes .. "\0")))
    end)
  end)

  it("that claims more than there can be raises, before memory is allocated", function()
    local huge = idx("float64", { 0xffffffff, 0xffffffff, 0xffffffff }, { 1 })
    raises_here("claims more than any file holds", function() pg.load(write("x", huge)) end)
    for _, bytes in ipairs { huge, idx("uint8", { 1 << 20, 1 << 10 }, { 1 }) } do
      raises_here("bytes can unpack to", function() pg.load(write("x", packed(bytes))) end)
    end
  end)

  it("of an unknown type raises, by its name", function()
    raises_here("x: IDX has no type 0x0a", function()
      pg.load(write("x", "\0\0\10\1\0\0\0\1\1"))
    end)
  end)
end)

describe("gzip data", function()
  local bytes = idx("uint8", { 5 }, { 1, 2, 3, 4, 5 })

  it("of several members are joined, and zeros behind them are padding", function()
    local a, b = packed(bytes:sub(1, 9)), packed(bytes:sub(10))
    for _, content in ipairs { a .. b, a .. b .. ("\0"):rep(70000), packed(bytes, "-1 -n"),
      a .. packed "" .. b } do
      assert.same({ 1, 2, 3, 4, 5 }, pg.load(write("x", content)):tolist())
    end
  end)

  it("that are cut raise, wherever", function()
    local all = packed(bytes)
    for n = 2, #all - 1 do
      local message = n < 10 and "x: " or ("the file is cut at byte %d"):format(n)
      raises_here(message, function() pg.load(write("x", all:sub(1, n))) end)
    end
  end)

  it("that are damaged, or have other bytes behind them, raise", function()
    local all = packed(bytes)
    for _, tail in ipairs { "x", "\0\0x", "PK\3\4" } do
      raises_here("behind the gzip data, belong to nothing", function()
        pg.load(write("x", all .. tail))
      end)
    end
    raises_here("x: ", function() pg.load(write("x", all .. "\31\139")) end)
    local crc = all:sub(1, -9) .. string.char(all:byte(-8) ~ 1) .. all:sub(-7)
    raises_here("damaged gzip data before byte", function() pg.load(write("x", crc)) end)
    local length = all:sub(1, -5) .. "\6" .. all:sub(-3)
    raises_here("damaged gzip data before byte", function() pg.load(write("x", length)) end)
  end)

  it("of something else raise, and say that they are gzip", function()
    raises_here("a gzip file (gunzip unpacks it)", function()
      pg.load(write("x.csv.gz", packed "a,b\n1,2\n"))
    end)
  end)
end)
