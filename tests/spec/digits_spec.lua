-- Digits that Perigee draws itself.

local pg = require "perigee"
local digits = require "perigee.data.digits"
local support = dofile "tests/support.lua"

--- A number that a change of any element changes.
local function fingerprint(a)
  local values = a:reshape(-1):astype "int64"
  return ((values + 1) * pg.range(1, values.size) % 65521):sum()
end

local NAMES = { "x_train", "y_train", "x_test", "y_test" }

describe("drawn digits", function()
  local drawn

  setup(function()
    drawn = digits.draw(0, 260, 40)
  end)

  it("have MNIST's layout", function()
    local shapes = { x_train = "260,28,28", y_train = "260", x_test = "40,28,28", y_test = "40" }
    for name, shape in pairs(shapes) do
      assert.equal(shape, support.shape(drawn[name]))
      assert.equal("uint8", drawn[name].dtype)
    end
    assert.equal(0, drawn.y_train:min())
    assert.equal(9, drawn.y_train:max())
  end)

  -- Where these change, raise digits.VERSION: users keep what was drawn.
  it("are the same on every machine", function()
    local found = {}
    for i, name in ipairs(NAMES) do
      found[i] = fingerprint(drawn[name])
    end
    assert.same({ 1, 6514163559, 189052, 600227120, 4173 }, { digits.VERSION, table.unpack(found) })
  end)

  it("are the same for any number of threads, and others for another seed", function()
    support.assert_same_bits(function()
      local again = digits.draw(3, 60, 20)
      return { again.x_train, again.y_train, again.x_test, again.y_test }
    end)
    assert.is_false(digits.draw(1, 50, 0).x_train:allclose(drawn.x_train:rows(1, 50)))
  end)

  it("are mostly paper, with ink that does not touch the picture's edge", function()
    local ink = drawn.x_train:gt(0):mean()
    assert.is_true(ink > 0.15 and ink < 0.25)
    local border = drawn.x_train:astype("float32")
    border[{ {}, { 2, -2 }, { 2, -2 } }] = 0
    assert.is_true(border:gt(0):mean() < 0.01)
  end)
end)
