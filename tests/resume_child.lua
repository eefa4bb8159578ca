-- A training that may be killed at any moment: tests/resume.lua starts it, and starts it again.
--
--   build/perigee tests/resume_child.lua subject=sgd rows=all file=model.npz save_every=7 seed=0
--
-- The subject is an optimizer, or "own", a model with a forward function.
--
-- Goes on from the file, where there is one, and says on stderr after which iteration. Saves to
-- it after each few updates (save_every=0: not before the end), and at the end.

local pg = require "perigee"
local core = require "perigee.core"
local options = require "perigee.options"

local o = options.read(arg, {
  subject = "sgd", rows = "all", file = "model.npz", save_every = 0, seed = 0,
})

-- --- the data -----------------------------------------------------------------------

-- More rows than a block of the training has, so that there is work for several threads.
local ROWS, INPUTS, CLASSES = 800, 40, 5
local VALIDATION_ROWS = 300
local WRONG = 0.3 -- of the labels: the network learns these by heart, and validation gets worse

--- x, of which more than half is 0, and what a linear rule, and chance, make of it.
local function draw()
  local random, rows = pg.random(o.seed), ROWS + VALIDATION_ROWS
  local x = (random:rand(rows, INPUTS) - 0.6):clip(0, 1)
  local y = pg.labels(x:dot(random:randn(INPUTS, CLASSES)))
  return x, pg.where(random:rand(rows):lt(WRONG), random:randint(0, CLASSES, rows), y)
end

-- --- the options --------------------------------------------------------------------

-- What the model is told is in its file; what the training is told is said anew at each start.
-- Each optimizer has one of each list.
local TRAININGS = {
  all = {
    {
      model = { hidden = 24, plan = "dense", seed = o.seed },
      training = {
        iterations = 3000,
        rate = function(i) return 0.01 / (1 + i / 500) end,
      },
    },
    {
      model = {
        hidden = { 24, 12 }, activation = { "tanh", "relu" }, dtype = "float64", plan = "sparse",
        seed = o.seed, weight_decay = 1e-4, dropout = { 0.1, 0.05 },
      },
      training = { iterations = 5000, patience = 1500 },
      validated = true,
    },
    {
      model = {
        hidden = { 20, 16, 12 }, activation = { "relu", "gelu", "leaky_relu" }, dtype = "float64",
        scale = 1 / 255, seed = o.seed,
      },
      training = { iterations = 2500 },
    },
  },
  batches = {
    {
      -- Without a seed the model's generator is made when the first batch is drawn.
      model = {
        hidden = 24, activation = "tanh", plan = "sparse", scale = 1 / 255, batch = 300,
        weight_decay = 1e-3, dropout = 0.2,
      },
      training = { iterations = 5000 },
    },
    {
      model = {
        hidden = { 24, 12 }, activation = { "sigmoid", "relu" }, dtype = "float64", plan = "dense",
        seed = o.seed,
      },
      training = { epochs = 1500, batch = 330, patience = 900 },
      validated = true,
    },
  },
  schedules = {
    {
      model = { hidden = 24, plan = "dense", seed = o.seed, schedule = "cosine" },
      training = { iterations = 3000 },
    },
    {
      model = {
        hidden = { 24, 12 }, activation = { "tanh", "relu" }, dtype = "float64", plan = "sparse",
        seed = o.seed,
      },
      training = { epochs = 1500, batch = 330, schedule = { "cosine", warmup = 400 } },
    },
    {
      model = {
        hidden = 24, seed = o.seed, batch = 300, schedule = { "step", every = 700, factor = 0.6 },
      },
      training = { iterations = 5000 },
    },
    {
      model = {
        hidden = { 24, 12 }, activation = { "sigmoid", "relu" }, dtype = "float64", seed = o.seed,
        schedule = { "plateau", factor = 0.9, patience = 20, min_delta = 1e-4, least = 1e-6 },
      },
      training = { iterations = 4000, patience = 1500, metric = "accuracy", min_delta = 0.002 },
      validated = true,
    },
  },
}

-- What an optimizer is told besides: whatever is not its default has to be in the file.
local SETTINGS = {
  momentum = { dampening = 0.1 },
  nesterov = { momentum = 0.8 },
  rmsprop = { momentum = 0.5 },
  adam = { betas = { 0.8, 0.99 } },
  adamw = { betas = { 0.8, 0.99 }, weight_decay = 0.03 },
}

local function position(list, value)
  for i, each in ipairs(list) do
    if each == value then
      return i
    end
  end
  error(("there is no '%s'"):format(value))
end

-- --- a model with a forward function ------------------------------------------------

--- A forward function with dropout and running means.
local function forward(w, batch, training, state)
  local hidden = pg.dropout((batch:dot(w.W1) + w.b1):gelu(), 0.2)
  if training then
    state.mean[":"] = state.mean * 0.9 + pg.detach(hidden:mean(1)) * 0.1
  end
  return (hidden - state.mean):dot(w.W2) + w.b2
end

local OWN = {
  all = {
    model = {
      freeze = { "b1" }, optimizer = "adam", dtype = "float32", class_weight = "balanced",
    },
    training = { iterations = 1000 },
  },
  batches = {
    model = { optimizer = "nesterov", batch = 330, label_smoothing = 0.1, seed = o.seed },
    training = { epochs = 400, patience = 300, metric = "accuracy" },
    validated = true,
  },
  schedules = {
    model = {
      optimizer = "rmsprop", batch = 200, schedule = { "plateau", factor = 0.7, patience = 20 },
    },
    training = { epochs = 200, patience = 150 },
    validated = true,
  },
}

--- The training of the subject, with the options of its model.
local function choose()
  local list = TRAININGS[o.rows]
  local is_own = o.subject == "own"
  local chosen = is_own and OWN[o.rows]
    or list[(position(core.trainer.optimizers, o.subject) - 1) % #list + 1]
  local model = chosen.model
  if is_own then
    local random = pg.random(o.seed)
    model.weights = {
      W1 = random:randn(INPUTS, 24), b1 = pg.zeros(24), W2 = random:randn(24, CLASSES),
      b2 = pg.zeros(CLASSES),
    }
    model.state, model.forward = { mean = pg.zeros(24) }, forward
    return chosen, model
  end
  model.optimizer = o.subject
  for name, value in pairs(SETTINGS[o.subject] or {}) do
    model[name] = value
  end
  return chosen, model
end

-- --- the training -------------------------------------------------------------------

pg.seed(o.seed)
local chosen, model_options = choose()
local x, y = draw()
if chosen.model.scale then
  x = (x * 255):astype "uint8"
end
local train_x, train_y = x:rows(1, ROWS), y:rows(1, ROWS)

local functions = { forward = model_options.forward }
local model = pg.exists(o.file) and pg.Model.load(o.file, train_x, train_y, functions)
  or pg.Model(train_x, train_y, model_options)
io.stderr:write(model.iteration, "\n")

chosen.training.resume = true
chosen.training.validation = chosen.validated and { x:rows(ROWS + 1, -1), y:rows(ROWS + 1, -1) }
for i in model:steps(chosen.training) do
  if o.save_every > 0 and i % o.save_every == 0 then
    assert(model:save(o.file))
  end
end
assert(model:save(o.file))
