--- The weights of a network as a table of arrays: W1, b1, W2, b2, ...

local check = require "perigee.check"
local core = require "perigee.core"

local network = {}

--- The most hidden layers that the core takes.
network.MOST_HIDDEN = 15

--- The names of the arrays of so many layers, in order.
---@param layers integer
---@return string[]
function network.names(layers)
  local names = {}
  for l = 1, layers do
    names[#names + 1] = "W" .. l
    names[#names + 1] = "b" .. l
  end
  return names
end

--- A table of what f makes of each array.
---@param weights table<string, perigee.array>
---@param layers integer
---@param f fun(array: perigee.array): perigee.array
---@return table<string, perigee.array>
function network.map(weights, layers, f)
  local made = {}
  for _, name in ipairs(network.names(layers)) do
    made[name] = f(weights[name])
  end
  return made
end

--- Whether one of a network's arrays may take another's place.
---@param a perigee.array
---@param b perigee.array
---@return boolean
function network.same_form(a, b)
  return a.dtype == b.dtype and a.ndim == 2 and a.shape[1] == b.shape[1]
    and a.shape[2] == b.shape[2]
end

--- True where all numbers of a network's arrays are finite; else nil and the name of the array.
---@param arrays table<string, perigee.array>
---@param layers integer
---@param prefix? string  of the names in the message
---@return true?
---@return string?
function network.check_finite(arrays, layers, prefix)
  for _, name in ipairs(network.names(layers)) do
    local array = arrays[name]
    local span = array:max() - array:min()
    if span ~= span or span == math.huge then
      local at = (array - array):eq(0):argmin() - 1
      local columns = array.shape[2]
      local row, column = at // columns + 1, at % columns + 1
      local number = array[{ row, column }]
      if number - number ~= 0 then
        return nil, ("'%s%s': row %d, column %d is %s, and not finite"):format(prefix or "", name,
          row, column, check.shown(number))
      end
    end
  end
  return true
end

--- True where a network of a dtype can multiply x by a scale; else nil and why not.
---@param scale number
---@param dtype string
---@return true?
---@return string?
function network.check_scale(scale, dtype)
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

--- Whether these are weights of so many layers that fit each other; else nil and what is wrong.
---@param weights any
---@param layers integer
---@return true?
---@return string?
function network.check(weights, layers)
  if type(weights) ~= "table" then
    return nil, ("the weights are a table, not %s"):format(check.shown(weights))
  end
  for _, name in ipairs(network.names(layers)) do
    local array = weights[name]
    if not check.is_array(array) then
      return nil, ("%s must be an array, not %s"):format(name, check.shown(array))
    end
    local ndim, message = check.try(function() return array.ndim end)
    if ndim ~= 2 then
      return nil, ("%s %s"):format(name, message or ("has rank %d, and not 2"):format(ndim))
    end
  end
  local row = core.zeros(1, weights.W1.shape[2])
  local fits, message = check.try(core.forward, row, weights)
  return fits and true, message
end

return network
