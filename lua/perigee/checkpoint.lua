--- The file of a model: an NPZ archive that numpy.load reads.
--
-- `W1`, `b1`, `W2`, ... are the weights. `history` and `validation_history` (float64) are the
-- losses so far. `state1_W1`, ... are what the optimizer remembers, `best_W1`, ... the weights
-- that early stopping keeps, `random_state` (uint32) is the generator, `note` (uint8) a text that
-- was to be kept with it.
--
-- `perigee` (uint8) is text: a line with the format's version, then lines of a name and a value,
-- or several, with spaces between them. Floating numbers are hexadecimal, as C's %a writes them:
-- nothing is lost.

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local core = require "perigee.core"
local network = require "perigee.network"
local optimizer = require "perigee.optimizer"
local training = require "perigee.training"

local trainer = core.trainer

local TITLE, VERSION = "perigee model ", 1
local MOST_TEXT = 1 << 16 -- bytes

local checkpoint = {}

-- --- text -----------------------------------------------------------------------

local function list_of(kind)
  return {
    expected = "a list, each of it " .. kind.expected,
    read = function(value)
      local list = type(value) == "table" and value or { value }
      for i, each in ipairs(list) do
        if kind.read(each) == nil then
          return nil, list[i]
        end
      end
      return list
    end,
  }
end

local function function_or(kind)
  return {
    expected = kind.expected,
    read = function(value)
      return value == "function" and value or kind.read(value)
    end,
  }
end

--- What stands in the text; a name with a point is in a table of its own.
local KINDS = {
  activation = list_of(check.name(trainer.activations)),
  scale = check.number "",
  plan = check.name { "auto", "dense", "sparse" },
  rows = check.integer(0),
  used = check.integer(0),
  iteration = check.integer(0),
  optimizer = check.name(trainer.optimizers),
  steps = check.integer(0),
  ["record.first"] = check.integer(0),
  ["record.target"] = check.integer(0),
  ["record.rows"] = check.integer(1),
  ["record.checksum"] = check.integer(0),
  ["record.validated"] = check.integer(0), -- the iteration
  ["record.waited"] = check.integer(0),
  ["record.best"] = check.number "",
}
local REQUIRED = {
  "activation", "scale", "plan", "rows", "used", "iteration", "optimizer", "steps",
}
for _, prefix in ipairs { "option.", "record.option." } do
  for name, kind in pairs(training.KINDS) do
    KINDS[prefix .. name] = kind
  end
  KINDS[prefix .. "rate"] = function_or(optimizer.KINDS.rate)
  KINDS[prefix .. "validation"] = check.or_false(check.name { "given" })
end

--- As one word. Of a function, and of validation data, a file only says that there were any.
local function word(value)
  if math.type(value) == "float" then
    return c_locale.format("%a", value)
  end
  return type(value) == "function" and "function" or tostring(value)
end

local function line(name, value)
  local words = { name }
  for _, each in ipairs(type(value) == "table" and value or { value }) do
    words[#words + 1] = word(each)
  end
  return table.concat(words, " ")
end

local function to_text(values)
  local lines = { TITLE .. VERSION }
  for _, name in ipairs(check.sorted_keys(values)) do
    lines[#lines + 1] = line(name, values[name])
  end
  return table.concat(lines, "\n") .. "\n"
end

local function value_of(text)
  local boolean = ({ ["true"] = true, ["false"] = false })[text]
  if boolean ~= nil then
    return boolean
  end
  return c_locale.tonumber(text) or text
end

--- The values that are in the text. Raises what is wrong with it.
local function from_text(text)
  local title, rest = text:match "^([^\n]*)\n(.*)$"
  local version = title and title:match("^" .. TITLE .. "(%d+)$")
  if not version then
    error("it is not a model that was saved by Perigee", 0)
  elseif tonumber(version) ~= VERSION then
    error(("it has the format %s, and this version of Perigee reads the format %d"):format(version,
      VERSION), 0)
  end
  local values = {}
  for each in rest:gmatch "([^\n]*)\n" do
    local name, list = nil, {}
    for part in each:gmatch "%S+" do
      if name then
        list[#list + 1] = value_of(part)
      end
      name = name or part
    end
    if name and values[name] ~= nil then
      error(("the text says %s twice"):format(name), 0)
    elseif name then
      values[name] = #list > 1 and list or list[1]
    end
  end
  return values
end

--- Values by the part of their names behind the prefix.
local function below(values, prefix)
  local found = {}
  for name, value in pairs(values) do
    local short = name:match("^" .. prefix .. "%.([^.]*)$")
    if short then
      found[short] = value
    end
  end
  return found
end

-- --- writing --------------------------------------------------------------------

local function add_network(members, prefix, arrays)
  for name, array in pairs(arrays or {}) do
    members[prefix .. name] = array
  end
end

local function add_values(values, prefix, list)
  for name, value in pairs(list) do
    if KINDS[prefix .. name] then
      values[prefix .. name] = name == "validation" and value and "given" or value
    end
  end
end

local function values_of(state)
  local values = {
    activation = state.activation, scale = state.scale, plan = state.plan,
    rows = state.epoch.rows, used = state.epoch.used, iteration = #state.losses,
    optimizer = state.memory.optimizer, steps = state.memory.steps,
  }
  local record = state.record
  add_values(values, "option.", state.options)
  if record then
    add_values(values, "record.", record)
    add_values(values, "record.", record.seen)
    add_values(values, "record.option.", record.options)
    values["record.validated"] = record.seen.iteration
    values["record.checksum"] = record.checksum or state.checksum
  end
  return values
end

local CHUNK = 4096 -- of the bytes that are on Lua's stack at once

local function to_bytes(text)
  local bytes = {}
  for at = 1, #text, CHUNK do
    table.move({ text:byte(at, at + CHUNK - 1) }, 1, CHUNK, at, bytes)
  end
  return core.array(bytes, "uint8")
end

--- Writes a model's state: whole or not at all.
---@param path string
---@param state table
---@return true?
---@return string?  # what went wrong, where nil comes first
function checkpoint.write(path, state)
  local members = {
    perigee = to_bytes(to_text(values_of(state))),
    note = state.note and to_bytes(state.note),
    history = core.array(state.losses),
    validation_history = core.array(state.validation_losses),
    random_state = state.random_state,
  }
  add_network(members, "", state.weights)
  add_network(members, "best_", state.record and state.record.seen.best_weights)
  for i, arrays in ipairs(state.memory.networks) do
    add_network(members, ("state%d_"):format(i), arrays)
  end
  return check.try(core.save, path, members)
end

-- --- reading --------------------------------------------------------------------

local NO_MODEL = "it is not a model that was saved by Perigee"

--- What f returns; its error, without the place in the library, where there is one.
local function must(f, ...)
  local value, message = check.try(f, ...)
  if message then
    error(message, 0)
  end
  return value
end

--- An array of the archive; nil where there is none.
local function optional(archive, name)
  return must(archive.get, archive, name)
end

local function member(archive, name)
  return optional(archive, name) or error(("it has no member '%s'"):format(name), 0)
end

--- A member that is text, of at most so many bytes; nil where there is none.
local function read_text(archive, name, most)
  local bytes = optional(archive, name)
  if not bytes or bytes.dtype ~= "uint8" or bytes.ndim ~= 1 or #bytes > most then
    return nil
  end
  local parts, list = {}, bytes:tolist()
  for at = 1, #list, CHUNK do
    parts[#parts + 1] = string.char(table.unpack(list, at, math.min(at + CHUNK - 1, #list)))
  end
  return table.concat(parts)
end

local function read_values(archive)
  local values = from_text(read_text(archive, "perigee", MOST_TEXT) or error(NO_MODEL, 0))
  for name in pairs(values) do
    if not KINDS[name] then
      error(("the text says '%s', which is nothing of a model's"):format(name), 0)
    end
  end
  local message
  values, message = check.read(values, KINDS, "the text")
  if not values then
    error(message, 0)
  end
  for _, name in ipairs(REQUIRED) do
    if values[name] == nil then
      error(("the text does not say %s"):format(name), 0)
    end
  end
  if #values.activation < 1 or #values.activation > network.MOST_HIDDEN then
    error(("it has %d hidden layers"):format(#values.activation), 0)
  elseif values.used >= math.max(values.rows, 1) then
    error(("%d rows of %d were used"):format(values.used, values.rows), 0)
  end
  return values
end

--- The arrays W1, b1, ... under a prefix: of the weights' form, where those are given.
local function read_network(archive, prefix, layers, weights)
  local arrays = {}
  for _, name in ipairs(network.names(layers)) do
    arrays[name] = member(archive, prefix .. name)
    if weights and not network.same_form(arrays[name], weights[name]) then
      error(("'%s%s' does not fit '%s'"):format(prefix, name, name), 0)
    end
  end
  return arrays
end

local function read_weights(archive, layers)
  local weights = read_network(archive, "", layers)
  local fit, message = network.check(weights, layers)
  if not fit then
    error(message, 0)
  end
  return weights
end

local function read_losses(archive, name, count)
  local losses = member(archive, name)
  if losses.dtype ~= "float64" or losses.ndim ~= 1 or count and #losses ~= count then
    error(("'%s' is not a list of %s losses"):format(name, count or "float64"), 0)
  end
  return losses:tolist()
end

local function read_random(archive, used)
  local state = used > 0 and member(archive, "random_state") or optional(archive, "random_state")
  if state then
    must(core.random(0).set_state, core.random(0), state)
  end
  return state
end

local function read_memory(archive, values, layers, weights)
  local networks = {}
  for i = 1, trainer.states[values.optimizer] do
    networks[i] = read_network(archive, ("state%d_"):format(i), layers, weights)
  end
  return { optimizer = values.optimizer, steps = values.steps, networks = networks }
end

local function read_options(values, prefix)
  local options = below(values, prefix)
  local fits, message = optimizer.settings(options)
  if not fits then
    error(message, 0)
  end
  return options
end

local function read_record(archive, values, layers, weights, validations)
  local record = below(values, "record")
  if not next(record) then
    return nil
  elseif not (record.first and record.target and record.rows and record.waited and record.validated)
    or record.first > values.iteration or record.validated > values.iteration
    or record.target < record.first then
    error("what it says of its training does not fit together", 0)
  end
  local best = optional(archive, "best_W1")
  return {
    first = record.first, target = record.target, rows = record.rows, loaded = true,
    checksum = record.checksum,
    options = read_options(values, "record.option"),
    seen = {
      iteration = record.validated, losses = validations, waited = record.waited,
      best = record.best, best_weights = best and read_network(archive, "best_", layers, weights),
    },
  }
end

local function read_state(archive)
  local values = read_values(archive)
  local layers = #values.activation + 1
  local weights = read_weights(archive, layers)
  local validation_losses = read_losses(archive, "validation_history")
  return {
    activation = values.activation, scale = values.scale, plan = values.plan, weights = weights,
    epoch = { rows = values.rows, used = values.used },
    options = read_options(values, "option"),
    record = read_record(archive, values, layers, weights, #validation_losses),
    memory = read_memory(archive, values, layers, weights),
    losses = read_losses(archive, "history", values.iteration),
    validation_losses = validation_losses,
    random_state = read_random(archive, values.used),
    note = read_text(archive, "note", math.maxinteger),
  }
end

--- The state that was written; nil and why not for what is no such file, or a damaged one.
---@param path string
---@return table?
---@return string?
function checkpoint.read(path)
  local archive, message = check.try(core.load, path)
  if not archive then
    return nil, message
  elseif check.is_array(archive) then
    return nil, path .. ": " .. NO_MODEL .. ", but an array"
  end
  local closing <close> = archive
  local state
  state, message = check.try(read_state, closing)
  if not state and not message:find(path, 1, true) then
    message = path .. ": " .. message
  end
  return state, message
end

return checkpoint
