-- The dropout of built-in models. tests/c has the statistics of its masks.

local pg = require "perigee"

local raises_here = dofile("tests/support.lua").raises_here

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local curve = dofile(HERE .. "/../reference/curve.lua")
local torch_curves = dofile(HERE .. "/../reference/torch_curves.lua")

local PLANS = { "dense", "sparse" }
local path = os.tmpname() .. ".npz"

teardown(function() os.remove(path) end)

--- A model of curve's data.
local function model(options)
  local told = { hidden = { 12, 8 }, seed = 0, dtype = "float64", scale = 1 / 255 }
  for name, value in pairs(options or {}) do
    told[name] = value
  end
  return pg.Model(curve.pixels(), curve.labels(), told)
end

describe("the losses with dropout", function()
  local limits = { float32 = 1e-5, float64 = 1e-10 }

  for _, plan in ipairs(PLANS) do
    it("are PyTorch's with the same masks, in the plan " .. plan, function()
      for _, case in ipairs(torch_curves.cases(HERE .. "/../reference/torch_dropout.npz")) do
        local key = case.options.key
        case.options.key, case.options.plan = nil, plan
        local m = model(case.options)
        m._dropout_key = key
        assert.equal(plan, (m:plan()))
        local found = (m:fit { iterations = #case.losses } - case.losses):abs():max()
        assert.is_true(found < limits[case.options.dtype], ("%s: %g"):format(case.name, found))
      end
    end)
  end

  it("have the same bits for any number of threads", function()
    local before = pg.threads()
    for _, options in ipairs {
      { dropout = { 0.3, 0.5 }, activation = { "gelu", "sigmoid" } },
      { dropout = 0.2, activation = { "relu", "tanh" }, batch = 77, dtype = "float32" },
    } do
      for _, plan in ipairs(PLANS) do
        options.plan = plan
        local sums = {}
        for _, threads in ipairs { 1, 2, 8 } do
          pg.threads(threads)
          local m = model(options)
          local cost = m:fit { iterations = 20 }
          sums[#sums + 1] = ("%d %d"):format(cost:checksum(), m.weights.W1:checksum())
        end
        assert.equal(sums[1], sums[2])
        assert.equal(sums[1], sums[3])
      end
    end
    pg.threads(before)
  end)

  it("are those without, where the probability is 0", function()
    local cost = model():fit { iterations = 5 }
    for _, dropout in ipairs { 0, { 0, 0 } } do
      local m = model { dropout = dropout }
      assert.is_true(cost:array_equal(m:fit { iterations = 5 }))
      assert.is_nil(m._dropout_key)
    end
  end)

  it("differ by the seed, and with the iteration", function()
    local options = { dropout = 0.5, optimizer = "sgd" }
    local m = model(options)
    local first = m:fit { iterations = 2, rate = 1e-12 }
    assert.is_true(math.abs(first[1] - first[2]) > 1e-4)
    local other = model(options)
    other._dropout_key = m._dropout_key + 1
    assert.is_true(math.abs(first[1] - other:fit { iterations = 1 }[1]) > 1e-4)
    options.seed = 1
    m = model(options)
    m:fit { iterations = 1 }
    assert.not_equal(other._dropout_key, m._dropout_key)
  end)

  it("have the loss without dropout as their mean, of a linear layer", function()
    -- relu is linear where all is above 0; mse of one step adds the variance alone.
    local x, y = pg.ones(400, 1), pg.zeros(400, 1)
    local m = pg.Model(x, y, { hidden = 50, activation = "relu", dropout = 0.2, seed = 0,
      loss = "mse", dtype = "float64" })
    m.weights.W1:fill_(1)
    m.weights.W2:fill_(1 / 50)
    local loss = m:evaluate(x, y)
    assert.near(1, loss, 1e-12)
    local variance, cost = 0.2 / 0.8 / 50, m:fit { iterations = 40, rate = 1e-12 }
    assert.near(1 + variance, cost:mean(), 5 * 2 * math.sqrt(variance / (400 * 40)))
  end)
end)

describe("a model with dropout", function()
  it("predicts and evaluates without", function()
    local m = model { dropout = 0.5, activation = "gelu" }
    m:fit { iterations = 5 }
    local plain = pg.Model(curve.pixels(), curve.labels(), { hidden = { 12, 8 }, seed = 1,
      activation = "gelu", dtype = "float64", scale = 1 / 255 })
    plain.weights = m.weights
    local x, y = curve.pixels(), curve.labels()
    assert.is_true(m:predict_proba(x):array_equal(plain:predict_proba(x)))
    assert.equal((plain:evaluate(x, y)), (m:evaluate(x, y)))
  end)

  it("goes on in the same bits from a file", function()
    for _, plan in ipairs(PLANS) do
      local options = { dropout = { 0.4, 0.1 }, batch = 60, plan = plan, optimizer = "adamw" }
      local whole = model(options)
      local cost = whole:fit { iterations = 20 }
      local m = model(options)
      for i in m:steps { iterations = 20 } do
        if i == 7 then
          m:save(path)
          break
        end
      end
      local loaded = pg.Model.load(path, curve.pixels(), curve.labels())
      assert.equal(m._dropout_key, loaded._dropout_key)
      loaded:fit { resume = true }
      assert.same(cost:tolist(), loaded:history():tolist())
      assert.is_true(whole.weights.W1:array_equal(loaded.weights.W1))
      m:restore(path)
      m:fit { resume = true }
      assert.same(cost:tolist(), m:history():tolist())
    end
  end)

  it("is restored in the body of a loop", function()
    local m = model { dropout = 0.3 }
    m:save(path)
    local losses = {}
    for i, loss in m:steps { iterations = 6, batch = 50 } do
      losses[i] = loss
      if #m:history() == 3 and not losses.restored then
        losses.restored = true
        m:restore(path)
      end
    end
    assert.equal(3, #m:history())
    assert.is_number(m._dropout_key)
  end)

  it("does not take a file with another dropout", function()
    model { dropout = 0.3 }:save(path)
    raises_here("the dropout is 0.3, and the model's is none",
      function() model():restore(path) end)
    raises_here("the dropout is 0.3, and the model's is 0.3, 0.2",
      function() model { dropout = { 0.3, 0.2 } }:restore(path) end)
    assert.is_true(model { dropout = { 0.3, 0.3 } }:restore(path))
  end)

  it("says so in its card and its summary", function()
    local m = model { dropout = { 0.25, 0.5 } }
    assert.matches("\n  dropout  0.25, 0.5", tostring(m))
    assert.matches("\ndropout    0.25, 0.5\n", m:summary())
    assert.matches("\n  dropout  0.2$", tostring(model { dropout = 0.2, scale = 1 }))
    assert.not_matches("dropout", tostring(model { dropout = 0 }))
  end)

  it("may have a loss that is a function", function()
    local function loss(scores, y) return pg.softmax_cross_entropy(scores, y) end
    local options = { dropout = 0.4, loss = loss, dtype = "float32" }
    local whole = model(options)
    local cost = whole:fit { iterations = 10 }
    assert.is_true(math.abs(cost[1] - (model { loss = loss }:fit { iterations = 1 })[1]) > 1e-4)
    local m = model(options)
    m:fit { iterations = 4 }
    m:save(path)
    assert.matches("\n  dropout  0.4", tostring(m))
    local loaded = pg.Model.load(path, curve.pixels(), curve.labels(), { loss = loss })
    assert.matches("\n  dropout  0.4", tostring(loaded))
    loaded:fit { iterations = 6 }
    assert.same(cost:tolist(), loaded:history():tolist())
    options.dropout = 0.3
    raises_here("the dropout is 0.4, and the model's is 0.3",
      function() model(options):restore(path) end)
  end)
end)

describe("a mistake in dropout", function()
  it("is told", function()
    for _, p in ipairs { 1, -0.1, 2, "half", 0 / 0 } do
      raises_here("dropout must be a finite number from 0 to below 1, or a list of them, not ",
        function() model { dropout = p } end)
    end
    raises_here("dropout must be a finite number from 0 to below 1, or a list of them, not 1",
      function() model { dropout = { 0.5, 1 } } end)
    raises_here("there are 3 probabilities of dropout for 2 hidden layers (one number serves for "
      .. "all)", function() model { dropout = { 0.1, 0.1, 0.1 } } end)
    raises_here("unknown option 'dropout': it belongs to pg.Model(x, y, {dropout = ...})",
      function() model():fit { dropout = 0.5 } end)
    raises_here("dropout is an option of built-in layers, and the model has a forward function: "
      .. "pg.dropout does that there", function()
      pg.Model(curve.pixels(), curve.labels(), { dropout = 0.5, weights = { W = pg.zeros(784, 10) },
        forward = function(w, x) return x:dot(w.W) end })
    end)
  end)
end)
