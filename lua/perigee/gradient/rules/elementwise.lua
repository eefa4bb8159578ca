--- Rules of elementwise operations.
--
-- y is the result, a and b are the operands, g is the gradient of the result. At ties and kinks
-- the gradients are PyTorch's.

local choose = require "perigee.gradient.rules.choose"
local core = require "perigee.core"
local traced = require "perigee.gradient.trace.traced"

--- Passes a gradient on as it is.
local function same(g)
  return g
end

--- a * b. Writes into a, which nothing else holds, where that is the result's form.
local function times(a, b)
  if type(a) == "userdata" and type(b) == "userdata" and core.has_form(a, b) then
    return core.mul_(a, b)
  end
  return a * b
end

-- --- operators ----------------------------------------------------------------------------------

traced.operator("__add", function(a, b) return a + b end, {
  function() return same end,
  function() return same end,
})

traced.operator("__sub", function(a, b) return a - b end, {
  function() return same end,
  function() return function(g) return -g end end,
})

traced.operator("__mul", function(a, b) return a * b end, {
  function(_, _, b) return function(g) return g * b end end,
  function(_, a) return function(g) return g * a end end,
})

traced.operator("__div", function(a, b) return a / b end, {
  function(_, _, b) return function(g) return g / b end end,
  function(y, _, b) return function(g) return -g * y / b end end,
})

--- a % b = a - b floor(a / b)
traced.operator("__mod", function(a, b) return a % b end, {
  function() return same end,
  function(_, a, b) return function(g) return -g * (a // b) end end,
})

--- The exponent less 1; 0 where a and b are 0, so that b times the power is 0 there.
local function exponent_less_1(a, b)
  local both_are_zero = choose.both(core.eq(a, 0), core.eq(b, 0))
  return choose.where(both_are_zero, 1.0, b) - 1
end

--- The base; 1 where it is 0 and the exponent isn't negative, so that its logarithm is 0 there.
local function base_of_log(a, b)
  return choose.where(choose.both(core.eq(a, 0), core.ge(b, 0)), 1.0, a)
end

--- A derivative in the result's dtype: choose.where makes float64 of numbers.
local function in_form_of(y, derivative)
  return core.has_form(derivative, y) and derivative or core.sum_to(derivative, traced.plain(y))
end

traced.operator("__pow", function(a, b) return a ^ b end, {
  function(y, a, b)
    return function(g)
      if type(b) == "number" and b ~= 0 then
        return b == 2 and times(2 * a, g) or g * (b * a ^ (b - 1))
      end
      return g * in_form_of(y, b * a ^ exponent_less_1(a, b))
    end
  end,
  function(y, a, b)
    return function(g) return g * in_form_of(y, y * core.log(base_of_log(a, b))) end
  end,
})

traced.unary_operator("__unm", function(a) return -a end, function()
  return function(g) return -g end
end)

-- --- functions of one operand -------------------------------------------------------------------

local LOG2, LOG10, ROOT_TAU = math.log(2), math.log(10), math.sqrt(2 * math.pi)

for name, rule in pairs {
  abs = function(_, a) return function(g) return times(core.sign(a), g) end end,
  square = function(_, a) return function(g) return times(2 * a, g) end end,
  exp = function(y) return function(g) return g * y end end,
  expm1 = function(y) return function(g) return times(y + 1, g) end end,
  log = function(_, a) return function(g) return g / a end end,
  log1p = function(_, a) return function(g) return g / (a + 1) end end,
  log2 = function(_, a) return function(g) return g / (LOG2 * a) end end,
  log10 = function(_, a) return function(g) return g / (LOG10 * a) end end,
  sqrt = function(y) return function(g) return g / (2 * y) end end,
  sin = function(_, a) return function(g) return times(core.cos(a), g) end end,
  cos = function(_, a) return function(g) return times(-core.sin(a), g) end end,
  tan = function(y) return function(g) return times(1 + y * y, g) end end,
  tanh = function(y) return function(g) return times(1 - y * y, g) end end,
  sigmoid = function(y) return function(g) return times(times(1 - y, y), g) end end,
  relu = function(y) return function(g) return choose.where(core.le(y, 0), 0.0, g) end end,
  leaky_relu = function(_, a, slope)
    return function(g) return choose.where(core.gt(a, 0), g, (slope or 0.01) * g) end
  end,
  gelu = function(_, a) return function(g) return times(core.gelu_derivative(a), g) end end,
  gelu_derivative = function(_, a)
    return function(g) return times((2 - a * a) * core.exp(-0.5 * a * a) / ROOT_TAU, g) end
  end,
} do
  traced.elementwise(name, { rule })
end

-- --- functions of several operands --------------------------------------------------------------

--- The gradient where `is_other` is false, and half of it where a and b are equal.
local function share(g, a, b, is_other)
  return choose.where(is_other, 0.0, choose.where(core.eq(a, b), 0.5 * g, g))
end

traced.elementwise("maximum", {
  function(_, a, b) return function(g) return share(g, a, b, core.lt(a, b)) end end,
  function(_, a, b) return function(g) return share(g, a, b, core.lt(b, a)) end end,
})

traced.elementwise("minimum", {
  function(_, a, b) return function(g) return share(g, a, b, core.gt(a, b)) end end,
  function(_, a, b) return function(g) return share(g, a, b, core.gt(b, a)) end end,
})

traced.elementwise("clip", {
  function(_, a, low, high)
    return function(g)
      g = low and choose.where(core.ge(a, low), g, 0.0) or g
      return high and choose.where(core.le(a, high), g, 0.0) or g
    end
  end,
  function(_, a, low, high)
    return function(g)
      g = choose.where(core.lt(a, low), g, 0.0)
      return high and choose.where(core.lt(low, high), g, 0.0) or g
    end
  end,
  function(_, a, low, high)
    return function(g)
      local is_low = low and core.lt(high, low) or false
      return choose.where(core.gt(a, high), g, choose.where(is_low, g, 0.0))
    end
  end,
})

traced.elementwise("where", {
  false,
  function(_, mask) return function(g) return choose.where(mask, g, 0.0) end end,
  function(_, mask) return function(g) return choose.where(mask, 0.0, g) end end,
})
