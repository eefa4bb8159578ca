--- The printer of values at the prompt.
--
-- Keys are in order, a table is on one line if it fits, and large or deep values are cut.
-- A table becomes a tree (tree.lua), and the tree lines (layout.lua). If these are too many, a tree
-- with fewer entries or of less depth is made.

local array_format = require "perigee.util.array_format"
local colours = require "perigee.repl.pretty.colours"
local errors = require "perigee.util.errors"
local escape = require "perigee.repl.pretty.escape"
local functions = require "perigee.repl.pretty.functions"
local layout = require "perigee.repl.pretty.layout"
local scalars = require "perigee.repl.pretty.scalars"
local table_reader = require "perigee.repl.pretty.table_reader"
local tree = require "perigee.repl.pretty.tree"
local types = require "perigee.util.types"

local printer = {}

local WIDTH = 80
local DEPTH, MOST_DEPTH = 4, 20 -- of nested tables
local MOST_LINES = 90 -- of a table
local FEWER = 8 -- entries of a long table, if the usual number makes too many lines
local LONGEST_STRING = 2000 -- bytes
local LONGEST_TEXT, MOST_TEXT_LINES = 10000, 100 -- of a string with line breaks
local MOST_ELEMENTS = 100 -- of an array; `print` shows 1000
local TAB = 8

--- A table as text: as deep, and with as many entries, as there is room for.
local function text_of_table(t, width, paint, depth)
  local reader, lines = table_reader.new(), nil
  for d = math.max(1, math.min(depth, MOST_DEPTH)), 1, -1 do
    for _, first in ipairs { tree.FIRST, FEWER } do
      local node, is_whole = tree.of(t, {
        paint = paint, width = width, depth = d, first = first, reader = reader,
      })
      lines = layout.lines(node, width)
      if is_whole and #lines <= MOST_LINES then
        return table.concat(lines, "\n")
      end
    end
  end
  return table.concat(lines, "\n")
end

--- A text with its line breaks, of which a long one is cut.
local function text_of_lines(text, style, paint)
  local shown = escape.cut(text, LONGEST_TEXT)
  local lines, last = 0, 0
  while last and lines < MOST_TEXT_LINES do
    last = shown:find("\n", last + 1, true)
    lines = lines + 1
  end
  shown = last and shown:sub(1, last - 1) or shown
  local left = scalars.rest(#text - #shown)
  shown = escape.visible(shown)
  shown = style and paint(style, shown) or shown
  return left == "" and shown or shown .. "\n" .. paint("dim", left)
end

local function text_of(value, width, paint, depth)
  local kind = type(value)
  if kind == "string" and value:find("\n", 1, true) and not value:find("\0", 1, true)
    and utf8.len(value) then
    return text_of_lines(value, "string", paint)
  elseif kind == "table" and not scalars.has_text(value) then
    return text_of_table(value, width, paint, depth)
  elseif types.is_array(value) then
    local text = array_format.array(value, MOST_ELEMENTS)
    local elements, summary = text:match "^(.* )(%w+ %([%d, ]*%))$"
    return elements and elements .. paint("dim", summary) or text
  elseif kind == "table" or kind == "userdata" then
    local text, problem = scalars.tostring(value)
    return problem and paint("error", text) or text_of_lines(text, nil, paint)
  end
  return scalars.short(value, LONGEST_STRING, paint).text
end

--- A value as the prompt prints it. Raises nothing but Ctrl-C.
---@param value any
---@param width? integer  columns, 80 by default
---@param paint? perigee.repl.paint  colours.lua makes one; no colours by default
---@param depth? integer  of nested tables, 4 by default
---@return string
function printer.text(value, width, paint, depth)
  paint = paint or colours.plain
  functions.forget_names()
  local worked, text = errors.pcall(text_of, value, width or WIDTH, paint, depth or DEPTH)
  if worked then
    return text
  end
  return paint("error", ("<a %s that cannot be shown: %s>"):format(type(value),
    scalars.message(text)))
end

--- Several values, with a tab between them if they fit on one line, else each on its own.
---@param values any[]  which may have nils
---@param n integer  the number of values
---@param width? integer  columns, 80 by default
---@param paint? perigee.repl.paint
---@return string
function printer.line_up(values, n, width, paint)
  local painted, column, on_one_line = {}, 0, true
  for i = 1, n do
    painted[i] = printer.text(values[i], width, paint)
    local plain = painted[i]:gsub("\27%[[%d;]*m", "")
    on_one_line = on_one_line and not plain:find("\n", 1, true)
    column = (i > 1 and column // TAB * TAB + TAB or 0) + escape.width(plain)
  end
  local fits = on_one_line and column <= (width or WIDTH)
  return table.concat(painted, fits and "\t" or "\n")
end

return printer
