-- The accuracy after a short training at learning rates from 0.001 to 10.
--
--   build/perigee examples/learning_rate.lua optimizer=sgd,adam iterations=500

local pg = require "perigee"
local sweep = require "perigee.sweep"

local study = sweep.new {
  name = "learning_rate",
  data = "mnist",
  params = { rate = { 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10 } },
  settings = { optimizer = "sgd", hidden = 100, iterations = 200, dtype = "float32" },
  run = function(p, trial)
    local data = trial.data
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = p.hidden, dtype = p.dtype, seed = trial.seed, scale = 1 / 255,
      optimizer = p.optimizer,
    })
    for i, loss in trial:steps(model, { iterations = p.iterations, rate = p.rate }) do
      if i % 20 == 0 or i == p.iterations then
        trial:report(i, { loss = loss, accuracy = model:score(data.x_test, data.y_test) })
      end
    end
  end,
}

study:run()
print(study:table())
study:plot { x = "rate", xscale = "log" }
