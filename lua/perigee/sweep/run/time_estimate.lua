--- How long the trials of a study may take: by what the finished ones took, or, where there are
--- none, by beginning some for a moment.

local trial_run = require "perigee.sweep.trial.trial_run"
local core = require "perigee.core"
local executor = require "perigee.sweep.run.executor"
local format = require "perigee.util.format"

local MOST_PROBES = 5
local PATIENCE = 2 -- seconds for all of them

local time_estimate = {}

--- The mean time of the finished trials; nil where there are none.
local function measured(study)
  local sum, count = 0, 0
  for _, id in ipairs(study.trials.ids) do
    if study.store:status(id) == "done" then
      sum, count = sum + study.store:record(id).seconds, count + 1
    end
  end
  return count > 0 and sum / count or nil, count
end

--- Calls f, which is ended when its time is over, whatever it catches. What it prints is not shown.
local function call_until(deadline, f)
  local _ <close> = core.hold_silence()
  local ending <close> = core.hold_ending()
  core.set_ending(ending, "/dev/null", "",
    "perigee: a trial that was begun for a moment ended the process\n")
  return core.call_until(math.max(0, deadline - executor.clock()), f)
end

--- What a trial would take, from its first steps; nil where it makes none in time. And whether it
--- has a training at all.
local function probe(study, index, deadline)
  local item = { index = index }
  local fields = executor.fields(study, item, executor.monitor(study, item, function() end))
  fields.checkpoints, fields.is_probe = nil, true
  local record = call_until(deadline, function()
    return trial_run.run(study.definition.run, study.trials:values(index), fields)
  end)
  return record and record.status == "done" and record.seconds or fields.forecast,
    fields.trainings and fields.trainings > 0, record and record.error
end

--- The same of some of the trials, from one end of the list to the other, as long as there is time.
--- What has no training cannot be begun for a moment, and may leave something behind: one such
--- trial is enough.
local function probed(study, pending)
  local _ <close> = core.hold_interrupts()
  local _ <close> = core.hold_generators()
  local deadline = executor.clock() + PATIENCE
  local sum, count = 0, 0
  local probes = math.min(MOST_PROBES, #pending)
  for k = 1, probes do
    local place = probes > 1 and 1 + (k - 1) * (#pending - 1) // (probes - 1) or 1
    local seconds, has_training, problem = probe(study, pending[place], deadline)
    if problem then
      return nil, 0, ("%s failed: %s"):format(study:label(pending[place]), problem)
    end
    if seconds then
      sum, count = sum + seconds, count + 1
    end
    if not has_training or executor.clock() > deadline then
      break
    end
  end
  return count > 0 and sum / count or nil, count
end

--- How long these trials may take, in words.
---@param study perigee.sweep.study
---@param pending integer[]
---@return string
function time_estimate.text(study, pending)
  if #pending == 0 then
    return "nothing is left to run"
  end
  local mean, count = measured(study)
  local how = ("as long as the %d that are done took"):format(count)
  if not mean then
    local problem
    mean, count, problem = probed(study, pending)
    if problem then
      return "how long they may take is not known: " .. problem
    end
    how = ("by %d of them, begun for a moment"):format(count)
  end
  if not mean then
    return "how long they may take is not known: the first one began no training in time"
  end
  local jobs = math.min(study.options.jobs or 1, #pending)
  return ("about %s (%s)"):format(format.duration(mean * #pending / jobs), how)
end

return time_estimate
