-- Contenders of a benchmark: measured in turn, shown in a table.
--
-- Each has a name and a function, which returns the seconds of each repetition and, where a
-- process of its own ran them, that one's peak memory in MB.

local timing = require "timing"

local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"
local here = arg[0]:match "^(.*)/" or "."

local Contenders = {}
Contenders.__index = Contenders

local contenders = {}

function contenders.new()
  return setmetatable({}, Contenders)
end

function contenders.python_has(module)
  return os.execute(("%s -c 'import %s' 2>/dev/null"):format(PYTHON, module)) == true
end

--- What bench_notebook.py measures, with those arguments.
function contenders.in_python(...)
  local command = ("%s %s/bench_notebook.py '%s'"):format(PYTHON, here,
    table.concat({ ... }, "' '"))
  return function()
    local times = {}
    for line in io.popen(command):lines() do
      times[#times + 1] = tonumber(line)
    end
    return times, table.remove(times)
  end
end

function Contenders:add(name, run)
  self[#self + 1] = { name = name, run = run, medians = {} }
end

--- Runs each of them, and that `rounds` times; leaves `median` and `megabytes` in each.
function Contenders:run(rounds)
  for _ = 1, rounds do
    for _, c in ipairs(self) do
      local times, megabytes = c.run()
      c.medians[#c.medians + 1] = timing.median(times)
      c.megabytes = megabytes
      collectgarbage()
    end
  end
  for _, c in ipairs(self) do
    c.median = timing.median(c.medians)
  end
end

--- The medians in ms, and their ratios to the first's.
function Contenders:print(unit)
  print(("%-38s %12s %8s"):format("", unit, "ratio"))
  for _, c in ipairs(self) do
    print(("%-38s %12.1f %8.3f"):format(c.name, c.median * 1e3, c.median / self[1].median))
  end
  print()
end

return contenders
