-- A grid of hidden sizes and learning rates, and the test accuracy of each.
--
--   build/perigee examples/hidden_grid.lua hidden=50,100 rate=0.1,0.5 iterations=200

local pg = require "perigee"
local options = require "perigee.options"
local output = require "perigee.output"

local o = options.read(arg, {
  iterations = 1000, hidden = { 25, 50, 100, 200 }, rate = { 0.1, 0.5 }, data = "mnist",
  dtype = "float32", seed = 0,
})

local data <close> = assert(pg.dataset(o.data))

--- The test accuracy of a network, and the loss of each iteration.
local function train(hidden, rate)
  local model = pg.Model(data.x_train, data.y_train, {
    hidden = hidden, dtype = o.dtype, seed = o.seed, scale = 1 / 255,
  })
  local cost = model:fit { iterations = o.iterations, rate = rate, progress = true }
  return model:score(data.x_test, data.y_test), cost
end

local lines, rows, grid, curves = { "hidden" }, {}, {}, {}
for _, rate in ipairs(o.rate) do
  lines[1] = lines[1] .. string.format("  %11s", "rate " .. rate)
end
for i, hidden in ipairs(o.hidden) do
  local line = string.format("%6d", hidden)
  grid[i] = {}
  for j, rate in ipairs(o.rate) do
    local accuracy, cost = train(hidden, rate)
    line = line .. string.format("  %10.2f%%", accuracy * 100)
    rows[#rows + 1] = { hidden, rate, accuracy }
    grid[i][j] = accuracy * 100
    curves[("hidden %d, rate %g"):format(hidden, rate)] = cost
  end
  lines[#lines + 1] = line
end

print(table.concat(lines, "\n"))
output.csv("hidden_grid", { "hidden", "rate", "accuracy" }, rows)
output.plot("hidden_grid", {
  title = ("Test accuracy after %d iterations, %s"):format(o.iterations, o.data),
  z = grid, x = o.rate, y = o.hidden, xlabel = "rate", ylabel = "hidden", format = "%.2f%%",
})
output.plot("hidden_grid_curves", {
  title = "Training loss, " .. o.data, y = curves, xlabel = "iteration", ylabel = "loss",
})
