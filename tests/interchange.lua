-- Compares files with NumPy in both directions.
--
--   build/perigee tests/interchange.lua [seed=N] [cases=1000]
--
-- tests/interchange.py draws NPY and NPZ files of all kinds and says what NumPy reads in them:
-- here each must give the same arrays, to the bit, under the same names, or refuse a dtype by
-- file and member. Then random arrays are saved here, and read there. The seed is the clock's
-- unless given; one seed always gives the same files. Exit status 1 where anything differs.

local here = arg[0]:match "^(.*)/" or "."
package.path = here .. "/?.lua;" .. package.path

local pg = require "perigee"
local options = require "perigee.options"
local in_folder = require "scratch_folder"

local o = options.read(arg, { seed = -1, cases = 1000 })

local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"
local SHOWN = 20 -- failures told in full
local DTYPES = { "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
  "float32", "float64" }

local seed = o.seed >= 0 and o.seed or os.time()
local failures = 0

local function fail(file, text)
  failures = failures + 1
  if failures <= SHOWN then
    io.stderr:write(("seed %d, %s: %s\n"):format(seed, file, text))
  end
end

local function python(...)
  local words = { ("'%s' '%s/interchange.py'"):format(PYTHON, here), ... }
  return os.execute(table.concat(words, " "))
end

-- --- what NumPy reads ----------------------------------------------------------------

--- Checks what load gives: the array with that checksum, or an error that names the file and,
--- with a name, the member.
local function check_array(file, name, expected, load)
  local worked, result = pcall(load)
  if expected == "refused" then
    if worked then
      fail(file, ("'%s' was not refused"):format(name))
    elseif not (result:find(file, 1, true) and result:find(name:gsub("%c", "?"), 1, true)) then
      fail(file, ("'%s' is refused without its name: %s"):format(name, result))
    end
  elseif not worked then
    fail(file, ("'%s' is not read: %s"):format(name, result))
  elseif result:checksum() ~= expected then
    fail(file, ("'%s' differs"):format(name))
  end
end

local function check_archive(path, file, case)
  local worked, archive = pcall(pg.load, path)
  if not worked then
    return fail(file, archive)
  end
  local data <close> = archive
  local keys = data:keys()
  for i, each in ipairs(case[2]) do
    if keys[i] ~= each[1] then
      fail(file, ("name %d is '%s', not '%s'"):format(i, keys[i], each[1]))
    end
    check_array(file, each[1], each[2], function() return data:get(each[1]) end)
  end
  if #keys ~= #case[2] then
    fail(file, ("%d names, not %d"):format(#keys, #case[2]))
  end
  for _, name in ipairs(case[2].others) do
    if data:get(name) then
      fail(file, ("'%s' is no array"):format(name))
    end
  end
end

local function check_drawn(folder)
  local count = 0
  for _, case in ipairs(dofile(folder .. "/expected.lua")) do
    local file = case[1]
    local path = folder .. "/" .. file
    count = count + #case[2]
    if file:find "npy$" then
      check_array(file, "", case[2][1][2], function() return pg.load(path) end)
    else
      check_archive(path, file, case)
    end
    os.remove(path)
  end
  return count
end

-- --- what Perigee saves --------------------------------------------------------------

local function draw_array()
  local shape = {}
  for axis = 1, math.random(0, 8) do
    shape[axis] = math.random(0, 20) == 0 and 0 or math.random(1, 3)
  end
  local size = 1
  for _, length in ipairs(shape) do
    size = size * length
  end
  local dtype = DTYPES[math.random(#DTYPES)]
  local a = (pg.rand(size + 1) * 250):astype(dtype)["1:" .. size]
  if size == 0 then
    a = pg.zeros(0, dtype)
  end
  a = a:reshape(shape)
  return math.random(2) == 1 and #shape > 1 and a.T or a
end

--- A name, but none that NumPy confuses with another: x and x.npy.
local function draw_name(arrays)
  local letters = { "a", "b", "W1", "_", " ", ".", "-", "/x", "é", "€", "字", ".npy" }
  local name = "n"
  for _ = 1, math.random(0, 5) do
    name = name .. letters[math.random(#letters)]
  end
  local stem = name:match "^(.*)%.npy$"
  if arrays[name .. ".npy"] or stem and arrays[stem] then
    return draw_name(arrays)
  end
  return name
end

--- Saves files, and writes the checksums that NumPy must find.
local function save_drawn(folder, cases)
  local lines = {}
  for i = 1, cases do
    local file = ("saved%d.%s"):format(i, i % 4 == 0 and "npy" or "npz")
    local path = folder .. "/" .. file
    if file:find "npy$" then
      local a = draw_array()
      pg.save(path, a)
      lines[#lines + 1] = ("%s\t\t%d\n"):format(file, a:checksum())
    else
      local arrays = {}
      for _ = 1, math.random(0, 5) do
        arrays[draw_name(arrays)] = draw_array()
      end
      pg.save(path, arrays, { compress = math.random(2) == 1 })
      if math.random(3) == 1 then
        local name = draw_name(arrays)
        arrays[name] = draw_array()
        pg.save(path, { [name] = arrays[name] }, { append = true, compress = math.random(2) == 1 })
      end
      for name, a in pairs(arrays) do
        lines[#lines + 1] = ("%s\t%s\t%d\n"):format(file, name, a:checksum())
      end
    end
  end
  pg.write(folder .. "/saved.txt", table.concat(lines))
  return #lines
end

-- --- the run -------------------------------------------------------------------------

in_folder("interchange", function(folder)
  assert(python("draw", seed, o.cases, folder), "interchange.py failed")
  local read = check_drawn(folder)
  math.randomseed(seed)
  pg.seed(seed)
  local saved = save_drawn(folder, o.cases // 4)
  if not python("check", folder, ">/dev/null") then
    fail("what was saved", "it differs in NumPy")
  end
  if failures > 0 then
    io.stderr:write(("%d failures, seed %d\n"):format(failures, seed))
    os.exit(1, true)
  end
  print(("%d files with %d arrays read, and %d arrays saved, as NumPy has them, seed %d"):format(
    o.cases, read, saved, seed))
end)
