--- What the plots of a study are made of: its rows, the values of its parameters, and means.

local errors = require "perigee.util.errors"
local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local json = require "perigee.util.json"
local goals = require "perigee.sweep.table.goal"
local tables = require "perigee.sweep.table.table"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"

---@class perigee.sweep.parameter
---@field name string
---@field values any[]  different ones, in the order of the grid
---@field texts string[]  of them, each another
---@field place table<string, integer>  where a value is among them, by its key
---@field numeric boolean  whether all values are numbers

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

--- The values as texts, in a few digits unless two would be the same: 1, "1" and [1] are not.
local function texts_of(values)
  local texts = {}
  for _, text_of in ipairs { format.short, format.value, json.encode } do
    local seen, same = {}, false
    for i, value in ipairs(values) do
      texts[i] = text_of(value)
      same, seen[texts[i]] = same or seen[texts[i]], true
    end
    if not same then
      break
    end
  end
  return texts
end

local function are_numbers(values)
  for _, value in ipairs(values) do
    if not math.type(value) then
      return false
    end
  end
  return true
end

local function parameter_of(name, rows)
  local parameter = { name = name, values = {}, place = {} }
  for i = 1, #rows do
    local value = rows[i][name]
    local key = tables.key(value)
    if not parameter.place[key] then
      table.insert(parameter.values, value)
      parameter.place[key] = #parameter.values
    end
  end
  parameter.texts, parameter.numeric = texts_of(parameter.values), are_numbers(parameter.values)
  return parameter
end

--- What the plots need of a study. A view is one already: several plots may share it.
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
    view.by_name[name] = parameter_of(name, view.trials)
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

--- Raises unless it is a parameter's name.
---@param key string  the option
---@param name any
---@param others string  what it may be as well
function View:check_parameter(key, name, others)
  if not self.by_name[name] then
    errors.raise("plot: %s: there is no parameter '%s'; there are %s%s", key, printable.name(name),
      data.listed(self.study.params), others)
  end
end

-- --- metrics ---------------------------------------------------------------------

function data.listed(names)
  return #names > 0 and printable.name(table.concat(names, ", ")) or "none"
end

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

--- The metric that is drawn where none is named: the best one, if these rows have it; among
--- reports, rather one that has learning curves.
local function default_metric(view, rows)
  local best = view.study:best_metric()
  local names = { collections.contains(rows.metrics, best) and best or nil }
  table.move(rows.metrics, 1, #rows.metrics, #names + 1, names)
  local repeated = rows == view.reports and view:repeated_metrics() or {}
  for _, name in ipairs(names) do
    if repeated[name] then
      return name
    end
  end
  return names[1]
end

--- A metric of these rows: the one that is named, or the default; nil where they have none, as
--- nothing was reported yet.
---@param key string  the option that names it
---@param name any
---@param rows perigee.sweep.table
---@return string?
function View:metric(key, name, rows)
  if #rows.metrics == 0 then
    return nil
  elseif name == nil then
    return default_metric(self, rows)
  elseif not collections.contains(rows.metrics, name) then
    errors.raise("plot: %s: there is no metric '%s'; there are %s (and the parameters %s)", key,
      printable.name(name), data.listed(rows.metrics), data.listed(self.study.params))
  end
  return name
end

--- Which values of a metric are the better ones.
---@param metric string
---@return "max"|"min"|nil  # nil where nothing tells
function View:goal(metric)
  local best, goal = self.study:best_metric()
  return metric == best and goal or goals.of(metric)
end

-- --- means -----------------------------------------------------------------------

--- A row for each that have these values: the metric's mean, its deviation, and how many they are.
---@param rows perigee.sweep.table
---@param metric string
---@param names string[]
---@return perigee.sweep.table
function data.means(rows, metric, names)
  local measured = {}
  for i = 1, #rows do
    measured[#measured + 1] = rows[i][metric] ~= nil and rows[i] or nil
  end
  return tables.new(names, measured, { metric }):group(names)
end

--- The end of a title: the study, and what the means are of.
---@param means perigee.sweep.table
---@param shown string[]  the names that they are not over
---@return string
function View:origin(means, shown)
  local least, most = math.huge, 1
  for _, row in ipairs(means) do
    local count = row[means.about.count]
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
