--- What the descriptions tell of classes, parameters and options, as names that can be offered.

local entries = require "perigee.help.entries"

local signatures = {}

-- --- classes and functions ----------------------------------------------------------

--- Whether there is anything to tell of a class.
---@param class? string  "array"
---@return boolean
function signatures.is_class(class)
  return class ~= nil and entries.class(class) and true or false
end

--- The names of a class.
---@param class string
---@return { name: string, kind: "method"|"function"|"field" }[]
function signatures.members(class)
  return entries.members(class)
end

--- The description of a method or function of a class.
---@param class string  "array", "pg"
---@param name string|number
---@return table?
function signatures.entry(class, name)
  for _, entry in ipairs(entries.entries()) do
    if entry.class == class and entry.name == name then
      return entry
    end
  end
end

--- Whether a description is of a method: what it is called on comes before its parameters.
---@param entry table
---@return boolean
function signatures.is_method(entry)
  return entry.full:find(":", 1, true) ~= nil
end

--- What help can be asked for.
---@return string[]
function signatures.topics()
  local names = {}
  for i, entry in ipairs(entries.entries()) do
    names[i] = entry.name
  end
  return names
end

-- --- types ------------------------------------------------------------------------

--- The one class of ours that a type says, beside numbers, texts and nil; nil where it says none.
local function class_in(type_text)
  local class
  local plain = type_text:gsub("table%b<>", ""):gsub("fun%b()", ""):gsub("[%w_.]+%[%]", "")
  for name in plain:gmatch "perigee%.[%w_.]*%f[%w_]([%w_]+)%f[^%w_.]" do
    name = name:lower() -- "array" of "perigee.array", "study" of "perigee.sweep.study"
    if signatures.is_class(name) then
      if class and class ~= name then
        return nil
      end
      class = name
    end
  end
  return class
end

--- The class of what is in a field.
---@param class string
---@param name string|number
---@return string?
function signatures.field_class(class, name)
  for _, member in ipairs(entries.members(class)) do
    if member.name == name and member.kind == "field" then
      return class_in(member.type)
    end
  end
end

--- The class of what a function gives first.
---@param entry table
---@return string?
function signatures.result_class(entry)
  return entry.returns[1] and class_in(entry.returns[1]:match "^[^#]*")
end

--- The texts in quotes that are alternatives.
local function quoted_in(text)
  local names = {}
  for name in text:gmatch '"(%a[%w_]*)"' do
    names[#names + 1] = name
  end
  return names
end

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*/[^/]*/[^/]*$" or "../.."

--- The texts of the types that have a name of their own, such as perigee.dtype.
local function read_aliases()
  local aliases, list = {}, nil
  local file = io.open(here .. "/../meta/perigee.lua")
    or assert(io.open(here .. "/../../../perigee/meta/perigee.lua"))
  for line in file:lines() do
    local alias = line:match "^%-%-%-@alias ([%w_.]+)"
    if alias then
      list = {}
      aliases[alias] = list
    elseif line:find "^%-%-%-|" then
      local names = quoted_in(line)
      table.move(names, 1, #names, #list + 1, list)
    end
  end
  file:close()
  return aliases
end

local known_aliases

local function aliases()
  known_aliases = known_aliases or read_aliases()
  return known_aliases
end

-- --- parameters and options -------------------------------------------------------

--- A parameter of a function; the last may stand for all that follow.
---@param entry table
---@param i integer
---@return { name: string, type: string }?
function signatures.parameter(entry, i)
  local name, type_text = entries.parameter(entry, i)
  if not name then
    name, type_text = entries.parameter(entry, #entry.params)
    if name ~= "..." then
      return nil
    end
  end
  return { name = name, type = type_text }
end

--- The texts that a parameter's type allows.
---@param parameter { type: string }
---@return string[]
function signatures.choices(parameter)
  local names = quoted_in(parameter.type)
  for alias in parameter.type:gmatch "perigee%.[%w_]+" do
    local more = aliases()[alias] or {}
    table.move(more, 1, #more, #names + 1, names)
  end
  return names
end

--- The names of a function's options.
---@param entry table
---@return string[]
function signatures.options(entry)
  return (entries.options(entry))
end

local FLOATING = { "float32", "float64" }

--- The texts that an option may be.
---@param entry table
---@param name string
---@return string[] names
---@return boolean  whether it may be a data set's name, too
function signatures.option_choices(entry, name)
  if name == "dtype" then
    return FLOATING, false -- in which networks are computed
  end
  local _, told = entries.options(entry)
  for _, option in ipairs(told) do
    if option.name == name then
      return quoted_in(option.text), option.text:find("pg.dataset", 1, true) ~= nil
    end
  end
  return {}, false
end

return signatures
