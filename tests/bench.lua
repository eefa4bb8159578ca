-- Times one iteration of full-batch gradient descent, ours beside others', in turn,
-- and prints medians and ratios; then the whole iteration sweep.
--
--   make bench [ARGS="rounds=5 hidden=100 sweep=false"]
--
-- NumPy and PyTorch are measured where python3 has them. Machines are noisy: only ratios of
-- one run mean something.

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local pg = require "perigee"
local contenders = require "contenders"
local options = require "perigee.options"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, {
  rounds = 5, iterations = 4, hidden = 100, data = "mnist", sweep = true,
})

local here = arg[0]:match("^(.*)/") or "."

local data <close> = assert(pg.dataset(o.data))
local path = data:path()

local seconds = timing.seconds

-- --- contenders: each returns the seconds of o.iterations iterations -------------

local function in_python(what, dtype)
  return contenders.in_python(path, what, dtype, o.hidden, o.iterations)
end

-- A model of its own each time, so that none keeps another's memory alive.
local function in_model(dtype, plan)
  return function()
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = o.hidden, dtype = dtype, seed = 0, scale = 1 / 255, plan = plan,
    })
    local times = {}
    local start = uv.hrtime()
    for i in model:steps { iterations = o.iterations + 1, rate = 0.1 } do
      local now = uv.hrtime()
      times[i] = (now - start) * 1e-9
      start = now
    end
    table.remove(times, 1)
    return times
  end
end

local function by_kernels()
  local x = (data.x_train / 255):reshape(-1, 28 * 28)
  local y = pg.onehot(data.y_train, 10)
  local w = pg.initialization(x, o.hidden)
  local times, a, g = {}, {}, {}
  for i = 0, o.iterations do
    times[i] = seconds(function()
      pg.forward(x, w, a)
      pg.update(w, pg.gradient(x, y, a, w, g), 0.1)
      pg.cross_entropy(a, y)
    end)
  end
  return times
end

-- --- the sweep, in a process of its own --------------------------------------------

--- Its seconds, from the start of the program to its end, and its peak memory in MB.
local function sweep(iterations)
  local runs = os.tmpname() .. ".runs" -- a study that was run before would not be run again
  local script = ([[
    arg = {[0] = "%s/../examples/iteration_sweep.lua", "iterations=%d", "data=%s", "--runs", "%s"}
    dofile(arg[0])
    print(io.open("/proc/self/status"):read("a"):match("VmHWM:%%s*(%%d+)"))
  ]]):format(here, iterations, path, runs)
  local file = os.tmpname()
  local out <close> = assert(io.open(file, "w"))
  out:write(script)
  out:flush()
  local last
  local time = seconds(function()
    for line in io.popen(("'%s' %s 2>/dev/null"):format(arg[-1], file)):lines() do
      last = line
    end
  end)
  os.remove(file)
  os.execute(("rm -rf '%s'"):format(runs))
  return time, tonumber(last) / 1024
end

-- --- the run -------------------------------------------------------------------------

local list = contenders.new()
if contenders.python_has "numpy" then
  list:add("NumPy float64, the notebook", in_python("notebook", "float64"))
  list:add("NumPy float32", in_python("notebook", "float32"))
  list:add("NumPy float32, two bare sgemm", in_python("products", "float32"))
else
  print("NumPy is not installed (Debian's python3-numpy): ours alone")
end
if contenders.python_has "torch" then
  list:add("PyTorch float32", in_python("torch", "float32"))
end
list:add("Perigee, kernel by kernel, float64", by_kernels)
list:add("Perigee, Model, float64, dense", in_model("float64", "dense"))
list:add("Perigee, Model, float32, dense", in_model("float32", "dense"))
list:add("Perigee, Model, float64", in_model "float64")
list:add("Perigee, Model, float32", in_model "float32")

list:run(o.rounds)

local info = pg.info()
print(("784-%d-10, %d rows, %d threads, %s, %s kernels"):format(o.hidden, #data.x_train,
  info.threads, info.blas, info.kernels))
print(("medians of %d rounds of %d iterations, in turn\n"):format(o.rounds, o.iterations))
list:print "ms/iteration"

local first = list[1]
if first.megabytes then
  print(("%-38s %9.0f MB"):format("peak memory, the notebook in NumPy", first.megabytes))
end
local time, megabytes = sweep(o.sweep and 1000 or 20)
print(("%-38s %9.0f MB"):format("peak memory, iteration_sweep.lua", megabytes))
if o.sweep then
  print(("%-38s %9.1f s"):format("iteration_sweep.lua, ten answers", time))
  print(("%-38s %9.1f s, %.0f times as long"):format(first.name .. ", 5500",
    first.median * 5500, first.median * 5500 / time))
end
