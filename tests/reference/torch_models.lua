-- The networks that torch_models.py trained, as forward functions; and what it saved of each case,
-- with the options read from the names that it gave them.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."
local curve = dofile(HERE .. "/curve.lua")
local torch_curves = dofile(HERE .. "/torch_curves.lua")

local CLASSES, DROPOUT, DROPOUT_SEED = 10, 0.3, 3

local torch_models = {}

-- --- networks -------------------------------------------------------------------

local function dense(w, x)
  return (x:dot(w.W1) + w.b1):sigmoid():dot(w.W2) + w.b2
end

local function lenet(w, x)
  local a = x:reshape(-1, 1, 28, 28)
  a = (a:conv2d(w.K1) + w.b1):relu():max_pool2d(2)
  a = (a:conv2d(w.K2) + w.b2):relu():max_pool2d(2)
  return a:flatten(2):dot(w.W) + w.b
end

local function batch_norm(w, x, training, state)
  local z = x:dot(w.W1)
  local mean, var = state.mean, state.var
  if training then
    local n = #x
    mean = z:mean(1)
    var = ((z - mean) ^ 2):mean(1)
    state.mean:mul_(0.9):axpy_(0.1, pg.detach(mean))
    state.var:mul_(0.9):axpy_(0.1 * n / (n - 1), pg.detach(var))
  end
  return ((z - mean) / (var + 1e-5):sqrt() * w.gamma + w.beta):relu():dot(w.W2) + w.b2
end

--- A network whose masks come from a generator of its own.
local function dropout()
  local random = pg.random(DROPOUT_SEED)
  return function(w, x, training)
    local a = (x:dot(w.W1) + w.b1):relu()
    a = training and pg.dropout(a, DROPOUT, random) or a
    return a:dot(w.W2) + w.b2
  end
end

--- The shapes of the weights of networks of 49-16-k, in the order in which they are drawn.
local function shapes(k)
  return { { "W1", 49, 16 }, { "b1", 16 }, { "W2", 16, k }, { "b2", k } }
end

local networks = {
  lenet = {
    forward = lenet,
    shapes = {
      { "K1", 8, 1, 5, 5 }, { "b1", 8, 1, 1 }, { "K2", 16, 8, 5, 5 }, { "b2", 16, 1, 1 },
      { "W", 256, 10 }, { "b", 10 },
    },
  },
  dense = { forward = dense, shapes = shapes(10) },
  one_output = { forward = dense, shapes = shapes(1) },
  two_outputs = { forward = dense, shapes = shapes(2) },
  batch_norm = {
    forward = batch_norm,
    shapes = { { "W1", 49, 16 }, { "gamma", 16 }, { "beta", 16 }, { "W2", 16, 10 }, { "b2", 10 } },
    state = function(dtype)
      return { mean = pg.zeros(16, dtype), var = pg.ones(16, dtype) }
    end,
  },
  dropout = { make_forward = dropout, shapes = shapes(10) },
}

local function draw(list)
  local random, weights = pg.random(0), {}
  for _, shape in ipairs(list) do
    weights[shape[1]] = random:randn(table.unpack(shape, 2)) * 0.1
  end
  return weights
end

-- --- data -----------------------------------------------------------------------

--- (600, 28, 28) uint8, ten patterns seen through noise.
local function images()
  local g = pg.random(7)
  local patterns = (g:rand(CLASSES, 7, 7) - 0.5):clip(0, 1) * 2
  patterns = patterns:repeat_interleave(4, 2):repeat_interleave(4, 3)
  local noise = g:rand(600, 28, 28)
  return (patterns:take(curve.labels() + 1) * noise * 255):astype "uint8"
end

local targets = {}

targets.labels = curve.labels

function targets.odd()
  return curve.labels() % 2
end

function targets.probabilities()
  return pg.random(5):rand(600, 1)
end

function targets.rows()
  local rows = pg.random(5):rand(600, CLASSES) + pg.onehot(curve.labels(), CLASSES) * 5
  return rows / rows:sum(2, true)
end

local function real(k)
  return function()
    return (curve.pixels() / 255):dot(pg.random(5):randn(49, k))
  end
end

targets.real1, targets.real2 = real(1), real(2)

-- --- cases ----------------------------------------------------------------------

--- The options of pg.Model, and what remains: the network and what y is.
local function options_of(name)
  local options, schedule = {}, {}
  for option, text in name:gmatch "(%S+)=(%S+)" do
    local into = (option == "warmup" or option == "every" or option == "factor") and schedule
      or options
    into[option] = torch_curves.value_of(text)
  end
  if options.schedule then
    schedule[1], options.schedule = options.schedule, schedule
  end
  if options.loss == "softmax_cross_entropy" then
    options.loss = pg.softmax_cross_entropy
  end
  local network, y = options.network, options.y
  options.network, options.y = nil, nil
  return options, network, y
end

--- A list of cases: the name; dtype; losses, the one before each update; after, the loss and the
--- score of all rows after the training; mean and var, the running statistics; and model, which
--- makes the model, with the x and y of its data.
---@return table[]
function torch_models.cases()
  local archive, cases = pg.load(HERE .. "/torch_models.npz"), {}
  for _, member in ipairs(archive:keys()) do
    local name = member:match "^losses (.*)$"
    if name then
      local options, network, y = options_of(name)
      cases[#cases + 1] = {
        name = name, network = network, dtype = options.dtype, options = options,
        losses = archive[member], after = archive["after " .. name],
        mean = archive:get("mean " .. name), var = archive:get("var " .. name),
        model = function()
          local form = networks[network]
          local data, rows = network == "lenet" and images() or curve.pixels(), targets[y]()
          options.forward = form.forward or form.make_forward()
          options.weights = draw(form.shapes)
          options.state = form.state and form.state(options.dtype)
          options.scale, options.seed = 1 / 255, 0
          return pg.Model(data, rows, options), data, rows
        end,
      }
    end
  end
  return cases
end

return torch_models
