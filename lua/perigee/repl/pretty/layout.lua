--- A tree broken into lines: a table is on one line if it fits, else each entry is on its own.
--
-- Short values of a sequence share lines, as words do.

local layout = {}

--- A node on one line.
local function flat(node)
  if not node.items then
    return node.text
  elseif #node.items == 0 then
    return node.open .. "}"
  end
  local parts = {}
  for i, item in ipairs(node.items) do
    parts[i] = (item.head or "") .. flat(item)
  end
  return node.open .. " " .. table.concat(parts, ", ") .. " }"
end

--- Appends to the last line of a page: a list of lines, and the column that the last has reached.
local function put(page, text, width)
  page[#page] = page[#page] .. text
  page.column = page.column + width
end

local function new_line(page, indent)
  page[#page + 1] = (" "):rep(indent)
  page.column = indent
end

local function lay_out(page, node, indent)
  if not node.items or page.column + node.width + 1 <= page.width then
    put(page, flat(node), node.width)
    return
  end
  put(page, node.open, 1)
  local before
  for _, item in ipairs(node.items) do
    local shares_line = before and before.fills and item.fills
      and page.column + item.width + 2 <= page.width
    if shares_line then
      put(page, " ", 1)
    else
      new_line(page, indent + 2)
    end
    put(page, item.head or "", item.head_width or 0)
    lay_out(page, item, indent + 2)
    if not item.is_rest then
      put(page, ",", 1)
    end
    before = item
  end
  new_line(page, indent)
  put(page, "}", 1)
end

--- The lines of a tree.
---@param node perigee.repl.node
---@param width integer  columns
---@return string[]
function layout.lines(node, width)
  local page = { "", column = 0, width = width }
  lay_out(page, node, 0)
  return page
end

return layout
