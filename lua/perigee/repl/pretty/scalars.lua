--- Values on one line, without their contents: numbers, strings, functions, arrays, userdata.
--
-- Tables with a __tostring are among them. Nothing here raises an error but Ctrl-C, whatever a
-- metatable does.

local array_format = require "perigee.util.array_format"
local c_locale = require "perigee.util.c_locale"
local classes = require "perigee.repl.introspect.classes"
local errors = require "perigee.util.errors"
local escape = require "perigee.repl.pretty.escape"
local format = require "perigee.util.format"
local functions = require "perigee.repl.pretty.functions"
local types = require "perigee.util.types"

local scalars = {}

local LONGEST_WORD = 100 -- bytes of a message, or of a line of a __tostring
local LONGEST_ARRAY = 40 -- columns of an array in a table
local MOST_ELEMENTS = 16 -- of such an array

--- An error as one line.
---@param problem any
---@return string
function scalars.message(problem)
  if type(problem) == "string" or type(problem) == "number" then
    return escape.first_line(c_locale.tostring(problem), LONGEST_WORD)
  end
  return "a " .. type(problem)
end

--- Tells if a table is shown by its __tostring.
---@param value table
---@return boolean
function scalars.has_text(value)
  return classes.metafield(value, "__tostring") ~= nil
end

--- The result of a value's __tostring, or a note that it failed.
---@param value any
---@return string
---@return string? problem  "<error in __tostring: ...>"
function scalars.tostring(value)
  local worked, text = errors.pcall(tostring, value)
  if worked then
    return text
  end
  local problem = ("<error in __tostring: %s>"):format(scalars.message(text))
  return problem, problem
end

---@class perigee.repl.painted
---@field text string  with colours
---@field width integer  columns

--- Joins texts, each in its style.
---@param paint perigee.repl.paint
---@param ... string  a style, a text, and so on
---@return perigee.repl.painted
function scalars.painted(paint, ...)
  local parts, width, pieces = {}, 0, { ... }
  for i = 1, #pieces, 2 do
    parts[#parts + 1] = paint(pieces[i], pieces[i + 1])
    width = width + escape.width(pieces[i + 1])
  end
  return { text = table.concat(parts), width = width }
end

--- "... 9,990 more bytes"; "" for none.
---@param left integer
---@return string
function scalars.rest(left)
  return left > 0 and ("... %s"):format(format.quantity(left, "more byte")) or ""
end

--- A string in quotes, cut if it is much longer than `most` bytes.
local function quoted(text, most, paint)
  local shown, left = text, 0
  if #text > most + 20 then -- the note about the rest takes so much itself
    shown, left = escape.cut(text, most)
  end
  return scalars.painted(paint, "string", escape.quoted(shown), "dim", scalars.rest(left))
end

--- A small array as its elements, another as "float32 (60000, 784)".
local function array_summary(a, paint)
  local alive, size = errors.pcall(function() return a.size end)
  if not alive then
    return scalars.painted(paint, "type", array_format.array(a))
  end
  local text = size <= MOST_ELEMENTS and array_format.array(a)
  if text and #text <= LONGEST_ARRAY and not text:find "\n" then
    return scalars.painted(paint, "number", text)
  end
  return scalars.painted(paint, "type", ("%s %s"):format(a.dtype, a.shape))
end

--- A value in at most one line; a table without a __tostring as its address.
---@param value any
---@param most integer  bytes of a string
---@param paint perigee.repl.paint
---@return perigee.repl.painted
function scalars.short(value, most, paint)
  local kind = type(value)
  if kind == "nil" or kind == "boolean" then
    return scalars.painted(paint, "boolean", tostring(value))
  elseif kind == "number" then
    return scalars.painted(paint, "number", c_locale.tostring(value))
  elseif kind == "string" then
    return quoted(value, most, paint)
  elseif kind == "function" then
    local head, position = functions.describe(value)
    return scalars.painted(paint, "type", head, "dim", " " .. position)
  elseif kind == "thread" then
    return scalars.painted(paint, "type", "thread", "dim", (" (%s)"):format(
      coroutine.status(value)))
  elseif types.is_array(value) then
    return array_summary(value, paint)
  elseif kind == "table" and not scalars.has_text(value) then
    return scalars.painted(paint, "type", ("table: %p"):format(value))
  end
  local text, problem = scalars.tostring(value)
  return scalars.painted(paint, problem and "error" or "type",
    escape.first_line(text, LONGEST_WORD))
end

return scalars
