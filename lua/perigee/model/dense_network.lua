--- The network of a built-in model: dense layers, which the core trains block by block.
--
-- A model's network has its weights and the optimizer's state, and computes with them. Those of the
-- two kinds, this one and own_network's, have the same methods:
--
--   weights                the user's table of live arrays; set_weights replaces it
--   check, check_values    whether names and forms are right; and whether all numbers are finite
--   live_state             the state of a model with a forward function
--   arrays, assign         the arrays that training changes, by their names in a file; copies
--                          into them
--   read_data              x and y as rows and targets, read_rows x alone
--   probe                  raises where a forward function doesn't fit the data
--   share                  the ranks that train it together (sharing.lua); nil or false: none
--   set_data, has_data     the rows and targets of the training
--   step                   an update by all rows or a batch; the core appends its loss
--   predict, predict_proba, evaluate
--   optimizer_state        {optimizer = name, steps =, arrays = {state 1 by names, ...}};
--                          set_optimizer_state sets it
--   checksum               of the training's data; weights_checksums, those of the weights as text
--   needs_key              whether a training draws the key of dropout's masks
--   saved                  the values of the network in a file's text
--   difference             what a file's network has other than this one
--   plan                   of the products with x
--   title, lines, dropout_text, loss_text, data_text, plan_text  for cards and summaries
--
-- Functions that can fail return nil and a message.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local inputs = require "perigee.model.inputs"
local network_options = require "perigee.model.network_options"
local weights = require "perigee.model.weights"

local trainer = core.trainer

---@class perigee.dense_network
---@field weights perigee.weights
---@field activation string[]  of each hidden layer
---@field dropout number[]|false  the probability in each hidden layer; false: none
---@field scale number  by which x is multiplied
---@field objective perigee.objective
local DenseNetwork = {}
DenseNetwork.__index = DenseNetwork

local dense_network = {}

--- The activation of the last layer's scores, by the loss.
local LAST = { cross_entropy = "softmax", binary_cross_entropy = "sigmoid", mse = "none" }

--- Makes a network of arrays.
---@param arrays table<string, perigee.array>
---@param options table  activation (of each hidden layer), dropout, scale, plan, objective
---@return perigee.dense_network
function dense_network.of(arrays, options)
  local layers = #options.activation + 1
  return setmetatable({
    activation = options.activation, dropout = options.dropout or false, scale = options.scale,
    plan_asked = options.plan, objective = options.objective, layers = layers,
    names = weights.names(layers), shapes = weights.shapes(arrays, layers),
    weights = weights.guard(arrays, layers, options.activation),
  }, DenseNetwork)
end

--- Draws weights, as the notebook does, for x and y.
---@param x any
---@param y any
---@param options table  of `pg.Model`
---@param learnt perigee.objective
---@param random? perigee.random
---@return table<string, perigee.array>?
---@return { activation: string[], dropout: number[]|false }|string layers  of each hidden layer;
---   the error message after nil
---@return table data
function dense_network.draw(x, y, options, learnt, random)
  local widths, activation = network_options.layers(options)
  if not widths then
    return nil, activation
  end
  local drops, message = network_options.dropout(options, #widths)
  if drops == nil then
    return nil, message
  end
  local data
  local share = learnt.share
  data, message = inputs.labelled(x, y, learnt, true, share and share.is_local)
  if not data then
    return nil, message
  end
  local fits
  fits, message = learnt:learn(data)
  if not fits then
    return nil, message
  end
  local arrays
  arrays, message = errors.try(core.initialization, data.rows, widths, {
    activation = activation, classes = learnt.outputs, dtype = learnt.dtype, random = random,
  })
  return arrays, arrays and { activation = activation, dropout = drops } or message, data
end

--- Makes a network for x and y.
---@param x any
---@param y any
---@param options table  of `pg.Model`
---@param learnt perigee.objective
---@param random? perigee.random
---@return perigee.dense_network?
---@return table|string data  the error message, where nil comes first
function dense_network.new(x, y, options, learnt, random)
  local arrays, layers, data = dense_network.draw(x, y, options, learnt, random)
  if not arrays then
    return nil, layers
  end
  return dense_network.of(arrays, {
    activation = layers.activation, dropout = layers.dropout, scale = options.scale or 1,
    plan = options.plan or "auto", objective = learnt,
  }), data
end

--- The network of a file's state.
---@param state table  as `checkpoint.read` returns it
---@param learnt perigee.objective
---@return perigee.dense_network
function dense_network.load(state, learnt)
  local network = dense_network.of(state.weights, {
    activation = state.network.activation, dropout = state.network.dropout, scale = state.scale,
    plan = state.network.plan, objective = learnt,
  })
  network:set_optimizer_state(state.optimizer_state)
  return network
end

-- --- weights --------------------------------------------------------------------

function DenseNetwork:set_weights(arrays)
  local fits, message = weights.check_names(arrays, self.layers, self.shapes)
  if fits then
    self.weights = arrays
  end
  return fits, message
end

function DenseNetwork:check()
  return weights.check_names(self.weights, self.layers, self.shapes)
end

function DenseNetwork:check_values()
  local fits, message = weights.check(self.weights, self.layers, self.shapes)
  if not fits then
    return nil, message
  end
  return weights.check_finite(self.weights, self.names)
end

--- The message about weights that don't fit; else the given one.
local function explain(self, message)
  local fits, problem = weights.check(self.weights, self.layers, self.shapes)
  return fits and message or problem
end

function DenseNetwork:arrays()
  return weights.map(self.weights, self.names, function(array) return array end)
end

function DenseNetwork:assign(arrays)
  for name, array in pairs(arrays) do
    self.weights[name][{ {}, {} }] = array
  end
end

function DenseNetwork:live_state() -- luacheck: ignore 212
  return nil
end

-- --- data -----------------------------------------------------------------------

function DenseNetwork:read_rows(x) -- luacheck: ignore 212
  return inputs.rows(x, true)
end

function DenseNetwork:read_data(x, y)
  return inputs.labelled(x, y, self.objective, true, self.share and self.share.is_local)
end

--- Checks that rows fit the weights.
function DenseNetwork:check_rows(data)
  local fits, message = self:check()
  if not fits then
    return nil, message
  end
  return inputs.check_width(data, self.weights.W1)
end

--- Makes a trainer of the data, by a plan.
local function new_trainer(self, data, plan)
  return errors.ensure(trainer.new(data.rows, self.scale, data.targets, self.weights,
    self.activation, plan, self.objective:settings()))
end

--- Makes the trainer of a rank's rows, by the plan that fits the rows of all ranks.
local function new_local_trainer(self, data)
  local share, rows = self.share, data.rows
  local made = new_trainer(self, data, self.plan_asked)
  local density = trainer.density(made)
  local list = share:place {
    rows = rows.shape[1], width = rows.shape[2], dtype = rows.dtype,
    nonzero = density and math.floor(density * rows.size + 0.5) or rows.size == 0 and 0,
  }
  if self.plan_asked ~= "auto" then
    return made
  end
  local nonzero, is_known = 0, true
  for _, each in ipairs(list) do
    is_known = is_known and each.nonzero
    nonzero = nonzero + (each.nonzero or 0)
  end
  local is_sparse = is_known
    and nonzero <= trainer.most_density * share.rows * rows.shape[2]
  local plan = is_sparse and "sparse" or "dense"
  return trainer.plan(made) == plan and made or new_trainer(self, data, plan)
end

--- Makes the trainer of a model that ranks train together.
local function new_shared_trainer(self, data)
  local share, classes = self.share, self.objective.classes
  local made = (share.is_local and new_local_trainer or new_trainer)(self, data, self.plan_asked)
  local counts
  if share.is_local then
    self.local_checksum = share:checksum(data)
    counts = classes and trainer.label_counts(made, classes)
    counts = counts and share.comm:allreduce(counts)
  else
    share.rows = data.rows.shape[1]
    share:agree("the data", { rows = share.rows, checksum = trainer.checksum(made) })
  end
  errors.ensure(trainer.share(made, share.comm.handle, {
    ["local"] = share.is_local, fast = share.is_fast, uneven = share.is_uneven or false,
    total = share.rows, first = share.first or 0, label_counts = counts or nil,
  }))
  return made
end

--- Makes a trainer of the data, which goes on with the optimizer's state.
function DenseNetwork:set_data(data)
  local made, message = errors.try(self.share and new_shared_trainer or new_trainer, self, data,
    self.plan_asked)
  if not made then
    return nil, message
  end
  local state = (self.trainer or self.waiting_state) and self:optimizer_state()
  self.trainer, self.waiting_state = made, nil
  if state then
    self:set_optimizer_state(state)
  end
  return true
end

function DenseNetwork:probe() -- luacheck: ignore 212
end

function DenseNetwork:has_data()
  return self.trainer ~= nil
end

function DenseNetwork:weights_checksums()
  return weights.checksums(self.weights, self.names)
end

--- The checksum of the data; that of files of format 1 where it is asked for.
function DenseNetwork:checksum(is_version_1)
  if self.share and self.share.is_local and not is_version_1 then
    return self.local_checksum
  end
  return (is_version_1 and trainer.checksum_v1 or trainer.checksum)(self.trainer)
end

-- --- the optimizer's state ------------------------------------------------------

function DenseNetwork:optimizer_state()
  if not self.trainer then
    return self.waiting_state
  end
  local name, steps = trainer.optimizer(self.trainer)
  local state = { optimizer = name, steps = steps, arrays = {} }
  for i = 1, trainer.states[name] do
    state.arrays[i] = weights.map(self.weights, self.names, core.zeros_like)
    errors.must(trainer.read_state(self.trainer, i, state.arrays[i]))
  end
  return state
end

function DenseNetwork:set_optimizer_state(state)
  if not self.trainer then
    self.waiting_state = state
    return
  end
  errors.must(trainer.set_optimizer(self.trainer, state.optimizer, state.steps))
  for i, arrays in ipairs(state.arrays) do
    errors.must(trainer.write_state(self.trainer, i, arrays))
  end
end

-- --- computing ------------------------------------------------------------------

--- Makes an update.
---@param settings table  of the optimizer
---@param losses number[]  to which the loss is appended
---@param batch? table  order, first, last, as Minibatches:take returns it; nil for all rows
---@param key? integer  from which the masks of dropout follow, with the number of updates
---@return number? loss  the mean before the update
---@return string? message
---@return boolean? is_not_finite  true for an error about numbers that are not finite
function DenseNetwork:step(settings, losses, batch, key)
  local order, first, last, total, offset
  if batch then
    order, first, last = batch.order, batch.first, batch.last
    total, offset = batch.total, batch.offset -- of local rows
  end
  if self.dropout then
    settings.dropout, settings.dropout_key, settings.iteration = self.dropout, key, #losses + 1
  end
  local loss, problem, is_not_finite = errors.try(trainer.step, self.trainer, self.weights,
    settings, losses, order, first, last, total, offset)
  if not loss and not is_not_finite then
    problem = explain(self, problem)
  end
  return loss, problem, is_not_finite
end

--- Calls a function of the core that predicts something for each row.
local function predict(self, data, run)
  local fits, message = self:check_rows(data)
  if not fits then
    return nil, message
  end
  local out
  out, message = errors.try(run, self.weights, self.activation, data.rows, self.scale,
    self.objective:settings())
  return out, not out and explain(self, message) or nil
end

function DenseNetwork:predict(data)
  local out, message = predict(self, data, trainer.predict)
  return out and self.objective:in_rank(out), message
end

function DenseNetwork:predict_proba(data)
  if not self.objective.is_classification then
    return self.objective:probabilities()
  end
  return predict(self, data, trainer.predict_proba)
end

--- Evaluates the network on some rows.
---@param data table
---@param with_confusion? boolean
---@return number? loss
---@return number|string score  the error message, where nil comes first
---@return perigee.array? confusion
function DenseNetwork:evaluate(data, with_confusion)
  local fits, message = self:check_rows(data)
  if not fits then
    return nil, message
  end
  local objective = self.objective
  local loss, score, confusion, predicted = errors.try(trainer.evaluate, self.weights,
    self.activation, data.rows, self.scale, data.targets, with_confusion, objective:settings())
  if not loss then
    return nil, explain(self, score)
  elseif predicted then -- the targets are no labels
    score = objective:score(data.targets, predicted)
    confusion = with_confusion and objective.is_classification
      and objective:confusion(data.targets, predicted) or nil
  end
  return loss, score, confusion
end

-- --- files ----------------------------------------------------------------------

--- Tells if a training of the network needs a key, for the masks of dropout.
function DenseNetwork:needs_key()
  return self.dropout and true or false
end

function DenseNetwork:saved()
  return {
    activation = self.activation, dropout = self.dropout or nil, plan = self.plan_asked,
  }
end

function DenseNetwork:difference(state)
  local theirs = state.network.activation
  local alike = theirs and table.concat(theirs, " ") == table.concat(self.activation, " ")
  for _, name in ipairs(alike and self.names or {}) do
    alike = alike and core.has_form(state.weights[name], self.weights[name])
  end
  if not alike then
    return "the model has other layers, or another dtype"
  end
  return network_options.dropout_difference(state.network.dropout, self.dropout)
end

-- --- text -----------------------------------------------------------------------

--- The widths of the layers: "784-100-10".
local function sizes(self)
  local list = { tostring(self.weights.W1.shape[2]) }
  for l = 1, self.layers do
    list[#list + 1] = tostring(self.weights["W" .. l].shape[1])
  end
  return table.concat(list, "-")
end

function DenseNetwork:plan()
  if not self.trainer then
    return nil, "the model has no data"
  end
  return trainer.plan(self.trainer)
end

--- The title of a card: "784-100-10, sigmoid, float32: 79,510 weights"; "relu-tanh" where the
--- hidden layers differ.
function DenseNetwork:title()
  local count, names = 0, self.activation[1]
  for _, name in ipairs(self.activation) do
    if name ~= self.activation[1] then
      names = table.concat(self.activation, "-")
    end
  end
  for _, name in ipairs(self.names) do
    count = count + self.weights[name].size
  end
  return ("%s, %s, %s: %s"):format(sizes(self), names, self.weights.W1.dtype,
    format.quantity(count, "weight"))
end

--- The lines of a summary about the layers, with the number of parameters.
function DenseNetwork:lines()
  local total = 0
  local lines = {
    ("model      %s, %s"):format(sizes(self), self.weights.W1.dtype),
    "layer  units  activation  parameters",
  }
  for l = 1, self.layers do
    local W = self.weights["W" .. l]
    local count = W.size + W.shape[1]
    total = total + count
    lines[#lines + 1] = ("%5d  %5d  %-10s  %10d"):format(l, W.shape[1],
      self.activation[l] or LAST[self.objective.loss], count)
  end
  lines[#lines + 1] = ("%36d in all"):format(total)
  if self.dropout then
    lines[#lines + 1] = "dropout    " .. self:dropout_text()
  end
  return lines
end

--- The loss and its options in a card: "mse"; nil for plain cross-entropy.
function DenseNetwork:loss_text()
  local loss, options = self.objective.loss, self.objective:options_text()
  return options and loss .. ", " .. options or loss ~= "cross_entropy" and loss or nil
end

--- The dropout of the hidden layers in a card; nil without.
function DenseNetwork:dropout_text()
  return self.dropout and network_options.dropout_text(self.dropout) or nil
end

--- The data of a summary: "1000 rows of 784, 10 classes".
function DenseNetwork:data_text(rows)
  local classes, outputs = self.objective.classes, self.objective.outputs
  return c_locale.format("%d rows of %d, %s", rows, self.weights.W1.shape[2],
    classes and c_locale.format("%d classes", classes) or format.quantity(outputs, "output"))
end

--- The plan as a card shows it behind the number of rows: ", sparse plan".
function DenseNetwork:plan_text()
  return (", %s plan"):format((self:plan()))
end

return dense_network
