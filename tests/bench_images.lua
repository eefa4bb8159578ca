-- Times convolution and pooling of images, and their gradients, beside PyTorch's, in turn.
--
--   build/perigee tests/bench_images.lua [rounds=5 seconds=0.3]
--
-- The shapes are those of LeNet's layers: float32, a batch of 128, kernels of 5 x 5, pooling of
-- 2 x 2. The gradients are those by images and kernels, after the forward pass. PyTorch's time is
-- the better of one thread and two. A ratio above 1 means that PyTorch takes longer.

local here = arg[0]:match "^(.*)/" or "."
package.path = here .. "/?.lua;" .. package.path

local pg = require "perigee"
local core = require "perigee.core"
local contenders = require "contenders"
local options = require "perigee.options"
local start_process = require "numpy_process"
local timing = require "timing"

local BATCH = 128
local o = options.read(arg, { rounds = 5, seconds = 0.3 })

--- A name with the channels, the outputs and the side of the images.
local ROWS = {
  { "conv2d", 1, 8, 28 }, { "conv2d with gradients", 1, 8, 28 },
  { "conv2d", 8, 16, 12 }, { "conv2d with gradients", 8, 16, 12 },
  { "max_pool2d", 8, 8, 24 }, { "max_pool2d with gradients", 8, 8, 24 },
  { "max_pool2d", 16, 16, 8 }, { "max_pool2d with gradients", 16, 16, 8 },
}

local function normals(...)
  return pg.randn(...):astype "float32"
end

--- The function that is timed; what it needs is made before.
local function operation(name, channels, outputs, side)
  local x, k = normals(BATCH, channels, side, side), normals(outputs, channels, 5, 5)
  local g, pooled = normals(BATCH, outputs, side - 4, side - 4),
    normals(BATCH, channels, side // 2, side // 2)
  return ({
    ["conv2d"] = function() return x:conv2d(k) end,
    ["conv2d with gradients"] = function()
      return x:conv2d(k), core.conv2d_input_gradient(g, k, x.shape),
        core.conv2d_kernel_gradient(g, x, k.shape)
    end,
    ["max_pool2d"] = function() return x:max_pool2d(2) end,
    ["max_pool2d with gradients"] = function()
      local out, positions = core.max_pool2d_with_positions(x, 2)
      return out, core.pool_scatter(pooled, positions, x.shape)
    end,
  })[name]
end

--- Seconds a call: the median of calls that together take about `total`.
local function ours(row, total)
  local f, times, spent = operation(table.unpack(row)), {}, 0
  f()
  while #times < 5 or spent < total do
    times[#times + 1] = timing.seconds(f)
    spent = spent + times[#times]
  end
  collectgarbage()
  return timing.median(times)
end

local torch = contenders.python_has "torch" and start_process(here .. "/bench_images.py")

--- PyTorch's seconds a call, on one thread or two.
local function theirs(row, total)
  local best = math.huge
  for threads = 1, 2 do
    best = math.min(best, torch(("%s %d %d %d %d %g"):format(row[1], row[2], row[3], row[4],
      threads, total)))
  end
  return best
end

local results = {}
for i = 1, #ROWS do
  results[i] = { ours = {}, torch = {} }
end
for _ = 1, o.rounds do
  for i, row in ipairs(ROWS) do
    table.insert(results[i].ours, ours(row, o.seconds))
    if torch then
      table.insert(results[i].torch, theirs(row, o.seconds))
    end
  end
end

if not torch then
  print "PyTorch is not installed (Debian's python3-torch): ours alone"
end
print(("\nimages, float32, batch %d, %d threads\n%-27s %-17s %10s %10s %7s"):format(BATCH,
  pg.threads(), "", "shape", "Perigee", "PyTorch", "ratio"))
for i, row in ipairs(ROWS) do
  local mine = timing.median(results[i].ours) * 1e3
  local other = torch and timing.median(results[i].torch) * 1e3
  print(("%-27s %-17s %7.3f ms %10s %7s"):format(row[1], ("%d to %d, %d x %d"):format(row[2],
    row[3], row[4], row[4]), mine, other and ("%.3f ms"):format(other) or "-",
    other and ("%.2f"):format(other / mine) or "-"))
end
os.exit(true)
