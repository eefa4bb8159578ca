--- The points of a sweep: a grid, a list, or random draws.
--
-- A grid's points come in the alphabetical order of the parameters' names, the last one fastest.
-- They are worked out when they are asked for: only what they are made of is kept.

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local core = require "perigee.core"
local visible = require "perigee.visible"

local space = {}

-- --- values ---------------------------------------------------------------------

local MOST_POINTS = 1 << 24

--- An integral number is an integer: 50.0 and 50 are the same value.
local function scalar(value)
  if type(value) == "string" or type(value) == "boolean" then
    return value
  elseif math.type(value) and value - value == 0 then
    return math.tointeger(value) or value
  end
end

--- A value as a trial has it: a finite number, a text, true or false, or a list of these. Nil and
--- the part of it that is none.
---@param value any
---@return any?
---@return any?
function space.value(value)
  if type(value) ~= "table" then
    return scalar(value), value
  end
  local list = {}
  for i, each in ipairs(value) do
    list[i] = scalar(each)
    if list[i] == nil then
      return nil, each
    end
  end
  return #list > 0 and next(value, #list) == nil and list or nil, value
end

--- Whether that can be a name of a value: of a column, and on the command line.
---@param name any
---@return true?
---@return string?  # that it is none, where nil comes first
function space.check_name(name)
  if type(name) == "string" and name:find("^" .. c_locale.NAME .. "$") then
    return true
  end
  return nil, ("'%s' is no name (letters, digits and _)"):format(visible.name(name))
end

--- Values by name, each as a trial has it.
---@param given any
---@param where string  as messages call them: "settings"
---@return table<string, any>?
---@return string?  # what does not fit, where nil comes first
function space.read_values(given, where)
  if type(given) ~= "table" then
    return nil, ("%s must be a table of values by name, not %s"):format(where, check.shown(given))
  end
  local values = {}
  for name, value in pairs(given) do
    local taken, part = space.value(value)
    local is_name, problem = space.check_name(name)
    if not is_name then
      return nil, ("%s: %s"):format(where, problem)
    elseif taken == nil then
      return nil, ("%s.%s must be a number, a text, true or false, or a list of these, not %s")
        :format(where, name, check.shown(part))
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

local rules = {
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

local function is_finite(value)
  return math.type(value) and value - value == 0
end

--- How a parameter is drawn; nil and a message for what is no range.
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
  return setmetatable({ name = name, low = low, high = high, rule = rules[name] }, Draw)
end

--- Whether there is a rule for draws of that name.
---@param name string
---@return boolean
function space.can_draw(name)
  return rules[name] ~= nil
end

local function is_draw(value)
  return getmetatable(value) == Draw
end

--- One value of a parameter: drawn from a range, or one of a list.
local function draw_one(g, axis)
  if is_draw(axis) then
    return scalar(axis.rule(g, axis.low, axis.high))
  end
  return axis[g:randint(1, #axis + 1)]
end

-- --- reading --------------------------------------------------------------------

--- A parameter's values as a list of them, or how it is drawn.
local function read_axis(name, axis)
  if is_draw(axis) then
    return axis
  elseif type(axis) ~= "table" then
    axis = { axis }
  end
  local values = {}
  for i, value in ipairs(axis) do
    local part
    values[i], part = space.value(value)
    if values[i] == nil then
      return nil, ("params.%s must be numbers, texts, true or false, or lists of these, not %s")
        :format(name, check.shown(part))
    end
  end
  if #values == 0 or next(axis, #axis) ~= nil then
    return nil, ("params.%s must be a list of values"):format(name)
  end
  return values
end

local function read_axes(params)
  local axes = {}
  for name, axis in pairs(params) do
    local is_name, problem = space.check_name(name)
    if not is_name then
      return nil, "params: " .. problem
    end
    local values, message = read_axis(name, axis)
    if not values then
      return nil, message
    end
    axes[name] = values
  end
  return axes
end

---@class perigee.sweep.space
---@field names string[]  of the parameters, in alphabetical order
---@field count integer  how many points there are
---@field at fun(self, i: integer): table<string, any>  the i-th point

local function of_grid(axes)
  local names, count = check.sorted_keys(axes), 1
  for _, name in ipairs(names) do
    if count > MOST_POINTS // #axes[name] then
      return nil, ("params: the grid has more than %d points"):format(MOST_POINTS)
    end
    count = count * #axes[name]
  end
  return {
    names = names, count = count,
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

local function of_points(names, points)
  return {
    names = names, count = #points,
    at = function(_, i)
      return points[i]
    end,
  }
end

--- So many points, drawn one after the other: more draws begin with the same ones.
local function of_draws(axes, draws, seed)
  local names, g, points = check.sorted_keys(axes), core.random(seed), {}
  for i = 1, draws do
    points[i] = {}
    for _, name in ipairs(names) do
      points[i][name] = draw_one(g, axes[name])
    end
  end
  return of_points(names, points)
end

local function of_list(list)
  local first, points = nil, {}
  for key in pairs(list) do
    if math.type(key) ~= "integer" then
      return nil, ("params: a list of points has no names, such as '%s'"):format(visible.name(key))
    end
  end
  for i, given in ipairs(list) do
    local point, message = space.read_values(given, ("params[%d]"):format(i))
    if not point then
      return nil, message
    end
    local names = check.sorted_keys(point)
    first = first or names
    if table.concat(names, " ") ~= table.concat(first, " ") then
      return nil, ("params[%d] has the parameters %s, and params[1] has %s"):format(i,
        table.concat(names, ", "), table.concat(first, ", "))
    end
    points[i] = point
  end
  return of_points(first, points)
end

--- Whether the parameters are given as a list of points.
---@param params table
---@return boolean
function space.is_list(params)
  return type(params[1]) == "table" and not is_draw(params[1])
end

--- Whether one of the parameters is drawn.
local function has_draws(axes)
  for _, axis in pairs(axes) do
    if is_draw(axis) then
      return true
    end
  end
  return false
end

--- The points that some parameters span.
---@param params table  lists by name, ranges to draw from by name, or a list of points
---@param draws? integer  how many points are drawn; without it, all of a grid are meant
---@param seed integer  of the draws
---@return perigee.sweep.space?
---@return string?  # what does not fit, where nil comes first
function space.new(params, draws, seed)
  if space.is_list(params) and draws then
    return nil, "params: a list of points is taken as it is, and not drawn from: leave draws out"
  elseif space.is_list(params) then
    return of_list(params)
  end
  local axes, message = read_axes(params)
  if not axes then
    return nil, message
  elseif draws then
    return of_draws(axes, draws, seed)
  elseif has_draws(axes) then
    return nil, "params: a range is drawn from: draws = n says how often"
  end
  return of_grid(axes)
end

return space
