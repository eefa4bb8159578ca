--- pg.standardise: columns of mean 0 and standard deviation 1.

local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local core = require "perigee.core"

local standardise = {}

--- A number or array of `like`.
local function member(like, name)
  local value = like[name]
  if math.type(value) or types.is_array(value) or type(value) == "table" then
    return value
  end
  errors.fail("like is {mean = ..., std = ...}, as standardise returns it: its %s is %s", name,
    errors.describe(value))
end

local function apply(x, like)
  local array = types.is_array(x) and x or core.array(x)
  local mean, std
  if like == nil then
    mean, std = core.column_scale(array)
  elseif type(like) ~= "table" and (type(like) ~= "userdata" or types.is_array(like)) then
    errors.fail("like is {mean = ..., std = ...}, as standardise returns it, not %s",
      errors.describe(like))
  else
    mean, std = member(like, "mean"), member(like, "std")
  end
  local out = core.scale_columns(array, mean, std)
  if array.ndim == 1 and like == nil then
    mean, std = mean:item(), std:item()
  end
  return { out, like or { mean = mean, std = std } }
end

--- Subtracts each column's mean and divides by its standard deviation, as scikit-learn's
--- StandardScaler. Returns the result, and the means and deviations, which `like` applies to new
--- data: those for testing must be scaled as those for training were. `pg.save` writes them, and
--- `pg.load` reads them.
---
--- The deviation is the population's. A constant column gets the deviation 1, so that it becomes 0.
--- NaN counts as missing: it is left out of the means, and stays NaN. An infinite number raises,
--- with its row and column, and so do numbers whose sum is beyond float64. float32 stays float32,
--- other dtypes become float64. Means and deviations are computed in float64.
---
---     z, scale = pg.standardise{{1, 5}, {3, 5}}
---     z
---     --> [[-1.,  0.],
---     -->  [ 1.,  0.]] float64 (2, 2)
---     scale.mean, scale.std
---     --> [2., 5.] float64 (2,)  [1., 1.] float64 (2,)
---     (pg.standardise({{5, 6}}, scale))  --> [[3., 1.]] float64 (1, 2)
---     pg.save("scale.npz", scale)        --> true
---     (pg.standardise({{5, 6}}, pg.load "scale.npz"))
---     --> [[3., 1.]] float64 (1, 2)
---@param x perigee.like  (n, ...)
---@param like? { mean: perigee.like, std: perigee.like }  the second result of another call, or an
---   archive of it
---@return perigee.array
---@return { mean: perigee.array, std: perigee.array }  # float64, of a row's shape; numbers for x
---   of rank 1
function standardise.standardise(x, like)
  local results, message = errors.try(apply, x, like)
  if not results then
    errors.raise(errors.prefixed("standardise", message))
  end
  return results[1], results[2]
end

return standardise
