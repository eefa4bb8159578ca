--- A study's curves: a metric's means over a parameter, or over iterations.

local errors = require "perigee.util.errors"
local collections = require "perigee.util.collections"
local goals = require "perigee.sweep.table.goal"
local tables = require "perigee.sweep.table.table"
local data = require "perigee.sweep.plots.data"
local printable = require "perigee.util.printable"

local ITERATION = "iteration"
local MOST_BARS, MOST_REPORTS = 40, 12 -- points of a curve that has bars; of a learning curve
local MOST_CURVES = 12 -- that are told apart, where nobody asked for more
local BEST = 6 -- learning curves that are drawn of too many
local WIDE = 50 -- the largest value by the least, from which on a scale may be logarithmic

local curves = { ITERATION = ITERATION }

-- --- what the options say --------------------------------------------------------

--- The x axis: what is named; iterations, where only they have the metric or nothing varies; or
--- the parameter with the most values.
local function x_of(view, options)
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

--- All parameters that vary, if their curves can be told apart: else those with fewer values.
local function readable_group(view, x)
  local without, count = { [x] = true }, 1
  for _, name in ipairs(view:varying(without)) do
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

--- The parameters by which curves are told apart. Learning curves are never means over parameters
--- unless that is asked for: the best are drawn.
local function group_of(view, group, x)
  if group == nil then
    return x == ITERATION and view:varying() or readable_group(view, x)
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

-- --- points ----------------------------------------------------------------------

local function name_of(view, row, group)
  local texts = {}
  for i, name in ipairs(group) do
    local parameter = view.by_name[name]
    texts[i] = name .. " " .. parameter.texts[parameter.place[tables.key(row[name])]]
  end
  return table.concat(texts, ", ")
end

--- What a row of means is ordered by: numbers by themselves, other values as the grid has them.
local function rank_of(view, row, name)
  local parameter = view.by_name[name]
  if not parameter or parameter.numeric then
    return row[name]
  end
  return parameter.place[tables.key(row[name])]
end

local function precedes(a, b)
  for i, rank in ipairs(a.ranks) do
    if rank ~= b.ranks[i] then
      return rank < b.ranks[i]
    end
  end
  return false
end

--- The means in order, with what they are ordered by: curve by curve, and along x.
local function ordered(view, means, group, x)
  local names = table.move(group, 1, #group, 1, {})
  names[#names + 1] = x
  local points = {}
  for k, row in ipairs(means) do
    points[k] = { row = row, ranks = {} }
    for i, name in ipairs(names) do
      points[k].ranks[i] = rank_of(view, row, name)
    end
  end
  table.sort(points, precedes)
  return points
end

--- Rows x, y and bars of each curve: in order, and where x has texts, with gaps.
local function collect(view, means, metric, x, group)
  local list, by_name = {}, {}
  local parameter = view.by_name[x]
  local texts = parameter and not parameter.numeric and parameter.texts or {}
  for _, point in ipairs(ordered(view, means, group, x)) do
    local name = name_of(view, point.row, group)
    local curve = by_name[name]
    if not curve then
      curve = { name = name, x = {}, y = {}, bars = {} }
      for i in ipairs(texts) do
        curve.x[i], curve.y[i], curve.bars[i] = i, 0 / 0, 0
      end
      list[#list + 1], by_name[name] = curve, curve
    end
    local at = point.ranks[#point.ranks]
    local i = texts[1] and at or #curve.x + 1
    curve.x[i], curve.y[i] = at, point.row[metric]
    curve.bars[i] = point.row[means.about.deviations[metric]]
  end
  return list
end

--- The curves that end best, the best one first; where no goal tells which are better, the first
--- ones. Where a rule cuts trials, those that it has let go on are better than others.
local function best_of(list, goal, has_rule)
  for i, curve in ipairs(list) do
    curve.last, curve.reach, curve.at = curve.y[#curve.y], has_rule and curve.x[#curve.x], i
  end
  table.sort(list, function(a, b)
    if a.reach ~= b.reach then
      return a.reach > b.reach
    elseif goal and a.last ~= b.last then
      return goals.is_better(a.last, b.last, goal)
    end
    return a.at < b.at
  end)
  return table.move(list, 1, BEST, 1, {})
end

-- --- a picture -------------------------------------------------------------------

--- What is drawn: the means, their curves, the names that means are not over, and whether each
--- point stands for itself. Where x was drawn at random, hardly any two points have the same: a
--- line through them would mean nothing.
local function read(view, metric, x, group)
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

--- The curves as pg.plot takes them: one without a name, or several by name.
local function picture_of(list)
  if #list == 1 and list[1].name == "" then
    return { x = list[1].x, y = list[1].y, error = list[1].bars }
  end
  local shown = { x = {}, y = {}, error = {}, order = {} }
  for i, curve in ipairs(list) do
    shown.order[i] = curve.name
    shown.x[curve.name], shown.y[curve.name] = curve.x, curve.y
    shown.error[curve.name] = curve.bars
  end
  return shown
end

--- Bars are for means, where there is room between the points.
local function has_bars(means, list, parameter)
  local most_points, most = 0, 1
  for _, curve in ipairs(list) do
    most_points = math.max(most_points, #curve.x)
  end
  for _, row in ipairs(means) do
    most = math.max(most, row[means.about.count])
  end
  return most > 1 and most_points <= (parameter and MOST_BARS or MOST_REPORTS)
end

--- Whether a parameter's values are far apart, and most of them among the smaller ones.
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

--- What pg.plot is to draw; nil, and why, where there is nothing.
---@param view perigee.sweep.view
---@param options table
---@param in_file boolean  a title tells of bars, which only files have
---@return table?
---@return string?
function curves.options(view, options, in_file)
  local x = x_of(view, options)
  local metric = view:metric("y", options.y, x == ITERATION and view.reports or view.trials)
  local group = group_of(view, options.group, x)
  local means, list, named, is_scattered
  if metric then
    means, list, named, is_scattered = read(view, metric, x, group)
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
  local shown, with_bars = picture_of(list), has_bars(means, list, parameter)
  shown.error = with_bars and shown.error or nil
  shown.x = parameter and not parameter.numeric and parameter.texts or shown.x
  shown.title = options.title or ("%s by %s%s%s"):format(metric, x, ending,
    with_bars and in_file and " (bars: std)" or "")
  shown.xlabel, shown.ylabel, shown.yscale = x, metric, options.yscale
  shown.xscale = options.xscale or needs_log(parameter) and "log" or nil
  shown.points = is_scattered or nil
  return shown
end

return curves
