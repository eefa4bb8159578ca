--- Plots of a study: a metric over parameters or iterations, and heat maps of two parameters.

local check = require "perigee.check"
local picture = require "perigee.picture"
local words = require "perigee.sweep.words"

local plots = {}

local ITERATION = "iteration"
local ABSENT = "none" -- shown for a value that is not there
local MOST_BARS = 12 -- points of a learning curve that has bars
local MOST_CURVES = 12 -- of a plot that nobody asked for in so many words
local WIDE = 50 -- the largest value by the least, from which on a scale is logarithmic
local MANY_COLUMNS = 8 -- of a heat map, from which on its numbers are shorter
local OPTIONS = {
  x = true, y = true, z = true, group = true, file = true, title = true, xscale = true,
  yscale = true,
}

-- --- values of parameters ----------------------------------------------------

--- A text that is the same for what is the same value: lists by their elements, 1 and 1.0.
local function key_of(value)
  if type(value) ~= "table" then
    return type(value) .. (type(value) == "number" and ("%.17g"):format(value) or tostring(value))
  end
  local keys = {}
  for i, each in ipairs(value) do
    keys[i] = key_of(each)
  end
  return "{" .. table.concat(keys, ",") .. "}"
end

--- A value as it is shown, in a few digits: "0.1", "relu", "128-64".
local function short_text(value)
  if type(value) == "table" then
    local texts = {}
    for i, each in ipairs(value) do
      texts[i] = short_text(each)
    end
    return table.concat(texts, "-")
  end
  return math.type(value) == "float" and ("%.6g"):format(value) or tostring(value)
end

--- The values as texts, in a few digits unless two would be the same.
local function texts_of(values)
  local short, long, seen, same = {}, {}, {}, false
  for i, value in ipairs(values) do
    short[i], long[i] = short_text(value), words.value(value)
    same, seen[short[i]] = same or seen[short[i]], true
  end
  return same and long or short
end

local function are_numbers(values)
  for _, value in ipairs(values) do
    if type(value) ~= "number" then
      return false
    end
  end
  return true
end

--- A row's value of a parameter: not every trial of a study that lists its trials has each.
local function value_in(row, name)
  local value = row[name]
  return value == nil and ABSENT or value
end

--- A parameter's different values, in the order of the grid.
local function values_of(name, view)
  local values, seen = {}, {}
  for _, rows in ipairs { view.trials, view.reports } do -- a trial may have reported, not ended
    for i = 1, #rows do
      local value = value_in(rows[i], name)
      local key = key_of(value)
      if not seen[key] then
        seen[key] = true
        values[#values + 1] = value
      end
    end
  end
  return values
end

--- A parameter's values; `text` and `rank`, by which curves are sorted, of each by its key.
local function parameter_of(name, view)
  local values = values_of(name, view)
  local parameter = {
    name = name, values = values, texts = texts_of(values), numeric = are_numbers(values),
    text = {}, rank = {},
  }
  for i, value in ipairs(values) do
    local key = key_of(value)
    parameter.text[key] = parameter.texts[i]
    parameter.rank[key] = parameter.numeric and value or i
  end
  return parameter
end

-- --- a study -----------------------------------------------------------------

--- What the plots need of a study. The parameters are in order of how many values they have.
local function read_study(study)
  local view = {
    study = study, trials = study:table(), reports = study:curves(), parameters = {}, by_name = {},
  }
  for i, name in ipairs(study.params) do
    local parameter = parameter_of(name, view)
    view.parameters[i], view.by_name[name], parameter.place = parameter, parameter, i
  end
  table.sort(view.parameters, function(a, b)
    return #a.values > #b.values or #a.values == #b.values and a.place < b.place
  end)
  return view
end

--- The names of the parameters that vary, in the study's order, without some of them.
local function varying(view, without)
  local names = {}
  for _, name in ipairs(view.study.params) do
    if #view.by_name[name].values > 1 and not without[name] then
      names[#names + 1] = name
    end
  end
  return names
end

--- As keys.
local function set_of(...)
  local set = {}
  for _, name in ipairs { ... } do
    set[name] = true
  end
  return set
end

local function listed(names)
  return #names > 0 and table.concat(names, ", ") or "none"
end

local function contains(list, name)
  for _, each in ipairs(list) do
    if each == name then
      return true
    end
  end
  return false
end

-- --- what the options say ----------------------------------------------------

--- What tells a trial's rows from another's.
local function trial_key(view, row)
  local trial = { row["repeat"], row.seed }
  for _, name in ipairs(view.study.params) do
    trial[#trial + 1] = value_in(row, name)
  end
  return key_of(trial)
end

--- The metrics that a trial has reported more than once, as keys: they have learning curves.
local function repeated_metrics(view)
  local repeated, seen, rows = {}, {}, view.reports
  for i = 1, #rows do
    local key = trial_key(view, rows[i])
    for _, metric in ipairs(rows.metrics) do
      if rows[i][metric] ~= nil then
        repeated[metric] = repeated[metric] or seen[key .. metric]
        seen[key .. metric] = true
      end
    end
  end
  return repeated
end

--- The metric that is drawn where none is named: the best one, if these rows have it; among
--- reports, rather one that has learning curves.
local function default_metric(view, rows)
  local best = view.study:best_metric()
  local names = { contains(rows.metrics, best) and best or nil }
  table.move(rows.metrics, 1, #rows.metrics, #names + 1, names)
  local repeated = rows == view.reports and repeated_metrics(view) or {}
  for _, name in ipairs(names) do
    if repeated[name] then
      return name
    end
  end
  return names[1]
end

--- A metric of these rows: the one that is named, or the default.
local function metric_of(view, key, name, rows, level)
  if name == nil then
    return default_metric(view, rows)
  elseif not contains(rows.metrics, name) then
    error(("plot: %s: there is no metric '%s'; there are %s (and the parameters %s)"):format(key,
      tostring(name), listed(rows.metrics), listed(view.study.params)), level + 1)
  end
  return name
end

--- Raises unless it is a parameter's name.
local function check_parameter(view, key, name, others, level)
  if not view.by_name[name] then
    error(("plot: %s: there is no parameter '%s'; there are %s%s"):format(key, tostring(name),
      listed(view.study.params), others), level + 1)
  end
end

--- The x axis of curves: what is named; iterations, where only they have the metric or nothing
--- varies; or the parameter with the most values.
local function x_of_curves(view, options, level)
  local x, y, most = options.x, options.y, view.parameters[1]
  if x == nil then
    local reported = y ~= nil and not contains(view.trials.metrics, y)
      and contains(view.reports.metrics, y)
    return (reported or not most or #most.values < 2) and ITERATION or most.name
  elseif x ~= ITERATION then
    check_parameter(view, "x", x, " and iteration", level + 1)
  end
  return x
end

--- The parameters by which curves are told apart.
local function group_of(view, group, x, level)
  if group == nil then
    return varying(view, set_of(x))
  end
  local names = group == false and {} or type(group) == "table" and group or { group }
  for _, name in ipairs(names) do
    check_parameter(view, "group", name, "", level + 1)
    if name == x then
      error(("plot: group: '%s' is x"):format(name), level + 1)
    end
  end
  return names
end

-- --- means over repeats ------------------------------------------------------

local function mean_and_std(list)
  local sum, squares = 0, 0
  for _, value in ipairs(list) do
    sum = sum + value
  end
  local mean = sum / #list
  for _, value in ipairs(list) do
    squares = squares + (value - mean) ^ 2
  end
  return mean, math.sqrt(squares / #list)
end

--- How many numbers the points are means of: what a title says.
local function count(counts, list)
  counts.least = math.min(counts.least or #list, #list)
  counts.most = math.max(counts.most or #list, #list)
end

--- A title's end: the study, and what the means are of.
local function origin(view, counts, averaged, with_bars)
  local text = ", " .. view.study.name
  if (counts.most or 0) > 1 then
    text = text .. (counts.least == counts.most and ", mean of %d" or ", mean of %d to %d"):format(
      counts.least, counts.most)
    if #averaged > 0 then
      text = text .. " over " .. table.concat(averaged, ", ")
    end
  end
  return text .. (with_bars and " (bars: std)" or "")
end

-- --- curves ------------------------------------------------------------------

--- The curve's name that a row belongs to, and what the curves are ordered by.
local function curve_of(view, row, group)
  local texts, ranks = {}, {}
  for i, name in ipairs(group) do
    local key = key_of(value_in(row, name))
    texts[i] = ("%s %s"):format(name, view.by_name[name].text[key])
    ranks[i] = view.by_name[name].rank[key]
  end
  return table.concat(texts, ", "), ranks
end

local function precedes(a, b)
  for i, rank in ipairs(a.ranks) do
    if rank ~= b.ranks[i] then
      return rank < b.ranks[i]
    end
  end
  return false
end

--- The numbers of each curve by x, in the curves' order.
local function collect_curves(view, rows, metric, x, group)
  local curves, by_name = {}, {}
  local rank = view.by_name[x] and view.by_name[x].rank
  for i = 1, #rows do
    local row = rows[i]
    local at = rank and rank[key_of(value_in(row, x))] or not rank and row[x]
    if at and type(row[metric]) == "number" then
      local name, ranks = curve_of(view, row, group)
      local curve = by_name[name]
      if not curve then
        curve = { name = name, ranks = ranks, lists = {} }
        curves[#curves + 1], by_name[name] = curve, curve
      end
      curve.lists[at] = curve.lists[at] or {}
      table.insert(curve.lists[at], row[metric])
    end
  end
  table.sort(curves, precedes)
  return curves
end

--- Where a curve has points: at all texts, or at the numbers that it has.
local function places_of(curve, parameter)
  if parameter and not parameter.numeric then
    local places = {}
    for i in ipairs(parameter.values) do
      places[i] = i
    end
    return places
  end
  return check.sorted_keys(curve.lists)
end

--- Rows x, y and error of a curve.
local function points_of(curve, parameter, counts)
  local places, y, bars = places_of(curve, parameter), {}, {}
  for i, at in ipairs(places) do
    y[i], bars[i] = 0 / 0, 0
    if curve.lists[at] then
      y[i], bars[i] = mean_and_std(curve.lists[at])
      count(counts, curve.lists[at])
    end
  end
  counts.points = math.max(counts.points or 0, #places)
  return places, y, bars
end

--- What varies, and is neither shown by x nor by a curve of its own.
local function averaged_over(view, ...)
  return varying(view, set_of(...))
end

local function has_wide_range(parameter)
  if not parameter or not parameter.numeric or #parameter.values < 3 then
    return false
  end
  local least = math.min(table.unpack(parameter.values))
  return least > 0 and math.max(table.unpack(parameter.values)) / least >= WIDE
end

--- The curves as pg.plot takes them: one without a name, or several by name.
local function picture_of_curves(curves, parameter)
  local counts, order = {}, {}
  local x, y, bars = {}, {}, {}
  for i, curve in ipairs(curves) do
    order[i] = curve.name
    x[curve.name], y[curve.name], bars[curve.name] = points_of(curve, parameter, counts)
  end
  local shown = { x = x, y = y, error = bars, order = order }
  if #curves == 1 and order[1] == "" then
    shown = { x = x[""], y = y[""], error = bars[""] }
  end
  if parameter and not parameter.numeric then
    shown.x = parameter.texts
  end
  return shown, counts
end

local function curve_options(view, options, in_file, level)
  local x = x_of_curves(view, options, level + 1)
  local rows = x == ITERATION and view.reports or view.trials
  local metric = metric_of(view, "y", options.y, rows, level + 1)
  local group = group_of(view, options.group, x, level + 1)
  local curves = metric and collect_curves(view, rows, metric, x, group) or {}
  if #curves == 0 then
    return nil, "plot: the study has no results yet" .. (
      x == ITERATION and " that are told by iteration" or "")
  end
  local parameter = view.by_name[x]
  local shown, counts = picture_of_curves(curves, parameter)
  local with_bars = counts.most > 1 and (parameter ~= nil or counts.points <= MOST_BARS)
  shown.error = with_bars and shown.error or nil
  shown.title = options.title or ("%s by %s"):format(metric, x)
    .. origin(view, counts, averaged_over(view, x, table.unpack(group)), with_bars and in_file)
  shown.xlabel, shown.ylabel, shown.yscale = x, metric, options.yscale
  shown.xscale = options.xscale or has_wide_range(parameter) and "log" or nil
  return shown
end

-- --- heat maps ---------------------------------------------------------------

local function x_of_grid(view, options, level)
  local x, y = options.x, options.y
  for _, parameter in ipairs(x == nil and view.parameters or {}) do
    if parameter.name ~= y then
      return parameter.name
    end
  end
  if x == nil then
    error("plot: a heat map is over two parameters, and there is only " .. y, level + 1)
  end
  check_parameter(view, "x", x, "", level + 1)
  if x == y then
    error(("plot: x and y are both '%s'"):format(x), level + 1)
  end
  return x
end

--- A matrix of means, its rows by y's values and its columns by x's.
local function means_of(view, metric, x, y)
  local lists, rows = {}, view.trials
  for i = 1, #rows do
    local row = rows[i]
    if type(row[metric]) == "number" then
      local key = key_of { value_in(row, y), value_in(row, x) }
      lists[key] = lists[key] or {}
      table.insert(lists[key], row[metric])
    end
  end
  local z, counts = {}, {}
  for i, of_y in ipairs(view.by_name[y].values) do
    z[i] = {}
    for j, of_x in ipairs(view.by_name[x].values) do
      local list = lists[key_of { of_y, of_x }]
      z[i][j] = list and mean_and_std(list) or 0 / 0
      if list then
        count(counts, list)
      end
    end
  end
  return z, counts
end

local function grid_options(view, options, level)
  if options.group ~= nil then
    error("plot: group is for curves, and y names a parameter: a heat map", level + 1)
  end
  local x, y = x_of_grid(view, options, level + 1), options.y
  local metric = metric_of(view, "z", options.z, view.trials, level + 1)
  if not metric or #view.trials == 0 then
    return nil, "plot: the study has no results yet"
  end
  local z, counts = means_of(view, metric, x, y)
  return {
    z = z, x = view.by_name[x].texts, y = view.by_name[y].texts, xlabel = x, ylabel = y,
    format = #view.by_name[x].values > MANY_COLUMNS and "%.3g" or "%.4g",
    title = options.title or ("%s by %s and %s"):format(metric, x, y)
      .. origin(view, counts, averaged_over(view, x, y), false),
    xscale = options.xscale, yscale = options.yscale, -- which pg.plot says are for curves
  }
end

-- --- both --------------------------------------------------------------------

--- What pg.plot is to draw; nil, and why, where there is nothing.
local function picture_options(study, options, in_file, level)
  check.options(options, OPTIONS, "plot", level + 1)
  local view = read_study(study)
  if view.by_name[options.y] then
    local shown, message = grid_options(view, options, level + 1)
    return shown, message
  elseif options.z ~= nil then
    error("plot: z is for a heat map, where y names a parameter", level + 1)
  end
  local shown, message = curve_options(view, options, in_file, level + 1)
  return shown, message
end

--- Draws a study in the terminal, or into a file: a metric's means over the repeats, with bars of
--- the standard deviation in a file. Where y names a parameter, a heat map over two parameters.
---@param study table
---@param options? table  x (a parameter or "iteration"), y (a metric; or a parameter: a heat
---   map), z (the heat map's metric), group (the parameter, or list of them, that has a curve for
---   each value; all that vary by default; false: one curve), title, xscale and yscale ("log" or
---   "linear"), file (ends in .svg or .png)
---@return true?
---@return string?  # what went wrong, where nil comes first
function plots.draw(study, options)
  options = options or {}
  local shown, message = picture_options(study, options, options.file ~= nil, 2)
  if not shown then
    return nil, message
  end
  shown.file = options.file
  local drawn, why = picture.draw(shown, 2)
  if not drawn then
    return nil, why
  end
  return true
end

--- The same as SVG text.
---@param study table
---@param options? table  as plots.draw has them; a file is not written
---@return string?
---@return string?  # what went wrong, where nil comes first
function plots.svg(study, options)
  local shown, message = picture_options(study, options or {}, true, 2)
  if not shown then
    return nil, message
  end
  local text, why = picture.svg(shown, 2)
  return text, why
end

-- --- the plots of a report ---------------------------------------------------

--- The group of a plot over x that has no more curves than can be told apart: without the
--- parameters that have the most values. nil where all that vary will do.
local function readable_group(view, x)
  local without, curves, dropped = set_of(x), 1, false
  for _, name in ipairs(varying(view, without)) do
    curves = curves * #view.by_name[name].values
  end
  for _, parameter in ipairs(view.parameters) do
    if curves > MOST_CURVES and not without[parameter.name] then
      without[parameter.name], dropped = true, true
      curves = curves // #parameter.values
    end
  end
  local names = varying(view, without)
  if dropped then
    return #names > 0 and names or false
  end
end

--- The plots that a report shows: a heat map where two parameters vary; curves over each that
--- varies, up to three; learning curves where trials have reported a metric more than once.
---@param study table
---@return table[]  # options for plots.draw and plots.svg
function plots.defaults(study)
  local view = read_study(study)
  local names, list = varying(view, {}), {}
  if #names == 2 then
    list[1] = { x = view.parameters[1].name, y = view.parameters[2].name }
  end
  for _, name in ipairs(#names <= 3 and names or {}) do
    list[#list + 1] = { x = name, group = readable_group(view, name) }
  end
  if next(repeated_metrics(view)) then
    list[#list + 1] = { x = ITERATION, group = readable_group(view, ITERATION) }
  end
  return list
end

return plots
