local pg = require "perigee"
local raises_here = require("tests.support").raises_here

describe("a shape", function()
  local x = pg.zeros(60, 28, 28)

  it("prints as NumPy's", function()
    assert.equal("(60, 28, 28)", tostring(x.shape))
    assert.equal("(60,)", tostring(pg.zeros(60).shape))
    assert.equal("()", tostring(pg.array(1).shape))
    assert.equal("(0, 3)", tostring(pg.zeros(0, 3).shape))
    assert.equal("60 rows of (60, 28, 28)", ("%d rows of %s"):format(#x, x.shape))
  end)

  it("is compared by value, with any table of lengths", function()
    assert.is_true(x.shape == pg.ones(60, 28, 28).shape)
    assert.is_true(x.shape == { 60, 28, 28 })
    assert.is_true({ 60, 28, 28 } == x.shape)
    assert.is_false(x.shape == pg.zeros(60, 28).shape)
    assert.is_false(x.shape == x.T.shape)
    assert.is_false(x.shape == {})
    assert.is_true(x.shape ~= pg.zeros(60, 28, 29).shape)
  end)

  it("is a list of integers", function()
    local shape = x.shape
    assert.equal(3, #shape)
    assert.equal("60,28,28", table.concat(shape, ","))
    assert.same({ 60, 28, 28 }, { table.unpack(shape) })
    local seen = {}
    for i, length in ipairs(shape) do
      seen[i] = length
    end
    assert.same({ 60, 28, 28 }, seen)
    assert.equal("integer", math.type(shape[1]))
    assert.is_true(pg.zeros(shape).shape == shape)
    assert.is_true(pg.zeros(60 * 28, 28):reshape(shape).shape == shape)
  end)

  it("counts from the end, and raises beyond it", function()
    assert.equal(28, x.shape[-1])
    assert.equal(60, x.shape[-3])
    local n, height, width, depth, more = table.unpack(x.shape, 1, 5)
    assert.same({ 60, 28, 28 }, { n, height, width, depth, more })
    assert.equal(1, pg.zeros(3).shape[3] or 1)
    raises_here("no axis 0 in the shape (60, 28, 28): axes start at 1",
      function() return x.shape[0] end)
    raises_here("no axis -4 in the shape (60, 28, 28)", function() return x.shape[-4] end)
    raises_here("a shape has lengths at 1, 2, ..., and no 'rows'",
      function() return x.shape.rows end)
    raises_here("no '1.5'", function() return x.shape[1.5] end)
    raises_here("no 'nil'", function() return x.shape[nil] end)
  end)

  it("is what an archive tells of its arrays, too", function()
    local path = os.tmpname()
    pg.save(path .. ".npz", { x = x })
    local data <close> = pg.load(path .. ".npz")
    os.remove(path)
    os.remove(path .. ".npz")
    assert.equal("(60, 28, 28)", tostring(select(2, data:form "x")))
  end)
end)
