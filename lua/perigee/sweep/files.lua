--- A study's results as rows, and as the files that a finished study leaves.

local check = require "perigee.check"
local core = require "perigee.core"
local Table = require "perigee.sweep.table"

local files = {}

--- Whether a trial's last report is its result: of one that failed it is none.
local function has_result(record)
  return record.status ~= "failed" and #record.reports > 0
end

--- The records of the trials that are finished, in the order of the grid.
---@param study perigee.sweep.study
---@return fun(): integer?, table?
local function finished(study)
  local i = 0
  return function()
    while i < study.roster.count do
      i = i + 1
      local status = study.store:status(study.roster.ids[i])
      if status and status ~= "paused" then
        return i, study.store:record(study.roster.ids[i])
      end
    end
  end
end

--- The start of a trial's rows: its parameters, repeat and seed.
local function start_of_row(study, i)
  local row = study.roster:point(i)
  row["repeat"], row.seed = study.roster:round(i), study.roster:seed(i)
  return row
end

local function add_metrics(row, metrics, seen)
  for name, value in pairs(metrics) do
    row[name], seen[name] = value, true
  end
  return row
end

local function to_table(study, rows, more, seen)
  local columns = { table.unpack(study.params) }
  for _, name in ipairs(more) do
    columns[#columns + 1] = name
  end
  local metrics = check.sorted_keys(seen)
  table.move(metrics, 1, #metrics, #columns + 1, columns)
  return Table.new(columns, rows, metrics)
end

--- A row for each finished trial, with what it reported last.
---@param study perigee.sweep.study
---@return perigee.sweep.table
function files.results(study)
  local rows, seen = {}, {}
  for i, record in finished(study) do
    local row = start_of_row(study, i)
    if has_result(record) then
      add_metrics(row, record.reports[#record.reports][2], seen)
    end
    rows[#rows + 1] = row
  end
  return to_table(study, rows, { "repeat", "seed" }, seen)
end

--- A row for each report of each finished trial.
---@param study perigee.sweep.study
---@return perigee.sweep.table
function files.curves(study)
  local rows, seen = {}, {}
  for i, record in finished(study) do
    for _, report in ipairs(record.reports) do
      local row = start_of_row(study, i)
      row.iteration = report[1]
      rows[#rows + 1] = add_metrics(row, report[2], seen)
    end
  end
  return to_table(study, rows, { "repeat", "seed", "iteration" }, seen)
end

local function has_text(path, text)
  local file <close> = io.open(path, "rb")
  return file and file:read "a" == text
end

--- Writes results.csv and curves.csv into the study's folder; one that has that text is let be.
---@param study perigee.sweep.study
---@return true?
---@return string?  # what went wrong, where nil comes first
function files.write(study)
  for name, make in pairs { ["results.csv"] = files.results, ["curves.csv"] = files.curves } do
    local path, text = study.folder .. "/" .. name, make(study):csv()
    local written, message = has_text(path, text), nil
    if not written then
      written, message = core.write(path, text)
    end
    if not written then
      return nil, message
    end
  end
  return true
end

return files
