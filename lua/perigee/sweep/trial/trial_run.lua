--- One trial, run in this process; what comes of it is a record for the journal.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local core = require "perigee.core"
local suggest = require "perigee.util.suggest"
local trials = require "perigee.sweep.trial.trial"
local printable = require "perigee.util.printable"

local trial_run = {}

--- The part of a traceback that is the script's: without what called it.
local function of_script(traceback)
  local text = traceback:gsub("\n%s*%[C%]: in function 'perigee%.core%.call'.*$", "")
  return text
end

--- Tells if an error says something, as the interpreter would print it.
local function has_text(problem)
  local class = debug.getmetatable(problem)
  return type(problem) == "string" or math.type(problem)
    or type(class) == "table" and rawget(class, "__tostring")
end

--- What an error is kept as. What ends a trial from within stays what it is.
local function keep_error(problem)
  if trials.is_halt(problem) then
    return problem
  end
  local message = has_text(problem) and tostring(problem)
    or ("(error object is a %s value)"):format(type(problem))
  return { message = message, traceback = of_script(debug.traceback(message, 2)) }
end

--- What becomes of the trial, as the fields of a record.
local function outcome(problem)
  if trials.is_halt(problem) then
    return { status = problem.status, reason = problem.reason }
  elseif type(problem) == "string" then -- there was no memory for a traceback
    problem = { message = problem }
  end
  return { status = "failed", error = problem.message, traceback = problem.traceback }
end

--- Runs the function, and reports what it returns.
local function call(run, values, trial)
  local result = core.call(run, values, trial)
  if type(result) == "table" then
    local worked, problem = pcall(trial.report, trial, result)
    if not worked then
      error(trials.is_halt(problem) and problem
        or "what run returned: " .. problem:gsub("^.-report: ", ""), 0)
    end
  elseif result ~= nil then
    error(("run returned %s, where a table of numbers by name, or nothing, is expected"):format(
      errors.describe(result)), 0)
  end
end

--- A name that is misspelt would be nil, and something else be trained than was meant.
local function refuse_others(values)
  local names = collections.sorted_keys(values)
  return setmetatable(values, { __index = function(_, name)
    errors.raise("there is no parameter or setting '%s'; there are %s%s", printable.name(name),
      #names > 0 and printable.name(table.concat(names, ", ")) or "none",
      suggest.suggestion(name, names))
  end })
end

--- The random numbers of a trial are its own, whichever trials were run before it.
local function seed_generators(seed)
  core.seed(seed)
  math.randomseed(seed)
end

--- Runs a trial. Raises after Ctrl-C, whatever `run` makes of the error.
---@param run fun(values: table, trial: perigee.sweep.trial)
---@param values table<string, any>  its parameters and the settings
---@param fields table  what the trial is made of (trial.lua)
---@return table  # the record, but for the values: trial, status, repeat, seed, reports, ...
function trial_run.run(run, values, fields)
  local signals = core.interrupts()
  seed_generators(fields.seed)
  local trial = trials.new(fields)
  local worked, problem = xpcall(call, keep_error, run, refuse_others(values), trial)
  trial.is_over = true
  local is_stopped = trial.halted and trial.halted.status == trials.INTERRUPTED
  if is_stopped or core.interrupts() > signals then
    error("interrupted!", 0)
  end
  problem = trial.halted or not worked and problem -- `run` may have caught it
  local record = problem and outcome(problem) or { status = "done" }
  record.trial, record.seed = fields.id, fields.seed
  record["repeat"], record.reports = fields.round, trial.reports
  record.iterations, record.seconds = trial.iteration, trial:seconds()
  record.finished = os.date "!%Y-%m-%dT%H:%M:%SZ"
  return record
end

return trial_run
