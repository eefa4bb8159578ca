local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes, shape = support.dtypes, support.shape

describe("array", function()
  it("refuses a table of fields, which are no elements", function()
    assert.error_matches(function() pg.array { x = 1 } end, "a table of fields, not of elements")
    assert.same({ 0 }, pg.array({}).shape)
    assert.same({ 2, 0 }, pg.array({ {}, {} }).shape)
  end)

  it("takes numbers as float64 and booleans as bool", function()
    assert.equal("float64", pg.array({ 1, 2 }).dtype)
    assert.equal("bool", pg.array({ true, false }).dtype)
    assert.same({ true, false }, pg.array({ true, false }):tolist())
  end)

  it("makes every dtype that is asked for", function()
    for _, dtype in ipairs(dtypes) do
      local a = pg.array({ { 0, 1 }, { 1, 0 } }, dtype)
      assert.equal(dtype, a.dtype)
      assert.equal("2,2", shape(a))
      assert.equal(2, a:astype("int64"):sum())
    end
  end)

  it("takes ranks 0 to 8 and refuses more", function()
    local value = 5
    assert.equal(0, pg.array(value).ndim)
    for rank = 1, 8 do
      value = { value }
      assert.equal(rank, pg.array(value).ndim)
      assert.equal(5, pg.array(value):item())
    end
    assert.has_error(function() pg.array({ value }) end, "tables nested deeper than rank 8")
  end)

  it("keeps empty tables as axes of length 0", function()
    assert.equal("0", shape(pg.array({})))
    assert.equal("2,0", shape(pg.array({ {}, {} })))
  end)

  it("copies an array, and casts it where asked", function()
    local a = pg.array({ 1.5, -2.5 })
    local b = pg.array(a)
    b[1] = 9
    assert.equal(1.5, a[1])
    assert.same({ 1, -2 }, pg.array(a, "int8"):tolist())
  end)

  it("says which rows do not fit", function()
    assert.error_matches(function() pg.array({ { 1, 2 }, { 3 } }) end,
      "rows of different lengths: 2 and 1, at {2}")
    assert.error_matches(function() pg.array({ { 1 }, 2 }) end, "number where a table of 1")
    assert.error_matches(function() pg.array({ { 1 }, { { 2 } } }) end, "not table")
    assert.error_matches(function() pg.array({ 1, "2" }) end, "number or boolean, not string")
  end)

  it("names stack and concat for arrays within a table, wherever one is taken", function()
    local a, b = pg.array { 1, 2 }, pg.array { 3, 4 }
    local target = pg.zeros(2, 2)
    for i, value in ipairs { { a, b }, { a, { 3, 4 } }, { { 1, 2 }, b }, { { a }, { b } }, { 1, b },
      { {}, b }, { pg.array(5), 1 }, { { 1, { 2 } }, { 3, a } } } do
      for _, use in ipairs {
        pg.array, pg.matrix, pg.exp, pg.sum, function(t) return pg.array(t, "int8") end,
        function(t) target["1:"] = t end, function(t) return target + t end,
        function(t) return pg.stack { t } end, function(t) return target:take(t) end,
        function(t) return pg.where(t, 1, 2) end, function(t) return pg.Model(t, { 0, 1 }) end,
        function(t) pg.save("/nowhere/a.npz", { x = t }) end,
      } do
        local message = i < 8 and "pg%.stack{a, b} joins .* pg%.concat{a, b}" or "not table"
        assert.error_matches(function() use(value) end, message, 1, false, i)
      end
    end
    assert.error_matches(function() pg.array { a, b } end, "an array of shape %(2,%)")
    assert.same({ { 1, 2 }, { 3, 4 } }, pg.stack { a, b }:tolist())
  end)

  it("mixes numbers with booleans only under a dtype", function()
    assert.error_matches(function() pg.array({ true, 2 }) end, "among booleans")
    assert.same({ true, false, true }, pg.array({ true, 0, 2 }, "bool"):tolist())
    assert.same({ 1, 0, 2 }, pg.array({ true, false, 2 }, "int8"):tolist())
  end)

  it("refuses numbers that the dtype does not hold", function()
    assert.error_matches(function() pg.array({ 300 }, "uint8") end, "300 is beyond .* uint8")
    assert.error_matches(function() pg.array({ -1 }, "uint64") end, "-1 is beyond .* uint64")
    assert.error_matches(function() pg.array({ 1.5 }, "int32") end, "1.5 is not .* int32")
    assert.error_matches(function() pg.array({ 0 / 0 }, "int32") end, "int32")
    assert.error_matches(function() pg.array({ 128.0 }, "int8") end, "128 is not .* int8")
    assert.equal(-128, pg.array({ -128.0 }, "int8")[1])
    assert.equal(math.mininteger, pg.array({ 2.0 ^ 63 }, "uint64"):astype("int64")[1])
  end)

  it("lists the dtypes when it does not know one", function()
    assert.error_matches(function() pg.array({ 1 }, "float16") end, "'float16' .*float32")
    assert.error_matches(function() pg.array() end, "value expected")
  end)

  it("is not misled by a false length", function()
    local liar = setmetatable({}, { __len = function() return -1 end })
    assert.has_error(function() pg.array(liar) end)
    assert.has_error(function() pg.zeros(liar) end)
    assert.has_error(function() pg.zeros(2):reshape(liar) end)
  end)
end)

describe("matrix", function()
  it("is an array of rank 2 and nothing else", function()
    assert.equal("2,2", shape(pg.matrix({ { 1, 2 }, { 3, 4 } })))
    assert.equal("int8", pg.matrix({ { 1 } }, "int8").dtype)
    assert.error_matches(function() pg.matrix({ 1, 2 }) end, "rank 2.*%(2,%)")
  end)
end)

describe("zeros, ones and full", function()
  it("take lengths or a table of them", function()
    assert.equal("2,3", shape(pg.zeros(2, 3)))
    assert.equal("2,3", shape(pg.zeros { 2, 3 }))
    assert.equal("2,0,3", shape(pg.ones(2, 0, 3)))
    assert.equal("", shape(pg.ones {}))
    assert.equal("1,1,1,1,1,1,1,1", shape(pg.zeros(1, 1, 1, 1, 1, 1, 1, 1)))
  end)

  it("hold their number in every dtype", function()
    for _, dtype in ipairs(dtypes) do
      local one = pg.ones(3, dtype)
      assert.equal(dtype, one.dtype)
      assert.equal(3, one:astype("int64"):sum())
      assert.equal(0, pg.zeros({ 3 }, dtype):astype("int64"):sum())
      assert.equal(dtype, pg.full({ 2 }, 1, dtype).dtype)
    end
    assert.same({ { 7.0, 7.0 } }, pg.full({ 1, 2 }, 7):tolist())
    assert.same({ { 7.0, 7.0 } }, pg.full(1, 2, 7):tolist())
    assert.same({ { -0.5 } }, pg.full(1, 1, -0.5, "float32"):tolist())
    assert.same({ true, true }, pg.full(2, true):tolist())
    assert.same({ true }, pg.full({ 1 }, true):tolist())
  end)

  it("refuse what is no shape", function()
    assert.error_matches(function() pg.zeros() end, "length or table expected")
    assert.error_matches(function() pg.zeros(-1) end, "length must be .* not %-1")
    assert.error_matches(function() pg.zeros(1.5) end, "not 1.5")
    assert.error_matches(function() pg.zeros { 1, {} } end, "length must be")
    assert.error_matches(function() pg.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1) end, "at most 8")
    assert.error_matches(function() pg.full({ 2 }, "x") end, "number or boolean")
    assert.error_matches(function() pg.full({ 2 }) end, "number or boolean")
    assert.error_matches(function() pg.full(2) end, "a shape and a value")
    assert.error_matches(function() pg.full() end, "a shape and a value")
    assert.error_matches(function() pg.full({ 2 }, 256, "uint8") end, "256")
  end)

  it("raise when no machine could hold the shape", function()
    for _, lengths in ipairs {
      { 1 << 62 }, { 1 << 40, 1 << 40 }, { math.maxinteger }, { 1 << 32, 1 << 31, 4 },
      { 0, 1 << 62, 1 << 62 },
    } do
      assert.error_matches(function() pg.zeros(lengths) end, "not enough memory .*shape %(")
    end
  end)
end)

describe("eye", function()
  it("has ones on the diagonal", function()
    assert.same({ { 1, 0 }, { 0, 1 } }, pg.eye(2, "int32"):tolist())
    assert.equal("float64", pg.eye(3).dtype)
    assert.equal("0,0", shape(pg.eye(0)))
    assert.equal(true, pg.eye(2, "bool")[2][2])
    assert.has_error(function() pg.eye(-1) end)
  end)
end)

describe("range", function()
  it("includes both ends, as Lua's for", function()
    assert.same({ 1, 2, 3, 4 }, pg.range(1, 4):tolist())
    assert.same({ 1, 3 }, pg.range(1, 4, 2):tolist())
    assert.same({ 5, 3, 1 }, pg.range(5, 1, -2):tolist())
    assert.same({}, pg.range(2, 1):tolist())
    assert.equal("int64", pg.range(1, 2).dtype)
  end)

  it("reaches a floating end that rounding puts just out of reach", function()
    local a = pg.range(0, 1, 0.1)
    assert.equal(11, #a)
    assert.equal(1.0, a[11])
    for _, last in ipairs { 0.3, 0.6, 0.7, 1.2, 2.3 } do
      local r = pg.range(0, last, 0.1)
      assert.equal(math.floor(last * 10 + 0.5) + 1, #r)
      assert.is_true(r:max() <= last)
      assert.is_true(math.abs(r[-1] - last) < 1e-14)
    end
    assert.equal(10, #pg.range(0, 0.95, 0.1))
    assert.equal(11, #pg.range(1, 0, -0.1))
    assert.same({ 1.0, 1.5, 2.0 }, pg.range(1, 2, 0.5):tolist())
    assert.equal("float64", pg.range(1.0, 2).dtype)
  end)

  it("goes to the ends of the integers without wrapping", function()
    local top = math.maxinteger
    assert.same({ top - 1, top }, pg.range(top - 1, top):tolist())
    assert.same({ math.mininteger, -1, top - 1 },
      pg.range(math.mininteger, top, top):tolist())
    assert.has_error(function() pg.range(math.mininteger, top) end)
  end)

  it("refuses steps that lead nowhere", function()
    assert.error_matches(function() pg.range(1, 2, 0) end, "step must not be 0")
    assert.error_matches(function() pg.range(1, 2, 0.0) end, "step must not be 0")
    assert.error_matches(function() pg.range(0.0, math.huge) end, "does not end")
    assert.error_matches(function() pg.range(0.0, 0 / 0) end, "does not end")
    assert.error_matches(function() pg.range("a", 2) end, "number expected")
    for _, numbers in ipairs { { 0, 1, math.huge }, { math.huge, 0 }, { -math.huge, 0 },
      { 0, -math.huge }, { 0 / 0, 1 }, { 0, 1, 0 / 0 } } do
      assert.error_matches(function() pg.range(table.unpack(numbers)) end, "must be finite")
    end
    assert.error_matches(function() pg.range(0, 1e300) end, "would be 1e%+300 numbers")
  end)

  it("goes to the ends of the floats without overflow", function()
    local a = pg.range(-1.7e308, 1.7e308, 1e308)
    assert.is_true((a / 1e308):allclose { -1.7, -0.7, 0.3, 1.3 })
    assert.same({ 1e308, 0, -1e308 }, pg.range(1e308, -1e308, -1e308):tolist())
    local least = 5e-324
    assert.same({ 0, least, 2 * least, 3 * least }, pg.range(0, 3 * least, least):tolist())
  end)
end)

describe("linspace", function()
  it("includes both ends exactly", function()
    local a = pg.linspace(0.1, 0.7, 7)
    assert.equal(7, #a)
    assert.equal(0.1, a[1])
    assert.equal(0.7, a[7])
    assert.is_true(a:allclose({ 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7 }))
  end)

  it("makes one number, or none", function()
    assert.same({ 3.0 }, pg.linspace(3, 4, 1):tolist())
    assert.equal(0, #pg.linspace(3, 4, 0))
    assert.has_error(function() pg.linspace(3, 4, -1) end)
  end)

  it("is finite in the middle where the distance is not", function()
    assert.same({ -1e308, 0, 1e308 }, pg.linspace(-1e308, 1e308, 3):tolist())
    assert.same({ 1e308, 5e307, 0, -5e307, -1e308 }, pg.linspace(1e308, -1e308, 5):tolist())
  end)

  it("multiplies shares where a step would be 0, as NumPy", function()
    local least, expected = 5e-324, {}
    for i, times in ipairs { 0, 0, 1, 1, 2, 2, 3, 3, 4, 4 } do
      expected[i] = times * least
    end
    assert.same(expected, pg.linspace(0, 4 * least, 10):tolist())
    assert.same({ 0, 0, least }, pg.linspace(0, least, 3):tolist())
    assert.same({ 3, 3, 3 }, pg.linspace(3, 3, 3):tolist())
  end)

  it("never leaves its ends, nor turns back", function()
    local numbers = { 0, 5e-324, 9 * 5e-324, 1e-308, 1, 1 + 2.0 ^ -52, 1 / 3, 1e300, 1.7e308 }
    for i = 1, #numbers do
      numbers[#numbers + 1] = -numbers[i]
    end
    for _, first in ipairs(numbers) do
      for _, last in ipairs(numbers) do
        for n = 2, 9 do
          local a = pg.linspace(first, last, n)
          local steps = first <= last and a["2:"]:ge(a[":-2"]) or a["2:"]:le(a[":-2"])
          assert.is_true(a[1] == first and a[-1] == last and steps:all())
        end
      end
    end
  end)

  it("raises for an end that is not finite", function()
    for _, ends in ipairs { { 0, math.huge }, { -math.huge, 0 }, { 0 / 0, 1 }, { 1, 0 / 0 } } do
      for n = 0, 3 do
        assert.error_matches(function() pg.linspace(ends[1], ends[2], n) end, "must be finite")
      end
    end
  end)
end)

describe("onehot and labels", function()
  it("are each other's inverse", function()
    local labels = pg.array({ 2, 0, 1, 2 }, "uint8")
    local hot = pg.onehot(labels, 3)
    assert.equal("float64", hot.dtype)
    assert.same({ { 0, 0, 1 }, { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } }, hot:tolist())
    assert.same({ 2, 0, 1, 2 }, pg.labels(hot):tolist())
    assert.equal("int64", pg.labels(hot).dtype)
  end)

  it("take tables, views and any dtype", function()
    for _, dtype in ipairs(dtypes) do
      assert.equal(dtype, pg.onehot({ 0, 1 }, 2, dtype).dtype)
      local labels = pg.array({ 1, 0, 1, 0 }, dtype)["::-2"]
      assert.same({ { 1, 0 }, { 1, 0 } }, pg.onehot(labels, 2):tolist())
    end
    assert.equal("0,3", shape(pg.onehot({}, 3)))
    assert.same({ 0, 1 }, pg.labels({ { 5, 1 }, { 1, 5 } }):tolist())
  end)

  it("take the first of equals, and NaN where there is one", function()
    assert.same({ 1, 1 }, pg.labels({ { 1, 3, 3 }, { 1, 0 / 0, 3 } }):tolist())
  end)

  it("name the row and the value that is no label", function()
    assert.error_matches(function() pg.onehot({ 0, 3 }, 3) end, "row 2 is 3, .* 0 to 2")
    assert.error_matches(function() pg.onehot({ -1 }, 3) end, "row 1 is %-1")
    assert.error_matches(function() pg.onehot({ 0.5 }, 3) end, "row 1 is 0.5")
    assert.error_matches(function() pg.onehot({ { 1 } }, 3) end, "rank 1, not .*%(1, 1%)")
    assert.error_matches(function() pg.onehot({ 0 }, 0) end, "0 classes")
    assert.error_matches(function() pg.labels({ 1, 2 }) end, "matrix .*%(2,%)")
    assert.error_matches(function() pg.labels(pg.zeros(2, 0)) end, "no elements")
  end)
end)

describe("concat", function()
  it("joins along any axis and promotes", function()
    local a, b = pg.array({ { 1, 2 } }, "int8"), pg.array({ { 3, 4 }, { 5, 6 } }, "uint8")
    local rows = pg.concat({ a, b }, 1)
    assert.same({ { 1, 2 }, { 3, 4 }, { 5, 6 } }, rows:tolist())
    assert.equal("int16", rows.dtype)
    assert.same({ { 3, 4, 3, 4 }, { 5, 6, 5, 6 } }, pg.concat({ b, b }, -1):tolist())
    assert.same({ 1, 2, 3 }, pg.concat({ { 1, 2 }, pg.array({ 3 }, "int8") }):tolist())
  end)

  it("has a dtype that does not depend on the order", function()
    local a = { pg.ones(1, "uint16"), pg.ones(1, "int8"), pg.ones(1, "float32") }
    assert.equal("float32", pg.concat(a).dtype)
    assert.equal("float32", pg.concat({ a[3], a[2], a[1] }).dtype)
    assert.equal("float64", pg.concat({ a[1], pg.ones(1, "int64"), a[3] }).dtype)
  end)

  it("takes reversed, transposed and empty views", function()
    local a = pg.range(1, 6):reshape(2, 3)
    assert.same({ { 1, 4 }, { 2, 5 }, { 3, 6 }, { 4, 1 }, { 5, 2 }, { 6, 3 } },
      pg.concat({ a.T, a["::-1"].T }, 1):tolist())
    assert.same({ { 1, 2, 3 }, { 4, 5, 6 } },
      pg.concat({ a, a:rows(1, 0) }, 1):tolist())
    assert.same({ 1, 2 }, pg.concat({ pg.range(1, 2) }, 1):tolist())
  end)

  it("names both shapes, or the element that does not fit", function()
    assert.error_matches(function() pg.concat({ pg.zeros(2, 3), pg.zeros(3, 2) }, 1) end,
      "axis 1: shapes %(2, 3%) and %(3, 2%)")
    assert.error_matches(function() pg.concat({ pg.zeros(2), pg.zeros(2, 2) }, 1) end,
      "%(2,%) and %(2, 2%)")
    assert.error_matches(function() pg.concat({ pg.zeros(2), 5 }) end, "element 2 is a number")
    assert.error_matches(function() pg.concat({}) end, "nothing to join")
    assert.error_matches(function() pg.concat({ pg.zeros(2) }, 2) end, "no axis 2")
    assert.error_matches(function() pg.concat({ pg.array(1) }) end, "rank 0")
  end)
end)

describe("where", function()
  it("chooses by the mask, and broadcasts", function()
    local mask = pg.array({ { true }, { false } })
    local a, b = pg.array({ 1, 2 }, "int8"), pg.array({ 3, 4 }, "uint8")
    local w = pg.where(mask, a, b)
    assert.same({ { 1, 2 }, { 3, 4 } }, w:tolist())
    assert.equal("int16", w.dtype)
    assert.same({ 1, 0 }, pg.where({ true, false }, a, 0):tolist())
    assert.equal("int8", pg.where({ true, false }, a, 0).dtype)
    assert.same({ 1.0, 0.0 }, pg.where({ true, false }, 1, 0):tolist())
  end)

  it("works on every dtype and on views", function()
    for _, dtype in ipairs(dtypes) do
      local a = pg.array({ 1, 0, 1, 0 }, dtype)
      local w = pg.where({ true, true, false, false }, a["::-1"], a)
      assert.equal(dtype, w.dtype)
      assert.same({ 0, 1, 1, 0 }, w:astype("int64"):tolist())
    end
  end)

  it("wants a mask of booleans and shapes that fit", function()
    assert.error_matches(function() pg.where(pg.ones(2), 1, 2) end, "bool, not float64")
    assert.error_matches(function()
      pg.where({ true, false }, pg.ones(3), pg.ones(3))
    end, "%(3,%) and %(2,%)")
  end)
end)

describe("arange", function()
  it("raises, and says how range differs", function()
    for _, arguments in ipairs { {}, { 10 }, { 0, 10, 2 } } do
      assert.error_matches(function() pg.arange(table.unpack(arguments)) end,
        "range includes both ends, .*np.arange%(10%) is pg.range%(0, 9%)", nil, false)
    end
  end)
end)

describe("zeros_like, ones_like and full_like", function()
  it("take shape and dtype of an array", function()
    local a = pg.ones({ 2, 3 }, "int8")
    for _, view in ipairs { a, a.T, a["::-1, 2:2"], pg.array(5, "uint8"), pg.zeros(0, 2) } do
      for _, made in ipairs { pg.zeros_like(view), pg.ones_like(view), pg.full_like(view, 7) } do
        assert.equal(view.dtype, made.dtype)
        assert.same(view.shape, made.shape)
      end
    end
    assert.same({ { 0, 0, 0 }, { 0, 0, 0 } }, pg.zeros_like(a):tolist())
    assert.same({ 1, 1 }, pg.ones_like({ 5, 6 }, "int16"):tolist())
    assert.same({ true, true }, pg.full_like(pg.array { false, true }, 3):tolist())
    assert.same({ 1.5, 1.5 }, pg.full_like(pg.array({ 1, 2 }, "int8"), 1.5, "float32"):tolist())
  end)

  it("refuse what the dtype does not hold", function()
    assert.error_matches(function() pg.full_like(pg.zeros(2, "int8"), 300) end,
      "300 is beyond the range of int8")
    assert.error_matches(function() pg.full_like(pg.zeros(2, "int8"), 1.5) end, "1.5 is not")
    assert.error_matches(function() pg.full_like({ 1 }) end, "number or boolean expected")
    assert.error_matches(function() pg.zeros_like({ 1 }, "int9") end, "int9")
  end)
end)

describe("diag, tril and triu", function()
  local a = pg.range(1, 6):reshape(2, 3)

  it("make a diagonal, or read one", function()
    assert.same({ { 0, 1, 0 }, { 0, 0, 2 }, { 0, 0, 0 } }, pg.diag({ 1, 2 }, 1):tolist())
    assert.same({ { 0, 0 }, { 5, 0 } }, pg.diag({ 5 }, -1):tolist())
    assert.same({ 1, 5 }, a:diag():tolist())
    assert.same({ 3 }, a:diag(2):tolist())
    assert.same({ 2, 6 }, a.T:diag(-1):tolist())
    assert.same({ 0 }, a:diag(9).shape)
    assert.same({ 0 }, a:diag(math.mininteger).shape)
    assert.same({ 0, 0 }, pg.diag {}.shape)
    local copy = a:diag()
    copy[1] = 99
    assert.equal(1, a[{ 1, 1 }])
  end)

  it("keep a triangle of each matrix", function()
    assert.same({ { 1, 0, 0 }, { 4, 5, 0 } }, a:tril():tolist())
    assert.same({ { 0, 2, 3 }, { 0, 0, 6 } }, a:triu(1):tolist())
    assert.same({ { 1, 4 }, { 0, 5 }, { 0, 0 } }, a.T:triu():tolist())
    assert.same({ { 1, 0 }, { 1, 2 } }, pg.tril({ 1, 2 }):tolist())
    assert.same({ { { 1, 0 }, { 1, 1 } }, { { 1, 0 }, { 1, 1 } } },
      pg.ones(2, 2, 2):tril():tolist())
    assert.same(a:tolist(), a:tril(math.maxinteger):tolist())
    assert.equal(0, a:triu(math.maxinteger):sum())
    assert.same({ 0, 3 }, pg.zeros(0, 3):tril().shape)
    assert.same({ { true, false }, { true, true } }, pg.array { { true, true }, { true, true } }
      :tril():tolist())
  end)

  it("refuse other ranks, and matrices that no memory holds", function()
    assert.error_matches(function() pg.zeros(2, 2, 2):diag() end, "shape %(2, 2, 2%)")
    assert.error_matches(function() pg.diag(3) end, "a vector or a matrix is needed")
    assert.error_matches(function() pg.tril(3) end, "rank 0 is no matrix")
    for _, k in ipairs { math.maxinteger, math.mininteger } do
      assert.error_matches(function() pg.diag({ 1, 2 }, k) end, "not enough memory")
    end
  end)
end)

describe("meshgrid", function()
  it("gives coordinates, by rows or in the order of the axes", function()
    local x, y = pg.meshgrid({ 1, 2, 3 }, pg.array({ 4, 5 }, "int8"))
    assert.same({ { 1, 2, 3 }, { 1, 2, 3 } }, x:tolist())
    assert.same({ { 4, 4, 4 }, { 5, 5, 5 } }, y:tolist())
    assert.equal("int8", y.dtype)
    local u, v, w = pg.meshgrid({ 1, 2 }, { 3, 4, 5 }, { 6 }, { indexing = "ij" })
    assert.same({ 2, 3, 1 }, u.shape)
    assert.same({ { { 3 }, { 4 }, { 5 } }, { { 3 }, { 4 }, { 5 } } }, v:tolist())
    assert.equal(6, w[{ 2, 3, 1 }])
    assert.same({ 2, 1, 3 }, (pg.meshgrid({ 1 }, { 1, 2 }, { 1, 2, 3 })).shape)
    assert.same({ 1, 2 }, pg.meshgrid({ 1, 2 }):tolist())
    assert.same({ 0, 1 }, (pg.meshgrid(7, pg.zeros(0))).shape)
    x, y = pg.meshgrid({ 1, 2 }, {}) -- an empty table is a vector
    assert.same({ { 0, 2 }, { 0, 2 } }, { x.shape, y.shape })
  end)

  it("refuses other options and too many vectors", function()
    assert.error_matches(function() pg.meshgrid({ 1 }, { indexing = "yx" }) end,
      'indexing must be "xy" or "ij", not yx')
    assert.error_matches(function() pg.meshgrid({ 1 }, { sparse = true }) end, "unknown option")
    assert.error_matches(function() pg.meshgrid(1, 1, 1, 1, 1, 1, 1, 1, 1) end, "9 vectors")
  end)
end)

describe("concatenate, vstack and hstack", function()
  it("join along an axis", function()
    local a, b = pg.ones({ 2, 3 }, "int8"), pg.zeros({ 1, 3 }, "float32")
    assert.same({ 3, 3 }, pg.concatenate { a, b }.shape)
    assert.same({ 2, 6 }, pg.concatenate({ a, a }, -1).shape)
    assert.equal("float32", pg.vstack { a, b }.dtype)
    assert.same({ { 1, 2 }, { 3, 4 }, { 5, 6 } }, pg.vstack { { 1, 2 }, { { 3, 4 }, { 5, 6 } } }
      :tolist())
    assert.same({ { 1 }, { 2 } }, pg.vstack { pg.array(1), { 2 } }:tolist())
    assert.same({ { 1, 2, 5 }, { 3, 4, 6 } }, pg.hstack { { { 1, 2 }, { 3, 4 } }, { { 5 }, { 6 } } }
      :tolist())
    assert.same({ 1, 2, 3 }, pg.hstack { pg.array(1), { 2, 3 } }:tolist())
    assert.same({ 2, 3, 8 }, pg.hstack { pg.zeros(2, 1, 8), pg.zeros(2, 2, 8) }.shape)
  end)

  it("name the shapes that do not fit", function()
    assert.error_matches(function() pg.vstack { { 1, 2 }, { 1 } } end,
      "vstack along axis 1: shapes %(2,%) and %(1,%)")
    assert.error_matches(function() pg.hstack { pg.zeros(2, 2), pg.zeros(3, 1) } end,
      "hstack along axis 2: shapes")
    assert.error_matches(function() pg.hstack { { 1 }, pg.zeros(2, 2) } end, "hstack along axis 1")
    for _, name in ipairs { "concat", "concatenate" } do
      assert.error_matches(function() pg[name]({ pg.zeros(2, 2), pg.zeros(3, 1) }, 1) end,
        "concatenation along axis 1: shapes %(2, 2%) and %(3, 1%)")
    end
    assert.error_matches(function() pg.vstack {} end, "there is nothing to join")
  end)
end)
