-- pg.split, beside scikit-learn's train_test_split, and pg.standardise.

local pg = require "perigee"

local support = dofile "tests/support.lua"

local raises_here = support.raises_here

describe("split", function()
  it("gives the rows of scikit-learn's train_test_split, in its order", function()
    local a, b = pg.split(pg.range(0, 9), { seed = 42 })
    assert.same({ 0, 7, 2, 9, 4, 3, 6 }, a:tolist())
    assert.same({ 8, 1, 5 }, b:tolist())
    local y = pg.array({ 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 }, "uint8")
    local x_train, x_test, y_train, y_test = pg.split(pg.range(1, 10), y,
      { test = 0.2, seed = 0, stratify = true })
    assert.same({ 1, 7, 4, 10, 3, 6, 2, 8 }, x_train:tolist())
    assert.same({ 5, 9 }, x_test:tolist())
    assert.same({ 0, 1, 0, 1, 0, 1, 0, 1 }, y_train:tolist())
    assert.same({ 0, 1 }, y_test:tolist())
    assert.equal("uint8", y_train.dtype)
  end)

  it("takes rows of any rank, and any number of arrays and lists", function()
    local x = pg.range(1, 24):reshape(4, 3, 2)
    local a, b, c, d, e, f = pg.split(x, { 1, 2, 3, 4 }, { "p", "q", "r", "s" }, { seed = 1 })
    assert.same({ 3, 3, 2 }, { table.unpack(a.shape) })
    assert.same({ 1, 3, 2 }, { table.unpack(b.shape) })
    local letters = { "p", "q", "r", "s" }
    for i, row in ipairs(a) do
      assert.equal((row["1, 1"] - 1) // 6 + 1, c[i])
      assert.equal(letters[c[i]], e[i])
    end
    assert.equal(1, #d)
    assert.equal(letters[d[1]], f[1])
    assert.equal(2, select("#", pg.split(x)))
  end)

  it("keeps the proportions of classes: numbers, words, one-hot rows", function()
    local labels, words = {}, {}
    for i = 1, 100 do
      labels[i] = i <= 70 and 0 or i <= 90 and 1 or 2
      words[i] = ({ "a", "b", "c" })[labels[i] + 1]
    end
    local y = pg.array(labels, "int64")
    local options = { test = 0.2, seed = 3, stratify = true }
    local train, test, y_train, y_test = pg.split(pg.range(1, 100), y, options)
    assert.same({ 56, 16, 8 }, y_train:bincount():tolist())
    assert.same({ 14, 4, 2 }, y_test:bincount():tolist())
    local by_words, _, word_train = pg.split(pg.range(1, 100), words, options)
    assert.is_true(train:array_equal(by_words))
    assert.equal(80, #word_train)
    local by_list = pg.split(pg.range(1, 100), { test = 0.2, seed = 3, stratify = words })
    assert.is_true(train:array_equal(by_list))
    local _, _, _, rows = pg.split(pg.range(1, 100), pg.onehot(y, 3), options)
    assert.same({ 14, 4, 2 }, rows:sum(1):tolist())
    local all = pg.concat { train, test }:sort()
    assert.is_true(all:array_equal(pg.range(1, 100)))
  end)

  it("leaves the module's generator alone when a seed is given, and draws by it else", function()
    pg.seed(0)
    local expected = pg.rand(3)
    pg.seed(0)
    pg.split(pg.range(1, 10), { seed = 5 })
    assert.is_true(pg.rand(3):array_equal(expected))
    pg.seed(42)
    assert.same({ 0, 7, 2, 9, 4, 3, 6 }, (pg.split(pg.range(0, 9))):tolist())
  end)

  it("rounds as scikit-learn, and takes numbers of rows", function()
    for _, case in ipairs { { { test = 0.25 }, 7, 3 }, { { test = 3 }, 7, 3 },
      { { train = 0.75 }, 7, 3 }, { { train = 0.5, test = 0.2 }, 5, 2 }, { {}, 7, 3 },
      { { train = 2 }, 2, 8 }, { { test = 0.01 }, 9, 1 } } do
      local train, test = pg.split(pg.range(1, 10), case[1])
      assert.same({ case[2], case[3] }, { #train, #test })
    end
    local train, test = pg.split(pg.range(1, 5), { test = 2, shuffle = false })
    assert.same({ { 1, 2, 3 }, { 4, 5 } }, { train:tolist(), test:tolist() })
  end)

  it("raises for what does not fit", function()
    local x = pg.range(1, 10)
    raises_here("split: the arguments have 10 and 3 rows (arguments 1 and 2)", function()
      pg.split(x, { 1, 2, 3 })
    end)
    raises_here("split: test = 10 rows of 10 leave none", function() pg.split(x, { test = 10 }) end)
    raises_here("test must be a fraction between 0 and 1, or a number of rows", function()
      pg.split(x, { test = 1.5 })
    end)
    raises_here("split: of 1 rows, 0 are left for training, and 1 for testing", function()
      pg.split { 1 }
    end)
    raises_here("are more than 10", function() pg.split(x, { test = 5, train = 6 }) end)
    raises_here("stratify = true takes the labels from y", function()
      pg.split(x, { stratify = true })
    end)
    raises_here("stratify: label 7 has one row", function()
      pg.split(x, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 7 }, { stratify = true })
    end)
    raises_here("stratify: label 'b' has one row", function()
      pg.split({ 1, 2, 3 }, { "a", "a", "b" }, { stratify = true })
    end)
    raises_here("stratify: 1 rows for testing are fewer than the 2 classes", function()
      pg.split(x, { 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 }, { stratify = true, test = 1 })
    end)
    raises_here("a label is nan", function()
      pg.split({ 1, 2 }, { 0 / 0, 0 / 0 }, { stratify = true })
    end)
    raises_here("unknown option 'tets'", function() pg.split(x, { tets = 0.2 }) end)
    raises_here("stratify needs shuffle", function()
      pg.split(x, x, { stratify = x // 5, shuffle = false })
    end)
    raises_here("argument 1 has no rows", function() pg.split(pg.array(1)) end)
    raises_here("split: argument 2 is a table of options, which stand last", function()
      pg.split(x, { test = 1 }, x)
    end)
    raises_here("have 10 and 2 rows (arguments 1 and 3); brackets around t:labels(...) keep the",
      function() pg.split(pg.zeros(10), pg.zeros(10), { "a", "b" }) end)
    raises_here("test = 0.63 and train = 0.43 are together more than 1", function()
      pg.split({ 1, 2, 3 }, { test = 0.63, train = 0.43 })
    end)
    raises_here("argument 2 must be an array or a list, not 5", function() pg.split(x, 5) end)
  end)
end)

describe("standardise", function()
  it("subtracts means and divides by deviations, 1 for constant columns", function()
    local z, scale = pg.standardise { { 1, 5, 0.1 }, { 3, 5, 0.1 }, { 5, 5, 0.1 } }
    assert.is_true(z[":, 1"]:allclose { -math.sqrt(1.5), 0, math.sqrt(1.5) })
    assert.is_true(z[":, 2"]:array_equal { 0, 0, 0 })
    assert.is_true(z[":, 3"]:allclose { 0, 0, 0 })
    assert.is_true(scale.mean:allclose { 3, 5, 0.1 })
    assert.is_true(scale.std:allclose { math.sqrt(8 / 3), 1, 1 })
  end)

  it("applies another's scale to new data", function()
    local _, scale = pg.standardise { { 1, 5 }, { 3, 5 } }
    local z, same = pg.standardise(pg.array({ { 5, 6 } }, "float32"), scale)
    assert.same({ { 3, 1 } }, z:tolist())
    assert.equal("float32", z.dtype)
    assert.equal(scale, same)
    assert.same({ { 1, 2 } },
      (pg.standardise({ { 3, 4 } }, { mean = { 1, 2 }, std = { 2, 1 } })):tolist())
  end)

  it("applies a scale that was saved", function()
    local path = os.tmpname() .. ".npz"
    for _, case in ipairs { { { { 1, 5 }, { 3, 5 } }, { { 5, 6 } } }, { { 1, 3 }, { 5 } } } do
      local _, scale = pg.standardise(case[1])
      pg.save(path, scale)
      local archive <close> = pg.load(path)
      assert.is_true((pg.standardise(case[2], archive)):array_equal(
        (pg.standardise(case[2], scale))))
    end
    pg.save(path, { mean = { 1 } })
    local archive <close> = pg.load(path)
    raises_here("has no 'std'", function() pg.standardise({ { 1 } }, archive) end)
    os.remove(path)
  end)

  it("gives a constant column 0, whatever the rounding of its mean", function()
    local x = pg.ones(60, 3) * pg.array { 0.1, 1e9 + 0.3, -1e300 }
    local z, scale = pg.standardise(x)
    assert.is_true(z:array_equal(pg.zeros(60, 3)))
    assert.is_true(scale.mean:array_equal(x[1]))
    assert.is_true(scale.std:array_equal { 1, 1, 1 })
  end)

  it("finds deviations whose squares float64 has not", function()
    for _, power in ipairs { 1e-320, 1e-300, 1e-200, 1e200, 1e300 } do
      local z, scale = pg.standardise { { 1 * power }, { -1 * power } }
      assert.is_true(z:allclose { { 1 }, { -1 } }, power)
      assert.equal(power, scale.std:item())
    end
    raises_here("standardise: column 1 has numbers from -1.7e+308 to 1.7e+308: their sum or "
      .. "difference is beyond float64", function()
      pg.standardise { { -1.7e308 }, { 1.7e308 }, { 1.7e308 } }
    end)
    raises_here("column 2 has numbers from 1e+308 to 1.1e+308", function()
      pg.standardise { { 1, 1e308 }, { 1, 1.1e308 } }
    end)
  end)

  it("takes any dtype and rank", function()
    for _, dtype in ipairs(support.dtypes) do
      local z = pg.standardise(pg.array({ { 0, 1 }, { 1, 1 } }, dtype))
      assert.equal(dtype == "float32" and "float32" or "float64", z.dtype)
      assert.same({ { -1, 0 }, { 1, 0 } }, z:tolist())
    end
    local z, scale = pg.standardise { 1, 2, 3 }
    assert.is_true(z:allclose { -math.sqrt(1.5), 0, math.sqrt(1.5) })
    assert.equal(2.0, scale.mean)
    local x = pg.rand(50, 4, 3)
    z, scale = pg.standardise(x)
    assert.same({ 4, 3 }, { table.unpack(scale.mean.shape) })
    assert.is_true(z:mean(1):allclose(pg.zeros(4, 3)))
    assert.is_true(z:std(1):allclose(pg.ones(4, 3)))
    assert.is_true(scale.std:allclose(x:std(1)))
    assert.is_true((pg.standardise(x[":, ::-1"])):array_equal(z[":, ::-1"]))
  end)

  it("passes NaN over, as scikit-learn", function()
    local nan = 0 / 0
    local z, scale = pg.standardise { { 1 }, { nan }, { 3 } }
    assert.same({ 2, 1 }, { scale.mean:item(), scale.std:item() })
    assert.is_true(z:isnan():array_equal { { false }, { true }, { false } })
  end)

  it("raises for what does not fit", function()
    raises_here("standardise: row 2, column 1 is inf, and not finite", function()
      pg.standardise { { 1 }, { math.huge } }
    end)
    raises_here("standardise: row 1, column 2 is -inf, and not finite", function()
      pg.standardise({ { 1, -math.huge } }, { mean = { 0, 0 }, std = { 1, 1 } })
    end)
    raises_here("standardise: shape (0, 2) has no row", function()
      pg.standardise(pg.zeros(0, 2))
    end)
    raises_here("mean of shape (2,) does not fit the rows, of shape (3,)", function()
      local _, scale = pg.standardise { { 1, 2 }, { 3, 4 } }
      pg.standardise({ { 1, 2, 3 } }, scale)
    end)
    raises_here("std of column 2 is 0", function()
      pg.standardise({ { 1, 2 } }, { mean = { 0, 0 }, std = { 1, 0 } })
    end)
    raises_here("like is {mean = ..., std = ...}, as standardise returns it: its std is nil",
      function() pg.standardise({ { 1 } }, { mean = { 1 } }) end)
    raises_here("rows of numbers are needed, not shape ()", function() pg.standardise(3) end)
  end)
end)
