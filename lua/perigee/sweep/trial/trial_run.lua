--- The run of one trial in this process: what its handle does, and the record that becomes of it.
--
-- A trial may have several trainings, one after the other, each with a checkpoint of its own. A
-- trial that is run again resumes each training from its checkpoint, or makes a training that was
-- too short to have one anew: both end in the same bits.

local collections = require "perigee.util.collections"
local columns = require "perigee.sweep.table.columns"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local handles = require "perigee.sweep.trial.trial"
local printable = require "perigee.util.printable"
local records = require "perigee.sweep.journal.record"
local rules = require "perigee.sweep.prune.rule"
local space = require "perigee.sweep.space.space"
local suggest = require "perigee.util.suggest"
local training = require "perigee.model.training"
local trial_checkpoint = require "perigee.sweep.trial.trial_checkpoint"
local uv = external.require "luv"

local BEAT = 0.1 -- seconds between two beats of the monitor
local PROBE = 0.3 -- seconds of a training that only serves to estimate its time

---@class perigee.sweep.trial_run
---@field index integer
---@field id string
---@field label string  by its parameters
---@field seed integer
---@field repeat_number integer
---@field after string?  the time of the record that its own replaces
---@field data any
---@field is_parameter table<string, true>
---@field notes table  what `run` refers to (fingerprint.lua)
---@field limit table?  by which it is judged (prune/rule.lua)
---@field checkpoints string?  the beginning of its checkpoints' paths (trial_checkpoint.stem); nil:
---   there are none
---@field is_outdated boolean?  it has checkpoints of another version of the script only
---@field every number?  seconds between two checkpoints
---@field is_probe boolean?  it only serves to estimate its time
---@field monitor table  the functions beat(trial_run), warn(message) and resumed(trial_run);
---   `is_stopped`, once the trial is to be stopped
---@field group perigee.sweep.rank_group?  the ranks that run the trial together
---@field is_follower boolean?  another rank of the group saves the checkpoints
---@field is_abandoned boolean?  it has failed, and others of the group have not come to its end
---@field handle perigee.sweep.trial
---@field reports table[]  { iteration, metrics by name }
---@field iteration integer  of the last training
---@field total integer?  iterations of the training
---@field loss number?
---@field trainings integer  how many were begun
---@field estimate number?  seconds that a probe would take in all
---@field halt table?  what ends it from within
local TrialRun = {}
TrialRun.__index = TrialRun

local trial_run = {}

local function clock()
  return uv.hrtime() * 1e-9
end

--- An object that ends a trial from within, and is no error of the trial. Its `status` is "paused"
--- or "pruned", with a `reason`; "interrupted", as by Ctrl-C, of which nothing is recorded; or
--- "probed".
local Halt = {}
Halt.__index = Halt

function Halt:__tostring()
  return "the trial was " .. self.status -- where `run` catches it
end

--- Makes the run of a trial.
---@param fields table  those of the class up to `monitor`
---@return perigee.sweep.trial_run
function trial_run.new(fields)
  local self = setmetatable(fields, TrialRun)
  self.reports, self.trainings, self.iteration = {}, 0, 0
  self.began, self.seconds_before, self.next_beat = clock(), 0, 0
  self.saved = self.began
  self.judged = {} -- what the rule found out about earlier reports
  self.handle = handles.new(self)
  return self
end

--- The seconds that it has taken, in all processes that ran it.
function TrialRun:seconds()
  return self.seconds_before + clock() - self.began
end

-- --- reports ----------------------------------------------------------------------

local IS_OVER = "the trial is over: a study hands each call of run a trial of its own"

local function check_metrics(self, metrics)
  if metrics == nil then
    return "metrics are needed behind the iteration, a table of numbers by name"
  elseif type(metrics) ~= "table" then
    return "metrics are a table of numbers by name, not " .. errors.describe(metrics)
  end
  for name, value in pairs(metrics) do
    local is_name, problem = space.check_name(name)
    if not is_name then
      return problem
    elseif columns.is_reserved(name) or self.is_parameter[name] then
      return ("'%s' is another column of the results: the metric needs another name"):format(name)
    elseif not math.type(value) or value - value ~= 0 then
      return ("%s must be a finite number, not %s"):format(name, errors.describe(value))
    end
  end
end

--- Ends the trial: at once, or in the loop of a training after the body.
local function halt(self, status, reason)
  self.halt = setmetatable({ status = status, reason = reason }, Halt)
  if not self.in_loop then
    error(self.halt, 0)
  end
end

local function judge(self)
  local status, reason = rules.judge(self.limit, self.reports, self.judged)
  if self.group then
    status, reason = self.group:judge(status, reason)
  end
  if status then
    halt(self, status, reason)
  end
end

--- Lets the monitor act now and then. Returns the time.
local function beat(self)
  local now = clock()
  if now >= self.next_beat then
    self.next_beat = now + BEAT
    self.monitor.beat(self)
  end
  return now
end

--- Keeps a report. The rule may end the trial by it.
---@param iteration any
---@param metrics any
---@return string?  # what does not fit
function TrialRun:report(iteration, metrics)
  if self.is_over then
    return IS_OVER
  elseif self.halt and not self.in_loop then -- `run` has caught it
    error(self.halt, 0)
  end
  local message, number = check_metrics(self, metrics),
    math.type(iteration) and math.tointeger(iteration)
  if message or not number then
    return message or "the iteration is an integer, not " .. errors.describe(iteration)
  end
  self.reports[#self.reports + 1] = { number, collections.merge(metrics, {}) }
  beat(self)
  if self.limit then
    judge(self)
  end
end

-- --- trainings --------------------------------------------------------------------

local function save(self, model, has_ended)
  if not self.checkpoints or self.is_follower then
    return
  end
  local path = trial_checkpoint.path(self.checkpoints, self.trainings)
  local saved, message = trial_checkpoint.save(path, model, {
    iteration = self.iteration, ended = has_ended, reports = self.reports,
    seconds = self:seconds(), notes = self.notes,
  })
  self.saved = clock()
  if not saved then
    self.monitor.warn(message)
  end
end

local function save_if_due(self, model, now, has_ended)
  if self.every and now - self.saved >= self.every then
    save(self, model, has_ended)
  end
end

local function restore_file(self, model)
  local path = trial_checkpoint.path(self.checkpoints, self.trainings)
  if not self.group then
    return trial_checkpoint.restore(path, model)
  end
  return self.group:restore(path, function(of_rank)
    return trial_checkpoint.restore(of_rank, model)
  end)
end

--- Restores the training's checkpoint. Returns its state; nil if there is none.
local function restore(self, model)
  if not self.checkpoints then
    return nil
  end
  local state, problem = restore_file(self, model)
  if self.is_outdated then
    problem = self.label .. ": the script has changed since its checkpoint"
    self.is_outdated = nil -- it is said once
  end
  if problem then
    self.monitor.warn(problem .. ": the training begins anew")
  end
  if not state then
    return nil
  end
  local changed = {}
  local notes = type(state.notes) == "table" and collections.merge(state.notes, self.notes) or {}
  for name in pairs(notes) do
    changed[name] = state.notes[name] ~= self.notes[name] or nil
  end
  if next(changed) then
    self.monitor.warn(("the training goes on, and was begun with other values of %s (--fresh "
      .. "begins anew)"):format(table.concat(collections.sorted_keys(changed), ", ")))
  end
  self.reports, self.iteration, self.judged = state.reports, state.iteration, {}
  self.seconds_before = state.seconds - (clock() - self.began)
  self.monitor.resumed(self)
  return state
end

local function check_call(self, model, options, what)
  if type(model) ~= "table" or not model.restore then
    errors.raise("%s: a model is needed, and then its options, not %s", what,
      errors.describe(model))
  elseif self.is_over then
    errors.raise("%s: %s", what, IS_OVER)
  elseif self.in_loop then
    errors.raise("%s: a trial's trainings follow each other: the body of one may have another by "
      .. "model:steps, or model:fit", what)
  elseif options ~= nil and type(options) ~= "table" then
    errors.raise("%s: options are a table, not a %s", what, type(options))
  end
  for _, name in ipairs { "resume", "progress" } do
    if options and rawget(options, name) ~= nil then
      errors.raise("%s: '%s' is what the study sees to: leave it out", what, name)
    end
  end
end

--- Begins a training, or resumes it from its checkpoint; nil for one that has ended.
local function begin(self, model, options, what)
  self.trainings = self.trainings + 1
  local state = restore(self, model)
  if state and self.limit and #self.reports > 0 then
    judge(self) -- it was stopped after that report, and before its record was kept
  end
  if state and state.ended then
    return nil
  end
  local given = collections.merge(options or {}, { resume = state ~= nil })
  local run = errors.must(training.begin(model, given, what))
  return not run:is_over() and run or nil
end

--- Estimates a probe's time, once it has run long enough, and ends it.
local function probe(self)
  local now = clock()
  if not self.first_step then
    self.first_step, self.steps_before = now, self.iteration
  elseif now - self.first_step >= PROBE then
    local steps = self.iteration - self.steps_before
    self.estimate = self.first_step - self.began
      + (self.total - self.steps_before) * (now - self.first_step) / steps
    halt(self, "probed")
  end
end

--- Ends the trial if the loop's body has halted it, or the process is to stop. Else saves a
--- checkpoint if one is due.
local function after_body(self, run)
  if self.is_probe then
    probe(self)
  end
  if self.halt then
    if self.halt.status == "paused" then
      run:take_up()
      save(self, run.model)
    end
    error(self.halt, 0)
  end
  run:take_up() -- the body may have trained the model, too
  local now = beat(self)
  if self.monitor.is_stopped then
    save(self, run.model)
    self.in_loop = false
    halt(self, "interrupted")
  end
  save_if_due(self, run.model, now)
end

--- The four values of a generic for that trains a model.
---@param model any
---@param options any
---@param what "steps"|"fit"  the handle's method
function TrialRun:train(model, options, what)
  check_call(self, model, options, what)
  local run = begin(self, model, options, what)
  if not run then
    return function() end
  end
  self.in_loop, self.total = true, run.target - run.record.first
  local is_first = true
  local step, state, done = run:iterate()
  local function next_step(_, i)
    if not is_first then
      after_body(self, run)
    end
    is_first = false
    local before = run.model.iteration
    local worked, now, loss, validation_loss = pcall(step, state, i)
    if not worked then
      -- A step that is interrupted leaves the model as it was after the body.
      if errors.is_interrupt(now) and i > 0 and run.model.iteration == before then
        save(self, run.model)
      end
      error(now, 0)
    elseif now then
      self.iteration, self.loss = now, loss
    end
    return now, loss, validation_loss
  end
  return next_step, nil, done, setmetatable({}, { __close = function(_, problem)
    self.in_loop = false
    if problem == nil and debug.getinfo(2, "l") then -- else Lua itself is closed: by os.exit
      save_if_due(self, model, clock(), true)
    end
  end })
end

-- --- the run ----------------------------------------------------------------------

--- Keeps an error as its message and the script's part of the traceback. A halt stays what it is.
local function keep_error(problem)
  if getmetatable(problem) == Halt then
    return problem
  end
  local class = debug.getmetatable(problem)
  local has_text = type(problem) == "string" or math.type(problem)
    or type(class) == "table" and rawget(class, "__tostring")
  local message = has_text and tostring(problem)
    or ("(error object is a %s value)"):format(type(problem))
  local traceback = debug.traceback(message, 2)
    :gsub("\n%s*%[C%]: in function 'perigee%.core%.call'.*$", "")
  return { message = message, traceback = traceback }
end

--- Calls the study's function, and reports what it returns.
local function call(run, values, self)
  local result = core.call(run, values, self.handle)
  if type(result) == "table" then
    local message = self:report(self.iteration, result)
    if message then
      error("what run returned: " .. message, 0)
    end
  elseif result ~= nil then
    error(("run returned %s, where a table of numbers by name, or nothing, is expected"):format(
      errors.describe(result)), 0)
  end
end

--- Has the ranks of a group agree on how their trial has ended: where one has failed, all have.
---@param problem? table  of this rank, as keep_error makes it; nil if it has not failed
---@return table? problem
local function agree(self, problem)
  local list, trouble = errors.try(self.group.agree, self.group, problem and problem.message)
  if not list then
    self.is_abandoned = true
    return problem or { message = trouble }
  end
  for i, message in ipairs(list) do
    if message and not problem then
      problem = { message = ("rank %d of its group: %s"):format(i - 1, message) }
    end
  end
  return problem
end

--- Makes the values raise for a name that they do not have: a misspelt one would be nil, and the
--- model another than was meant.
local function refuse_others(values)
  local names = collections.sorted_keys(values)
  return setmetatable(values, { __index = function(_, name)
    errors.raise("there is no parameter or setting '%s'; there are %s%s", printable.name(name),
      #names > 0 and printable.name(table.concat(names, ", ")) or "none",
      suggest.suggestion(name, names))
  end })
end

--- Runs the trial. Raises after Ctrl-C, whatever the function makes of the error.
---@param run fun(values: table, trial: perigee.sweep.trial)  the study's
---@param values table<string, any>  the parameters and the settings
---@return table  # the record, without the values
function TrialRun:run(run, values)
  local signals = core.interrupts()
  core.seed(self.seed)
  math.randomseed(self.seed)
  local worked, problem = xpcall(call, keep_error, run, refuse_others(values), self)
  self.is_over = true
  local ending = self.halt -- `run` may have caught it
  if ending and ending.status == "interrupted" or core.interrupts() > signals then
    error("interrupted!", 0)
  end
  local failure
  if not worked and not ending then
    failure = type(problem) == "table" and problem or { message = problem } -- no memory for a table
  end
  if self.group then
    failure = agree(self, failure)
  end
  local outcome = {
    status = failure and "failed" or ending and ending.status or "done",
    reason = not failure and ending and ending.reason or nil,
    reports = self.reports, iterations = self.iteration, seconds = self:seconds(),
    error = failure and failure.message, traceback = failure and failure.traceback,
  }
  return records.new(self, outcome)
end

return trial_run
