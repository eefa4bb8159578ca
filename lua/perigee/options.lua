--- `key=value` arguments of an experiment script.
--
--   local o = options.read(arg, { iterations = 1000, rate = 0.1, data = "mnist" })
--
-- Each option is declared by its default, whose type says what is taken: an
-- integer, a number, true or false, text, or (a table) a list of what its first
-- element is, written with commas.

local c_locale = require "perigee.util.c_locale"
local public = require "perigee.util.public"
local printable = require "perigee.util.printable"

local options = {}

--- Values from text: nil where it is none, and what was expected.
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

local function kind_of(default)
  return math.type(default) == "integer" and "integer" or type(default)
end

local function read_list(text, default)
  local read, list = readers[kind_of(default[1])], {}
  for part in (text .. ","):gmatch("([^,]*),") do
    local value, expected = read(part)
    if value == nil then
      return nil, expected .. ", or several with commas between them"
    end
    list[#list + 1] = value
  end
  return list
end

local function read_value(text, default)
  if type(default) == "table" then
    return read_list(text, default)
  end
  return readers[kind_of(default)](text)
end

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

--- The options as a table, those not given at their defaults; or nil and a
--- message for an unknown key or a bad value, which lists the known ones.
---@param arguments string[]
---@param defaults table<string, any>
---@return table<string, any>?, string?
function options.parse(arguments, defaults)
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

--- The same for a script: its name and the message on stderr, and exit 1.
---@param arguments string[]  the script's `arg`
---@param defaults table<string, any>
---@return table<string, any>
function options.read(arguments, defaults)
  local values, message = options.parse(arguments, defaults)
  if not values then
    io.stderr:write(printable.line(arguments[0] .. ": " .. message), "\n")
    os.exit(1, true)
  end
  return values
end

options.parse = public.counted("parse", options.parse, 2)
options.read = public.counted("read", options.read, 2)

return options
