local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes, shape = support.dtypes, support.shape

local nan = 0 / 0

local function kind(dtype)
  return dtype:match("^%a+")
end

-- 2 x 3 x 4 views of the same numbers.
local function views(dtype)
  local a = pg.range(0, 23):reshape(2, 3, 4) % 7
  a = a:astype(dtype)
  local wide = pg.zeros(4, 3, 9, a.dtype)
  wide["2:3, :, 1:7:2"] = a
  return {
    contiguous = a, transposed = a.T:copy().T, sliced = wide["2:3, :, 1:7:2"],
    reversed = a["::-1, ::-1, ::-1"]:copy()["::-1, ::-1, ::-1"],
  }
end

-- The naive twin: the numbers of `list` (2 x 3 x 4) along an axis, as lists.
local function lines(list, axis)
  local out, lengths = {}, { 2, 3, 4 }
  local rest = { 1, 2, 3 }
  table.remove(rest, axis)
  for i = 1, lengths[rest[1]] do
    for j = 1, lengths[rest[2]] do
      local line, at = {}, {}
      at[rest[1]], at[rest[2]] = i, j
      for k = 1, lengths[axis] do
        at[axis] = k
        line[k] = list[at[1]][at[2]][at[3]]
      end
      out[#out + 1] = line
    end
  end
  return out
end

local function sum(line)
  local s = 0
  for _, x in ipairs(line) do s = s + x end
  return s
end

local twins = {
  sum = sum,
  mean = function(line) return sum(line) / #line end,
  std = function(line)
    local m, s = sum(line) / #line, 0
    for _, x in ipairs(line) do s = s + (x - m) ^ 2 end
    return math.sqrt(s / #line)
  end,
  min = function(line) return math.min(table.unpack(line)) end,
  max = function(line) return math.max(table.unpack(line)) end,
  argmax = function(line)
    local best = 1
    for i, x in ipairs(line) do
      if x > line[best] then best = i end
    end
    return best
  end,
}

local function result_dtype(name, dtype)
  if name == "argmax" then return "int64" end
  if name == "min" or name == "max" or kind(dtype) == "float" then return dtype end
  if name ~= "sum" then return "float64" end
  return kind(dtype) == "uint" and "uint64" or "int64"
end

describe("a reduction", function()
  for name, twin in pairs(twins) do
    it("by " .. name .. " is the naive one's along every axis, for every dtype and view", function()
      for _, dtype in ipairs(dtypes) do
        for view, a in pairs(views(dtype)) do
          local list = a:astype("int64"):tolist()
          for axis = 1, 3 do
            local expected = {}
            for i, line in ipairs(lines(list, axis)) do expected[i] = twin(line) end
            local r = a[name](a, axis)
            local where = dtype .. " " .. view .. " " .. axis
            assert.equal(result_dtype(name, dtype), r.dtype, where)
            assert.is_true(r:reshape(-1):allclose(expected, 1e-6), where)
            assert.is_true(a[name](a, axis - 4):eq(r):min())
            local kept = a[name](a, axis, true)
            assert.equal(3, kept.ndim)
            assert.equal(1, kept.shape[axis])
            assert.is_true(kept:reshape(r.shape):eq(r):min())
          end
          local flat = a:astype("int64"):reshape(-1):tolist()
          local all = a[name](a)
          if dtype == "bool" and (name == "min" or name == "max") then
            assert.equal("boolean", type(all))
          else
            assert.is_true(math.abs(all - twin(flat)) < 1e-5, dtype .. view)
          end
        end
      end
    end)
  end

  it("over everything gives a number of the dtype's kind", function()
    assert.equal("integer", math.type(pg.ones(3, "int8"):sum()))
    assert.equal("integer", math.type(pg.ones(3, "bool"):sum()))
    assert.equal("integer", math.type(pg.ones(3, "uint8"):max()))
    assert.equal("float", math.type(pg.ones(3, "int8"):mean()))
    assert.equal("integer", math.type(pg.ones(3):argmax()))
    assert.equal(true, pg.array({ true, false }):max())
    assert.equal(6.0, pg.sum({ 1, 2, 3 }))
    assert.equal(1, pg.argmax(5))
  end)

  it("keeps the axes where asked", function()
    local a = pg.ones(2, 3)
    assert.equal("3", shape(a:sum(1)))
    assert.equal("1,3", shape(a:sum(1, true)))
    assert.equal("2,1", shape(a:mean(-1, true)))
    assert.equal("1,1", shape(a:sum(nil, true)))
    assert.equal("1,1", shape(a:argmax(nil, true)))
    assert.equal("2,1", shape(a:std(2, true)))
  end)

  it("takes an axis of every rank", function()
    for rank = 1, 8 do
      local lengths = {}
      for i = 1, rank do lengths[i] = 2 end
      local a = pg.ones(lengths)
      for axis = 1, rank do
        local s = a:sum(axis)
        if rank == 1 then
          assert.equal(2.0, s)
        else
          assert.equal(rank - 1, s.ndim)
          assert.is_true(s:allclose(2))
        end
      end
    end
  end)

  it("names the axis that is not there", function()
    assert.error_matches(function() pg.ones(2, 3):sum(3) end, "no axis 3 .*%(2, 3%)")
    assert.error_matches(function() pg.ones(2, 3):sum(0) end, "no axis 0")
    assert.error_matches(function() pg.ones(2, 3):sum(-3) end, "no axis %-3")
    assert.error_matches(function() pg.ones(2):sum("x") end, "number expected")
  end)

  it("lets NaN through", function()
    local a = pg.array({ { 1, nan, 3 }, { 4, 5, 6 } })
    for _, name in ipairs { "sum", "mean", "std", "min", "max" } do
      for _, dtype in ipairs { "float32", "float64" } do
        local x = a:astype(dtype)
        assert.is_true(x[name](x) ~= x[name](x))
        assert.same({ true, false }, x[name](x, 2):ne(x[name](x, 2)):tolist())
        assert.same({ false, true, false }, x[name](x, 1):ne(x[name](x, 1)):tolist())
      end
    end
    assert.equal(2, a:argmax())
    assert.same({ 2, 3 }, a:argmax(2):tolist())
    assert.same({ 2, 1, 2 }, a:argmax(1):tolist())
    assert.same({ 1, 2 }, pg.array({ { nan, nan }, { 0, nan } }):argmax(2):tolist())
  end)

  it("takes the first of equals", function()
    assert.equal(2, pg.array({ 1, 3, 3, 2 }):argmax())
    assert.equal(3, pg.array({ { 1, 2 }, { 3, 3 } }):argmax())
    assert.equal(1, pg.zeros(3, 3, "bool"):argmax())
  end)

  it("of no elements is 0, NaN or an error", function()
    local a = pg.zeros(0, 3)
    assert.equal(0.0, a:sum())
    assert.equal(0, pg.zeros(0, "int8"):sum())
    assert.same({ 0, 0, 0 }, a:sum(1):tolist())
    assert.same({}, a:sum(2):tolist())
    assert.is_true(a:mean() ~= a:mean())
    assert.is_true(a:std() ~= a:std())
    assert.same({ true, true, true }, a:mean(1):ne(a:mean(1)):tolist())
    assert.same({}, a:max(2):tolist())
    assert.same({}, a:argmax(2):tolist())
    for _, name in ipairs { "min", "max", "argmax" } do
      assert.error_matches(function() a[name](a) end, name .. " of no elements")
      assert.error_matches(function() a[name](a, 1) end, name .. " of no elements")
    end
  end)

  it("wraps sums of 64 bits, but not their means", function()
    local top = math.maxinteger
    assert.equal(-2, pg.array({ top, top }, "int64"):sum())
    assert.equal(2.0 ^ 63, pg.array({ top, top }, "int64"):mean())
    local u = pg.array({ -1, -1 }, "int64"):astype("uint64")
    assert.equal(2.0 ^ 64, u:mean())
    assert.equal(0.0, u:std())
    assert.equal(255 * 3, pg.full({ 3 }, 255, "uint8"):sum())
    assert.equal(-128 * 3, pg.full({ 3 }, -128, "int8"):sum())
  end)

  it("cancels nothing in std and rounds float32 sums once", function()
    assert.is_true(math.abs(pg.array({ 1e9, 1e9 + 1, 1e9 + 2 }):std() - math.sqrt(2 / 3)) < 1e-9)
    local ones = pg.full({ 1 << 20 }, 0.1, "float32")
    assert.is_true(math.abs(ones:sum() - 0.1 * (1 << 20)) < 0.01)
    assert.is_true(math.abs(ones:mean() - 0.1) < 1e-7)
  end)
end)

describe("reductions of long arrays", function()
  -- 200001 in one row, 3 long rows, many short ones, and columns of each.
  local function arrays(dtype)
    local n = 210000
    local flat = (pg.range(1, n) * 7919 % 1009 - 500):astype(dtype)
    local list = { flat, flat:reshape(3, n // 3), flat:reshape(n // 3, 3),
      flat:reshape(70, 30, 100), flat:reshape(n // 3, 3).T, flat["::-1"], flat["::2"] }
    return list
  end

  it("are the sums of their parts", function()
    for _, dtype in ipairs { "int32", "float32", "float64" } do
      for i, a in ipairs(arrays(dtype)) do
        local naive = 0
        for _, x in ipairs(a:reshape(-1):tolist()) do naive = naive + x end
        assert.equal(naive, a:sum(), dtype .. i)
        assert.equal(naive, a:sum(1, true):sum(), dtype .. i)
        assert.equal(naive, a:sum(-1, true):sum(), dtype .. i)
        assert.equal(-500, a:min())
        assert.equal(508, a:max(1, true):max())
        assert.equal(508, a:reshape(-1)[a:argmax()])
        assert.is_nil(a:argmax() > 1 and a:reshape(-1)[{ { 1, a:argmax() - 1 } }]:max() == 508
          or nil)
      end
    end
  end)

  it("give the same bits for any number of threads", function()
    local function results()
      local out = {}
      for _, dtype in ipairs { "float32", "float64", "int16", "bool" } do
        for _, a in ipairs(arrays(dtype)) do
          if dtype:match("float") then a = a / 3 end
          for _, name in ipairs { "sum", "mean", "std", "min", "max", "argmax" } do
            out[#out + 1] = a[name](a, nil, true)
            for axis = 1, a.ndim do
              out[#out + 1] = a[name](a, axis, true)
            end
          end
        end
      end
      return out
    end
    support.assert_same_bits(results)
  end)
end)
