--- The rules of all operations, and those that have none.
require "perigee.gradient.rules.elementwise"
require "perigee.gradient.rules.reductions"
require "perigee.gradient.rules.shapes"
require "perigee.gradient.rules.selection"
require "perigee.gradient.rules.linear_algebra"
require "perigee.gradient.rules.networks"
require "perigee.gradient.rules.constants"

local traced = require "perigee.gradient.trace.traced"

for _, name in ipairs {
  "array_split", "astype", "cols", "corrcoef", "cov", "diag", "diff", "full_like", "get", "hstack",
  "matrix", "pad", "repeat_interleave", "rows", "tile", "topk", "vstack",
} do
  traced.check_by_core(name)
end

return traced.operations
