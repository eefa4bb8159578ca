--- Trees as lines: a table on one where there is room, else an entry to a line; short values of a
--- sequence fill lines, as words do.

local layout = {}

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

--- Lines that are being written, with the column that was reached.
local function put(page, text, width)
  page[#page] = page[#page] .. text
  page.column = page.column + width
end

local function new_line(page, indent)
  page[#page + 1] = (" "):rep(indent)
  page.column = indent
end

local function lay(page, node, indent)
  if not node.items or page.column + node.width + 1 <= page.width then
    put(page, flat(node), node.width)
    return
  end
  put(page, node.open, 1)
  local before
  for _, item in ipairs(node.items) do
    local fits = before and before.fills and item.fills
      and page.column + item.width + 2 <= page.width
    if fits then
      put(page, " ", 1)
    else
      new_line(page, indent + 2)
    end
    put(page, item.head or "", item.head_width or 0)
    lay(page, item, indent + 2)
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
  lay(page, node, 0)
  return page
end

return layout
