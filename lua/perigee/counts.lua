--- How many: numbers as a person reads them.

local c_locale = require "perigee.c_locale"

local counts = {}

--- A loss in a few digits: "0.5012", "3.2e-05".
---@param loss number
---@return string
function counts.loss(loss)
  return c_locale.format(math.abs(loss) < 1e-3 and loss ~= 0 and "%.2g" or "%.4f", loss)
end

--- "79,510"
---@param n integer
---@return string
function counts.text(n)
  local sign, digits = tostring(n):match "^(%-?)(%d+)$"
  local first = (#digits - 1) % 3 + 1
  return sign .. digits:sub(1, first) .. digits:sub(first + 1):gsub("%d%d%d", ",%0")
end

--- "1 row", "60,000 rows", "3 entries"
---@param n integer
---@param word string  of one
---@param words? string  of several: with an s, unless given
---@return string
function counts.of(n, word, words)
  return counts.text(n) .. " " .. (n == 1 and word or words or word .. "s")
end

return counts
