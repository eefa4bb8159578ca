-- Times the training steps of models with a forward function of their own, and their peak memory,
-- beside PyTorch's, in turn.
--
--   build/perigee tests/bench_models.lua [rounds=7 models=lenet,dense]
--
-- A step takes 128 random rows of 60,000 images of bytes, converts and scales them, and makes an
-- update with Adam, in float32. Each measurement is a process of its own, which makes blocks of
-- steps and prints the median milliseconds of a step; PyTorch's time is the better of one thread
-- and two. Memory is the process's peak, and what of it came after the data were made.

local here = arg[0]:match "^(.*)/" or "."
package.path = here .. "/?.lua;" .. package.path

local options = require "perigee.options"
local pg = require "perigee"
local timing = require "timing"
local uv = require "luv"

local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"
local ROWS, BATCH, STEPS, BLOCKS = 60000, 128, 50, 8

-- --- models ---------------------------------------------------------------------

local models = {}

function models.lenet()
  return {
    K1 = pg.randn(8, 1, 5, 5) * 0.3, b1 = pg.zeros(8, 1, 1),
    K2 = pg.randn(16, 8, 5, 5) * 0.1, b2 = pg.zeros(16, 1, 1),
    W = pg.randn(256, 10) * 0.06, b = pg.zeros(10),
  }, function(w, x)
    local a = x:reshape(-1, 1, 28, 28)
    a = (a:conv2d(w.K1) + w.b1):relu():max_pool2d(2)
    a = (a:conv2d(w.K2) + w.b2):relu():max_pool2d(2)
    return a:flatten(2):dot(w.W) + w.b
  end
end

function models.dense()
  return {
    W1 = pg.randn(784, 100) * 0.05, b1 = pg.zeros(100), W2 = pg.randn(100, 10) * 0.1,
    b2 = pg.zeros(10),
  }, function(w, x)
    return (x:flatten(2):dot(w.W1) + w.b1):relu():dot(w.W2) + w.b2
  end
end

-- --- a measurement --------------------------------------------------------------

--- The MB of a line of /proc/self/status.
local function megabytes(name)
  local file <close> = assert(io.open "/proc/self/status")
  return tonumber(file:read("a"):match(name .. ":%s+(%d+)")) / 1000
end

--- Prints the milliseconds of a step, and the two figures of memory.
local function measure(name)
  pg.seed(0)
  local x = pg.random(0):randint(0, 256, ROWS // 100, 28, 28):astype("uint8"):tile(100, 1, 1)
  local y = pg.range(0, ROWS - 1) % 10
  local before = megabytes "VmRSS"
  local weights, forward = models[name]()
  local m = pg.Model(x, y, {
    weights = weights, forward = forward, dtype = "float32", scale = 1 / 255, seed = 0,
  })
  local times, start = {}, nil
  for i in m:steps { iterations = (BLOCKS + 1) * STEPS, batch = BATCH, optimizer = "adam" } do
    if i % STEPS == 0 then
      local now = uv.hrtime()
      times[#times + 1] = start and (now - start) / STEPS / 1e6
      start = now
    end
  end
  local peak = megabytes "VmHWM"
  print(timing.median(times), peak, peak - before)
end

if arg[1] == "measure" then
  return measure(arg[2])
end

-- --- all of them ----------------------------------------------------------------

--- The three numbers that a command prints.
local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  local numbers = {}
  for word in pipe:read("a"):gmatch "%S+" do
    numbers[#numbers + 1] = assert(tonumber(word), word)
  end
  assert(#numbers == 3, command)
  return numbers
end

--- The median of one of the numbers of measurements.
local function median(measured, which)
  local list = {}
  for i, numbers in ipairs(measured) do
    list[i] = numbers[which]
  end
  return timing.median(list)
end

local o = options.read(arg, { rounds = 7, models = { "lenet", "dense" } })
local has_torch = os.execute(PYTHON .. " -c 'import torch' 2>/dev/null")
if not has_torch then
  print "PyTorch isn't installed: Perigee's figures alone"
end

print(("%-8s %-18s %10s %7s %12s %14s"):format("model", "", "ms a step", "ratio", "peak MB",
  "behind data MB"))
for _, name in ipairs(o.models) do
  local contenders = {
    { "Perigee", ("'%s' '%s/bench_models.lua' measure %s"):format(uv.exepath(), here, name) },
  }
  for threads = 1, has_torch and 2 or 0 do
    contenders[threads + 1] = {
      ("PyTorch, %d thread%s"):format(threads, threads > 1 and "s" or ""),
      ("%s '%s/bench_models.py' %s %d"):format(PYTHON, here, name, threads),
    }
  end
  for _ = 1, o.rounds do
    for _, contender in ipairs(contenders) do
      contender.measured = contender.measured or {}
      table.insert(contender.measured, output_of(contender[2]))
    end
  end
  local first = median(contenders[1].measured, 1)
  for _, contender in ipairs(contenders) do
    local ms = median(contender.measured, 1)
    print(("%-8s %-18s %10.2f %7.2f %12.0f %14.0f"):format(name, contender[1], ms, first / ms,
      median(contender.measured, 2), median(contender.measured, 3)))
  end
end
