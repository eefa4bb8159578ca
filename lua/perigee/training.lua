--- A model's training: its options, its loop, early stopping.
--
-- What has to be known to go on with a training stands in the model: `iteration`,
-- `_losses`, `_batches`, and `_record`, which says of the training under way at which
-- iteration it began (`first`) and ends (`target`), and how early stopping stands.

local batches = require "perigee.batches"
local check = require "perigee.check"
local core = require "perigee.core"
local optimizer = require "perigee.optimizer"
local samples = require "perigee.samples"

local trainer = core.trainer

local ITERATIONS = 1000
local MAX_SEED = 2 ^ 32 - 1

local training = {}

--- The names of the weights of so many layers: W1, b1, W2, ...
---@param layers integer
---@return string[]
function training.weight_names(layers)
  local names = {}
  for l = 1, layers do
    names[#names + 1] = "W" .. l
    names[#names + 1] = "b" .. l
  end
  return names
end

-- --- options --------------------------------------------------------------------

local pair = {
  expected = "a table {x, y}",
  read = function(value)
    return type(value) == "table" and value[1] ~= nil and value[2] ~= nil and value or nil
  end,
}

--- Those that a model may be told, for all of its trainings.
training.KINDS = {
  batch = check.or_false(check.integer(1)),
  validation = check.or_false(pair),
  patience = check.or_false(check.integer(1)),
}
for name, kind in pairs(optimizer.KINDS) do
  training.KINDS[name] = kind
end

--- Those of one training.
local KINDS = {
  iterations = check.integer(0),
  epochs = check.integer(0),
  resume = check.boolean,
  progress = check.boolean,
}
for name, kind in pairs(training.KINDS) do
  KINDS[name] = kind
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
  words[2] = type(rate) == "number" and ("rate %g"):format(rate) or "rate a function"
  words[3] = settings.weight_decay > 0 and ("weight_decay %g"):format(settings.weight_decay) or nil
  words[#words + 1] = options.batch and ("batch %d"):format(options.batch) or "all rows"
  words[#words + 1] = options.patience and ("patience %d"):format(options.patience) or nil
  return table.concat(words, ", ")
end

-- --- how long -------------------------------------------------------------------

local function updates_of_an_epoch(model, batch)
  return batch and (model._rows + batch - 1) // batch or 1
end

--- How many updates the options ask for, if they say so.
local function asked_for(model, given, batch)
  if given.iterations and given.epochs then
    return nil, "iterations or epochs must be given, not both"
  elseif given.epochs then
    return given.epochs * updates_of_an_epoch(model, batch)
  end
  return given.iterations or false
end

--- Whether the training before goes on.
local function is_resumed(model, given)
  local record, counts = model._record, given.iterations or given.epochs
  local goes_on = given.resume or record and record.loaded and not counts
  return record ~= nil and goes_on and given.resume ~= false
end

local function check_same_rows(model)
  local before = model._record.rows
  if before ~= model._rows then
    return nil, ("the training to be resumed had %d rows, and x has %d"):format(before, model._rows)
  end
  return true
end

local function resume_record(model, count)
  local record = model._record
  local same, message = check_same_rows(model)
  if not same then
    return nil, message
  end
  record.loaded = nil
  record.target = count and record.first + count or record.target
  return record
end

local function new_record(model, count)
  return {
    first = model.iteration, target = model.iteration + (count or ITERATIONS), waited = 0,
    rows = model._rows,
  }
end

-- --- a run ----------------------------------------------------------------------

---@class perigee.training.run
local Run = {}
Run.__index = Run

--- The generator that draws the batches: the model's own, which without a seed begins where the
--- global one says.
local function generator_of(model)
  model._random = model._random or core.random(core.randint(0, MAX_SEED + 1))
  return model._random
end

--- How well a model knows some rows.
---@param model perigee.Model
---@param data { rows: perigee.array, labels: perigee.array }
---@return number? loss
---@return number|string accuracy  what went wrong, where nil comes first
---@return perigee.array? confusion
function training.evaluate(model, data)
  return trainer.evaluate(model.weights, model._activation, data.rows, model._scale, data.labels)
end

--- The rows and labels of the validation data, or false where there are none. They are tried
--- once, so that what is wrong with them is said before the first update.
local function validation_data(model, validation)
  if not validation then
    return false
  end
  local data, message = samples.labelled(validation[1], validation[2], model.classes)
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
  elseif options.patience and not options.validation then
    return nil, "patience needs validation = {x, y}, which a file does not keep"
  elseif settings.rate == "function" then
    return nil, "rate was a function of the iteration, which a file does not keep: say it anew"
  end
  local data
  data, message = validation_data(model, options.validation)
  if data == nil then
    return nil, message
  end
  return settings, data
end

--- A run of the model's training, as the options have it.
---@param model perigee.Model
---@param options? table
---@param what string  the method that was called
---@return perigee.training.run?
---@return string?  # what does not fit, where nil comes first
function training.begin(model, options, what)
  if not model._trainer then
    return nil, what .. ": a model that was loaded without data is not trained: "
      .. "pg.Model.load(path, x, y)"
  end
  local given, message = check.read(options, KINDS, what)
  if not given then
    return nil, message
  end
  local resumed = is_resumed(model, given)
  local all = training.merge(resumed and model._record.options or model._options, given)
  local settings, data = prepare(model, all)
  if not settings then
    return nil, data
  end
  local batch = all.batch and all.batch < model._rows and all.batch or nil
  local count, record
  count, message = asked_for(model, given, batch)
  if count == nil then
    return nil, message
  end
  record, message = (resumed and resume_record or new_record)(model, count)
  if not record then
    return nil, message
  end
  record.options, model._record = all, record
  if batch and not model._batches then
    model._batches = batches.new(model._rows, generator_of(model), model._used)
  end
  return setmetatable({
    model = model, record = record, settings = settings, rate = settings.rate, batch = batch,
    validation = data, patience = all.patience, progress = given.progress, resumed = resumed,
  }, Run)
end

--- The updates of this training so far, those of before it was saved included.
function Run:done()
  return self.model.iteration - self.record.first
end

function Run:is_over()
  return self.record.stopped or self.model.iteration >= self.record.target
end

--- The learning rate of update i; nil and a message for what is none.
local function rate_at(rate, i)
  if type(rate) == "number" then
    return rate
  end
  local value = rate(i)
  if math.type(value) and value - value == 0 and value >= 0 then
    return value
  end
  return nil, ("rate(%d) must be a finite number, 0 or more, not %s"):format(i,
    check.shown(value))
end

local function failure(i, message, not_finite, rate)
  if not_finite then
    message = ("%s (a rate of %g may be too large, or inputs or weights); weights left as they "
      .. "were%s"):format(message, rate, i > 1 and " after iteration " .. i - 1 or "")
  end
  return ("iteration %d: %s"):format(i, message)
end

local function copy_weights(model)
  local copy = {}
  for _, name in ipairs(training.weight_names(#model._activation + 1)) do
    copy[name] = model.weights[name]:copy()
  end
  return copy
end

--- Takes notice of a validation loss.
function Run:watch(loss)
  local record, model = self.record, self.model
  if not self.patience then
    return
  elseif not record.best or loss < record.best then
    record.best, record.best_weights, record.waited = loss, copy_weights(model), 0
  else
    record.waited = record.waited + 1
    record.stopped = record.waited >= self.patience
  end
end

--- The validation loss, where an epoch has just ended.
function Run:validate()
  local model = self.model
  if not self.validation or self.batch and not model._batches:is_between_epochs() then
    return nil
  end
  local loss, message = training.evaluate(model, self.validation)
  if not loss then
    return nil, "validation: " .. message
  end
  table.insert(model._validation_losses, loss)
  self:watch(loss)
  return loss
end

--- One update; returns the loss before it, and after an epoch the validation loss.
---@return number?  # nil where it failed,
---@return any      # and the message
function Run:update()
  local model, settings, i = self.model, self.settings, self:done() + 1
  local message, loss, not_finite, order, first, last
  settings.rate, message = rate_at(self.rate, i)
  if not settings.rate then
    return nil, message
  end
  if self.batch then
    order, first, last = model._batches:take(self.batch)
  end
  loss, message, not_finite = trainer.step(model._trainer, model.weights, settings, order, first,
    last)
  if not loss then
    return nil, failure(i, message, not_finite, settings.rate)
  end
  if order then
    model._batches:done(last)
  end
  model.iteration = model.iteration + 1
  table.insert(model._losses, loss)
  local validation_loss, wrong = self:validate()
  if wrong then
    return nil, wrong
  end
  return loss, validation_loss
end

--- What is done when a training has ended: the best weights take the place of the last ones.
function Run:finish()
  for name, best in pairs(self.record.best_weights or {}) do
    self.model.weights[name][{ {}, {} }] = best
  end
  self.record.best_weights = nil
end

function Run:say_nothing_left()
  io.stderr:write(("perigee: nothing left to do: the training %s after iteration %d\n"):format(
    self.record.stopped and "stopped early" or "ended", self:done()))
end

--- The four values of a generic for: i, the loss before update i, the validation loss.
---@param level integer  the caller's of the iterator, as error counts
function Run:iterate(level)
  local bar
  if self:is_over() and self.resumed then
    self:finish()
    self:say_nothing_left()
  elseif self.progress then
    bar = require("perigee.progress").bar(self.record.target - self.record.first, nil, self:done())
  end
  local started, loss = false, nil
  local function step(_, i)
    if bar and started then
      bar:update(i, ("loss %.4f"):format(loss))
    end
    if self:is_over() then
      if started then
        self:finish()
      end
      if bar then
        bar:close()
      end
      return nil
    end
    started = true
    local also
    loss, also = self:update()
    if not loss then
      error(also, level)
    end
    return self:done(), loss, also
  end
  return step, nil, self:done(), bar
end

--- The state of a model's generator, if it has one, and how many rows of an epoch were used since.
---@param model perigee.Model
---@return perigee.array?
---@return integer
function training.random_state(model)
  if model._batches then
    return model._batches:state()
  end
  return model._random and model._random:get_state(), model._used or 0
end

--- Losses as an array.
---@param losses number[]
---@return perigee.array  # float64
function training.to_array(losses)
  return #losses > 0 and core.array(losses) or core.zeros(0)
end

return training
