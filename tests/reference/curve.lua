-- The data that curve.py trained on, made again from its seeds, and the curves
-- that it saved.

local pg = require "perigee"

local ROWS, INPUTS, CLASSES = 600, 49, 10
local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."

local curve = { iterations = 100, rate = 0.5, networks = { one = 16, two = { 16, 12 } } }

function curve.labels()
  return pg.range(0, ROWS - 1) % CLASSES
end

--- (600, 49) uint8, ten patterns seen through noise.
function curve.pixels()
  local g = pg.random(7)
  local patterns = (g:rand(CLASSES, INPUTS) - 0.5):clip(0, 1) * 2
  local noise = g:rand(ROWS, INPUTS)
  return (patterns:take(curve.labels() + 1) * noise * 255):astype("uint8")
end

--- The archive: marks, pixels, one_cost, one_accuracy, one_W1, ..., two_cost, ...
function curve.reference()
  return assert(pg.load(HERE .. "/curve.npz"))
end

return curve
