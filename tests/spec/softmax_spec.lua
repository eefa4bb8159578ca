local core = require "perigee.core"
local pg = require "perigee"

local inf = math.huge

local function list(a)
  return type(a) == "number" and a or a:tolist()
end

describe("log_softmax", function()
  it("is the logarithm of softmax, along any axis", function()
    local a = pg.randn(3, 4, 5)
    for axis = -3, 3 do
      if axis ~= 0 then
        assert.is_true(a:log_softmax(axis):allclose(a:softmax(axis):log(), 1e-12, 1e-12))
      end
    end
    assert.is_true(a:log_softmax():array_equal(a:log_softmax(3)))
    assert.equal("float32", a:astype("float32"):log_softmax().dtype)
    assert.equal("float64", pg.log_softmax({ 1, 2 }).dtype)
  end)

  it("is precise where softmax is 0 in floats", function()
    assert.same({ -2000, 0 }, list(pg.log_softmax { -1000, 1000 }))
    assert.same({ -2000, 0 }, list(pg.array({ -1000, 1000 }, "float32"):log_softmax()))
    assert.same({ -inf, 0 }, list(pg.log_softmax { -inf, 3 }))
  end)

  it("is NaN where there is no largest element, as PyTorch's", function()
    for _, row in ipairs { { -inf, -inf }, { inf, 1 }, { 0 / 0, 1 } } do
      assert.is_true(pg.log_softmax(row):isnan():all())
    end
  end)

  it("takes no elements, and no array of rank 0", function()
    assert.same({ 0, 3 }, pg.zeros(0, 3):log_softmax().shape)
    assert.error_matches(function() pg.log_softmax(1) end, "rank 0 has no axis")
    assert.error_matches(function() pg.log_softmax({ 1 }, 2) end, "no axis 2")
  end)
end)

describe("logsumexp", function()
  it("goes along the last axis, or those that are given", function()
    local a = pg.randn(3, 4, 5)
    local function naive(...) return pg.log(pg.sum(a:exp(), ...)) end
    assert.is_true(a:logsumexp():allclose(naive(3), 1e-12))
    for _, axis in ipairs { 1, -2, { 1, 3 }, { 1, 2, 3 } } do
      assert.is_true(pg.allclose(a:logsumexp(axis), naive(axis), 1e-12))
      assert.is_true(pg.allclose(a:logsumexp(axis, true), naive(axis, true), 1e-12))
    end
    assert.same({ 3, 4, 1 }, a:logsumexp({ keep = true }).shape)
    assert.equal("number", math.type(pg.logsumexp { 1, 2 }) and "number")
    assert.equal("float32", a:astype("float32"):logsumexp().dtype)
  end)

  it("does not overflow", function()
    assert.near(1000 + math.log(2), pg.logsumexp { 1000, 1000 }, 1e-12)
    assert.near(-1000 + math.log(2), pg.logsumexp { -1000, -1000 }, 1e-12)
    assert.near(100 + math.log(2), pg.array({ 100, 100 }, "float32"):logsumexp(), 1e-5)
  end)

  it("has the limits at infinities, and -inf of no elements", function()
    assert.equal(-inf, pg.logsumexp { -inf, -inf })
    assert.equal(inf, pg.logsumexp { inf, 1, -inf })
    assert.equal(3, pg.logsumexp { 3, -inf })
    assert.is_true(pg.array({ pg.logsumexp { 0 / 0, inf } }):isnan():all())
    assert.same({ -inf, -inf }, list(pg.zeros(0, 2):logsumexp(1)))
    assert.same({ 0 }, pg.zeros(0, 2):logsumexp().shape)
    assert.error_matches(function() pg.logsumexp(1) end, "rank 0 has no axis")
  end)
end)

describe("softmax_cross_entropy", function()
  local scores = pg.randn(6, 4)
  local labels = pg.array({ 0, 3, 1, 1, 2, 0 }, "uint8")

  it("is the mean of -log softmax at the labels, or weighted by rows", function()
    local logs, sum = scores:log_softmax(), 0
    for i, label in ipairs(labels:tolist()) do
      sum = sum - logs[{ i, label + 1 }]
    end
    assert.near(sum / 6, pg.softmax_cross_entropy(scores, labels), 1e-14)
    assert.near(sum / 6, pg.softmax_cross_entropy(scores, pg.onehot(labels, 4)), 1e-14)
    local soft = pg.rand(6, 4)
    assert.near(-(soft * logs):sum() / 6, pg.softmax_cross_entropy(scores, soft), 1e-14)
    assert.near(sum / 6, pg.softmax_cross_entropy(scores:astype "float32", labels), 1e-6)
    assert.near(sum / 6, pg.softmax_cross_entropy(scores:tolist(), labels:tolist()), 1e-14)
  end)

  it("is finite where a probability is 0 in floats", function()
    assert.equal(2000, pg.softmax_cross_entropy({ { -1000, 1000 } }, { 0 }))
    assert.equal(0, pg.softmax_cross_entropy({ { -1000, 1000 } }, { 1 }))
    assert.equal(0, pg.softmax_cross_entropy({ { -inf, 0 } }, { { 0, 1 } }))
    assert.equal(inf, pg.softmax_cross_entropy({ { -inf, 0 } }, { 0 }))
  end)

  it("refuses other shapes, and labels that are no classes", function()
    local loss, gradient = pg.softmax_cross_entropy, core.softmax_cross_entropy_gradient
    for _, f in ipairs { loss, gradient } do
      assert.error_matches(function() f(scores, { 0, 1, 2, 3, 4, 0 }) end,
        "row 5 is 4, outside the 4 classes 0 to 3")
      assert.error_matches(function() f(scores, { 0, 0.5, 0, 0, 0, 0 }) end, "row 2 is 0.5")
      assert.error_matches(function() f(scores, { 0, 1 }) end,
        "y of shape %(2,%) does not fit scores of shape %(6, 4%)")
      assert.error_matches(function() f(scores, pg.zeros(6, 1)) end,
        "y of shape %(6, 1%) does not fit .* y:reshape%(%-1%)")
      assert.error_matches(function() f(scores[1], labels) end,
        "scores must be %(n, classes%), not of shape %(4,%)")
      assert.error_matches(function() f(pg.zeros(0, 3), pg.zeros(0)) end, "not of shape %(0, 3%)")
    end
  end)

  it("has the derivative that differences give", function()
    local soft, step = pg.rand(6, 4), 1e-5
    for _, y in ipairs { labels, pg.onehot(labels, 4), soft } do
      local gradient = core.softmax_cross_entropy_gradient(scores, y)
      for i = 1, 6 do
        for j = 1, 4 do
          local moved = scores:copy()
          moved[{ i, j }] = scores[{ i, j }] + step
          local above = pg.softmax_cross_entropy(moved, y)
          moved[{ i, j }] = scores[{ i, j }] - step
          local below = pg.softmax_cross_entropy(moved, y)
          assert.near((above - below) / (2 * step), gradient[{ i, j }], 1e-10)
        end
      end
      assert.equal("float32",
        core.softmax_cross_entropy_gradient(scores:astype "float32", y).dtype)
    end
  end)

  it("gives the same bits for any number of threads", function()
    local many, y = pg.randn(50000, 10):astype "float32", pg.randint(0, 10, 50000)
    local before, found = pg.threads(1), {}
    for _, threads in ipairs { 1, 2, 5 } do
      pg.threads(threads)
      found[#found + 1] = {
        pg.softmax_cross_entropy(many, y), core.softmax_cross_entropy_gradient(many, y):checksum(),
        many:log_softmax():checksum(), many:logsumexp():checksum(), many:gelu():checksum(),
      }
    end
    pg.threads(before)
    assert.same(found[1], found[2])
    assert.same(found[1], found[3])
  end)
end)

describe("leaky_relu", function()
  it("multiplies what is negative by the slope", function()
    local a = pg.array { -2, -0.0, 0, 3, inf, -inf }
    assert.same({ -0.02, 0, 0, 3, inf, -inf }, list(a:leaky_relu()))
    assert.same({ -1, 0, 0, 3, inf, -inf }, list(pg.leaky_relu(a, 0.5)))
    assert.same({ 2, 0, 0, 3, inf, inf }, list(a:leaky_relu(-1)))
    assert.equal("nan", ("%.0f"):format(pg.leaky_relu(0 / 0)):gsub("-", ""))
    assert.equal(-3 * 0.1, pg.leaky_relu(-3, 0.1))
  end)

  it("keeps floats, and turns integers to float64", function()
    assert.equal("float32", pg.zeros({ 2 }, "float32"):leaky_relu().dtype)
    local b = pg.array({ -2, 3 }, "int8"):leaky_relu(2)
    assert.equal("float64", b.dtype)
    assert.same({ -4, 3 }, list(b))
  end)

  it("writes into an array", function()
    local a, out = pg.array { -2, 3 }, pg.zeros(2)
    assert.equal(out, a:leaky_relu(0.5, { out = out }))
    assert.same({ -1, 3 }, list(out))
    assert.equal(a, a:leaky_relu { out = a })
    assert.same({ -0.02, 3 }, list(a))
    assert.error_matches(function() a:leaky_relu "x" end, "number expected")
  end)
end)

describe("gelu", function()
  it("is precise far out on both sides", function()
    local x = { -37, -20, -5, -1, -0.75, 0, 1e-9, 0.5, 3, 40 }
    -- x cdf(x) and cdf(x) + x density(x), by mpmath in 50 digits
    local expected = {
      -2.11846135233409342e-298, -5.50724823721246739e-88, -1.43325785939596956e-6,
      -0.158655253931457051, -0.169970514282651149, 0, 5.0000000039894228e-10,
      0.345731230637006552, 2.99595030590510972, 40,
    }
    local found = pg.array(x):gelu():tolist()
    for i, value in ipairs(expected) do
      assert.near(value, found[i], 1e-14 * math.abs(value))
    end
  end)

  it("has limits and NaN", function()
    local y = pg.array { -inf, inf, 0 / 0 }:gelu()
    assert.same({ 0, inf }, { y[1], y[2] })
    assert.is_true(y[3] ~= y[3])
    local d = core.gelu_derivative(pg.array { -inf, inf, 0, 0 / 0 })
    assert.same({ 0, 1, 0.5 }, list(d:rows(1, 3)))
    assert.is_true(d[4] ~= d[4])
  end)

  it("has the derivative that differences give", function()
    local x, step = pg.linspace(-6, 6, 241), 1e-6
    local slope = (pg.gelu(x + step) - pg.gelu(x - step)) / (2 * step)
    assert.is_true(core.gelu_derivative(x):allclose(slope, 0, 1e-9))
    assert.near(-1.10143604831335e-86, core.gelu_derivative(-20), 1e-99)
  end)
end)

describe("dropout", function()
  it("is the identity outside a training step", function()
    local a = pg.rand(3)
    assert.equal(a, pg.dropout(a, 0.5))
    assert.equal(2, pg.dropout(2, 0.5))
    assert.same({ 1, 2 }, list(pg.dropout({ 1, 2 }, 0.5)))
  end)

  it("draws with a generator, an element by a number", function()
    local a, p = pg.randn(40, 50), 0.3
    local expected = pg.where(pg.random(3):rand(40, 50):lt(p), 0, a * (1 / (1 - p)))
    assert.is_true(expected:array_equal(pg.dropout(a, p, pg.random(3))))
    local narrow = pg.dropout(a:astype "float32", p, pg.random(3))
    assert.equal("float32", narrow.dtype)
    assert.is_true(narrow:eq(0):array_equal(expected:eq(0)))
    assert.is_true(pg.dropout(a, p, pg.random(3)):eq(0):array_equal(expected:eq(0)))
    assert.equal("float64", pg.dropout(pg.array({ 1 }, "int8"), p, pg.random(0)).dtype)
  end)

  it("keeps the mean, and leaves all or none out at the ends", function()
    local a = pg.ones(100000)
    assert.near(1, pg.dropout(a, 0.8, pg.random(1)):mean(), 0.02)
    assert.is_true(pg.dropout(a, 0, pg.random(1)):array_equal(a))
    assert.equal(0, pg.dropout(a, 1, pg.random(1)):sum())
  end)

  it("draws in a training step from its generator", function()
    local step = require "perigee.model.dropout"
    step.step = { generator = pg.random(5), thread = coroutine.running() }
    local worked, found = pcall(pg.dropout, pg.ones(20), 0.5)
    step.step = nil
    assert.is_true(worked)
    assert.is_true(found:array_equal(pg.dropout(pg.ones(20), 0.5, pg.random(5))))
  end)

  it("refuses what is no probability", function()
    for _, p in ipairs { -0.1, 1.5, 0 / 0, "0.5" } do
      assert.error_matches(function() pg.dropout(pg.ones(2), p) end,
        "dropout: p is the probability of 0, from 0 to 1, not ")
    end
    assert.error_matches(function() pg.dropout(pg.ones(2)) end, "dropout")
    assert.error_matches(function() pg.dropout(pg.ones(2), 0.5, 3) end, "a generator is needed")
    assert.error_matches(function() core.dropout_mask({ 2 }, 2) end, "from 0 to 1")
    assert.same({ 2, 3 }, core.dropout_mask({ 2, 3 }, 0.5, pg.random(0)).shape)
  end)
end)
