local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes = support.dtypes

-- NumPy's table: promoted[a][b], rows and columns in the order of dtypes.
local promoted = {}
for row in ([[
bool    int8    int16   int32   int64   uint8   uint16  uint32  uint64  float32 float64
int8    int8    int16   int32   int64   int16   int32   int64   float64 float32 float64
int16   int16   int16   int32   int64   int16   int32   int64   float64 float32 float64
int32   int32   int32   int32   int64   int32   int32   int64   float64 float64 float64
int64   int64   int64   int64   int64   int64   int64   int64   float64 float64 float64
uint8   int16   int16   int32   int64   uint8   uint16  uint32  uint64  float32 float64
uint16  int32   int32   int32   int64   uint16  uint16  uint32  uint64  float32 float64
uint32  int64   int64   int64   int64   uint32  uint32  uint32  uint64  float64 float64
uint64  float64 float64 float64 float64 uint64  uint64  uint64  uint64  float64 float64
float32 float32 float32 float64 float64 float32 float32 float64 float64 float32 float64
float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 float64
]]):gmatch("[^\n]+") do
  local cells = {}
  for name in row:gmatch("%S+") do
    cells[dtypes[#cells + 1] or ""] = name
    cells[#cells + 1] = name
  end
  promoted[dtypes[#promoted + 1]] = cells
  promoted[#promoted + 1] = cells
end

local nan, inf = 0 / 0, math.huge

local function kind(dtype)
  return dtype:match("^%a+")
end

-- 1/x tells -0 from 0, and NaN is its own name.
local function spelled(list)
  local out = {}
  for i, x in ipairs(list) do
    out[i] = x ~= x and "nan" or (x == 0 and 1 / x < 0) and "-0" or string.format("%.17g", x)
  end
  return table.concat(out, " ")
end

-- The naive twin: op on two matrices of numbers.
local function each(a, b, op)
  local out = {}
  for i = 1, #a do
    out[i] = {}
    for j = 1, #a[i] do
      out[i][j] = op(a[i][j], b[i][j])
    end
  end
  return out
end

-- The same 3 by 4 matrix as views of every sort.
local function views(list, dtype)
  local a = pg.array(list, dtype)
  local wide = pg.zeros(5, 9, a.dtype)
  wide["2:4, 2:8:2"] = a
  local back = a["::-1, ::-1"]:copy()
  return {
    contiguous = a, transposed = a.T:copy().T, sliced = wide["2:4, 2:8:2"],
    reversed = back["::-1, ::-1"], half = a["::-1"]:copy()["::-1"],
  }
end

describe("promotion", function()
  it("follows NumPy's table", function()
    for _, a in ipairs(dtypes) do
      for _, b in ipairs(dtypes) do
        local sum = pg.ones(2, a) * pg.ones(2, b)
        assert.equal(promoted[a][b], sum.dtype, a .. " * " .. b)
        assert.equal("bool", pg.ones(2, a):eq(pg.ones(2, b)).dtype)
      end
    end
  end)

  it("lets an integer keep any numeric dtype", function()
    for _, dtype in ipairs(dtypes) do
      local expected = dtype == "bool" and "int64" or dtype
      assert.equal(expected, (pg.ones(2, dtype) + 1).dtype)
      assert.equal(expected, (2 * pg.ones(2, dtype)).dtype)
      assert.equal(expected, pg.ones(2, dtype):maximum(0).dtype)
    end
  end)

  it("lets a float keep float dtypes and turn the others to float64", function()
    for _, dtype in ipairs(dtypes) do
      local expected = kind(dtype) == "float" and dtype or "float64"
      assert.equal(expected, (pg.ones(2, dtype) + 0.5).dtype)
      assert.equal(expected, (0.5 - pg.ones(2, dtype)).dtype)
      assert.equal(expected, (pg.ones(2, dtype) * 2.0).dtype)
    end
  end)

  it("lets a boolean keep every dtype", function()
    for _, dtype in ipairs(dtypes) do
      assert.equal(dtype, (pg.ones(2, dtype) * true).dtype)
    end
  end)

  it("refuses an integer that the dtype does not hold", function()
    local a = pg.ones(2, "uint8")
    assert.error_matches(function() return a + 256 end, "256 is beyond the range of uint8")
    assert.error_matches(function() return a * -1 end, "%-1 is beyond the range of uint8")
    assert.error_matches(function() a:add_(256) end, "256 is beyond")
  end)

  it("divides integers to float64, by any number", function()
    for _, dtype in ipairs(dtypes) do
      local expected = kind(dtype) == "float" and dtype or "float64"
      assert.equal(expected, (pg.ones(2, dtype) / pg.ones(2, dtype)).dtype)
      assert.equal(expected, (pg.ones(2, dtype) / 2).dtype)
      assert.equal(1 / 1024, (pg.ones(2, dtype) / 1024)[1])
      assert.equal(-4096.0, (-4096 / pg.ones(2, dtype))[1])
    end
  end)
end)

describe("arithmetic", function()
  local a = { { 1, -2, 3, 4 }, { 5, 6, -7, 8 }, { -9, 10, 11, 12 } }
  local b = { { 2, 3, -2, 5 }, { -3, 7, 2, 1 }, { 4, -6, 5, 3 } }
  local operations = {
    ["+"] = function(x, y) return x + y end,
    ["-"] = function(x, y) return x - y end,
    ["*"] = function(x, y) return x * y end,
    ["/"] = function(x, y) return x / y end,
    ["//"] = function(x, y) return x // y end,
    ["%"] = function(x, y) return x % y end,
  }

  for name, op in pairs(operations) do
    it("by " .. name .. " is Lua's on every dtype and view", function()
      for _, dtype in ipairs { "int8", "int16", "int32", "int64", "float32", "float64" } do
        local expected = pg.array(each(a, b, op), kind(dtype) == "int" and name ~= "/"
          and "int64" or "float64")
        for va, x in pairs(views(a, dtype)) do
          for vb, y in pairs(views(b, dtype)) do
            assert.is_true(op(x, y):allclose(expected, 1e-6), dtype .. va .. vb)
          end
        end
      end
    end)
  end

  it("broadcasts rows, columns, numbers, tables and empty axes", function()
    local x = pg.array(a, "int32")
    assert.same({ 2, 0, 6, 8 }, (x + pg.array({ 1, 2, 3, 4 }, "int32"))[1]:tolist())
    assert.same({ 11, 8, 13, 14 }, (x + pg.array({ { 10 }, { 20 }, { 30 } }))[1]:tolist())
    assert.same({ 9, 12, 7, 6 }, (10 - x)[1]:tolist())
    assert.same({ 2.0, 0.0, 6.0, 8.0 }, ({ 1, 2, 3, 4 } + x)[1]:tolist())
    assert.same({ 2, 3, 4 }, (pg.ones(2, 1, 4) + pg.ones(3, 1)).shape)
    assert.same({ 0, 4 }, (pg.ones(0, 4) + pg.ones(4)).shape)
    assert.same({ 0, 4 }, (pg.ones(0, 1) + pg.ones(1, 4)).shape)
    assert.same({ 2, 1, 1, 1, 1, 1, 1, 3 }, (pg.ones(2, 1, 1, 1, 1, 1, 1, 1) + pg.ones(3)).shape)
  end)

  it("names both shapes where they do not broadcast", function()
    assert.error_matches(function() return pg.ones(2, 3) + pg.ones(2) end,
      "shapes %(2, 3%) and %(2,%) do not broadcast")
    assert.error_matches(function() return pg.ones(2) + pg.ones(0) end, "%(2,%) and %(0,%)")
    assert.error_matches(function() return pg.ones(2) + nil end,
      "array, number or table expected, got nil")
    assert.error_matches(function() return pg.ones(2) + "x" end, "expected, got string")
  end)

  it("wraps integers at their width", function()
    assert.same({ -128, 127 }, (pg.array({ 127, -128 }, "int8") + pg.array({ 1, -1 }, "int8"))
      :tolist())
    assert.same({ 0, 255 }, (pg.array({ 255, 0 }, "uint8") + pg.array({ 1, 255 }, "uint8"))
      :tolist())
    assert.same({ 255 }, (pg.array({ 0 }, "uint8") - 1):tolist())
    assert.same({ -32768 }, (-pg.array({ -32768 }, "int16")):tolist())
    assert.same({ 255 }, (-pg.array({ 1 }, "uint8")):tolist())
    assert.same({ -128 }, pg.array({ -128 }, "int8"):abs():tolist())
    assert.same({ math.mininteger }, (pg.array({ math.maxinteger }, "int64") + 1):tolist())
    assert.same({ -2 }, (pg.array({ math.maxinteger }, "int64") * 2):tolist())
    assert.same({ 0 }, (pg.array({ 1 << 31 }, "uint32") * 2):tolist())
    assert.same({ -128 }, (pg.array({ -128 }, "int8") // -1):tolist())
    assert.same({ math.mininteger }, (pg.array({ math.mininteger }, "int64") // -1):tolist())
    assert.same({ 0 }, (pg.array({ math.mininteger }, "int64") % -1):tolist())
  end)

  it("gives 0 for integers // and % by zero", function()
    for _, dtype in ipairs(dtypes) do
      if kind(dtype) ~= "float" then
        local x = pg.array({ 1, 0 }, dtype)
        assert.same({ 0, 0 }, (x // pg.zeros(2, dtype)):tolist())
        assert.same({ 0, 0 }, (x % pg.zeros(2, dtype)):tolist())
      end
    end
    assert.same({ 0 }, (pg.array({ -7 }, "int8") // 0):tolist())
  end)

  it("rounds // down and gives % the divisor's sign", function()
    for _, dtype in ipairs { "int8", "int64", "float32", "float64" } do
      local x = pg.array({ 7, -7, 7, -7 }, dtype)
      local y = pg.array({ 3, 3, -3, -3 }, dtype)
      assert.same({ 2, -3, -3, 2 }, (x // y):tolist())
      assert.same({ 1, 2, -2, -1 }, (x % y):tolist())
    end
  end)

  it("follows IEEE and NumPy at the edges of floats", function()
    local x = pg.array({ 1, -1, 0, nan, inf, -0.0, inf })
    local y = pg.array({ 0, 0, 0, 1, 2, 5, inf })
    assert.equal("inf -inf nan nan inf -0 nan", spelled((x / y):tolist()))
    assert.equal("inf -inf nan nan nan -0 nan", spelled((x // y):tolist()))
    assert.equal("nan nan nan nan nan 0 nan", spelled((x % y):tolist()))
    assert.equal("0 -0 inf", spelled((-pg.array({ -0.0, 0.0, -inf })):tolist()))
    assert.equal("0 0 1 inf nan", spelled(pg.array({ -0.0, 0, -1, -inf, nan }):abs():tolist()))
  end)

  it("raises to powers, integers by squaring", function()
    assert.same({ 1, 8, -27, 0 }, (pg.array({ 1, 2, -3, 0 }, "int32") ^ 3):tolist())
    assert.same({ 1, 1 }, (pg.array({ 5, 0 }, "uint8") ^ 0):tolist())
    assert.same({ 0 }, (pg.array({ 2 }, "uint8") ^ 8):tolist())
    assert.equal("9 inf nan 0", spelled((pg.array({ -3, -inf, nan, -0.0 }) ^ 2):tolist()))
    assert.equal("int8", (pg.ones(1, "bool") ^ pg.ones(1, "bool")).dtype)
    assert.is_true((pg.array({ 4, 9 }, "int32") ^ 0.5):allclose({ 2, 3 }))
    assert.is_true((2 ^ pg.array({ -1.0, 0.5 })):allclose({ 0.5, math.sqrt(2) }))
    assert.error_matches(function() return pg.array({ 2 }, "int32") ^ -1 end,
      "negative power %(%-1%)")
    assert.error_matches(function()
      return pg.ones(2, "int8") ^ pg.array({ 1, -2 }, "int8")
    end, "negative power %(%-2%)")
  end)

  it("treats booleans as NumPy does", function()
    local t, f = pg.array({ true, false }), pg.array({ true, true })
    assert.same({ true, true }, (t + f):tolist())
    assert.same({ true, false }, (t * f):tolist())
    assert.same({ 2, 1 }, (t + 1):tolist())
    assert.error_matches(function() return t - f end, "'subtract' does not take bool and bool")
    assert.error_matches(function() return -t end, "'negative' does not take bool")
  end)
end)

describe("comparison", function()
  it("gives masks for every dtype and view", function()
    for _, dtype in ipairs(dtypes) do
      for _, x in pairs(views({ { 0, 1, 0, 1 }, { 1, 1, 0, 0 }, { 0, 0, 0, 1 } }, dtype)) do
        local y = pg.array({ 0, 0, 1, 1 }, dtype)
        assert.same({ false, true, false, false }, x:gt(y)[1]:tolist())
        assert.same({ true, true, false, true }, x:ge(y)[1]:tolist())
        assert.same({ false, false, true, false }, x:lt(y)[1]:tolist())
        assert.same({ true, false, true, true }, x:le(y)[1]:tolist())
        assert.same({ true, false, false, true }, x:eq(y)[1]:tolist())
        assert.same({ false, true, true, false }, x:ne(y)[1]:tolist())
      end
    end
  end)

  it("is right with integers that the dtype does not hold", function()
    local a = pg.array({ 0, 255 }, "uint8")
    assert.same({ true, true }, a:lt(256):tolist())
    assert.same({ true, true }, a:gt(-1):tolist())
    assert.same({ false, false }, a:eq(-1):tolist())
    assert.same({ true, true }, pg.array({ -1, 1 }, "int64"):astype("uint64"):gt(-1):tolist())
    assert.same({ true, false }, a:lt(0.5):tolist())
  end)

  it("of NaN holds for ne only", function()
    local a = pg.array({ nan })
    for _, name in ipairs { "gt", "ge", "lt", "le", "eq" } do
      assert.is_false(a[name](a, a)[1])
    end
    assert.is_true(a:ne(a)[1])
  end)

  it("by < and <= raises and names the methods", function()
    local a = pg.zeros(2)
    assert.error_matches(function() return a < a end, "a:lt%(b%)")
    assert.error_matches(function() return a <= 1 end, "a:le%(b%)")
    assert.error_matches(function() return 1 > a end, ":gt%(b%)")
  end)

  it("of two numbers gives a boolean", function()
    assert.equal(true, pg.gt(2, 1))
    assert.equal(2.0, pg.maximum(1, 2))
  end)
end)

describe("masks and bits", function()
  it("combine by & | ~", function()
    local p, q = pg.array({ true, true, false }), pg.array({ true, false, false })
    assert.same({ true, false, false }, (p & q):tolist())
    assert.same({ true, true, false }, (p | q):tolist())
    assert.same({ false, true, false }, (p ~ q):tolist())
    assert.same({ false, false, true }, (~p):tolist())
    assert.same({ 4, 1 }, (pg.array({ 12, 5 }, "uint8") & pg.array({ 6, 3 }, "uint8")):tolist())
    assert.same({ 251 }, (~pg.array({ 4 }, "uint8")):tolist())
    assert.same({ -5 }, (~pg.array({ 4 }, "int8")):tolist())
    assert.same({ 13, 7 }, (pg.array({ 12, 6 }, "int16") | 1):tolist())
  end)

  it("do not exist for floats", function()
    assert.error_matches(function() return pg.ones(1) & 1 end, "'&' does not take float64")
    assert.error_matches(function() return ~pg.ones(1) end, "'~' does not take float64")
  end)
end)

describe("operations in place", function()
  it("change the array and return it", function()
    local a = pg.array({ 1, 2, 3 })
    local view = a["2:"]
    assert.equal(a, a:add_(1))
    assert.equal(a, a:mul_({ 1, 2, 3 }):sub_(1):div_(pg.array({ 1, 5, 11 })))
    assert.same({ 1.0, 1.0, 1.0 }, a:tolist())
    view:fill_(5)
    assert.same({ 1.0, 5.0, 5.0 }, a:tolist())
    assert.equal(a, a:fill_(0))
  end)

  it("work on every view of every number dtype", function()
    for _, dtype in ipairs(dtypes) do
      for _, x in pairs(views({ { 1, 0, 1, 0 }, { 0, 0, 1, 1 }, { 1, 1, 1, 1 } }, dtype)) do
        if dtype ~= "bool" then
          x:add_(pg.array({ 1, 1, 0, 0 }, dtype)):mul_(2)
          assert.same({ 4, 2, 2, 0 }, x[1]:astype("int64"):tolist())
        end
      end
    end
  end)

  it("are right where operands overlap", function()
    local a = pg.range(1, 6)
    a["2:"]:add_(a["1:5"])
    assert.same({ 1, 3, 5, 7, 9, 11 }, a:tolist())
    a = pg.range(1, 6)
    a:sub_(a["::-1"])
    assert.same({ -5, -3, -1, 1, 3, 5 }, a:tolist())
    local m = pg.range(1, 4):reshape(2, 2)
    m:add_(m.T)
    assert.same({ { 2, 5 }, { 5, 8 } }, m:tolist())
    m:sub_(m[1])
    assert.same({ { 0, 0 }, { 3, 3 } }, m:tolist())
    m:add_(m)
    assert.same({ { 0, 0 }, { 6, 6 } }, m:tolist())
    local long = pg.ones(200000)
    long["2:"]:add_(long["1:-2"])
    assert.equal(2 * 199999 + 1, long:sum())
  end)

  it("keep the array's dtype and shape, or raise", function()
    local a = pg.ones(2, "float32")
    assert.equal("float32", a:add_(pg.ones(2)).dtype)
    assert.error_matches(function() pg.ones(2, "int32"):add_(0.5) end,
      "'add' gives float64, which does not go into an array of int32")
    assert.error_matches(function() pg.ones(2, "int32"):div_(2) end, "'divide' gives float64")
    assert.error_matches(function() pg.ones(2, "uint8"):add_(pg.ones(2, "int8")) end, "int16")
    assert.error_matches(function() a:add_(pg.ones(3, 2)) end, "%(3, 2%) .*%(2,%)")
    assert.error_matches(function() pg.add_({ 1 }, 1) end, "array expected")
    assert.error_matches(function() a:fill_({}) end, "number or boolean")
  end)
end)

describe("axpy_", function()
  it("adds alpha times x", function()
    for _, dtype in ipairs { "float32", "float64" } do
      for _, y in pairs(views({ { 1, 2, 3, 4 }, { 1, 2, 3, 4 }, { 1, 2, 3, 4 } }, dtype)) do
        assert.equal(y, y:axpy_(-0.5, pg.array({ 2, 4, 6, 8 }, "int8")))
        assert.same({ 0, 0, 0, 0 }, y[2]:tolist())
      end
      local y = pg.range(1, 4):astype(dtype)
      y["2:"]:axpy_(2, y["1:3"])
      assert.same({ 1, 4, 7, 10 }, y:tolist())
      y:axpy_(1, y):axpy_(1, 1)
      assert.same({ 3, 9, 15, 21 }, y:tolist())
    end
  end)

  it("wants a floating array", function()
    assert.error_matches(function() pg.ones(2, "int8"):axpy_(1, 1) end, "floating .*int8")
    assert.error_matches(function() pg.ones(2):axpy_(1, pg.ones(3)) end, "%(3,%) .*%(2,%)")
    assert.error_matches(function() pg.ones(2):axpy_({}, 1) end, "number expected")
  end)
end)

describe("functions of an element", function()
  local twins = {
    exp = math.exp, log = math.log, sqrt = math.sqrt, abs = math.abs,
    tanh = function(x) return 1 - 2 / (math.exp(2 * x) + 1) end,
    sigmoid = function(x) return 1 / (1 + math.exp(-x)) end,
  }

  for name, twin in pairs(twins) do
    it(name .. " is close to the C library's on every dtype and view", function()
      local list = { { 0.5, 1, 2, 3 }, { 0.25, 5, 6, 7 }, { 8, 9, 10, 11 } }
      local expected = each(list, list, function(x) return twin(x) end)
      for dtype, rtol in pairs { float32 = 1e-6, float64 = 1e-14 } do
        for _, x in pairs(views(list, dtype)) do
          local y = x[name](x)
          assert.equal(dtype, y.dtype)
          assert.is_true(y:allclose(expected, rtol, 0))
        end
      end
      for _, dtype in ipairs(dtypes) do
        if kind(dtype) ~= "float" and name ~= "abs" then
          local y = pg[name](pg.array({ 1, 1 }, dtype))
          assert.equal("float64", y.dtype)
          assert.is_true(y:allclose(twin(1)))
        end
      end
      assert.is_true(math.abs(pg[name](0.5) - twin(0.5)) < 1e-15)
    end)
  end

  it("are right at the edges", function()
    assert.equal("inf 0 nan 1", spelled(pg.array({ inf, -inf, nan, 0 }):exp():tolist()))
    assert.equal("-inf nan inf nan", spelled(pg.array({ 0, -1, inf, nan }):log():tolist()))
    assert.equal("nan -0 inf", spelled(pg.array({ -1, -0.0, inf }):sqrt():tolist()))
    assert.equal("1 0 0.5 nan", spelled(pg.array({ inf, -inf, 0, nan }):sigmoid():tolist()))
    assert.equal("1 -1 nan", spelled(pg.array({ inf, -inf, nan }):tanh():tolist()))
  end)

  it("bind before the minus in front, so that pg.exp(-z) is shown", function()
    local z = pg.array({ 1.0 })
    assert.is_true((-z:exp()):allclose(-math.exp(1)))
    assert.is_true((1 / (1 + pg.exp(-z))):allclose(z:sigmoid()))
  end)

  it("name what they are given instead of an array", function()
    assert.error_matches(function() pg.exp() end, "array, number or table expected")
    assert.error_matches(function() pg.exp("1") end, "got string")
  end)
end)

describe("clip", function()
  it("bounds from either side or both", function()
    local a = pg.array({ -2, 0.5, 3, nan })
    assert.equal("0 0.5 1 nan", spelled(a:clip(0, 1):tolist()))
    assert.equal("0 0.5 3 nan", spelled(a:clip(0):tolist()))
    assert.equal("-2 0.5 1 nan", spelled(a:clip(nil, 1):tolist()))
    assert.same({ 1, 2 }, pg.array({ 0, 5 }):clip({ 1, 1 }, pg.array({ 2, 2 })):tolist())
    assert.equal("uint8", pg.array({ 0, 5 }, "uint8"):clip(1, 3).dtype)
    assert.equal(3.0, pg.clip(5, 0, 3))
    assert.same({ -2, 0.5, 3 }, a["1:3"]:tolist())
    assert.error_matches(function() a:clip() end, "number or array expected")
    assert.error_matches(function() a:clip(0, "x") end, "expected, got string")
  end)
end)

describe("softmax", function()
  it("goes along the last axis, or the one asked for", function()
    local a = pg.array({ { 1, 2, 3 }, { 1000, 1000, -1000 } })
    local s = a:softmax()
    assert.is_true(s:sum(2):allclose({ 1, 1 }))
    assert.is_true(s[2]:allclose({ 0.5, 0.5, 0 }))
    assert.is_true(s[1]:allclose({ 0.09003057317038, 0.24472847105480, 0.66524095577482 }, 1e-12))
    assert.is_true(a.T:softmax(1):allclose(s.T))
    assert.is_true(a:softmax(-2):sum(1):allclose({ 1, 1, 1 }))
    assert.same({ { 1, 2, 3 }, { 1000, 1000, -1000 } }, a:tolist())
    assert.equal("float32", a:astype("float32"):softmax().dtype)
    assert.equal("float64", a:astype("int32"):softmax().dtype)
    assert.same({ 0, 3 }, pg.zeros(0, 3):softmax().shape)
    assert.error_matches(function() a:softmax(3) end, "no axis 3 .*%(2, 3%)")
    assert.error_matches(function() pg.softmax(1) end, "rank 0 has no axis")
  end)
end)

describe("allclose", function()
  it("is within rtol 1e-5 and atol 1e-8, of arrays, tables and numbers", function()
    local a = pg.array({ 1, 2 })
    assert.is_true(a:allclose({ 1, 2 + 1e-5 }))
    assert.is_false(a:allclose({ 1, 2 + 3e-5 }))
    assert.is_true(a:allclose({ 1, 2.1 }, 0.1))
    assert.is_true(a:allclose({ 1.1, 2.1 }, 0, 0.11))
    assert.is_true(pg.allclose(0, 1e-9))
    assert.is_true(pg.ones(2, 2):allclose(1))
    assert.is_true(pg.allclose({ { 1 }, { 1 } }, pg.ones(3)))
    assert.is_true(pg.zeros(0):allclose(pg.zeros(0)))
    assert.is_false(pg.array({ true }):allclose(false))
  end)

  it("holds for equal infinities, never for NaN", function()
    assert.is_true(pg.array({ inf, -inf }):allclose({ inf, -inf }))
    assert.is_false(pg.array({ inf }):allclose({ -inf }))
    assert.is_false(pg.array({ 1 }):allclose({ inf }))
    assert.is_false(pg.array({ nan }):allclose({ nan }))
    assert.error_matches(function() pg.ones(2):allclose(pg.ones(3)) end, "%(2,%) and %(3,%)")
  end)

  it("finds one difference in a long array", function()
    local a, b = pg.zeros(300, 1001), pg.zeros(1001, 300).T
    assert.is_true(a:allclose(b))
    b[{ 299, 1000 }] = 1
    assert.is_false(a:allclose(b))
  end)
end)

describe("long arrays", function()
  local function results()
    local n = 200001
    local x = pg.linspace(-3, 3, n)
    local wide = pg.range(1, 4 * 70000):reshape(4, 70000)
    local narrow = wide.T["::-1"]
    return {
      (x * x + 1) / (2 - x), pg.exp(x), x:sigmoid(), x:tanh(), x["::-2"] * 3, wide + narrow.T,
      narrow * pg.array({ 1, 2, 3, 4 }, "int16"), x:astype("float32"):exp(), x:gt(0),
      pg.where(x:gt(0), x, -x), wide:astype("uint8") // 7, x:reshape(-1, 3):softmax(),
      pg.zeros(n):axpy_(0.1, x), narrow:copy(),
    }
  end

  it("give the same bits for any number of threads", function()
    support.assert_same_bits(results)
  end)

  it("keep each element in its place, however axes are turned", function()
    for _, lengths in ipairs { { 130, 70 }, { 3, 200, 65 }, { 65, 200, 3 }, { 40, 2, 3, 300 } } do
      local n = 1
      for _, length in ipairs(lengths) do n = n * length end
      local a = pg.range(1, n):reshape(lengths)
      for _, view in ipairs { a.T, a.T["::-1"], a["::-1"].T["::2"] } do
        local copy = view:copy()
        assert.is_true((view - copy):eq(0):min())
        for row = 1, #view, 7 do
          assert.is_true(view[row]:copy():eq(copy[row]):min())
        end
        assert.equal(view[-1]:reshape(-1)[-1], copy:reshape(-1)[-1])
      end
      local turned = a.T:copy()
      for row = 1, #a do
        local slice = turned[("%s%d"):format((":,"):rep(#lengths - 1), row)]
        assert.is_true(a[row].T:eq(slice):min())
      end
    end
  end)

  it("are what short ones are", function()
    local x = pg.linspace(-3, 3, 131073)
    local y = pg.exp(x) * 2 - x
    for _, i in ipairs { 1, 16384, 16385, 65536, 65537, 131072, 131073 } do
      assert.equal((pg.exp(x[{ { i, i } }]) * 2 - x[i])[1], y[i])
    end
  end)
end)

describe("a product that was meant as a matrix product", function()
  it("is refused with the name of the method", function()
    assert.error_matches(function() return pg.ones(2, 3) * pg.ones(3, 4) end,
      "%(2, 3%) and %(3, 4%) do not broadcast.*a:dot%(b%)")
    assert.error_matches(function() return pg.ones(2, 3) * pg.ones(2) end, "together$")
  end)
end)

describe("an element of the array itself", function()
  it("is read before the array is written to", function()
    for _, n in ipairs { 4, 3000 } do
      local a = pg.full({ n }, 2, "float32")
      a:mul_(a[{ { 1, 1 } }]:reshape {})
      assert.is_true(a:eq(4):all())
      local b = pg.full({ n }, 2, "int8")
      b:add_(b[{ { 1, 1 } }]:reshape {}:astype "int8")
      assert.is_true(b:eq(4):all())
    end
  end)
end)

describe("a histogram of float32", function()
  it("has edges that are float32 numbers, as NumPy's", function()
    local x = pg.array({ { 1.1 } }, "float32")
    local _, edges = pg.histogram(x, 6)
    assert.is_true(edges:eq(edges:astype "float32"):all())
    assert.equal(1, (pg.histogram(x, 6)):sum())
  end)

  it("computes them in float32 between the elements' own ends, else rounds them", function()
    local x = pg.array({ 0, 8.1 }, "float32")
    local _, own = pg.histogram(x, 7)
    local _, given = pg.histogram(x, 7, { 0, x[2] })
    assert.equal("5.78571415", ("%.9g"):format(own[6]))
    assert.equal("5.78571463", ("%.9g"):format(given[6]))
    assert.same({ 1, 0 }, pg.histogram(pg.array({ 3.51 }, "float32"), 2):tolist())
  end)
end)
