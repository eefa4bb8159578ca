--- Plain Lua values as texts, on their way from rank to rank: nil, booleans, numbers, strings,
--- arrays, and tables of these. The elements of arrays travel by themselves.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local types = require "perigee.util.types"

local values = {}

local MOST_DEPTH = 100

local write

--- Writes the keys and values of a table.
local function write_table(value, parts, arrays, depth)
  if depth == MOST_DEPTH then
    errors.fail("a table is nested more than %d times, or contains itself", MOST_DEPTH)
  elseif getmetatable(value) then
    errors.fail("a table with a metatable is no plain value")
  end
  local count = 0
  for _ in next, value do
    count = count + 1
  end
  parts[#parts + 1] = ("<s4I4"):pack("table", count)
  for key, each in next, value do
    write(key, parts, arrays, depth + 1)
    write(each, parts, arrays, depth + 1)
  end
end

--- The elements of an array in one piece, as ranks exchange them: a view, or a copy where the array
--- is a view with steps.
---@param array perigee.array
---@return perigee.array
function values.elements(array)
  return (core.comm.is_contiguous(array) and array or array:copy()):reshape(-1)
end

--- Writes an array without its elements, and adds it to the list of arrays.
local function write_array(value, parts, arrays)
  local shape = value.shape
  arrays[#arrays + 1] = values.elements(value)
  parts[#parts + 1] = ("<s4s4I4"):pack("array", value.dtype, #shape)
  for i = 1, #shape do
    parts[#parts + 1] = ("<i8"):pack(shape[i])
  end
end

local FORMATS = { integer = "<s4i8", float = "<s4n", string = "<s4s4" }

function write(value, parts, arrays, depth)
  local kind = math.type(value) or type(value)
  if types.is_array(value) then
    write_array(value, parts, arrays)
  elseif kind == "nil" then
    parts[#parts + 1] = ("<s4"):pack(kind)
  elseif kind == "boolean" then
    parts[#parts + 1] = ("<s4"):pack(tostring(value))
  elseif FORMATS[kind] then
    parts[#parts + 1] = FORMATS[kind]:pack(kind, value)
  elseif kind == "table" then
    write_table(value, parts, arrays, depth)
  else
    errors.fail("arrays, numbers, strings, booleans and tables of them go from rank to rank, not "
      .. "%s", printable.name(errors.describe(value)))
  end
end

--- Writes a value as a text. Raises for one that is not plain.
---@param value any
---@return string
---@return perigee.array[]  # the elements of the arrays in it, in their order
function values.encode(value)
  local parts, arrays = {}, {}
  write(value, parts, arrays, 0)
  return table.concat(parts), arrays
end

local readers = {}

local function read(text, at, arrays)
  local kind
  kind, at = ("<s4"):unpack(text, at)
  return readers[kind](text, at, arrays)
end

readers["nil"] = function(_, at) return nil, at end
readers["true"] = function(_, at) return true, at end
readers["false"] = function(_, at) return false, at end
readers.integer = function(text, at) return ("<i8"):unpack(text, at) end
readers.float = function(text, at) return ("<n"):unpack(text, at) end
readers.string = function(text, at) return ("<s4"):unpack(text, at) end

function readers.table(text, at, arrays)
  local count, key, value
  local out = {}
  count, at = ("<I4"):unpack(text, at)
  for _ = 1, count do
    key, at = read(text, at, arrays)
    value, at = read(text, at, arrays)
    out[key] = value
  end
  return out, at
end

function readers.array(text, at, arrays)
  local dtype, count
  local shape = {}
  dtype, count, at = ("<s4I4"):unpack(text, at)
  for i = 1, count do
    shape[i], at = ("<i8"):unpack(text, at)
  end
  local array = core.zeros(shape, dtype)
  arrays[#arrays + 1] = array:reshape(-1)
  return array, at
end

--- Reads a value, whose arrays have elements of 0.
---@param text string
---@return any
---@return perigee.array[]  # views of the elements of the arrays in it, in their order
function values.decode(text)
  local arrays = {}
  return read(text, 1, arrays), arrays
end

return values
