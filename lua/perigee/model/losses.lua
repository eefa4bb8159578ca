--- The losses of a training as arrays.

local core = require "perigee.core"

local losses = {}

local validation_of = setmetatable({}, { __mode = "k" }) -- validation losses, by their cost

--- Converts losses to arrays.
---@param cost number[]  of updates
---@param validation number[]
---@return perigee.array cost
---@return perigee.array? validation  nil for no losses
function losses.arrays(cost, validation)
  local array = core.array(cost)
  if #validation == 0 then
    return array
  end
  validation_of[array] = core.array(validation)
  return array, validation_of[array]
end

--- Tells if two values are the arrays that one call of `arrays` has returned.
---@param cost any
---@param validation any
---@return boolean
function losses.are_pair(cost, validation)
  return validation ~= nil and rawequal(validation_of[cost], validation)
end

return losses
