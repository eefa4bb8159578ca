--- Values that are shown without what is in them: numbers, strings, functions, threads, userdata,
--- and whatever has a __tostring. None of it raises, whatever a metatable does; but for Ctrl-C.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local classes = require "perigee.repl.introspect.classes"
local format = require "perigee.util.format"
local public = require "perigee.util.public"
local escape = require "perigee.repl.pretty.escape"
local texts = require "perigee.util.array_format"

local scalars = {}

local LONGEST_WORD = 100 -- bytes of a name, a place or a message
local LONGEST_ARRAY = 40 -- columns of one that is shown in a table
local MOST_ELEMENTS = 16 -- of such an array

-- --- what others' functions give ----------------------------------------------------

--- What an error says, in a line.
---@param problem any
---@return string
function scalars.message(problem)
  if type(problem) == "string" or type(problem) == "number" then
    return escape.first_line(c_locale.tostring(problem), LONGEST_WORD)
  end
  return "a " .. type(problem)
end

--- A field of a value's metatable, whatever __metatable and __index say.
---@param value any
---@param name string
---@return any
function scalars.meta(value, name)
  local metatable = debug.getmetatable(value)
  return metatable and rawget(metatable, name)
end

--- What a value's __tostring gives, or what it is where that fails.
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

-- --- functions ----------------------------------------------------------------------

local names -- of functions, by themselves, while something is printed

--- By what names functions can be had: "print", "string.format". Of several, the shortest; `_` is
--- the prompt's last value, and no name.
local function list_names()
  local list = {}
  local function add(prefix, functions)
    for name, value in next, type(functions) == "table" and functions or {} do
      if type(value) == "function" and type(name) == "string" and name ~= "_" then
        local full, best = prefix .. name, list[value]
        if not best or #full < #best or #full == #best and full < best then
          list[value] = full
        end
      end
    end
  end
  for module, loaded in next, package.loaded do
    local prefix = module == "_G" and "" or scalars.message(module) .. "."
    add(prefix, loaded)
    add(prefix, module ~= "_G" and classes.metafield(loaded, "__index")) -- perigee's are there
  end
  return list
end

--- Modules may have changed since functions were told by their names.
function scalars.forget_names()
  names = nil
end

local function public_name(f)
  names = names or list_names()
  return names[f]
end

local function parameters(f, info)
  local list = {}
  for i = 1, info.nparams do
    list[i] = debug.getlocal(f, i) or "?" -- stripped of its names
  end
  list[#list + 1] = info.isvararg and "..." or nil
  return table.concat(list, ", ")
end

--- "function f(a, b)" and where it is from: "file.lua:12", or "[C]".
local function parts_of_function(f)
  local name = public_name(f)
  f = public.written(f)
  local info = debug.getinfo(f, "Su")
  local head = "function" .. (name and " " .. escape.first_line(name, LONGEST_WORD) or "")
  if info.what == "C" then -- which does not tell its parameters
    return head, "[C]"
  end
  return ("%s(%s)"):format(head, parameters(f, info)), ("%s:%d"):format(
    escape.first_line(info.short_src, LONGEST_WORD), info.linedefined)
end

-- --- scalars --------------------------------------------------------------------------

---@class perigee.repl.leaf
---@field text string  painted
---@field width integer  its columns

--- A leaf of pieces: a style and a text each.
---@param paint fun(style: string, text: string): string
---@param ... string
---@return perigee.repl.leaf
function scalars.of(paint, ...)
  local parts, width, pieces = {}, 0, { ... }
  for i = 1, #pieces, 2 do
    parts[#parts + 1] = paint(pieces[i], pieces[i + 1])
    width = width + escape.width(pieces[i + 1])
  end
  return { text = table.concat(parts), width = width }
end

--- "... 9,990 more bytes"
---@param left integer
---@return string  # "" for none
function scalars.rest(left)
  return left > 0 and ("... %s"):format(format.quantity(left, "more byte")) or ""
end

--- A string in quotes, of which more than `most` bytes are left out.
---@param text string
---@param most integer
---@param paint fun(style: string, text: string): string
---@return perigee.repl.leaf
function scalars.quoted(text, most, paint)
  local shown, left = text, 0
  if #text > most + 20 then -- what stands for the rest takes as long
    shown, left = escape.cut(text, most)
  end
  return scalars.of(paint, "string", escape.quoted(shown), "dim", scalars.rest(left))
end

--- An array as its elements if these are few, else as what it is: "float32 (60000, 784)".
local function array_leaf(a, paint)
  local alive, size = errors.pcall(function() return a.size end)
  if not alive then
    return scalars.of(paint, "type", texts.array(a))
  end
  local text = size <= MOST_ELEMENTS and texts.array(a)
  if text and #text <= LONGEST_ARRAY and not text:find "\n" then
    return scalars.of(paint, "number", text)
  end
  return scalars.of(paint, "type", ("%s %s"):format(a.dtype, a.shape))
end

local of_type = {
  ["nil"] = function(_, _, paint)
    return scalars.of(paint, "boolean", "nil")
  end,
  boolean = function(value, _, paint)
    return scalars.of(paint, "boolean", tostring(value))
  end,
  number = function(value, _, paint)
    return scalars.of(paint, "number", c_locale.tostring(value))
  end,
  string = scalars.quoted,
  ["function"] = function(value, _, paint)
    local head, place = parts_of_function(value)
    return scalars.of(paint, "type", head, "dim", " " .. place)
  end,
  thread = function(value, _, paint)
    return scalars.of(paint, "type", "thread", "dim", (" (%s)"):format(coroutine.status(value)))
  end,
}

--- Whether a table is shown by its __tostring.
---@param value table
---@return boolean
function scalars.has_text(value)
  return scalars.meta(value, "__tostring") ~= nil
end

--- A value in at most a line. A table without a __tostring is only told from others.
---@param value any
---@param most integer  bytes of a string
---@param paint fun(style: string, text: string): string
---@return perigee.repl.leaf
function scalars.short(value, most, paint)
  local known = of_type[type(value)]
  if known then
    return known(value, most, paint)
  elseif types.is_array(value) then
    return array_leaf(value, paint)
  elseif type(value) == "table" and not scalars.has_text(value) then
    return scalars.of(paint, "type", ("table: %p"):format(value))
  end
  local text, problem = scalars.tostring(value)
  return scalars.of(paint, problem and "error" or "type", escape.first_line(text, LONGEST_WORD))
end

return scalars
