--- The state of an optimizer: its name, the number of its steps, and `arrays`: a table of arrays,
--- named as the weights, for each of the states that it keeps.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local weights = require "perigee.model.weights"

local trainer = core.trainer

local optimizer_state = {}

--- Reads the state of a trainer of a model's weights.
---@param model perigee.Model
---@param from userdata  a trainer
---@return table
function optimizer_state.read(model, from)
  local name, steps = trainer.optimizer(from)
  local state = { optimizer = name, steps = steps, arrays = {} }
  for i = 1, trainer.states[name] do
    state.arrays[i] = weights.map(model.weights, model._layers, function(array)
      return core.zeros(array.shape, array.dtype)
    end)
    errors.must(trainer.read_state(from, i, state.arrays[i]))
  end
  return state
end

--- Sets the state of a trainer.
---@param to userdata  a trainer
---@param state table
function optimizer_state.write(to, state)
  errors.must(trainer.set_optimizer(to, state.optimizer, state.steps))
  for i, arrays in ipairs(state.arrays) do
    errors.must(trainer.write_state(to, i, arrays))
  end
end

return optimizer_state
