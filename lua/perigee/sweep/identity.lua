--- By what trials, data and scripts are known again.
--
-- A trial is what it is made of: a canonical text of its values, hashed. Where it stands in a grid
-- does not count.

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local core = require "perigee.core"
local json = require "perigee.json"

local identity = {}

--- So that texts that are nearly the same have hashes that are not: MurmurHash3's last step.
local function mix(hash)
  hash = (hash ~ hash >> 33) * 0xff51afd7ed558ccd
  hash = (hash ~ hash >> 33) * 0xc4ceb9fe1a85ec53
  return hash ~ hash >> 33
end

--- Fowler, Noll and Vo's hash, FNV-1a with 64 bits, mixed, as 16 digits.
---@param text string
---@return string
function identity.hash(text)
  local hash = 0xcbf29ce484222325 -- the offset basis
  for at = 1, #text, 64 do
    for _, byte in ipairs { text:byte(at, at + 63) } do
      hash = (hash ~ byte) * 0x100000001b3
    end
  end
  return ("%016x"):format(mix(hash))
end

--- What a trial is known by.
---@param values table<string, any>  its parameters and settings
---@param round integer  which of the repeats it is
---@param seed integer
---@param data? string  the fingerprint of its data
---@return string
function identity.trial(values, round, seed, data)
  return identity.hash(json.encode {
    data = data, ["repeat"] = round, seed = seed, values = values,
  })
end

-- --- data -----------------------------------------------------------------------

local DEEP = 8 -- tables in tables
local ARCHIVE = "perigee.archive" -- the name of its class

---@param value any
---@return boolean
function identity.is_archive(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return class and class.__name == ARCHIVE or false
end

--- Two functions may each have a variable of that name: both count.
local function put(sums, name, sum)
  while sums[name] and sums[name] ~= sum do
    name = name .. "'"
  end
  sums[name] = sum
end

--- Adds the checksums of what a value holds, under names that begin with its own.
local function add(sums, name, value, checksum)
  if check.is_array(value) then
    put(sums, name, check.try(checksum, value)) -- it may have been freed
  elseif identity.is_archive(value) then
    for _, member in ipairs(check.try(value.keys, value) or {}) do -- it may have been closed
      put(sums, name .. "." .. member, value:checksum(member))
    end
  end
end

--- The same for an array, an archive, or a table of them, to a depth of so many tables.
local function add_all(sums, name, value, depth, checksum)
  if type(value) ~= "table" then
    add(sums, name, value, checksum)
  elseif depth > 0 and not getmetatable(value) then
    for key, each in next, value do
      add_all(sums, name .. "." .. c_locale.tostring(key), each, depth - 1, checksum)
    end
  end
end

--- Adds the arrays and archives that a function refers to: its upvalues, and those of the
--- functions among them.
local function add_upvalues(sums, f, seen, checksum)
  seen[f] = true
  for i = 1, math.huge do
    local name, value = debug.getupvalue(f, i)
    if not name then
      return
    elseif type(value) ~= "function" then
      add_all(sums, name, value, 1, checksum)
    elseif not seen[value] then
      add_upvalues(sums, value, seen, checksum)
    end
  end
end

local function fingerprint(data, run, checksum)
  local sums = {}
  if data ~= nil then
    add_all(sums, "data", data, DEEP, checksum)
  else
    add_upvalues(sums, run, {}, checksum)
  end
  return next(sums) and identity.hash(json.encode(sums)) or nil
end

--- The fingerprint of a study's data; nil where there are none.
---@param data any  an array, an archive, or a table of them; nil: those that `run` refers to
---@param run function
---@return string?
function identity.data(data, run)
  return fingerprint(data, run, core.checksum)
end

--- The fingerprint that the same data had when checksums of arrays were made of other bytes
--- (checksum_v1.h): journals of that time know their trials by it.
---@param data any
---@param run function
---@return string?
function identity.data_v1(data, run)
  return fingerprint(data, run, core.checksum_v1)
end

-- --- scripts ----------------------------------------------------------------------

--- The hash of a file's text; nil where it cannot be read.
---@param path string
---@return string?
function identity.file(path)
  local file <close> = io.open(path, "rb")
  local text = file and file:read "a"
  return text and identity.hash(text)
end

return identity
