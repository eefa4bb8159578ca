--- How long the trials of a study may take: by what the finished ones took, or, where there are
--- none, by beginning some for a moment.

local runner = require "perigee.sweep.runner"
local attempt = require "perigee.sweep.attempt"
local words = require "perigee.sweep.words"

local MOST_PROBES = 5
local PATIENCE = 2 -- seconds for each

local forecast = {}

--- The mean time of the finished trials; nil where there are none.
local function measured(study)
  local sum, count = 0, 0
  for _, id in ipairs(study.roster.ids) do
    if study.store:status(id) == "done" then
      sum, count = sum + study.store:record(id).seconds, count + 1
    end
  end
  return count > 0 and sum / count or nil, count
end

--- Calls f with a look at the clock now and then, which ends it when its time is over.
local function with_limit(seconds, f)
  local deadline = runner.clock() + seconds
  debug.sethook(function()
    if runner.clock() > deadline then
      debug.sethook()
      error("its time is over", 0)
    end
  end, "", 100000)
  local record = f()
  debug.sethook()
  return record
end

--- Calls f; what it prints meanwhile is not shown.
local function unheard(f)
  local print_before, write_before = print, io.write
  local function nothing() end
  local _ <close> = setmetatable({}, { __close = function() -- after Ctrl-C, too
    print, io.write = print_before, write_before -- luacheck: ignore
  end })
  print, io.write = nothing, nothing -- luacheck: ignore
  return (f())
end

--- What a trial would take, from its first steps; nil where it makes none in time. And whether it
--- has a training at all.
local function probe(study, index)
  local item = { index = index }
  local fields = runner.fields(study, item, runner.monitor(study, item, function() end))
  fields.checkpoints, fields.is_probe = nil, true
  local record = with_limit(PATIENCE, function()
    return unheard(function()
      return attempt.run(study.definition.run, study.roster:values(index), fields)
    end)
  end)
  return record.status == "done" and record.seconds or fields.forecast, fields.trainings > 0
end

--- The same of some of the trials, from one end of the list to the other. What has no training
--- cannot be begun for a moment, and may leave something behind: one such trial is enough.
local function probed(study, pending)
  local sum, count = 0, 0
  local probes = math.min(MOST_PROBES, #pending)
  for k = 1, probes do
    local place = probes > 1 and 1 + (k - 1) * (#pending - 1) // (probes - 1) or 1
    local seconds, has_training = probe(study, pending[place])
    if seconds then
      sum, count = sum + seconds, count + 1
    end
    if not has_training then
      break
    end
  end
  return count > 0 and sum / count or nil, count
end

--- How long these trials may take, in words.
---@param study perigee.sweep.study
---@param pending integer[]
---@return string
function forecast.text(study, pending)
  if #pending == 0 then
    return "nothing is left to run"
  end
  local mean, count = measured(study)
  local how = ("as long as the %d that are done took"):format(count)
  if not mean then
    mean, count = probed(study, pending)
    how = ("by %d of them, begun for a moment"):format(count)
  end
  if not mean then
    return "how long they may take is not known: the first one began no training in time"
  end
  return ("about %s (%s)"):format(words.duration(mean * #pending), how)
end

return forecast
