--- Messages about names that a value does not have.

local elsewhere = require "perigee.help.elsewhere"
local spelling = require "perigee.spelling"

local absent = {}

local MANY = 12 -- names that a message lists

--- What else is to be said of names that other libraries have.
local NOTES = {
  arange = "pg.range(first, last, step) includes both ends: pg.range(0, 9) is np.arange(10)",
  sweep = 'it is a module of its own: require "perigee.sweep"',
}

local function contains(names, name)
  for _, each in ipairs(names) do
    if each == name then
      return true
    end
  end
  return false
end

--- The names with nothing in them that a terminal would obey.
local function shown(names)
  local list = {}
  for i, name in ipairs(names) do
    list[i] = name:gsub("%c", "?")
  end
  return list
end

--- "a trial has no 'sed'; it has data, seed; did you mean 'seed'?"
---@param owner string  "an array"
---@param name any  the key that is not there
---@param names string[]  those that are there, in the order in which they are listed
---@return string
function absent.message(owner, name, names)
  names = shown(names)
  local listed = #names > 0 and #names <= MANY and "; it has " .. table.concat(names, ", ") or ""
  local other = elsewhere[name]
  local meant = contains(names, other) and ("; did you mean '%s'?"):format(other)
    or spelling.suggestion(name, names)
  return ("%s has no '%s'%s%s"):format(owner, (tostring(name):gsub("%c", "?")), listed, meant)
end

--- The same for the module perigee, whose names are many.
---@param pg table
---@param name any
---@return string
function absent.of_module(pg, name)
  local names = {}
  for each in pairs(pg) do
    names[#names + 1] = each
  end
  local message = absent.message("perigee", name, names)
  return NOTES[name] and ("%s: %s"):format(message:match "^[^;]*", NOTES[name]) or message
end

return absent
