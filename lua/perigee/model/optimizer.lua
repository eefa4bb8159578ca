--- The options of each optimizer: PyTorch's names and defaults, where it has them.

local collections = require "perigee.util.collections"
local schema = require "perigee.util.schema"

local optimizer = {}

--- What each knows, with its defaults; the rules themselves are in the core.
local DEFAULTS = {
  sgd = { rate = 0.1 },
  momentum = { rate = 0.1, momentum = 0.9, dampening = 0 },
  nesterov = { rate = 0.1, momentum = 0.9 },
  rmsprop = { rate = 0.01, alpha = 0.99, eps = 1e-8, momentum = 0 },
  adam = { rate = 0.001, betas = { 0.9, 0.999 }, eps = 1e-8 },
}

--- The state of an optimizer that is a mean of squares, never below 0.
optimizer.SQUARES = { rmsprop = 1, adam = 2 }

-- --- kinds ---------------------------------------------------------------------

local function at_least_0(value)
  return value >= 0
end

local function below_1(value)
  return value >= 0 and value < 1
end

local part = schema.number(" from 0 to below 1", below_1)

local betas = {
  expected = "two finite numbers from 0 to below 1",
  read = function(value)
    if type(value) ~= "table" or #value ~= 2 then
      return nil
    elseif not part.read(value[1]) then
      return nil, value[1]
    elseif not part.read(value[2]) then
      return nil, value[2]
    end
    return { value[1], value[2] }
  end,
}

local above_0 = schema.number(" above 0", function(value)
  return value > 0
end)

local rate = {
  expected = above_0.expected .. ", or a function of the iteration",
  read = function(value)
    return type(value) == "function" and value or above_0.read(value)
  end,
}

--- What each option must be.
optimizer.KINDS = {
  optimizer = schema.name(require("perigee.core").trainer.optimizers),
  rate = rate,
  weight_decay = schema.number(", 0 or more", at_least_0),
  momentum = schema.number(", 0 or more", at_least_0),
  dampening = schema.number "",
  alpha = schema.number(", 0 or more", at_least_0),
  betas = betas,
  eps = schema.number(", 0 or more", at_least_0),
}

-- --- settings -------------------------------------------------------------------

--- The options that are an optimizer's own: another's begin at their defaults.
---@param name string
---@return boolean
function optimizer.owns(name)
  return optimizer.KINDS[name] ~= nil and name ~= "optimizer" and name ~= "weight_decay"
end

--- The optimizer that is meant where options name none.
optimizer.FIRST = "sgd"

local function check_known(options, name)
  for _, option in ipairs(collections.sorted_keys(options)) do
    if optimizer.owns(option) and DEFAULTS[name][option] == nil then
      return nil, ("%s is no option of the optimizer %s; it has %s, weight_decay"):format(option,
        name, table.concat(collections.sorted_keys(DEFAULTS[name]), ", "))
    end
  end
  return true
end

--- All that a step is told of its optimizer.
---@param options table<string, any>  checked, each, by its kind
---@return table?  # with rate, which may be a function; nil for an option that the optimizer
---@return string?  # does not know, and the message
function optimizer.settings(options)
  local name = options.optimizer or optimizer.FIRST
  local known, message = check_known(options, name)
  if not known then
    return nil, message
  end
  local settings = { optimizer = name, weight_decay = options.weight_decay or 0 }
  for option, default in pairs(DEFAULTS[name]) do
    settings[option] = options[option] == nil and default or options[option]
  end
  if settings.betas then
    settings.beta1, settings.beta2 = table.unpack(settings.betas)
  end
  return settings
end

return optimizer
