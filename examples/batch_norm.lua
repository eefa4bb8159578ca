-- Batch normalisation: what a step sees changes running means, which prediction uses.
--
--   build/perigee examples/batch_norm.lua epochs=5 hidden=256 data=mnist

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  epochs = 5, hidden = 256, batch = 128, rate = 0.004, data = "mnist", seed = 0,
})

local MOMENTUM, EPSILON = 0.1, 1e-5 -- as torch.nn.BatchNorm1d

--- Gives each column of z the mean `beta` and the deviation `gamma`.
local function batch_norm(z, w, running, training)
  local mean, var = running.mean, running.var
  if training then
    local n = #z
    mean = z:mean(1)
    var = ((z - mean) ^ 2):mean(1)
    running.mean:mul_(1 - MOMENTUM):axpy_(MOMENTUM, pg.detach(mean)) -- in place
    running.var:mul_(1 - MOMENTUM):axpy_(MOMENTUM * n / math.max(n - 1, 1), pg.detach(var))
  end
  return (z - mean) / (var + EPSILON):sqrt() * w.gamma + w.beta
end

local function forward(w, x, training, state)
  local a = x:flatten(2)
  for i = 1, 2 do
    a = batch_norm(a:dot(w[i].W), w[i], state[i], training):relu()
  end
  return a:dot(w.out.W) + w.out.b
end

pg.seed(o.seed)
local data <close> = pg.dataset(o.data)
local inputs = data.x_train[1].size

local function layer(n, m)
  return { W = pg.randn(n, m) * (2 / n) ^ 0.5, gamma = pg.ones(m), beta = pg.zeros(m) }
end

local function running(m)
  return { mean = pg.zeros(m, "float32"), var = pg.ones(m, "float32") }
end

local h = o.hidden
local model = pg.Model(data.x_train, data.y_train, {
  forward = forward,
  weights = {
    layer(inputs, h), layer(h, h), out = { W = pg.randn(h, 10) * h ^ -0.5, b = pg.zeros(10) },
  },
  state = { running(h), running(h) },
  dtype = "float32", scale = 1 / 255, seed = o.seed,
})
model:fit {
  epochs = o.epochs, batch = o.batch, optimizer = "adam", rate = o.rate, schedule = "cosine",
  progress = true,
}

local loss, accuracy = model:evaluate(data.x_test, data.y_test)
print(model:summary())
print(("test       loss %.4f, accuracy %.2f%%"):format(loss, 100 * accuracy))
