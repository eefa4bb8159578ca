--- Conditions of the rules: comparisons give booleans for two numbers, else arrays.

local core = require "perigee.core"

local choose = {}

--- core.where, also for a boolean and a number.
---@param condition boolean|perigee.array
---@param a any  where it is true
---@param b any  where it is false
---@return any
function choose.where(condition, a, b)
  if type(condition) ~= "boolean" then
    return core.where(condition, a, b)
  elseif condition then
    return a
  end
  return b
end

--- True where both conditions are.
---@param p boolean|perigee.array
---@param q boolean|perigee.array
---@return boolean|perigee.array
function choose.both(p, q)
  if type(p) == "boolean" then
    return p and q
  elseif type(q) == "boolean" then
    return q and p
  end
  return p & q
end

return choose
