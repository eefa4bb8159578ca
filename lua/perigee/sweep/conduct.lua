--- How a study is run: what is said before and after, and how a script is left.

local check = require "perigee.check"
local external = require "perigee.external"
local command = require "perigee.sweep.command"
local core = require "perigee.core"
local displays = require "perigee.sweep.display"
local files = require "perigee.sweep.files"
local runner = require "perigee.sweep.runner"
local system = require "perigee.system"
local uv = external.require "luv"
local visible = require "perigee.visible"
local workers = require "perigee.sweep.workers"

local conduct = {}

-- --- before -----------------------------------------------------------------------

--- What cannot be asked for together.
local function contradiction(study)
  local options = study.options
  if options.shard and options.fresh then
    return "--fresh and --shard: the other parts would lose what they have done"
  elseif options.shard and study.rule.text ~= "" then
    return "--shard: rules that cut trials compare all of a study's, and a part sees its own only"
  elseif (options.jobs or 1) > 1 and (not study.arguments or study.arguments[0] == "-") then
    return "jobs: each process runs the script from its beginning, and there is none that was "
      .. "started by its name"
  end
end

--- What was done before is kept under another name.
local function put_aside(study)
  if not uv.fs_stat(study.root) then
    return true
  end
  for count = 1, math.huge do
    local other = ("%s.%d"):format(study.root, count)
    if not uv.fs_stat(other) then
      local moved, message = uv.fs_rename(study.root, other)
      if moved then
        displays.say(("what was there is kept as %s"):format(other))
      end
      return moved, message
    end
  end
end

local function list_pending(study)
  local pending = {}
  for i = 1, study.roster.count do
    local status = study.store:status(study.roster.ids[i])
    local is_open = not status or status == "paused" or study.options.fresh
    if is_open and runner.is_in_part(study, i) then
      pending[#pending + 1] = i
    end
  end
  return pending
end

--- What is known of the trials, as the options have it.
local function take_stock(study)
  local opened, message = study:open()
  if opened and study.options.retry_failed then
    study.store:forget_failures()
    study.tally:forget_failures()
  end
  return opened, message
end

--- Lists the trials that would be run, and how long they may take.
local function show_plan(study)
  local pending = list_pending(study)
  for _, i in ipairs(pending) do
    print(visible.line(("%6d  %s, seed %d"):format(i, study:label(i), study.roster:seed(i))))
  end
  print(("%s: %d trials, %d to run"):format(study.name, study.roster.count, #pending))
  print(visible.lines(require("perigee.sweep.forecast").text(study, pending)))
end

--- Says what is not as it was when the study was run before.
local function say_changes(study)
  for _, place in ipairs(study.store.damaged) do
    displays.say(place .. ": no record, and passed over")
  end
  local before, finished = study.store.header, study.tally:finished()
  if not before then
    return
  elseif finished == 0 and (before.data or {}).fingerprint ~= study.fingerprint then
    displays.say "the data are not those of before: all trials are new ones"
  end
  local script = study.script
  if finished > 0 and before.script and script and before.script.hash ~= script.hash then
    displays.say(("%s has changed since %d of the trials were run: they are not run again "
      .. "(--fresh begins anew)"):format(script.path, finished))
  end
  local kernels, ours = (before.machine or {}).kernels, core.info().kernels
  if finished > 0 and kernels and kernels ~= ours then
    displays.say(("%d of the trials were run with the kernels %s, others are with %s: their last "
      .. "bits may differ"):format(finished, kernels, ours))
  end
end

-- --- after ------------------------------------------------------------------------

--- Removes what trials leave that were stopped, and have come to their end since. Those that are
--- not of this grid may go on some day.
local function remove_checkpoints(study)
  local folder = study.root .. "/checkpoints"
  for _, name in ipairs(system.names_in(folder)) do
    if study.roster.index_of[name:match "^(%x+)%-"] then
      os.remove(folder .. "/" .. name)
    end
  end
  uv.fs_rmdir(folder) -- if it is empty
end

--- "complete: 24 of 24, 1 failed"
local function ending(study, word)
  local tally, shard = study.tally, study.options.shard
  local note = tally:note()
  return ("%s: %s%s: %d of %d%s"):format(study.name, shard and ("part %d/%d, "):format(shard.part,
    shard.parts) or "", word, tally:finished(), tally.total, note ~= "" and ", " .. note or "")
end

--- What is done when the trials were run, or it was stopped; whether the study is finished, and a
--- sentence.
local function conclude(study, went_on)
  study.store:read() -- the other processes' records, too
  if study.tally:finished() < study.tally.total then
    return false, ending(study, went_on and study.options.shard and "done, and others are not"
      or "stopped")
  end
  local written, message = files.write(study)
  if not written then
    return nil, message
  end
  remove_checkpoints(study)
  return true, ending(study, "complete")
end

--- Runs the trials. Whether all are finished, and a sentence; nil and why it cannot go on.
local function perform(study)
  if study.options.fresh then
    local moved, message = put_aside(study)
    if not moved then
      return nil, message
    end
    study.store = nil
  end
  local opened, message = take_stock(study)
  if not opened then
    return nil, message
  end
  say_changes(study)
  local went_on
  went_on, message = runner.run_all(study)
  if went_on == nil then
    return nil, message
  end
  return conclude(study, went_on)
end

-- --- leaving ----------------------------------------------------------------------

local failed = {} -- studies with failures, by their folders
local at_exit -- what is collected when Lua's state ends

--- A script that goes on after trials that failed ends with status 1, unless by os.exit, or they
--- are put right.
local function set_exit_status(study, has_failures)
  failed[study.root] = has_failures or nil
  at_exit = at_exit or has_failures and setmetatable({}, { __gc = function()
    if next(failed) then
      os.exit(1)
    end
  end }) or nil
end

--- Ends a script whose study is not finished.
local function leave(status)
  io.stdout:flush()
  os.exit(status, true)
end

--- The process is one of several: it runs what it is told to, if the study is the one it is there
--- for. Of another, which was run before, the script only wants the results.
local function run_as_worker(study)
  local opened, message = study:open()
  if not opened then
    error(message, 0)
  elseif workers.study() == study.name then
    workers.serve(study)
  end
  return true
end

--- Lists what would be run.
local function rehearse(study)
  local opened, message = take_stock(study)
  if opened then
    show_plan(study)
  elseif study.arguments then
    displays.say(("%s: %s"):format(study.name, message))
  end
  if study.arguments then
    leave(opened and 0 or 1)
  end
  return opened, message, not opened
end

--- After Ctrl-C, or an error of ours. A script ends as a shell expects it of what was interrupted.
local function stop(study, problem)
  if not (study.arguments and study.tally and check.is_interrupt(problem)) then
    error(problem, 0)
  end
  displays.say(("%s: interrupted: %d of %d; the same command goes on from here"):format(study.name,
    study.tally:finished(), study.tally.total))
  leave(130)
end

local MOST_TOLD = 10 -- failures of before

--- Says which trials had failed before.
local function say_old_failures(study)
  local count = 0
  for i, id in ipairs(study.roster.ids) do
    if study.store:status(id) == "failed" and not study.tally.told[id] then
      count = count + 1
      if count <= MOST_TOLD then
        displays.say(("%s failed before: %s"):format(study:label(i), study.store:record(id).error))
      end
    end
  end
  if count > MOST_TOLD then
    displays.say(("%d more failed before"):format(count - MOST_TOLD))
  end
  if count > 0 then
    displays.say "--retry-failed runs again what has failed; the journal has the tracebacks"
  end
end

local function say_ending(study, finished, message)
  say_old_failures(study)
  local metric, tally = study.definition.metric, study.tally
  if metric and tally.counts.done > 0 and not tally.best then
    displays.say(("no trial has reported the metric '%s'"):format(metric))
  end
  if not study.options.quiet then
    displays.say(message)
    if finished then
      displays.say(("its results are in %s/%s"):format(study.folder,
        study.options.shard and "; without --shard, the script goes on with them" or ""))
    end
  end
end

--- What the script, or whoever else called, is left with.
local function settle(study, finished, message)
  local has_failures = study.tally.counts.failed > 0
  if study.arguments and study.options.shard then
    leave(has_failures and 1 or 0) -- of several parts that may end at once, none goes on
  elseif study.arguments and not finished then
    leave(1)
  elseif study.arguments then
    set_exit_status(study, has_failures)
  end
  if finished and not has_failures then
    return true
  end
  return nil, message
end

--- The study cannot go on: a script is told, and left; for whoever else called it is an error.
local function give_up(study, message)
  if study.arguments then
    displays.say(("%s: %s"):format(study.name, message))
    leave(1)
  end
  return nil, message, true
end

--- Runs a study as its options have it.
---@param study perigee.sweep.study
---@return true?  # all trials are done
---@return string?  # why not, where nil comes first
---@return boolean? has_failed  the study cannot be run, or go on: who called is to raise that
function conduct.run(study)
  local problem = contradiction(study)
  if problem and study.arguments then
    command.refuse(study.arguments, problem)
  elseif problem then
    return nil, problem, true
  elseif workers.study() then
    return run_as_worker(study)
  end
  local is_rehearsal = study.options.dry_run
  local worked, finished, message, has_failed = pcall(is_rehearsal and rehearse or perform, study)
  if not worked then
    stop(study, finished)
  elseif is_rehearsal then
    return finished, message, has_failed
  elseif finished == nil then
    return give_up(study, message)
  end
  say_ending(study, finished, message)
  return settle(study, finished, message)
end

return conduct
