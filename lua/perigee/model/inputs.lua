--- Converts x and y to the rows and targets of a network.
--
-- Each function returns nil and a message for values that do not fit.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local core = require "perigee.core"
local printable = require "perigee.util.printable"

local inputs = {}

--- Converts a nested table to an array, and checks that an array was not freed.
local function to_array(value, name)
  local array, message = value, nil
  if name == "y" and type(value) == "table" and type(value[1]) == "string" then
    return nil, ("y is a list of texts, and labels are numbers from 0: %s numbers the texts of a "
      .. "CSV file's column"):format 't:labels "name"'
  end
  if type(value) == "table" then
    array, message = errors.try(core.array, value)
  elseif not types.is_array(value) then
    return nil, ("%s must be an array, not %s"):format(name, type(value))
  end
  local shape
  if array then
    shape, message = errors.try(function() return array.shape end)
  end
  if not shape then
    return nil, name .. ": " .. message
  end
  return array
end

--- Flattens x (n, ...) to rows (n, inputs), where they are to be flat. A rank may have no rows.
local function to_rows(x, is_flat, may_be_empty)
  if x.ndim == 0 or x.size == 0 and not (may_be_empty and x.shape[1] == 0) then
    return nil, ("x of shape %s has no numbers"):format(x.shape)
  elseif x.ndim == 2 or not is_flat then
    return x
  end
  return x.size > 0 and x:reshape(x.shape[1], -1) or x:flatten(2)
end

--- Converts x (n, ...) to an array of rows.
---@param x any
---@param is_flat boolean  true for rows (n, inputs), false for those of x's shape
---@return { rows: perigee.array, shape: integer[] }?  # shape is that of x
---@return string?
function inputs.rows(x, is_flat)
  local array, rows, message
  array, message = to_array(x, "x")
  if array then
    rows, message = to_rows(array, is_flat)
  end
  if not rows then
    return nil, message
  end
  return { rows = rows, shape = array.shape }
end

--- Checks that rows are as wide as a model's inputs.
---@param data { rows: perigee.array, shape: integer[] }
---@param W1 perigee.array  (hidden, inputs)
---@return true?
---@return string?
function inputs.check_width(data, W1)
  local width, rows = W1.shape[2], data.rows
  if rows.shape[2] == width then
    return true
  elseif rows.size == width then
    return nil, ("x of shape %s is one row, and has no axis of rows: x:reshape(1, -1) gives it "
      .. "one, and x:rows(1) has it where x[1] has not"):format(data.shape)
  end
  return nil, ("x of shape %s does not fit W1 of shape %s: it must be (rows, %d)%s"):format(
    data.shape, W1.shape, width,
    #data.shape == 2 and "" or (", and has %d numbers in a row"):format(rows.shape[2]))
end

--- Converts x to rows, and y to the targets of an objective.
---@param x any
---@param y any
---@param objective perigee.objective
---@param is_flat boolean  true for rows (n, inputs), false for those of x's shape
---@param may_be_empty? boolean  true for the rows of a rank
---@return table?  # rows, targets; shape, that of x; y as an array; classes, those that y has
---@return string?
function inputs.labelled(x, y, objective, is_flat, may_be_empty)
  local message, rows, targets, classes
  x, message = to_array(x, "x")
  if not x then
    return nil, message
  end
  y, message = to_array(y, "y")
  if not y then
    return nil, message
  elseif y.ndim == 2 and y.shape[2] == 1 and objective.kind == "cross_entropy"
    and objective.classes ~= 1 then
    return nil, ("y of shape %s is one column: labels have rank 1, as y:reshape(-1) has%s"):format(
      y.shape, not objective.classes and " (classes = 1 says that there is one class)" or "")
  elseif y.ndim == 0 or x.ndim == 0 or y.shape[1] ~= x.shape[1] then
    local is_row = x.ndim > 0 and y.size == 1
    return nil, ("x of shape %s and y of shape %s do not have as many rows%s"):format(x.shape,
      y.shape, is_row and " (one row is x:rows(1), or x:reshape(1, -1))" or "")
  end
  rows, message = to_rows(x, is_flat, may_be_empty)
  if not rows then
    return nil, message
  end
  targets, classes = objective:targets(y)
  if not targets then
    return nil, classes .. (x.ndim == 1 and y.ndim > 1
      and (" (x of shape %s looks like labels: x comes first, then y)"):format(x.shape) or "")
  end
  if is_flat and targets.ndim > 2 then
    targets = targets:flatten(2)
  end
  return { rows = rows, targets = targets, shape = x.shape, y = y, classes = classes }
end

-- --- data that were scaled twice -----------------------------------------------

local BLOCK = 16384 -- rows that are tested at a time
local FIRST = 16 -- rows that are tested before all others, as most data are not within 0..1

--- The lines of scripts for which there was a warning, by "file:line".
local warned = {}

--- The largest number, if all are from 0 to 1. Rows in column-major order are copied for that, a
--- block at a time: mapped ones may be more than memory.
local function largest_within_unit(x)
  local largest = 0
  for first = 1, x.shape[1], BLOCK do
    local rows <close> = x:rows(first, math.min(first + BLOCK - 1, x.shape[1]))
    largest = math.max(largest, rows:max())
    if rows:min() < 0 or largest > 1 then
      return nil
    end
  end
  return largest
end

--- Warns on stderr, once for each line of a script, of floats within 0..1 that a model scales down:
--- they may have been scaled before. There is no warning for data that are all 0.
---@param name string  of the data
---@param rows perigee.array  (n, inputs), all finite
---@param scale number  the model's
function inputs.warn_if_scaled(name, rows, scale)
  if math.abs(scale) >= 1 or rows.size == 0 or not rows.dtype:find "^float"
    or not largest_within_unit(rows:rows(1, math.min(FIRST, rows.shape[1]))) then
    return
  end
  local place = errors.place() or "perigee"
  if warned[place] or (largest_within_unit(rows) or 0) == 0 then
    return
  end
  warned[place] = true
  io.stderr:write(c_locale.format("%s: warning: %s of shape %s is within 0..1 already, and "
    .. "scale = %.4g makes it smaller still: leave the scale out, or give the raw numbers\n",
    printable.name(place), name, rows.shape, scale))
end

return inputs
