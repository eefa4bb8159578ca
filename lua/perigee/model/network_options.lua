--- The options of a network: its layers, their activations, and how it takes the data.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local printable = require "perigee.util.printable"
local schema = require "perigee.util.schema"

local trainer = core.trainer

local network_options = {}

local units = schema.integer(1)

--- An activation's name.
network_options.activation = schema.name(trainer.activations)

local read_activation = network_options.activation.read

--- The probability with which an element of a hidden layer is dropped in a training step.
network_options.probability = schema.number(" from 0 to below 1", function(value)
  return value >= 0 and value < 1
end)

--- A table of arrays, which parameters.find reads.
local tree = {
  expected = "a table of arrays",
  read = function(value)
    return type(value) == "table" and value or nil
  end,
}

--- Options that `pg.Model` alone takes, not `steps` and `fit`.
network_options.KINDS = {
  weights = tree,
  state = tree,
  forward = {
    expected = "a function of weights, x, training and state",
    read = function(value)
      return type(value) == "function" and value or nil
    end,
  },
  freeze = {
    expected = "a list of names of weights, or of their positions",
    read = function(value)
      return type(value) == "table" and schema.elements(value, function(name)
        return math.type(name) == "integer" and tostring(name) or schema.text.read(name)
      end) or nil
    end,
  },
  -- The widths of the hidden layers: one, or a list.
  hidden = {
    expected = units.expected,
    read = function(value)
      return schema.elements(type(value) == "table" and value or { value }, units.read)
    end,
  },
  -- A name for all hidden layers, or a list of one for each.
  activation = {
    expected = network_options.activation.expected,
    quoted = true,
    read = function(value)
      if type(value) ~= "table" then
        return read_activation(value)
      end
      return schema.elements(value, read_activation)
    end,
  },
  -- A probability for all hidden layers, or a list of one for each.
  dropout = {
    expected = network_options.probability.expected .. ", or a list of them",
    read = function(value)
      return schema.elements(type(value) == "table" and value or { value },
        network_options.probability.read)
    end,
  },
  seed = schema.seed,
  dtype = schema.name { "float32", "float64" },
  classes = schema.integer(1),
  names = schema.class_names,
  scale = schema.number "",
  plan = schema.name { "auto", "dense", "sparse" },
}

local OF_OWN = { "weights", "state", "freeze" }
local OF_DENSE = { "hidden", "activation", "dropout", "plan" }

--- Checks that options of models with a forward function, and of those without, aren't mixed, and
--- that a model has a plan to choose.
---@param options table
---@return true?
---@return string?  # the error message, where nil comes first
function network_options.check_kind(options)
  for _, name in ipairs(options.forward and OF_DENSE or OF_OWN) do
    if options[name] ~= nil then
      return nil, options.forward
        and name .. " is an option of built-in layers, and the model has a forward function"
          .. (name == "dropout" and ": pg.dropout does that there" or "")
        or name .. " is an option of models with a forward function: give forward, too"
    end
  end
  if options.forward and not options.weights then
    return nil, "forward needs weights: a table of arrays"
  elseif options.plan and type(options.loss) == "function" then
    return nil, "plan is an option of models whose loss has a name, and the loss is a function"
  end
  return true
end

--- The widths of the hidden layers, and the activation of each; nil and a message where they do not
--- fit.
---@param options table
---@return integer[]?
---@return string[]|string
function network_options.layers(options)
  local widths = options.hidden or { 100 }
  local activations = options.activation or trainer.activations[1] -- a name, or one for each layer
  if #widths < 1 or #widths > trainer.most_hidden then
    return nil, ("hidden must be a number of units, or a list of 1 to %d"):format(
      trainer.most_hidden)
  elseif type(activations) == "table" and #activations ~= #widths then
    return nil, ("there are %d activations for %d hidden layers (one name serves for all)"):format(
      #activations, #widths)
  end
  local list = {}
  for i = 1, #widths do
    list[i] = type(activations) == "table" and activations[i] or activations
  end
  return widths, list
end

--- The probability of dropout in each hidden layer; false without dropout, nil and a message where
--- there is not one for each.
---@param options table
---@param layers integer  hidden layers
---@return number[]|false|nil
---@return string?
function network_options.dropout(options, layers)
  local given, list, drops = options.dropout or {}, {}, false
  if #given > 1 and #given ~= layers then
    return nil, ("there are %d probabilities of dropout for %d hidden layers (one number serves "
      .. "for all)"):format(#given, layers)
  end
  for i = 1, layers do
    list[i] = (#given > 1 and given[i] or given[1] or 0) + 0.0
    drops = drops or list[i] > 0
  end
  return drops and list
end

--- The probabilities of dropout as text: "0.2", or "0.2, 0.5" where layers differ.
---@param dropout number[]
---@return string
function network_options.dropout_text(dropout)
  local words, alike = {}, true
  for i, p in ipairs(dropout) do
    words[i], alike = c_locale.format("%g", p), alike and p == dropout[1]
  end
  return alike and words[1] or table.concat(words, ", ")
end

--- The difference of a file's dropout from a model's, for a message; nil if they are the same.
---@param theirs number[]|false|nil
---@param mine number[]|false|nil
---@return string?
function network_options.dropout_difference(theirs, mine)
  local function text(dropout)
    return dropout and network_options.dropout_text(dropout) or "none"
  end
  local alike = not theirs == not mine
  for i, p in ipairs(theirs or {}) do
    alike = alike and p == mine[i]
  end
  return not alike and ("the dropout is %s, and the model's is %s"):format(text(theirs), text(mine))
    or nil
end

--- The number of classes that the options name or give, false where they do neither; nil and a
--- message where the two differ.
---@param options table
---@return integer|false|nil
---@return string?
function network_options.classes(options)
  local names, classes = options.names, options.classes
  if names and classes and #names ~= classes then
    return nil, ("there are %d names for %d classes"):format(#names, classes)
  end
  return classes or names and #names or false
end

--- The names of classes as one text, of at most `columns` columns.
---@param names string[]
---@param columns integer
---@return string
function network_options.names_text(names, columns)
  local shown = {}
  for i, name in ipairs(names) do
    shown[i] = printable.name(name)
  end
  return printable.cut(table.concat(shown, ", "), columns, "...")
end

return network_options
