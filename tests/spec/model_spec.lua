local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local support = dofile(HERE .. "/../support.lua")
local curve = dofile(HERE .. "/../reference/curve.lua")

local ROWS, INPUTS, CLASSES = 60, 9, 4

local function data()
  pg.seed(11)
  return pg.randn(ROWS, INPUTS), pg.range(0, ROWS - 1) * 3 % CLASSES
end

local function model(options)
  local x, y = data()
  options = options or {}
  options.hidden, options.seed = options.hidden or 5, options.seed or 1
  options.dtype = options.dtype or "float64"
  return pg.Model(x, y, options), x, y
end

local function copy_of(weights)
  local copy = {}
  for name, array in pairs(weights) do
    copy[name] = array:copy()
  end
  return copy
end

local function same_bits(a, b)
  for name, array in pairs(a) do
    if not array:eq(b[name]):min() then
      return false
    end
  end
  return true
end

--- Raises, with that text in its message, which begins where this file called.
local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(text, message, 1, true)
  return message
end

local function raises_here(text, f)
  assert.matches("model_spec.lua:%d+: ", raises(text, f))
end

describe("a method called with a dot", function()
  it("says that a colon was meant", function()
    local m, x, y = model()
    raises_here("fit is a model's method: m:fit(...)", function() m.fit {} end)
    raises_here("steps is a model's method", function() m.steps {} end)
    raises_here("predict is a model's method", function() m.predict(x) end)
    raises_here("score is a model's method", function() m.score(x, y) end)
  end)
end)

describe("a step", function()
  it("is the notebook's kernels, fused", function()
    for _, hidden in ipairs { 5, { 6, 5 }, { 3, 4, 5 } } do
      local m, x, y = model { hidden = hidden }
      local w = copy_of(m.weights)
      for _, loss in m:steps { iterations = 5, rate = 0.7 } do
        local a = pg.forward(x, w)
        assert.is_near(pg.cross_entropy(a, y), loss, 1e-13)
        pg.update(w, pg.gradient(x, y, a, w), 0.7)
      end
      for name, array in pairs(w) do
        assert.is_true(array:allclose(m.weights[name], 0, 1e-12), name)
      end
    end
  end)

  it("agrees with finite differences", function()
    for _, hidden in ipairs { 5, { 6, 5 } } do
      local m, x, y = model { hidden = hidden }
      local before, h, rate = copy_of(m.weights), 1e-6, 1e-3
      m:fit { iterations = 1, rate = rate }
      for name, array in pairs(before) do
        local g = (array - m.weights[name]) / rate
        for j = 1, array.shape[2] do
          local value = array:get(1, j)
          array:set(1, j, value + h)
          local above = pg.cross_entropy(pg.forward(x, before), y)
          array:set(1, j, value - h)
          local below = pg.cross_entropy(pg.forward(x, before), y)
          array:set(1, j, value)
          assert.is_near((above - below) / (2 * h), g:get(1, j), 1e-7)
        end
      end
    end
  end)

  it("gives the same bits for 1, 2 and 8 threads", function()
    pg.seed(2)
    local x, y = pg.rand(3001, 33), pg.range(0, 3000) % 7
    local before, first = pg.threads(), {}
    for _, dtype in ipairs { "float32", "float64" } do
      for _, threads in ipairs { 1, 2, 8 } do
        pg.threads(threads)
        local m = pg.Model(x, y, { hidden = 21, seed = 3, dtype = dtype })
        local cost = m:fit { iterations = 3 }
        local labels = m:predict(x)
        local f = first[dtype] or { weights = m.weights, cost = cost, labels = labels }
        first[dtype] = f
        assert.is_true(same_bits(m.weights, f.weights))
        assert.is_true(cost:eq(f.cost):min() and labels:eq(f.labels):min())
      end
    end
    pg.threads(before)
  end)
end)

describe("the curve", function()
  local limits = { float64 = 1e-9, float32 = 1e-4 }

  it("is NumPy's", function()
    local reference, pixels = curve.reference(), curve.pixels()
    assert.equal(reference.pixels:item(), pixels:sum())
    for name, hidden in pairs(curve.networks) do
      for dtype, limit in pairs(limits) do
        local m = pg.Model(pixels, curve.labels(), {
          hidden = hidden, seed = 0, dtype = dtype, scale = 1 / 255,
        })
        local mark = 1
        for i, loss in m:steps { iterations = curve.iterations, rate = curve.rate } do
          assert.is_near(reference[name .. "_cost"][i], loss, limit)
          if i == reference.marks[mark] then
            local accuracy = m:score(pixels, curve.labels())
            assert.is_near(reference[name .. "_accuracy"][mark], accuracy, 1e-12)
            mark = mark + 1
          end
        end
        for key, array in pairs(m.weights) do
          assert.is_true(array:allclose(reference[name .. "_" .. key], 0, 100 * limit), key)
        end
      end
    end
  end)
end)

describe("Model", function()
  it("draws its weights as numpy.random.seed and the notebook do", function()
    local m, x = model { hidden = 5, seed = 8 }
    local w = pg.initialization(x, 5, { classes = CLASSES, random = pg.random(8) })
    assert.is_true(same_bits(w, m.weights))
  end)

  it("draws from the global generator without a seed", function()
    local x, y = data()
    pg.seed(6)
    local m = pg.Model(x, y, { hidden = 5, dtype = "float64" })
    local w = pg.initialization(x, 5, { classes = CLASSES, random = pg.random(6) })
    assert.is_true(same_bits(w, m.weights))
  end)

  it("has the notebook's defaults", function()
    local x, y = data()
    local m = pg.Model(x, y)
    assert.same({ 100, INPUTS }, m.weights.W1.shape)
    assert.same({ 1, 100 }, m.weights.b1.shape)
    assert.same({ CLASSES, 100 }, m.weights.W2.shape)
    assert.equal("float32", m.weights.W1.dtype)
    local cost = m:fit()
    assert.equal(1000, #cost)
    assert.equal("float64", cost.dtype)
    assert.is_true(cost[1000] < cost[1])
  end)

  it("counts classes by labels, columns or what it is told", function()
    local x, y = data()
    assert.equal(4, pg.Model(x, y).classes)
    assert.equal(6, pg.Model(x, pg.onehot(y, 6)).classes)
    assert.equal(12, pg.Model(x, y, { classes = 12 }).classes)
    assert.equal(1, pg.Model(x, pg.ones(ROWS, 1), { classes = 1 }).classes)
  end)

  it("keeps its classes", function()
    local m, x, y = model()
    raises_here("a model's classes are those that it was made with, and not to be set",
      function() m.classes = 5 end)
    assert.equal(4, m.classes)
    local path = os.tmpname() .. ".npz"
    m:save(path)
    local loaded = pg.Model.load(path)
    os.remove(path)
    raises_here("not to be set", function() loaded.classes = 5 end)
    assert.equal(4, loaded.classes)
    assert.same({ 4, 4 }, select(3, loaded:evaluate(x, y)).shape)
  end)

  it("learns the same from labels and one-hot rows of any dtype", function()
    local m, x, y = model()
    m:fit { iterations = 3 }
    for _, other in ipairs {
      pg.onehot(y, CLASSES), pg.onehot(y, CLASSES, "uint8"), y:astype("uint8"), y:astype("float32"),
    } do
      local twin = pg.Model(x, other, { hidden = 5, seed = 1, dtype = "float64" })
      twin:fit { iterations = 3 }
      assert.is_true(same_bits(m.weights, twin.weights))
    end
  end)

  it("flattens x, and takes any view and dtype of it", function()
    local m, x, y = model()
    m:fit { iterations = 3 }
    local wide = pg.zeros(2 * ROWS, 2 * INPUTS)
    wide[{ { 1, -1, 2 }, { 1, -1, 2 } }] = x
    for _, view in ipairs {
      x:reshape(ROWS, 3, 3), x.T:copy().T, wide[{ { 1, -1, 2 }, { 1, -1, 2 } }],
      x["::-1"]:copy()["::-1"],
    } do
      local twin = pg.Model(view, y, { hidden = 5, seed = 1, dtype = "float64" })
      twin:fit { iterations = 3 }
      for name, array in pairs(m.weights) do
        assert.is_true(array:allclose(twin.weights[name], 0, 1e-14))
      end
      assert.is_true(twin:predict(view):eq(m:predict(x)):min())
    end
  end)

  it("takes pixels as bytes with a scale, as others and as floats", function()
    local pixels, y = curve.pixels(), curve.labels()
    local function trained(x, scale)
      local m = pg.Model(x, y, { hidden = 8, seed = 1, dtype = "float64", scale = scale })
      m:fit { iterations = 4, rate = 0.5 }
      return m
    end
    local bytes = trained(pixels, 1 / 255)
    local columns = pg.zeros(#pixels, 2 * pixels.shape[2], "uint8")
    columns[{ {}, { 1, -1, 2 } }] = pixels
    for _, m in ipairs {
      trained(pixels / 255), trained(pixels:astype("int32"), 1 / 255),
      trained(pixels:astype("float64"), 1 / 255), trained(columns[{ {}, { 1, -1, 2 } }], 1 / 255),
      trained(pixels:reshape(-1, 7, 7), 1 / 255),
    } do
      for name, array in pairs(bytes.weights) do
        assert.is_true(array:allclose(m.weights[name], 0, 1e-13))
      end
    end
    assert.is_true(bytes:predict(pixels):eq(trained(pixels / 255):predict(pixels / 255)):min())
  end)

  it("trains on one row, one column, one hidden unit and one class", function()
    local m = pg.Model({ { 2 } }, { 0 }, { hidden = 1 })
    assert.equal(1, m.classes)
    assert.is_near(0, m:fit({ iterations = 2 })[2], 1e-6)
    assert.same({ 0 }, m:predict({ { 3 } }):tolist())
  end)
end)

describe("steps", function()
  it("run the body after each update, with the loss before it", function()
    local m, x, y = model()
    local before, seen = copy_of(m.weights), 0
    for i, loss in m:steps { iterations = 3, rate = 0.1 } do
      seen = seen + 1
      assert.equal(seen, i)
      assert.is_near(pg.cross_entropy(pg.forward(x, before), y), loss, 1e-14)
      assert.is_false(same_bits(before, m.weights))
      before = copy_of(m.weights)
    end
    assert.equal(3, seen)
  end)

  it("continue a training, and fit is their loop", function()
    local whole, parts = model(), model()
    local cost = whole:fit { iterations = 7 }
    local first, second = parts:fit { iterations = 3 }, {}
    for i, loss in parts:steps { iterations = 4 } do
      second[i] = loss
    end
    assert.is_true(same_bits(whole.weights, parts.weights))
    assert.same(cost:tolist(), pg.concat({ first, pg.array(second) }, 1):tolist())
  end)

  it("may be none at all", function()
    local m = model()
    local before = copy_of(m.weights)
    assert.equal(0, #m:fit { iterations = 0 })
    assert.is_true(same_bits(before, m.weights))
  end)

  it("read the weights anew: they are live", function()
    local m, x, y = model()
    m:fit { iterations = 2 }
    m.weights.W1:fill_(0)
    m.weights.b2 = pg.ones(1, CLASSES)
    local w = copy_of(m.weights)
    local cost = m:fit { iterations = 1 }
    local a = pg.forward(x, w)
    assert.is_near(pg.cross_entropy(a, y), cost[1], 1e-14)
    pg.update(w, pg.gradient(x, y, a, w), 0.1)
    assert.is_true(m.weights.b2:allclose(w.b2, 0, 1e-14))
    assert.is_true(m:predict(x):eq(pg.labels(pg.forward(x, w).A2)):min())
  end)
end)

describe("predict and score", function()
  it("give the most likely labels, and how many are right", function()
    local m, x, y = model()
    m:fit { iterations = 50, rate = 0.5 }
    local labels = m:predict(x)
    assert.equal("int64", labels.dtype)
    assert.is_true(labels:eq(pg.labels(pg.forward(x, m.weights).A2)):min())
    assert.equal(pg.accuracy(y, labels), m:score(x, y))
    assert.equal(m:score(x, y), m:score(x, pg.onehot(y, CLASSES)))
    assert.equal("float", math.type(m:score(x, y)))
  end)

  it("take one row, whose label is beyond the rows", function()
    local m, x, y = model()
    local row = x:rows(2, 2)
    assert.equal(3, y[2])
    assert.equal(m:predict(row)[1] == 3 and 1.0 or 0.0, m:score(row, { 3 }))
    assert.equal(m:score(row, { 3 }), select(2, m:evaluate(row, { 3 })))
    assert.equal(2, #m:fit { iterations = 2, validation = { row, { 3 } } })
  end)

  it("raise for a label that the model has no class for", function()
    local m, x, y = model()
    raises_here("labels: row 1 is 100, outside the 4 classes 0 to 3",
      function() m:score(x, y + 100) end)
    raises_here("labels: row 1 is 100, outside the 4 classes 0 to 3",
      function() m:evaluate(x, y + 100) end)
    raises_here("does not have one column for each of 4 classes",
      function() m:score(x, pg.onehot(y, 5)) end)
  end)
end)

describe("predict_proba", function()
  local function softmax_by_hand(m, x)
    local a = (x:dot(m.weights.W1.T) + m.weights.b1):sigmoid()
    local z = a:dot(m.weights.W2.T) + m.weights.b2
    local e = pg.exp(z - z:max(2, true))
    return e / e:sum(2, true)
  end

  it("is the softmax, in rows that add up to 1", function()
    for dtype, tolerance in pairs { float64 = 1e-14, float32 = 1e-6 } do
      local m, x = model { dtype = dtype }
      m:fit { iterations = 40, rate = 0.5 }
      local p = m:predict_proba(x)
      assert.equal(dtype, p.dtype)
      assert.same({ ROWS, CLASSES }, p.shape)
      assert.is_true(p:allclose(softmax_by_hand(m, x:astype(dtype)), 0, tolerance))
      assert.is_true(p:sum(2):allclose(1, 0, 4 * tolerance))
      assert.is_true(p:ge(0):all())
    end
  end)

  it("is the last activation of forward, and its largest is predict's label", function()
    for _, options in ipairs {
      {}, { hidden = { 6, 5 }, activation = { "relu", "tanh" } }, { dtype = "float32" },
      { plan = "sparse", dtype = "float32" }, { classes = 9 },
    } do
      local m, x = model(options)
      m:fit { iterations = 10 }
      local p = m:predict_proba(x)
      local a = pg.forward(x:astype(p.dtype), m.weights)
      local layers = type(options.hidden) == "table" and #options.hidden + 1 or 2
      assert.is_true(p:allclose(a["A" .. layers], 0, 1e-6))
      assert.is_true((p:argmax(2) - 1):eq(m:predict(x)):all())
    end
    local m, x = model()
    m.weights.W2:fill_(0) -- all are equally likely: the first of equals
    assert.is_true(m:predict_proba(x):eq(0.25):all())
    assert.is_true(m:predict(x):eq(0):all())
  end)

  it("flattens, scales and takes any view, dtype and table", function()
    local pixels, y = curve.pixels(), curve.labels()
    local m = pg.Model(pixels, y, { hidden = 8, seed = 1, dtype = "float64", scale = 1 / 255 })
    m:fit { iterations = 4, rate = 0.5 }
    local p = m:predict_proba(pixels)
    local wide = pg.zeros(#pixels, 2 * pixels.shape[2], "uint8")
    wide[{ {}, { 1, -1, 2 } }] = pixels
    for _, x in ipairs {
      pixels:reshape(#pixels, 7, 7), pixels:astype "float64", pixels:astype "int16",
      wide[{ {}, { 1, -1, 2 } }], pixels["::-1"]:copy()["::-1"], pixels:tolist(),
    } do
      assert.is_true(p:allclose(m:predict_proba(x), 0, 1e-13))
    end
    assert.is_true(p:allclose(pg.forward(pixels / 255, m.weights).A2, 0, 1e-13))
    local one = m:predict_proba(pixels:rows(3, 3))
    assert.same({ 1, m.classes }, one.shape)
    assert.is_true(one:allclose(p:rows(3, 3), 0, 1e-13))
  end)

  it("is 0 and 1 for scores that are far apart", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local m, x = model { dtype = dtype }
      m.weights.W2:fill_(0)
      for _, far in ipairs { 1e4, -1e4, 1e30 } do
        m.weights.b2[{ 1, 3 }] = far
        local p = m:predict_proba(x)
        assert.is_true(p:sum(2):allclose(1, 0, 1e-6))
        assert.equal(far > 0 and 1 or 0, p:cols(3, 3):max())
        assert.is_true(m:predict(x):eq(far > 0 and 2 or 0):all())
      end
    end
  end)

  it("has the same bits for any number of threads", function()
    local g = pg.random(5)
    local x, y = g:rand(3001, 33), pg.range(0, 3000) % 7
    for _, dtype in ipairs { "float32", "float64" } do
      local m = pg.Model(x, y, { hidden = 21, seed = 3, dtype = dtype })
      support.assert_same_bits(function() return { m:predict_proba(x), m:predict(x) } end)
    end
  end)

  it("raises as predict does", function()
    local m, x = model()
    local bad = x:copy()
    bad[{ 42, 7 }] = 0 / 0
    for _, name in ipairs { "predict", "predict_proba" } do
      raises_here(name .. " is a model's method", function() m[name](x) end)
      raises_here("(x expected, got no value)", function() m[name](m) end)
      raises_here("x must be an array, not nil", function() m[name](m, nil) end)
      raises_here("x of shape (0, 9) has no numbers", function() m[name](m, x:rows(1, 0)) end)
      raises_here("x of shape (60, 3) does not fit W1 of shape (5, 9)",
        function() m[name](m, x:cols(1, 3)) end)
      raises_here("x: row 42, column 7 is nan", function() m[name](m, bad) end)
    end
  end)

  it("raises, as predict and evaluate do, where weights give no finite probabilities", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local m, x, y = model { dtype = dtype, activation = "relu" }
      x = x:abs()
      local function expect(row)
        local text = ("x: row %d gets probabilities that are not finite"):format(row)
        raises_here(text, function() m:predict(x) end)
        raises_here(text, function() m:predict_proba(x) end)
        raises_here(text, function() m:score(x, y) end)
        raises_here(text, function() m:evaluate(x, y) end)
      end
      m.weights.W1:fill_(1)
      m.weights.W2:fill_(dtype == "float32" and 1e35 or 1e305)
      assert.is_true(m:predict(x):eq(0):all())
      x[57] = 1e6
      expect(57)
      m.weights.W2[{ 2, 2 }] = 0 / 0
      expect(1)
    end
  end)
end)

describe("a model's name", function()
  it("that there is not raises, and suggests what was meant", function()
    local m = model()
    raises_here("has no 'histroy'; did you mean 'history'?", function() return m.histroy end)
    raises_here("a model has no 'accuracy'", function() return m.accuracy end)
    raises_here("has no 'wieghts'; did you mean 'weights'?", function() return m.wieghts end)
    raises_here("a model has no '1'", function() return m[1] end)
    raises_here("pg.Model has no 'laod'", function() pg.Model.laod "m.npz" end)
  end)

  it("that nothing asks for cannot be set", function()
    local m = model()
    raises_here("a model has no field 'rate' that can be set: m:fit{rate = ...} takes it",
      function() m.rate = 5 end)
    raises_here("a model has no field 'iterations' that can be set: m:fit{iterations = ...}",
      function() m.iterations = 5 end)
    raises_here("a model has no field 'note' that can be set", function() m.note = "mine" end)
    m.weights = m.weights
    assert.is_table(m.weights)
  end)
end)

describe("a mistake", function()
  local x, y = data()

  it("in the options lists the known ones", function()
    raises_here("Model: unknown option 'hiden'; there are activation, alpha, batch, betas, "
      .. "class_weight, classes, comm, dampening, dropout, dtype, eps, forward, freeze, hidden, "
      .. "label_smoothing, loss, metric, min_delta, momentum, names, optimizer, patience, plan, "
      .. "rate, reduce, rows, scale, schedule, seed, state, validation, weight_decay, weights",
      function() pg.Model(x, y, { hiden = 3 }) end)
    local m = model()
    raises_here("steps: unknown option 'n_iter'; there are alpha, batch, betas, dampening, "
      .. "epochs, eps, iterations, metric, min_delta, momentum, optimizer, patience, progress, "
      .. "rate, resume, schedule, validation, weight_decay",
      function() m:steps { n_iter = 3 } end)
    raises_here("fit: options have names, as alpha = ..., and a list is none (its first element is "
      .. "100)", function() m:fit { 100 } end)
    raises_here("fit: options are a table, not a number", function() m:fit(100) end)
  end)

  it("in a value names it", function()
    raises_here("hidden must be an integer, 1 or more, not 0",
      function() pg.Model(x, y, { hidden = 0 }) end)
    raises_here("hidden must be an integer, 1 or more, not 2.5",
      function() pg.Model(x, y, { hidden = { 3, 2.5 } }) end)
    raises_here("hidden must be an integer, 1 or more, not ten",
      function() pg.Model(x, y, { hidden = "ten" }) end)
    raises_here("a list of 1 to 15", function() pg.Model(x, y, { hidden = {} }) end)
    raises_here("dtype must be 'float32' or 'float64', not 'int8'",
      function() pg.Model(x, y, { dtype = "int8" }) end)
    raises_here("seed must be an integer, 0 to 4294967295, not -1",
      function() pg.Model(x, y, { seed = -1 }) end)
    raises_here("scale must be a finite number, not inf",
      function() pg.Model(x, y, { scale = math.huge }) end)
    raises_here("classes must be an integer, 1 or more, not 0",
      function() pg.Model(x, y, { classes = 0 }) end)
    local m = model()
    for _, rate in ipairs { 0, -1, 1 / 0, 0 / 0, "fast" } do
      raises_here("rate must be a finite number above 0", function() m:fit { rate = rate } end)
    end
    for _, iterations in ipairs { -1, 1.5, "many" } do
      raises_here("iterations must be an integer, 0 or more",
        function() m:fit { iterations = iterations } end)
    end
    m:fit { iterations = 1 }
  end)

  it("of one row says how it becomes rows, and which shape was given", function()
    local pictures = pg.rand(4, 6, 5)
    local m = pg.Model(pictures, { 0, 1, 0, 1 }, { hidden = 2 })
    for shape, one in pairs { ["(6, 5)"] = pictures[1], ["(30,)"] = pictures[1]:reshape(-1) } do
      for _, f in ipairs { m.predict, m.predict_proba } do
        local worked, message = pcall(function() return { f(m, one) } end)
        assert.is_false(worked)
        assert.matches("x of shape " .. shape .. " is one row", message, 1, true)
        assert.matches("x:reshape(1, -1)", message, 1, true)
        assert.matches("x:rows(1)", message, 1, true)
      end
      for _, f in ipairs { m.score, m.evaluate } do
        raises_here("x:rows(1)", function() return { f(m, one, { 0 }) } end)
        raises_here("x of shape " .. shape, function() return { f(m, one, { 0 }) } end)
      end
    end
    raises_here("x of shape (2, 3, 4) does not fit W1 of shape (2, 30): it must be (rows, 30), "
      .. "and has 12 numbers in a row", function() m:predict(pg.zeros(2, 3, 4)) end)
    assert.equal(1, #m:predict(pictures:rows(1)))
  end)

  it("of an option that another function takes names that function", function()
    for _, name in ipairs { "epochs", "iterations", "resume", "progress" } do
      raises_here(("Model: unknown option '%s': it belongs to m:fit{%s = ...}"):format(name, name),
        function() pg.Model(x, y, { [name] = 3 }) end)
    end
    raises_here("Model: unknown option 'n_epochs': it belongs to m:fit{epochs = ...}",
      function() pg.Model(x, y, { n_epochs = 3 }) end)
    local m = model()
    for _, name in ipairs { "hidden", "activation", "seed", "dtype", "classes", "scale", "plan" } do
      raises_here(("fit: unknown option '%s': it belongs to pg.Model(x, y, {%s = ...})"):format(
        name, name), function() m:fit { [name] = 3 } end)
    end
    raises_here("steps: unknown option 'units': it belongs to pg.Model(x, y, {hidden = ...})",
      function() m:steps { units = 3 } end)
  end)

  it("in the shapes names both", function()
    raises_here("x of shape (60, 9) and y of shape (59,) do not have as many rows",
      function() pg.Model(x, y:rows(1, 59)) end)
    raises_here("x of shape (0, 9) has no numbers",
      function() pg.Model(pg.zeros(0, 9), pg.zeros(0)) end)
    raises_here("rank 2), not of shape (60, 1, 1)",
      function() pg.Model(x, y:reshape(-1, 1, 1)) end)
    raises_here("y of shape (60, 4) does not have one column for each of 5 classes",
      function() pg.Model(x, pg.onehot(y, 4), { classes = 5 }) end)
    raises_here("bad argument #1 to 'Model' (x expected, got no value)",
      function() pg.Model() end)
    raises_here("bad argument #2 to 'Model' (y expected, got no value)",
      function() pg.Model(x) end)
    raises_here("x must be an array, not nil", function() pg.Model(nil, nil) end)
    raises_here("y must be an array, not userdata", function() pg.Model(x, io.stdout) end)
    local m = model()
    raises_here("x of shape (60, 3) does not fit W1 of shape (5, 9)",
      function() m:predict(x:cols(1, 3)) end)
    raises_here("x of shape (60, 3) does not fit W1 of shape (5, 9)",
      function() m:score(x:cols(1, 3), y) end)
    raises_here("x of shape (60, 9) and y of shape (10,) do not have as many rows",
      function() m:score(x, y:rows(1, 10)) end)
    assert.is_true(m:score(x, y) >= 0)
  end)

  it("in the labels names row, value and range", function()
    local function with(value)
      local labels = y:astype("float64")
      labels[17] = value
      return labels
    end
    raises_here("row 17 is 9, outside the 4 classes 0 to 3",
      function() pg.Model(x, with(9), { classes = 4 }) end)
    raises_here("row 17 is -1", function() pg.Model(x, with(-1)) end)
    raises_here("row 17 is 1.5", function() pg.Model(x, with(1.5)) end)
    raises_here("row 17 is", function() pg.Model(x, with(0 / 0)) end)
    local hot = pg.onehot(y, 4)
    hot[{ 17, 1 }] = 0.5
    raises_here("row 17 is not one-hot", function() pg.Model(x, hot) end)
    hot:rows(17, 17):fill_(0)
    raises_here("row 17 is not one-hot", function() pg.Model(x, hot) end)
    hot:rows(17, 17):fill_(1)
    raises_here("row 17 is not one-hot", function() pg.Model(x, hot) end)
  end)

  it("in labels of more classes than rows names the largest, unless classes are given", function()
    for _, dtype in ipairs { "float64", "int64", "uint16" } do
      local labels = y:astype(dtype)
      labels[17] = 60
      raises_here("y: the largest label is 60, in row 17, where there are 60 rows; give "
        .. "classes = 61 if it is meant", function() pg.Model(x, labels) end)
      labels[23] = 784
      raises_here("y: the largest label is 784, in row 23, where there are 60 rows; give "
        .. "classes = 785 if it is meant", function() pg.Model(x, labels) end)
      assert.equal(785, pg.Model(x, labels, { classes = 785 }).classes)
      labels:fill_(59)
      assert.equal(60, pg.Model(x, labels).classes)
    end
    raises_here("the largest label is 1, in row 1, where there are 1 rows",
      function() pg.Model({ { 2, 3 } }, { 1 }) end)
    assert.equal(90, pg.Model(x, pg.onehot(y, 90)).classes)
    local path, m = os.tmpname() .. ".npz", model()
    m:save(path)
    assert.equal(4, pg.Model.load(path, x:rows(2, 2), { 3 }).classes)
    os.remove(path)
  end)

  it("in the order of x and y, or labels of one column, says what was meant", function()
    local m = model()
    local swapped = "(x of shape (60,) looks like labels: x comes first, then y)"
    raises_here(swapped, function() pg.Model(y, x) end)
    raises_here(swapped, function() pg.Model(y, x:reshape(-1, 3, 3)) end)
    raises_here(swapped, function() m:score(y, x) end)
    raises_here(swapped, function() m:evaluate(y, x) end)
    local column = "y of shape (60, 1) is one column: labels have rank 1, as y:reshape(-1) has"
    raises_here(column .. " (classes = 1 says that there is one class)",
      function() pg.Model(x, y:reshape(-1, 1)) end)
    raises_here(column, function() pg.Model(x, pg.ones(ROWS, 1)) end)
    raises_here(column, function() m:score(x, y:reshape(-1, 1)) end)
    raises_here(column, function() m:evaluate(x, y:reshape(-1, 1)) end)
    raises_here("validation: " .. column,
      function() m:fit { validation = { x, y:reshape(-1, 1) } } end)
  end)

  it("in the data names row, column and value", function()
    local m = model()
    for _, strange in ipairs { 1 / 0, -1 / 0, 0 / 0 } do
      local bad = x:copy()
      bad[{ 42, 7 }] = strange
      local value = ("%g"):format(strange):gsub("^%-nan", "nan")
      value = strange ~= strange and "nan" or value
      raises_here("x: row 42, column 7 is ", function() pg.Model(bad, y) end)
      raises(value, pg.Model, bad, y)
      raises_here("x: row 42, column 7 is ", function() m:predict(bad) end)
      raises_here("x: row 42, column 7 is ", function() m:score(bad, y) end)
      raises_here("x: row 42, column 7 is ",
        function() pg.Model(bad.T:copy().T, y, { scale = 2 }) end)
    end
    local large = x:copy()
    large[{ 3, 2 }] = 1e300
    raises_here("x: row 3, column 2 is 1e+300, which is beyond float32",
      function() pg.Model(large, y) end)
    pg.Model(large, y, { dtype = "float64" })
    assert.is_true(m:score(x, y) >= 0)
  end)

  it("in the weights is told at the next step", function()
    local m = model()
    m.weights.W2 = pg.zeros(4, 6)
    raises_here("iteration 1: W2 of shape (4, 6) does not fit W1 of shape (5, 9)",
      function() m:fit { iterations = 2 } end)
    m.weights.W2 = pg.zeros(4, 5, "float32")
    raises_here("W2 is float32 where W1 is float64", function() m:fit() end)
    m.weights = pg.initialization(x, 6, { classes = 4 })
    raises_here("the weights are 9-6-4 (float64), but training began with 9-5-4 (float64)",
      function() m:fit() end)
    m.weights = pg.initialization(x, 5, { classes = 4 })
    m:fit { iterations = 1 }
  end)
end)

describe("a training that diverges", function()
  it("names the iteration and keeps the last finite weights", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local m, x, y = model { dtype = dtype }
      local rate = dtype == "float32" and 3e38 or 1.7e308
      local last, reached = copy_of(m.weights), 0
      local message = raises("weights left as they were after iteration", function()
        for i in m:steps { iterations = 100, rate = rate } do
          last, reached = copy_of(m.weights), i
        end
      end)
      assert.matches("model_spec.lua:%d+: iteration " .. reached + 1 .. ": ", message)
      assert.matches("after iteration " .. reached, message, 1, true)
      assert.is_true(same_bits(last, m.weights))
      for _, array in pairs(m.weights) do
        assert.is_true(array:abs():max() < math.huge)
      end
      m.weights = pg.initialization(x, 5, { classes = CLASSES, dtype = dtype })
      m:fit { iterations = 5 }
      assert.is_true(m:score(x, y) >= 0)
    end
  end)

  it("says so of a loss that is not a number", function()
    local m = model()
    m.weights.W2[{ 1, 1 }] = 0 / 0
    local before = m.weights.W1:copy()
    raises_here("iteration 1: the loss is nan (a rate of 0.1 may be too large",
      function() m:fit { iterations = 3 } end)
    assert.is_true(m.weights.W1:eq(before):min())
  end)
end)

describe("memory", function()
  it("goes with the model", function()
    local x, y = data()
    local function trained()
      pg.Model(x, y, { hidden = 50 }):fit { iterations = 1 }
    end
    trained()
    local before = support.live_bytes()
    for _ = 1, 5 do
      trained()
    end
    pcall(pg.Model, x, y, { classes = 2 })
    assert.equal(before, support.live_bytes())
  end)
end)

describe("a model's card", function()
  it("tells layers, training and data", function()
    local m, x, y = model()
    assert.equal("Model 9-5-4, sigmoid, float64: 74 weights\n  trained  not yet\n"
      .. "  data     60 rows, dense plan", tostring(m))
    m:fit { iterations = 3, rate = 0.5 }
    assert.equal(("Model 9-5-4, sigmoid, float64: 74 weights\n  trained  3 iterations (sgd, rate "
      .. "0.5, all rows), loss %.4g\n  data     60 rows, dense plan"):format(m:history()[3]),
      tostring(m))
    m:fit { iterations = 1, validation = { x, y } }
    assert.matches("4 iterations .*, loss %S+, validation %S+\n", tostring(m))
  end)

  it("tells the scale of x, where there is one", function()
    local m, x, y = model { scale = 1 / 255 }
    assert.matches("\n  data     60 rows, dense plan\n  scale    x times 0.003922$", tostring(m))
    assert.matches("\nscale      x times 0.003922\n", m:summary(), 1, true)
    local path = os.tmpname() .. ".npz"
    m:save(path)
    assert.matches("\n  data     none\n  scale    x times 0.003922$",
      tostring(pg.Model.load(path)))
    os.remove(path)
    assert.matches("x times 2$", tostring(pg.Model(x, y, { scale = 2 })))
    for _, options in ipairs { {}, { scale = 1 } } do
      m = model(options)
      assert.not_matches("scale", tostring(m) .. m:summary())
    end
  end)

  it("tells the activations of hidden layers that differ", function()
    local x, y = data()
    local m = pg.Model(x, y, { hidden = { 300, 200 }, activation = { "relu", "tanh" } })
    assert.matches("^Model 9%-300%-200%-4, relu%-tanh, float32: 64,004 weights\n", tostring(m))
  end)

  it("is had of a model without data, and of one whose weights are gone", function()
    local path = os.tmpname() .. ".npz"
    assert(model():save(path))
    local loaded = assert(pg.Model.load(path))
    os.remove(path)
    assert.matches("\n  data     none$", tostring(loaded))
    loaded.weights.W2:free()
    assert.matches("^Model: its weights do not fit each other\n", tostring(loaded))
    loaded.weights.W1 = nil
    assert.matches("^Model: its weights do not fit each other\n", tostring(loaded))
  end)

  it("of the class tells how to make one", function()
    assert.matches("^Model: pg.Model%(x, y, options%) makes one", tostring(pg.Model))
  end)
end)
