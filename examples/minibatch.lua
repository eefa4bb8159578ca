-- Mini-batches and Adam: 98 % on MNIST, in seconds.
--
--   build/perigee examples/minibatch.lua epochs=15 batch=128 hidden=256

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  epochs = 15, batch = 128, hidden = { 256 }, activation = "relu", rate = 0.002, data = "mnist",
  dtype = "float32", seed = 0,
})

local data <close> = pg.dataset(o.data)
local model = pg.Model(data.x_train, data.y_train, {
  hidden = o.hidden, activation = o.activation, dtype = o.dtype, seed = o.seed, scale = 1 / 255,
})

local steps = o.epochs * math.ceil(#data.x_train / o.batch)

--- The rate of iteration i: half a wave of the cosine, from `rate=` down to 0.
local function rate(i)
  return o.rate * (1 + math.cos(math.pi * i / steps)) / 2
end

model:fit {
  optimizer = "adam", rate = rate, batch = o.batch, epochs = o.epochs, progress = true,
}

local loss, accuracy, confusion = model:evaluate(data.x_test, data.y_test)
print(model:summary())
print(("test       loss %.4f, accuracy %.2f%%"):format(loss, 100 * accuracy))
print(confusion)
