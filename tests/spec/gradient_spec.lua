-- The gradients of the fused step beside finite differences of the loss.

local pg = require "perigee"

local ROWS, INPUTS, CLASSES = 70, 9, 4
local H = 1e-5
local ACTIVATIONS = require("perigee.core").trainer.activations

local function data()
  local g = pg.random(3)
  local x = g:randn(ROWS, INPUTS) * g:rand(ROWS, INPUTS):lt(0.4)
  return x, pg.range(0, ROWS - 1) * 3 % CLASSES
end

--- `layers` hidden layers of 5, 4, 3, 5, ... units.
local function widths(layers)
  local list = {}
  for l = 1, layers do
    list[l] = 6 - (l - 1) % 3 - 1
  end
  return list
end

--- The gradient of one weight, by the loss on both sides of it.
local function difference(m, x, y, array, i, j)
  local value = array:get(i, j)
  array:set(i, j, value + H)
  local above = m:evaluate(x, y)
  array:set(i, j, value - H)
  local below = m:evaluate(x, y)
  array:set(i, j, value)
  return (above - below) / (2 * H)
end

--- The gradients that a step of rate 1 went by: and the weights are as they were before.
local function gradients_of_step(m, options)
  local before, gradients = {}, {}
  for name, array in pairs(m.weights) do
    before[name] = array:copy()
  end
  options.iterations, options.rate = 1, 1
  m:fit(options)
  for name, array in pairs(m.weights) do
    gradients[name] = before[name] - array
    array[{ {}, {} }] = before[name]
  end
  return gradients
end

--- A model whose biases are not 0: a relu of exactly 0 has two slopes.
local function model(x, y, options)
  options.dtype = "float64"
  local m, g = pg.Model(x, y, options), pg.random(9)
  for l = 1, #options.hidden + 1 do
    local b = m.weights["b" .. l]
    b[{ {}, {} }] = g:uniform(-0.3, 0.3, b.shape)
  end
  return m
end

--- Compares every other weight of each layer.
local function check(m, x, y, options, what)
  for name, gradient in pairs(gradients_of_step(m, options or {})) do
    local rows, columns = table.unpack(gradient.shape)
    for i = 1, rows, 2 do
      for j = 1, columns, 2 do
        local expected, found = difference(m, x, y, m.weights[name], i, j), gradient:get(i, j)
        assert.is_near(expected, found, 1e-8 + 1e-6 * math.abs(found),
          ("%s, %s at %d, %d"):format(what, name, i, j))
      end
    end
  end
end

describe("the gradients of a step", function()
  for _, activation in ipairs(ACTIVATIONS) do
    for _, plan in ipairs { "dense", "sparse" } do
      it(("agree with finite differences: %s, %s, 1 to 15 hidden layers"):format(activation, plan),
        function()
          local x, y = data()
          for layers = 1, 15 do
            local m = model(x, y, {
              hidden = widths(layers), activation = activation, seed = layers, plan = plan,
            })
            -- Deep sigmoids hand on next to nothing: larger weights let some of it through.
            for l = 2, layers do
              m.weights["W" .. l]:mul_(activation == "sigmoid" and 3 or 1.2)
            end
            assert.equal(plan, (m:plan()))
            check(m, x, y, {}, ("%s, %s, %d layers"):format(activation, plan, layers))
          end
        end)
    end
  end

  it("agree where each layer has another activation", function()
    local x, y = data()
    for _, plan in ipairs { "dense", "sparse" } do
      local m = model(x, y, {
        hidden = { 6, 5, 4, 6, 5 }, seed = 2, plan = plan,
        activation = { "gelu", "relu", "sigmoid", "leaky_relu", "tanh" },
      })
      check(m, x, y, {}, plan)
    end
  end)

  it("of a batch are those of its rows", function()
    local x, y = data()
    for _, plan in ipairs { "dense", "sparse" } do
      for _, batch in ipairs { 1, 7, 69 } do
        local m = model(x, y, { hidden = { 5 }, activation = "tanh", seed = 5, plan = plan })
        local g = pg.random(5)
        g:randn(5, INPUTS)
        g:randn(CLASSES, 5)
        local rows = g:permutation(ROWS):rows(1, batch)
        check(m, x:take(rows), y:take(rows), { batch = batch }, plan .. ", batch " .. batch)
      end
    end
  end)

  it("are those of pg.gradient, for weights that say their activation", function()
    local x, y = data()
    for _, activation in ipairs(ACTIVATIONS) do
      local m = pg.Model(x, y, { hidden = { 6, 5 }, activation = activation, seed = 1,
        dtype = "float64" })
      local w = pg.initialization(x, { 6, 5 }, { classes = CLASSES, activation = activation,
        random = pg.random(1) })
      assert.same({ activation, activation }, w.activation)
      local gradients = pg.gradient(x, y, pg.forward(x, w), w)
      for name, found in pairs(gradients_of_step(m, {})) do
        assert.is_true(found:allclose(gradients["d" .. name], 1e-12, 1e-15), name)
      end
      assert.is_near((m:evaluate(x, y)), pg.cross_entropy(pg.forward(x, m.weights), y), 1e-14)
    end
  end)
end)

describe("an activation", function()
  local z = pg.concat({ pg.linspace(-60, 60, 1001), pg.array { 0, -0.0, 1e-9, -1e-9, 1e-300 } }, 1)

  --- What the kernel gives for z: the first layer's output of one input and one unit.
  local function outputs(activation, dtype)
    local x = z:reshape(-1, 1):astype(dtype)
    local w = pg.initialization(x, 1, { classes = 1, activation = activation })
    w.W1:fill_(1)
    return pg.forward(x, w).A1:reshape(-1):astype "float64"
  end

  it("is the function that it is named after, everywhere", function()
    for dtype, bound in pairs { float64 = 4e-16, float32 = 3e-7 } do
      local typed = z:astype(dtype):astype "float64"
      assert.is_true(outputs("tanh", dtype):allclose(typed:tanh(), bound, 0), dtype)
      assert.is_true(outputs("sigmoid", dtype):allclose(typed:sigmoid(), 10 * bound, 1e-38), dtype)
      assert.is_true(outputs("relu", dtype):eq(pg.maximum(typed, 0)):all(), dtype)
      local z_typed = z:astype(dtype)
      assert.is_true(outputs("leaky_relu", dtype):allclose(typed:leaky_relu(0.01), bound, 0), dtype)
      assert.is_true(outputs("gelu", dtype):eq(z_typed:gelu():astype "float64"):all(), dtype)
    end
  end)

  it("gives the same in each set of kernels, to rounding", function()
    local program = os.getenv "PERIGEE" or "build/perigee"
    local script = [[
      local pg = require "perigee"
      local x = pg.linspace(-9, 9, 300):reshape(100, 3)
      for _, activation in ipairs(require("perigee.core").trainer.activations) do
        local m = pg.Model(x, pg.range(0, 99) % 3, { seed = 1, hidden = 7, optimizer = "adam",
          activation = activation, dtype = "float64", batch = 30 })
        print(("%.12f"):format(m:fit { epochs = 5, rate = 0.01 }[-1]))
      end
    ]]
    local path = os.tmpname()
    assert(pg.write(path, script))
    local function run(kernels)
      local pipe <close> = assert(io.popen(("PERIGEE_KERNELS=%s '%s' %s"):format(kernels, program,
        path)))
      return pipe:read "a"
    end
    assert.equal(run(pg.info().kernels), run "portable")
    os.remove(path)
  end)

  it("must be one that there is", function()
    local x, y = data()
    assert.error_matches(function() pg.Model(x, y, { activation = "rellu" }) end,
      "activation must be 'sigmoid', 'tanh', 'relu', 'leaky_relu' or 'gelu', not 'rellu'", 1, true)
    assert.error_matches(function()
      pg.Model(x, y, { hidden = { 3, 3 }, activation = { "tanh" } })
    end, "there are 1 activations for 2 hidden layers", 1, true)
    assert.error_matches(function() pg.initialization(x, 3, { activation = 7 }) end,
      "activation must be one of 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'gelu', not 7", 1, true)
    local w = pg.initialization(x, 3)
    w.activation = { "tanh", "tanh" }
    assert.error_matches(function() pg.forward(x, w) end,
      "there are 2 activations for 1 hidden layers", 1, true)
  end)
end)
