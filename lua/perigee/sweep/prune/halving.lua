--- Successive halving (Jamieson and Talwalkar, 2016): all trials run up to a rung; the best of
--- those that reached it go on to the next.

local errors = require "perigee.util.errors"
local goals = require "perigee.sweep.table.goal"
local schema = require "perigee.util.schema"

local Halving = {}
Halving.__index = Halving

Halving.kinds = {
  metric = schema.text, goal = schema.name { "max", "min" },
  first = schema.integer(1), factor = schema.number(" above 1", function(value)
    return value > 1
  end),
}
Halving.defaults = { first = 100, factor = 2 }

--- Pauses a trial at its first report of the metric at the limit's iteration or later.
---@param limit table  metric, rung, iteration
---@param reports table[]
---@return "paused"|nil
function Halving.judge(limit, reports)
  return reports[#reports][1] >= limit.iteration and "paused" or nil
end

function Halving:iteration_of(rung)
  return math.ceil(self.first * self.factor ^ (rung - 1))
end

--- The value by which a trial is compared at a rung: the metric at the rung's iteration; without a
--- report there, the last one before; else the first one after. Nil for a trial that never reported
--- the metric.
local function value_at(record, iteration, metric)
  local before
  for _, report in ipairs(record.reports) do
    local value = report[2][metric]
    if value and report[1] >= iteration then
      return report[1] > iteration and before or value
    end
    before = value or before
  end
  return before
end

--- Ranks the trials that were not cut below a rung and have reported the metric, the best first.
local function ranking(self, store, rung)
  local list = {}
  for i = 1, store.trials.count do
    local record = store:record(i)
    local was_cut = record and record.status == "pruned" and (record.rung or 0) < rung
    local value = record and value_at(record, self:iteration_of(rung), self.metric)
    if value and record.status ~= "failed" and not was_cut then
      list[#list + 1] = { index = i, value = value }
    end
  end
  table.sort(list, function(a, b)
    if a.value == b.value then
      return a.index < b.index
    end
    return goals.is_better(a.value, b.value, self.goal)
  end)
  return list
end

--- The trials that wait at a rung and are worse than the last of its best: equal ones go on.
local function cuts_at(self, store, rung)
  local list, cuts = ranking(self, store, rung), {}
  local kept = math.ceil(#list / self.factor)
  while list[kept + 1] and list[kept + 1].value == list[kept].value do
    kept = kept + 1
  end
  for position = kept + 1, #list do
    local record = store:record(list[position].index)
    if record.status == "paused" and record.rung == rung then
      cuts[#cuts + 1] = {
        index = list[position].index, rung = rung,
        reason = ("%d. of %d in %s at rung %d: the best %d went on"):format(position, #list,
          self.metric, rung, kept),
      }
    end
  end
  return cuts
end

--- The number of rungs that a trial which may go on has reached; nil for one that may not.
local function rungs_of(record)
  if not record then
    return 0
  end
  return record.status == "paused" and record.rung or nil
end

---@param store perigee.sweep.store
---@return table[] wave  the trials that wait at the lowest rung, and were not cut
---@return table[] cuts
function Halving:wave(store)
  local rung
  for i = 1, store.trials.count do
    local rungs = rungs_of(store:record(i))
    rung = rungs and math.min(rungs, rung or rungs) or rung
  end
  if not rung then
    return {}, {}
  elseif rung > 0 and not self.goal then
    errors.fail("prune: halving: %s", goals.needed(self.metric))
  end
  local cuts, is_cut, wave = rung > 0 and cuts_at(self, store, rung) or {}, {}, {}
  for _, cut in ipairs(cuts) do
    is_cut[cut.index] = true
  end
  local limit = {
    metric = self.metric, rung = rung + 1, iteration = self:iteration_of(rung + 1),
  }
  for i = 1, store.trials.count do
    if rungs_of(store:record(i)) == rung and not is_cut[i] then
      wave[#wave + 1] = { index = i, limit = limit }
    end
  end
  return wave, cuts
end

return Halving
