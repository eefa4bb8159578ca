--- Runs trials in this process, one after the other, and keeps their records.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local json = require "perigee.util.json"
local notices = require "perigee.sweep.run.notices"
local printable = require "perigee.util.printable"
local records = require "perigee.sweep.journal.record"
local shared_data = require "perigee.sweep.data.shared_data"
local trial_checkpoint = require "perigee.sweep.trial.trial_checkpoint"
local trial_runs = require "perigee.sweep.trial.trial_run"

local executor = {}

--- Takes the mark of a trial that has checkpoints of another version of the script only. A trial
--- that runs several times is marked for the first.
local function take_outdated(study, id)
  study.outdated = study.outdated or trial_checkpoint.of_other_code(study.root, study.code)
  local known = study.outdated[id]
  study.outdated[id] = nil
  return known
end

--- Makes the run of a study's trial.
---@param study perigee.sweep.study
---@param item { index: integer, limit: table?, after: string? }
---@param beat fun(trial_run: perigee.sweep.trial_run)  is called now and then
---@param group? perigee.sweep.rank_group  the ranks that run the trial together
---@return perigee.sweep.trial_run
function executor.new_run(study, item, beat, group)
  local trials, i = study.trials, item.index
  local every = study.definition.checkpoint or nil
  local was_paused = item.limit and (item.limit.rung or 1) > 1
  local id, is_follower = trials.ids[i], group and not group.is_leader
  return trial_runs.new {
    index = i, id = id, seed = trials:seed(i), repeat_number = trials:repeat_number(i),
    label = trials:label(i), data = study.data, is_parameter = study.is_parameter,
    notes = study.notes, limit = item.limit, after = item.after, every = every,
    checkpoints = every and trial_checkpoint.stem(study.root, id, study.code),
    is_outdated = every and take_outdated(study, id), group = group, is_follower = is_follower,
    monitor = {
      beat = beat,
      warn = is_follower and function() end or notices.say, -- the leader warns
      resumed = function(trial_run)
        if not was_paused and not study.options.quiet and not is_follower then
          notices.say(("%s goes on from iteration %d"):format(trial_run.label,
            trial_run.iteration))
        end
      end,
    },
  }
end

--- Sets what is written if the process ends while the trial runs: a failed trial's record, and a
--- message.
local function set_ending(study, trial_run, values)
  local problem = "it ended the process (os.exit)"
  local record = records.new(trial_run, { status = "failed", error = problem, values = values })
  local message = ("perigee: %s failed: %s; the same command goes on with the others"):format(
    trial_run.label, problem)
  local is_worker = (study.options.jobs or 1) > 1 -- the parent says how it ended
  core.set_ending(study.ending, study.store.writer.path, json.encode(record) .. "\n",
    is_worker and "" or printable.line(message) .. "\n")
end

--- Raises if a trial has written to data that all trials share. Writes a notice if it has changed a
--- variable.
local function check_shared(study, label)
  local changed, is_generator = study.shared:changes()
  local names = table.concat(changed, ", ")
  if is_generator then
    errors.fail("%s has drawn from %s, a generator which all trials share: make one in run, as "
      .. "pg.random(trial.seed)", label, names)
  elseif #changed > 0 then
    errors.fail("%s has written to %s, which all trials share: take a copy of it in run, as "
      .. "%s:copy()", label, names, changed[1])
  end
  local variable = not study.options.quiet and study.shared:changed_variable()
  if variable then
    notices.say(("%s has changed %s, to which `run` refers: trials that follow in this process "
      .. "find it so, and others do not"):format(label, variable))
  end
end

--- Runs a trial, and keeps its record. Raises if the record cannot be kept, and for a trial that
--- has changed what all trials share.
---@param study perigee.sweep.study
---@param item { index: integer, limit: table? }
---@param beat fun(trial_run: perigee.sweep.trial_run)
---@param group? perigee.sweep.rank_group  of which this process is the leader
---@return table record
function executor.run_trial(study, item, beat, group)
  local store, trials = study.store, study.trials
  store.writer:open() -- before the trial, which would else be run in vain
  local trial_run = executor.new_run(study, item, beat, group)
  study.shared = study.shared or shared_data.of(study.data, study.definition.run)
  study.shared:begin()
  local values = trials:values(item.index)
  set_ending(study, trial_run, values)
  local record = trial_run:run(study.definition.run, trials:values(item.index))
  core.set_ending(study.ending)
  check_shared(study, trial_run.label)
  record.values = values -- `run` may have changed its own
  if record.status == "paused" or record.status == "pruned" then
    record.rule, record.rung = study.rule.text, item.limit.rung
  end
  store:append(record)
  local stem = trial_run.checkpoints
  if record.status ~= "paused" and stem and trial_run.trainings > 0 then
    store.writer:when_safe(function()
      for k = 1, trial_run.trainings do
        os.remove(trial_checkpoint.path(stem, k))
      end
    end)
  end
  return record
end

--- Runs a trial together with the leader of a group, who keeps its record. Where it has failed here
--- and the others do not come to its end, keeps the record, and returns it.
---@param study perigee.sweep.study
---@param item { index: integer, limit: table? }
---@param group perigee.sweep.rank_group
---@return table? record
function executor.follow_trial(study, item, group)
  local trials, index = study.trials, item.index
  local trial_run = executor.new_run(study, item, function() end, group)
  local record = trial_run:run(study.definition.run, trials:values(index))
  if not trial_run.is_abandoned then
    return nil
  end
  record.values = trials:values(index)
  study.store:append(record)
  return record
end

--- Raises where another process has ordered a trial of another study.
---@param study perigee.sweep.study
---@param order { index: integer, id: string }
function executor.check_order(study, order)
  if study.trials.ids[order.index] ~= order.id then
    errors.fail("the processes' studies are not the same: what one is made of must not depend on "
      .. "chance, time or standard input (random data need a seed), and its name is its own")
  end
end

--- Runs a wave of trials.
---@param study perigee.sweep.study
---@param wave { index: integer, limit: table? }[]
---@return "done"|"stopped"  # stopped: at a trial that failed
function executor.run_wave(study, wave)
  for _, item in ipairs(wave) do
    local record = executor.run_trial(study, item, function(trial_run)
      study.display:beat(1, trial_run.label, trial_run)
    end)
    study.display:finish(item.index, record)
    if record.status == "failed" and study.options.fail_fast then
      return "stopped"
    end
  end
  return "done"
end

return executor
