--- A study's results as rows, and as the files that a finished study leaves.
--
-- Rows are made of the journal's records, one after the other: there may be many.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local core = require "perigee.core"
local external = require "perigee.util.external"
local tables = require "perigee.sweep.table.table"
local uv = external.require "luv"

local results = {}

--- What a trial reported last; of one that failed that is no result.
local function last_report(record)
  return { record.status ~= "failed" and record.reports[#record.reports] or { nil, {} } }
end

local function all_reports(record)
  return record.reports
end

--- What there are tables of: the reports that have a row, and the columns before the metrics.
local RESULTS = {
  file = "results.csv", reports = last_report, columns = { "repeat", "seed" },
}
local CURVES = {
  file = "curves.csv", reports = all_reports, columns = { "repeat", "seed", "iteration" },
}

--- The finished trials in the order of the grid: place and record.
local function finished(study, only)
  local i = 0
  return function()
    while i < study.trials.count do
      i = i + 1
      local status = study.store:status(study.trials.ids[i])
      if status and status ~= "paused" and (not only or status == only) then
        return i, study.store:record(study.trials.ids[i])
      end
    end
  end
end

local ASIDE = { "iterations", "status" }

--- Calls f(kind, row) with the rows of each of these kinds. What a row tells beside the columns
--- (iterations, status) gives way to a column of that name.
local function each_row(study, kinds, columns, only, f)
  local is_column = {}
  for kind, names in pairs(columns) do
    is_column[kind] = collections.set(names)
  end
  for i, record in finished(study, only) do
    for _, kind in ipairs(kinds) do
      for _, report in ipairs(kind.reports(record)) do
        local row, taken = collections.merge(report[2], study.trials:point(i)), is_column[kind]
        row["repeat"], row.seed = study.trials:round(i), study.trials:seed(i)
        row.iteration = report[1]
        for _, name in ipairs(ASIDE) do
          if not taken[name] then
            row[name] = record[name]
          end
        end
        f(kind, row)
      end
    end
  end
end

--- The columns of each of these kinds, and those of them that are metrics.
local function columns_of(study, kinds)
  local seen, columns, metrics = {}, {}, {}
  for _, kind in ipairs(kinds) do
    seen[kind], columns[kind] = {}, { table.unpack(study.params) }
  end
  for _, record in finished(study) do
    for _, kind in ipairs(kinds) do
      for _, report in ipairs(kind.reports(record)) do
        for name in pairs(report[2]) do -- what was a setting then may be a parameter now
          seen[kind][name] = not study.is_parameter[name] or nil
        end
      end
    end
  end
  for kind, names in pairs(columns) do
    metrics[kind] = collections.sorted_keys(seen[kind])
    for _, more in ipairs { kind.columns, metrics[kind] } do
      table.move(more, 1, #more, #names + 1, names)
    end
  end
  return columns, metrics
end

local function to_table(study, kind, only)
  local columns, metrics = columns_of(study, { kind })
  local rows, goals = {}, {}
  each_row(study, { kind }, columns, only, function(_, row)
    rows[#rows + 1] = row
  end)
  if study.tally.metric then
    goals[study.tally.metric] = study.tally.goal
  end
  return tables.new(columns[kind], rows, metrics[kind], { goals = goals })
end

--- A row for each finished trial, with what it reported last.
---@param study perigee.sweep.study
---@param only? "done"|"failed"|"pruned"  the trials with this status
---@return perigee.sweep.table
function results.results(study, only)
  return to_table(study, RESULTS, only)
end

--- A row for each report of each finished trial.
---@param study perigee.sweep.study
---@return perigee.sweep.table
function results.curves(study)
  return to_table(study, CURVES)
end

local function has_text(path, text)
  local status = uv.fs_stat(path)
  local file <close> = status and status.type == "file" and io.open(path, "rb") or nil
  return file and file:read "a" == text
end

--- Writes results.csv and curves.csv into the study's folder; one that has that text is let be.
---@param study perigee.sweep.study
---@return true?
---@return string?  # what went wrong, where nil comes first
function results.write(study)
  local kinds, lines = { RESULTS, CURVES }, {}
  local columns = columns_of(study, kinds)
  for kind, names in pairs(columns) do
    lines[kind] = { tables.csv_line(names) }
  end
  each_row(study, kinds, columns, nil, function(kind, row)
    table.insert(lines[kind], tables.csv_line(columns[kind], row))
  end)
  for _, kind in ipairs(kinds) do
    local path = study.root .. "/" .. kind.file
    local text = table.concat(lines[kind])
    local written, message = has_text(path, text), nil
    if not written then
      written, message = errors.try(core.write, path, text)
    end
    if not written then
      return nil, message
    end
  end
  return true
end

return results
