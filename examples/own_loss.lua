-- A network, its loss and gradient descent, written by hand; the gradient is derived from the loss.
--
--   build/perigee examples/own_loss.lua iterations=100 hidden=100 rate=0.1

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  iterations = 100, hidden = 100, rate = 0.1, data = "mnist", seed = 0,
})

local data <close> = pg.dataset(o.data)
local function rows(x)
  return (x:astype "float64" / 255):reshape(#x, -1)
end
local x_train, y_train = rows(data.x_train), pg.onehot(data.y_train, 10)

local function forward(w, x) -- any function of arrays would do
  local hidden = (x:dot(w.W1.T) + w.b1):sigmoid()
  return (hidden:dot(w.W2.T) + w.b2):softmax()
end

local loss_and_gradient = pg.value_and_grad(function(w)
  return -(y_train * pg.log(forward(w, x_train) + 1e-9)):sum() / #y_train
end)

pg.seed(o.seed)
local weights = pg.initialization(x_train, o.hidden)
local loss
for _ in pg.progress(o.iterations) do
  local gradient
  loss, gradient = loss_and_gradient(weights)
  for name, g in pairs(gradient) do
    weights[name]:axpy_(-o.rate, g)
  end
end

if loss then
  print(string.format("Loss          : %.6f", loss))
end
local accuracy = pg.accuracy(data.y_test, pg.labels(forward(weights, rows(data.x_test))))
print(string.format("Test accuracy : %.2f%%", accuracy * 100))
