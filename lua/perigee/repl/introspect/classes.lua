--- What is known of a value without using it: its class, and the names that it tells itself.

local errors = require "perigee.util.errors"
local signatures = require "perigee.repl.introspect.signatures"

local classes = {}

--- A field of a metatable, raw.
---@param value any
---@param name string
---@return any
function classes.metafield(value, name)
  local metatable = debug.getmetatable(value)
  if type(metatable) == "table" then
    return rawget(metatable, name)
  end
end

--- The class of ours that a value is of: by its metatable's __name, "perigee.array".
---@param value any
---@return string?
function classes.of(value)
  local name = classes.metafield(value, "__name")
  local class = type(name) == "string" and name:match "^perigee%.(%l+)$"
  return signatures.is_class(class) and class or nil
end

--- The class under which the functions of a module of ours are described.
---@param value any
---@return string?
function classes.module(value)
  local pg = rawget(package.loaded, "perigee")
  if value == nil or type(pg) ~= "table" then
    return nil
  elseif rawequal(value, pg) then
    return "pg"
  elseif rawequal(value, rawget(package.loaded, "perigee.sweep")) then
    return "sweep"
  end
  return rawequal(value, rawget(package.loaded, "perigee.model.model")) and "model" or nil
end

--- What a metatable's __names(value) tells: names, or { name = ..., kind = "method", "function" or
--- "field" }.
---@param value any
---@return (string|table)[]
function classes.told_names(value)
  local tell = classes.metafield(value, "__names")
  if tell == nil then
    return {}
  end
  local worked, names = pcall(tell, value)
  if not worked and errors.is_interrupt(names) then
    error(names, 0)
  end
  return worked and type(names) == "table" and names or {}
end

return classes
