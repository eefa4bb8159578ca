--- Formats arrays as text, as NumPy's array2string does.
--
-- Rows are in brackets, columns are aligned, lines have at most 75 characters, and of a large array
-- only the edges are shown.

local c_locale = require "perigee.util.c_locale"
local class_names = require "perigee.util.class_names"
local errors = require "perigee.util.errors"
local core = require "perigee.core"
local printable = require "perigee.util.printable"

local array_format = {}

local SUMMARISE = 1000 -- elements; a larger array is shown by its edges
local EDGE = 3 -- elements shown at each end of a summarised axis
local DECIMALS = 8 -- the most digits behind the point
local LINE = 75 -- characters
local LONGEST_NAME = 15 -- columns of a class's name
local GAP = "..." -- stands for elements that are left out

-- --- elements --------------------------------------------------------------------

--- The array without the middle of its long axes. The longest axis is cut first, so that the other
--- copies are small.
local function edges_of(a)
  local axes, shape = {}, a.shape
  for axis = 1, a.ndim do
    axes[axis] = axis
  end
  table.sort(axes, function(i, j)
    return shape[i] > shape[j] or shape[i] == shape[j] and i < j
  end)
  for _, axis in ipairs(axes) do
    if a.shape[axis] > 2 * EDGE then
      local first, last = {}, {}
      for i = 1, axis - 1 do
        first[i], last[i] = {}, {}
      end
      first[axis], last[axis] = { 1, EDGE }, { -EDGE, -1 }
      a = core.concat({ a[first], a[last] }, axis)
    end
  end
  return a
end

--- Joins nested tables of all digits but the last, and of the last digit, to texts.
local function join_digits(tens, ones)
  if type(tens) ~= "table" then
    return (tens == 0 and "" or tostring(tens)) .. tostring(ones)
  end
  local joined = {}
  for i, each in ipairs(tens) do
    joined[i] = join_digits(each, ones[i])
  end
  return joined
end

--- Adds the elements of nested tables to a list.
local function collect(node, list)
  if type(node) ~= "table" then
    list[#list + 1] = node
    return list
  end
  for _, each in ipairs(node) do
    collect(each, list)
  end
  return list
end

-- --- numbers ---------------------------------------------------------------------

local function is_finite(x)
  return x - x == 0
end

--- Formats a number that is not finite.
local function not_finite(x)
  return x ~= x and "nan" or x > 0 and "inf" or "-inf"
end

--- The text of x with an exponent, in the fewest digits that its dtype reads back as x; and the
--- number of digits behind the point: "1.25e-01", 2.
local function shortest(x, dtype)
  local single = dtype == "float32"
  for digits = 0, single and 8 or 16 do
    local text = ("%." .. digits .. "e"):format(x)
    local back = tonumber(text)
    if back == x or single and string.unpack("f", string.pack("f", back)) == x then
      return c_locale.with_point(text), digits
    end
  end
  return c_locale.with_point(("%.16e"):format(x)), 16
end

--- "-1", "25" and "e-07" for -1.25e-07, without zeros at the end.
local function scientific(x, dtype)
  local text, digits = shortest(x, dtype)
  if digits > DECIMALS then
    text = c_locale.format("%." .. DECIMALS .. "e", x)
  end
  local whole, fraction, exponent = text:match "^(%-?%d+)%.?(%d*)(e.*)$"
  return whole, fraction:gsub("0+$", ""), exponent
end

--- "-1" and "25" for -1.25, rounded to DECIMALS.
local function positional(x, dtype)
  local text, digits = shortest(x, dtype)
  local decimals = math.max(0, digits - tonumber(text:match "e(.*)$"))
  if decimals <= DECIMALS then
    x = c_locale.tonumber(text)
  end
  text = c_locale.format("%." .. math.min(decimals, DECIMALS) .. "f", x)
  local whole, fraction = text:match "^(%-?%d+)%.?(%d*)$"
  return whole, (fraction:gsub("0+$", ""))
end

--- Tells if the numbers need exponents: very large, very small, or of very different sizes.
local function need_exponents(elements)
  local least, most = math.huge, 0
  for _, x in ipairs(elements) do
    if is_finite(x) and x ~= 0 then
      least, most = math.min(least, math.abs(x)), math.max(most, math.abs(x))
    end
  end
  return most >= 1e8 or most > 0 and (least < 1e-4 or most / least > 1000)
end

--- A function that formats floats to the same width before and after the point.
local function float_format(elements, dtype)
  local exponents = need_exponents(elements)
  local split = exponents and scientific or positional
  local before, behind, most_exponent, longest = 0, 0, 0, 0
  for _, x in ipairs(elements) do
    if is_finite(x) then
      local whole, fraction, exponent = split(x, dtype)
      before, behind = math.max(before, #whole), math.max(behind, #fraction)
      most_exponent = math.max(most_exponent, exponent and #exponent or 0)
    else
      longest = math.max(longest, #not_finite(x))
    end
  end
  local width = math.max(before + 1 + behind + most_exponent, longest)
  return function(x)
    if not is_finite(x) then
      return (" "):rep(width - #not_finite(x)) .. not_finite(x)
    end
    local text
    if exponents then -- as NumPy: padded by further digits, not by zeros
      text = c_locale.format("%." .. behind .. "e", x):gsub("^(%-?%d+)e", "%1.e")
      text = text:gsub("(e.)(.*)$", function(sign, digits)
        return sign .. ("0"):rep(most_exponent - 2 - #digits) .. digits
      end)
    else
      local whole, fraction = positional(x, dtype)
      text = whole .. "." .. fraction .. (" "):rep(behind - #fraction)
    end
    return (" "):rep(width - #text) .. text
  end
end

--- A function that formats these elements to the same width.
local function format_for(elements, dtype)
  if math.type(elements[1]) == "float" then
    return float_format(elements, dtype)
  end
  local width = 0
  for _, x in ipairs(elements) do
    width = math.max(width, #tostring(x))
  end
  return function(x)
    return ("%" .. width .. "s"):format(tostring(x))
  end
end

-- --- lines -----------------------------------------------------------------------

--- The texts of an axis's parts, with GAP for those that are left out.
local function parts_of(node, length, to_text)
  local parts = {}
  for i, each in ipairs(node) do
    if #node < length and i == EDGE + 1 then
      parts[#parts + 1] = GAP
    end
    parts[#parts + 1] = to_text(each)
  end
  return parts
end

--- Joins words by commas into lines of a width; each line but the first begins with the indent.
local function break_lines(words, indent, width)
  local lines, line = {}, indent
  for i, word in ipairs(words) do
    if #line + #word > width - 1 and #line > #indent then
      lines[#lines + 1] = line:gsub(" +$", "")
      line = indent
    end
    line = line .. word .. (i < #words and ", " or "")
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n"):sub(#indent + 1)
end

--- Formats nested tables: rows under each other, with a blank line more for each further axis.
local function layout(node, shape, depth, format)
  local rank, indent = #shape - depth, (" "):rep(depth + 1)
  if rank == 0 then
    return format(node)
  elseif rank == 1 then
    return "[" .. break_lines(parts_of(node, shape[#shape], format), indent, LINE - depth) .. "]"
  end
  local rows = parts_of(node, shape[depth + 1], function(each)
    return layout(each, shape, depth + 1, format)
  end)
  return "[" .. table.concat(rows, "," .. ("\n"):rep(rank - 1) .. indent) .. "]"
end

--- Formats a confusion matrix with the classes' names before its rows and over its columns; nil
--- where a line does not take them.
local function named_matrix(a, names)
  local first, widths, shown = 0, {}, {}
  local digits = #("%d"):format(a:max())
  for i, name in ipairs(names) do
    shown[i] = printable.cut(printable.name(name), LONGEST_NAME, "...")
    widths[i] = math.max(printable.width(shown[i]), digits)
    first = math.max(first, printable.width(shown[i]))
  end
  local function padded(text, width)
    return (" "):rep(width - printable.width(text)) .. text
  end
  local lines = { (" "):rep(first) }
  for i, name in ipairs(shown) do
    lines[1] = lines[1] .. "  " .. padded(name, widths[i])
  end
  if printable.width(lines[1]) > LINE then
    return nil
  end
  for i, row in ipairs(a:tolist()) do
    local words = { shown[i] .. (" "):rep(first - printable.width(shown[i])) }
    for j, count in ipairs(row) do
      words[j + 1] = padded(("%d"):format(count), widths[j])
    end
    lines[i + 1] = table.concat(words, "  ")
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Formats an array: its elements, dtype and shape.
---@param a perigee.array
---@param most? integer  elements that are shown in full, 1000 by default
---@return string
function array_format.array(a, most)
  if not errors.try(function() return a.ndim end) then
    return "array (freed)"
  end
  local names = class_names.of(a)
  local text = names and named_matrix(a, names) or "[]"
  if text == "[]" and a.size > 0 then
    local shown = a.size > (most or SUMMARISE) and edges_of(a) or a
    local nested = shown.dtype == "uint64" -- whose numbers may be too large for Lua's integers
      and join_digits((shown // 10):tolist(), (shown % 10):tolist()) or shown:tolist()
    text = layout(nested, a.shape, 0, format_for(collect(nested, {}), a.dtype))
  end
  return ("%s%s%s %s"):format(text, text:find "\n$" and "" or " ", a.dtype, a.shape)
end

return array_format
