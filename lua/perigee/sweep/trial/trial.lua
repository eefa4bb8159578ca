--- The public handle of a trial: the object that a study's `run` is handed.

local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local public = require "perigee.util.public"
local unknown_name = require "perigee.util.unknown_name"

--- A run of a study: the values of a point, a seed, and the methods that record its results.
---@class perigee.sweep.trial
---@field seed integer  the study's seed plus the number of the repeat, less 1
---@field data any  the study's data, opened
---@field index integer  the position in the order of the grid, from 1
---@field id string  the hash of its values, data, repeat and seed
---@field comm perigee.communicator?  the ranks that run it together (`ranks_per_trial`), for
---   pg.Model's `comm`; nil without a group
local Trial = {}
local METATABLE = { __name = "perigee.trial" }

local NAMES = { "seed", "data", "index", "id", "comm", "steps", "fit", "report" }
local MAY_BE_NIL = { data = true, comm = true }

-- A misspelt name would be nil, and a seed that is nil none at all.
unknown_name.guard(METATABLE, Trial, "a trial", NAMES, MAY_BE_NIL)

local handles = {}

--- The handle of a trial that runs.
---@param trial_run perigee.sweep.trial_run
---@return perigee.sweep.trial
function handles.new(trial_run)
  return setmetatable({
    _run = trial_run,
    _fixed = {
      seed = trial_run.seed, data = trial_run.data, index = trial_run.index, id = trial_run.id,
      comm = trial_run.group and trial_run.group.comm,
    },
  }, METATABLE)
end

--- "trial 3, seed 0: iteration 500, 2 reports"
function METATABLE:__tostring()
  local trial_run = self._run
  return ("trial %d, seed %d: iteration %s, %s"):format(self.index, self.seed,
    format.integer(trial_run.iteration), format.quantity(#trial_run.reports, "report"))
end

-- --- reporting --------------------------------------------------------------------

--- Records metrics at an iteration. Each report is a row of curves.csv, and the last one is the
--- trial's result.
---
--- Raises for a number that isn't finite; the trial has then failed.
---
---     trial:report(100, {loss = 0.31, accuracy = 0.9})
---     trial:report{accuracy = 0.9}  -- at the iteration of trial:steps
---@param iteration? integer  default the iteration of `trial:steps`
---@param metrics table<string, number>  by name: { loss = 0.3, accuracy = 0.9 }
function Trial:report(iteration, metrics)
  if metrics == nil and type(iteration) == "table" then
    iteration, metrics = self._run.iteration, iteration
  end
  local message = self._run:report(iteration, metrics)
  if message then
    errors.raise("report: " .. message)
  end
end

-- --- training ---------------------------------------------------------------------

--- Trains in a loop as `m:steps` does, with checkpoints from which a stopped trial continues: `for
--- i, loss in trial:steps(m, {iterations = 1000}) do`. The body doesn't run again for iterations
--- before the checkpoint, and local variables of `run` aren't restored.
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
  return self._run:train(model, options, "steps")
end

--- Trains as `trial:steps` does, without a loop in the script, and returns the losses.
---
---     cost = trial:fit(m, {iterations = 20, rate = 0.5})
---     cost.shape  --> (20,)
---@param model perigee.Model
---@param options? table  those of `trial:steps`
---@return perigee.array cost  float64 (m.iteration): the loss before each of the model's updates
---@return perigee.array? validation  float64 (epochs): the validation losses, if there are any
function Trial:fit(model, options)
  for _ in self._run:train(model, options, "fit") do -- luacheck: ignore 542
  end
  return model:history()
end

public.methods(Trial, METATABLE, "a trial", "trial", { report = 1, steps = 1, fit = 1 })

return handles
