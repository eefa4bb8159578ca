--- Operations without rules: those whose results are constants, that write in place, and the rest.

local core = require "perigee.core"
local traced = require "perigee.gradient.trace.traced"

--- Their results don't change with small changes of the arguments, or aren't numbers.
local CONSTANTS = {
  "accuracy", "all", "allclose", "any", "argmax", "argmin", "argsort", "argwhere", "array_equal",
  "ceil", "checksum", "count_nonzero", "dropout_mask", "eq", "floor", "ge", "gt", "histogram",
  "isfinite", "isinf", "isnan", "item", "labels", "le", "lt", "max_pool2d_positions",
  "max_pool2d_with_positions", "ne", "nonzero", "onehot", "ones_like", "round", "save", "sign",
  "tolist", "zeros_like",
}

local IN_PLACE = {
  "add_", "axpy_", "div_", "fill_", "free", "mul_", "set", "shuffle", "sub_", "update",
}

--- Why the others have no rule. They raise, with their name, where they meet a traced value.
local WITHOUT_RULE = {
  unique = "the result's length depends on the values",
  __band = "takes integers", __bor = "takes integers", __bxor = "takes integers",
  __bnot = "takes integers",
  zeros = "takes lengths", ones = "takes lengths", eye = "takes a length",
  range = "counts", arange = "refuses every argument", linspace = "its ends are plain numbers",
  indices = "takes lengths", threads = "takes a number of threads",
  rand = "draws", randn = "draws", randint = "draws", uniform = "draws", normal = "draws",
  choice = "draws", permutation = "draws", seed = "draws", random = "draws",
  get_state = "draws", set_state = "draws", initialization = "draws",
  load = "reads files", load_png = "reads files", exists = "reads files", write = "takes a text",
  info = "takes nothing",
  form = "looks at forms", has_form = "looks at forms", distinct = "reads texts",
  column_scale = "is of a data set", scale_columns = "is of a data set",
  split_rows = "is of a data set",
}

for _, name in ipairs(CONSTANTS) do
  traced.constant(name, core[name])
end

for _, name in ipairs(IN_PLACE) do
  traced.refuse(name, "writes in place, which a traced value doesn't allow: compute a new one")
end

traced.refuse("__newindex", "a traced value can't be written into an array: pg.where, pg.concat "
  .. "and pg.stack make a new one")

return { constants = CONSTANTS, in_place = IN_PLACE, without_rule = WITHOUT_RULE }
