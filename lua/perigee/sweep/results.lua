--- The results of a study: rows for its tables, and the files results.csv and curves.csv.

local collections = require "perigee.util.collections"
local columns = require "perigee.sweep.table.columns"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local tables = require "perigee.sweep.table.table"
local uv = external.require "luv"

local results = {}

-- The kinds of tables: the file, the columns between the parameters and the metrics, which
-- `each_row` fills, and a function that returns the reports of a record that have a row.
local RESULTS = {
  file = "results.csv",
  columns = columns.RESULTS,
  reports = function(record) -- the last one; of a failed trial a row without metrics
    return { record.status ~= "failed" and record.reports[#record.reports] or { nil, {} } }
  end,
}
local CURVES = {
  file = "curves.csv",
  columns = columns.CURVES,
  reports = function(record)
    return record.reports
  end,
}

--- Iterates over the finished trials in the order of the grid: index, record.
---@param only? string  a status
local function finished(study, only)
  return function(_, i)
    for k = i + 1, study.trials.count do
      local status = study.store:status(k)
      if status and status ~= "paused" and (not only or status == only) then
        return k, study.store:record(k)
      end
    end
  end, nil, 0
end

--- The columns of a kind of table, and those of them that are metrics.
local function columns_of(study, kind)
  local is_metric, names = {}, { table.unpack(study.params) }
  for _, record in finished(study) do
    for _, report in ipairs(kind.reports(record)) do
      for name in pairs(report[2]) do -- what was a setting then may be a parameter now
        is_metric[name] = not study.is_parameter[name] or nil
      end
    end
  end
  local metrics = collections.sorted_keys(is_metric)
  for _, more in ipairs { kind.columns, metrics } do
    table.move(more, 1, #more, #names + 1, names)
  end
  return names, metrics
end

--- Calls f with each row of a table. A row has fields beside the columns, the record's `iterations`
--- and `status`, unless a parameter or a metric is called so.
local function each_row(study, kind, names, only, f)
  local is_column, trials = collections.set(names), study.trials
  for i, record in finished(study, only) do
    for _, report in ipairs(kind.reports(record)) do
      local row = trials:point(i)
      for name, value in pairs(report[2]) do
        if not study.is_parameter[name] then
          row[name] = value
        end
      end
      row["repeat"], row.seed, row.iteration = trials:repeat_number(i), trials:seed(i), report[1]
      for _, name in ipairs { "iterations", "status" } do
        if not is_column[name] then
          row[name] = record[name]
        end
      end
      f(row)
    end
  end
end

local function to_table(study, kind, only)
  local names, metrics = columns_of(study, kind)
  local rows, goals, store = {}, {}, study.store
  each_row(study, kind, names, only, function(row)
    rows[#rows + 1] = row
  end)
  if store.metric then
    goals[store.metric] = store.goal
  end
  return tables.new(names, rows, metrics, { goals = goals })
end

--- A table with a row for each finished trial: its last report.
---@param study perigee.sweep.study
---@param only? "done"|"failed"|"pruned"  the trials with this status
---@return perigee.sweep.table
function results.last_reports(study, only)
  return to_table(study, RESULTS, only)
end

--- A table with a row for each report of each finished trial.
---@param study perigee.sweep.study
---@return perigee.sweep.table
function results.curves(study)
  return to_table(study, CURVES)
end

--- Writes results.csv and curves.csv into the study's folder; a file that has that text already is
--- not touched. Raises if one cannot be written.
---@param study perigee.sweep.study
function results.write(study)
  for _, kind in ipairs { RESULTS, CURVES } do
    local names = columns_of(study, kind)
    local lines = { tables.csv_line(names) }
    each_row(study, kind, names, nil, function(row)
      lines[#lines + 1] = tables.csv_line(names, row)
    end)
    local path, text = study.root .. "/" .. kind.file, table.concat(lines)
    local status = uv.fs_stat(path)
    local file <close> = status and status.type == "file" and io.open(path, "rb") or nil
    if not file or file:read "a" ~= text then
      errors.ensure(errors.try(core.write, path, text))
    end
  end
end

return results
