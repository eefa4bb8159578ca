--- The objective of a model: its loss, the targets that it reads from y, predictions and scores.
--
-- Targets are labels (n), as int32; or rows: real targets (n, k), or the probabilities of classes
-- (n, classes). A loss that is a function gets y as it was given.
--
-- The cross-entropies are computed from the terms t (n, classes) of each row: the probabilities of
-- the classes, smoothed and weighted.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local schema = require "perigee.util.schema"
local suggest = require "perigee.util.suggest"
local types = require "perigee.util.types"

---@class perigee.objective
---@field loss string|function
---@field kind string  the name of the loss by which y is read; "function" for one of the user's own
---@field dtype string  of the scores
---@field is_classification boolean
---@field classes? integer
---@field outputs? integer  columns of the scores; nil until they are known
---@field rank? integer  of y, for real targets
---@field label_smoothing number
---@field class_weight? perigee.array  float64 (classes)
---@field share? perigee.sharing|false  the ranks that have the other rows
local Objective = {}
Objective.__index = Objective

local objective = {}

local BLOCK = 4096 -- rows of which R² is summed at a time
local TITLES = { -- of a file's values in messages
  classes = "number of classes", outputs = "number of outputs", rank = "y's rank",
}
local DEFAULTS = { loss = "cross_entropy", label_smoothing = 0 }

local loss_name = schema.name(core.trainer.losses)

--- Options that `pg.Model` alone takes.
objective.KINDS = {
  loss = {
    expected = loss_name.expected .. ", or a function of scores and y",
    quoted = true,
    read = function(value)
      return type(value) == "function" and value or loss_name.read(value)
    end,
  },
  label_smoothing = schema.number(" from 0 to 1", function(value)
    return value >= 0 and value <= 1
  end),
  class_weight = {
    expected = "'balanced', or a table of finite numbers, 0 or more: a list of one for each class, "
      .. "or by the classes' names",
    read = function(value)
      if value == "balanced" then
        return value
      elseif type(value) ~= "table" or next(value) == nil then
        return nil
      elseif #value > 0 then
        return schema.elements(value, schema.not_negative.read)
      end
      local by_name = {}
      for name, weight in pairs(value) do
        if type(name) ~= "string" or not schema.not_negative.read(weight) then
          return nil, type(name) == "string" and weight or name
        end
        by_name[name] = weight
      end
      return by_name
    end,
  },
}

-- --- making ---------------------------------------------------------------------

--- The kind of a loss: pg.softmax_cross_entropy reads y as "cross_entropy" does.
local function kind_of(loss)
  if type(loss) ~= "function" then
    return loss
  end
  return loss == core.softmax_cross_entropy and "cross_entropy" or "function"
end

--- The list of class weights of those by names; a class that is not named has the weight 1.
local function weights_by_names(by_name, names)
  if not names then
    return nil, "class_weight has names of classes, and the model has none: give names = {...}, or "
      .. "a list of numbers"
  end
  local list, known = {}, collections.set(names)
  for name in pairs(by_name) do
    if not known[name] then
      return nil, ("class_weight: there is no class '%s'%s"):format(printable.name(name),
        suggest.suggestion(name, names))
    end
  end
  for i, name in ipairs(names) do
    list[i] = by_name[name] or 1
  end
  return list
end

--- Makes the objective of a model's options.
---@param options table  loss, label_smoothing, class_weight, classes, names
---@param dtype string
---@return perigee.objective?
---@return string?  # the error message, where nil comes first
function objective.new(options, dtype)
  local loss = options.loss or "cross_entropy"
  local is_entropy = loss == "cross_entropy" or loss == "binary_cross_entropy"
  for _, name in ipairs { "label_smoothing", "class_weight" } do
    if options[name] and not is_entropy then
      return nil, ("%s is of the cross-entropies, and the loss is %s"):format(name,
        type(loss) == "function" and "a function" or loss)
    end
  end
  local classes, asked = options.classes, options.class_weight
  if type(asked) == "table" and #asked == 0 then
    local message
    asked, message = weights_by_names(asked, options.names)
    if not asked then
      return nil, message
    end
  end
  if loss == "binary_cross_entropy" then
    if classes and classes ~= 2 then
      return nil, ("binary_cross_entropy has the 2 classes 0 and 1, and not %d"):format(classes)
    end
    classes = 2
  elseif loss == "mse" and classes then
    return nil, ("the loss mse has real targets, and no classes (classes or names give %d)"):format(
      classes)
  end
  local kind = kind_of(loss)
  return setmetatable({
    loss = loss, kind = kind, dtype = dtype,
    is_classification = is_entropy or kind == "cross_entropy" or classes ~= nil,
    classes = classes, label_smoothing = options.label_smoothing or 0,
    weights_asked = asked,
    outputs = kind == "binary_cross_entropy" and 1 or kind == "cross_entropy" and classes or nil,
  }, Objective)
end

-- --- targets --------------------------------------------------------------------

--- The targets of y, of which each row is an array's.
---@param y perigee.array  (n, ...)
---@return perigee.array? targets
---@return integer|string|nil outputs  of each row; the error message, where nil comes first
function Objective:targets(y)
  if self.kind ~= "function" then
    local targets, outputs = core.trainer.targets(y, self.kind, self.outputs or 0, self.dtype)
    if targets and self.is_soft and y.ndim == 2 and targets.dtype == "int32" then
      return core.onehot(targets, outputs, self.dtype), outputs
    end
    return targets, outputs
  elseif self.is_classification then
    local labels, message = core.trainer.labels(y, self.classes)
    return labels and y, message
  elseif not y.dtype:find "^float" then
    return y
  end
  local targets, message = core.trainer.targets(y, "mse", 0, self.dtype)
  return targets and (y.ndim == 1 and targets:reshape(-1) or targets), message
end

--- The class weights of labels: n / (classes * rows of the class), as scikit-learn's "balanced".
local function balanced(labels, classes, share)
  local counts = labels:bincount({ minlength = classes })
  if share and share.is_local then
    counts = share.comm:allreduce(counts)
  end
  local empty = counts:eq(0)
  if empty:any() then
    return nil, ("class_weight: 'balanced' needs rows of each class, and y has none of class %d")
      :format(empty:argmax() - 1)
  end
  return counts:sum() / (counts:astype "float64" * classes)
end

--- Takes from the training's y what the options and scores don't say: the number of classes and
--- outputs, the rank of real targets, the class weights. A loss that is a function has classes
--- where y is integer labels (n) and there is more than one output.
---@param data table  as `inputs.labelled` returns it
---@return true?
---@return string?  # the error message, where nil comes first
function Objective:learn(data)
  local targets, classes, outputs = data.targets, data.classes, self.outputs
  if self.kind == "cross_entropy" then
    self.classes = self.classes or classes
    self.outputs = self.classes
  elseif self.kind == "function" and not self.is_classification and data.y.ndim == 1
    and not data.y.dtype:find "^float" and outputs ~= 1 then
    local labels, counted = core.trainer.labels(data.y, outputs or 0)
    if not labels then
      return nil, counted .. " (integers are labels; y:astype \"float64\" gives real targets)"
    end
    self.is_classification, self.classes, self.outputs = true, counted, counted
  elseif self.kind == "function" and self.is_classification then
    self.outputs = outputs or self.classes
    if self.outputs ~= self.classes and not (self.outputs == 1 and self.classes == 2) then
      return nil, ("forward returns %d scores for each row, and the model has %d classes"):format(
        outputs, self.classes)
    end
  elseif not self.is_classification then
    self.rank = data.y.ndim
    local columns = targets.size // #targets
    self.outputs = outputs or columns
    if self.kind == "mse" and self.outputs ~= columns then
      return nil, ("y of shape %s has %d numbers in a row, and the scores have %d"):format(
        data.y.shape, columns, self.outputs)
    end
  end
  self:learn_softness(targets)
  return self:learn_weights(targets)
end

--- Takes from the training's targets if they are probabilities: then one-hot rows are, too, also
--- where all rows of an evaluation are one-hot.
---@param targets perigee.array
function Objective:learn_softness(targets)
  self.is_soft = self.is_classification and self.kind ~= "function" and targets.dtype ~= "int32"
end

--- Takes the number of outputs, and of classes, from the scores of a forward function.
---@param scores perigee.array
function Objective:learn_outputs(scores)
  self.outputs = self.outputs or scores.ndim == 1 and 1 or scores.size // #scores
  if self.kind == "cross_entropy" then
    self.classes = self.outputs
  end
end

--- Computes the class weights from the option.
function Objective:learn_weights(targets)
  local asked = self.weights_asked
  if asked == "balanced" then
    local message
    if targets.dtype ~= "int32" then
      return nil, "class_weight: 'balanced' needs labels, and y has probabilities"
    end
    self.class_weight, message = balanced(targets, self.classes, self.share)
    return self.class_weight and true, message
  elseif asked and #asked ~= self.classes then
    return nil, ("class_weight has %d numbers for %d classes"):format(#asked, self.classes)
  elseif asked then
    self.class_weight = core.array(asked, "float64")
  end
  return true
end

-- --- loss -----------------------------------------------------------------------

--- The divisor of the mean loss of some rows: their number, or the sum of the weights of their
--- labels.
---@param targets perigee.array
---@return number
function Objective:divisor(targets)
  if self.class_weight and targets.dtype == "int32" then
    return self.class_weight:take(targets + 1):sum()
  end
  return #targets
end

--- The divisor of the rows of a step or an evaluation, which is above 0.
---@param targets perigee.array
---@return number?
---@return string?  # the error message, where nil comes first
function Objective:step_divisor(targets)
  local divisor = self:divisor(targets)
  if divisor > 0 then
    return divisor
  end
  return nil, ("class_weight: the classes of all %d rows have the weight 0"):format(#targets)
end

--- The terms t (n, classes) of the targets.
local function terms(self, targets)
  local t = targets
  if targets.dtype == "int32" then
    t = core.onehot(targets, self.classes, self.dtype)
  elseif self.kind == "binary_cross_entropy" then
    t = core.concat({ 1 - targets, targets }, 2)
  end
  if self.label_smoothing > 0 then
    t = t * (1 - self.label_smoothing) + self.label_smoothing / self.classes
  end
  return self.class_weight and t * self.class_weight:astype(self.dtype) or t
end

--- The functions of losses with gradients of their own; made when they are first needed, as
--- gradients load the tracer.
local entropies = {}

--- The sum of -t log(softmax(scores) + 1e-9), the notebook's loss, with the gradient of
--- -t log(softmax(scores)), the notebook's gradient.
function entropies.cross_entropy()
  return require("perigee.gradient").custom_gradient(function(scores, t)
    return -(t * (scores:softmax() + 1e-9):log()):sum()
  end, function(g, _, scores, t)
    return (scores:softmax() * t:sum(2, true) - t) * g
  end)
end

--- log(1 + exp(a)), without overflow.
local function softplus(a)
  return a:relu() + (-(a:abs())):exp():log1p()
end

--- The sum of -t log of the probabilities of the classes 0 and 1, of which sigmoid(scores) is the
--- second, from scores (n, 1).
function entropies.binary_cross_entropy()
  return require("perigee.gradient").custom_gradient(function(scores, t)
    return (t:cols(1, 1) * softplus(scores) + t:cols(2, 2) * softplus(-scores)):sum()
  end, function(g, _, scores, t)
    return (scores:sigmoid() * t:sum(2, true) - t:cols(2, 2)) * g
  end)
end

local made = {}

--- The array behind a traced one.
local function plain_of(value)
  return type(value) == "table" and require("perigee.gradient").detach(value) or value
end

--- Calls a loss that is a function. One of the library, as pg.softmax_cross_entropy, takes scores
--- and y only.
local function own_loss(loss, scores, targets, weights)
  local value
  if debug.getinfo(loss, "S").what == "C" then
    value = core.call(loss, scores, targets)
  else
    value = core.call(loss, scores, targets, weights)
  end
  local plain = plain_of(value)
  if math.type(plain) then
    return value
  elseif types.is_array(plain) and plain.size == 1 then
    return value:reshape(1)[1]
  end
  errors.raise("loss must return one number, the mean over the rows, not %s", types.is_array(plain)
    and ("an array of shape %s"):format(plain.shape) or plain == nil and "nothing"
    or errors.describe(plain))
end

--- Scores of one output in the rank of the targets: (n) or (n, 1). Otherwise the difference of the
--- two would be of shape (n, n).
local function like_targets(scores, targets)
  if targets.ndim == 1 and scores.ndim == 2 and scores.shape[2] == 1 then
    return scores:reshape(-1)
  elseif targets.ndim == 2 and targets.shape[2] == 1 and scores.ndim == 1 then
    return scores:reshape(-1, 1)
  end
  return scores
end

--- The mean loss of scores that an own network computed, which may be traced.
---@param scores any
---@param targets perigee.array  of which a loss that is a function gets a copy
---@param weights table  of the model, for a loss that is a function
---@return any
function Objective:mean_loss(scores, targets, weights)
  local loss = self.loss
  if type(loss) == "function" then
    return own_loss(loss, like_targets(scores, targets), targets:copy(), weights)
  elseif scores.ndim == 1 then
    scores = scores:reshape(-1, 1)
  end
  if loss == "mse" then
    if scores.size ~= targets.size then
      errors.raise("the scores of shape %s and y of shape %s differ", scores.shape, targets.shape)
    elseif scores.ndim ~= targets.ndim then
      scores = scores:reshape(targets.shape)
    end
    return ((scores - targets) ^ 2):mean()
  end
  made[loss] = made[loss] or entropies[loss]()
  return made[loss](scores, terms(self, targets)) / self:divisor(targets)
end

-- --- files ----------------------------------------------------------------------

--- The values that a file keeps, but for those that are as by default.
---@return table
function Objective:saved()
  local loss = type(self.loss) == "function" and "function" or self.loss
  return {
    loss = loss ~= "cross_entropy" and loss or nil,
    label_smoothing = self.label_smoothing > 0 and self.label_smoothing or nil,
    class_weight = self.class_weight,
    classes = self.classes, outputs = self.outputs, rank = self.rank,
  }
end

--- Checks that the values of a file agree.
---@param saved table
---@return true?
---@return string?  # the error message, where nil comes first
function objective.check(saved)
  local loss, classes, outputs = saved.loss or "cross_entropy", saved.classes, saved.outputs
  local is_entropy = loss == "cross_entropy" or loss == "binary_cross_entropy"
  if is_entropy and not classes or loss == "mse" and classes
    or loss == "cross_entropy" and classes ~= outputs
    or loss == "binary_cross_entropy" and (classes ~= 2 or outputs ~= 1)
    or (classes == nil) ~= (saved.rank ~= nil) then
    return nil, ("the loss %s does not go with %s classes, %s outputs and y of rank %s"):format(
      loss, classes or "no", outputs or "no", saved.rank or "1")
  elseif (saved.label_smoothing or saved.class_weight) and not is_entropy then
    return nil, ("the loss %s has no label_smoothing and no class_weight"):format(loss)
  elseif saved.class_weight and #saved.class_weight ~= classes then
    return nil, ("class_weight has %d numbers for %d classes"):format(#saved.class_weight, classes)
  end
  return true
end

--- The objective of a file.
---@param saved table  as `saved` returns it
---@param dtype string
---@param loss? function  in the place of one that the file can't keep
---@return perigee.objective
function objective.load(saved, dtype, loss)
  loss = loss or saved.loss or "cross_entropy"
  return setmetatable({
    loss = loss, kind = kind_of(loss), dtype = dtype,
    is_classification = saved.classes ~= nil, classes = saved.classes, outputs = saved.outputs,
    rank = saved.rank, label_smoothing = saved.label_smoothing or 0,
    class_weight = saved.class_weight,
  }, Objective)
end

--- The difference of a file's objective from this one, for a message; nil if they are alike.
---@param saved table  as `saved` returns it
---@return string?
function Objective:difference(saved)
  local mine = self:saved()
  for _, name in ipairs { "loss", "label_smoothing", "classes", "outputs", "rank" } do
    if mine[name] ~= saved[name] then
      local default = DEFAULTS[name] or "none"
      return ("its %s is %s, and the model's is %s"):format(TITLES[name] or name,
        saved[name] or default, mine[name] or default)
    end
  end
  local ours, theirs = mine.class_weight, saved.class_weight
  if (ours == nil) ~= (theirs == nil) or ours and not core.array_equal(ours, theirs) then
    return "its class weights are not the model's"
  end
end

-- --- the core -------------------------------------------------------------------

--- The loss and its options, as functions of the core take them.
---@return table
function Objective:settings()
  return {
    loss = self.loss, label_smoothing = self.label_smoothing, class_weight = self.class_weight,
  }
end

-- --- text -----------------------------------------------------------------------

--- The options of the loss: "label_smoothing 0.1, class_weight 0.5 to 3"; nil if it has none.
---@return string?
function Objective:options_text()
  local words, weight = {}, self.class_weight
  if self.label_smoothing > 0 then
    words[1] = c_locale.format("label_smoothing %g", self.label_smoothing)
  end
  if weight then
    words[#words + 1] = c_locale.format("class_weight %.4g to %.4g", weight:min(), weight:max())
  end
  return #words > 0 and table.concat(words, ", ") or nil
end

-- --- results --------------------------------------------------------------------

--- Real values (n, 1) or (n) in the rank of the training's y; others as they are.
---@param values perigee.array
---@return perigee.array
function Objective:in_rank(values)
  if self.rank == 1 and values.ndim == 2 and values.shape[2] == 1 then
    return values:reshape(-1)
  elseif self.rank == 2 and values.ndim == 1 then
    return values:reshape(-1, 1)
  end
  return values
end

--- Predicts from scores (n, k) or (n): labels, or real values in y's rank.
---@param scores perigee.array
---@return perigee.array
function Objective:predictions(scores)
  if not self.is_classification then
    return self:in_rank(scores)
  elseif scores.ndim == 1 or scores.shape[2] == 1 and self.classes == 2 then
    return scores:reshape(-1):gt(0):astype "int64"
  end
  return core.labels(scores)
end

--- The probabilities of the classes (n, classes) from scores; nil and a message where there are
--- none.
---@param scores perigee.array
---@return perigee.array?
---@return string?
function Objective:probabilities(scores)
  if not self.is_classification then
    return nil, "predict_proba: the model has no classes, as its targets are real numbers"
  elseif scores.ndim == 1 or scores.shape[2] == 1 and self.classes == 2 then
    local p = scores:reshape(-1, 1):sigmoid()
    return core.concat({ 1 - p, p }, 2)
  end
  return scores:softmax()
end

--- The labels that targets stand for: those of the most likely class of probabilities.
---@param targets perigee.array
---@return perigee.array
local function labels_of(targets)
  if targets.ndim == 1 then
    return targets
  elseif targets.shape[2] == 1 then
    return targets:reshape(-1):ge(0.5):astype "int64"
  end
  return core.labels(targets)
end

--- The number of rows of each class that were predicted as each.
---@param targets perigee.array
---@param predicted perigee.array
---@return perigee.array  # int64 (classes, classes)
function Objective:confusion(targets, predicted)
  local classes = self.classes
  local pairs_of = labels_of(targets):astype "int64" * classes + predicted
  return pairs_of:bincount({ minlength = classes * classes }):reshape(classes, classes)
end

--- Calls f with the targets and the predictions of blocks of rows, as float64 (rows, columns), and
--- returns the sum of its results.
local function sum_of_blocks(targets, predicted, f)
  local sum = 0
  for first = 1, #targets, BLOCK do
    local last = math.min(first + BLOCK - 1, #targets)
    local function block(array)
      return array:rows(first, last):astype("float64"):reshape(last - first + 1, -1)
    end
    sum = sum + f(block(targets), block(predicted))
  end
  return sum
end

--- R², the mean over the columns of 1 - (squared residuals) / (squared deviations of y from its
--- mean), as sklearn.metrics.r2_score; a column of one value has 1 where it is predicted exactly,
--- else 0. Of one row it is NaN.
local function r_squared(targets, predicted)
  if #targets < 2 then
    return 0 / 0
  end
  local mean = sum_of_blocks(targets, predicted, function(y)
    return y:sum(1)
  end) / #targets
  local residual = sum_of_blocks(targets, predicted, function(y, values)
    return ((y - values) ^ 2):sum(1)
  end)
  local total = sum_of_blocks(targets, predicted, function(y)
    return ((y - mean) ^ 2):sum(1)
  end)
  local is_constant = total:eq(0)
  local ratio = residual / core.where(is_constant, 1, total)
  return core.where(is_constant, residual:eq(0):astype "float64", 1 - ratio):mean()
end

--- The score of predictions: the accuracy, or R².
---@param targets perigee.array
---@param predicted perigee.array
---@return number?
---@return string?  # the error message, where nil comes first
function Objective:score(targets, predicted)
  if self.is_classification then
    return core.accuracy(labels_of(targets), predicted)
  elseif predicted.size ~= targets.size then
    return nil, ("score: what is predicted has shape %s, and y has %s"):format(predicted.shape,
      targets.shape)
  end
  return r_squared(targets, predicted)
end

return objective
