-- How the time of an iteration grows with rows and with hidden units, and how far it
-- is from what the multiply-adds alone would take.
--
--   build/perigee tests/scaling.lua [data=mnist] [pictures=docs/pictures]
--
-- The limit counts a multiply-add for each number that is not zero and each hidden
-- unit, forward and backward, and those of the second layer, at the rate of a large
-- float32 matrix product that is measured in the same run.

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local pg = require "perigee"
local options = require "perigee.options"
local timing = require "timing"

local o = options.read(arg, { data = "mnist", iterations = 7, pictures = "out" })
local data <close> = assert(pg.dataset(o.data))
local ROWS = { 1000, 2000, 5000, 10000, 20000, 40000, 60000 }
local HIDDEN = { 10, 25, 50, 100, 200, 400, 800 }
local CLASSES = 10

local function times(n, f)
  local list = {}
  for i = 1, n do
    list[i] = timing.seconds(f)
  end
  return timing.median(list)
end

local function iteration(rows, hidden)
  local model = pg.Model(data.x_train:rows(1, rows), data.y_train:rows(1, rows), {
    hidden = hidden, seed = 0, scale = 1 / 255,
  })
  model:fit { iterations = 1 }
  return times(o.iterations, function()
    model:fit { iterations = 1 }
  end)
end

local SIDE = 2048
local a = pg.rand(SIDE, SIDE):astype "float32"
local rate = SIDE ^ 3 / times(5, function()
  return a:dot(a)
end)
print(("a %d x %d float32 product: %.1f billion multiply-adds a second"):format(SIDE, SIDE,
  rate * 1e-9))

local nonzero = data.x_train:gt(0):sum()
local function limit(hidden)
  return (2 * nonzero * hidden + 3 * #data.x_train * hidden * CLASSES) / rate
end

print(("\n%8s %10s %14s"):format("rows", "ms", "ns a row"))
local by_rows, by_hidden, limits = {}, {}, {}
for i, rows in ipairs(ROWS) do
  by_rows[i] = iteration(rows, 100) * 1e3
  print(("%8d %10.2f %14.0f"):format(rows, by_rows[i], by_rows[i] / rows * 1e6))
end

print(("\n%8s %10s %14s %10s %8s"):format("hidden", "ms", "us a unit", "limit", "ratio"))
for i, hidden in ipairs(HIDDEN) do
  by_hidden[i], limits[i] = iteration(#data.x_train, hidden) * 1e3, limit(hidden) * 1e3
  print(("%8d %10.2f %14.0f %10.2f %8.2f"):format(hidden, by_hidden[i],
    by_hidden[i] / hidden * 1e3, limits[i], by_hidden[i] / limits[i]))
end

assert(pg.plot {
  x = ROWS, y = by_rows, xlabel = "rows", ylabel = "ms an iteration",
  title = "784-100-10, float32", file = o.pictures .. "/scaling-rows.svg",
})
assert(pg.plot {
  x = HIDDEN, y = { measured = by_hidden, ["multiply-adds alone"] = limits },
  xlabel = "hidden units", ylabel = "ms an iteration", title = "784-hidden-10, 60000 rows, float32",
  file = o.pictures .. "/scaling-hidden.svg",
})
