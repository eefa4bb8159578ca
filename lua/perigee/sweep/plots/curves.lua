--- A study's curves: a metric's means over a parameter, or over iterations.

local collections = require "perigee.util.collections"
local data = require "perigee.sweep.plots.data"
local errors = require "perigee.util.errors"
local goals = require "perigee.sweep.table.goal"
local printable = require "perigee.util.printable"

local ITERATION = "iteration"
local MOST_BARS, MOST_REPORTS = 40, 12 -- points of a curve that has bars; of a learning curve
local MOST_CURVES = 12 -- in a plot, unless more are asked for
local BEST = 6 -- learning curves that are drawn of too many
local WIDE = 50 -- the largest value by the least, from which on a scale may be logarithmic

local curves = { ITERATION = ITERATION }

-- --- options ---------------------------------------------------------------------

--- The name of the x axis: the given one; "iteration", if only the reports have the metric or no
--- parameter varies; else the parameter with the most values.
local function choose_x(view, options)
  local x, y, most = options.x, options.y, view.parameters[1]
  if x == nil then
    local reported = y ~= nil and not collections.contains(view.trials.metrics, y)
      and collections.contains(view.reports.metrics, y)
    return (reported or not most or #most.values < 2) and ITERATION or most.name
  elseif x ~= ITERATION then
    view:check_parameter("x", x, " and iteration")
  end
  return x
end

--- The parameters that have curves of their own: the named ones. Otherwise all that vary; over a
--- parameter, as many of those with the fewest values as make a plot that can be read.
local function choose_group(view, group, x)
  if group == nil then
    local without, count = { [x] = true }, 1
    for _, name in ipairs(x == ITERATION and {} or view:varying(without)) do
      count = count * #view.by_name[name].values
    end
    for _, parameter in ipairs(view.parameters) do
      if count > MOST_CURVES and not without[parameter.name] then
        without[parameter.name] = true
        count = count // #parameter.values
      end
    end
    return view:varying(without)
  end
  local names = group == false and {} or type(group) == "table" and group or { group }
  for _, name in ipairs(names) do
    view:check_parameter("group", name, "")
    if name == x then
      errors.raise("plot: group: '%s' is x", printable.name(name))
    end
  end
  return names
end

-- --- curves ----------------------------------------------------------------------

--- The rows of means in order: by the group's parameters, then along x. Numbers are ordered by
--- themselves, other values as the grid has them; `ranks` has what a row is ordered by.
local function sort_rows(view, means, group, x)
  local points = {}
  for k, row in ipairs(means) do
    points[k] = { row = row, ranks = {} }
    for i = 1, #group + 1 do
      local name = group[i] or x
      local parameter = view.by_name[name]
      points[k].ranks[i] = parameter and not parameter.numeric and parameter:index_in(row)
        or row[name]
    end
  end
  table.sort(points, function(a, b)
    for i, rank in ipairs(a.ranks) do
      if rank ~= b.ranks[i] then
        return rank < b.ranks[i]
      end
    end
    return false
  end)
  return points
end

--- The curves of some means: name, x, y, bars. Where x has texts, a curve has all of them, with
--- gaps.
local function collect(view, means, metric, x, group)
  local list, by_name = {}, {}
  local parameter = view.by_name[x]
  local texts = parameter and not parameter.numeric and parameter.texts or {}
  for _, point in ipairs(sort_rows(view, means, group, x)) do
    local parts = {}
    for i, name in ipairs(group) do
      local grouped = view.by_name[name]
      parts[i] = name .. " " .. grouped.texts[grouped:index_in(point.row)]
    end
    local name = table.concat(parts, ", ")
    local curve = by_name[name]
    if not curve then
      curve = { name = name, x = {}, y = {}, bars = {} }
      for i in ipairs(texts) do
        curve.x[i], curve.y[i], curve.bars[i] = i, 0 / 0, 0
      end
      list[#list + 1], by_name[name] = curve, curve
    end
    local rank = point.ranks[#point.ranks]
    local i = texts[1] and rank or #curve.x + 1
    curve.x[i], curve.y[i] = rank, point.row[metric]
    curve.bars[i] = point.row[means.info.deviations[metric]]
  end
  return list
end

--- The curves that end best, the best one first; the first ones if the goal is not known. If a rule
--- prunes trials, a curve that goes further is better.
local function best_of(list, goal, has_rule)
  for i, curve in ipairs(list) do
    curve.last, curve.reach, curve.index = curve.y[#curve.y], has_rule and curve.x[#curve.x], i
  end
  table.sort(list, function(a, b)
    if a.reach ~= b.reach then
      return a.reach > b.reach
    elseif goal and a.last ~= b.last then
      return goals.is_better(a.last, b.last, goal)
    end
    return a.index < b.index
  end)
  return table.move(list, 1, BEST, 1, {})
end

-- --- a plot ----------------------------------------------------------------------

--- The means, their curves, the names that the means are not over, and true if each point is one
--- trial. Where x was drawn at random, hardly any two points have the same: a line through them
--- would mean nothing.
local function means_and_curves(view, metric, x, group)
  local rows = x == ITERATION and view.reports or view.trials
  local shown = table.move(group, 1, #group, 2, { x })
  local means, parameter = data.means(rows, metric, shown), view.by_name[x]
  if parameter and parameter.numeric and #view:varying(collections.set(shown)) > 0 then
    local all = data.means(rows, metric, view.study.params)
    if 2 * #all < 3 * #means then
      return all, collect(view, all, metric, x, group), view.study.params, true
    end
  end
  return means, collect(view, means, metric, x, group), shown, false
end

--- Tells if bars are shown: for means, if there is room between the points.
local function has_bars(means, list, most_points)
  local most = 1
  for _, row in ipairs(means) do
    most = math.max(most, row[means.info.count])
  end
  for _, curve in ipairs(list) do
    if #curve.x > most_points then
      return false
    end
  end
  return most > 1
end

--- Tells if a parameter's values are far apart, and most of them among the smaller ones.
local function needs_log(parameter)
  if not parameter or not parameter.numeric or #parameter.values < 3 then
    return false
  end
  local values = table.move(parameter.values, 1, #parameter.values, 1, {})
  table.sort(values)
  local least, greatest = values[1], values[#values]
  return least > 0 and greatest / least >= WIDE
    and values[(#values + 1) // 2] < (least + greatest) / 4
end

--- The options for pg.plot; nil, and the reason, if there is nothing to draw.
---@param view perigee.sweep.view
---@param options table
---@param in_file boolean  a title names the bars, which only files have
---@return table?
---@return string?
function curves.options(view, options, in_file)
  local x = choose_x(view, options)
  local metric = view:metric("y", options.y, x == ITERATION and view.reports or view.trials)
  local group = choose_group(view, options.group, x)
  local means, list, named, is_scattered
  if metric then
    means, list, named, is_scattered = means_and_curves(view, metric, x, group)
  end
  if not means or #means == 0 then
    return nil, "plot: the study has no results yet" .. (
      x == ITERATION and " that are told by iteration" or "")
  end
  local ending, count, parameter = view:origin(means, named), #list, view.by_name[x]
  if options.group == nil and x == ITERATION and count > MOST_CURVES then
    local goal = view:goal(metric)
    list = best_of(list, goal, view.study.rule.text ~= "")
    ending = ("%s, the %d %s of %d"):format(ending, #list, goal and "best" or "first", count)
  end
  local with_bars = has_bars(means, list, parameter and MOST_BARS or MOST_REPORTS)
  local shown = { x = {}, y = {}, error = with_bars and {} or nil, order = {} }
  for i, curve in ipairs(list) do
    shown.order[i] = curve.name
    shown.x[curve.name], shown.y[curve.name] = curve.x, curve.y
    if with_bars then
      shown.error[curve.name] = curve.bars
    end
  end
  if #list == 1 and list[1].name == "" then
    shown = { x = list[1].x, y = list[1].y, error = with_bars and list[1].bars or nil }
  end
  shown.x = parameter and not parameter.numeric and parameter.texts or shown.x
  shown.title = options.title or ("%s by %s%s%s"):format(metric, x, ending,
    with_bars and in_file and " (bars: std)" or "")
  shown.xlabel, shown.ylabel, shown.yscale = x, metric, options.yscale
  shown.xscale = options.xscale or needs_log(parameter) and "log" or nil
  shown.points = is_scattered or nil
  return shown
end

return curves
