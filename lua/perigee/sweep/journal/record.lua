--- The records of a journal: made of a trial's outcome, and checked for the fields of a first line
--- or a trial.

local collections = require "perigee.util.collections"
local space = require "perigee.sweep.space.space"

local records = {}

-- --- kinds of fields ----------------------------------------------------------------
-- Each returns true for a value that fits.

local function is_text(value)
  return type(value) == "string"
end

local function is_number(value)
  return math.type(value) and value - value == 0
end

local function is_integer(value)
  return math.type(value) == "integer"
end

local function is_texts(value)
  for key, text in next, type(value) == "table" and value or { 0 } do
    if not math.type(key) or not is_text(text) then
      return false
    end
  end
  return true
end

local function is_values(value)
  return type(value) == "table" and space.read_values(value, "values") ~= nil
end

--- True for a list of { iteration, { name = number, ... } }.
local function is_reports(value)
  local count = 0
  for _ in next, type(value) == "table" and value or {} do
    count = count + 1
  end
  for i = 1, count do
    local report = value[i]
    if type(report) ~= "table" or #report ~= 2 or not is_integer(report[1])
      or type(report[2]) ~= "table" then
      return false
    end
    for name, number in next, report[2] do
      if not space.check_name(name) or not is_number(number) then
        return false
      end
    end
  end
  return type(value) == "table"
end

--- True for a table whose fields are texts, numbers, true or false.
local function is_plain_table(value)
  for name, each in next, type(value) == "table" and value or { 0 } do
    if not is_text(name) or not (is_text(each) or is_number(each) or type(each) == "boolean") then
      return false
    end
  end
  return true
end

-- --- records ------------------------------------------------------------------------

local HEADER = {
  study = is_text, arguments = is_texts, data = is_plain_table, notes = is_plain_table,
  settings = is_values, machine = is_plain_table, started = is_text,
  script = function(value)
    return type(value) == "table" and is_text(value.path) and is_text(value.hash)
  end,
}

local STATUS = { done = true, failed = true, pruned = true, paused = true }

local TRIAL = {
  trial = is_text, ["repeat"] = is_integer, seed = is_integer, values = is_values,
  reports = is_reports, iterations = is_integer, seconds = is_number, finished = is_text,
  error = is_text, traceback = is_text, reason = is_text, rung = is_integer, rule = is_text,
  status = function(value) return STATUS[value] == true end,
}

local NEEDED = { "trial", "status", "repeat", "seed", "values", "reports", "iterations", "seconds" }

--- Makes the record of a trial that has ended. By default it has no reports.
---@param trial { id: string, seed: integer, repeat_number: integer, after: string? }  after: the
---   time of the record that it replaces, which is not later even if a clock was set back
---@param outcome table  the status; of a failed trial the error; more fields if they are known
---@return table
function records.new(trial, outcome)
  local now, after = os.date "!%Y-%m-%dT%H:%M:%SZ", trial.after
  return collections.merge({
    trial = trial.id, seed = trial.seed, ["repeat"] = trial.repeat_number, reports = {},
    iterations = 0, seconds = 0, finished = after and after > now and after or now,
  }, outcome)
end

--- Returns a value that is a record; nil, and what is wrong, for another.
---@param value any
---@return table?
---@return string?
function records.check(value)
  if type(value) ~= "table" then
    return nil, "it is no JSON object"
  end
  local kinds = value.format ~= nil and HEADER or TRIAL
  if kinds == HEADER and (value.trial ~= nil or not is_integer(value.format)) then
    return nil, "it is neither a first line nor a trial's"
  end
  for _, name in ipairs(kinds == TRIAL and NEEDED or {}) do
    if value[name] == nil then
      return nil, ("it has no '%s'"):format(name)
    end
  end
  for name, is_kind in pairs(kinds) do
    if value[name] ~= nil and not is_kind(value[name]) then
      return nil, ("its '%s' is of the wrong form"):format(name)
    end
  end
  local has_reason = value.status ~= "failed" or value.error
  if not has_reason or value.status == "paused" and not value.rung then
    return nil, "it does not say why the trial ended"
  end
  return value
end

return records
