--- The weights of a network as a table of arrays: W1, b1, W2, b2, ...

local unknown_name = require "perigee.util.unknown_name"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local core = require "perigee.core"
local suggest = require "perigee.util.suggest"

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
          row, column, errors.describe(number))
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

--- The weights of a model: a name that is no weight's raises where it is read. `activation` stays
--- what the kernels look for.
---@param weights table<string, perigee.array>
---@param layers integer
---@param activation string[]  of each hidden layer
---@return table<string, perigee.array>
function network.guard(weights, layers, activation)
  local names = network.names(layers)
  return setmetatable(weights, { __index = function(_, name)
    if name == "activation" then
      return activation
    elseif not collections.contains(names, name) then
      errors.raise(unknown_name.message("the model's weights table", name, names))
    end
  end })
end

--- The shape and dtype of each of a network's arrays, as text; and `classes`, how many outputs it
--- has.
---@param weights table<string, perigee.array>
---@param layers integer
---@return table<string, string|integer>
function network.forms(weights, layers)
  local forms = network.map(weights, layers, function(array)
    return ("shape %s (%s)"):format(array.shape, array.dtype)
  end)
  forms.classes = weights["W" .. layers].shape[1]
  return forms
end

--- The message about the first weight that is none: no array, freed, or no matrix.
local function fault(weights, layers, forms)
  for _, name in ipairs(network.names(layers)) do
    local array = rawget(weights, name)
    if not types.is_array(array) then
      return ("%s must be an array%s, not %s"):format(name, forms and " of " .. forms[name] or "",
        errors.describe(array))
    end
    local ndim, message = errors.try(function() return array.ndim end)
    if ndim ~= 2 then
      return message and name .. " is an array that was freed"
        or forms and ("%s must have %s, not %s"):format(name, forms[name], array.shape)
        or ("%s has rank %d, and not 2"):format(name, ndim)
    end
  end
  local last = "W" .. layers
  if forms and weights[last].shape[1] ~= forms.classes then
    return ("%s of shape %s must have a row for each of the model's %d classes (the model was made "
      .. "with %s of %s)"):format(last, weights[last].shape, forms.classes, last, forms[last])
  end
end

--- The message about a name in a table of weights that is no weight's: what was meant for one
--- would be read by nothing.
local function misnamed(weights, layers)
  local names = network.names(layers)
  for _, name in ipairs(collections.sorted_keys(weights)) do
    if not collections.contains(names, name) then
      return ("'%s' is no weight of the model: there are %s%s"):format(tostring(name),
        table.concat(names, ", "), suggest.suggestion(name, names))
    end
  end
end

--- True for a table of arrays under the names of weights, and nothing else; else nil and what is
--- wrong.
---@param weights any
---@param layers integer
---@param forms? table<string, string>  what a model was made with, as `network.forms` has it
---@return true?
---@return string?
function network.check_names(weights, layers, forms)
  if type(weights) ~= "table" then
    return nil, ("weights must be a table of arrays (%s), not %s"):format(
      table.concat(network.names(layers), ", "), errors.describe(weights))
  end
  local message = misnamed(weights, layers) or fault(weights, layers, forms)
  return message == nil or nil, message
end

--- The end of a message about weights that do not fit: which of them the model was made with in
--- another form; "" where none is.
local function difference(weights, layers, forms)
  local now, list = network.forms(weights, layers), {}
  for _, name in ipairs(forms and network.names(layers) or {}) do
    if now[name] ~= forms[name] then
      list[#list + 1] = ("%s of %s"):format(name, forms[name])
    end
  end
  return #list > 0 and " (the model was made with " .. table.concat(list, ", ") .. ")" or ""
end

--- True for weights of so many layers that fit each other; else nil and what is wrong.
---@param weights table<string, any>
---@param layers integer
---@param forms? table<string, string>  what a model was made with, as `network.forms` has it
---@return true?
---@return string?
function network.check(weights, layers, forms)
  local named, message = network.check_names(weights, layers, forms)
  if not named then
    return nil, message
  end
  local row = core.zeros(1, weights.W1.shape[2])
  local fits, problem = errors.try(core.forward, row, weights)
  if fits then
    return true
  end
  return nil, problem .. difference(weights, layers, forms)
end

--- The message about weights that do not fit, in the place of another that they are the cause of;
--- that other one, where they do.
---@param message string
---@param model perigee.Model
---@return string
function network.blame(message, model)
  local fits, problem = network.check(model.weights, model._layers, model._forms)
  return fits and message or problem
end

return network
