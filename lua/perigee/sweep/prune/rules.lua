--- Which trials are cut short, and when. What decides is what trials have reported, and never which
--- of them came first: the order, and the number of processes, change nothing.
--
-- A rule says in waves which trials are to run, and by which `limit` each is judged as it reports.
-- A limit is plain data, so that it can be handed to another process:
--   { metric, rung = 1, iteration = 100 }   paused at its first report of the metric from there on
--   { metric, goal, medians = {{100, 0.8}, ...} }   cut when worse than the median

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local json = require "perigee.util.json"
local tables = require "perigee.sweep.table.table"
local format = require "perigee.util.format"

local prune = {}

-- --- judging ----------------------------------------------------------------------

--- The best of a metric in some reports, of which those before were looked at; nil where there is
--- none.
local function best_of(reports, limit, state)
  for i = (state.looked_at or 0) + 1, #reports do
    local value = reports[i][2][limit.metric]
    if value and (not state.best or format.is_better(value, state.best, limit.goal)) then
      state.best = value
    end
  end
  state.looked_at = #reports
  return state.best
end

local function median_at(limit, state, iteration)
  if not state.medians then
    state.medians = {}
    for _, entry in ipairs(limit.medians) do
      state.medians[entry[1]] = entry[2]
    end
  end
  return state.medians[iteration]
end

--- What a limit makes of a trial's last report. One without the metric decides nothing.
---@param limit table
---@param reports table[]
---@param state table  the trial's: what was found out about its reports before
---@return "paused"|"pruned"|nil  # nil: it goes on
---@return string?  # why
function prune.judge(limit, reports, state)
  local iteration, metrics = reports[#reports][1], reports[#reports][2]
  if not metrics[limit.metric] then
    return nil
  elseif limit.rung then
    return iteration >= limit.iteration and "paused" or nil
  end
  local median = median_at(limit, state, iteration)
  local best = median and best_of(reports, limit, state)
  if best and format.is_better(median, best, limit.goal) then
    return "pruned", c_locale.format("%s %.6g at iteration %d is worse than the median %.6g",
      limit.metric, best, iteration, median)
  end
end

-- --- waves ------------------------------------------------------------------------
-- A view of the study has `count`, `id(i)`, `status(i)` (nil where nothing is known), `rung(i)`
-- and `record(i)`. A wave is a list of { index, limit }; cuts are records to be kept. Nil and a
-- message stand in their place where the rule cannot decide.

--- All that were not finished, without a limit: no rule.
prune.NONE = {
  text = "",
  wave = function(_, view)
    local wave = {}
    for i = 1, view.count do
      if not view.status(i) then
        wave[#wave + 1] = { index = i }
      end
    end
    return wave, {}
  end,
}

--- The message about a rule that has values to compare, and no goal.
local function goal_needed(rule)
  return ("prune: %s: %s"):format(rule.name, tables.goal_needed(rule.metric))
end

-- Successive halving (Jamieson and Talwalkar, 2016): all trials run up to a rung; of those that
-- reached it the best go on to the next.

local Halving = {}
Halving.__index = Halving

function Halving:iteration_of(rung)
  return math.ceil(self.first * self.factor ^ (rung - 1))
end

--- What a trial is judged by at a rung: the metric at the rung's iteration; where none was reported
--- there, the last one before, and where there is none before, the first one. Nil for a trial that
--- never reported it.
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

--- How many rungs a trial that may go on has reached; nil for one that may not.
local function rungs_of(view, i)
  local status = view.status(i)
  if not status then
    return 0
  elseif status == "paused" then
    return view.rung(i)
  end
end

--- The lowest rung at which a trial waits; nil where none does.
local function lowest_rung(view)
  local lowest
  for i = 1, view.count do
    local rungs = rungs_of(view, i)
    if rungs and (not lowest or rungs < lowest) then
      lowest = rungs
    end
  end
  return lowest
end

--- Those that were not cut below a rung and have reported the metric, the best first.
function Halving:ranking(view, rung)
  local list = {}
  for i = 1, view.count do
    local status, record = view.status(i), view.record(i)
    local cut_before = status == "pruned" and (view.rung(i) or 0) < rung
    local value = record and value_at(record, self:iteration_of(rung), self.metric)
    if value and status ~= "failed" and not cut_before then
      list[#list + 1] = { index = i, value = value }
    end
  end
  table.sort(list, function(a, b)
    if a.value == b.value then
      return a.index < b.index
    end
    return format.is_better(a.value, b.value, self.goal)
  end)
  return list
end

--- The trials that wait at a rung and are worse than the last of its best: equal ones go on.
function Halving:cuts(view, rung)
  local list, cuts, is_cut = self:ranking(view, rung), {}, {}
  local kept = math.ceil(#list / self.factor)
  while list[kept + 1] and list[kept + 1].value == list[kept].value do
    kept = kept + 1
  end
  for place = kept + 1, #list do
    local i = list[place].index
    if view.status(i) == "paused" and view.rung(i) == rung then
      is_cut[i] = true
      cuts[#cuts + 1] = {
        index = i, rung = rung, reason = ("%d. of %d in %s at rung %d: the best %d went on"):format(
          place, #list, self.metric, rung, kept),
      }
    end
  end
  return cuts, is_cut
end

function Halving:wave(view)
  local rung = lowest_rung(view)
  if not rung then
    return {}, {}
  end
  local cuts, is_cut = {}, {}
  if rung > 0 and not self.goal then
    return nil, goal_needed(self)
  elseif rung > 0 then
    cuts, is_cut = self:cuts(view, rung)
  end
  local wave, limit = {}, {
    metric = self.metric, rung = rung + 1, iteration = self:iteration_of(rung + 1),
  }
  for i = 1, view.count do
    if rungs_of(view, i) == rung and not is_cut[i] then
      wave[#wave + 1] = { index = i, limit = limit }
    end
  end
  return wave, cuts
end

-- The median rule (Golovin and others, Google Vizier, 2017): a trial is cut when its best number so
-- far is worse than the median of the others' running means at the same iteration, where enough of
-- them have one. The others are always the same few, those with the smallest hashes, which run
-- first and to the end.

local Median = {}
Median.__index = Median

--- The places of the trials that the others are compared with.
function Median:chosen(view)
  local list = {}
  for i = 1, view.count do
    list[i] = i
  end
  table.sort(list, function(a, b)
    return c_locale.precedes(view.id(a), view.id(b))
  end)
  return table.move(list, 1, math.min(self.references, #list), 1, {})
end

--- A trial's running means, by iteration. A mean is between its numbers, whatever rounding does:
--- that of equal ones is their own value.
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

local function median(list)
  table.sort(list)
  local half = #list // 2
  local low, high = list[#list - half], list[half + 1]
  return low == high and low or low / 2 + high / 2
end

function Median:limit(view, references)
  local means, medians = {}, {}
  for _, i in ipairs(references) do
    if view.status(i) == "done" then
      for iteration, mean in pairs(running_means(view.record(i).reports, self.metric)) do
        means[iteration] = means[iteration] or {}
        table.insert(means[iteration], mean)
      end
    end
  end
  for iteration, list in pairs(means) do
    if iteration >= self.from and #list >= self.least then
      medians[#medians + 1] = { iteration, median(list) }
    end
  end
  table.sort(medians, function(a, b)
    return a[1] < b[1]
  end)
  return { metric = self.metric, goal = self.goal, medians = medians }
end

function Median:wave(view)
  local references, wave = self:chosen(view), {}
  for _, i in ipairs(references) do
    if not view.status(i) then
      wave[#wave + 1] = { index = i }
    end
  end
  if #wave > 0 then
    return wave, {}
  end
  local limit = self:limit(view, references)
  if #limit.medians > 0 and not self.goal then
    return nil, goal_needed(self)
  end
  for i = 1, view.count do
    if not view.status(i) then
      wave[#wave + 1] = { index = i, limit = limit }
    end
  end
  return wave, {}
end

-- --- rules ------------------------------------------------------------------------

local RULES = {
  halving = {
    class = Halving,
    kinds = {
      metric = schema.text, goal = schema.name { "max", "min" },
      first = schema.integer(1), factor = schema.number(" above 1", function(value)
        return value > 1
      end),
    },
    defaults = { first = 100, factor = 2 },
  },
  median = {
    class = Median,
    kinds = {
      metric = schema.text, goal = schema.name { "max", "min" }, references = schema.integer(1),
      least = schema.integer(1), from = schema.integer(0),
    },
    defaults = { references = 5, from = 0 },
  },
}

--- How many references must have a value, where a script says only how many there are.
local function least_of(references)
  return math.min(3, references)
end

--- The text by which journals know a rule. `least` came later than others: where it is what it
--- would be unsaid, the text is without it.
local function text_of(name, rule)
  local told = collections.merge(rule, {})
  if rule.least == least_of(rule.references or 0) then
    told.least = nil
  end
  return name .. " " .. json.encode(told)
end

local Asked = {} -- the class of what a script asks for

--- "halving{factor = 2, first = 100}"
function Asked:__tostring()
  local parts = {}
  for i, name in ipairs(collections.sorted_keys(self.options)) do
    parts[i] = ("%s = %s"):format(name, format.value(self.options[name]))
  end
  return ("%s{%s}"):format(self.name, table.concat(parts, ", "))
end

--- A rule that a script asks for, its options checked.
---@param name "halving"|"median"
---@param options? table
---@return table?
---@return string?  # what does not fit, where nil comes first
function prune.ask(name, options)
  local given, message = schema.read(options, RULES[name].kinds, name)
  if not given then
    return nil, errors.prefixed(name, message)
  end
  local all = collections.merge(RULES[name].defaults, given)
  if name == "median" then
    all.least = all.least or least_of(all.references)
    if all.least > all.references then
      return nil, ("median: least = %d is more than references = %d"):format(all.least,
        all.references)
    end
  end
  return setmetatable({ name = name, options = all }, Asked)
end

---@param value any
---@return boolean
function prune.is_asked(value)
  return getmetatable(value) == Asked
end

--- The rule by which a study cuts trials.
---@param asked? table  what `ask` gave; nil: none are cut
---@param metric? string  the study's, where the rule has none of its own
---@param goal? "max"|"min"
---@return table?
---@return string?  # what is missing, where nil comes first
function prune.rule(asked, metric, goal)
  if not asked then
    return prune.NONE
  end
  local rule = collections.merge(asked.options, {})
  rule.metric = rule.metric or metric
  if not rule.metric then
    return nil, ("prune: %s needs a metric: metric = \"accuracy\""):format(asked.name)
  end
  rule.goal = rule.goal or rule.metric == metric and goal or tables.goal_of(rule.metric)
    or not metric and goal or nil
  rule.text, rule.name = text_of(asked.name, rule), asked.name
  return setmetatable(rule, RULES[asked.name].class)
end

return prune
