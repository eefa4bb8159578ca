--- How a study stands: how many trials are done, failed or cut, and the best so far.

local collections = require "perigee.util.collections"
local tables = require "perigee.sweep.table.table"
local format = require "perigee.util.format"

---@class perigee.sweep.tally
local Tally = {}
Tally.__index = Tally

local tallies = {}

--- Of these many trials.
---@param total integer
---@param names string[]  the parameters that differ between trials
---@param repeats integer
---@param metric? string  by which trials are compared: where it is not said, the tally chooses one
---@param goal? "max"|"min"
---@return perigee.sweep.tally
function tallies.new(total, names, repeats, metric, goal)
  local self = setmetatable({
    total = total, names = names, repeats = repeats, told_metric = metric, told_goal = goal,
    told = {}, -- the failures that were said
  }, Tally)
  self:clear()
  return self
end

--- Forgets all records.
function Tally:clear()
  self.status, self.counts = {}, { done = 0, failed = 0, pruned = 0, paused = 0 }
  self.bests = {} -- by the metrics whose goal is known
  self.goals = {} -- of the metrics that those have reported which are done; false: not known
  self.metric, self.goal, self.best = self.told_metric, nil, nil
end

local FIRST = { "accuracy", "loss" }

--- Chooses the metric by which trials are compared, where the script says none: accuracy or loss;
--- else the first whose goal is known; else the first.
local function choose(self)
  if self.told_metric then
    return self.told_metric
  end
  for _, name in ipairs(FIRST) do
    if self.goals[name] ~= nil then
      return name
    end
  end
  return collections.sorted_keys(self.bests)[1] or collections.sorted_keys(self.goals)[1]
end

--- The goal of a metric. That which the script says is for the metric that it names; where it names
--- none, for those whose name does not tell it.
local function goal_of(self, name)
  if name == self.told_metric then
    return self.told_goal or tables.goal_of(name)
  end
  return tables.goal_of(name) or not self.told_metric and self.told_goal or nil
end

--- Of two that are as good, the first in the grid is the best: the order of arrival does not count.
local function is_better(best, value, index, goal)
  if value == best.value then
    return index < best.index
  end
  return format.is_better(value, best.value, goal)
end

local function compare(self, record, index)
  local has_new = false
  for name, value in pairs(record.reports[#record.reports][2]) do
    if self.goals[name] == nil then
      self.goals[name], has_new = goal_of(self, name) or false, true
    end
    local goal, best = self.goals[name], self.bests[name]
    if goal and (not best or is_better(best, value, index, goal)) then
      self.bests[name] = { value = value, index = index, label = self:label(record) }
    end
  end
  if has_new then
    self.metric = choose(self)
    self.goal = self.goals[self.metric] or nil
  end
  self.best = self.bests[self.metric]
end

--- A trial by its parameters: "hidden 50, rate 0.1, repeat 2".
---@param record table
---@return string
function Tally:label(record)
  local parts = { #self.names > 0 and format.point(self.names, record.values) or nil }
  if self.repeats > 1 or #parts == 0 then
    parts[#parts + 1] = "repeat " .. record["repeat"]
  end
  return table.concat(parts, ", ")
end

--- Takes notice of a record that counts.
---@param record table
---@param index integer  the trial's place in the grid
function Tally:add(record, index)
  local before = self.status[record.trial]
  if before then
    self.counts[before] = self.counts[before] - 1
  end
  self.status[record.trial] = record.status
  self.counts[record.status] = self.counts[record.status] + 1
  if record.status == "done" and #record.reports > 0 then
    compare(self, record, index)
  end
end

--- How many trials are at their end.
---@return integer
function Tally:finished()
  local counts = self.counts
  return counts.done + counts.failed + counts.pruned
end

--- "1 failed, 2 pruned, best accuracy 0.9 (hidden 50, rate 0.1)"; "" where there is nothing to say.
---@return string
function Tally:note()
  local counts, parts = self.counts, {}
  parts[1] = counts.failed > 0 and counts.failed .. " failed" or nil
  parts[#parts + 1] = counts.pruned > 0 and counts.pruned .. " pruned" or nil
  parts[#parts + 1] = self.best and ("best %s %s (%s)"):format(self.metric,
    format.number(self.best.value), self.best.label) or nil
  return table.concat(parts, ", ")
end

return tallies
