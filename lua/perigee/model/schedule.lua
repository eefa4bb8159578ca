--- Schedules of the learning rate: cosine, step and plateau, with PyTorch's rules.
--
-- A schedule is a table of its `name` and its options, as `schedule.KIND` reads it. The rate of an
-- update follows from its number alone. That of plateau follows from the validation losses, too,
-- of which plateau keeps a state: a table that each function replaces by a new one, so that an
-- interrupt falls before or after.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local schema = require "perigee.util.schema"
local suggest = require "perigee.util.suggest"
local synonyms = require "perigee.util.synonyms"

local schedule = {}

---@class perigee.schedule
---@field name "cosine"|"step"|"plateau"
---@field warmup? integer  of cosine: the updates in which the rate rises
---@field every? integer  of step: the updates between two reductions
---@field factor? number  of step and plateau: a reduction multiplies the rate by it
---@field patience? integer  of plateau: validations without a smaller loss that are no reason yet
---@field min_delta? number  of plateau: a smaller loss is smaller by more than this
---@field least? number  of plateau: the smallest rate

---@class perigee.schedule.plateau
---@field reductions integer  of the rate so far
---@field waited integer  validations since the best loss or the last reduction
---@field best? number  the smallest loss

-- --- kinds ---------------------------------------------------------------------

local fraction = schema.number(" above 0 and below 1", function(value)
  return value > 0 and value < 1
end)

local not_negative = schema.not_negative

--- The options of each schedule, with their defaults. An option without one must be given.
local KINDS = {
  cosine = { warmup = schema.integer(0) },
  step = { every = schema.integer(1), factor = fraction },
  plateau = {
    factor = fraction, patience = schema.integer(0), min_delta = not_negative, least = not_negative,
  },
}
local DEFAULTS = {
  cosine = { warmup = 0 },
  step = { factor = 0.1 },
  plateau = { factor = 0.1, patience = 10, min_delta = 0, least = 0 },
}

local NAMES = collections.sorted_keys(KINDS)

--- The end of a message about a name that is none.
local function no_name(name)
  local known = table.concat(NAMES, ", ")
  local meant = synonyms.schedules[name]
  return ("must have one of the names %s, not %s%s"):format(known,
    type(name) == "string" and ("'%s'"):format(printable.name(name)) or errors.describe(name),
    meant and ("; did you mean '%s'?"):format(meant)
      or type(name) == "string" and suggest.suggestion(name, NAMES) or "")
end

--- Reads a table of a schedule's name and options. Returns nil and the end of a message for one
--- that doesn't fit.
local function read(given)
  local name, options = given[1], {}
  if not KINDS[name] then
    return nil, no_name(name)
  end
  for option, value in pairs(given) do
    if math.type(option) and option ~= 1 then
      return nil, ("'%s': options have names, as {'step', every = 1000}, and %s has none"):format(
        name, errors.describe(value))
    elseif option ~= 1 then
      options[option] = value
    end
  end
  local values, message = schema.read(options, KINDS[name], ("'%s'"):format(name))
  if not values then
    return nil, errors.prefixed(("'%s'"):format(name), message)
  end
  for _, option in ipairs(collections.sorted_keys(KINDS[name])) do
    if values[option] == nil then
      values[option] = DEFAULTS[name][option]
    end
    if values[option] == nil then
      return nil, ("'%s' needs %s = %s"):format(name, option, KINDS[name][option].expected)
    end
  end
  values.name = name
  return values
end

--- The option `schedule`: a name, or a table of a name and the schedule's options.
schedule.KIND = {
  expected = "a name, as 'cosine', or a table of a name and its options, as {'step', every = 1000}",
  read = function(value)
    if type(value) ~= "string" and type(value) ~= "table" then
      return nil
    end
    local found, message = read(type(value) == "string" and { value } or value)
    return found, nil, message
  end,
}

--- The words of a schedule in a file: its name, and each option before its value.
---@param settings perigee.schedule
---@return any[]
function schedule.words(settings)
  local words = { settings.name }
  for _, option in ipairs(collections.sorted_keys(KINDS[settings.name])) do
    words[#words + 1] = option
    words[#words + 1] = settings[option]
  end
  return words
end

--- Reads what `words` returns.
schedule.WORDS_KIND = {
  expected = "a schedule's name, then its options, each before its value",
  read = function(value)
    local words, given = type(value) == "table" and value or { value }, {}
    if #words % 2 == 0 then
      return nil
    end
    given[1] = words[1]
    for i = 2, #words, 2 do
      if type(words[i]) ~= "string" or given[words[i]] ~= nil then
        return nil, words[i]
      end
      given[words[i]] = words[i + 1]
    end
    local found, message = read(given)
    return found, nil, message
  end,
}

--- Describes a schedule: "plateau (factor 0.5, patience 3)". Defaults of 0 are left out.
---@param settings perigee.schedule
---@return string
function schedule.describe(settings)
  local parts = {}
  for _, option in ipairs(collections.sorted_keys(KINDS[settings.name])) do
    if settings[option] ~= 0 then
      parts[#parts + 1] = c_locale.format("%s %g", option, settings[option])
    end
  end
  return settings.name .. (#parts > 0 and (" (%s)"):format(table.concat(parts, ", ")) or "")
end

-- --- checking ------------------------------------------------------------------

--- Checks that a schedule fits the rate.
---@param settings perigee.schedule
---@param rate any  the option: a number, or else a function
---@return true?
---@return string?  # the error message, where nil comes first
function schedule.check_rate(settings, rate)
  if type(rate) ~= "number" then
    return nil, ("rate is a function of the iteration, and the schedule '%s' would change what it "
      .. "returns: rate must be a number, or schedule = false"):format(settings.name)
  elseif settings.least and settings.least >= rate then
    return nil, c_locale.format("schedule '%s': least is %g, and not below the rate, %g",
      settings.name, settings.least, rate)
  end
  return true
end

--- Checks that a schedule fits a training.
---@param settings perigee.schedule
---@param updates integer  of the whole training
---@param has_validation boolean
---@return true?
---@return string?  # the error message, where nil comes first
function schedule.check(settings, updates, has_validation)
  if settings.name == "plateau" and not has_validation then
    return nil, "schedule 'plateau' needs validation = {x, y}, or a fraction of the rows"
  elseif settings.warmup and settings.warmup >= updates then
    return nil, ("schedule '%s': warmup is %d, and the training has %d iterations, which must be "
      .. "more"):format(settings.name, settings.warmup, updates)
  end
  return true
end

-- --- rates ---------------------------------------------------------------------

--- The factors by which schedules multiply the rate of update i of `updates`.
local FACTORS = {}

function FACTORS.cosine(settings, i, updates)
  local warmup = settings.warmup
  if i <= warmup then
    return i / warmup
  end
  local done, all = i - 1 - warmup, math.max(updates, i) - warmup
  return (1 + math.cos(math.pi * done / all)) / 2
end

function FACTORS.step(settings, i)
  return settings.factor ^ ((i - 1) // settings.every)
end

function FACTORS.plateau(settings, _, _, plateau)
  return settings.factor ^ (plateau and plateau.reductions or 0)
end

--- The learning rate of an update.
---@param settings perigee.schedule
---@param rate number  the option
---@param i integer  the update's number in its training, from 1
---@param updates integer  of the whole training
---@param plateau? perigee.schedule.plateau  of plateau alone
---@return number
function schedule.rate(settings, rate, i, updates, plateau)
  local reduced = rate * FACTORS[settings.name](settings, i, updates, plateau)
  return math.max(reduced, settings.least or 0)
end

-- --- plateau -------------------------------------------------------------------

local function is_plateau(settings)
  return settings and settings.name == "plateau"
end

local START = { reductions = 0, waited = 0 }

--- The state of plateau at the start of a training, or of one that is resumed.
---@param settings perigee.schedule|false|nil
---@param before? perigee.schedule.plateau  of the resumed training
---@return perigee.schedule.plateau?  # nil for another schedule, and for none
function schedule.begin(settings, before)
  return is_plateau(settings) and (before or START) or nil
end

--- The state of plateau after a validation. A loss that is NaN or infinite is never smaller.
---@param settings perigee.schedule|false|nil
---@param plateau? perigee.schedule.plateau  nil for that of the start
---@param loss number
---@return perigee.schedule.plateau?  # nil for another schedule, and for none
function schedule.update(settings, plateau, loss)
  plateau = schedule.begin(settings, plateau)
  if not plateau then
    return nil
  elseif loss - loss == 0 and loss < (plateau.best or math.huge) - settings.min_delta then
    return { reductions = plateau.reductions, waited = 0, best = loss }
  elseif plateau.waited < settings.patience then
    return { reductions = plateau.reductions, waited = plateau.waited + 1, best = plateau.best }
  end
  return { reductions = plateau.reductions + 1, waited = 0, best = plateau.best }
end

return schedule
