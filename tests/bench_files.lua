-- Times files of arrays beside NumPy's, in turn, and prints medians and ratios.
--
--   build/perigee tests/bench_files.lua [rounds=5 data=mnist]
--
-- A ratio above 1 means that NumPy takes longer. Perigee's saves end when the disk has the file,
-- NumPy's when the system has it, but for the rows with "fsync". NumPy answers from one process, so
-- that its start isn't counted.

local here = arg[0]:match "^(.*)/" or "."
package.path = here .. "/?.lua;" .. package.path

local options = require "perigee.options"
local pg = require "perigee"
local start_numpy = require "numpy_process"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, { rounds = 5, data = "mnist" })

local data <close> = pg.dataset(o.data)
local arrays = {}
for _, name in ipairs(data:keys()) do
  arrays[name] = data[name]
end
local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/bench-XXXXXX"))

local function at(name)
  return folder .. "/" .. name
end

local function store() pg.save(at "w.npz", arrays) end
local function deflate() pg.save(at "w.npz", arrays, { compress = true }) end

--- Frees arrays, by name: a script that runs once does not wait for the collector.
local function free(all)
  for _, a in pairs(all) do
    a:free()
  end
end

--- Loads all arrays of an archive, as a whole or one after the other.
local function load_all(path)
  local archive <close> = pg.load(path)
  free(archive:load())
end

local function get_each(path)
  local archive <close> = pg.load(path)
  for _, name in ipairs(archive:keys()) do
    archive[name]:free()
  end
end

--- The first array of the data with at least 1000 rows.
local long
for _, name in ipairs(data:keys()) do
  long = long or #arrays[name] >= 1000 and name
end
pg.save(at "stored.npz", arrays)
pg.save(at "deflated.npz", arrays, { compress = true })
pg.save(at "long.npy", arrays[long])

--- Each row has the function that is timed, `run`, and perhaps one that comes first, `before`.
local ROWS = {
  { name = "load, stored", run = function() load_all(at "stored.npz") end },
  { name = "load, deflated", run = function() load_all(data:path()) end },
  { name = "get each, stored", run = function() get_each(at "stored.npz") end },
  { name = "get each, deflated", run = function() get_each(data:path()) end },
  { name = "open", run = function() pg.load(data:path()):close() end },
  { name = "load, .npy", run = function() pg.load(at "long.npy"):free() end },
  { name = "rows, .npy", run = function()
    pg.load(at "long.npy", { rows = { 1, 1000 } }):free()
  end },
  { name = "rows, stored", run = function()
    local archive <close> = pg.load(at "stored.npz", { rows = { [long] = { 1, 1000 } } })
    archive[long]:free()
  end },
  { name = "rows, deflated", run = function()
    local archive <close> = pg.load(at "deflated.npz", { rows = { [long] = { 1, 1000 } } })
    archive[long]:free()
  end },
  { name = "map", run = function() pg.load(at "long.npy", { map = true }):free() end },
  { name = "save, stored", run = store },
  { name = "save, stored, fsync", run = store },
  { name = "save, deflated", run = deflate },
  {
    name = "append to deflated", before = deflate,
    run = function() pg.save(at "w.npz", { extra = pg.zeros(1000) }, { append = true }) end,
  },
}

local numpy = start_numpy(here .. "/bench_files.py", data:path(), folder)
--- Times a row of Perigee, and one of NumPy.
local function time_ours(row)
  if row.before then
    row.before()
  end
  table.insert(row.ours, timing.seconds(row.run))
end

local function time_numpy(row)
  table.insert(row.numpy, numpy and numpy(row.name) or 0 / 0)
end

for round = 1, o.rounds do -- the first of the two waits for what the disk does: they take turns
  for _, row in ipairs(ROWS) do
    row.ours, row.numpy = row.ours or {}, row.numpy or {}
    local first, second = time_ours, time_numpy
    if round % 2 == 0 then
      first, second = second, first
    end
    first(row)
    second(row)
  end
end

print(("%-24s %12s %12s %7s"):format(o.data .. ", ms", "Perigee", "NumPy", "ratio"))
for _, row in ipairs(ROWS) do
  local mine, theirs = timing.median(row.ours), timing.median(row.numpy)
  print(("%-24s %12.1f %12.1f %7.2f"):format(row.name, mine * 1e3, theirs * 1e3, theirs / mine))
end
os.execute("rm -rf '" .. folder .. "'")
os.exit(true)
