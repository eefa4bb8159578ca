local core = require "perigee.core"
local pg = require "perigee"

local function list(a)
  return type(a) == "number" and a or a:tolist()
end

describe("sum_to", function()
  it("sums over the axes along which an operand was broadcast", function()
    local a = pg.range(1, 24):reshape(2, 3, 4)
    for _, shape in ipairs { { 4 }, { 3, 1 }, { 1, 4 }, { 2, 1, 1 }, { 1, 1, 4 }, { 1 } } do
      local like = pg.zeros(shape, "float64")
      local g = core.sum_to(a, like)
      assert.same(like.shape, g.shape)
      assert.equal("float64", g.dtype)
      -- the sum is the gradient of sum(a * (like + x)) by x, which is linear
      local weights = pg.rand(shape)
      assert.near((a * weights):sum(), (g * weights):sum(), 1e-10)
    end
    assert.equal(300, core.sum_to(a, 0))
    assert.equal(2, core.sum_to(2, 7))
    assert.equal(2.5, core.sum_to(pg.array { 2.5 }[{ { 1, 1 } }], 1))
  end)

  it("gives the operand itself where nothing was broadcast", function()
    local a = pg.zeros({ 2, 3 }, "float32")
    assert.equal(a, core.sum_to(a, pg.ones({ 2, 3 }, "float32")))
    assert.equal("float64", core.sum_to(a, pg.ones(2, 3)).dtype)
    assert.equal("float32", core.sum_to(pg.ones(5, 2, 3), a).dtype)
  end)

  it("sums no elements to zeros", function()
    assert.same({ { 0, 0, 0 } }, list(core.sum_to(pg.zeros(0, 3), pg.ones(1, 3))))
    assert.same({ 1, 0 }, core.sum_to(pg.zeros(4, 3, 0), pg.ones(1, 0)).shape)
  end)

  it("refuses a shape that does not broadcast", function()
    assert.error_matches(function() core.sum_to(pg.ones(2, 3), pg.ones(2)) end,
      "shape %(2,%) does not broadcast to %(2, 3%)")
    assert.error_matches(function() core.sum_to(pg.ones(3), pg.ones(1, 3)) end,
      "shape %(1, 3%) does not broadcast to %(3,%)")
    assert.error_matches(function() core.sum_to(pg.ones(3), "text") end, "array or number expected")
  end)
end)

describe("broadcast_to", function()
  it("repeats an array or a number", function()
    local like = pg.zeros({ 2, 3 }, "float32")
    local b = core.broadcast_to(2, like)
    assert.same({ { 2, 2, 2 }, { 2, 2, 2 } }, list(b))
    assert.equal("float32", b.dtype)
    assert.same({ { 1, 1, 1 }, { 2, 2, 2 } }, list(core.broadcast_to({ { 1 }, { 2 } }, like)))
    assert.equal(like, core.broadcast_to(like, pg.ones({ 2, 3 }, "float32")))
    assert.equal(3, core.broadcast_to(3, 1))
    assert.error_matches(function() core.broadcast_to(pg.ones(2), like) end,
      "shape %(2,%) does not broadcast to %(2, 3%)")
  end)

  it("copies: a write changes one element", function()
    local b = core.broadcast_to(pg.ones(3), pg.zeros(2, 3))
    b[{ 1, 1 }] = 5
    assert.same({ { 5, 1, 1 }, { 1, 1, 1 } }, list(b))
  end)
end)

describe("add_at", function()
  local a = pg.rand(4, 5, 3)

  --- Checks that add_at is the transpose of reading by the key: sum(a[key] * g) = sum(a * out).
  local function check(key)
    local taken = a[key]
    local is_number = type(taken) == "number"
    local g = is_number and 2.5 or pg.rand(taken.shape)
    local out = core.add_at(a, key, g)
    assert.same(a.shape, out.shape)
    local expected = is_number and taken * g or (taken * g):sum()
    assert.near(expected, (a * out):sum(), 1e-12)
    assert.equal(0, out[core.add_at(a, key, 1):eq(0)]:count_nonzero())
  end

  it("puts what a key has taken back to where it was", function()
    for _, key in ipairs {
      2, -1, { 1, 2, 3 }, { -1, { 2, 4 } }, { {}, {}, { 3, 1, -1 } }, "2:3, :", "::-2, -1",
      { { 2, 1 } }, a:gt(0.5), pg.array { true, false, true, true },
      pg.array({ 1, 4, 1, -1, 1 }, "int64"), pg.array { 2, 2 },
      pg.array({ { 1, 2 }, { 3, 3 } }, "int64"),
    } do
      check(key)
    end
  end)

  it("adds up what comes twice", function()
    local like = pg.zeros(3)
    assert.same({ 5, 0, 2 }, list(core.add_at(like, pg.array { 1, 3, 1 }, { 1, 2, 4 })))
    assert.same({ 2, 0, 1 }, list(core.add_at(like, pg.array { 1, 3, 1 }, 1)))
  end)

  it("keeps the array's dtype", function()
    local like = pg.zeros({ 3 }, "float32")
    for _, key in ipairs { 1, { { 1, 2 } }, pg.array { 1, 2 }, pg.array { true, false, true } } do
      assert.equal("float32", core.add_at(like, key, 1.5).dtype)
    end
  end)

  it("does not change the array", function()
    local like = pg.ones(3)
    core.add_at(like, 1, 7)
    assert.same({ 1, 1, 1 }, list(like))
  end)

  it("refuses what indexing refuses, and a gradient of another shape", function()
    for _, key in ipairs { 5, { 1, 6 }, "1:9", pg.array { 9 }, pg.array { true }, print } do
      assert.has_error(function() core.add_at(a, key, 1) end)
    end
    assert.error_matches(function() core.add_at(a, 1, pg.ones(4)) end,
      "shape %(4,%) does not broadcast to %(5, 3%)")
    assert.error_matches(function() core.add_at(a, pg.array { 1 }, pg.ones(4)) end,
      "shape %(4,%) does not broadcast to %(1, 5, 3%)")
    assert.error_matches(function() core.add_at(a:gt(0), pg.array { 1 }, 1) end,
      "bools do not add up")
  end)
end)

describe("add_at_axis", function()
  it("is the transpose of take", function()
    local a = pg.rand(4, 5, 3)
    for axis = -3, 3 do
      for _, positions in ipairs { 2, { 1, 3, 1, -1 }, pg.array { { 1, 2 }, { 2, 2 } } } do
        if axis ~= 0 then
          local taken = a:take(positions, axis)
          local g = pg.rand(taken.shape)
          local out = core.add_at_axis(a, positions, axis, g)
          assert.same(a.shape, out.shape)
          assert.near((taken * g):sum(), (a * out):sum(), 1e-12)
        end
      end
    end
    assert.same({ 0, 5, 0 }, list(core.add_at_axis(pg.ones(3), 2, nil, 5)))
  end)

  it("gives the same bits for any number of threads", function()
    local like, positions = pg.zeros({ 50, 3000 }, "float32"), pg.randint(1, 51, 2000)
    local g = pg.rand(2000, 3000):astype "float32"
    local before = pg.threads(1)
    local one = core.add_at_axis(like, positions, 1, g)
    pg.threads(4)
    local four = core.add_at_axis(like, positions, 1, g)
    pg.threads(before)
    assert.is_true(one:array_equal(four))
  end)

  it("refuses positions and axes that there are not", function()
    local a = pg.ones(2, 3)
    assert.error_matches(function() core.add_at_axis(a, { 4 }, 2, 1) end, "4")
    assert.error_matches(function() core.add_at_axis(a, { 1 }, 3, 1) end, "no axis 3")
    assert.error_matches(function() core.add_at_axis(a, { 1 }, 2, pg.ones(2, 2)) end,
      "does not broadcast to %(2, 1%)")
  end)
end)
