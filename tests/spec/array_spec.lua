local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes, shape = support.dtypes, support.shape

-- Whether b is a view of a, seen by writing to it.
local function shares(a, b)
  local before = a:copy()
  b:fill_(99)
  local seen = not a:allclose(before)
  a[{}] = before
  return seen
end

describe("an array", function()
  it("tells its shape, dtype, rank, size and length", function()
    local a = pg.zeros(2, 3, 4, "int16")
    assert.same({ 2, 3, 4 }, a.shape)
    assert.equal("int16", a.dtype)
    assert.equal(3, a.ndim)
    assert.equal(24, a.size)
    assert.equal(2, #a)
    assert.equal("4,3,2", shape(a.T))
    assert.same({}, pg.array(1).shape)
    assert.equal(1, pg.array(1).size)
    assert.equal(0, pg.zeros(3, 0).size)
    assert.error_matches(function() return #pg.array(1) end, "rank 0 has no length")
  end)

  it("raises for a field that it does not have, and takes none", function()
    local a = pg.zeros(2)
    support.raises_here("an array has no 'colour'", function() return a.colour end)
    for _, name in ipairs { "histogram", "where", "concat", "stack", "save", "shuffle", "show" } do
      support.raises_here(("an array has no '%s'; it is a function of the module: pg.%s("):format(
        name, name), function() return a[name] end)
    end
    support.raises_here("has no 'shpe'; did you mean 'shape'?", function() return a.shpe end)
    support.raises_here("did you mean 'reshape'?", function() return a.view end)
    assert.error_matches(function() a.colour = 1 end, "no field 'colour'")
    assert.error_matches(function() a.shape = {} end, "no field 'shape'")
  end)

  it("equals itself only", function()
    local a = pg.zeros(2)
    assert.is_true(a == a)
    assert.is_false(a == pg.zeros(2))
    assert.is_false(a == 0)
  end)

  it("has every method as a function of the module", function()
    for _, name in ipairs {
      "rows", "cols", "get", "set", "take", "dot", "add_", "sub_", "mul_", "div_", "fill_",
      "axpy_", "exp", "log", "sqrt", "abs", "tanh", "sigmoid", "sin", "cos", "tan", "log1p",
      "log2", "log10", "expm1", "sign", "square", "relu", "isfinite", "isinf", "softmax", "clip",
      "leaky_relu", "gelu", "log_softmax", "logsumexp",
      "sum", "mean", "std", "min", "max", "argmax", "gt", "ge", "lt", "le", "eq", "ne",
      "allclose", "reshape", "astype", "copy", "item", "tolist", "free",
    } do
      assert.equal("function", type(pg[name]), name)
      assert.equal("function", type(pg.zeros(1)[name]), name)
    end
  end)
end)

describe("T", function()
  it("reverses the axes of a view", function()
    local a = pg.range(1, 6):reshape(2, 3)
    assert.same({ { 1, 4 }, { 2, 5 }, { 3, 6 } }, a.T:tolist())
    assert.is_true(shares(a, a.T))
    local v = pg.range(1, 3)
    assert.same({ 1, 2, 3 }, v.T:tolist())
  end)
end)

describe("reshape", function()
  it("takes lengths, a table of them, and one left open", function()
    local a = pg.range(1, 12)
    assert.equal("3,4", shape(a:reshape(3, 4)))
    assert.equal("3,4", shape(a:reshape { 3, 4 }))
    assert.equal("3,4", shape(a:reshape(3, -1)))
    assert.equal("2,2,3,1,1,1,1,1", shape(a:reshape(2, 2, -1, 1, 1, 1, 1, 1)))
    assert.equal("12", shape(a:reshape(-1)))
    assert.equal("", shape(pg.ones(1, 1):reshape {}))
    assert.equal("0,5", shape(pg.zeros(5, 0):reshape(-1, 5)))
  end)

  it("is a view where strides allow it, and else a copy", function()
    local a = pg.range(1, 12):reshape(3, 4)
    assert.is_true(shares(a, a:reshape(2, 6)))
    assert.is_true(shares(a, a:reshape(1, 12, 1)))
    assert.is_true(shares(a, a[{ {}, { 1, 3, 2 } }]:reshape(3, 2, 1)))
    assert.is_true(shares(a, a["::-1"]:reshape(3, 2, 2)))
    assert.is_true(shares(a, a:reshape(3, 2, 2).T:reshape(2, 2, 1, 3)))
    assert.is_false(shares(a, a.T:reshape(12)))
    assert.is_false(shares(a, a["::-1"]:reshape(12)))
    assert.is_false(shares(a, a[{ {}, { 1, 3 } }]:reshape(9)))
  end)

  it("keeps the row-major order of any view", function()
    local a = pg.range(1, 6):reshape(2, 3)
    assert.same({ 1, 4, 2, 5, 3, 6 }, a.T:reshape(-1):tolist())
    assert.same({ { 6, 5 }, { 4, 3 }, { 2, 1 } }, a["::-1, ::-1"]:reshape(3, 2):tolist())
  end)

  it("names what does not fit", function()
    local a = pg.zeros(2, 3)
    assert.error_matches(function() a:reshape(4) end, "%(2, 3%) %(6 elements%) to %(4,%)")
    assert.error_matches(function() a:reshape(4, -1) end, "%(2, 3%).* 6 elements do not divide")
    assert.error_matches(function() a:reshape(-1, -1) end, "only one length")
    assert.error_matches(function() a:reshape(2, -2) end, "not %-2")
    assert.error_matches(function() a:reshape(2, "3") end, "length expected")
    assert.error_matches(function() pg.zeros(0):reshape(0, -1) end, "%(0,%)")
    assert.has_error(function() a:reshape(1 << 62, 1 << 62) end)
    assert.has_error(function() pg.zeros(0):reshape(0, 1 << 62, 1 << 62) end)
  end)
end)

describe("astype", function()
  it("casts between all dtypes", function()
    for _, from in ipairs(dtypes) do
      for _, to in ipairs(dtypes) do
        local a = pg.array({ { 0, 1 }, { 1, 0 } }, from)
        local b = a["::-1"].T:astype(to)
        assert.equal(to, b.dtype)
        assert.same({ { 1, 0 }, { 0, 1 } }, b:astype("int64"):tolist())
      end
    end
  end)

  it("goes toward zero, wraps, and makes anything but 0 true", function()
    assert.same({ 1, -1, 2 }, pg.array({ 1.9, -1.9, 2.0 }):astype("int32"):tolist())
    assert.same({ 255, 44, 0 }, pg.array({ -1, 300, 256 }, "int64"):astype("uint8"):tolist())
    assert.same({ -1, 127 }, pg.array({ 255, 127 }, "uint8"):astype("int8"):tolist())
    assert.same({ true, true, false }, pg.array({ 0.5, 0 / 0, 0 }):astype("bool"):tolist())
    assert.same({ 16777216.0 }, pg.array({ 16777217 }):astype("float32"):tolist())
    assert.equal(math.mininteger, pg.array({ 1e19 }):astype("int64")[1])
    assert.equal(math.mininteger, pg.array({ 0 / 0 }):astype("int64")[1])
    assert.equal(1e19, pg.array({ 1e19 }):astype("uint64"):astype("float64")[1])
  end)

  it("is always a copy", function()
    local a = pg.ones(2)
    assert.is_false(shares(a, a:astype("float64")))
    assert.is_false(shares(a, a:copy()))
    assert.error_matches(function() a:astype() end, "dtype expected")
    assert.error_matches(function() a:astype("int") end, "unknown dtype 'int'")
  end)
end)

describe("item and tolist", function()
  it("give numbers of the dtype's kind", function()
    assert.equal("integer", math.type(pg.array({ 3 }, "uint8"):item()))
    assert.equal("float", math.type(pg.array({ 3 }, "float32"):item()))
    assert.equal(true, pg.array({ { true } }):item())
    assert.equal(3.0, pg.array(3):item())
    assert.equal(3.0, pg.array(3):tolist())
    assert.error_matches(function() pg.zeros(2, 1):item() end, "one element .*%(2, 1%)")
    assert.error_matches(function() pg.zeros(0):item() end, "%(0,%)")
  end)

  it("round-trip every dtype, rank and view", function()
    for _, dtype in ipairs(dtypes) do
      local a = pg.array({ { 0, 1, 1 }, { 1, 0, 1 } }, dtype)
      for _, view in ipairs { a, a.T, a["::-1"], a[{ {}, { 3, 1, -2 } }], a:rows(2, 1) } do
        local list = view:tolist()
        if view.size > 0 then
          assert.same(list, pg.array(list, dtype):tolist())
          assert.equal(shape(view), shape(pg.array(list, dtype)))
        else
          assert.same({}, list)
        end
      end
    end
    local deep = { { { { { { { { 1, 2 } } } } } } } }
    assert.same(deep, pg.array(deep):tolist())
  end)

  it("read a uint64 from 2^63 on as a float, wherever an element becomes a number", function()
    local largest, signed = 2.0 ^ 63, math.maxinteger
    local a = pg.array({ signed, -1, 7 }, "int64"):astype("uint64")
    a[{ { 1, 2 } }] = { largest, largest + 2048 }
    for _, numbers in ipairs {
      { a[1], a:get(1), a["1"], a[{ 1 }], a["1:1"]:item(), a:tolist()[1], a["1:1"]:max(),
        a["::2"]:sum() - 7, a["1:1"]:dot { 1 }, pg.dot(a["1:1"], pg.ones(1, "uint64")),
        pg.array({ largest }, "uint64"):min(), pg.stack { a, a }:max(1):tolist()[1] },
      { a[2] - 2048, a:max() - 2048, a["2:2"]:sum() - 2048, a:max(1) - 2048,
        a:cumsum()[1], a[pg.array({ 1 }, "int64")][1], a:take(1) },
    } do
      for i, number in ipairs(numbers) do
        assert.equal(largest, number, i)
        assert.equal("float", math.type(number), i)
      end
    end
    for i, number in ipairs { a[3], a:min(), a:tolist()[3], a["3:3"]:sum(), a["3:3"]:item() } do
      assert.equal(7, number, i)
      assert.equal("integer", math.type(number), i)
    end
    a[1] = signed
    assert.equal(signed, a[1])
    assert.equal("integer", math.type(a[1]))
    local order = {}
    for i, number in ipairs(a) do
      order[i] = math.type(number)
    end
    assert.same({ "integer", "float", "integer" }, order)
    assert.equal(2.0 ^ 64, pg.array({ -1 }, "int64"):astype("uint64"):max()) -- rounded
  end)

  it("store a uint64 from 2^63 on as the float that it is read as", function()
    local a, b = pg.zeros(2, "uint64"), pg.array({ 2.0 ^ 63, 2.0 ^ 64 - 2048 }, "uint64")
    a[1], a[2] = b[1], b[2]
    assert.is_true(a:eq(b):all())
    assert.is_true(pg.array(b:tolist(), "uint64"):eq(b):all())
    assert.is_true(pg.full(2, b[2], "uint64"):eq(b[2]):all())
    assert.is_true(pg.zeros(2, "uint64"):fill_(b[1]):eq(b[1]):all())
    a:set(2, 2.0 ^ 63)
    a[a:eq(0)] = 2.0 ^ 63
    assert.equal("[9223372036854775808, 9223372036854775808] uint64 (2,)", tostring(a))
    for text, value in pairs { ["18446744073709551616"] = 2.0 ^ 64, ["1e%+300"] = 1e300,
      ["%-1"] = -1.0, ["%-9223372036854775808"] = math.mininteger, ["0.5"] = 0.5,
      ["inf"] = math.huge } do
      for _, store in ipairs { function() a[1] = value end, function() a["1:"] = value end,
        function() a["1:"] = { value, 1 } end, function() pg.array({ value }, "uint64") end,
        function() a:set(1, value) end, function() a:fill_(value) end,
        function() a[pg.array({ true, false })] = value end } do
        assert.error_matches(store, "^" .. text .. " is .*uint64")
      end
    end
    assert.equal(2.0 ^ 63, a[1])
  end)
end)
