--- x and y, in whatever form they come, as the core takes them: rows and labels.
--
-- Each function gives nil and a message for what does not fit.

local check = require "perigee.check"
local core = require "perigee.core"

local samples = {}

--- Whether y has a column for each class.
---@param y any
---@return boolean
function samples.is_one_hot(y)
  if check.is_array(y) then
    return check.try(function() return y.ndim end) == 2
  end
  return type(y) == "table" and type(y[1]) == "table"
end

--- An array as it is, or one from a nested table; it may have been freed.
local function to_array(value, name)
  local array, message = value, nil
  if type(value) == "table" then
    array, message = check.try(core.array, value)
  elseif not check.is_array(value) then
    return nil, ("%s must be an array, not %s"):format(name, type(value))
  end
  local shape
  if array then
    shape, message = check.try(function() return array.shape end)
  end
  if not shape then
    return nil, name .. ": " .. message
  end
  return array
end

local function to_rows(x)
  if x.ndim == 0 or x.size == 0 then
    return nil, ("x of shape %s has no numbers"):format(x.shape)
  end
  return x.ndim == 2 and x or x:reshape(x.shape[1], -1)
end

--- x (n, ...) as (n, inputs).
---@param x any
---@return perigee.array?
---@return string?
function samples.rows(x)
  local array, message = to_array(x, "x")
  if not array then
    return nil, message
  end
  return to_rows(array)
end

--- x as (n, inputs), and y's labels.
---@param x any
---@param y any
---@param classes integer  how many labels there may be, or 0: as many as there are
---@return { rows: perigee.array, labels: perigee.array, classes: integer }?
---@return string?
function samples.labelled(x, y, classes)
  local message, rows, labels
  x, message = to_array(x, "x")
  if not x then
    return nil, message
  end
  y, message = to_array(y, "y")
  if not y then
    return nil, message
  elseif y.ndim == 0 or x.ndim == 0 or y.shape[1] ~= x.shape[1] then
    return nil, ("x of shape %s and y of shape %s do not have as many rows"):format(x.shape,
      y.shape)
  end
  rows, message = to_rows(x)
  if not rows then
    return nil, message
  end
  labels, classes = core.trainer.labels(y, classes)
  if not labels then
    return nil, classes
  end
  return { rows = rows, labels = labels, classes = classes }
end

return samples
