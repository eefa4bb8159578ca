-- The same network with sigmoid, tanh and relu: the loss of each, and the accuracy at the end.
--
--   build/perigee examples/activations.lua iterations=200 rate=0.5

local pg = require "perigee"
local options = require "perigee.options"
local output = require "perigee.output"

local o = options.read(arg, {
  iterations = 200, hidden = { 100 }, rate = 0.5, optimizer = "sgd", data = "mnist",
  activation = { "sigmoid", "tanh", "relu" }, dtype = "float32", seed = 0,
})

local data <close> = assert(pg.dataset(o.data))

local rows, curves = {}, {}
for i, activation in ipairs(o.activation) do
  local model = pg.Model(data.x_train, data.y_train, {
    hidden = o.hidden, activation = activation, dtype = o.dtype, seed = o.seed, scale = 1 / 255,
  })
  curves[activation] = model:fit {
    iterations = o.iterations, optimizer = o.optimizer, rate = o.rate, progress = true,
  }
  local loss, accuracy = model:evaluate(data.x_test, data.y_test)
  print(("%-8s loss %.4f, test accuracy %.2f%%"):format(activation, loss, 100 * accuracy))
  rows[i] = { activation, loss, accuracy }
end

output.csv("activations", { "activation", "loss", "accuracy" }, rows)
output.plot("activations", {
  title = "Training loss, " .. o.data, y = curves, xlabel = "iteration", ylabel = "loss",
})
