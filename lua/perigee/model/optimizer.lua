--- Optimizers and their options, with PyTorch's names and defaults where it has them.

local collections = require "perigee.util.collections"
local schema = require "perigee.util.schema"

local optimizer = {}

--- The options of each optimizer, with their defaults. The core has the update rules.
local DEFAULTS = {
  sgd = { rate = 0.1 },
  momentum = { rate = 0.1, momentum = 0.9, dampening = 0 },
  nesterov = { rate = 0.1, momentum = 0.9 },
  rmsprop = { rate = 0.01, alpha = 0.99, eps = 1e-8, momentum = 0 },
  adam = { rate = 0.001, betas = { 0.9, 0.999 }, eps = 1e-8 },
  adamw = { rate = 0.001, betas = { 0.9, 0.999 }, eps = 1e-8 },
}

--- The weight decay of each optimizer where none is given; 0 of the others.
local WEIGHT_DECAY = { adamw = 0.01 }

--- The optimizer's state that is a mean of squares, and so never negative, by its number.
optimizer.SQUARES = { rmsprop = 1, adam = 2, adamw = 2 }

-- --- kinds ---------------------------------------------------------------------

local not_negative = schema.not_negative

local fraction = schema.number(" from 0 to below 1", function(value)
  return value >= 0 and value < 1
end)

local betas = {
  expected = "two finite numbers from 0 to below 1",
  read = function(value)
    if type(value) ~= "table" or #value ~= 2 then
      return nil
    elseif not fraction.read(value[1]) then
      return nil, value[1]
    elseif not fraction.read(value[2]) then
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

--- The kinds of the options.
optimizer.KINDS = {
  optimizer = schema.name(require("perigee.core").trainer.optimizers),
  rate = rate,
  weight_decay = not_negative,
  momentum = not_negative,
  dampening = schema.number "",
  alpha = not_negative,
  betas = betas,
  eps = not_negative,
}

-- --- settings -------------------------------------------------------------------

--- Tells if an option belongs to an optimizer: a change of the optimizer resets it to its default.
---@param name string
---@return boolean
function optimizer.owns(name)
  return optimizer.KINDS[name] ~= nil and name ~= "optimizer" and name ~= "weight_decay"
end

--- The default optimizer.
optimizer.DEFAULT = "sgd"

--- The settings of an optimizer step, with the defaults of options that are not given.
---@param options table<string, any>  each as its kind reads it
---@return table?  # `rate` may be a function; nil for an option of another optimizer
---@return string?  # the error message, where nil comes first
function optimizer.settings(options)
  local name = options.optimizer or optimizer.DEFAULT
  for _, option in ipairs(collections.sorted_keys(options)) do
    if optimizer.owns(option) and DEFAULTS[name][option] == nil then
      return nil, ("%s is no option of the optimizer %s; it has %s, weight_decay"):format(option,
        name, table.concat(collections.sorted_keys(DEFAULTS[name]), ", "))
    end
  end
  local settings = {
    optimizer = name, weight_decay = options.weight_decay or WEIGHT_DECAY[name] or 0,
  }
  for option, default in pairs(DEFAULTS[name]) do
    settings[option] = options[option] == nil and default or options[option]
  end
  if settings.betas then
    settings.beta1, settings.beta2 = table.unpack(settings.betas)
  end
  return settings
end

return optimizer
