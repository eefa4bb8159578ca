--- Runs a study's trials, wave after wave, and keeps what comes of them.

local trial_run = require "perigee.sweep.trial.trial_run"
local core = require "perigee.core"
local progress_display = require "perigee.sweep.run.progress_display"
local say = progress_display.say
local external = require "perigee.util.external"
local journal = require "perigee.sweep.journal.journal"
local json = require "perigee.util.json"
local shared_data = require "perigee.sweep.data.shared_data"
local uv = external.require "luv"
local printable = require "perigee.util.printable"

local executor = {}

function executor.clock()
  return uv.hrtime() * 1e-9
end

--- Where a trial's checkpoints are: a script that was changed since does not find them.
local function checkpoints_of(study, id)
  return ("%s/checkpoints/%s-%s"):format(study.root, id, study.code:sub(1, 8))
end

--- Removes a trial's checkpoints.
local function remove_checkpoints(study, trainings, id)
  for k = 1, trainings do
    os.remove(("%s.%d.npz"):format(checkpoints_of(study, id), k))
  end
end

--- What the trial at that place is made of, to be run in this process.
---@param study perigee.sweep.study
---@param item { index: integer, limit: table? }
---@param monitor table
---@return table
function executor.fields(study, item, monitor)
  local trials, i = study.trials, item.index
  local every = study.definition.checkpoint or nil
  return {
    index = i, id = trials.ids[i], seed = trials:seed(i), round = trials:round(i),
    is_parameter = study.is_parameter, data = study.data, limit = item.limit, monitor = monitor,
    clock = executor.clock, every = every, notes = study.notes,
    checkpoints = every and checkpoints_of(study, trials.ids[i]),
  }
end

--- Has the trial recorded as failed if the process ends while it runs.
local function set_ending(study, index, fields)
  local problem = "it ended the process (os.exit)"
  local record = ('{"error":"%s","iterations":0,"repeat":%d,"reports":[],"seconds":0,"seed":%d,'
    .. '"status":"failed","trial":"%s","values":%s}\n'):format(problem, fields.round, fields.seed,
    fields.id, json.encode(study.trials:values(index)))
  local message = ("perigee: %s failed: %s; the same command goes on with the others"):format(
    study:label(index), problem)
  local is_worker = (study.options.jobs or 1) > 1 -- whose end is told by who started it
  core.set_ending(study.ending, study.writer.path, record,
    is_worker and "" or printable.line(message) .. "\n")
end

--- Runs a trial in this process, and keeps its record.
---@param study perigee.sweep.study
---@param item { index: integer, limit: table? }
---@param monitor table
---@return table? record  nil where it could not be kept,
---@return string message  and why not; else the journal's path
---@return integer at  where the record begins in it
function executor.run(study, item, monitor)
  local opened, problem = study.writer:open() -- else the trial would be run in vain
  if not opened then
    return nil, problem, 0
  end
  local values, fields = study.trials:values(item.index), executor.fields(study, item, monitor)
  study.shared = study.shared or shared_data.of(study.data, study.definition.run)
  study.shared:begin()
  set_ending(study, item.index, fields)
  local record = trial_run.run(study.definition.run, values, fields)
  core.set_ending(study.ending)
  local changed, is_generator = study.shared:changes()
  if #changed > 0 then
    local names = table.concat(changed, ", ")
    return nil, is_generator and ("%s has drawn from %s, a generator which all trials share: make "
      .. "one in run, as pg.random(trial.seed)"):format(study:label(item.index), names)
      or ("%s has written to %s, which all trials share: take a copy of it in run, as %s:copy()")
      :format(study:label(item.index), names, changed[1]), 0
  end
  local variable = not study.options.quiet and study.shared:changed_variable()
  if variable then
    say(("%s has changed %s, to which `run` refers: trials that follow in this process "
      .. "find it so, and others do not"):format(study:label(item.index), variable))
  end
  record.values = study.trials:values(item.index) -- `run` may have changed its own
  if record.status == "paused" or record.status == "pruned" then
    record.rule, record.rung = study.rule.text, item.limit.rung
  end
  local at, message = study.writer:append(record)
  if not at then
    return nil, message, 0
  end
  if record.status ~= "paused" and fields.trainings > 0 then
    study.writer:when_safe(function()
      remove_checkpoints(study, fields.trainings, fields.id)
    end)
  end
  return record, study.writer.path, at
end

--- The record of a trial that is cut while it waits.
local function cut_record(study, cut)
  local record = study.store:record(study.trials.ids[cut.index])
  record.status, record.reason, record.rung = "pruned", cut.reason, cut.rung
  record.rule = study.rule.text
  return record
end

--- Keeps a record that was made here.
---@param study perigee.sweep.study
---@param record table
---@return true?
---@return string?  # what went wrong, where nil comes first
function executor.keep(study, record)
  local at, message = study.writer:append(record)
  if not at then
    return nil, message
  end
  study.store:add(record, study.writer.path, at, study.writer.length)
  return true
end

--- How the rules that cut trials see a study.
local function view_of(study)
  local trials, store = study.trials, study.store
  return {
    count = trials.count,
    id = function(i) return trials.ids[i] end,
    status = function(i) return store:status(trials.ids[i]) end,
    rung = function(i) return store:rung(trials.ids[i]) end,
    record = function(i) return store:record(trials.ids[i]) end,
  }
end

--- Whether a trial is this process's to run: of a --shard's parts, each has every N-th.
---@param study perigee.sweep.study
---@param index integer
---@return boolean
function executor.is_in_part(study, index)
  local shard = study.options.shard
  return not shard or (index - 1) % shard.parts + 1 == shard.part
end

--- Those of a wave that are this process's part.
local function of_part(study, wave)
  local part = {}
  for _, item in ipairs(wave) do
    part[#part + 1] = executor.is_in_part(study, item.index) and item or nil
  end
  return part
end

--- The trials that are to be run next; those that are cut before are recorded.
---@param study perigee.sweep.study
---@return table[]?
---@return string?
function executor.next_wave(study)
  local wave, cuts = study.rule:wave(view_of(study))
  if not wave then
    return nil, cuts
  end
  for _, cut in ipairs(cuts) do
    local kept, message = executor.keep(study, cut_record(study, cut))
    if not kept then
      return nil, message
    end
  end
  return of_part(study, wave)
end

--- What is told of a trial in this process while it runs.
---@param study perigee.sweep.study
---@param item { index: integer, limit: table? }
---@param beat fun(trial: perigee.sweep.trial)  is called now and then
---@return table
function executor.monitor(study, item, beat)
  local was_paused = item.limit and (item.limit.rung or 1) > 1
  return {
    beat = function(_, trial)
      beat(trial)
    end,
    warn = function(_, message)
      say(message)
    end,
    resumed = function(_, iteration)
      if not was_paused and not study.options.quiet then
        say(("%s goes on from iteration %d"):format(study:label(item.index), iteration))
      end
    end,
  }
end

--- Runs a wave in this process, one trial after the other.
---@param study perigee.sweep.study
---@param wave table[]
---@param display perigee.sweep.display
---@return boolean?  # false: stopped at a trial that failed; nil: nothing more can be kept,
---@return string?  # and why
local function run_here(study, wave, display)
  for _, item in ipairs(wave) do
    local label = study:label(item.index)
    local monitor = executor.monitor(study, item, function(trial)
      display:beat(1, label, trial)
    end)
    local record, path, at = executor.run(study, item, monitor)
    if not record then
      return nil, path
    end
    study.store:add(record, path, at, study.writer.length)
    display:finish(record)
    if record.status == "failed" and study.options.fail_fast then
      return false
    end
  end
  return true
end

--- Runs all trials that are this process's part, and not finished.
---@param study perigee.sweep.study
---@return boolean?  # false: stopped at a trial that failed; nil: the world failed,
---@return string?  # and how
function executor.run_all(study)
  local jobs = study.options.jobs or 1
  local execute = jobs > 1 and require("perigee.sweep.run.process_pool").run or run_here
  local display <close> = progress_display.open(study.name, study.tally, study.options.quiet)
  study.writer = journal.writer(study.root .. "/journal", study:header())
  local writer <close> = study.writer -- Ctrl-C, too, leaves all of it on the disk
  local _ <close> = core.hold_interrupts()
  local _ <close> = core.hold_generators()
  study.ending = core.hold_ending()
  local _ <close> = study.ending
  while true do
    local wave, message = executor.next_wave(study)
    if not wave then
      return nil, message
    elseif #wave == 0 then
      return true
    end
    local went_on
    went_on, message = execute(study, wave, display)
    if not went_on then
      return went_on, message
    end
    local synced
    synced, message = writer:sync()
    if not synced then
      return nil, message
    end
  end
end

return executor
