local pg = require "perigee"
local support = require "tests.support"

describe("views", function()
  local a = pg.range(1, 24):reshape(2, 3, 4)

  it("permute axes", function()
    local b = a:transpose(3, 1, -2)
    assert.equal("4,2,3", support.shape(b))
    assert.equal(a:get(2, 3, 1), b:get(1, 2, 3))
    assert.equal("4,3,2", support.shape(a:transpose()))
    assert.equal("4,3,2", support.shape(a:swapaxes(1, -1)))
    assert.error_matches(function() a:transpose(1, 1, 2) end, "named once")
    assert.error_matches(function() a:transpose(1) end, "each of the 3 axes")
  end)

  it("add and drop axes of length 1", function()
    assert.equal("2,1,3,4", support.shape(a:expand_dims(2)))
    assert.equal("2,3,4,1", support.shape(a:expand_dims(-1)))
    assert.equal("2,3,4", support.shape(a:expand_dims(2):squeeze()))
    assert.equal("1,2,3,4", support.shape(a:expand_dims(1):expand_dims(-1):squeeze(-1)))
    assert.error_matches(function() a:squeeze(2) end, "axis 2 of shape %(2, 3, 4%) has length 3")
    assert.error_matches(function() a:expand_dims(5) end, "no axis 5 in a result of rank %d")
    assert.error_matches(function() pg.zeros(1, 1, 1, 1, 1, 1, 1, 1):expand_dims(1) end,
      "rank would be 9")
  end)

  it("go backwards", function()
    assert.same({ 3, 2, 1 }, pg.array({ 1, 2, 3 }, "int8"):flip():tolist())
    assert.equal(a:get(1, 3, 4), a:flip(2):get(1, 1, 4))
    assert.equal(24, a:flip():get(1, 1, 1))
    assert.equal("2,0", support.shape(pg.zeros(2, 0):flip()))
  end)

  it("share their elements", function()
    local b = pg.zeros(2, 3)
    b:transpose()[1] = 5
    b:flip(2)[{ 1, 1 }] = 7
    assert.same({ { 5, 0, 7 }, { 5, 0, 0 } }, b:tolist())
  end)

  it("stack", function()
    local x, y = pg.array { 1, 2, 3 }, pg.array({ 4, 5, 6 }, "int8")
    assert.same({ { 1, 2, 3 }, { 4, 5, 6 } }, pg.stack({ x, y }):tolist())
    assert.same({ { 1, 4 }, { 2, 5 }, { 3, 6 } }, pg.stack({ x, y }, 2):tolist())
    assert.same(pg.stack({ x, y }, 2):tolist(), pg.stack({ x, y }, -1):tolist())
    assert.error_matches(function() pg.stack { x, pg.ones(2) } end, "%(3,%) and %(2,%) differ")
    assert.error_matches(function() pg.stack {} end, "nothing to join")
    assert.error_matches(function() pg.stack({ x }, 3) end, "no axis 3 in a result of rank 2")
  end)
end)

describe("rounding", function()
  it("is as NumPy's", function()
    assert.same({ -2, 0, 2, 2 }, pg.array { -1.5, 0.5, 1.5, 2.5 }:round():tolist())
    assert.same({ 1.2, 2.68 }, { pg.round(1.23, 1), pg.round(2.675, 2) })
    assert.same({ 120, 150 }, pg.array({ 123, 149 }, "int16"):round(-1):tolist())
    assert.equal("int16", pg.array({ 1 }, "int16"):round(-1).dtype)
    assert.same({ -2, 1 }, pg.array { -1.5, 1.5 }:floor():tolist())
    assert.same({ -1, 2 }, pg.array { -1.5, 1.5 }:ceil():tolist())
    assert.equal("int8", pg.array({ 1 }, "int8"):floor().dtype)
    assert.same({ true, false }, pg.array { 0 / 0, 1 }:isnan():tolist())
    assert.is_false(pg.array({ 1 }, "uint8"):isnan():any())
  end)
end)

describe("any, all, var, norm", function()
  it("reduce", function()
    local a = pg.array { { 0, 1 }, { 0, 3 } }
    assert.same({ false, true }, a:any(1):tolist())
    assert.same({ { false }, { false } }, a:all(2, true):tolist())
    assert.is_true(pg.zeros(0):all())
    assert.is_false(pg.zeros(0):any())
    assert.is_true(pg.array { 0 / 0 }:any())
    assert.same({ 0, 1 }, a:var(1):tolist())
    assert.equal(5, pg.norm { 3, 4 })
    assert.equal("float32", a:astype("float32"):norm(1).dtype)
    assert.equal(1, pg.argmin { 1, 2, 1 })
    assert.same({ { 2, 4 }, { 3, 6 } }, pg.outer({ 2, 3 }, { 1, 2 }):tolist())
  end)
end)

describe("ravel and flatten", function()
  local a = pg.range(1, 24):reshape(2, 3, 4)

  it("join axes in row-major order", function()
    assert.same({ 24 }, a:ravel().shape)
    assert.same({ 2, 12 }, a:flatten(2).shape)
    assert.same({ 2, 3, 4 }, a:flatten(3).shape)
    assert.same({ 2, 12 }, a:flatten(-2).shape)
    assert.same({ 1, 13, 5, 17, 9, 21 }, a.T:ravel()["1:6"]:tolist())
    assert.same({ 1 }, pg.array(3):ravel().shape)
    assert.same({ 1 }, pg.array(3):flatten().shape)
    assert.same({ 0 }, pg.zeros(2, 0, 3):flatten().shape)
    assert.same({ 2, 0 }, pg.zeros(2, 0, 3):flatten(2).shape)
  end)

  it("share the elements where the strides allow it", function()
    local b = a:copy()
    b:ravel()[1] = 100
    b:flatten(2)[{ 1, 2 }] = 200
    b.T:ravel()[1] = 300
    assert.same({ 100, 200 }, b[{ 1, 1, { 1, 2 } }]:tolist())
    assert.error_matches(function() a:flatten(4) end, "no axis 4")
    assert.error_matches(function() a:flatten(0) end, "axes start at 1")
  end)
end)

describe("array_split", function()
  local function lists(parts)
    local all = {}
    for i, part in ipairs(parts) do
      all[i] = part:tolist()
    end
    return all
  end
  local a = pg.range(1, 7)

  it("cuts into parts as equal as possible", function()
    assert.same({ { 1, 2, 3 }, { 4, 5 }, { 6, 7 } }, lists(a:array_split(3)))
    assert.same({ { 1 }, { 2 }, {} }, lists(pg.range(1, 2):array_split(3)))
    assert.same({ { { 1 }, { 3 } }, { { 2 }, { 4 } } },
      lists(pg.range(1, 4):reshape(2, 2):array_split(2, 2)))
  end)

  it("cuts in front of positions", function()
    assert.same({ { 1, 2 }, { 3, 4, 5 }, { 6, 7 } }, lists(a:array_split { 3, 6 }))
    assert.same({ {}, { 1, 2, 3, 4, 5, 6 }, { 7 }, {} }, lists(a:array_split { 1, -1, 8 }))
    assert.same({ { 1, 2, 3, 4 }, {}, { 3, 4, 5, 6, 7 } }, lists(a:array_split { 5, 3 }))
    assert.same({ a:tolist() }, lists(a:array_split {}))
    assert.same({ { 1 }, { 2, 3, 4, 5, 6, 7 }, {}, {} }, lists(a:array_split { 2, 9, 1 << 62 }))
    assert.same({ {}, { 1, 2, 3, 4, 5, 6, 7 } }, lists(a:array_split { -9 }))
  end)

  it("gives views that outlive the array", function()
    local b = a:copy()
    local parts = b:array_split(2)
    parts[2][1] = 50
    assert.equal(50, b[5])
    b = nil -- luacheck: ignore
    collectgarbage()
    assert.same({ 50, 6, 7 }, parts[2]:tolist())
  end)

  it("refuses what is no part", function()
    assert.error_matches(function() a:array_split(0) end, "there must be a part")
    assert.error_matches(function() a:array_split { 0 } end, "positions start at 1")
    assert.error_matches(function() a:array_split { 1.5 } end, "integers, not 1.5, at {1}")
    assert.error_matches(function() pg.array(1):array_split(2) end, "rank 0 has no axis")
    assert.error_matches(function() a:array_split(2, 2) end, "no axis 2")
  end)
end)

describe("a transposed copy", function()
  it("has each element in its place, in every dtype", function()
    for _, dtype in ipairs { "bool", "int8", "uint16", "int32", "float32", "float64", "int64" } do
      for _, lengths in ipairs { { 2, 2 }, { 7, 9 }, { 8, 16 }, { 16, 8 }, { 33, 70 },
        { 3, 500 } } do
        local m, n = table.unpack(lengths)
        local a = (pg.range(0, m * n - 1) % 251):astype(dtype):reshape(m, n)
        local copy = a.T:copy()
        assert.same({ n, m }, copy.shape)
        for i = 1, n do
          assert.is_true(copy[i]:array_equal(a[{ {}, i }]))
        end
        assert.is_true(a[{ { 1, m - 1 }, { 2, n } }].T:copy():array_equal(a.T[{ { 2, n },
          { 1, m - 1 } }]))
      end
    end
  end)

  it("is the same with threads", function()
    local a = pg.range(1, 400 * 701):reshape(400, 701)
    local copy = a.T:copy()
    assert.is_true(copy:array_equal(a.T))
    assert.equal(a[{ 333, 701 }], copy[{ 701, 333 }])
  end)
end)
