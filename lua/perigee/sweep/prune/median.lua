--- The median rule (Golovin and others, Google Vizier, 2017): a trial is cut when its best value so
--- far is worse than the median of the references' running means at the same iteration.
--
-- The references are always the same few trials, those with the smallest ids, which run first and
-- to the end.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local goals = require "perigee.sweep.table.goal"
local schema = require "perigee.util.schema"

local Median = {}
Median.__index = Median

Median.kinds = {
  metric = schema.text, goal = schema.name { "max", "min" }, references = schema.integer(1),
  least = schema.integer(1), from = schema.integer(0),
}
Median.defaults = { references = 5, from = 0 }

--- Prunes a trial whose best value is worse than the median at its last report's iteration.
---@param limit table  metric, goal, medians
---@param reports table[]
---@param state table  what was found out about the trial's earlier reports
---@return "pruned"|nil
---@return string?  # the reason
function Median.judge(limit, reports, state)
  if not state.medians then
    state.medians, state.count = {}, 0
    for _, entry in ipairs(limit.medians) do
      state.medians[entry[1]] = entry[2]
    end
  end
  for i = state.count + 1, #reports do
    local value = reports[i][2][limit.metric]
    if value and (not state.best or goals.is_better(value, state.best, limit.goal)) then
      state.best = value
    end
  end
  state.count = #reports
  local iteration = reports[#reports][1]
  local median = state.medians[iteration]
  if median and goals.is_better(median, state.best, limit.goal) then
    return "pruned", c_locale.format("%s %.6g at iteration %d is worse than the median %.6g",
      limit.metric, state.best, iteration, median)
  end
end

--- A trial's running means, by iteration. Each is kept between the trial's values, whatever
--- rounding does: the mean of equal values is their own.
local function running_means(reports, metric)
  local means, count, mean, least, most = {}, 0, 0, math.huge, -math.huge
  for _, report in ipairs(reports) do
    local value = report[2][metric]
    if value then
      count, least, most = count + 1, math.min(least, value), math.max(most, value)
      mean = math.max(least, math.min(mean + (value - mean) / count, most))
      means[report[1]] = mean
    end
  end
  return means
end

local function median_of(list)
  table.sort(list)
  local half = #list // 2
  local low, high = list[#list - half], list[half + 1]
  return low == high and low or low / 2 + high / 2
end

--- The indices of the references.
local function references_of(self, trials)
  local list = {}
  for i = 1, trials.count do
    list[i] = i
  end
  table.sort(list, function(a, b)
    return c_locale.precedes(trials.ids[a], trials.ids[b])
  end)
  return table.move(list, 1, math.min(self.references, #list), 1, {})
end

--- The medians of the references' running means, at each iteration that enough references have.
local function medians_of(self, store, references)
  local means, medians = {}, {}
  for _, i in ipairs(references) do
    if store:status(i) == "done" then
      for iteration, mean in pairs(running_means(store:record(i).reports, self.metric)) do
        means[iteration] = means[iteration] or {}
        table.insert(means[iteration], mean)
      end
    end
  end
  for iteration, list in pairs(means) do
    if iteration >= self.from and #list >= self.least then
      medians[#medians + 1] = { iteration, median_of(list) }
    end
  end
  table.sort(medians, function(a, b)
    return a[1] < b[1]
  end)
  return medians
end

---@param store perigee.sweep.store
---@return table[] wave  the references; once they are finished, all others
---@return table[] cuts  none
function Median:wave(store)
  local references, wave = references_of(self, store.trials), {}
  for _, i in ipairs(references) do
    if not store:status(i) then
      wave[#wave + 1] = { index = i }
    end
  end
  if #wave > 0 then
    return wave, {}
  end
  local limit = {
    metric = self.metric, goal = self.goal, medians = medians_of(self, store, references),
  }
  if #limit.medians > 0 and not self.goal then
    errors.fail("prune: median: %s", goals.needed(self.metric))
  end
  for i = 1, store.trials.count do
    if not store:status(i) then
      wave[#wave + 1] = { index = i, limit = limit }
    end
  end
  return wave, {}
end

return Median
