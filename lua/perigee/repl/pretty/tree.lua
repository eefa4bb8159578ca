--- A table as a tree, of which each leaf is painted and knows its width.
--
-- Not all of a table is in it: of long ones the first entries, of deep ones those up to a depth,
-- and of a cycle where it leads.

local colours = require "perigee.repl.pretty.colours"
local format = require "perigee.util.format"
local table_reader = require "perigee.repl.pretty.table_reader"
local scalars = require "perigee.repl.pretty.scalars"
local lexer = require "perigee.repl.syntax.lexer"
local escape = require "perigee.repl.pretty.escape"

local trees = {}

trees.FIRST = 20 -- entries that are shown of more than entries.MOST

local MOST_NODES = 1000
local LONGEST_KEY = 40 -- bytes
local LEAST_STRING, BESIDE_STRING = 16, 30 -- bytes that are shown; columns for what is beside them
local LONGEST_FILLED = 24 -- columns of a value that shares its line with others

local IS_KEYWORD = lexer.IS_KEYWORD

---@class perigee.repl.node: perigee.repl.leaf
---@field items? perigee.repl.node[]  of a table
---@field open? string  what stands before them, painted
---@field head? string  of an item that has a key: that, and " = "; painted
---@field head_width integer
---@field fills? boolean  whether it shares a line with its neighbours
---@field is_rest? boolean  "... 980 more", which no comma follows

---@class perigee.repl.tree: perigee.repl.measures
---@field above table<table, string>  the tables that are open, with their paths
---@field nodes integer  made so far
local Tree = {}
Tree.__index = Tree

function Tree:leaf(...)
  return scalars.of(self.paint, ...)
end

--- How many of so many entries are shown.
local function shown_of(self, count)
  return count <= self.first * table_reader.MOST // trees.FIRST and count or self.first
end

--- What stands for those that are not.
local function rest(self, left, is_complete)
  local words = is_complete and "... %s more" or "... more than %s more"
  local item = self:leaf("dim", words:format(format.integer(left)))
  item.is_rest, item.fills = true, true
  return item
end

--- A key as Lua writes it, and its part of a path.
local function key_texts(self, key)
  if type(key) == "string" and #key <= LONGEST_KEY and key:find "^[%a_][%w_]*$"
    and not IS_KEYWORD[key] then
    return self:leaf("key", key), "." .. key
  end
  local leaf = scalars.short(key, LONGEST_KEY, self.paint)
  local plain = scalars.short(key, LONGEST_KEY, colours.plain)
  return { text = "[" .. leaf.text .. "]", width = leaf.width + 2 }, "[" .. plain.text .. "]"
end

--- An item of a table: a value, and its key.
local function keyed(self, entry, depth, path)
  local key, step = key_texts(self, entry.key)
  local node = self:node(entry.value, depth, path .. step)
  node.head, node.head_width = key.text .. " = ", key.width + 3
  return node
end

local function positional(self, entry, i, depth, path)
  local node = self:node(entry.value, depth, ("%s[%d]"):format(path, i))
  node.fills = not node.items and node.width <= LONGEST_FILLED
  return node
end

--- The items of a table that is opened.
local function items_of(self, found, depth, path)
  local items, shown = {}, shown_of(self, found.length)
  for i = 1, math.min(shown, #found.sequence) do
    items[i] = positional(self, found.sequence[i], i, depth + 1, path)
  end
  if found.length > shown then
    local ends_there = found.is_complete or found.keys > 0
    items[#items + 1] = rest(self, found.length - shown, ends_there)
  end
  shown = found.is_complete and shown_of(self, found.keys) or math.min(found.keys, self.first)
  for i = 1, shown do
    items[#items + 1] = keyed(self, found[i], depth + 1, path)
  end
  if found.keys > shown or not found.is_complete and found.keys > 0 then
    items[#items + 1] = rest(self, found.keys - shown, found.is_complete)
  end
  if found.problem then
    items[#items + 1] = self:leaf("error", found.problem)
  end
  return items
end

--- A table of items: its width, if it stands on one line.
local function table_node(self, name, items)
  local open = name and self.paint("type", name) .. " {" or "{"
  local width = name and escape.width(name) + 3 or 2
  if #items > 0 then
    width = width + 2 * #items -- blanks and commas
  end
  for _, item in ipairs(items) do
    width = width + item.width + (item.head_width or 0)
  end
  return { items = items, open = open, width = width }
end

--- "{ ... 12 entries }", of a table that is not opened.
local function closed_node(self, name, count, is_complete)
  local words = format.quantity(count, "entry", "entries")
  local item = self:leaf("dim", (is_complete and "... " or "... more than ") .. words)
  item.is_rest = true
  return table_node(self, name, { item })
end

local function name_of(t)
  local name = scalars.meta(t, "__name")
  return type(name) == "string" and escape.first_line(name, LONGEST_KEY) or nil
end

local function of_table(self, t, depth, path)
  local name = name_of(t)
  if depth > self.depth then
    local count, is_complete = self.reader:count(t)
    if count > 0 or not is_complete then
      return closed_node(self, name, count, is_complete)
    end
  end
  self.above[t] = path
  local node = table_node(self, name, items_of(self, self.reader:read(t), depth, path))
  self.above[t] = nil
  return node
end

--- A value's node.
---@param value any
---@param depth integer  of this one, if it is a table
---@param path string  by which one comes to it: ".layers[1]"
---@return perigee.repl.node
function Tree:node(value, depth, path)
  self.nodes = self.nodes + 1
  if self.nodes > MOST_NODES then
    return self:leaf("dim", "...")
  elseif type(value) ~= "table" or scalars.has_text(value) then
    return scalars.short(value, math.max(LEAST_STRING, self.width - BESIDE_STRING), self.paint)
  elseif self.above[value] then
    local ancestor = self.above[value]
    return self:leaf("dim", ancestor == "" and "<cycle>" or ("<cycle: %s>"):format(ancestor))
  end
  return of_table(self, value, depth, path)
end

---@class perigee.repl.measures
---@field paint fun(style: string, text: string): string
---@field width integer  the lines'
---@field depth integer  tables that are opened inside each other
---@field first integer  entries that are shown of a long table
---@field reader perigee.repl.reader

--- A table's tree.
---@param t table
---@param measures perigee.repl.measures
---@return perigee.repl.node
---@return boolean is_whole  it has not become too large
function trees.of(t, measures)
  local tree = setmetatable({ above = {}, nodes = 0 }, Tree)
  for name, value in pairs(measures) do
    tree[name] = value
  end
  local node = tree:node(t, 1, "")
  return node, tree.nodes <= MOST_NODES
end

return trees
