-- A grid of hidden sizes and learning rates, each with several seeds.
--
--   build/perigee examples/hidden_grid.lua hidden=50,100 rate=0.1:0.5:0.1 repeats=3 --jobs 2

local pg = require "perigee"
local sweep = require "perigee.sweep"

local study = sweep.new {
  name = "hidden_grid",
  data = "mnist",
  params = { hidden = { 25, 50, 100, 200 }, rate = { 0.1, 0.5 } },
  settings = { iterations = 1000, dtype = "float32" },
  run = function(p, trial)
    local data, part = trial.data, math.max(1, p.iterations // 10)
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = p.hidden, dtype = p.dtype, seed = trial.seed, scale = 1 / 255,
    })
    for i, loss in trial:steps(model, { iterations = p.iterations, rate = p.rate }) do
      if i % part == 0 or i == p.iterations then
        trial:report(i, { loss = loss, accuracy = model:score(data.x_test, data.y_test) })
      end
    end
  end,
}

study:run()
print(study:table():group { "hidden", "rate" })
study:plot { x = "rate", y = "hidden" }
study:plot { x = "iteration", y = "loss" }
study:report(study.folder .. "/report.html")
