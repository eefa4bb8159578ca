--- The data of a study's plots: its rows, the values of its parameters, and means.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local goals = require "perigee.sweep.table.goal"
local json = require "perigee.util.json"
local printable = require "perigee.util.printable"
local tables = require "perigee.sweep.table.table"

---@class perigee.sweep.parameter
---@field name string
---@field values any[]  distinct, in the order of the grid
---@field texts string[]  of the values, distinct
---@field numeric boolean  true if all values are numbers
---@field index table<string, integer>  of a value, by its key
local Parameter = {}
Parameter.__index = Parameter

---@class perigee.sweep.view
---@field study perigee.sweep.study
---@field trials perigee.sweep.table
---@field reports perigee.sweep.table
---@field parameters perigee.sweep.parameter[]  those with the most values first
---@field by_name table<string, perigee.sweep.parameter>
local View = {}
View.__index = View

local data = {}

-- --- parameters ------------------------------------------------------------------

local function new_parameter(name, rows)
  local values, index, numeric = {}, {}, true
  for i = 1, #rows do
    local value = rows[i][name]
    local key = tables.key(value)
    if not index[key] then
      values[#values + 1] = value
      index[key], numeric = #values, numeric and math.type(value) ~= nil
    end
  end
  local texts, is_distinct = {}, false
  for _, text_of in ipairs { format.short, format.value, json.encode } do -- 1, "1" and [1] differ
    if not is_distinct then
      local seen = {}
      is_distinct = true
      for i, value in ipairs(values) do
        texts[i] = text_of(value)
        is_distinct, seen[texts[i]] = is_distinct and not seen[texts[i]], true
      end
    end
  end
  return setmetatable({
    name = name, values = values, texts = texts, numeric = numeric, index = index,
  }, Parameter)
end

--- The index of a row's value.
---@param row table<string, any>
---@return integer
function Parameter:index_in(row)
  return self.index[tables.key(row[self.name])]
end

--- Reads a study. A view is returned as it is: several plots may share it.
---@param study perigee.sweep.study|perigee.sweep.view
---@return perigee.sweep.view
function data.read(study)
  if getmetatable(study) == View then
    return study
  end
  local view = setmetatable({
    study = study, trials = study:table(), reports = study:curves(), parameters = {}, by_name = {},
  }, View)
  for i, name in ipairs(study.params) do
    view.by_name[name] = new_parameter(name, view.trials)
    view.parameters[i] = view.by_name[name]
  end
  table.sort(view.parameters, function(a, b)
    if #a.values ~= #b.values then
      return #a.values > #b.values
    end
    return c_locale.precedes(a.name, b.name)
  end)
  return view
end

--- The names of the parameters that vary, in the study's order, without some of them.
---@param without? table<string, true>
---@return string[]
function View:varying(without)
  local names = {}
  for _, name in ipairs(self.study.params) do
    if #self.by_name[name].values > 1 and not (without and without[name]) then
      names[#names + 1] = name
    end
  end
  return names
end

local function listed(names)
  return #names > 0 and printable.name(table.concat(names, ", ")) or "none"
end

--- Raises unless it is a parameter's name.
---@param key string  the option
---@param name any
---@param others string  what it may be as well
function View:check_parameter(key, name, others)
  if not self.by_name[name] then
    errors.raise("plot: %s: there is no parameter '%s'; there are %s%s", key, printable.name(name),
      listed(self.study.params), others)
  end
end

-- --- metrics ---------------------------------------------------------------------

--- The metrics that a trial has reported more than once, as keys: they have learning curves.
---@return table<string, true>
function View:repeated_metrics()
  local repeated, seen, rows = {}, {}, self.reports
  local names = table.move(self.study.params, 1, #self.study.params, 2, { "repeat" })
  for i = 1, #rows do
    local trial = tables.key_of(rows[i], names)
    for _, metric in ipairs(rows.metrics) do
      if rows[i][metric] ~= nil then
        repeated[metric] = repeated[metric] or seen[trial .. metric]
        seen[trial .. metric] = true
      end
    end
  end
  return repeated
end

--- A metric of some rows: the given one; else the study's, if the rows have it; else the first.
--- Among reports, a metric with learning curves is preferred. Nil if the rows have no metric.
---@param key string  the option that names it
---@param name any
---@param rows perigee.sweep.table
---@return string?
function View:metric(key, name, rows)
  local metrics = rows.metrics
  if #metrics == 0 then
    return nil
  elseif name ~= nil and not collections.contains(metrics, name) then
    errors.raise("plot: %s: there is no metric '%s'; there are %s (and the parameters %s)", key,
      printable.name(name), listed(metrics), listed(self.study.params))
  elseif name ~= nil then
    return name
  end
  local best = self.study:best_metric()
  local names = { collections.contains(metrics, best) and best or nil }
  table.move(metrics, 1, #metrics, #names + 1, names)
  local repeated = rows == self.reports and self:repeated_metrics() or {}
  for _, each in ipairs(names) do
    if repeated[each] then
      return each
    end
  end
  return names[1]
end

--- The goal of a metric.
---@param metric string
---@return "max"|"min"|nil  # nil if it is not known
function View:goal(metric)
  local best, goal = self.study:best_metric()
  return metric == best and goal or goals.of(metric)
end

-- --- means -----------------------------------------------------------------------

--- A row for each group of rows that have the same values: the metric's mean, its deviation, and
--- the number of rows.
---@param rows perigee.sweep.table
---@param metric string
---@param names string[]  of the values
---@return perigee.sweep.table
function data.means(rows, metric, names)
  local measured = {}
  for i = 1, #rows do
    measured[#measured + 1] = rows[i][metric] ~= nil and rows[i] or nil
  end
  return tables.new(names, measured, { metric }):group(names)
end

--- The end of a title: the study, and what the means are over.
---@param means perigee.sweep.table
---@param shown string[]  the names that they are not over
---@return string
function View:origin(means, shown)
  local least, most = math.huge, 1
  for _, row in ipairs(means) do
    local count = row[means.info.count]
    least, most = math.min(least, count), math.max(most, count)
  end
  local text = ", " .. self.study.name
  if most > 1 then
    local over = self:varying(collections.set(shown))
    text = text .. (least == most and ", mean of %d" or ", mean of %d to %d"):format(least, most)
      .. (#over > 0 and " over " .. table.concat(over, ", ") or "")
  end
  return text
end

return data
