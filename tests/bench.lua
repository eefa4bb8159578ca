-- Times one iteration of full-batch gradient descent, ours beside the notebook's
-- in NumPy, in turn, and prints medians and ratios.
--
--   make bench [ARGS="rounds=5 hidden=100"]
--
-- NumPy is measured where python3 has it. Machines are noisy: only ratios of
-- one run mean something.

local pg = require "perigee"
local options = require "perigee.options"
local uv = require "luv"

local o = options.read(arg, { rounds = 5, iterations = 4, hidden = 100, data = "mnist" })

local PYTHON = os.getenv("PYTHON") or "/usr/bin/python3"
local here = arg[0]:match("^(.*)/") or "."

local data <close> = assert(pg.dataset(o.data))
local path = data:path()

local function median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  return (sorted[(#sorted + 1) // 2] + sorted[#sorted // 2 + 1]) / 2
end

local function seconds(f)
  local start = uv.hrtime()
  f()
  return (uv.hrtime() - start) * 1e-9
end

-- --- contenders: each returns the seconds of o.iterations iterations -------------

local function in_numpy(dtype)
  return function()
    local command = ("%s %s/bench_notebook.py '%s' %s %d %d"):format(PYTHON, here, path, dtype,
      o.hidden, o.iterations)
    local times = {}
    for line in io.popen(command):lines() do
      times[#times + 1] = tonumber(line)
    end
    return times, table.remove(times)
  end
end

-- A model of its own each time, so that none keeps another's memory alive.
local function in_model(dtype)
  return function()
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = o.hidden, dtype = dtype, seed = 0, scale = 1 / 255,
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
  local times = {}
  for i = 0, o.iterations do
    times[i] = seconds(function()
      local a = pg.forward(x, w)
      pg.update(w, pg.gradient(x, y, a, w), 0.1)
      pg.cross_entropy(a, y)
    end)
  end
  return times
end

-- --- peak memory of the sweep, in a process of its own ----------------------------

local function sweep_megabytes()
  local script = ([[
    arg = {[0] = "%s/../examples/iteration_sweep.lua", "iterations=20", "data=%s"}
    dofile(arg[0])
    print(io.open("/proc/self/status"):read("a"):match("VmHWM:%%s*(%%d+)"))
  ]]):format(here, path)
  local file = os.tmpname()
  local out <close> = assert(io.open(file, "w"))
  out:write(script)
  out:flush()
  local last
  for line in io.popen(("'%s' %s 2>/dev/null"):format(arg[-1], file)):lines() do
    last = line
  end
  os.remove(file)
  return tonumber(last) / 1024
end

-- --- the run -------------------------------------------------------------------------

local contenders = {
  { name = "NumPy float64, the notebook", run = in_numpy("float64") },
  { name = "NumPy float32", run = in_numpy("float32") },
  { name = "Perigee, kernel by kernel, float64", run = by_kernels },
  { name = "Perigee, Model, float64", run = in_model("float64") },
  { name = "Perigee, Model, float32", run = in_model("float32") },
}

if not os.execute(PYTHON .. " -c 'import numpy' 2>/dev/null") then
  print("NumPy is not installed (Debian's python3-numpy): ours alone")
  table.remove(contenders, 1)
  table.remove(contenders, 1)
end

for _ = 1, o.rounds do
  for _, c in ipairs(contenders) do
    local times, megabytes = c.run()
    c.medians = c.medians or {}
    c.medians[#c.medians + 1] = median(times)
    c.megabytes = megabytes
    collectgarbage()
  end
end

local info = pg.info()
print(("784-%d-10, %d rows, %d threads, %s, %s kernels"):format(o.hidden, #data.x_train,
  info.threads, info.blas, info.kernels))
print(("medians of %d rounds of %d iterations, in turn\n"):format(o.rounds, o.iterations))
print(("%-38s %12s %8s"):format("", "ms/iteration", "ratio"))
local first = median(contenders[1].medians)
for _, c in ipairs(contenders) do
  local m = median(c.medians)
  print(("%-38s %12.1f %8.2f"):format(c.name, m * 1e3, m / first))
end
print()
if contenders[1].megabytes then
  print(("%-38s %9.0f MB"):format("peak memory, the notebook in NumPy", contenders[1].megabytes))
end
print(("%-38s %9.0f MB"):format("peak memory, iteration_sweep.lua", sweep_megabytes()))
