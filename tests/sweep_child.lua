-- A study that may be killed at any moment: tests/sweep_kills.lua starts it, and starts it again.
--
--   SWEEP_STUDY=main build/perigee tests/sweep_child.lua seed=0 --runs DIR --jobs 2
--
-- SWEEP_STUDY is one of the names below. The trials are of several kinds, so that processes are
-- killed in everything that a trial may do; one of them fails.

local pg = require "perigee"
local sweep = require "perigee.sweep"

-- --- the data -----------------------------------------------------------------------

-- More rows than a block of the training has, so that there is work for several threads.
local ROWS, TRAINED, INPUTS, CLASSES = 900, 640, 30, 4

local random = pg.random(7)
local x = random:randn(ROWS, INPUTS)
local y = pg.labels(x:dot(random:randn(INPUTS, CLASSES)))
local data = {
  x = x:rows(1, TRAINED), y = y:rows(1, TRAINED), test_x = x:rows(TRAINED + 1, -1),
  test_y = y:rows(TRAINED + 1, -1),
}

-- --- the trials ---------------------------------------------------------------------

local leaves = os.getenv "SWEEP_LEAVES" == "true" -- the process ends itself, in the first training

--- A training in which every few steps are reported.
local function train(trial, model, options, every, body)
  every = options.iterations < 10 and 2 or every
  for i, loss in trial:steps(model, options) do
    if i % every == 0 then
      trial:report(i, { loss = loss, accuracy = model:score(data.test_x, data.test_y) })
    end
    if leaves and i == 3 then
      os.exit(0, true)
    elseif body and body(i, loss) then
      break
    end
  end
end

local function new_model(p, trial, options)
  options.hidden, options.comm = p.hidden, trial.comm
  return pg.Model(data.x, data.y, options)
end

--- Each returns what it reports at last. The weights, and the batches, are drawn by the trial's
--- generator: no model has a seed of its own.
local KINDS = {}

function KINDS.full(p, trial)
  local model = new_model(p, trial, {})
  train(trial, model, { iterations = p.length, rate = p.rate }, 10)
  return { accuracy = model:score(data.test_x, data.test_y) }
end

function KINDS.adam(p, trial)
  local model = new_model(p, trial, { optimizer = "adam", batch = 50, dtype = "float64" })
  train(trial, model, {
    iterations = p.length, rate = p.rate / 20, schedule = { "step", every = 7, factor = 0.7 },
  }, 15)
  return { accuracy = model:score(data.test_x, data.test_y) }
end

--- Two trainings, of which the second depends on the first, and on what was drawn between them.
function KINDS.twice(p, trial)
  local first = new_model(p, trial, {})
  train(trial, first, { iterations = p.length // 2, rate = p.rate }, 20)
  local scale = pg.rand() + first:score(data.test_x, data.test_y)
  trial:report(p.length, { between = scale })
  local second = new_model(p, trial, { optimizer = "nesterov", batch = 64, activation = "tanh" })
  second.weights.W1:mul_(scale)
  train(trial, second, { iterations = p.length, rate = p.rate / 20 }, 10, function()
    pg.rand()
  end)
  return { accuracy = second:score(data.test_x, data.test_y), after = pg.rand() }
end

--- Ends when the loss has become small, or by a step that chance says.
function KINDS.broken(p, trial)
  local model = new_model(p, trial, { optimizer = "rmsprop" })
  local last = pg.randint(p.length // 2, p.length)
  train(trial, model, { iterations = 10 * p.length, rate = p.rate / 20 }, 10, function(i, loss)
    return loss < 0.2 or i >= last
  end)
  return { stopped = model.iteration, after = pg.rand() }
end

--- Its body draws numbers, and changes the weights by them.
function KINDS.noisy(p, trial)
  local model = new_model(p, trial, {})
  train(trial, model, {
    iterations = p.length, rate = p.rate, validation = { data.test_x, data.test_y }, patience = 30,
    metric = "accuracy", schedule = { "plateau", factor = 0.7, patience = 2 },
  }, 10, function()
    local W = model.weights.W2
    W:add_((pg.rand(table.unpack(W.shape)) - 0.5):astype "float32" * 0.01)
  end)
  return { accuracy = model:score(data.test_x, data.test_y), drawn = pg.rand() }
end

--- Has a forward function with dropout, and a running mean.
function KINDS.own(p, trial)
  local model = pg.Model(data.x, data.y, {
    weights = {
      W1 = pg.randn(INPUTS, p.hidden), W2 = pg.randn(p.hidden, CLASSES), b2 = pg.zeros(CLASSES),
    },
    state = { mean = pg.zeros(p.hidden) }, optimizer = "adam", batch = 160,
    schedule = { "cosine", warmup = math.max(1, p.length // 10) },
    forward = function(w, batch, training, state)
      local hidden = pg.dropout(batch:dot(w.W1):relu(), 0.2)
      if training then
        state.mean[":"] = state.mean * 0.9 + pg.detach(hidden:mean(1)) * 0.1
      end
      return (hidden - state.mean):dot(w.W2) + w.b2
    end,
  })
  train(trial, model, { iterations = p.length, rate = p.rate / 20 }, 10)
  return { accuracy = model:score(data.test_x, data.test_y), drawn = pg.rand() }
end

--- Is over before anything is saved; one fails.
function KINDS.trivial(p, trial)
  if p.hidden == 12 and p.rate == 1 and trial.seed % 2 == 1 then
    error "this trial always fails"
  end
  return { accuracy = math.random(), drawn = pg.rand() }
end

local function run(p, trial)
  return KINDS[p.kind](p, trial)
end

-- --- the studies --------------------------------------------------------------------

local hidden, rate = { 12, 8 }, { 0.2, 1 }
local studies = {
  main = {
    params = {
      hidden = hidden, rate = rate,
      kind = { "full", "adam", "twice", "broken", "noisy", "own", "trivial" },
    },
    settings = { length = 120 }, repeats = 2, checkpoint = 0.005,
  },
  -- Each step is saved: what is written does not depend on the time.
  small = {
    params = { kind = { "full", "twice", "noisy", "own", "trivial" } },
    settings = { hidden = 8, rate = 1, length = 8 }, checkpoint = 0,
  },
  halving = {
    params = { hidden = hidden, rate = rate, kind = { "full", "adam", "twice", "noisy", "own" } },
    settings = { length = 120 }, repeats = 2, checkpoint = 0.005, metric = "loss",
    prune = sweep.halving { first = 20 },
  },
  -- The same, with each step saved.
  halves = {
    params = { rate = rate, kind = { "full", "twice" } },
    settings = { hidden = 8, length = 8 }, checkpoint = 0, metric = "loss",
    prune = sweep.halving { first = 2 },
  },
  -- Under mpirun, of pairs of ranks.
  pairs = {
    params = { hidden = hidden, rate = rate, kind = { "full", "twice", "broken", "trivial" } },
    settings = { length = 120 }, repeats = 2, checkpoint = 0.005, ranks_per_trial = 2,
  },
  median = {
    params = { hidden = hidden, rate = rate, kind = { "full", "adam", "twice", "noisy" } },
    settings = { length = 120 }, repeats = 2, checkpoint = 0.005, metric = "accuracy",
    prune = sweep.median { from = 20, references = 4 },
  },
}

local definition = assert(studies[os.getenv "SWEEP_STUDY" or "main"], "SWEEP_STUDY: no such study")
definition.name, definition.data, definition.run = "study", data, run
sweep.new(definition):run()
