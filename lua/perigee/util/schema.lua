--- Kinds of options, which say what a value must be, and the reading of options by them.
--
-- A kind is a table of `expected`, the words of an error message, and `read(value)`, which returns
-- the value as it is used. For a value that does not fit, read returns nil, the part of the value
-- that is wrong where it is not the whole value, and where `expected` doesn't say enough, what the
-- message says behind the option's name. With `quoted`, a message puts the value in quotes.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local suggest = require "perigee.util.suggest"
local synonyms = require "perigee.util.synonyms"

local schema = {}

-- --- kinds ---------------------------------------------------------------------

--- An integer from `least` to `most`; without `most`, `least` or more.
function schema.integer(least, most)
  return {
    expected = most and ("an integer, %d to %d"):format(least, most)
      or ("an integer, %d or more"):format(least),
    read = function(value)
      local integer = math.type(value) and math.tointeger(value)
      return integer and integer >= least and integer <= (most or integer) and integer or nil
    end,
  }
end

--- The largest seed of a generator.
schema.MAX_SEED = (1 << 32) - 1

schema.seed = schema.integer(0, schema.MAX_SEED)

--- A finite number that passes a test, which `words` describe; any finite number without one.
function schema.number(words, passes)
  return {
    expected = "a finite number" .. words,
    read = function(value)
      local finite = math.type(value) and value - value == 0
      return finite and (not passes or passes(value)) and value or nil
    end,
  }
end

--- One of a list of names.
function schema.name(names)
  local quoted = {}
  for i, name in ipairs(names) do
    quoted[i] = ("'%s'"):format(name)
  end
  local last = table.remove(quoted)
  return {
    expected = #quoted > 0 and table.concat(quoted, ", ") .. " or " .. last or last,
    quoted = true,
    read = function(value)
      return collections.contains(names, value) and value or nil
    end,
  }
end

schema.not_negative = schema.number(", 0 or more", function(value)
  return value >= 0
end)

schema.text = {
  expected = "a text that is not empty",
  read = function(value)
    return type(value) == "string" and value ~= "" and value or nil
  end,
}

--- A title, or the label of an axis.
schema.caption = {
  expected = "a text or a number",
  read = function(value)
    return (type(value) == "string" or type(value) == "number") and value or nil
  end,
}

schema.boolean = {
  expected = "true or false",
  read = function(value)
    if type(value) == "boolean" then
      return value
    end
  end,
}

--- Another kind, or false.
function schema.or_false(kind)
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

--- Reads each element of a list by a kind's `read`.
---@param list table
---@param read fun(value: any): any, any  nil, and what to say of it, for one that does not fit
---@return any[]?  # nil for a list that does not fit
---@return any  # the first element that does not fit, or the position of a hole
function schema.elements(list, read)
  local hole, elements = collections.hole(list), {}
  for i, value in ipairs(list) do
    local why
    elements[i], why = read(value)
    if elements[i] == nil then
      return nil, why == nil and value or why
    end
  end
  return not hole and elements or nil, hole
end

--- The names of the classes, in the order of the labels; numbers, as of a column of them, become
--- texts.
schema.class_names = {
  expected = "a list of the classes' names, different texts without zero bytes",
  read = function(value)
    if type(value) ~= "table" or #value == 0 then
      return nil
    end
    local seen = {}
    return schema.elements(value, function(name)
      name = math.type(name) and c_locale.exact(name) or name
      if type(name) ~= "string" then
        return nil, name
      elseif name:find("\0", 1, true) or seen[name] then
        return nil, ("one with '%s'%s"):format(name, seen[name] and " twice" or "")
      end
      seen[name] = true
      return name
    end)
  end,
}

-- --- reading options --------------------------------------------------------------

--- The message about the alphabetically first unknown option; nil if all are known.
local function unknown(options, known, what, owners)
  if options[1] ~= nil then
    return ("%s: options have names, as %s = ..., and a list is none (its first element is %s); "
      .. "brackets around a call keep its first result alone"):format(what,
      collections.sorted_keys(known)[1], errors.describe(options[1]))
  end
  local names = {}
  for name in pairs(options) do
    names[#names + 1] = not known[name] and printable.name(name) or nil
  end
  c_locale.sort(names)
  local name = names[1]
  if not name then
    return nil
  end
  local synonym = synonyms.options[name] or synonyms.nested_options[name]
  local all = collections.sorted_keys(known)
  local own = owners[name] and name or synonym
  if owners[own] then
    return ("%s: unknown option '%s': it belongs to %s"):format(what, name, owners[own]:format(own))
  end
  return ("%s: unknown option '%s'; %s %s%s"):format(what, name,
    #all == 1 and "the only option is" or "there are",
    printable.name(table.concat(all, ", ")), known[synonym]
    and ("; did you mean '%s'?"):format(synonym) or suggest.suggestion(name, all))
end

--- Reads the value of one option.
---@param name string
---@param kind table
---@param value any
---@return any?  # nil for a value that does not fit
---@return string?  # the error message, where nil comes first
function schema.value(name, kind, value)
  local taken, part, why = kind.read(value)
  if taken == nil then
    if why then
      return nil, ("%s %s"):format(name, why)
    elseif part == nil then
      part = value
    end
    local words = kind.quoted and "%s must be %s, not '%s'" or "%s must be %s, not %s"
    return nil, words:format(name, kind.expected, errors.describe(part))
  end
  return taken
end

--- Reads a table of options.
---@param options? table<string, any>
---@param kinds table<string, table>  by the options' names
---@param what string  the name of the function that takes them
---@param owners? table<string, string>  for options of another function: a call of it, with %s for
---   the option's name
---@return table<string, any>?  # nil for an option that is unknown or does not fit
---@return string?  # the error message, where nil comes first
function schema.read(options, kinds, what, owners)
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
  for _, name in ipairs(collections.sorted_keys(options)) do
    local value
    value, message = schema.value(name, kinds[name], options[name])
    if value == nil then
      return nil, message
    end
    values[name] = value
  end
  return values
end

--- Reads a table of options; raises in the caller's line for one that is unknown or does not fit.
---@param options? table<string, any>
---@param kinds table<string, table>
---@param what string
---@return table<string, any>
function schema.must_read(options, kinds, what)
  local values, message = schema.read(options, kinds, what)
  if not values then
    errors.raise(errors.prefixed(what, message))
  end
  return values
end

return schema
