--- JSON, on lua-cjson: each value has one text, from which it comes back exactly.
--
-- cjson by itself writes numbers with 14 digits, and keys in any order.

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local external = require "perigee.external"

local found, cjson = pcall(external.require, "cjson")

local json = {}

--- Whether there is JSON.
---@return true?
---@return string?  # what is missing
function json.available()
  return found or nil, not found and "lua-cjson is not installed: Debian's package lua-cjson"
    or nil
end

--- A finite number in the fewest digits that give it back: an integral one as an integer.
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

local encode

local function encode_list(list)
  local parts = {}
  for i, value in ipairs(list) do
    parts[i] = encode(value)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_object(object)
  local parts = {}
  for i, key in ipairs(check.sorted_keys(object)) do
    parts[i] = cjson.encode(key) .. ":" .. encode(object[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value)
  if math.type(value) then
    return json.number(value)
  elseif type(value) ~= "table" then
    return cjson.encode(value)
  elseif value[1] ~= nil then
    return encode_list(value)
  end
  return encode_object(value)
end

--- A value as text, on one line. A table with an element 1 is a list.
---@param value any  finite numbers, texts, booleans, and tables of them
---@return string
json.encode = encode

--- cjson reads every number as a float.
local function with_integers(value)
  if type(value) ~= "table" then
    return math.type(value) and math.tointeger(value) or value
  end
  for key, each in pairs(value) do
    value[key] = with_integers(each)
  end
  return value
end

--- What a text says, integral numbers as integers; nil and why not for what is no JSON.
---@param text string
---@return any?
---@return string?
function json.decode(text)
  local worked, value = pcall(cjson.decode, text)
  if not worked then -- as "0.5" where the locale has changed: new() looks at its point again
    cjson.new()
    worked, value = pcall(cjson.decode, text)
  end
  if worked then
    return with_integers(value)
  end
  return nil, value
end

return json
