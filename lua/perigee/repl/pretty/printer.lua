--- Values as the prompt shows them: tables with keys in order, on one line where that fits, and of
--- what is large, deep or long only a part.
--
-- A table becomes a tree (tree.lua), and the tree lines (layout.lua). What takes too many lines is
-- made a tree again, with fewer entries or of less depth.

local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local colours = require "perigee.repl.pretty.colours"
local table_reader = require "perigee.repl.pretty.table_reader"
local layout = require "perigee.repl.pretty.layout"
local scalars = require "perigee.repl.pretty.scalars"
local escape = require "perigee.repl.pretty.escape"
local array_texts = require "perigee.util.array_format"
local trees = require "perigee.repl.pretty.tree"

local printer = {}

local WIDTH = 80
local DEPTH, MOST_DEPTH = 4, 20 -- tables in tables
local MOST_LINES = 90 -- of a table
local FEWER = 8 -- entries of a long table, where with the usual number there are too many lines
local LONGEST_STRING = 2000 -- bytes
local LONGEST_TEXT, MOST_TEXT_LINES = 10000, 100 -- of a string that has line breaks
local MOST_ELEMENTS = 100 -- of an array, of which print shows 1000
local TAB = 8

--- A table as text: as deep, and with as many entries, as there is room for.
local function text_of_table(t, width, paint, depth)
  local reader, lines = table_reader.reader(), nil
  for d = math.max(1, math.min(depth, MOST_DEPTH)), 1, -1 do
    for _, first in ipairs { trees.FIRST, FEWER } do
      local node, is_whole = trees.of(t, {
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

-- --- texts ------------------------------------------------------------------------------------

--- A text of several lines, without what a terminal would obey, and not all of a long one.
local function several_lines(text, style, paint)
  local shown = escape.cut(text, LONGEST_TEXT)
  local lines, last = 0, 0
  while last and lines < MOST_TEXT_LINES do
    last = shown:find("\n", last + 1, true)
    lines = lines + 1
  end
  shown = last and shown:sub(1, last - 1) or shown
  local left = scalars.rest(#text - #shown)
  return paint(style, escape.visible(shown)) .. (left ~= "" and "\n" .. paint("dim", left) or "")
end

local function text_of_string(text, paint)
  if text:find("\n", 1, true) and not text:find("\0", 1, true) and utf8.len(text) then
    return several_lines(text, "string", paint)
  end
  return scalars.quoted(text, LONGEST_STRING, paint).text
end

local function text_of_other(value, paint)
  if types.is_array(value) then
    local text = array_texts.array(value, MOST_ELEMENTS)
    local elements, kind = text:match "^(.* )(%w+ %([%d, ]*%))$"
    return elements and elements .. paint("dim", kind) or text
  end
  local text, problem = scalars.tostring(value)
  return problem and paint("error", text) or several_lines(text, "plain", function(style, each)
    return style == "plain" and each or paint(style, each)
  end)
end

local function text_of(value, width, paint, depth)
  local kind = type(value)
  if kind == "string" then
    return text_of_string(value, paint)
  elseif kind == "table" and not scalars.has_text(value) then
    return text_of_table(value, width, paint, depth)
  elseif kind == "table" or kind == "userdata" then
    return text_of_other(value, paint)
  end
  return scalars.short(value, LONGEST_STRING, paint).text
end

--- A value as the prompt shows it. Never raises, but for Ctrl-C.
---@param value any
---@param width? integer  columns, 80 unless given
---@param paint? fun(style: string, text: string): string  (colours.lua); without it, in no colours
---@param depth? integer  how deep tables are opened, 4 unless given
---@return string
function printer.text(value, width, paint, depth)
  paint = paint or colours.plain
  scalars.forget_names()
  local worked, text = errors.pcall(text_of, value, width or WIDTH, paint, depth or DEPTH)
  if worked then
    return text
  end
  return paint("error", ("<a %s that cannot be shown: %s>"):format(type(value),
    scalars.message(text)))
end

--- How far texts reach that stand side by side, with tabs between.
local function reach(texts)
  local column = 0
  for i, text in ipairs(texts) do
    column = (i > 1 and column // TAB * TAB + TAB or 0) + escape.width(text)
  end
  return column
end

--- Several values, nils included: side by side, with a tab between, if each is one line and that
--- fits; else below each other.
---@param values any[]
---@param n integer  how many
---@param width? integer
---@param paint? fun(style: string, text: string): string
---@return string
function printer.line_up(values, n, width, paint)
  local painted, plain, on_one_line = {}, {}, true
  for i = 1, n do
    painted[i] = printer.text(values[i], width, paint)
    plain[i] = painted[i]:gsub("\27%[[%d;]*m", "")
    on_one_line = on_one_line and not plain[i]:find("\n", 1, true)
  end
  local fits = on_one_line and reach(plain) <= (width or WIDTH)
  return table.concat(painted, fits and "\t" or "\n")
end

return printer
