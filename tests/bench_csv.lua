-- Times pg.read_csv beside pandas.read_csv and numpy.loadtxt, each in a process of its own, in
-- turn: medians of the seconds, and the most memory of a process.
--
--   build/perigee tests/bench_csv.lua [rounds=5]

local here = arg[0]:match "^(.*)/" or "."

--- Prints the seconds of one reading, and the most memory of this process.
local function read_once(path)
  local pg = require "perigee"
  local uv = require "luv"
  local start = uv.hrtime()
  local t = pg.read_csv(path)
  local seconds = (uv.hrtime() - start) * 1e-9
  assert(#t > 0)
  local status <close> = assert(io.open "/proc/self/status")
  print(("%.4f %d"):format(seconds, tonumber(status:read("a"):match "VmHWM:%s+(%d+)") // 1000))
end

if arg[1] == "read" then
  return read_once(arg[2])
end

local options = require "perigee.options"
local uv = require "luv"

local o = options.read(arg, { rounds = 5 })
local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"
local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/bench-XXXXXX"))
local PROGRAM = uv.exepath()
local READERS = {
  { name = "Perigee", command = ("'%s' '%s/bench_csv.lua' read"):format(PROGRAM, here) },
  { name = "pandas", command = ("%s '%s/bench_csv.py' pandas"):format(PYTHON, here),
    module = "pandas" },
  { name = "loadtxt", command = ("%s '%s/bench_csv.py' loadtxt"):format(PYTHON, here),
    module = "numpy" },
}

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

if not os.execute(PYTHON .. " -c 'import numpy' 2>/dev/null") then
  print "no CSV files without NumPy, which draws them"
  return
end
assert(os.execute(("%s '%s/bench_csv.py' draw '%s'"):format(PYTHON, here, folder)))

print(("%-14s %-8s %8s %8s"):format("file", "reader", "ms", "peak MB"))
for _, file in ipairs { "integers", "digits6", "digits18" } do
  local seconds, peaks = {}, {}
  for round = 1, o.rounds do
    for i, reader in ipairs(READERS) do
      seconds[i], peaks[i] = seconds[i] or {}, peaks[i] or {}
      if not reader.module or round > 1 or os.execute(("%s -c 'import %s' 2>/dev/null"):format(
        PYTHON, reader.module)) then
        local pipe <close> = assert(io.popen(("%s '%s/%s.csv'"):format(reader.command, folder,
          file)))
        local time, peak = pipe:read("a"):match "(%S+) (%d+)"
        table.insert(seconds[i], tonumber(time))
        table.insert(peaks[i], tonumber(peak))
      end
    end
  end
  for i, reader in ipairs(READERS) do
    if #seconds[i] > 0 then
      print(("%-14s %-8s %8.0f %8d"):format(file, reader.name, 1000 * median(seconds[i]),
        median(peaks[i])))
    end
  end
end
os.execute(("rm -rf '%s'"):format(folder))
