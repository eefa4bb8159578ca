--- The points of a sweep: a grid, a list, or random draws.
--
-- A grid's points come in the alphabetical order of the parameters' names, the last one fastest.
-- They are computed on demand: only the parameters' values are kept.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local json = require "perigee.util.json"
local printable = require "perigee.util.printable"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"

local space = {}

-- --- values ---------------------------------------------------------------------

local MOST_POINTS = 1 << 24

local function is_finite(value)
  return math.type(value) and value - value == 0
end

--- Returns a value that is no list, if a trial can have it. `run` gets it as it was written; 50.0
--- and 50 are the same value, and the first of them counts.
local function scalar(value)
  if type(value) == "string" or type(value) == "boolean" or is_finite(value) then
    return value
  end
end

local KINDS_OF_VALUES = "a number, a text, true or false, or a list of these"

--- Returns a value that a trial can have: a finite number, a text, true or false, or a list of
--- these.
---@param value any
---@return any?
---@return string?  # what was expected and found, where nil comes first
function space.value(value)
  local taken, part
  if type(value) ~= "table" then
    taken, part = scalar(value), value
  elseif next(value) ~= nil then
    taken, part = schema.elements(value, scalar)
  end
  if taken == nil then
    local hole = type(value) == "table" and collections.hole(value)
    return nil, ("must be %s, not %s"):format(KINDS_OF_VALUES, hole and "a list with " .. hole
      or type(value) == "table" and next(value) == nil and "an empty table"
      or errors.describe(part))
  end
  return taken
end

--- Tells if a value may be named so, in columns and on the command line.
---@param name any
---@return true?
---@return string?  # the message, where nil comes first
function space.check_name(name)
  if type(name) == "string" and name:find("^" .. c_locale.NAME .. "$") then
    return true
  end
  return nil, ("'%s' is no name (letters, digits and _)"):format(printable.name(name))
end

--- Reads values by name.
---@param given any
---@param where string  as messages call them: "settings"
---@return table<string, any>?
---@return string?  # what does not fit, where nil comes first
function space.read_values(given, where)
  if type(given) ~= "table" then
    return nil, ("%s must be a table of values by name, not %s"):format(where,
      errors.describe(given))
  end
  local values = {}
  for name, value in pairs(given) do
    local taken, misfit = space.value(value)
    local is_name, problem = space.check_name(name)
    if not is_name then
      return nil, ("%s: %s"):format(where, problem)
    elseif taken == nil then
      return nil, ("%s.%s %s"):format(where, name, misfit)
    end
    values[name] = taken
  end
  return values
end

-- --- random draws ---------------------------------------------------------------

local Draw = {}
Draw.__index = Draw

--- "log_uniform(0.01, 1)"
function Draw:__tostring()
  return c_locale.format("%s(%s, %s)", self.name, self.low, self.high)
end

local distributions = {
  uniform = function(g, low, high)
    return g:uniform(low, high)
  end,
  log_uniform = function(g, low, high)
    local value = math.exp(g:uniform(math.log(low), math.log(high)))
    return math.max(low, math.min(value, high)) -- rounding may have led beyond
  end,
  integer = function(g, low, high)
    return g:randint(low, high + 1)
  end,
}

--- Makes a range that a parameter is drawn from.
---@param name "uniform"|"log_uniform"|"integer"
---@param low any
---@param high any
---@return table?
---@return string?
function space.draw(name, low, high)
  if name == "integer" then
    low, high = math.type(low) and math.tointeger(low), math.type(high) and math.tointeger(high)
  end
  local fits = is_finite(low) and is_finite(high) and low <= high and is_finite(high + 0.0 - low)
    and (name ~= "log_uniform" or low > 0) and high ~= math.maxinteger
  if not fits then
    return nil, ("%s: %s are needed, the lower one first%s"):format(name,
      name == "integer" and "two integers" or "two finite numbers",
      name == "log_uniform" and " and above 0" or "")
  end
  return setmetatable({ name = name, low = low, high = high, sample = distributions[name] }, Draw)
end

--- Tells if there is a distribution of that name.
---@param name string
---@return boolean
function space.can_draw(name)
  return distributions[name] ~= nil
end

local function is_draw(value)
  return getmetatable(value) == Draw
end

-- --- reading --------------------------------------------------------------------

--- A text that differs for different values.
local key_of = json.encode

--- Reads a parameter: returns its distinct values, or its range, and the number of values that were
--- given; nil and a message for anything else.
local function read_axis(name, axis)
  if is_draw(axis) then
    return axis, 1
  elseif type(axis) ~= "table" then
    axis = { axis }
  end
  local hole, values, seen = collections.hole(axis), {}, {}
  if hole or #axis == 0 then
    return nil, ("params.%s must be a list of values, not %s"):format(name,
      hole and "one with " .. hole or "an empty one")
  end
  for i, given in ipairs(axis) do
    local value, misfit = space.value(given)
    if value == nil then
      local hint = types.is_array(given) and #axis == 1 and ": x:tolist() makes a list of it" or ""
      return nil, ("params.%s[%d] %s%s"):format(name, i, misfit, hint)
    elseif not seen[key_of(value)] then
      seen[key_of(value)] = true
      values[#values + 1] = value
    end
  end
  return values, #axis
end

--- Reads the parameters: returns the values of each by name, and how many were given.
local function read_axes(params)
  local axes, counts = {}, {}
  for name, axis in pairs(params) do
    local is_name, problem = space.check_name(name)
    if not is_name then
      return nil, "params: " .. problem
    end
    local values, given = read_axis(name, axis)
    if not values then
      return nil, given
    end
    axes[name], counts[name] = values, given
  end
  return axes, counts
end

---@class perigee.sweep.space
---@field names string[]  of the parameters, in alphabetical order
---@field count integer  how many different points there are
---@field given integer  how many points were given or drawn
---@field at fun(self, i: integer): table<string, any>  the i-th point

local function of_grid(axes, counts)
  local names, count, given = collections.sorted_keys(axes), 1, 1
  for _, name in ipairs(names) do
    if given > MOST_POINTS // counts[name] then
      return nil, ("params: the grid has more than %d points"):format(MOST_POINTS)
    end
    count, given = count * #axes[name], given * counts[name]
  end
  return {
    names = names, count = count, given = given,
    at = function(_, i)
      local point, rest = {}, i - 1
      for k = #names, 1, -1 do
        local axis = axes[names[k]]
        point[names[k]] = axis[rest % #axis + 1]
        rest = rest // #axis
      end
      return point
    end,
  }
end

--- Makes the space of a list of points, in which each point is once.
local function of_points(names, points)
  local different, seen = {}, {}
  for _, point in ipairs(points) do
    local key = key_of(point)
    different[#different + 1] = not seen[key] and point or nil
    seen[key] = true
  end
  return {
    names = names, count = #different, given = #points,
    at = function(_, i)
      return different[i]
    end,
  }
end

--- Makes the space of some draws. More draws begin with the same points.
local function of_draws(axes, draws, seed)
  local names, g, points = collections.sorted_keys(axes), core.random(seed), {}
  for i = 1, draws do
    points[i] = {}
    for _, name in ipairs(names) do
      local axis = axes[name]
      if is_draw(axis) then
        points[i][name] = axis.sample(g, axis.low, axis.high)
      else
        points[i][name] = axis[g:randint(1, #axis + 1)]
      end
    end
  end
  return of_points(names, points)
end

local function of_list(list)
  local first, points = nil, {}
  for key in pairs(list) do
    if math.type(key) ~= "integer" then
      local name = printable.name(key)
      return nil, ("params: a list of points has no names, such as '%s'"):format(name)
    end
  end
  local hole = collections.hole(list)
  if hole then
    return nil, ("params must be a list of points, not one with %s"):format(hole)
  end
  for i, given in ipairs(list) do
    local point, message = space.read_values(given, ("params[%d]"):format(i))
    if not point then
      return nil, message
    end
    local names = collections.sorted_keys(point)
    first = first or names
    if table.concat(names, " ") ~= table.concat(first, " ") then
      return nil, ("params[%d] has the parameters %s, and params[1] has %s"):format(i,
        table.concat(names, ", "), table.concat(first, ", "))
    end
    points[i] = point
  end
  return of_points(first, points)
end

--- Tells if the parameters are given as a list of points.
---@param params table
---@return boolean
function space.is_list(params)
  for key in next, params do
    if math.type(key) then
      return true
    end
  end
  return false
end

--- Makes the space of the points that some parameters span.
---@param params table  lists by name, ranges to draw from by name, or a list of points
---@param draws? integer  the number of points that are drawn; nil: all points of the grid
---@param seed integer  of the draws
---@return perigee.sweep.space?
---@return string?  # what does not fit, where nil comes first
function space.new(params, draws, seed)
  if space.is_list(params) and draws then
    return nil, "params: a list of points is taken as it is, and not drawn from: leave draws out"
  elseif space.is_list(params) then
    return of_list(params)
  end
  local axes, counts = read_axes(params)
  if not axes then
    return nil, counts
  elseif draws then
    return of_draws(axes, draws, seed)
  end
  for _, axis in pairs(axes) do
    if is_draw(axis) then
      return nil, "params: a range is drawn from: draws = n says how often"
    end
  end
  return of_grid(axes, counts)
end

return space
