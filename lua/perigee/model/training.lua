--- A model's training: its options and its loop.
--
-- What has to be known to go on with a training stands in the model: `_losses`, one for each
-- update, which the core adds when the update is made; `_batches`, the epoch; `_record`, which
-- says of the training under way at which iteration it began (`first`) and is to end (`target`),
-- of how many `rows` and with which `options`, and what early stopping has `seen`. Until a record
-- that was loaded is resumed, it also has the `checksum` of its data (`checksum_v1` in old files).

local minibatches = require "perigee.model.minibatches"
local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local core = require "perigee.core"
local format = require "perigee.util.format"
local weights = require "perigee.model.weights"
local optimizer = require "perigee.model.optimizer"
local early_stopping = require "perigee.model.early_stopping"
local inputs = require "perigee.model.inputs"

local trainer = core.trainer

local ITERATIONS = 1000
local MOST_ITERATIONS = 1 << 53

local training = {}

-- --- options --------------------------------------------------------------------

local pair = {
  expected = "a table {x, y} (two arrays, in that order)",
  read = function(value)
    return type(value) == "table" and value[1] ~= nil and value[2] ~= nil and value[3] == nil
      and value or nil
  end,
}

--- Those that a model may be told, for all of its trainings.
training.KINDS = collections.merge(optimizer.KINDS, {
  batch = schema.or_false(schema.integer(1)),
  validation = schema.or_false(pair),
  patience = schema.or_false(schema.integer(1)),
})

--- Those of one training.
local KINDS = collections.merge(training.KINDS, {
  iterations = schema.integer(0),
  epochs = schema.integer(0),
  resume = schema.boolean,
  progress = schema.boolean,
})

--- The calls that take the options of one training alone, and those of the model.
training.OWNERS = {}
local OF_MODEL = {}
for name in pairs(KINDS) do
  training.OWNERS[name] = not training.KINDS[name] and "m:fit{%s = ...}" or nil
end
for _, name in ipairs { "hidden", "activation", "seed", "dtype", "classes", "scale", "plan" } do
  OF_MODEL[name] = "pg.Model(x, y, {%s = ...})"
end

--- Tells if `steps` and `fit` take an option.
---@param name any
---@return boolean
function training.takes(name)
  return KINDS[name] ~= nil
end

--- What holds for a training: what was said before, and what is said now. Another optimizer
--- begins with its own defaults.
---@param before table<string, any>
---@param given table<string, any>
---@return table<string, any>
function training.merge(before, given)
  local other = given.optimizer and given.optimizer ~= (before.optimizer or optimizer.FIRST)
  local all = {}
  for name, value in pairs(before) do
    if not (other and optimizer.owns(name)) then
      all[name] = value
    end
  end
  for name, value in pairs(given) do
    if training.KINDS[name] then
      all[name] = value
    end
  end
  return all
end

--- "adam, rate 0.001, batch 128"
---@param options table<string, any>
---@return string
function training.describe(options)
  local settings = optimizer.settings(options)
  local words = { settings.optimizer }
  local rate = settings.rate
  words[2] = type(rate) == "number" and c_locale.format("rate %g", rate) or "rate a function"
  words[3] = settings.weight_decay > 0 and c_locale.format("weight_decay %g", settings.weight_decay)
    or nil
  words[#words + 1] = options.batch and ("batch %d"):format(options.batch) or "all rows"
  words[#words + 1] = options.patience and ("patience %d"):format(options.patience) or nil
  return table.concat(words, ", ")
end

-- --- how long -------------------------------------------------------------------

--- How many updates the options ask for, or nil where they do not say; nil and a message where
--- they cannot be counted.
local function asked_for(model, given, batch)
  local count = given.epochs or given.iterations
  if given.epochs and given.iterations then
    return nil, "iterations or epochs must be given, not both"
  elseif not count then
    return nil
  end
  local updates = given.epochs and batch and (model._rows + batch - 1) // batch or 1
  if count > MOST_ITERATIONS // updates then
    return nil, ("%d %s are more than can be counted"):format(count,
      given.epochs and "epochs" or "iterations")
  end
  return count * updates
end

--- The rows of a batch; false: it is all of them.
local function batch_of(options, rows)
  return options.batch and options.batch < rows and options.batch or false
end

--- Tells if the data have the checksum that a file has kept; nil and a message where it cannot be
--- computed.
local function has_same_data(model)
  local record = model._record
  local kept, checksum = record.checksum, trainer.checksum
  if record.checksum_v1 then
    kept, checksum = record.checksum_v1, trainer.checksum_v1
  end
  if not kept then
    return true -- it was not loaded, or was resumed since
  end
  local sum, message = checksum(model._trainer)
  return sum and sum == kept, message
end

--- What a training that is resumed must have as it was.
local function check_resumed(model, options)
  local record = model._record
  if record.rows ~= model._rows then
    return nil, ("the training to be resumed had %d rows, and x has %d"):format(record.rows,
      model._rows)
  end
  local is_same, message = has_same_data(model)
  if not is_same then
    return nil, message or "the training to be resumed had other data: x (its numbers and dtype) "
      .. "or y is not what it was saved with (without resume = true, another training begins)"
  end
  local before, now = batch_of(record.options, record.rows), batch_of(options, record.rows)
  if before ~= now then
    return nil, ("the training to be resumed has batch = %s, and not %s"):format(before, now)
  end
  return true
end

--- The record of the training before, and the iteration to end at.
local function resume_record(model, options, count)
  local record = model._record
  local target = count and record.first + count or record.target
  record.checksum, record.checksum_v1 = nil, nil -- x may be written to from now on
  if target > model.iteration then
    record.target = target
    record.seen = options.patience and early_stopping.resume(record.seen, model)
      or early_stopping.forget(record.seen)
  end
  if options.validation and not record.options.validation then
    record.seen.iteration = model.iteration -- the next epoch is the first one to be measured
  end
  return record, target
end

--- The record of a training that begins, and the iteration to end at.
local function new_record(model, options, count)
  local target = model.iteration + (count or ITERATIONS)
  return {
    first = model.iteration, target = target, rows = model._rows, options = options,
    seen = early_stopping.begin(model),
  }, target
end

--- Whether the update before was the last of an epoch, as each is that was made from all rows.
local function has_ended_epoch(model, batch)
  if not batch then
    return true
  elseif model._batches then
    return model._batches:ended_epoch(model.iteration)
  end
  return not model._epoch or model._epoch.used == 0
end

--- Whether the validation loss is still to be measured.
local function is_owed(model, options)
  local record = model._record
  return options.validation and record.seen.iteration ~= model.iteration
    and has_ended_epoch(model, batch_of(options, record.rows))
end

--- Ends the training under way, if it is at its end, and all of it was measured: the best weights
--- take the place of the last ones.
---@param model perigee.Model
function training.finish(model)
  local record = model._record
  local most = record and record.options.patience
  if most and record.seen.best_weights and not is_owed(model, record.options)
    and (model.iteration >= record.target or record.seen.waited >= most) then
    record.seen = early_stopping.finish(record.seen, model)
  end
end

-- --- a run ----------------------------------------------------------------------

---@class perigee.training.run
local Run = {}
Run.__index = Run

--- The generator that draws the batches: the model's own, which without a seed begins where the
--- global one says.
local function generator_of(model)
  model._random = model._random or core.random(core.randint(0, 1 << 32))
  return model._random
end

--- How well a model knows some rows.
---@param model perigee.Model
---@param data { rows: perigee.array, labels: perigee.array }
---@param with_confusion? boolean
---@return number? loss
---@return number|string accuracy  what went wrong, where nil comes first
---@return perigee.array? confusion
function training.evaluate(model, data, with_confusion)
  local loss, accuracy, confusion = errors.try(trainer.evaluate, model.weights, model._activation,
    data.rows, model._scale, data.labels, with_confusion)
  return loss, loss and accuracy or weights.blame(accuracy, model), confusion
end

--- The rows and labels of the validation data, or false where there are none. They are tried
--- once, so that what is wrong with them is said before the first update.
local function validation_data(model, validation)
  if not validation then
    return false
  end
  local data, message = inputs.labelled(validation[1], validation[2], model.classes)
  if data then
    local loss
    loss, message = training.evaluate(model, data)
    data = loss and data
  end
  if not data then
    return nil, "validation: " .. message
  end
  return data
end

--- The settings of a step and the validation data, as the options have them.
local function prepare(model, options)
  local settings, message = optimizer.settings(options)
  if not settings then
    return nil, message
  end
  if settings.rate == "function" then
    return nil, "rate was a function of the iteration, which a file does not keep: give it again"
  elseif options.validation == "given" then
    return nil, "validation was given, which a file does not keep: give it again, or "
      .. "validation = false"
  elseif options.patience and not options.validation then
    return nil, "patience needs validation = {x, y}"
  end
  local data
  data, message = validation_data(model, options.validation)
  if data == nil then
    return nil, message
  end
  return settings, data
end

--- What a call is told, each of it by its kind.
local function read_options(model, options, what)
  if not model._trainer then
    return nil, what .. ": a model that was loaded without data is not trained: "
      .. "pg.Model.load(path, x, y)"
  end
  local given, message = schema.read(options, KINDS, what, OF_MODEL)
  local named, problem = weights.check_names(model.weights, model._layers, model._forms)
  if given and not named then
    return nil, problem
  elseif given and given.progress then
    local available
    available, message = require("perigee.util.progress").available()
    given = available and given
  end
  return given, message
end

--- A run of the model's training, as the options have it.
---@param model perigee.Model
---@param options? table
---@param what string  the method that was called
---@return perigee.training.run?
---@return string?  # what does not fit, where nil comes first
function training.begin(model, options, what)
  local given, message = read_options(model, options, what)
  if not given then
    return nil, message
  end
  training.finish(model)
  local resumed = given.resume and model._record ~= nil
  local all = training.merge(resumed and model._record.options or model._options, given)
  local settings, data = prepare(model, all)
  if not settings then
    return nil, data
  elseif data then
    inputs.warn_if_scaled("the validation's x", data.rows, model._scale)
  end
  local batch = batch_of(all, model._rows)
  local count
  count, message = asked_for(model, given, batch)
  if not message and resumed then
    message = select(2, check_resumed(model, all))
  end
  if message then
    return nil, message
  end
  local record, target = (resumed and resume_record or new_record)(model, all, count)
  model._record = record
  if model._batches then
    model._batches:give_back(model.iteration)
  elseif batch then
    local saved = model._epoch
    model._batches = minibatches.new(model._rows, generator_of(model),
      saved and saved.rows == model._rows and saved.used)
  end
  local run = setmetatable({
    model = model, record = record, target = target, settings = settings, rate = settings.rate,
    batch = batch, validation = data, patience = all.patience, progress = given.progress,
    resumed = resumed, options = all, iteration = model.iteration, first = record.first,
  }, Run)
  if not run:is_over() then -- else nothing will be done as the options say
    record.options = all
  end
  return run
end

--- The updates of this training so far, those of before it was saved included.
function Run:done()
  return self.model.iteration - self.record.first
end

function Run:has_stopped_early()
  return self.patience and self.record.seen.waited >= self.patience
end

function Run:is_over()
  return self.model.iteration >= self.target or self:has_stopped_early()
end

--- The learning rate of update i; nil and a message for what is none.
local function rate_at(rate, i)
  if type(rate) == "number" then
    return rate
  end
  local value = core.call(rate, i)
  if math.type(value) and value - value == 0 and value >= 0 then
    return value
  end
  return nil, ("rate(%d) must be a finite number, 0 or more, not %s"):format(i,
    errors.describe(value))
end

local function failure(i, message, not_finite, rate)
  if not_finite then
    message = c_locale.format("%s (a rate of %g may be too large, or inputs or weights); weights "
      .. "left as they were%s", message, rate, i > 1 and " after iteration " .. i - 1 or "")
  end
  return ("iteration %d: %s"):format(i, message)
end

--- The validation loss, where an epoch has ended and it was not measured yet.
---@return number?
---@return string?  # what went wrong
function Run:validate()
  local model, record = self.model, self.record
  if not is_owed(model, self.options) then
    return nil
  end
  local loss, message = training.evaluate(model, self.validation)
  if not loss then
    return nil, "validation: " .. message
  end
  local seen = early_stopping.see(record.seen, model, loss, self.patience)
  model._validation_losses[seen.losses] = loss
  record.seen = seen
  return loss
end

--- The batch of the next update, as a step takes it; nothing: it is all rows.
function Run:next_batch()
  if self.batch then
    return self.model._batches:take(self.batch, self.model.iteration)
  end
end

--- One update; returns the loss before it, and after an epoch the validation loss. With the last
--- one the best weights take the place of the last ones.
---@return number?  # nil where it failed,
---@return number|string|nil  # and the message
function Run:update()
  local model, settings, i = self.model, self.settings, self:done() + 1
  local message
  settings.rate, message = rate_at(self.rate, i)
  if not settings.rate then
    return nil, message
  end
  local loss, why, not_finite = errors.try(trainer.step, model._trainer, model.weights, settings,
    model._losses, self:next_batch())
  if not loss then
    why = not_finite and why or weights.blame(why, model)
    return nil, failure(i, why, not_finite, settings.rate)
  end
  self.iteration = model.iteration
  local validation_loss
  validation_loss, message = self:validate()
  if message then
    return nil, message
  end
  training.finish(model)
  return loss, validation_loss
end

--- Takes the model's training up again after the body of the loop, which may have trained it, too:
--- such updates and validations do not count. Where the body has resumed this very training, the
--- record leaves out already what was trained within the body of that.
function Run:take_up()
  local model, record = self.model, self.record
  local all, left_out = model.iteration - self.iteration, record.first - self.first
  if model._record ~= record or all > 0 then
    local others = all - left_out
    model._record = record
    self.iteration = model.iteration
    record.first, record.target = record.first + others, record.target + others
    self.first, self.target = record.first, self.target + all
    record.seen.iteration, record.seen.losses = model.iteration, #model._validation_losses
  end
end

function Run:say_nothing_left()
  io.stderr:write(self:has_stopped_early()
    and ("perigee: nothing left to do: the training stopped early after iteration %d (it goes on "
      .. "with more patience, or patience = false)\n"):format(self:done())
    or ("perigee: nothing left to do: the training has made %d iterations, and was to make %d\n")
      :format(self:done(), self.target - self.record.first))
end

--- The four values of a generic for: i, the loss before update i, the validation loss.
function Run:iterate()
  local bar, loss
  if self.resumed and self:is_over() then
    self:say_nothing_left()
  elseif self.progress then
    bar = require("perigee.util.progress").bar(self.target - self.record.first, nil, self:done())
  end
  local function step(_, i)
    if bar and loss then
      bar:update(i, "loss " .. format.loss(loss))
    end
    self:take_up()
    local _, message = self:validate() -- where that was interrupted
    if message then
      errors.raise(message)
    elseif self:is_over() then
      training.finish(self.model) -- likewise
      if bar then
        bar:close()
      end
      return nil
    end
    local also
    loss, also = self:update()
    if not loss then
      errors.raise(also)
    end
    return self:done(), loss, also
  end
  return step, nil, self:done(), bar
end

--- The validation losses that were taken notice of: the last may have been interrupted.
---@param model perigee.Model
---@return number[]
function training.validation_losses(model)
  local count = model._record and model._record.seen.losses or #model._validation_losses
  return table.move(model._validation_losses, 1, count, 1, {})
end

--- How far the model's epoch is: its rows, how many of them were used, and the generator's state
--- when it began. A model that has no generator yet is given none: whoever saves draws nothing.
---@param model perigee.Model
---@return { rows: integer, used: integer }
---@return perigee.array?
function training.epoch(model)
  local epoch = model._epoch or { rows = model._rows, used = 0 }
  if not model._batches then
    return epoch, model._random and model._random:get_state()
  end
  local used, state = model._batches:state(model.iteration)
  return { rows = model._rows, used = used }, state
end

return training
