-- A model's optimizers and activations, and their options.

local pg = require "perigee"

local raises_here = dofile("tests/support.lua").raises_here

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local curve = dofile(HERE .. "/../reference/curve.lua")
local torch_curves = dofile(HERE .. "/../reference/torch_curves.lua")

local OPTIMIZERS = require("perigee.core").trainer.optimizers
local ACTIVATIONS = require("perigee.core").trainer.activations

--- A model of curve's data.
local function model(options)
  local told = { hidden = 5, seed = 0, dtype = "float64", scale = 1 / 255 }
  for name, value in pairs(options or {}) do
    told[name] = value
  end
  return pg.Model(curve.pixels(), curve.labels(), told)
end

local function assert_same(a, b)
  assert.same(a:tolist(), b:tolist())
end

describe("the first 50 losses", function()
  local limits = { float32 = 1e-5, float64 = 1e-10 }
  local cases = torch_curves.cases()

  for _, plan in ipairs { "dense", "sparse" } do
    it("are PyTorch's in the plan " .. plan, function()
      for _, case in ipairs(cases) do
        case.options.plan = plan
        local m = model(case.options)
        assert.equal(plan, (m:plan()))
        local cost = m:fit { iterations = #case.losses }
        local found = (cost - case.losses):abs():max()
        assert.is_true(found < limits[case.options.dtype], ("%s: %g"):format(case.name, found))
      end
    end)
  end

  it("are there for each optimizer with each activation, in both dtypes", function()
    local names = {}
    for _, case in ipairs(cases) do
      names[case.name] = true
    end
    for _, activation in ipairs(ACTIVATIONS) do
      for _, optimizer in ipairs(OPTIMIZERS) do
        local slow = optimizer == "rmsprop" or optimizer:find "^adam"
        for dtype in pairs(limits) do
          local name = ("%s hidden=16 activation=%s optimizer=%s rate=%s"):format(dtype,
            activation, optimizer, slow and 0.001 or 0.1)
          assert.is_true(names[name], name)
        end
      end
    end
  end)
end)

describe("an optimizer", function()
  it("has PyTorch's defaults, and the rates that are usual", function()
    for optimizer, defaults in pairs {
      sgd = { rate = 0.1 },
      momentum = { rate = 0.1, momentum = 0.9, dampening = 0 },
      nesterov = { rate = 0.1, momentum = 0.9 },
      rmsprop = { rate = 0.01, alpha = 0.99, eps = 1e-8, momentum = 0 },
      adam = { rate = 0.001, betas = { 0.9, 0.999 }, eps = 1e-8 },
      adamw = { rate = 0.001, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0.01 },
    } do
      defaults.optimizer, defaults.iterations = optimizer, 4
      defaults.weight_decay = defaults.weight_decay or 0
      assert_same(model():fit(defaults), model():fit { optimizer = optimizer, iterations = 4 })
    end
  end)

  it("is sgd where none is named", function()
    assert_same(model():fit { optimizer = "sgd", iterations = 3 }, model():fit { iterations = 3 })
  end)

  it("is told to the model or to fit, and fit has the last word", function()
    local told = { optimizer = "momentum", rate = 0.2, momentum = 0.5, iterations = 4 }
    local cost = model():fit(told)
    assert_same(cost, model { optimizer = "momentum", rate = 0.2, momentum = 0.5 }:fit {
      iterations = 4 })
    assert_same(cost, model { optimizer = "momentum", rate = 0.7, momentum = 0.5 }:fit {
      iterations = 4, rate = 0.2 })
  end)

  it("goes on where the fit before left it", function()
    for _, optimizer in ipairs(OPTIMIZERS) do
      local parts = model { optimizer = optimizer }
      local first, second = parts:fit { iterations = 3 }, parts:fit { iterations = 4 }
      assert_same(model { optimizer = optimizer }:fit { iterations = 7 },
        pg.concat({ first, second }, 1))
    end
  end)
end)

describe("another optimizer that is named in fit", function()
  it("begins with its own defaults", function()
    local m = model { optimizer = "rmsprop", rate = 0.5, eps = 0.1, momentum = 0.3 }
    assert_same(model():fit { optimizer = "adam", iterations = 4 },
      m:fit { optimizer = "adam", iterations = 4 })
  end)

  it("keeps weight_decay, which all of them know", function()
    local m = model { rate = 0.5, weight_decay = 0.1 }
    assert_same(model():fit { optimizer = "adam", weight_decay = 0.1, iterations = 4 },
      m:fit { optimizer = "adam", iterations = 4 })
  end)

  it("decays by its own default where none is given", function()
    local m = model { optimizer = "adamw" }
    m:fit { iterations = 4 }
    local other = model { optimizer = "adamw" }
    other:fit { iterations = 4 }
    assert_same(other:fit { optimizer = "adam", weight_decay = 0, iterations = 4 },
      m:fit { optimizer = "adam", iterations = 4 })
  end)

  it("remembers nothing of the one before", function()
    local m, twin = model(), model()
    m:fit { optimizer = "adam", iterations = 5 }
    for name, array in pairs(m.weights) do
      twin.weights[name] = array:copy()
    end
    assert_same(twin:fit { optimizer = "momentum", iterations = 4 },
      m:fit { optimizer = "momentum", iterations = 4 })
  end)
end)

describe("an optimizer whose first step fails", function()
  -- A model after three steps of Adam, and one that then failed to step with momentum.
  local function pair()
    local m, twin = model { optimizer = "adam" }, model { optimizer = "adam" }
    m:fit { iterations = 3 }
    twin:fit { iterations = 3 }
    return m, twin
  end

  it("leaves the states of the one before where the loss isn't finite", function()
    local m, twin = pair()
    local W1 = m.weights.W1:copy()
    m.weights.W1:fill_(0 / 0)
    assert.error_matches(function() m:fit { optimizer = "momentum", iterations = 1 } end,
      "the loss is nan")
    m.weights.W1 = W1
    assert_same(twin:fit { iterations = 3 }, m:fit { iterations = 3 })
  end)

  it("leaves them where the new weights aren't finite", function()
    local m, twin = pair()
    assert.error_matches(function()
      m:fit { optimizer = "momentum", rate = 1e308, iterations = 1, weight_decay = 1e308 }
    end, "is not finite")
    assert_same(twin:fit { iterations = 3 }, m:fit { iterations = 3 })
  end)
end)

describe("rate as a function", function()
  it("is called with 1, 2, 3 ... before each update", function()
    local seen = {}
    local cost = model():fit { iterations = 4, rate = function(i)
      seen[#seen + 1] = i
      return 0.4 / i
    end }
    assert.same({ 1, 2, 3, 4 }, seen)
    local twin, stepwise = model(), {}
    for i = 1, 4 do
      stepwise[i] = twin:fit({ iterations = 1, rate = 0.4 / i })[1]
    end
    assert.same(stepwise, cost:tolist())
  end)

  it("counts from the beginning of its own training", function()
    local m, seen = model(), {}
    m:fit { iterations = 3 }
    m:fit { iterations = 2, rate = function(i)
      seen[#seen + 1] = i
      return 0.1
    end }
    assert.same({ 1, 2 }, seen)
  end)

  it("may return 0, and the weights stay", function()
    local cost = model():fit { iterations = 3, rate = function() return 0 end }
    assert.same({ cost[1], cost[1], cost[1] }, cost:tolist())
  end)

  it("may return no other than a number from 0 on, and the error names the iteration", function()
    for value, shown in pairs {
      fast = "fast", ["0.1"] = "'0.1'", [-1] = "-1", [1 / 0] = "inf", [{}] = "a table",
    } do
      local m = model()
      raises_here("rate(3) must be a finite number, 0 or more, not " .. shown,
        function() m:fit { rate = function(i) return i < 3 and 0.1 or value end } end)
      assert.equal(2, m.iteration)
    end
    raises_here("rate(1) must be a finite number, 0 or more, not nil",
      function() model():fit { rate = function() end } end)
  end)
end)

describe("a mistake", function()
  it("in the optimizer's name lists the known ones", function()
    local text = "optimizer must be 'sgd', 'momentum', 'nesterov', 'rmsprop', 'adam' or 'adamw', "
      .. "not 'adm'"
    raises_here(text, function() model { optimizer = "adm" } end)
    raises_here(text, function() model():fit { optimizer = "adm" } end)
  end)

  it("in an option names the optimizer that does not know it, and what it knows", function()
    raises_here("momentum is no option of the optimizer sgd; it has rate, weight_decay",
      function() model { momentum = 0.9 } end)
    raises_here("dampening is no option of the optimizer nesterov; it has momentum, rate, "
      .. "weight_decay", function() model { optimizer = "nesterov", dampening = 0.1 } end)
    raises_here("alpha is no option of the optimizer adam; it has betas, eps, rate, weight_decay",
      function() model():fit { optimizer = "adam", alpha = 0.9 } end)
    raises_here("betas is no option of the optimizer rmsprop; it has alpha, eps, momentum, rate, "
      .. "weight_decay",
      function() model { optimizer = "rmsprop" }:fit { betas = { 0.9, 0.999 } } end)
    raises_here("eps is no option of the optimizer momentum; it has dampening, momentum, rate, "
      .. "weight_decay",
      function() model { optimizer = "adam" }:fit { optimizer = "momentum", eps = 1e-3 } end)
  end)

  it("in a value names it, and what it must be", function()
    for _, option in ipairs { "eps", "alpha", "momentum", "weight_decay" } do
      for _, value in ipairs { -1e-9, 1 / 0, "much", false } do
        raises_here(("%s must be a finite number, 0 or more, not %s"):format(option,
          tostring(value)), function() model { optimizer = "rmsprop", [option] = value } end)
      end
    end
    for _, value in ipairs { 1 / 0, "much" } do
      raises_here("dampening must be a finite number, not " .. value,
        function() model { optimizer = "momentum", dampening = value } end)
    end
    for _, value in ipairs { 0, -0.1, 1 / 0, "fast", false } do
      raises_here("rate must be a finite number above 0, or a function of the iteration, not "
        .. tostring(value), function() model():fit { rate = value } end)
    end
    raises_here("rate must be a finite number above 0, or a function of the iteration, not nan",
      function() model():fit { rate = 0 / 0 } end)
  end)

  it("in the betas names the one that does not fit", function()
    local text = "betas must be two finite numbers from 0 to below 1, not "
    local function betas(value)
      return function() model { optimizer = "adam", betas = value } end
    end
    raises_here(text .. "1", betas { 0.9, 1 })
    raises_here(text .. "-0.1", betas { -0.1, 0.999 })
    raises_here(text .. "slow", betas { 0.9, "slow" })
    raises_here(text .. "0.9", betas(0.9))
    raises_here(text .. "a table", betas { 0.9 })
    raises_here(text .. "a table", betas { 0.9, 0.99, 0.999 })
  end)

  it("leaves the model as it was", function()
    local m = model { optimizer = "adam" }
    m:fit { iterations = 2 }
    assert.is_false(pcall(m.fit, m, { optimizer = "sgd", momentum = 0.9 }))
    assert.is_false(pcall(m.fit, m, { rate = 0 }))
    local whole = model { optimizer = "adam" }:fit { iterations = 5 }
    assert_same(whole:rows(3, 5), m:fit { iterations = 3 })
  end)
end)
