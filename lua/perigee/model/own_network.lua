--- The network of a model with a forward function of its own, and any arrays as weights.
--
-- It has the methods of dense_network. A batch is one call of `forward`; what depends on all rows
-- is computed in blocks of them, the same for any number of threads.
--
-- A step is whole: where it fails, or is interrupted, the weights and the state are as before.

local checkpoint = require "perigee.model.checkpoint"
local core = require "perigee.core"
local collections = require "perigee.util.collections"
local dropout = require "perigee.model.dropout"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local inputs = require "perigee.model.inputs"
local network_options = require "perigee.model.network_options"
local parameters = require "perigee.model.parameters"
local suggest = require "perigee.util.suggest"
local types = require "perigee.util.types"
local weights = require "perigee.model.weights"

local descent = core.descent

---@class perigee.own_network
---@field weights table  the tree of the weights
---@field state table  the tree of what isn't trained
---@field forward function
---@field scale number
---@field objective perigee.objective
---@field activation? string[]  of the hidden layers of a built-in model whose loss is a function
---@field dropout? number[]|false  of these layers
local OwnNetwork = {}
OwnNetwork.__index = OwnNetwork

local own_network = {}

local MOST_ROWS, LEAST_ROWS = 512, 16
local MOST_NUMBERS = 1 << 17 -- of the rows of x in a block, where that leaves LEAST_ROWS

-- --- scores ---------------------------------------------------------------------

--- Checks the scores of n rows, and returns them in the model's dtype.
local function check_scores(self, n, scores, further)
  local plain = scores
  if type(scores) == "table" and getmetatable(scores) then
    plain = require("perigee.gradient").detach(scores)
  end
  if not types.is_array(plain) then
    errors.raise("forward must return an array of scores, not %s",
      plain == nil and "nothing" or errors.describe(plain))
  elseif further ~= nil then
    errors.raise("forward must return one array of scores, and it has returned a second value, %s",
      errors.describe(further))
  end
  local shape, objective = plain.shape, self.objective
  local rank, outputs = #shape, objective.outputs
  local expected = outputs and (outputs == 1 and "(n, 1) or (n)" or ("(n, %d)"):format(outputs))
    or objective.kind ~= "function" and "(n, k)" or "(n, ...)"
  local fits = rank >= 1 and shape[1] == n and plain.dtype:find "^float"
  if fits and objective.kind ~= "function" then
    local columns = rank == 1 and 1 or plain.size // n
    fits = (objective.kind == "mse" or rank == 2 or rank == 1 and outputs == 1)
      and (not outputs or columns == outputs)
  end
  if not fits then
    errors.raise("forward must return scores %s for the n = %d rows of x, not %s of shape %s",
      expected, n, plain.dtype, plain.shape)
  end
  return plain.dtype == objective.dtype and scores or scores:astype(objective.dtype)
end

--- Rows of x as forward gets them: a new array of the model's dtype, scaled.
local function input_of(self, x)
  local input = x:astype(self.objective.dtype)
  return self.scale == 1 and input or input:mul_(self.scale)
end

--- The value at a path of a tree.
local function at(tree, path)
  for i = 1, #path do
    if type(tree) ~= "table" then
      return nil
    end
    tree = rawget(tree, path[i])
  end
  return tree
end

--- A tree of the weights for one call of forward, which may put others in their place.
local function weights_tree(self, trained)
  local arrays = {}
  for _, name in ipairs(self.names) do
    arrays[name] = at(self.weights, self.paths[name])
  end
  for i, name in ipairs(trained and self.trained_names or {}) do
    arrays[name] = trained[i]
  end
  return parameters.tree(self.names, self.paths, arrays, "weights")
end

--- The scores of some rows, and the weights with which they were computed.
---@param trained? table[]  the traced weights of a training's step; nil outside of one
local function scores_of(self, x, trained)
  local tree = weights_tree(self, trained)
  return check_scores(self, #x, core.call(self.forward, tree, input_of(self, x), trained ~= nil,
    self.state)), tree
end

-- --- making ---------------------------------------------------------------------

--- The message about the form of weights; nil if they are right.
local function problem_of_weights(found)
  local seen = {}
  if #found.names == 0 then
    return "weights has no arrays"
  end
  for _, name in ipairs(found.names) do
    local array = found.arrays[name]
    local worked, dtype = pcall(function() return array.dtype end)
    if not worked then
      return ("weights.%s is an array that was freed"):format(name)
    elseif not dtype:find "^float" then
      return ("weights.%s is %s, and weights are float32 or float64"):format(name, dtype)
    elseif array.size == 0 then
      return ("weights.%s of shape %s has no numbers"):format(name, array.shape)
    elseif seen[array] then
      return ("weights.%s and weights.%s are one array: use it under one name"):format(seen[array],
        name)
    elseif checkpoint.is_reserved(name) then
      return ("weights has the name '%s', which a model's file has another member of"):format(name)
    end
    seen[array] = name
  end
end

--- The one dtype of weights; nil and a message where they have two.
local function dtype_of(found)
  local first = found.names[1]
  local dtype = found.arrays[first].dtype
  for _, name in ipairs(found.names) do
    if found.arrays[name].dtype ~= dtype then
      return nil, ("weights.%s is %s and weights.%s is %s: give dtype = 'float32' or 'float64'")
        :format(first, dtype, name, found.arrays[name].dtype)
    end
  end
  return dtype
end

--- The dtype of a model of its own: the one that is asked for, or its weights'.
---@param options table  of `pg.Model`
---@return string?
---@return string?  # the error message, where nil comes first
function own_network.dtype(options)
  local found, message = parameters.find(options.weights, "weights")
  message = message or problem_of_weights(found)
  if message then
    return nil, message
  end
  if options.dtype then
    return options.dtype
  end
  return dtype_of(found)
end

--- The names that stay: each in `freeze` is a weight's, or that of a table of weights.
local function frozen_names(freeze, names)
  local frozen = {}
  for _, wanted in ipairs(freeze) do
    local is_known = false
    for _, name in ipairs(names) do
      if name == wanted or name:sub(1, #wanted + 1) == wanted .. "." then
        frozen[name], is_known = true, true
      end
    end
    if not is_known then
      return nil, ("freeze: there is no weight '%s'; there are %s%s"):format(wanted,
        table.concat(names, ", "), suggest.suggestion(wanted, names))
    end
  end
  return frozen
end

--- Sets the network's lists of names, and what depends on them.
local function set_forms(self)
  self.trained_names = {}
  for _, name in ipairs(self.names) do
    if not self.frozen[name] then
      self.trained_names[#self.trained_names + 1] = name
    end
  end
  if #self.trained_names == 0 then
    return nil, "freeze names all weights, and none is left to be trained"
  end
  local trained = {}
  for i, name in ipairs(self.trained_names) do
    trained[i] = self.forms[name]
  end
  self.descent = descent.new(trained)
  return true
end

--- Copies of arrays, floats as a dtype.
local function copies(found, dtype)
  for name, array in pairs(found.arrays) do
    found.arrays[name] = array.dtype:find "^float" and array:astype(dtype) or array:copy()
  end
  return found
end

--- Makes a network of the arrays that were found in two trees, which it keeps.
---@param self table  forward, scale, frozen, objective; activation and dropout of built-in layers
---@param found perigee.parameters  the weights
---@param state perigee.parameters
---@return perigee.own_network?
---@return string?  # the error message, where nil comes first
local function network_of(self, found, state)
  self.names, self.paths, self.forms = found.names, found.paths, found.arrays
  self.weights = parameters.tree(found.names, found.paths, found.arrays, "weights")
  self.state_names, self.state_paths, self.state_forms = state.names, state.paths, state.arrays
  self.state = parameters.tree(state.names, state.paths, state.arrays, "state")
  local made, message = set_forms(self)
  return made and setmetatable(self, OwnNetwork) or nil, message
end

--- Makes a network with copies of the weights and the state.
---@param x any
---@param y any
---@param options table  of `pg.Model`: weights, forward, state, freeze, scale; activation and
---   dropout of built-in layers
---@param learnt perigee.objective
---@return perigee.own_network?
---@return table|string data  the error message, where nil comes first
function own_network.new(x, y, options, learnt)
  local found, state, frozen, message, self, data, fits
  state, message = parameters.find(options.state or {}, "state")
  if not state then
    return nil, message
  end
  found, message = parameters.find(options.weights, "weights")
  if not found then
    return nil, message
  end
  frozen, message = frozen_names(options.freeze or {}, found.names)
  if not frozen then
    return nil, message
  end
  self, message = network_of({
    forward = options.forward, scale = options.scale or 1, objective = learnt, frozen = frozen,
    activation = options.activation, dropout = options.dropout,
  }, copies(found, learnt.dtype), copies(state, learnt.dtype))
  if not self then
    return nil, message
  end
  data, message = inputs.rows(x, false)
  if not data then
    return nil, message
  end
  local scores, tree = self:probe(data)
  learnt:learn_outputs(scores)
  self.share = learnt.share
  data, message = self:read_data(x, y)
  if not data then
    return nil, message
  end
  fits, message = learnt:learn(data)
  if fits then
    learnt:mean_loss(scores, data.targets:rows(1, #scores), tree)
  end
  return fits and self, fits and data or message
end

--- The network of a file's state.
---@param state table  as `checkpoint.read` returns it
---@param forward function
---@param learnt perigee.objective
---@return perigee.own_network
function own_network.load(state, forward, learnt)
  local found, kept = { names = {}, arrays = {} }, { names = {}, arrays = {} }
  for _, name in ipairs(collections.sorted_keys(state.weights)) do
    local short = name:match "^state_(.*)$"
    local tree = short and kept or found
    tree.names[#tree.names + 1] = short or name
    tree.arrays[short or name] = state.weights[name]
  end
  found.paths = parameters.paths_of(found.names)
  kept.paths = parameters.paths_of(kept.names)
  local self = errors.must(network_of({
    forward = forward, scale = state.scale, objective = learnt,
    frozen = collections.set(state.network.frozen or {}), activation = state.network.activation,
    dropout = state.network.dropout,
  }, found, kept))
  self.row_shape = table.concat(state.network.row or {}, ", ") -- none where x has rank 1
  self:set_optimizer_state(state.optimizer_state)
  return self
end

-- --- weights --------------------------------------------------------------------

--- The message about an array that has not the form of another one.
local function problem_of_array(array, form, name)
  if not types.is_array(array) then
    local metatable = type(array) == "table" and getmetatable(array)
    return ("%s must be an array of shape %s (%s), not %s"):format(name, form.shape, form.dtype,
      metatable and metatable.__name == "traced value"
      and "a traced value (pg.detach gives the array behind it)" or errors.describe(array))
  end
  local worked, shape = pcall(function() return tostring(array.shape) end)
  return worked and ("%s must have shape %s (%s), not %s (%s)"):format(name, form.shape, form.dtype,
    shape, array.dtype) or name .. " is an array that was freed"
end

--- Reads the arrays of a tree into a list, in the order of names.
local function read_tree(tree, names, paths, forms, what)
  local list, seen = {}, {}
  for i, name in ipairs(names) do
    local array = at(tree, paths[name])
    if not types.is_array(array) or not core.has_form(array, forms[name]) then
      return nil, problem_of_array(array, forms[name], what .. "." .. name)
    elseif seen[array] then
      return nil, ("%s.%s and %s.%s are one array"):format(what, seen[array], what, name)
    end
    list[i], seen[array] = array, name
  end
  return list
end

function OwnNetwork:set_weights(tree)
  local found, message = parameters.find(tree, "weights")
  if not found then
    return nil, message
  end
  for _, name in ipairs(found.names) do
    if not self.forms[name] then
      return nil, ("'%s' is no weight of the model: there are %s%s"):format(name,
        table.concat(self.names, ", "), suggest.suggestion(name, self.names))
    end
  end
  local list
  list, message = read_tree(tree, self.names, self.paths, self.forms, "weights")
  if list then
    self.weights = parameters.tree(self.names, self.paths, found.arrays, "weights")
  end
  return list and true, message
end

--- Sets all elements of an array to those of another one.
local function set_elements(array, from)
  if array.ndim == 0 then
    array:fill_(from:item())
  else
    array[{ {} }] = from
  end
end

--- Tells if forward runs, or the loss.
local function is_running(self)
  return self.running and coroutine.status(self.running) ~= "dead"
end

--- Puts the state back, unless the step that has begun last has made an update.
local function settle(self)
  local step = self.step_begun
  if is_running(self) then
    return
  elseif step and #step.losses == step.updates then
    for name, array in pairs(step.state) do
      local path, live = self.state_paths[name], step.live[name]
      set_elements(live, array)
      local inner = self.state
      for i = 1, #path - 1 do
        inner = inner[path[i]]
      end
      rawset(inner, path[#path], live)
    end
  end
  self.step_begun = nil
end

function OwnNetwork:check()
  if is_running(self) then
    return nil, "a model isn't used within its own forward and loss"
  end
  settle(self)
  local list, message = read_tree(self.weights, self.names, self.paths, self.forms, "weights")
  if list then
    list, message = read_tree(self.state, self.state_names, self.state_paths, self.state_forms,
      "state")
  end
  return list and true, message
end

--- The state that users see.
---@return table
function OwnNetwork:live_state()
  settle(self)
  return self.state
end

function OwnNetwork:check_values()
  local fits, message = self:check()
  if not fits then
    return nil, message
  end
  return weights.check_finite(self:arrays(), self.names)
end

function OwnNetwork:arrays()
  local arrays = {}
  for _, name in ipairs(self.names) do
    arrays[name] = at(self.weights, self.paths[name])
  end
  for _, name in ipairs(self.state_names) do
    arrays["state_" .. name] = at(self.state, self.state_paths[name])
  end
  return arrays
end

function OwnNetwork:assign(arrays)
  local live = self:arrays()
  for name, array in pairs(arrays) do
    set_elements(live[name], array)
  end
end

-- --- data -----------------------------------------------------------------------

--- Refuses a number of x that is not finite: row, position and value.
local function check_finite(x)
  if not x.dtype:find "^float" then
    return true
  end
  for first = 1, #x, MOST_ROWS do
    local rows = x:rows(first, math.min(first + MOST_ROWS - 1, #x))
    local finite = rows:isfinite()
    if not finite:all() then
      local place = finite:argmin() - 1
      local width = rows.size // #rows
      return nil, ("x: row %d, number %d is %s, and not finite"):format(first + place // width,
        place % width + 1, errors.describe(rows:reshape(-1)[place + 1]))
    end
  end
  return true
end

function OwnNetwork:read_rows(x)
  local data, message = inputs.rows(x, false)
  if not data then
    return nil, message
  end
  return self:check_rows(data)
end

function OwnNetwork:read_data(x, y)
  local data, message = inputs.labelled(x, y, self.objective, false)
  if not data then
    return nil, message
  end
  return self:check_rows(data)
end

--- Returns the data if their rows are like those of the training.
function OwnNetwork:check_rows(data)
  local shape, known = data.shape, self.row_shape
  local row = table.concat(shape, ", ", 2)
  if known and row ~= known then
    return nil, ("x of shape %s does not fit the model: its rows have shape (%s), those of the "
      .. "training (%s)"):format(shape, row, known)
  end
  local finite, message = check_finite(data.rows)
  return finite and data, message
end

--- Has the ranks agree on whole data, or find the places of their rows.
local function share_data(self, data)
  local share, rows = self.share, data.rows
  share.cuts_batches = true
  if share.is_local then
    share:place { rows = #rows, width = rows.size // math.max(1, #rows), dtype = rows.dtype }
    self.local_checksum = share:checksum(data)
  else
    share.rows = #rows
    share:agree("the data", {
      rows = share.rows, checksum = errors.ensure(descent.checksum(rows, data.targets)),
    })
  end
  return true
end

function OwnNetwork:set_data(data)
  if self.share then
    local shared, message = errors.try(share_data, self, data)
    if not shared then
      return nil, message
    end
  end
  self.data = data
  self.row_shape = self.row_shape or table.concat(data.shape, ", ", 2)
  self.sum = nil
  return true
end

function OwnNetwork:weights_checksums()
  return weights.checksums(self:arrays(), collections.sorted_keys(self:arrays()))
end

function OwnNetwork:has_data()
  return self.data ~= nil
end

function OwnNetwork:checksum()
  if self.share and self.share.is_local then
    return self.local_checksum
  end
  local data, known = self.data, self.sum
  local writes = core.writes(data.rows) + core.writes(data.targets)
  if not known or known.writes ~= writes then
    local sum, message = errors.try(descent.checksum, data.rows, data.targets)
    if not sum then
      return nil, message
    end
    self.sum = { writes = writes, value = sum }
  end
  return self.sum.value
end

-- --- the optimizer's state ------------------------------------------------------

function OwnNetwork:optimizer_state()
  local name, steps = descent.optimizer(self.descent)
  local state = { optimizer = name, steps = steps, arrays = {} }
  for i = 1, core.trainer.states[name] do
    local list, by_name = {}, {}
    for j, each in ipairs(self.trained_names) do
      list[j] = core.zeros_like(self.forms[each])
      by_name[each] = list[j]
    end
    errors.must(descent.read_state(self.descent, i, list))
    state.arrays[i] = by_name
  end
  return state
end

function OwnNetwork:set_optimizer_state(state)
  errors.must(descent.set_optimizer(self.descent, state.optimizer, state.steps))
  for i, arrays in ipairs(state.arrays) do
    local list = {}
    for j, name in ipairs(self.trained_names) do
      list[j] = arrays[name]
    end
    errors.must(descent.write_state(self.descent, i, list))
  end
end

-- --- computing ------------------------------------------------------------------

--- The number of blocks of n rows, and the first row of the one behind i.
local function blocks_of(x)
  local n = #x
  local rows = math.max(LEAST_ROWS, math.min(MOST_ROWS, MOST_NUMBERS // (x.size // n)))
  return (n + rows - 1) // rows, function(i)
    return i * n // ((n + rows - 1) // rows) + 1
  end
end

--- Refuses scores that are not finite, by the row; `first` is the number of their first one. A
--- class may have the score -inf, and so the probability 0.
local function check_finite_scores(self, scores, first)
  local finite = scores:isfinite()
  if self.objective.is_classification then
    finite = finite:maximum(scores:eq(-math.huge))
  end
  if finite:all() then
    return scores
  end
  return nil, ("x: row %d gets scores that are not finite: weights are too large, or not finite")
    :format((finite:argmin() - 1) // (scores.size // #scores) + first)
end

--- The end of a use of forward. Where an interrupt comes before the state is put back, that is
--- done before it is used.
local USE = {
  __close = function(use)
    use.network.running = nil
    settle(use.network)
  end,
}

--- Begins a use of forward: what it writes into the state is put back at its end, unless a loss was
--- appended to the losses.
local function begin_use(self, losses)
  local state, live = {}, {}
  for _, name in ipairs(self.state_names) do
    live[name] = at(self.state, self.state_paths[name])
    state[name] = live[name]:copy()
  end
  self.step_begun = {
    network = self, losses = losses, updates = #losses, state = state, live = live,
  }
  self.running = coroutine.running()
  return setmetatable(self.step_begun, USE)
end

--- Joins what f makes of the scores, the first and the last row of each block. The scores must be
--- finite.
local function map_blocks(self, x, f)
  local _ <close> = core.hold_field(self, "running")
  local _ <close> = begin_use(self, {}) -- luacheck: ignore 411
  local parts = {}
  local count, first_of = blocks_of(x)
  for i = 1, count do
    local first, last = first_of(i - 1), first_of(i) - 1
    local scores, tree = scores_of(self, x:rows(first, last))
    parts[i] = f(errors.must(check_finite_scores(self, scores, first)), first, last, tree)
  end
  return core.concat(parts, 1) -- a copy: forward may have returned what it keeps
end

--- Computes the scores and the loss of the first two rows, or of one, so that what doesn't fit is
--- said at once.
---@param data table  with targets, or without
---@return perigee.array scores
---@return table tree  of the weights
function OwnNetwork:probe(data)
  local _ <close> = core.hold_field(self, "running")
  local _ <close> = begin_use(self, {}) -- luacheck: ignore 411
  local n = math.min(2, #data.rows)
  local scores, tree = scores_of(self, data.rows:rows(1, n))
  if data.targets then
    self.objective:mean_loss(scores, data.targets:rows(1, n), tree)
  end
  return scores, tree
end

function OwnNetwork:predict(data)
  local fits, message = self:check()
  if not fits then
    return nil, message
  end
  return map_blocks(self, data.rows, function(scores)
    return self.objective:predictions(scores)
  end)
end

function OwnNetwork:predict_proba(data)
  local fits, message = self:check()
  if not fits then
    return nil, message
  elseif not self.objective.is_classification then
    return self.objective:probabilities(nil)
  end
  return map_blocks(self, data.rows, function(scores)
    return self.objective:probabilities(scores)
  end)
end

function OwnNetwork:evaluate(data, with_confusion)
  local fits, message = self:check()
  if not fits then
    return nil, message
  end
  local objective, loss = self.objective, 0
  local divisor, problem = objective:step_divisor(data.targets)
  if not divisor then
    return nil, problem
  end
  local predicted = map_blocks(self, data.rows, function(scores, first, last, tree)
    local targets = data.targets:rows(first, last)
    local share = objective:divisor(targets)
    if share > 0 then
      loss = loss + objective:mean_loss(scores, targets, tree) * share
    end
    return objective:predictions(scores)
  end)
  local score = objective:score(data.targets, predicted)
  return loss / divisor, score, with_confusion and objective.is_classification
    and objective:confusion(data.targets, predicted) or nil
end

-- --- the step -------------------------------------------------------------------

--- The function of the trained arrays, x and targets whose gradient a step descends.
local function loss_of_weights(self)
  return function(trained, x, targets)
    local scores, tree = scores_of(self, x, trained)
    local loss = self.objective:mean_loss(scores, targets, tree)
    if type(loss) == "number" then -- is not traced
      errors.raise("the loss does not depend on the weights: forward must compute with those that "
        .. "it gets, and neither it nor the loss with plain values of them (pg.detach, pg.labels)")
    end
    return loss
  end
end

--- The loss and the gradients (a list) of some rows.
local function differentiate(self, trained, x, targets)
  self.loss_and_gradients = self.loss_and_gradients
    or require("perigee.gradient").value_and_grad(loss_of_weights(self))
  return self.loss_and_gradients(trained, x, targets)
end

--- The loss and the gradients of all rows, block by block. A block counts by its share of the
--- divisor.
local function differentiate_all(self, trained, data, divisor, is_batch)
  local objective = self.objective
  local count, first_of = blocks_of(data.rows)
  if count == 1 or is_batch then
    return differentiate(self, trained, data.rows, data.targets)
  end
  local loss, sums = 0, nil
  for i = 1, count do
    local first, last = first_of(i - 1), first_of(i) - 1
    local targets = data.targets:rows(first, last)
    local share = objective:divisor(targets) / divisor
    if share > 0 then
      local part, gradients = differentiate(self, trained, data.rows:rows(first, last), targets)
      loss = loss + part * share
      for j, g in ipairs(gradients) do
        if sums then
          sums[j]:axpy_(share, g)
        else
          g:mul_(share)
        end
      end
      sums = sums or gradients
    end
  end
  return loss, sums
end

--- The rank of this process, by which its masks differ from those of others.
local function rank_of(self)
  return self.share and self.share.comm.rank or 0
end

--- A seed for a step: the upper half of a mix of the key and the number of updates before it
--- (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014: SplitMix64).
local function seed_of(key, updates)
  local z = key + (updates + 1) * 0x9E3779B97F4A7C15
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return (z ~ (z >> 31)) >> 32
end

--- The rows of a step that this rank has; nil for none. Of whole arrays, it is the rank's part of
--- all rows, or of a batch.
local function rows_of_rank(self, order)
  local share, data = self.share, self.data
  local rank, size = share.comm.rank, share.comm.size
  if not share.is_local and order then
    local first, last = rank * #order // size + 1, (rank + 1) * #order // size
    order = first <= last and order[{ { first, last } }] or nil
    return order and { rows = data.rows:take(order, 1), targets = data.targets:take(order, 1) }
  elseif order then
    return #order > 0 and { rows = data.rows:take(order, 1), targets = data.targets:take(order, 1) }
      or nil
  elseif share.is_local then
    return #data.rows > 0 and data or nil
  end
  local first, last = core.trainer.rows_of_rank(#data.rows, rank, size)
  return first <= last and {
    rows = data.rows:rows(first, last), targets = data.targets:rows(first, last),
  } or nil
end

--- The sum of the losses of this rank's rows and of their gradients, and the weight of the rows; 0
--- and gradients of 0 where it has none.
local function differentiate_part(self, trained, order, is_batch)
  local part = rows_of_rank(self, order)
  local weight = part and self.objective:divisor(part.targets) or 0
  if weight == 0 then
    local zeros = {}
    for i, array in ipairs(trained) do
      zeros[i] = core.zeros_like(array)
    end
    return 0, zeros, 0
  end
  local loss, gradients = differentiate_all(self, trained, part, weight, order or is_batch)
  for _, g in ipairs(gradients) do
    g:mul_(weight)
  end
  return loss * weight, gradients, weight
end

--- The loss and the gradients of a step that ranks share. An error of one rank is that of all.
local function differentiate_together(self, trained, order, settings, is_batch)
  local share = self.share
  local worked, loss, gradients, weight = errors.pcall(differentiate_part, self, trained, order,
    is_batch)
  if not worked then
    core.comm.meet(share.comm.handle, "a training step", "", tostring(loss))
    error(loss, 0)
  end
  local name, steps = descent.optimizer(self.descent)
  local total, first = errors.ensure(descent.add_ranks(self.descent, share.comm.handle, gradients, {
    fast = share.is_fast, has_rows = weight > 0, loss = loss, weight = weight,
    tag = ("%s %d %s %.17g %s"):format(name, steps, settings.optimizer, settings.rate,
      order and not share.is_local and core.checksum(order) or ""),
  }))
  for _, state in ipairs(self.state_names) do -- of one rank, as PyTorch's DistributedDataParallel
    local array = at(self.state, self.state_paths[state])
    set_elements(array, share.comm:bcast(array, first))
  end
  return total, gradients
end

--- Makes an update, as DenseNetwork:step does.
---@param key integer  from which the masks of dropout are drawn, with the number of updates
---@param is_batch? boolean  true where all rows are a batch, which is one call of forward
function OwnNetwork:step(settings, losses, batch, key, is_batch)
  local fits, message = self:check()
  if not fits then
    return nil, message
  end
  local data, order = self.data, batch and batch.order[{ { batch.first, batch.last } }]
  local divisor, no_divisor, targets
  if not self.share then
    targets = order and data.targets:take(order, 1) or data.targets
    divisor, no_divisor = self.objective:step_divisor(targets)
    if not divisor then
      return nil, no_divisor
    end
  end
  local trained = read_tree(self.weights, self.trained_names, self.paths, self.forms, "weights")
  local _ <close> = core.hold_field(dropout, "step")
  local _ <close> = core.hold_field(self, "running") -- luacheck: ignore 411
  local use <close> = begin_use(self, losses)
  dropout.step = {
    generator = core.random(seed_of(key + rank_of(self), #losses)), thread = self.running,
  }
  local loss, gradients
  if self.share then
    loss, gradients = differentiate_together(self, trained, order, settings, is_batch)
  elseif order then
    loss, gradients = differentiate(self, trained, data.rows:take(order, 1), targets)
  else
    loss, gradients = differentiate_all(self, trained, data, divisor, is_batch)
  end
  local kept, problem = read_tree(self.state, self.state_names, self.state_paths, self.state_forms,
    "state")
  if not kept then
    return nil, problem
  elseif loss - loss ~= 0 then
    return nil, ("the loss is %s"):format(errors.describe(loss)), true
  end
  local made, culprit
  made, problem, culprit = errors.try(descent.step, self.descent, trained, gradients, settings,
    losses, loss)
  if not made and culprit then
    problem = ("%s %s is not finite"):format(problem, self.trained_names[culprit])
  end
  return use and made and loss or nil, problem, culprit ~= nil
end

-- --- files ----------------------------------------------------------------------

function OwnNetwork:saved()
  local row = {}
  for length in self.row_shape:gmatch "%d+" do
    row[#row + 1] = math.tointeger(length)
  end
  row = #row > 0 and row or nil
  if self.activation then
    return {
      activation = self.activation, dropout = self.dropout or nil, plan = "auto", row = row,
    }
  end
  return {
    weights = #self.names, state = #self.state_names, row = row,
    frozen = collections.sorted_keys(self.frozen),
  }
end

--- Tells if a training of the network needs a key.
function OwnNetwork:needs_key() -- luacheck: ignore 212
  return true
end

function OwnNetwork:difference(state)
  local saved = state.network
  if (saved.activation == nil) ~= (self.activation == nil) then
    return saved.activation and "it is a built-in model's, and this one has a forward function"
      or "its model has a forward function, and this one has none"
  elseif saved.activation
    and table.concat(saved.activation, " ") ~= table.concat(self.activation, " ") then
    return ("its activations are %s, and the model's are %s"):format(
      table.concat(saved.activation, ", "), table.concat(self.activation, ", "))
  end
  local other_dropout = network_options.dropout_difference(saved.dropout, self.dropout)
  if other_dropout then
    return other_dropout
  end
  local theirs, mine = state.weights, self:arrays()
  for _, name in ipairs(collections.sorted_keys(mine)) do
    if not theirs[name] or not core.has_form(theirs[name], mine[name]) then
      return ("it has %s, and the model's %s has shape %s (%s)"):format(
        theirs[name] and ("%s of shape %s (%s)"):format(name, theirs[name].shape,
          theirs[name].dtype) or "no " .. name, name, mine[name].shape, mine[name].dtype)
    end
  end
  for _, name in ipairs(collections.sorted_keys(theirs)) do
    if not mine[name] then
      return ("it has %s, which the model has not"):format(name)
    end
  end
  local frozen = collections.sorted_keys(self.frozen)
  if table.concat(saved.frozen or {}, "\0") ~= table.concat(frozen, "\0") then
    return "it has other frozen weights"
  end
end

-- --- text -----------------------------------------------------------------------

function OwnNetwork:plan()
  return nil, self.activation and "the model has a loss of its own, and no plan"
    or "the model has a forward function of its own, and no plan"
end

function OwnNetwork:plan_text() -- luacheck: ignore 212
  return ""
end

--- The number of the weights' elements.
local function count_of(self)
  local count = 0
  for _, name in ipairs(self.names) do
    count = count + self.forms[name].size
  end
  return count
end

--- The way to the scores, the loss and the dtype as text: "with its own forward, mse, float32".
local function kind_text(self)
  local loss = self.objective.loss
  return ("%s, %s, %s"):format(self.activation and "dense layers" or "with its own forward",
    type(loss) == "function" and "a loss of its own" or loss, self.objective.dtype)
end

function OwnNetwork:title()
  return ("%s: %s"):format(kind_text(self), format.quantity(count_of(self), "weight"))
end

--- The dropout of built-in layers in a card; nil without.
function OwnNetwork:dropout_text()
  return self.dropout and network_options.dropout_text(self.dropout) or nil
end

--- The row of a card about the loss, whose name is in the title; nil for a plain one.
function OwnNetwork:loss_text()
  return self.objective:options_text()
end

function OwnNetwork:lines()
  local width = #"array"
  for name in pairs(self:arrays()) do
    width = math.max(width, utf8.len(name) or #name)
  end
  local lines = {
    "model      " .. kind_text(self),
    ("array%s  %-20s  parameters"):format((" "):rep(width - 5), "shape"),
  }
  local function add(name, array, count)
    lines[#lines + 1] = ("%s%s  %-20s  %10s"):format(name,
      (" "):rep(width - (utf8.len(name) or #name)), tostring(array.shape), count)
  end
  for _, name in ipairs(self.names) do
    local form = self.forms[name]
    add(name, form, ("%d%s"):format(form.size, self.frozen[name] and ", frozen" or ""))
  end
  for _, name in ipairs(self.state_names) do
    add("state_" .. name, self.state_forms[name], "state")
  end
  lines[#lines + 1] = ("%s  %-20s  %10d in all"):format((" "):rep(width), "", count_of(self))
  if self.dropout then
    lines[#lines + 1] = "dropout    " .. self:dropout_text()
  end
  return lines
end

function OwnNetwork:data_text(rows)
  local classes = self.objective.classes
  return ("%d rows of (%s)%s"):format(rows, self.row_shape,
    classes and (", %d classes"):format(classes) or "")
end

return own_network
