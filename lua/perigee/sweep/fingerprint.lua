--- The data of a study: by what they are known again, and what else its `run` refers to.

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local core = require "perigee.core"
local identity = require "perigee.sweep.identity"
local json = require "perigee.json"
local references = require "perigee.sweep.references"

local fingerprint = {}

-- --- checksums ----------------------------------------------------------------------

--- Two functions may each have a variable of that name: both count.
local function put(sums, name, sum)
  while sums[name] and sums[name] ~= sum do
    name = name .. "'"
  end
  sums[name] = sum
end

--- Adds the checksums of an array or an archive, under names that begin with its own.
local function add(sums, name, value, checksum)
  if check.is_array(value) then
    put(sums, name, check.try(checksum, value)) -- it may have been freed
  else
    for _, member in ipairs(check.try(value.keys, value) or {}) do -- it may have been closed
      put(sums, name .. "." .. member, value:checksum(member))
    end
  end
end

local function hash_of(sums)
  return next(sums) and identity.hash(json.encode(sums)) or nil
end

--- What data are made of, or what `run` refers to where a study has no data.
local function references_of(data, run)
  return references.of { data = data, run = data == nil and run or nil }
end

--- The fingerprint of a study's data; nil where there are none. Numbers and texts count where they
--- stand in the data that a study was told.
---@param data any  an array, an archive, or a table of them; nil: those that `run` refers to
---@param run function
---@return string?
function fingerprint.of(data, run)
  local sums = {}
  for _, found in ipairs(references_of(data, run)) do
    if type(found.value) == "userdata" then
      add(sums, found.name, found.value, core.checksum)
    elseif data ~= nil then
      put(sums, found.name, json.encode(found.value))
    end
  end
  return hash_of(sums)
end

-- --- fingerprints of before ---------------------------------------------------------
-- Journals of before know their data by what was found on fewer ways, and by other checksums.

local DEEP = 8 -- tables in tables

local function add_table(sums, name, value, depth, checksum)
  if check.is_array(value) or references.is_archive(value) then
    add(sums, name, value, checksum)
  elseif type(value) == "table" and depth > 0 and not getmetatable(value) then
    for key, each in next, value do
      add_table(sums, name .. "." .. c_locale.tostring(key), each, depth - 1, checksum)
    end
  end
end

local function add_upvalues(sums, f, seen, checksum)
  seen[f] = true
  for i = 1, math.huge do
    local name, value = debug.getupvalue(f, i)
    if not name then
      return
    elseif type(value) ~= "function" then
      add_table(sums, name, value, 1, checksum)
    elseif not seen[value] then
      add_upvalues(sums, value, seen, checksum)
    end
  end
end

--- The fingerprints that the same data have in journals of before, the latest first: with the
--- checksum of now, and with that which was made of other bytes (checksum_v1.h).
---@param data any
---@param run function
---@return fun(): string?  # one after the other
function fingerprint.of_before(data, run)
  local checksums, k = { core.checksum, core.checksum_v1 }, 0
  return function()
    k = k + 1
    if checksums[k] then
      local sums = {}
      if data ~= nil then
        add_table(sums, "data", data, DEEP, checksums[k])
      else
        add_upvalues(sums, run, {}, checksums[k])
      end
      return hash_of(sums) or ""
    end
  end
end

-- --- notes --------------------------------------------------------------------------

local LONGEST = 60 -- bytes of a value that a note keeps as it is

--- What `run` refers to beside the data, by the variables' names: a number or a short text as
--- itself, of others a hash.
---@param data any
---@param run function
---@return table<string, string|number|boolean>
function fingerprint.notes(data, run)
  local lines, notes = {}, {}
  for _, found in ipairs(references.of { run = run }) do
    local value, list = found.value, lines[found.root] or {}
    lines[found.root] = list
    if type(value) ~= "userdata" then
      list[#list + 1] = found.name .. "=" .. json.encode(value)
    elseif data ~= nil then -- else it is the data
      local sums = {}
      add(sums, found.name, value, core.checksum)
      list[#list + 1] = json.encode(sums)
    end
    local is_plain = type(value) ~= "userdata" and #json.encode(value) <= LONGEST
      and not (math.type(value) and value - value ~= 0)
    notes[found.root] = #list == 1 and is_plain and value or nil
  end
  for root, list in pairs(lines) do
    c_locale.sort(list)
    if notes[root] == nil and #list > 0 then
      notes[root] = "#" .. identity.hash(table.concat(list, "\n"))
    end
  end
  return notes
end

return fingerprint
