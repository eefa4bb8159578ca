--- The columns of a study's results besides parameters and metrics, which can't have their names.

local collections = require "perigee.util.collections"

local columns = {}

--- The columns of results.csv between the parameters and the metrics.
columns.RESULTS = { "repeat", "seed" }

--- The columns of curves.csv.
columns.CURVES = { "repeat", "seed", "iteration" }

local reserved = collections.merge(collections.set(columns.RESULTS),
  collections.set(columns.CURVES))

--- Tells if a name is one of these columns.
---@param name any
---@return boolean
function columns.is_reserved(name)
  return reserved[name] == true
end

return columns
