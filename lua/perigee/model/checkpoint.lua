--- Checkpoints: NPZ archives of models, which numpy.load reads.
--
-- Members of the archive:
--   W1, b1, W2, ...              the weights, under their own names
--   state_mean, ...              the state of a model with a forward function
--   history, validation_history  float64: the losses so far
--   state1_W1, ...               the optimizer's state
--   best_W1, ...                 the best weights of the current training, and their state
--   random_state                 uint32: the generator's state
--   note                         uint8: a text of the user
--   class_weight                 float64: the weights of the classes in the loss
--   names                        uint8: the names of the classes, with zero bytes between them
--   frozen                       uint8: the names of the weights that stay, likewise
--   perigee                      uint8: a text with the rest
--
-- The text has a line with the format's version, then lines of a name and values, separated by
-- spaces. Floats are hexadecimal, as C's %a writes them, and so exact. `record.data_checksum` is
-- the checksum of the data (checksum.h); older files have `record.checksum` (checksum_v1.h).
--
-- A file may be damaged or come from an untrusted source. So each value is checked by its kind and
-- against the others: no training is resumed from a state that a training cannot have.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"
local network_options = require "perigee.model.network_options"
local early_stopping = require "perigee.model.early_stopping"
local objective = require "perigee.model.objective"
local parameters = require "perigee.model.parameters"
local weights = require "perigee.model.weights"
local optimizer = require "perigee.model.optimizer"
local schedule = require "perigee.model.schedule"
local training = require "perigee.model.training"
local printable = require "perigee.util.printable"

local trainer = core.trainer

local TITLE, VERSION = "perigee model ", 1
local NO_MODEL = "it is not a model that was saved by Perigee"
local MOST_TEXT = 1 << 16 -- bytes
local MOST_CHECKSUM = (1 << 32) - 1

--- Members of each file that are no arrays of the model.
local OTHERS = collections.set {
  "perigee", "note", "names", "class_weight", "frozen", "history", "validation_history",
  "random_state",
}

local checkpoint = {}

--- Tells if a weight can't have a name, as a file has another member of it.
---@param name string
---@return boolean
function checkpoint.is_reserved(name)
  return (OTHERS[name] or name:find "^best_" or name:find "^state%d*_") and true or false
end

-- --- text -----------------------------------------------------------------------

local activation = network_options.activation

--- A list of values of a kind; a single one was written without a list.
local function list_of(kind)
  return {
    expected = "a list, each of it " .. kind.expected,
    read = function(value)
      return schema.elements(type(value) == "table" and value or { value }, kind.read)
    end,
  }
end

local rate_kind = {
  expected = optimizer.KINDS.rate.expected,
  read = function(value)
    return value == "function" and value or optimizer.KINDS.rate.read(value)
  end,
}

local schedule_kind = schema.or_false(schedule.WORDS_KIND)

--- Validation data are not kept; a fraction of the rows is.
local validation_kind = {
  expected = "'given', false or a fraction between 0 and 1",
  read = function(value)
    if value == "given" or value == false then
      return value
    end
    return math.type(value) and training.KINDS.validation.read(value) or nil
  end,
}

--- The kinds of the values in the text. A name with a point is in a table of its own.
local KINDS = {
  activation = list_of(activation),
  dropout = list_of(network_options.probability), -- of each hidden layer
  weights = schema.integer(1), -- how many there are, and how many arrays of the state
  state = schema.integer(0),
  row = list_of(schema.integer(1)), -- the shape of a row of x
  loss = schema.name { "cross_entropy", "binary_cross_entropy", "mse", "function" },
  label_smoothing = objective.KINDS.label_smoothing,
  classes = schema.integer(1),
  outputs = schema.integer(1),
  rank = schema.integer(1),
  dropout_key = schema.integer(0),
  scale = network_options.KINDS.scale,
  plan = network_options.KINDS.plan,
  rows = schema.integer(1),
  used = schema.integer(0),
  iteration = schema.integer(0),
  optimizer = schema.name(trainer.optimizers),
  steps = schema.integer(0),
  ["record.first"] = schema.integer(0),
  ["record.target"] = schema.integer(0),
  ["record.rows"] = schema.integer(1),
  ["record.checksum"] = schema.integer(0, MOST_CHECKSUM),
  ["record.data_checksum"] = schema.integer(0, MOST_CHECKSUM),
  ["record.validated"] = schema.integer(0), -- the iteration
  ["record.waited"] = schema.integer(0),
  ["record.best"] = schema.number "", -- the metric
  ["record.plateau_reductions"] = schema.integer(0),
  ["record.plateau_waited"] = schema.integer(0),
  ["record.plateau_best"] = schema.number "", -- the loss
}
local REQUIRED = { "scale", "rows", "used", "iteration", "optimizer", "steps" }
local REQUIRED_OF_RECORD = {
  "record.first", "record.target", "record.rows", "record.validated", "record.waited",
}
for _, prefix in ipairs { "option.", "record.option." } do
  for name, kind in pairs(training.KINDS) do
    KINDS[prefix .. name] = kind
  end
  KINDS[prefix .. "rate"] = rate_kind
  KINDS[prefix .. "schedule"] = schedule_kind
  KINDS[prefix .. "validation"] = validation_kind
end

--- Formats values as text. A function becomes the word "function".
local function to_text(values)
  local lines = { TITLE .. VERSION }
  for _, name in ipairs(collections.sorted_keys(values)) do
    local words, value = { name }, values[name]
    for _, each in ipairs(type(value) == "table" and value or { value }) do
      words[#words + 1] = math.type(each) == "float" and c_locale.format("%a", each)
        or type(each) == "function" and "function" or tostring(each)
    end
    lines[#lines + 1] = table.concat(words, " ")
  end
  return table.concat(lines, "\n") .. "\n"
end

local BOOLEANS = { ["true"] = true, ["false"] = false }

--- Reads the name and the value of a line; several words are a list.
local function read_line(text)
  local name, words = text:match "^%s*(%S+)(.*)$"
  local list = {}
  for word in (words or ""):gmatch "%S+" do
    local value = BOOLEANS[word]
    if value == nil then
      value = c_locale.tonumber(word) or word
    end
    list[#list + 1] = value
  end
  if #list > 1 then
    return name, list
  end
  return name, list[1]
end

--- Reads the values of a text; returns nil and a message for a wrong text.
local function from_text(text)
  local title, rest = text:match "^([^\n]*)\n(.*)$"
  local version = title and title:match("^" .. TITLE .. "(%d+)$")
  if not version then
    return nil, NO_MODEL
  elseif tonumber(version) ~= VERSION then
    return nil, ("it has the format %s, and this version of Perigee reads the format %d"):format(
      version, VERSION)
  elseif not text:find "\n$" then
    return nil, "the text does not end with a line's end"
  end
  local values = {}
  for each in rest:gmatch "([^\n]*)\n" do
    local name, value = read_line(each)
    if not name then
      return nil, "the text has an empty line"
    elseif not KINDS[name] then
      return nil, ("the text has '%s', which models do not have"):format(name)
    elseif values[name] ~= nil then
      return nil, ("the text says %s twice"):format(name)
    elseif value == nil then
      return nil, ("the text says nothing of %s: it must be %s"):format(name, KINDS[name].expected)
    end
    values[name] = value
  end
  return schema.read(values, KINDS, "the text")
end

--- The values of names such as "record.first", by "first" for the prefix "record".
local function with_prefix(values, prefix)
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

--- Adds arrays to an archive's members, with a prefix before their names.
local function add_network(members, prefix, arrays)
  for name, array in pairs(arrays or {}) do
    members[prefix .. name] = array
  end
end

--- Adds options to the values of the text, with a prefix before their names.
local function add_options(values, prefix, options)
  for name, value in pairs(options) do
    if KINDS[prefix .. name] then
      values[prefix .. name] = name == "validation" and type(value) == "table" and "given"
        or name == "schedule" and value and schedule.words(value) or value
    end
  end
end

--- The values of the text.
local function values_of(state)
  local values = {
    scale = state.scale, dropout_key = state.dropout_key, rows = state.epoch.rows,
    used = state.epoch.used, iteration = #state.losses,
    optimizer = state.optimizer_state.optimizer, steps = state.optimizer_state.steps,
  }
  local network, learnt = state.network, state.objective
  for _, name in ipairs { "activation", "dropout", "plan", "weights", "state", "row" } do
    values[name] = network[name]
  end
  for name, value in pairs(learnt) do
    -- The others follow from the weights, or are an array.
    if name ~= "class_weight" and (not network.activation or learnt.loss
      or name ~= "classes" and name ~= "outputs") then
      values[name] = value
    end
  end
  local record = state.record
  add_options(values, "option.", state.options)
  if record then
    local stopping = record.stopping
    values["record.first"], values["record.target"] = record.first, record.target
    values["record.rows"], values["record.validated"] = record.rows, stopping.iteration
    values["record.waited"], values["record.best"] = stopping.waited, stopping.best
    local plateau = stopping.plateau or {}
    values["record.plateau_reductions"] = plateau.reductions
    values["record.plateau_waited"] = plateau.waited
    values["record.plateau_best"] = plateau.best
    values["record.checksum"] = record.checksum_v1
    if not record.checksum_v1 then
      values["record.data_checksum"] = record.checksum or state.checksum
    end
    add_options(values, "record.option.", record.options)
  end
  return values
end

local CHUNK = 4096 -- bytes that are on Lua's stack at a time

--- Converts a text to an array of bytes.
local function to_bytes(text)
  local bytes = {}
  for at = 1, #text, CHUNK do
    table.move({ text:byte(at, at + CHUNK - 1) }, 1, CHUNK, at, bytes)
  end
  return core.array(bytes, "uint8")
end

--- Writes a model's state to a file, atomically.
---@param path string
---@param state table
---@return true?
---@return string?  # the error message, where nil comes first
function checkpoint.write(path, state)
  local members = {
    perigee = to_bytes(to_text(values_of(state))),
    note = state.note and to_bytes(state.note),
    names = state.names and to_bytes(table.concat(state.names, "\0")),
    frozen = state.network.frozen and #state.network.frozen > 0
      and to_bytes(table.concat(state.network.frozen, "\0")) or nil,
    class_weight = state.objective.class_weight,
    history = core.array(state.losses),
    validation_history = core.array(state.validation_losses),
    random_state = state.random_state,
  }
  add_network(members, "", state.weights)
  add_network(members, "best_", state.record and state.record.stopping.best_weights)
  for i, arrays in ipairs(state.optimizer_state.arrays) do
    add_network(members, ("state%d_"):format(i), arrays)
  end
  return errors.try(core.save, path, members)
end

-- --- reading --------------------------------------------------------------------

---@class perigee.checkpoint.file
---@field path string
---@field archive perigee.archive
---@field values table<string, any>  of the text
---@field names string[]  of the weights, and of the arrays of the state
---@field trained string[]  of the weights that don't stay
---@field frozen string[]
---@field classes? integer
---@field has_best_weights boolean?

--- Raises an error about the file.
local function refuse(file, message, ...)
  error(printable.name(file.path .. ": " .. message:format(...)), 0)
end

--- Calls f with the archive, and raises its errors, which name the file already.
local function must(file, f, ...)
  local value, message = errors.try(f, file.archive, ...)
  if message then
    error(message, 0)
  end
  return value
end

--- Returns a value; raises a message about the file where it is nil.
local function must_fit(file, value, message)
  if not value then
    refuse(file, "%s", message)
  end
  return value
end

--- A member of the archive, or nil.
local function optional(file, name)
  return must(file, file.archive.get, name)
end

--- A member of the archive, which must exist.
local function member(file, name)
  return optional(file, name) or refuse(file, "it has no member '%s'", name)
end

--- The dtype and shape of an array: "float64 of shape (2, 3)".
local function form_of(array)
  return ("%s of shape %s"):format(array.dtype, array.shape)
end

--- The bytes of a member as text.
local function text_of(bytes)
  local parts, list = {}, bytes:tolist()
  for at = 1, #list, CHUNK do
    parts[#parts + 1] = string.char(table.unpack(list, at, math.min(at + CHUNK - 1, #list)))
  end
  return table.concat(parts)
end

--- Tells if a member is a text.
local function is_text(bytes)
  return bytes.dtype == "uint8" and bytes.ndim == 1
end

--- Reads the values of the text, and checks those that a file must have.
local function read_values(file)
  local bytes = optional(file, "perigee")
  if not bytes or not is_text(bytes) or #bytes > MOST_TEXT then
    refuse(file, NO_MODEL)
  end
  local values = must_fit(file, from_text(text_of(bytes)))
  for _, name in ipairs(REQUIRED) do
    if values[name] == nil then
      refuse(file, "the text does not say %s", name)
    end
  end
  local has_layers, is_own = values.activation ~= nil, values.weights ~= nil
  local draws = values.dropout or is_own or values.loss == "function"
  if has_layers == is_own or has_layers ~= (values.plan ~= nil)
    or is_own ~= (values.state ~= nil) then
    refuse(file, "the text must say activation and plan, or weights and state")
  elseif values.activation and #values.activation > trainer.most_hidden then
    refuse(file, "it has %d hidden layers, and a model has at most %d", #values.activation,
      trainer.most_hidden)
  elseif values.dropout and #values.dropout ~= #(values.activation or {}) then
    refuse(file, "the text says %d probabilities of dropout for %d hidden layers", #values.dropout,
      #(values.activation or {}))
  elseif values.dropout_key and not draws then
    refuse(file, "the text says dropout_key, and nothing is dropped")
  elseif draws and values.iteration > 0 and not values.dropout_key then
    refuse(file, "the text does not say dropout_key, after %d iterations", values.iteration)
  elseif values.used >= values.rows then
    refuse(file, "%d rows of %d were used", values.used, values.rows)
  elseif values.steps > values.iteration then
    refuse(file, "the optimizer has made %d steps in %d iterations", values.steps,
      values.iteration)
  end
  return values
end

--- Reads the user's text; nil if there is none.
local function read_note(file)
  local bytes = optional(file, "note")
  if bytes and not is_text(bytes) then
    refuse(file, "'note' is no text, as uint8 of one axis, but %s", form_of(bytes))
  end
  return bytes and text_of(bytes)
end

--- Reads a list of texts, none of them twice; nil if there is none.
local function read_texts(file, name)
  local bytes = optional(file, name)
  if not bytes then
    return nil
  elseif not is_text(bytes) then
    refuse(file, "'%s' is no text, as uint8 of one axis, but %s", name, form_of(bytes))
  end
  local list = {}
  for text in (text_of(bytes) .. "\0"):gmatch "([^\0]*)\0" do
    list[#list + 1] = text
  end
  if not schema.class_names.read(list) then
    refuse(file, "'%s' has a name twice", name)
  end
  return list
end

--- Reads the names of the classes, of which there are `count`; nil if there are none.
local function read_names(file, count)
  local list = read_texts(file, "names")
  if list and #list ~= count then
    refuse(file, "'names' has %d names, and there are %s classes", #list, count or "no")
  end
  return list
end

--- Finds the names of the weights and of the state: those of the layers, or of all members that
--- have no other name.
local function find_names(file)
  local values = file.values
  if values.activation then
    file.frozen, file.names = {}, weights.names(#values.activation + 1)
    file.trained = file.names
    return
  end
  file.names, file.trained, file.frozen = {}, {}, read_texts(file, "frozen") or {}
  local frozen, of_weights, of_state = collections.set(file.frozen), {}, {}
  for _, name in ipairs(must(file, file.archive.keys)) do
    if not OTHERS[name] and not name:find "^best_" and not name:find "^state%d+_" then
      file.names[#file.names + 1] = name
      local short = name:match "^state_(.*)$"
      local names = short and of_state or of_weights
      names[#names + 1] = short or name
      if not short and not frozen[name] then
        file.trained[#file.trained + 1] = name
      end
    end
  end
  local stays = #of_weights - #file.trained
  if #of_weights ~= values.weights or #of_state ~= values.state or stays ~= #file.frozen
    or #file.trained == 0 then
    refuse(file, "it has %d weights, %d of %d frozen ones, and %d arrays of the state, and the "
      .. "text says %d weights and %d", #of_weights, stays, #file.frozen, #of_state,
      values.weights, values.state)
  end
  must_fit(file, parameters.paths_of(of_weights))
  must_fit(file, parameters.paths_of(of_state))
end

--- Refuses members that occur twice or do not belong to the model: with another number of layers or
--- another optimizer, a part of them would be ignored.
local function check_members(file)
  local allowed = collections.merge(OTHERS, {})
  allowed.frozen = #file.frozen > 0 or nil
  local function allow(prefix, names)
    for _, name in ipairs(names) do
      allowed[prefix .. name] = true
    end
  end
  allow("", file.names)
  allow("best_", file.names)
  for i = 1, trainer.states[file.values.optimizer] do
    allow(("state%d_"):format(i), file.trained)
  end
  local seen = {}
  for _, name in ipairs(must(file, file.archive.keys)) do
    if seen[name] then
      refuse(file, "it has the member '%s' twice", name)
    elseif not allowed[name] then
      refuse(file, "it has a member '%s', which is not one of a model of %s with the "
        .. "optimizer %s", name, file.values.activation
        and ("%d layers"):format(#file.values.activation + 1) or "its weights",
        file.values.optimizer)
    end
    seen[name] = true
    file.has_best_weights = file.has_best_weights or name:find "^best_" ~= nil
  end
end

--- Refuses weights that don't fit each other: layers must, and others have one dtype of floats.
local function check_weights(file, arrays)
  if file.values.activation then
    must_fit(file, weights.check(arrays, #file.values.activation + 1))
    return
  end
  local dtype = arrays[file.trained[1]].dtype
  for _, name in ipairs(file.names) do
    local is_state = name:find "^state_"
    if not is_state and arrays[name].dtype ~= dtype or not dtype:find "^float" then
      refuse(file, "'%s' is %s, and '%s' is %s: weights have one dtype of floats", file.trained[1],
        dtype, name, arrays[name].dtype)
    end
  end
end

--- Reads the arrays of some names under a prefix, which must be finite, and like the given ones.
local function read_network(file, prefix, names, like)
  local arrays = {}
  for _, name in ipairs(names) do
    local array = member(file, prefix .. name)
    if like and not core.has_form(array, like[name]) then
      refuse(file, "'%s%s' does not fit '%s': it is %s, and not %s", prefix, name, name,
        form_of(array), form_of(like[name]))
    end
    arrays[name] = array
  end
  if not like then
    check_weights(file, arrays)
  end
  must_fit(file, weights.check_finite(arrays, names, prefix))
  return arrays
end

--- Reads a member that is a list of losses.
local function read_losses(file, name, count)
  local losses = member(file, name)
  if losses.dtype ~= "float64" or losses.ndim ~= 1 or count and #losses ~= count then
    refuse(file, "'%s' is not a list of %s losses, but %s", name, count or "float64",
      form_of(losses))
  end
  return losses:tolist()
end

--- Reads the losses of updates, which are finite.
local function read_history(file)
  local losses = read_losses(file, "history", file.values.iteration)
  for i, loss in ipairs(losses) do
    if loss - loss ~= 0 then
      refuse(file, "'history': the loss of iteration %d is %s, and not finite", i,
        errors.describe(loss))
    end
  end
  return losses
end

--- Reads the generator's state, which must exist if batches were drawn.
local function read_random(file)
  local values = file.values
  local batch, rows = values["record.option.batch"], values["record.rows"]
  local has_drawn = values.used > 0
    or batch and rows and batch < rows and values.iteration > values["record.first"]
  local state = (has_drawn and member or optional)(file, "random_state")
  if state then
    local generator = core.random(0)
    if not pcall(generator.set_state, generator, state) then
      refuse(file, "'random_state' is not a generator's state, but %s", form_of(state))
    end
  end
  return state
end

--- Reads the optimizer's state.
local function read_optimizer_state(file, like)
  local values, states = file.values, {}
  local squares = optimizer.SQUARES[values.optimizer]
  for i = 1, trainer.states[values.optimizer] do
    local prefix = ("state%d_"):format(i)
    states[i] = read_network(file, prefix, file.trained, like)
    for _, name in ipairs(file.trained) do
      local array = states[i][name]
      if i == squares and array:min() < 0 then
        refuse(file, "'%s%s' has a mean of squares that is below 0: %g", prefix, name, array:min())
      elseif values.steps == 0 and (array:min() ~= 0 or array:max() ~= 0) then
        refuse(file, "'%s%s' is not 0, and the optimizer has made no step", prefix, name)
      end
    end
  end
  return { optimizer = values.optimizer, steps = values.steps, arrays = states }
end

--- Reads the options of the model or of its training.
local function read_options(file, prefix)
  local options = with_prefix(file.values, prefix)
  local fits, message = training.settings(options)
  if fits then
    fits, message = early_stopping.check(options, file.classes)
  end
  if not fits then
    refuse(file, "%s: %s", prefix, message)
  end
  return options
end

--- Tells what is wrong with the best metric of a training's validations; nil for nothing.
local function problem_of_best(best, metric, validations)
  if metric == "loss" and not collections.contains(validations, best) then
    return ("record.best is %g, which is none of the validation losses"):format(best)
  elseif metric ~= "loss" and best > 1 then
    return ("record.best is %g, and no %s is above 1"):format(best, metric)
  elseif metric == "accuracy" and best < 0 then
    return ("record.best is %g, and no accuracy is below 0"):format(best)
  end
end

--- Tells what is wrong with the state of the schedule plateau; nil for nothing.
local function problem_of_plateau(values, validations)
  local settings = values["record.option.schedule"]
  local reductions, waited = values["record.plateau_reductions"], values["record.plateau_waited"]
  local best = values["record.plateau_best"]
  local has_plateau = settings and settings.name == "plateau" or false
  if (reductions ~= nil) ~= has_plateau or (waited ~= nil) ~= has_plateau
    or best and not has_plateau then
    return "the schedule plateau alone has plateau_reductions, plateau_waited and plateau_best"
  elseif has_plateau and not values["record.option.validation"] then
    return "there is the schedule plateau without validation"
  elseif has_plateau and reductions + waited > #validations then
    return ("record.plateau_reductions is %d and record.plateau_waited is %d, after %d validations")
      :format(reductions, waited, #validations)
  elseif best and not collections.contains(validations, best) then
    return ("record.plateau_best is %g, which is none of the validation losses"):format(best)
  end
end

--- The message about values of a training that contradict each other; nil if none do.
local function contradiction(values, validations, has_best_weights)
  local iteration, best, waited = values.iteration, values["record.best"], values["record.waited"]
  local first, target = values["record.first"], values["record.target"]
  local validated = values["record.validated"]
  if first > iteration then
    return ("record.first is %d, beyond the iteration %d"):format(first, iteration)
  elseif target < first then
    return ("record.target is %d, before record.first, %d"):format(target, first)
  elseif validated < first or validated > iteration then
    return ("record.validated is %d, and not from record.first, %d, to the iteration, %d"):format(
      validated, first, iteration)
  elseif (values["record.checksum"] == nil) == (values["record.data_checksum"] == nil) then
    return "it must have one checksum of the data"
  elseif values["record.option.patience"] and not values["record.option.validation"] then
    return "there is patience without validation"
  elseif waited > #validations then
    return ("record.waited is %d, after %d validations"):format(waited, #validations)
  elseif best and not values["record.option.validation"] then
    return "there is record.best without validation"
  elseif has_best_weights and not best then
    return "there are best weights, and no record.best"
  end
  return best and problem_of_best(best, values["record.option.metric"] or "loss", validations)
    or problem_of_plateau(values, validations)
end

--- Reads the record of the current training; nil if there is none.
local function read_record(file, like, validations)
  local values = file.values
  if not next(with_prefix(values, "record"))
    and not next(with_prefix(values, "record.option")) then
    if file.has_best_weights then
      refuse(file, "it has best weights, and the text says of no training")
    end
    return nil
  end
  for _, name in ipairs(REQUIRED_OF_RECORD) do
    if values[name] == nil then
      refuse(file, "the text does not say %s", name)
    end
  end
  local problem = contradiction(values, validations, file.has_best_weights)
  if problem then
    refuse(file, "what it says of its training does not fit together: %s", problem)
  end
  return {
    first = values["record.first"], target = values["record.target"],
    rows = values["record.rows"], options = read_options(file, "record.option"),
    checksum = values["record.data_checksum"], checksum_v1 = values["record.checksum"],
    stopping = {
      iteration = values["record.validated"], losses = #validations,
      waited = values["record.waited"], best = values["record.best"],
      plateau = values["record.plateau_reductions"] and {
        reductions = values["record.plateau_reductions"],
        waited = values["record.plateau_waited"], best = values["record.plateau_best"],
      } or nil,
      best_weights = file.has_best_weights and read_network(file, "best_", file.names, like) or nil,
    },
  }
end

--- Reads the weights of the classes; nil if there are none.
local function read_class_weight(file)
  local weight = optional(file, "class_weight")
  if weight and (weight.dtype ~= "float64" or weight.ndim ~= 1 or weight.size == 0
    or weight:min() < 0 or not weight:isfinite():all()) then
    refuse(file, "'class_weight' is no list of finite numbers, 0 or more, but %s", form_of(weight))
  end
  return weight
end

--- Reads what the text says of the objective. Layers have an output for each row of the last one.
local function read_objective(file, arrays)
  local values, saved = file.values, {}
  for _, name in ipairs {
    "loss", "label_smoothing", "classes", "outputs", "rank",
  } do
    saved[name] = values[name]
  end
  saved.class_weight = read_class_weight(file)
  if values.activation then
    local outputs = arrays["W" .. #values.activation + 1].shape[1]
    if not saved.loss then
      saved.classes, saved.outputs = saved.classes or outputs, saved.outputs or outputs
    end
    if saved.outputs ~= outputs then
      refuse(file, "it has %d outputs, and the text says %s", outputs, saved.outputs or "none")
    end
  end
  must_fit(file, objective.check(saved))
  file.classes = saved.classes
  return saved
end

--- Reads the state of a model; raises a message about the file for one that is wrong.
local function read_state(file)
  file.values = read_values(file)
  find_names(file)
  check_members(file)
  local values, arrays = file.values, read_network(file, "", file.names)
  must_fit(file, weights.check_scale(values.scale, arrays[file.trained[1]].dtype))
  local learnt = read_objective(file, arrays)
  local losses = read_history(file)
  local validation_losses = read_losses(file, "validation_history") -- which need not be finite
  if #validation_losses > values.iteration then
    refuse(file, "'validation_history' has %d losses, after %d iterations", #validation_losses,
      values.iteration)
  end
  return {
    network = {
      activation = values.activation, dropout = values.dropout, plan = values.plan,
      frozen = file.frozen, row = values.row,
    },
    objective = learnt, dtype = arrays[file.trained[1]].dtype, scale = values.scale,
    dropout_key = values.dropout_key, weights = arrays,
    epoch = { rows = values.rows, used = values.used },
    options = read_options(file, "option"),
    record = read_record(file, arrays, validation_losses),
    optimizer_state = read_optimizer_state(file, arrays),
    losses = losses,
    validation_losses = validation_losses,
    random_state = read_random(file),
    note = read_note(file),
    names = read_names(file, learnt.classes),
  }
end

--- Reads the state of a model.
---@param path string
---@return table?
---@return string?  # the error message, where nil comes first
function checkpoint.read(path)
  local archive, message = errors.try(core.load, path)
  if not archive then
    return nil, message
  elseif types.is_array(archive) then
    return nil, path .. ": " .. NO_MODEL .. ", but an array"
  end
  local closing <close> = archive
  local state
  state, message = errors.try(read_state, { path = path, archive = closing })
  return state, message
end

return checkpoint
