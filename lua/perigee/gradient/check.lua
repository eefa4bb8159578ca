--- pg.check_grad: gradients beside central differences.

local core = require "perigee.core"
local gradient = require "perigee.gradient.trace.gradient"
local traced = require "perigee.gradient.trace.traced"
local types = require "perigee.util.types"

local check = {}

local STEP = 6e-6 -- near the cube root of float64's precision, where rounding and curvature balance
local NOISE = 2.2e-16 / STEP -- of a difference quotient, relative to the function's value
local MOST_ELEMENTS, DIRECTIONS = 10, 3 -- drawn for each array

local function is_number(value)
  return type(value) == "number"
end

--- Copies of the arrays in float64 that can be changed in place, in copies of the tables. What is
--- nested too deep for a gradient stays as it is, which value_and_grad refuses.
local function copy(value, depth)
  if types.is_array(value) then
    local is_float = value.dtype == "float32" or value.dtype == "float64"
    return is_float and value:astype("float64"):copy() or value
  elseif type(value) ~= "table" or depth > gradient.MOST_NESTED then
    return is_number(value) and value + 0.0 or value
  end
  local result = debug.setmetatable({}, debug.getmetatable(value))
  for key, each in next, value do
    rawset(result, key, copy(each, depth + 1))
  end
  return result
end

--- The keys of a table in an order that is the same each time.
local function ordered_keys(t)
  local keys = {}
  for key in next, t do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (is_number(a) or type(a) == "string") then
      return a < b
    end
    return tostring(a) < tostring(b)
  end)
  return keys
end

--- The largest error so far, of derivatives along lines through w.
local Comparison = {}
Comparison.__index = Comparison

--- Compares the derivative of the function along a line: value(t) is its value at t.
function Comparison:add(derivative, step, scale, value)
  local quotient = (value(step) - value(-step)) / (2 * step)
  local size = math.max(math.abs(derivative), math.abs(quotient), 1e-3 * scale,
    1e4 * NOISE * math.abs(self.value))
  local error = derivative == quotient and 0.0 or math.abs(derivative - quotient) / size
  self.largest = (error ~= error or error > self.largest) and error or self.largest
end

--- Compares the gradient by an array along drawn elements and directions.
function Comparison:add_array(a, g)
  local x, flat, n = a:copy():reshape(-1), a:reshape(-1), a.size
  if n == 0 then
    return
  end
  g = g:reshape(-1)
  local scale = g:abs():max()
  for _, i in ipairs(self.random:permutation(n):rows(1, math.min(n, MOST_ELEMENTS)):tolist()) do
    local at = x[i]
    self:add(g[i], STEP * math.max(1, math.abs(at)), scale, function(t)
      flat[i] = at + t
      local value = self.evaluate()
      flat[i] = at
      return value
    end)
  end
  local step = STEP * math.max(1, x:abs():max())
  for _ = 1, n > MOST_ELEMENTS and DIRECTIONS or 0 do
    local direction = 2.0 * self.random:randint(0, 2, n) - 1
    self:add(g:dot(direction), step, scale * math.sqrt(n), function(t)
      flat[":"] = x + t * direction
      local value = self.evaluate()
      flat[":"] = x
      return value
    end)
  end
end

--- Compares the gradient g by each leaf of w; set(new) puts another number in place of w.
function Comparison:add_all(w, g, set)
  if is_number(w) then
    self:add(g, STEP * math.max(1, math.abs(w)), math.abs(g), function(t)
      set(w + t)
      local value = self.evaluate()
      set(w)
      return value
    end)
  elseif types.is_array(w) then
    self:add_array(w, g)
  elseif type(w) == "table" then
    for _, key in ipairs(ordered_keys(w)) do
      if g[key] ~= nil then
        self:add_all(w[key], g[key], function(new)
          w[key] = new
        end)
      end
    end
  end
end

--- The largest relative error of f's gradient by its first argument, against central differences.
---
--- f is computed with float64 copies of w's arrays. Of each array some elements and directions are
--- drawn, the same each time. An error is relative to the derivative, and at least to a thousandth
--- of the array's largest one: about 1e-9 for a right gradient of a smooth function. f must give
--- the same value for the same arguments.
---
---     f = function(x) return (x ^ 3):sum() end
---     pg.check_grad(f, pg.array{1, 2}) < 1e-8  --> true
---@param f fun(w: any, ...): number, ...
---@param w any  an array, a number, or a nested table of them
---@param ... any  further arguments of f
---@return number
function check.check_grad(f, w, ...)
  local arguments, n = { ... }, select("#", ...)
  w = copy(w, 0)
  local value, g = gradient.value_and_grad(f)(w, ...)
  local comparison = setmetatable({ largest = 0.0, value = value, random = core.random(0) },
    Comparison)
  function comparison.evaluate()
    local result = traced.plain((f(w, table.unpack(arguments, 1, n))))
    return is_number(result) and result or result:item()
  end
  comparison:add_all(w, g, function(new)
    w = new
  end)
  return comparison.largest
end

return check
