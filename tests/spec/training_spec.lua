-- Batches, epochs, schedules, early stopping, and going on with a training.

local pg = require "perigee"
local support = dofile "tests/support.lua"

local raises_here = support.raises_here

local ROWS, INPUTS, CLASSES = 100, 20, 3
local OPTIMIZERS = require("perigee.core").trainer.optimizers

local function data(seed)
  local g = pg.random(seed or 4)
  local labels = pg.range(0, ROWS - 1) * 7 % CLASSES
  local patterns = g:rand(CLASSES, INPUTS)
  local x = patterns:take(labels + 1) * g:rand(ROWS, INPUTS):lt(0.4) + 0
  return x, labels
end

local function model(options)
  local x, y = data()
  local all = { hidden = 6, seed = 1, dtype = "float64" }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return pg.Model(x, y, all), x, y
end

local function same_bits(a, b)
  for name, array in pairs(a.weights) do
    if not array:eq(b.weights[name]):all() then
      return false
    end
  end
  return a.iteration == b.iteration and a:history():eq((b:history())):all()
end

--- What f writes to standard error, as lines of text.
local function said_by(script)
  local program = os.getenv "PERIGEE" or "build/perigee"
  local path = os.tmpname()
  assert(pg.write(path, script))
  local pipe <close> = assert(io.popen(("'%s' %s 2>&1"):format(program, path)))
  local text = pipe:read "a"
  os.remove(path)
  return text
end

describe("batches", function()
  it("are rows in the order of numpy.random.permutation, each once in an epoch", function()
    local m, x, y = model { batch = 30 }
    local w = pg.initialization(x, 6, { classes = CLASSES, random = pg.random(1) })
    local g = pg.random(1)
    g:randn(6, INPUTS)
    g:randn(CLASSES, 6)
    local order
    for i, loss in m:steps { iterations = 10, rate = 0.5 } do
      local first = (i - 1) % 4 * 30 + 1
      order = first == 1 and g:permutation(ROWS) or order
      local rows = order:rows(first, math.min(first + 29, ROWS))
      local bx, by = x:take(rows), y:take(rows)
      local a = pg.forward(bx, w)
      assert.is_near(pg.cross_entropy(a, by), loss, 1e-13)
      pg.update(w, pg.gradient(bx, by, a, w), 0.5)
    end
  end)

  it("of all rows, or more, are the full batch", function()
    local full = model()
    full:fit { iterations = 3 }
    for _, batch in ipairs { ROWS, ROWS + 1, 10 ^ 9 | 0 } do
      local m = model { batch = batch }
      m:fit { iterations = 3 }
      assert.is_true(same_bits(full, m))
    end
    local m = model { batch = 10 }
    m:fit { iterations = 3, batch = false }
    assert.is_true(same_bits(full, m))
  end)

  it("give the same losses in both plans, every dtype and view of x", function()
    local x, y = data()
    x = (x * 9 // 1):astype "uint8"
    local function losses(view, plan, dtype)
      local m = pg.Model(view, y, { seed = 1, hidden = { 40, 5 }, plan = plan, dtype = dtype,
        batch = 33, optimizer = "adam", scale = 0.2 })
      return m:fit { epochs = 3, rate = 0.01 }
    end
    for dtype, bound in pairs { float64 = 1e-12, float32 = 1e-5 } do
      local expected = losses(x, "dense", dtype)
      assert.equal(12, #expected)
      local wide = pg.zeros(2 * ROWS, 2 * INPUTS)
      wide[{ { 1, -1, 2 }, { 1, -1, 2 } }] = x
      for _, view in ipairs {
        x, x:astype(dtype), x:astype "int16", x.T:copy().T, wide[{ { 1, -1, 2 }, { 1, -1, 2 } }],
        x:reshape(ROWS, 4, 5), x["::-1"]:copy()["::-1"],
      } do
        for _, plan in ipairs { "dense", "sparse" } do
          assert.is_true(losses(view, plan, dtype):allclose(expected, 0, bound), dtype .. plan)
        end
      end
    end
  end)

  it("give the same losses in both plans where values have no codes", function()
    local g = pg.random(8)
    local x = g:randn(300, 130) * g:rand(300, 130):lt(0.3)
    local costs = {}
    for _, plan in ipairs { "dense", "sparse" } do
      local m = pg.Model(x, pg.range(0, 299) % 5, { seed = 1, hidden = 17, plan = plan,
        dtype = "float64", batch = 150 })
      costs[plan] = m:fit { epochs = 2 }
    end
    assert.is_true(costs.dense:allclose(costs.sparse, 0, 1e-13))
  end)

  it("give the same bits for any number of threads", function()
    local g = pg.random(3)
    local x, y = g:rand(1000, 90):lt(0.2) * g:rand(1000, 90), pg.range(0, 999) % 7
    for _, plan in ipairs { "dense", "sparse" } do
      for _, optimizer in ipairs(OPTIMIZERS) do
        support.assert_same_bits(function()
          local m = pg.Model(x, y, { hidden = { 200, 9 }, activation = "relu", seed = 3,
            plan = plan, optimizer = optimizer, batch = 128 })
          local cost = m:fit { epochs = 1, rate = 0.01 }
          return { cost, m.weights.W1, m.weights.b1, m.weights.W3 }
        end)
      end
    end
  end)

  it("are drawn from the global generator's seed where the model has none", function()
    local x, y = data()
    local function train()
      pg.seed(5)
      local m = pg.Model(x, y, { hidden = 4, batch = 9 })
      return m:fit { iterations = 20 }
    end
    assert.is_true(train():eq(train()):all())
  end)

  it("read x anew when it was written to", function()
    local costs = {}
    for _, plan in ipairs { "dense", "sparse" } do
      local m, x = model { batch = 40, plan = plan }
      m:fit { epochs = 1 }
      x:mul_(0.5)
      x[3] = 1 -- no zeros in this row any more
      costs[plan] = m:fit { epochs = 1 }
    end
    assert.is_true(costs.dense:allclose(costs.sparse, 0, 1e-13))
  end)
end)

describe("iterations and epochs", function()
  it("count updates, and as many batches as hold all rows", function()
    local m = model { batch = 30 }
    assert.equal(8, #m:fit { epochs = 2 })
    assert.equal(3, #m:fit { iterations = 3 })
    assert.equal(11, m.iteration)
    assert.equal(5, #model():fit { epochs = 5 })
  end)

  it("may not both be given", function()
    local m = model()
    raises_here("iterations or epochs must be given, not both",
      function() m:fit { epochs = 1, iterations = 4 } end)
  end)

  it("may be taken in parts, also within an epoch", function()
    local whole, parts = model { batch = 30 }, model { batch = 30 }
    whole:fit { iterations = 11 }
    for _, iterations in ipairs { 1, 0, 5, 2, 3 } do
      parts:fit { iterations = iterations }
    end
    assert.is_true(same_bits(whole, parts))
  end)
end)

describe("a rate that is a function", function()
  it("is asked for the rate of each iteration", function()
    local m, same = model(), model()
    local asked = {}
    m:fit { iterations = 4, rate = function(i)
      asked[#asked + 1] = i
      return i < 3 and 0.5 or 0
    end }
    same:fit { iterations = 2, rate = 0.5 }
    assert.same({ 1, 2, 3, 4 }, asked)
    assert.is_true(m.weights.W1:eq(same.weights.W1):all())
  end)

  it("must give a finite number, 0 or more", function()
    for _, value in ipairs { -1, 1 / 0, 0 / 0, "fast", false } do
      local m = model()
      raises_here("rate(2) must be a finite number, 0 or more, not ", function()
        m:fit { iterations = 4, rate = function(i) return i == 1 and 0.1 or value end }
      end)
      assert.equal(1, m.iteration)
    end
  end)
end)

describe("validation", function()
  it("is measured after each epoch", function()
    local m, x, y = model { batch = 30 }
    local held = { data(5) }
    local seen = {}
    for i, _, loss in m:steps { epochs = 3, validation = held } do
      if loss then
        seen[#seen + 1] = i
        assert.equal((m:evaluate(held[1], held[2])), loss)
      end
    end
    assert.same({ 4, 8, 12 }, seen)
    local cost, validation = m:fit { epochs = 2, validation = { x, y } }
    assert.equal(8, #cost)
    assert.equal(2, #validation)
    assert.equal(5, #select(2, m:history()))
    assert.equal(3, #select(2, model():fit { iterations = 3, validation = held }))
  end)

  it("must fit the model", function()
    local m, x, y = model()
    raises_here("validation: x of shape (100, 20) and y of shape (99,) do not have as many rows",
      function() m:fit { validation = { x, y:rows(1, 99) } } end)
    raises_here("validation: labels: row 1 is 3, outside the 3 classes 0 to 2",
      function() m:fit { validation = { x, y + 3 } } end)
    raises_here("x of shape (100, 19) does not fit W1 of shape (6, 20)",
      function() m:fit { validation = { x:cols(1, 19), y } } end)
    raises_here("validation must be a table {x, y} (two arrays, in that order), or a fraction "
      .. "between 0 and 1, or false, not 3",
      function() m:fit { validation = 3 } end)
    raises_here("patience needs validation = {x, y}", function() m:fit { patience = 3 } end)
    assert.equal(0, m.iteration)
  end)
end)

describe("early stopping", function()
  --- Labels that have nothing to do with x: what is learnt does not help with others.
  local function overfitted(options)
    local g = pg.random(2)
    local x, y = g:randn(60, 10), g:randint(0, 3, 60)
    local held = { g:randn(60, 10), g:randint(0, 3, 60) }
    options.hidden, options.seed, options.dtype = 20, 1, "float64"
    options.optimizer, options.rate, options.validation = "adam", 0.02, held
    return pg.Model(x, y, options), held
  end

  it("ends when the loss has not become less, with the best weights", function()
    for _, batch in ipairs { false, 16 } do
      local m, held = overfitted { batch = batch, patience = 5 }
      local W1 = m.weights.W1
      local best, best_epoch, best_weights = math.huge, 0, nil
      local epochs = 0
      for _, _, loss in m:steps { epochs = 200 } do
        epochs = epochs + (loss and 1 or 0)
        if loss and loss < best then
          best, best_epoch, best_weights = loss, epochs, m.weights.W1:copy()
        end
      end
      assert.equal(best_epoch + 5, epochs)
      assert.equal(best, (m:evaluate(table.unpack(held))))
      assert.is_true(m.weights.W1:eq(best_weights):all())
      assert.is_true(rawequal(W1, m.weights.W1))
    end
  end)

  it("keeps the best weights where it is not early, too", function()
    local m, held = overfitted { patience = 1000 }
    local _, validation = m:fit { epochs = 100 }
    assert.equal(100, m.iteration)
    assert.equal(validation:min(), (m:evaluate(table.unpack(held))))
  end)

  it("begins anew with another training", function()
    local m = overfitted { patience = 3 }
    m:fit { epochs = 200 }
    local ended = m.iteration
    assert.is_true(ended < 200)
    m:fit { epochs = 200 }
    assert.is_true(m.iteration > ended and m.iteration < ended + 200)
  end)
end)

describe("resume = true", function()
  it("goes on to as many iterations as are given, counted from the beginning", function()
    local whole, parts = model { batch = 30 }, model { batch = 30 }
    whole:fit { iterations = 10, rate = 0.3, optimizer = "momentum" }
    for i in parts:steps { iterations = 10, rate = 0.3, optimizer = "momentum" } do
      if i == 4 then
        break
      end
    end
    local seen = {}
    for i in parts:steps { resume = true } do
      seen[#seen + 1] = i
    end
    assert.same({ 5, 6, 7, 8, 9, 10 }, seen)
    assert.is_true(same_bits(whole, parts))
    parts:fit { iterations = 12, resume = true }
    whole:fit { iterations = 2, rate = 0.3, optimizer = "momentum" }
    assert.is_true(same_bits(whole, parts))
    parts:fit { epochs = 4, resume = true }
    assert.equal(16, parts.iteration)
    raises_here("the training to be resumed has batch = 30, and not 20",
      function() parts:fit { epochs = 8, batch = 20, resume = true } end)
    parts:fit { iterations = 3, resume = true }
    assert.equal(16, parts.iteration)
  end)

  it("goes on with early stopping, with more patience or none", function()
    local g = pg.random(2)
    local x, y = g:randn(60, 10), g:randint(0, 3, 60)
    local held = { g:randn(60, 10), g:randint(0, 3, 60) }
    local function new()
      return pg.Model(x, y, { hidden = 20, seed = 1, optimizer = "adam", rate = 0.02,
        validation = held })
    end
    local m = new()
    m:fit { epochs = 60, patience = 1000 }
    local best = (select(2, m:history())):min()
    m:fit { epochs = 160, patience = 1000, resume = true }
    assert.equal(160, m.iteration)
    assert.equal(best, (m:evaluate(held[1], held[2])))

    m = new()
    m:fit { epochs = 100, patience = 2 }
    local stopped = m.iteration
    m:fit { epochs = 100, patience = 4, resume = true }
    assert.is_true(m.iteration >= stopped + 2 and m.iteration < 100)
    m:fit { epochs = 100, patience = false, resume = true }
    assert.equal(100, m.iteration)
    assert.equal((select(2, m:history()))[-1], (m:evaluate(held[1], held[2])))
  end)

  it("of a model that was never trained begins", function()
    local m = model()
    assert.equal(3, #m:fit { iterations = 3, resume = true })
  end)

  it("says so when there is nothing left to do", function()
    local text = said_by [[
      local pg = require "perigee"
      local m = pg.Model(pg.eye(3), { 0, 1, 2 }, { hidden = 2, seed = 0 })
      m:fit { iterations = 5, resume = true }
      print(#m:fit { iterations = 5, resume = true })
      for _ in m:steps { resume = true, progress = true } do error "not reached" end
      m:fit { iterations = 0 }
      m:fit { epochs = 50, patience = 2, validation = { pg.eye(3), { 1, 2, 0 } } }
      m:fit { epochs = 50, resume = true }
    ]]
    assert.equal([[
perigee: nothing left to do: the training has made 5 iterations, and was to make 5
0
perigee: nothing left to do: the training has made 5 iterations, and was to make 5
perigee: nothing left to do: the training stopped early after iteration 10 (it goes on with ]]
      .. "more patience, or patience = false)\n", text)
  end)
end)

describe("an interrupt", function()
  it("at any moment changes nothing of what a training ends in", function()
    local held = { data(5) }
    local path = os.tmpname() .. ".npz"
    local function options()
      return { epochs = 4, batch = 30, optimizer = "adam", validation = held, patience = 3,
        resume = true }
    end
    local whole, x, y = model()
    whole:fit(options())
    local instructions, count = 1, 0
    repeat
      local m = model()
      local hit = support.interrupted(instructions, function() m:fit(options()) end)
      if count % 2 == 0 then
        assert.is_true(m:save(path))
        m = assert(pg.Model.load(path, x, y))
      end
      m:fit(options())
      assert.is_true(same_bits(whole, m), "after " .. instructions)
      local _, expected = whole:history()
      local _, validation = m:history()
      assert.same(expected:tolist(), validation:tolist())
      instructions, count = instructions + 7, count + 1
    until not hit
    os.remove(path)
    assert.is_true(count > 100)
  end)
end)

describe("what is told again", function()
  local function held_out()
    local g = pg.random(2)
    local x, y = g:randn(60, 10), g:randint(0, 3, 60)
    local held = { g:randn(60, 10), g:randint(0, 3, 60) }
    return pg.Model(x, y, { hidden = 20, seed = 1, optimizer = "adam", rate = 0.02 }), held
  end

  it("without patience forgets what was best", function()
    local m, held = held_out()
    m:fit { iterations = 3, validation = held, patience = 5 }
    m:fit { resume = true, iterations = 6, rate = 2, patience = false, validation = false }
    local _, validation = m:fit { resume = true, iterations = 7, patience = 5, validation = held }
    assert.equal(validation[-1], (m:evaluate(held[1], held[2])))
  end)

  it("to end earlier than it is changes nothing", function()
    local m, held = held_out()
    for i in m:steps { iterations = 60, validation = held, patience = 99 } do
      if i == 40 then
        break
      end
    end
    local before = m.weights.W1:copy()
    m:fit { resume = true, iterations = 3 }
    assert.is_true(m.weights.W1:eq(before):all())
    assert.equal(20, #m:fit { resume = true })
  end)

  it("with validation begins with the next epoch", function()
    local m, held = held_out()
    m:fit { iterations = 5 }
    local _, validation = m:fit { resume = true, iterations = 8, validation = held }
    assert.equal(3, #validation)
    assert.equal(3, #select(2, m:history()))
  end)

  it("after a batch that failed takes its rows", function()
    local m, same = model { batch = 30 }, model { batch = 30 }
    assert.is_false(pcall(m.fit, m, { iterations = 1, rate = function() return 1e309 end }))
    assert.is_false(pcall(m.fit, m, { iterations = 1, optimizer = "rmsprop", rate = 1e308 }))
    m:fit { iterations = 1, batch = false }
    same:fit { iterations = 1, batch = false }
    assert.same(same:fit({ epochs = 1 }):tolist(), m:fit({ epochs = 1 }):tolist())
  end)
end)

describe("a model's iteration", function()
  it("is not to be set", function()
    local m = model()
    raises_here("a model's iteration is how many updates were made", function()
      m.iteration = 0
    end)
  end)
end)

describe("another training in the body of a loop", function()
  it("does not count as the loop's", function()
    local m, x, y = model()
    local seen = {}
    for i in m:steps { iterations = 3, validation = { x, y }, patience = 9 } do
      seen[#seen + 1] = i
      m:fit { iterations = 2, validation = { x, y } }
    end
    assert.same({ 1, 2, 3 }, seen)
    assert.equal(9, m.iteration)
    assert.equal(9, #select(2, m:history()))
    local first, second = m:steps { iterations = 3 }, m:steps { iterations = 3 }
    assert.same({ 1, 1, 2, 2, 3, 3 }, { (first(nil, 0)), (second(nil, 0)), (first(nil, 1)),
      (second(nil, 1)), (first(nil, 2)), (second(nil, 2)) })
  end)

  it("counts once in loops that resume the same training", function()
    local m, x, y = model()
    local path = os.tmpname() .. ".npz"
    local seen = {}
    for i in m:steps { iterations = 4 } do
      seen[#seen + 1] = i
      if i == 1 then
        for k in m:steps { iterations = 2, resume = true } do
          seen[#seen + 1] = k
          m:fit { iterations = 10 }
        end
      end
    end
    assert.same({ 1, 2, 2, 3, 4 }, seen)
    assert.is_true(m:save(path))
    assert(pg.Model.load(path, x, y))
    os.remove(path)
  end)

  it("does not take the place of the loop's", function()
    local m, x, y = model()
    local path = os.tmpname() .. ".npz"
    for i in m:steps { iterations = 20 } do
      if i == 5 then
        m:fit { iterations = 3 }
      elseif i == 10 then
        assert(m:save(path))
        break
      end
    end
    local loaded = assert(pg.Model.load(path, x, y))
    os.remove(path)
    loaded:fit { resume = true }
    assert.equal(23, loaded.iteration)
  end)
end)

describe("the history", function()
  it("has the losses of all updates", function()
    local m = model()
    assert.equal(0, #m:history())
    local first, second = m:fit { iterations = 3 }, m:fit { iterations = 2 }
    assert.same(pg.concat({ first, second }, 1):tolist(), m:history():tolist())
    assert.equal("float64", m:history().dtype)
  end)
end)

describe("weights", function()
  it("of which some share elements are trained as if they were written anew each time", function()
    local function train(touch)
      local x, y = data()
      local m = pg.Model(x:cols(1, 6), y, { hidden = { 6, 6 }, seed = 1 })
      m.weights.W2 = m.weights.W1
      local losses = {}
      for i = 1, 5 do
        losses[i] = m:fit({ iterations = 1, rate = 0.5 })[1]
        if touch then
          m.weights.W1[1] = m.weights.W1[1]
        end
      end
      return losses
    end
    assert.same(train(false), train(true))
  end)

  it("recover from a rate beyond what their dtype can hold, padding too", function()
    local x, y = data()
    for _, plan in ipairs { "dense", "sparse" } do
      local function new()
        return pg.Model(x, y, { hidden = 5, seed = 1, plan = plan })
      end
      local m = new()
      assert.is_false(pcall(m.fit, m, { iterations = 1, rate = 1e39 }))
      assert.same(new():fit({ iterations = 3 }):tolist(), m:fit({ iterations = 3 }):tolist())
    end
  end)

  it("that are none are told where they are used", function()
    local m, x, y = model()
    for _, wrong in ipairs { 5, pg.zeros(3), pg.zeros(7, 20) } do
      m.weights.W1 = wrong
      raises_here("W1", function() m:fit { iterations = 1 } end)
      raises_here("W1", function() m:predict(x) end)
      raises_here("W1", function() m:evaluate(x, y) end)
      raises_here("W1", function() m:save "never.npz" end)
    end
  end)

  it("are refused at the assignment where they are no table of arrays", function()
    local m = model()
    local weights = m.weights
    for _, wrong in ipairs { false, 5, pg.zeros(3), {}, { W1 = weights.W1 } } do
      raises_here("must be a", function() m.weights = wrong end)
    end
    raises_here("weights must be a table of arrays (W1, b1, W2, b2), not nil",
      function() m.weights = nil end)
    assert.equal(weights, m.weights)
  end)

  it("of a name or form that the model has not are told, with those that it has", function()
    local x, y = data()
    local path = os.tmpname() .. ".npz"
    local function uses(m)
      return function() m:fit { iterations = 1 } end, function() m:steps() end,
        function() m:predict(x) end, function() m:predict_proba(x) end,
        function() m:score(x, y) end, function() m:evaluate(x, y) end,
        function() m:summary() end, function() m:save(path) end
    end
    local function refused(text, name, value)
      local m = pg.Model(x, y, { hidden = 3, seed = 1 })
      local kept = pg.Model(x, y, { hidden = 3, seed = 1 })
      kept:save(path)
      for _, each in ipairs { m, (pg.Model.load(path, x, y)) } do
        each.weights[name] = value
        for _, f in ipairs { uses(each) } do
          raises_here(text, f)
        end
      end
      os.remove(path)
    end
    local inputs = x.shape[2]
    refused("'w1' is no weight of the model: there are W1, b1, W2, b2; did you mean 'W1'?", "w1",
      pg.zeros(3))
    refused("'W9' is no weight of the model: there are W1, b1, W2, b2", "W9", pg.zeros(3))
    refused(("W1 must have shape (3, %d) (float32), not (3,)"):format(inputs), "W1", pg.zeros(3))
    refused(("W1 must be an array of shape (3, %d) (float32), not 5"):format(inputs), "W1", 5)
    refused(("W1 must be an array of shape (3, %d) (float32), not nil"):format(inputs), "W1", nil)

    local m = pg.Model(x, y, { hidden = 3, seed = 1 })
    raises_here("has no 'W9'; it has W1, b1, W2, b2", function() return m.weights.W9 end)
    m.weights.W1 = pg.zeros(5, inputs, "float32")
    for _, f in ipairs { function() m:fit() end, function() m:predict(x) end,
      function() m:evaluate(x, y) end } do
      raises_here(("the model was made with W1 of shape (3, %d) (float32)"):format(inputs), f)
    end
    m.weights.W1:free()
    raises_here("W1 is an array that was freed", function() m:predict(x) end)
  end)
end)

describe("an optimizer", function()
  it("keeps what it remembers from one training to the next", function()
    for _, optimizer in ipairs(OPTIMIZERS) do
      local whole, parts = model { optimizer = optimizer }, model { optimizer = optimizer }
      whole:fit { iterations = 6 }
      parts:fit { iterations = 2 }
      parts:fit { iterations = 4 }
      assert.is_true(same_bits(whole, parts), optimizer)
    end
  end)

  it("begins anew after another", function()
    local m, fresh = model { optimizer = "adam" }, model()
    m:fit { iterations = 2, optimizer = "momentum" }
    fresh:fit { iterations = 2, optimizer = "momentum" }
    m:fit { iterations = 1, optimizer = "sgd", rate = 0.1 }
    fresh:fit { iterations = 1, rate = 0.1 }
    assert.is_true(same_bits(m, fresh))
  end)

  it("begins anew after a step that was not finite", function()
    local m = model { optimizer = "rmsprop" }
    m:fit { iterations = 3 }
    raises_here("iteration 1: the new W1 is not finite", function() m:fit { rate = 1e308 } end)
    assert.equal(3, m.iteration)
    local fresh = model { optimizer = "rmsprop" }
    for name, array in pairs(m.weights) do
      fresh.weights[name][{ {}, {} }] = array
    end
    assert.is_true(m:fit({ iterations = 3 }):eq(fresh:fit { iterations = 3 }):all())
  end)

  it("lets weights be that have no gradient, also with eps = 0", function()
    local x, y = data()
    x[":, 1:8"] = 0
    for _, optimizer in ipairs { "rmsprop", "adam" } do
      for _, plan in ipairs { "dense", "sparse" } do
        local m = pg.Model(x, y, { hidden = 5, seed = 1, optimizer = optimizer, plan = plan })
        local before = m.weights.W1:cols(1, 8):copy()
        m:fit { iterations = 5, eps = 0 }
        assert.is_true(m.weights.W1:cols(1, 8):eq(before):all())
      end
    end
  end)
end)
