--- Runs a study: locks its folder, runs its trials wave after wave, and writes its results.

local collections = require "perigee.util.collections"
local command_line = require "perigee.sweep.command_line"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local executor = require "perigee.sweep.run.executor"
local external = require "perigee.util.external"
local fs = require "perigee.util.fs"
local launch = require "perigee.mpi.launch"
local notices = require "perigee.sweep.run.notices"
local printable = require "perigee.util.printable"
local process_pool = require "perigee.sweep.run.process_pool"
local progress_display = require "perigee.sweep.run.progress_display"
local results = require "perigee.sweep.results"
local time_estimate = require "perigee.sweep.run.time_estimate"
local trial_checkpoint = require "perigee.sweep.trial.trial_checkpoint"
local worker = require "perigee.sweep.run.worker"
local uv = external.require "luv"

local say = notices.say

local study_run = {}

-- --- locks ------------------------------------------------------------------------

--- Locks the study's folder: exclusively, or shared among shards. A lock ends with its process, and
--- is not seen by other machines.
local function lock_folder(study)
  errors.ensure(fs.make_folder(study.root))
  local lock, message = errors.try(core.hold_lock, study.root,
    study.options.shard and "shared" or "folder")
  return errors.ensure(lock, message
    or ("another process runs it in %s: wait for it, or end it first"):format(study.folder))
end

--- Locks a shard: each is run by one process of a machine at a time.
local function lock_shard(study)
  local shard, folder = study.options.shard, study.root .. "/journal"
  errors.ensure(fs.make_folder(folder))
  local lock, message = errors.try(core.hold_lock, ("%s/%s-part-%d-of-%d.lock"):format(folder,
    uv.os_gethostname():gsub("[^%w-]", "_"), shard.part, shard.parts), "file")
  return errors.ensure(lock, message
    or ("another process runs this part in %s: wait for it, or end it first"):format(study.folder))
end

--- Renames the study's folder to one that is free: "runs/rates.1".
local function put_aside(study)
  if uv.fs_rmdir(study.root) then -- it was empty
    return
  end
  local count = 1
  while uv.fs_stat(("%s.%d"):format(study.root, count)) do
    count = count + 1
  end
  local other = ("%s.%d"):format(study.root, count)
  errors.ensure(uv.fs_rename(study.root, other))
  say(("what was there is kept as %s"):format(other))
end

-- --- trials -----------------------------------------------------------------------

--- Tells if a trial is this process's to run: a shard has every N-th trial.
local function is_in_shard(study, index)
  local shard = study.options.shard
  return not shard or (index - 1) % shard.parts + 1 == shard.part
end

--- The trials to run next, each with the time of its record before (`after`). Those that the rule
--- cuts are recorded before.
local function next_wave(study)
  local store, trials = study.store, study.trials
  local wave, cuts = study.rule:wave(store)
  for _, cut in ipairs(cuts) do
    store:append(collections.merge(store:record(cut.index), {
      status = "pruned", reason = cut.reason, rung = cut.rung, rule = study.rule.text,
      values = trials:values(cut.index),
    }))
  end
  local own = {}
  for _, item in ipairs(wave) do
    local known = store:record(item.index)
    item.after = known and known.finished
    own[#own + 1] = is_in_shard(study, item.index) and item or nil
  end
  return own
end

--- Runs all trials that are not finished and are this process's.
local function run_trials(study)
  local run_wave = (study.options.jobs or 1) > 1 and process_pool.run_wave or executor.run_wave
  local ranks = study.ranks
  local display <close> = progress_display.open(study.name, study.store, study.options.quiet)
  local writer <close> = study.store:open_writer(study:header()) -- synced after Ctrl-C, too
  local _ <close> = core.hold_interrupts()
  local _ <close> = core.hold_generators()
  local ending <close> = core.hold_ending()
  study.display, study.ending = display, ending
  local wave, status = next_wave(study), "done"
  while #wave > 0 and status == "done" do
    status = ranks and ranks:run_wave(wave) or not ranks and run_wave(study, wave)
    writer:sync()
    wave = status == "done" and next_wave(study) or {}
  end
  if ranks then
    ranks:end_orders()
  end
  return status
end

--- "rates: part 1/2, stopped: 24 of 48, 1 failed"
local function ending_text(study, word)
  local store, shard = study.store, study.options.shard
  local part = shard and ("part %d/%d, "):format(shard.part, shard.parts) or ""
  local note = store:note()
  return ("%s: %s%s: %d of %d%s"):format(study.name, part, word, store:finished(),
    study.trials.count, note ~= "" and ", " .. note or "")
end

--- Reads the journals. With --retry-failed, failures do not count.
local function read_journals(study)
  study:open()
  if study.options.retry_failed then
    study.store:forget_failures()
  end
end

--- Runs the study in its locked folder.
---@return "done"|"stopped"
---@return string  # a sentence
local function perform(study)
  study.is_open = false -- data, and what `run` refers to, may have changed since
  study:prepare() -- before anything is made or put aside
  local _ <close> = lock_folder(study)
  local _ <close> = study.options.shard and lock_shard(study)
  if study.options.fresh then
    put_aside(study)
  end
  local _ <close> = study.options.fresh and lock_folder(study) -- a new folder
  read_journals(study)
  notices.repeated_points(study)
  notices.changes(study)
  local status = run_trials(study)
  study.store:read() -- the other processes' records, too
  if study.store:finished() < study.trials.count then
    return "stopped", ending_text(study, status == "done" and study.options.shard
      and "done, and others are not" or "stopped")
  end
  results.write(study)
  -- Checkpoints of trials that are no longer in the grid stay: another grid may have them again.
  trial_checkpoint.remove_all(study.root, study.trials.index_of)
  return "done", ending_text(study, "complete")
end

--- Lists the trials that would be run, and how long they may take.
local function rehearse(study)
  study.is_open = false
  study:prepare()
  read_journals(study)
  local pending = {}
  for i = 1, study.trials.count do
    local status = study.store:status(i)
    if (not status or status == "paused" or study.options.fresh) and is_in_shard(study, i) then
      pending[#pending + 1] = i
    end
  end
  notices.repeated_points(study)
  for _, i in ipairs(pending) do
    print(printable.line(("%6d  %s, seed %d"):format(i, study.trials:label(i),
      study.trials:seed(i))))
  end
  print(("%s: %d trials, %d to run"):format(study.name, study.trials.count, #pending))
  print(printable.lines(launch.in_trial(true, time_estimate.text, study, pending)))
  return "done"
end

-- --- the script's end -------------------------------------------------------------

--- Ends the script, on all ranks.
local function leave(status)
  io.stdout:flush()
  launch.agree_on_end()
  os.exit(status, true)
end

--- The status with which the script ends whose command line the study reads; nil if it goes on with
--- the results.
local function exit_of(study, status)
  if study.options.dry_run then
    return 0
  elseif study.options.shard then -- even the last shard does not go on with the results
    for i = 1, study.trials.count do
      if is_in_shard(study, i) and study.store:status(i) == "failed" then
        return 1
      end
    end
    return 0
  end
  return status == "stopped" and 1 or nil
end

local failed = {} -- studies with failures, by their folders
local at_exit -- is collected when Lua's state ends

--- Has a script that goes on after failed trials end with status 1, unless it calls os.exit, or the
--- trials are run again without a failure.
local function note_failures(study, has_failures)
  failed[study.root] = has_failures or nil
  at_exit = at_exit or has_failures and setmetatable({}, { __gc = function()
    if next(failed) then
      launch.agree_on_end()
      os.exit(1, true) -- other objects are finalized, too
    end
  end }) or nil
end

--- Makes the outcome of an error. It ends the script whose command line the study reads, with a
--- message; elsewhere a failure of the outside world is a sentence, and Ctrl-C and errors of the
--- library are raised.
local function outcome_of_error(study, problem)
  local is_interrupt = errors.is_interrupt(problem)
  local is_failure = errors.is_failure(problem)
  if study.arguments and is_failure then
    say(("%s: %s"):format(study.name, problem))
    return { exit = 1 }
  elseif study.arguments and is_interrupt and study.store then
    say(("%s: interrupted: %d of %d; the same command goes on from here"):format(study.name,
      study.store:finished(), study.trials.count))
    return { exit = 130 } -- as a shell expects it
  elseif not is_failure then
    return { error = problem }
  end
  return { status = "broken", sentence = problem }
end

-- --- the study --------------------------------------------------------------------

--- The ranks of an MPI job that share the study's trials; nil in a process by itself.
local function ranks_of_job()
  local ranks = launch.size() > 1 and require "perigee.sweep.run.rank_pool"
  return ranks and ranks.is_shared() and ranks or nil
end

--- Tells if another rank of the job writes the same report of a study, or draws the same plot.
---@return boolean
function study_run.is_written_elsewhere()
  return launch.rank() > 0 and ranks_of_job() ~= nil
end

--- The message about options that exclude each other.
local function contradiction(study)
  local options, ranks = study.options, ranks_of_job()
  if options.shard and options.fresh then
    return "--fresh and --shard: the other parts would lose what they have done"
  elseif options.shard and study.rule.text ~= "" then
    return "--shard: rules that cut trials compare all of a study's, and a part sees its own only"
  elseif ranks and study.definition.ranks_per_trial > launch.size() then
    return ("ranks_per_trial is %d, and there are %d ranks"):format(
      study.definition.ranks_per_trial, launch.size())
  elseif ranks and options.jobs then
    return ("--jobs: %s has started %d processes already, which share the trials"):format(
      launch.name(), launch.size())
  elseif (options.jobs or 1) > 1 and (not study.arguments or study.arguments[0] == "-") then
    return "jobs: each process runs the script from its beginning, and there is none that was "
      .. "started by its name"
  end
end

--- Runs a study in this process, which may hand out trials to others.
---@param study perigee.sweep.study
---@return table  # how it has ended: `exit`, the status of a script that ends here; `error`, to be
---   raised; else `status` and `sentence`, as study_run.run returns them; `has_results`, of the
---   study; `has_failures`, of a script that goes on with them
local function attempt(study)
  local is_rehearsal = study.options.dry_run
  local worked, status, sentence = pcall(is_rehearsal and rehearse or perform, study)
  if not worked then
    return outcome_of_error(study, status)
  elseif not is_rehearsal then
    notices.ending(study, status, sentence)
  end
  local has_failures = not is_rehearsal and study.store.counts.failed > 0
  if study.arguments then
    local exit = exit_of(study, status)
    if exit then
      return { exit = exit }
    end
  end
  return {
    status = status == "done" and has_failures and "failed" or status, sentence = sentence,
    has_results = not is_rehearsal, has_failures = study.arguments and has_failures,
  }
end

--- Runs a study by its options. Ends the script whose command line the study reads, if trials are
--- left.
---@param study perigee.sweep.study
---@return "done"|"failed"|"stopped"|"broken"  # failed: some trials have; broken: it cannot go on
---@return string?  # a sentence about the end
function study_run.run(study)
  local problem = contradiction(study)
  if problem and study.arguments then
    command_line.refuse(study.arguments, problem)
  elseif problem then
    return "broken", problem
  elseif worker.study() and not worker.is_serving() then
    if worker.study() == study.name then
      study:prepare()
      worker.serve(study) -- ends the process
    end
    study:open() -- a study that was run before: the script wants its results
    return "done"
  end
  local ranks = ranks_of_job()
  local outcome = ranks and ranks.run(study, attempt) or attempt(study)
  if outcome.exit then
    leave(outcome.exit)
  elseif outcome.error then
    error(outcome.error, 0)
  elseif outcome.has_failures ~= nil then
    note_failures(study, outcome.has_failures)
  end
  return outcome.status, outcome.sentence
end

return study_run
