--- Operations without rules: those whose results are constants, that write in place, and the rest.

local core = require "perigee.core"
local traced = require "perigee.gradient.traced"

--- Their results don't change with small changes of the arguments, or aren't numbers.
local CONSTANTS = {
  "accuracy", "all", "allclose", "any", "argmax", "argmin", "argsort", "argwhere", "array_equal",
  "bincount", "ceil", "checksum", "count_nonzero", "dropout_mask", "eq", "floor", "ge", "gt",
  "histogram", "isfinite", "isinf", "isnan", "item", "labels", "le", "lt", "max_pool2d_positions",
  "ne", "nonzero", "onehot", "ones_like", "round", "save", "sign", "tolist", "zeros_like",
}

local IN_PLACE = {
  "add_", "axpy_", "div_", "fill_", "free", "mul_", "set", "shuffle", "sub_", "update",
}

for _, name in ipairs(CONSTANTS) do
  traced.constant(name, core[name])
end

for _, name in ipairs(IN_PLACE) do
  traced.refuse(name, "writes in place, which a traced value doesn't allow: compute a new one")
end

traced.refuse("__newindex", "a traced value can't be written into an array: pg.where, pg.concat "
  .. "and pg.stack make a new one")
