--- The data of a report beside the results: names and values, in order.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local format = require "perigee.util.format"

local MOST_VALUES = 12 -- of a parameter, that are listed

local data = {}

--- Lists a table as { name, value }, ordered by name.
local function pairs_of(values)
  local list = {}
  for i, name in ipairs(collections.sorted_keys(values)) do
    list[i] = { name, format.value(values[name]) }
  end
  return list
end

--- The best of the means over repeats, by which luck counts for less than by the best trial.
local function best_mean(study, done)
  local metric = study.store.metric
  local means = done:group(study.params)
  local row, own = means:best(metric, study.store.goal), means.info
  local parts = { format.point(study.params, row), ("mean of %d"):format(row[own.count]) }
  return c_locale.format("%s \u{B1} %.2g (%s)", format.number(row[metric]),
    row[own.deviations[metric]], table.concat(parts, ", ", study.params[1] and 1 or 2))
end

local function summary(study, done)
  local store = study.store
  local list = {
    { "trials", study.trials.count }, { "finished", store:finished() },
    { "failed", store.counts.failed },
  }
  if study.rule.text ~= "" then
    list[#list + 1] = { "pruned", store.counts.pruned }
    -- 'halving {"factor":2,"first":100}' becomes "halving factor 2, first 100".
    local rule = study.rule.text:gsub('[{}"]', ""):gsub("[:,]", { [":"] = " ", [","] = ", " })
    list[#list + 1] = { "pruning", rule }
  end
  if store.best then
    list[#list + 1] = { ("best %s"):format(store.metric), ("%s (%s)"):format(
      format.number(store.best.value), study.trials:label(store.best.index)) }
    if study.definition.repeats > 1 then
      list[#list + 1] = { "best mean", best_mean(study, done) }
    end
  end
  return list
end

--- Lists a parameter's values in the order of the trials; of many numbers the range, of other
--- values the first ones.
local function values_of(study, name)
  local texts, seen, least, greatest = {}, {}, math.huge, -math.huge
  for i = 1, study.trials.count do
    local value = study.trials:point(i)[name]
    local text = format.value(value)
    if not seen[text] then
      seen[text], texts[#texts + 1] = true, text
      least = math.type(value) and least and math.min(least, value) or nil
      greatest = least and math.max(greatest, value)
    end
  end
  if #texts <= MOST_VALUES then
    return table.concat(texts, ", ")
  elseif least then
    return ("%d values from %s to %s"):format(#texts, format.short(least), format.short(greatest))
  end
  return ("%s ... (%d values)"):format(table.concat(texts, ", ", 1, MOST_VALUES), #texts)
end

local function settings(study)
  local list, definition = {}, study.definition
  for i, name in ipairs(study.params) do
    list[i] = { name, values_of(study, name) }
  end
  for _, pair in ipairs(pairs_of(definition.settings)) do
    list[#list + 1] = pair
  end
  list[#list + 1] = { "repeats", definition.repeats }
  list[#list + 1] = { "seed", definition.seed }
  if type(definition.data) == "string" then
    list[#list + 1] = { "data", definition.data }
  end
  if study.fingerprint then
    list[#list + 1] = { "data's fingerprint", study.fingerprint }
  end
  return list
end

--- Lists the machine, script and command of the newest journal.
local function environment(study)
  local header = study.store.header or {}
  local list = pairs_of(header.machine or {})
  if header.script then
    list[#list + 1] = { "script", ("%s (%s)"):format(header.script.path, header.script.hash) }
  end
  if header.arguments then
    list[#list + 1] = { "command", table.concat(header.arguments, " ") }
  end
  return list
end

--- Lists what f makes of the trials with a status.
local function with_status(study, status, f)
  local list = {}
  for i = 1, study.trials.count do
    if study.store:status(i) == status then
      list[#list + 1] = f(study.trials:label(i), study.store:record(i))
    end
  end
  return list
end

--- The data of a report.
---@param study perigee.sweep.study
---@param done perigee.sweep.table  the results of the trials that are done
---@return table  # summary, settings, environment; failures, pruned
function data.of(study, done)
  return {
    summary = summary(study, done), settings = settings(study), environment = environment(study),
    failures = with_status(study, "failed", function(label, record)
      return { trial = label, message = record.error, traceback = record.traceback }
    end),
    pruned = with_status(study, "pruned", function(label, record)
      return { trial = label, iteration = record.iterations, reason = record.reason }
    end),
  }
end

return data
