--- Traced values: what an array or a number is inside a function whose gradient is computed.
--
-- A traced value stands for a plain one, in its field _value, and for how it was computed, in
-- _node. A node lists its parents, the nodes of the operation's traced arguments, each followed by
-- a function that turns the gradient of the result into that of the argument:
--
--     { parent, backward, parent, backward, ..., tape = tape, kept = kept }
--
-- `kept` lists the arrays that these functions keep, each followed by the number of its writes, so
-- that one that is written to before its gradient is found. Nodes refer to their parents only. So
-- what the result doesn't depend on is garbage at once, and the functions keep no more of the
-- arguments and results than they need.
--
-- Each call of a gradient's function has a tape. Its number, `level`, tells inner calls from outer
-- ones: the _value of an inner call's traced value may be a traced value of an outer call, so an
-- operation computes with the values of the innermost call, and the outer one traces what the
-- inner one computes, backward too.

local core = require "perigee.core"
local errors = require "perigee.util.errors"

local getmetatable, setmetatable = getmetatable, setmetatable
local has_form, sum_to, writes = core.has_form, core.sum_to, core.writes

local traced = {}

local Traced = { __name = "traced value" }

--- The operations that take traced values, by the names of functions and metamethods.
---@type table<string, function>
local operations = {}
traced.operations = operations

--- Tells if a value is traced.
---@param value any
---@return boolean
function traced.is(value)
  return getmetatable(value) == Traced
end

--- The plain value behind a traced one, of any number of levels; another value as it is.
---@param value any
---@return any
local function plain(value)
  while getmetatable(value) == Traced do
    value = value._value
  end
  return value
end
traced.plain = plain

--- Tells if a nested table has a traced value; `seen` are the tables that were looked at.
local function holds_traced(value, seen)
  if type(value) ~= "table" then
    return false
  elseif getmetatable(value) == Traced then
    return true
  elseif seen[value] then
    return false
  end
  seen[value] = true
  for _, each in next, value do
    if type(each) == "table" and holds_traced(each, seen) then
      return true
    end
  end
  return false
end

traced.holds_traced = holds_traced

--- A value in which `change` has replaced the traced ones. Nested tables that have some are copied,
--- with their metatables; a table that holds itself has a copy that does. Others stay themselves.
---@param value any
---@param change fun(value: any): any
---@param copies? table<table, table>  of the tables around it
---@return any
local function replace_traced(value, change, copies)
  if getmetatable(value) == Traced then
    return change(value)
  elseif type(value) ~= "table" then
    return value
  elseif copies and copies[value] then
    return copies[value]
  elseif not holds_traced(value, {}) then
    return value
  end
  copies = copies or {}
  local copy = debug.setmetatable({}, debug.getmetatable(value))
  copies[value] = copy
  for key, each in next, value do
    rawset(copy, key, replace_traced(each, change, copies))
  end
  return copy
end
traced.replace_traced = replace_traced

--- plain for each value of a nested table, which is copied if it has traced ones.
---@param value any
---@return any
local function plain_deep(value)
  return replace_traced(value, plain)
end
traced.plain_deep = plain_deep

--- A traced value.
---@param value any  a number, an array, or a traced value of an outer call
---@param node table
local function new(value, node)
  assert(getmetatable(value) ~= Traced or value._node.tape ~= node.tape, "traced twice")
  return setmetatable({ _value = value, _node = node }, Traced)
end
traced.new = new

--- Raises a message in the caller's line, also where a binding has called the tracer.
---@param message string  a format of the arguments that follow
---@param ... any
function traced.raise(message, ...)
  local place = errors.place()
  error((place and place .. ": " or "") .. message:format(...), 0)
end

local function check_tape(tape)
  if tape.ended then
    traced.raise("a traced value is used after the gradient's function has returned: pg.detach(v) "
      .. "inside of it gives a value to keep")
  end
end

-- --- arrays that are kept -----------------------------------------------------------------------

--- The numbers of a rule's parameters that it keeps: those that are not named "_". Of one named
--- "like" it keeps the form only.
---@param rule function
---@return integer[] kept
---@return integer? like
local function kept_parameters(rule)
  local kept, like, i = {}, nil, 1
  local name = debug.getlocal(rule, i)
  while name do
    if name == "like" then
      like = i
    elseif name ~= "_" then
      kept[#kept + 1] = i
    end
    i = i + 1
    name = debug.getlocal(rule, i)
  end
  return kept, like
end

--- An array that has the form of a value, but not its memory; a number itself.
---@param value any
---@return perigee.array|number
local function form_of(value)
  value = plain(value)
  return type(value) == "userdata" and core.form(value) or value
end
traced.form_of = form_of

--- Calls a rule, whose operand `like` (its number among y and the operands) is a form.
local function call_rule(rule, like, y, values, n)
  local value = like and values[like - 1]
  if like then
    values[like - 1] = form_of(value)
  end
  local backward = rule(y, table.unpack(values, 1, n))
  if like then
    values[like - 1] = value
  end
  return backward
end

--- Adds an array to those that a node keeps; does nothing for another value.
local function keep(node, value)
  if type(value) ~= "userdata" then
    return
  end
  local kept = node.kept
  if kept then
    local n = #kept
    kept[n + 1], kept[n + 2] = value, writes(value)
  else
    node.kept = { value, writes(value) }
  end
end
traced.keep = keep

-- --- operations ---------------------------------------------------------------------------------

--- The function of one operand: y = operation(a, ...), where rule(y, a, ...) is the backward
--- function.
local function unary(operation, rule)
  local kept = kept_parameters(rule)
  local keeps_y, keeps_x = kept[1] == 1, kept[#kept] == 2
  return function(a, ...)
    local node, x = a._node, a._value
    local tape = node.tape
    if tape.ended then
      check_tape(tape)
    end
    local y = operation(x, ...)
    local own = { node, rule(y, x, ...), tape = tape, kept = nil }
    if keeps_y then
      keep(own, y)
    end
    if keeps_x then
      keep(own, x)
    end
    return setmetatable({ _value = y, _node = own }, Traced)
  end
end

--- A backward function whose result is summed over the axes along which its operand was broadcast,
--- and cast to the operand's dtype.
local function broadcasting(backward, x, y)
  if has_form(x, y) then
    return backward
  end
  local like = form_of(x)
  return function(g)
    return sum_to(backward(g), like)
  end
end

local function copy_table(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = debug.setmetatable({}, debug.getmetatable(value))
  for key, each in next, value do
    rawset(copy, key, copy_table(each))
  end
  return copy
end

--- A table that holds traced values as an array of the same form; another table as a copy, which
--- stays as it is on the way back; other values as they are.
local function gathered(value)
  if type(value) ~= "table" or getmetatable(value) == Traced then
    return value
  end
  return holds_traced(value, {}) and operations.array(value) or copy_table(value)
end

--- The name of a value's type, as Lua's messages have it.
local function type_name(value)
  local metatable = debug.getmetatable(value)
  return type(value) == "userdata" and metatable and metatable.__name or type(value)
end

--- Raises what Lua does for an operand beside a number, in the caller's line; arrays have words of
--- their own.
local function check_operand(value, other)
  if type(plain(value)) == "number" and not tonumber(plain(other))
    and type(plain(other)) ~= "userdata" then
    traced.raise("attempt to perform arithmetic on a %s value beside a traced number",
      type_name(other))
  end
end

--- The function of two operands that broadcast; of an operator, it checks them.
local function binary(operation, rule_a, rule_b, is_operator)
  local kept_a, kept_b = kept_parameters(rule_a), kept_parameters(rule_b)
  local function keep_all(node, kept, ...)
    for i = 1, #kept do
      keep(node, (select(kept[i], ...)))
    end
  end
  return function(a, b)
    local node_a = getmetatable(a) == Traced and a._node
    local node_b = getmetatable(b) == Traced and b._node
    if not node_a and type(a) == "table" then
      a = gathered(a)
      node_a = getmetatable(a) == Traced and a._node
    elseif not node_b and type(b) == "table" then
      b = gathered(b)
      node_b = getmetatable(b) == Traced and b._node
    end
    local tape = node_a and node_a.tape or node_b.tape
    if node_a and node_b and node_b.tape.level ~= tape.level then -- one is a constant to the other
      if node_b.tape.level > tape.level then
        node_a, tape = nil, node_b.tape
      else
        node_b = nil
      end
    end
    if tape.ended then
      check_tape(tape)
    end
    local x_a, x_b = a, b
    if node_a then
      x_a = a._value
    end
    if node_b then
      x_b = b._value
    end
    if is_operator and not (node_a and node_b) then
      local value, other = x_a, x_b
      if node_b then
        value, other = x_b, x_a
      end
      local kind = type(other)
      if kind ~= "number" and kind ~= "userdata" then
        check_operand(value, other)
      end
    end
    local y = operation(x_a, x_b)
    local node
    if node_a and node_b then
      node = {
        node_a, broadcasting(rule_a(y, x_a, x_b), x_a, y),
        node_b, broadcasting(rule_b(y, x_a, x_b), x_b, y), tape = tape, kept = nil,
      }
    elseif node_a then
      node = { node_a, broadcasting(rule_a(y, x_a, x_b), x_a, y), tape = tape, kept = nil }
    else
      node = { node_b, broadcasting(rule_b(y, x_a, x_b), x_b, y), tape = tape, kept = nil }
    end
    if node_a and kept_a[1] then
      keep_all(node, kept_a, y, x_a, x_b)
    end
    if node_b and kept_b[1] then
      keep_all(node, kept_b, y, x_a, x_b)
    end
    return setmetatable({ _value = y, _node = node }, Traced)
  end
end

--- The tape of the innermost call among a list of values; nil if none is traced.
---@param values table
---@param n integer
---@return table? tape
local function innermost(values, n)
  local tape
  for i = 1, n do
    local value = values[i]
    if getmetatable(value) == Traced then
      local other = value._node.tape
      if not tape or other.level > tape.level then
        tape = other
      end
    end
  end
  if tape and tape.ended then
    check_tape(tape)
  end
  return tape
end
traced.innermost = innermost

--- Replaces the values of a tape by those behind them.
---@return table nodes  of those values, by their positions
local function unwrap(values, n, tape)
  local nodes = {}
  for i = 1, n do
    local value = values[i]
    if getmetatable(value) == Traced and value._node.tape == tape then
      nodes[i], values[i] = value._node, value._value
    end
  end
  return nodes
end
traced.unwrap = unwrap

--- An argument by which an operation has no derivative; a table as a copy. Raises if it is traced,
--- or a table with traced values.
local function constant_of(name, i, value)
  if not rawequal(plain_deep(value), value) then
    traced.raise("%s: argument %d can't %s; pg.detach gives the plain one", name, i,
      getmetatable(value) == Traced and "be a traced value" or "hold traced values")
  end
  return copy_table(value)
end

--- The function of any number of operands, where those that have a rule may be traced. If it
--- broadcasts, gradients are summed as `broadcasting` says.
local function general(name, operation, rules, broadcasts)
  local most, kept, likes = #rules, {}, {}
  for i, rule in ipairs(rules) do
    if rule then
      kept[i], likes[i] = kept_parameters(rule)
    end
  end
  return function(...)
    local values, n = { ... }, select("#", ...)
    for i = 1, n do
      if rules[i] then
        values[i] = gathered(values[i])
      else
        values[i] = constant_of(name, i, values[i])
      end
    end
    local tape = innermost(values, n)
    if not tape then
      return operation(...)
    end
    local nodes = unwrap(values, n, tape)
    local y = operation(table.unpack(values, 1, n))
    local node = { tape = tape }
    for i = 1, most do
      if nodes[i] then
        local backward = call_rule(rules[i], likes[i], y, values, n)
        if broadcasts then
          backward = broadcasting(backward, values[i], y)
        end
        node[#node + 1], node[#node + 2] = nodes[i], backward
        for _, k in ipairs(kept[i]) do
          keep(node, k == 1 and y or values[k - 1])
        end
      end
    end
    return new(y, node)
  end
end

--- True for a traced value, an array or a number; false for a nested table.
local function is_operand(value)
  return getmetatable(value) == Traced or type(value) ~= "table"
end

--- A copy of a list of arrays, in which nested tables of traced values are arrays; the rows of a
--- traced array.
---@param list table
---@return table
function traced.elements(list)
  local values = {}
  for i = 1, #list do
    if list[i] == nil then
      traced.raise("element %d is a nil, where an array or a number was expected", i)
    end
    values[i] = gathered(list[i])
  end
  return values
end

local function refuse_out(name, options)
  if type(options) == "table" and rawget(options, "out") ~= nil then
    traced.raise("%s: a traced result can't be written into `out`", name)
  end
end

--- Defines an operation by its rules.
--
-- rules[i](y, ...) returns the backward function of the i-th argument, where y is the result and
-- ... are the arguments. A parameter with the name "_" is not used; of one with the name "like"
-- only the form is, so that its memory is not kept. A backward function takes the gradient of the
-- result, which has the result's form, and returns the gradient of the argument.
---@param name string  a function of the core
---@param rules function[]
---@param operation? function  default the core's function
function traced.define(name, rules, operation)
  operations[name] = general(name, operation or core[name], rules, false)
end

--- A traced value or an array as it is, a number or a table as an array.
---@param value any
---@return any
function traced.array(value)
  if getmetatable(value) == Traced or type(value) == "userdata" then
    return value
  end
  return core.array(value)
end

--- A traced number as a traced array of rank 0; other values as they are.
---@param value any
---@return any
function traced.number_as_array(value)
  if getmetatable(value) ~= Traced or type(plain(value)) ~= "number" then
    return value
  end
  local tape = innermost({ value }, 1)
  return new(core.array(value._value), {
    value._node, function(g) return sum_to(g, 1.0) end, tape = tape,
  })
end

--- Makes an operation of arrays take a traced number as its first argument, as the core's takes a
--- number.
---@param name string
function traced.take_number(name)
  local operation = operations[name]
  operations[name] = function(a, ...)
    return operation(traced.number_as_array(a), ...)
  end
end

--- Defines an operation whose operands broadcast, and which takes the option `out`.
---@param name string
---@param rules function[]  backward functions may return gradients of the result's form
---@param operation? function  default the core's function
function traced.elementwise(name, rules, operation)
  operation = operation or core[name]
  local slow, fast = general(name, operation, rules, true), nil
  if #rules == 1 then
    fast = unary(operation, rules[1])
  elseif #rules == 2 then
    fast = binary(operation, rules[1], rules[2])
  end
  operations[name] = function(a, b, c, options)
    if #rules == 1 and b == nil and getmetatable(a) == Traced then
      return fast(a)
    elseif #rules == 2 and c == nil and is_operand(a) and is_operand(b) then
      return fast(a, b)
    end
    refuse_out(name, options)
    refuse_out(name, c)
    refuse_out(name, b)
    return slow(a, b, c, options)
  end
end

--- Defines a metamethod of two operands that broadcast.
---@param event string  "__add"
---@param operation function
---@param rules function[]
function traced.operator(event, operation, rules)
  local apply = binary(operation, rules[1], rules[2], true)
  Traced[event], operations[event] = apply, apply
end

--- Defines a metamethod of one operand.
function traced.unary_operator(event, operation, rule)
  local apply = unary(operation, rule)
  Traced[event], operations[event] = apply, apply
end

--- Defines an operation by a function of traced values. A table of traced numbers becomes an array
--- before.
---@param name string
---@param f function
---@param most? integer  so many of the first arguments may be traced (1)
function traced.compose(name, f, most)
  most = most or 1
  operations[name] = function(...)
    local values, n = { ... }, select("#", ...)
    for i = 1, n do
      if i <= most then
        values[i] = gathered(values[i])
      else
        values[i] = constant_of(name, i, values[i])
      end
    end
    return f(table.unpack(values, 1, n))
  end
end

--- The plain values of arguments, in tables too.
local function plain_all(...)
  local values, n = { ... }, select("#", ...)
  for i = 1, n do
    values[i] = plain_deep(values[i])
  end
  return table.unpack(values, 1, n)
end

--- Makes an operation that others compose raise for what the core's raises for: an unknown option,
--- one argument more. The core's runs beside it.
---@param name string
function traced.check_by_core(name)
  local operation = operations[name]
  operations[name] = function(...)
    core[name](plain_all(...))
    return operation(...)
  end
end

--- Defines an operation on tables of arrays by a function, which takes the tables as they are.
---@param name string
---@param f function
function traced.compose_tables(name, f)
  operations[name] = f
end

--- Defines an operation whose result is a constant: it takes the plain values.
---@param name string
---@param operation function
function traced.constant(name, operation)
  operations[name] = function(...)
    return operation(plain_all(...))
  end
end

--- Defines an operation that raises a message, which begins with the operation's name.
---@param name string
---@param message string
function traced.refuse(name, message)
  operations[name] = function()
    traced.raise("%s: %s", name, message)
  end
end

-- --- the class ----------------------------------------------------------------------------------

local PROPERTIES = { shape = true, dtype = true, ndim = true, size = true }

local array_methods = getmetatable(core.zeros(1)).__methods

local function not_of_number(key)
  if type(key) == "string" and array_methods[key] then
    traced.raise("a traced number has no methods: pg.%s(s)", key)
  end
  traced.raise("a traced number has no fields and no positions")
end

function Traced:__index(key)
  local value = plain(self)
  if type(value) == "number" then
    not_of_number(key)
  elseif type(key) == "string" then
    if array_methods[key] then
      return operations[key] or function(...)
        return traced.call(key, ...)
      end
    elseif PROPERTIES[key] then
      return value[key]
    elseif key == "T" then
      return operations.transpose(self)
    end
  end
  if getmetatable(key) == Traced then
    traced.raise("a position can't be a traced value: pg.detach(s) gives the plain one")
  end
  return operations.__index(self, key)
end

function Traced.__newindex()
  traced.raise("a traced value can't be written into: compute a new one, as with pg.where or "
    .. "pg.concat")
end

function Traced:__len()
  local value = plain(self)
  if type(value) == "number" then
    traced.raise("a traced number can't be used here: pg.detach(s) gives the plain one")
  end
  return #value
end

function Traced:__tostring()
  return tostring(plain(self))
end

function Traced.__concat(a, b)
  a, b = plain(a), plain(b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= "string" and kind_a ~= "number" or kind_b ~= "string" and kind_b ~= "number" then
    local is_left = kind_a ~= "string" and kind_a ~= "number"
    traced.raise("attempt to concatenate a %s value", type_name(is_left and a or b))
  end
  return a .. b
end

--- Equal numbers are equal, as those of Lua are; of arrays, `==` asks for the same one.
function Traced.__eq(a, b)
  a, b = plain(a), plain(b)
  return type(a) == "number" and type(b) == "number" and a == b
end

--- The plain values of operands, which are compared; arrays have words of their own.
local function compared(a, b)
  a, b = plain(a), plain(b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b and kind_a ~= "userdata" and kind_b ~= "userdata" then
    traced.raise("attempt to compare %s with %s", kind_a, kind_b)
  end
  return a, b
end

function Traced.__lt(a, b)
  a, b = compared(a, b)
  return a < b
end

function Traced.__le(a, b)
  a, b = compared(a, b)
  return a <= b
end

function Traced.__idiv(a, b)
  check_operand(a, b)
  check_operand(b, a)
  return plain(a) // plain(b)
end
operations.__idiv = Traced.__idiv

function Traced:__pairs()
  return pairs(plain(self))
end

--- Calls an operation with traced values among its arguments: the bindings do, when they find one.
---@param name string  of the function or metamethod
---@param ... any  its arguments
---@return any ...
function traced.call(name, ...)
  local operation = operations[name]
  if not operation then
    traced.raise("%s has no rule for traced values: pg.detach(v) gives the plain value, "
      .. "pg.custom_gradient a rule of one's own", name)
  end
  return operation(...)
end

-- Positions of errors are of functions that are not in the folder of this one, or beside it.
core.set_tracer(Traced, traced.call, debug.getinfo(1, "S").source:match "^(.*/)[^/]*/[^/]*$")

return traced
