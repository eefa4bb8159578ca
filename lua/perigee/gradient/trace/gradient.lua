--- Gradients of functions of Lua: pg.grad, pg.value_and_grad, pg.custom_gradient, pg.detach.

local walk = require("perigee.gradient.trace.backward").walk
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local traced = require "perigee.gradient.trace.traced"
local types = require "perigee.util.types"

local gradient = {}

local calls = 0 -- of functions that value_and_grad has made: the level of the last one's tape

local FLOATS = { float32 = true, float64 = true }

gradient.MOST_NESTED = 100 -- tables within each other

-- --- the argument -------------------------------------------------------------------------------

--- A traced copy of an argument: of its arrays of floats and its numbers, also in nested tables.
--- The leaves are the traced values, in tables of their own: f may write into those of the copy.
---@param value any
---@param tape table
---@param depth integer  of tables around it
---@return any copy
---@return any leaves  nil where nothing is traced
local function trace(value, tape, depth)
  local inner = traced.plain(value)
  if types.is_array(inner) then
    if not FLOATS[inner.dtype] then
      if depth == 0 then
        traced.raise("a gradient by an array of floats is needed, not of %s", inner.dtype)
      end
      return value
    end
    local leaf = traced.new(value, { tape = tape })
    return leaf, leaf
  elseif type(inner) == "number" then
    local leaf = traced.new(traced.is(value) and value or value + 0.0, { tape = tape })
    return leaf, leaf
  elseif type(value) ~= "table" then
    if depth == 0 then
      traced.raise("a gradient by an array, a number or a table of them is needed, not by %s",
        type(value) == "nil" and "nil" or errors.describe(value))
    end
    return value
  elseif depth == gradient.MOST_NESTED then
    traced.raise("a gradient by a table that is nested deeper than %d",
      gradient.MOST_NESTED)
  end
  local copy, leaves = debug.setmetatable({}, debug.getmetatable(value)), {}
  for key, each in next, value do
    local copy_of_each, leaves_of_each = trace(each, tape, depth + 1)
    rawset(copy, key, copy_of_each)
    leaves[key] = leaves_of_each
  end
  return copy, leaves
end

--- Tells if there is a leaf among those of an argument.
local function has_leaf(leaves)
  if traced.is(leaves) then
    return true
  end
  for _, each in next, leaves do
    if has_leaf(each) then
      return true
    end
  end
  return false
end

--- The gradient by a leaf: an array of its own, which shares no element with another.
local function gradient_of_leaf(leaf)
  local node, value = leaf._node, leaf._value
  local g = node.gradient
  if g == nil then
    return type(traced.plain(value)) == "number" and 0.0 or core.zeros_like(traced.plain(value))
  elseif types.is_array(g) and not node.owns_gradient then
    return g:copy()
  end
  return g
end

--- The gradients by the leaves of an argument, in its form.
local function gradients_of(leaves)
  if traced.is(leaves) then
    return gradient_of_leaf(leaves)
  end
  local result = {}
  for key, each in next, leaves do
    result[key] = gradients_of(each)
  end
  return result
end

-- --- the result ---------------------------------------------------------------------------------

--- A result as the caller of the gradient's function gets it: values of the tape are taken off, in
--- tables too.
local function leave(value, tape)
  return traced.replace_traced(value, function(v)
    return v._node.tape == tape and v._value or v
  end)
end

--- Checks that the first result is one number. Returns it, and the gradient to begin with.
local function check_loss(loss)
  local value = traced.plain(loss)
  if type(value) == "number" then
    return loss, 1.0
  elseif types.is_array(value) and value.size == 1 and value.dtype ~= "bool" then
    return loss:reshape(1)[1], core.ones_like(value)
  end
  traced.raise("a gradient is that of one number, but the function returned %s",
    types.is_array(value) and ("an array of shape %s and dtype %s"):format(value.shape, value.dtype)
      or value == nil and "nothing" or errors.describe(value))
end

-- --- the functions ------------------------------------------------------------------------------

--- Ends a tape with the results of the function.
local function finish(tape, leaves, loss, ...)
  traced.innermost({ loss }, 1) -- raises for a value of a call that has ended
  local is_traced = traced.is(loss) and loss._node.tape == tape
  local value, start = check_loss(is_traced and loss._value or loss)
  if is_traced then
    walk(loss._node, start)
  end
  tape.ended = true
  return value, gradients_of(leaves), ...
end

local function check_function(name, f, n)
  if type(f) ~= "function" and not (getmetatable(f) and getmetatable(f).__call) then
    traced.raise("%s: a function expected, got %s", name, errors.describe(f))
  end
  if n ~= nil and (math.type(n) ~= "integer" or n < 1) then
    traced.raise("%s: the number of an argument is an integer from 1, not %s", name,
      errors.describe(n))
  end
end

--- Makes a function that returns f's value, its gradient, and f's further results.
---
--- f takes arrays and numbers and returns a number, with any control flow. The gradient is by the
--- n-th argument: an array of floats, a number, or a nested table of them. It has the argument's
--- form: shapes, dtypes, tables; zeros for what f doesn't use. Further results come without traces.
---
---     f = pg.value_and_grad(function(w, x) return (x:dot(w) ^ 2):sum() end)
---     f(pg.array{1, 2}, pg.array{{1, 0}, {1, 1}})  --> 10.0  [8., 6.] float64 (2,)
---@param f fun(...): number, ...
---@param n? integer  the argument's number (1)
---@return fun(...): number, any, ...
function gradient.value_and_grad(f, n)
  check_function("value_and_grad", f, n)
  n = n or 1
  return function(...)
    local arguments, count = { ... }, math.max(select("#", ...), n)
    calls = calls + 1
    local tape = { level = calls }
    local leaves
    arguments[n], leaves = trace(arguments[n], tape, 0)
    if not has_leaf(leaves) then
      traced.raise("a gradient by a table with arrays of floats or numbers is needed; this one has "
        .. "none")
    end
    local results = table.pack(f(table.unpack(arguments, 1, count)))
    for i = 2, results.n do
      results[i] = leave(results[i], tape)
    end
    return finish(tape, leaves, table.unpack(results, 1, results.n))
  end
end

--- Makes a function that returns the gradient of f by its n-th argument, as `value_and_grad`.
---
---     slope = pg.grad(function(x) return x ^ 3 end)
---     slope(2)  --> 12.0
---     pg.grad(slope)(2)  --> 12.0
---@param f fun(...): number, ...
---@param n? integer  the argument's number (1)
---@return fun(...): any
function gradient.grad(f, n)
  check_function("grad", f, n)
  local both = gradient.value_and_grad(f, n)
  return function(...)
    local _, g = both(...)
    return g
  end
end

--- The plain array or number behind a traced value: a constant from there on. Other values are
--- returned as they are.
---
---     pg.grad(function(x) return pg.detach(x) * x end)(3)  --> 3.0
---@param v any
---@return any
function gradient.detach(v)
  return traced.plain_deep(v)
end

-- --- rules of one's own -------------------------------------------------------------------------

local function describe_form(value)
  if types.is_array(value) then
    return ("an array of shape %s"):format(value.shape)
  end
  return type(value) == "number" and "a number" or value == nil and "nil" or errors.describe(value)
end

--- Checks the gradient of an argument that a rule returned; returns it in the argument's form.
local function check_gradient(g, value, i)
  local own, wanted = traced.plain(g), traced.plain(value)
  if g == nil or core.has_form(own, wanted) then
    return g
  end
  local is_cast = types.is_array(own) and types.is_array(wanted)
    and table.concat(own.shape, ",") == table.concat(wanted.shape, ",")
  if not is_cast then
    traced.raise("custom_gradient: the gradient of argument %d must be %s, not %s", i,
      describe_form(wanted), describe_form(own))
  end
  return g:astype(wanted.dtype)
end

local function check_no_table(values, n)
  for i = 1, n do
    if not traced.is(values[i]) and traced.holds_traced(values[i], {}) then
      traced.raise("custom_gradient: argument %d is a table that holds traced values: pass each as "
        .. "an argument", i)
    end
  end
end

--- Checks and returns the result of a function with a rule of one's own.
---@param tape? table  of the arguments
---@param y any
---@param ... any  further results
local function check_result(tape, y, ...)
  local value, further = traced.plain(y), select("#", ...)
  if further > 0 or type(value) ~= "number" and not types.is_array(value) then
    traced.raise("custom_gradient: the function must return an array or a number, not %s",
      further > 0 and ("%d values"):format(1 + further) or describe_form(value))
  elseif traced.is(y) and not (tape and y._node.tape.level < tape.level) then
    traced.raise("custom_gradient: the function uses a traced value that isn't an argument")
  end
  return y
end

--- Calls a rule of one's own with the gradient of the result, g.
---@return table gradients  of the arguments
local function call_rule(backward, g, ...)
  local before = type(g) == "userdata" and core.writes(g)
  local gradients = table.pack(backward(g, ...))
  if before and core.writes(g) ~= before then
    traced.raise("custom_gradient: backward has written into the gradient that it got, which "
      .. "others hold: compute a new one")
  end
  return gradients
end

--- Gives a function a rule of one's own for its gradient.
---
--- The function that is returned computes f. For its gradient, `backward` is called with the
--- gradient of the result, the result, and the arguments, and returns a gradient for each argument:
--- of its shape, or nil for none. f takes arrays and numbers, and returns one. It raises if it uses
--- other traced values, or gets tables of them.
---
---     bounded = pg.custom_gradient(
---       function(x) return x end,
---       function(g) return g:clip(-1, 1) end)
---     f = function(x) return (10 * bounded(x)):sum() end
---     pg.grad(f)(pg.zeros(2))  --> [1., 1.] float64 (2,)
---@param f function
---@param backward function
---@return function
function gradient.custom_gradient(f, backward)
  check_function("custom_gradient", f)
  check_function("custom_gradient", backward)
  return function(...)
    local values, n = { ... }, select("#", ...)
    check_no_table(values, n)
    local tape = traced.innermost(values, n)
    if not tape then
      return check_result(nil, f(...))
    end
    local nodes = traced.unwrap(values, n, tape)
    local y = check_result(tape, f(table.unpack(values, 1, n)))
    local node, gradients, left = { tape = tape }, nil, 0
    for i = 1, n do
      if nodes[i] then
        left = left + 1
        node[#node + 1] = nodes[i]
        node[#node + 1] = function(g)
          gradients = gradients or call_rule(backward, g, y, table.unpack(values, 1, n))
          local part = check_gradient(gradients[i], values[i], i)
          left = left - 1
          gradients = left > 0 and gradients or nil
          return part
        end
      end
    end
    return traced.new(y, node)
  end
end

return gradient
