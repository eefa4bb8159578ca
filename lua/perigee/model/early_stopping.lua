--- Early stopping: the smallest validation loss, its weights, and the epochs since.
--
-- The state is one table, which each function replaces by a new one, so that an interrupt falls
-- before or after.

local early_stopping = {}

---@class perigee.early_stopping.state
---@field iteration integer  of the last validation, or of the training's start
---@field losses integer  the number of the model's validation losses
---@field waited integer  validations since the best loss
---@field best? number  the smallest loss
---@field best_weights? table<string, perigee.array>

--- Copies the model's weights.
local function copy_weights(model)
  local copies = {}
  for name, array in pairs(model._network:arrays()) do
    copies[name] = array:copy()
  end
  return copies
end

--- The state at the start of a training.
---@param model perigee.Model
---@return perigee.early_stopping.state
function early_stopping.begin(model)
  return { iteration = model.iteration, losses = #model._validation_losses, waited = 0 }
end

--- The state when an ended training is resumed: the model has the best weights.
---@param state perigee.early_stopping.state
---@param model perigee.Model
---@return perigee.early_stopping.state
function early_stopping.resume(state, model)
  local copied = state.best and not state.best_weights and copy_weights(model)
  return {
    iteration = state.iteration, losses = state.losses, waited = state.waited, best = state.best,
    best_weights = copied or state.best_weights,
  }
end

--- The state when a training is resumed without early stopping: without a best loss.
---@param state perigee.early_stopping.state
---@return perigee.early_stopping.state
function early_stopping.forget(state)
  return { iteration = state.iteration, losses = state.losses, waited = 0 }
end

--- The state after a validation. A loss that is not finite is never the best.
---@param state perigee.early_stopping.state
---@param model perigee.Model
---@param loss number
---@param patience integer|false|nil  without it, no best loss is kept
---@return perigee.early_stopping.state
function early_stopping.update(state, model, loss, patience)
  local now = { iteration = model.iteration, losses = state.losses + 1, waited = 0 }
  if not patience then
    return now
  elseif loss - loss == 0 and (not state.best or loss < state.best) then
    now.best, now.best_weights = loss, copy_weights(model)
  else
    now.best, now.best_weights, now.waited = state.best, state.best_weights, state.waited + 1
  end
  return now
end

--- The state after the training's end. Copies the best weights into the model's.
---@param state perigee.early_stopping.state
---@param model perigee.Model
---@return perigee.early_stopping.state
function early_stopping.finish(state, model)
  model._network:assign(state.best_weights or {})
  return {
    iteration = state.iteration, losses = state.losses, waited = state.waited, best = state.best,
  }
end

return early_stopping
