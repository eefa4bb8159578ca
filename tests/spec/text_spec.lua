-- The texts are numpy.array2string(a, separator=", ")'s.

local pg = require "perigee"

local NAN, INF = 0 / 0, math.huge

describe("an array as text", function()
  local function check(text, a)
    assert.equal(text, tostring(a))
  end

  it("has numbers", function()
    check([==[
[ 1. ,  2.5, -3. ] float64 (3,)]==], pg.array({ 1, 2.5, -3 }, "float64"))
  end)

  it("has what is not finite", function()
    check([==[
[ nan,  inf, -inf, 1.25] float64 (4,)]==], pg.array({ NAN, INF, -INF, 1.25 }, "float64"))
  end)

  it("has exponents", function()
    check([==[
[1.0e+100, 2.5e-007, 0.0e+000] float64 (3,)]==], pg.array({ 1e100, 2.5e-7, 0 }, "float64"))
  end)

  it("has the fewest digits of a float32", function()
    check([==[
[3.3       , 0.1       , 0.33333334] float32 (3,)]==], pg.array({ 3.3, 0.1, 1 / 3 }, "float32"))
  end)

  it("has at most eight decimals", function()
    check([==[
[0.33333333, 0.66666667] float64 (2,)]==], pg.array({ 1 / 3, 2 / 3 }, "float64"))
  end)

  it("has numbers far apart", function()
    check([==[
[1.000e-03, 1.005e+02] float64 (2,)]==], pg.array({ 0.001, 100.5 }, "float64"))
  end)

  it("has integers", function()
    check([==[
[[   1, -200],
 [  30,    4]] int16 (2, 2)]==], pg.array({ { 1, -200 }, { 30, 4 } }, "int16"))
  end)

  it("has none", function()
    check([==[
[] float64 (0,)]==], pg.array({}, "float64"))
  end)

  it("breaks lines", function()
    check([==[
[ 1.5,  3. ,  4.5,  6. ,  7.5,  9. , 10.5, 12. , 13.5, 15. , 16.5, 18. ,
 19.5, 21. , 22.5, 24. , 25.5, 27. , 28.5, 30. , 31.5, 33. , 34.5, 36. ,
 37.5, 39. , 40.5, 42. , 43.5, 45. ] float64 (30,)]==], pg.range(1, 30) * 1.5)
  end)

  it("shows the edges of a large one", function()
    check([==[
[[   1,    2,    3, ...,   48,   49,   50],
 [  51,   52,   53, ...,   98,   99,  100],
 [ 101,  102,  103, ...,  148,  149,  150],
 ...,
 [1851, 1852, 1853, ..., 1898, 1899, 1900],
 [1901, 1902, 1903, ..., 1948, 1949, 1950],
 [1951, 1952, 1953, ..., 1998, 1999, 2000]] int64 (40, 50)]==], pg.range(1, 2000):reshape(40, 50))
  end)

  it("has a blank line between matrices", function()
    check([==[
[[[ 1,  2,  3],
  [ 4,  5,  6]],

 [[ 7,  8,  9],
  [10, 11, 12]]] int64 (2, 2, 3)]==], pg.range(1, 12):reshape(2, 2, 3))
  end)

  it("has any rank 0", function()
    check("false bool ()", pg.array(false))
    check("2.5 float64 ()", pg.array(2.5))
  end)

  it("has uint64's largest", function()
    check("[18446744073709551615,                    7] uint64 (2,)",
      pg.array({ -1, 7 }, "int64"):astype "uint64")
  end)

  it("is made at once, however large it is", function()
    local a = pg.zeros(60000, 784, "uint8")
    local start = os.clock()
    assert.matches("%.%.%.", tostring(a))
    assert.matches("%(784, 60000%)", tostring(a.T))
    assert.is_true(os.clock() - start < 1)
  end)
end)
