local pg = require "perigee"
local support = require "tests.support"

local NAN, INF = 0 / 0, math.huge

local function list(a)
  return a:tolist()
end

describe("sort", function()
  it("puts every dtype in ascending order, and leaves the array", function()
    for _, dtype in ipairs(support.dtypes) do
      if dtype ~= "bool" then
        local low = dtype:find "^u" and 0 or -5
        local a = pg.array({ 7, low, 100, 3, 3 }, dtype)
        assert.same(list(pg.array({ low, 3, 3, 7, 100 }, dtype)), list(a:sort()))
        assert.equal(dtype, a:sort().dtype)
        assert.equal(7, a:get(1))
      end
    end
    assert.same({ false, true, true }, list(pg.array { true, false, true }:sort()))
  end)

  it("agrees with a comparison of neighbours, of any length and magnitude", function()
    local g = pg.random(1)
    for _, n in ipairs { 0, 1, 2, 47, 48, 49, 1000, 40001, 200003 } do
      local a = g:normal(0, 1, n) * pg.exp(g:normal(0, 50, n))
      local sorted = a:sort()
      if n > 1 then
        assert.is_true(sorted:rows(1, n - 1):le(sorted:rows(2, n)):all())
      end
      assert.is_true(a:take(a:argsort()):eq(sorted):all())
      assert.is_true(a:argsort():sort():eq(pg.range(1, n)):all())
    end
  end)

  it("puts NaN last, infinities at the ends", function()
    local sorted = pg.array { NAN, INF, 0, -INF, -NAN }:sort()
    assert.same({ -INF, 0, INF }, list(sorted:rows(1, 3)))
    assert.is_true(sorted:rows(4, 5):isnan():all())
    assert.same({ 4, 3, 2, 1, 5 }, list(pg.array { NAN, INF, 0, -INF, -NAN }:argsort()))
  end)

  it("goes along any axis of any view", function()
    local a = pg.array { { 3, 1, 2 }, { 9, 7, 8 }, { 4, 6, 5 } }
    assert.same({ { 1, 2, 3 }, { 7, 8, 9 }, { 4, 5, 6 } }, list(a:sort()))
    assert.same({ { 3, 1, 2 }, { 4, 6, 5 }, { 9, 7, 8 } }, list(a:sort(1)))
    assert.same(list(a:sort(1)), list(a["::-1"]:sort(-2)))
    assert.same(list(a:sort(1).T), list(a.T:sort()))
    assert.same({ { 1, 1, 1 }, { 3, 3, 3 }, { 2, 2, 2 } }, list(a:argsort(1)))
  end)

  it("keeps the order of equal elements in argsort", function()
    assert.same({ 2, 4, 1, 3 }, list(pg.array { 1, 0, 1, -0.0 }:argsort()))
  end)

  it("gives the same for any number of threads", function()
    local a = pg.random(2):rand(300000)
    support.assert_same_bits(function()
      return { a:sort(), a:argsort(), a:reshape(300, 1000):sort(1) }
    end)
  end)

  it("is refused along an axis that is not there", function()
    assert.error_matches(function() pg.ones(3):sort(2) end, "no axis 2 in an array of shape %(3,%)")
    assert.error_matches(function() pg.ones(3):sort(0) end, "axes start at 1")
  end)
end)

describe("unique", function()
  it("gives each element once, in order", function()
    assert.same({ 1, 2, 3 }, list(pg.array { { 3, 1 }, { 2, 3 } }:unique()))
    assert.same({}, list(pg.zeros(0):unique()))
    assert.equal(2, pg.array { NAN, 1, NAN }:unique().size)
  end)
end)

describe("cumsum", function()
  it("adds along an axis, or over everything", function()
    local a = pg.array({ { 1, 2 }, { 3, 4 } }, "uint8")
    assert.same({ 1, 3, 6, 10 }, list(a:cumsum()))
    assert.same({ { 1, 2 }, { 4, 6 } }, list(a:cumsum(1)))
    assert.same({ { 1, 3 }, { 3, 7 } }, list(a:cumsum(-1)))
    assert.equal("uint64", a:cumsum().dtype)
    assert.equal("float32", a:astype("float32"):cumsum(1).dtype)
    assert.equal("int64", pg.array { true, true }:cumsum().dtype)
    assert.same({}, list(pg.zeros(0):cumsum()))
  end)
end)

describe("histogram", function()
  it("counts between equal edges", function()
    local counts, edges = pg.histogram({ 0, 1, 1.5, 2, 4 }, 4)
    assert.same({ 1, 2, 1, 1 }, list(counts))
    assert.same({ 0, 1, 2, 3, 4 }, list(edges))
    assert.equal(10, #pg.histogram(pg.rand(100)))
    assert.same({ 1, 0 }, list((pg.histogram({ 1, 5, 9 }, 2, { 0, 4 }))))
  end)

  it("counts between edges of one's own", function()
    local counts = pg.histogram({ 0, 1, 5, 10, 11 }, pg.array { 0, 1, 10 })
    assert.same({ 1, 3 }, list(counts))
  end)

  it("makes a bin around one value, and none of none", function()
    local counts, edges = pg.histogram({ 2, 2 }, 1)
    assert.same({ 2 }, list(counts))
    assert.same({ 1.5, 2.5 }, list(edges))
    assert.same({ 0, 0 }, list((pg.histogram(pg.zeros(0), 2))))
  end)

  it("says what is wrong", function()
    assert.error_matches(function() pg.histogram({ 1 }, 0) end, "must be a bin")
    assert.error_matches(function() pg.histogram({ 0 / 0 }, 3) end, "there is NaN")
    assert.error_matches(function() pg.histogram({ 1 }, 3, { 2, 1 }) end, "from 2 to 1")
    assert.error_matches(function() pg.histogram({ 0, 1 / 0 }) end, "0 to inf cannot be made")
    assert.error_matches(function() pg.histogram({ 1 }, { 1, 3, 2 }) end, "edges must increase")
    assert.error_matches(function() pg.histogram({ 1 }, { 1, 0 / 0 }) end, "edges must increase")
    assert.error_matches(function() pg.histogram({ 1 }, { 1 }) end, "two numbers or more")
    assert.error_matches(function() pg.histogram({ 1, 2 }, { 0, 2, 4 }, "junk") end,
      "{low, high} goes with a number of bins, not edges", 1, true)
    assert.error_matches(function() pg.histogram({ 1, 2 }, { 0, 2, 4 }, { 0, 4 }) end,
      "{low, high} goes with a number of bins, not edges", 1, true)
  end)

  it("counts NaN and infinity nowhere between given ends", function()
    local odd = { 0, 0 / 0, 1, 1 / 0, -1 / 0 }
    assert.same({ 1, 1 }, list((pg.histogram(odd, 2, { 0, 1 }))))
    assert.same({ 1, 1 }, list((pg.histogram(odd, { 0, 0.5, 1 }))))
    assert.same({ 2, 2 }, list((pg.histogram(odd, { -1 / 0, 0.5, 1 / 0 }))))
    assert.same({ 0 }, list((pg.histogram({ 0 / 0 }, 1, { 0, 1 }))))
  end)

  it("raises for ends that are too far apart, or too close for its bins", function()
    for _, dtype in ipairs { "float64", "float32", "int64", "uint8", "bool" } do
      assert.error_matches(function()
        pg.histogram(pg.zeros(3, dtype), 4, { -1.7e308, 1.7e308 })
      end, "%-1.7e%+308 to 1.7e%+308 cannot be made: .* apart")
    end
    assert.error_matches(function() pg.histogram({ -1.7e308, 0, 1.7e308 }, 4) end, "apart")
    assert.same({ 1, 2 }, list((pg.histogram({ -1e308, 0, 1e308 }, { -1.7e308, 0, 1.7e308 }))))
    assert.error_matches(function() pg.histogram({ 0, 5e-324 }, 10) end, "number 1 has no width")
    assert.error_matches(function() pg.histogram({ 1, 1 + 2.0 ^ -52 }) end, "are too many")
    assert.same({ 1, 1 }, list((pg.histogram({ 0, 1e-323 }, 2))))
    local large = pg.array({ -3e38, 0, 3e38 }, "float32")
    assert.same({ 1, 0, 1, 1 }, list((pg.histogram(large, 4))))
    local integers = pg.array({ math.mininteger, 0, math.maxinteger }, "int64")
    assert.same({ 1, 0, 1, 1 }, list((pg.histogram(integers, 4))))
  end)
end)
