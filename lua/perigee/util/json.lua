--- JSON, by lua-cjson: equal values have the same text, which is read back exactly.
--
-- cjson alone writes numbers with 14 digits, and keys in any order.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local external = require "perigee.util.external"

local found, cjson = pcall(external.require, "cjson")

local json = {}

--- Makes a reader that refuses "0x10", "nan" and "inf". The module has its own, as the settings of
--- cjson's hold for all of its users.
local function new_reader()
  local made = cjson.new()
  made.decode_invalid_numbers(false)
  return made
end

local reader = found and new_reader()

--- Tells if cjson is installed.
---@return true?
---@return string?  # the error message, where nil comes first
function json.available()
  return found or nil, not found and "lua-cjson is not installed: Debian's package lua-cjson"
    or nil
end

--- Formats a finite number in the fewest digits that are read back as it; integral floats as
--- integers.
---@param value number
---@return string
function json.number(value)
  local integer = math.tointeger(value)
  if integer then
    return tostring(integer)
  end
  for digits = 15, 16 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then
      return c_locale.with_point(text)
    end
  end
  return c_locale.with_point(("%.17g"):format(value))
end

--- Encodes a value on one line. A table with an element 1 is a list.
---@param value any  finite numbers, texts, booleans, and tables of them
---@return string
function json.encode(value)
  if math.type(value) then
    return json.number(value)
  elseif type(value) ~= "table" then
    return cjson.encode(value)
  end
  local parts = {}
  if value[1] ~= nil then
    for i, each in ipairs(value) do
      parts[i] = json.encode(each)
    end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for i, key in ipairs(collections.sorted_keys(value)) do
    parts[i] = cjson.encode(key) .. ":" .. json.encode(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local MOST_EXACT = 1 << 53 -- floats do not hold all integers from here on
local LONG = "%f[%w.+-]%-?" .. ("%d"):rep(16) .. "%d*%f[^%w.+-]" -- 16 digits or more

--- The end of the text whose opening quote is at `quote`; nil for one without an end. A backslash
--- takes the byte behind it.
local function end_of_text(text, quote)
  local at = quote + 1
  while true do
    local stop = text:find('["\\]', at)
    if not stop or text:byte(stop) == 34 then
      return stop
    end
    at = stop + 2
  end
end

--- Replaces integers of 16 digits or more, which a float may not hold, by texts that begin with the
--- mark.
local function mark_integers(text, mark)
  local parts, at = {}, 1
  while at do
    local quote = text:find('"', at, true)
    local bare = text:sub(at, (quote or 0) - 1)
    parts[#parts + 1] = bare:gsub(LONG, '"' .. mark .. '%0"')
    local close = quote and end_of_text(text, quote)
    parts[#parts + 1] = quote and text:sub(quote, close or -1)
    at = close and close + 1
  end
  return table.concat(parts)
end

--- Converts the integral floats in a table and its subtables to integers, as cjson reads every
--- number as a float; likewise texts that begin with the mark. Tells if a number was so large that
--- the float may differ from the text.
local function make_integers(list, mark)
  local has_large = false
  for key, value in next, list do
    local kind = type(value)
    if kind == "table" then
      has_large = make_integers(value, mark) or has_large
    elseif kind == "number" then
      local integer = math.tointeger(value)
      list[key] = integer or value
      has_large = has_large or value >= MOST_EXACT or value <= -MOST_EXACT
    elseif mark and kind == "string" and value:sub(1, #mark) == mark then
      list[key] = c_locale.tonumber(value:sub(#mark + 1))
    end
  end
  return has_large
end

--- Collects the numbers n of texts in a table and its subtables that begin with "integer n ".
local function collect_marks(list, marks)
  for _, value in next, list do
    local number = type(value) == "string" and value:match "^integer (%d+) "
    if number then
      marks[number] = true
    elseif type(value) == "table" then
      collect_marks(value, marks)
    end
  end
  return marks
end

--- A mark with which no text of a table and its subtables begins.
local function free_mark(list)
  local used, number = collect_marks(list, {}), 1
  while used[tostring(number)] do
    number = number + 1
  end
  return "integer " .. number .. " "
end

--- cjson's decode in protected mode.
local function read(text)
  local worked, value = pcall(reader.decode, text)
  if not worked then -- the locale may have changed, which a new reader takes into account
    reader = new_reader()
    worked, value = pcall(reader.decode, text)
  end
  return worked, value
end

--- Decodes a text; integral numbers become integers.
---@param text string
---@return any?
---@return string?  # the error message, where nil comes first
function json.decode(text)
  local worked, value = read(text)
  if not worked then
    return nil, value
  end
  local list = { value }
  if make_integers(list) then
    local mark = free_mark(list)
    list = { select(2, read(mark_integers(text, mark))) }
    make_integers(list, mark)
  end
  return list[1]
end

return json
