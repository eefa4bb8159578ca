-- Times pg.value_and_grad of ten operations on 10 and on 10,000 elements, and the memory of a deep
-- chain, beside PyTorch's, in turn.
--
--   build/perigee tests/bench_gradients.lua [rounds=7]

local options = require "perigee.options"
local pg = require "perigee"
local uv = require "luv"

local here = arg[0]:match "^(.*)/" or "."

--- The kB of a line of /proc/self/status.
local function status_of(name)
  local file <close> = assert(io.open "/proc/self/status")
  return tonumber(file:read("a"):match(name .. ":%s+(%d+)"))
end

local DEPTH, LENGTH = 100, 1000000

--- Prints the MB that the gradient of a chain of operations takes at most.
local function measure_chain()
  local x = pg.rand(LENGTH):astype "float32"
  local before = status_of "VmRSS"
  pg.grad(function(h)
    for _ = 1, DEPTH do
      h = (h * 1.01 + 0.1):tanh()
    end
    return h:sum()
  end)(x)
  print((status_of "VmHWM" - before) / 1000)
end

if arg[1] == "chain" then
  return measure_chain()
end

local o = options.read(arg, { rounds = 7 })
local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"
local SCRIPT = ("%s '%s/bench_gradients.py'"):format(PYTHON, here)

local function ten_operations(x)
  local h = (x * 2.0 + 1.0):tanh() * x
  h = (h:exp() / (x + 3.0)):sigmoid() - x
  return (h ^ 2):sum()
end

--- Microseconds of a call.
local function time(dtype, n)
  local f, x = pg.value_and_grad(ten_operations), pg.rand(n):astype(dtype)
  local calls = n == 10 and 2000 or 300
  local start = uv.hrtime()
  for _ = 1, calls do
    f(x)
  end
  return (uv.hrtime() - start) / calls / 1000
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

--- The number that a command prints.
local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return tonumber(pipe:read "a")
end

local has_torch = os.execute(PYTHON .. " -c 'import torch' 2>/dev/null")
if not has_torch then
  print "PyTorch isn't installed: Perigee's times alone"
end

print(("%-36s %10s %10s %7s"):format("value_and_grad of ten operations", "Perigee us", "PyTorch us",
  "ratio"))
for _, dtype in ipairs { "float32", "float64" } do
  for _, n in ipairs { 10, 10000 } do
    local own, torch = {}, { {}, {} }
    for round = 1, o.rounds do
      own[round] = time(dtype, n)
      for threads = 1, has_torch and 2 or 0 do
        torch[threads][round] = output_of(("%s time %s %d %d"):format(SCRIPT, dtype, n, threads))
      end
    end
    local mine = median(own)
    local theirs = has_torch and math.min(median(torch[1]), median(torch[2]))
    print(("%-36s %10.1f %10s %7s"):format(("%d elements, %s"):format(n, dtype), mine,
      theirs and ("%.1f"):format(theirs) or "", theirs and ("%.2f"):format(mine / theirs) or ""))
  end
end

local mine = output_of(("'%s' '%s/bench_gradients.lua' chain"):format(uv.exepath(), here))
local theirs = has_torch and output_of(SCRIPT .. " chain")
print(("%d times tanh(1.01 h + 0.1), %d float32: peak %.0f MB%s"):format(DEPTH, LENGTH, mine,
  theirs and (", PyTorch %.0f MB"):format(theirs) or ""))
