--- A table as a tree of painted text with known widths, which layout.lua breaks into lines.
--
-- The tree has the first entries of a long table, tables down to a depth, and the path of an
-- ancestor in place of a cycle.

local classes = require "perigee.repl.introspect.classes"
local colours = require "perigee.repl.pretty.colours"
local escape = require "perigee.repl.pretty.escape"
local format = require "perigee.util.format"
local lexer = require "perigee.repl.syntax.lexer"
local scalars = require "perigee.repl.pretty.scalars"
local table_reader = require "perigee.repl.pretty.table_reader"

local tree = {}

tree.FIRST = 20 -- entries that are shown of a table with more than table_reader.MOST

local MOST_NODES = 1000
local LONGEST_KEY = 40 -- bytes
local LEAST_STRING, BESIDE_STRING = 16, 30 -- bytes of a string; columns for what is beside it
local LONGEST_FILLED = 24 -- columns of a value that shares its line with others

---@class perigee.repl.node: perigee.repl.painted
---@field items? perigee.repl.node[]  the entries, if the node is a table
---@field open? string  the painted text before them
---@field head? string  the painted key and " = " of an entry that has a key
---@field head_width integer
---@field fills? boolean  the entry may share a line with its neighbours
---@field is_rest? boolean  "... 980 more", which no comma follows

---@class perigee.repl.limits
---@field paint perigee.repl.paint
---@field width integer  of lines
---@field depth integer  of nested tables
---@field first integer  entries that are shown of a long table
---@field reader perigee.repl.reader

---@class perigee.repl.tree: perigee.repl.limits
---@field above table<table, string>  the paths of the tables around the current node
---@field nodes integer  the number of nodes so far
local Tree = {}
Tree.__index = Tree

--- The number of entries to show of `count`.
function Tree:shown_of(count)
  return count <= self.first * table_reader.MOST // tree.FIRST and count or self.first
end

--- The item that stands for entries that are not shown: "... 980 more".
function Tree:rest(words, count)
  local item = scalars.painted(self.paint, "dim", words:format(count))
  item.is_rest = true
  return item
end

--- A key as Lua writes it, and its part of a path.
function Tree:key(key)
  if type(key) == "string" and #key <= LONGEST_KEY and key:find "^[%a_][%w_]*$"
    and not lexer.IS_KEYWORD[key] then
    return scalars.painted(self.paint, "key", key), "." .. key
  end
  local painted = scalars.short(key, LONGEST_KEY, self.paint)
  local plain = scalars.short(key, LONGEST_KEY, colours.plain)
  return { text = "[" .. painted.text .. "]", width = painted.width + 2 }, "[" .. plain.text .. "]"
end

--- The items of a table at a depth.
function Tree:items(contents, depth, path)
  local function more(left, is_complete)
    local item = self:rest(is_complete and "... %s more" or "... more than %s more",
      format.integer(left))
    item.fills = true
    return item
  end

  local items, shown = {}, self:shown_of(contents.length)
  for i = 1, math.min(shown, #contents.sequence) do
    local node = self:node(contents.sequence[i].value, depth + 1, ("%s[%d]"):format(path, i))
    node.fills = not node.items and node.width <= LONGEST_FILLED
    items[i] = node
  end
  if contents.length > shown then
    items[#items + 1] = more(contents.length - shown, contents.is_complete or contents.keys > 0)
  end

  shown = contents.is_complete and self:shown_of(contents.keys)
    or math.min(contents.keys, self.first)
  for i = 1, shown do
    local key, step = self:key(contents[i].key)
    local node = self:node(contents[i].value, depth + 1, path .. step)
    node.head, node.head_width = key.text .. " = ", key.width + 3
    items[#items + 1] = node
  end
  if contents.keys > shown or not contents.is_complete and contents.keys > 0 then
    items[#items + 1] = more(contents.keys - shown, contents.is_complete)
  end
  if contents.problem then
    items[#items + 1] = scalars.painted(self.paint, "error", contents.problem)
  end
  return items
end

--- The node of a table.
function Tree:table(t, depth, path)
  local items
  if depth > self.depth then
    local count, is_complete = self.reader:count(t)
    if count > 0 or not is_complete then -- "{ ... 12 entries }"
      items = { self:rest(is_complete and "... %s" or "... more than %s",
        format.quantity(count, "entry", "entries")) }
    end
  end
  if not items then
    self.above[t] = path
    items = self:items(self.reader:read(t), depth, path)
    self.above[t] = nil
  end

  local name = classes.metafield(t, "__name")
  name = type(name) == "string" and escape.first_line(name, LONGEST_KEY)
  local width = (name and escape.width(name) + 3 or 2) + 2 * #items -- spaces and commas
  for _, item in ipairs(items) do
    width = width + item.width + (item.head_width or 0)
  end
  return { items = items, open = name and self.paint("type", name) .. " {" or "{", width = width }
end

--- The node of a value.
---@param value any
---@param depth integer  of the value, if it is a table
---@param path string  from the outermost table to the value: ".layers[1]"
---@return perigee.repl.node
function Tree:node(value, depth, path)
  self.nodes = self.nodes + 1
  if self.nodes > MOST_NODES then
    return scalars.painted(self.paint, "dim", "...")
  elseif type(value) ~= "table" or scalars.has_text(value) then
    return scalars.short(value, math.max(LEAST_STRING, self.width - BESIDE_STRING), self.paint)
  elseif self.above[value] then
    local ancestor = self.above[value]
    return scalars.painted(self.paint, "dim",
      ancestor == "" and "<cycle>" or ("<cycle: %s>"):format(ancestor))
  end
  return self:table(value, depth, path)
end

--- The tree of a table.
---@param t table
---@param limits perigee.repl.limits
---@return perigee.repl.node
---@return boolean is_whole  the tree has not become too large
function tree.of(t, limits)
  local self = setmetatable({ above = {}, nodes = 0 }, Tree)
  for name, value in pairs(limits) do
    self[name] = value
  end
  local node = self:node(t, 1, "")
  return node, self.nodes <= MOST_NODES
end

return tree
