-- The losses of built-in models, label smoothing and class weights.

local pg = require "perigee"

local support = dofile("tests/support.lua")
local raises_here, listen = support.raises_here, support.listen

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local curve = dofile(HERE .. "/../reference/curve.lua")
local torch_losses = dofile(HERE .. "/../reference/torch_losses.lua")

local LOSSES = { "cross_entropy", "binary_cross_entropy", "mse" }

local targets = torch_losses.targets()

--- A model of curve's data and one of the targets.
local function model(y, options)
  local told = { hidden = 16, activation = "tanh", seed = 0, dtype = "float64", scale = 1 / 255 }
  for name, value in pairs(options or {}) do
    told[name] = value
  end
  return pg.Model(curve.pixels(), targets[y], told)
end

--- What a model can be told about its loss, with the name of y.
local KINDS = {
  { "labels", { label_smoothing = 0.1 } },
  { "few", { class_weight = "balanced" } },
  { "labels", { label_smoothing = 0.2, class_weight = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } } },
  { "soft", {} },
  { "soft", { class_weight = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } } },
  { "odd", { loss = "binary_cross_entropy" } },
  { "odd", { loss = "binary_cross_entropy", class_weight = { 1, 3 }, label_smoothing = 0.1 } },
  { "likely", { loss = "binary_cross_entropy", class_weight = { 1, 3 } } },
  { "real", { loss = "mse" } },
  { "several", { loss = "mse" } },
}

local path

before_each(function()
  path = os.tmpname() .. ".npz"
end)

after_each(function()
  os.remove(path)
  os.remove((path:gsub("%.npz$", "")))
end)

--- The same options, and others with them.
local function with(options, others)
  local all = {}
  for name, value in pairs(options) do
    all[name] = value
  end
  for name, value in pairs(others) do
    all[name] = value
  end
  return all
end

describe("the first 60 losses", function()
  local limits = { float32 = 1e-5, float64 = 1e-10 }
  local cases = torch_losses.cases()

  for _, plan in ipairs { "dense", "sparse" } do
    it("are PyTorch's, of each loss with its options, in the plan " .. plan, function()
      for _, case in ipairs(cases) do
        local m = model(case.y, with(case.options, { plan = plan }))
        assert.equal(plan, (m:plan()))
        local cost = m:fit { iterations = #case.losses }
        local found = (cost - case.losses):abs():max()
        assert.is_true(found < limits[case.options.dtype], ("%s: %g"):format(case.name, found))
      end
    end)
  end

  it("are those of an own model with the same layers", function()
    local x = curve.pixels() / 255
    for _, case in ipairs(cases) do
      if case.options.dtype == "float64" and not case.options.batch then
        local w = model(case.y, case.options).weights
        local own = pg.Model(x, targets[case.y], {
          weights = { W1 = w.W1, b1 = w.b1, W2 = w.W2, b2 = w.b2 },
          forward = function(v, rows)
            return (rows:dot(v.W1.T) + v.b1):tanh():dot(v.W2.T) + v.b2
          end,
          loss = case.options.loss, label_smoothing = case.options.label_smoothing,
          class_weight = case.options.class_weight,
        })
        local cost = own:fit { iterations = 5, rate = case.options.rate }
        local found = (cost - case.losses["1:5"]):abs():max()
        assert.is_true(found < 1e-12, ("%s: %g"):format(case.name, found))
      end
    end
  end)
end)

describe("a loss", function()
  it("gives the same bits for 1, 2 and 8 threads, in both plans, of all rows and of batches",
    function()
      for _, kind in ipairs(KINDS) do
        for _, plan in ipairs { "dense", "sparse" } do
          for _, batch in ipairs { false, 100 } do
            support.assert_same_bits(function()
              local m = model(kind[1], with(kind[2], { plan = plan, batch = batch, rate = 0.02 }))
              local cost = m:fit { iterations = 8 }
              local loss, score = m:evaluate(curve.pixels(), targets[kind[1]])
              return { cost, m.weights.W1, m.weights.b2, m:predict(curve.pixels()),
                pg.array { loss, score } }
            end)
          end
        end
      end
    end)

  it("of an evaluation is that of a step with the same rows", function()
    for _, kind in ipairs(KINDS) do
      local m = model(kind[1], with(kind[2], { rate = 0.02 }))
      local loss = m:evaluate(curve.pixels(), targets[kind[1]])
      assert.is_true(pg.allclose(m:fit { iterations = 1 }[1], loss, 1e-13, 0))
    end
  end)

  it("has the validation loss of the same options", function()
    for _, kind in ipairs(KINDS) do
      local m = model(kind[1], with(kind[2], { rate = 0.02 }))
      local _, validation = m:fit {
        iterations = 3, validation = { curve.pixels(), targets[kind[1]] },
      }
      assert.equal(validation[3], (m:evaluate(curve.pixels(), targets[kind[1]])))
    end
  end)

  it("of plain labels is that of their one-hot rows, to the bit", function()
    local x, y = curve.pixels(), targets.labels
    local options = { hidden = 16, seed = 0, scale = 1 / 255 }
    local labels = pg.Model(x, y, options):fit { iterations = 20 }
    local rows = pg.Model(x, pg.onehot(y, 10), options):fit { iterations = 20 }
    assert.same(labels:tolist(), rows:tolist())
    local none = with(options, { label_smoothing = 0 })
    assert.same(labels:tolist(), pg.Model(x, y, none):fit({ iterations = 20 }):tolist())
  end)

  it("falls in a training that ends in a good model", function()
    local m = model("odd", { loss = "binary_cross_entropy", optimizer = "adam", rate = 0.01 })
    m:fit { epochs = 20, batch = 50 }
    assert.is_true(m:score(curve.pixels(), targets.odd) > 0.95)
    m = model("several", { loss = "mse", optimizer = "adam", rate = 0.01 })
    m:fit { epochs = 30, batch = 50 }
    assert.is_true(m:score(curve.pixels(), targets.several) > 0.9)
  end)

  it("that isn't finite raises and leaves the weights", function()
    local m = model("real", { loss = "mse" })
    raises_here("iteration 2: the loss is inf (a rate of 1e+300 may be too large", function()
      m:fit { rate = 1e300, iterations = 3 }
    end)
    assert.equal(1, m.iteration)
    for _, array in pairs(m.weights) do
      assert.is_true(array:isfinite():all())
    end
  end)
end)

describe("class weights", function()
  it("that are balanced are scikit-learn's", function()
    local expected = torch_losses.balanced()
    local m = model("few", { class_weight = "balanced" })
    local listed = model("few", { class_weight = expected:tolist() })
    assert.same(listed:fit({ iterations = 5 }):tolist(), m:fit({ iterations = 5 }):tolist())
  end)

  it("are given by the classes' names, and are 1 for others", function()
    local names = { "none", "one", "two", "more" }
    local named = model("few", { names = names, class_weight = { two = 5, none = 0.5 } })
    local listed = model("few", { class_weight = { 0.5, 1, 5, 1 } })
    assert.same(listed:fit({ iterations = 3 }):tolist(), named:fit({ iterations = 3 }):tolist())
  end)

  it("of all rows of a batch that are 0 raise", function()
    local x, y = pg.rand(10, 3), pg.array({ 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, "int32")
    local m = pg.Model(x, y, { seed = 0, class_weight = { 0, 1 } })
    raises_here("iteration 1: class_weight: the classes of all 1 rows have the weight 0", function()
      for _ in m:steps { batch = 1, iterations = 20 } do
        assert.equal(1, m.iteration)
      end
    end)
    raises_here("class_weight: the classes of all 2 rows have the weight 0", function()
      m:evaluate(x["1:2"], y["1:2"])
    end)
  end)
end)

describe("a model with binary_cross_entropy", function()
  local m, x

  before_each(function()
    m, x = model("odd", { loss = "binary_cross_entropy" }), curve.pixels()
    m:fit { iterations = 30, rate = 0.5 }
  end)

  it("has one output and two classes", function()
    assert.same({ 1, 16 }, table.move(m.weights.W2.shape, 1, 2, 1, {}))
    assert.equal(2, m.classes)
    assert.is_truthy(m:summary():find("    2      1  sigmoid             17", 1, true))
    assert.is_truthy(m:summary():find("loss       binary_cross_entropy\n", 1, true))
    assert.is_truthy(tostring(m):find("loss     binary_cross_entropy", 1, true))
  end)

  it("predicts class 1 where its score is above 0, with sigmoid as its probability", function()
    local a = (x * (1 / 255)):dot(m.weights.W1.T) + m.weights.b1
    local z = (a:tanh():dot(m.weights.W2.T) + m.weights.b2):reshape(-1)
    local p = m:predict_proba(x)
    assert.same({ 600, 2 }, table.move(p.shape, 1, 2, 1, {}))
    assert.is_true(p:cols(2, 2):reshape(-1):allclose(z:sigmoid(), 1e-12, 1e-14))
    assert.is_true(p:sum(2):allclose(1))
    local predicted = m:predict(x)
    assert.equal("int64", predicted.dtype)
    assert.same(z:gt(0):astype("int64"):tolist(), predicted:tolist())
    assert.same(pg.labels(p):tolist(), predicted:tolist())
  end)

  it("has reports, scores and confusion as others", function()
    local _, accuracy, confusion = m:evaluate(x, targets.odd)
    assert.equal(m:score(x, targets.odd), accuracy)
    assert.equal(600, confusion:sum())
    assert.equal(accuracy, m:report(x, targets.odd).accuracy)
    assert.same(m:evaluate(x, targets.odd), (m:evaluate(x, targets.odd:reshape(-1, 1))))
    assert.same(m:evaluate(x, targets.odd), (m:evaluate(x, targets.odd:eq(1))))
  end)

  it("evaluates probabilities, of which 0.5 and more are class 1", function()
    local loss, accuracy, confusion = m:evaluate(x, targets.likely)
    assert.is_true(loss > 0)
    assert.equal(accuracy, pg.accuracy(targets.likely:ge(0.5):astype "int64", m:predict(x)))
    assert.equal(accuracy, confusion:diag():sum() / 600)
  end)
end)

describe("a model with mse", function()
  local x = curve.pixels()

  it("predicts in y's form", function()
    local m = model("real", { loss = "mse" })
    assert.same({ 600 }, table.move(m:predict(x).shape, 1, 1, 1, {}))
    assert.equal(1, m:predict(x).ndim)
    m = model("several", { loss = "mse", dtype = "float32" })
    assert.same({ 600, 3 }, table.move(m:predict(x).shape, 1, 2, 1, {}))
    assert.equal("float32", m:predict(x).dtype)
  end)

  it("learns pictures, flattened", function()
    local pictures = pg.rand(20, 4, 5)
    local m = pg.Model(pictures, pictures, { loss = "mse", hidden = 6 })
    m:fit { iterations = 3 }
    assert.same({ 20, 20 }, table.move(m:predict(pictures).shape, 1, 2, 1, {}))
    local expected = ((m:predict(pictures) - pictures:reshape(20, -1)) ^ 2):mean()
    assert.is_true(pg.allclose((m:evaluate(pictures, pictures)), expected, 1e-5))
  end)

  it("has R² as its score, which evaluate gives, too", function()
    local m, y = model("several", { loss = "mse" }), targets.several
    m:fit { iterations = 20 }
    local residual = ((m:predict(x) - y) ^ 2):sum(1)
    local total = ((y - y:mean(1, true)) ^ 2):sum(1)
    local expected = (1 - residual / total):mean()
    assert.is_true(pg.allclose(m:score(x, y), expected, 1e-12))
    local loss, score, confusion = m:evaluate(x, y)
    assert.is_true(pg.allclose(loss, residual:sum() / 1800, 1e-12))
    assert.equal(m:score(x, y), score)
    assert.is_nil(confusion)
    assert.is_true(m:score(x:rows(1, 1), y:rows(1, 1)) ~= m:score(x:rows(1, 1), y:rows(1, 1)))
  end)

  it("sums R² of many rows in blocks", function()
    local g = pg.random(1)
    local many, y = g:rand(9000, 2), g:rand(9000) * 1e-3 + 1e4
    local m = pg.Model(many, y, { loss = "mse", dtype = "float64", seed = 0 })
    local residual = ((m:predict(many) - y) ^ 2):sum()
    local expected = 1 - residual / ((y - y:mean()) ^ 2):sum()
    assert.is_true(pg.allclose(m:score(many, y), expected, 1e-9))
  end)

  it("has no classes", function()
    local m = model("several", { loss = "mse" })
    assert.is_nil(m.classes)
    raises_here("report: the model has no classes", function()
      m:report(x, targets.several)
    end)
    raises_here("predict_proba: the model has no classes", function()
      m:predict_proba(x)
    end)
    assert.is_truthy(m:summary():find("data       600 rows of 49, 3 outputs\n", 1, true))
    assert.is_truthy(m:summary():find("    2      3  none", 1, true))
  end)
end)

describe("a file", function()
  it("keeps the loss and its options, and resumes in the same bits", function()
    for _, kind in ipairs(KINDS) do
      local y, options = targets[kind[1]], with(kind[2], { batch = 128, rate = 0.02 })
      local whole = model(kind[1], options)
      whole:fit { iterations = 12 }
      local first = model(kind[1], options)
      for i in first:steps { iterations = 12 } do
        if i == 7 then
          first:save(path)
          break
        end
      end
      local second = pg.Model.load(path, curve.pixels(), y)
      second:fit { resume = true }
      assert.same(whole:history():tolist(), second:history():tolist())
      for name, array in pairs(whole.weights) do
        assert.is_true(pg.array_equal(array, second.weights[name]), name)
      end
      assert.equal(tostring(whole), tostring(second))
      assert.equal(whole:evaluate(curve.pixels(), y), (second:evaluate(curve.pixels(), y)))
      local alone = pg.Model.load(path)
      alone:save(path)
      local again = pg.Model.load(path)
      assert.equal(tostring(alone), tostring(again))
      local x = curve.pixels()
      assert.same(alone:predict(x):tolist(), again:predict(x):tolist())
    end
  end)

  it("is not resumed with other targets", function()
    for _, name in ipairs { "real", "soft", "likely" } do
      local loss = ({ real = "mse", soft = "cross_entropy", likely = "binary_cross_entropy" })[name]
      local m = model(name, { loss = loss, rate = 0.01 })
      for i in m:steps { iterations = 5 } do
        if i == 2 then
          m:save(path)
          break
        end
      end
      local swapped = pg.range(1, 600)
      swapped[599], swapped[600] = 600, 599
      local y = targets[name]:take(swapped)
      local other = pg.Model.load(path, curve.pixels(), y)
      raises_here("the training to be resumed had other data", function()
        other:fit { resume = true }
      end)
    end
  end)

  it("of another loss is not restored", function()
    local function refuses(text, y, of_file, of_model)
      model(y, of_file):save(path)
      local m = model(y, of_model)
      local before = m.weights.W1:copy()
      raises_here(text, function() m:restore(path) end)
      assert.is_true(m.weights.W1:eq(before):all())
    end
    refuses("its label_smoothing is 0.1, and the model's is 0", "labels", { label_smoothing = 0.1 },
      {})
    refuses("its class weights are not the model's", "few", { class_weight = "balanced" }, {})
    refuses("its class weights are not the model's", "few", { class_weight = { 1, 1, 1, 2 } },
      { class_weight = { 1, 1, 1, 3 } })
    refuses("its loss is mse, and the model's is binary_cross_entropy", "odd", { loss = "mse" },
      { loss = "binary_cross_entropy" })
    local m = model("several", { loss = "mse" })
    m:save(path)
    m:fit { iterations = 2, rate = 0.01 }
    assert.is_true(m:restore(path))
    assert.equal(0, m.iteration)
  end)

  it("with class weights that are wrong is refused", function()
    local m = model("few", { class_weight = { 1, 2, 3, 4 } })
    m:save(path)
    local function members()
      local list, archive <close> = {}, assert(pg.load(path))
      for _, key in ipairs(archive:keys()) do
        list[key] = archive:get(key)
      end
      return list
    end
    local good = members()
    for text, weights in pairs {
      ["'class_weight' is no list of finite numbers"] = pg.array { 1, 2, -3, 4 },
      ["'class_weight' is no list of finite numbers, 0 or more, but int64"] =
        pg.array({ 1, 2, 3, 4 }, "int64"),
      ["class_weight has 3 numbers for 4 classes"] = pg.array { 1, 2, 3.0 },
    } do
      good.class_weight = weights
      pg.save(path, good)
      raises_here(text, function() pg.Model.load(path) end)
    end
  end)
end)

describe("a mistake in a loss", function()
  local x = curve.pixels()

  local function refuses(text, y, options)
    raises_here(text, function() pg.Model(x, targets[y] or y, options) end)
  end

  it("in its name or options raises", function()
    refuses("loss must be 'cross_entropy', 'binary_cross_entropy' or 'mse', or a function", "odd",
      { loss = "mae" })
    refuses("label_smoothing must be a finite number from 0 to 1, not 1.5", "odd",
      { label_smoothing = 1.5 })
    refuses("label_smoothing is of the cross-entropies, and the loss is mse", "real",
      { loss = "mse", label_smoothing = 0.1 })
    refuses("class_weight is of the cross-entropies, and the loss is mse", "real",
      { loss = "mse", class_weight = { 1 } })
    refuses("class_weight has 2 numbers for 10 classes", "labels", { class_weight = { 1, 2 } })
    refuses("class_weight must be 'balanced', or a table of finite numbers, 0 or more: a list of "
      .. "one for each class, or by the classes' names, not -1", "odd",
      { class_weight = { 1, -1 } })
    refuses("or by the classes' names, not much", "odd", { class_weight = { odd = "much" } })
    refuses("class_weight must be 'balanced', or", "odd", { class_weight = "even" })
    refuses("class_weight: there is no class 'ood'; did you mean 'odd'?", "odd",
      { class_weight = { ood = 2 }, names = { "even", "odd" } })
    refuses("class_weight has names of classes, and the model has none", "odd",
      { class_weight = { odd = 2 } })
    refuses("class_weight: 'balanced' needs rows of each class, and y has none of class 10",
      "labels", { class_weight = "balanced", classes = 11 })
    refuses("class_weight: 'balanced' needs labels, and y has probabilities", "soft",
      { class_weight = "balanced" })
    refuses("binary_cross_entropy has the 2 classes 0 and 1, and not 3", "odd",
      { loss = "binary_cross_entropy", classes = 3 })
    refuses("the loss mse has real targets, and no classes", "real", { loss = "mse", classes = 3 })
  end)

  it("in y raises with the row", function()
    refuses("y: row 3 is 2; binary_cross_entropy takes the labels 0 and 1, or probabilities",
      "labels", { loss = "binary_cross_entropy" })
    refuses("y must be labels 0 and 1 (rank 1) for binary_cross_entropy, not of shape (600, 10)",
      "soft", { loss = "binary_cross_entropy" })
    local y = targets.soft:copy()
    y[{ 7, 2 }] = 0.5
    refuses("y: row 7 is not one-hot: it must be zeros and a single one, or probabilities that add "
      .. "up to 1 (its sum is 1.5)", y, {})
    y = targets.several:copy()
    y[{ 4, 2 }] = 0 / 0
    refuses("y: row 4, column 2 is nan, and not finite", y, { loss = "mse" })
    y[{ 4, 2 }] = 1e200
    refuses("y: row 4, column 2 is 1e+200, and not finite in float32", y, { loss = "mse" })
    local m = model("several", { loss = "mse" })
    raises_here("y of shape (600,) has 1 numbers in a row, and the scores have 3", function()
      m:score(x, targets.real)
    end)
  end)

  it("has no warning on its way", function()
    for _, loss in ipairs(LOSSES) do
      assert.equal("", (listen(function()
        model("odd", { loss = loss }):fit { iterations = 1, rate = 0.01 }
      end)))
    end
  end)
end)
