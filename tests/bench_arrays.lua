-- Times array operations beside NumPy's, in turn, and prints medians and ratios.
--
--   build/perigee tests/bench_arrays.lua [rounds=3 seconds=0.2 only=add,exp size=1000]
--
-- Both sides work on the same shapes of float64, call by call as a script would; NumPy
-- answers from one process, so that neither side's start is counted. A ratio above 1 means
-- that NumPy takes longer. `only` and `size` choose rows.

local here = arg[0]:match "^(.*)/" or "."
package.path = here .. "/?.lua;" .. package.path

local pg = require "perigee"
local options = require "perigee.options"
local start_numpy = require "numpy_process"
local timing = require "timing"

local o = options.read(arg, { rounds = 3, seconds = 0.2, only = "all", size = 0 })

--- Operations on matrices (n, n): a, b, and a positive definite one.
local MATRIX = {
  product = function(a, b) return function() return a:dot(b) end end,
  solve = function(a, b) return function() return a:solve(b) end end,
  inv = function(a) return function() return a:inv() end end,
  det = function(a) return function() return a:det() end end,
  cholesky = function(_, _, s) return function() return s:cholesky() end end,
  qr = function(a) return function() return a:qr() end end,
  eigh = function(_, _, s) return function() return s:eigh() end end,
  svd = function(a) return function() return a:svd() end end,
  lstsq = function(a, b) return function() return a:lstsq(b) end end,
}

--- The function that is timed; what it needs is made before.
local function operation(name, n)
  pg.seed(0)
  if MATRIX[name] then
    local a, b = pg.rand(n, n), pg.rand(n, n)
    local symmetric = a + a.T + pg.eye(n) * n
    return MATRIX[name](a, b, symmetric)
  elseif name == "normals" then
    return function() return pg.randn(n) end
  end
  local side = math.floor(math.sqrt(n))
  local a, b, m = pg.rand(n) * 2 - 1, pg.rand(n), pg.rand(side, side)
  local row, places = pg.rand(side), pg.permutation(n)
  local mask, counts = a:gt(0), places % 100
  return ({
    ["add"] = function() return a + b end,
    ["multiply-add"] = function() return m * row + row end,
    ["exp"] = function() return a:exp() end,
    ["exp into"] = function() return a:exp { out = b } end,
    ["log"] = function() return b:log() end,
    ["tanh"] = function() return a:tanh() end,
    ["sin"] = function() return a:sin() end,
    ["relu"] = function() return a:relu() end,
    ["sum"] = function() return a:sum() end,
    ["sum rows"] = function() return m:sum(1) end,
    ["sum columns"] = function() return m:sum(2) end,
    ["max"] = function() return a:max() end,
    ["argmax"] = function() return a:argmax() end,
    ["transposed copy"] = function() return m.T:copy() end,
    ["take"] = function() return a:take(places) end,
    ["sort"] = function() return a:sort() end,
    ["prod"] = function() return a:prod() end,
    ["std columns"] = function() return m:std(2) end,
    ["nanmean"] = function() return a:nanmean() end,
    ["median"] = function() return a:median() end,
    ["median rows"] = function() return m:median(1) end,
    ["percentiles"] = function() return a:percentile { 5, 25, 50, 75, 95 } end,
    ["cumsum"] = function() return a:cumsum() end,
    ["diff"] = function() return a:diff() end,
    ["log1p"] = function() return b:log1p() end,
    ["sign"] = function() return a:sign() end,
    ["nonzero"] = function() return mask:nonzero() end,
    ["bincount"] = function() return counts:bincount() end,
    ["repeat"] = function() return a:repeat_interleave(2) end,
    ["tile"] = function() return a:tile(2) end,
    ["pad"] = function() return m:pad(1) end,
    ["vstack"] = function() return pg.vstack { m, m } end,
  })[name]
end

local function repeated(f, calls)
  return timing.seconds(function()
    for _ = 1, calls do
      f()
    end
  end) / calls
end

--- Seconds a call: the median of repetitions that together take about `total`.
local function ours(name, n, total)
  local f, calls, times = operation(name, n), 1, {}
  f()
  local took = repeated(f, calls)
  while took * calls < math.min(total / 20, 0.02) do
    calls = calls * 2
    took = repeated(f, calls)
  end
  for i = 1, math.max(3, math.min(20, total // (took * calls))) do
    times[i] = repeated(f, calls)
  end
  collectgarbage()
  return timing.median(times)
end

local numpy = start_numpy(here .. "/bench_arrays.py")
local ROWS = {}
local function rows(name, sizes)
  if o.only ~= "all" and not ("," .. o.only .. ","):find("," .. name .. ",", 1, true) then
    return
  end
  for _, n in ipairs(sizes) do
    if o.size == 0 or o.size == n then
      ROWS[#ROWS + 1] = { name = name, n = n, ours = {}, numpy = {} }
    end
  end
end
local SIZES = { 1000, 100000, 10000000 }
local NAMES = { "add", "multiply-add", "exp", "exp into", "log", "log1p", "tanh", "sin", "relu",
  "sign", "sum", "sum rows", "sum columns", "max", "argmax", "prod", "std columns", "nanmean",
  "median", "median rows", "percentiles", "cumsum", "diff", "transposed copy", "take", "nonzero",
  "bincount", "repeat", "tile", "pad", "vstack", "sort", "normals" }
for _, name in ipairs(NAMES) do
  rows(name, SIZES)
end
rows("product", { 64, 512, 2048 })
local LARGE = #ROWS -- the rows that count; those of small arrays are told apart
for _, name in ipairs(NAMES) do
  rows(name, { 10 })
end
local SMALL = #ROWS
for _, name in ipairs { "solve", "inv", "det", "cholesky", "qr", "eigh", "svd", "lstsq" } do
  rows(name, { 10, 100, 500 })
end

for _ = 1, o.rounds do
  for _, row in ipairs(ROWS) do
    table.insert(row.ours, ours(row.name, row.n, o.seconds))
    if numpy then
      table.insert(row.numpy, numpy(("%s %d %g"):format(row.name, row.n, o.seconds)))
    end
  end
end

local function time_text(seconds)
  local unit = seconds < 1e-3 and "us" or "ms"
  return ("%.4g %s"):format(seconds * (unit == "us" and 1e6 or 1e3), unit)
end

local function print_rows(first, last)
  if first > last then
    return
  end
  local logs, slower = 0, 0
  print(("\n%-16s %9s %12s %12s %7s"):format("", "size", "Perigee", "NumPy", "ratio"))
  for i = first, last do
    local row = ROWS[i]
    local mine = timing.median(row.ours)
    local theirs = numpy and timing.median(row.numpy) or 0 / 0
    logs = logs + math.log(theirs / mine)
    slower = slower + (theirs < mine / 1.05 and 1 or 0)
    print(("%-16s %9d %12s %12s %7.2f"):format(row.name, row.n, time_text(mine),
      numpy and time_text(theirs) or "-", theirs / mine))
  end
  print(("geometric mean %.2f; %d of %d slower than NumPy by more than 5 %%"):format(
    math.exp(logs / (last - first + 1)), slower, last - first + 1))
end

print_rows(1, LARGE)
print_rows(LARGE + 1, SMALL)
print_rows(SMALL + 1, #ROWS)
os.exit(true)
