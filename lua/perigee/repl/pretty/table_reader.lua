--- The contents of a table in the order in which they are printed: the sequence, then the keys.
--
-- The only metamethod used is __pairs. A table with very many keys is visited in part, so that the
-- time to print one is bounded.

local classes = require "perigee.repl.introspect.classes"
local errors = require "perigee.util.errors"
local scalars = require "perigee.repl.pretty.scalars"

local table_reader = {}

table_reader.MOST = 25 -- elements, and keys, that are printed at most

local STEPS = 8000 -- keys that are visited in all tables together
local PASSES = 300000 -- elements of sequences that are skipped on the way to keys
local FEW = 100 -- keys that are visited in each table at least
local FULL = 4 * table_reader.MOST -- kept keys, before they are sorted and cut
local LONGEST_KEY = 200 -- bytes of a key that order it

-- --- order ------------------------------------------------------------------------------

--- The two values that order a key: the rank of its type, and one to compare within the type.
local function order_of(key)
  local kind = type(key)
  if kind == "number" then
    return 1, key
  elseif kind == "string" then
    if not key:find "%d" then
      return 2, key
    end
    return 2, (key:sub(1, LONGEST_KEY):gsub("%d+", function(digits) -- "x2" precedes "x10"
      return ("0"):rep(20 - #digits) .. digits
    end))
  elseif kind == "boolean" then
    return 3, key and 1 or 0
  end
  return 4, kind .. scalars.short(key, LONGEST_KEY, function(_, text) return text end).text
end

local function precedes(a, b)
  if a.rank ~= b.rank then
    return a.rank < b.rank
  elseif a.by ~= b.by then
    return a.by < b.by
  end
  return type(a.key) == "string" and a.key < b.key -- "x01" and "x1"
end

--- Sorts the kept keys, and drops those that cannot be printed.
local function trim(kept)
  table.sort(kept, precedes)
  for i = #kept, table_reader.MOST + 1, -1 do
    kept[i] = nil
  end
  kept.last = kept[table_reader.MOST]
end

-- --- plain tables -------------------------------------------------------------------------

--- The length of the sequence. If most of its first elements are nil, it ends at the first nil, and
--- the others are printed with their keys.
local function sequence_length(t)
  local border, present, first_hole = rawlen(t), 0, nil
  local shown = math.min(border, table_reader.MOST)
  for i = 1, shown do
    if rawget(t, i) ~= nil then
      present = present + 1
    else
      first_hole = first_hole or i
    end
  end
  return present * 2 >= shown and border or first_hole - 1
end

--- The key after which `next` gives the keys beside the sequence: its last element if `next` gives
--- the elements first and in order, as is usual; else nil. Long sequences are checked in part.
local function last_of_sequence(t, length, budget)
  local i, most, key = 0, math.min(length, budget.passes), nil
  while i < most do
    i, key = i + 1, next(t, key)
    if key ~= i then
      return nil
    end
  end
  budget.passes = budget.passes - i
  return length > 0 and rawget(t, length) ~= nil and length or nil
end

local function read_plain(t, budget)
  local contents = { length = sequence_length(t), keys = 0, sequence = {} }
  for i = 1, math.min(contents.length, table_reader.MOST) do
    contents.sequence[i] = { value = rawget(t, i) }
  end

  local kept, visited, most = {}, 0, math.max(FEW, budget.steps)
  local key = next(t, last_of_sequence(t, contents.length, budget))
  while key ~= nil and visited < most do
    visited = visited + 1
    if not (math.type(key) == "integer" and key >= 1 and key <= contents.length) then
      contents.keys = contents.keys + 1
      local rank, by = order_of(key)
      local item = { key = key, rank = rank, by = by }
      if not kept.last or precedes(item, kept.last) then
        kept[#kept + 1] = item
        if #kept >= FULL then
          trim(kept)
        end
      end
    end
    key = next(t, key)
  end
  budget.steps = budget.steps - visited
  contents.is_complete = key == nil
  trim(kept)
  for i, item in ipairs(kept) do
    contents[i] = { key = item.key, value = rawget(t, item.key) }
  end
  return contents
end

-- --- tables with __pairs --------------------------------------------------------------------

--- Reads a table in the order of its __pairs; leading keys 1, 2, 3, ... are the sequence.
local function read_pairs(t)
  local contents = { length = 0, keys = 0, sequence = {}, is_complete = false }
  local worked, problem = errors.pcall(function()
    local step, state, key = classes.metafield(t, "__pairs")(t)
    local value
    repeat
      key, value = step(state, key)
      if key == nil then
        contents.is_complete = true
      elseif contents.keys == 0 and rawequal(key, contents.length + 1) then
        contents.length = key
        if key <= table_reader.MOST then
          contents.sequence[key] = { value = value }
        end
      else
        contents.keys = contents.keys + 1
        if contents.keys <= table_reader.MOST then
          contents[contents.keys] = { key = key, value = value }
        end
      end
    until key == nil or contents.length + contents.keys >= FEW
  end)
  if not worked then -- the message stands for the rest
    contents.is_complete = true
    contents.problem = ("<error in __pairs: %s>"):format(scalars.message(problem))
  end
  return contents
end

-- --- reading --------------------------------------------------------------------------------

---@class perigee.repl.contents
---@field sequence { value: any }[]  its first elements
---@field length integer  of the whole sequence
---@field [integer] { key: any, value: any }  the first of the other keys
---@field keys integer  the number of those visited
---@field is_complete boolean  all were visited
---@field problem? string  an error in __pairs

---@class perigee.repl.reader
local Reader = {}
Reader.__index = Reader

--- A reader, which remembers the contents of the tables that it has read.
---@return perigee.repl.reader
function table_reader.new()
  local budget = { steps = STEPS, passes = PASSES }
  return setmetatable({ budget = budget, known = {}, counted = {} }, Reader)
end

--- The contents of a table.
---@param t table
---@return perigee.repl.contents
function Reader:read(t)
  local contents = self.known[t]
  if not contents then
    contents = classes.metafield(t, "__pairs") and read_pairs(t) or read_plain(t, self.budget)
    self.known[t] = contents
  end
  return contents
end

--- The number of a table's entries, without reading them.
---@param t table
---@return integer
---@return boolean is_complete  all were counted
function Reader:count(t)
  if classes.metafield(t, "__pairs") then
    local contents = self:read(t)
    return contents.length + contents.keys, contents.is_complete
  end
  local counted, budget = self.counted[t], self.budget
  if not counted then
    local start = last_of_sequence(t, sequence_length(t), budget)
    local key, count = next(t, start), start or 0
    local most = count + math.max(FEW, budget.steps)
    while key ~= nil and count < most do
      key, count = next(t, key), count + 1
    end
    budget.steps = budget.steps - (count - (start or 0)) // 4 -- none is sorted
    counted = { count = count, is_complete = key == nil }
    self.counted[t] = counted
  end
  return counted.count, counted.is_complete
end

return table_reader
