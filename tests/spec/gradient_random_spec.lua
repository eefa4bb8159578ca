-- Gradients of random compositions beside central differences.
--
-- A program is a list of ten operations on a pool of values: some arrays and a number to begin
-- with, and the results of the operations before. Each run has a new seed, which a failure tells:
--
--   SEED=123 make test SPECS="tests/spec/gradient_random_spec.lua"

local pg = require "perigee"

local PROGRAMS, LENGTH = 1000, 10
local MOST_ELEMENTS, LARGEST = 60, 12 -- of a value
local MARGIN = 3e-3 -- of values from kinks and ties
local STEP = 2e-4
local BOUND = 1e-6 -- relative to the derivative, where the difference is that precise
local MOST_ROUGH = 0.05 -- of the programs, whose differences are less precise than the bound

local seed = math.tointeger(os.getenv "SEED") or os.time()
local generator = pg.random(0)

-- --- drawing ------------------------------------------------------------------------------------

local function integer(low, high)
  return generator:randint(low, high + 1)
end

local function choose(list)
  return list[integer(1, #list)]
end

local function shape_of(value)
  return type(value) == "number" and {} or value.shape
end

local function size_of(value)
  return type(value) == "number" and 1 or value.size
end

local function draw(shape)
  return generator:uniform(-1.5, 1.5, table.unpack(shape))
end

--- True if two shapes broadcast to one of few elements.
local function fit(a, b)
  local size = 1
  for i = 1, math.max(#a, #b) do
    local m, n = i <= #a and a[#a + 1 - i] or 1, i <= #b and b[#b + 1 - i] or 1
    if m ~= n and m ~= 1 and n ~= 1 then
      return false
    end
    size = size * math.max(m, n)
  end
  return size <= MOST_ELEMENTS
end

-- --- operations ---------------------------------------------------------------------------------
-- Each entry draws an operation for a value x, and y, which broadcasts with it: it returns the
-- function, and optionally one that gives the distances of plain values from kinks. It returns
-- nil where there is no such operation for x.

local function distance(x)
  return pg.min(pg.abs(x))
end

--- The least distance of two elements along an axis, or of all.
local function gap(x, axis)
  x = axis and x or x:reshape(-1)
  local length = axis and x.shape[axis] or x.size
  return length < 2 and 1 or x:sort(axis or 1):diff(1, axis or 1):min()
end

--- An axis of an array, from either end.
local function draw_axis(x)
  return integer(1, x.ndim) - choose { 0, x.ndim + 1 }
end

--- An index of slices with steps, and of numbers.
local function draw_key(x)
  local key = {}
  for i, n in ipairs(x.shape) do
    local first, last = integer(1, n), integer(1, n)
    local step = (first <= last and 1 or -1) * integer(1, 2)
    key[i] = choose { integer(1, n), { first, last, step }, { 1, n }, { n, 1, -1 }, { -1, 1, -1 } }
  end
  return key
end

local function constant(x)
  return draw(shape_of(x))
end

local EVERYWHERE = {} -- operations for arrays and numbers

for name, f in pairs {
  tanh = pg.tanh, sigmoid = pg.sigmoid, sin = pg.sin, cos = pg.cos, gelu = pg.gelu,
  square = function(x) return 0.3 * pg.square(x) end,
  cube = function(x) return x ^ 3 * 0.1 end,
  sqrt = function(x) return pg.sqrt(x * x + 0.5) end,
  log = function(x) return pg.log(x ^ 2 + 0.7) - pg.log10(x * x + 1) end,
  log1p = function(x) return pg.log1p(x * x) end,
  exp = function(x) return pg.exp(pg.tanh(x)) end,
  expm1 = function(x) return pg.expm1(pg.sin(x)) end,
  tan = function(x) return pg.tan(0.5 * pg.tanh(x)) end,
  quotient = function(x) return x / (1 + x * x) end,
  power = function(x) return (x * x + 0.5) ^ 0.7 end,
  base = function(x) return 1.7 ^ pg.tanh(x) end,
  negation = function(x) return 1 - -x end,
} do
  EVERYWHERE[name] = function() return function(x) return f(x) end end
end

for _, name in ipairs { "relu", "abs", "leaky_relu" } do
  EVERYWHERE[name] = function() return function(x) return pg[name](x) end, distance end
end

for name, f in pairs {
  add = function(x, y) return x + y end,
  subtract = function(x, y) return y - x end,
  multiply = function(x, y) return x * y end,
  divide = function(x, y) return x / (y * y + 0.5) end,
  raise = function(x, y) return (x * x + 0.5) ^ pg.tanh(y) end,
} do
  EVERYWHERE[name] = function() return f end
end

for _, name in ipairs { "maximum", "minimum" } do
  EVERYWHERE[name] = function()
    return pg[name], function(x, y) return distance(x - y) end
  end
end

function EVERYWHERE.clip()
  return function(x) return pg.clip(x, -0.6, 0.7) end, function(x)
    return pg.minimum(distance(x + 0.6), distance(x - 0.7))
  end
end

function EVERYWHERE.modulo()
  return function(x) return x % 0.9 end, function(x)
    return pg.minimum(pg.min(x % 0.9), pg.min(-x % 0.9))
  end
end

function EVERYWHERE.choice()
  return function(x, y) return pg.where(pg.gt(pg.array(x), 0.1), x, y) end, function(x)
    return distance(x - 0.1)
  end
end

local OF_ARRAYS = {}

function OF_ARRAYS.transpose() return function(x) return x.T end end

function OF_ARRAYS.index(x)
  local key = draw_key(x)
  return function(value) return value[key] end
end
OF_ARRAYS.index_again = OF_ARRAYS.index

function OF_ARRAYS.flip(x)
  local axis = draw_axis(x)
  return function(value) return value:flip(axis) end
end

function OF_ARRAYS.mask(x)
  local mask = draw { x.shape[1] }:gt(0)
  return mask:any() and function(value) return value[mask] end or nil
end

function OF_ARRAYS.take(x)
  local axis = draw_axis(x)
  local positions = generator:randint(1, x.shape[axis] + 1, integer(1, 4))
  return function(value) return value:take(positions, axis) end
end

function OF_ARRAYS.reshape(x)
  return choose {
    function(value) return value:reshape(-1) end,
    function(value) return value:reshape(1, -1) end,
    function(value) return value:expand_dims(-1) end,
    function(value) return value:squeeze() end,
    function(value) return value:swapaxes(1, -1) end,
    x.size % 2 == 0 and function(value) return value:reshape(2, -1) end
      or function(value) return value:ravel() end,
  }
end

function OF_ARRAYS.reduce(x)
  local name = choose { "sum", "mean", "var", "nansum", "logsumexp", "nanmean" }
  local axis = choose { draw_axis(x), draw_axis(x), false } or nil
  local options = { keep = choose { true, false } }
  if not axis then
    return function(value) return 0.3 * value[name](value) end
  end
  return function(value) return 0.3 * value[name](value, axis, options) end
end
OF_ARRAYS.reduce_again = OF_ARRAYS.reduce

function OF_ARRAYS.reduce_away_from_0(x)
  local name, axis = choose { "std", "norm", "prod" }, draw_axis(x)
  if name == "prod" then
    return function(value) return pg.tanh(value):prod(axis) end
  end
  return function(value) return value[name](value, axis) end, function(value)
    return 0.1 * pg.min(value[name](value, axis))
  end
end

function OF_ARRAYS.extreme(x)
  local name, axis = choose { "max", "min", "ptp", "median" }, choose { draw_axis(x), false } or nil
  return function(value) return value[name](value, axis) end, function(value)
    return gap(value, axis)
  end
end

function OF_ARRAYS.quantile(x)
  local axis, q = draw_axis(x), choose { 0.3, { 0.25, 0.8 } }
  return function(value) return value:quantile(q, axis) end, function(value)
    return gap(value, axis)
  end
end

function OF_ARRAYS.sort(x)
  local axis = draw_axis(x)
  local f = choose {
    function(value) return value:sort(axis) end,
    function(value) return (value:topk(1, axis)) end,
  }
  return f, function(value) return gap(value, axis) end
end

function OF_ARRAYS.along(x)
  local axis = draw_axis(x)
  return choose {
    function(value) return value:softmax(axis) end,
    function(value) return 0.2 * value:log_softmax(axis) end,
    function(value) return 0.5 * value:cumsum(axis) end,
    function(value) return pg.sigmoid(value):cumprod(axis) end,
    x.shape[axis] > 1 and function(value) return value:diff(1, axis) end
      or function(value) return value:copy() end,
  }
end

function OF_ARRAYS.join(x)
  local axis, other = draw_axis(x), constant(x)
  return choose {
    function(value) return pg.concat({ value, value:flip(axis) }, axis) end,
    function(value) return pg.concat({ other, 2 * value }, axis) end,
    function(value) return pg.stack({ value, other, value }, axis) end,
    function(value) return pg.vstack { other, value } end,
    function(value) return pg.hstack { value, other } end,
  }
end

function OF_ARRAYS.repetition()
  return choose {
    function(value) return value:tile(2, 1) end,
    function(value) return value:repeat_interleave(2, 1) end,
    function(value) return value:pad(1) end,
    function(value) return value:pad({ 1, 0 }, { mode = "edge" }) end,
  }
end

function OF_ARRAYS.constant(x)
  local other = constant(x)
  return choose {
    function(value) return other * value end,
    function(value) return value - other end,
    function(value) return other:maximum(value) end,
  }, function(value) return distance(value - other) end
end

function OF_ARRAYS.product(x)
  if x.ndim == 1 then
    local matrix = draw { 3, x.size }
    return choose {
      function(value) return matrix:dot(value) end,
      function(value) return value:dot(value) end,
      function(value) return 0.5 * value:outer(pg.sin(value)) end,
      function(value) return pg.diag(value):matmul(matrix.T) end,
    }
  elseif x.ndim > 2 then
    return function(value) return 0.3 * value:matmul(value:swapaxes(-1, -2)) end
  end
  return choose {
    function(value) return 0.3 * value:dot(value.T) end,
    function(value) return value:tril():matmul(value:sum(1)) end,
  }
end

function OF_ARRAYS.system(x)
  if x.ndim ~= 2 then
    return nil
  end
  local n = x.shape[1]
  local unit = pg.eye(n)
  local function definite(value)
    local t = pg.tanh(value)
    return unit + 0.2 * t:dot(t.T)
  end
  return choose {
    function(value) return definite(value):solve(value) end,
    function(value) return definite(value):inv() end,
    function(value) return pg.det(definite(value)) / n end,
    function(value) return definite(value):cholesky() end,
  }
end

function OF_ARRAYS.numbers(x)
  local i, k = integer(1, x.size), integer(1, x.size)
  return function(value)
    local flat = value:reshape(-1)
    return pg.array { { flat[i], 1.5 }, { flat[k], flat[i] * flat[k] } }
  end
end

-- --- programs -----------------------------------------------------------------------------------

local function sorted_names(...)
  local names = {}
  for _, operations in ipairs { ... } do
    for name in pairs(operations) do
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

local OF_NUMBERS = sorted_names(EVERYWHERE)
local ALL = sorted_names(EVERYWHERE, OF_ARRAYS)

--- Draws an operation and computes its result, a plain value; nil where that won't do.
local function draw_operation(values)
  local i, k = integer(math.max(1, #values - 3), #values), integer(1, #values)
  local x, y = values[i], values[k]
  local name = choose(#shape_of(x) == 0 and OF_NUMBERS or ALL)
  if not fit(shape_of(x), shape_of(y)) then
    y, k = x, i
  end
  local f, margin = (EVERYWHERE[name] or OF_ARRAYS[name])(x, y)
  if not f or margin and margin(x, y) < MARGIN then
    return nil
  end
  local result = f(x, y)
  local size = size_of(result)
  if size == 0 or size > MOST_ELEMENTS or #shape_of(result) > 4
    or pg.max(pg.abs(result)) > LARGEST then
    return nil
  end
  return { f = f, x = i, y = k, name = name }, result
end

--- Leaves: arrays of shapes that often broadcast, as a view or not, and a number.
local function draw_leaves()
  local function array()
    local shape = choose { { 3 }, { 2, 3 }, { 4, 1 }, { 2, 1, 3 }, { 1 }, { 3, 3 }, { 2, 4 } }
    if choose { true, false } then
      return draw(shape)
    end
    local lengths, key = {}, {}
    for i, n in ipairs(shape) do
      lengths[i], key[i] = 2 * n, choose { { 1, 2 * n - 1, 2 }, { 2 * n, 2, -2 } }
    end
    return draw(lengths)[key]
  end
  return { array(), array(), array(), draw({ 1 }):item() }
end

local function draw_program()
  local leaves = draw_leaves()
  local values, operations = table.move(leaves, 1, #leaves, 1, {}), {}
  while #operations < LENGTH do
    local operation, result = draw_operation(values)
    if operation then
      operations[#operations + 1], values[#values + 1] = operation, result
    end
  end
  return leaves, operations
end

local function weighted_sum(value, i)
  if #shape_of(pg.detach(value)) == 0 then
    return pg.sum(value) * math.cos(i)
  end
  return (value * pg.cos(pg.range(1.0, value.size) + i):reshape(value.shape)):sum()
end

--- The function that a program is, of a table of leaves: a sum of the last results and of those
--- that no operation takes.
local function compile(operations, leaf_count)
  local taken = {}
  for _, operation in ipairs(operations) do
    taken[operation.x], taken[operation.y] = true, true
  end
  return function(leaves)
    local values, total = table.move(leaves, 1, leaf_count, 1, {}), 0.0
    for i, operation in ipairs(operations) do
      local at = leaf_count + i
      values[at] = operation.f(values[operation.x], values[operation.y])
      if not taken[at] or i > LENGTH - 2 then
        total = total + weighted_sum(values[at], i)
      end
    end
    return total
  end
end

local function text_of(leaves, operations)
  local parts = {}
  for i, leaf in ipairs(leaves) do
    parts[i] = ("%d: (%s)"):format(i, table.concat(shape_of(leaf), ", "))
  end
  for i, operation in ipairs(operations) do
    parts[#parts + 1] = ("%d: %s(%d, %d)"):format(#leaves + i, operation.name, operation.x,
      operation.y)
  end
  return table.concat(parts, "; ")
end

-- --- differences --------------------------------------------------------------------------------

local function along(leaves, direction, t)
  local moved = {}
  for i, leaf in ipairs(leaves) do
    moved[i] = leaf + t * direction[i]
  end
  return moved
end

local function product(a, b)
  local sum = 0.0
  for i, value in ipairs(a) do
    sum = sum + pg.sum(value * b[i])
  end
  return sum
end

--- The derivative of f at 0, and about its error: differences of two steps, extrapolated.
local function difference(f, scale)
  local wide = (f(STEP) - f(-STEP)) / (2 * STEP)
  local close = (f(STEP / 2) - f(-STEP / 2)) / STEP
  return (4 * close - wide) / 3, math.abs(close - wide) + 1e-15 * scale / STEP
end

describe("a gradient of a random composition", function()
  it(("agrees with central differences: %d programs, SEED=%d"):format(PROGRAMS, seed), function()
    local rough = { 0, 0 }
    for number = 1, PROGRAMS do
      generator:seed((seed + number) % 2 ^ 32 // 1 | 0)
      local leaves, operations = draw_program()
      local f = compile(operations, #leaves)
      local u, v = {}, {}
      for i, leaf in ipairs(leaves) do
        u[i], v[i] = constant(leaf), constant(leaf)
        if type(leaf) == "number" then
          u[i], v[i] = draw({ 1 }):item(), draw({ 1 }):item()
        end
      end

      local function check(order, derivative, g)
        local expected, error = difference(g, math.abs(g(0)))
        local size = math.max(math.abs(expected), math.abs(derivative), 1)
        rough[order] = rough[order] + (error > BOUND * size and 1 or 0)
        local fits = math.abs(expected - derivative) < BOUND * size + error
        if not fits then
          error(("derivative %d is %.17g, not %.17g"):format(order, derivative, expected), 0)
        end
      end

      local ok, message = pcall(function()
        local gradient = pg.grad(f)
        check(1, product(gradient(leaves), u), function(t)
          return f(along(leaves, u, t))
        end)
        local second = pg.grad(function(w) return product(gradient(w), v) end)(leaves)
        check(2, product(second, u), function(t)
          return product(gradient(along(leaves, u, t)), v)
        end)
      end)
      assert(ok, ("SEED=%d, program %d: %s; %s"):format(seed, number, message,
        text_of(leaves, operations)))
    end
    assert(rough[1] <= MOST_ROUGH * PROGRAMS and rough[2] <= 2 * MOST_ROUGH * PROGRAMS,
      ("%d and %d differences were imprecise"):format(rough[1], rough[2]))
  end)
end)
