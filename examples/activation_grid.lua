-- A grid of activations and optimizers, each at its default rate, with mini-batches and several
-- seeds.
--
--   build/perigee examples/activation_grid.lua optimizer=sgd,adam epochs=5 repeats=5

local pg = require "perigee"
local sweep = require "perigee.sweep"

local study = sweep.new {
  name = "activation_grid",
  data = "mnist",
  params = {
    activation = { "sigmoid", "tanh", "relu" }, optimizer = { "sgd", "momentum", "adam" },
  },
  settings = { hidden = 100, epochs = 3, batch = 128, dtype = "float32" },
  repeats = 3,
  run = function(p, trial)
    local data = trial.data
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = p.hidden, activation = p.activation, dtype = p.dtype, seed = trial.seed,
      scale = 1 / 255, optimizer = p.optimizer, batch = p.batch,
    })
    trial:fit(model, { epochs = p.epochs })
    local loss, accuracy = model:evaluate(data.x_test, data.y_test)
    return { loss = loss, accuracy = accuracy }
  end,
}

study:run()
print(study:table():group { "activation", "optimizer" })
study:plot { x = "optimizer", y = "activation" }
