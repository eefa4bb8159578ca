--- One trial, run in this process; what comes of it is a record for the journal.

local core = require "perigee.core"
local trials = require "perigee.sweep.trial"

local attempt = {}

--- The part of a traceback that is the script's: without `call`, and what called that.
local function of_script(traceback)
  local text = traceback:gsub("\n[^\n]*\n%s*%[C%]: in function 'xpcall'.*$", "")
  return text
end

--- What an error is kept as. What ends a trial from within, and Ctrl-C, stay what they are.
local function keep_error(problem)
  if trials.is_halt(problem) or type(problem) == "string" and problem:find "interrupted!$" then
    return problem
  end
  local message = tostring(problem)
  return { message = message, traceback = of_script(debug.traceback(message, 2)) }
end

--- What becomes of the trial, as the fields of a record.
local function outcome(problem)
  if trials.is_halt(problem) then
    return { status = problem.status, reason = problem.reason }
  elseif type(problem) == "string" and problem:find "interrupted!$" then
    error(problem, 0)
  elseif type(problem) == "string" then -- there was no memory for a traceback
    problem = { message = problem }
  end
  return { status = "failed", error = problem.message, traceback = problem.traceback }
end

--- Runs the function. What it returns, if that is a table, is reported.
local function call(run, values, trial)
  local result = run(values, trial)
  if type(result) == "table" then
    trial:report(result)
  end
  return true
end

--- The random numbers of a trial are its own, whichever trials were run before it.
local function seed_generators(seed)
  core.seed(seed)
  math.randomseed(seed)
end

--- Runs a trial.
---@param run fun(values: table, trial: perigee.sweep.trial)
---@param values table<string, any>  its parameters and the settings
---@param fields table  what the trial is made of (trial.lua)
---@return table  # the record, but for the values: trial, status, repeat, seed, reports, ...
function attempt.run(run, values, fields)
  seed_generators(fields.seed)
  local started = fields.clock()
  local trial = trials.new(fields)
  local worked, problem = xpcall(call, keep_error, run, values, trial)
  if worked then
    problem = trial.halted -- which `run` caught
  end
  local record = problem and outcome(problem) or { status = "done" }
  record.trial, record.seed = fields.id, fields.seed
  record["repeat"], record.reports = fields.round, trial.reports
  record.iterations, record.seconds = trial.iteration, fields.clock() - started
  record.finished = os.date "!%Y-%m-%dT%H:%M:%SZ"
  return record
end

return attempt
