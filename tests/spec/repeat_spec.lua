local pg = require "perigee"

local function list(a)
  return a:tolist()
end

local a = pg.range(1, 6):reshape(2, 3)

describe("repeat_interleave", function()
  it("repeats elements, or parts along an axis", function()
    assert.same({ 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6 }, list(a:repeat_interleave(2)))
    assert.same({ { 1, 2, 3 }, { 1, 2, 3 }, { 4, 5, 6 } }, list(a:repeat_interleave({ 2, 1 }, 1)))
    assert.same({ { 2, 3, 3 }, { 5, 6, 6 } }, list(a:repeat_interleave({ 0, 1, 2 }, -1)))
    assert.same({ 1, 1, 4, 4, 2, 2, 5, 5, 3, 3, 6, 6 }, list(a.T:repeat_interleave(2)))
    assert.same({ true, true, false, false }, list(pg.repeat_interleave({ true, false }, 2)))
    assert.same({ 7, 7 }, list(pg.repeat_interleave(7, 2)))
    assert.same({ 0 }, a:repeat_interleave(0).shape)
    assert.same({ 2, 0 }, a:repeat_interleave(pg.array({ 0 }, "uint8"), 2).shape)
    assert.same({ 0, 3 }, pg.zeros(0, 3):repeat_interleave(5, 1).shape)
    assert.equal("float32", pg.ones(2, "float32"):repeat_interleave(2).dtype)
  end)

  it("refuses other counts", function()
    assert.error_matches(function() a:repeat_interleave({ 1, 2 }, 2) end,
      "counts of shape %(2,%) do not fit an axis of length 3")
    assert.error_matches(function() a:repeat_interleave({ 1, -2 }, 1) end, "count 2 is %-2")
    assert.error_matches(function() a:repeat_interleave(1.5) end,
      "counts must be integers, not 1.5")
    assert.error_matches(function() a:repeat_interleave({ { 1, 2 } }, 1) end, "counts of shape")
    assert.error_matches(function() a:repeat_interleave(true) end, "integers, not bool")
    assert.error_matches(function() a:repeat_interleave(2, 3) end, "no axis 3")
    assert.error_matches(function() a:repeat_interleave(pg.array({ 1 << 60 }, "int64")) end,
      "not enough memory")
  end)
end)

describe("tile", function()
  it("repeats the whole array along its axes", function()
    assert.same({ { 1, 2, 3, 1, 2, 3 }, { 4, 5, 6, 4, 5, 6 } }, list(a:tile(2)))
    assert.same({ { 1, 2, 3 }, { 4, 5, 6 }, { 1, 2, 3 }, { 4, 5, 6 } }, list(a:tile(2, 1)))
    assert.same({ { { 1, 4 }, { 2, 5 }, { 3, 6 } }, { { 1, 4 }, { 2, 5 }, { 3, 6 } } },
      list(a.T:tile { 2, 1, 1 }))
    assert.same({ 1, 2, 1, 2, 1, 2, 1, 2, 1, 2 }, list(pg.range(1, 2):tile(5)))
    assert.same({ 5, 5, 5 }, list(pg.tile(5, 3)))
    assert.same({ 2, 0 }, a:tile(0).shape)
    assert.same({ 0, 6 }, pg.zeros(0, 3):tile(4, 2).shape)
    assert.same(list(a), list(a:tile {}))
  end)

  it("refuses what is no number of repeats", function()
    assert.error_matches(function() a:tile() end, "the number of repeats is missing")
    assert.error_matches(function() a:tile(-1) end, "must be an integer, 0 or more")
    assert.error_matches(function() a:tile(1, 1, 1, 1, 1, 1, 1, 1, 1) end, "rank is at most 8")
    assert.error_matches(function() a:tile(1 << 40, 1 << 40) end, "not enough memory")
  end)
end)

describe("pad", function()
  it("writes a value around the array", function()
    assert.same({ { 0, 0, 0, 0, 0 }, { 0, 1, 2, 3, 0 }, { 0, 4, 5, 6, 0 }, { 0, 0, 0, 0, 0 } },
      list(a:pad(1)))
    assert.same({ { 9, 1, 2, 3 }, { 9, 4, 5, 6 }, { 9, 9, 9, 9 } },
      list(a:pad({ { 0, 1 }, { 1, 0 } }, { value = 9 })))
    assert.same({ true, false }, list(pg.array { true }:pad { 0, 1 }))
    assert.same({ 0, 0 }, list(pg.zeros(0):pad(1)))
    assert.same(3, pg.array(3):pad(2):item())
  end)

  it("continues with the edge, or mirrored there", function()
    assert.same({ 1, 1, 1, 2, 3, 3 }, list(pg.range(1, 3):pad({ 2, 1 }, { mode = "edge" })))
    assert.same({ 3, 2, 1, 2, 3, 2, 1, 2 },
      list(pg.range(1, 3):pad({ 2, 3 }, { mode = "reflect" })))
    assert.same({ 7, 7, 7 }, list(pg.array { 7 }:pad(1, { mode = "reflect" })))
    assert.same({ { 5, 2, 5 }, { 4, 1, 4 }, { 5, 2, 5 } },
      list(pg.array { { 1, 4 }, { 2, 5 } }:pad({ { 1, 0 }, { 1, 0 } }, { mode = "reflect" })))
  end)

  it("refuses other widths, modes and values", function()
    assert.error_matches(function() a:pad(-1) end, "a width must be an integer, 0 or more, not %-1")
    assert.error_matches(function() a:pad(1.5) end, "not 1.5")
    assert.error_matches(function() a:pad { 1 } end, "widths are a number, {before, after}")
    assert.error_matches(function() a:pad { { 1, 2 } } end,
      "widths of 1 axes for an array of rank 2")
    assert.error_matches(function() a:pad(1, { mode = "wrap" }) end, 'mode must be "constant"')
    assert.error_matches(function() a:pad(1, { width = 2 }) end, "unknown option 'width'")
    assert.error_matches(function() a:pad(1, { value = "x" }) end, "value must be a number")
    for _, mode in ipairs { "edge", "reflect" } do
      assert.error_matches(function() pg.ones(2):pad(1, { mode = mode, value = 7 }) end,
        'value is an option of mode "constant" alone')
    end
    assert.error_matches(function() a:pad(1, { value = 1.5 }) end, "1.5 is not a number that int64")
    assert.error_matches(function() pg.zeros(2, 0):pad(1, { mode = "edge" }) end,
      "axis 2 of shape %(2, 0%) has no element")
    assert.error_matches(function() a:pad(math.maxinteger) end, "not enough memory")
  end)
end)
