--- A study's heat map: a metric's means by two of its parameters.

local data = require "perigee.sweep.plots.data"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local tables = require "perigee.sweep.table.table"

local MANY_COLUMNS = 8 -- from which on the numbers are shorter
local MOST_CELLS = 400 -- of a report's heat map: more have no room for their numbers

local heat_map = {}

--- The name of the x axis's parameter: the given one, or that with the most values except y.
local function choose_x(view, x, y)
  for _, parameter in ipairs(x == nil and view.parameters or {}) do
    if parameter.name ~= y then
      return parameter.name
    end
  end
  if x == nil then
    errors.raise("plot: a heat map is over two parameters, and there is only " .. y)
  end
  view:check_parameter("x", x, "")
  if x == y then
    errors.raise("plot: x and y are both '%s'", printable.name(x))
  end
  return x
end

--- The options for pg.plot; nil, and the reason, if there is nothing to draw.
---@param view perigee.sweep.view
---@param options table
---@return table?
---@return string?
function heat_map.options(view, options)
  if options.group ~= nil then
    errors.raise("plot: group is for curves, and y names a parameter: a heat map")
  end
  local x, y = view.by_name[choose_x(view, options.x, options.y)], view.by_name[options.y]
  local metric = view:metric("z", options.z, view.trials)
  if not metric or #view.trials == 0 then
    return nil, "plot: the study has no results yet"
  end
  local means, z = data.means(view.trials, metric, { x.name, y.name }), {}
  for i in ipairs(y.values) do
    z[i] = {}
    for j in ipairs(x.values) do
      z[i][j] = 0 / 0
    end
  end
  for _, row in ipairs(means) do
    z[y:index_in(row)][x:index_in(row)] = row[metric]
  end
  return {
    z = z, x = x.texts, y = y.texts, xlabel = x.name,
    ylabel = y.name, format = #x.values > MANY_COLUMNS and "%.3g" or "%.4g",
    title = options.title or ("%s by %s and %s"):format(metric, x.name, y.name)
      .. view:origin(means, { x.name, y.name }),
    xscale = options.xscale, yscale = options.yscale, -- which pg.plot refuses: they are for curves
  }
end

--- Tells if two parameters make a grid that can be read, and most of whose cells have a trial:
--- those of random draws have none.
---@param view perigee.sweep.view
---@param x perigee.sweep.parameter
---@param y perigee.sweep.parameter
---@return boolean
function heat_map.suits(view, x, y)
  local cells, filled, seen = #x.values * #y.values, 0, {}
  for i = 1, #view.trials do
    local key = tables.key_of(view.trials[i], { x.name, y.name })
    filled = filled + (seen[key] and 0 or 1)
    seen[key] = true
  end
  return cells <= MOST_CELLS and cells <= 2 * filled
end

return heat_map
