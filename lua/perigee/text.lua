--- How an array is printed: as NumPy does, rows in brackets, columns aligned,
--- and only the edges of a large one.

local SUMMARISE = 1000 -- elements; more than that are shown by their edges
local EDGE = 3 -- elements shown at each end of a summarised axis
local DIGITS = 5 -- significant digits of a float

local function float_text(value)
  local text = string.format("%." .. DIGITS .. "g", value)
  if text:find("^%-?%d+$") then
    text = text .. "."
  end
  return text
end

local function element_text(value)
  return math.type(value) == "float" and float_text(value) or tostring(value)
end

--- The positions of an axis that are shown; false stands for the gap.
local function shown_positions(length, summarise)
  local positions = {}
  if summarise and length > 2 * EDGE then
    for i = 1, EDGE do
      positions[i] = i
    end
    positions[EDGE + 1] = false
    for i = 1, EDGE do
      positions[EDGE + 1 + i] = length - EDGE + i
    end
  else
    for i = 1, length do
      positions[i] = i
    end
  end
  return positions
end

--- Nested tables of the shown elements' texts.
local function collect(a, summarise)
  if type(a) ~= "userdata" then
    return element_text(a)
  end
  local rows = {}
  for i, position in ipairs(shown_positions(#a, summarise)) do
    rows[i] = position and collect(a[position], summarise) or "..."
  end
  return rows
end

local function widest(node, width)
  if type(node) == "string" then
    return node == "..." and width or math.max(width, #node)
  end
  for _, child in ipairs(node) do
    width = widest(child, width)
  end
  return width
end

--- Rows under each other, with a blank line more for each further axis.
local function layout(node, width, depth, rank)
  if type(node) == "string" then
    return node == "..." and node or string.rep(" ", width - #node) .. node
  end
  local parts = {}
  for i, child in ipairs(node) do
    parts[i] = layout(child, width, depth + 1, rank)
  end
  local newlines = rank - depth - 1
  local between = newlines > 0 and "," .. string.rep("\n", newlines) .. string.rep(" ", depth + 1)
    or ", "
  return "[" .. table.concat(parts, between) .. "]"
end

--- `[[1., 2.], [3., 4.]] float64 (2, 2)`, rows on lines of their own.
---@param a perigee.array
---@return string
return function(a)
  if not pcall(function() return a.ndim end) then
    return "array (freed)"
  end
  local elements = a.ndim == 0 and element_text(a:item())
    or collect(a, a.size > SUMMARISE)
  local shape = table.concat(a.shape, ", ") .. (a.ndim == 1 and "," or "")
  local body = layout(elements, widest(elements, 0), 0, a.ndim)
  return string.format("%s %s (%s)", body, a.dtype, shape)
end
