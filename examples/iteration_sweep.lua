-- The notebook's sweep: the test accuracy after 100, 200, ... 1000 iterations.
--
--   build/perigee examples/iteration_sweep.lua hidden=50 rate=0.5
--
-- A training of 1000 iterations passes through 100, 200, ... so one training gives all ten answers.
-- `iterations=100:1000:100 answers=1` trains ten models, as the notebook does.

local pg = require "perigee"
local sweep = require "perigee.sweep"

local study = sweep.new {
  name = "iteration_sweep",
  data = "mnist",
  settings = { iterations = 1000, answers = 10, hidden = 100, rate = 0.1, dtype = "float32" },
  run = function(p, trial)
    local data = trial.data
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = p.hidden, dtype = p.dtype, seed = trial.seed, scale = 1 / 255,
    })
    for i, loss in trial:steps(model, { iterations = p.iterations, rate = p.rate }) do
      if i * p.answers % p.iterations < p.answers then
        trial:report(i, { loss = loss, accuracy = model:score(data.x_test, data.y_test) })
      end
    end
  end,
}

study:run()
for _, row in ipairs(study:curves()) do
  print(("Test accuracy : %.2f%% # %d iter"):format(100 * row.accuracy, row.iteration))
end
study:plot { x = "iteration" }
study:report(study.folder .. "/report.html")
