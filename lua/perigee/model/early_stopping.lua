--- Early stopping: the best of the validation losses, the weights that had it, and how many
--- epochs have come since.
--
-- What was seen is one table, which takes another's place at once, so that an interrupt falls
-- before or after.

local weights = require "perigee.model.weights"

local patience = {}

---@class perigee.patience.seen
---@field iteration integer  of the last validation, or where the training began
---@field losses integer  how many validation losses the model has then
---@field waited integer  validations since the best one
---@field best? number
---@field best_weights? table<string, perigee.array>

--- The weights, which were the best ones, beside themselves.
local function copy_weights(model)
  return weights.map(model.weights, model._layers, function(array)
    return array:copy()
  end)
end

--- Before the first validation.
---@param model perigee.Model
---@return perigee.patience.seen
function patience.begin(model)
  return { iteration = model.iteration, losses = #model._validation_losses, waited = 0 }
end

--- Where a training that has ended goes on: the best weights are the model's.
---@param seen perigee.patience.seen
---@param model perigee.Model
---@return perigee.patience.seen
function patience.resume(seen, model)
  local copied = seen.best and not seen.best_weights and copy_weights(model)
  return {
    iteration = seen.iteration, losses = seen.losses, waited = seen.waited, best = seen.best,
    best_weights = copied or seen.best_weights,
  }
end

--- Where a training goes on without patience: what was best is not any more.
---@param seen perigee.patience.seen
---@return perigee.patience.seen
function patience.forget(seen)
  return { iteration = seen.iteration, losses = seen.losses, waited = 0 }
end

--- When another loss has come. One that is not finite is not better than none. Nothing is kept of
--- it where there is no patience.
---@param seen perigee.patience.seen
---@param model perigee.Model
---@param loss number
---@param keep any  whether there is
---@return perigee.patience.seen
function patience.see(seen, model, loss, keep)
  local now = { iteration = model.iteration, losses = seen.losses + 1, waited = 0 }
  if not keep then
    return now
  elseif loss - loss == 0 and (not seen.best or loss < seen.best) then
    now.best, now.best_weights = loss, copy_weights(model)
  else
    now.best, now.best_weights, now.waited = seen.best, seen.best_weights, seen.waited + 1
  end
  return now
end

--- When it has ended: the best weights take the place of the model's.
---@param seen perigee.patience.seen
---@param model perigee.Model
---@return perigee.patience.seen
function patience.finish(seen, model)
  for name, best in pairs(seen.best_weights or {}) do
    model.weights[name][{ {}, {} }] = best
  end
  return {
    iteration = seen.iteration, losses = seen.losses, waited = seen.waited, best = seen.best,
  }
end

return patience
