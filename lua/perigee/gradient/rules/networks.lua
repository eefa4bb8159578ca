--- Rules of the functions of networks: softmax and its kin, losses, convolution, pooling, and the
--- notebook's kernels.

local core = require "perigee.core"
local traced = require "perigee.gradient.trace.traced"
local types = require "perigee.util.types"

local plain = traced.plain

-- --- softmax and its kin ------------------------------------------------------------------------

traced.define("softmax", {
  function(y, _, axis)
    axis = axis or -1
    return function(g)
      local part = g * y
      return part - y * part:sum(axis, true)
    end
  end,
})

traced.define("log_softmax", {
  function(y, _, axis)
    axis = axis or -1
    return function(g) return g - core.exp(y) * g:sum(axis, true) end
  end,
})

--- A result of logsumexp with the axes of length 1 that were dropped; a number stays one.
local function keep_axes(value, a, axis)
  local is_options = type(axis) == "table" and axis[1] == nil
  if not types.is_array(plain(value)) then
    return value
  end
  local shape = plain(a).shape
  axis = not is_options and axis or -1
  for _, each in ipairs(type(axis) == "table" and axis or { axis }) do
    shape[each < 0 and each + 1 + #shape or each] = 1
  end
  return value:reshape(shape)
end

traced.define("logsumexp", {
  function(y, a, axis)
    return function(g)
      return keep_axes(g, a, axis) * core.exp(a - keep_axes(y, a, axis))
    end
  end,
})

--- Labels as one-hot rows; other rows as they are.
local function rows_of(y, scores)
  y = traced.array(y)
  if plain(y).ndim == 1 then
    return core.onehot(y, plain(scores).shape[2], plain(scores).dtype)
  end
  return y
end

traced.define("softmax_cross_entropy", {
  function(_, scores, y)
    return function(g) return g * core.softmax_cross_entropy_gradient(scores, y) end
  end,
  function(_, scores, y)
    local like = plain(y)
    return function(g)
      if like.ndim == 1 then -- labels
        return core.zeros_like(like)
      end
      return core.sum_to(core.log_softmax(scores) * (-g / plain(scores).shape[1]), like)
    end
  end,
})

traced.compose("softmax_cross_entropy_gradient", function(scores, y)
  local rows = rows_of(y, scores)
  return (core.softmax(scores) * rows:sum(2, true) - rows) / plain(scores).shape[1]
end, 2)

-- --- images -------------------------------------------------------------------------------------
-- A convolution and its two gradients are linear in each operand; the derivatives of each are the
-- others.

--- The backward function of an operand, cast to its dtype: f(g, shape) is the gradient.
local function of_operand(operand, f)
  local like = plain(traced.array(operand))
  return function(g) return core.sum_to(f(g, like.shape), like) end
end

traced.define("conv2d", {
  function(_, x, k, options)
    return of_operand(x, function(g, shape)
      return core.conv2d_input_gradient(g, k, shape, options)
    end)
  end,
  function(_, x, k, options)
    return of_operand(k, function(g, shape)
      return core.conv2d_kernel_gradient(g, x, shape, options)
    end)
  end,
})

traced.define("conv2d_input_gradient", {
  function(_, h, k, _, options)
    return of_operand(h, function(g) return core.conv2d(g, k, options) end)
  end,
  function(_, h, k, _, options)
    return of_operand(k, function(g, shape)
      return core.conv2d_kernel_gradient(h, g, shape, options)
    end)
  end,
})

traced.define("conv2d_kernel_gradient", {
  function(_, h, x, _, options)
    return of_operand(h, function(g) return core.conv2d(x, g, options) end)
  end,
  function(_, h, x, _, options)
    return of_operand(x, function(g, shape)
      return core.conv2d_input_gradient(h, g, shape, options)
    end)
  end,
})

traced.compose("max_pool2d", function(a, size, options)
  traced.innermost({ a }, 1) -- raises after the tape's end
  local node, inner, shape = a._node, a._value, a.shape
  local y, positions = core.max_pool2d_with_positions(plain(a), size, options)
  if traced.is(inner) then
    y = core.pool_gather(inner, positions)
  end
  return traced.new(y, {
    node, function(g) return core.pool_scatter(g, positions, shape) end, tape = node.tape,
  })
end)

traced.define("avg_pool2d", {
  function(_, like, size, options)
    local shape = like.shape
    return function(g) return core.avg_pool2d_gradient(g, size, shape, options) end
  end,
})

traced.define("avg_pool2d_gradient", {
  function(_, _, size, _, options)
    return function(g) return core.avg_pool2d(g, size, options) end
  end,
})

-- --- the notebook's kernels ---------------------------------------------------------------------

local ACTIVATIONS = {
  sigmoid = core.sigmoid, tanh = core.tanh, relu = core.relu, leaky_relu = core.leaky_relu,
  gelu = core.gelu,
}

--- g times the derivative of an activation at its output, as the kernels compute it, or at its
--- argument, which `z` computes.
local DERIVATIVES = {
  sigmoid = function(g, a) return g * (a * (1 - a)) end,
  tanh = function(g, a) return g * (1 - a * a) end,
  relu = function(g, a) return g * plain(a):gt(0) end,
  leaky_relu = function(g, a) return core.where(plain(a):gt(0), g, 0.01 * g) end,
  gelu = function(g, _, z) return g * core.gelu_derivative(z()) end,
}

--- The argument of a layer's activation.
local function argument(before, weights, i)
  return core.dot(before, weights["W" .. i].T) + weights["b" .. i]
end

--- The number of layers of weights W1, b1, W2, b2, ...; 0 for what is no table of them.
local function count_layers(weights)
  local n = 0
  while type(weights) == "table" and rawget(weights, "W" .. n + 1) ~= nil do
    n = n + 1
  end
  return n
end

--- The activation of each hidden layer, by name.
local function activations_of(weights, layers)
  local given = weights.activation
  local names = {}
  for i = 1, layers - 1 do
    names[i] = type(given) == "table" and given[i] or type(given) == "string" and given or "sigmoid"
  end
  return names
end

local function refuse_out(name, out)
  if out ~= nil then
    traced.raise("%s: a traced result can't be written into `out`", name)
  end
end

traced.compose_tables("forward", function(x, weights, out)
  refuse_out("forward", out)
  local layers = count_layers(weights)
  if layers == 0 then
    return core.forward(traced.plain_deep(x), traced.plain_deep(weights)) -- raises
  end
  local names = activations_of(weights, layers)
  local result, a = {}, x
  for i = 1, layers do
    local z = argument(a, weights, i)
    a = i < layers and ACTIVATIONS[names[i]](z) or core.softmax(z)
    result["A" .. i] = a
  end
  return result
end)

--- The last array of a table of activations; another value as it is.
local function last_activation(activations)
  if type(activations) ~= "table" or traced.is(activations) or activations.A1 == nil then
    return activations
  end
  local n = 1
  while activations["A" .. n + 1] do
    n = n + 1
  end
  return activations["A" .. n]
end

traced.compose_tables("cross_entropy", function(activations, y)
  core.cross_entropy(traced.plain_deep(activations), traced.plain_deep(y)) -- raises for a misfit
  local a = traced.array(last_activation(activations))
  return -(rows_of(y, a) * core.log(a + 1e-9)):sum() / plain(a).shape[1]
end)

traced.compose_tables("gradient", function(x, y, activations, weights, out)
  refuse_out("gradient", out)
  local layers = count_layers(weights)
  if layers == 0 or type(activations) ~= "table" or rawget(activations, "A" .. layers) == nil then
    local plain_deep = traced.plain_deep
    return core.gradient(plain_deep(x), plain_deep(y), plain_deep(activations),
      plain_deep(weights))
  end
  local names = activations_of(weights, layers)
  local last = activations["A" .. layers]
  local dz, result = (last - rows_of(y, last)) / plain(last).shape[1], {}
  for i = layers, 1, -1 do
    local before = i > 1 and activations["A" .. i - 1] or x
    result["dW" .. i] = core.dot(dz.T, before)
    result["db" .. i] = dz:sum(1, true)
    if i > 1 then
      local da = core.dot(dz, weights["W" .. i])
      dz = DERIVATIVES[names[i - 1]](da, before, function()
        return argument(i > 2 and activations["A" .. i - 2] or x, weights, i - 1)
      end)
    end
  end
  return result
end)
