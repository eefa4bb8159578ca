--- The rows that a model is trained on: all that it was given, or those that a fraction for
--- validation leaves. These are drawn by seed 0: another training, also of a saved model, has the
--- same.
--
-- The model's `_data` has `all`, the rows and targets that it was given; and while some are held
-- out, their `fraction`, and `validation`, their rows and targets.

local core = require "perigee.core"

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
  local shape = data.shape
  return { rows = data.rows:take(train), targets = data.targets:take(train), shape = shape },
    { rows = data.rows:take(test), targets = data.targets:take(test), shape = shape }
end

--- Gives the model's network the rows without a fraction for validation, unless it has them.
---@param model perigee.Model  with `_data`
---@param validation any  the option: a fraction, or anything else for all rows
---@return table|true|nil  # the rows and targets held out; true for none; nil if they don't fit
---@return string?  # the error message, where nil comes first
function training_data.hold_out(model, validation)
  local data, fraction = model._data, type(validation) == "number" and validation or nil
  if model._network:has_data() and data.fraction == fraction then
    return data.validation or true
  end
  local rows, held, share = data.all, nil, model._network.share
  if fraction and share and share.is_local then
    return nil, "validation: a fraction is taken off whole arrays, and the rows are local: give "
      .. "{x, y}"
  elseif fraction then
    rows, held = split(data.all, fraction)
    if not rows then
      return nil, held
    end
  end
  local given, message = model._network:set_data(rows)
  if not given then
    return nil, message
  end
  if model._batches then -- an epoch of other rows
    model._batches, model._epoch = nil, nil
  end
  model._data = { all = data.all, fraction = fraction, validation = held }
  model._rows = share and share.rows or rows.rows.shape[1]
  return held or true
end

return training_data
