--- A table of results: rows with named columns, some of which are metrics.

local core = require "perigee.core"
local spelling = require "perigee.spelling"
local words = require "perigee.sweep.words"

local SHOWN, EDGE = 60, 10 -- rows that are printed; of more, those at either end

---@class perigee.sweep.table
---@field columns string[]  in order
---@field metrics string[]  those of them that were measured
local Table = {}

local METATABLE = {
  __index = function(self, key)
    return Table[key] or self.rows[key]
  end,
  __len = function(self)
    return #self.rows
  end,
}

local tables = {}

--- A table of these rows.
---@param columns string[]
---@param rows table<string, any>[]  what is missing is nil
---@param metrics string[]
---@return perigee.sweep.table
function tables.new(columns, rows, metrics)
  return setmetatable({ columns = columns, rows = rows, metrics = metrics }, METATABLE)
end

local SMALLER_IS_BETTER = { "loss", "error", "cost", "time" }

--- Whether a metric is better when it is larger, by its name.
---@param name string
---@return "max"|"min"
function tables.goal_of(name)
  for _, word in ipairs(SMALLER_IS_BETTER) do
    if name:lower():find(word, 1, true) then
      return "min"
    end
  end
  return "max"
end

--- Raises for a column that there is not.
local function check_column(self, name, what, level)
  for _, each in ipairs(self.columns) do
    if each == name then
      return
    end
  end
  local nearest = spelling.nearest(tostring(name), self.columns)
  error(("%s: there is no column '%s'; there are %s%s"):format(what, tostring(name),
    table.concat(self.columns, ", "), nearest and ("; did you mean '%s'?"):format(nearest) or ""),
    level + 1)
end

-- --- choosing ---------------------------------------------------------------------

--- The row with the best of a metric, the first of several.
---@param name string
---@param goal? "max"|"min"  without it, "min" for what is named a loss, error, cost or time
---@return table?  # nil where no row has it
function Table:best(name, goal)
  check_column(self, name, "best", 2)
  if goal ~= nil and goal ~= "max" and goal ~= "min" then
    error("best: the goal is 'max' or 'min', not '" .. tostring(goal) .. "'", 2)
  end
  local is_min, best = (goal or tables.goal_of(name)) == "min", nil
  for _, row in ipairs(self.rows) do
    local value, most = row[name], best and best[name]
    if value ~= nil and (not best or is_min and value < most or not is_min and value > most) then
      best = row
    end
  end
  return best
end

--- Numbers before texts; a list, true and false by what they are written as.
local function comes_before(a, b)
  if math.type(a) and math.type(b) then
    return a < b
  elseif math.type(a) or math.type(b) then
    return math.type(a) ~= nil
  end
  return words.value(a) < words.value(b)
end

--- The rows in the order of a column, those without it last; equals stay in their order.
---@param name string
---@param order? "ascending"|"descending"
---@return perigee.sweep.table
function Table:sort(name, order)
  check_column(self, name, "sort", 2)
  if order ~= nil and order ~= "ascending" and order ~= "descending" then
    error("sort: the order is 'ascending' or 'descending', not '" .. tostring(order) .. "'", 2)
  end
  local places = {}
  for i, row in ipairs(self.rows) do
    places[i] = { at = i, value = row[name], row = row }
  end
  table.sort(places, function(a, b)
    local first, second = a.value, b.value
    if first == nil or second == nil or words.value(first) == words.value(second) then
      if (first == nil) ~= (second == nil) then
        return second == nil
      end
      return a.at < b.at
    elseif order == "descending" then
      first, second = second, first
    end
    return comes_before(first, second)
  end)
  local rows = {}
  for i, place in ipairs(places) do
    rows[i] = place.row
  end
  return tables.new(self.columns, rows, self.metrics)
end

--- The rows that have these values: t:where { hidden = 50 }.
---@param values table<string, any>
---@return perigee.sweep.table
function Table:where(values)
  if type(values) ~= "table" then
    error("where: a table of values by column is needed", 2)
  end
  for name in pairs(values) do
    check_column(self, name, "where", 2)
  end
  local rows = {}
  for _, row in ipairs(self.rows) do
    local fits = true
    for name, value in pairs(values) do
      fits = fits and row[name] ~= nil and words.value(row[name]) == words.value(value)
    end
    rows[#rows + 1] = fits and row or nil
  end
  return tables.new(self.columns, rows, self.metrics)
end

-- --- grouping ---------------------------------------------------------------------

--- The mean and the standard deviation of some numbers, in two passes.
local function moments(values)
  local sum, squares = 0, 0
  for _, value in ipairs(values) do
    sum = sum + value
  end
  local mean = sum / #values
  for _, value in ipairs(values) do
    squares = squares + (value - mean) ^ 2
  end
  return mean, math.sqrt(squares / #values)
end

local function key_of(row, names)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = row[name] == nil and "" or type(row[name]) .. words.value(row[name])
  end
  return table.concat(parts, "\0")
end

--- The rows of each group, in the order in which the groups come first.
local function split(self, names)
  local groups, by_key = {}, {}
  for _, row in ipairs(self.rows) do
    local key = key_of(row, names)
    if not by_key[key] then
      by_key[key] = {}
      groups[#groups + 1] = by_key[key]
    end
    table.insert(by_key[key], row)
  end
  return groups
end

local function summary(self, group, names)
  local row, most = {}, 0
  for _, name in ipairs(names) do
    row[name] = group[1][name]
  end
  for _, metric in ipairs(self.metrics) do
    local values = {}
    for _, each in ipairs(group) do
      values[#values + 1] = each[metric]
    end
    if #values > 0 then
      row[metric], row[metric .. "_std"] = moments(values)
    end
    most = math.max(most, #values)
  end
  row.n = most
  return row
end

--- A row for each group of rows that have the same values in these columns: the mean of each metric
--- under its name, the standard deviation (the population's, as numpy.std) as NAME_std, and `n`,
--- how many there are.
---@param names string|string[]
---@return perigee.sweep.table
function Table:group(names)
  names = type(names) == "table" and names or { names }
  for _, name in ipairs(names) do
    check_column(self, name, "group", 2)
  end
  local columns, metrics = { table.unpack(names) }, {}
  for _, metric in ipairs(self.metrics) do
    table.move({ metric, metric .. "_std" }, 1, 2, #metrics + 1, metrics)
  end
  table.move(metrics, 1, #metrics, #columns + 1, columns)
  columns[#columns + 1] = "n"
  local rows = {}
  for i, group in ipairs(split(self, names)) do
    rows[i] = summary(self, group, names)
  end
  return tables.new(columns, rows, metrics)
end

-- --- files ------------------------------------------------------------------------

--- A field as RFC 4180 has it.
local function field(value)
  local text = value == nil and "" or words.value(value)
  return text:find '[",\r\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

--- Writes a file, if there is a path; else gives the text.
local function deliver(text, path)
  if path == nil then
    return text
  end
  return core.write(path, text)
end

--- The table as comma-separated values: numbers in full precision, what is missing empty.
---@param path? string  the file to be written; without it, the text is returned
---@return string|true|nil
---@return string?  # what went wrong, where nil comes first
function Table:csv(path)
  local lines, fields = { table.concat(self.columns, ",") .. "\n" }, {}
  for i, row in ipairs(self.rows) do
    for k, name in ipairs(self.columns) do
      fields[k] = field(row[name])
    end
    lines[i + 1] = table.concat(fields, ",") .. "\n"
  end
  return deliver(table.concat(lines), path)
end

-- --- text -------------------------------------------------------------------------

local DIGITS = 6 -- of a number, where it is not needed in full

--- A number with so many decimals that DIGITS of it are seen, and not more than it has.
local function decimals_of(value)
  local text = ("%." .. DIGITS .. "g"):format(value)
  return #(text:match "%.(%d+)" or ""), text:find "e" ~= nil
end

--- How the numbers of a column are written: with the same number of decimals.
local function number_format(self, name)
  local most, has_exponents = 0, false
  for _, row in ipairs(self.rows) do
    if math.type(row[name]) then
      local decimals, exponent = decimals_of(row[name])
      most, has_exponents = math.max(most, decimals), has_exponents or exponent
    end
  end
  return has_exponents and "%." .. DIGITS .. "g" or "%." .. math.min(most, DIGITS) .. "f"
end

--- The cells of some rows as text, and which columns are numbers.
local function cells_of(self, rows)
  local formats, numeric, lines = {}, {}, {}
  for k, name in ipairs(self.columns) do
    formats[k], numeric[k] = number_format(self, name), true
    for _, row in ipairs(self.rows) do
      numeric[k] = numeric[k] and (row[name] == nil or math.type(row[name]) ~= nil)
    end
  end
  for i, row in ipairs(rows) do
    lines[i] = {}
    for k, name in ipairs(self.columns) do
      local value = row[name]
      lines[i][k] = value == nil and "-"
        or (math.type(value) and formats[k]:format(value) or words.value(value))
    end
  end
  return lines, numeric
end

local function widths_of(columns, lines)
  local widths = {}
  for k, name in ipairs(columns) do
    widths[k] = utf8.len(name, 1, -1, true)
    for _, cells in ipairs(lines) do
      widths[k] = math.max(widths[k], utf8.len(cells[k], 1, -1, true) or #cells[k])
    end
  end
  return widths
end

local function pad(text, width, to_right)
  local blanks = (" "):rep(width - (utf8.len(text, 1, -1, true) or #text))
  return to_right and blanks .. text or text .. blanks
end

local function line_of(cells, widths, numeric)
  local parts = {}
  for k, text in ipairs(cells) do
    parts[k] = pad(text, widths[k], numeric[k])
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
function METATABLE:__tostring()
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

--- The table in Markdown.
---@param path? string  the file to be written; without it, the text is returned
---@return string|true|nil
---@return string?  # what went wrong, where nil comes first
function Table:markdown(path)
  local cells, numeric = cells_of(self, self.rows)
  local rules = {}
  for k in ipairs(self.columns) do
    rules[k] = numeric[k] and "---:" or "---"
  end
  local lines = { "| " .. table.concat(self.columns, " | ") .. " |",
    "|" .. table.concat(rules, "|") .. "|" }
  for _, each in ipairs(cells) do
    for k, text in ipairs(each) do
      each[k] = text:gsub("|", "\\|"):gsub("[\r\n]+", " ")
    end
    lines[#lines + 1] = "| " .. table.concat(each, " | ") .. " |"
  end
  return deliver(table.concat(lines, "\n") .. "\n", path)
end

return tables
