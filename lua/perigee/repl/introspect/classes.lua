--- The class of a value, and the names that it lists itself, without running its methods.

local errors = require "perigee.util.errors"
local signatures = require "perigee.repl.introspect.signatures"

local classes = {}

--- A field of a value's metatable, read raw and past __metatable.
---@param value any
---@param name string
---@return any
function classes.metafield(value, name)
  local metatable = debug.getmetatable(value)
  if type(metatable) == "table" then
    return rawget(metatable, name)
  end
end

--- The library's class of a value, from its metatable's __name, "perigee.array".
---@param value any
---@return string?
function classes.of(value)
  local name = classes.metafield(value, "__name")
  local class = type(name) == "string" and name:match "^perigee%.(%l+)$"
  return signatures.is_class(class) and class or nil
end

--- The class under which the reference lists a module's functions.
---@param value any
---@return string?
function classes.module(value)
  local pg = rawget(package.loaded, "perigee")
  if value == nil or type(pg) ~= "table" then
    return nil
  elseif rawequal(value, pg) then
    return "pg"
  end
  for _, name in ipairs { "sweep", "mpi" } do
    if rawequal(value, rawget(package.loaded, "perigee." .. name)) then
      return name
    end
  end
  return rawequal(value, rawget(package.loaded, "perigee.model.model")) and "model" or nil
end

--- The names that a metatable's __names(value) lists: strings, or { name = ..., kind = "method",
--- "function" or "field" }.
---@param value any
---@return (string|table)[]
function classes.listed_names(value)
  local list = classes.metafield(value, "__names")
  if list == nil then
    return {}
  end
  local worked, names = errors.pcall(list, value)
  return worked and type(names) == "table" and names or {}
end

return classes
