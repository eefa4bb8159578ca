local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes = support.dtypes

local function grid()
  return pg.range(1, 12):reshape(3, 4) -- 1..4, 5..8, 9..12
end

describe("a position", function()
  it("refuses a table whose length is negative", function()
    local a = pg.zeros(2, 2)
    for _, length in ipairs { -1, math.mininteger, -(1 << 32) + 1 } do
      local key = setmetatable({}, { __len = function() return length end })
      assert.error_matches(function() return a[key] end, "indices: the rank is at most 8")
      assert.error_matches(function() a[key] = 1 end, "indices: the rank is at most 8")
    end
  end)

  it("starts at 1 and counts from -1 at the end", function()
    local a = pg.range(10, 30, 10)
    assert.equal(10, a[1])
    assert.equal(30, a[3])
    assert.equal(30, a[-1])
    assert.equal(10, a[-3])
    assert.equal(20, a["2"])
    assert.equal(20, a[2.0])
    assert.equal("integer", math.type(a[1]))
  end)

  it("drops its axis", function()
    local a = grid()
    assert.same({ 5, 6, 7, 8 }, a[2]:tolist())
    assert.same({ 4, 8, 12 }, a[{ {}, -1 }]:tolist())
    assert.equal(7, a[{ 2, 3 }])
    assert.equal(7, a["2, 3"])
    assert.equal(7, a[2][3])
    assert.equal(7, a:get(2, 3))
    assert.same({ 9, 10, 11, 12 }, a:get(-1):tolist())
  end)

  it("gives nil one beyond the end, so that ipairs ends", function()
    local sum, rows = 0, 0
    for i, x in ipairs(pg.range(1, 4)) do
      sum = sum + i * x
    end
    for _, row in ipairs(grid()) do
      rows = rows + #row
    end
    assert.equal(30, sum)
    assert.equal(12, rows)
    assert.is_nil(grid()[4])
    assert.is_nil(pg.zeros(0)[1])
  end)

  it("raises beyond the ends, with the position, the axis and the shape", function()
    local a = grid()
    assert.error_matches(function() return a[5] end,
      "position 5 is beyond axis 1, whose length is 3 %(the shape is %(3, 4%)%)")
    assert.error_matches(function() return a[-4] end, "position %-4")
    assert.error_matches(function() return a[0] end, "position 0 on axis 1: .*start at 1")
    assert.error_matches(function() return a["1, 5"] end, "position 5 is beyond axis 2")
    assert.error_matches(function() return a:get(4, 1) end, "position 4")
    assert.error_matches(function() a[4] = 1 end, "position 4")
    assert.error_matches(function() return a[{ 1, 1, 1 }] end, "3 indices .*rank 2")
    assert.error_matches(function() return a[math.mininteger] end, "beyond")
    assert.error_matches(function() return a[math.maxinteger] end, "beyond")
    assert.error_matches(function() return a[1.5] end, "integer, not 1.5")
    assert.error_matches(function() return a[true] end, "not a boolean")
    assert.error_matches(function() return a[{ 1, 1, 1, 1, 1, 1, 1, 1, 1 }] end, "at most 8")
  end)
end)

describe("a slice", function()
  it("includes both ends and keeps its axis", function()
    local a = grid()
    assert.same({ { 5, 6, 7, 8 }, { 9, 10, 11, 12 } }, a["2:3"]:tolist())
    assert.same({ { 6, 7 } }, a[{ { 2, 2 }, { 2, 3 } }]:tolist())
    assert.same({ { 3 }, { 7 }, { 11 } }, a[":, 3:3"]:tolist())
    assert.same(a:tolist(), a[{ {}, {} }]:tolist())
    assert.same(a:tolist(), a[{}]:tolist())
    assert.same({ 9, 10, 11, 12 }, a["-1"]:tolist())
    assert.same({ 7, 11 }, a["-2:, 3"]:tolist())
    assert.same({ { 1, 2 }, { 5, 6 } }, a[{ "1:2", { 1, 2 } }]:tolist())
  end)

  it("takes a step, backwards where it is negative", function()
    local a = pg.range(1, 7)
    assert.same({ 1, 4, 7 }, a["::3"]:tolist())
    assert.same({ 7, 5, 3, 1 }, a["::-2"]:tolist())
    assert.same({ 6, 4 }, a["6:3:-2"]:tolist())
    assert.same({ 6, 5 }, a[{ { -2, -3, -1 } }]:tolist())
    assert.same({ 7, 6, 5, 4, 3, 2, 1 }, a[{ { nil, nil, -1 } }]:tolist())
    assert.same({ 3 }, a[{ { 3, 5, math.maxinteger } }]:tolist())
    assert.same({ 5 }, a[{ { 5, 3, math.mininteger } }]:tolist())
  end)

  it("counts from the end of the longest axis", function()
    local a = pg.zeros(math.maxinteger, 0, "int8")
    assert.equal(math.maxinteger, a[{ { 1, -1 } }].shape[1])
    assert.equal(math.maxinteger, a["::-1"].shape[1])
    assert.equal(1, a["-1:"].shape[1])
    assert.equal(0, a[{ { 1, 0 } }].shape[1])
    assert.error_matches(function() return a[{ { math.mininteger, 1 } }] end, "beyond axis 1")
  end)

  it("composes", function()
    local a = pg.range(1, 20)
    assert.same({ 17, 11, 5 }, a["::2"]["2:9"]["::-3"]:tolist())
    assert.same({ { 12, 10 }, { 4, 2 } }, grid()["::-2, ::-2"]:tolist())
    assert.same({ { 2, 10 }, { 4, 12 } }, grid()["::-2, ::-2"].T["::-1, ::-1"]:tolist())
  end)

  it("is empty where it ends before it begins", function()
    local a = grid()
    for i = 1, 4 do
      assert.same({ 0, 4 }, a[{ { i, i - 1 } }].shape)
    end
    assert.same({ 0, 4 }, a:rows(1, 0).shape)
    assert.same({ 3, 0 }, a:cols(3, 2).shape)
    assert.same({ 0 }, pg.range(1, 3)["2:3:-1"].shape)
    assert.same({ 0 }, pg.zeros(0)["::-1"].shape)
  end)

  it("is never clamped", function()
    local a = pg.range(1, 3)
    for _, key in ipairs { "1:4", "0:2", "-4:2", "5:", "2:9", "4:1:-1", "3:0:-1", "5:4" } do
      assert.error_matches(function() return a[key] end, "position", 1, false, key)
    end
    assert.error_matches(function() return a[{ { 1, 4 } }] end, "position 4")
    assert.error_matches(function() return a["1:2:0"] end, "step 0")
    assert.error_matches(function() return a[{ { 1 } }] end, "{first, last}")
    assert.error_matches(function() return a[{ { 1, 2, 3, 4 } }] end, "{first, last}")
    assert.error_matches(function() return a[{ pg.array { 1 }, pg.array { 2 } }] end,
      "an integer, not an array: x%[mask%] takes single elements")
    assert.error_matches(function() return a[{ pg.random(0) }] end, "integer, not random generator")
    assert.error_matches(function() return a[{ { "x", 2 } }] end, "integer, not x")
  end)

  it("says which text it could not read", function()
    local a = pg.range(1, 3)
    for _, key in ipairs { "1:2:3:4", "1,", ",", "1 2", "-", "1;2", "1:x", "", " ", ".", "1.0",
      "1e3", "0x1", "+", "+ 1", "+-1", "--1", "[1]", "(1)",
      "{1}", "1]", "x, 1", "a b", "a-b", "\n1", "$", "gr\u{f6}\u{df}e", "1\0", "1\0, 1" } do
      for _, use in ipairs { function() return a[key] end, function() a[key] = 1 end,
        function() return a[{ key }] end, function() a[{ key }] = 1 end } do
        assert.error_matches(use, "cannot read the index", 1, false, key)
      end
    end
    assert.error_matches(function() return a["shape\0"] end, "zero byte")
    assert.error_matches(function() a["shape\0"] = 1 end, "no field 'shape'")
    assert.same({ 1, 2, 3 }, a:tolist())
    assert.same({ 1, 2 }, a["1:2:"]:tolist())
    assert.error_matches(function() return a[{ "1,2" }] end, "one index")
  end)

  it("says what NumPy's words are here, and which numbers are too large", function()
    local a = pg.ones(3, 4)
    for key, message in pairs {
      ["..."] = '"..." is not known: ":" takes all of an axis',
      ["..., 1"] = '"..." is not known: ":" takes all of an axis',
      ["1, ..."] = '"..." is not known: ":" takes all of an axis',
      ["None, 1"] = "a new axis is made by expand_dims",
      [":, np.newaxis"] = "a new axis is made by expand_dims",
      ["99999999999999999999"] = "beyond the range of integers",
      ["-99999999999999999999, 1"] = "beyond the range of integers",
      ["1:9223372036854775808"] = "beyond the range of integers",
      ["1, ::99999999999999999999"] = "beyond the range of integers",
      ["1,1,1,1,1,1,1,1,1"] = "the rank is at most 8",
    } do
      for _, use in ipairs { function() return a[key] end, function() a[key] = 1 end } do
        local ok, found = pcall(use)
        assert.is_false(ok)
        assert.matches(('cannot read the index "%s": '):format(key), found, 1, true)
        assert.matches(message, found, 1, true)
      end
    end
    assert.error_matches(function() return a["9223372036854775807"] end, "is beyond axis 1")
    assert.same({ 1, 1, 1, 1 }, a["+1"]:tolist())
  end)

  it("shares the elements", function()
    local a = grid()
    a["2:, ::-2"]:fill_(0)
    assert.same({ { 1, 2, 3, 4 }, { 5, 0, 7, 0 }, { 9, 0, 11, 0 } }, a:tolist())
  end)
end)

describe("rows and cols", function()
  it("keep their axis", function()
    local a = grid()
    assert.same({ { 5, 6, 7, 8 } }, a:rows(2):tolist())
    assert.same({ { 1, 2, 3, 4 }, { 5, 6, 7, 8 } }, a:rows(1, -2):tolist())
    assert.same({ { 2, 3 }, { 6, 7 }, { 10, 11 } }, a:cols(2, 3):tolist())
    assert.error_matches(function() return a:rows(2, 4) end, "position 4")
    assert.error_matches(function() return pg.range(1, 3):cols(1) end, "rank 1")
    assert.error_matches(function() return a:rows() end, "number expected")
  end)
end)

describe("assignment", function()
  it("takes numbers, tables and arrays, and broadcasts", function()
    local a = grid()
    a[1] = 0
    a["2, 2:3"] = { 70, 80 }
    a[{ 3, 4 }] = 5
    a[{ {}, { 1, 1 } }] = pg.array({ { -1 }, { -2 }, { -3 } })
    assert.same({ { -1, 0, 0, 0 }, { -2, 70, 80, 8 }, { -3, 10, 11, 5 } }, a:tolist())
    assert.equal(a, a:set(1, 1, 9))
    assert.equal(9, a:get(1, 1))
    a:set(2, { 1, 2, 3, 4 })
    assert.same({ 1, 2, 3, 4 }, a[2]:tolist())
  end)

  it("casts arrays as C does and checks numbers", function()
    local a = pg.zeros(2, "uint8")
    a[{}] = pg.array({ 1.9, 257 })
    assert.same({ 1, 1 }, a:tolist())
    assert.error_matches(function() a[1] = 256 end, "256 is beyond .* uint8")
    assert.error_matches(function() a[1] = 0.5 end, "0.5 is not .* uint8")
    assert.error_matches(function() a[{}] = { 0, -1 } end, "%-1 is beyond .* uint8")
    local mask = pg.zeros(2, "bool")
    mask[{}] = { 1, 0 }
    mask[2] = true
    assert.same({ true, true }, mask:tolist())
  end)

  it("works for every pair of dtypes", function()
    for _, to in ipairs(dtypes) do
      for _, from in ipairs(dtypes) do
        local a = pg.zeros(3, to)
        a["::-1"] = pg.array({ 0, 1, 1 }, from)
        assert.same({ 1, 1, 0 }, a:astype("int8"):tolist())
      end
    end
  end)

  it("is right where both sides overlap", function()
    local a = pg.range(1, 5)
    a["2:"] = a["1:4"]
    assert.same({ 1, 1, 2, 3, 4 }, a:tolist())
    a = pg.range(1, 5)
    a["1:4"] = a["2:"]
    assert.same({ 2, 3, 4, 5, 5 }, a:tolist())
    a = pg.range(1, 5)
    a[{}] = a["::-1"]
    assert.same({ 5, 4, 3, 2, 1 }, a:tolist())
    local m = pg.range(1, 9):reshape(3, 3)
    m[{}] = m.T
    assert.same({ { 1, 4, 7 }, { 2, 5, 8 }, { 3, 6, 9 } }, m:tolist())
    m[{}] = m[2]
    assert.same({ { 2, 5, 8 }, { 2, 5, 8 }, { 2, 5, 8 } }, m:tolist())
    local long = pg.range(1, 100000)
    long["2:"] = long["1:-2"]
    assert.same({ 1, 1, 2 }, long["1:3"]:tolist())
    assert.equal(99999, long[-1])
  end)

  it("names both shapes, or what it was given", function()
    local a = grid()
    assert.error_matches(function() a[1] = { 1, 2 } end, "%(2,%) .*%(4,%)")
    assert.error_matches(function() a[{}] = pg.zeros(2, 3, 4) end, "%(2, 3, 4%) .*%(3, 4%)")
    assert.error_matches(function() a[1] = nil end, "array, number or table expected")
    assert.error_matches(function() a[1] = "x" end, "array, number or table expected")
    assert.error_matches(function() a[1] = pg.zeros(2).set end, "expected")
  end)
end)

describe("take", function()
  it("copies the positions along an axis", function()
    local a = grid()
    assert.same({ { 9, 10, 11, 12 }, { 1, 2, 3, 4 } }, a:take({ 3, 1 }):tolist())
    assert.same({ { 4, 1, 4 }, { 8, 5, 8 }, { 12, 9, 12 } }, a:take({ -1, 1, 4 }, 2):tolist())
    assert.same({ { { 1, 2 }, { 3, 4 } } }, grid()[1]:take({ { { 1, 2 }, { 3, 4 } } }):tolist())
    assert.same({ 5, 6, 7, 8 }, a:take(2):tolist())
    assert.equal(30, pg.range(10, 30, 10):take(3))
    assert.same({ 0, 4 }, a:take({}).shape)
    local b = a:take({ 1 })
    b[1] = 0
    assert.equal(1, a[{ 1, 1 }])
  end)

  it("works on every dtype and view, by integers of any dtype", function()
    for _, dtype in ipairs(dtypes) do
      local a = pg.array({ { 1, 0 }, { 0, 0 }, { 1, 1 } }, dtype)
      local t = a.T["::-1"]:take(pg.array({ 3, 1 }, "uint8"), -1)
      assert.equal(dtype, t.dtype)
      assert.same({ { 1, 0 }, { 1, 1 } }, t:astype("int8"):tolist())
    end
  end)

  it("names the first position that is not there", function()
    local a = grid()
    assert.error_matches(function() a:take({ 1, 4 }) end, "position 4 .*axis 1.*%(3, 4%)")
    assert.error_matches(function() a:take({ 0 }) end, "position 0")
    assert.error_matches(function() a:take(pg.array({ 1.5 })) end, "integers, not 1.5, at {1}")
    assert.error_matches(function() a:take(pg.array({ -1 }, "int64"):astype("uint64")) end,
      "beyond axis 1")
    assert.error_matches(function() a:take() end, "expected")
    assert.error_matches(function() a:take({ 1 }, 3) end, "no axis 3 .*%(3, 4%)")
    assert.error_matches(function() pg.array(1):take({ 1 }) end, "rank 0")
  end)
end)

describe("a view", function()
  it("of every rank reads and writes what its positions say", function()
    for rank = 1, 8 do
      local lengths, key, back = {}, {}, {}
      for i = 1, rank do
        lengths[i] = 2
        key[i] = 2
        back[i] = { 2, 1, -1 }
      end
      local a = pg.range(1, 1 << rank):reshape(lengths)
      assert.equal(2 ^ rank, a[key])
      assert.equal(1, a[back][key])
      a.T[back][key] = 77
      assert.equal(77, a:reshape(-1)[1])
    end
  end)
end)
