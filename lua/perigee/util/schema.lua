--- What functions check of their options: which there are, and what each must be.
--
-- A kind says what a value must be, in words and as a function: `read(value)` gives
-- the value that is taken, or nil and, where it is only a part of the value that
-- does not fit, that part.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local suggest = require "perigee.util.suggest"
local printable = require "perigee.util.printable"

local ARRAY = getmetatable(core.zeros(0)) -- by which arrays are known

local check = {}

---@param value any
---@return boolean
function check.is_array(value)
  return type(value) == "userdata" and getmetatable(value) == ARRAY
end

--- The keys of a table, in the order of their bytes.
---@param t table<string, any>
---@return string[]
function check.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  c_locale.sort(keys)
  return keys
end

--- What is in a list, as keys.
---@param list string[]
---@return table<string, true>
function check.set(list)
  local set = {}
  for _, each in ipairs(list) do
    set[each] = true
  end
  return set
end

--- Whether something is in a list.
---@param list any[]
---@param value any
---@return boolean
function check.contains(list, value)
  for _, each in ipairs(list) do
    if each == value then
      return true
    end
  end
  return false
end

--- The first place of a list that has no element, or a key that is no place of it.
---@param list table
---@return string?  # "nil at position 2", or "a field 'n'"; nil for a list without either
function check.hole(list)
  local count, field = 0, nil
  for key in next, list do
    count = count + 1
    field = math.type(key) ~= "integer" and key or field
  end
  for i = 1, count do
    if list[i] == nil then
      return field ~= nil and ("a field '%s'"):format(printable.name(field))
        or ("nil at position %d"):format(i)
    end
  end
end

--- The elements of a list, each as `read` takes it.
---@param list table
---@param read fun(value: any): any
---@return any[]?
---@return any  # the first that it does not take, where nil comes first; of a hole, its place
function check.elements(list, read)
  local hole, elements = check.hole(list), {}
  for i, value in ipairs(list) do
    elements[i] = read(value)
    if elements[i] == nil then
      return nil, value
    end
  end
  return not hole and elements or nil, hole
end

-- --- kinds ---------------------------------------------------------------------

--- An integer from `least` on, up to `most` where that is given.
function check.integer(least, most)
  return {
    expected = most and ("an integer, %d to %d"):format(least, most)
      or ("an integer, %d or more"):format(least),
    read = function(value)
      local integer = math.type(value) and math.tointeger(value)
      return integer and integer >= least and integer <= (most or integer) and integer or nil
    end,
  }
end

--- A finite number that passes the test, which the words describe; without a test, any.
function check.number(words, passes)
  return {
    expected = "a finite number" .. words,
    read = function(value)
      local finite = math.type(value) and value - value == 0
      return finite and (not passes or passes(value)) and value or nil
    end,
  }
end

--- One of some names.
function check.name(names)
  local quoted = {}
  for i, name in ipairs(names) do
    quoted[i] = ("'%s'"):format(name)
  end
  local last = table.remove(quoted)
  return {
    expected = #quoted > 0 and table.concat(quoted, ", ") .. " or " .. last or last,
    quoted = true,
    read = function(value)
      return check.contains(names, value) and value or nil
    end,
  }
end

check.text = {
  expected = "a text that is not empty",
  read = function(value)
    return type(value) == "string" and value ~= "" and value or nil
  end,
}

--- A text beside a picture: a title, or an axis's name.
check.caption = {
  expected = "a text or a number",
  read = function(value)
    return (type(value) == "string" or type(value) == "number") and value or nil
  end,
}

check.boolean = {
  expected = "true or false",
  read = function(value)
    if type(value) == "boolean" then
      return value
    end
  end,
}

--- What another kind takes, or false.
function check.or_false(kind)
  return {
    expected = kind.expected .. ", or false",
    read = function(value)
      if value == false then
        return false
      end
      return kind.read(value)
    end,
  }
end

---@param value any
---@return boolean  # whether it may be the path of a file
function check.is_path(value)
  return type(value) == "string" and not value:find("\0", 1, true)
end

--- What is in both tables, in a new one: where they have the same key, the second's.
---@param a table
---@param b table
---@return table
function check.join(a, b)
  local all = {}
  for _, each in ipairs { a, b } do
    for key, value in pairs(each) do
      all[key] = value
    end
  end
  return all
end

-- --- errors --------------------------------------------------------------------

--- Tells if an error is Ctrl-C's: interpreters raise "interrupted!" alone, or behind a place.
---@param problem any
---@return boolean
function check.is_interrupt(problem)
  return type(problem) == "string"
    and (problem == "interrupted!" or problem:find ":%d+: interrupted!$" ~= nil)
end

local function results(worked, value, ...)
  if worked then
    return value, ...
  elseif check.is_interrupt(value) then
    error(value, 0) -- Ctrl-C: no failure of f's
  end
  return nil, (tostring(value):gsub("^[^\n:]+%.lua:%d+: ", ""))
end

--- Calls f; an error becomes nil and its message, without the place in the library where it was
--- raised: who called the library raises it again, or returns it.
---@param f function
---@return any
function check.try(f, ...)
  return results(pcall(f, ...))
end

--- Calls f, and gives what it returns; an error of its is raised in the line of the caller's.
---@param level integer  the caller's, as error counts
---@param f function  whose first result is not nil
---@return any
function check.call(level, f, ...)
  local value, message = check.try(f, ...)
  if value == nil then
    error(message, level + 1)
  end
  return value
end

-- --- options --------------------------------------------------------------------

--- Names of options in Keras, scikit-learn and PyTorch, with ours.
check.OTHER_NAMES = {
  lr = "rate", learning_rate = "rate", learning_rate_init = "rate", batch_size = "batch",
  n_epochs = "epochs", max_iter = "iterations", n_iter = "iterations", n_iterations = "iterations",
  solver = "optimizer", hidden_layer_sizes = "hidden", units = "hidden", random_state = "seed",
  validation_data = "validation", nesterov = "optimizer", n_iter_no_change = "patience",
  verbose = "progress", early_stopping = "patience", EarlyStopping = "patience",
}

--- What may have been meant, as the end of a sentence.
local function suggestion(name, known)
  local other = check.OTHER_NAMES[name]
  if other and known[other] then
    return ("; did you mean '%s'?"):format(other)
  end
  return suggest.suggestion(name, check.sorted_keys(known))
end

--- The message about an option that is not known, the first of several in their order.
local function unknown(options, known, what, owners)
  local names = {}
  for name in pairs(options) do
    names[#names + 1] = not known[name] and printable.name(name) or nil
  end
  c_locale.sort(names)
  if not names[1] then
    return nil
  end
  local own = owners[names[1]] and names[1] or check.OTHER_NAMES[names[1]]
  if owners[own] then
    return ("%s: unknown option '%s': it belongs to %s"):format(what, names[1],
      owners[own]:format(own))
  end
  return ("%s: unknown option '%s'; there are %s%s"):format(what, names[1],
    printable.name(table.concat(check.sorted_keys(known), ", ")), suggestion(names[1], known))
end

--- A value as a message shows it. What looks like a number, and is text, is told from it.
---@param value any
---@return string
function check.shown(value)
  if check.is_array(value) then
    return "an array"
  elseif type(value) == "table" then
    return ("a table of %d"):format(#value)
  elseif type(value) == "function" or type(value) == "userdata" then
    return "a " .. type(value)
  elseif value ~= value then
    return "nan" -- without the sign that it may have
  elseif type(value) == "string" and c_locale.tonumber(value) then
    return ("'%s'"):format(printable.name(value))
  end
  return printable.name(value)
end

--- The value of one option as its kind takes it.
---@param name string
---@param kind table
---@param value any
---@return any?  # nil where it does not fit,
---@return string?  # and the message
function check.value(name, kind, value)
  local taken, part = kind.read(value)
  if taken == nil then
    if part == nil then
      part = value
    end
    local words = kind.quoted and "%s must be %s, not '%s'" or "%s must be %s, not %s"
    return nil, words:format(name, kind.expected, check.shown(part))
  end
  return taken
end

--- A message that begins with the name of the function whose it is.
---@param what string
---@param message string
---@return string
function check.named(what, message)
  local prefix = what .. ": "
  return message:find(prefix, 1, true) == 1 and message or prefix .. message
end

--- The options as their kinds take them.
---@param options? table<string, any>
---@param kinds table<string, table>  by the options' names
---@param what string  the function's name
---@param owners? table<string, string>  by options that another function takes: a call of that one,
---   with %s for the option's name
---@return table<string, any>?  # nil where one does not fit, or is not known,
---@return string?  # and the message
function check.read(options, kinds, what, owners)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    return nil, ("%s: options are a table, not a %s"):format(what, type(options))
  end
  local message = unknown(options, kinds, what, owners or {})
  if message then
    return nil, message
  end
  local values = {}
  for _, name in ipairs(check.sorted_keys(options)) do
    local value
    value, message = check.value(name, kinds[name], options[name])
    if value == nil then
      return nil, message
    end
    values[name] = value
  end
  return values
end

--- The same; raises where one does not fit, or is not known.
---@param options? table<string, any>
---@param kinds table<string, table>
---@param what string
---@param level integer  the caller's, as error counts
---@return table<string, any>
function check.must_read(options, kinds, what, level)
  local values, message = check.read(options, kinds, what)
  if not values then
    error(check.named(what, message), level + 1)
  end
  return values
end

return check
