-- A study of a model of one's own: the number of kernels of a convolution, and learning rates.
--
--   build/perigee examples/own_model_sweep.lua kernels=4,8,16 rate=0.001,0.004 epochs=2 repeats=3

local pg = require "perigee"
local sweep = require "perigee.sweep"

local function forward(w, x)
  local a = (x:reshape(-1, 1, 28, 28):conv2d(w.K) + w.b1):relu():max_pool2d(4) -- (n, kernels, 6, 6)
  return a:flatten(2):dot(w.W) + w.b2
end

local study = sweep.new {
  name = "own_model_sweep",
  data = "mnist",
  params = { kernels = { 4, 8, 16 }, rate = { 0.001, 0.004, 0.016 } },
  settings = { epochs = 1, batch = 128, dtype = "float32" },
  run = function(p, trial)
    local data, random = trial.data, pg.random(trial.seed)
    local model = pg.Model(data.x_train, data.y_train, {
      forward = forward,
      weights = {
        K = random:randn(p.kernels, 1, 5, 5) * 0.2, b1 = pg.zeros(p.kernels, 1, 1),
        W = random:randn(36 * p.kernels, 10) * (36 * p.kernels) ^ -0.5, b2 = pg.zeros(10),
      },
      dtype = p.dtype, scale = 1 / 255, seed = trial.seed, optimizer = "adam", batch = p.batch,
    })
    local part = math.max(1, p.epochs * #data.x_train // p.batch // 5)
    for i, loss in trial:steps(model, { epochs = p.epochs, rate = p.rate }) do
      if i % part == 0 then
        trial:report(i, { loss = loss, accuracy = model:score(data.x_test, data.y_test) })
      end
    end
    local loss, accuracy = model:evaluate(data.x_test, data.y_test)
    return { loss = loss, accuracy = accuracy }
  end,
}

study:run()
print(study:table():group { "kernels", "rate" })
study:plot { x = "rate", y = "kernels" }
study:plot { x = "iteration", y = "loss" }
