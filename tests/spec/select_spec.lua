local pg = require "perigee"

local function list(a)
  return a:tolist()
end

describe("a mask", function()
  local a = pg.array { { 1, 2, 3 }, { 4, 5, 6 } }

  it("reads the elements where it is true", function()
    assert.same({ 3, 4, 5, 6 }, list(a[a:gt(2)]))
    assert.same({ 3, 4, 5, 6 }, list(a:masked(a:gt(2))))
    local backwards = a["::-1, ::-1"]
    assert.same({ 6, 3 }, list(backwards[(backwards % 3):eq(0)]))
  end)

  it("of the first axes reads rows", function()
    assert.same({ { 4, 5, 6 } }, list(a[pg.array { false, true }]))
    assert.same({ 0, 3 }, a[pg.array { false, false }].shape)
  end)

  it("writes a number, or as many as it picks", function()
    local b = a:copy()
    b[b:gt(4)] = 0
    assert.same({ { 1, 2, 3 }, { 4, 0, 0 } }, list(b))
    b[b:eq(0)] = { 8, 9 }
    assert.same({ { 1, 2, 3 }, { 4, 8, 9 } }, list(b))
    b.T[pg.array { true, false, false }] = { { 7, 7 } }
    assert.same({ { 7, 2, 3 }, { 7, 8, 9 } }, list(b))
    b[b:lt(8)] = b[b:lt(8)] * 10
    assert.same({ { 70, 20, 30 }, { 70, 8, 9 } }, list(b))
  end)

  it("that does not fit is refused, with both shapes", function()
    assert.error_matches(function() return a[pg.array { true }] end,
      "mask of shape %(1,%) does not fit an array of shape %(2, 3%)")
    assert.error_matches(function() a[pg.array { true, false }] = { 1, 2 } end,
      "shape %(2,%) does not broadcast to %(1, 3%)")
    assert.error_matches(function() a:masked { 1, 2 } end, "must be bool")
    assert.error_matches(function() pg.zeros(2, "uint8")[pg.array { true, true }] = 300 end,
      "300 is beyond the range of uint8")
  end)
end)

describe("an array of positions", function()
  local positions = pg.array({ 3, -3 }, "int64")

  it("reads rows", function()
    assert.same({ 30, 10 }, list(pg.array { 10, 20, 30 }[positions]))
  end)

  it("writes rows; the later of two stays", function()
    local a = pg.array { { 1, 1 }, { 2, 2 }, { 3, 3 } }
    a[positions] = { { 7, 8 }, { 9, 9 } }
    assert.same({ { 9, 9 }, { 2, 2 }, { 7, 8 } }, list(a))
    a[pg.array({ 1, 1 }, "uint8")] = { { 1, 1 }, { 5, 5 } }
    assert.same({ 5, 5 }, list(a[1]))
    local columns = a.T
    columns[pg.array({ 2 }, "int32")] = 0
    assert.same({ { 5, 0 }, { 2, 0 }, { 7, 0 } }, list(a))
  end)

  it("beyond the ends, or not of integers, is refused, and nothing is written", function()
    local a = pg.array { 1, 2 }
    assert.error_matches(function() a[pg.array({ 1, 3 }, "int64")] = 0 end, "position 3")
    assert.error_matches(function() a[pg.array({ 0 }, "int64")] = 0 end, "positions start at 1")
    assert.error_matches(function() return a[pg.array { 2, 0.5 }] end,
      "positions must be integers, not 0.5, at {2}")
    for _, far in ipairs { math.mininteger, math.maxinteger } do
      assert.error_matches(function() return a:take { far } end, "is beyond axis 1")
    end
    assert.same({ 1, 2 }, list(a))
  end)
end)

describe("a float array of whole numbers", function()
  local a = pg.array { { 1, 2 }, { 3, 4 }, { 5, 6 } }

  it("serves as positions", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local p = pg.array({ 3, -3 }, dtype)
      assert.same({ { 5, 6 }, { 1, 2 } }, list(a[p]))
      assert.same({ { 2, 1 } }, list(a["1:1"]:take(pg.array({ 2, 1 }, dtype), 2)))
      local b = a:copy()
      b[p] = 0
      assert.same({ { 0, 0 }, { 3, 4 }, { 0, 0 } }, list(b))
    end
    assert.same({ 3, 4 }, list(a:take(2.0)))
    assert.same({ { 3, 4 } }, list(a:take { 2.0 }))
    assert.same({ 0, 2 }, a[pg.zeros(0)].shape)
    assert.same({ { 1, 2 } }, list(a[pg.array { { 3, 1 }, { 1, 3 } }[2]["1:1"]]))
  end)

  it("that has other numbers raises, and names the first and its place", function()
    for text, value in pairs { ["1.5"] = 1.5, nan = 0 / 0, inf = math.huge, ["%-inf"] = -math.huge,
      ["1e%+300"] = 1e300 } do
      local p = pg.array { { 1, 2 }, { value, 9 } }
      local expected = "positions must be integers, not " .. text .. ", at {2, 1}"
      local b = a:copy()
      assert.error_matches(function() return a[p] end, expected)
      assert.error_matches(function() a:take(p, 2) end, expected)
      assert.error_matches(function() b[p] = 0 end, expected)
      assert.same(list(a), list(b))
    end
    assert.error_matches(function() a:take(1.5) end, "1.5 is not a number that int64 holds")
    assert.error_matches(function() return a[pg.array { 4 }] end, "position 4 is beyond axis 1")
    assert.error_matches(function() return a[pg.array { 0 }] end, "positions start at 1")
    assert.error_matches(function() a:take(pg.array { true }) end, "integers, not bool")
  end)

  it("is checked where nothing is taken, and far behind", function()
    assert.error_matches(function() pg.zeros(2, 0):take(pg.array { 3 }) end, "position 3")
    local p = pg.ones(50000)
    p[40000] = 2.5
    assert.error_matches(function() a:take(p) end, "not 2.5, at {40000}")
    p[40000] = 4
    assert.error_matches(function() a:take(p) end, "position 4")
    p[40000] = -1
    assert.equal(5, a:take(p)[{ 40000, 1 }])
  end)
end)

describe("nonzero and argwhere", function()
  it("give positions in row-major order", function()
    local a = pg.array { { 0, 5, 0 }, { -1, 0, 0 / 0 } }
    local rows, columns = a:nonzero()
    assert.same({ 1, 2, 2 }, list(rows))
    assert.same({ 2, 1, 3 }, list(columns))
    assert.same({ { 1, 2 }, { 2, 1 }, { 2, 3 } }, list(a:argwhere()))
    assert.same({ 3, 1 }, list(select(1, a.T:nonzero())["::-2"]))
    assert.same({ 1, 3 }, list((pg.array { true, false, true }:nonzero())))
    assert.same({ 5, -1 }, list(a[rows["1:2"]]:ravel()[pg.array { 2, 4 }]))
    assert.equal(3, select("#", pg.zeros(2, 2, 2):nonzero()))
    assert.same({ 0 }, pg.zeros(0):nonzero().shape)
    assert.same({ 0, 2 }, pg.zeros(3, 0):argwhere().shape)
    assert.same({ 1, 0 }, pg.array(7):argwhere().shape)
    assert.same({ 0, 0 }, pg.array(0):argwhere().shape)
    assert.error_matches(function() pg.nonzero(7) end, "rank 0 has no positions")
  end)
end)

describe("bincount", function()
  it("counts integers from 0 of every dtype", function()
    for _, dtype in ipairs { "int8", "int64", "uint8", "uint64", "float32", "float64" } do
      local counts = pg.array({ 3, 0, 1, 1 }, dtype):bincount()
      assert.equal("int64", counts.dtype)
      assert.same({ 1, 2, 0, 1 }, list(counts))
    end
    assert.same({ 1, 2 }, list(pg.bincount { true, false, true }))
    assert.same({ 0 }, pg.bincount({}).shape)
    assert.same({ 0, 0 }, list(pg.bincount({}, { minlength = 2 })))
    assert.same({ 0, 1 }, list(pg.bincount({ 1 }, nil, { minlength = 1 })))
    assert.same({ 2, 3 }, list(pg.array { 0, 1, 0, 1, 0, 1, 0, 1, 1, 1 }["1:10:2"]:bincount()
      + pg.array({ -2, 2 }, "int64")))
  end)

  it("adds up weights", function()
    assert.same({ 0.5, 3, 0 }, list(pg.bincount({ 0, 1, 1 }, { 0.5, 1, 2 }, { minlength = 3 })))
    assert.equal("float64", pg.bincount({ 0 }, pg.array({ 2 }, "int8")).dtype)
  end)

  it("refuses what it can't count", function()
    assert.error_matches(function() pg.bincount { 0, -1 } end, "element 2 is %-1")
    assert.error_matches(function() pg.bincount { 0, 1.5 } end, "values must be integers, not 1.5")
    assert.error_matches(function() pg.bincount { { 1 } } end, "shape %(1, 1%)")
    assert.error_matches(function() pg.bincount({ 1 }, { 1, 2 }) end, "weights of shape %(2,%)")
    assert.error_matches(function() pg.bincount({ 1 }, {}) end, "weights of shape %(0,%)")
    assert.error_matches(function() pg.bincount({ 1 }, { minlength = -1 }) end, "negative")
    assert.error_matches(function() pg.bincount { 1e15 } end, "not enough memory")
    assert.error_matches(function() pg.bincount({ 1 }, { least = 3 }) end, "unknown option")
    assert.error_matches(function() pg.bincount { math.huge } end, "not inf")
  end)
end)

describe("topk", function()
  it("gives the greatest or least elements and their positions", function()
    local values, positions = pg.array { 3, 9, 5, 9 }:topk(3)
    assert.same({ 9, 9, 5 }, list(values))
    assert.same({ 2, 4, 3 }, list(positions))
    values, positions = pg.array { { 3, 9, 5 }, { 4, 2, 4 } }:topk(1, 1, { largest = false })
    assert.same({ { 3, 2, 4 } }, list(values))
    assert.same({ { 1, 2, 2 } }, list(positions))
    values, positions = pg.array({ { 1, 2, 3 } }, "uint8"):topk(2, { largest = true })
    assert.equal("uint8", values.dtype)
    assert.equal("int64", positions.dtype)
    assert.same({ { 3, 2 } }, list(values))
    assert.same({ 2, 0 }, pg.ones(2, 3):topk(0).shape)
    assert.same({ 3, 1 }, list(select(2, pg.array { 1, 5, 0 / 0 }:topk(3)):take { 1, 3 }))
  end)

  it("agrees with argsort", function()
    local a = pg.random(0):randint(0, 50, 1000)
    for _, k in ipairs { 1, 10, 999, 1000 } do
      local values, positions = a:topk(k, { largest = false })
      assert.is_true(positions:array_equal(a:argsort()[{ { 1, k } }]))
      assert.is_true(values:array_equal(a:sort()[{ { 1, k } }]))
      values, positions = a:topk(k)
      assert.is_true(positions:array_equal((-a):argsort()[{ { 1, k } }]))
      assert.is_true(values:array_equal(a[positions]))
    end
  end)

  it("refuses more than there are", function()
    assert.error_matches(function() pg.ones(2, 3):topk(3, 1) end, "no 3 elements along axis 1")
    assert.error_matches(function() pg.ones(2):topk(-1) end, "k cannot be negative")
    assert.error_matches(function() pg.topk(5, 1) end, "rank 0 has no axis")
    assert.error_matches(function() pg.ones(2):topk(1, { least = true }) end, "unknown option")
  end)
end)

describe("array_equal", function()
  it("compares shapes and elements", function()
    local a = pg.range(1, 6):reshape(2, 3)
    assert.is_true(a:array_equal(a:astype "float32"))
    assert.is_true(a:array_equal { { 1, 2, 3 }, { 4, 5, 6 } })
    assert.is_false(a:array_equal(a.T))
    assert.is_false(a:array_equal(a + 1))
    assert.is_false(pg.array_equal(pg.zeros(2), 0))
    assert.is_true(pg.array_equal(pg.zeros(0, 2), pg.ones(0, 2)))
    assert.is_true(pg.array_equal(3, 3))
    local nan = pg.array { 1, 0 / 0 }
    assert.is_false(nan:array_equal(nan))
    assert.is_true(nan:array_equal(nan:copy(), { equal_nan = true }))
    assert.is_false(nan:array_equal({ 1, 2 }, { equal_nan = true }))
    assert.error_matches(function() a:array_equal(a, { nan = true }) end, "unknown option")
  end)
end)
