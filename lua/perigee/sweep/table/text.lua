--- A table of results as text: in columns for the terminal, and in Markdown.

local c_locale = require "perigee.util.c_locale"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"

local SHOWN, EDGE = 60, 10 -- rows that are printed; of more rows, so many at either end
local MISSING = "-"

local table_text = {}

-- --- cells ------------------------------------------------------------------------

--- Returns a function that formats the values of a column, and true if all values are numbers.
--- These have the same number of decimals, unless one needs an exponent.
local function formatter(rows, name)
  local numeric, decimals = true, nil
  for _, row in ipairs(rows) do
    numeric = numeric and (row[name] == nil or math.type(row[name]) ~= nil)
  end
  for _, row in ipairs(numeric and rows or {}) do
    local value = row[name]
    if value ~= nil and not math.tointeger(value) and decimals ~= false then
      local text = format.short(value)
      decimals = not text:find "[en]" -- inf and nan have no decimals, either
        and math.max(decimals or 0, #(text:match "%.(%d+)" or ""))
    end
  end
  return function(value)
    if value == nil then
      return MISSING
    elseif not numeric then
      return format.value(value)
    elseif decimals then
      return c_locale.format("%." .. decimals .. "f", c_locale.tonumber(format.short(value)))
    end
    return format.short(value)
  end, numeric
end

--- The cells of some rows of a table as text, and a list that has true for columns of numbers.
local function cells_of(self, rows)
  local numeric, lines = {}, {}
  for i in ipairs(rows) do
    lines[i] = {}
  end
  for k, name in ipairs(self.columns) do
    local text_of
    text_of, numeric[k] = formatter(self.rows, name)
    for i, row in ipairs(rows) do
      lines[i][k] = text_of(row[name])
    end
  end
  return lines, numeric
end

-- --- the terminal -----------------------------------------------------------------

--- The table in columns. The middle of many rows is left out.
---@param self perigee.sweep.table
---@return string
function table_text.terminal(self)
  local rows, has_gap = self.rows, #self.rows > SHOWN
  if has_gap then
    rows = table.move(rows, 1, EDGE, 1, {})
    table.move(self.rows, #self.rows - EDGE + 1, #self.rows, EDGE + 1, rows)
  end
  local cells, numeric = cells_of(self, rows)
  table.insert(cells, 1, self.columns)
  local widths, lines = {}, {}
  for k in ipairs(self.columns) do
    widths[k] = 0
    for _, each in ipairs(cells) do
      widths[k] = math.max(widths[k], printable.width(printable.line(each[k])))
    end
  end
  for i, each in ipairs(cells) do
    local parts = {}
    for k, cell in ipairs(each) do
      local text = printable.line(cell)
      local blanks = (" "):rep(widths[k] - printable.width(text))
      parts[k] = numeric[k] and blanks .. text or text .. blanks
    end
    lines[#lines + 1] = table.concat(parts, "  "):gsub(" +$", "")
    lines[#lines + 1] = has_gap and i == EDGE + 1 and "..." or nil
  end
  lines[#lines + 1] = has_gap and ("(%d rows)"):format(#self.rows) or nil
  return table.concat(lines, "\n")
end

-- --- Markdown ---------------------------------------------------------------------

local function markdown_line(cells)
  local escaped = {}
  for k, text in ipairs(cells) do
    escaped[k] = printable.line(text):gsub("[\\|<*`]", "\\%0")
  end
  return "| " .. table.concat(escaped, " | ") .. " |"
end

--- The table in Markdown, as GitHub reads it.
---@param self perigee.sweep.table
---@return string
function table_text.markdown(self)
  local cells, numeric = cells_of(self, self.rows)
  local rules = {}
  for k in ipairs(self.columns) do
    rules[k] = numeric[k] and "---:" or "---"
  end
  local lines = { markdown_line(self.columns), "|" .. table.concat(rules, "|") .. "|" }
  for i, each in ipairs(cells) do
    lines[i + 2] = markdown_line(each)
  end
  return table.concat(lines, "\n") .. "\n"
end

return table_text
