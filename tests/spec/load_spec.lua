-- Loading of parts of files: rows, limits.

local pg = require "perigee"
local support = require "tests.support"
local live_bytes, raises_here = support.live_bytes, support.raises_here

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local container = dofile(HERE .. "/../container.lua")

local folder

local function at(name)
  return folder .. "/" .. name
end

local function write(name, bytes)
  local file <close> = assert(io.open(at(name), "wb"))
  file:write(bytes)
  return at(name)
end

local function read(name)
  local file <close> = assert(io.open(at(name), "rb"))
  return file:read "a"
end

local function same(a, b)
  assert.equal(a.dtype, b.dtype)
  assert.same(a.shape, b.shape)
  assert.is_true(a.size == 0 or a:eq(b):all())
end

--- The bytes of an array in an NPY file, without the header.
local function elements(a)
  pg.save(at "elements.npy", a)
  local bytes = read "elements.npy"
  return bytes:sub(11 + ("<I2"):unpack(bytes, 9))
end

--- An NPY file of the array in column-major order.
local function column_major(a)
  local descr = { uint8 = "|u1", int16 = "<i2", float64 = "<f8" }
  local header = ("{'descr': '%s', 'fortran_order': True, 'shape': (%s,), }\n"):format(
    descr[a.dtype], table.concat(a.shape, ", "))
  return container.npy_with(header, elements(a.T))
end

--- Rows of an array, as the option names them, and as an index does.
local RANGES = { { 1, 1 }, { 2, 5 }, { 7, 7 }, { 1, 7 }, { -2, -1 }, { -7, 3 }, { 3, 2 }, { 8, 7 } }

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir '" .. folder .. "'"))
end)

teardown(function()
  os.execute("rm -rf '" .. folder .. "'")
end)

describe("rows", function()
  local x = pg.range(1, 7 * 3 * 2):reshape(7, 3, 2)

  it("of an .npy file are those of a slice", function()
    for _, dtype in ipairs { "uint8", "int16", "float64" } do
      local a = x:astype(dtype)
      pg.save(at "rows.npy", a)
      write("columns.npy", column_major(a))
      write("swapped.npy", container.npy("'>i2'", "(7, 3, 2)",
        (elements(x:astype "int16"):gsub("(.)(.)", "%2%1"))))
      for _, range in ipairs(RANGES) do
        same(a[{ range }], pg.load(at "rows.npy", { rows = range }))
        same(a[{ range }], pg.load(at "columns.npy", { rows = range }))
        same(x:astype "int16"[{ range }], pg.load(at "swapped.npy", { rows = range }))
      end
    end
  end)

  it("in column-major order are those of long columns, and of many", function()
    for _, shape in ipairs { { 5000, 3 }, { 3, 50000 }, { 4000, 2, 3 } } do
      local a = (pg.range(1, shape[1] * shape[2] * (shape[3] or 1)) % 251):reshape(shape)
      a = a:astype "uint8"
      write("columns.npy", column_major(a))
      for _, range in ipairs { { 2, 3 }, { 1, 2 }, { -1, -1 }, { 1, -1 } } do
        same(a[{ range }], pg.load(at "columns.npy", { rows = range }))
      end
    end
  end)

  it("of float16 become float32", function()
    local halves = ("\0\60"):rep(3) .. ("\0\64"):rep(3)
    write("half.npy", container.npy("'<f2'", "(2, 3)", halves))
    same(pg.full({ 1, 3 }, 2, "float32"), pg.load(at "half.npy", { rows = { 2, 2 } }))
  end)

  it("of an archive's members are given by name", function()
    local a = x:astype "int16"
    for _, method in ipairs { 0, 8 } do
      local path = write("rows.npz", container.zip {
        { name = "rows.npy", data = container.npy("'<i2'", "(7, 3, 2)", elements(a)),
          method = method },
        { name = "columns.npy", data = column_major(a), method = method },
        { name = "whole.npy", data = column_major(a), method = method },
      })
      for _, range in ipairs(RANGES) do
        for _, check in ipairs { false, true } do
          local data <close> = pg.load(path, { rows = { rows = range, columns = range },
            check = check })
          same(a[{ range }], data:get "rows")
          same(a[{ range }], data.columns)
          same(a, data.whole)
          assert.same(a[{ range }].shape, select(2, data:form "rows"))
        end
      end
    end
  end)

  it("have checksums of their own", function()
    pg.save(at "a.npz", { x = x })
    local function sum(range)
      local data <close> = pg.load(at "a.npz", { rows = { x = range } })
      return data:checksum "x"
    end
    local whole = pg.load(at "a.npz"):checksum "x"
    assert.equal(sum { 1, 2 }, sum { -7, 2 })
    assert.is_true(sum { 1, 2 } ~= sum { 2, 3 } and sum { 1, 2 } ~= sum { 1, 3 })
    assert.is_true(sum { 1, 2 } ~= whole)
  end)

  it("beyond the ends raise, and so do those of rank 0", function()
    pg.save(at "a.npy", x)
    pg.save(at "scalar.npy", 1)
    for range, text in pairs {
      [{ 0, 3 }] = "rows 0 to 3: position 0", [{ 1, 8 }] = "position 8 is beyond axis 1, whose " ..
      "length is 7", [{ -8, 1 }] = "position -8", [{ 9, 8 }] = "position 9",
      [{ math.mininteger, math.maxinteger }] = "position",
    } do
      raises_here(at "a.npy" .. ": rows", function() pg.load(at "a.npy", { rows = range }) end)
      raises_here(text, function() pg.load(at "a.npy", { rows = range }) end)
    end
    raises_here("scalar.npy: an array of rank 0 has no rows", function()
      pg.load(at "scalar.npy", { rows = { 1, 1 } })
    end)
    pg.save(at "a.npz", { x = x })
    raises_here("a.npz: member 'x.npy': rows 1 to 8: position 8", function()
      return pg.load(at "a.npz", { rows = { x = { 1, 8 } } }).x
    end)
  end)

  it("raise for what is no range", function()
    pg.save(at "a.npy", x)
    pg.save(at "a.npz", { x_train = x })
    for _, rows in ipairs { { 1 }, { 1, 2, 3 }, { 1, 2.5 }, { "1", "2" }, { 1, false } } do
      raises_here("load: rows must be {first, last}, two integers", function()
        pg.load(at "a.npy", { rows = rows })
      end)
      raises_here("load: rows must be {first, last}, two integers", function()
        pg.load(at "a.npz", { rows = { x_train = rows } })
      end)
    end
    raises_here("load: rows must be a table, not 5", function()
      pg.load(at "a.npy", { rows = 5 })
    end)
    raises_here("an .npy file has one array", function()
      pg.load(at "a.npy", { rows = { x = { 1, 2 } } })
    end)
    raises_here("are given by name", function() pg.load(at "a.npz", { rows = { 1, 2 } }) end)
    raises_here("a.npz has no 'x_trian'; it has x_train; did you mean 'x_train'?", function()
      pg.load(at "a.npz", { rows = { x_trian = { 1, 2 } } })
    end)
    raises_here("load: unknown option 'row'", function() pg.load(at "a.npy", { row = 1 }) end)
  end)

  it("are read without the CRC-32, unless that is asked for", function()
    for _, method in ipairs { 0, 8 } do
      local path = write("damaged.npz", container.zip { {
        name = "x.npy", data = container.npy("'|u1'", "(4,)", "\1\2\3\4"), crc = 1,
        method = method,
      } })
      assert.same({ 2, 3 }, pg.load(path, { rows = { x = { 2, 3 } } }).x:tolist())
      raises_here("CRC-32 00000001 expected", function()
        return pg.load(path, { rows = { x = { 2, 3 } }, check = true }).x
      end)
      raises_here("CRC-32 00000001 expected", function() return pg.load(path).x end)
    end
  end)

  it("of a long member take no more memory than they need", function()
    local a = pg.zeros(100000, 100, "uint8")
    a[{ 5 }] = 7
    pg.save(at "long.npz", { a = a }, { compress = true })
    a:free()
    local before = live_bytes()
    local data <close> = pg.load(at "long.npz", { rows = { a = { 5, 6 } } })
    same(pg.array { { 7 }, { 0 } }:astype "uint8" + pg.zeros(2, 100, "uint8"), data.a)
    assert.is_true(live_bytes() - before < 10000)
  end)
end)

--- The number of regions of this process's memory that are files in the folder.
local function mappings()
  collectgarbage()
  collectgarbage()
  local count = 0
  for line in io.lines "/proc/self/maps" do
    count = count + (line:find(folder, 1, true) and 1 or 0)
  end
  return count
end

describe("map", function()
  local x = pg.range(1, 7 * 3 * 2):reshape(7, 3, 2)

  it("leaves the elements of an .npy file there", function()
    for _, dtype in ipairs { "uint8", "int16", "float64" } do
      local a = x:astype(dtype)
      pg.save(at "rows.npy", a)
      write("columns.npy", column_major(a))
      for _, name in ipairs { "rows.npy", "columns.npy" } do
        local b <close> = pg.load(at(name), { map = true })
        same(a, b)
        for _, range in ipairs(RANGES) do
          same(a[{ range }], pg.load(at(name), { map = true, rows = range }))
        end
      end
    end
  end)

  it("leaves stored members there, and no other ones", function()
    pg.save(at "stored.npz", { x = x, y = pg.range(0, 9):astype "uint8" })
    pg.save(at "deflated.npz", { x = x }, { compress = true })
    for _, check in ipairs { false, true } do
      local data = pg.load(at "stored.npz", { map = true, check = check })
      same(x, data.x)
      same(pg.range(0, 9):astype "uint8", data.y)
      assert.equal(2, mappings()) -- pg.save aligns the elements
      data:close()
    end
    assert.equal(0, mappings())
    local data <close> = pg.load(at "deflated.npz", { map = true })
    raises_here("deflated.npz: member 'x.npy': it is deflated, and only stored members are mapped",
      function() return data.x end)
  end)

  it("lasts as long as a view, and takes no memory of the heap", function()
    pg.save(at "long.npy", pg.zeros(1000, 1000, "uint8"))
    local before = live_bytes()
    local a = pg.load(at "long.npy", { map = true })
    assert.is_true(live_bytes() - before < 1000)
    local view = a:rows(2, 3)
    a:free()
    assert.equal(1, mappings())
    assert.equal(0, view:max())
    view:free()
    assert.equal(0, mappings())
    assert.equal(before, live_bytes())
  end)

  it("keeps what is written in memory", function()
    pg.save(at "written.npy", x)
    local a <close> = pg.load(at "written.npy", { map = true })
    local b <close> = pg.load(at "written.npy", { map = true })
    a:fill_(-1)
    assert.equal(-1, a:max())
    same(x, b)
    same(x, pg.load(at "written.npy"))
  end)

  it("reads what memory has in another form, or at other addresses", function()
    local function reads(name, bytes, expected)
      local a = pg.load(write(name, bytes), { map = true })
      same(expected, a)
      assert.equal(0, mappings())
    end
    reads("swapped.npy", container.npy("'>i2'", "(2,)", "\0\1\0\2"), pg.array({ 1, 2 }, "int16"))
    reads("half.npy", container.npy("'<f2'", "(1,)", "\0\60"), pg.ones(1, "float32"))
    reads("bool.npy", container.npy("'|b1'", "(2,)", "\0\2"), pg.array { false, true })
    reads("empty.npy", container.npy("'<f8'", "(0, 3)", ""), pg.zeros(0, 3))
    local header = #container.npy("'<f8'", "(1,)", "")
    assert.is_true(header % 8 ~= 0)
    reads("unaligned.npy", container.npy("'<f8'", "(1,)", ("<d"):pack(2.5)), pg.full({ 1 }, 2.5))
  end)

  it("checks the CRC-32 only if asked to", function()
    local path = write("damaged.npz", container.zip { {
      name = "x.npy", data = container.npy("'|u1'", "(4,)", "\1\2\3\4"), crc = 1,
    } })
    assert.same({ 1, 2, 3, 4 }, pg.load(path, { map = true }).x:tolist())
    raises_here("CRC-32 00000001 expected", function()
      return pg.load(path, { map = true, check = true }).x
    end)
  end)

  it("is not limited by max_bytes, which is memory's", function()
    pg.save(at "a.npy", x)
    same(x, pg.load(at "a.npy", { map = true, max_bytes = 0 }))
  end)

  it("has a model train as on the same numbers in memory, in the dense plan", function()
    pg.seed(0)
    local pixels = (pg.rand(60, 20) * 300 - 100):clip(0, 255):astype "uint8"
    local labels = pg.randint(0, 3, { 60 })
    pg.save(at "pixels.npy", pixels)
    local mapped = pg.load(at "pixels.npy", { map = true })
    local options = { hidden = 5, seed = 0, scale = 1 / 255, classes = 3 }
    local m = pg.Model(mapped, labels, options)
    local plan, why = m:plan()
    assert.same({ "dense", "x is mapped, and stays in its file" }, { plan, why })
    options.plan = "dense"
    local of_memory = pg.Model(pixels, labels, options)
    for _, training in ipairs { { iterations = 3 }, { epochs = 2, batch = 7 } } do
      same(of_memory:fit(training), m:fit(training))
    end
    same(of_memory:predict(pixels), m:predict(mapped))
    options.plan = "sparse"
    assert.equal("sparse", (pg.Model(mapped, labels, options):plan()))
  end)
end)

describe("an archive's load", function()
  local LONG = 300000
  local threads

  before_each(function()
    threads = pg.threads()
  end)

  after_each(function()
    pg.threads(threads)
  end)

  --- Bytes of int32, float16 and bool that are large enough for several threads, and small ones.
  local function members(method)
    local a = pg.range(1, LONG):astype "int32"
    local bools = pg.range(1, 5 * LONG) % 3
    local bytes = elements(bools:astype "uint8")
    local swapped = elements(a):gsub("(.)(.)(.)(.)", "%4%3%2%1")
    return {
      { name = "a.npy", data = container.npy("'<i4'", "(300000,)", elements(a)), method = method },
      { name = "swapped.npy", method = method,
        data = container.npy("'>i4'", "(300000,)", swapped) },
      { name = "half.npy", method = method,
        data = container.npy("'<f2'", "(300, 2000)", ("\0\60\0\64"):rep(LONG)) },
      { name = "bool.npy", data = container.npy("'|b1'", "(1500000,)", bytes), method = method },
      { name = "columns.npy", data = column_major(a:astype "int16":reshape(3, 100, 1000)) },
      { name = "small.npy", data = container.npy("'|u1'", "(2,)", "\1\2"), method = method },
      { name = "empty.npy", data = container.npy("'|u1'", "(0,)", ""), method = method },
      { name = "readme.txt", data = "hello" },
    }
  end

  local function assert_right(all)
    local names = {}
    for name in pairs(all) do
      names[#names + 1] = name
    end
    assert.equal(7, #names)
    local a = pg.range(1, LONG):astype "int32"
    same(a, all.a)
    same(a, all.swapped)
    same(a:astype "int16":reshape(3, 100, 1000), all.columns)
    same((pg.range(0, 2 * LONG - 1) % 2 + 1):astype "float32":reshape(300, 2000), all.half)
    same((pg.range(1, 5 * LONG) % 3):gt(0), all.bool)
    assert.same({ 1, 2 }, all.small:tolist())
    assert.same({ 0 }, all.empty.shape)
  end

  for _, method in ipairs { 0, 8 } do
    local how = method == 0 and "stored" or "deflated"

    it("gives all arrays, on any number of threads, " .. how, function()
      local path = write("all.npz", container.zip(members(method)))
      for _, n in ipairs { 1, 2, 5 } do
        pg.threads(n)
        local data <close> = pg.load(path)
        assert_right(data:load())
        local other <close> = pg.load(path)
        local all = {}
        for _, name in ipairs(other:keys()) do
          all[name] = other[name]
        end
        assert_right(all)
      end
    end)

    it("names the first member that is damaged, " .. how, function()
      local list = members(method)
      list[2].crc, list[4].crc = 1, 2
      local path = write("damaged.npz", container.zip(list))
      local before = live_bytes()
      for _, n in ipairs { 1, 2, 5 } do
        pg.threads(n)
        local data <close> = pg.load(path)
        raises_here("damaged.npz: member 'swapped.npy': CRC-32 00000001 expected", function()
          data:load()
        end)
        raises_here("member 'bool.npy': CRC-32 00000002 expected", function()
          return data.bool
        end)
        assert.equal(LONG, data.a.size)
      end
      assert.equal(before, live_bytes())
    end)
  end

  it("names a member whose compressed data are damaged, or end too early", function()
    pg.threads(2)
    local list = members(8)
    list[1].packed = container.deflate(list[1].data):sub(1, -2)
    raises_here("member 'a.npy': its compressed data end too early", function()
      local data <close> = pg.load(write("cut.npz", container.zip(list)))
      data:load()
    end)
    list[1].packed = ("\7"):rep(50000)
    raises_here("member 'a.npy': its compressed data are damaged", function()
      local data <close> = pg.load(write("cut.npz", container.zip(list)))
      data:load()
    end)
  end)

  it("keeps arrays, and takes those that were got", function()
    pg.save(at "all.npz", { x = pg.ones(3), y = pg.zeros(2), z = pg.zeros(1) })
    local data <close> = pg.load(at "all.npz")
    local x, z = data.x, data.z
    z:free()
    local all = data:load()
    assert.equal(x, all.x)
    assert.equal(data.y, all.y)
    assert.same({ 0 }, all.z:tolist())
    assert.equal(all.z, data.z)
    assert.equal(all.y, data:load().y)
  end)

  it("gives rows, and mapped members", function()
    pg.save(at "all.npz", { x = pg.range(1, 9), y = pg.zeros(200000) })
    local data = pg.load(at "all.npz", { map = true, rows = { x = { -2, -1 } } })
    local all = data:load()
    assert.same({ 8, 9 }, all.x:tolist())
    assert.same({ 200000 }, all.y.shape)
    pg.save(at "deflated.npz", { x = pg.zeros(9) }, { compress = true })
    raises_here("member 'x.npy': it is deflated", function()
      pg.load(at "deflated.npz", { map = true }):load()
    end)
  end)

  it("is limited by max_bytes as a whole", function()
    pg.save(at "all.npz", { x = pg.zeros(9), y = pg.zeros(2) })
    assert.same({ 2 }, pg.load(at "all.npz", { max_bytes = 88 }):load().y.shape)
    local data <close> = pg.load(at "all.npz", { max_bytes = 87 })
    assert.same({ 9 }, data.x.shape)
    raises_here("all.npz: its arrays take 88 bytes, more than max_bytes = 87", function()
      data:load()
    end)
    assert.same({ 2 }, data.y.shape)
  end)

  it("gives an empty table of an empty archive", function()
    assert.same({}, pg.load(write("empty.npz", container.zip {})):load())
  end)
end)

describe("max_bytes", function()
  it("limits an array's memory", function()
    pg.save(at "a.npy", pg.zeros(5, 4))
    pg.save(at "a.npz", { a = pg.zeros(5, 4), b = pg.zeros(1) })
    assert.same({ 5, 4 }, pg.load(at "a.npy", { max_bytes = 160 }).shape)
    assert.same({ 2, 4 }, pg.load(at "a.npy", { max_bytes = 64, rows = { 1, 2 } }).shape)
    raises_here("a.npy: float64 of shape (5, 4) takes 160 bytes, more than max_bytes = 159",
      function() pg.load(at "a.npy", { max_bytes = 159 }) end)
    local data <close> = pg.load(at "a.npz", { max_bytes = 159 })
    raises_here("a.npz: member 'a.npy': float64 of shape (5, 4) takes 160 bytes, more than",
      function() return data.a end)
    assert.same({ 0 }, data.b:tolist())
  end)

  it("limits what a member unpacks to, behind its array, too", function()
    local array = container.npy("'|u1'", "(4,)", "\1\2\3\4" .. ("\0"):rep(1000))
    write("long.npz", container.zip { { name = "a.npy", data = array, method = 8 } })
    assert.same({ 1, 2, 3, 4 }, pg.load(at "long.npz", { max_bytes = 1004 }).a:tolist())
    local data <close> = pg.load(at "long.npz", { max_bytes = 1003 })
    local message = "member 'a.npy': it unpacks to 1004 bytes, more than max_bytes = 1003"
    raises_here(message, function() return data.a end)
    raises_here(message, function() return data:load() end)
    local rows = { a = { 2, 2 } }
    assert.same({ 2 }, pg.load(at "long.npz", { max_bytes = 10, rows = rows }).a:tolist())
  end)

  it("counts float16 as the float32 that they become", function()
    write("half.npy", container.npy("'<f2'", "(3,)", ("\0"):rep(6)))
    assert.same({ 3 }, pg.load(at "half.npy", { max_bytes = 12 }).shape)
    raises_here("takes 12 bytes", function() pg.load(at "half.npy", { max_bytes = 11 }) end)
  end)

  it("limits a picture's memory", function()
    pg.save_png(at "a.png", pg.zeros(4, 5, 3, "uint8"))
    assert.same({ 4, 5, 3 }, pg.load_png(at "a.png", { max_bytes = 60 }).shape)
    raises_here("a.png: 5 x 4 pixels take 60 bytes, more than max_bytes = 59", function()
      pg.load_png(at "a.png", { max_bytes = 59 })
    end)
  end)

  it("is an integer, 0 or more", function()
    pg.save(at "a.npy", pg.zeros(0))
    assert.same({ 0 }, pg.load(at "a.npy", { max_bytes = 0 }).shape)
    assert.same({ 0 }, pg.load(at "a.npy", { max_bytes = 1e9 }).shape)
    for _, bytes in ipairs { -1, 1.5, "10", true } do
      raises_here("max_bytes must be", function() pg.load(at "a.npy", { max_bytes = bytes }) end)
    end
  end)
end)
