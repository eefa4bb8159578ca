--- Messages about names that a value does not have.

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local elsewhere = require "perigee.help.elsewhere"
local spelling = require "perigee.spelling"

local absent = {}

local MANY = 12 -- names that a message lists

--- What else is to be said of names that other libraries have.
local NOTES = {
  arange = "pg.range(first, last, step) includes both ends: pg.range(0, 9) is np.arange(10)",
  add = "x + y", subtract = "x - y", multiply = "x * y", divide = "x / y", power = "x ^ y",
  len = "#x is how many rows an array has, x.size how many elements",
  sweep = 'it is a module of its own: require "perigee.sweep"',
}

--- A text with nothing in it that a terminal would obey.
local function shown(text)
  return (tostring(text):gsub(c_locale.CONTROL, "?"))
end

--- "a trial has no 'sed'; it has data, seed; did you mean 'seed'?"
---@param owner string  "an array"
---@param name any  the key that is not there
---@param names string[]  those that are there, in the order in which they are listed
---@return string
function absent.message(owner, name, names)
  local listed = #names > 0 and #names <= MANY and "; it has " .. table.concat(names, ", ") or ""
  local other = elsewhere[name]
  local meant = check.contains(names, other) and ("; did you mean '%s'?"):format(other)
    or spelling.suggestion(name, names)
  return shown(("%s has no '%s'%s%s"):format(owner, tostring(name), listed, meant))
end

--- Sets a field of an object, if it is one of those that the library sets; raises in the line that
--- assigns, otherwise: what is set would be asked for by nothing.
---@param owner string  "a study"
---@param object table
---@param name any
---@param value any
---@param settable table<any, true>
function absent.set(owner, object, name, value, settable)
  if not settable[name] then
    error(shown(("%s has no field '%s' that can be set"):format(owner, tostring(name))), 3)
  end
  rawset(object, name, value)
end

--- The message for the module perigee, whose names are many.
---@param names table  by name
---@param later table  those that were not read yet, by name
---@param name any
---@return string
function absent.of_module(names, later, name)
  local list = {}
  for _, each in ipairs { names, later } do
    for known in next, each do
      list[#list + 1] = known
    end
  end
  local message = absent.message("perigee", name, list)
  return NOTES[name] and ("%s: %s"):format(message:match "^[^;]*", NOTES[name]) or message
end

return absent
