local pg = require "perigee"
local container = require "tests.container"
local folder = require "tests.folder"
local support = require "tests.support"
local raises_here = support.raises_here
local at, write, read, entries, shell, lua_in, has = folder.at, folder.write, folder.read,
  folder.entries, folder.shell, folder.lua_in, folder.has
local same, raises = folder.same, folder.raises

setup(folder.make)
teardown(folder.remove)

describe("pg.write", function()
  local path

  before_each(function()
    path = os.tmpname()
  end)

  after_each(function()
    os.remove(path)
  end)

  it("writes any text, in place of what was there", function()
    for _, text in ipairs { "", "one\ntwo", "\0\255", ("x"):rep(100000) } do
      assert.is_true(pg.write(path, text))
      local file <close> = assert(io.open(path, "rb"))
      assert.equal(text, file:read "a")
    end
  end)

  it("raises where it cannot write, and leaves what was there", function()
    raises(function() pg.write(path .. "/none", "text") end, path .. "/none: Not a directory")
    raises(function() pg.write("/dev/full", "text") end, "/dev/full: it is not a regular file")
    raises(function() pg.write(path) end, "string expected")
    raises(function() pg.write(path .. "\0", "text") end, "no zero bytes")
  end)
end)

describe("saving an archive", function()
  it("takes a table that a metamethod fills while it is read", function()
    for _ = 1, 20 do
      local t = {}
      t.x = setmetatable({}, {
        __len = function() return 2 end,
        __index = function()
          for k = 1, 200 do
            t["n" .. k] = 1
          end
          return 1
        end,
      })
      for k = 1, 7 do
        t["a" .. k] = 1
      end
      local saves = pcall(pg.save, at "grows.npz", t)
      if saves then
        local archive <close> = pg.load(at "grows.npz")
        assert.is_true(#archive:keys() >= 8)
      end
      os.remove(at "grows.npz")
    end
  end)

  local w = { W1 = pg.range(1, 6):reshape(2, 3), b1 = pg.zeros(3, "float32"), n = 3, ok = true,
    list = { { 1, 2 }, { 3, 4 } }, view = pg.range(1, 12):reshape(3, 4).T }

  it("gives every array back, stored or deflated, with sorted names", function()
    for _, options in ipairs { {}, { compress = true } } do
      assert.is_true(pg.save(at "w.npz", w, options))
      local back <close> = assert(pg.load(at "w.npz"))
      assert.same({ "W1", "b1", "list", "n", "ok", "view" }, back:keys())
      for name, value in pairs(w) do
        same(type(value) == "userdata" and value or pg.array(value), back[name])
      end
    end
  end)

  it("writes the same bytes twice, fewer of them deflated", function()
    local a = { a = pg.zeros(1000), b = 1 }
    pg.save(at "1.npz", a)
    pg.save(at "2.npz", a)
    assert.equal(read "1.npz", read "2.npz")
    pg.save(at "3.npz", a, { compress = true })
    assert.is_true(#read "3.npz" < #read "1.npz" / 4)
  end)

  it("does not need the global table's functions", function()
    local sort = table.sort
    rawset(table, "sort", nil)
    local ok, message = pcall(pg.save, at "w.npz", w)
    rawset(table, "sort", sort)
    assert(ok, message)
  end)

  it("makes an archive of no arrays", function()
    assert.is_true(pg.save(at "w.npz", {}))
    local back <close> = assert(pg.load(at "w.npz"))
    assert.same({}, back:keys())
  end)

  local SEVEN_ZIP = has "command -v 7zz" and "7zz" or "7z"
  local CHECKS = {
    unzip = "unzip -tq 'FILE'", [SEVEN_ZIP] = SEVEN_ZIP .. " t 'FILE'",
    bsdtar = "bsdtar -xOf 'FILE' >/dev/null",
    jar = "mkdir -p 'FOLDER/out' && cd 'FOLDER/out' && jar xf 'FILE'",
    python3 = "python3 -c 'import zipfile; assert not zipfile.ZipFile(\"FILE\").testzip()'",
  }

  --- Fails unless the programs that are installed find the archive whole; returns the others.
  local function check_by_programs(name)
    local missing = {}
    for program, check in pairs(CHECKS) do
      if has("command -v " .. program) then
        local output, ok = shell((check:gsub("%u%u+", { FILE = at(name), FOLDER = at() })))
        assert(ok, ("%s: %s: %s"):format(program, name, output))
      else
        missing[#missing + 1] = program
      end
    end
    os.execute("rm -rf '" .. at "out" .. "'")
    return table.concat(missing, ", ")
  end

  it("writes what other programs find whole", function()
    local arrays = { zeros = pg.zeros(70000), x = pg.rand(70000), ["ü 字.x"] = 1, ["a/b"] = 2 }
    pg.save(at "stored.npz", arrays)
    pg.save(at "deflated.npz", arrays, { compress = true })
    pg.save(at "appended.npz", arrays)
    pg.save(at "appended.npz", { x = 1, y = arrays.x }, { append = true, compress = true })
    check_by_programs "stored.npz"
    check_by_programs "deflated.npz"
    local missing = check_by_programs "appended.npz"
    if missing ~= "" then
      pending("not installed: " .. missing)
    end
  end)

  it("writes what NumPy reads", function()
    if not has "/usr/bin/python3 -c 'import numpy'" then
      return pending "NumPy is not installed"
    end
    for _, compress in ipairs { "false", "true" } do
      pg.save(at "w.npz", w, { compress = compress == "true" })
      local output, ok = shell(([==[/usr/bin/python3 -c '
import numpy
w = numpy.load("%s")
assert w.files == ["W1", "b1", "list", "n", "ok", "view"], w.files
assert (w["W1"] == [[1, 2, 3], [4, 5, 6]]).all() and w["W1"].dtype == "int64"
assert w["b1"].dtype == "float32" and w["b1"].shape == (3,)
assert w["n"] == 3 and w["ok"].dtype == "bool"
assert (w["view"] == numpy.arange(1, 13).reshape(3, 4).T).all()']==]):format(at "w.npz"))
      assert(ok, output)
    end
  end)

  it("writes the same bytes on any number of threads, at the ends of blocks, too", function()
    local BLOCK, HEADER = 1 << 18, 128
    local noise = pg.randint(0, 256, { 11 * BLOCK }):astype "uint8"
    local threads = pg.threads()
    for _, n in ipairs { BLOCK, 2 * BLOCK, 10 * BLOCK } do
      for more = -1, n < 9 * BLOCK and 1 or -1 do
        local a = noise:rows(1, math.max(1, n - HEADER + more))
        local arrays = { a = a, zeros = a * 0 }
        for _, compress in ipairs { false, true } do
          local bytes
          for _, count in ipairs { 1, 3 } do
            pg.threads(count)
            pg.save(at "w.npz", arrays, { compress = compress })
            bytes = bytes or read "w.npz"
            assert.is_true(bytes == read "w.npz")
          end
          local back <close> = pg.load(at "w.npz")
          for name in pairs(arrays) do
            assert.is_true(back[name]:array_equal(arrays[name]))
          end
        end
      end
    end
    pg.threads(threads)
  end)

  it("has 32-bit fields, and the flag of UTF-8 for other names than ASCII's alone", function()
    pg.save(at "w.npz", { a = 1, ["ü"] = 2 })
    local bytes = read "w.npz"
    local flags, names = {}, {}
    for at_entry in bytes:gmatch "()PK\1\2" do
      local version, flag = ("<I2I2"):unpack(bytes, at_entry + 6)
      flags[#flags + 1] = flag
      local n, extra = ("<I2I2"):unpack(bytes, at_entry + 28)
      assert.same({ 20, 0 }, { version, extra })
      names[#names + 1] = bytes:sub(at_entry + 46, at_entry + 45 + n)
    end
    assert.same({ "a.npy", "ü.npy" }, names)
    assert.same({ 0, 1 << 11 }, flags)
    assert.is_nil(bytes:find("PK\6", 1, true))
    pg.save(at "w.npz", {})
    assert.equal("PK\5\6" .. ("\0"):rep(18), read "w.npz")
  end)

  it("raises for what is no array, by name, and writes nothing", function()
    local before = entries()
    for _, value in ipairs { "text", print } do
      raises(function() pg.save(at "new.npz", { a = 1, W = value }) end, "'W' is a " .. type(value))
    end
    local freed = pg.zeros(1)
    freed:free()
    raises(function() pg.save(at "new.npz", { W = freed }) end, "'W' was freed")
    raises(function() pg.save(at "new.npz", { 1, 2 }) end, "named by strings, not by a number")
    raises(function() pg.save(at "new.npz", { [""] = 1 }) end, "1 to 1024 bytes")
    raises(function() pg.save(at "new.npz", { [("n"):rep(1025)] = 1 }) end, "1 to 1024 bytes")
    raises(function() pg.save(at "new.npz", { ["a\0b"] = 1 }) end, "none of them zero")
    raises(function() pg.save(at "new.npz", { a = 1 }, true) end, "table of options expected")
    assert.equal(before, entries())
  end)

  it("raises for names that are not UTF-8, with which NumPy opens nothing", function()
    for _, name in ipairs { "\xff", "\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
      "\xf4\x90\x80\x80", "a\x80" } do
      raises(function() pg.save(at "new.npz", { [name] = 1 }) end, "UTF-8")
    end
    for _, name in ipairs { "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{ffff}", "\u{10ffff}" } do
      assert.is_true(pg.save(at "new.npz", { [name] = 1 }))
      assert.same({ name }, pg.load(at "new.npz"):keys())
    end
  end)

  it("raises for a table of fields as an array, whose elements would be lost", function()
    local before = entries()
    local layers = { W1 = pg.zeros(2) }
    raises(function() pg.save(at "w.npy", layers) end, "named arrays go into .npz")
    raises(function() pg.save(at "w.npz", { w = layers }) end, "'w' is a table of fields")
    assert.equal(before, entries())
  end)

  it("raises for an option that there is not", function()
    raises(function() pg.save(at "w.npz", { a = 1 }, { compressed = true }) end, "'compressed'")
    raises(function() pg.save(at "w.npz", { a = 1 }, { true }) end, "unknown option '1'")
    for given, found in pairs { no = "no", [1] = "1", [0] = "0", [{}] = "table" } do
      for name, value in pairs { ["w.npz"] = { a = 1 }, ["w.npy"] = { 1 } } do
        raises(function() pg.save(at(name), value, { compress = given }) end,
          "compress must be true or false, not " .. found)
      end
    end
    raises(function() pg.save(at "w.npy", { 1 }, { compress = true }) end, "not compressed")
    assert.is_true(pg.save(at "w.npy", { 1 }, { compress = false }))
  end)

  it("raises where the name does not fit", function()
    raises(function() pg.save(at "w.npz", pg.zeros(1)) end, "takes a table of named arrays")
    raises(function() pg.save(at "w.txt", pg.zeros(1)) end, "must end in .npy")
    raises(function() pg.save("a\0.npy", pg.zeros(1)) end, "no zero bytes")
    raises(function() pg.load "a\0.npy" end, "no zero bytes")
    raises(function() pg.load(3) end, "string expected, got number")
  end)
end)

describe("appending to an archive", function()
  local function names()
    local archive <close> = pg.load(at "w.npz")
    return archive:keys()
  end

  local function append(arrays, options)
    options = options or {}
    options.append = true
    return pg.save(at "w.npz", arrays, options)
  end

  before_each(function()
    os.remove(at "w.npz")
  end)

  it("makes one where none is", function()
    assert.is_true(append { b = 1, a = { 1, 2 } })
    pg.save(at "v.npz", { b = 1, a = { 1, 2 } })
    assert.equal(read "v.npz", read "w.npz")
  end)

  it("keeps what is there byte for byte, and its order", function()
    pg.save(at "w.npz", { b = pg.rand(50), a = pg.zeros(50) }, { compress = true })
    local old = read "w.npz"
    assert.is_true(append { c = 3 })
    local new = read "w.npz"
    local directory = old:find("PK\1\2", 1, true)
    assert.equal(old:sub(1, directory - 1), new:sub(1, directory - 1))
    assert.is_truthy(new:find(old:sub(directory, -23), 1, true))
    assert.same({ "a", "b", "c" }, names())
    append { a0 = 1 }
    assert.same({ "a", "b", "c", "a0" }, names())
  end)

  it("keeps bytes before an archive, also of one without members", function()
    local member = { name = "a.npy", data = container.npy("'|u1'", "()", "\7") }
    for _, members in ipairs { {}, { member } } do
      write("w.npz", container.zip(members, { prefix = "other bytes" }))
      assert.is_true(append { b = 5 })
      assert.equal("other bytes", read "w.npz":sub(1, 11))
      local archive <close> = pg.load(at "w.npz")
      assert.equal(#members + 1, #archive:keys())
      assert.equal(5, archive.b:item())
    end
  end)

  it("refuses a file that is loaded as one array", function()
    local archive = container.zip { { name = "a.npy", data = container.npy("'|u1'", "()", "\7") } }
    local bytes = container.npy("'|u1'", "(1,)", "\1") .. archive
    write("w.npz", bytes)
    raises(function() append { b = 1 } end, at "w.npz", "it is an NPY array")
    assert.equal(bytes, read "w.npz")
  end)

  it("replaces an array whose name is given again", function()
    pg.save(at "w.npz", { a = pg.zeros(100000), b = 2, c = 3 })
    append { a = 1 }
    assert.same({ "b", "c", "a" }, names())
    assert.is_true(#read "w.npz" < 1000)
    local archive <close> = pg.load(at "w.npz")
    assert.same({ 1, 2, 3 }, { archive.a:item(), archive.b:item(), archive.c:item() })
    append { a = 1, b = 2, c = 3 }
    pg.save(at "v.npz", { a = 1, b = 2, c = 3 })
    assert.equal(read "v.npz", read "w.npz")
    append {}
    assert.equal(read "v.npz", read "w.npz")
  end)

  it("keeps stored elements at multiples of 64 bytes, so that they can be mapped", function()
    local x = pg.range(1, 100)
    local function offsets()
      local bytes, list = read "w.npz", {}
      for first, n, extra in bytes:gmatch "()PK\3\4......................(..)(..)" do
        list[#list + 1] = (first + 29 + ("<I2"):unpack(n) + ("<I2"):unpack(extra)) % 64
      end
      return list
    end
    for length = 1, 70, 3 do
      pg.save(at "w.npz", { [("a"):rep(length)] = pg.ones(length), x = x, y = pg.zeros(3) })
      append({ [("a"):rep(length)] = 2 }, { compress = true })
      assert.same({ 0, 0 }, { table.unpack(offsets(), 1, 2) })
      append { x = 3 }
      assert.same({ 0, 0 }, { offsets()[1], offsets()[3] })
      local archive <close> = pg.load(at "w.npz")
      assert.same({ 0, 0, 0 }, archive.y:tolist())
    end
  end)

  it("takes arrays that it reads from the same archive", function()
    pg.save(at "w.npz", { a = { 1, 2 } })
    local archive <close> = pg.load(at "w.npz")
    append { a = archive.a * 2, b = archive.a }
    same(pg.array { 1, 2 }, archive.a)
    local new <close> = pg.load(at "w.npz")
    same(pg.array { 2, 4 }, new.a)
  end)

  it("keeps members that are no arrays, or can't be read", function()
    write("w.npz", container.zip {
      { name = "readme.txt", data = "hello" }, { name = "b.npy", data = "PNG", flags = 1 },
      { name = "a.npy", data = container.npy("'|u1'", "(1,)", "\7") },
    })
    append { c = 1 }
    assert.same({ "b", "a", "c" }, names())
    local bytes = read "w.npz"
    for _, text in ipairs { "readme.txthello", "b.npyPNG" } do
      assert.is_truthy(bytes:find(text, 1, true))
    end
    append { b = 5 }
    assert.same({ "a", "c", "b" }, names())
  end)

  it("keeps members in any order, with data descriptors, behind other bytes", function()
    local data = container.npy("'|u1'", "(1,)", "\7")
    local crc = container.crc32(data)
    local later = { name = "later.npy", data = data, flags = 8, local_crc = 0, local_size = 0,
      local_packed_size = 0 }
    later.packed = data .. ("<c4I4I4I4"):pack("PK\7\8", crc, #data, #data)
    later.packed_size = #data
    local first = { name = "first.npy", data = data }
    local at_first = 30 + #"later.npy" + #data + 16
    write("w.npz", container.zip({ later, first }, { before = "" }))
    append { x = 1 }
    assert.same({ "later", "first", "x" }, names())
    -- The directory's order is not the file's.
    local whole = container.zip { later, first }
    local body = whole:sub(1, whole:find("PK\1\2", 1, true) - 1)
    local entries_of = whole:sub(#body + 1)
    local second = entries_of:find("PK\1\2", 2, true)
    local turned = entries_of:sub(second, -23) .. entries_of:sub(1, second - 1)
    write("w.npz", body .. turned .. entries_of:sub(-22))
    assert.same({ "first", "later" }, names())
    append { x = 1 }
    assert.same({ "first", "later", "x" }, names())
    assert.equal(body, read("w.npz"):sub(1, #body))
    append { later = 2 }
    local archive <close> = pg.load(at "w.npz")
    assert.same({ 7, 2 }, { archive.first:item(), archive.later:item() })
    assert.equal(at_first, #body - 30 - #"first.npy" - #data)
  end)

  it("keeps comments, extra fields, and bytes before the archive", function()
    local extra = ("<I2s2"):pack(7, "more")
    local whole = container.zip({
      { name = "a.npy", data = container.npy("'|u1'", "(1,)", "\7"), extra = extra,
        local_extra = extra },
    }, { comment = "what it is" })
    write("w.npz", "#!/bin/sh\n" .. whole)
    append { b = 1 }
    local bytes = read "w.npz"
    assert.equal("#!/bin/sh\nPK\3\4", bytes:sub(1, 14))
    assert.equal("what it is", bytes:sub(-10))
    local _, count = bytes:gsub(extra:gsub("%p", "%%%0"), "")
    assert.equal(2, count)
    local archive <close> = pg.load(at "w.npz")
    assert.same({ 7, 1 }, { archive.a:item(), archive.b:item() })
    if has "python3 -V" then
      assert.equal("None b'what it is'\n", (shell(("python3 -c 'import zipfile; "
        .. "d = zipfile.ZipFile(\"%s\"); "
        .. "print(d.testzip(), d.comment)'"):format(at "w.npz"))))
    end
  end)

  it("moves offsets that have no ZIP64 field, or one of ones alone", function()
    local data = container.npy("'|u1'", "(1,)", "\7")
    local first = { name = "first.npy", data = data }
    local body = #container.zip { first } - #container.zip {} - 46 - #first.name
    write("w.npz", container.zip { first, {
      name = "b.npy", data = data, at = 0xffffffff, extra = ("<I2I2I8"):pack(1, 8, body),
    } })
    append { first = 5, c = 2 }
    local archive <close> = pg.load(at "w.npz")
    assert.same({ 7, 5, 2 }, { archive.b:item(), archive.first:item(), archive.c:item() })
  end)

  it("raises and leaves a damaged one, or keeps what could be read of it", function()
    local path = (os.execute "test -w /dev/shm" and "/dev/shm" or at()) .. "/damaged.npz"
    local arrays = { a = { 1, 2, 3 }, b = { 4, 5 } }
    pg.save(path, arrays)
    pg.save(path, { c = 6 }, { append = true, compress = true })
    local file <close> = assert(io.open(path, "rb"))
    local whole = file:read "a"
    local function readable()
      local sums = {}
      local opens, archive = pcall(pg.load, path)
      for _, name in ipairs { "a", "b", "c" } do
        local reads, array = pcall(function() return archive:get(name) end)
        sums[name] = opens and reads and array and array:checksum() or nil
      end
      return sums
    end
    for bit = 0, 8 * #whole - 1, 3 do
      local n = bit // 8 + 1
      pg.write(path, whole:sub(1, n - 1) .. string.char(whole:byte(n) ~ 1 << bit % 8)
        .. whole:sub(n + 1))
      local before = readable()
      if pcall(pg.save, path, { d = 7 }, { append = true }) then
        assert.same(before, readable(), bit)
        assert.equal(7, pg.load(path).d:item())
      end
    end
    os.remove(path)
  end)

  it("raises for two names that NumPy confuses", function()
    for _, arrays in ipairs {
      { x = 1, ["x.npy"] = 2 }, { a = 1, ["x.npy.npy"] = 1, ["x.npy"] = 2 },
    } do
      raises(function() pg.save(at "w.npz", arrays) end, at "w.npz", "NumPy")
    end
    pg.save(at "w.npz", { x = 1 })
    raises(function() append { ["x.npy"] = 2 } end, "'x' and 'x.npy'")
    pg.save(at "w.npz", { ["x.npy"] = 1 })
    raises(function() append { x = 2 } end, "'x' and 'x.npy'")
    assert.is_true(append { ["x.npy"] = 2 })
    assert.same({ "x.npy" }, names())
  end)

  it("raises for what is no archive, or damaged, and leaves it", function()
    pg.save(at "w.npz", { a = 1 })
    local whole = read "w.npz"
    for _, bytes in ipairs { "", "text", whole:sub(1, -2), "\x93NUMPY\1\0" } do
      write("w.npz", bytes)
      raises(function() append { b = 1 } end, at "w.npz")
      assert.equal(bytes, read "w.npz")
    end
    raises(function() pg.save(at "w.npy", 1, { append = true }) end, "append is for .npz")
    raises(function() pg.save(at "w.npz", { a = 1 }, { append = 1 }) end,
      "append must be true or false")
  end)
end)

describe("an archive beyond 32 bits", function()
  it("of members or offsets of 4 GB is read, and appended to #large", function()
    local core = (os.getenv "PERIGEE" or "build/perigee"):gsub("[^/]*$", "core")
    local output = shell(("'%s' archives '%s'"):format(core, at "big.npz"))
    assert.equal("0 failures\n", output)
    local before <close> = pg.load(at "big.npz")
    assert.same({ "first", "fits", "second", "wide", "third", "edge" }, before:keys())
    assert.same({ 4294967296 }, { select(2, before:form "wide")[1] })
    same(pg.array({ 97, 98, 99 }, "uint8"), before.third)
    if has "/usr/bin/python3 -c 'import numpy'" then
      local text = shell(("/usr/bin/python3 -c 'import numpy; d = numpy.load(\"%s\"); "
        .. "print(d.files, d[\"second\"], d[\"third\"])'"):format(at "big.npz"))
      assert.equal("['first', 'fits', 'second', 'wide', 'third', 'edge'] [97 98 99] [97 98 99]\n",
        text)
    end
    pg.save(at "big.npz", { fits = 1, wide = 2, edge = 3 }, { append = true })
    local after <close> = pg.load(at "big.npz")
    assert.same({ "first", "second", "third", "edge", "fits", "wide" }, after:keys())
    for _, name in ipairs { "first", "second", "third" } do
      same(before[name], after[name])
    end
    assert.is_true(#read "big.npz" < 2000)
  end)

  it("of 65535 members or more has a ZIP64 record", function()
    local arrays, one = {}, pg.zeros({ 1 }, "uint8")
    for i = 1, 65534 do
      arrays["n" .. i] = one
    end
    pg.save(at "many.npz", arrays)
    assert.equal(65534, (("<I2"):unpack(read "many.npz", -12)))
    for n = 65535, 65536 do
      pg.save(at "many.npz", { ["n" .. n] = one }, { append = true })
      local bytes = read "many.npz"
      assert.equal(0xffff, (("<I2"):unpack(bytes, -12)))
      assert.equal(n, (("<I8"):unpack(bytes, -22 - 20 - 56 + 32)))
      local archive <close> = pg.load(at "many.npz")
      assert.equal(n, #archive:keys())
      same(one, archive["n" .. n])
    end
    if has "python3 -V" then
      assert.equal("65536\n", (shell(("python3 -c 'import zipfile; "
        .. "print(len(zipfile.ZipFile(\"%s\").namelist()))'"):format(at "many.npz"))))
    end
  end)
end)

describe("a file that cannot be written", function()
  it("raises, and leaves nothing", function()
    os.execute("mkdir '" .. at "folder.npy" .. "'; ln -s loop.npy '" .. at "loop.npy" .. "'")
    local before = entries()
    for path, reason in pairs {
      [at "none/a.npy"] = "No such file", [at "folder.npy"] = "directory",
      ["/dev/full.npy/a.npy"] = "No such file", [at "loop.npy"] = "symbolic links",
      [at(("n"):rep(300) .. ".npy")] = "too long",
    } do
      raises(function() pg.save(path, { 1 }) end, path:sub(1, 100), reason)
    end
    raises(function() pg.save(at "none/a.npz", { a = 1 }) end, at "none/a.npz: No such file")
    raises(function() pg.save(at "folder.npy/a.npz/b.npz", { a = 1 }) end, "No such file")
    assert.equal(before, entries())
  end)

  it("raises in a coroutine that is left as it is, and leaves nothing", function()
    local before = entries()
    local thread = coroutine.create(function() pg.save(at "none/a.npz", { a = 1 }) end)
    local ok, message = coroutine.resume(thread)
    assert.is_false(ok)
    assert.matches("^[^\n]*save_spec.lua:%d+: " .. at "none/a.npz", message)
    assert.equal(before, entries())
  end)

  it("on a full disk leaves the old one as it was", function()
    -- A limit on the size of files, with its signal ignored, is like a disk.
    local calls = {
      ["old.npy"] = "pg.save(path, pg.zeros(100000))",
      ["old.npz"] = "pg.save(path, {a=pg.zeros(100000)})",
      ["model.npz"] = "pg.Model(pg.rand(9, 400), pg.range(0, 8), {hidden=200}):save(path)",
      ["old.txt"] = "pg.write(path, ('x'):rep(100000))",
    }
    for name, call in pairs(calls) do
      write(name, "old")
      local before = entries():gsub("script.lua\n", "")
      local output, ok = lua_in("trap '' XFSZ; ulimit -f 8;", ([[
        local pg = require "perigee"
        local path = %q
        local ok, message = pcall(function() local _ = %s end)
        assert(not ok)
        print(message)]]):format(at(name), call))
      assert(ok, output)
      assert.matches(("script.lua:3: %s: File too large"):format(at(name)), output, 1, true)
      assert.equal("old", read(name))
      assert.equal(before, (entries():gsub("script.lua\n", "")))
    end
  end)

  it("behind a link is replaced, and the link stays", function()
    write("target.npy", "old")
    os.execute(("cd '%s' && ln -sf target.npy link.npy && chmod 640 target.npy"):format(at()))
    assert.is_true(pg.save(at "link.npy", { 1, 2 }))
    same(pg.array { 1, 2 }, pg.load(at "target.npy"))
    assert.equal("target.npy\n", (shell("readlink '" .. at "link.npy" .. "'")))
    assert.matches("^%-rw%-r%-%-%-%-%-", (shell("ls -l '" .. at "target.npy" .. "'")))
  end)
end)

describe("a file that is replaced", function()
  local function stat(format, name)
    return (shell(("stat -c '%s' '%s'"):format(format, at(name))):gsub("\n", ""))
  end

  it("hands down its mode, but not setuid, setgid and sticky bits", function()
    write("mode.npy", "old")
    os.execute("chmod 7751 '" .. at "mode.npy" .. "'")
    assert.is_true(pg.save(at "mode.npy", { 1 }))
    assert.equal("751", stat("%a", "mode.npy"))
  end)

  it("hands down owner and group where the system lets it", function()
    write("owner.npy", "old")
    os.execute("chown 12345:23456 '" .. at "owner.npy" .. "' 2>/dev/null; chmod 640 '"
      .. at "owner.npy" .. "'")
    local before = stat("%u %g %a", "owner.npy")
    assert.is_true(pg.save(at "owner.npy", { 1 }))
    assert.equal(before, stat("%u %g %a", "owner.npy"))
  end)

  it("stays what it was under its other hard links", function()
    write("one.npy", "old")
    os.execute(("ln '%s' '%s'"):format(at "one.npy", at "other.npy"))
    assert.is_true(pg.save(at "one.npy", { 1 }))
    assert.equal("old", read "other.npy")
    same(pg.array { 1 }, pg.load(at "one.npy"))
  end)
end)

describe("a temporary name", function()
  before_each(function()
    os.execute("rm -f '" .. at() .. "'/*.tmp")
  end)

  it("fits where the file's own does", function()
    local before = entries()
    for _, letter in ipairs { "n", "ü", "字" } do
      for bytes = 235, 255 do
        local name = letter:rep((bytes - 4) // #letter)
        name = name .. ("_"):rep(bytes - 4 - #name) .. ".npy"
        assert.is_true(pg.save(at(name), { bytes }))
        assert.is_true(pg.save(at(name), { bytes + 1 }))
        assert.equal(bytes + 1, pg.load(at(name))[1])
        os.remove(at(name))
      end
    end
    assert.equal(before, entries())
    raises_here("File name too long",
      function() pg.save(at(("n"):rep(252) .. ".npy"), { 1 }) end)
  end)

  it("that a killed process has left is removed by the next save", function()
    write("a.npy.perigee-0.tmp", "left")
    write("a.npy.perigee-1.tmp", "left")
    write("b.npy.perigee-0.tmp", "another's")
    assert.is_true(pg.save(at "a.npy", { 1 }))
    same(pg.array { 1 }, pg.load(at "a.npy"))
    assert.is_nil(io.open(at "a.npy.perigee-0.tmp"))
    assert.is_nil(io.open(at "a.npy.perigee-1.tmp"))
    assert.equal("another's", read "b.npy.perigee-0.tmp")
  end)

  it("that is another process's, or no file, is left alone", function()
    if not has "flock --version" then
      pending "flock is not installed"
    end
    write("c.npy.perigee-0.tmp", "being written")
    os.execute("mkdir '" .. at "c.npy.perigee-1.tmp" .. "'; ln -s c.npy.perigee-0.tmp '"
      .. at "c.npy.perigee-2.tmp" .. "'")
    local output = lua_in(("flock '%s'"):format(at "c.npy.perigee-0.tmp"),
      ("print(require 'perigee'.save(%q, { 1 }))"):format(at "c.npy"))
    assert.equal("true\n", output)
    assert.equal("being written", read "c.npy.perigee-0.tmp")
    assert.is_nil(io.open(at "c.npy.perigee-3.tmp"))
    os.execute("rmdir '" .. at "c.npy.perigee-1.tmp" .. "'")
  end)

  it("of a process that is killed before it is renamed is gone after the next save", function()
    if not has "strace -V" then
      pending "strace is not installed"
    end
    write("d.npy", "old")
    local script = ("require 'perigee'.save(%q, { 1 })"):format(at "d.npy")
    lua_in("strace -qq -f -o /dev/null -e inject=renameat,rename:signal=KILL", script)
    assert.equal("old", read "d.npy")
    assert.matches("d.npy.perigee-0.tmp", entries(), 1, true)
    assert.is_true(pg.save(at "d.npy", { 2 }))
    assert.is_nil(entries():find("perigee-", 1, true))
  end)
end)
