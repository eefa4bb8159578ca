-- Models with a forward function of their own: weights, state, losses, blocks, files.

local pg = require "perigee"

local support = dofile "tests/support.lua"

local raises_here, shape = support.raises_here, support.shape

local OPTIMIZERS = require("perigee.core").trainer.optimizers
local ROWS, INPUTS, CLASSES = 600, 12, 3 -- more rows than a block has

local path

before_each(function()
  path = os.tmpname() .. ".npz"
end)

after_each(function()
  os.remove(path)
  os.remove((path:gsub("%.npz$", "")))
end)

local function data(rows)
  local g = pg.random(4)
  local x = g:rand(rows or ROWS, INPUTS)
  return x, pg.labels(x:dot(g:randn(INPUTS, CLASSES)))
end

local function linear(w, x)
  return x:dot(w.W) + w.b
end

local function linear_weights(outputs, dtype)
  local g = pg.random(2)
  return {
    W = g:randn(INPUTS, outputs or CLASSES):astype(dtype or "float64"),
    b = pg.zeros(outputs or CLASSES, dtype or "float64"),
  }
end

local function linear_model(options)
  local x, y = data()
  local all = { weights = linear_weights(), forward = linear, seed = 1 }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return pg.Model(x, y, all), x, y
end

--- The forward function of a built-in network with one hidden layer of sigmoids.
local function dense(w, x)
  return (x:dot(w.W1.T) + w.b1):sigmoid():dot(w.W2.T) + w.b2
end

--- A network with everything: dropout, a running mean, and a weight that stays.
local function noisy(w, x, training, state)
  local hidden = pg.dropout((x:dot(w.W1.T) + w.b1):relu(), 0.3)
  if training then
    local mean = pg.detach(hidden:mean(1))
    state.mean[":"] = state.mean * 0.9 + mean * 0.1
    state.calls:add_(1)
  end
  return (hidden - state.mean):dot(w.W2.T) + w.b2
end

local function noisy_options(options)
  local g = pg.random(3)
  local all = {
    weights = {
      W1 = g:randn(8, INPUTS), b1 = pg.zeros(8), W2 = g:randn(CLASSES, 8), b2 = pg.zeros(CLASSES),
    },
    state = { mean = pg.zeros(8), calls = pg.zeros({}, "int64") },
    forward = noisy, freeze = { "b1" }, seed = 5,
  }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return all
end

local function noisy_model(options)
  local x, y = data()
  return pg.Model(x, y, noisy_options(options)), x, y
end

--- All arrays that a training changes, by name.
local function arrays_of(m)
  local found = { history = (m:history()) }
  for name, array in pairs(m.weights) do
    found["W " .. name] = array:copy()
  end
  for name, array in pairs(m.state) do
    found["S " .. name] = array:copy()
  end
  return found
end

local function assert_same(a, b)
  for name, array in pairs(a) do
    assert.is_true(shape(array) == shape(b[name]) and array:eq(b[name]):reshape(-1):all(), name)
  end
end

describe("a forward function", function()
  it("gives the built-in network's losses, from all rows and from batches", function()
    local x, y = data()
    for _, optimizer in ipairs(OPTIMIZERS) do
      for _, batch in ipairs { false, 70 } do
        local options = { optimizer = optimizer, batch = batch, rate = 0.01, iterations = 20 }
        local built_in = pg.Model(x, y, { hidden = 9, seed = 1, dtype = "float64" })
        local own = pg.Model(x, y, { weights = built_in.weights, forward = dense })
        own._dropout_key, own._random, built_in._random = 1, pg.random(7), pg.random(7)
        assert.is_true(own:fit(options):allclose(built_in:fit(options), 0, 1e-12), optimizer)
      end
    end
  end)

  it("gets x of its own shape, in the model's dtype, scaled, and a new array each time", function()
    local bytes = (pg.random(1):rand(20, 3, 4) * 255):astype "uint8"
    local seen = {}
    local m = pg.Model(bytes, pg.range(0, 19) % 2, {
      weights = { W = pg.zeros(12, 2, "float32") }, scale = 1 / 255,
      forward = function(w, x, training)
        seen[#seen + 1] = { x.dtype, shape(x), training, x:max() <= 1 }
        local scores = x:flatten(2):dot(w.W)
        if not training then
          x:fill_(7)
        end
        return scores
      end,
    })
    m:fit { iterations = 1, batch = 5 }
    m:predict(bytes)
    assert.same({
      { "float32", "2,3,4", false, true }, { "float32", "5,3,4", true, true },
      { "float32", "20,3,4", false, true },
    }, seen)
    assert.is_true(bytes:max() > 7)
  end)

  it("is called for blocks of all rows, and once for a batch", function()
    local rows = {}
    local m, x, y = linear_model {
      forward = function(w, batch)
        rows[#rows + 1] = #batch
        return linear(w, batch)
      end,
    }
    rows = {}
    m:fit { iterations = 1 }
    m:predict(x)
    m:fit { iterations = 1, batch = 500 }
    assert.same({ 300, 300, 300, 300, 500 }, rows)
    assert.is_true(m:score(x, y) > 0)
  end)

  it("may use nested weights, and lists", function()
    local x, y = data()
    local g = pg.random(1)
    local m = pg.Model(x, y, {
      weights = {
        layers = {
          { W = g:randn(INPUTS, 5), b = pg.zeros(5) }, { W = g:randn(5, 3), b = pg.zeros(3) },
        },
      },
      forward = function(w, a)
        for i, layer in ipairs(w.layers) do
          a = a:dot(layer.W) + layer.b
          a = i < #w.layers and a:tanh() or a
        end
        return a
      end,
    })
    local cost = m:fit { iterations = 30, rate = 0.5 }
    assert.is_true(cost[-1] < cost[1])
    m:save(path)
    assert.equal("5,3", shape(pg.load(path):get "layers.2.W"))
    local other = pg.Model.load(path, x, y, { forward = m._network.forward })
    assert.is_true(other:predict_proba(x):eq(m:predict_proba(x)):all())
    m.weights.layers[1].b[1] = 0.5 -- they are live
    assert.is_false(other:predict_proba(x):eq(m:predict_proba(x)):all())
  end)

  it("has copies of the weights that are given", function()
    local x, y = data()
    local given = linear_weights()
    local before = given.W:copy()
    local m = pg.Model(x, y, { weights = given, forward = linear })
    m:fit { iterations = 3 }
    assert.is_true(given.W:eq(before):all())
    assert.is_false(m.weights.W:eq(before):all())
  end)

  it("takes the weights' dtype, or the one that is asked for", function()
    local x, y = data()
    for _, case in ipairs { { "float32", nil, "float32" }, { "float64", nil, "float64" },
      { "float64", "float32", "float32" } } do
      local m = pg.Model(x, y, {
        weights = linear_weights(3, case[1]), forward = linear, dtype = case[2],
      })
      assert.equal(case[3], m.weights.W.dtype)
      assert.equal(case[3], m:predict_proba(x).dtype)
    end
  end)

  it("has the same bits for any number of threads", function()
    support.assert_same_bits(function()
      local m, x = noisy_model { dtype = "float32", optimizer = "adam" }
      m:fit { iterations = 5 }
      m:fit { iterations = 5, batch = 300 }
      return { m.weights.W1, m.weights.W2, m.state.mean, (m:history()), m:predict_proba(x) }
    end)
  end)

  it("predicts the same for any number of rows", function()
    local m, x = linear_model()
    local all = m:predict_proba(x)
    assert.is_true(m:predict_proba(x:rows(1, 7)):allclose(all:rows(1, 7), 0, 1e-14))
    assert.is_true((all:argmax(2) - 1):eq(m:predict(x)):all())
    assert.is_true(all:sum(2):allclose(1))
  end)

  it("raises where it is written, by its own line", function()
    local x, y = data()
    raises_here("the model's weights table has no 'V'", function()
      pg.Model(x, y, { weights = linear_weights(), forward = function(w, a) return a:dot(w.V) end })
    end)
    raises_here("dot", function()
      pg.Model(x, y, { weights = linear_weights(), forward = function(w, a) return a:dot(w.b) end })
    end)
  end)
end)

describe("the tables of an own model", function()
  it("raise for names that they don't have, read and written", function()
    local x, y = data()
    local m = pg.Model(x, y, {
      weights = { { W = pg.zeros(INPUTS, CLASSES) }, b = pg.zeros(CLASSES) },
      forward = function(w, rows) return rows:dot(w[1].W) + w.b end,
    })
    raises_here("the model's weights table has no 'c'; it has 1, b", function()
      return m.weights.c
    end)
    raises_here("the model's weights table has no 'w'; it has W; did you mean 'W'?", function()
      return m.weights[1].w
    end)
    raises_here("the model's weights table has no 'w'", function() m.weights[1].w = 1 end)
    raises_here("the model's weights table has no '2'", function() m.weights[2] = 1 end)
    assert.equal(nil, m.weights[2]) -- behind the end of a list
    local _, gradients = pg.value_and_grad(function(w)
      return (w[1].W + w.b):sum()
    end)(m.weights)
    assert.equal(INPUTS * CLASSES, gradients[1].W:sum())
  end)
end)

describe("a mistake in an own model", function()
  local x, y = data()
  local function refuses(text, options, targets)
    raises_here(text, function()
      local _ = pg.Model(x, targets or y, options)
    end)
  end
  local w = linear_weights()

  it("in the scores says what they must be", function()
    refuses("forward must return an array of scores, not nothing",
      { weights = w, forward = function() end })
    refuses("forward must return an array of scores, not 1",
      { weights = w, forward = function() return 1 end })
    refuses("forward must return scores (n, k) for the n = 2 rows of x, not float64 of shape (3,)",
      { weights = w, forward = function(v) return v.b end })
    refuses("forward must return scores (n, 4) for the n = 2 rows of x, not float64 of shape (2, 3",
      { weights = w, forward = linear, classes = 4 })
    refuses("labels: row", { weights = linear_weights(2), forward = linear })
    refuses("y of shape (600,) has 1 numbers in a row, and the scores have 3",
      { weights = w, forward = linear, loss = "mse" }, pg.rand(ROWS))
    refuses("forward must return scores (n, 1) or (n)",
      { weights = w, forward = linear, loss = "binary_cross_entropy" }, y:gt(0))
    refuses("forward must return scores (n, 3) for the n = 2 rows of x, not float64 of shape (2, 4",
      { weights = linear_weights(4), forward = linear, loss = pg.softmax_cross_entropy,
        classes = 3 })
    refuses("forward returns 4 scores for each row, and the model has 3 classes",
      { weights = linear_weights(4), forward = linear, classes = 3,
        loss = function(s) return s:sum() end })
    refuses("forward must return one array of scores, and it has returned a second value, 1",
      { weights = w, forward = function(v, a) return linear(v, a), 1 end })
    refuses("integers are labels; y:astype \"float64\" gives real targets",
      { weights = linear_weights(2), forward = linear, loss = function(s) return s:sum() end })
  end)

  it("in the weights names them", function()
    refuses("weights has no arrays", { weights = {}, forward = linear })
    refuses("weights.W is int64, and weights are float32 or float64",
      { weights = { W = pg.zeros(2, 2, "int64") }, forward = linear })
    refuses("weights.W is float64 and weights.b is float32: give dtype",
      { weights = { W = w.W, b = pg.zeros(3, "float32") }, forward = linear })
    refuses("weights.b must be an array, or a table of arrays, not 3",
      { weights = { W = w.W, b = 3 }, forward = linear })
    refuses("weights has the name 'a.b'", { weights = { ["a.b"] = w.W }, forward = linear })
    refuses("weights has the name '7', a text that is a number",
      { weights = { ["7"] = w.W }, forward = linear })
    refuses("weights has the key a table of 0", { weights = { [{}] = w.W }, forward = linear })
    refuses("weights has the name 'best_W', which a model's file has another member of",
      { weights = { best_W = w.W }, forward = linear })
    refuses("weights.W and weights.b are one array",
      { weights = { W = w.W, b = w.W }, forward = linear })
    refuses("weights.W of shape (0,) has no numbers",
      { weights = { W = pg.zeros(0) }, forward = linear })
    local freed = pg.zeros(2)
    freed:free()
    refuses("weights.W is an array that was freed", { weights = { W = freed }, forward = linear })
    local loop = { W = w.W }
    loop.loop = loop
    refuses("hold themselves", { weights = loop, forward = linear })
    local m = linear_model()
    raises_here("weights.W must have shape (12, 3) (float64), not (2,) (float64)", function()
      m.weights = { W = pg.zeros(2), b = pg.zeros(3) }
    end)
    raises_here("'V' is no weight of the model", function()
      m.weights = { W = w.W, b = w.b, V = w.b }
    end)
    m.weights.b = nil
    raises_here("weights.b must be an array of shape (3,) (float64), not nil", function()
      m:fit { iterations = 1 }
    end)
    raises_here("weights.b must be an array", function() m:predict(x) end)
  end)

  it("in options says which model has them", function()
    refuses("weights is an option of models with a forward function", { weights = w })
    refuses("forward needs weights", { forward = linear })
    refuses("hidden is an option of built-in layers", { weights = w, forward = linear, hidden = 3 })
    refuses("freeze: there is no weight 'w'; there are W, b; did you mean 'W'?",
      { weights = w, forward = linear, freeze = { "w" } })
    refuses("freeze names all weights", { weights = w, forward = linear, freeze = { "W", "b" } })
    refuses("loss must be 'cross_entropy'", { weights = w, forward = linear, loss = "entropy" })
    refuses("loss must return one number, the mean over the rows, not an array of shape (2, 3)",
      { weights = w, forward = linear, loss = function(s) return s end })
    refuses("loss must return one number, the mean over the rows, not nothing",
      { weights = w, forward = linear, loss = function() end })
    refuses("label_smoothing is of the cross-entropies, and the loss is mse",
      { weights = w, forward = linear, loss = "mse", label_smoothing = 0.1 })
    refuses("class_weight has 2 numbers for 3 classes",
      { weights = w, forward = linear, class_weight = { 1, 2 } })
    refuses("plan is an option of models whose loss has a name",
      { loss = pg.softmax_cross_entropy, plan = "dense" })
    raises_here("'forward': it belongs to pg.Model(x, y, {forward = ...})", function()
      linear_model():fit { forward = linear }
    end)
  end)

  it("in the data says where", function()
    refuses("x of shape (600, 12) and y of shape (5,) do not have as many rows",
      { weights = w, forward = linear }, pg.zeros(5))
    refuses("y: row 1 is not one-hot: it must be zeros and a single one, or probabilities that add "
      .. "up to 1", { weights = w, forward = linear }, pg.rand(ROWS, 3))
    refuses("y: row 7 is nan, and not finite",
      { weights = linear_weights(1), forward = linear, loss = "mse" },
      pg.where(pg.range(1, ROWS):eq(7), 0 / 0, 1))
    local m = linear_model()
    raises_here("x of shape (5, 3) does not fit the model: its rows have shape (3), those of the "
      .. "training (12)", function() m:predict(pg.zeros(5, 3)) end)
    local broken = x:copy()
    broken[{ 300, 4 }] = 1 / 0
    raises_here("x: row 300, number 4 is inf, and not finite", function() m:predict(broken) end)
    raises_here("x: row 300, number 4 is inf, and not finite", function()
      pg.Model(broken, y, { weights = w, forward = linear })
    end)
    local large = x:copy()
    large[{ 590, {} }] = 1e308
    m.weights.W:fill_(10)
    for _, method in ipairs { "predict", "predict_proba", "score", "evaluate" } do
      raises_here("x: row 590 gets scores that are not finite", function()
        m[method](m, large, method:find "predict" == nil and y or nil)
      end)
    end
  end)

  it("in class weights, of which all are 0, is named as in built-in models", function()
    local text = "class_weight: the classes of all 600 rows have the weight 0"
    local m = linear_model { class_weight = { 0, 0, 0 } }
    raises_here(text, function() m:evaluate(x, y) end)
    raises_here(text, function() m:fit { iterations = 1 } end)
    raises_here("all 1 rows", function() m:fit { iterations = 1, batch = 1 } end)
    raises_here(text, function() pg.Model(x, y, { class_weight = { 0, 0, 0 } }):fit() end)
  end)

  it("in a step names the iteration, and leaves the model as it was", function()
    local failing
    local m = noisy_model {
      forward = function(...)
        local scores = noisy(...)
        return failing and scores * failing or scores
      end,
    }
    m:fit { iterations = 2 }
    local before = arrays_of(m)
    failing = 0 / 0
    raises_here("iteration 3: the loss is nan (a rate of 0.1 may be too large, or inputs or "
      .. "weights); weights left as they were after iteration 2", function()
      m:fit { iterations = 1, resume = true }
      m:fit { iterations = 3, resume = true }
    end)
    assert_same(before, arrays_of(m))
    raises_here("the new W1 is not finite", function()
      failing = nil
      m:fit { iterations = 1, rate = 1e300, weight_decay = 1e300 }
    end)
    assert_same(before, arrays_of(m))
    assert.is_true(pg.dropout(pg.ones(50), 0.5):eq(1):all())
  end)
end)

describe("the state of an own model", function()
  local function running(change)
    return function(w, x, training, state)
      local scores = linear(w, x)
      if training then
        change(state, scores)
      end
      return scores
    end
  end

  it("is written in a step, and stays in evaluations", function()
    local m, x, y = linear_model {
      state = { sum = pg.zeros(CLASSES) },
      forward = running(function(state, scores) state.sum:add_(pg.detach(scores):sum(1)) end),
    }
    local expected = (x:dot(m.weights.W) + m.weights.b):sum(1)
    m:fit { iterations = 1, rate = 1e-9 }
    assert.is_true(m.state.sum:allclose(expected))
    local before = m.state.sum:copy()
    m:evaluate(x, y)
    m:predict(x)
    assert.is_true(m.state.sum:eq(before):all())
  end)

  it("may be replaced by arrays of its form, and by nothing else", function()
    local function fit(change)
      local m = linear_model { state = { sum = pg.zeros(CLASSES) }, forward = running(change) }
      local ok, message = pcall(m.fit, m, { iterations = 1 })
      assert.is_true(not ok == m.state.sum:eq(0):all())
      return not ok and message
    end
    assert.is_false(fit(function(state, scores) state.sum = pg.detach(scores):sum(1) end))
    assert.matches("iteration 1: state.sum must be an array of shape %(3,%) %(float64%), not a "
      .. "traced value %(pg.detach gives the array behind it%)",
      fit(function(state, scores) state.sum = scores:sum(1) end))
    assert.matches("state.sum must have shape %(3,%) %(float64%), not %(2,%) %(float64%)",
      fit(function(state) state.sum = pg.zeros(2) end))
    assert.matches("state.sum must be an array", fit(function(state) state.sum = nil end))
    assert.matches("the model's state has no 'count'; it has sum", -- no file would keep it
      fit(function(state) state.count = pg.zeros(1) end))
  end)

  it("is a copy, as the weights are", function()
    local given = pg.zeros(CLASSES)
    local m = linear_model {
      state = { sum = given }, forward = running(function(state) state.sum:add_(1) end),
    }
    m:fit { iterations = 1 }
    assert.equal(0, given:sum())
    raises_here("a model's state is not to be set: write into its arrays", function()
      m.state = {}
    end)
  end)
end)

describe("frozen weights", function()
  it("stay, and the others are trained as if they were constants", function()
    local m, x, y = linear_model { freeze = { "b" }, optimizer = "adam", weight_decay = 0.1 }
    local other = pg.Model(x, y, {
      weights = { W = linear_weights().W }, optimizer = "adam", weight_decay = 0.1,
      forward = function(w, a) return a:dot(w.W) end,
    })
    assert.is_true(m:fit({ iterations = 5 }):eq(other:fit { iterations = 5 }):all())
    assert.is_true(m.weights.b:eq(0):all())
    m:save(path)
    local loaded = pg.Model.load(path, x, y, { forward = linear })
    assert.is_true(loaded:fit({ iterations = 2 }):eq(m:fit { iterations = 2 }):all())
    assert.is_true(loaded.weights.b:eq(0):all())
    assert.matches("frozen", m:summary())
  end)
end)

describe("losses of own models", function()
  local function fit(options, targets)
    local x = data()
    options.forward, options.weights = linear, options.weights or linear_weights()
    local m = pg.Model(x, targets, options)
    return m:fit { iterations = 4, rate = 0.3 }, m, x
  end

  --- Gradient descent by hand on a loss of scores.
  local function by_hand(weights, loss)
    local x = data()
    local w, cost = { W = weights.W:copy(), b = weights.b:copy() }, {}
    local f = pg.value_and_grad(function(v) return loss(linear(v, x)) end)
    for i = 1, 4 do
      local g
      cost[i], g = f(w)
      w.W:axpy_(-0.3, g.W)
      w.b:axpy_(-0.3, g.b)
    end
    return pg.array(cost)
  end

  it("are cross-entropies of labels, one-hot and soft rows", function()
    local _, y = data()
    local cost = fit({}, y)
    assert.is_true(cost:eq((fit({}, pg.onehot(y, CLASSES)))):all())
    assert.is_true(cost:allclose((fit({ loss = pg.softmax_cross_entropy }, y)), 1e-7))
    assert.is_true(cost:allclose(
      (fit({ loss = function(s, t) return pg.softmax_cross_entropy(s, t) end }, y)), 1e-7))
    local soft = pg.random(3):rand(ROWS, CLASSES)
    soft = soft / soft:sum(2, true)
    local expected = by_hand(linear_weights(), function(s)
      return pg.softmax_cross_entropy(s, soft)
    end)
    assert.is_true(fit({}, soft):allclose(expected, 1e-7))
  end)

  it("are smoothed and weighted as torch.nn.CrossEntropyLoss", function()
    local _, y = data()
    local w = pg.array { 0.5, 2, 1 }
    local hot = pg.onehot(y, CLASSES)
    local smooth = hot * 0.9 + 0.1 / CLASSES
    local divisor = (hot * w):sum()
    local function loss(terms, by)
      return by_hand(linear_weights(), function(s) return -(terms * s:log_softmax()):sum() / by end)
    end
    local list = { 0.5, 2, 1 }
    assert.is_true(fit({ label_smoothing = 0.1 }, y):allclose(loss(smooth, ROWS), 1e-7))
    assert.is_true(fit({ class_weight = list }, y):allclose(loss(hot * w, divisor), 1e-7))
    assert.is_true(fit({ class_weight = list, label_smoothing = 0.1 }, y)
      :allclose(loss(smooth * w, divisor), 1e-7))
    assert.is_true(fit({ class_weight = list }, smooth):allclose(loss(smooth * w, ROWS), 1e-7))
    local balanced = ROWS / (hot:sum(1) * CLASSES)
    assert.is_true(fit({ class_weight = "balanced" }, y)
      :allclose(loss(hot * balanced, (hot * balanced):sum()), 1e-7))
  end)

  it("are binary cross-entropies of one output", function()
    local _, y = data()
    local labels = y:gt(0)
    local t = labels:astype "float64"
    local function softplus(a) return a:relu() + pg.log1p(pg.exp(-(a:abs()))) end
    local function loss(positive, negative, divisor)
      return by_hand(linear_weights(1), function(s)
        s = s:reshape(-1)
        return (positive * softplus(-s) + negative * softplus(s)):sum() / divisor
      end)
    end
    local options = { loss = "binary_cross_entropy", weights = linear_weights(1) }
    local cost, m, x = fit(options, labels)
    assert.is_true(cost:allclose(loss(t, 1 - t, ROWS), 1e-12))
    assert.equal(2, m.classes)
    local p = m:predict_proba(x)
    assert.equal("600,2", shape(p))
    assert.is_true(p[":, 2"]:allclose((x:dot(m.weights.W) + m.weights.b):sigmoid():reshape(-1)))
    assert.is_true(m:predict(x):eq(p[":, 2"]:gt(0.5)):all())
    local _, accuracy, confusion = m:evaluate(x, labels)
    assert.equal(accuracy, m:score(x, labels))
    assert.is_true(math.abs(confusion:diag():sum() / ROWS - accuracy) < 1e-12)
    options = {
      loss = "binary_cross_entropy", weights = linear_weights(1), class_weight = { 1, 3 },
      label_smoothing = 0.2,
    }
    assert.is_true(fit(options, labels):allclose(
      loss(3 * (t * 0.8 + 0.1), (1 - t) * 0.8 + 0.1, (t * 3 + 1 - t):sum()), 1e-12))
    local soft = pg.random(5):rand(ROWS)
    assert.is_true(fit({ loss = "binary_cross_entropy", weights = linear_weights(1) }, soft)
      :allclose(loss(soft, 1 - soft, ROWS), 1e-12))
  end)

  it("are mean squared errors of real targets, whose score is R²", function()
    local g = pg.random(6)
    for _, columns in ipairs { 1, 2 } do
      local y = g:randn(ROWS, columns)
      local expected = by_hand(linear_weights(columns), function(s) return ((s - y) ^ 2):mean() end)
      local cost, m, x = fit({ loss = "mse", weights = linear_weights(columns) }, y)
      assert.is_true(cost:allclose(expected, 1e-12))
      local predicted = m:predict(x)
      assert.equal("600," .. columns, shape(predicted))
      local r2 = (1 - ((y - predicted) ^ 2):sum(1) / ((y - y:mean(1)) ^ 2):sum(1)):mean()
      assert.is_true(math.abs(m:score(x, y) - r2) < 1e-12)
      local loss, score, confusion = m:evaluate(x, y)
      assert.is_true(math.abs(loss - ((y - predicted) ^ 2):mean()) < 1e-12)
      assert.equal(m:score(x, y), score)
      assert.equal(nil, confusion)
      assert.equal(nil, m.classes)
      raises_here("predict_proba: the model has no classes", function() m:predict_proba(x) end)
    end
    local flat = g:randn(ROWS)
    local cost, m, x = fit({ loss = "mse", weights = linear_weights(1) }, flat)
    assert.equal("600", shape(m:predict(x)))
    local column = flat:reshape(-1, 1)
    assert.is_true(cost:eq((fit({ loss = "mse", weights = linear_weights(1) }, column))):all())
  end)

  it("are functions of scores, y and weights", function()
    local _, y = data()
    local function penalised(s, labels, w)
      return pg.softmax_cross_entropy(s, labels) + 0.01 * (w.W ^ 2):sum()
    end
    local cost, m, x = fit({ loss = penalised }, y)
    assert.equal(CLASSES, m.classes) -- integer labels and several scores
    assert.is_true(math.abs(cost[1] - penalised(linear(linear_weights(), x), y, linear_weights()))
      < 1e-12)
    assert.is_true(m:score(x, y) > 0)
    local real = pg.random(1):randn(ROWS, CLASSES)
    local _, regression = fit({ loss = function(s, t) return (s - t):abs():mean() end }, real)
    assert.equal(nil, regression.classes)
    assert.equal("600,3", shape(regression:predict(x)))
    regression:save(path)
    raises_here("the model has a forward function, which a file does not keep", function()
      pg.Model.load(path, x, real)
    end)
    raises_here("the model has a loss function, which a file does not keep", function()
      pg.Model.load(path, x, real, { forward = linear })
    end)
  end)

  it("of built-in models may be functions, too", function()
    local x, y = data()
    local function new(loss)
      return pg.Model(x, y, {
        hidden = { 8, 6 }, activation = { "tanh", "relu" }, seed = 1, dtype = "float64",
        loss = loss, optimizer = "adam", batch = 64,
      })
    end
    local m, built_in = new(pg.softmax_cross_entropy), new()
    m._dropout_key = 1 -- so that none is drawn
    assert.is_true(m:fit({ epochs = 2 }):allclose(built_in:fit { epochs = 2 }, 1e-6))
    m:save(path)
    local loaded = pg.Model.load(path, x, y, { loss = pg.softmax_cross_entropy })
    assert.is_true(loaded:fit({ epochs = 1 }):eq(m:fit { epochs = 1 }):all())
    assert.matches("Model dense layers, a loss of its own, float64: ", tostring(m), 1, true)
    assert.same({ nil, "the model has a loss of its own, and no plan" }, { m:plan() })
    local other = pg.Model(x, y, {
      hidden = { 8, 6 }, activation = "relu", dtype = "float64", loss = pg.softmax_cross_entropy,
    })
    raises_here("its activations are tanh, relu, and the model's are relu, relu", function()
      other:restore(path)
    end)
  end)

  it("of built-in models have the classes that are given", function()
    local x, y = data()
    local m = pg.Model(x, y, { loss = pg.softmax_cross_entropy, names = { "a", "b", "c", "d" } })
    assert.equal("4,100", shape(m.weights.W2))
    assert.equal(4, m.classes)
  end)

  it("take x of rank 1", function()
    local x = pg.random(1):rand(ROWS)
    local function loss(s, y)
      return ((s:reshape(-1) - y) ^ 2):mean()
    end
    local m = pg.Model(x, 2 * x, { hidden = 4, loss = loss, seed = 0 })
    m:fit { iterations = 3 }
    m:save(path)
    local loaded = pg.Model.load(path, nil, nil, { loss = loss })
    assert.is_true(loaded:predict(x):eq(m:predict(x)):all())
    loaded:save(path)
    assert.equal(3, pg.Model.load(path, x, 2 * x, { loss = loss }).iteration)
    raises_here("its rows have shape (2), those of the training ()", function()
      loaded:predict(pg.zeros(5, 2))
    end)
  end)
end)

describe("a forward function that goes its own ways", function()
  it("may put other weights into its table, which is its own", function()
    local m, x = linear_model {
      forward = function(w, a)
        w.W = w.W / w.W:norm()
        return linear(w, a)
      end,
    }
    local before = m.weights.W:copy()
    m:predict(x)
    assert.is_true(m.weights.W:eq(before):all())
    raises_here("the model's weights table has no 'V'", function() m.weights.V = before end)
  end)

  it("can write into the state in steps only: what it writes elsewhere is put back", function()
    local m, x, y = linear_model {
      state = { calls = pg.zeros(1) },
      forward = function(w, a, _, state)
        state.calls:add_(1)
        return linear(w, a)
      end,
    }
    assert.equal(0, m.state.calls[1])
    m:predict(x)
    m:evaluate(x, y)
    m:fit { iterations = 2, batch = 100, validation = { x, y } }
    assert.equal(2, m.state.calls[1])
  end)

  it("can't use its own model", function()
    local m, x
    m, x = linear_model { forward = function(w, a)
      if m then
        m:predict(x)
      end
      return linear(w, a)
    end }
    raises_here("a model isn't used within its own forward and loss", function()
      m:fit { iterations = 1 }
    end)
    raises_here("a model isn't used within its own forward and loss", function()
      m:predict(x)
    end)
  end)

  it("must compute with its weights", function()
    local outer = linear_weights()
    for _, f in ipairs {
      function(_, a) return linear(outer, a) end,
      function(w, a) return pg.detach(linear(w, a)) end,
    } do
      local m = linear_model { forward = f }
      raises_here("the loss does not depend on the weights", function()
        m:fit { iterations = 1 }
      end)
    end
    local m = linear_model { loss = function() return 3 end }
    raises_here("the loss does not depend on the weights", function() m:fit { iterations = 1 } end)
  end)

  it("has scores in the model's dtype, whatever constants are", function()
    local x = data()
    local m = pg.Model(x, pg.random(1):randn(ROWS), {
      weights = linear_weights(1, "float32"), state = { mean = pg.zeros(INPUTS) }, loss = "mse",
      forward = function(w, a) return linear(w, a + pg.zeros(INPUTS)) end,
    })
    m:fit { iterations = 2 }
    assert.equal("float32", m:predict(x).dtype)
    assert.equal("float32", m.state.mean.dtype)
  end)

  it("may give -inf to a class, and nothing else that isn't finite", function()
    local x, y = data()
    local mask = pg.array { 0, 0, -math.huge }
    local m = pg.Model(x, y % 2, {
      weights = linear_weights(), forward = function(w, a) return linear(w, a) + mask end,
    })
    assert.is_true(m:predict_proba(x)[":, 3"]:eq(0):all())
    m.weights.b[1] = 0 / 0
    raises_here("x: row 1 gets scores that are not finite", function() m:evaluate(x, y) end)
  end)

  it("returns nothing that the model goes on with", function()
    local x = data(4)
    local m = pg.Model(x, pg.zeros(4), {
      weights = { v = pg.ones(4) }, loss = "mse",
      forward = function(w, a) return w.v:rows(1, #a) end,
    })
    m:predict(x):fill_(7)
    assert.is_true(m.weights.v:eq(1):all())
  end)
end)

describe("a loss that is a function", function()
  it("gets scores of one output in the rank of y, and y in a copy", function()
    local x = data()
    local real = pg.random(1):randn(ROWS)
    local function squares(s, t)
      local value = ((s - t) ^ 2):mean()
      t:fill_(9)
      return value
    end
    local expected = pg.Model(x, real, { hidden = 4, seed = 1, dtype = "float64", loss = "mse" })
      :fit { iterations = 5 }
    for _, y in ipairs { real, real:reshape(-1, 1) } do
      local before = y:copy()
      local m = pg.Model(x, y, { hidden = 4, seed = 1, dtype = "float64", loss = squares })
      assert.is_true((m:fit { iterations = 5 }):allclose(expected, 1e-12))
      assert.equal(shape(y), shape(m:predict(x)))
      assert.is_true(y:eq(before):all())
    end
    local flat = pg.Model(x, real:reshape(-1, 1), {
      weights = linear_weights(1), loss = squares,
      forward = function(w, a) return linear(w, a):reshape(-1) end,
    })
    assert.equal("600,1", shape(flat:predict(x)))
  end)

  it("reads y as labels where it is pg.softmax_cross_entropy", function()
    local x, y = data()
    for _, given in ipairs { y, y:astype "float64", pg.onehot(y, CLASSES) } do
      local m = pg.Model(x, given, {
        weights = linear_weights(), forward = linear, loss = pg.softmax_cross_entropy,
      })
      assert.equal(CLASSES, m.classes)
      assert.equal("600", shape(m:predict(x)))
      assert.equal(m:score(x, y), m:score(x, given))
    end
  end)

  it("that is NaN for validation data ends the training with an error", function()
    local m, x, y = linear_model {
      loss = function(s, t)
        return #s == 7 and 0 / 0 * s:sum() or pg.softmax_cross_entropy(s, t)
      end,
    }
    raises_here("validation: the loss is nan", function()
      m:fit { epochs = 2, batch = 100, validation = { x:rows(1, 7), y:rows(1, 7) }, patience = 3 }
    end)
  end)
end)

describe("names of weights", function()
  it("are positions, too, in freeze, and not longer than a file allows", function()
    local x, y = data()
    local w = linear_weights()
    local m = pg.Model(x, y, {
      weights = { w.W, w.b }, freeze = { 2 },
      forward = function(v, a) return a:dot(v[1]) + v[2] end,
    })
    m:fit { iterations = 1 }
    assert.is_true(m.weights[2]:eq(0):all())
    raises_here("has a name of 2000 bytes", function()
      local _ = pg.Model(x, y, { weights = { [("a"):rep(2000)] = w.W }, forward = linear })
    end)
  end)
end)

describe("batches of all rows", function()
  it("are one call of forward", function()
    local rows = {}
    local m = linear_model { forward = function(w, a, training)
      rows[#rows + 1] = training and #a or nil
      return linear(w, a)
    end }
    m:fit { iterations = 1, batch = ROWS }
    m:fit { iterations = 1, batch = 5000 }
    assert.same({ ROWS, ROWS }, rows)
  end)
end)

describe("one-hot rows", function()
  it("are probabilities to a model that was trained on some", function()
    local x, y = data()
    local soft = pg.onehot(y, CLASSES) * 0.8 + 0.2 / CLASSES
    local m = pg.Model(x, soft, { hidden = 4, seed = 1, class_weight = { 1, 5, 10 } })
    local hard = pg.onehot(y, CLASSES)
    local nearly = hard:copy()
    nearly[1] = soft[1]
    local loss, other = m:evaluate(x, hard), m:evaluate(x, nearly)
    assert.is_true(math.abs(loss - other) < 0.1 * loss)
  end)
end)

describe("the file of an own model", function()
  it("continues a training to the same bits, from each iteration and optimizer", function()
    local x, y = data()
    for _, optimizer in ipairs(OPTIMIZERS) do
      for _, batch in ipairs { false, 170 } do
        local options = { optimizer = optimizer, batch = batch, rate = 0.01, iterations = 9 }
        local whole = noisy_model()
        whole:fit(options)
        for stop = 0, 9 do
          local m = noisy_model()
          for i in m:steps(options) do
            if i == stop then break end
          end
          if stop == 0 then
            m = noisy_model()
          end
          m:save(path, "note")
          local other, note = pg.Model.load(path, x, y, { forward = noisy })
          assert.equal("note", note)
          if stop == 0 then
            other:fit(options)
          else
            other:fit { resume = true, iterations = 9 }
          end
          assert_same(arrays_of(whole), arrays_of(other))
          local again = noisy_model()
          again:restore(path)
          again:fit(stop == 0 and options or { resume = true, iterations = 9 })
          assert_same(arrays_of(whole), arrays_of(again))
        end
      end
    end
  end)

  it("serves without data, and refuses rows of another shape", function()
    local m, x, y = noisy_model()
    m:fit { iterations = 3 }
    m:save(path)
    local other = pg.Model.load(path, nil, nil, { forward = noisy })
    assert.is_true(other:predict_proba(x):eq(m:predict_proba(x)):all())
    assert.equal(m:evaluate(x, y), (other:evaluate(x, y)))
    assert.is_true(other.state.mean:eq(m.state.mean):all())
    raises_here("its rows have shape (4)", function() other:predict(pg.zeros(3, 4)) end)
    raises_here("a model that was loaded without data is not trained", function() other:fit() end)
  end)

  it("is refused by another model, which stays as it was", function()
    local m, x, y = noisy_model()
    m:save(path)
    local other = linear_model()
    raises_here("it has no W, and the model's W has shape (12, 3) (float64)", function()
      other:restore(path)
    end)
    raises_here("the model has other layers, or another dtype", function()
      pg.Model(x, y, { hidden = 8, seed = 1, dtype = "float64" }):restore(path)
    end)
    other:save(path)
    raises_here("it has no W1", function() m:restore(path) end)
    raises_here("it has other frozen weights", function()
      linear_model({ freeze = { "b" } }):restore(path)
    end)
    pg.Model(x, y, { hidden = 8, seed = 1, dtype = "float64" }):save(path)
    raises_here("it is a built-in model's, and this one has a forward function", function()
      m:restore(path)
    end)
    raises_here("forward: the model has no forward function", function()
      pg.Model.load(path, x, y, { forward = linear })
    end)
  end)

  it("keeps real targets, smoothing and weights", function()
    local x, y = data()
    local function both(options, targets)
      options.weights, options.forward = options.weights or linear_weights(), linear
      local m = pg.Model(x, targets, options)
      m:fit { iterations = 2 }
      m:save(path)
      local other = pg.Model.load(path, x, targets, { forward = linear })
      assert.is_true(other:fit({ iterations = 2 }):eq(m:fit { iterations = 2 }):all())
      assert.is_true(other:predict(x):eq(m:predict(x)):all())
      assert.equal(m:score(x, targets), other:score(x, targets))
    end
    both({ label_smoothing = 0.2, class_weight = "balanced" }, y)
    both({ loss = "binary_cross_entropy", weights = linear_weights(1) }, y:gt(1))
    both({ loss = "mse", weights = linear_weights(1) }, pg.random(1):randn(ROWS))
    both({ loss = "mse", weights = linear_weights(2) }, pg.random(1):randn(ROWS, 2))
  end)

  it("stops where the data are others", function()
    local m, x, y = linear_model()
    for i in m:steps { iterations = 5 } do
      if i == 2 then break end
    end
    m:save(path)
    local changed = x:copy()
    changed[{ 3, 3 }] = 0.5
    raises_here("the training to be resumed had other data", function()
      pg.Model.load(path, changed, y, { forward = linear }):fit { resume = true }
    end)
    assert.equal(3, #pg.Model.load(path, x, y, { forward = linear }):fit { resume = true })
  end)
end)

describe("an interrupt in the training of an own model", function()
  it("leaves a state from which it goes on to the same bits", function()
    local function options()
      return { iterations = 6, batch = 250, optimizer = "adam", rate = 0.05, resume = true }
    end
    local whole, instructions = noisy_model(), 1
    whole:fit(options())
    local expected = arrays_of(whole)
    repeat
      local m = noisy_model()
      local hit = support.interrupted(instructions, function() m:fit(options()) end)
      assert.is_true(pg.dropout(pg.ones(50), 0.5):eq(1):all())
      local before = m.state.calls:item()
      assert.equal(m.iteration, before)
      m:fit(options())
      assert_same(expected, arrays_of(m))
      instructions = instructions + 7 + instructions // 40
    until not hit
    assert.is_true(instructions > 3000)
  end)

  it("during forward restores state that it has replaced", function()
    local stop = false
    local m = linear_model {
      state = { sum = pg.zeros(CLASSES) },
      forward = function(w, x, training, state)
        if training then
          state.sum = state.sum + 1
          if stop then
            error "interrupted!"
          end
        end
        return linear(w, x)
      end,
    }
    m:fit { iterations = 2 }
    local sum = m.state.sum
    stop = true
    assert.is_false((pcall(m.fit, m, { iterations = 1 })))
    assert.is_true(rawequal(m.state.sum, sum))
    assert.is_true(sum:eq(4):all()) -- two blocks in each of two steps
  end)
end)

describe("early stopping of an own model", function()
  it("gives the best weights back, and their state", function()
    local m, x, y = noisy_model { optimizer = "adam", rate = 0.2, batch = 50 }
    local best, kept = 1 / 0, nil
    local held_out = { x, (y + 1) % CLASSES }
    for _, _, loss in m:steps { epochs = 30, patience = 3, validation = held_out } do
      if loss and loss < best and m._record.stopping.best_weights then
        best, kept = loss, arrays_of(m)
      end
    end
    kept.history = nil
    assert_same(kept, arrays_of(m))
  end)

  it("tells restore_best where the weights were written to since", function()
    local m, x, y = noisy_model { optimizer = "adam", rate = 0.2, batch = 50 }
    m:fit { epochs = 30, patience = 2, validation = { x, (y + 1) % CLASSES } }
    m:predict(x)
    assert.is_number(m:restore_best())
    m.weights.W1:fill_(0)
    raises_here("restore_best: the training ended with the best weights in the model, and they "
      .. "were written to since", function() m:restore_best() end)
  end)

  it("takes validation rows off", function()
    local m = linear_model { validation = 0.25 }
    local _, validation = m:fit { iterations = 3 }
    assert.equal(3, #validation)
    assert.matches("450 rows, 150 rows for validation", tostring(m))
  end)
end)

describe("what an own model shows", function()
  it("is a card and a summary", function()
    local m = noisy_model()
    assert.equal("Model with its own forward, cross_entropy, float64: 131 weights\n"
      .. "  trained  not yet\n  data     600 rows", tostring(m))
    m:fit { iterations = 2 }
    assert.equal([[
model      with its own forward, cross_entropy, float64
array        shape                 parameters
W1           (8, 12)                       96
W2           (3, 8)                        24
b1           (8,)                   8, frozen
b2           (3,)                           3
state_calls  ()                         state
state_mean   (8,)                       state
                                          131 in all
data       600 rows of (12), 3 classes
optimizer  sgd, rate 0.1, all rows
iteration  2
last loss  ]] .. ("%.6g"):format((m:history())[2]), m:summary())
    assert.same({ nil, "the model has a forward function of its own, and no plan" }, { m:plan() })
  end)
end)
