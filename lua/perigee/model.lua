--- The notebook's Model, on the fused path: a network of sigmoid layers and a
-- softmax, trained by full-batch gradient descent on cross-entropy.
--
--   local m = pg.Model(x, y, { hidden = 100, seed = 0 })
--   local cost = m:fit { iterations = 1000, rate = 0.1, progress = true }
--   print(m:score(xt, yt))

local core = require "perigee.core"
local known_options = require("perigee.check").options
local shape_text = require("perigee.text").shape
local trainer = core.trainer

local ARRAY = getmetatable(core.zeros(0)) -- by which arrays are known
local MAX_HIDDEN = 15
local MAX_SEED = 2 ^ 32 - 1

---@class perigee.Model
---@field weights table<string, any>  W1 (hidden, inputs), b1 (1, hidden), W2, ...
---@field classes integer
local Model = {}
Model.__index = Model

-- --- checking ----------------------------------------------------------------
-- A level counts as error's does, as the function that passes it on would. A
-- tail call would lose a level: hence `return (f(x))`.

--- Gives its values back; raises the message where the first is nil.
local function check(level, value, ...)
  if value == nil then
    error((...), level + 1)
  end
  return value, ...
end

--- That a method was called with a colon.
local function check_self(self, name, level)
  if getmetatable(self) ~= Model then
    error(("%s is a model's method: m:%s(...), with a colon"):format(name, name), level + 1)
  end
end

--- The options, each known one; the others raise.
local function check_options(options, known, what, level)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    error(("%s: options are a table, not a %s"):format(what, type(options)), level + 1)
  end
  known_options(options, known, what, level + 1)
  return options
end

local function is_finite(value)
  return math.type(value) ~= nil and value - value == 0
end

--- An option that is an integer from `least` to `most`, or nil where absent.
local function integer_option(options, name, least, most, level)
  local value = options[name]
  if value == nil then
    return nil
  end
  local integer = math.type(value) and math.tointeger(value)
  if not integer or integer < least or integer > most then
    local range = most == math.maxinteger and ("%d or more"):format(least)
      or ("%d to %d"):format(least, most)
    error(("%s must be an integer, %s, not %s"):format(name, range, tostring(value)), level + 1)
  end
  return integer
end

--- The hidden layers' widths as a list.
local function hidden_option(options, level)
  local hidden = options.hidden or 100
  local list = type(hidden) == "table" and hidden or { hidden }
  if #list < 1 or #list > MAX_HIDDEN then
    error(("hidden must be a number of units, or a list of 1 to %d"):format(MAX_HIDDEN), level + 1)
  end
  local widths = {}
  for i, units in ipairs(list) do
    widths[i] = integer_option({ hidden = units }, "hidden", 1, math.maxinteger, level + 1)
  end
  return widths
end

local function dtype_option(options, level)
  local dtype = options.dtype or "float32"
  if dtype ~= "float32" and dtype ~= "float64" then
    error(("dtype must be 'float32' or 'float64', not '%s'"):format(dtype), level + 1)
  end
  return dtype
end

local function plan_option(options, level)
  local plan = options.plan or "auto"
  if plan ~= "auto" and plan ~= "dense" and plan ~= "sparse" then
    error(("plan must be 'auto', 'dense' or 'sparse', not '%s'"):format(plan), level + 1)
  end
  return plan
end

local function scale_option(options, level)
  local scale = options.scale or 1
  if not is_finite(scale) then
    error(("scale must be a finite number, not %s"):format(scale), level + 1)
  end
  return scale
end

local function rate_option(options, level)
  local rate = options.rate or 0.1
  if not is_finite(rate) or rate <= 0 then
    error(("rate must be a finite number above 0, not %s"):format(rate), level + 1)
  end
  return rate
end

--- An array as it is, or one from a number or nested table.
local function to_array(value, name, level)
  if type(value) == "userdata" and getmetatable(value) == ARRAY then
    return value
  elseif type(value) ~= "table" then
    error(("%s must be an array, not %s"):format(name, type(value)), level + 1)
  end
  return core.array(value)
end

--- x (n, ...) as (n, inputs).
local function to_rows(value, level)
  local x = to_array(value, "x", level + 1)
  if x.ndim == 0 or x.size == 0 then
    error(("x of shape %s has no numbers"):format(shape_text(x)), level + 1)
  end
  return x.ndim == 2 and x or x:reshape(x.shape[1], -1)
end

local function check_rows(x, y, level)
  if y.ndim == 0 or y.shape[1] ~= x.shape[1] then
    error(("x of shape %s and y of shape %s do not have as many rows"):format(shape_text(x),
      shape_text(y)), level + 1)
  end
end

-- --- making ------------------------------------------------------------------

local MODEL_OPTIONS = {
  hidden = true, seed = true, dtype = true, classes = true, scale = true, plan = true,
}
local STEP_OPTIONS = { iterations = true, rate = true, progress = true }

--- A model of x and y, with weights as the notebook draws them.
---
--- Raises for options and arrays that do not fit, with shapes, rows and values.
---@param x any  (n, ...), any dtype: flattened to (n, inputs); pixels stay bytes inside
---@param y any  (n) labels 0, 1, ..., or (n, classes) one-hot
---@param options? table  hidden = 100 (a number or a list), seed (else the global generator),
---   dtype = "float32", classes (else y's columns, or its largest label + 1),
---   scale = 1 (x is multiplied by it, here and in predict and score),
---   plan = "auto" ("dense": matrix products; "sparse": skip the zeros of x)
---@return perigee.Model
local function new(_, x, y, options)
  options = check_options(options, MODEL_OPTIONS, "Model", 2)
  local hidden, dtype = hidden_option(options, 2), dtype_option(options, 2)
  local scale = scale_option(options, 2)
  local plan = plan_option(options, 2)
  local seed = integer_option(options, "seed", 0, MAX_SEED, 2)
  local classes = integer_option(options, "classes", 1, math.maxinteger, 2)
  x, y = to_array(x, "x", 2), to_array(y, "y", 2)
  check_rows(x, y, 2)
  local rows = to_rows(x, 2)
  local labels, found = check(2, trainer.labels(y, classes or 0))
  local weights = core.initialization(rows, hidden, {
    classes = found, dtype = dtype, random = seed and core.random(seed),
  })
  return setmetatable({
    weights = weights,
    classes = found,
    _scale = scale,
    _trainer = check(2, trainer.new(rows, scale, labels, weights, plan)),
  }, Model)
end

-- --- training ----------------------------------------------------------------

--- One update; returns the loss before it.
local function update(self, i, rate, level)
  local loss, message, not_finite = trainer.step(self._trainer, self.weights, rate)
  if loss then
    return loss
  elseif not_finite then
    message = ("%s (a rate of %g may be too large, or inputs or weights); weights left as they "
      .. "were%s"):format(message, rate, i > 1 and " after iteration " .. i - 1 or "")
  end
  error(("iteration %d: %s"):format(i, message), level + 1)
end

--- The generic for's four values. The level is the caller's as its `step`
--- counts.
local function iterate(self, options, what, level)
  check_self(self, what, 3)
  options = check_options(options, STEP_OPTIONS, what, 3)
  local rate = rate_option(options, 3)
  local iterations = integer_option(options, "iterations", 0, math.maxinteger, 3) or 1000
  local bar = options.progress and require("perigee.progress").bar(iterations) or nil
  local loss
  local function step(_, i)
    if bar and i > 0 then
      bar:update(i, ("loss %.4f"):format(loss))
    end
    if i < iterations then
      loss = update(self, i + 1, rate, level)
      return i + 1, loss
    end
    if bar then
      bar:close()
    end
  end
  return step, nil, 0, bar
end

--- `for i, loss in m:steps{iterations = 1000, rate = 0.1} do`: the body runs
--- after update i; loss is the mean cross-entropy before that update.
---
--- Training again continues. A loss, gradient or weight that is not finite
--- raises, names the iteration, and leaves the last finite weights.
---@param options? table  iterations = 1000, rate = 0.1, progress = false
---@return fun(_: nil, i: integer): integer?, number?
function Model:steps(options)
  local step, state, first, bar = iterate(self, options, "steps", 2)
  return step, state, first, bar
end

--- The loop of `steps`, without a body.
---@param options? table  iterations = 1000, rate = 0.1, progress = false
---@return any cost  float64 (iterations): cost[i] is the loss before update i
function Model:fit(options)
  local cost = {}
  for i, loss in iterate(self, options, "fit", 3) do
    cost[i] = loss
  end
  return #cost > 0 and core.array(cost) or core.zeros(0)
end

--- How it is trained: "dense", by matrix products, or "sparse", skipping the zeros of
--- x; and why. The choice depends on the shape of x and on how much of it is 0; the
--- loss is the same, to rounding.
---@return "dense"|"sparse" plan
---@return string why
function Model:plan()
  check_self(self, "plan", 2)
  return trainer.plan(self._trainer)
end

-- --- using -------------------------------------------------------------------

local function predict(self, x, level)
  return (check(level + 1, trainer.predict(self.weights, to_rows(x, level + 1), self._scale)))
end

--- The most likely label of each row.
---
--- Raises, naming the shapes, where x is not as wide as the model's inputs, and
--- row, column and value of a number that is not finite.
---@param x any  (n, ...): flattened and scaled as the model's own
---@return any labels  int64 (n), class numbers from 0
function Model:predict(x)
  check_self(self, "predict", 2)
  return (predict(self, x, 2))
end

--- The part of rows whose label is predicted.
---@param x any  (n, ...)
---@param y any  (n) labels or (n, classes) one-hot
---@return number accuracy  0..1
function Model:score(x, y)
  check_self(self, "score", 2)
  x, y = to_array(x, "x", 2), to_array(y, "y", 2)
  check_rows(x, y, 2)
  local labels = check(2, trainer.labels(y, y.ndim == 2 and self.classes or 0))
  return core.accuracy(labels, predict(self, x, 2))
end

return setmetatable(Model, { __call = new })
