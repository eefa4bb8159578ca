--- How a study stands: how many trials are done, failed or cut, and the best so far.

local check = require "perigee.check"
local Table = require "perigee.sweep.table"
local words = require "perigee.sweep.words"

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
  return setmetatable({
    total = total, names = names, repeats = repeats, metric = metric, goal = goal, status = {},
    told = {}, -- the failures that were said
    counts = { done = 0, failed = 0, pruned = 0, paused = 0 },
  }, Tally)
end

local FIRST = { "accuracy", "loss" }

--- The metric by which trials are compared where the script says none.
local function choose(metrics)
  for _, name in ipairs(FIRST) do
    if metrics[name] then
      return name
    end
  end
  return check.sorted_keys(metrics)[1]
end

--- Of two that are as good, the first in the grid is the best: the order of arrival does not count.
local function is_better(self, value, index)
  if not self.best then
    return true
  elseif value == self.best.value then
    return index < self.best.index
  elseif self.goal == "min" then
    return value < self.best.value
  end
  return value > self.best.value
end

local function compare(self, record, index)
  local metrics = record.reports[#record.reports][2]
  self.metric = self.metric or choose(metrics)
  self.goal = self.goal or self.metric and Table.goal_of(self.metric)
  local value = metrics[self.metric]
  if value and is_better(self, value, index) then
    self.best = { value = value, index = index, label = self:label(record) }
  end
end

--- A trial by its parameters: "hidden 50, rate 0.1, repeat 2".
---@param record table
---@return string
function Tally:label(record)
  local parts = { #self.names > 0 and words.point(self.names, record.values) or nil }
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

--- The failures that are known now are no longer.
function Tally:forget_failures()
  for id, status in pairs(self.status) do
    if status == "failed" then
      self.status[id] = nil
    end
  end
  self.counts.failed = 0
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
    words.number(self.best.value), self.best.label) or nil
  return table.concat(parts, ", ")
end

return tallies
