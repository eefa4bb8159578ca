--- Numbers and strings as in the C locale, whatever the locale of the process.
--
-- Lua's own functions follow the process's locale, which a host or os.setlocale sets: under de_DE
-- tostring(0.5) is "0,5", tonumber reads "0,5", and "a" < "B". So the library calls these functions
-- for all texts that it writes, reads, hashes or shows. Each call tests the locale, which may
-- change at any time.

local c_locale = {}

--- A pattern of identifiers: %w matches more letters in some locales.
c_locale.NAME = "[A-Za-z_][A-Za-z0-9_]*"

--- A pattern of the control characters of ASCII: %c matches bytes of UTF-8 in some locales.
c_locale.CONTROL = "[\0-\31\127]"

-- --- numbers ---------------------------------------------------------------------

--- Tells if the decimal point of the locale is ".".
local function has_point()
  return 0.5 .. "" == "0.5"
end

--- Replaces the decimal point of the locale in the text of one number by ".".
---@param text string
---@return string
function c_locale.with_point(text)
  if text:find(".", 1, true) then
    return text
  end
  return (text:gsub("[^0-9A-Za-z+%- ]+", "."))
end

--- string.format in the C locale.
---@param format string
---@param ... any
---@return string
function c_locale.format(format, ...)
  local text = format:format(...) -- raises for a wrong format
  if has_point() then
    return text
  end
  local values, used = { ... }, 0
  return (format:gsub("%%([-+ #0-9.]*[A-Za-z%%])", function(conversion)
    if conversion == "%" then
      return "%"
    end
    used = used + 1
    local value = values[used]
    local part = ("%" .. conversion):format(value)
    local is_float = conversion:find "[aAeEfFgG]$"
      or conversion:find "s$" and math.type(value) == "float"
    return is_float and c_locale.with_point(part) or part
  end))
end

--- tostring in the C locale.
---@param value any
---@return string
function c_locale.tostring(value)
  local text = tostring(value)
  return math.type(value) == "float" and c_locale.with_point(text) or text
end

--- The text of a number, with as many digits as it takes to read the same number: tostring has 14.
---@param value number
---@return string
function c_locale.exact(value)
  local text = tostring(value)
  for digits = 15, 17 do
    if value ~= value or tonumber(text) == value then
      break
    end
    text = ("%." .. digits .. "g"):format(value)
  end
  return math.type(value) == "float" and c_locale.with_point(text) or text
end

--- tonumber in the C locale: "0.5" is a number, "0,5" is not.
---@param text string?
---@return number?
function c_locale.tonumber(text)
  if text == nil or has_point() then
    return text and tonumber(text)
  end
  local locale_point = ("%.1f"):format(0.5):sub(2, -2)
  if text:find(locale_point, 1, true) then
    return nil
  end
  return tonumber((text:gsub("%.", locale_point)))
end

-- --- strings ---------------------------------------------------------------------

--- Tells if the locale compares strings byte by byte: "B" < "a".
local function compares_bytes()
  return "B" < "a"
end

--- Tells if a string comes before another, byte by byte.
---@param a string
---@param b string
---@return boolean
function c_locale.precedes(a, b)
  if compares_bytes() then
    return a < b
  end
  for i = 1, math.min(#a, #b) do
    local of_a, of_b = a:byte(i), b:byte(i)
    if of_a ~= of_b then
      return of_a < of_b
    end
  end
  return #a < #b
end

--- Sorts strings byte by byte.
---@param list string[]
function c_locale.sort(list)
  table.sort(list, not compares_bytes() and c_locale.precedes or nil)
end

--- string.lower for the letters of ASCII.
---@param text string
---@return string
function c_locale.lower(text)
  return (text:gsub("[A-Z]", function(letter)
    return string.char(letter:byte() + 32)
  end))
end

return c_locale
