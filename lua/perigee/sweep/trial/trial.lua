--- A trial: what a study's `run` is handed, and what becomes of it.
--
-- `trial:steps` keeps checkpoints of the training under way. A trial may have several trainings,
-- one after the other; each has a file of its own, with the model as it was when it was written,
-- and what was reported until then. A trial that is run again takes up each training from its
-- file, or, where it was too short to have one, makes it anew: both end in the same bits.

local unknown_name = require "perigee.util.unknown_name"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local core = require "perigee.core"
local format = require "perigee.util.format"
local json = require "perigee.util.json"
local prune = require "perigee.sweep.prune.rules"
local public = require "perigee.util.public"
local space = require "perigee.sweep.space.space"
local fs = require "perigee.util.fs"
local training = require "perigee.model.training"

local BEAT = 0.1 -- seconds between two beats of the monitor
local PROBE = 0.3 -- seconds of a training that is only to tell how long it would take

---@class perigee.sweep.trial
---@field seed integer  the study's seed plus the number of the repeat, less 1
---@field data any  the study's data, opened
---@field index integer  its place in the order of the grid
---@field id string  by which it is known, wherever it stands
local Trial = {}
local METATABLE = { __name = "perigee.trial" }

local trials = {}

trials.INTERRUPTED = "interrupted" -- a halt as by Ctrl-C: nothing is recorded

local FIXED = { "seed", "data", "index", "id" }
local PUBLIC = { "seed", "data", "index", "id", "steps", "fit", "report" }
local MAY_BE_NIL = {
  data = true, limit = true, checkpoints = true, every = true, is_probe = true, halted = true,
  in_loop = true, total = true, loss = true, first_step = true, steps_before = true,
  forecast = true,
}

-- A misspelt name would be nil, and a seed that is nil none at all.
unknown_name.guard(METATABLE, Trial, "a trial", PUBLIC, MAY_BE_NIL)

--- What ends a trial from within, without being an error of it.
local Halt = {}
Halt.__index = Halt

function Halt:__tostring()
  return "the trial was " .. self.status -- where `run` catches it
end

--- "trial 3, seed 0: iteration 500, 2 reports"
function METATABLE:__tostring()
  return ("trial %d, seed %d: iteration %s, %s"):format(self.index, self.seed,
    format.integer(self.iteration), format.quantity(#self.reports, "report"))
end

---@param value any  an error
---@return boolean
function trials.is_halt(value)
  return getmetatable(value) == Halt
end

--- A trial to be run.
---@param fields table  index, id, seed, round, data; `is_parameter`, by names;
---   `limit`, what it is judged by (prune.lua); `checkpoints`, the start of the paths of its files,
---   or nil; `every`, seconds between two of them; `monitor`, which has `beat(trial)`,
---   `warn(message)`, `resumed(iteration)`, and `is_stopped` once the trial is to be left; `clock`,
---   in seconds; `is_probe`, where it is only to tell its `forecast` of how long it would take;
---   `notes`, what `run` refers to
---@return perigee.sweep.trial
function trials.new(fields)
  fields.reports, fields.trainings, fields.iteration = {}, 0, 0
  fields.beat, fields.before, fields.began = 0, 0, fields.clock()
  fields.saved, fields.is_over, fields.judged = fields.began, false, {}
  fields._fixed = {}
  for _, name in ipairs(FIXED) do
    fields._fixed[name], fields[name] = fields[name], nil
  end
  return setmetatable(fields, METATABLE)
end

-- --- reporting --------------------------------------------------------------------

local TAKEN = { ["repeat"] = true, seed = true, iteration = true }
local IS_OVER = "%s: the trial is over: a study hands each call of run a trial of its own"

local function check_metrics(self, metrics)
  if metrics == nil then
    return "report: metrics are needed behind the iteration, a table of numbers by name"
  elseif type(metrics) ~= "table" then
    return ("report: metrics are a table of numbers by name, not %s"):format(
      errors.describe(metrics))
  end
  for name, value in pairs(metrics) do
    local is_name, problem = space.check_name(name)
    if not is_name then
      return "report: " .. problem
    elseif TAKEN[name] or self.is_parameter[name] then
      return ("report: '%s' is another column of the results: the metric needs another name")
        :format(name)
    elseif not math.type(value) or value - value ~= 0 then
      return ("report: %s must be a finite number, not %s"):format(name, errors.describe(value))
    end
  end
end

--- Ends the trial: at once, or, in the loop of a training, when its body is over.
local function halt(self, status, reason)
  self.halted = setmetatable({ status = status, reason = reason }, Halt)
  if not self.in_loop then
    error(self.halted, 0)
  end
end

local function judge(self)
  local status, reason = prune.judge(self.limit, self.reports, self.judged)
  if status then
    halt(self, status, reason)
  end
end

--- Keeps numbers of this moment: they are a row of curves.csv, and the last ones are the trial's
--- result.
---
--- Raises for what is no finite number; the trial has then failed.
---
---     trial:report(100, {loss = 0.31, accuracy = 0.9})
---     trial:report{accuracy = 0.9}  -- at the iteration of trial:steps
---@param iteration? integer  without it, as many as `trial:steps` has made
---@param metrics table<string, number>  by name: { loss = 0.3, accuracy = 0.9 }
function Trial:report(iteration, metrics)
  if metrics == nil and type(iteration) == "table" then
    iteration, metrics = self.iteration, iteration
  end
  if self.is_over then
    errors.raise(IS_OVER:format "report")
  elseif self.halted and not self.in_loop then -- `run` has caught it
    error(self.halted, 0)
  end
  local message, given = check_metrics(self, metrics), iteration
  iteration = math.type(iteration) and math.tointeger(iteration)
  if message or not iteration then
    errors.raise(message or "report: the iteration is an integer, not " .. errors.describe(given))
  end
  local kept = {}
  for name, value in pairs(metrics) do
    kept[name] = value
  end
  self.reports[#self.reports + 1] = { iteration, kept }
  self:look_around()
  if self.limit then
    judge(self)
  end
end

-- Has the monitor do now and then what it has to. Returns the time.
function Trial:look_around()
  local now = self.clock()
  if now >= self.beat then
    self.beat = now + BEAT
    self.monitor:beat(self)
  end
  return now
end

-- --- checkpoints ------------------------------------------------------------------

local function path_of(self)
  return self.checkpoints and ("%s.%d.npz"):format(self.checkpoints, self.trainings)
end

-- How long it has taken, in all processes that ran it.
function Trial:seconds()
  return self.before + self.clock() - self.began
end

--- Everything beside the model, as text.
local function note_of(self, has_ended)
  return json.encode {
    iteration = self.iteration, ended = has_ended, reports = self.reports,
    seconds = self:seconds(), random = core.get_state():tolist(),
    lua_random = { (core.lua_random() or ""):byte(1, -1) }, notes = self.notes,
  }
end

local function save(self, model, has_ended)
  local path = path_of(self)
  if not path then
    return
  end
  local saved, message = fs.make_folder(path:match "^(.*)/")
  if saved then
    saved, message = errors.try(model.save, model, path, note_of(self, has_ended))
  end
  self.saved = self.clock()
  if not saved then
    self.monitor:warn(message)
  end
end

local function save_if_due(self, model, now, has_ended)
  if self.every and now - self.saved >= self.every then
    save(self, model, has_ended)
  end
end

local byte = schema.integer(0, 255)

--- The note that note_of has written; nil for another text, or none. Notes of before have no
--- `lua_random`.
local function read_note(note)
  local kept = note and json.decode(note)
  if type(kept) == "table" and kept.lua_random ~= nil
    and (type(kept.lua_random) ~= "table" or not schema.elements(kept.lua_random, byte.read)) then
    return nil
  end
  local is_whole = type(kept) == "table" and math.type(kept.iteration) == "integer"
    and type(kept.reports) == "table" and math.type(kept.seconds) and type(kept.random) == "table"
  return is_whole and kept or nil
end

--- Says which of the numbers and texts that `run` refers to were others when a checkpoint was made.
local function warn_of_changes(self, notes)
  local changed = {}
  for name in pairs(type(notes) == "table" and collections.merge(notes, self.notes) or {}) do
    changed[name] = notes[name] ~= self.notes[name] or nil
  end
  if next(changed) then
    self.monitor:warn(("the training was begun with other values of %s: --fresh begins anew")
      :format(table.concat(collections.sorted_keys(changed), ", ")))
  end
end

--- Takes up the training's file; nil where there is none that can be used. Raises for a model that
--- a trial has not saved: by then the trial's own is no longer as it was.
local function restore(self, model)
  local path = path_of(self)
  local file = path and io.open(path, "rb")
  if not file then
    return nil
  end
  file:close()
  local restored, note = getmetatable(model).restore(model, path)
  if not restored then
    self.monitor:warn(note .. ": the training begins anew")
    return nil
  end
  local kept = read_note(note)
  if not kept then
    error(path .. ": a trial's note was expected in it: remove the file, and run the trial again "
      .. "with --retry-failed", 0)
  end
  warn_of_changes(self, kept.notes)
  core.set_state(core.array(kept.random, "uint32"))
  if kept.lua_random then
    core.lua_random(string.char(table.unpack(kept.lua_random)))
  end
  self.reports, self.iteration, self.judged = kept.reports, kept.iteration, {}
  self.before = kept.seconds - (self.clock() - self.began)
  self.monitor:resumed(kept.iteration)
  return kept
end

-- --- training ---------------------------------------------------------------------

local OURS = { "resume", "progress" } -- options that a study sees to

local function check_call(self, model, options, what)
  if type(model) ~= "table" or not model.restore then
    errors.raise("%s: a model is needed, and then its options, not %s", what,
      errors.describe(model))
  elseif self.is_over then
    errors.raise(IS_OVER:format(what))
  elseif self.in_loop then
    errors.raise("%s: a trial's trainings follow each other: the body of one may have another by "
      .. "model:steps, or model:fit", what)
  end
  if options ~= nil and type(options) ~= "table" then
    errors.raise("%s: options are a table, not a %s", what, type(options))
  end
  for _, name in ipairs(OURS) do
    if options and rawget(options, name) ~= nil then
      errors.raise("%s: '%s' is what the study sees to: leave it out", what, name)
    end
  end
end

--- A run of the training, from its file or from the start; nil for one that has ended.
local function begin(self, model, options, what)
  self.trainings = self.trainings + 1
  local kept = restore(self, model)
  if kept and self.limit and #self.reports > 0 then
    judge(self) -- it was stopped after that report, and before its record was kept
  end
  if kept and kept.ended then
    return nil
  end
  local given = {}
  for name, value in pairs(options or {}) do
    given[name] = value
  end
  given.resume = kept ~= nil
  local run, message = training.begin(model, given, what)
  if not run then
    errors.raise(message)
  end
  return not run:is_over() and run or nil
end

--- What the loop's end does: after the last step, a `break`, or an error.
local function closing(self, model)
  return setmetatable({}, { __close = function(_, problem)
    self.in_loop = false
    if problem == nil and debug.getinfo(2, "l") then -- else Lua itself is closed: by os.exit
      save_if_due(self, model, self.clock(), true)
    end
  end })
end

--- Of a trial that is only begun: what it would take, when that can be told.
local function probe(self)
  local now = self.clock()
  if not self.first_step then
    self.first_step, self.steps_before = now, self.iteration
  elseif now - self.first_step >= PROBE then
    local steps = self.iteration - self.steps_before
    self.forecast = self.first_step - self.began
      + (self.total - self.steps_before) * (now - self.first_step) / steps
    self.halted = setmetatable({ status = "probed" }, Halt)
  end
end

--- After the body, which may have trained the model, too: whether the trial goes on.
local function settle(self, run)
  if self.is_probe then
    probe(self)
  end
  if self.halted then
    if self.halted.status == "paused" then
      run:take_up()
      save(self, run.model)
    end
    error(self.halted, 0)
  end
  run:take_up()
  local now = self:look_around()
  if self.monitor.is_stopped then
    save(self, run.model)
    self.halted = setmetatable({ status = trials.INTERRUPTED }, Halt)
    error(self.halted, 0)
  end
  save_if_due(self, run.model, now)
end

--- A step, as its iterator makes it. One that was interrupted leaves the model as it was after the
--- body: as a checkpoint keeps it.
local function make_step(self, run, step, state, i)
  local before = run.model.iteration
  local worked, now, loss, validation_loss = pcall(step, state, i)
  if not worked then
    if errors.is_interrupt(now) and i > 0 and run.model.iteration == before then
      save(self, run.model)
    end
    error(now, 0)
  end
  return now, loss, validation_loss
end

--- The four values of a generic for; `what` is the method's name.
local function loop(self, model, options, what)
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
      settle(self, run)
    end
    is_first = false
    local now, loss, validation_loss = make_step(self, run, step, state, i)
    if now then
      self.iteration, self.loss = now, loss
    end
    return now, loss, validation_loss
  end
  return next_step, nil, done, closing(self, model)
end

--- The loop of `m:steps`, with a checkpoint now and then, from which a trial that was stopped goes
--- on: `for i, loss in trial:steps(m, {iterations = 1000}) do`. A body that was run before is not
--- run again; what it kept in variables of its own is not restored.
---
--- Raises as `m:steps` does.
---
---     for i, loss in trial:steps(m, {iterations = 40, rate = 0.5}) do
---       if i % 20 == 0 then trial:report(i, {loss = loss}) end
---     end
---@param model perigee.Model
---@param options? table  those of `m:steps` but resume, progress
---@return fun(_: nil, i: integer): integer?, number?, number?  # i, loss, validation loss
function Trial:steps(model, options)
  local step, state, first, close = loop(self, model, options, "steps")
  return step, state, first, close
end

--- That loop, without a body.
---
---     cost = trial:fit(m, {iterations = 20, rate = 0.5})
---     cost.shape  --> (20,)
---@param model perigee.Model
---@param options? table  those of `trial:steps`
---@return perigee.array cost  float64 (m.iteration): the loss before each of the model's updates
---@return perigee.array? validation  the validation losses, where there are any
function Trial:fit(model, options)
  for _ in loop(self, model, options, "fit") do -- luacheck: ignore 542
  end
  return model:history()
end

public.methods(Trial, METATABLE, "a trial", "trial", { report = 1, steps = 1, fit = 1 })

return trials
