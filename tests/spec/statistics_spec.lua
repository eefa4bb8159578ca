-- Medians, quantiles, covariances, and the reductions and options that came with them.

local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes, shape = support.dtypes, support.shape
local nan, inf = 0 / 0, math.huge

local function kind(dtype)
  return dtype:match "^%a+"
end

local function real(dtype)
  return kind(dtype) == "float" and dtype or "float64"
end

local function is_nan(x)
  return x ~= x
end

describe("an axis of a reduction", function()
  local a = pg.range(1, 24):reshape(2, 3, 4)

  it("may be a list of axes", function()
    for _, name in ipairs { "sum", "min", "max", "ptp", "prod", "nansum", "count_nonzero" } do
      for _, axes in ipairs { { 1, 3 }, { -1, 1 }, { 3, -3 } } do
        local flat = a:transpose(2, 1, 3):reshape(3, 8)
        assert.is_true(a[name](a, axes):eq(flat[name](flat, 2)):min(), name)
      end
    end
    for _, name in ipairs { "mean", "var", "std", "norm", "median", "nanmean" } do
      local flat = a:transpose(2, 1, 3):reshape(3, 8)
      assert.is_true(a[name](a, { 1, 3 }):allclose(flat[name](flat, 2)), name)
    end
    assert.equal(300, a:sum { 1, 2, 3 })
    assert.equal(300, a:sum { 3, 2, 1 })
    assert.is_true(a:gt(23):any({ 1, 2 }):eq({ false, false, false, true }):min())
    assert.is_true(a:gt(1):all({ 1, 2 }):eq({ false, true, true, true }):min())
    assert.is_true(a:sum { 2 }:eq(a:sum(2)):min())
  end)

  it("may be kept by an option", function()
    assert.equal("1,3,1", shape(a:sum({ 1, 3 }, { keep = true })))
    assert.equal("1,3,1", shape(a:sum({ 1, 3 }, true)))
    assert.equal("3", shape(a:sum({ 1, 3 }, { keep = false })))
    assert.equal("1,1,1", shape(a:sum { keep = true }))
    assert.equal("2,1,4", shape(a:median(2, { keep = true })))
    assert.equal("2,1,1,1", shape(a:quantile({ 0, 1 }, { keep = true })))
    assert.equal("1,1,1", shape(a:argmax { keep = true }))
  end)

  it("raises for an empty list, and for true in an axis's place", function()
    for _, f in ipairs {
      function() a:sum {} end, function() a:sum({}, true) end, function() a:std {} end,
      function() a:median {} end, function() a:quantile(0.5, {}) end,
    } do
      assert.error_matches(f, ": an empty list of axes: leave it out for all axes")
    end
    assert.error_matches(function() a:sum(true) end,
      "sum: an axis must be an integer, not true: without an axis write {keep = true}")
    assert.error_matches(function() a:percentile(50, true) end, "write {keep = true}")
  end)

  it("raises for what is no axis, and for unknown options", function()
    assert.error_matches(function() a:sum { 1, 1 } end, "sum: axis 1 is given twice")
    assert.error_matches(function() a:sum { 1, -3 } end, "sum: axis %-3 is given twice")
    assert.error_matches(function() a:mean { 1, "2" } end, "mean: an axis must be an integer")
    assert.error_matches(function() a:sum { 1, 4 } end, "no axis 4")
    assert.error_matches(function() a:sum { 0 } end, "axes start at 1")
    assert.error_matches(function() a:sum { 1.5 } end, "integer")
    assert.error_matches(function() a:sum { 1, keep = true } end, "field 'keep'")
    assert.error_matches(function() a:sum { kep = true } end, "unknown option 'kep'")
    assert.error_matches(function() a:sum { ddof = 1 } end, "unknown option 'ddof'")
    assert.error_matches(function() a:sum { keep = 1 } end, "keep must be true or false")
    assert.error_matches(function() a:std { ddof = "1" } end, "ddof must be a number")
    assert.error_matches(function() a:std { ddof = 0 / 0 } end, "ddof must be a number, not %-?nan")
    assert.error_matches(function() a:sum({ keep = true }, true) end, "options stand last")
    assert.error_matches(function() a:argmax { 1, 2 } end, "argmax takes one axis")
    assert.equal(3, a:argmax({ 2 }, true).ndim)
  end)

  it("may have no elements", function()
    local none = pg.zeros(2, 0, 3)
    assert.equal("2", shape(none:sum { 2, 3 }))
    assert.is_true(none:prod({ 1, 2 }):eq { 1, 1, 1 }:min())
    assert.equal("0", shape(none:max { 1, 3 }))
    assert.error_matches(function() none:max { 2, 3 } end, "max of no elements")
    assert.error_matches(function() none:ptp(2) end, "ptp of no elements")
  end)

  it("is reduced in the same order by any number of threads", function()
    local before = pg.threads()
    local wide = pg.random(1):rand(40, 50, 60)
    local sums = {}
    for threads = 1, 4 do
      pg.threads(threads)
      sums[threads] = wide:sum { 1, 3 }
      assert.is_true(sums[threads]:eq(sums[1]):min())
    end
    pg.threads(before)
  end)
end)

describe("ddof", function()
  it("is subtracted from the number of elements", function()
    local a = pg.array { { 1, 2, 4 }, { 2, 4, 6 } }
    assert.is_true(a:var(2, { ddof = 1 }):allclose { 7 / 3, 4 })
    assert.is_true(a:std(2, { ddof = 1 }):allclose { (7 / 3) ^ 0.5, 2 })
    assert.equal(4.0, pg.array { 2, 4, 6 }:var { ddof = 1 })
    assert.equal("2,1", shape(a:var(2, { ddof = 1, keep = true })))
    assert.is_true(is_nan(pg.array { 2 }:var { ddof = 1 }))
    assert.equal(inf, pg.array { 2, 4 }:var { ddof = 3 })
  end)
end)

describe("a product", function()
  it("has the dtypes of a sum, and wraps", function()
    for _, dtype in ipairs(dtypes) do
      local a = pg.array({ { 1, 2, 3 }, { 1, 1, 2 } }, dtype == "bool" and "int64" or dtype)
      a = a:astype(dtype)
      assert.equal(a:sum(1).dtype, a:prod(1).dtype)
      local expected = dtype == "bool" and { 1, 1 } or { 6, 2 }
      assert.is_true(a:prod(2):eq(expected):min(), dtype)
      assert.is_true(a.T:prod(1):eq(expected):min(), dtype)
    end
    assert.equal(0, pg.full({ 64 }, 2, "int64"):prod())
    assert.equal(math.mininteger, pg.full({ 63 }, 2, "int64"):prod())
    assert.equal(1.0, pg.zeros(0):prod())
    assert.is_true(is_nan(pg.array { 1, nan }:prod()))
  end)

  it("runs along an axis", function()
    local a = pg.array { { 1, 2 }, { 3, 4 } }
    assert.same({ 1, 2, 6, 24 }, a:cumprod():tolist())
    assert.same({ { 1, 2 }, { 3, 8 } }, a:cumprod(1):tolist())
    assert.equal("uint64", a:astype("uint8"):cumprod().dtype)
    assert.equal("float32", a:astype("float32"):cumprod(2).dtype)
  end)
end)

describe("differences", function()
  it("are along the last axis, or another one", function()
    local a = pg.array { { 1, 3, 6 }, { 2, 2, 9 } }
    assert.same({ { 2, 3 }, { 0, 7 } }, a:diff():tolist())
    assert.same({ { 1, -1, 3 } }, a:diff(1, 1):tolist())
    assert.same({ { 1 }, { 7 } }, a:diff(2):tolist())
    assert.equal("2,0", shape(a:diff(7)))
    assert.equal("0,3", shape(a:diff(2, -2)))
    assert.same(a:tolist(), a:diff(0):tolist())
    assert.same({ { -7, 0 }, { -3, -2 } }, a["::-1, ::-1"]:diff():tolist())
    assert.same({ -1 }, pg.array({ 1, 0 }, "int8"):diff():tolist())
    assert.same({ 255 }, pg.array({ 1, 0 }, "uint8"):diff():tolist())
    assert.same({ true, false }, pg.array { true, false, false }:diff():tolist())
    assert.error_matches(function() pg.diff(3) end, "rank 0 has no axis")
    assert.error_matches(function() a:diff(-1) end, "diff")
    assert.error_matches(function() a:diff(1, 3) end, "no axis 3")
  end)
end)

describe("ptp, nansum, nanmean and count_nonzero", function()
  it("are those of NumPy", function()
    assert.equal(-1, pg.array({ -128, 127 }, "int8"):ptp())
    assert.error_matches(function() pg.ones(2, "bool"):ptp() end, "ptp does not take bool")
    local a = pg.array { { 1, nan, 3 }, { nan, nan, nan } }
    assert.same({ 4, 0 }, a:nansum(2):tolist())
    assert.same({ 1, 0, 3 }, a:nansum(1):tolist())
    assert.equal(2.0, a:nanmean())
    assert.equal(2.0, a:nanmean(2)[1])
    assert.is_true(is_nan(a:nanmean(2)[2]))
    assert.is_true(is_nan(pg.array { inf, -inf }:nansum()))
    assert.is_true(is_nan(pg.array { { inf, 1 }, { -inf, 1 } }:nansum { 1, 2 }))
    assert.equal("float32", a:astype("float32"):nansum(1).dtype)
    assert.equal("float32", a:astype("float32"):nanmean(1).dtype)
    assert.equal(3.5, pg.array({ 3, 4 }, "uint8"):nanmean())
    assert.equal(6, a:count_nonzero())
    assert.same({ 2, 2, 2 }, a:count_nonzero(1):tolist())
    for _, dtype in ipairs(dtypes) do
      local mask = (pg.range(1, 5000) % 3):astype(dtype)
      assert.equal(3334, mask:count_nonzero(), dtype)
      assert.equal("int64", mask:reshape(10, 500):count_nonzero(1).dtype)
      assert.equal(3334, mask:reshape(10, 500):count_nonzero(1):sum(), dtype)
      assert.equal(3334, mask["::-1"]:count_nonzero(), dtype)
    end
    assert.equal(0, pg.zeros(0):count_nonzero())
  end)
end)

describe("a median", function()
  it("is the middle, of every dtype and view", function()
    for _, dtype in ipairs(dtypes) do
      if dtype ~= "bool" then
        local a = pg.array({ { 5, 1, 4 }, { 2, 3, 0 } }, dtype)
        assert.equal(2.5, a:median())
        assert.is_true(a:median(2):eq { 4, 2 }:min(), dtype)
        assert.is_true(a.T:median(1):eq { 4, 2 }:min(), dtype)
        assert.is_true(a["::-1"]:median(1):eq { 3.5, 2, 2 }:min(), dtype)
        assert.equal(real(dtype), a:median(1).dtype)
      end
    end
    assert.equal(0.5, pg.array { true, false }:median())
    assert.equal(3.0, pg.median(3))
    assert.is_true(is_nan(pg.array { 1, nan, 2 }:median()))
    assert.is_true(is_nan(pg.zeros(0):median()))
    assert.equal("3", shape(pg.zeros(0, 3):median(1)))
    assert.equal("0", shape(pg.zeros(0, 3):median(2)))
    assert.equal(inf, pg.array { inf, inf, 1 }:median())
  end)

  it("is that of a sorted copy, of long and of wide arrays", function()
    local g = pg.random(3)
    for _, n in ipairs { 1, 2, 7, 48, 1000, 70001, 300000 } do
      for _, a in ipairs { g:randn(n), g:randint(0, 5, n), g:rand(n):astype "float32" } do
        local s = a:sort()
        local low, high = s[(n + 1) // 2], s[n // 2 + 1]
        assert.is_true(pg.allclose(a:median(), (low + high) / 2, 1e-6, 0))
        assert.is_true(a:quantile({ 0, 1 }):eq(pg.array { s[1], s[n] }):min())
      end
    end
  end)
end)

describe("an order statistic", function()
  --- All of some places, few enough to be searched for and enough to be sorted for.
  local function check(a, where)
    local n, s = a.size, (a.dtype == "bool" and a:astype "uint8" or a):sort()
    local places = { 1, 2, n // 3 + 1, n // 2, n - 1, n }
    for _, more in ipairs { {}, { 1, n, 1, n, n } } do
      local q = {}
      for i, at in ipairs(places) do q[i] = (at - 1) / (n - 1) end
      for _, at in ipairs(more) do q[#q + 1] = (at - 1) / (n - 1) end
      local found = a:quantile(q)
      for i, at in ipairs(places) do
        assert.is_true(pg.allclose(found[i], s[at], 1e-6, 1e-6 * math.abs(s[n] - s[1])),
          ("%s, %d of %d"):format(where, at, n))
      end
    end
    assert.is_true(pg.allclose(a:median(), (s[(n + 1) // 2] + s[n // 2 + 1]) / 2, 1e-6), where)
  end

  it("is found in rows of any order, with ties, and at the ends of a dtype", function()
    local g = pg.random(5)
    for _, n in ipairs { 40, 999, 19999, 20000, 150001 } do
      check(pg.range(1, n), "ascending")
      check(pg.range(n, 1, -1) / 1, "descending")
      check(pg.full({ n }, 7), "constant")
      check(pg.range(1, n) % 10, "periodic")
      check((pg.range(1, n) - n // 2):abs(), "falling and rising")
      check(g:rand(n) ^ 40, "skewed")
      check(g:randn(n):maximum(0), "half of it 0")
      check(g:randint(-128, 128, n):astype "int8", "int8")
      check(g:randint(0, 256, n):astype "uint8", "uint8")
      check(g:randint(-2 ^ 40 // 1, 2 ^ 40 // 1, n), "int64")
      check(g:randint(0, 2, n):astype "bool" | pg.zeros(n, "bool"), "bool")
    end
  end)

  it("is NaN wherever there is one, and infinite where there are enough", function()
    for _, n in ipairs { 50, 1000, 30000, 200000 } do
      local a = pg.random(2):rand(n)
      for _, at in ipairs { 1, n // 2, n } do
        local b = a:copy()
        b[at] = nan
        assert.is_true(is_nan(b:median()))
        assert.is_true(b:quantile { 0, 1 }:isnan():all())
      end
      a["1:" .. n // 2 + 2] = inf
      assert.equal(inf, a:median())
      assert.equal(-inf, (-a):median())
    end
  end)

  it("is the same for any number of threads", function()
    local before, a = pg.threads(), pg.random(4):randn(500000)
    pg.threads(1)
    local m, q = a:median(), a:reshape(50, 10000):quantile({ 0.1, 0.7 }, 2)
    for threads = 2, 4 do
      pg.threads(threads)
      assert.equal(m, a:median())
      assert.is_true(q:eq(a:reshape(50, 10000):quantile({ 0.1, 0.7 }, 2)):min())
    end
    pg.threads(before)
  end)
end)

describe("a running sum", function()
  it("is the naive one of every dtype and axis, for any number of threads", function()
    local before = pg.threads()
    for _, dtype in ipairs(dtypes) do
      for _, lengths in ipairs { { 3, 5, 4 }, { 2, 70, 600 }, { 90000 } } do
        local a = (pg.random(1):randint(0, 3, lengths) - (kind(dtype) == "int" and 1 or 0))
        a = a:astype(dtype)
        for axis = 1, a.ndim do
          local moved = a:astype("int64"):swapaxes(axis, 1)
          local found = a:cumsum(axis):swapaxes(axis, 1)
          local n = #moved
          for _, at in ipairs { 1, (n + 1) // 2, n } do
            local naive = moved:rows(1, at):sum(1)
            assert.is_true(pg.allclose(found[at], naive), dtype)
          end
          pg.threads(3)
          assert.is_true(a:cumsum(axis):swapaxes(axis, 1):eq(found):all())
          pg.threads(before)
        end
      end
    end
    assert.equal(-inf, 1 / pg.array { -0.0 }:cumsum()[1])
  end)
end)

describe("a quantile", function()
  local a = pg.array { { 1, 2, 3, 4 }, { 40, 30, 20, 10 } }

  it("interpolates linearly", function()
    assert.is_true(a:quantile(0.25, 2):allclose { 1.75, 17.5 })
    assert.is_true(a:percentile(25, 2):allclose { 1.75, 17.5 })
    assert.is_true(a:percentile({ 0, 50, 100 }):allclose { 1, 7, 40 })
    assert.equal("3,2", shape(a:quantile({ 0, 0.5, 1 }, 2)))
    assert.equal("1,2,4", shape(a:quantile({ { 0, 0.5 } }, 1)))
    assert.equal("0,4", shape(a:quantile(pg.zeros(0), 1)))
    assert.equal("2,0", shape(pg.zeros(3, 0):quantile({ 0, 1 }, 1)))
    assert.equal("float32", a:astype("float32"):quantile({ 0.5 }).dtype)
    assert.equal("float64", a:astype("int8"):quantile({ 0.5 }).dtype)
    assert.equal(-0.5, pg.array({ -128, 127 }, "int8"):quantile(0.5))
  end)

  it("meets elements exactly, infinite ones too", function()
    assert.equal(1.0, pg.array { 1, inf }:quantile(0))
    assert.equal(inf, pg.array { 1, inf }:quantile(1))
    assert.equal(1.0, pg.array { -inf, 1, inf }:quantile(0.5))
    assert.is_true(is_nan(pg.array { 1, nan }:quantile(0)))
    local row = pg.range(0, 10) / 10
    assert.is_true(row:quantile(row):allclose(row))
  end)

  it("raises for what is no quantile", function()
    assert.error_matches(function() a:quantile(1.1) end, "a quantile must be 0 to 1, not 1.1")
    assert.error_matches(function() a:quantile { 0, nan } end, "a quantile must be")
    assert.error_matches(function() a:percentile(-1) end, "a percentile must be 0 to 100")
    assert.error_matches(function() pg.zeros(0):quantile(0.5) end, "quantile of no elements")
    assert.error_matches(function() pg.zeros(0):percentile(50) end, "percentile of no elements")
    assert.error_matches(function() a:quantile(pg.zeros(1, 1, 1, 1, 1, 1, 1, 1), 1) end, "rank")
    assert.error_matches(function() a:quantile() end, "quantile")
  end)
end)

describe("covariances", function()
  it("are of rows, or of columns", function()
    local a = pg.array { { 0, 1, 2 }, { 2, 1, 0 } }
    assert.is_true(a:cov():allclose { { 1, -1 }, { -1, 1 } })
    assert.is_true(a:cov { ddof = 0 }:allclose(pg.array { { 2, -2 }, { -2, 2 } } / 3))
    assert.equal("3,3", shape(a:cov { rowvar = false }))
    assert.is_true(a.T:cov { rowvar = false }:allclose(a:cov()))
    assert.is_true(pg.cov(a[1], a[2]):allclose(a:cov()))
    assert.is_true(pg.cov(a, a[1], {}):allclose(pg.concat { a, a:rows(1, 1) }:cov()))
    assert.is_true(pg.cov({ 1, 2, 4 }, nil, { ddof = 0 }) - 14 / 9 < 1e-12)
    assert.equal(1.0, pg.cov { 1, 2, 3 })
    assert.equal(1.0, pg.cov({ 1, 2, 3 }, { rowvar = false }))
    assert.equal("float64", a:astype("float32"):cov().dtype)
    assert.equal("0,0", shape(pg.zeros(0, 3):cov()))
    assert.is_true(is_nan(pg.zeros(3, 0):cov()[{ 1, 1 }]))
    local wide = pg.random(0):randn(70, 300):cov()
    assert.is_true(wide:eq(wide.T):min())
  end)

  it("become correlations by both deviations", function()
    local r = pg.corrcoef({ 1, 2, 3 }, { 2, 4, 7 })
    assert.is_true(r:allclose { { 1, 0.99339927 }, { 0.99339927, 1 } })
    assert.equal(1.0, pg.corrcoef { 1, 2, 3 })
    assert.is_true(is_nan(pg.corrcoef { 1, 1 }))
    assert.is_true(pg.corrcoef({ { 1, 2, 3 }, { 3, 2, 1 } }):max() <= 1)
    assert.equal("2,2", shape(pg.corrcoef({ { 1, 2 }, { 3, 5 }, { 4, 4 } }, { rowvar = false })))
    assert.equal("0,0", shape(pg.zeros(0, 3):corrcoef()))
  end)

  it("raise for another rank, and for rows of other lengths", function()
    assert.error_matches(function() pg.zeros(1, 1, 2):cov() end, "cov needs vectors or matrices")
    assert.error_matches(function() pg.zeros(1, 1, 2):corrcoef() end, "corrcoef needs vectors")
    assert.error_matches(function() pg.cov(5) end, "cov needs vectors or matrices, not shape %(%)")
    assert.error_matches(function() pg.cov({ 1 }, 5) end, "cov needs vectors")
    assert.error_matches(function() pg.corrcoef(5) end, "corrcoef needs vectors")
    assert.error_matches(function() pg.cov({ 1, 2 }, { 1, 2, 3 }) end,
      "2 observations in one argument, and 3")
    assert.error_matches(function() pg.cov({ 1, 2, 3 }, {}) end, "and 0 in the other")
    assert.error_matches(function() pg.cov({ 1, 2 }, { rowvars = false }) end, "unknown option")
    assert.error_matches(function() pg.cov({ 1, 2 }, { ddof = 0.5 }) end, "ddof must be an integer")
    assert.error_matches(function() pg.corrcoef({ 1, 2 }, { ddof = 1 }) end, "unknown option")
  end)
end)
