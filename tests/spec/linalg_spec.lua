local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes, shape = support.dtypes, support.shape

-- The naive twin, on nested tables.
local function multiply(a, b)
  local out = {}
  for i = 1, #a do
    out[i] = {}
    for j = 1, #b[1] do
      local sum = 0
      for p = 1, #b do sum = sum + a[i][p] * b[p][j] end
      out[i][j] = sum
    end
  end
  return out
end

-- The same matrix as views of every sort.
local function views(a)
  local rows, cols = a.shape[1], a.shape[2]
  local wide = pg.zeros(rows + 2, 2 * cols + 1, a.dtype)
  local sparse = wide[{ { 2, rows + 1 }, { 2, 2 * cols, 2 } }]
  sparse[{}] = a
  local margin = pg.zeros(rows, cols + 3, a.dtype)
  margin:cols(1, cols)[{}] = a
  local stepped = pg.zeros(3 * rows, cols, a.dtype)["::3"]
  stepped[{}] = a
  return {
    contiguous = a, transposed = a.T:copy().T, sparse = sparse, margin = margin:cols(1, cols),
    stepped = stepped, upside_down = a["::-1"]:copy()["::-1"],
    reversed = a[":, ::-1"]:copy()[":, ::-1"], turned = a.T["::-1"]:copy()["::-1"].T,
  }
end

local function numbers(rows, cols, dtype)
  local a = pg.range(1, rows * cols):reshape(rows, cols) * 31 % 7
  if dtype:match("^int") or dtype:match("^float") then a = a - 3 end
  return a:astype(dtype)
end

describe("dot", function()
  it("is the naive product for every dtype and view", function()
    for _, dtype in ipairs(dtypes) do
      local a, b = numbers(3, 5, dtype), numbers(5, 4, dtype)
      local expected = pg.array(multiply(a:astype("int64"):tolist(), b:astype("int64"):tolist()))
        :astype("int64"):astype(dtype)
      for va, x in pairs(views(a)) do
        for vb, y in pairs(views(b)) do
          local product = x:dot(y)
          assert.equal(dtype, product.dtype)
          assert.is_true(product:eq(expected):min(), dtype .. " " .. va .. " " .. vb)
        end
      end
    end
  end)

  it("promotes, and wraps integers", function()
    assert.equal("float64", pg.ones(2, 2, "float32"):dot(pg.ones(2, 2, "int32")).dtype)
    assert.equal("float32", pg.ones(2, 2, "float32"):dot(pg.ones(2, 2, "uint8")).dtype)
    assert.equal("int16", pg.ones(2, 2, "int8"):dot(pg.ones(2, 2, "uint8")).dtype)
    assert.equal(-128, pg.full({ 2 }, 64, "int8"):dot(pg.ones(2, "int8")))
    assert.equal(0, pg.full({ 2 }, 128, "uint8"):dot(pg.ones(2, "uint8")))
    local top = pg.full({ 1, 2 }, math.maxinteger, "int64")
    assert.same({ { -2 } }, top:dot(pg.ones(2, 1, "int64")):tolist())
  end)

  it("of bools is whether any pair holds", function()
    local a = pg.array({ { true, true }, { false, false } })
    assert.same({ { true, true }, { false, false } }, a:dot(pg.ones(2, 2, "bool")):tolist())
    assert.is_true(pg.ones(256, "bool"):dot(pg.ones(256, "bool")))
  end)

  it("takes vectors on either side", function()
    local m, v = pg.range(1, 6):reshape(2, 3), pg.array({ 1, 0, 2 }, "int64")
    assert.same({ 7, 16 }, m:dot(v):tolist())
    assert.same({ 7, 16 }, v:dot(m.T):tolist())
    assert.equal(5, v:dot(v))
    assert.equal("integer", math.type(v:dot(v)))
    assert.equal(4.0, pg.array({ 1, 0, 2 }):dot(v["::-1"]))
    assert.same({ 7, 16 }, m:dot({ 1, 0, 2 }):tolist())
    assert.equal(5.0, pg.dot({ 1, 2 }, { 1, 2 }))
  end)

  it("of empty matrices is empty, or 0", function()
    for _, dtype in ipairs { "int32", "float32", "float64" } do
      assert.same({ { 0, 0 }, { 0, 0 } },
        pg.zeros(2, 0, dtype):dot(pg.zeros(0, 2, dtype)):tolist())
      assert.equal("0,3", shape(pg.zeros(0, 2, dtype):dot(pg.zeros(2, 3, dtype))))
      assert.equal("2,0", shape(pg.zeros(2, 3, dtype):dot(pg.zeros(3, 0, dtype))))
      assert.equal(0, pg.zeros(0, dtype):dot(pg.zeros(0, dtype)))
    end
  end)

  it("takes rows, columns and single elements of length 1", function()
    local column, row = pg.ones(4, 1), pg.range(1, 3):reshape(1, 3)
    assert.same({ { 1, 2, 3 } }, column:dot(row):rows(4):tolist())
    assert.same({ { 4 } }, column.T:dot(column):tolist())
    assert.same({ { 6 } }, row:dot(pg.ones(3, 1)):tolist())
    assert.same({ { 6 } }, pg.full({ 1, 1 }, 2):dot(pg.full({ 1, 1 }, 3)):tolist())
  end)

  it("works on an array and itself", function()
    local a = pg.array({ { 1, 2 }, { 3, 4 } })
    assert.same({ { 7, 10 }, { 15, 22 } }, a:dot(a):tolist())
    assert.same({ { 5, 11 }, { 11, 25 } }, a:dot(a.T):tolist())
  end)

  it("names both shapes where they do not fit", function()
    assert.error_matches(function() pg.zeros(2, 3):dot(pg.zeros(2, 3)) end,
      "dot: shapes %(2, 3%) and %(2, 3%) do not fit: the first has 3 columns, the second 2 rows")
    assert.error_matches(function() pg.zeros(2):dot(pg.zeros(3)) end, "%(2,%) and %(3,%)")
    assert.error_matches(function() pg.zeros(2, 3, 4):dot(pg.zeros(4)) end,
      "matrices or vectors, not shapes %(2, 3, 4%) and %(4,%)")
    assert.error_matches(function() pg.zeros(2):dot(1) end, "%(2,%) and %(%)")
    assert.error_matches(function() pg.zeros(2):dot() end, "expected, got no value")
    assert.error_matches(function() pg.zeros(1 << 20, 0):dot(pg.zeros(0, 1 << 40)) end,
      "more than BLAS takes")
  end)
end)

describe("large products", function()
  -- 250 x 130 x 90 is well over the million multiplications at which tiles begin.
  local m, k, n = 250, 130, 90
  local expected

  setup(function()
    expected = pg.array(multiply(numbers(m, k, "int64"):tolist(), numbers(k, n, "int64"):tolist()))
  end)

  it("are the naive ones for every sort of view", function()
    for _, dtype in ipairs { "int32", "float32", "float64" } do
      local vb = views(numbers(k, n, dtype))
      for name, x in pairs(views(numbers(m, k, dtype))) do
        assert.is_true(x:dot(vb[name]):eq(expected):min(), dtype .. " " .. name)
        assert.is_true(vb[name].T:dot(x.T):eq(expected.T):min(), dtype .. " " .. name)
      end
    end
  end)

  it("give the same bits for any number of threads", function()
    local before = pg.threads()
    for _, dtype in ipairs { "float32", "float64", "int64" } do
      local a, b = numbers(m, k, dtype), numbers(k, n, dtype)
      if dtype ~= "int64" then a, b = a / 3, b / 7 end
      for name, x in pairs(views(a)) do
        pg.threads(1)
        local one, other = x:dot(b), b.T:dot(x.T)
        for _, threads in ipairs { 2, 8 } do
          pg.threads(threads)
          assert.is_true(x:dot(b):eq(one):min(), name)
          assert.is_true(b.T:dot(x.T):eq(other):min(), name)
        end
      end
    end
    pg.threads(before)
  end)
end)

describe("matmul", function()
  local a = pg.range(1, 6):reshape(2, 3)

  it("is dot for matrices and vectors", function()
    assert.same(a:dot(a.T):tolist(), a:matmul(a.T):tolist())
    assert.same(a:dot({ 1, 0, 2 }):tolist(), a:matmul({ 1, 0, 2 }):tolist())
    assert.equal(11.0, pg.matmul({ 1, 2 }, { 3, 4 }))
    assert.same({ 2, 0 }, pg.zeros(2, 3):matmul(pg.zeros(3, 0)).shape)
    assert.same({ { 0, 0 } }, pg.zeros(1, 0):matmul(pg.zeros(0, 2)):tolist())
  end)

  it("multiplies stacks of matrices, whose other axes broadcast", function()
    local s = pg.range(1, 24):reshape(4, 2, 3)
    local product = s:matmul(s:transpose(1, 3, 2))
    for i = 1, 4 do
      assert.is_true(product[i]:array_equal(s[i]:dot(s[i].T)))
    end
    assert.is_true(s:matmul(a.T)[3]:array_equal(s[3]:dot(a.T)))
    assert.same({ 5, 4, 2, 7 }, pg.zeros(5, 1, 2, 3):matmul(pg.zeros(4, 3, 7)).shape)
    assert.same({ 4, 2 }, s:matmul({ 1, 1, 1 }).shape)
    assert.same({ 4, 3 }, pg.matmul({ 1, 1 }, s).shape)
    assert.same({ 0, 2, 2 }, pg.zeros(0, 2, 3):matmul(pg.zeros(3, 2)).shape)
    local singles = pg.zeros({ 2, 2, 2 }, "float32")
    assert.equal("float32", singles:matmul(pg.ones({ 2, 2 }, "int8")).dtype)
    assert.same({ { { true } } }, pg.array { { { true, false } } }:matmul(pg.array { { true },
      { true } }):tolist())
  end)

  it("names the shapes that do not fit", function()
    assert.error_matches(function() a:matmul(2) end, "needs rank 1 or more, not shapes %(2, 3%)")
    assert.error_matches(function() a:matmul(a) end, "matmul: shapes %(2, 3%) and %(2, 3%)")
    assert.error_matches(function() pg.zeros(2, 2, 2):matmul(pg.zeros(3, 2, 2)) end,
      "stacks of shapes %(2, 2, 2%) and %(3, 2, 2%) do not broadcast")
  end)
end)
