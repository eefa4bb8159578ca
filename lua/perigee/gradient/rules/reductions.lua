--- Rules of reductions and of sums along an axis.
--
-- y is the result, a the array, g the gradient of the result. `axis` is nil for all axes, a number,
-- or a list.

local choose = require "perigee.gradient.rules.choose"
local core = require "perigee.core"
local gradient = require "perigee.gradient.trace.gradient"
local traced = require "perigee.gradient.trace.traced"
local types = require "perigee.util.types"

local plain = traced.plain
local broadcast_to = core.broadcast_to

--- The axis and the options, which may stand in the axis's place.
local function settle(axis, options)
  if type(axis) == "table" and axis[1] == nil and next(axis) then
    return nil, axis
  end
  return axis, options
end

--- A result of a reduction with the axes of length 1 that were dropped.
local function unreduce(value, a, axis)
  if axis == nil or not types.is_array(plain(value)) then
    return value
  end
  local shape = plain(a).shape
  for _, each in ipairs(type(axis) == "table" and axis or { axis }) do
    shape[each < 0 and each + 1 + #shape or each] = 1
  end
  return value:reshape(shape)
end

--- The number of elements of a that are reduced to one of y.
local function count(y, a)
  y, a = plain(y), plain(a)
  return a.size / (types.is_array(y) and y.size or 1)
end

--- The backward function of a reduction: f(g, y, a, axis, options) is the gradient, where g and y
--- broadcast to a.
local function reduction(name, f)
  traced.define(name, {
    function(y, a, axis, options)
      axis, options = settle(axis, options)
      options = type(options) == "table" and options or {}
      return function(g)
        return f(unreduce(g, a, axis), unreduce(y, a, axis), a, axis, options, count(y, a))
      end
    end,
  })
  traced.take_number(name)
end

for name, is_mean in pairs { sum = false, mean = true } do
  traced.define(name, {
    function(_, like, axis, options)
      axis = settle(axis, options)
      return function(g)
        local each = is_mean and g / count(g, like) or g
        return broadcast_to(unreduce(each, like, axis), like)
      end
    end,
  })
  traced.take_number(name)
end

--- a less its means along the axes that are reduced.
local function centred(a, axis)
  return a - unreduce(core.mean(a, axis), a, axis)
end

reduction("var", function(g, _, a, axis, options, n)
  return g * centred(a, axis) * (2 / (n - (options.ddof or 0)))
end)

--- y, but 1 where it is 0, for a quotient whose other part is 0 there.
local function not_0(y)
  return choose.where(core.eq(y, 0), 1.0, y)
end

reduction("std", function(g, y, a, axis, options, n)
  return g / not_0(y) * centred(a, axis) / (n - (options.ddof or 0))
end)

reduction("norm", function(g, y, a)
  return g / not_0(y) * a
end)

--- The gradient of the greatest or least elements: equal ones share it.
local function of_extremes(g, y, a, axis)
  local is_extreme = core.eq(a, y)
  local equals = unreduce(core.sum(is_extreme, axis), a, axis)
  return broadcast_to(g / equals, plain(a)) * is_extreme
end

reduction("max", of_extremes)
reduction("min", of_extremes)

reduction("ptp", function(g, _, a, axis)
  local greatest, least = core.max(a, axis), core.min(a, axis)
  return of_extremes(g, unreduce(greatest, a, axis), a, axis)
    - of_extremes(g, unreduce(least, a, axis), a, axis)
end)

reduction("nansum", function(g, _, a)
  return choose.where(core.isnan(a), 0.0, broadcast_to(g, plain(a)))
end)

reduction("nanmean", function(g, _, a, axis)
  local n = unreduce(core.sum(~core.isnan(a), axis), a, axis)
  return choose.where(core.isnan(a), 0.0, broadcast_to(g / n, plain(a)))
end)

-- --- cumulative sums and products ---------------------------------------------------------------

--- The sums from each element to the last one along an axis.
local function sums_behind(g, axis)
  return g:flip(axis):cumsum(axis):flip(axis)
end

traced.define("cumsum", {
  function(_, like, axis)
    local shape = like.shape
    return function(g)
      return sums_behind(g, axis or 1):reshape(shape)
    end
  end,
})

traced.take_number "cumsum"

--- A view or copy of an array whose axes are merged into one, the last, and the function that takes
--- an array of that form back to the first one's.
local function merge_axes(a, axis)
  local shape, rank = plain(a).shape, plain(a).ndim
  if axis == nil then
    return a:reshape(-1), function(merged)
      return merged:reshape(shape)
    end
  end
  local is_merged, order, back, lengths = {}, {}, {}, {}
  for _, each in ipairs(type(axis) == "table" and axis or { axis }) do
    is_merged[each < 0 and each + 1 + rank or each] = true
  end
  for _, wanted in ipairs { false, true } do
    for i = 1, rank do
      if (is_merged[i] or false) == wanted then
        order[#order + 1] = i
        back[i] = #order
        lengths[#order] = shape[i]
      end
    end
  end
  local kept = rank - #(type(axis) == "table" and axis or { axis })
  local merged_shape = table.move(lengths, 1, kept, 1, {})
  merged_shape[kept + 1] = -1
  return a:transpose(table.unpack(order)):reshape(merged_shape), function(merged)
    return merged:reshape(lengths):transpose(table.unpack(back))
  end
end

--- 1, a1, a1 a2, ... along the last axis.
local function products_before(a)
  local n = plain(a).shape[-1]
  local before = a:take(core.maximum(core.range(0, n - 1), 1), -1)
  return choose.where(core.range(1, n):eq(1), 1.0, before):cumprod(-1)
end

--- The product of all other elements along the last axis, for each element.
local function products_of_others(a)
  return products_before(a) * products_before(a:flip(-1)):flip(-1)
end

reduction("prod", function(g, y, a, axis)
  if core.all(core.ne(a, 0)) then
    return g * (y / a)
  end
  local merged, back = merge_axes(a, axis)
  return g * back(products_of_others(merged))
end)

--- The gradient of cumulative products along the last axis, where elements may be 0: element k
--- depends on element i by the product of the others up to k.
local function of_products(g, a)
  local n = plain(a).shape[-1]
  local others = choose.where(core.eye(n, "bool"), 1.0, a:expand_dims(-2)):cumprod(-1)
  local is_behind = core.triu(core.ones(n, n)):eq(1)
  return choose.where(is_behind, others * g:expand_dims(-2), 0.0):sum(-1)
end

traced.define("cumprod", {
  function(y, a, axis)
    return function(g)
      if core.all(core.ne(a, 0)) then
        return sums_behind(g * y, axis or 1):reshape(plain(a).shape) / a
      elseif not axis then
        return of_products(g, a:reshape(-1)):reshape(plain(a).shape)
      end
      return of_products(g:swapaxes(axis, -1), a:swapaxes(axis, -1)):swapaxes(axis, -1)
    end
  end,
})

traced.compose("diff", function(a, n, axis)
  if type(plain(a)) == "number" or plain(a).ndim == 0 then
    return core.diff(plain(a), n, axis) -- raises
  end
  axis = axis or -1
  local position = axis < 0 and axis + 1 + a.ndim or axis
  for _ = 1, math.min(n or 1, plain(a).shape[axis] or 1) do
    local behind, before = {}, {}
    for i = 1, position - 1 do
      behind[i], before[i] = {}, {}
    end
    behind[position], before[position] = { 2, -1 }, { 1, -2 }
    a = a[behind] - a[before]
  end
  return a
end)

-- --- quantiles ----------------------------------------------------------------------------------

--- Quantiles by sorting, linear between neighbours: of a's last axis, q (0 to 1, a vector) last.
local function quantiles(a, q)
  local n = a.shape[-1]
  local position = q * (n - 1)
  local low = position:floor()
  local lower = a:take((low + 1):astype "int64", -1)
  local upper = a:take(core.minimum(low + 2, n):astype "int64", -1)
  return lower + (upper - lower) * (position - low):astype(a.dtype)
end

--- The backward function of quantiles, which computes them again, by operations that have rules.
local function quantile_backward(y, a, q, axis, options)
  axis = settle(axis, options)
  q = core.array(q)
  return function(g)
    return gradient.grad(function(x)
      local values = quantiles(merge_axes(x, axis):sort(-1), q:reshape(-1))
      if q.ndim > 0 and types.is_array(plain(y)) then
        local order = core.range(1, values.ndim - 1):tolist()
        values = values:transpose(values.ndim, table.unpack(order)):reshape(plain(y).shape)
      elseif types.is_array(plain(y)) then
        values = values:reshape(plain(y).shape)
      end
      return (values * g):sum()
    end)(a)
  end
end

traced.define("quantile", {
  function(y, a, q, axis, options)
    return quantile_backward(y, a, q, axis, options)
  end,
})

traced.define("percentile", {
  function(y, a, q, axis, options)
    return quantile_backward(y, a, core.array(q) / 100, axis, options)
  end,
})

traced.define("median", {
  function(y, a, axis, options)
    return quantile_backward(y, a, 0.5, axis, options)
  end,
})

for _, name in ipairs { "cumprod", "quantile", "percentile", "median" } do
  traced.take_number(name)
end

-- --- covariances --------------------------------------------------------------------------------

--- Covariances of the rows of x, as the core computes them.
local function covariances(x, ddof)
  local c = x - x:mean(2, true)
  return c:matmul(c.T) / (x.shape[2] - ddof)
end

--- Defines cov or corrcoef by a function of the variables, which are rows.
local function covariance(name, f)
  traced.compose(name, function(a, b, options)
    if type(b) == "table" and not traced.is(b) and next(b) and b[1] == nil then
      b, options = nil, b
    end
    options = options or {}
    local function rows(v)
      v = traced.array(v)
      v = (v.ndim == 1 and v:reshape(1, -1) or v):astype "float64"
      return options.rowvar == false and v.shape[1] > 1 and v.T or v
    end
    local x = b and core.concat({ rows(a), rows(b) }, 1) or rows(a)
    local c = f(x, options)
    return c.size == 1 and c:reshape(1)[1] or c
  end, 2)
end

covariance("cov", function(x, options)
  return covariances(x, options.ddof or 1)
end)

covariance("corrcoef", function(x)
  local c = covariances(x, 1)
  local deviations = c:diag():sqrt()
  return c / deviations:reshape(-1, 1) / deviations
end)
