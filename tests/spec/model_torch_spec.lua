-- Models with a forward function of their own, beside PyTorch's and beside built-in models.
--
-- tests/reference/torch_models.py lists the cases and saved what PyTorch finds.

local pg = require "perigee"
local torch_models = dofile "tests/reference/torch_models.lua"

local OPTIMIZERS = require("perigee.core").trainer.optimizers

local cases = torch_models.cases()

--- Lines of the cases in which check finds a difference beyond the bound of their dtype; check
--- returns nil where the case isn't meant.
local function failures(bounds, check)
  local lines, checked = {}, 0
  for _, case in ipairs(cases) do
    local found = check(case)
    if found then
      checked = checked + 1
      local is_close = found <= bounds[case.dtype] -- NaN is not
      if not is_close then
        lines[#lines + 1] = ("%s: %g"):format(case.name, found)
      end
    end
  end
  assert(checked > 0, "no case was checked")
  assert(#lines == 0, ("%d of %d cases:\n%s"):format(#lines, checked, table.concat(lines, "\n")))
end

local function difference(a, b)
  return (a - b):abs():max()
end

--- The model of a case after its training, its losses, x and y; trained once.
local function train(case)
  if not case.trained then
    local m, x, y = case.model()
    case.trained = { m, m:fit { iterations = #case.losses }, x, y }
  end
  return table.unpack(case.trained)
end

describe("a model of one's own, beside PyTorch,", function()
  it("has the first 50 losses in float64, the first 10 in float32", function()
    failures({ float64 = 1e-10, float32 = 1e-5 }, function(case)
      local _, cost = train(case)
      local count = case.dtype == "float64" and 50 or 10
      return difference(cost:rows(1, count), case.losses:rows(1, count))
    end)
  end)

  it("evaluates to the same loss and the same score", function()
    failures({ float64 = 1e-9, float32 = 1e-3 }, function(case)
      local m, _, x, y = train(case)
      local loss, score = m:evaluate(x, y)
      return math.max(math.abs(loss - case.after[1]), math.abs(score - case.after[2]))
    end)
  end)

  it("has the same running mean and variance in its state", function()
    failures({ float64 = 1e-10, float32 = 1e-4 }, function(case)
      if case.mean then
        local state = train(case)._network.state
        return math.max(difference(state.mean, case.mean), difference(state.var, case.var))
      end
    end)
  end)

  it("is compared for each optimizer", function()
    for _, optimizer in ipairs(OPTIMIZERS) do
      local is_known = false
      for _, case in ipairs(cases) do
        is_known = is_known or case.options.optimizer == optimizer
      end
      assert.is_true(is_known, optimizer)
    end
  end)
end)

describe("the network 784-100-10 as a forward function", function()
  local digits = require("perigee.data.digits").draw(0, 1000, 100)

  --- A built-in model and one with its weights and a forward function, with options.
  local function both(options)
    local told = { hidden = 100, dtype = "float64", scale = 1 / 255, seed = 0 }
    local built_in = pg.Model(digits.x_train, digits.y_train, told)
    options.weights, options.scale = built_in.weights, told.scale
    function options.forward(w, x)
      return (x:flatten(2):dot(w.W1.T) + w.b1):sigmoid():dot(w.W2.T) + w.b2
    end
    return built_in, pg.Model(digits.x_train, digits.y_train, options)
  end

  for _, optimizer in ipairs(OPTIMIZERS) do
    it("has the built-in model's losses with " .. optimizer, function()
      local built_in, own = both {}
      local options = { optimizer = optimizer, iterations = 30 }
      assert.is_true(difference(built_in:fit(options), own:fit(options)) <= 1e-12)
      local loss, accuracy, confusion = built_in:evaluate(digits.x_test, digits.y_test)
      local own_loss, own_accuracy, own_confusion = own:evaluate(digits.x_test, digits.y_test)
      assert.is_true(math.abs(loss - own_loss) <= 1e-12)
      assert.equal(accuracy, own_accuracy)
      assert.same(confusion:tolist(), own_confusion:tolist())
    end)
  end
end)
