-- The spread between seeds: the same training from twenty seeds, at two hidden sizes.
--
--   build/perigee examples/seeds.lua repeats=50 hidden=50,60 iterations=300

local pg = require "perigee"
local sweep = require "perigee.sweep"

local study = sweep.new {
  name = "seeds",
  data = "mnist",
  params = { hidden = { 50, 60 } },
  settings = { iterations = 200, rate = 0.5, dtype = "float32" },
  repeats = 20,
  run = function(p, trial)
    local data = trial.data
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = p.hidden, dtype = p.dtype, seed = trial.seed, scale = 1 / 255,
    })
    trial:fit(model, { iterations = p.iterations, rate = p.rate })
    return { accuracy = model:score(data.x_test, data.y_test) }
  end,
}

study:run()
print(study:table():group "hidden")
study:plot { x = "hidden", file = study.folder .. "/seeds.svg" } -- bars: the deviation
