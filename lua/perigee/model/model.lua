--- pg.Model: a network, of dense layers or with a forward function of its own, and its training.
--
--   local m = pg.Model(x, y, { hidden = 100, seed = 0 })
--   local cost = m:fit { iterations = 1000, rate = 0.1, progress = true }
--   print(m:score(xt, yt))

local unknown_name = require "perigee.util.unknown_name"
local c_locale = require "perigee.util.c_locale"
local repr = require "perigee.util.repr"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local checkpoint = require "perigee.model.checkpoint"
local class_names = require "perigee.util.class_names"
local classification = require "perigee.model.classification"
local core = require "perigee.core"
local format = require "perigee.util.format"
local losses = require "perigee.model.losses"
local model_state = require "perigee.model.model_state"
local dense_forward = require "perigee.model.dense_forward"
local dense_network = require "perigee.model.dense_network"
local own_network = require "perigee.model.own_network"
local network_options = require "perigee.model.network_options"
local objective = require "perigee.model.objective"
local weights = require "perigee.model.weights"
local public = require "perigee.util.public"
local inputs = require "perigee.model.inputs"
local sharing = require "perigee.model.sharing"
local training = require "perigee.model.training"
local training_data = require "perigee.model.training_data"
local printable = require "perigee.util.printable"

--- A network with its data, its weights and the state of its training.
---@class perigee.Model
---@field weights perigee.weights  W1 (hidden, inputs), b1 (1, hidden), W2, ..., or those of a
---   forward function: live, and writable
---@field state table?  what isn't trained of a model with a forward function: live arrays
---@field classes integer?  the number of classes; nil for real targets
---@field names string[]?  a copy of the classes' names, nil without: `m.names[label + 1]`
---@field iteration integer  the number of updates that were made
local Model = {}
local METATABLE = { __name = "perigee.model" }
local NAMES = 66 -- columns of the classes' names on one line

--- Names of private fields that may be nil.
local MAY_BE_NIL = collections.set {
  "_batches", "_data", "_dropout_key", "_epoch", "_losses", "_names", "_random", "_record", "_rows",
  "_state_before_key", "_validation_losses",
}

--- Messages about public fields that can't be set.
local READ_ONLY = {
  iteration = "a model's iteration is how many updates were made, and not to be set",
  classes = "a model's classes are those that it was made with, and not to be set",
  names = "a model's names are those that it was made with, and not to be set",
  state = "a model's state is not to be set: write into its arrays, as m.state.mean:fill_(0)",
}

function METATABLE:__index(name)
  if name == "iteration" then
    return #self._losses -- each update appends its loss
  elseif name == "classes" then
    return self._network.objective.classes
  elseif name == "weights" then
    return self._network.weights
  elseif name == "state" then
    return self._network:live_state()
  elseif name == "names" then
    return self._names and table.move(self._names, 1, #self._names, 1, {})
  end
  local method = rawget(Model, name)
  if method == nil and not MAY_BE_NIL[name] then
    local names = collections.sorted_keys(Model)
    table.move({ "weights", "state", "classes", "iteration", "names" }, 1, 5, #names + 1, names)
    errors.raise(unknown_name.message("a model", name, names))
  end
  return method
end

function METATABLE:__newindex(name, value)
  if READ_ONLY[name] then
    errors.raise(READ_ONLY[name])
  elseif name == "weights" then
    errors.must(self._network:set_weights(value))
    return
  elseif not MAY_BE_NIL[name] then
    errors.raise("a model has no field '%s' that can be set%s", printable.name(name),
      training.takes(name) and (": m:fit{%s = ...} takes it"):format(name) or "")
  end
  rawset(self, name, value)
end

-- --- options -----------------------------------------------------------------

local KINDS = collections.merge(collections.merge(training.KINDS, network_options.KINDS),
  collections.merge(objective.KINDS, sharing.KINDS))

-- --- making ------------------------------------------------------------------

--- Sets the training data; returns nil and a message where they do not fit.
local function set_data(self, data)
  self._data = { all = data }
  return training_data.hold_out(self, self._options.validation)
end

--- Makes the network of a model's options, and reads x and y. A built-in model whose loss is a
--- function gets its layers as a forward function.
local function new_network(x, y, options, learnt, random)
  if options.forward then
    return own_network.new(x, y, options, learnt)
  elseif type(learnt.loss) ~= "function" then
    return dense_network.new(x, y, options, learnt, random)
  end
  local arrays, layers = dense_network.draw(x, y, options, learnt, random)
  if not arrays then
    return nil, layers
  end
  return own_network.new(x, y, {
    weights = arrays, forward = dense_forward(layers.activation, layers.dropout),
    activation = layers.activation, dropout = layers.dropout, scale = options.scale,
  }, learnt)
end

--- Makes a model, as `pg.Model` does.
local function make(x, y, options)
  options = errors.must(schema.read(options, KINDS, "Model", training.OWNERS))
  errors.must(network_options.check_kind(options))
  local defaults = training.merge({}, options)
  local dtype = options.forward and errors.must(own_network.dtype(options))
    or options.dtype or "float32"
  errors.must(training.settings(defaults))
  errors.must(weights.check_scale(options.scale or 1, dtype))
  local share = errors.must(sharing.new(options))
  if share then
    errors.call(share.meet_before_model, share, options, y)
  end
  options.classes = errors.must(network_options.classes(options)) or nil
  local learnt = errors.must(objective.new(options, dtype))
  local random = options.seed and core.random(options.seed)
  learnt.share, options.share = share, share
  local network, data = errors.must(new_network(x, y, options, learnt, random))
  if share then
    network.share = share
    errors.call(share.share_arrays, share, network:arrays())
  end
  local self = setmetatable({
    _network = network,
    _names = options.names,
    _random = random,
    _options = defaults,
    _losses = {},
    _validation_losses = {},
  }, METATABLE)
  errors.must(set_data(self, data))
  if sharing.speaks(share) then
    inputs.warn_if_scaled("x", data.rows, network.scale)
  end
  return self
end

--- Makes a model of x and y, with weights as the notebook draws them.
---
--- The loss is computed as PyTorch's, in training and in evaluation: with class weights, that of
--- labels is the weighted sum divided by the sum of the labels' weights, that of probabilities is
--- divided by the number of rows. Mean squared errors are means over all outputs. Only
--- cross-entropy is the notebook's, with log(p + 1e-9).
---
--- Options of a training (optimizer and its options, rate, schedule, batch, validation, patience:
--- see `steps`) are defaults of all the model's trainings; options of `steps` or `fit` are for one
--- training.
---
--- With `dropout` the outputs of hidden layers lose elements by chance in each step of a training,
--- and the others are divided by 1 - dropout, as by torch.nn.Dropout: the losses of steps are those
--- of what is left; `predict` and `evaluate` use all. Which elements is a function of a number that
--- the first training draws from the model's generator, the iteration and the row's position in the
--- batch, so that a resumed training has the same.
---
--- With `weights` and `forward` the model has layers of its own. `weights` is a table of arrays,
--- also a nested one, of which the model has copies. `forward(w, x, training, state)` returns the
--- scores of some rows of x, (n, classes), or (n) for one output, by operations that have
--- gradients. x keeps its shape there, in the model's dtype and scaled. In the steps of a training,
--- `training` is true, and `pg.dropout` draws. `state` is a table of arrays that aren't trained,
--- such as running means: forward may write them, with values that aren't traced (`pg.detach`).
--- `freeze` names weights that stay. A batch is one call of forward; what depends on all rows is
--- computed in blocks of them.
---
--- With `comm`, the ranks of a communicator of perigee.mpi train the model together: all call
--- `pg.Model` with the same options, and all its methods that train. Given the whole arrays, each
--- rank works on its part of the rows. With `rows = "local"`, x and y are the rank's own rows, as
--- `mpi.rows` cuts them. Both have the bits of a training by one process, but for mini-batches of
--- local rows, which each rank shuffles by itself, and for models with a forward or loss function,
--- which are equal but for rounding and have the state of one rank; these are reproducible for one
--- number of ranks. `predict`, `evaluate` and the like compute on their rank alone; rank 0 writes
--- files.
---
--- `loss` is "cross_entropy" (the notebook's, with 1e-9 added to the probabilities; its gradient is
--- exact), "binary_cross_entropy" (labels 0 and 1, one output), "mse" (real targets, which
--- `predict` returns; `score` is R²), or a function of scores, y and weights that returns the mean
--- over the rows, such as `pg.softmax_cross_entropy`. `label_smoothing` and `class_weight` are
--- those of torch.nn.CrossEntropyLoss: with class weights, a mean is divided by the sum of the
--- rows' weights, or by the number of rows where y is probabilities.
---
--- Raises for options and arrays that don't fit, with shapes, rows and values. The largest label
--- must be below the number of rows unless `classes` is given.
---
--- A line on stderr warns of floats within 0 to 1 that `scale` makes smaller: they may have been
--- scaled before. It comes once for each line of a script, also in `predict` and the like.
---
---     -- x: (100, 784), y: (100) labels
---     m = pg.Model(x, y, {hidden = {64, 32}, activation = "relu", seed = 0})
---     m
---     --> Model 784-64-32-10, relu, float32: 52,650 weights
---     -->   trained  not yet
---     -->   data     100 rows, sparse plan
---     m.weights.W1.shape, m.classes, m.iteration  --> (64, 784)  10  0
---
---     own = pg.Model(x, y, {
---       weights = {W = pg.zeros(784, 10), b = pg.zeros(10)},
---       forward = function(w, x) return x:flatten(2):dot(w.W) + w.b end,
---     })
---     own:fit{iterations = 20, rate = 0.5}[-1] < 2.3  --> true
---@param x perigee.like  (n, ...), any dtype: flattened to (n, inputs) unless there is a `forward`;
---   bytes aren't converted
---@param y perigee.like  (n) labels 0, 1, ..., or (n, classes) one-hot or probabilities; of
---   binary_cross_entropy (n) labels 0 and 1, or probabilities of class 1; of mse real numbers (n),
---   or (n, ...), which are flattened to (n, outputs)
---@param options? table  hidden = 100 (a number or a list); activation = "sigmoid" ("tanh",
---   "relu", "leaky_relu", "gelu", or a list of one for each hidden layer); seed (else the module's
---   generator); dropout = 0 (the probability, from 0 to below 1, with which an output of a hidden
---   layer is dropped in a training's steps, or a list of one for each hidden layer);
---   dtype = "float32" (or "float64"); classes (else y's columns, or its largest label + 1);
---   names (a list of the classes' names, in the order of the labels, which gives `classes`, too);
---   scale = 1 (x is multiplied by it, in training and in prediction);
---   loss = "cross_entropy" ("binary_cross_entropy": one output; "mse": real outputs; or a function
---   of scores and y); label_smoothing = 0 (0 to 1: the part of each label that is spread evenly
---   over the classes); class_weight (a list of a number for each class, a table by the classes'
---   names, or "balanced": rows / (classes * rows of the class));
---   plan = "auto" ("dense": matrix products; "sparse": skip the zeros of x);
---   forward (a function, of a model with layers of its own; see above); weights (its arrays, which
---   give dtype, too); state (arrays that aren't trained); freeze (a list of names of weights that
---   stay); comm (the ranks that train it: `mpi.world`, or `trial.comm`; nil: this process alone);
---   rows = "all" ("local": x and y are the rank's own rows); reduce = "exact" ("fast": gradients
---   are added in any order, and the last digits depend on it); those of `m:steps` but iterations,
---   epochs, resume, progress
---@return perigee.Model
local function new(_, x, y, options)
  return sharing.together("pg.Model", options, make, x, y, options)
end

-- --- training ----------------------------------------------------------------

--- Trains in a loop: `for i, loss in m:steps{iterations = 1000, rate = 0.1} do`. The body runs
--- after update i; loss is the mean loss before that update.
---
--- An update uses all rows, or a `batch` of them. Then the loss is the batch's, and each epoch has
--- the rows in a new random order, drawn by the model's generator. With validation data, the third
--- value is their loss after each epoch (without batches, after each update). With `patience`, the
--- training ends when that loss hasn't fallen for as many epochs; in the last run of the body, the
--- model has the weights of the smallest loss. `metric` names what is compared instead of the
--- loss. The first of equal results is the best. `m:restore_best()` gives the model the best
--- weights at any other time.
---
--- A `schedule` changes the rate from update to update, as PyTorch's lr_scheduler. "cosine": from
--- the rate to 0 along half a cosine over all iterations, behind `warmup = 0` updates in which it
--- rises (CosineAnnealingLR behind LinearLR). "step": times `factor = 0.1` after every `every`
--- updates (StepLR). "plateau": times `factor = 0.1` once the validation loss has not become
--- smaller, by more than `min_delta = 0`, for more than `patience = 10` validations in a row, down
--- to `least = 0` (ReduceLROnPlateau with threshold_mode = "abs" and eps = 0).
---
--- `validation = 0.1` takes a tenth of the rows off, rounded up: those that
--- `pg.split(x, y, {test = 0.1, seed = 0})` gives for testing, each time the same. The training has
--- the others, in copies.
---
--- Another training continues from the weights and the optimizer's state, and counts i from 1. With
--- `resume = true` the training before continues, also of a loaded model: with its i and its
--- options (all but batch may be given again), until it has made the iterations or epochs that are
--- given, else those of its start. A cosine then runs over all of these iterations: with more than
--- at the start, the rate jumps up to where it would be if they had been given there. If the
--- training has nothing left to do, a line on stderr says so. One that stopped early continues from
--- the best weights with a larger patience, or with patience = false.
---
--- A loss, gradient or weight that isn't finite raises, with the iteration, and leaves the last
--- finite weights.
---
---     for i, loss in m:steps{iterations = 30, rate = 0.5} do
---       if i % 10 == 0 then print(i, loss, m:score(xt, yt)) end
---     end
---     m.iteration  --> 30
---@param options? table  iterations = 1000 (the number of updates); epochs (passes over all rows,
---   in the place of iterations); progress = false (or true: a line on stderr);
---   resume = false (or true); batch = false (or a number of rows);
---   validation = false ({x, y}, or a fraction of the rows, which are taken off: see above);
---   patience = false (or a number of epochs);
---   metric = "loss" ("accuracy"; or "score", R², of models without classes: what patience and the
---   best weights go by); min_delta = 0 (a metric is better only if by more than this);
---   schedule = false ("cosine", {"cosine", warmup = 100}, {"step", every = 1000, factor = 0.1},
---   {"plateau", factor = 0.5, patience = 3}: see above);
---   optimizer = "sgd" ("momentum", "nesterov", "rmsprop", "adam", "adamw"); rate = 0.1 (of rmsprop
---   0.01, of adam and adamw 0.001; or a function of i); weight_decay = 0 (of adamw 0.01: it decays
---   the weights, not the gradients); momentum = 0.9 (of momentum and nesterov; of rmsprop 0);
---   dampening = 0 (of momentum); alpha = 0.99 (of rmsprop); betas = {0.9, 0.999} (of adam and
---   adamw); eps = 1e-8 (of rmsprop, adam and adamw)
---@return fun(_: nil, i: integer): integer?, number?, number?  # i, loss, validation loss
function Model:steps(options)
  return errors.must(training.begin(self, options, "steps")):iterate()
end

--- Trains as `steps` does, without a loop in the script, and returns the losses.
---
---     cost = m:fit{iterations = 50, rate = 0.5}
---     cost.shape, cost[-1] < cost[1]  --> (50,)  true
---     m:fit{epochs = 2, batch = 25, optimizer = "adam"}.shape  --> (8,)
---@param options? table  those of `m:steps`
---@return perigee.array cost  float64 (updates): cost[i] is the loss before update i
---@return perigee.array? validation  float64 (epochs): the validation losses, if there are any
function Model:fit(options)
  local cost, validation = {}, {}
  for _, loss, validation_loss in errors.must(training.begin(self, options, "fit")):iterate() do
    cost[#cost + 1] = loss
    validation[#validation + 1] = validation_loss
  end
  return losses.arrays(cost, validation)
end

--- Copies the best weights of the current training, those of its best validation, into the model:
--- after a `break`, after Ctrl-C, or in a loop's body, which goes on from them. Returns how good
--- they are: the smallest validation loss, or the largest of another `metric`. At the end of a
--- training with `patience` the model has them already.
---
--- Each training with validation keeps them, also in the model's file, with or without `patience`;
--- the next one begins without. Raises if there are none.
---
---     for i, loss, validation_loss in m:steps{rate = 2, validation = {xt, yt}} do
---       if i == 20 then break end
---     end
---     best = m:restore_best()
---     best == m:evaluate(xt, yt)  --> true
---@return number best  the validation loss, or another `metric`, of these weights
function Model:restore_best()
  return (errors.must(training.restore_best(self)))
end

--- Returns the losses of all updates, also those before the model was saved and loaded.
---
---     m:fit{iterations = 10}
---     m:fit{iterations = 5}
---     m:history().shape  --> (15,)
---@return perigee.array cost  float64 (m.iteration): the loss before each update
---@return perigee.array? validation  float64: the validation losses in order, if there are any
function Model:history()
  return losses.arrays(self._losses, training.validation_losses(self))
end

--- Returns the plan of the first layer, and its reason: "dense" multiplies matrices, "sparse" skips
--- the zeros of x. The choice depends on the shape of x and its fraction of zeros. The losses are
--- equal but for rounding.
---
---     m:plan()  --> sparse  21.5 % of x is not zero: sparse up to 50 %
---@return "dense"|"sparse"|nil plan  nil for a model without data, and for one whose forward or
---   loss is a function
---@return string why
function Model:plan()
  return self._network:plan()
end

-- --- using -------------------------------------------------------------------

--- Warns of data that may have been scaled before, and returns the other values.
local function warn_if_scaled(self, data, ...)
  inputs.warn_if_scaled("x", data.rows, self._network.scale)
  return ...
end

--- Returns the most likely label of each row; of a model with real targets, its outputs.
---
--- Raises if x isn't as wide as the model's inputs, with the shapes; for a number that isn't
--- finite, with row, column and value; and if the weights give no finite probabilities, with the
--- row.
---
---     m:predict(xt["1:5"]) --> [...] int64 (5,)
---@param x perigee.like  (n, ...): flattened and scaled as in training
---@return perigee.array labels  int64 (n), class numbers from 0; outputs (n, outputs), or (n) where
---   the training's y had rank 1, of the weights' dtype
function Model:predict(x)
  local data = errors.must(self._network:read_rows(x))
  return warn_if_scaled(self, data, (errors.must(self._network:predict(data))))
end

--- Returns the probability of each class for each row. The probabilities of a row add up to 1, and
--- `predict` returns the label of the largest. Raises as `predict` does, and for a model with real
--- targets.
---
---     p = m:predict_proba(xt["1:5"])
---     p.shape, p.dtype  --> (5, 10)  float32
---     p:sum(2):allclose(1)  --> true
---     pg.labels(p):eq(m:predict(xt["1:5"])):all()  --> true
---@param x perigee.like  (n, ...): flattened and scaled as in training
---@return perigee.array probabilities  (n, classes), of the weights' dtype
function Model:predict_proba(x)
  local data = errors.must(self._network:read_rows(x))
  return warn_if_scaled(self, data, (errors.must(self._network:predict_proba(data))))
end

--- Returns the accuracy: the fraction of rows whose label is predicted. Where y is probabilities, a
--- row's label is the most likely one. For real targets, the score is R², as
--- sklearn.metrics.r2_score: 1 for exact predictions, 0 for those of the mean.
---
--- Raises for a label outside the model's classes.
---
---     m:fit{iterations = 100, rate = 0.5}
---     m:score(x, y) > 0.5  --> true
---@param x perigee.like  (n, ...)
---@param y perigee.like  as `pg.Model` takes it
---@return number accuracy  0 to 1; R² is 1 or less
function Model:score(x, y)
  local network = self._network
  local data = errors.must(network:read_data(x, y))
  local predicted = errors.must(network:predict(data))
  return warn_if_scaled(self, data,
    (errors.must(network.objective:score(data.targets, predicted))))
end

--- Returns the loss, the accuracy and the confusion matrix of some rows; with real targets the loss
--- and R². Of rows of probabilities, the label is the most likely one.
---
--- Raises for a label outside the model's classes.
---
---     loss, accuracy, confusion = m:evaluate(xt, yt)
---     confusion.shape, confusion:sum() == #xt  --> (10, 10)  true
---@param x perigee.like  (n, ...)
---@param y perigee.like  as `pg.Model` takes it
---@return number loss  the mean, as in training
---@return number accuracy  0 to 1; or R²
---@return perigee.array? confusion  int64 (classes, classes): row i, column j has the number of
---   rows of class i - 1 that were predicted as class j - 1
function Model:evaluate(x, y)
  local data = errors.must(self._network:read_data(x, y))
  local loss, score, confusion = errors.must(self._network:evaluate(data, true))
  if confusion then
    class_names.set(confusion, self._names)
  end
  return warn_if_scaled(self, data, loss, score, confusion)
end

--- Returns a report: precision, recall and F1 of each class, their means, and the accuracy.
---
--- It prints as scikit-learn's classification_report, with the model's names, and has the numbers
--- as fields. Precision is the fraction of rows predicted as a class that are of it, recall the
--- fraction of the class's rows that are predicted so, F1 their harmonic mean, support the number
--- of the class's rows; a fraction of no rows is 0. All classes of the model are there. `macro` has
--- the means over the classes, `weighted` those weighted by support.
---
--- Raises for a label outside the model's classes.
---
---     r = m:report(xt, yt)
---     r.precision.shape, r.support:sum() == #xt  --> (10,)  true
---     r.accuracy == m:score(xt, yt), r.macro.f1 == r.f1:mean()  --> true  true
---@param x perigee.like  (n, ...)
---@param y perigee.like  (n) labels or (n, classes) one-hot
---@return perigee.report
function Model:report(x, y)
  local learnt = self._network.objective
  if not learnt.is_classification then
    errors.raise("report: the model has no classes, as its targets are real numbers: m:score gives "
      .. "R²")
  end
  local _, _, confusion = self:evaluate(x, y)
  return classification.report(confusion, self._names)
end

-- --- saving ------------------------------------------------------------------

--- Writes the model to an NPZ file, atomically.
---
--- numpy.load reads it: the weights under their names, the losses as `history`. It also has the
--- options, the states of the optimizer and of the generator, and the progress of the training; it
--- has no data, no validation data and no rate that is a function. Raises if the weights don't fit
--- each other or have a number that isn't finite, and if the file can't be written.
---
---     m:save("m.npz", "the first try")  --> true
---     pg.load "m.npz".W1.shape  --> (20, 784)
---@param path string  ends with .npz
---@param note? string  a text in the file, which `load` and `restore` return
---@return true
function Model:save(path, note)
  if not types.is_path(path) or not path:find "%.npz$" then
    errors.raise("save: a path that ends with .npz is needed, not %s", errors.describe(path))
  elseif note ~= nil and type(note) ~= "string" then
    errors.raise("save: a note is a text, not a " .. type(note))
  end
  local network = self._network
  errors.must(network:check_values())
  training.finish(self)
  if not sharing.speaks(network.share) then
    return true
  end
  local optimizer_state = network:optimizer_state()
  for i, arrays in ipairs(optimizer_state.arrays) do
    errors.must(weights.check_finite(arrays, collections.sorted_keys(arrays),
      ("state%d_"):format(i)))
  end
  local epoch, random_state = training.epoch(self)
  errors.must(checkpoint.write(path, {
    weights = network:arrays(), network = network:saved(), scale = network.scale,
    objective = network.objective:saved(), dropout_key = self._dropout_key,
    options = self._options, record = self._record, losses = self._losses,
    validation_losses = training.validation_losses(self), epoch = epoch,
    random_state = random_state, optimizer_state = optimizer_state, note = note,
    names = self._names,
    checksum = network:has_data() and errors.must(network:checksum()) or nil,
  }))
  return true
end

--- Raises for a value that is no path.
local function check_path(path, name)
  if type(path) ~= "string" then
    errors.raise("%s: a path is needed, not %s", name, path == nil and "nil"
      or "a " .. type(path))
  elseif not types.is_path(path) then
    errors.raise(name .. ": a path has no zero bytes")
  end
end

local LOAD_KINDS = collections.merge(sharing.KINDS, {
  forward = network_options.KINDS.forward,
  loss = objective.KINDS.loss,
})

--- Makes the network of a file's state; the file has no functions.
local function load_network(state, options)
  local saved, has_forward = state.network, state.network.activation == nil
  local loss = state.objective.loss or "cross_entropy"
  local has_loss = loss == "function"
  local missing = has_forward and not options.forward and "forward"
    or has_loss and type(options.loss) ~= "function" and "loss"
  if missing then
    return nil, ("the model has a %s function, which a file does not keep: give it again, as in "
      .. "pg.Model.load(path, x, y, {%s = f})"):format(missing, missing)
  elseif options.forward and not has_forward then
    return nil, "forward: the model has no forward function"
  elseif options.loss and not has_loss and options.loss ~= loss then
    return nil, "loss: the model's is " .. loss
  end
  options.loss = has_loss and options.loss or nil
  local learnt = objective.load(state.objective, state.dtype, options.loss)
  if has_forward or has_loss then
    return own_network.load(state, options.forward
      or dense_forward(saved.activation, saved.dropout), learnt)
  end
  return dense_network.load(state, learnt)
end

--- Makes the model of a file, as `pg.Model.load` does.
local function load_file(path, x, y, options)
  options = errors.must(schema.read(options, LOAD_KINDS, "load"))
  local state = errors.must(checkpoint.read(path))
  local network = errors.must(load_network(state, options))
  network.share = errors.must(sharing.new(options)) or nil
  local self = setmetatable({
    _network = network,
    _names = state.names,
    _options = state.options,
  }, METATABLE)
  model_state.set_progress(self, state)
  if x ~= nil or y ~= nil then
    local data = errors.must(network:read_data(x, y))
    network.objective:learn_softness(data.targets)
    network:probe(data)
    local given, problem = set_data(self, data)
    if not given then
      errors.raise(printable.name(path) .. ": " .. problem)
    end
    if sharing.speaks(network.share) then
      inputs.warn_if_scaled("x", data.rows, network.scale)
    end
  end
  return self, state.note
end

--- Reads a saved model. The file has no data: with x and y, the model can be trained. It has no
--- functions either: give those of the model again. `m:fit()` begins another training, as with a
--- model in memory; `resume = true` continues the saved one. With the same rows, it ends in the
--- same bits as a training that was never interrupted.
---
--- Raises for a file that is missing, damaged, of another version, or no model, and if x and y
--- don't fit the model.
---
---     for i in m:steps{iterations = 30} do
---       if i == 20 then m:save("m.npz", "the first try") end
---     end
---     other, note = pg.Model.load("m.npz", x, y)
---     other.iteration, note  --> 20  the first try
---     other:fit{resume = true}.shape  --> (10,)
---@param path string
---@param x? perigee.like  as `pg.Model` takes them
---@param y? perigee.like
---@param options? table  forward (the function that the model was made with); loss (likewise);
---   comm (the ranks that train it); rows = "all" (or "local"); reduce = "exact" (or "fast")
---@return perigee.Model
---@return string? note  the text that `save` was given
function Model.load(path, x, y, options)
  check_path(path, "load")
  return sharing.together("pg.Model.load", options, load_file, path, x, y, options)
end

--- Replaces the model's state by the one in a file of `save`: weights, losses, the states of the
--- optimizer and the generator, and the progress of the training. The data and the options of
--- `pg.Model` stay, and `m.weights` has the same arrays as before.
---
--- Raises as `load` does, and for a file of another network; the model is then unchanged.
---
---     m:save "m.npz"
---     m:fit{iterations = 10}
---     m:restore "m.npz"  --> true
---     m.iteration  --> 0
---@param path string
---@return true
---@return string? note  the text that `save` was given
function Model:restore(path)
  check_path(path, "restore")
  local restored, note = errors.must(model_state.restore(self, path))
  return restored, note
end

-- --- text ------------------------------------------------------------------

--- The scale as text: "x times 0.003922".
local function scale_text(self)
  return c_locale.format("x times %.4g", self._network.scale)
end

--- The ranks that share the rows, as text: " on 4 ranks".
local function ranks_text(self)
  local share = self._network.share
  return share and (" on %d ranks"):format(share.comm.size) or ""
end

--- The rows that are held out as text: ", 15 rows for validation".
local function held_text(self)
  local held = self._data and self._data.validation
  return held and (", %s for validation"):format(format.quantity(held.rows.shape[1], "row")) or ""
end

--- Returns a text: layers, parameters, data, scale, plan, optimizer, iterations and the last loss.
---
---     m:summary()
---     --> model      784-20-10, float32
---     --> layer  units  activation  parameters
---     -->     1     20  sigmoid          15700
---     -->     2     10  softmax            210
---     -->                                15910 in all
---     --> data       100 rows of 784, 10 classes
---     --> plan       sparse (21.5 % of x is not zero: sparse up to 50 %)
---     --> optimizer  sgd, rate 0.1, all rows
---     --> iteration  0
---@return string
function Model:summary()
  local network = self._network
  errors.must(network:check())
  local lines = network:lines()
  local function add(name, ...)
    lines[#lines + 1] = ("%-10s %s"):format(name, c_locale.format(...))
  end
  add("data", "%s",
    network:has_data() and network:data_text(self._rows) .. ranks_text(self) .. held_text(self)
      or "none")
  if self._names then
    add("names", "%s", network_options.names_text(self._names, NAMES))
  end
  if network.scale ~= 1 then
    add("scale", "%s", scale_text(self))
  end
  if network:loss_text() then
    add("loss", "%s", network:loss_text())
  end
  if network:plan() then
    add("plan", "%s (%s)", network:plan())
  end
  add("optimizer", "%s", training.describe(self))
  local rate = training.scheduled_rate(self)
  if rate then
    add("rate", "%.6g by the schedule", rate)
  end
  add("iteration", "%d", self.iteration)
  if #self._losses > 0 then
    add("last loss", "%.6g", self._losses[#self._losses])
  end
  if #self._validation_losses > 0 then
    add("validation", "%.6g", self._validation_losses[#self._validation_losses])
  end
  local best = self._record and self._record.stopping.best
  if best then
    add("best", "%.6g%s", best, training.metric_text(self))
  end
  return table.concat(lines, "\n")
end

-- A title and rows, also for a model whose weights do not fit each other.
function METATABLE:__tostring()
  local network = self._network
  local cost, validation, trained = self._losses, self._validation_losses, "not yet"
  if #cost > 0 then -- "500 iterations (sgd, rate 0.1, all rows), loss 0.6421"
    trained = c_locale.format("%s (%s), loss %.4g%s", format.quantity(#cost, "iteration"),
      training.describe(self), cost[#cost],
      #validation > 0 and c_locale.format(", validation %.4g", validation[#validation]) or "")
  end
  local rows = {
    { "trained", trained },
    { "data", network:has_data() and format.quantity(self._rows, "row") .. ranks_text(self)
      .. network:plan_text() .. held_text(self) or "none" },
  }
  if self._names then
    rows[#rows + 1] = { "classes", network_options.names_text(self._names, NAMES) }
  end
  if network:dropout_text() then
    rows[#rows + 1] = { "dropout", network:dropout_text() }
  end
  if network:loss_text() then
    rows[#rows + 1] = { "loss", network:loss_text() }
  end
  if network.scale ~= 1 then
    rows[#rows + 1] = { "scale", scale_text(self) }
  end
  local title = errors.try(network.title, network)
  return repr.make(title and "Model " .. title or "Model: its weights do not fit each other", rows)
end

local load = Model.load
public.methods(Model, METATABLE, "a model", "m", {
  predict = 1, predict_proba = 1, score = 2, evaluate = 2, report = 2, save = 1, restore = 1,
  restore_best = 0,
})
Model.load = public.counted("load", load, 1) -- a function of the class, not a method

return setmetatable(Model, {
  __call = public.counted("Model", new, 2, true),
  __index = function(_, name)
    errors.raise(unknown_name.message("pg.Model", name, collections.sorted_keys(Model)))
  end,
  __tostring = function()
    return "Model: pg.Model(x, y, options) makes one, pg.Model.load(path) reads one"
  end,
})
