--- How a study is run: what is said before and after, and how a script is left.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local command_line = require "perigee.sweep.command_line"
local core = require "perigee.core"
local format = require "perigee.util.format"
local progress_display = require "perigee.sweep.run.progress_display"
local say = progress_display.say
local results = require "perigee.sweep.results"
local executor = require "perigee.sweep.run.executor"
local suggest = require "perigee.util.suggest"
local fs = require "perigee.util.fs"
local uv = external.require "luv"
local printable = require "perigee.util.printable"
local process_pool = require "perigee.sweep.run.process_pool"

local study_run = {}

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
  if uv.fs_rmdir(study.root) then -- there was nothing in it
    return true
  end
  for count = 1, math.huge do
    local other = ("%s.%d"):format(study.root, count)
    if not uv.fs_stat(other) then
      local moved, message = uv.fs_rename(study.root, other)
      if moved then
        say(("what was there is kept as %s"):format(other))
      end
      return moved, message
    end
  end
end

local function list_pending(study)
  local pending = {}
  for i = 1, study.trials.count do
    local status = study.store:status(study.trials.ids[i])
    local is_open = not status or status == "paused" or study.options.fresh
    if is_open and executor.is_in_part(study, i) then
      pending[#pending + 1] = i
    end
  end
  return pending
end

--- What is known of the trials, as the options have it.
local function take_stock(study)
  local opened, message = study:refresh()
  if opened and study.options.retry_failed then
    study.store:forget_failures()
  end
  return opened, message
end

--- Says how many trials are left of points that are the same.
local function say_repeated(study)
  local space = study.definition.space
  if space.given > space.count and not study.options.quiet then
    local given = study.definition.draws and "draws" or "points"
    say(("the %d %s are %s: %s"):format(space.given, given,
      format.quantity(space.count, "different point"),
      format.quantity(study.trials.count, "trial")))
  end
end

--- Lists the trials that would be run, and how long they may take.
local function show_plan(study)
  local pending = list_pending(study)
  say_repeated(study)
  for _, i in ipairs(pending) do
    print(printable.line(("%6d  %s, seed %d"):format(i, study:label(i), study.trials:seed(i))))
  end
  print(("%s: %d trials, %d to run"):format(study.name, study.trials.count, #pending))
  print(printable.lines(require("perigee.sweep.run.time_estimate").text(study, pending)))
end

local NOT_AGAIN = "they are not run again (--fresh begins anew)"

--- "3 of the trials were run"
local function ran(count)
  return ("%d of the trials %s run"):format(count, count == 1 and "was" or "were")
end

--- Says which of the numbers and texts that `run` refers to are not those of before.
local function say_changed_notes(study)
  local store, names = study.store, {}
  for _, header in pairs(store.headers) do
    names = collections.merge(names, header.notes or {})
  end
  for _, name in ipairs(collections.sorted_keys(collections.merge(names, study.notes))) do
    local now = study.notes[name]
    local count, before = store:count_where(function(header)
      local value = (header.notes or study.notes)[name]
      return value ~= now and { value }
    end)
    if count > 0 then
      local is_told = now ~= nil and before[1] ~= nil
        and not (format.value(now) .. format.value(before[1])):find "#%x%x%x%x%x%x%x%x"
      local change = is_told and ("is %s, and was %s, when"):format(format.value(now),
        format.value(before[1])) or "has changed since"
      say(("%s, to which `run` refers, %s %s: %s"):format(name, change, ran(count),
        NOT_AGAIN))
    end
  end
end

--- Says what is not as it was when trials were run before.
local function say_changes(study)
  local store, before = study.store, study.store.header
  for _, sentence in ipairs(store.damaged) do
    say(sentence)
  end
  if before and study.tally:finished() == 0
    and (before.data or {}).fingerprint ~= study.fingerprint then
    say "the data are not those of before: all trials are new ones"
  end
  local script = study.script
  local count = store:count_where(function(header)
    return header.script and script and header.script.hash ~= script.hash
  end)
  if count > 0 then
    say(("%s has changed since %s: %s"):format(script.path, ran(count), NOT_AGAIN))
  end
  say_changed_notes(study)
  local ours = core.info().kernels
  local others, kernels = store:count_where(function(header)
    local theirs = (header.machine or {}).kernels
    return theirs ~= nil and theirs ~= ours and theirs
  end)
  if others > 0 then
    say(("%s with the kernels %s, others are with %s: their last bits may differ"):format(
      ran(others), kernels, ours))
  end
end

-- --- after ------------------------------------------------------------------------

--- Removes what trials leave that were stopped, and have come to their end since. Those that are
--- not of this grid may go on some day.
local function remove_checkpoints(study)
  local folder = study.root .. "/checkpoints"
  for _, name in ipairs(fs.names_in(folder) or {}) do
    if study.trials.index_of[name:match "^(%x+)%-"] then
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
  local read, problem = study:refresh() -- the other processes' records, too
  if not read then
    return nil, problem
  end
  if study.tally:finished() < study.tally.total then
    return false, ending(study, went_on and study.options.shard and "done, and others are not"
      or "stopped")
  end
  local written, message = results.write(study)
  if not written then
    return nil, message
  end
  remove_checkpoints(study)
  return true, ending(study, "complete")
end

--- Locks the study's folder: a process without a part of its own has it to itself, parts have it
--- together. A lock ends with its process, and no other machine's process sees it.
local function lock_folder(study)
  local made, message = fs.make_folder(study.root)
  if not made then
    return nil, message
  end
  local hold
  hold, message = errors.try(core.hold_lock, study.root,
    study.options.shard and "shared" or "folder")
  return hold, message or ("another process runs it in %s: wait for it, or end it first"):format(
    study.folder)
end

--- Locks a part of a --shard: each runs but once at a time on a machine.
local function lock_part(study)
  local shard, folder = study.options.shard, study.root .. "/journal"
  local made, message = fs.make_folder(folder)
  if not made then
    return nil, message
  end
  local hold
  hold, message = errors.try(core.hold_lock, ("%s/%s-part-%d-of-%d.lock"):format(folder,
    uv.os_gethostname():gsub("[^%w-]", "_"), shard.part, shard.parts), "file")
  return hold, message or ("another process runs this part in %s: wait for it, or end it first")
    :format(study.folder)
end

--- Runs the trials of a study whose folder is this process's. Whether all are finished, and a
--- sentence; nil and why it cannot go on.
local function perform_locked(study)
  local opened, message = take_stock(study)
  if not opened then
    return nil, message
  end
  say_repeated(study)
  say_changes(study)
  local went_on
  went_on, message = executor.run_all(study)
  if went_on == nil then
    return nil, message
  end
  return conclude(study, went_on)
end

--- The same of any study.
local function perform(study)
  study.store = nil -- data, and what `run` refers to, may have changed since
  local prepared, message = study:prepare() -- before anything is made or put aside
  if not prepared then
    return nil, message
  end
  local folder <close>, problem = lock_folder(study)
  if not folder then
    return nil, problem
  elseif study.options.shard then
    local part <close>, taken = lock_part(study)
    if not part then
      return nil, taken
    end
    return perform_locked(study)
  elseif study.options.fresh then
    local moved, why = put_aside(study)
    if not moved then
      return nil, why
    end
    local anew <close>, taken = lock_folder(study)
    if not anew then
      return nil, taken
    end
    return perform_locked(study)
  end
  return perform_locked(study)
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
      os.exit(1, true) -- what else is collected comes to its end, too
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
  elseif process_pool.study() == study.name then
    process_pool.serve(study)
  end
  return true
end

--- Lists what would be run.
local function rehearse(study)
  study.store = nil
  local opened, message = study:prepare()
  if opened then
    opened, message = take_stock(study)
  end
  if opened then
    show_plan(study)
  elseif study.arguments then
    say(("%s: %s"):format(study.name, message))
  end
  if study.arguments then
    leave(opened and 0 or 1)
  end
  return opened, message, not opened
end

--- After Ctrl-C, or an error of ours. A script ends as a shell expects it of what was interrupted.
local function stop(study, problem)
  local is_told = type(problem) == "string" and not problem:find "^[^\n]*%.lua:%d+:"
  if study.arguments and is_told and not errors.is_interrupt(problem) then
    say(("%s: %s"):format(study.name, problem))
    leave(1)
  elseif not (study.arguments and study.tally and errors.is_interrupt(problem)) then
    error(problem, 0)
  end
  say(("%s: interrupted: %d of %d; the same command goes on from here"):format(study.name,
    study.tally:finished(), study.tally.total))
  leave(130)
end

local MOST_TOLD = 10 -- failures of before

--- Says which trials had failed before.
local function say_old_failures(study)
  local count = 0
  for i, id in ipairs(study.trials.ids) do
    if study.store:status(id) == "failed" and not study.tally.told[id] then
      count = count + 1
      if count <= MOST_TOLD then
        say(("%s failed before: %s"):format(study:label(i), study.store:record(id).error))
      end
    end
  end
  if count > MOST_TOLD then
    say(("%d more failed before"):format(count - MOST_TOLD))
  end
  if count > 0 then
    say "--retry-failed runs again what has failed; the journal has the tracebacks"
  end
end

--- Says which of the metrics that decide no trial has reported.
local function say_unreported(study)
  local rule, metric = study.rule, study.definition.metric
  local open, reported = { [metric or false] = true, [rule.metric or false] = true }, {}
  open[false] = nil
  local count = 0
  for _, id in ipairs(study.trials.ids) do
    local record = next(open) and study.store:record(id)
    for _, report in ipairs(record and record.status ~= "failed" and record.reports or {}) do
      count = count + 1
      for name in pairs(report[2]) do
        open[name], reported[name] = nil, true
      end
    end
  end
  for _, name in ipairs(count > 0 and collections.sorted_keys(open) or {}) do
    local names = collections.sorted_keys(reported)
    say(("no trial has reported the metric '%s'%s; there are %s%s"):format(name,
      name == rule.metric and (", by which %s cuts: it has cut none"):format(rule.name) or "",
      table.concat(names, ", "), suggest.suggestion(name, names)))
  end
end

local function say_ending(study, finished, message)
  say_old_failures(study)
  say_unreported(study)
  if not study.options.quiet then
    say(message)
    if finished then
      say(("its results are in %s/%s"):format(study.folder,
        study.options.shard and "; without --shard, the script goes on with them" or ""))
    end
  end
end

--- Whether a trial of a --shard's part has failed.
local function has_failures_of_part(study)
  for i, id in ipairs(study.trials.ids) do
    if executor.is_in_part(study, i) and study.store:status(id) == "failed" then
      return true
    end
  end
  return false
end

--- What the script, or whoever else called, is left with.
local function settle(study, finished, message)
  local has_failures = study.tally.counts.failed > 0
  if study.arguments and study.options.shard then
    leave(has_failures_of_part(study) and 1 or 0) -- of parts that end at once, none goes on
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
    say(("%s: %s"):format(study.name, message))
    leave(1)
  end
  return nil, message, true
end

--- Runs a study as its options have it.
---@param study perigee.sweep.study
---@return true?  # all trials are done
---@return string?  # why not, where nil comes first
---@return boolean? has_failed  the study cannot be run, or go on: who called is to raise that
function study_run.run(study)
  local problem = contradiction(study)
  if problem and study.arguments then
    command_line.refuse(study.arguments, problem)
  elseif problem then
    return nil, problem, true
  elseif process_pool.study() and not process_pool.is_serving() then
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

return study_run
