-- Time, for the benchmarks.

local uv = require "luv"

local timing = {}

--- The middle one of some numbers, or the mean of the middle two.
function timing.median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  return (sorted[(#sorted + 1) // 2] + sorted[#sorted // 2 + 1]) / 2
end

--- The seconds that f() takes.
function timing.seconds(f)
  local start = uv.hrtime()
  f()
  return (uv.hrtime() - start) * 1e-9
end

return timing
