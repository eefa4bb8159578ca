-- A grid of hidden sizes and learning rates, and the test accuracy of each.
--
--   build/perigee examples/hidden_grid.lua hidden=50,100 rate=0.1,0.5 iterations=200

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  iterations = 1000, hidden = { 25, 50, 100, 200 }, rate = { 0.1, 0.5 }, data = "mnist",
  dtype = "float32", seed = 0,
})

local data <close> = assert(pg.dataset(o.data))

local function accuracy(hidden, rate)
  local model = pg.Model(data.x_train, data.y_train, {
    hidden = hidden, dtype = o.dtype, seed = o.seed, scale = 1 / 255,
  })
  model:fit { iterations = o.iterations, rate = rate, progress = true }
  return model:score(data.x_test, data.y_test)
end

local lines = { "hidden" }
for _, rate in ipairs(o.rate) do
  lines[1] = lines[1] .. string.format("  %11s", "rate " .. rate)
end
for _, hidden in ipairs(o.hidden) do
  local line = string.format("%6d", hidden)
  for _, rate in ipairs(o.rate) do
    line = line .. string.format("  %10.2f%%", accuracy(hidden, rate) * 100)
  end
  lines[#lines + 1] = line
end

print(table.concat(lines, "\n"))
