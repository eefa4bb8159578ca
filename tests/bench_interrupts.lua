-- How soon Ctrl-C ends what the core computes: from the signal to the error that a script catches.
--
--   build/perigee tests/bench_interrupts.lua [rounds=3]

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local interrupts = require "interrupts"
local options = require "perigee.options"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, { rounds = 3 })

local all = {}
print(("\nCtrl-C, from the signal to the error, ms, %d rounds\n\n%-20s %8s %8s"):format(o.rounds,
  "", "median", "longest"))
for _, name in ipairs(interrupts.names()) do
  local times = {}
  for round = 1, o.rounds do
    local seconds, output = interrupts.seconds(uv.exepath(), name)
    assert(seconds, output)
    times[round] = seconds * 1000
    all[#all + 1] = times[round]
  end
  print(("%-20s %8.1f %8.1f"):format(name, timing.median(times), math.max(table.unpack(times))))
end
print(("%-20s %8.1f %8.1f"):format("all", timing.median(all), math.max(table.unpack(all))))
