--- Errors of the library: raised in the caller's line, or caught as nil and a message.
--
-- The caller is the first function on the stack that is not in one of the library's files. So no
-- function of the library counts levels of the stack.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"
local types = require "perigee.util.types"

local getinfo = debug.getinfo -- a prompt's user may take the globals away

--- The beginning of the source of each of the library's files: "@/usr/share/lua/5.4/perigee/".
local LIBRARY = getinfo(1, "S").source:gsub("[^/]*/[^/]*$", "")

local errors = {}

--- Finds the function that called the library; nil where the coroutine has none.
---@return debuginfo?  # as debug.getinfo describes it
---@return boolean  # false where it has called the library through a function of C, such as pcall
function errors.caller()
  local level, above, is_direct, is_lost = 2, nil, true, false
  while true do
    local info = getinfo(level, "Slt")
    if not info then
      return nil, false
    elseif info.what == "C" then
      is_lost = is_lost or is_direct and above ~= nil and above.istailcall -- of the real caller
      is_direct = false
    elseif info.source:sub(1, #LIBRARY) == LIBRARY then
      is_direct = true
    else
      return info, is_direct and not is_lost
    end
    level, above = level + 1, info
  end
end

--- The caller's line, "script.lua:12", also behind a function of C such as pcall; nil where there
--- is none.
---@return string?
function errors.place()
  local info = errors.caller()
  return info and info.currentline > 0 and ("%s:%d"):format(info.short_src, info.currentline) or nil
end

--- A message without the characters that a terminal would obey, which names from files may have; a
--- value that is no text as it is.
local function printed(message)
  return type(message) == "string" and printable.lines(message) or message
end

--- Raises a message in the caller's line. As with Lua's error, there is no line where a function of
--- C has called the library.
---@param message any  a text, or where arguments follow, a format
---@param ... any  the format's arguments
function errors.raise(message, ...)
  if select("#", ...) > 0 then
    message = message:format(...)
  end
  local info, is_direct = errors.caller()
  if is_direct and info.currentline > 0 and type(message) == "string" then
    message = ("%s:%d: %s"):format(info.short_src, info.currentline, message)
  end
  error(printed(message), 0)
end

--- Returns its arguments; raises the second in the caller's line where the first is nil.
---@param value any
---@param ... any  the message, or further values
---@return any ...
function errors.must(value, ...)
  if value == nil then
    errors.raise((...))
  end
  return value, ...
end

--- Raises a message without a line, for a function of the library that catches it (`try`, `call`).
---@param message string  a text, or where arguments follow, a format
---@param ... any  the format's arguments
function errors.fail(message, ...)
  error(printed(select("#", ...) > 0 and message:format(...) or message), 0)
end

--- Returns its arguments; raises the second without a line where the first is nil.
---@param value any
---@param ... any  the message, or further values
---@return any ...
function errors.ensure(value, ...)
  if value == nil then
    error(printed((...)), 0)
  end
  return value, ...
end

--- Tells if an error is Ctrl-C's: interpreters raise "interrupted!" alone, or behind a line.
---@param problem any
---@return boolean
function errors.is_interrupt(problem)
  return type(problem) == "string"
    and (problem == "interrupted!" or problem:find ":%d+: interrupted!$" ~= nil)
end

--- Tells if an error is a failure of the outside world, as `errors.fail` raises it: a text without
--- the line of a Lua file, which bugs and errors of the library's callers have.
---@param problem any
---@return boolean
function errors.is_failure(problem)
  return type(problem) == "string" and not errors.is_interrupt(problem)
    and not problem:find "^[^\n]*%.lua:%d+:"
end

--- Returns the results of pcall; raises Ctrl-C's error again.
local function pass_interrupt(worked, ...)
  if not worked and errors.is_interrupt((...)) then
    error((...), 0)
  end
  return worked, ...
end

--- Lua's pcall, except that Ctrl-C is raised again.
---@param f function
---@param ... any  f's arguments
---@return boolean worked
---@return any ...
function errors.pcall(f, ...)
  return pass_interrupt(pcall(f, ...))
end

--- Returns the results of a call; for an error, nil and the message without its line.
local function without_line(worked, value, ...)
  if worked then
    return value, ...
  end
  return nil, (tostring(value):gsub("^[^\n:]+%.lua:%d+: ", ""))
end

--- Calls f and returns its results; for an error, nil and the message without its line. Ctrl-C is
--- raised again.
---@param f function
---@param ... any  f's arguments
---@return any ...
function errors.try(f, ...)
  return without_line(errors.pcall(f, ...))
end

--- Calls f and returns its results; raises an error of f in the caller's line.
---@param f function  whose first result is not nil
---@param ... any  f's arguments
---@return any ...
function errors.call(f, ...)
  return errors.must(errors.try(f, ...))
end

--- A message that begins with a function's name, which is added unless it does so already.
---@param name string
---@param message string
---@return string
function errors.prefixed(name, message)
  local prefix = name .. ": "
  return message:find(prefix, 1, true) == 1 and message or prefix .. message
end

--- A value as a message shows it: numbers and texts as they are, a text that looks like a number in
--- quotes, others by their type.
---@param value any
---@return string
function errors.describe(value)
  if types.is_array(value) then
    return "an array"
  elseif type(value) == "table" then
    return ("a table of %d"):format(#value)
  elseif type(value) == "function" or type(value) == "userdata" then
    return "a " .. type(value)
  elseif value ~= value then
    return "nan" -- without a sign
  elseif type(value) == "string" and c_locale.tonumber(value) then
    return ("'%s'"):format(printable.name(value))
  end
  return printable.name(value)
end

return errors
