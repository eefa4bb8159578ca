--- The notices of a study on stderr: sentences about what has changed, failed or ended.

local collections = require "perigee.util.collections"
local core = require "perigee.core"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"
local suggest = require "perigee.util.suggest"

local notices = {}

--- Writes a sentence.
---@param text string
function notices.say(text)
  io.stderr:write("perigee: ", printable.line(text), "\n")
end

local say = notices.say

-- --- before -----------------------------------------------------------------------

--- Says how many trials are left of points that are the same.
---@param study perigee.sweep.study
function notices.repeated_points(study)
  local space = study.definition.space
  if space.given > space.count and not study.options.quiet then
    local given = study.definition.draws and "draws" or "points"
    say(("the %d %s are %s: %s"):format(space.given, given,
      format.quantity(space.count, "different point"),
      format.quantity(study.trials.count, "trial")))
  end
end

local NOT_AGAIN = "they are not run again (--fresh begins anew)"

--- "3 of the trials were run"
local function ran(count)
  return ("%d of the trials %s run"):format(count, count == 1 and "was" or "were")
end

--- Says which of the numbers and texts that `run` refers to differ from those of earlier trials.
local function changed_notes(study)
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
      say(("%s, to which `run` refers, %s %s: %s"):format(name, change, ran(count), NOT_AGAIN))
    end
  end
end

--- Says which lines of journals are damaged, of those that were read since it was said last.
local function damaged_lines(store)
  for _, sentence in ipairs(store:take_damaged()) do
    say(sentence)
  end
end

--- Says what has changed since earlier trials were run: data, script, notes, kernels; and which
--- lines of journals are damaged.
---@param study perigee.sweep.study
function notices.changes(study)
  local store, header = study.store, study.store.header
  damaged_lines(store)
  if header and store:finished() == 0 and (header.data or {}).fingerprint ~= study.fingerprint then
    say "the data are not those of before: all trials are new ones"
  end
  local script = study.script
  local count = store:count_where(function(other)
    return other.script and script and other.script.hash ~= script.hash
  end)
  if count > 0 then
    say(("%s has changed since %s: %s"):format(script.path, ran(count), NOT_AGAIN))
  end
  changed_notes(study)
  local ours = core.info().kernels
  local others, kernels = store:count_where(function(other)
    local theirs = (other.machine or {}).kernels
    return theirs ~= nil and theirs ~= ours and theirs
  end)
  if others > 0 then
    say(("%s with the kernels %s, others are with %s: their last bits may differ"):format(
      ran(others), kernels, ours))
  end
end

--- Says which of the numbers and texts that `run` refers to another process has otherwise.
---@param study perigee.sweep.study
---@param theirs any  the other's notes
---@param told table<string, true>  the names that were said before
function notices.different_notes(study, theirs, told)
  local ours = study.notes
  theirs = type(theirs) == "table" and theirs or {}
  for _, name in ipairs(collections.sorted_keys(collections.merge(theirs, ours))) do
    if theirs[name] ~= ours[name] and not told[name] then
      told[name] = true
      say(("%s, to which `run` refers, is not the same in all processes: trials depend on which "
        .. "one runs them"):format(name))
    end
  end
end

-- --- after ------------------------------------------------------------------------

local MOST_FAILURES = 10 -- that are listed

--- Says which trials had failed before.
local function old_failures(study)
  local count = 0
  for i = 1, study.trials.count do
    if study.store:status(i) == "failed" and not study.display.announced[i] then
      count = count + 1
      if count <= MOST_FAILURES then
        say(("%s failed before: %s"):format(study.trials:label(i), study.store:record(i).error))
      end
    end
  end
  if count > MOST_FAILURES then
    say(("%d more failed before"):format(count - MOST_FAILURES))
  end
  if count > 0 then
    say "--retry-failed runs again what has failed; the journal has the tracebacks"
  end
end

--- Says if no trial has reported the study's metric, or the rule's.
local function unreported_metrics(study)
  local rule, missing, reported, count = study.rule, {}, {}, 0
  for _, name in pairs { study = study.definition.metric, rule = rule.metric } do
    missing[name] = true
  end
  for i = 1, next(missing) and study.trials.count or 0 do
    local record = study.store:record(i)
    for _, report in ipairs(record and record.status ~= "failed" and record.reports or {}) do
      count = count + 1
      for name in pairs(report[2]) do
        missing[name], reported[name] = nil, true
      end
    end
  end
  for _, name in ipairs(count > 0 and collections.sorted_keys(missing) or {}) do
    local names = collections.sorted_keys(reported)
    say(("no trial has reported the metric '%s'%s; there are %s%s"):format(name,
      name == rule.metric and (", by which %s cuts: it has cut none"):format(rule.name) or "",
      table.concat(names, ", "), suggest.suggestion(name, names)))
  end
end

--- Says which lines of journals are damaged, which trials had failed before, which metric is
--- missing, and how the study has ended.
---@param study perigee.sweep.study
---@param status "done"|"stopped"
---@param sentence string
function notices.ending(study, status, sentence)
  damaged_lines(study.store)
  old_failures(study)
  unreported_metrics(study)
  if not study.options.quiet then
    say(sentence)
    if status == "done" then
      say(("its results are in %s/%s"):format(study.folder,
        study.options.shard and "; without --shard, the script goes on with them" or ""))
    end
  end
end

return notices
