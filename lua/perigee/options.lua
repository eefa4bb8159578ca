--- perigee.options: the `key=value` arguments of an experiment script.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local public = require "perigee.util.public"

local options = {}

--- Functions that read a value from text, by type. Each returns the value, or nil for a text that
--- does not fit, and a description of the type.
local readers = {}

function readers.integer(text)
  return math.tointeger(c_locale.tonumber(text)), "an integer"
end

function readers.number(text)
  return c_locale.tonumber(text), "a number"
end

function readers.boolean(text)
  local value = ({ ["true"] = true, ["false"] = false })[text]
  return value, "true or false"
end

function readers.string(text)
  return text ~= "" and text or nil, "some text"
end

--- The reader for the type of a default; nil for a type that no option has.
local function reader_for(default)
  return readers[math.type(default) == "integer" and "integer" or type(default)]
end

--- Reads a value of the type of its default, or a list of values separated by commas.
local function read_value(text, default)
  if type(default) ~= "table" then
    return reader_for(default)(text)
  end
  local read, list = reader_for(default[1]), {}
  for part in (text .. ","):gmatch("([^,]*),") do
    local value, expected = read(part)
    if value == nil then
      return nil, expected .. ", or several with commas between them"
    end
    list[#list + 1] = value
  end
  return list
end

--- Lists the options with their defaults, as the end of a message.
local function known(defaults)
  local names = {}
  for name, default in pairs(defaults) do
    local shown = {}
    for i, each in ipairs(type(default) == "table" and default or { default }) do
      shown[i] = c_locale.tostring(each)
    end
    names[#names + 1] = name .. "=" .. table.concat(shown, ",")
  end
  c_locale.sort(names)
  return "the options, with their defaults: " .. table.concat(names, " ")
end

--- Raises for arguments or defaults of a wrong type.
local function check(what, arguments, defaults)
  if type(arguments) ~= "table" then
    errors.raise("%s: arguments are a list of texts, not %s", what, errors.describe(arguments))
  elseif type(defaults) ~= "table" then
    errors.raise("%s: defaults are a table, not %s", what, errors.describe(defaults))
  end
  for _, argument in ipairs(arguments) do
    if type(argument) ~= "string" then
      errors.raise("%s: an argument is a text, not %s", what, errors.describe(argument))
    end
  end
  for name, default in pairs(defaults) do
    local first = default
    if type(default) == "table" then
      first = default[1]
    end
    if type(name) ~= "string" or not reader_for(first) then
      errors.raise("%s: a default is a number, true or false, a text, or a list of these, not %s",
        what, errors.describe(default))
    end
  end
end

--- Reads arguments, and returns an error as a message, for scripts that handle it themselves.
--- `options.read` describes the arguments.
---
---     options.parse({"rate=0.5"}, {rate = 0.1, hidden = {50}}).rate  --> 0.5
---     values, message = options.parse({"rate=fast"}, {rate = 0.1})
---     message
---     --> rate=fast: expected a number; the options, with their defaults: rate=0.1
---@param arguments string[]
---@param defaults table<string, any>
---@return table<string, any>?  # the values by name
---@return string?  # the error message, where nil comes first
function options.parse(arguments, defaults)
  check("parse", arguments, defaults)
  local values = {}
  for name, default in pairs(defaults) do
    values[name] = default
  end
  for _, argument in ipairs(arguments) do
    local name, text = argument:match("^([0-9A-Za-z_]+)=(.*)$")
    if not name then
      return nil, ("'%s' is not of the form key=value; %s"):format(printable.name(argument),
        known(defaults))
    elseif defaults[name] == nil then
      return nil, ("unknown option '%s'; %s"):format(printable.name(name), known(defaults))
    end
    local value, expected = read_value(text, defaults[name])
    if value == nil then
      return nil, ("%s=%s: expected %s; %s"):format(name, printable.name(text), expected,
        known(defaults))
    end
    values[name] = value
  end
  return values
end

--- Reads the `key=value` arguments of a script.
---
--- The type of a default says which values its option takes: an integer, a number, true or false, a
--- text, or (for a table) a list of such values, separated by commas. An option that is not given
--- has its default. For an unknown option or a value of another type, a message goes to stderr, and
--- the script exits with status 1.
---
---     -- in a script: options.read(arg, defaults)
---     defaults = {iterations = 1000, rate = 0.1, hidden = {50}}
---     o = options.read({"rate=0.5", "hidden=100,50"}, defaults)
---     o.iterations, o.rate, #o.hidden  --> 1000  0.5  2
---@param arguments string[]  the script's `arg`
---@param defaults table<string, any>  the options, with their default values
---@return table<string, any>  # the values by name
function options.read(arguments, defaults)
  check("read", arguments, defaults)
  local values, message = options.parse(arguments, defaults)
  if not values then
    io.stderr:write(printable.line((arguments[0] or "options") .. ": " .. message), "\n")
    os.exit(1, true)
  end
  return values
end

options.parse = public.counted("parse", options.parse, 2)
options.read = public.counted("read", options.read, 2)

return options
