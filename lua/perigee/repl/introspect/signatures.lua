--- Signatures of the library: classes, functions, parameters, options, and the choices of each.
--
-- They are read from the reference, which is made of the comments above the functions.

local entries = require "perigee.help.entries"

local signatures = {}

-- --- classes and functions ----------------------------------------------------------

--- Tells if the reference describes a class.
---@param class? string  "array"
---@return boolean
function signatures.is_class(class)
  return class ~= nil and entries.class(class) and true or false
end

--- The members of a class.
---@param class string
---@return { name: string, kind: "method"|"function"|"field" }[]
function signatures.members(class)
  return entries.members(class)
end

--- The entry of a method or function of a class.
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

--- Tells if an entry is a method's, whose object precedes its parameters.
---@param entry table
---@return boolean
function signatures.is_method(entry)
  return entry.full:find(":", 1, true) ~= nil
end

--- The names that help can be asked for.
---@return string[]
function signatures.topics()
  local names = {}
  for i, entry in ipairs(entries.entries()) do
    names[i] = entry.name
  end
  return names
end

-- --- types ------------------------------------------------------------------------

--- The one class that a type names, besides numbers, strings and nil; nil for none or several.
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

--- The class of a field's value.
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

--- The class of a function's first result.
---@param entry table
---@return string?
function signatures.result_class(entry)
  return entry.returns[1] and class_in(entry.returns[1]:match "^[^#]*")
end

--- The strings that a type or a description lists in quotes.
local function quoted_in(text)
  local names = {}
  for name in text:gmatch '"(%a[%w_]*)"' do
    names[#names + 1] = name
  end
  return names
end

-- --- parameters and options -------------------------------------------------------

---@class perigee.repl.parameter
---@field name string
---@field type string

--- A parameter of a function; `...` stands for all positions from its own.
---@param entry table
---@param position integer
---@return perigee.repl.parameter?
function signatures.parameter(entry, position)
  local name, type_text = entries.parameter(entry, position)
  if not name then
    name, type_text = entries.parameter(entry, #entry.params)
    if name ~= "..." then
      return nil
    end
  end
  return { name = name, type = type_text }
end

--- The strings that a parameter accepts: those of its type, and of aliases such as perigee.dtype.
---@param parameter perigee.repl.parameter
---@return string[]
function signatures.choices(parameter)
  local names = quoted_in(parameter.type)
  for alias in parameter.type:gmatch "perigee%.[%w_]+" do
    local described = entries.type(alias)
    local more = described and described.values or {}
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

--- The strings that an option accepts.
---@param entry table
---@param name string
---@return string[] names
---@return boolean accepts_dataset  the names of data sets are accepted, too
function signatures.option_choices(entry, name)
  if name == "dtype" then
    return FLOATING, false -- networks compute in these
  end
  local _, options = entries.options(entry)
  for _, option in ipairs(options) do
    if option.name == name then
      return quoted_in(option.text), option.text:find("pg.dataset", 1, true) ~= nil
    end
  end
  return {}, false
end

return signatures
