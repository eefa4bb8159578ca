--- Formats numbers, values and durations for people.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local json = require "perigee.util.json"

local format = {}

--- Formats a loss in a few digits: "0.5012", "3.2e-05".
---@param loss number
---@return string
function format.loss(loss)
  return c_locale.format(math.abs(loss) < 1e-3 and loss ~= 0 and "%.2g" or "%.4f", loss)
end

--- Formats an integer with separators: "79,510".
---@param n integer
---@return string
function format.integer(n)
  local sign, digits = tostring(n):match "^(%-?)(%d+)$"
  local first = (#digits - 1) % 3 + 1
  return sign .. digits:sub(1, first) .. digits:sub(first + 1):gsub("%d%d%d", ",%0")
end

--- Formats a number of things: "1 row", "60,000 rows", "3 entries".
---@param n integer
---@param word string  the singular
---@param words? string  the plural; by default with an s
---@return string
function format.quantity(n, word, words)
  return format.integer(n) .. " " .. (n == 1 and word or words or word .. "s")
end

--- Formats a value, its numbers by a function.
local function text_of(value, number_text)
  if math.type(value) then
    return number_text(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  for i, each in ipairs(value) do
    parts[i] = type(each) == "string" and json.encode(each) or text_of(each, number_text)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

--- Formats a value exactly: numbers in the fewest digits, lists as in JSON, "[128,64]".
---@param value any
---@return string
function format.value(value)
  return text_of(value, json.number)
end

--- Formats a value for tables, plots and pages: numbers in six digits, integral ones in full.
---@param value any
---@return string
function format.short(value)
  return text_of(value, function(number)
    return math.tointeger(number) and json.number(number) or c_locale.format("%.6g", number)
  end)
end

--- Formats a measured number in five digits.
---@param value number
---@return string
function format.number(value)
  return c_locale.format("%.5g", value)
end

--- Formats some of the values by name: "hidden 50, rate 0.1".
---@param names string[]
---@param values table<string, any>
---@return string
function format.point(names, values)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = name .. " " .. format.short(values[name])
  end
  return table.concat(parts, ", ")
end

--- Formats a duration: "1 h 05 min", "3 min 20 s", "12 s", "0.4 s".
---@param seconds number
---@return string
function format.duration(seconds)
  if seconds < 9.95 then
    return c_locale.format("%.1f s", seconds)
  end
  local s = math.floor(seconds + 0.5)
  if s < 60 then
    return ("%d s"):format(s)
  elseif s < 3600 then
    return ("%d min %02d s"):format(s // 60, s % 60)
  end
  return ("%d h %02d min"):format(s // 3600, s // 60 % 60)
end

--- Formats all metrics: "accuracy 0.9, loss 0.3".
---@param metrics table<string, number>
---@return string
function format.metrics(metrics)
  local parts = {}
  for i, name in ipairs(collections.sorted_keys(metrics)) do
    parts[i] = name .. " " .. format.number(metrics[name])
  end
  return table.concat(parts, ", ")
end

return format
