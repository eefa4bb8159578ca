--- Reads the values of an argument `name=values` of a command line.
--
--   0.1,0.5   0.1:0.5:0.1   [128,64],[256]   relu,tanh   "a,b",c\,d   uniform(0,1)
--
-- Values have commas between them. A comma in quotes or brackets, or behind a backslash, is part of
-- a value.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local json = require "perigee.util.json"
local space = require "perigee.sweep.space.space"

local argument = {}

-- --- parts ------------------------------------------------------------------------

local ESCAPED = "\\([\\,\"'%[%]])"

--- Finds the end of a quoted text that begins at an index; nil if it has none.
local function end_of_quoted(text, at)
  local quote = text:sub(at, at)
  repeat
    at = text:find("[\\" .. quote .. "]", at + 1)
    local is_escape = at and text:sub(at, at) == "\\"
    at = is_escape and at + 1 or at
  until not is_escape
  return at
end

--- Finds the end of a list in brackets that begins at an index; nil if it has none.
local function end_of_list(text, at)
  while at do
    at = text:find("[%]\"']", at + 1)
    if at and text:sub(at, at) == "]" then
      return at
    end
    at = at and end_of_quoted(text, at)
  end
end

--- Finds the end of plain text that begins at an index: before a comma that is not escaped, nor in
--- a closed pair of parentheses.
local function end_of_plain(text, at)
  while at <= #text do
    local sign = text:sub(at, at)
    if sign == "," then
      break
    elseif sign == "(" then
      at = select(2, text:find("^%b()", at)) or at
    elseif sign == "\\" then
      at = at + 1
    end
    at = at + 1
  end
  return math.min(at - 1, #text)
end

--- Reads the part of a text that begins at an index. Returns the part, and the index of its end.
local function part_at(text, at)
  local sign = text:sub(at, at)
  if sign == '"' or sign == "'" then
    local last = end_of_quoted(text, at)
    if not last then
      return nil, ("expected %s at the end of %s"):format(sign, text:sub(at))
    elseif last < #text and text:sub(last + 1, last + 1) ~= "," then
      return nil, ("expected a comma behind %s"):format(text:sub(at, last))
    end
    return { text = text:sub(at + 1, last - 1):gsub(ESCAPED, "%1"), is_quoted = true }, last
  end
  local last = sign == "[" and end_of_list(text, at)
  if last and (last == #text or text:sub(last + 1, last + 1) == ",") then
    return { text = text:sub(at, last), is_list = true }, last
  end
  last = end_of_plain(text, at)
  return { text = text:sub(at, last):gsub(ESCAPED, "%1") }, last
end

--- Splits a text at commas.
---@param text string
---@return { text: string, is_quoted: boolean?, is_list: boolean? }[]?
---@return string?  # what is wrong, where nil comes first
local function split(text)
  local parts, at = {}, 1
  repeat
    local part, last = part_at(text, at)
    if not part then
      return nil, last
    end
    parts[#parts + 1] = part
    at = last + 2
  until last >= #text
  return parts
end

-- --- values -----------------------------------------------------------------------

local KIND_TEXTS = {
  number = "a number", boolean = "true or false", string = 'a text (an empty one is "")',
  table = "a list in brackets such as [128,64]",
}
local BOOLEANS = { ["true"] = true, ["false"] = false }

--- Reads a plain text as a number, a boolean or a text: the first of these kinds that fits.
local function read_plain(text, kinds)
  if kinds.number and c_locale.tonumber(text) then
    return c_locale.tonumber(text)
  elseif kinds.boolean and BOOLEANS[text] ~= nil then
    return BOOLEANS[text]
  elseif kinds.string then
    return text
  end
end

local OF_LIST = { number = true, boolean = true, string = true }

local read_part

--- Reads a list in brackets, as JSON has it or with plain texts.
local function read_list(text)
  local list = json.decode(text)
  if type(list) ~= "table" then
    local parts = split(text:sub(2, -2))
    list = {}
    for i, part in ipairs(parts or {}) do
      list[i] = read_part(part, OF_LIST)
    end
  end
  return (space.value(list))
end

function read_part(part, kinds)
  if part.is_list then
    return read_list(part.text)
  elseif part.is_quoted then
    return (kinds.string or kinds.table) and part.text or nil
  elseif part.text == "" then -- among others it is rather a mistake
    return nil
  end
  local value = read_plain(part.text, kinds)
  if value == nil and kinds.table and part.text:find "^[%w_.+-]" then -- a list's only element
    value = read_plain(part.text, OF_LIST)
  end
  return value
end

--- Reads a decimal number as an integer and an exponent of 10.
local function decimal(text)
  local sign, whole, fraction, exponent = text:match "^([+-]?)(%d*)%.?(%d*)[eE]?([+-]?%d*)$"
  local digits = whole and math.tointeger(tonumber(sign .. whole .. fraction))
  local power = exponent == "" and 0 or math.tointeger(tonumber(exponent or ""))
  if digits and power and #whole + #fraction <= 15 then
    return digits, power - #fraction
  end
end

local MOST_STEPS = 1 << 20
local MOST_DIGITS = 1e15 -- of the integers that a range is counted with

--- Reads first:last or first:last:step, both ends included. Counts in the decimal numbers that were
--- typed, not in their binary roundings.
---@return number[]?
---@return boolean? is_broken  true for a text that begins like a range, and is none
local function read_range(text)
  local first, last = text:match "^([^:]+):([^:]+)"
  local a, b = c_locale.tonumber(first), c_locale.tonumber(last)
  if not a or not b then
    return nil
  end
  local step = text:match "^[^:]+:[^:]+:?([^:]*)$"
  step = step == "" and "1" or step
  local by = c_locale.tonumber(step)
  local count = by and by ~= 0 and (b - a) / by
  if not count or count ~= count or count < 0 or count > MOST_STEPS then
    return nil, true
  end
  local from, from_exponent = decimal(first)
  local stride, stride_exponent = decimal(step)
  local exponent = math.min(from_exponent or 0, stride_exponent or 0)
  if from and stride then -- both with the same exponent
    from = math.tointeger(from * 10.0 ^ (from_exponent - exponent))
    stride = math.tointeger(stride * 10.0 ^ (stride_exponent - exponent))
  end
  local is_exact = from and stride and math.abs(from) + count * math.abs(stride) < MOST_DIGITS
  local list = {}
  for k = 0, math.floor(count + 1e-9) do
    local value = is_exact and c_locale.tonumber(("%de%d"):format(from + k * stride, exponent))
      or a + k * by
    list[k + 1] = math.tointeger(value) or value
  end
  return list
end

--- Reads a range such as "log_uniform(0.01,1)". Nil for another text, with a message for a text of
--- that form.
local function read_draw(text)
  local name, rest = text:match "^([%a_]+)%((.*)%)$"
  if not name then
    return nil
  end
  local low, high = rest:match "^([^,]+),([^,]+)$"
  if not space.can_draw(name) or not low then
    return nil, "expected uniform(a,b), log_uniform(a,b) or integer(a,b)"
  end
  return space.draw(name, c_locale.tonumber(low), c_locale.tonumber(high))
end

--- The end of a message about a part that cannot be read.
local function expectation(part, kinds)
  if kinds.number and part.text:find ":" then
    return "expected first:last:step, which comes to its end"
  end
  local words = {}
  for i, kind in ipairs(collections.sorted_keys(kinds)) do
    words[i] = KIND_TEXTS[kind]
  end
  return ("expected %s, or several with commas between them"):format(table.concat(words, " or "))
end

--- Reads the values that a text lists, or the range that they are drawn from.
---@param text string
---@param kinds table<string, true>  the accepted types: number, boolean, string, table
---@return table?
---@return string?  # what was expected, where nil comes first
function argument.read(text, kinds)
  local draw, problem
  if kinds.number then
    draw, problem = read_draw(text)
  end
  if draw or problem and not kinds.string then
    return draw, problem
  end
  local parts, message = split(text)
  if not parts then
    return nil, message
  elseif text == "" and kinds.string then
    return { "" }
  end
  local values = {}
  for _, part in ipairs(parts) do
    local list, is_broken
    if kinds.number and not part.is_quoted and not part.is_list then
      list, is_broken = read_range(part.text)
    end
    list = list or not is_broken and { read_part(part, kinds) } or {}
    if #list == 0 then
      return nil, expectation(part, kinds)
    end
    table.move(list, 1, #list, #values + 1, values)
  end
  return values
end

--- Formats a value as it would be typed.
---@param value any
---@return string
function argument.shown(value)
  if type(value) == "string" and (value == "" or value:find "[,\"'%[\\]") then
    return '"' .. value:gsub('[\\"]', "\\%0") .. '"'
  elseif type(value) == "table" then
    return json.encode(value)
  end
  return math.type(value) and json.number(value) or tostring(value)
end

return argument
