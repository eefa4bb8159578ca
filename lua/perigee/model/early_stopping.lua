--- Early stopping: the best validation result, its weights, and the epochs since; and what the
--- schedule plateau keeps of the validation losses.
--
-- The state is one table, which each function replaces by a new one, so that an interrupt falls
-- before or after.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local schema = require "perigee.util.schema"
local schedule = require "perigee.model.schedule"

local early_stopping = {}

---@class perigee.early_stopping.state
---@field iteration integer  of the last validation, or of the training's start
---@field losses integer  the number of the model's validation losses
---@field waited integer  with patience, the validations since the best one
---@field best? number  the metric of the best validation
---@field best_weights? table<string, perigee.array>  nil while the model has them
---@field writes? integer  of the weights, when the model got the best ones at the training's end
---@field plateau? perigee.schedule.plateau

--- The metric by which validations are compared.
---@param options table<string, any>
---@return "loss"|"accuracy"|"score"
function early_stopping.metric(options)
  return options.metric or "loss"
end

--- Options by which validations are compared.
early_stopping.KINDS = {
  patience = schema.or_false(schema.integer(1)),
  metric = schema.name { "loss", "accuracy", "score" },
  min_delta = schema.not_negative,
}

--- Checks that a model has the metric of some options.
---@param options table<string, any>
---@param classes? integer  of the model; nil for real targets
---@return true?
---@return string?  # the error message, where nil comes first
function early_stopping.check(options, classes)
  local metric = options.metric
  if metric == "accuracy" and not classes then
    return nil, "metric = 'accuracy' is of models with classes: with real targets there are 'loss' "
      .. "and 'score', which is R²"
  elseif metric == "score" and classes then
    return nil, "metric = 'score' is R², of models with real targets: with classes there are "
      .. "'loss' and 'accuracy'"
  end
  return true
end

--- Describes early stopping: "patience 3 by accuracy, min_delta 0.01".
---@param options table<string, any>  with patience
---@return string
function early_stopping.describe(options)
  local metric, min_delta = early_stopping.metric(options), options.min_delta or 0
  return ("patience %d%s%s"):format(options.patience,
    metric ~= "loss" and " by " .. metric or "",
    min_delta > 0 and c_locale.format(", min_delta %g", min_delta) or "")
end

--- Copies the model's arrays.
local function copy_weights(model)
  local copies = {}
  for name, array in pairs(model._network:arrays()) do
    copies[name] = array:copy()
  end
  return copies
end

--- The number of writes to the model's weights.
---@param model perigee.Model
---@return integer
function early_stopping.writes(model)
  local network, count = model._network, 0
  local arrays = network:arrays()
  for _, name in ipairs(network.names) do
    count = count + core.writes(arrays[name])
  end
  return count
end

--- The state at the start of a training.
---@param model perigee.Model
---@param options table<string, any>
---@return perigee.early_stopping.state
function early_stopping.begin(model, options)
  return {
    iteration = model.iteration, losses = #model._validation_losses, waited = 0,
    plateau = schedule.begin(options.schedule),
  }
end

--- The state when a training is resumed. Without validation, and with another metric, it has no
--- best result any more. A training that had ended by patience goes on from the best weights, which
--- the model has.
---@param state perigee.early_stopping.state
---@param model perigee.Model
---@param options table<string, any>
---@param before table<string, any>  the options until now
---@return perigee.early_stopping.state
function early_stopping.resume(state, model, options, before)
  local now = {
    iteration = state.iteration, losses = state.losses, waited = 0,
    plateau = schedule.begin(options.schedule, state.plateau),
  }
  local is_same = early_stopping.metric(options) == early_stopping.metric(before)
  if options.validation and is_same then
    now.best = state.best
    now.best_weights = state.best_weights or state.best and copy_weights(model) or nil
    now.waited = options.patience and state.waited or 0
  end
  return now
end

--- Tells if a metric is better than the best one. One that isn't finite never is.
local function is_better(value, best, options)
  local min_delta = options.min_delta or 0
  if value - value ~= 0 then
    return false
  elseif not best then
    return true
  elseif early_stopping.metric(options) == "loss" then
    return value < best - min_delta
  end
  return value > best + min_delta
end

--- The state after a validation.
---@param state perigee.early_stopping.state
---@param model perigee.Model
---@param options table<string, any>
---@param loss number
---@param score number  the accuracy, or R²
---@return perigee.early_stopping.state
function early_stopping.update(state, model, options, loss, score)
  local now = {
    iteration = model.iteration, losses = state.losses + 1, waited = 0,
    best = state.best, best_weights = state.best_weights,
    plateau = schedule.update(options.schedule, state.plateau, loss),
  }
  local value = early_stopping.metric(options) == "loss" and loss or score
  if is_better(value, state.best, options) then
    now.best, now.best_weights = value, copy_weights(model)
  elseif options.patience then
    now.waited = state.waited + 1
  end
  return now
end

--- The state after the end of a training with patience. Copies the best weights into the model's.
---@param state perigee.early_stopping.state
---@param model perigee.Model
---@return perigee.early_stopping.state
function early_stopping.finish(state, model)
  model._network:assign(state.best_weights or {})
  return {
    iteration = state.iteration, losses = state.losses, waited = state.waited, best = state.best,
    plateau = state.plateau, writes = early_stopping.writes(model),
  }
end

return early_stopping
