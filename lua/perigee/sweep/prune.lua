--- Which trials are cut short, and when. What decides is what trials have reported, and never which
--- of them came first: the order, and the number of processes, change nothing.
--
-- A rule says in waves which trials are to run, and by which `limit` each is judged as it reports.
-- A limit is plain data, so that it can be handed to another process:
--   { rung = 1, iteration = 100 }       paused at the first report from iteration 100 on
--   { metric, goal, medians = {{100, 0.8}, ...} }   cut when worse than the median

local c_locale = require "perigee.c_locale"
local check = require "perigee.check"
local goal_of = require("perigee.sweep.table").goal_of
local json = require "perigee.json"
local words = require "perigee.sweep.words"

local prune = {}

-- --- judging ----------------------------------------------------------------------

local function better(a, b, goal)
  if goal == "min" then
    return a < b
  end
  return a > b
end

--- The best of a metric in some reports; nil where there is none.
local function best_of(reports, metric, goal)
  local best
  for _, report in ipairs(reports) do
    local value = report[2][metric]
    if value and (not best or better(value, best, goal)) then
      best = value
    end
  end
  return best
end

local function median_at(medians, iteration)
  for _, entry in ipairs(medians) do
    if entry[1] == iteration then
      return entry[2]
    end
  end
end

--- What a limit makes of a trial's last report.
---@param limit table
---@param reports table[]
---@return "paused"|"pruned"|nil  # nil: it goes on
---@return string?  # why
function prune.judge(limit, reports)
  local iteration = reports[#reports][1]
  if limit.rung then
    return iteration >= limit.iteration and "paused" or nil
  end
  local median = median_at(limit.medians, iteration)
  local best = median and best_of(reports, limit.metric, limit.goal)
  if best and better(median, best, limit.goal) then
    return "pruned", c_locale.format("%s %.6g at iteration %d is worse than the median %.6g",
      limit.metric, best, iteration, median)
  end
end

-- --- waves ------------------------------------------------------------------------
-- A view of the study has `count`, `id(i)`, `status(i)` (nil where nothing is known), `rung(i)`
-- and `record(i)`. A wave is a list of { index, limit }; cuts are records to be kept.

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

-- Successive halving (Jamieson and Talwalkar, 2016): all trials run up to a rung; of those that
-- reached it the best go on to the next.

local Halving = {}
Halving.__index = Halving

function Halving:iteration_of(rung)
  return math.ceil(self.first * self.factor ^ (rung - 1))
end

--- What a trial had reported at its first report from the rung's iteration on.
local function value_at(record, iteration, metric)
  for _, report in ipairs(record.reports) do
    if report[1] >= iteration then
      return report[2][metric]
    end
  end
  local last = record.reports[#record.reports]
  return last and last[2][metric]
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

--- Those that were not cut below a rung, with what they reported there, the best first.
function Halving:ranking(view, rung)
  local list = {}
  for i = 1, view.count do
    local status, record = view.status(i), view.record(i)
    local cut_before = status == "pruned" and (view.rung(i) or 0) < rung
    if record and status ~= "failed" and not cut_before then
      local value = value_at(record, self:iteration_of(rung), self.metric)
      list[#list + 1] = { index = i, value = value }
    end
  end
  table.sort(list, function(a, b)
    if a.value == b.value or not (a.value or b.value) then
      return a.index < b.index
    elseif not (a.value and b.value) then
      return a.value ~= nil
    end
    return better(a.value, b.value, self.goal)
  end)
  return list
end

--- The trials that wait at a rung and are not among its best.
function Halving:cuts(view, rung)
  local list = self:ranking(view, rung)
  local kept, cuts, is_cut = math.ceil(#list / self.factor), {}, {}
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
  if rung > 0 then
    cuts, is_cut = self:cuts(view, rung)
  end
  local wave, limit = {}, { rung = rung + 1, iteration = self:iteration_of(rung + 1) }
  for i = 1, view.count do
    if rungs_of(view, i) == rung and not is_cut[i] then
      wave[#wave + 1] = { index = i, limit = limit }
    end
  end
  return wave, cuts
end

-- The median rule (Golovin and others, Google Vizier, 2017): a trial is cut when its best number so
-- far is worse than the median of the others' running means. The others are always the same few,
-- those with the smallest hashes, which run first and to the end.

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

--- Adds a trial's running means, by iteration.
local function add_means(means, record, metric)
  local sum, count = 0, 0
  for _, report in ipairs(record.reports) do
    local value = report[2][metric]
    if value then
      sum, count = sum + value, count + 1
      means[report[1]] = means[report[1]] or {}
      table.insert(means[report[1]], sum / count)
    end
  end
end

local function median(list)
  table.sort(list)
  local half = #list // 2
  return #list % 2 == 1 and list[half + 1] or (list[half] + list[half + 1]) / 2
end

function Median:limit(view, references)
  local means, medians = {}, {}
  for _, i in ipairs(references) do
    if view.status(i) == "done" then
      add_means(means, view.record(i), self.metric)
    end
  end
  for iteration, list in pairs(means) do
    if iteration >= self.from then
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
      metric = check.text, goal = check.name { "max", "min" },
      first = check.integer(1), factor = check.number(" above 1", function(value)
        return value > 1
      end),
    },
    defaults = { first = 100, factor = 2 },
  },
  median = {
    class = Median,
    kinds = {
      metric = check.text, goal = check.name { "max", "min" }, references = check.integer(1),
      from = check.integer(0),
    },
    defaults = { references = 5, from = 0 },
  },
}

local Asked = {} -- the class of what a script asks for

--- "halving{factor = 2, first = 100}"
function Asked:__tostring()
  local parts = {}
  for i, name in ipairs(check.sorted_keys(self.options)) do
    parts[i] = ("%s = %s"):format(name, words.value(self.options[name]))
  end
  return ("%s{%s}"):format(self.name, table.concat(parts, ", "))
end

--- A rule that a script asks for, its options checked.
---@param name "halving"|"median"
---@param options? table
---@return table?
---@return string?  # what does not fit, where nil comes first
function prune.ask(name, options)
  local given, message = check.read(options, RULES[name].kinds, name)
  if not given then
    return nil, message
  end
  return setmetatable({ name = name, options = check.join(RULES[name].defaults, given) }, Asked)
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
  local rule = check.join(asked.options, {})
  rule.metric = rule.metric or metric
  if not rule.metric then
    return nil, ("prune: %s needs a metric: metric = \"accuracy\""):format(asked.name)
  end
  rule.goal = rule.goal or goal or goal_of(rule.metric)
  rule.text = asked.name .. " " .. json.encode(rule)
  return setmetatable(rule, RULES[asked.name].class)
end

return prune
