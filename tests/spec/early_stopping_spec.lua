-- Early stopping by the loss and by other metrics, and the best weights.

local pg = require "perigee"

local support = dofile "tests/support.lua"
local raises_here, listen = support.raises_here, support.listen

--- Data of few rows whose labels have nothing to do with x: validation soon gets worse.
local function data(seed)
  local g = pg.random(seed)
  return g:randn(60, 10), g:randint(0, 3, 60)
end

local HELD = { data(3) }

local function model(options)
  local all = { hidden = 12, seed = 1, optimizer = "adam", rate = 0.02, dtype = "float64",
    validation = HELD }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  local x, y = data(2)
  return pg.Model(x, y, all), x, y
end

--- A regression that is written out, with a running mean of the inputs as state.
local function own_model(options)
  local g = pg.random(5)
  local x = g:randn(40, 6)
  local y = x:dot(g:randn(6, 2)) + g:randn(40, 2)
  local all = {
    weights = { W = g:randn(2, 6), b = pg.zeros(2) }, state = { mean = pg.zeros(6) }, loss = "mse",
    forward = function(w, rows, training, state)
      if training then
        state.mean[{ {} }] = state.mean * 0.9 + pg.detach(rows):mean(1) * 0.1
      end
      return (rows - state.mean):dot(w.W.T) + w.b
    end,
    validation = { g:randn(30, 6), g:randn(30, 2) }, rate = 0.05, batch = 8,
    seed = 1,
  }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return pg.Model(x, y, all), x, y, all
end

--- Copies of the weights, and of the state of a model that has one.
local function copies(m)
  local copied = {}
  for name, array in pairs(m._network:arrays()) do
    copied[name] = array:copy()
  end
  return copied
end

local function assert_weights(expected, m)
  for name, array in pairs(m._network:arrays()) do
    assert.is_true(array:array_equal(expected[name]), name)
  end
end

--- What early stopping makes of a training, by its rules: the number of epochs, the best metric,
--- and the weights of the best.
local function by_hand(m, options, metric_of)
  local epochs, best, waited, best_weights = 0, nil, 0, nil
  for _, _, loss in m:steps { epochs = 60 } do
    if loss then
      epochs = epochs + 1
      local metric = metric_of(m, loss)
      if not best or metric > best + (options.min_delta or 0) then
        best, waited, best_weights = metric, 0, copies(m)
      else
        waited = waited + 1
      end
      if waited == options.patience then
        break
      end
    end
  end
  return epochs, best, best_weights
end

local METRICS = {
  loss = function(_, loss) return -loss end,
  accuracy = function(m) return m:score(HELD[1], HELD[2]) end,
}

describe("early stopping", function()
  it("follows its metric and min_delta", function()
    for _, batch in ipairs { false, 16 } do
      for metric, metric_of in pairs(METRICS) do
        for _, min_delta in ipairs { 0, 0.002, 0.05 } do
          local options = { patience = 6, metric = metric, min_delta = min_delta }
          local epochs, best, best_weights = by_hand(model { batch = batch }, options, metric_of)
          local m = model { batch = batch }
          options.epochs = 60
          local _, validation = m:fit(options)
          assert.equal(epochs, #validation)
          assert_weights(best_weights, m)
          assert.equal(metric == "loss" and -best or best, m:restore_best())
          assert_weights(best_weights, m)
        end
      end
    end
  end)

  it("takes the first of equal results", function()
    local accuracies, first = {}, nil
    local m = model()
    for i in m:steps { iterations = 40, metric = "accuracy", patience = 40 } do
      accuracies[i] = m:score(HELD[1], HELD[2])
      if i < 40 and (not first or accuracies[i] > accuracies[first.i]) then
        first = { i = i, weights = copies(m) }
      end
    end
    local same = 0
    for _, accuracy in ipairs(accuracies) do
      same = same + (accuracy == accuracies[first.i] and 1 or 0)
    end
    assert.is_true(same > 1)
    assert_weights(first.weights, m)
  end)

  it("follows R² in a regression", function()
    local options = { patience = 4, metric = "score" }
    local m, _, _, all = own_model()
    local epochs, best, best_weights = by_hand(m, options, function(each)
      return each:score(all.validation[1], all.validation[2])
    end)
    assert.is_true(epochs < 60)
    m = own_model(options)
    local _, validation = m:fit { epochs = 60 }
    assert.equal(epochs, #validation)
    assert_weights(best_weights, m)
    assert.equal(best, m:restore_best())
    assert.equal(best, m:score(all.validation[1], all.validation[2]))
  end)

  it("raises for a metric that the model has not, or without validation", function()
    raises_here("metric = 'score' is R², of models with real targets: with classes there are "
      .. "'loss' and 'accuracy'", function() model():fit { metric = "score" } end)
    raises_here("metric = 'accuracy' is of models with classes: with real targets there are 'loss' "
      .. "and 'score', which is R²", function() own_model { metric = "accuracy" }:fit() end)
    raises_here("metric must be 'loss', 'accuracy' or 'score', not 'acc'",
      function() model { metric = "acc" } end)
    raises_here("min_delta must be a finite number, 0 or more, not -1",
      function() model { min_delta = -1 } end)
    raises_here("unknown option 'monitor'", function() model():fit { monitor = "accuracy" } end)
    raises_here("metric needs validation = {x, y}, or a fraction of the rows",
      function() model():fit { metric = "accuracy", validation = false } end)
    raises_here("min_delta needs validation = {x, y}, or a fraction of the rows",
      function() model():fit { min_delta = 0.1, validation = false } end)
    local m = model { metric = "accuracy", min_delta = 0.1 }
    m:fit { iterations = 3, validation = false } -- the model's own wait for validation
    local own = own_model {
      metric = "score",
      forward = function(w, rows) return rows:dot(w.W.T):cols(1, 1) + w.b[1] end,
      loss = function(scores, y) return ((scores:mean(2) - y:mean(2)) ^ 2):mean() end,
    }
    raises_here("metric = 'score' is R², which needs predictions of y's shape",
      function() own:fit() end)
  end)

  it("is told in the summary", function()
    local m = model()
    m:fit { iterations = 30, patience = 20, metric = "accuracy", min_delta = 0.01 }
    assert.matches("adam, rate 0.02, all rows, patience 20 by accuracy, min_delta 0.01\n",
      m:summary(), 1, true)
    assert.matches("\nbest       0%.%d+ accuracy$", m:summary())
    m:fit { iterations = 30, patience = 30 }
    assert.matches("all rows, patience 30\n", m:summary(), 1, true)
    assert.matches("\nbest       1%.%d+$", m:summary())
  end)

  it("begins anew when it is resumed by another metric", function()
    local m = model()
    m:fit { iterations = 30, patience = 99 }
    local before = m:restore_best()
    m:fit { iterations = 31, resume = true, metric = "accuracy", patience = 99 }
    assert.is_true(before > 1)
    assert.equal(m:score(HELD[1], HELD[2]), m:restore_best())
  end)
end)

describe("restore_best", function()
  it("gives the best weights after a break, an error and an end, without patience", function()
    local function trained(m, ending)
      local best, weights
      pcall(function()
        for i, _, loss in m:steps { epochs = 30 } do
          if loss and (not best or loss < best) then
            best, weights = loss, copies(m)
          end
          if i == 20 and ending == "break" then
            break
          elseif i == 20 and ending == "error" then
            error "interrupted!"
          end
        end
      end)
      return best, weights
    end
    for _, make in ipairs { model, own_model } do
      for _, ending in ipairs { "break", "error", "end" } do
        local m = make()
        local best, weights = trained(m, ending)
        local last = copies(m)
        assert.equal(best, m:restore_best())
        assert_weights(weights, m)
        m._network:assign(last)
        assert.equal(best, m:restore_best())
        assert_weights(weights, m)
      end
    end
  end)

  it("leaves the weights where a training without patience ends", function()
    local m, twin = model(), model { validation = false }
    m:fit { iterations = 40 }
    twin:fit { iterations = 40 }
    assert_weights(copies(twin), m)
    local _, validation = m:history()
    assert.equal(validation:min(), m:restore_best())
    assert.equal(validation:min(), (m:evaluate(HELD[1], HELD[2])))
  end)

  it("within a loop goes on from them", function()
    local m = model()
    local best
    for i, _, loss in m:steps { iterations = 30, rate = 0.2 } do
      best = math.min(best or loss, loss)
      if i % 10 == 0 then
        assert.equal(best, m:restore_best())
        assert.equal(best, (m:evaluate(HELD[1], HELD[2])))
      end
    end
  end)

  it("is of the current training, also of one that another was in the body of", function()
    local m = model()
    for i in m:steps { iterations = 20 } do
      if i == 10 then
        m:fit { iterations = 5, validation = false }
        raises_here("restore_best: there are no best weights", function() m:restore_best() end)
      end
    end
    assert.is_number(m:restore_best())
  end)

  it("works with a model that was loaded, and keeps the state of a model that has one", function()
    local path = os.tmpname() .. ".npz"
    for _, make in ipairs { model, own_model } do
      local m, x, y, all = make()
      m:fit { epochs = 25 }
      m:save(path)
      local loaded = pg.Model.load(path, x, y,
        all and { forward = all.forward } or nil)
      assert_weights(copies(m), loaded)
      assert.equal(m:restore_best(), loaded:restore_best())
      assert_weights(copies(m), loaded)
    end
    os.remove(path)
  end)

  it("after the end of a training with patience leaves the best weights", function()
    local path = os.tmpname() .. ".npz"
    local m, x, y = model { patience = 3 }
    m:fit { epochs = 60 }
    local weights, best = copies(m), (m:evaluate(HELD[1], HELD[2]))
    assert.equal(best, m:restore_best())
    assert_weights(weights, m)
    m:save(path)
    local loaded = pg.Model.load(path, x, y)
    assert.equal(best, loaded:restore_best())
    listen(function() loaded:fit { resume = true, validation = HELD } end)
    assert.equal(best, loaded:restore_best())
    loaded:fit { resume = true, validation = HELD, epochs = 60, patience = false }
    assert.equal(60, loaded.iteration)
    assert.equal(best, loaded:restore_best())
    assert_weights(weights, loaded)
    os.remove(path)
  end)

  it("raises where there are none", function()
    local m = model()
    raises_here("restore_best: there are no best weights: a training with validation = {x, y} "
      .. "keeps them, from its first epoch on", function() m:restore_best() end)
    m:fit { iterations = 5, validation = false }
    raises_here("there are no best weights", function() m:restore_best() end)
    m:fit { iterations = 5 }
    m:fit { iterations = 8, resume = true, validation = false }
    raises_here("there are no best weights", function() m:restore_best() end)
    m:fit { iterations = 5 }
    m:fit { iterations = 0 }
    raises_here("there are no best weights", function() m:restore_best() end)
    raises_here("restore_best", function() m.restore_best() end)
    raises_here("restore_best", function() m:restore_best(1) end)
  end)
end)
