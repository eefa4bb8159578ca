--- The rows that a model is trained on: all that it was given, or those that a fraction for
--- validation leaves. These are drawn by seed 0: another training, also of a saved model, has the
--- same.
--
-- The model's `_data` has `all`, the rows and labels that it was given; and while some are held
-- out, their `fraction`, and `validation`, their rows and labels.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local optimizer_state = require "perigee.model.optimizer_state"

local trainer = core.trainer

local SEED = 0

local training_data = {}

--- Splits data into those that are left for training, and those held out; nil and a message where
--- one of the two would have no rows.
local function split(data, fraction)
  local n = data.rows.shape[1]
  local held = math.ceil(fraction * n)
  if held >= n then
    return nil, ("validation = %g of %d rows leaves none for training"):format(fraction, n)
  end
  local train, test = core.split_rows(n, n - held, held, nil, core.random(SEED))
  return { rows = data.rows:take(train), labels = data.labels:take(train) },
    { rows = data.rows:take(test), labels = data.labels:take(test) }
end

--- Makes a trainer of some rows, which goes on with the state of the model's optimizer.
local function new_trainer(model, data)
  local made, message = errors.try(trainer.new, data.rows, model._scale, data.labels,
    model.weights, model._activation, model._plan)
  if made and model._trainer then
    optimizer_state.write(made, optimizer_state.read(model, model._trainer))
  end
  return made, message
end

--- Gives the model's trainer the rows without a fraction for validation, unless it has them.
---@param model perigee.Model  with `_data`
---@param validation any  the option: a fraction, or anything else for all rows
---@return table|true|nil  # the rows and labels held out; true for none; nil if they don't fit
---@return string?  # the error message, where nil comes first
function training_data.hold_out(model, validation)
  local data, fraction = model._data, type(validation) == "number" and validation or nil
  if model._trainer and data.fraction == fraction then
    return data.validation or true
  end
  local rows, held = data.all, nil
  if fraction then
    rows, held = split(data.all, fraction)
    if not rows then
      return nil, held
    end
  end
  local made, message = new_trainer(model, rows)
  if not made then
    return nil, message
  end
  if model._batches then -- an epoch of other rows
    model._batches, model._epoch = nil, nil
  end
  model._data = { all = data.all, fraction = fraction, validation = held }
  model._trainer, model._rows = made, rows.rows.shape[1]
  return held or true
end

return training_data
