--- The weights of a network: a table of the arrays W1, b1, W2, b2, ...

local collections = require "perigee.util.collections"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local suggest = require "perigee.util.suggest"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"

local weights = {}

--- The names of the arrays of a number of layers, in order.
---@param layers integer
---@return string[]
function weights.names(layers)
  local names = {}
  for l = 1, layers do
    names[#names + 1] = "W" .. l
    names[#names + 1] = "b" .. l
  end
  return names
end

--- Maps each array by a function to a new table.
---@param arrays table<string, perigee.array>
---@param names string[]
---@param f fun(array: perigee.array): perigee.array
---@return table<string, perigee.array>
function weights.map(arrays, names, f)
  local mapped = {}
  for _, name in ipairs(names) do
    mapped[name] = f(arrays[name])
  end
  return mapped
end

--- An element's position: "row 2, column 3" of a matrix, "element (2, 3, 1)" of other arrays.
local function position_text(shape, at)
  local position, left = {}, at - 1
  for axis = #shape, 1, -1 do
    position[axis] = left % shape[axis] + 1
    left = left // shape[axis]
  end
  return (#shape == 2 and "row %s" or "element (%s)"):format(
    table.concat(position, #shape == 2 and ", column " or ", "))
end

--- Checks that all numbers are finite.
---@param arrays table<string, perigee.array>
---@param names string[]
---@param prefix? string  of the names in the message
---@return true?
---@return string?  # the error message, where nil comes first
function weights.check_finite(arrays, names, prefix)
  for _, name in ipairs(names) do
    local array = arrays[name]
    local finite = array:isfinite()
    if not finite:all() then
      local at = finite:argmin()
      return nil, ("'%s%s': %s is %s, and not finite"):format(prefix or "", name,
        position_text(array.shape, at), errors.describe(array:reshape(-1)[at]))
    end
  end
  return true
end

--- Checks that a scale is finite and not 0 in a dtype.
---@param scale number
---@param dtype string
---@return true?
---@return string?  # the error message, where nil comes first
function weights.check_scale(scale, dtype)
  local rounded = scale
  if dtype == "float32" then
    rounded = string.unpack("f", string.pack("f", scale))
  end
  if scale == 0 then
    return nil, "the scale is 0, by which all of x would be 0"
  elseif rounded - rounded ~= 0 then
    return nil, ("the scale %g is too large for %s"):format(scale, dtype)
  elseif rounded == 0 then
    return nil, ("the scale %g is too small for %s, in which it is 0"):format(scale, dtype)
  end
  return true
end

--- Makes a table of weights raise for unknown names that are read, and have the field `activation`,
--- which the core reads.
---@param arrays table<string, perigee.array>
---@param layers integer
---@param activation string[]  of each hidden layer
---@return table<string, perigee.array>  # the same table
function weights.guard(arrays, layers, activation)
  local names = weights.names(layers)
  return setmetatable(arrays, { __index = function(_, name)
    if name == "activation" then
      return activation
    elseif not collections.contains(names, name) then
      errors.raise(unknown_name.message("the model's weights table", name, names))
    end
  end })
end

--- The shapes of a network's arrays.
---@param arrays table<string, perigee.array>
---@param layers integer
---@return table<string, string|integer>  # the shape and dtype of each array as text; and
---   `classes`, the number of outputs
function weights.shapes(arrays, layers)
  local shapes = weights.map(arrays, weights.names(layers), function(array)
    return ("shape %s (%s)"):format(array.shape, array.dtype)
  end)
  shapes.classes = arrays["W" .. layers].shape[1]
  return shapes
end

--- The message about the first array that is missing, freed, or not a matrix; nil if there is none.
local function problem_of_arrays(arrays, layers, shapes)
  for _, name in ipairs(weights.names(layers)) do
    local array = rawget(arrays, name)
    if not types.is_array(array) then
      return ("%s must be an array%s, not %s"):format(name, shapes and " of " .. shapes[name] or "",
        errors.describe(array))
    end
    local ndim, message = errors.try(function() return array.ndim end)
    if ndim ~= 2 then
      return message and name .. " is an array that was freed"
        or shapes and ("%s must have %s, not %s"):format(name, shapes[name], array.shape)
        or ("%s has rank %d, and not 2"):format(name, ndim)
    end
  end
  local last = "W" .. layers
  if shapes and arrays[last].shape[1] ~= shapes.classes then
    return ("%s of shape %s must have a row for each of the model's %d classes (the model was made "
      .. "with %s of %s)"):format(last, arrays[last].shape, shapes.classes, last, shapes[last])
  end
end

--- Checks that a value is a table of matrices under the names of weights, and nothing else.
---@param arrays any
---@param layers integer
---@param shapes? table<string, string|integer>  of the model when it was made, by `weights.shapes`
---@return true?
---@return string?  # the error message, where nil comes first
function weights.check_names(arrays, layers, shapes)
  local names = weights.names(layers)
  if type(arrays) ~= "table" then
    return nil, ("weights must be a table of arrays (%s), not %s"):format(
      table.concat(names, ", "), errors.describe(arrays))
  end
  for _, name in ipairs(collections.sorted_keys(arrays)) do
    if not collections.contains(names, name) then
      return nil, ("'%s' is no weight of the model: there are %s%s"):format(tostring(name),
        table.concat(names, ", "), suggest.suggestion(name, names))
    end
  end
  local message = problem_of_arrays(arrays, layers, shapes)
  return message == nil or nil, message
end

--- Checks that weights are a table of matrices whose shapes fit each other.
---@param arrays any
---@param layers integer
---@param shapes? table<string, string|integer>  of the model when it was made, by `weights.shapes`
---@return true?
---@return string?  # the error message, where nil comes first
function weights.check(arrays, layers, shapes)
  local named, message = weights.check_names(arrays, layers, shapes)
  if not named then
    return nil, message
  end
  local row = core.zeros(1, arrays.W1.shape[2])
  local fits, problem = errors.try(core.forward, row, arrays)
  if fits then
    return true
  end
  local now, changed = weights.shapes(arrays, layers), {}
  for _, name in ipairs(shapes and weights.names(layers) or {}) do
    if now[name] ~= shapes[name] then
      changed[#changed + 1] = ("%s of %s"):format(name, shapes[name])
    end
  end
  return nil, #changed == 0 and problem
    or ("%s (the model was made with %s)"):format(problem, table.concat(changed, ", "))
end

--- The checksums of the arrays as text, in the order of their names.
---@param arrays table<string, perigee.array>
---@param names string[]
---@return string
function weights.checksums(arrays, names)
  local sums = {}
  for i, name in ipairs(names) do
    sums[i] = core.checksum(arrays[name])
  end
  return table.concat(sums, " ")
end

return weights
