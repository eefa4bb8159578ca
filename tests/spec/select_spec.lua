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
