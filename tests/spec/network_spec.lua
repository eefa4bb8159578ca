local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local curve = dofile(HERE .. "/../reference/curve.lua")

-- --- naive twins: the notebook's formulas on Lua tables -------------------------

local function zeros(rows, cols)
  local m = {}
  for i = 1, rows do
    m[i] = {}
    for j = 1, cols do
      m[i][j] = 0
    end
  end
  return m
end

--- a b^T
local function times_transposed(a, b)
  local out = zeros(#a, #b)
  for i = 1, #a do
    for j = 1, #b do
      for k = 1, #b[1] do
        out[i][j] = out[i][j] + a[i][k] * b[j][k]
      end
    end
  end
  return out
end

local function softmax(row)
  local most, sum, out = math.max(table.unpack(row)), 0, {}
  for j, z in ipairs(row) do
    out[j] = math.exp(z - most)
    sum = sum + out[j]
  end
  for j in ipairs(out) do
    out[j] = out[j] / sum
  end
  return out
end

local function sigmoid(row)
  local out = {}
  for j, z in ipairs(row) do
    out[j] = 1 / (1 + math.exp(-z))
  end
  return out
end

local function layers_of(w)
  local layers = 0
  while w["W" .. layers + 1] do
    layers = layers + 1
  end
  return layers
end

local function naive_forward(x, w)
  local below, a = x:tolist(), {}
  for l = 1, layers_of(w) do
    local b = w["b" .. l]:tolist()[1]
    local z = times_transposed(below, w["W" .. l]:tolist())
    for _, row in ipairs(z) do
      for j in ipairs(row) do
        row[j] = row[j] + b[j]
      end
    end
    for i, row in ipairs(z) do
      z[i] = w["W" .. l + 1] and sigmoid(row) or softmax(row)
    end
    a["A" .. l], below = z, z
  end
  return a
end

local function naive_loss(a, labels)
  local sum = 0
  for i, row in ipairs(a) do
    sum = sum - math.log(row[labels[i] + 1] + 1e-9)
  end
  return sum / #a
end

-- --- an experiment that is small -----------------------------------------------

local ROWS, INPUTS, CLASSES = 23, 7, 4

local function experiment(hidden, dtype)
  pg.seed(3)
  local x = pg.randn(ROWS, INPUTS):astype(dtype or "float64")
  local labels = pg.range(0, ROWS - 1) * 5 % CLASSES
  local w = pg.initialization(x, hidden, { classes = CLASSES })
  for l = 1, layers_of(w) do -- biases that are not 0
    w["b" .. l]:add_(pg.randn(1, w["b" .. l].size) * 0.1)
  end
  return x, labels, w
end

local function loss_of(x, labels, w)
  return pg.cross_entropy(pg.forward(x, w), labels)
end

--- (loss(w + h) - loss(w - h)) / 2h for one number of one array.
local function slope(x, labels, w, name, i, j)
  local h, array = 1e-6, w[name]
  local before = array:get(i, j)
  array:set(i, j, before + h)
  local above = loss_of(x, labels, w)
  array:set(i, j, before - h)
  local below = loss_of(x, labels, w)
  array:set(i, j, before)
  return (above - below) / (2 * h)
end

local NETWORKS = { one = 6, two = { 6, 5 } }

describe("labels in one column", function()
  it("are refused, saying how they become rank 1", function()
    local x, y = pg.rand(4, 2), pg.array { { 0 }, { 1 }, { 0 }, { 1 } }
    local w = pg.initialization(x, 3, { classes = 2 })
    local a = pg.forward(x, w)
    local raises_here = require("tests.support").raises_here
    for _, f in ipairs {
      function() return pg.accuracy(y, pg.zeros(4)) end,
      function() return pg.accuracy(pg.zeros(4), y) end,
      function() return { pg.onehot(y, 2) } end, function() return { pg.gradient(x, y, a, w) } end,
      function() return pg.cross_entropy(a, y) end, function() pg.Model(x, y) end,
    } do
      raises_here("(4, 1)", f)
      raises_here("y:reshape(-1)", f)
    end
  end)
end)

describe("initialization", function()
  it("draws as the notebook does, layer by layer", function()
    local x = pg.zeros(3, 6)
    pg.seed(5)
    local w = pg.initialization(x, 4, { classes = 2 })
    pg.seed(5)
    local W1 = pg.randn(4, 6) * math.sqrt(1 / 6)
    local W2 = pg.randn(2, 4) * math.sqrt(1 / 4)
    assert.is_true(w.W1:allclose(W1, 0, 0))
    assert.is_true(w.W2:allclose(W2, 0, 0))
    assert.same({ { 0, 0, 0, 0 } }, w.b1:tolist())
    assert.same({ 1, 2 }, w.b2.shape)
  end)

  it("has ten classes, and x's dtype if that is floating", function()
    assert.same({ 10, 3 }, pg.initialization(pg.zeros(2, 4), 3).W2.shape)
    assert.equal("float32", pg.initialization(pg.zeros(2, 4, "float32"), 3).W1.dtype)
    assert.equal("float64", pg.initialization(pg.zeros(2, 4, "uint8"), 3).W1.dtype)
    assert.equal("float32", pg.initialization(pg.zeros(2, 4), 3, { dtype = "float32" }).b1.dtype)
  end)

  it("draws in float64 and rounds", function()
    local x = pg.zeros(2, 5)
    local double = pg.initialization(x, 3, { random = pg.random(9) })
    local single = pg.initialization(x, 3, { random = pg.random(9), dtype = "float32" })
    assert.is_true(double.W1:astype("float32"):allclose(single.W1, 0, 0))
  end)

  it("takes a list of hidden widths", function()
    local w = pg.initialization(pg.zeros(2, 5), { 4, 3 }, { classes = 2 })
    assert.same({ { 4, 5 }, { 3, 4 }, { 2, 3 } }, { w.W1.shape, w.W2.shape, w.W3.shape })
  end)

  it("refuses what makes no network", function()
    local x = pg.zeros(2, 5)
    local function refuses(message, ...)
      local _, got = pcall(pg.initialization, ...)
      assert.matches(message, got, 1, true)
    end
    refuses("hidden must be an integer, 1 or more, not 0", x, 0)
    refuses("hidden must be an integer, 1 or more, not 2.5", x, 2.5)
    refuses("hidden must be an integer, 1 or more, not many", x, { 3, "many" })
    refuses("a list of 1 to 15", x, {})
    refuses("classes must be an integer, 1 or more, not 0", x, 3, { classes = 0 })
    refuses("dtype must be the name of a dtype, not 3", x, 3, { dtype = 3 })
    refuses("dtype must be the name of a dtype, not true", x, 3, { dtype = true })
    refuses("random must be a generator, as random(0) makes one, not 0", x, 3, { random = 0 })
    refuses("random must be a generator", x, 3, { random = pg.zeros(2) })
    refuses("unknown option 'clases'; there are activation, classes, dtype, random", x, 3,
      { clases = 3 })
    refuses("a network is float32 or float64, not int8", x, 3, { dtype = "int8" })
    refuses("not of shape (2, 5, 1)", x:reshape(2, 5, 1), 3)
    refuses("at least one unit", pg.zeros(2, 0), 3)
  end)
end)

describe("forward", function()
  it("agrees with its naive twin, on one and two hidden layers", function()
    for _, hidden in pairs(NETWORKS) do
      local x, _, w = experiment(hidden)
      local a, naive = pg.forward(x, w), naive_forward(x, w)
      for name, rows in pairs(naive) do
        assert.is_true(a[name]:allclose(rows, 1e-13, 1e-15), name)
      end
    end
  end)

  it("takes views that are not dense", function()
    local x, _, w = experiment(6)
    local wide = pg.zeros(ROWS * 2, INPUTS * 3)
    wide[{ { 1, -1, 2 }, { 1, -1, 3 } }] = x
    local strided, transposed = wide[{ { 1, -1, 2 }, { 1, -1, 3 } }], x.T:copy().T
    local A2 = pg.forward(x, w).A2
    assert.is_true(pg.forward(strided, w).A2:allclose(A2, 1e-13))
    assert.is_true(pg.forward(transposed, w).A2:allclose(A2, 1e-13))
    w.W1, w.b1 = w.W1.T:copy().T, w.b1["1, ::-1"]:copy()["::-1"]:reshape(1, -1)
    assert.is_true(pg.forward(x, w).A2:allclose(A2, 1e-13))
  end)

  it("promotes as NumPy does", function()
    local x, _, w = experiment(6, "float32")
    assert.equal("float32", pg.forward(x, w).A1.dtype)
    assert.equal("float64", pg.forward(x:astype("float64"), w).A2.dtype)
    assert.equal("float64", pg.forward(x:astype("int64"), w).A1.dtype)
  end)

  it("names both shapes that do not fit", function()
    local x, _, w = experiment(6)
    assert.error_matches(function() pg.forward(x:cols(1, 3), w) end,
      "x of shape (23, 3) does not fit W1 of shape (6, 7)", 1, true)
    w.W2 = pg.zeros(4, 5)
    assert.error_matches(function() pg.forward(x, w) end,
      "W2 of shape (4, 5) does not fit W1 of shape (6, 7)", 1, true)
    w.W2 = nil
    w.b1 = pg.zeros(1, 2)
    assert.error_matches(function() pg.forward(x, w) end,
      "b1 of shape (1, 2) does not fit W1 of shape (6, 7)", 1, true)
    w.b1 = "b"
    assert.error_matches(function() pg.forward(x, w) end,
      "b1 must be an array, not string", 1, true)
    assert.error_matches(function() pg.forward(x, {}) end,
      "W1 must be an array, not absent", 1, true)
  end)
end)

describe("cross_entropy", function()
  it("agrees with its naive twin, for labels and one-hot rows", function()
    local x, labels, w = experiment(6)
    local a = pg.forward(x, w)
    local naive = naive_loss(a.A2:tolist(), labels:tolist())
    assert.is_near(naive, pg.cross_entropy(a, labels), 1e-14)
    assert.is_near(naive, pg.cross_entropy(a.A2, pg.onehot(labels, CLASSES)), 1e-14)
  end)

  it("keeps away from log(0)", function()
    assert.is_near(-math.log(1e-9), pg.cross_entropy({ { 0, 1 } }, pg.array({ 0 }, "int64")), 1e-12)
  end)

  it("names what does not fit", function()
    local a = pg.ones(3, 4)
    assert.error_matches(function() pg.cross_entropy(a, pg.zeros(5)) end,
      "y of shape (5,) does not fit activations of shape (3, 4)", 1, true)
    assert.error_matches(function() pg.cross_entropy(a, pg.array { 0, 4, 1 }) end,
      "row 2 is 4", 1, true)
  end)

  it("is NaN, as NumPy has it, of scores that are no probabilities", function()
    for _, strange in ipairs { -0.5, -1e-8, 0 / 0, 1 / 0 } do
      local loss = pg.cross_entropy({ { strange, 0.5 } }, { 1 })
      assert.is_true(loss ~= loss)
    end
    assert.is_near(math.log(2), pg.cross_entropy({ { 0, 0.5 } }, { 1 }), 1e-8)
  end)

  it("and gradient raise for labels that do not fit, by row and value", function()
    local x = pg.random(0):rand(3, 4)
    local w = pg.initialization(x, 2, { classes = 3, random = pg.random(1) })
    local act = pg.forward(x, w)
    for value, text in pairs { [-1] = "-1", [0.5] = "0.5", [3] = "3", [1e300] = "1e+300" } do
      local message = ("row 2 is %s%s"):format(text, value == 0.5
        and "; labels are class numbers" or ", outside the 3 classes 0 to 2")
      local y = { 0, value, 1 }
      assert.error_matches(function() pg.cross_entropy(act, y) end, message, 1, true)
      assert.error_matches(function() pg.gradient(x, y, act, w) end, message, 1, true)
      assert.error_matches(function() pg.onehot(y, 3) end, message, 1, true)
    end
    for _, nan in ipairs { 0 / 0, -(0 / 0) } do
      assert.error_matches(function() pg.onehot({ 0, nan }, 3) end, "row 2 is nan", 1, true)
    end
    for _, y in ipairs { { { 0 }, { 1 }, { 2 } }, { { 0, 1, 2 } }, { 1 } } do
      assert.error_matches(function() pg.cross_entropy(act, y) end, "does not fit", 1, true)
      assert.error_matches(function() pg.gradient(x, y, act, w) end, "does not fit", 1, true)
    end
  end)
end)

describe("gradient", function()
  it("agrees with finite differences, on one and two hidden layers", function()
    for _, hidden in pairs(NETWORKS) do
      local x, labels, w = experiment(hidden)
      local g = pg.gradient(x, labels, pg.forward(x, w), w)
      for name, array in pairs(w) do
        for i = 1, array.shape[1] do
          for j = 1, array.shape[2] do
            assert.is_near(slope(x, labels, w, name, i, j), g["d" .. name]:get(i, j), 1e-8)
          end
        end
      end
    end
  end)

  it("takes labels and one-hot rows alike, and views", function()
    local x, labels, w = experiment(6)
    local a = pg.forward(x, w)
    local g = pg.gradient(x, labels, a, w)
    local hot = pg.gradient(x, pg.onehot(labels, CLASSES), a, w)
    local turned = pg.gradient(x.T:copy().T, labels, { A1 = a.A1.T:copy().T, A2 = a.A2 }, w)
    for name, array in pairs(g) do
      assert.is_true(array:allclose(hot[name], 0, 0), name)
      assert.is_true(array:allclose(turned[name], 1e-12, 1e-15), name)
    end
  end)

  it("stays in the activations' dtype", function()
    local x, labels, w = experiment(6, "float32")
    local g = pg.gradient(x, pg.onehot(labels, CLASSES), pg.forward(x, w), w)
    assert.equal("float32", g.dW1.dtype)
    assert.equal("float32", g.db2.dtype)
  end)

  it("and forward write into what an earlier call returned, where it fits", function()
    local x, w = pg.randn(30, 6), pg.initialization(pg.zeros(1, 6), 5, { classes = 3 })
    local y = pg.range(0, 29) % 3
    local a = pg.forward(x, w)
    local g = pg.gradient(x, y, a, w)
    local A1, dW1 = a.A1, g.dW1
    local expected_a = pg.forward(x * 2, w)
    local expected_g = pg.gradient(x * 2, y, expected_a, w)
    assert.equal(a, pg.forward(x * 2, w, a))
    assert.equal(g, pg.gradient(x * 2, y, a, w, g))
    assert.equal(A1, a.A1)
    assert.equal(dW1, g.dW1)
    for name, array in pairs(expected_a) do
      assert.is_true(array:eq(a[name]):min())
    end
    for name, array in pairs(expected_g) do
      assert.is_true(array:eq(g[name]):min())
    end
  end)

  it("and forward make anew what is absent, was freed, or is no array", function()
    local x, w = pg.randn(8, 6), pg.initialization(pg.zeros(1, 6), 6, { classes = 3 })
    local expected = pg.forward(x, w)
    local freed = pg.zeros(8, 3)
    freed:free()
    for _, out in ipairs { {}, { A2 = freed }, { A1 = x:copy(), A2 = "text" } } do
      pg.forward(x, w, out)
      assert.is_true(out.A1:eq(expected.A1):min() and out.A2:eq(expected.A2):min())
    end
    assert.error_matches(function() return freed.shape end, "freed")
    assert.has_error(function() pg.forward(x, w, 3) end)
  end)

  it("and forward refuse an array of another form, before anything is written", function()
    local x, w = pg.randn(3, 5), pg.initialization(pg.zeros(1, 5), 4, { classes = 2 })
    local y, a = pg.array { 0, 1, 0 }, pg.forward(x, w)
    local first = pg.full({ 3, 4 }, 7)
    for message, array in pairs {
      ["out.A2 of shape (3,) where (3, 2) is needed"] = pg.array { 1, 2, 3 },
      ["out.A2 of shape (2, 3) where (3, 2) is needed"] = pg.zeros(2, 3),
      ["out.A2 of shape (0, 2) where (3, 2) is needed"] = pg.zeros(0, 2),
      ["out.A2 of dtype float32 where float64 is needed"] = pg.zeros(3, 2, "float32"),
      ["out.A2 of dtype int64 where float64 is needed"] = pg.zeros(3, 2, "int64"),
      ["out.A2 is a view with gaps between its elements"] = pg.zeros(3, 4):cols(1, 2),
    } do
      local before, shape = array:copy(), tostring(array.shape)
      assert.error_matches(function() pg.forward(x, w, { A1 = first, A2 = array }) end,
        message, 1, true)
      assert.equal(shape, tostring(array.shape))
      assert.is_true(array:eq(before):all())
      assert.is_true(first:eq(7):all())
    end
    local dW1 = pg.full({ 4, 5 }, 7)
    assert.error_matches(function()
      pg.gradient(x, y, a, w, { dW1 = dW1, db1 = pg.zeros(4) })
    end, "out.db1 of shape (4,) where (1, 4) is needed", 1, true)
    assert.is_true(dW1:eq(7):all())
  end)

  it("and forward refuse results that share elements with each other or an input", function()
    local x, w = pg.randn(4, 4), pg.initialization(pg.zeros(1, 4), 4, { classes = 4 })
    local y, a, one = pg.range(0, 3), pg.forward(x, w), pg.zeros(4, 4)
    local before = x:copy()
    for message, call in pairs {
      ["out.A1 shares elements with x"] = function() pg.forward(x, w, { A1 = x }) end,
      ["out.A2 shares elements with W1"] = function() pg.forward(x, w, { A2 = w.W1 }) end,
      ["out.A2 shares elements with out.A1"] = function()
        pg.forward(x, w, { A1 = one, A2 = one })
      end,
      ["out.A2 shares elements with out.A1\n"] = function()
        local both = pg.zeros(6, 4)
        pg.forward(x, w, { A1 = both:rows(1, 4), A2 = both:rows(3, 6) })
      end,
      ["out.dW2 shares elements with A1"] = function() pg.gradient(x, y, a, w, { dW2 = a.A1 }) end,
      ["out.dW1 shares elements with y"] = function()
        local rows = pg.onehot(y, 4)
        pg.gradient(x, rows, a, w, { dW1 = rows })
      end,
      ["out.db2 shares elements with b1"] = function() pg.gradient(x, y, a, w, { db2 = w.b1 }) end,
      ["out.db1 shares elements with out.dW1"] = function()
        pg.gradient(x, y, a, w, { dW1 = one, db1 = one:rows(2, 2) })
      end,
    } do
      assert.error_matches(call, (message:gsub("\n", "")), 1, true)
    end
    assert.is_true(x:eq(before):all())
  end)

  it("and forward take neighbouring views of one array", function()
    local x, w = pg.randn(4, 4), pg.initialization(pg.zeros(1, 4), 4, { classes = 4 })
    local expected, both = pg.forward(x, w), pg.zeros(8, 4)
    pg.forward(x, w, { A1 = both:rows(1, 4), A2 = both:rows(5, 8) })
    assert.is_true(both:rows(1, 4):eq(expected.A1):all())
    assert.is_true(both:rows(5, 8):eq(expected.A2):all())
  end)

  it("and forward keep a weak table's results until they are in it", function()
    local x, w = pg.randn(4, 4), pg.initialization(pg.zeros(1, 4), 4, { classes = 4 })
    local out = setmetatable({}, { __mode = "v" })
    assert.equal(out, pg.forward(x, w, out))
  end)

  it("names what does not fit", function()
    local x, labels, w = experiment(6)
    local a = pg.forward(x, w)
    local short = { A1 = a.A1:rows(1, 3), A2 = a.A2 }
    assert.error_matches(function() pg.gradient(x, labels, short, w) end,
      "A1 of shape (3, 6) does not fit x of shape (23, 7)", 1, true)
    assert.error_matches(function() pg.gradient(x, labels:rows(1, 4), a, w) end,
      "y of shape (4,) does not fit activations of shape (23, 4)", 1, true)
    assert.error_matches(function() pg.gradient(x, labels, { A1 = a.A1 }, w) end,
      "A2 must be an array, not absent", 1, true)
    labels[3] = 4
    assert.error_matches(function() pg.gradient(x, labels, a, w) end, "row 3 is 4", 1, true)
  end)
end)

describe("update", function()
  it("steps down in place, and returns the weights", function()
    local x, labels, w = experiment(6)
    local g = pg.gradient(x, labels, pg.forward(x, w), w)
    local W1, expected = w.W1, w.W1 - 0.5 * g.dW1
    assert.equal(w, pg.update(w, g, 0.5))
    assert.equal(W1, w.W1)
    assert.is_true(W1:allclose(expected, 1e-15, 0))
  end)

  it("changes nothing when a shape does not fit", function()
    local x, labels, w = experiment(6)
    local g = pg.gradient(x, labels, pg.forward(x, w), w)
    local before = w.W1:copy()
    g.db2 = pg.zeros(1, 3)
    assert.error_matches(function() pg.update(w, g, 0.5) end,
      "db2 of shape (1, 3) does not fit b2 of shape (1, 4)", 1, true)
    assert.error_matches(function() pg.update(w, g, 0 / 0) end, "rate must be finite", 1, true)
    assert.is_true(w.W1:allclose(before, 0, 0))
  end)
end)

describe("accuracy", function()
  it("is the part that is equal, of any dtypes and tables", function()
    assert.equal(0.75, pg.accuracy({ 1, 2, 3, 4 }, { 1, 2, 3, 5 }))
    assert.equal(1, pg.accuracy(pg.array({ 1, 2 }, "uint8"), pg.array({ 1, 2 }, "int64")))
  end)

  it("wants two of one shape", function()
    assert.error_matches(function() pg.accuracy({ 1, 2 }, { { 1, 2 } }) end,
      "shapes (2,) and (1, 2) are not the same", 1, true)
    assert.error_matches(function() pg.accuracy(pg.zeros(0), pg.zeros(0)) end, "no labels", 1, true)
  end)

  it("wants labels: of one-hot rows most elements agree, however wrong they are", function()
    local y, other = pg.array { 0, 1, 2 }, pg.array { 1, 2, 0 }
    assert.error_matches(function() pg.accuracy(pg.onehot(y, 3), pg.onehot(other, 3)) end,
      "labels must be of rank 1, not of shape (3, 3) (labels gives those of one-hot rows)", 1, true)
    assert.equal(0, pg.accuracy(y, pg.labels(pg.onehot(other, 3))))
    assert.error_matches(function() pg.accuracy(y:reshape(-1, 1), y) end,
      "shapes (3, 1) and (3,) are not the same", 1, true)
  end)
end)

describe("the kernels", function()
  it("follow NumPy's curve within 1e-9", function()
    for _, name in ipairs { "one", "two" } do
      local x, labels = curve.pixels() / 255, curve.labels()
      local reference = curve.reference()
      pg.seed(0)
      local w = pg.initialization(x, curve.networks[name])
      for i = 1, curve.iterations do
        local a = pg.forward(x, w)
        assert.is_near(reference[name .. "_cost"][i], pg.cross_entropy(a, labels), 1e-9)
        pg.update(w, pg.gradient(x, labels, a, w), curve.rate)
      end
      for key, array in pairs(w) do
        assert.is_true(array:allclose(reference[name .. "_" .. key], 0, 1e-9), key)
      end
    end
  end)

  it("give the same bits for 1, 2 and 8 threads", function()
    pg.seed(4)
    local x, labels = pg.rand(1500, 40), pg.range(0, 1499) % 10
    local start = pg.initialization(x, 64)
    local first
    local before = pg.threads()
    for _, threads in ipairs { 1, 2, 8 } do
      pg.threads(threads)
      local a = pg.forward(x, start)
      local g = pg.gradient(x, labels, a, start)
      first = first or g
      for name, array in pairs(g) do
        assert.is_true(array:eq(first[name]):min(), name)
      end
    end
    pg.threads(before)
  end)
end)
