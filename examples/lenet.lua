-- A convolutional network with a forward function of its own: 99 % on MNIST in under a minute.
--
--   build/perigee examples/lenet.lua epochs=20 batch=128 rate=0.004 data=mnist seed=0

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, { epochs = 20, batch = 128, rate = 0.004, data = "mnist", seed = 0 })

local data <close> = pg.dataset(o.data)

local function forward(w, x) -- x: (n, 28, 28)
  local a = x:reshape(-1, 1, 28, 28)
  a = (a:conv2d(w.K1) + w.b1):relu():max_pool2d(2) -- (n, 8, 12, 12)
  a = (a:conv2d(w.K2) + w.b2):relu():max_pool2d(2) -- (n, 16, 4, 4)
  return pg.dropout(a:flatten(2), 0.25):dot(w.W) + w.b -- (n, 10)
end

pg.seed(o.seed)
local weights = {
  K1 = pg.randn(8, 1, 5, 5) * (2 / 25) ^ 0.5, b1 = pg.zeros(8, 1, 1),
  K2 = pg.randn(16, 8, 5, 5) * (2 / 200) ^ 0.5, b2 = pg.zeros(16, 1, 1),
  W = pg.randn(256, 10) * (1 / 256) ^ 0.5, b = pg.zeros(10),
}

local model = pg.Model(data.x_train, data.y_train, {
  forward = forward, weights = weights, dtype = "float32", scale = 1 / 255, seed = o.seed,
})
model:fit {
  epochs = o.epochs, batch = o.batch, optimizer = "adam", rate = o.rate, schedule = "cosine",
  progress = true,
}

local loss, accuracy, confusion = model:evaluate(data.x_test, data.y_test)
print(model:summary())
print(("test       loss %.4f, accuracy %.2f%%"):format(loss, 100 * accuracy))
print(confusion)
