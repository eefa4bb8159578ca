--- A table of results: rows with named columns, some of which are metrics.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local goals = require "perigee.sweep.table.goal"
local json = require "perigee.util.json"
local table_text = require "perigee.sweep.table.text"
local printable = require "perigee.util.printable"
local public = require "perigee.util.public"
local suggest = require "perigee.util.suggest"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"

--- A list of rows with named columns: `#t` rows, `t[i].accuracy`; `print(t)` shows it.
---@class perigee.sweep.table
---@field columns string[]  the names of the columns in order
---@field metrics string[]  the names of the columns that are metrics
local Table = {}

local METATABLE = {
  __name = "perigee.table",
  __index = function(self, key)
    if math.type(key) then
      return self.rows[key < 0 and #self.rows + 1 + key or key]
    end
    local value = Table[key]
    if value == nil then
      value = rawget(self, "_fixed")[key]
    end
    if value == nil and type(key) == "string" then
      local names = collections.sorted_keys(Table)
      table.move({ "columns", "metrics" }, 1, 2, #names + 1, names)
      errors.raise(unknown_name.message("a table of results", key, names)
        .. (collections.contains(self.columns, key) and ": rows have columns, t[1]." .. key or ""))
    end
    return value
  end,
  __newindex = function(_, name)
    unknown_name.refuse("a table of results", name)
  end,
  __len = function(self)
    return #self.rows
  end,
  __pairs = function(self)
    return next, self.rows, nil
  end,
}

local tables = {}

--- Makes a table of rows: `t[i]`, `#t` and `ipairs(t)` give them, and t[-1] the last.
---@param columns string[]
---@param rows table<string, any>[]  what is missing is nil
---@param metrics string[]
---@param info? { goals: table<string, "max"|"min">?, count: string?, deviations: table? }  goals
---   of metrics that are known; in a table of groups, the names of its own columns: the number of
---   rows, and by metric the standard deviation
---@return perigee.sweep.table
function tables.new(columns, rows, metrics, info)
  return setmetatable({
    _fixed = { columns = columns, metrics = metrics }, rows = rows, info = info or {},
  }, METATABLE)
end

--- A text that differs for different values: 50 and 50.0 are the same, 50 and "50" are not, and two
--- lists are the same if their elements are.
---@param value any
---@return string
function tables.key(value)
  return json.encode(value)
end

--- A text that differs for different values of a row's columns.
---@param row table<string, any>
---@param names string[]
---@return string
function tables.key_of(row, names)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = tables.key(row[name])
  end
  return table.concat(parts, "\0")
end

--- The fields of rows that are no columns.
local FIELDS = { status = true, iterations = true }

--- Raises for a column that does not exist.
local function check_column(self, name, what)
  if collections.contains(self.columns, name) then
    return
  elseif type(name) ~= "string" then
    errors.raise("%s: the name of a column is needed, not %s", what, errors.describe(name))
  elseif not FIELDS[name] then
    errors.raise("%s: there is no column '%s'; there are %s%s", what, printable.name(name),
      printable.name(table.concat(self.columns, ", ")),
      suggest.suggestion(name, self.columns))
  end
end

-- --- choosing ---------------------------------------------------------------------

--- Returns the row with the best value of a metric, the first of several.
---
--- Raises for a column with values that aren't numbers, and for a metric whose name doesn't tell
--- the goal.
---
---     t:best("loss").rate, t:best("accuracy", "max").rate  --> 0.5  0.5
---@param name string
---@param goal? "max"|"min"  needed if the name doesn't tell it, as "loss" and "accuracy" do
---@return table?  # nil if no row has a value
function Table:best(name, goal)
  check_column(self, name, "best")
  if goal ~= nil and goal ~= "max" and goal ~= "min" then
    errors.raise("best: the goal is 'max' or 'min', not '" .. printable.name(goal) .. "'")
  end
  local best
  for i, row in ipairs(self.rows) do
    local value = row[name]
    if value ~= nil and not math.type(value) then
      errors.raise("best: the column '%s' must have numbers, not %s in row %d", name,
        format.value(value), i)
    end
    goal = goal or (self.info.goals or {})[name] or goals.of(name)
    if value ~= nil and not goal then
      errors.raise("best: " .. goals.needed(name))
    elseif value ~= nil and (not best or goals.is_better(value, best[name], goal)) then
      best = row
    end
  end
  return best
end

--- Tells if a value comes before another: numbers before texts; lists, true and false as they are
--- written.
local function precedes(a, b)
  local a_is_number, b_is_number = math.type(a) ~= nil, math.type(b) ~= nil
  if a_is_number and b_is_number then
    return a < b
  elseif a_is_number or b_is_number then
    return a_is_number
  end
  return c_locale.precedes(format.value(a), format.value(b))
end

--- Returns the rows in the order of a column. Rows without a value come last; equal rows keep their
--- order.
---
---     t:sort("accuracy", "descending")[1].accuracy  --> 1.0
---@param name string
---@param order? "ascending"|"descending"  default ascending
---@return perigee.sweep.table
function Table:sort(name, order)
  check_column(self, name, "sort")
  if order ~= nil and order ~= "ascending" and order ~= "descending" then
    errors.raise("sort: the order is 'ascending' or 'descending', not '%s'", printable.name(order))
  end
  local index, rows = {}, table.move(self.rows, 1, #self.rows, 1, {})
  for i, row in ipairs(rows) do
    index[row] = i
  end
  table.sort(rows, function(a, b)
    local first, second = a[name], b[name]
    if first == nil or second == nil then
      return first ~= nil or second == nil and index[a] < index[b]
    elseif order == "descending" then
      first, second = second, first
    end
    return precedes(first, second) or not precedes(second, first) and index[a] < index[b]
  end)
  return tables.new(self.columns, rows, self.metrics, self.info)
end

--- Returns the rows that have these values: `t:where { hidden = 50 }`.
---
---     #t:where{rate = 0.5}  --> 2
---@param values table<string, any>
---@return perigee.sweep.table
function Table:where(values)
  if type(values) ~= "table" then
    errors.raise("where: a table of values by column is needed, not %s", errors.describe(values))
  end
  for name in pairs(values) do
    check_column(self, name, "where")
  end
  local rows = {}
  for _, row in ipairs(self.rows) do
    local fits = true
    for name, value in pairs(values) do
      fits = fits and row[name] ~= nil and tables.key(row[name]) == tables.key(value)
    end
    rows[#rows + 1] = fits and row or nil
  end
  return tables.new(self.columns, rows, self.metrics, self.info)
end

-- --- grouping ---------------------------------------------------------------------

--- The mean and the standard deviation of some numbers. The rounding error of the mean is
--- corrected: equal numbers have their own value for a mean, and no deviation.
local function moments(values)
  local sum, rest, squares = 0, 0, 0
  for _, value in ipairs(values) do
    sum = sum + value
  end
  local mean = sum / #values
  for _, value in ipairs(values) do
    rest = rest + (value - mean)
  end
  mean = mean + rest / #values
  for _, value in ipairs(values) do
    squares = squares + (value - mean) ^ 2
  end
  return mean, math.sqrt(squares / #values)
end

--- The rows of each group, in the order in which the groups come first.
local function split(self, names)
  local groups, by_key = {}, {}
  for _, row in ipairs(self.rows) do
    local key = tables.key_of(row, names)
    if not by_key[key] then
      by_key[key] = {}
      groups[#groups + 1] = by_key[key]
    end
    table.insert(by_key[key], row)
  end
  return groups
end

--- The row of a group: its values by name, the means and deviations of metrics, and the number of
--- rows that have any of these.
local function summary(group, names, metrics, own)
  local row, is_measured = { [own.count] = 0 }, {}
  for _, name in ipairs(names) do
    row[name] = group[1][name]
  end
  for _, metric in ipairs(metrics) do
    local values = {}
    for _, each in ipairs(group) do
      values[#values + 1] = each[metric]
      if each[metric] ~= nil and not is_measured[each] then
        is_measured[each], row[own.count] = true, row[own.count] + 1
      end
    end
    if #values > 0 then
      row[metric], row[own.deviations[metric]] = moments(values)
    end
  end
  return row
end

--- The first of two names that is not taken; else the second, followed by as many _ as are needed.
local function free_name(taken, first, second)
  local name = taken[first] and second or first
  while taken[name] do
    name = name .. "_"
  end
  taken[name] = true
  return name
end

--- The names of the columns that groups add, which no column of the table has.
local function own_columns(self, metrics)
  local taken = collections.merge(collections.set(self.columns), collections.set(self.metrics))
  local own = { deviations = {}, goals = self.info.goals }
  if self.info.count then -- it is left out
    taken[self.info.count] = nil
  end
  for _, metric in ipairs(metrics) do
    own.deviations[metric] = free_name(taken, metric .. "_std", metric .. "_sd")
  end
  own.count = free_name(taken, "n", "count")
  return own
end

--- Returns a row for each group of rows with the same values in these columns. It has the mean of
--- each metric under its name, the standard deviation (the population's, as numpy.std) as NAME_std,
--- and the number of rows with metrics as `n`. If the table has columns of such names, they are
--- NAME_sd and `count`. Columns that are neither metrics nor grouped by are left out.
---
---     t:group "rate"
---     --> rate    loss  loss_std  accuracy  accuracy_std  n
---     -->  0.1  0.8375    0.0625     0.475         0.125  2
---     -->  0.5  0.4375    0.0625     0.875         0.125  2
---@param names string|string[]
---@return perigee.sweep.table
function Table:group(names)
  names = type(names) == "table" and names or { names }
  local hole, is_named = collections.hole(names), {}
  if hole then
    errors.raise("group: the names must be a list, not one with %s", hole)
  end
  for _, name in ipairs(names) do
    check_column(self, name, "group")
    if is_named[name] then
      errors.raise("group: '%s' is named twice", name)
    end
    is_named[name] = true
  end
  local columns, metrics = { table.unpack(names) }, {}
  local measured = {} -- the metrics that are not grouped by
  for _, metric in ipairs(self.metrics) do
    measured[#measured + 1] = not is_named[metric] and metric or nil
  end
  local own = own_columns(self, measured)
  for _, metric in ipairs(measured) do
    table.move({ metric, own.deviations[metric] }, 1, 2, #metrics + 1, metrics)
  end
  table.move(metrics, 1, #metrics, #columns + 1, columns)
  columns[#columns + 1] = own.count
  local rows = {}
  for i, group in ipairs(split(self, names)) do
    rows[i] = summary(group, names, measured, own)
  end
  return tables.new(columns, rows, metrics, own)
end

-- --- files ------------------------------------------------------------------------

--- A field as RFC 4180 has it. What is no finite number is missing: readers of CSV know no word
--- for it. A text that a spreadsheet would run gets an apostrophe in front: that makes it a text.
local function field(value)
  if value == nil or math.type(value) and value - value ~= 0 then
    return ""
  end
  local text = format.value(value)
  local is_formula = type(value) == "string" and text:find "^[=+@\t\r-]"
  text = is_formula and "'" .. text or text
  return (is_formula or text:find '[",\r\n]') and '"' .. text:gsub('"', '""') .. '"' or text
end

--- A line of comma-separated values, with its end: a row's, numbers in full precision, what is
--- missing empty; or the names of the columns.
---@param columns string[]
---@param row? table<string, any>
---@return string
function tables.csv_line(columns, row)
  local fields = {}
  for k, name in ipairs(columns) do
    local value = name
    if row then
      value = row[name]
    end
    fields[k] = field(value)
  end
  return table.concat(fields, ",") .. "\n"
end

--- Writes a file, if there is a path; else gives the text.
---@param text string
---@param path? string
---@param what string  the method's name
---@return string|true
local function deliver(text, path, what)
  if path == nil then
    return text
  elseif not types.is_path(path) then
    errors.raise("%s: a path is needed, a text without zero bytes, not %s", what,
      errors.describe(path))
  end
  return errors.call(core.write, path, text)
end

--- Writes or returns the table as comma-separated values: numbers in full precision, missing values
--- empty.
---
---     t:csv "results.csv"  --> true
---     t:where{rate = 0.5, seed = 0}:csv()
---     --> rate,seed,loss,accuracy
---     --> 0.5,0,0.5,1
---@param path? string  the file; without it, the text is returned
---@return string|true
function Table:csv(path)
  local lines = { tables.csv_line(self.columns) }
  for i, row in ipairs(self.rows) do
    lines[i + 1] = tables.csv_line(self.columns, row)
  end
  return deliver(table.concat(lines), path, "csv")
end

--- Writes or returns the table in Markdown, with numbers in six digits.
---
---     t:where{rate = 0.5, seed = 0}:markdown()
---     --> | rate | seed | loss | accuracy |
---     --> |---:|---:|---:|---:|
---     --> | 0.5 | 0 | 0.5 | 1 |
---@param path? string  the file; without it, the text is returned
---@return string|true
function Table:markdown(path)
  return deliver(table_text.markdown(self), path, "markdown")
end

public.methods(Table, METATABLE, "a table", "t", { best = 1, sort = 1, where = 1, group = 1 })

METATABLE.__tostring = table_text.terminal

return tables
