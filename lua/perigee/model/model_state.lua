--- The state of a model that a checkpoint keeps: its weights, and the progress of the training.

local checkpoint = require "perigee.model.checkpoint"
local core = require "perigee.core"

local model_state = {}

--- Sets the state of the training to that of a checkpoint.
---@param model perigee.Model
---@param state table  as `checkpoint.read` returns it
function model_state.set_progress(model, state)
  if state.random_state then
    model._random = model._random or core.random(0)
    model._random:set_state(state.random_state)
  end
  model._dropout_key, model._state_before_key = state.dropout_key, nil
  model._epoch = state.epoch
  model._record = state.record
  model._losses = state.losses
  model._validation_losses = state.validation_losses
end

--- Checks that a checkpoint is of a network like this model's.
local function check_alike(model, state)
  local network = model._network
  local difference = network:difference(state) or network.objective:difference(state.objective)
  if difference then
    return nil, difference
  elseif state.names and model.names
    and table.concat(state.names, "\0") ~= table.concat(model.names, "\0") then
    return nil, "its classes have other names than the model's"
  elseif state.scale ~= network.scale then
    return nil, ("the scale is %g, and the model's is %g"):format(state.scale, network.scale)
  end
  return true
end

--- Restores the state of a checkpoint. For one that does not fit, returns nil and a message, with
--- which trials warn, and the model is unchanged.
---@param model perigee.Model
---@param path string
---@return true?
---@return string? note  the checkpoint's; the error message, where nil comes first
function model_state.restore(model, path)
  local state, message = checkpoint.read(path)
  if not state then
    return nil, message
  end
  local is_alike, difference = model._network:check()
  if is_alike then
    is_alike, difference = check_alike(model, state)
  end
  if not is_alike then
    return nil, path .. ": " .. difference
  end
  model._network:assign(state.weights)
  model._batches = nil
  model_state.set_progress(model, state)
  local kept = model._record and model._record.options or {}
  -- A file keeps no function and no data, but a marker.
  for name, marker in pairs { rate = "function", validation = "given" } do
    if kept[name] == marker then
      kept[name] = model._options[name] or marker
    end
  end
  model._network:set_optimizer_state(state.optimizer_state)
  return true, state.note
end

return model_state
