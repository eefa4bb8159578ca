--- The records of a study's trials: read from its journals and appended to this process's own.
--
-- Each record is decoded once, and kept; values are not, as the list of trials has them. Trials are
-- named by their index in that list.

local collections = require "perigee.util.collections"
local external = require "perigee.util.external"
local format = require "perigee.util.format"
local goals = require "perigee.sweep.table.goal"
local journal = require "perigee.sweep.journal.journal"
local uv = external.require "luv"

---@class perigee.sweep.store
---@field trials perigee.sweep.trials
---@field damaged string[]  sentences about lines of journals that are no records, not yet taken
---@field header table?  the first line of the newest journal
---@field headers table<string, table>  the first lines by the journals' paths
---@field counts table<string, integer>  of trials, by their status
---@field metric string?  by which trials are compared
---@field goal "max"|"min"|nil  the metric's
---@field best { value: number, index: integer }?  the best trial that is done
local Store = {}
Store.__index = Store

local stores = {}

--- A later record replaces an earlier one unless it says less. A trial that waits at a rung may
--- have failed before, and been run again.
local RANK = { paused = 1, failed = 1, pruned = 2, done = 3 }

--- Makes the store of a study, without reading anything.
---@param folder string  of the journals
---@param trials perigee.sweep.trials  others are skipped
---@param rule string  the pruning rule's text: what another rule has cut or paused is run again
---@param metric? string  by which trials are compared; nil: the store chooses one
---@param goal? "max"|"min"
---@return perigee.sweep.store
function stores.new(folder, trials, rule, metric, goal)
  local self = setmetatable({
    folder = folder, trials = trials, rule = rule, given_metric = metric, given_goal = goal,
    forgotten = {}, -- for each journal, the byte before which failures do not count
  }, Store)
  self:clear()
  return self
end

function Store:clear()
  self.records, self.paths = {}, {} -- by index; the journals' paths
  self.header, self.headers, self.cursors, self.damaged = nil, {}, {}, {}
  self.counts = { done = 0, failed = 0, pruned = 0, paused = 0 }
  self.bests = {} -- by the metrics whose goal is known
  self.goals = {} -- of all metrics that trials which are done have reported; false: not known
  self.metric, self.goal, self.best = self.given_metric, nil, nil
end

-- --- comparing ----------------------------------------------------------------------

--- The goal of a metric. The study's goal is that of its metric; in a study without a metric, that
--- of each metric whose name tells none.
local function goal_of(self, metric)
  if metric == self.given_metric then
    return self.given_goal or goals.of(metric)
  end
  return goals.of(metric) or not self.given_metric and self.given_goal or nil
end

--- Chooses a metric: accuracy or loss; else the first whose goal is known; else the first.
local function choose_metric(self)
  for _, name in ipairs { "accuracy", "loss" } do
    if self.goals[name] ~= nil then
      return name
    end
  end
  return collections.sorted_keys(self.bests)[1] or collections.sorted_keys(self.goals)[1]
end

--- Compares a trial that is done with the best ones. Of equal trials the first in the grid is the
--- best: the order of arrival does not count.
local function compare(self, metrics, index)
  local has_new = false
  for name, value in pairs(metrics) do
    if self.goals[name] == nil then
      self.goals[name], has_new = goal_of(self, name) or false, true
    end
    local goal, best = self.goals[name], self.bests[name]
    if goal and (not best or goals.is_better(value, best.value, goal)
      or value == best.value and index < best.index) then
      self.bests[name] = { value = value, index = index }
    end
  end
  if has_new then
    self.metric = self.given_metric or choose_metric(self)
    self.goal = self.goals[self.metric] or nil
  end
  self.best = self.bests[self.metric]
end

-- --- reading and appending ----------------------------------------------------------

--- Tells if a record replaces the known one. With the same status, a failure or a higher rung does;
--- else a higher rank does, or the same rank unless the record is older.
local function says_more(record, known)
  local new, old = RANK[record.status], RANK[known.status]
  if record.status == known.status then
    return record.status == "failed" or record.rung ~= nil and record.rung > (known.rung or 0)
  end
  return new > old or new == old and (record.finished or "") >= (known.finished or "")
end

--- Takes a record, unless it is of another study, or says less than what is known.
local function take(self, record, path, at)
  if record.format then
    self.header, self.headers[path] = record, record
    return
  end
  local index, status = self.trials.index_of[record.trial], record.status
  local known = self.records[index]
  local is_forgotten = status == "failed" and at < (self.forgotten[path] or 0)
  local is_by_rule = status == "paused" or status == "pruned"
  local is_of_other_rule = is_by_rule and record.rule ~= self.rule
  if not index or is_forgotten or is_of_other_rule or known and not says_more(record, known) then
    return
  elseif known then
    self.counts[known.status] = self.counts[known.status] - 1
  end
  self.counts[status] = self.counts[status] + 1
  self.records[index], self.paths[index] = record, path
  record.values = nil
  if status == "done" and #record.reports > 0 then
    compare(self, record.reports[#record.reports][2], index)
  end
end

local function add_damaged(self, damaged)
  table.move(damaged, 1, #damaged, #self.damaged + 1, self.damaged)
end

--- Reads what was added to the journals since they were read, by other processes too. Raises for a
--- journal that cannot be read.
function Store:read()
  add_damaged(self, journal.read(self.folder, self.cursors, function(...)
    take(self, ...)
  end))
end

--- Reads what was added to one journal. Raises if it cannot be read.
---@param path string
function Store:read_file(path)
  self.cursors[path] = self.cursors[path] or { at = 0, lines = 0 }
  add_damaged(self, journal.read_file(path, self.cursors[path], function(...)
    take(self, ...)
  end))
end

--- Takes a record that is in a journal of another machine, unless it says less than what is known.
---@param record table
function Store:take(record)
  take(self, record, nil, 0)
end

--- Takes a record that another process has appended to its journal: from there, or where the line
--- cannot be seen yet, as it is. The record of a machine that does not share the folder is appended
--- to this process's own journal. Raises if it cannot be kept.
---@param record table  with its values
---@param name string  of the journal's file
function Store:receive(record, name)
  local path = self.folder .. "/" .. name
  if not uv.fs_stat(path) then
    self:append(record)
    return
  end
  self:read_file(path)
  take(self, record, path, 0)
end

--- Returns the sentences about damaged lines that were read since the last call.
---@return string[]
function Store:take_damaged()
  local damaged = self.damaged
  self.damaged = {}
  return damaged
end

--- Forgets the failures that are known, so that those trials are run again.
function Store:forget_failures()
  for path, cursor in pairs(self.cursors) do
    self.forgotten[path] = cursor.at
  end
  self:clear()
  self:read()
end

--- Makes the writer of a journal of this process's own, to which `append` writes.
---@param header table  its first line
---@return perigee.sweep.writer
function Store:open_writer(header)
  self.writer = journal.writer(self.folder, header)
  return self.writer
end

--- Appends a record to this process's journal, and takes it. Raises if it cannot be kept.
---@param record table
function Store:append(record)
  local writer = self.writer
  local at = writer:append(record)
  local cursor = self.cursors[writer.path]
  if not cursor then
    take(self, writer.header, writer.path, 0)
    cursor = {}
    self.cursors[writer.path] = cursor
  end
  cursor.at, cursor.lines = writer.length, writer.lines -- so that it is not read again
  take(self, record, writer.path, at)
end

-- --- asking -------------------------------------------------------------------------

--- The record of a trial, without its values; nil for a trial of which nothing is known.
---@param i integer
---@return table?
function Store:record(i)
  return self.records[i]
end

--- "done", "failed", "pruned" or "paused"; nil for a trial of which nothing is known.
---@param i integer
---@return string?
function Store:status(i)
  local record = self.records[i]
  return record and record.status
end

--- The number of trials that are done, failed or pruned.
---@return integer
function Store:finished()
  local counts = self.counts
  return counts.done + counts.failed + counts.pruned
end

--- Counts the finished trials that were run by processes whose journal has a header for which
--- `differs` returns a value.
---@param differs fun(header: table): any
---@return integer
---@return any  # what `differs` returned for the last of them
function Store:count_where(differs)
  local count, last, answers = 0, nil, {}
  for path, header in pairs(self.headers) do
    answers[path] = differs(header)
  end
  for i, record in pairs(self.records) do
    local answer = record.status ~= "paused" and answers[self.paths[i]]
    if answer then
      count, last = count + 1, answer
    end
  end
  return count, last
end

--- "1 failed, 2 pruned, best accuracy 0.9 (hidden 50, rate 0.1)"; "" if there is none of these.
---@return string
function Store:note()
  local counts, best, parts = self.counts, self.best, {}
  parts[1] = counts.failed > 0 and counts.failed .. " failed" or nil
  parts[#parts + 1] = counts.pruned > 0 and counts.pruned .. " pruned" or nil
  parts[#parts + 1] = best and ("best %s %s (%s)"):format(self.metric, format.number(best.value),
    self.trials:label(best.index)) or nil
  return table.concat(parts, ", ")
end

return stores
