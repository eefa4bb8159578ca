-- What a study costs beside what its trials do.
--
--   build/perigee tests/bench_sweep.lua [rounds=7 iterations=200 hidden=25,50 data=mnist]
--
-- The time and the peak memory of studies of 1000 and 10000 trivial trials, each in a process of
-- its own; and the time of a study of trainings, with reports, beside that of the same loops
-- without one, in turn.

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local pg = require "perigee"
local options = require "perigee.options"
local sweep = require "perigee.sweep"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, {
  rounds = 7, iterations = 200, repeats = 2, hidden = { 25, 50 }, data = "mnist",
})

local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/bench-XXXXXX"))

-- --- trivial trials ----------------------------------------------------------------

local TRIVIAL = [[
local sweep = require "perigee.sweep"
local a, b = {}, {}
for i = 1, 100 do a[i] = i end
for i = 1, tonumber(os.getenv "TRIALS") // 100 do b[i] = i end
sweep.new { name = "trivial" .. #b, params = { a = a, b = b }, run = function(p)
  return { y = p.a * p.b + 0.1 }
end }:run()
print(io.open("/proc/self/status"):read("a"):match "VmHWM:%s*(%d+)")
]]

--- Seconds and MB of a process with so many trials.
local function trivial(trials)
  local path, output = folder .. "/trivial.lua", nil
  assert(pg.write(path, TRIVIAL))
  local time = timing.seconds(function()
    local pipe <close> = assert(io.popen(("TRIALS=%d '%s' '%s' --quiet --runs '%s'"):format(trials,
      uv.exepath(), path, folder)))
    output = pipe:read "a"
  end)
  return time, tonumber(output) / 1024
end

-- --- trainings ---------------------------------------------------------------------

local data <close> = assert(pg.dataset(o.data))

local function train(hidden, seed, steps, report)
  local model = pg.Model(data.x_train, data.y_train, {
    hidden = hidden, seed = seed, scale = 1 / 255,
  })
  for i, loss in steps(model) do
    if i % 100 == 0 then
      report(i, { loss = loss, accuracy = model:score(data.x_test, data.y_test) })
    end
  end
end

local function bare()
  local reports = {}
  for _, hidden in ipairs(o.hidden) do
    for k = 1, o.repeats do
      train(hidden, k - 1, function(model)
        return model:steps { iterations = o.iterations }
      end, function(i, metrics)
        reports[#reports + 1] = { i, metrics }
      end)
    end
  end
end

local function studied(round)
  local study = sweep.new {
    name = "round" .. round, runs = folder, arguments = false, data = data,
    params = { hidden = o.hidden }, repeats = o.repeats,
    run = function(p, trial)
      train(p.hidden, trial.seed, function(model)
        return trial:steps(model, { iterations = o.iterations })
      end, function(i, metrics)
        trial:report(i, metrics)
      end)
    end,
  }
  assert(study:run { quiet = true })
end

-- --- the run -----------------------------------------------------------------------

for _, trials in ipairs { 1000, 10000 } do
  local time, megabytes = trivial(trials)
  print(("%5d trivial trials: %5.2f s, %5.1f MB at the peak"):format(trials, time, megabytes))
end

bare() -- x is compressed once for all
local times, ratios = { bare = {}, studied = {} }, {}
for round = 1, o.rounds do
  times.bare[round] = timing.seconds(bare)
  times.studied[round] = timing.seconds(function() studied(round) end)
  ratios[round] = times.studied[round] / times.bare[round]
end
print(("%d trainings of %d iterations, medians of %d rounds in turn: bare %.2f s, as a study "
  .. "%.2f s; the median of the ratios %.4f"):format(#o.hidden * o.repeats, o.iterations, o.rounds,
  timing.median(times.bare), timing.median(times.studied), timing.median(ratios)))
os.execute(("rm -r '%s'"):format(folder))
