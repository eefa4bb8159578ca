--- Rules of operations that select elements: indices, positions, sorting; and of their gradients.

local core = require "perigee.core"
local traced = require "perigee.gradient.trace.traced"

local plain = traced.plain

-- --- indices ------------------------------------------------------------------------------------

traced.compose("__index", function(a, key)
  local node, value = a._node, a._value[key]
  if value == nil then -- behind the last element
    return nil
  end
  traced.innermost({ a }, 1)
  local like = traced.form_of(a)
  local own = { node, function(g) return core.add_at(like, key, g) end, tape = node.tape }
  traced.keep(own, key)
  return traced.new(value, own)
end)

local index = traced.operations.__index

traced.compose("get", function(a, ...)
  if type(plain(a)) == "number" then
    core.get(plain(a), ...) -- raises for positions
    return a
  end
  return index(a, { ... })
end)

traced.compose("rows", function(a, first, last)
  core.rows(plain(a), first, last) -- raises for positions that don't suit
  return index(a, { { first, last or first } })
end)

traced.compose("cols", function(a, first, last)
  core.cols(plain(a), first, last)
  return index(a, { {}, { first, last or first } })
end)

traced.define("masked", {
  function(_, like, mask)
    return function(g) return core.add_at(like, mask, g) end
  end,
})

traced.define("take", {
  function(_, like, positions, axis)
    return function(g) return core.add_at_axis(like, positions, axis, g) end
  end,
})

traced.define("add_at", {
  false, false,
  function(_, _, key) return function(g) return g[key] end end,
})

traced.define("add_at_axis", {
  false, false, false,
  function(_, _, positions, axis) return function(g) return g:take(positions, axis) end end,
})

--- Counts are constants, sums of weights are not.
traced.compose("bincount", function(values, weights, options)
  local result = core.bincount(plain(values), plain(weights), options)
  if not traced.is(weights) then
    return result
  end
  return core.add_at(result, traced.array(plain(values)) + 1, weights:astype "float64")
end, 2)

-- --- broadcasting -------------------------------------------------------------------------------

traced.define("sum_to", {
  function(_, like)
    return function(g) return core.broadcast_to(g, like) end
  end,
})

traced.define("broadcast_to", {
  function(_, like)
    return function(g) return core.sum_to(g, like) end
  end,
})

-- --- sorting ------------------------------------------------------------------------------------

--- The backward function of what takes, along an axis, the elements at `positions`, an array whose
--- other axes are a's.
local function of_positions(a, positions, axis)
  local like = plain(a):swapaxes(axis, -1)
  local shape, n = like.shape, like.shape[-1]
  positions = positions:swapaxes(axis, -1)
  local rows = like.size // math.max(n, 1)
  local in_row = positions:reshape(rows, positions.shape[-1])
    + (core.range(0, rows - 1) * n):reshape(rows, 1)
  return function(g)
    local flat = core.add_at(like:reshape(-1), in_row:reshape(-1), g:swapaxes(axis, -1):reshape(-1))
    return flat:reshape(shape):swapaxes(axis, -1)
  end
end

traced.define("sort", {
  function(_, a, axis)
    local positions = core.argsort(plain(a), axis)
    return of_positions(a, positions, axis or -1)
  end,
})
local sort_axis = traced.operations.sort

traced.compose("sort", function(a, axis)
  local is_scalar = type(plain(a)) == "number" or plain(a).ndim == 0
  if is_scalar then
    core.sort(plain(a), axis) -- raises for an axis
    a = core.reshape(a, 1)
  end
  return sort_axis(a, axis)
end)

traced.compose("topk", function(a, k, axis, options)
  if type(axis) == "table" then
    axis, options = nil, axis
  end
  local values, positions = core.topk(plain(a), k, axis, options)
  traced.innermost({ a }, 1)
  local node = a._node
  if traced.is(a._value) then
    values = traced.call("topk", a._value, k, axis, options)
  end
  return traced.new(values, {
    node, of_positions(a._value, positions, axis or -1), tape = node.tape,
  }), positions
end)

traced.define("pool_scatter", {
  function(_, _, positions) return function(g) return core.pool_gather(g, positions) end end,
})

traced.define("pool_gather", {
  function(_, like, positions)
    local shape = like.shape
    return function(g) return core.pool_scatter(g, positions, shape) end
  end,
})
