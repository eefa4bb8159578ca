--- Arrays as text: printed as NumPy does, rows in brackets, columns aligned, and only
--- the edges of a large one.

local texts = {}

local SUMMARISE = 1000 -- elements; more than that are shown by their edges
local EDGE = 3 -- elements shown at each end of a summarised axis
local DECIMALS = 8 -- at most, behind the point
local GAP = "..." -- stands for what is not shown

--- The positions of an axis that are shown; false stands for the gap.
local function shown_positions(length, summarise)
  local positions = {}
  for i = 1, length do
    if not summarise or length <= 2 * EDGE or i <= EDGE then
      positions[i] = i
    else
      break
    end
  end
  if #positions < length then
    positions[EDGE + 1] = false
    for i = length - EDGE + 1, length do
      positions[#positions + 1] = i
    end
  end
  return positions
end

--- Nested tables of the shown elements, which are added to `elements`, too.
local function collect(a, summarise, elements)
  if type(a) ~= "userdata" then
    elements[#elements + 1] = a
    return a
  end
  local rows = {}
  for i, position in ipairs(shown_positions(#a, summarise)) do
    if position then
      rows[i] = collect(a[position], summarise, elements)
    else
      rows[i] = GAP
    end
  end
  return rows
end

local function is_finite(x)
  return x == x and x ~= math.huge and x ~= -math.huge
end

--- Whether numbers so large, so small or so far apart are told by exponents.
local function need_exponents(elements)
  local least, most = math.huge, 0
  for _, x in ipairs(elements) do
    if is_finite(x) and x ~= 0 then
      least, most = math.min(least, math.abs(x)), math.max(most, math.abs(x))
    end
  end
  return most >= 1e8 or least < 1e-4 or most / least > 1e6
end

--- "1.5" as "1" and ".5"; what has no point is all before it.
local function split(text)
  return text:match "^([^.]*)(%..*)$"
end

--- Points under each other: all elements get the same width on both sides.
local function float_format(elements)
  local exponents = need_exponents(elements)
  local function plain(x)
    if not is_finite(x) then
      return x ~= x and "nan" or x > 0 and "inf" or "-inf"
    elseif exponents then
      return ("%." .. DECIMALS .. "e"):format(x):gsub("0+e", "e")
    end
    return ("%." .. DECIMALS .. "f"):format(x):gsub("0+$", "")
  end
  local before, behind = 0, 0
  for _, x in ipairs(elements) do
    local text = plain(x)
    local whole, fraction = split(text)
    before = math.max(before, #(whole or text))
    behind = math.max(behind, #(fraction or ""))
  end
  return function(x)
    local text = plain(x)
    local whole, fraction = split(text)
    if not whole then
      return (" "):rep(before + behind - #text) .. text
    end
    return (" "):rep(before - #whole) .. whole .. fraction .. (" "):rep(behind - #fraction)
  end
end

--- A function that gives each of these elements a text of the same width.
local function format_for(elements)
  if math.type(elements[1]) == "float" then
    return float_format(elements)
  end
  local width = 0
  for _, x in ipairs(elements) do
    width = math.max(width, #tostring(x))
  end
  return function(x)
    return ("%" .. width .. "s"):format(tostring(x))
  end
end

--- Rows under each other, with a blank line more for each further axis.
local function layout(node, format, depth, rank)
  if node == GAP then
    return GAP
  elseif type(node) ~= "table" then
    return format(node)
  end
  local parts = {}
  for i, child in ipairs(node) do
    parts[i] = layout(child, format, depth + 1, rank)
  end
  local newlines = rank - depth - 1
  local between = newlines == 0 and ", "
    or "," .. ("\n"):rep(newlines) .. (" "):rep(depth + 1)
  return "[" .. table.concat(parts, between) .. "]"
end

--- A shape as NumPy writes it: "(60000, 784)", "(3,)", "()".
---@param a perigee.array
---@return string
function texts.shape(a)
  return "(" .. table.concat(a.shape, ", ") .. (a.ndim == 1 and ",)" or ")")
end

--- The array's elements, dtype and shape.
---@param a perigee.array
---@return string
function texts.array(a)
  if not pcall(function() return a.ndim end) then
    return "array (freed)"
  end
  local elements = {}
  local nested = a.ndim == 0 and a:item() or collect(a, a.size > SUMMARISE, elements)
  if a.ndim == 0 then
    elements[1] = nested
  end
  return ("%s %s %s"):format(layout(nested, format_for(elements), 0, a.ndim), a.dtype,
    texts.shape(a))
end

return texts
