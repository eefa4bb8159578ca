--- What is in a table, as far as it is shown: the sequence first, then keys in order.
--
-- Nothing of a table's metatable is asked, but its __pairs. Of a table that has very many keys
-- only some are looked at, so that no table takes long.

local errors = require "perigee.util.errors"
local scalars = require "perigee.repl.pretty.scalars"

local table_reader = {}

table_reader.MOST = 25 -- of the sequence, and of the keys, that are ever shown

local STEPS = 8000 -- keys that are looked at, of all tables together
local PASSES = 300000 -- elements of sequences that are only passed over
local FEW = 100 -- keys that are looked at, of each table at least
local FULL = 4 * table_reader.MOST -- kept keys, before they are sorted and cut
local LONGEST_KEY = 200 -- bytes of a key by which it is sorted

-- --- order ------------------------------------------------------------------------------

local RANKS = { number = 1, string = 2, boolean = 3 }

--- Numbers in a text by their size: "x2" comes before "x10".
local function padded(text)
  return (text:sub(1, LONGEST_KEY):gsub("%d+", function(digits)
    return ("0"):rep(20 - #digits) .. digits
  end))
end

--- By what a key is sorted: first the one, then the other.
local function order_of(key)
  local kind = type(key)
  if kind == "number" then
    return 1, key
  elseif kind == "string" then
    return 2, key:find "%d" and padded(key) or key
  elseif kind == "boolean" then
    return 3, key and 1 or 0
  end
  return 4, kind .. scalars.short(key, LONGEST_KEY, function(_, text) return text end).text
end

local function comes_before(a, b)
  if a.rank ~= b.rank then
    return a.rank < b.rank
  elseif a.by ~= b.by then
    return a.by < b.by
  end
  return a.rank == RANKS.string and a.key < b.key -- "x01" and "x1"
end

--- Sorts what was kept, and keeps no more of it than can be shown.
local function trim(kept)
  table.sort(kept, comes_before)
  for i = #kept, table_reader.MOST + 1, -1 do
    kept[i] = nil
  end
  kept.last = kept[table_reader.MOST]
end

local function keep(kept, key)
  local rank, by = order_of(key)
  local item = { key = key, rank = rank, by = by }
  if not kept.last or comes_before(item, kept.last) then
    kept[#kept + 1] = item
    if #kept >= FULL then
      trim(kept)
    end
  end
end

-- --- plain tables -------------------------------------------------------------------------

--- How many elements the sequence has. Where most of those that would be shown are missing, it ends
--- at the first that is: the others have their keys.
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

--- Where to look for keys from: mostly the elements of a sequence come first, in order, and are
--- passed over. Of very long ones not all are asked whether they do.
local function start_of_keys(t, length, budget)
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

--- Looks at the keys beside the sequence.
local function walk(t, found, budget)
  local kept, looked_at, most = {}, 0, math.max(FEW, budget.steps)
  local key = next(t, start_of_keys(t, found.length, budget))
  while key ~= nil and looked_at < most do
    looked_at = looked_at + 1
    if not (math.type(key) == "integer" and key >= 1 and key <= found.length) then
      found.keys = found.keys + 1
      keep(kept, key)
    end
    key = next(t, key)
  end
  budget.steps = budget.steps - looked_at
  found.is_complete = key == nil
  trim(kept)
  for i, item in ipairs(kept) do
    found[i] = { key = item.key, value = rawget(t, item.key) }
  end
end

local function of_plain(t, budget)
  local found = { length = sequence_length(t), keys = 0, sequence = {} }
  for i = 1, math.min(found.length, table_reader.MOST) do
    found.sequence[i] = { value = rawget(t, i) }
  end
  walk(t, found, budget)
  return found
end

-- --- tables with __pairs --------------------------------------------------------------------

--- Takes what the iterator gives, in its order; 1, 2, 3, ... at its beginning are the sequence.
local function take(t, found)
  local step, state, key = scalars.meta(t, "__pairs")(t)
  local value
  repeat
    key, value = step(state, key)
    if key == nil then
      found.is_complete = true
    elseif found.keys == 0 and rawequal(key, found.length + 1) then
      found.length = key
      found.sequence[#found.sequence + 1] = key <= table_reader.MOST and { value = value } or nil
    else
      found.keys = found.keys + 1
      found[#found + 1] = found.keys <= table_reader.MOST and { key = key, value = value } or nil
    end
  until key == nil or found.length + found.keys >= FEW
end

local function of_pairs(t)
  local found = { length = 0, keys = 0, sequence = {}, is_complete = false }
  local worked, problem = errors.pcall(take, t, found)
  if not worked then -- which stands for the rest
    found.is_complete = true
    found.problem = ("<error in __pairs: %s>"):format(scalars.message(problem))
  end
  return found
end

-- --- any --------------------------------------------------------------------------------------

---@class perigee.repl.table_contents
---@field sequence { value: any }[]  its first elements
---@field length integer  how many it has
---@field [integer] { key: any, value: any }  the first of the other keys
---@field keys integer  how many there are
---@field is_complete boolean  whether there are no more
---@field problem? string  what went wrong in __pairs

---@class perigee.repl.reader
local Reader = {}
Reader.__index = Reader

--- Who reads tables, and keeps what was read.
---@return perigee.repl.reader
function table_reader.reader()
  local budget = { steps = STEPS, passes = PASSES }
  return setmetatable({ budget = budget, known = {}, counted = {} }, Reader)
end

--- A table's entries; those of one that was asked for before, again.
---@param t table
---@return perigee.repl.table_contents
function Reader:read(t)
  local found = self.known[t]
  if not found then
    found = scalars.meta(t, "__pairs") and of_pairs(t) or of_plain(t, self.budget)
    self.known[t] = found
  end
  return found
end

--- How many keys a table has that is not opened.
local function count_plain(t, budget)
  local length = sequence_length(t)
  local start = start_of_keys(t, length, budget)
  local key, count = next(t, start), start or 0
  local most = count + math.max(FEW, budget.steps)
  while key ~= nil and count < most do
    key, count = next(t, key), count + 1
  end
  budget.steps = budget.steps - (count - (start or 0)) // 4 -- none is sorted
  return { count = count, is_complete = key == nil }
end

--- How many entries a table has, as far as they were counted.
---@param t table
---@return integer
---@return boolean is_complete  there are no more
function Reader:count(t)
  if scalars.meta(t, "__pairs") then
    local found = self:read(t)
    return found.length + found.keys, found.is_complete
  end
  local counted = self.counted[t] or count_plain(t, self.budget)
  self.counted[t] = counted
  return counted.count, counted.is_complete
end

return table_reader
