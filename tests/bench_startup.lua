-- How long the program takes to start, beside lua5.4: in turn, each process in the place of the
-- others, and the medians of the differences within a round.
--
--   build/perigee tests/bench_startup.lua [rounds=61]
--
-- Ends with status 1 where a bound is not kept.

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local options = require "perigee.options"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, { rounds = 61 })

local PERIGEE, LUA = uv.exepath(), "lua5.4"
local ROOT = PERIGEE:match "^(.*)/[^/]*/" or "."

-- For the module in lua5.4, which has no searcher of ours.
local paths = {
  "LUA_PATH=" .. ROOT .. "/lua/?.lua;" .. ROOT .. "/lua/?/init.lua;;",
  "LUA_CPATH=" .. (PERIGEE:match "^(.*)/" or ".") .. "/?.so;;",
}

-- The first is what the others are compared with; a bound is in ms over it.
local ROWS = {
  { name = 'lua5.4 -e ""', LUA, "-e", "" },
  { name = 'perigee -e ""', bound = 3, PERIGEE, "-e", "" },
  { name = "perigee -e 'require \"perigee\"'", bound = 10, PERIGEE, "-e", 'require "perigee"' },
  { name = "lua5.4 -e 'require \"perigee\"'", LUA, "-e", 'require "perigee"' },
  { name = "perigee -i, the first prompt", PERIGEE, "-i" },
  { name = "lua5.4 -i, the first prompt", LUA, "-i" },
}

--- The milliseconds from the start of a process to its end.
local function milliseconds(row)
  local status
  local start, stop = uv.hrtime(), nil
  assert(uv.spawn(row[1], { args = { table.unpack(row, 2) }, env = paths }, function(code)
    status, stop = code, uv.hrtime()
  end))
  uv.run()
  assert(status == 0, row.name .. " failed")
  return (stop - start) * 1e-6
end

for _, row in ipairs(ROWS) do
  row.times, row.over = {}, {}
  milliseconds(row) -- from now on its files are in memory
end
for round = 1, o.rounds do
  for _, row in ipairs(ROWS) do
    row.times[round] = milliseconds(row)
    row.over[round] = row.times[round] - ROWS[1].times[round]
  end
end

print(("\nstart-up, medians of %d rounds, in turn\n\n%-34s %8s %8s %8s"):format(o.rounds, "", "ms",
  "over", "bound"))
local kept = true
for i, row in ipairs(ROWS) do
  local over = timing.median(row.over)
  local verdict = ""
  if row.bound then
    kept = kept and over <= row.bound
    verdict = ("%8d  %s"):format(row.bound, over <= row.bound and "kept" or "not kept")
  end
  print(("%-34s %8.2f %8s %s"):format(row.name, timing.median(row.times),
    i > 1 and ("%.2f"):format(over) or "", verdict))
end
os.exit(kept)
