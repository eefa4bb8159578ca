--- A table of results as a person reads it: in the terminal, and in Markdown.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"
local format = require "perigee.util.format"

local SHOWN, EDGE = 60, 10 -- rows that are printed; of more, those at either end
local MISSING = "-"

local layout = {}

-- --- cells ------------------------------------------------------------------------

--- How many decimals the numbers of a column have in common: nil where exponents are needed.
local function decimals_of(rows, name)
  local most, integral = 0, true
  for _, row in ipairs(rows) do
    local value = row[name]
    if value ~= nil and not math.tointeger(value) then
      local text = format.short(value)
      most, integral = math.max(most, #(text:match "%.(%d+)" or "")), false
      if text:find "[en]" then -- an exponent; inf and nan have no decimals, either
        return nil
      end
    end
  end
  return not integral and most or nil
end

local function is_numeric(rows, name)
  for _, row in ipairs(rows) do
    if row[name] ~= nil and not math.type(row[name]) then
      return false
    end
  end
  return true
end

--- A function that gives each value of a column as text, and whether all of them are numbers: these
--- have the same number of decimals.
local function column_of(rows, name)
  local numeric = is_numeric(rows, name)
  local decimals = numeric and decimals_of(rows, name)
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

--- The cells of some rows of a table as text, and which of its columns are numbers.
local function cells_of(self, rows)
  local numeric, lines = {}, {}
  for i in ipairs(rows) do
    lines[i] = {}
  end
  for k, name in ipairs(self.columns) do
    local text_of
    text_of, numeric[k] = column_of(self.rows, name)
    for i, row in ipairs(rows) do
      lines[i][k] = text_of(row[name])
    end
  end
  return lines, numeric
end

-- --- the terminal -----------------------------------------------------------------

local function widths_of(columns, lines)
  local widths = {}
  for k, name in ipairs(columns) do
    widths[k] = printable.width(printable.line(name))
    for _, cells in ipairs(lines) do
      widths[k] = math.max(widths[k], printable.width(printable.line(cells[k])))
    end
  end
  return widths
end

local function line_of(cells, widths, numeric)
  local parts = {}
  for k, cell in ipairs(cells) do
    local text = printable.line(cell)
    local blanks = (" "):rep(widths[k] - printable.width(text))
    parts[k] = numeric[k] and blanks .. text or text .. blanks
  end
  return (table.concat(parts, "  "):gsub(" +$", ""))
end

--- The rows that are printed, and after which of them some were left out.
local function rows_shown(rows)
  if #rows <= SHOWN then
    return rows
  end
  local shown = table.move(rows, 1, EDGE, 1, {})
  return table.move(rows, #rows - EDGE + 1, #rows, EDGE + 1, shown), EDGE
end

--- The table as it is printed: columns under each other, the middle of many rows left out.
---@param self perigee.sweep.table
---@return string
function layout.terminal(self)
  local rows, gap = rows_shown(self.rows)
  local cells, numeric = cells_of(self, rows)
  local widths = widths_of(self.columns, cells)
  local lines = { line_of(self.columns, widths, numeric) }
  for i, each in ipairs(cells) do
    lines[#lines + 1] = line_of(each, widths, numeric)
    lines[#lines + 1] = i == gap and "..." or nil
  end
  lines[#lines + 1] = gap and ("(%d rows)"):format(#self.rows) or nil
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
function layout.markdown(self)
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

return layout
