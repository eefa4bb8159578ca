--- Estimates how long the trials of a study take: by the time of finished ones, or, if there are
--- none, by probes, trials that are begun for a moment.

local core = require "perigee.core"
local executor = require "perigee.sweep.run.executor"
local external = require "perigee.util.external"
local format = require "perigee.util.format"
local launch = require "perigee.mpi.launch"
local uv = external.require "luv"

local MOST_PROBES = 5
local LIMIT = 2 -- seconds for all probes

local time_estimate = {}

local function clock()
  return uv.hrtime() * 1e-9
end

--- Begins a trial, which is ended at the deadline, whatever it catches; nothing that it prints is
--- shown.
---@return number? seconds  that it would take; nil if it makes no steps in time
---@return boolean has_training
---@return string? problem  why it failed
local function probe(study, index, deadline)
  local trial_run = executor.new_run(study, { index = index }, function() end)
  trial_run.checkpoints, trial_run.is_probe = nil, true
  local values = study.trials:values(index)
  local _ <close> = core.hold_silence()
  local ending <close> = core.hold_ending()
  core.set_ending(ending, "/dev/null", "",
    "perigee: a trial that was begun for a moment ended the process\n")
  local record = core.call_until(math.max(0, deadline - clock()), function()
    return trial_run:run(study.definition.run, values)
  end)
  return record and record.status == "done" and record.seconds or trial_run.estimate,
    trial_run.trainings > 0, record and record.error
end

--- The mean time of a few trials, from one end of the list to the other, as far as LIMIT allows. A
--- trial without a training cannot be begun for a moment, and may have effects: only one is run.
---@return number? mean  nil if no trial tells it
---@return integer count  of the trials that tell it
---@return string? problem  why a trial failed
local function probed(study, pending)
  local _ <close> = core.hold_interrupts()
  local _ <close> = core.hold_generators()
  local deadline, sum, count = clock() + LIMIT, 0, 0
  local probes = math.min(MOST_PROBES, #pending)
  for k = 1, probes do
    local position = probes > 1 and 1 + (k - 1) * (#pending - 1) // (probes - 1) or 1
    local seconds, has_training, problem = probe(study, pending[position], deadline)
    if problem then
      return nil, 0, ("%s failed: %s"):format(study.trials:label(pending[position]), problem)
    elseif seconds then
      sum, count = sum + seconds, count + 1
    end
    if not has_training or clock() > deadline then
      break
    end
  end
  return count > 0 and sum / count or nil, count
end

--- A sentence about how long trials may take.
---@param study perigee.sweep.study
---@param pending integer[]  their indices
---@return string
function time_estimate.text(study, pending)
  if #pending == 0 then
    return "nothing is left to run"
  end
  local sum, count = 0, 0
  for i = 1, study.trials.count do
    if study.store:status(i) == "done" then
      sum, count = sum + study.store:record(i).seconds, count + 1
    end
  end
  local mean, how = sum / count, ("as long as the %d that are done took"):format(count)
  if count == 0 then
    local problem
    mean, count, problem = probed(study, pending)
    how = ("by %d of them, begun for a moment"):format(count)
    if not mean then
      return "how long they may take is not known: "
        .. (problem or "the first one began no training in time")
    end
  end
  local groups = launch.size() // study.definition.ranks_per_trial
  local jobs = math.min(math.max(study.options.jobs or 1, groups), #pending)
  return ("about %s (%s)"):format(format.duration(mean * #pending / jobs), how)
end

return time_estimate
