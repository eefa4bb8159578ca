--- The fingerprint of a study's data, and notes of what else its `run` refers to.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local hash = require "perigee.sweep.data.hash"
local json = require "perigee.util.json"
local references = require "perigee.sweep.data.references"
local types = require "perigee.util.types"

local fingerprint = {}

-- --- checksums ----------------------------------------------------------------------

--- Adds a sum under a name. Two functions may each have a variable of that name: both count.
local function put(sums, name, sum)
  while sums[name] and sums[name] ~= sum do
    name = name .. "'"
  end
  sums[name] = sum
end

--- The checksums of an array, an archive or a generator, by names that begin with its own.
local function sums_of(name, value, checksum)
  if types.is_array(value) then
    return { { name = name, sum = errors.try(checksum, value) } } -- none if it was freed
  elseif references.is_generator(value) then
    return { { name = name, sum = checksum(value:get_state()) } }
  end
  local list = {}
  for i, member in ipairs(errors.try(value.keys, value) or {}) do -- it may have been closed
    list[i] = { name = name .. "." .. member, sum = value:checksum(member) }
  end
  return list
end

local function hash_of(sums)
  return next(sums) and hash.of(json.encode(sums)) or nil
end

--- The fingerprint of a study's data; nil if there are none. Numbers and texts count only in
--- data that were given to the study.
---@param data any  an array, an archive, or a table of them; nil: those that `run` refers to
---@param run function
---@return string?
function fingerprint.of(data, run)
  local list = {}
  for _, found in ipairs(references.of { data = data, run = data == nil and run or nil }) do
    if type(found.value) == "userdata" and not references.is_generator(found.value) then
      local sums = sums_of(found.name, found.value, core.checksum)
      table.move(sums, 1, #sums, #list + 1, list)
    elseif type(found.value) ~= "userdata" and data ~= nil then
      list[#list + 1] = { name = found.name, sum = json.encode(found.value) }
    end
  end
  table.sort(list, function(a, b) -- sums of one name count in any order
    return c_locale.precedes(tostring(a.sum), tostring(b.sum))
  end)
  local sums_by_name = {}
  for _, each in ipairs(list) do
    put(sums_by_name, each.name, each.sum)
  end
  return hash_of(sums_by_name)
end

-- --- fingerprints of before ---------------------------------------------------------
-- Earlier versions followed fewer references, and had other checksums.

local DEEP = 8 -- tables in tables

local function add_table(sums, name, value, depth, checksum)
  if types.is_array(value) or references.is_archive(value) then
    for _, each in ipairs(sums_of(name, value, checksum)) do
      put(sums, each.name, each.sum)
    end
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

--- Iterates over the fingerprints that earlier versions gave the same data, the latest first: with
--- today's checksum, then with checksum_v1, which was made of other bytes.
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

--- Notes of the code of functions: a hash by file, without the script itself, and by chunk for
--- those that are in no file.
local function code_of(sources, run)
  local notes, script = {}, debug.getinfo(run, "S").source
  for source, f in pairs(sources) do
    local path = source:match "^@(.*)$"
    if path and source ~= script then
      notes[path] = "#" .. (hash.file(path) or "none")
    elseif not path then
      local name = f == run and "run" or source:match "^=(.*)$" or source:sub(1, 30)
      notes[name] = "#" .. hash.of(string.dump(f, true))
    end
  end
  return notes
end

--- Notes of what `run` refers to beside the data, by the variables' names: a number or a short text
--- itself, a hash of other values; and of the code of the functions that it refers to.
---@param data any
---@param run function
---@return table<string, string|number|boolean>
function fingerprint.notes(data, run)
  local list_of_found, sources = references.of { run = run }
  local lines, notes = {}, code_of(sources, run)
  for _, found in ipairs(list_of_found) do
    local value, list = found.value, lines[found.root] or {}
    lines[found.root] = list
    if type(value) ~= "userdata" then
      list[#list + 1] = found.name .. "=" .. json.encode(value)
    elseif data ~= nil or references.is_generator(value) then -- else it is the data
      for _, each in ipairs(sums_of(found.name, value, core.checksum)) do
        list[#list + 1] = each.name .. "=" .. tostring(each.sum)
      end
    end
    local is_variable = found.name == found.root or found.name == "_ENV." .. found.root
    local is_plain = is_variable and type(value) ~= "userdata" and #json.encode(value) <= LONGEST
      and not (math.type(value) and value - value ~= 0)
    if #list == 1 and is_plain then
      notes[found.root] = value
    else
      notes[found.root] = nil
    end
  end
  for root, list in pairs(lines) do
    c_locale.sort(list)
    if notes[root] == nil and #list > 0 then
      notes[root] = "#" .. hash.of(table.concat(list, "\n"))
    end
  end
  return notes
end

return fingerprint
