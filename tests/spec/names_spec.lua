-- The names of a model's classes, its report, and validation by a fraction of the rows.

local pg = require "perigee"

local support = dofile "tests/support.lua"

local raises_here = support.raises_here

local NAMES = { "setosa", "versicolor", "a name\nwith é" }

local x, y, path

before_each(function()
  y = pg.range(0, 59) % 3
  x = pg.randn(60, 4) + y:reshape(-1, 1)
  path = os.tmpname()
  os.remove(path)
  path = path .. ".npz"
end)

after_each(function()
  os.remove(path)
end)

local function model(options)
  options = options or {}
  options.hidden, options.seed = 5, 0
  return pg.Model(x, y, options)
end

describe("names", function()
  it("give the classes, and stand in the model's text", function()
    local m = model { names = NAMES }
    assert.same(NAMES, m.names)
    assert.equal("setosa", m.names[y[1] + 1])
    assert.equal("int64", m:predict(x).dtype)
    assert.matches("classes  setosa, versicolor, a name%?with é", tostring(m))
    assert.matches("\nnames      setosa, versicolor, a name%?with é\n", m:summary())
    assert.equal(4, model { names = { "a", "b", "c", "d" } }.classes)
    assert.same({ "3", "4", "5.5" }, model { names = { 3, 4, 5.5 } }.names)
    assert.is_nil(model().names)
  end)

  it("are the model's own copy, and not to be set", function()
    local names = { "a", "b", "c" }
    local m = model { names = names }
    names[1] = "other"
    m.names[2], m:report(x, y).names[3] = "a", "a" -- a file with a name twice is refused
    assert.same({ "a", "b", "c" }, m.names)
    m:save(path)
    assert.same({ "a", "b", "c" }, pg.Model.load(path).names)
    raises_here("a model's names are those that it was made with", function() m.names = names end)
  end)

  it("must fit", function()
    raises_here("there are 2 names for 3 classes", function()
      model { names = { "a", "b" }, classes = 3 }
    end)
    raises_here("2", function() model { names = { "a", "b" } } end)
    for _, wrong in ipairs { { "a", "a" }, { "a", true }, { "a\0", "b", "c" }, {}, "a" } do
      raises_here("names must be a list of the classes' names", function()
        model { names = wrong }
      end)
    end
    raises_here("zero bytes, not one with 'a' twice", function()
      model { names = { "a", "b", "a" } }
    end)
    raises_here("y is a list of texts, and labels are numbers from 0", function()
      pg.Model(x, NAMES, { names = NAMES })
    end)
    raises_here("Model: options have names, as activation = ..., and a list is none (its first "
      .. "element is setosa)", function() pg.Model(x, y, NAMES) end)
    raises_here("did you mean 'names'?", function() model { target_names = NAMES } end)
    raises_here("does not have one column for each of 4 classes", function()
      pg.Model(x, pg.onehot(y, 3), { names = { "a", "b", "c", "d" } })
    end)
  end)

  it("stand in the confusion matrix and its plot", function()
    local m = model { names = { "ant", "bee", "cow" } }
    local _, _, confusion = m:evaluate(x, y)
    local text = tostring(confusion)
    assert.matches("^     ant  bee  cow\nant  +%d+ +%d+ +%d+\nbee", text)
    assert.matches("\nint64 %(3, 3%)$", text)
    assert.equal(60, confusion:sum())
    local file = path .. ".svg"
    if pg.plot { z = confusion, file = file } then
      local svg <close> = assert(io.open(file))
      assert.matches("bee", svg:read "a")
      os.remove(file)
    end
    local _, _, plain = model():evaluate(x, y)
    assert.matches("^%[%[", tostring(plain))
  end)

  it("are saved and loaded", function()
    local m = model { names = NAMES }
    m:save(path)
    assert.same(NAMES, pg.Model.load(path).names)
    m:fit { iterations = 2 }
    m:restore(path)
    assert.same(NAMES, m.names)
    raises_here("its classes have other names", function()
      model { names = { "a", "b", "c" } }:restore(path)
    end)
    model():save(path)
    assert.is_nil(pg.Model.load(path).names)
  end)

  it("that a damaged file has raise", function()
    local m = model { names = { "a", "b", "c" } }
    m:save(path)
    local members = pg.load(path):load()
    local function refused(names, message)
      members.names = names
      pg.save(path, members)
      raises_here(message, function() pg.Model.load(path) end)
    end
    refused(pg.array({ 97, 0, 98 }, "uint8"), "'names' has 2 names, and there are 3 classes")
    refused(pg.array({ 97, 0, 98, 0, 97 }, "uint8"), "'names' has a name twice")
    refused(pg.array { 97 }, "'names' is no text")
  end)
end)

describe("a report", function()
  local FIXED = { -- of a model that predicts these, by scikit-learn's classification_report
    labels = { 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2 },
    predicted = { 0, 0, 1, 2, 1, 1, 0, 2, 2, 2, 2, 0 },
    text = "              precision    recall  f1-score   support\n\n"
      .. "         ant       0.50      0.50      0.50         4\n"
      .. "  bumble bee       0.67      0.67      0.67         3\n"
      .. "         cow       0.80      0.80      0.80         5\n\n"
      .. "    accuracy                           0.67        12\n"
      .. "   macro avg       0.66      0.66      0.66        12\n"
      .. "weighted avg       0.67      0.67      0.67        12\n",
  }

  --- The confusion matrix of labels and predictions.
  local function confusion_of(labels, predicted)
    local counts = pg.zeros(3, 3, "int64")
    for i, label in ipairs(labels) do
      counts[{ label + 1, predicted[i] + 1 }] = counts[{ label + 1, predicted[i] + 1 }] + 1
    end
    return counts
  end

  it("prints as scikit-learn's, and has its numbers as fields", function()
    local report = require("perigee.model.classification").report
    local r = report(confusion_of(FIXED.labels, FIXED.predicted), { "ant", "bumble bee", "cow" })
    assert.equal(FIXED.text, tostring(r))
    assert.same({ 4, 3, 5 }, r.support:tolist())
    assert.is_true(r.precision:allclose { 0.5, 2 / 3, 0.8 })
    assert.equal(8 / 12, r.accuracy)
    assert.is_true(math.abs(r.weighted.f1 - (4 * 0.5 + 3 * 2 / 3 + 5 * 0.8) / 12) < 1e-15)
    raises_here("did you mean 'precision'?", function() return r.precison .. "" end)
    raises_here("a report has no 'f1_score'; it has names, precision, recall, f1, support, "
      .. "accuracy, macro, weighted, confusion; did you mean 'f1'?", function()
      return r.f1_score .. ""
    end)
    raises_here("an average has no 'f1-score'; it has precision, recall, f1, support; did you "
      .. "mean 'f1'?", function() return r.macro["f1-score"] .. "" end)
  end)

  it("has 0 for fractions of no rows", function()
    local report = require("perigee.model.classification").report
    local r = report(confusion_of({ 0, 0, 1 }, { 0, 0, 0 }))
    assert.same({ 2 / 3, 0, 0 }, r.precision:tolist())
    assert.same({ 1, 0, 0 }, r.recall:tolist())
    assert.same({ "0", "1", "2" }, r.names)
    assert.equal(3, r.macro.support)
  end)

  it("is of a model's rows", function()
    local m = model { names = { "a", "b", "c" } }
    m:fit { iterations = 20 }
    local r = m:report(x, y)
    assert.equal(m:score(x, y), r.accuracy)
    assert.same(m.names, r.names)
    assert.same(select(3, m:evaluate(x, y)):tolist(), r.confusion:tolist())
    m:save(path)
    assert.equal(tostring(r), tostring(pg.Model.load(path):report(x, y)))
  end)
end)

describe("validation = 0.1", function()
  local function same(a, b)
    for _, name in ipairs { "W1", "b1", "W2", "b2" } do
      assert.is_true(a.weights[name]:array_equal(b.weights[name]))
    end
  end

  it("trains as with the rows that pg.split gives", function()
    local x_train, x_test, y_train, y_test = pg.split(x, y, { test = 0.1, seed = 0 })
    for _, batch in ipairs { false, 7 } do
      local m = model { validation = 0.1, batch = batch }
      local cost, validation = m:fit { epochs = 3 }
      local other = pg.Model(x_train, y_train, { hidden = 5, seed = 0, batch = batch,
        validation = { x_test, y_test } })
      local cost_2, validation_2 = other:fit { epochs = 3 }
      assert.is_true(cost:array_equal(cost_2))
      assert.is_true(validation:array_equal(validation_2))
      same(m, other)
    end
    assert.matches("54 rows, dense plan, 6 rows for validation",
      tostring(model { validation = 0.1 }))
  end)

  it("may be given to one training, and leaves all rows to the next", function()
    local m = model { optimizer = "adam" }
    m:fit { epochs = 2, validation = 0.25, batch = 10 }
    assert.matches("45 rows of 4, 3 classes, 15 rows for validation", m:summary())
    m:fit { epochs = 2, batch = 10 }
    assert.matches("60 rows of 4, 3 classes\n", m:summary())
    assert.equal(5 + 5 + 6 + 6, m.iteration)
  end)

  it("does not draw from the module's generator", function()
    pg.seed(4)
    local expected = pg.rand(2)
    pg.seed(4)
    model { validation = 0.5 }:fit { iterations = 1 }
    assert.is_true(pg.rand(2):array_equal(expected))
  end)

  it("is kept by a file, and resumed with the same rows", function()
    local options = { validation = 0.2, batch = 9, optimizer = "adam", patience = 3 }
    local whole = model(options)
    whole:fit { epochs = 6 }
    local m = model(options)
    for i in m:steps { epochs = 6 } do
      if i == 13 then
        m:save(path)
        break
      end
    end
    local resumed = pg.Model.load(path, x, y)
    resumed:fit { resume = true }
    same(whole, resumed)
    m:restore(path)
    m:fit { resume = true }
    same(whole, m)
  end)

  it("raises where it leaves no rows, or is no fraction", function()
    for _, wrong in ipairs { 0, 1, -0.1, 1.5, 0 / 0 } do
      raises_here("validation must be a table {x, y} (two arrays, in that order), or a fraction "
        .. "between 0 and 1, or false", function() model { validation = wrong } end)
    end
    raises_here("validation = 0.5 of 1 rows leaves none for training", function()
      pg.Model({ { 1, 2 } }, { 0 }, { classes = 2, validation = 0.5 })
    end)
  end)
end)
