--- The training of a model: its options and its loop.
--
-- The model keeps the state from which a training is resumed, beside its weights and the
-- optimizer's state:
--   _losses             one for each update, which the core appends
--   _validation_losses  one for each epoch that was validated
--   _random             the generator of the minibatches' order
--   _dropout_key        the number of the generator from which the masks of dropout follow
--   _state_before_key   the generator's state before that number, while it is drawn
--   _batches            the minibatches of the current epoch
--   _epoch              after loading, until a training has made `_batches`: the number of `rows`,
--                       and how many of them the epoch has `used`
--   _record             the current training: `first` and `target`, the model's iterations at its
--                       start and its end; the number of `rows`; its `options`; `stopping`, the
--                       state of early stopping; and after loading, until it is resumed, the
--                       `checksum` of its data (`checksum_v1` in old files)

local minibatches = require "perigee.model.minibatches"
local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local core = require "perigee.core"
local format = require "perigee.util.format"
local network_options = require "perigee.model.network_options"
local objective = require "perigee.model.objective"
local optimizer = require "perigee.model.optimizer"
local early_stopping = require "perigee.model.early_stopping"
local schedule = require "perigee.model.schedule"
local inputs = require "perigee.model.inputs"
local sharing = require "perigee.model.sharing"
local training_data = require "perigee.model.training_data"

local ITERATIONS = 1000
local MOST_ITERATIONS = 1 << 53
local MOST_KEY = 1 << 53

local training = {}

-- --- options --------------------------------------------------------------------

--- Validation data, or the fraction of the rows that are taken off as such.
local validation = {
  expected = "a table {x, y} (two arrays, in that order), or a fraction between 0 and 1",
  read = function(value)
    if math.type(value) then
      return value > 0 and value < 1 and value or nil
    end
    return type(value) == "table" and value[1] ~= nil and value[2] ~= nil and value[3] == nil
      and value or nil
  end,
}

--- Options that `pg.Model` and each call of `steps` and `fit` take: a call inherits those of the
--- model, and files keep them.
training.KINDS = collections.merge(collections.merge(optimizer.KINDS, early_stopping.KINDS), {
  batch = schema.or_false(schema.integer(1)),
  schedule = schema.or_false(schedule.KIND),
  validation = schema.or_false(validation),
})

--- Options of `steps` and `fit`: those above, and those of one call alone, which nothing keeps.
local CALL_KINDS = collections.merge(training.KINDS, {
  iterations = schema.integer(0),
  epochs = schema.integer(0),
  resume = schema.boolean,
  progress = schema.boolean,
})

--- Calls that take options, for messages: options of a training alone, and of a model alone.
training.OWNERS = {}
local OF_MODEL = {}
for name in pairs(CALL_KINDS) do
  training.OWNERS[name] = not training.KINDS[name] and "m:fit{%s = ...}" or nil
end
for name in pairs(collections.merge(collections.merge(network_options.KINDS, objective.KINDS),
  sharing.KINDS)) do
  OF_MODEL[name] = "pg.Model(x, y, {%s = ...})"
end

--- Tells if `steps` and `fit` take an option.
---@param name any
---@return boolean
function training.takes(name)
  return CALL_KINDS[name] ~= nil
end

--- Merges options; the given ones win. Options of another optimizer are dropped.
---@param before table<string, any>
---@param given table<string, any>
---@return table<string, any>
function training.merge(before, given)
  local other = given.optimizer and given.optimizer ~= (before.optimizer or optimizer.DEFAULT)
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

--- Describes the options of a model's current training, or else of the model: "adam, rate 0.001,
--- batch 128".
---@param model perigee.Model
---@return string
function training.describe(model)
  local options = model._record and model._record.options or model._options
  local settings = optimizer.settings(options)
  local words = { settings.optimizer }
  local rate = settings.rate
  words[2] = type(rate) == "number" and c_locale.format("rate %g", rate) or "rate a function"
  words[3] = options.schedule and "schedule " .. schedule.describe(options.schedule) or nil
  words[#words + 1] = settings.weight_decay > 0
    and c_locale.format("weight_decay %g", settings.weight_decay) or nil
  words[#words + 1] = options.batch and ("batch %d"):format(options.batch) or "all rows"
  words[#words + 1] = options.patience and early_stopping.describe(options) or nil
  return table.concat(words, ", ")
end

--- The rate that a schedule has come to; nil without one, and before the training's first update.
---@param model perigee.Model
---@return number?
function training.scheduled_rate(model)
  local record = model._record
  local settings = record and record.options.schedule
  if settings and model.iteration > record.first then
    return schedule.rate(settings, optimizer.settings(record.options).rate,
      model.iteration - record.first, record.target - record.first, record.stopping.plateau)
  end
end

--- The metric as a summary shows it behind the best value: "" for the loss, " accuracy".
---@param model perigee.Model
---@return string
function training.metric_text(model)
  local metric = early_stopping.metric(model._record.options)
  return metric == "loss" and "" or " " .. metric
end

-- --- length -----------------------------------------------------------------------

--- The number of updates that the options ask for, nil if they do not; nil and a message if it is
--- too large.
local function count_updates(model, given, batch)
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

--- The number of rows in a batch, or false for all rows.
local function batch_of(options, rows)
  return options.batch and options.batch < rows and options.batch or false
end

--- Checks that a resumed training has the same rows, data and batches as before.
local function check_resumed(model, options)
  local record = model._record
  if record.rows ~= model._rows then
    return nil, ("the training to be resumed had %d rows, and x has %d"):format(record.rows,
      model._rows)
  end
  local saved, sum, message = record.checksum_v1 or record.checksum, nil, nil
  if saved then -- the record was loaded, and not resumed since
    sum, message = model._network:checksum(record.checksum_v1 ~= nil)
  end
  if sum ~= saved then
    return nil, message or "the training to be resumed had other data: x (its numbers and dtype) "
      .. "or y is not what it was saved with (without resume = true, another training begins)"
  end
  local before, now = batch_of(record.options, record.rows), batch_of(options, record.rows)
  if before ~= now then
    return nil, ("the training to be resumed has batch = %s, and not %s"):format(before, now)
  end
  return true
end

--- The updates of the whole training: those that are asked for, or those of the resumed one.
local function length(model, resumed, count)
  local record = model._record
  return count or resumed and record.target - record.first or ITERATIONS
end

--- The record of a resumed training, and its last iteration.
local function resume_record(model, options, updates)
  local record = model._record
  local target = record.first + updates
  record.checksum, record.checksum_v1 = nil, nil -- from now on the user may change x
  if target > model.iteration then
    record.target = target
    record.stopping = early_stopping.resume(record.stopping, model, options, record.options)
  end
  if options.validation and not record.options.validation then
    record.stopping.iteration = model.iteration -- the next epoch is the first to be validated
  end
  return record, target
end

--- The record of a new training, and its last iteration.
local function new_record(model, options, updates)
  local target = model.iteration + updates
  return {
    first = model.iteration, target = target, rows = model._rows, options = options,
    stopping = early_stopping.begin(model, options),
  }, target
end

--- Tells if an epoch has ended whose validation loss was not computed yet. Without batches, each
--- update is an epoch.
local function needs_validation(model, options)
  local record = model._record
  if not options.validation or record.stopping.iteration == model.iteration then
    return false
  elseif not batch_of(options, record.rows) then
    return true
  elseif model._batches then
    return model._batches:ended_epoch(model.iteration)
  end
  return not model._epoch or model._epoch.used == 0
end

--- Finishes the current training if it has patience and is at its end: copies the best weights into
--- the model's.
---@param model perigee.Model
function training.finish(model)
  local record = model._record
  local most = record and record.options.patience
  if most and record.stopping.best_weights and not needs_validation(model, record.options)
    and (model.iteration >= record.target or record.stopping.waited >= most) then
    record.stopping = early_stopping.finish(record.stopping, model)
  end
end

--- Copies the best weights of the current training into the model.
---@param model perigee.Model
---@return number?  # the best metric
---@return string?  # the error message, where nil comes first
function training.restore_best(model)
  local state = model._record and model._record.stopping
  if not state or not state.best then
    return nil, "restore_best: there are no best weights: a training with validation = {x, y} "
      .. "keeps them, from its first epoch on"
  end
  local fits, message = model._network:check()
  if not fits then
    return nil, "restore_best: " .. message
  end
  if not state.best_weights and state.writes and state.writes ~= early_stopping.writes(model) then
    return nil, "restore_best: the training ended with the best weights in the model, and they "
      .. "were written to since"
  end
  model._network:assign(state.best_weights or {}) -- none after the end: the model has them
  return state.best
end

-- --- beginning ------------------------------------------------------------------

--- The settings of the optimizer, of a rate that fits the schedule.
---@param options table<string, any>
---@return table?
---@return string?  # the error message, where nil comes first
function training.settings(options)
  local settings, message = optimizer.settings(options)
  if settings and options.schedule then
    local fits
    fits, message = schedule.check_rate(options.schedule, settings.rate)
    return fits and settings, message
  end
  return settings, message
end

--- The loss and the score of validation data. A loss of NaN would never be the best, nor end the
--- training otherwise than a good one.
local function validate(model, data)
  local loss, score = model._network:evaluate(data)
  if not loss then
    return nil, "validation: " .. score
  elseif loss - loss ~= 0 then
    return nil, ("validation: the loss is %s"):format(errors.describe(loss))
  end
  return loss, score
end

--- The settings of the optimizer, and the validation data or false; nil and a message where options
--- do not fit. The data are evaluated once, so that an error in them comes before the first update.
local function prepare(model, options)
  local settings, message = training.settings(options)
  if not settings then
    return nil, message
  end
  if settings.rate == "function" then
    return nil, "rate was a function of the iteration, which a file does not keep: give it again"
  elseif options.validation == "given" then
    return nil, "validation was given, which a file does not keep: give it again, or "
      .. "validation = false"
  elseif options.patience and not options.validation then
    return nil, "patience needs validation = {x, y}, or a fraction of the rows"
  end
  local fits
  fits, message = early_stopping.check(options, model._network.objective.classes)
  if not fits then
    return nil, message
  end
  local data, loss, score
  data, message = training_data.hold_out(model, options.validation)
  if not data then
    return nil, message
  elseif not options.validation then
    return settings, false
  elseif data == true then
    data, message = model._network:read_data(options.validation[1], options.validation[2])
  end
  if data then
    loss, score = validate(model, data)
  end
  if not data then
    return nil, "validation: " .. message
  elseif not loss then
    return nil, score
  elseif options.metric == "score" and not score then
    return nil, "metric = 'score' is R², which needs predictions of y's shape"
  end
  return settings, data
end

--- Reads the options of a call, and checks that the model can be trained.
local function read_options(model, options, what)
  if not model._network:has_data() then
    return nil, what .. ": a model that was loaded without data is not trained: "
      .. "pg.Model.load(path, x, y)"
  end
  local given, message = schema.read(options, CALL_KINDS, what, OF_MODEL)
  if not given then
    return nil, message
  end
  local fits
  fits, message = model._network:check()
  if fits and given.progress then
    fits, message = require("perigee.util.progress").available()
  end
  return fits and given, message
end

--- Draws what the first update needs of the model's generator: the key of dropout's masks, and the
--- order of minibatches.
local function draw_first(model, batch)
  local needs_key = model._network:needs_key() and not model._dropout_key
  local needs_batches = batch and not model._batches
  local share = model._network.share
  if (needs_key or needs_batches) and not model._random then
    local seed = core.randint(0, 1 << 32)
    model._random = core.random(share and share:share_number(seed) or seed)
  end
  if needs_key then
    if model._state_before_key then -- the draw was interrupted
      model._random:set_state(model._state_before_key)
    else
      model._state_before_key = model._random:get_state()
    end
    model._dropout_key = model._random:randint(0, MOST_KEY)
    model._state_before_key = nil
  end
  if needs_batches then
    local saved = model._epoch
    model._batches = minibatches.new(model._rows, model._random,
      saved and saved.rows == model._rows and saved.used, share and share.is_local and share)
  end
end

--- The loop of a training.
---@class perigee.training.run
local Run = {}
Run.__index = Run

--- Begins or resumes a training of this process.
local function begin(model, options, what)
  local given, message = read_options(model, options, what)
  if not given then
    return nil, message
  end
  training.finish(model)
  local resumed = given.resume and model._record ~= nil
  local all = training.merge(resumed and model._record.options or model._options, given)
  for _, name in ipairs { "metric", "min_delta" } do
    if given[name] and not all.validation then
      return nil, name .. " needs validation = {x, y}, or a fraction of the rows"
    end
  end
  local settings, data = prepare(model, all)
  if not settings then
    return nil, data
  elseif data and sharing.speaks(model._network.share) then
    inputs.warn_if_scaled("the validation's x", data.rows, model._network.scale)
  end
  local batch = batch_of(all, model._rows)
  local count
  count, message = count_updates(model, given, batch)
  if not message and resumed then
    message = select(2, check_resumed(model, all))
  end
  if not message and given.resume and not resumed and not count then
    message = "there is no training to be resumed: iterations = ..., or epochs, begins one"
  end
  local updates = length(model, resumed, count)
  local is_done = resumed and model._record.first + updates <= model.iteration or updates == 0
  if not message and all.schedule and not is_done then
    message = select(2, schedule.check(all.schedule, updates, data))
  end
  if message then
    return nil, message
  end
  local record, target = (resumed and resume_record or new_record)(model, all, updates)
  model._record = record
  if model._batches then
    model._batches:give_back(model.iteration)
  end
  draw_first(model, batch)
  local run = setmetatable({
    model = model, record = record, target = target, settings = settings, rate = settings.rate,
    batch = batch, validation = data, patience = all.patience, progress = given.progress,
    resumed = resumed, options = all, iteration = model.iteration, first = record.first,
  }, Run)
  if not run:is_over() then -- else no update will use the options
    record.options = all
  end
  return run
end

--- The checksum of the validation data, by which a training ends; nil without.
local function validation_checksum(run)
  local data = run.validation
  return data and errors.ensure(core.descent.checksum(data.rows, data.targets)) or nil
end

--- Gives a record the fields that it had.
local function put_back(record, fields)
  for name in pairs(collections.merge(record, fields)) do
    record[name] = fields[name]
  end
end

--- Begins a training on this rank, and compares it with those of the others.
local function begin_alike(model, options, what)
  local share = model._network.share
  local failures = share.comm.failed_meetings
  local run, problem = errors.try(function()
    return errors.ensure(begin(model, options, what))
  end)
  if share.comm.failed_meetings > failures then -- all ranks know
    errors.fail(problem)
  end
  local given = collections.merge(options or {}, { progress = false })
  share:agree("m:" .. what, run and collections.merge(given, {
    iteration = model.iteration, target = run.target,
    weights = model._network:weights_checksums(), validation = validation_checksum(run),
  }) or given, problem)
  share:say_idle(run.batch)
  run.progress = run.progress and sharing.speaks(share)
  return run
end

--- Has all ranks begin the same training from the same weights. Where they do not, the model's
--- training stays the one before.
local function begin_together(model, options, what)
  local record = model._record
  local fields = collections.merge(record or {}, {})
  local run, problem = errors.try(begin_alike, model, options, what)
  if not run then
    put_back(record or {}, fields)
    model._record = record
    errors.fail(problem)
  end
  return run
end

--- Begins or resumes a training of a model.
---@param model perigee.Model
---@param options? table
---@param what string  the name of the method
---@return perigee.training.run?
---@return string?  # the error message, where nil comes first
function training.begin(model, options, what)
  local launch = package.loaded["perigee.mpi.launch"]
  if model._network.share then
    return errors.try(begin_together, model, options, what)
  elseif launch and launch.refusal_of_training() then
    return nil, launch.refusal_of_training()
  end
  return begin(model, options, what)
end

-- --- the loop -------------------------------------------------------------------

--- The number of updates of this training, also those before it was saved.
function Run:done()
  return self.model.iteration - self.record.first
end

--- Tells if early stopping has ended the training.
function Run:has_stopped_early()
  return self.patience and self.record.stopping.waited >= self.patience
end

--- Tells if the training has ended.
function Run:is_over()
  return self.model.iteration >= self.target or self:has_stopped_early()
end

--- The learning rate of update i; nil and a message where a function returns no rate.
function Run:rate_at(i)
  local rate, record = self.rate, self.record
  if self.options.schedule then
    return schedule.rate(self.options.schedule, rate, i, record.target - record.first,
      record.stopping.plateau)
  elseif type(rate) == "number" then
    return rate
  end
  local value = core.call(rate, i)
  if math.type(value) and value - value == 0 and value >= 0 then
    return value
  end
  return nil, ("rate(%d) must be a finite number, 0 or more, not %s"):format(i,
    errors.describe(value))
end

--- Computes the validation loss if an epoch has ended.
---@return number?
---@return string?  # the error message, where nil comes first
function Run:validate()
  local model, record = self.model, self.record
  if not needs_validation(model, self.options) then
    return nil
  end
  local loss, score = validate(model, self.validation)
  if not loss then
    return nil, score
  end
  local state = early_stopping.update(record.stopping, model, self.options, loss, score)
  model._validation_losses[state.losses] = loss
  record.stopping = state
  return loss
end

--- Makes an update; after the last one, the model has the best weights.
---@return number?  # the loss before the update
---@return number|string|nil  # the validation loss after an epoch; the error message, where nil
---   comes first
function Run:update()
  local model, settings, i = self.model, self.settings, self:done() + 1
  local message
  settings.rate, message = self:rate_at(i)
  if not settings.rate then
    return nil, message
  end
  draw_first(model, self.batch) -- again, where the loop's body has restored a model
  local batch = self.batch and model._batches:take(self.batch, model.iteration)
  local loss, problem, is_not_finite = model._network:step(settings, model._losses, batch,
    model._dropout_key, self.options.batch and not batch)
  if not loss then
    problem = is_not_finite and c_locale.format("%s (a rate of %g may be too large, or inputs or "
      .. "weights); weights left as they were%s", problem, settings.rate,
      i > 1 and " after iteration " .. i - 1 or "") or problem
    return nil, ("iteration %d: %s"):format(i, problem)
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

--- Continues this training after the body of its loop. Updates that the body made by other loops
--- don't count, nor do their validations: the training begins and ends later by as many updates.
--
-- A loop in the body that has resumed this training has the same record. It has moved the record
-- already, by the updates in its own body.
function Run:take_up()
  local model, record = self.model, self.record
  local made_by_body = model.iteration - self.iteration
  if model._record == record and made_by_body <= 0 then
    return
  end
  self.first, self.target = self.first + made_by_body, self.target + made_by_body
  record.first, record.target = self.first, record.target + self.first - record.first
  record.stopping.iteration, record.stopping.losses = model.iteration, #model._validation_losses
  model._record, self.iteration = record, model.iteration
end

--- Says on stderr that a resumed training has ended already.
function Run:say_nothing_left()
  io.stderr:write(self:has_stopped_early()
    and ("perigee: nothing left to do: the training stopped early after iteration %d (it goes on "
      .. "with more patience, or patience = false)\n"):format(self:done())
    or ("perigee: nothing left to do: the training has made %d iterations, and was to make %d\n")
      :format(self:done(), self.target - self.record.first))
end

--- The four values of a generic for. The loop gets i, the loss before update i, and the validation
--- loss after an epoch.
function Run:iterate()
  local bar, loss
  if self.resumed and self:is_over() then
    if sharing.speaks(self.model._network.share) then
      self:say_nothing_left()
    end
  elseif self.progress then
    bar = require("perigee.util.progress").bar(self.target - self.record.first, nil, self:done())
  end
  local function step(_, i)
    if bar and loss then
      bar:update(i, "loss " .. format.loss(loss))
    end
    self:take_up()
    local _, message = self:validate() -- does nothing unless update was interrupted in it
    if message then
      errors.raise(message)
    elseif self:is_over() then
      training.finish(self.model) -- likewise
      if bar then
        bar:close()
      end
      return nil
    end
    local validation_loss
    loss, validation_loss = errors.must(self:update())
    return self:done(), loss, validation_loss
  end
  return step, nil, self:done(), bar
end

--- The validation losses, without the last one if its validation was interrupted.
---@param model perigee.Model
---@return number[]
function training.validation_losses(model)
  local count = model._record and model._record.stopping.losses or #model._validation_losses
  return table.move(model._validation_losses, 1, count, 1, {})
end

--- The state of the model's epoch: its rows, the number of rows used, and the generator's state at
--- its beginning. A model without a generator gets none here, as saving must not draw a number.
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
