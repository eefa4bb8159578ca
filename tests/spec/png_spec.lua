local pg = require "perigee"
local support = require "tests.support"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local FIXTURES = HERE .. "/../fixtures/png/"
local PROGRAM = os.getenv "PERIGEE" or "lua5.4"
local container = dofile(HERE .. "/../container.lua")

local folder

local function at(name)
  return folder .. "/" .. name
end

local function write(bytes)
  local file <close> = assert(io.open(at "a.png", "wb"))
  file:write(bytes)
  return at "a.png"
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function shell(line)
  local pipe <close> = assert(io.popen(line .. " 2>&1"))
  return (pipe:read "a")
end

local function same(a, b)
  assert.equal(a.dtype, b.dtype)
  assert.same(a.shape, b.shape)
  assert.is_true(a:eq(b):all())
end

--- Loading those bytes raises a message that has the path and each of those texts in it.
local function fails(bytes, ...)
  local path = write(bytes)
  for _, text in ipairs { path, ... } do
    support.raises_here(text, function() pg.load_png(path) end)
  end
end

--- What is saved of an array, as it is loaded again.
local function saved(a, options)
  assert.is_true(pg.save_png(at "a.png", a, options))
  return assert(pg.load_png(at "a.png"))
end

-- --- files put together ------------------------------------------------------------

local SIGNATURE = "\x89PNG\r\n\x1a\n"

local function chunk(name, data)
  return (">s4"):pack(data):sub(1, 4) .. name .. data
    .. (">I4"):pack(container.crc32(name .. data))
end

local function header(width, height, bits, kind)
  return chunk("IHDR", (">I4I4BBBBB"):pack(width, height, bits or 8, kind or 0, 0, 0, 0))
end

local function adler32(bytes)
  local a, b = 1, 0
  for i = 1, #bytes do
    a = (a + bytes:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return b << 16 | a
end

local function pixels(bytes)
  return chunk("IDAT", "\x78\x01" .. container.deflate(bytes) .. (">I4"):pack(adler32(bytes)))
end

local END = chunk("IEND", "")

--- The file with right checksums after its bytes were changed, as far as its chunks still follow
--- each other.
local function repaired(bytes)
  local parts, from = { bytes:sub(1, 8) }, 9
  while from + 11 <= #bytes do
    local n = (">I4"):unpack(bytes, from)
    if from + 11 + n > #bytes then
      break
    end
    local body = bytes:sub(from + 4, from + 7 + n)
    parts[#parts + 1] = bytes:sub(from, from + 3) .. body .. (">I4"):pack(container.crc32(body))
    from = from + 12 + n
  end
  return table.concat(parts) .. bytes:sub(from)
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir '" .. folder .. "'"))
end)

teardown(function()
  os.execute("rm -rf '" .. folder .. "'")
end)

-- --- reading -------------------------------------------------------------------------

describe("a PNG file", function()
  local WIDTH, HEIGHT = 7, 5

  --- As tests/fixtures_png.py has it.
  local function sample(y, x, s, bits)
    return 81 * (41 * y + 97 * x + 13 * s) % (1 << bits)
  end

  local function as_byte(value, bits)
    return math.floor(value * 255 / ((1 << bits) - 1) + 0.5)
  end

  --- An array of what each pixel's samples are.
  local function picture(pixel)
    local rows = {}
    for y = 0, HEIGHT - 1 do
      rows[y + 1] = {}
      for x = 0, WIDTH - 1 do
        rows[y + 1][x + 1] = pixel(y, x)
      end
    end
    return pg.array(rows, "uint8")
  end

  local function samples(count, bits)
    return picture(function(y, x)
      local values = {}
      for s = 0, count - 1 do
        values[s + 1] = as_byte(sample(y, x, s, bits), bits)
      end
      return count > 1 and values or values[1]
    end)
  end

  local function palette(bits, alpha)
    return picture(function(y, x)
      local i = sample(y, x, 0, bits)
      return { sample(0, i, 0, 8), sample(0, i, 1, 8), sample(0, i, 2, 8),
        alpha and (({ [0] = 0, 128 })[i] or 255) }
    end)
  end

  for order, bits_read in pairs { [""] = { 8, 16 }, _interlaced = { 8 } } do
    local function check(name, expected)
      same(expected, assert(pg.load_png(FIXTURES .. name .. order .. ".png")))
    end

    it("may be grey, of 1 to 16 bits" .. order, function()
      for _, bits in ipairs { 1, 2, 4, table.unpack(bits_read) } do
        check("grey" .. bits, samples(1, bits))
      end
    end)

    it("may be of colours, and have alpha" .. order, function()
      for _, bits in ipairs(bits_read) do
        check("grey_alpha" .. bits, samples(2, bits))
        check("rgb" .. bits, samples(3, bits))
        check("rgba" .. bits, samples(4, bits))
      end
    end)

    it("may have a palette" .. order, function()
      for _, bits in ipairs { 1, 2, 4, 8 } do
        check("palette" .. bits, palette(bits))
      end
      check("palette_alpha", palette(2, true))
    end)
  end

  it("is refused where it is interlaced and of 16 bits, which libpng gets wrong", function()
    for _, name in ipairs { "grey16", "grey_alpha16", "rgb16", "rgba16" } do
      fails(read(FIXTURES .. name .. "_interlaced.png"), "an interlaced picture of 16 bits")
    end
  end)

  it("made for another gamma is converted to a screen's", function()
    local function grey_of(gamma)
      return pg.load_png(write(SIGNATURE .. header(1, 1) .. chunk("gAMA", (">I4"):pack(gamma))
        .. pixels "\0\x80" .. END)):item()
    end
    assert.equal(128, grey_of(45455))
    assert.equal(math.floor(255 * (128 / 255) ^ (1 / 2.2) + 0.5), grey_of(100000)) -- linear
  end)

  it("may have anything behind its end", function()
    same(pg.array({ { 7, 9 } }, "uint8"),
      pg.load_png(write(SIGNATURE .. header(2, 1) .. pixels "\0\7\9" .. END .. "more")))
  end)

  it("that is none is refused", function()
    fails("", "not a PNG file")
    fails("\x89PNG\r\n", "not a PNG file")
    fails(("text "):rep(100), "not a PNG file")
    support.raises_here(at "none.png" .. ": No such file or directory", function()
      pg.load_png(at "none.png")
    end)
    support.raises_here(folder .. ": it is a directory", function() pg.load_png(folder) end)
  end)

  it("cut at any byte is refused", function()
    local whole = read(FIXTURES .. "palette_alpha.png")
    for n = 0, #whole - 1 do
      fails(whole:sub(1, n))
    end
  end)

  it("with any byte changed is refused", function()
    for _, name in ipairs { "grey1", "rgba8_interlaced" } do
      local whole = read(FIXTURES .. name .. ".png")
      for i = 1, #whole do
        fails(whole:sub(1, i - 1) .. string.char(whole:byte(i) ~ 4) .. whole:sub(i + 1))
      end
    end
  end)

  it("says which chunk is wrong", function()
    local good = pixels "\0\7"
    fails(SIGNATURE .. good .. END, "IHDR of 13 bytes was expected first, found IDAT")
    fails(SIGNATURE .. header(1, 1) .. "\xff\xff\xff\xffIDAT1234",
      "chunk IDAT at byte 33 claims 4294967295 bytes, of 0 that are left")
    fails(SIGNATURE .. header(1, 1) .. good, "before chunk IEND")
    fails(SIGNATURE .. header(1, 1) .. good:sub(1, -2) .. "?" .. END,
      "chunk IDAT at byte 33 is damaged")
    fails(SIGNATURE .. header(1, 2) .. good .. END, "not read as a PNG file: ")
    fails(SIGNATURE .. header(1, 1, 3) .. good .. END, "not read as a PNG file: ")
  end)

  it("claims no more than it can hold, before memory is asked for", function()
    local before = support.live_bytes()
    for _, sizes in ipairs {
      { 0x7fffffff, 0x7fffffff }, { 0xffffffff, 0xffffffff, 16, 6 }, { 1000000, 1000000 },
      { 2000, 2000 }, { 1, 0x7fffffff },
    } do
      fails(SIGNATURE .. header(table.unpack(sizes)) .. pixels "\0\7" .. END,
        ("%d x %d pixels are claimed"):format(sizes[1], sizes[2]))
    end
    fails(SIGNATURE .. header(0, 0) .. pixels "\0\7" .. END)
    assert.equal(before, support.live_bytes())
  end)

  it("of few bits a pixel takes no more memory than its bytes account for", function()
    local before = support.live_bytes()
    local black_and_white = chunk("PLTE", "\0\0\0\xff\xff\xff")
    local few = chunk("IDAT", ("?"):rep(48617)) -- as many as 20000 x 20000 bits of 0 take, deflated
    for _, case in ipairs {
      { 1, 3, black_and_white }, { 1, 3, black_and_white .. chunk("tRNS", "\0\x80") },
      { 1, 0, "" }, { 1, 0, chunk("tRNS", "\0\1") },
    } do
      local bits, kind, more = table.unpack(case)
      fails(SIGNATURE .. header(20000, 20000, bits, kind) .. more .. few .. END,
        "20000 x 20000 pixels are claimed: as bytes, more than 1032 times its 48617 bytes")
    end
    assert.equal(before, support.live_bytes())
  end)

  it("of few bits a pixel may be blank", function()
    assert.is_true(pg.save_png(at "a.png", pg.zeros(1000, 124)))
    local of_bytes = read(at "a.png")
    local a = assert(pg.load_png(write(SIGNATURE .. header(992, 1000, 1) .. of_bytes:sub(34))))
    assert.same({ 1000, 992 }, a.shape)
    assert.is_false(a:any())
  end)

  it("changed anywhere, with right checksums, is read or refused", function()
    local random, names = pg.random(1), {}
    for name in shell("ls '" .. FIXTURES .. "'"):gmatch "[^\n]+" do
      names[#names + 1] = name
    end
    local before = support.live_bytes()
    for _ = 1, tonumber(os.getenv "FUZZ" or 2000) do
      local bytes = read(FIXTURES .. names[random:randint(1, #names + 1)])
      for _ = 1, random:randint(1, 4) do
        local i = random:randint(9, #bytes + 1)
        bytes = bytes:sub(1, i - 1) .. string.char(random:randint(0, 256)) .. bytes:sub(i + 1)
      end
      local loads, a = pcall(pg.load_png, write(repaired(bytes)))
      if loads then
        assert.equal("uint8", a.dtype)
        a:free()
      else
        assert.matches("^" .. folder, a)
      end
    end
    assert.equal(before, support.live_bytes())
  end)
end)

-- --- writing -------------------------------------------------------------------------

describe("pg.save_png", function()
  it("keeps bytes as they are", function()
    for _, shape in ipairs { { 1, 1 }, { 5, 7 }, { 6, 3, 2 }, { 9, 8, 3 }, { 4, 9, 4 } } do
      local a = pg.randint(0, 256, shape):astype "uint8"
      same(a, saved(a))
    end
    local a = pg.randint(0, 256, 6, 8):astype "uint8"
    same(a.T, saved(a.T))
    same(a:flip(1), saved(a:flip(1)))
    same(a, saved(a:expand_dims(-1)))
  end)

  it("writes a file that others know", function()
    saved(pg.zeros(5, 7, 3))
    assert.equal(SIGNATURE .. "\0\0\0\rIHDR\0\0\0\7\0\0\0\5\8\2\0\0\0", read(at "a.png"):sub(1, 29))
  end)

  local function check(expected, a, options)
    same(pg.array(expected, "uint8"), saved(a, options))
  end

  it("goes from the least number to the greatest", function()
    check({ { 0, 128 }, { 191, 255 } }, { { -1, 0 }, { 0.5, 1 } })
    check({ { 0, 255 } }, pg.array({ { -100, 100 } }, "int8"))
    check({ { 0, 255 } }, pg.array({ { math.mininteger, math.maxinteger } }, "int64"))
    check({ { 255, 0 } }, { { true, false } })
    check({ { 0, 0 } }, { { 7, 7 } })
    check({ { { 0, 51, 255 } } }, { { { 0, 1, 5 } } })
  end)

  it("goes from low to high where they are given", function()
    check({ { 0, 64, 255 } }, { { -5, 0.25, 3 } }, { low = 0, high = 1 })
    check({ { 0, 255 } }, { { 1, 3 } }, { low = 2 })
    check({ { 0, 0 } }, { { 1, 3 } }, { low = 4 })
    check({ { 255, 255 } }, { { 1, 3 } }, { high = 0 })
    check({ { 0, 255, 255 } }, pg.array({ { 100, 200, 250 } }, "uint8"), { low = 100, high = 200 })
    check({ { 0, 0 } }, pg.array({ { 0, 200 } }, "uint8"), { low = 300 })
    check({ { 255, 255 } }, pg.array({ { 0, 200 } }, "uint8"), { high = -1 })
    check({ { 100, 255 } }, pg.array({ { 50, 200 } }, "uint8"), { low = 0, high = 127.5 })
  end)

  it("takes what is no number for the least", function()
    check({ { 0, 0, 255, 255, 0 } }, { { 0 / 0, 1, 2, math.huge, -math.huge } })
    check({ { 0, 0 } }, { { 0 / 0, 0 / 0 } })
    check({ { 0, 255 } }, { { -math.huge, math.huge } })
  end)

  it("keeps alpha apart", function()
    check({ { { 0, 128 }, { 255, 255 } } }, { { { 10, 0.5 }, { 30, 1 } } })
    check({ { { 0, 64 }, { 255, 255 } } }, pg.array({ { { 10, 64 }, { 30, 300 } } }, "int32"))
  end)

  it("shows signs by colours", function()
    check({ { { 80, 150, 255 }, { 0, 0, 0 }, { 128, 45, 30 } } }, { { -2, 0, 1 } },
      { map = "diverging" })
    check({ { { 0, 0, 0 }, { 0, 0, 0 } } }, { { 0, 0 / 0 } }, { map = "diverging" })
    check({ { { 40, 75, 128 } } }, { { -1 } }, { map = "diverging", low = -2, high = 1 })
  end)

  it("makes a sheet of a batch", function()
    local a = saved(pg.full({ 5, 3, 5 }, 200):astype "uint8")
    assert.same({ 2 * 3 + 2, 3 * 5 + 2 * 2 }, a.shape)
    assert.equal(5 * 3 * 5 * 200, a:sum())
    assert.equal(0, a["4:5, :"]:sum())
    assert.equal(0, a["6:8, 15:19"]:sum())
    assert.same({ 3, 5 * 5 + 4 * 2 }, saved(pg.zeros(5, 3, 5), { columns = 5 }).shape)
    assert.same({ 3, 5, 3 }, saved(pg.zeros(1, 3, 5, 3)).shape)
  end)

  it("has one scale for a sheet, or one for each picture", function()
    local a = pg.array { { 0, 1 }, { 0, 4 } }
    check({ { 0, 64 }, { 0, 0 }, { 0, 0 }, { 0, 255 } }, a, { size = { 1, 2 }, columns = 1 })
    check({ { 0, 255 }, { 0, 0 }, { 0, 0 }, { 0, 255 } }, a,
      { size = { 1, 2 }, columns = 1, each = true })
  end)

  it("makes pictures larger and smaller", function()
    check({ { 1, 1, 2, 2 }, { 1, 1, 2, 2 } }, pg.array({ { 1, 2 } }, "uint8"), { scale = 2 })
    check({ { 2 } }, pg.array({ { 1, 2 }, { 3, 4 } }, "uint8"), { scale = 0.5 })
    check({ { 0 } }, pg.array({ { 1, 2 }, { 3, 4 } }), { scale = 0.01 })
  end)

  it("reads flat pictures where their size is given", function()
    check({ { 0, 51 }, { 102, 255 } }, { 0, 1, 2, 5 }, { size = { 2, 2 } })
    check({ { { 0, 51, 255 } } }, { 0, 1, 5 }, { size = { 1, 1, 3 } })
  end)

  it("raises for what is no picture", function()
    for _, shape in ipairs { {}, { 9 }, { 2, 3, 4, 5 }, { 0, 3 }, { 1, 1, 1, 1, 1 } } do
      support.raises_here("save_png: ", function() pg.save_png(at "x.png", pg.zeros(shape)) end)
    end
    support.raises_here("did you mean 'size'?", function()
      pg.save_png(at "x.png", pg.zeros(4), { sise = { 2, 2 } })
    end)
    support.raises_here("a path is needed", function() pg.save_png(pg.zeros(2, 2)) end)
    support.raises_here("a path is needed", function() pg.save_png("a\0b", pg.zeros(2, 2)) end)
    assert.is_nil(io.open(at "x.png"))
  end)

  it("raises where the file cannot be written, and leaves none", function()
    assert(os.execute("mkdir '" .. at "folder.png" .. "'"))
    for path, reason in pairs { [at "none/a.png"] = "No such file or directory",
      [at "folder.png"] = "it is a directory", [at "a.png/b.png"] = "Not a directory" } do
      support.raises_here(path .. ": " .. reason, function()
        pg.save_png(path, pg.zeros(2, 2))
      end)
    end
    local output = shell(("cd '%s'; trap '' XFSZ; ulimit -f 8; '%s' -e '%s'"):format(folder,
      PROGRAM, [[
        local pg = require "perigee"
        print(pcall(pg.save_png, "full.png", pg.rand(300, 300)))]]))
    assert.equal("false\tfull.png: File too large\n", output)
    assert.equal("a.png\nfolder.png\n", shell("ls -A '" .. folder .. "'"))
    support.raises_here("ends in .png", function() pg.save_png(at "a.jpg", pg.zeros(2, 2)) end)
  end)

  it("and pg.load_png name the package where the library is missing", function()
    assert(io.open(at "libpng16.so.16", "w")):close() -- found first, and no library
    local output = shell(("LD_LIBRARY_PATH='%s' '%s' -e '%s'"):format(folder, PROGRAM, [[
      local pg = require "perigee"
      print(pcall(pg.load_png, "]] .. FIXTURES .. [[grey8.png"))
      print(pcall(pg.save_png, "x.png", pg.zeros(2, 2)))]]))
    os.remove(at "libpng16.so.16")
    local missing = "false\tPNG files need libpng 1.6: install Debian's package libpng16-16\n"
    assert.equal(missing .. missing, output)
  end)
end)
