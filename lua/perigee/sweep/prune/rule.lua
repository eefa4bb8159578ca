--- The rules by which studies prune trials: they tell which trials run next, and when one is cut.
--
-- Rules decide by what trials have reported alone: the order in which trials come, and the number
-- of processes, change nothing.
--
-- `rule:wave(store)` returns the trials to run next, a list of { index, limit }, and those to be
-- cut before, a list of { index, rung, reason }. A trial's `limit` judges it as it reports. It is
-- plain data, as it may be sent to another process:
--   { metric, rung = 1, iteration = 100 }            halving
--   { metric, goal, medians = {{100, 0.8}, ...} }    median

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local goals = require "perigee.sweep.table.goal"
local json = require "perigee.util.json"
local schema = require "perigee.util.schema"

local CLASSES = {
  halving = require "perigee.sweep.prune.halving", median = require "perigee.sweep.prune.median",
}

local rules = {}

--- The rule that runs all trials to their end.
local NONE = { text = "" }

function NONE:wave(store) -- luacheck: ignore 212
  local wave = {}
  for i = 1, store.trials.count do
    if not store:status(i) then
      wave[#wave + 1] = { index = i }
    end
  end
  return wave, {}
end

--- Judges a trial by its last report. A report without the metric decides nothing.
---@param limit table
---@param reports table[]
---@param state table  the trial's; the rule keeps in it what it found out about earlier reports
---@return "paused"|"pruned"|nil  # nil: the trial goes on
---@return string?  # the reason
function rules.judge(limit, reports, state)
  if reports[#reports][2][limit.metric] then
    return CLASSES[limit.rung and "halving" or "median"].judge(limit, reports, state)
  end
end

-- --- making a rule ------------------------------------------------------------------

--- The default of `least`: the number of references that must have a value.
local function default_least(references)
  return math.min(3, references)
end

local Request = {} -- the class of what sweep.halving and sweep.median return

--- "halving{factor = 2, first = 100}"
function Request:__tostring()
  local parts = {}
  for i, name in ipairs(collections.sorted_keys(self.options)) do
    parts[i] = ("%s = %s"):format(name, format.value(self.options[name]))
  end
  return ("%s{%s}"):format(self.name, table.concat(parts, ", "))
end

--- A rule as a script asks for it, before the study is known. Raises for options that do not fit.
---@param name "halving"|"median"
---@param options? table
---@return table
function rules.request(name, options)
  local what = "sweep." .. name
  local given = schema.must_read(options, CLASSES[name].kinds, what)
  local all = collections.merge(CLASSES[name].defaults, given)
  if name == "median" then
    all.least = all.least or default_least(all.references)
    if all.least > all.references then
      errors.raise("%s: least = %d is more than references = %d", what, all.least, all.references)
    end
  end
  return setmetatable({ name = name, options = all }, Request)
end

---@param value any
---@return boolean
function rules.is_request(value)
  return getmetatable(value) == Request
end

--- The rule of a study.
---@param request? table  as `request` returns it; nil: no trial is cut
---@param metric? string  the study's, if the rule has none of its own
---@param goal? "max"|"min"
---@return table?
---@return string?  # what is missing, where nil comes first
function rules.new(request, metric, goal)
  if not request then
    return NONE
  end
  local rule = collections.merge(request.options, {})
  rule.metric = rule.metric or metric
  if not rule.metric then
    return nil, ("prune: %s needs a metric: metric = \"accuracy\""):format(request.name)
  end
  rule.goal = rule.goal or rule.metric == metric and goal or goals.of(rule.metric)
    or not metric and goal or nil
  local written = collections.merge(rule, {})
  if rule.least == default_least(rule.references or 0) then
    written.least = nil -- journals of earlier versions lack it
  end
  rule.text, rule.name = request.name .. " " .. json.encode(written), request.name
  return setmetatable(rule, CLASSES[request.name])
end

return rules
