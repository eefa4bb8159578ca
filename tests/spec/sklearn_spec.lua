-- pg.split, pg.standardise, reports, scores and class weights beside scikit-learn, on random cases.

local classification = require "perigee.model.classification"
local json = require "perigee.util.json"
local pg = require "perigee"

local CASES = 150 -- of each kind
local FORMS = { "integers", "floats", "rows", "texts" }

local has_sklearn = os.execute "/usr/bin/python3 -c 'import sklearn' 2>/dev/null"

local g

--- A random integer from a to b.
local function integer(a, b)
  return g:randint(a, b + 1)
end

local function split_case()
  local n = integer(4, 200)
  local classes, labels = integer(1, math.min(5, n // 2)), {}
  for i = 1, n do
    labels[i] = i <= 2 * classes and (i - 1) // 2 or integer(0, classes - 1)
  end
  local case = {
    kind = "split", labels = labels, classes = classes, form = FORMS[integer(1, #FORMS)],
    seed = integer(0, 1000), stratify = integer(0, 2) > 0,
    test = integer(0, 1) == 0 and integer(1, 99) / 100 or integer(1, n - 1),
  }
  local y = pg.array(labels, "int64")
  if case.form == "floats" then
    y = y / 2
  elseif case.form == "rows" then
    y = pg.onehot(y, math.max(2, classes))
  elseif case.form == "texts" then
    y = {}
    for i, label in ipairs(labels) do
      y[i] = "class " .. label
    end
  end
  local worked, train, test = pcall(pg.split, pg.range(0, n - 1), y,
    { test = case.test, seed = case.seed, stratify = case.stratify })
  case.worked = worked
  case.train, case.tested = worked and train:tolist() or {}, worked and test:tolist() or {}
  return case
end

local function standardise_case()
  local n, columns = integer(1, 50), integer(2, 6)
  local x = g:randn(n, columns) * 10 ^ integer(-3, 3) + 10 ^ integer(-3, 6)
  x[{ {}, { 1, 1 } }] = g:rand(1):item() -- a constant column
  if integer(0, 1) == 0 then
    x = (x * 1):astype "float32"
  end
  local z, scale = pg.standardise(x)
  return {
    kind = "standardise", x = x:tolist(), dtype = x.dtype, out = z:tolist(),
    mean = scale.mean:tolist(), std = scale.std:tolist(),
  }
end

local function report_case()
  local classes, names = integer(2, 7), {}
  local n = integer(classes, 60)
  for i = 1, classes do
    names[i] = ("class"):rep(integer(1, 4)) .. i .. (integer(0, 1) == 0 and "é" or "")
  end
  -- Each class has a row: of a class without any, scikit-learn's versions show other lines.
  local labels, predicted = {}, {}
  local confusion = pg.zeros(classes, classes, "int64")
  for i = 1, n do
    labels[i] = i <= classes and i - 1 or integer(0, classes - 1)
    predicted[i] = integer(0, 2) > 0 and labels[i] or integer(0, classes - 1)
    local at = { labels[i] + 1, predicted[i] + 1 }
    confusion[at] = confusion[at] + 1
  end
  return {
    kind = "report", names = names, labels = labels, predicted = predicted,
    text = tostring(classification.report(confusion, names)),
  }
end

--- The class weights as the first loss of a model shows them: all scores are 0, and each class has
--- the loss log(classes) times its weight.
local function balanced_case()
  local classes, labels = integer(2, 6), {}
  for i = 1, integer(2 * classes, 80) do
    labels[i] = i <= classes and i - 1 or integer(0, classes - 1)
  end
  local m = pg.Model(g:rand(#labels, 2), pg.array(labels, "int64"), {
    hidden = 1, class_weight = "balanced", dtype = "float64",
  })
  m.weights.W2:fill_(0)
  local hot = pg.onehot(pg.array(labels, "int64"), classes)
  local found = {}
  for class = 1, classes do -- probabilities are divided by the rows, not by the weights
    local y = hot * 0.5
    y[{ {}, { class, class } }] = y:cols(class, class) + 0.5
    found[class] = (m:evaluate(g:rand(#labels, 2), y))
  end
  return { kind = "balanced", labels = labels, classes = classes, losses = found }
end

local function score_case()
  local n, columns = integer(2, 50), integer(1, 4)
  local y = g:randn(n, columns) * 10 ^ integer(-3, 3) + integer(-5, 5)
  local is_constant = integer(0, 3) == 0
  if is_constant then
    y[{ {}, { 1, 1 } }] = integer(-2, 2)
  end
  local m = pg.Model(g:rand(n, 3), y, { loss = "mse", hidden = 2, dtype = "float64" })
  local x = g:rand(n, 3)
  if is_constant and integer(0, 1) == 0 then -- and it is predicted exactly
    m.weights.W2[1] = 0
    m.weights.b2[{ 1, 1 }] = y[{ 1, 1 }]
  end
  return {
    kind = "score", y = y:tolist(), predicted = m:predict(x):tolist(), score = m:score(x, y),
  }
end

describe("beside scikit-learn", function()
  for name, make in pairs {
    split = split_case, standardise = standardise_case, report = report_case,
    score = score_case, balanced = balanced_case,
  } do
    it(name .. " gives the same", function()
      if not has_sklearn then
        pending "Debian's python3-sklearn is missing"
        return
      end
      g = pg.random(1)
      local lines, path = {}, os.tmpname()
      for i = 1, CASES do
        lines[i] = json.encode(make())
      end
      pg.write(path, table.concat(lines, "\n"))
      local command = "/usr/bin/python3 tests/beside_sklearn.py %s 2>&1"
      local pipe = assert(io.popen(command:format(path)))
      local output = pipe:read "a"
      pipe:close()
      os.remove(path)
      assert.equal(("%d cases\n"):format(CASES), output)
    end)
  end
end)
