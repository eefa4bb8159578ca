--- Files that are damaged anywhere: each bit flipped, cut at each byte.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."
local FIXTURES = HERE .. "/../fixtures/"
local container = dofile(HERE .. "/../container.lua")

local path

before_each(function()
  path = os.tmpname()
end)

after_each(function()
  os.remove(path)
end)

local function read(from)
  local file <close> = assert(io.open(from, "rb"))
  return file:read "a"
end

local function npy(descr, shape, elements)
  return container.npy(("'%s'"):format(descr), shape, elements)
end

--- Calls check after each flip of a bit of the bytes in the file at path.
local function each_flip(bytes, check)
  local file <close> = assert(io.open(path, "wb"))
  file:setvbuf "no"
  file:write(bytes)
  for n = 1, #bytes do
    for bit = 0, 7 do
      file:seek("set", n - 1)
      file:write(string.char(bytes:byte(n) ~ 1 << bit))
      check(("bit %d of byte %d of %d flipped"):format(bit, n - 1, #bytes))
    end
    file:seek("set", n - 1)
    file:write(bytes:sub(n, n))
  end
end

--- Calls check with the file cut at each byte.
local function each_cut(bytes, check)
  local file <close> = assert(io.open(path, "wb"))
  file:setvbuf "no"
  for n = 0, #bytes - 1 do
    check(("cut at byte %d of %d"):format(n, #bytes))
    file:write(bytes:sub(n + 1, n + 1))
  end
end

-- --- archives ------------------------------------------------------------------------

-- The elements of the arrays that all archives here have, as bytes of uint8 and int16.
local X, LONG = "\1\2\3", ("<i2i2i2i2"):pack(-1, 2, 300, -400)

local function members(change)
  local list = {
    { name = "x.npy", data = npy("|u1", "(3,)", X) },
    { name = "long.npy", data = npy("<i2", "(2, 2)", LONG) },
  }
  for i, member in ipairs(list) do
    list[i] = change and change(member) or member
  end
  return list
end

local function with(fields)
  return function(member)
    for key, value in pairs(fields) do
      member[key] = value
    end
    return member
  end
end

--- An archive that pg.save writes, with names in UTF-8.
local function saved(compress)
  return function()
    local archive = path .. ".npz"
    pg.save(archive, { x = pg.array({ 1, 2, 3 }, "uint8"), long = pg.array({ { -1, 2 },
      { 300, -400 } }, "int16") }, { compress = compress })
    local bytes = read(archive)
    os.remove(archive)
    return bytes
  end
end

local function described(bytes, signature)
  return function()
    return container.zip(members(function(m)
      m.method = 8
      return container.describe(m, bytes, signature)
    end))
  end
end

local INNER = container.zip { { name = "inner.npy", data = npy("|u1", "(1,)", "\9") } }

local kinds = {
  ["stored"] = saved(false),
  ["deflated"] = saved(true),
  ["with ZIP64 fields"] = function()
    return container.zip(members(with { zip64 = true }), { zip64 = true })
  end,
  ["with data descriptors"] = described(4, true),
  ["with data descriptors without a signature"] = described(4, false),
  ["with data descriptors of 64 bits"] = described(8, true),
  ["with a comment and bytes behind it"] = function()
    return container.zip(members(with { comment = "of a member" }), { comment = "PK\5\6 a comment",
      behind = "\n" })
  end,
  ["behind other bytes"] = function()
    return container.zip(members(), { prefix = "#!/bin/sh\nexit\n" })
  end,
  ["with extra fields"] = function()
    return container.zip(members(with { extra = ("<I2s2"):pack(9, "entry"),
      local_extra = ("<I2s2"):pack(7, "local") }))
  end,
  ["with an archive as an array"] = function()
    local list = members()
    list[3] = { name = "z.npy", data = npy("|u1", ("(%d,)"):format(#INNER), INNER) }
    return container.zip(list)
  end,
}

local ARRAYS = {
  x = pg.array({ 1, 2, 3 }, "uint8"), long = pg.array({ { -1, 2 }, { 300, -400 } }, "int16"),
}

--- Fails unless the archive's names are those of all arrays, or are refused.
local function check_names(data, how)
  local lists, keys = pcall(data.keys, data)
  if not lists then
    return assert(keys:find(path, 1, true), how .. ": " .. keys)
  end
  local found = {}
  for _, key in ipairs(keys) do
    found[key] = true
  end
  assert(found.x and found.long, how .. ": names are " .. table.concat(keys, ", "))
end

--- Fails unless the archive is refused by its path, or has both arrays: whole, or refused by path
--- and member. The options are those of pg.load; without its CRC-32, a mapped array may be wrong.
local function check_archive(how, options)
  local opens, archive = pcall(pg.load, path, options)
  if not opens then
    return assert(archive:find(path, 1, true), how .. ": " .. archive)
  end
  local data <close> = archive
  local is_checked = not options or options.check
  for name, expected in pairs(ARRAYS) do
    local gives, a = pcall(data.get, data, name)
    if not gives then
      assert(a:find(path, 1, true) and a:find(".npy'", 1, true), how .. ": " .. a)
    else
      assert(a, how .. ": " .. name .. " has vanished")
      if options and options.rows then
        expected = expected["1:2"]
      end
      assert(not is_checked or a:checksum() == expected:checksum(), how .. ": " .. name ..
        " is wrong")
    end
  end
  check_names(data, how)
  local loads, all = pcall(data.load, data)
  if loads and is_checked and not options then
    for name, expected in pairs(ARRAYS) do
      assert(all[name] and all[name]:checksum() == expected:checksum(), how .. ": " .. name)
    end
  end
end

describe("an archive", function()
  for name, make in pairs(kinds) do
    it(name .. " gives right arrays or an error with any bit flipped", function()
      local bytes = make()
      pg.write(path, bytes)
      local data <close> = pg.load(path)
      assert(data.x and data.long)
      each_flip(bytes, check_archive)
    end)

    it(name .. " gives right arrays or an error cut at any byte", function()
      local bytes = make()
      each_cut(bytes, check_archive)
    end)
  end

  for text, options in pairs {
    ["mapped"] = { map = true }, ["mapped with check"] = { map = true, check = true },
    ["of which rows are loaded"] = { rows = { x = { 1, 2 }, long = { 1, 2 } } },
    ["of which rows are loaded with check"] = { rows = { x = { 1, 2 }, long = { 1, 2 } },
      check = true },
  } do
    it(text .. " gives right arrays or an error with any bit flipped", function()
      for _, bytes in ipairs { saved(false)(), saved(true)() } do
        each_flip(bytes, function(how) check_archive(how, options) end)
      end
    end)
  end

  it("whose arrays have no suffix lists and gives all of them, or fails", function()
    local bytes = container.zip(members(function(m)
      m.name = m.name:sub(1, -5)
      return m
    end))
    each_flip(bytes, function(how)
      local opens, archive = pcall(pg.load, path)
      local lists, keys = pcall(function() return archive:keys() end)
      if opens and lists then
        assert.same({ "x", "long" }, keys, how)
        local gives, a = pcall(archive.get, archive, "x")
        assert(gives and a:checksum() == pg.array({ 1, 2, 3 }, "uint8"):checksum() or
          not gives and a:find("member 'x'", 1, true), how)
      end
      if opens then
        archive:close()
      end
    end)
  end)
end)

-- --- files without checksums ---------------------------------------------------------

describe("a bare file", function()
  local function check(load)
    return function(how)
      local loads, result = pcall(load, path)
      assert(loads or result:find(path, 1, true), how)
    end
  end

  it("of one array gives an array or an error", function()
    local bytes = npy("<i4", "(2, 2)", ("\1\0\0\0"):rep(4))
    each_flip(bytes, check(pg.load))
    each_cut(bytes, function(how)
      local loads, message = pcall(pg.load, path)
      assert(not loads and message:find(path, 1, true), how)
    end)
  end)

  it("of a picture gives a picture or an error", function()
    local bytes = read(FIXTURES .. "png/grey8.png")
    each_flip(bytes, check(pg.load_png))
    each_cut(bytes, check(pg.load_png))
  end)
end)
