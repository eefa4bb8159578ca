--- Rules of operations that arrange elements: shapes, views, joining and repetition.

local core = require "perigee.core"
local traced = require "perigee.gradient.trace.traced"

local plain, sum_to = traced.plain, core.sum_to

-- --- shapes -------------------------------------------------------------------------------------

--- The result's gradient in the argument's shape.
local function reshaped(_, like)
  local shape = like.shape
  return function(g)
    return g:reshape(shape)
  end
end

for _, name in ipairs { "reshape", "squeeze", "expand_dims", "ravel", "flatten" } do
  traced.define(name, { reshaped })
end

traced.define("copy", { function() return function(g) return g end end })

for _, name in ipairs { "reshape", "squeeze", "expand_dims", "ravel", "flatten", "copy" } do
  traced.take_number(name)
end

traced.define("transpose", {
  function(_, _, ...)
    local axes, back = { ... }, {}
    for i, axis in ipairs(axes) do
      back[axis < 0 and axis + 1 + #axes or axis] = i
    end
    return function(g)
      return g:transpose(table.unpack(back))
    end
  end,
})

traced.define("swapaxes", {
  function(_, _, i, j) return function(g) return g:swapaxes(i, j) end end,
})

traced.define("flip", {
  function(_, _, axis) return function(g) return g:flip(axis) end end,
})

traced.define("astype", {
  function(_, like)
    local dtype = like.dtype
    return function(g) return g:astype(dtype) end
  end,
})
local cast = traced.operations.astype

traced.compose("astype", function(a, dtype)
  if dtype == "float32" or dtype == "float64" then
    return cast(a, dtype)
  end
  return plain(a):astype(dtype)
end)

-- --- triangles and diagonals --------------------------------------------------------------------

traced.define("tril", { function(_, _, k) return function(g) return g:tril(k) end end })
traced.define("triu", { function(_, _, k) return function(g) return g:triu(k) end end })

traced.compose("diag", function(a, k)
  if a.ndim == 1 then
    local places = core.diag(core.range(1, #a), k)
    return core.where(places:eq(0), core.zeros(1):astype(a.dtype), a:take(core.maximum(places, 1)))
  end
  local positions = core.diag(core.range(1, a.size):reshape(a.shape), k)
  return a:reshape(-1):take(positions)
end)

-- --- joining ------------------------------------------------------------------------------------

--- The elements of a list of arrays. What the operation refuses for plain values raises its error.
local function elements_of(list, operation, ...)
  local is_list = type(list) == "table" and not traced.is(list)
  if not is_list or type(plain(list[1])) == "number" then
    operation(traced.plain_deep(list), ...)
  end
  return traced.elements(list)
end

--- Defines an operation on a list of arrays: rule(y, values, i, axis) returns the backward function
--- of the i-th, whose result is cast to its dtype.
local function define_of_list(name, rule)
  local operation = core[name]
  traced.compose_tables(name, function(list, axis)
    local values = elements_of(list, operation, axis)
    local n = #values
    local tape = traced.innermost(values, n)
    if not tape then
      return operation(values, axis)
    end
    local nodes, node = traced.unwrap(values, n, tape), { tape = tape }
    for i = 1, n do
      values[i] = traced.array(values[i])
    end
    local y = operation(values, axis)
    for i = 1, n do
      if nodes[i] then
        local backward, like = rule(y, values, i, axis or 1), traced.form_of(values[i])
        node[#node + 1] = nodes[i]
        node[#node + 1] = function(g)
          return sum_to(backward(g), like)
        end
      end
    end
    return traced.new(y, node)
  end)
end

--- The index of an array of a rank that takes `part` along an axis.
local function along(rank, axis, part)
  local key = {}
  for i = 1, rank do
    key[i] = {}
  end
  key[axis < 0 and axis + 1 + rank or axis] = part
  return key
end

local function of_concat(_, values, i, axis)
  local first = 1
  for k = 1, i - 1 do
    first = first + plain(values[k]).shape[axis]
  end
  local value = plain(values[i])
  local key = along(value.ndim, axis, { first, first + value.shape[axis] - 1 })
  return function(g)
    return g[key]
  end
end

define_of_list("concat", of_concat)
define_of_list("concatenate", of_concat)

define_of_list("stack", function(y, _, i, axis)
  local key = along(plain(y).ndim, axis, i)
  return function(g)
    return g[key]
  end
end)

--- The arrays of the operation's list, a number as one element, in a shape that `shape` gives for
--- its rank.
local function at_least(list, operation, shape)
  local values = {}
  for i, value in ipairs(elements_of(list, operation)) do
    local is_number = type(plain(value)) == "number"
    value = is_number and core.array { value } or traced.array(value)
    values[i] = shape(value)
  end
  return values
end

traced.compose_tables("vstack", function(list)
  return core.concat(at_least(list, core.vstack, function(a)
    return a.ndim == 1 and a:reshape(1, -1) or a
  end), 1)
end)

traced.compose_tables("hstack", function(list)
  local values = at_least(list, core.hstack, function(a) return a end)
  return core.concat(values, values[1].ndim == 1 and 1 or 2)
end)

--- An array of a list of numbers, some of them traced.
local function array_of_numbers(list)
  local values, n = traced.elements(list), #list
  local tape = traced.innermost(values, n)
  if not tape then
    return core.array(values)
  end
  local nodes, node = traced.unwrap(values, n, tape), { tape = tape }
  for i = 1, n do
    if nodes[i] then
      node[#node + 1] = nodes[i]
      node[#node + 1] = function(g) return g[i] end
    end
  end
  return traced.new(core.array(values), node)
end

traced.compose_tables("array", function(value, dtype)
  local a
  if traced.is(value) then
    a = core.copy(value)
  else
    core.array(traced.plain_deep(value)) -- raises for what is no array
    local is_list = type(plain(value[1])) == "number"
    a = is_list and array_of_numbers(value) or core.stack(traced.elements(value))
  end
  return dtype and a:astype(dtype) or a
end)

traced.compose_tables("matrix", function(value, dtype)
  core.matrix(traced.plain_deep(value), plain(dtype)) -- raises for other ranks
  return core.array(value, dtype)
end)

--- An array of zeros plus a traced number; the plain one where that has no derivative.
local function filled(like, value)
  local is_float = like.dtype == "float64" or like.dtype == "float32"
  return is_float and core.zeros_like(like) + value or like
end

traced.compose("full", function(...)
  local arguments, n = { ... }, select("#", ...)
  local at = n -- of the value, behind the lengths
  while at > 1 and type(plain(arguments[at])) ~= "number" do
    at = at - 1
  end
  local value = arguments[at]
  if not traced.is(value) or traced.is(arguments[1]) then
    traced.raise("full: a length can't be a traced value; pg.detach gives the plain one")
  end
  arguments[at] = plain(value)
  return filled(core.full(table.unpack(arguments, 1, n)), value)
end, math.huge)

traced.compose("full_like", function(a, value, dtype)
  return filled(core.full_like(plain(a), plain(value), dtype), value)
end, 2)

-- --- parts --------------------------------------------------------------------------------------

traced.compose("array_split", function(a, parts, axis)
  core.array_split(plain(a), parts, axis) -- raises for what is no array
  axis = axis or 1
  local places = core.range(1, plain(a).shape[axis])
  local results = {}
  for i, part in ipairs(core.array_split(places, parts)) do
    local n = #part
    local first = n > 0 and part[1] or 1
    results[i] = a[along(a.ndim, axis, { first, first + n - 1 })]
  end
  return results
end)

-- --- repetition ---------------------------------------------------------------------------------
-- They take elements at positions, which the core's own operation arranges.

traced.compose("repeat_interleave", function(a, counts, axis)
  if not axis then
    a, axis = a:reshape(-1), 1
  end
  return a:take(core.repeat_interleave(core.range(1, a.shape[axis]), counts), axis)
end)
traced.take_number "repeat_interleave"

traced.compose("tile", function(a, ...)
  local repeats = { ... }
  repeats = type(repeats[1]) == "table" and repeats[1] or repeats
  local shape, missing = plain(a).shape, #repeats - a.ndim
  local lengths = table.move(shape, 1, #shape, 1 + math.max(missing, 0), {})
  for i = 1, missing do
    lengths[i] = 1
  end
  a = a:reshape(lengths)
  for i = 1, #lengths do
    local times = repeats[i + math.min(missing, 0)] or 1
    if times ~= 1 then
      a = a:take(core.tile(core.range(1, lengths[i]), times), i)
    end
  end
  return a
end)
traced.take_number "tile"

--- {before, after} of an axis, as pad takes the widths.
local function widths_of(widths, i)
  if type(widths) ~= "table" then
    return { widths, widths }
  end
  return type(widths[1]) == "table" and widths[i] or widths
end

local pad_constant

traced.define("pad", {
  function(_, like, widths)
    local key = {}
    for i, length in ipairs(like.shape) do
      local before = widths_of(widths, i)[1]
      key[i] = { before + 1, before + length }
    end
    return function(g)
      return g[key]
    end
  end,
})
pad_constant = traced.operations.pad

traced.compose("pad", function(a, widths, options)
  if type(plain(a)) == "number" then
    core.pad(plain(a), widths, options) -- raises for widths: there is no axis
    return traced.number_as_array(a)
  end
  if not options or (options.mode or "constant") == "constant" then
    return pad_constant(a, widths, options)
  end
  for i, length in ipairs(plain(a).shape) do
    local places = core.pad(core.range(1, length), { widths_of(widths, i) }, options)
    a = a:take(places, i)
  end
  return a
end)

traced.compose("meshgrid", function(...)
  local values, n = { ... }, select("#", ...)
  local grids = table.pack(core.meshgrid(table.unpack(traced.plain_deep(values), 1, n)))
  local is_ij = type(values[n]) == "table" and not traced.is(values[n])
    and values[n].indexing == "ij"
  for i = 1, grids.n do
    local shape = {}
    for k = 1, grids.n do
      shape[k] = 1
    end
    shape[not is_ij and grids.n > 1 and (i == 1 and 2 or i == 2 and 1) or i] = -1
    local value = values[i]
    if traced.is(value) then
      grids[i] = core.broadcast_to(core.reshape(value, shape), grids[i])
    end
  end
  return table.unpack(grids, 1, grids.n)
end, math.huge)
