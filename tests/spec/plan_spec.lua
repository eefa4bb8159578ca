-- A model's plans: dense, and skipping the zeros of its inputs.

local pg = require "perigee"
local support = dofile "tests/support.lua"

--- x (rows, inputs) float64: whole numbers 0 to 200, of which a part is not 0.
local function sparse_x(rows, inputs, density, seed)
  local g = pg.random(seed or 1)
  local kept = g:rand(rows, inputs):lt(density):astype "float64"
  return pg.where((g:rand(rows, inputs)):lt(2), kept * (g:rand(rows, inputs) * 200 // 1), 0)
end

local function labels(rows)
  return pg.range(0, rows - 1) * 7 % 3
end

local function train(x, options, iterations)
  options.seed, options.classes = 4, 3
  local m = pg.Model(x, labels(#x), options)
  return m:fit { iterations = iterations or 4, rate = 0.5 }, m
end

--- The largest difference of the plans' losses.
local function difference(x, options)
  local costs = {}
  for _, plan in ipairs { "dense", "sparse" } do
    options.plan = plan
    local cost, m = train(x, options)
    assert.equal(plan, (m:plan()))
    costs[plan] = cost
  end
  return (costs.dense - costs.sparse):abs():max()
end

describe("the plans of a model", function()
  it("give the same losses, whatever the shapes", function()
    for _, case in ipairs {
      { 1, 1, 1 }, { 1, 64, 5 }, { 127, 63, 16 }, { 128, 65, 17 }, { 129, 200, 100 },
      { 300, 30, 129 }, { 64, 7, 300 }, { 257, 130, { 33, 9 } },
    } do
      local rows, inputs, hidden = table.unpack(case)
      local x = sparse_x(rows, inputs, 0.2)
      for dtype, bound in pairs { float32 = 1e-5, float64 = 1e-13 } do
        local found = difference(x, { hidden = hidden, dtype = dtype, scale = 1 / 255 })
        assert.is_true(found < bound, ("%d x %d %s: %g"):format(rows, inputs, dtype, found))
      end
    end
  end)

  it("give the same losses for every dtype and view of x", function()
    local x = sparse_x(150, 70, 0.3)
    local options = { hidden = 9, dtype = "float64", scale = 1 / 100 }
    for _, dtype in ipairs(support.dtypes) do
      local typed = x:astype(dtype)
      local views = {
        typed, typed["::-1, ::-1"], typed:reshape(70, 150).T, typed["1::3, 2::2"],
        typed:reshape(150, 7, 10),
      }
      for _, view in ipairs(views) do
        assert.is_true(difference(view, options) < 1e-13, dtype)
      end
    end
  end)

  it("give the same losses for few distinct values and for many, negative ones included", function()
    local options = { hidden = 9, dtype = "float64" }
    local g = pg.random(2)
    local many = pg.where(g:rand(200, 50):lt(0.3), g:randn(200, 50), 0)
    local few = pg.where(g:rand(200, 50):lt(0.3), (g:randn(200, 50) * 9) // 1 / 7, 0)
    for _, x in ipairs { many, few, many:astype "float32", pg.zeros(200, 50), pg.ones(90, 3) } do
      assert.is_true(difference(x, options) < 1e-13)
    end
  end)

  it("give the same bits for any number of threads", function()
    local x = sparse_x(3000, 90, 0.2)
    for _, plan in ipairs { "dense", "sparse" } do
      for _, dtype in ipairs { "float32", "float64" } do
        support.assert_same_bits(function()
          local cost, m = train(x, { hidden = 20, plan = plan, dtype = dtype, scale = 0.01 })
          return { cost, m.weights.W1, m.weights.b1, m.weights.W2, m.weights.b2 }
        end)
      end
    end
  end)

  it("are chosen by how much of x is not zero", function()
    local function plan(x)
      return select(2, train(x, { hidden = 4 }, 0)):plan()
    end
    local name, why = plan(sparse_x(100, 50, 0.2):astype "uint8")
    assert.equal("sparse", name)
    assert.matches("^[%d.]+ %% of x is not zero: sparse up to 50 %%$", why)
    assert.equal("dense", (plan(sparse_x(100, 50, 0.9))))
    assert.equal("dense", (plan(pg.randn(30, 4))))
    name, why = select(2, train(pg.zeros(5, 4), { hidden = 4, plan = "dense" }, 0)):plan()
    assert.equal("dense", name)
    assert.equal("asked for", why)
  end)

  it("must be known ones", function()
    local ok, message = pcall(pg.Model, pg.zeros(2, 2), { 0, 1 }, { plan = "fast" })
    assert.is_false(ok)
    assert.matches("plan must be 'auto', 'dense' or 'sparse', not 'fast'", message)
  end)
end)

describe("what is compressed", function()
  it("is shared by the models of an array, and goes with it", function()
    local x = sparse_x(2000, 300, 0.2):astype "uint8"
    local function live()
      collectgarbage()
      collectgarbage()
      return pg.info().bytes
    end
    local entries = 2 * 2 * 0.2 * x.size -- bytes: two entries for each number
    local before = live()
    do
      local first = select(2, train(x, { hidden = 4, dtype = "float64" }, 0))
      local one = live() - before
      local second = select(2, train(x, { hidden = 4, dtype = "float64" }, 0))
      local third = select(2, train(x:reshape(2000, 20, 15), { hidden = 4 }, 0))
      assert.is_true(live() - before < 3 * one - 1.9 * entries)
      assert.same({ "sparse", "sparse", "sparse" },
        { (first:plan()), (second:plan()), (third:plan()) })
    end
    x:free()
    assert.is_true(live() < before)
  end)

  it("is made anew when the array has changed, also between two steps", function()
    for _, change in ipairs {
      function(x) x:mul_(0.5) end, function(x) x[3] = 1 end, function(x) x:set(2, 5, 9) end,
      function(x) x:fill_(2) end, function(x) x:axpy_(0.5, pg.ones(100, 40)) end,
      function(x) x["2:5, 3"] = { 1, 2, 3, 4 } end,
      function(x) x.T:rows(2, 4):add_(1) end,
    } do
      local losses = {}
      for _, plan in ipairs { "dense", "sparse" } do
        local x = sparse_x(100, 40, 0.3)
        local m = pg.Model(x, labels(100), {
          hidden = 6, seed = 1, plan = plan, dtype = "float64", scale = 0.01,
        })
        local cost = {}
        for i, loss in m:steps { iterations = 6, rate = 0.5 } do
          cost[i] = loss
          if i == 3 then
            change(x)
          end
        end
        change(x)
        local after = pg.Model(x, labels(100), {
          hidden = 6, seed = 1, plan = plan, dtype = "float64", scale = 0.01,
        })
        losses[plan] = pg.concat({ pg.array(cost), after:fit { iterations = 2 } }, 1)
      end
      assert.is_true(losses.dense:allclose(losses.sparse, 1e-12, 0))
    end
  end)

  it("says so when the array has changed to what is not finite", function()
    local x = sparse_x(10, 8, 0.3)
    local m = pg.Model(x, labels(10), { hidden = 2, plan = "sparse", scale = 0.01 })
    x:set(2, 3, 0 / 0)
    local ok, message = pcall(m.fit, m)
    assert.is_false(ok)
    assert.matches("x: row 2, column 3 is nan", message)
    x:set(2, 3, 0)
    m:fit { iterations = 1 }
  end)
end)
