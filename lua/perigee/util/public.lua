--- Wraps public functions made in Lua: checks the number of arguments, and the self of methods.
--
-- Functions made in C do the same (src/bind/base/function.c).

local errors = require "perigee.util.errors"

local public = {}

--- Wrapped functions by their wrappers.
local written = setmetatable({}, { __mode = "k" })

--- The function that a wrapper wraps, as written in its file; f itself if it is no wrapper.
---@param f function
---@return function
function public.written(f)
  return written[f] or f
end

--- Raises for more than `most` arguments, not counting nil, and for less than `least`, counting
--- nil. The message does not count a self that the caller does not write.
local function check_count(name, f, least, most, has_unwritten, ...)
  local given = select("#", ...)
  local class = getmetatable((...))
  if type(class) == "table" and class.__name == "perigee.module"
    and debug.getinfo(2, "n").namewhat == "method" then
    errors.raise(name .. " is a function: call it with a dot, not a colon")
  elseif given >= least and given <= most then
    return
  end
  local is_unwritten = has_unwritten or debug.getinfo(2, "n").namewhat == "method"
  local message = "bad argument #%d to '%s' (%s)"
  if given < least then
    errors.raise(message:format(is_unwritten and given or given + 1, name,
      debug.getlocal(f, given + 1) .. " expected, got no value"))
  end
  for i = most + 1, given do
    if select(i, ...) ~= nil then
      errors.raise(message:format(is_unwritten and i - 1 or i, name,
        ("no such argument; pg.help \"%s\" shows those there are"):format(name)))
    end
  end
end

--- The largest number of arguments of a function.
local function most_of(f)
  local parameters = debug.getinfo(f, "u")
  return parameters.isvararg and math.huge or parameters.nparams
end

--- Wraps a function: raises for more arguments than it has parameters, or less than it needs.
---@param name string  in messages
---@param f function
---@param least? integer  arguments that it needs, 0 by default
---@param is_call? boolean  true for the __call of a table, whose first argument is the table
---@return function
function public.counted(name, f, least, is_call)
  local most = most_of(f)
  least = (least or 0) + (is_call and 1 or 0)
  local function counted(...)
    check_count(name, f, least, most, is_call, ...)
    return f(...)
  end
  written[counted] = f
  return counted
end

--- Wraps a method: raises for another self, too.
local function method(name, f, least, metatable, owner, variable)
  local most = most_of(f)
  return function(...)
    if getmetatable((...)) ~= metatable then
      errors.raise("%s is %s's method: %s:%s(...), with a colon", name, owner, variable, name)
    end
    check_count(name, f, least + 1, most, false, ...)
    return f(...)
  end
end

--- Replaces the functions of a class by wrapped methods.
---@param class table<string, function>
---@param metatable table  of self
---@param owner string  an object in a message: "a model"
---@param variable string  an object in examples: "m"
---@param least table<string, integer>  arguments that each needs behind self, 0 by default
function public.methods(class, metatable, owner, variable, least)
  for name, f in pairs(class) do
    if type(f) == "function" then
      class[name] = method(name, f, least[name] or 0, metatable, owner, variable)
      written[class[name]] = f
    end
  end
end

return public
