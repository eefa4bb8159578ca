--- The file of a model: an NPZ archive that numpy.load reads.
--
-- `W1`, `b1`, `W2`, ... are the weights. `history` and `validation_history` (float64) are the
-- losses so far. `state1_W1`, ... are what the optimizer remembers, `best_W1`, ... the weights
-- that early stopping keeps, `random_state` (uint32) is the generator.
--
-- `perigee` (uint8) is text: a line with the format's version, then lines of a name and a value,
-- or several, with spaces between them. Floating numbers are hexadecimal, as C's %a writes them:
-- nothing is lost.

local check = require "perigee.check"
local core = require "perigee.core"
local optimizer = require "perigee.optimizer"
local samples = require "perigee.samples"
local training = require "perigee.training"

local trainer = core.trainer

local TITLE, VERSION = "perigee model ", 1
local MAX_LAYERS = 16

local checkpoint = {}

-- --- text -----------------------------------------------------------------------

local function any_number()
  return true
end

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
  scale = check.number("", any_number),
  plan = check.name { "auto", "dense", "sparse" },
  rows = check.integer(0),
  used = check.integer(0),
  iteration = check.integer(0),
  optimizer = check.name(trainer.optimizers),
  steps = check.integer(0),
  ["record.first"] = check.integer(0),
  ["record.target"] = check.integer(0),
  ["record.rows"] = check.integer(1),
  ["record.waited"] = check.integer(0),
  ["record.best"] = check.number("", any_number),
  ["record.stopped"] = check.boolean,
}
local REQUIRED = {
  "activation", "scale", "plan", "rows", "used", "iteration", "optimizer", "steps",
}
for _, prefix in ipairs { "option.", "record.option." } do
  for name, kind in pairs(training.KINDS) do
    KINDS[prefix .. name] = kind
  end
  KINDS[prefix .. "rate"] = function_or(optimizer.KINDS.rate)
  KINDS[prefix .. "validation"] = nil -- arrays of the caller's
end

local function word(value)
  if math.type(value) == "float" then
    return ("%a"):format(value)
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
  return tonumber(text) or text
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
    values[name or ""] = #list > 1 and list or list[1]
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

local function add_network(members, prefix, network, layers)
  for _, name in ipairs(training.weight_names(layers)) do
    members[prefix .. name] = network[name]
  end
end

local function add_values(values, prefix, list)
  for name, value in pairs(list) do
    if KINDS[prefix .. name] then
      values[prefix .. name] = value
    end
  end
end

--- Writes a model's state: whole or not at all.
---@param path string
---@param state table
---@return true?
---@return string?
function checkpoint.write(path, state)
  local record = state.record or {}
  local values = {
    activation = state.activation, scale = state.scale, plan = state.plan, rows = state.rows,
    used = state.used, iteration = state.iteration, optimizer = state.memory.optimizer,
    steps = state.memory.steps,
  }
  add_values(values, "option.", state.options)
  add_values(values, "record.", record)
  add_values(values, "record.option.", record.options or {})
  local members = {
    perigee = core.array({ to_text(values):byte(1, -1) }, "uint8"),
    history = training.to_array(state.losses),
    validation_history = training.to_array(state.validation_losses),
    random_state = state.random_state,
  }
  local layers = #state.activation + 1
  add_network(members, "", state.weights, layers)
  add_network(members, "best_", record.best_weights or {}, layers)
  for i, network in ipairs(state.memory.networks) do
    add_network(members, ("state%d_"):format(i), network, layers)
  end
  return core.save(path, members)
end

-- --- reading --------------------------------------------------------------------

local function member(archive, name)
  return archive:get(name) or error(("it has no member '%s'"):format(name), 0)
end

local function read_values(archive)
  local bytes = archive:get "perigee"
  if not bytes then
    error("it is not a model that was saved by Perigee", 0)
  end
  local values = from_text(string.char(table.unpack(bytes:tolist())))
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
  if #values.activation < 1 or #values.activation >= MAX_LAYERS then
    error(("it has %d hidden layers"):format(#values.activation), 0)
  end
  return values
end

local function same_form(a, b)
  return a.dtype == b.dtype and a.ndim == 2 and a.shape[1] == b.shape[1]
    and a.shape[2] == b.shape[2]
end

--- The arrays W1, b1, ... under a prefix: of the weights' form, where those are given.
local function read_network(archive, prefix, layers, weights)
  local network = {}
  for _, name in ipairs(training.weight_names(layers)) do
    local array = member(archive, prefix .. name)
    if weights and not same_form(array, weights[name]) then
      error(("'%s%s' does not fit '%s'"):format(prefix, name, name), 0)
    end
    network[name] = array
  end
  return network
end

local function read_weights(archive, layers)
  local weights = read_network(archive, "", layers)
  if weights.W1.ndim ~= 2 then
    error("'W1' is no matrix", 0)
  end
  core.forward(core.zeros(1, weights.W1.shape[2]), weights) -- raises where shapes do not fit
  return weights
end

local function read_losses(archive, name, count)
  local losses = member(archive, name)
  if losses.dtype ~= "float64" or losses.ndim ~= 1 or count and #losses ~= count then
    error(("'%s' is not the losses of %d iterations"):format(name, count or 0), 0)
  end
  return losses:tolist()
end

local function read_random(archive)
  local state = archive:get "random_state"
  if state then
    core.random(0):set_state(state) -- raises for what is none
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

local function read_record(archive, values, layers, weights)
  local record = below(values, "record")
  if not record.first then
    return nil
  elseif not (record.target and record.rows and record.waited)
    or record.first > values.iteration then
    error("what it says of its training does not fit together", 0)
  end
  if archive:get "best_W1" then
    record.best_weights = read_network(archive, "best_", layers, weights)
  end
  record.options = read_options(values, "record.option")
  record.loaded = true
  return record
end

local function read_state(archive)
  local values = read_values(archive)
  local layers = #values.activation + 1
  local weights = read_weights(archive, layers)
  return {
    activation = values.activation, scale = values.scale, plan = values.plan, rows = values.rows,
    used = values.used, iteration = values.iteration, weights = weights,
    options = read_options(values, "option"),
    record = read_record(archive, values, layers, weights),
    memory = read_memory(archive, values, layers, weights),
    losses = read_losses(archive, "history", values.iteration),
    validation_losses = read_losses(archive, "validation_history"),
    random_state = read_random(archive),
  }
end

--- The state that was written; nil and why not for what is no such file, or a damaged one.
---@param path string
---@return table?
---@return string?
function checkpoint.read(path)
  local archive, message = core.load(path)
  if not archive then
    return nil, message
  elseif samples.is_array(archive) then
    return nil, path .. ": it is not a model that was saved by Perigee, but an array"
  end
  local closing <close> = archive
  local read, state = pcall(read_state, closing)
  if read then
    return state
  end
  state = tostring(state)
  return nil, state:find(path, 1, true) and state or path .. ": " .. state
end

return checkpoint
