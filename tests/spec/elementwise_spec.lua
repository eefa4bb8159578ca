-- The functions of single elements, and the array that takes their result.

local pg = require "perigee"
local support = dofile "tests/support.lua"

local dtypes = support.dtypes
local nan, inf = 0 / 0, math.huge

--- NaN is its own name, and -0 is told from 0.
local function spelled(a)
  local out = {}
  for i, x in ipairs(a:tolist()) do
    out[i] = x ~= x and "nan" or (x == 0 and 1 / x < 0) and "-0" or ("%.17g"):format(x)
  end
  return table.concat(out, " ")
end

local function kind(dtype)
  return dtype:match "^%a+"
end

describe("functions of floats", function()
  local twins = {
    sin = math.sin, cos = math.cos, tan = math.tan,
    log2 = function(x) return math.log(x, 2) end,
    log10 = function(x) return math.log(x, 10) end,
    log1p = function(x) return math.log(1 + x) end,
    expm1 = function(x) return math.exp(x) - 1 end,
  }

  for name, twin in pairs(twins) do
    it(name .. " is close to Lua's for every dtype and view", function()
      local list = { 0.25, 0.5, 1.5, 2, 3, 5, 40, 63.5 }
      local expected = {}
      for i, x in ipairs(list) do expected[i] = twin(x) end
      for dtype, rtol in pairs { float32 = 1e-6, float64 = 1e-13 } do
        local a = pg.array(list, dtype)
        assert.equal(dtype, a[name](a).dtype)
        assert.is_true(a[name](a):allclose(expected, rtol, 0))
        assert.is_true(pg[name](a["::-1"])["::-1"]:allclose(expected, rtol, 0))
        assert.is_true(pg[name](a:reshape(2, 4).T).T:reshape(8):allclose(expected, rtol, 0))
      end
      for _, dtype in ipairs(dtypes) do
        if kind(dtype) ~= "float" then
          local y = pg[name](pg.array({ 1, 1 }, dtype))
          assert.equal("float64", y.dtype)
          assert.is_true(y:allclose(twin(1), 1e-14, 0))
        end
      end
      assert.is_true(math.abs(pg[name](0.5) - twin(0.5)) < 1e-15)
      assert.equal("(0, 3)", tostring(pg[name](pg.zeros(0, 3)).shape))
    end)
  end

  it("are right at the edges", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local a = pg.array({ 0, -0.0, inf, -inf, nan, -1 }, dtype)
      assert.equal("0 -0 nan nan nan", spelled(a["1:5"]:sin()))
      assert.equal("1 1 nan nan nan", spelled(a["1:5"]:cos()))
      assert.equal("0 -0 nan nan nan", spelled(a["1:5"]:tan()))
      assert.equal("0 -0 inf nan nan -inf", spelled(a:log1p()))
      assert.equal("-inf -inf inf nan nan nan", spelled(a:log2()))
      assert.equal("-inf -inf inf nan nan nan", spelled(a:log10()))
      assert.equal("0 -0 inf -1 nan", spelled(a["1:5"]:expm1()))
    end
  end)

  it("are precise near 0, and exact at powers", function()
    local tiny = pg.array { 1e-300, -1e-20, 1e-10 }
    for _, name in ipairs { "sin", "tan", "expm1", "log1p" } do
      assert.is_true(tiny[name](tiny):allclose(tiny, 1e-9, 0), name)
    end
    assert.equal("-1074 -1022 0 10 1023",
      spelled(pg.array({ 2 ^ -1074, 2 ^ -1022, 1, 1024, 2 ^ 1023 }):log2()))
    assert.equal("0 1 2 3 22", spelled(pg.array({ 1, 10, 100, 1000, 1e22 }):log10()))
  end)

  it("reduce angles of any size", function()
    local far = pg.array { 1e5, 1e15, 1e22, -1e300 }
    for _, name in ipairs { "sin", "cos", "tan" } do
      local expected = {}
      for i, x in ipairs(far:tolist()) do expected[i] = math[name](x) end
      assert.is_true(far[name](far):allclose(expected, 1e-14, 0), name)
    end
  end)

  it("give the same bits wherever an element stands", function()
    local x = pg.linspace(-40, 700, 1001)
    for _, dtype in ipairs { "float32", "float64" } do
      local a = x:astype(dtype)
      for name in ("sin cos tan log log1p log2 log10 expm1 tanh"):gmatch "%w+" do
        local whole = a[name](a)
        for _, first in ipairs { 2, 5, 900, 1001 } do
          local part = a[{ { first, 1001 } }]
          assert.equal(spelled(whole[{ { first, 1001 } }]), spelled(part[name](part)), name)
        end
        assert.equal(spelled(whole), spelled(pg[name](a["::-1"])["::-1"]), name)
      end
    end
  end)
end)

describe("sign, square and relu", function()
  it("keep the dtype", function()
    for _, dtype in ipairs(dtypes) do
      if dtype ~= "bool" then
        local a = pg.array({ 0, 2, 3 }, dtype)
        assert.equal(dtype, a:sign().dtype)
        assert.same({ 0, 1, 1 }, a:sign():tolist())
        assert.equal(dtype, a:square().dtype)
        assert.same({ 0, 4, 9 }, a:square():tolist())
        assert.equal(dtype, a:relu().dtype)
        assert.same({ 0, 2, 3 }, a:relu():tolist())
      end
      if dtype ~= "bool" and kind(dtype) ~= "uint" then
        local a = pg.array({ { -3, 0 }, { 5, -1 } }, dtype).T
        assert.same({ { -1, 1 }, { 0, -1 } }, a:sign():tolist())
        assert.same({ { 9, 25 }, { 0, 1 } }, a:square():tolist())
        assert.same({ { 0, 5 }, { 0, 0 } }, a:relu():tolist())
      end
    end
    assert.same({ 64, 1 }, pg.array({ 200, 255 }, "uint8"):square():tolist())
    assert.same({ 0, 1, 64 }, pg.array({ -128, -1, 24 }, "int8"):square():tolist())
    assert.equal("float32", pg.zeros(0, "float32"):relu().dtype)
  end)

  it("are NumPy's at the edges and of bool", function()
    local a = pg.array { -0.0, nan, inf, -inf }
    assert.equal("0 nan 1 -1", spelled(a:sign()))
    assert.equal("0 nan inf inf", spelled(a:square()))
    assert.equal("nan inf 0", spelled(a["2:4"]:relu()))
    local mask = pg.array { true, false }
    assert.error_matches(function() mask:sign() end, "'sign' does not take bool")
    assert.equal("int8", mask:square().dtype)
    assert.same({ true, false }, mask:relu():tolist())
    assert.same({ -1, 4, 0.5 }, { pg.sign(-3), pg.square(-2), pg.relu(0.5) })
  end)
end)

describe("isfinite and isinf", function()
  it("are true of what they say", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local a = pg.array({ 0, inf, -inf, nan, 1e38 }, dtype)
      assert.same({ true, false, false, false, true }, a:isfinite():tolist())
      assert.same({ false, true, true, false, false }, a:isinf():tolist())
    end
    for _, dtype in ipairs(dtypes) do
      local a = pg.array({ 0, 1 }, dtype)
      assert.equal("bool", a:isinf().dtype)
      assert.same({ { true, true }, { false, false } },
        { a:isfinite():tolist(), a:isinf():tolist() })
    end
    assert.is_true(pg.isfinite(3) and pg.isinf(-inf))
  end)
end)

describe("out", function()
  it("takes the result and is returned", function()
    local a, b = pg.array { 1, 4, 9 }, pg.zeros(3)
    assert.equal(b, pg.sqrt(a, { out = b }))
    assert.same({ 1, 2, 3 }, b:tolist())
    assert.equal(b, a:maximum(5, { out = b }))
    assert.same({ 5, 5, 9 }, b:tolist())
    assert.equal(b, pg.minimum({ 1, 2, 3 }, 2, { out = b }))
    assert.same({ 1, 2, 2 }, b:tolist())
    assert.equal(b, a:clip(2, 5, { out = b }))
    assert.same({ 2, 4, 5 }, b:tolist())
    assert.same({ 3, 4, 9 }, a:clip(3, { out = b }):tolist())
    assert.same({ 1, 4, 5 }, a:clip(nil, 5, { out = b }):tolist())
    assert.same({ 1.2, 2.4, 2.6 }, pg.round({ 1.24, 2.35, 2.62 }, 1, { out = b }):tolist())
    assert.same({ 1, 2, 3 }, pg.round({ 1.24, 2.35, 2.62 }, { out = b }):tolist())
    assert.same({ false, true, true }, a:gt(2, { out = pg.array { true, true, true } }):tolist())
    assert.same({ 0, 1, 1 }, a:gt(2, { out = b }):tolist())
    assert.same({ 1, 4, 9 }, a:tolist())
    local one = pg.zeros({})
    assert.equal(one, pg.exp(0, { out = one }))
    assert.equal(1.0, one:item())
    assert.equal("(0,)", tostring(pg.exp(pg.zeros(0), { out = pg.zeros(0) }).shape))
    assert.equal("(3,)", tostring(a:exp({}).shape))
  end)

  it("may be a view, and of another dtype of its kind", function()
    local wide = pg.zeros({ 3, 6 }, "float32")
    pg.square({ { 1, 2, 3 }, { 4, 5, 6 } }, { out = wide["1:2, 1:3"] })
    assert.same({ { 1, 4, 9, 0, 0, 0 }, { 16, 25, 36, 0, 0, 0 }, { 0, 0, 0, 0, 0, 0 } },
      wide:tolist())
    pg.square({ 1, 2, 3 }, { out = wide["::-1, 6"] })
    assert.same({ 9, 4, 1 }, wide[":, 6"]:tolist())
    local narrow = pg.zeros({ 2 }, "int8")
    assert.same({ 44, 1 }, pg.array({ 300, 1 }, "int64"):relu({ out = narrow }):tolist())
  end)

  it("may share its elements with the operands", function()
    local a = pg.range(1, 6):astype "float64"
    a:square({ out = a })
    assert.same({ 1, 4, 9, 16, 25, 36 }, a:tolist())
    a:sqrt({ out = a["::-1"] })
    assert.same({ 6, 5, 4, 3, 2, 1 }, a:tolist())
    pg.maximum(a["1:5"], 3, { out = a["2:6"] })
    assert.same({ 6, 6, 5, 4, 3, 3 }, a:tolist())
    a["1:4"]:clip(a["3:6"], a["2:5"], { out = a["2:5"] })
    assert.same({ 6, 6, 5, 4, 3, 3 }, a:tolist())
    local m = pg.range(1, 4):reshape(2, 2):astype "float32"
    m:relu({ out = m.T })
    assert.same({ { 1, 3 }, { 2, 4 } }, m:tolist())
  end)

  it("must have the result's shape and take its dtype, else it is unchanged", function()
    local a, b = pg.ones(2, 3), pg.full({ 4, 2, 3 }, 7)
    local function refuses(pattern, f)
      assert.error_matches(f, pattern)
      assert.is_true(b:eq(7):all())
    end
    refuses("'exp' gives shape %(2, 3%), but out has shape %(4, 2, 3%)",
      function() a:exp({ out = b }) end)
    refuses("'maximum' gives shape %(2, 3%), but out has shape %(3,%)",
      function() a:maximum(1, { out = b["1, 1"] }) end)
    refuses("do not broadcast", function() a:gt({ 1, 2 }, { out = b[1] }) end)
    refuses("do not broadcast", function() a:clip(0, { 1, 2 }, { out = b[1] }) end)
    refuses("round: options stand last", function() a:round({ out = a }, { out = b }) end)
    refuses("round: options stand last", function() a:round({ out = a }, 1) end)
    refuses("clip: options stand last", function() a:clip(0, { out = a }, { out = b }) end)
    refuses("'round' gives shape", function() a:round(1, { out = b }) end)
    refuses("'exp' gives float64, .* int64",
      function() a:exp({ out = pg.zeros({ 2, 3 }, "int64") }) end)
    refuses("'round' gives float64, .* int64",
      function() a:round(1, { out = pg.zeros({ 2, 3 }, "int64") }) end)
    refuses("exp: out must be an array, not table", function() a:exp({ out = { 1 } }) end)
    refuses("exp: out must be an array, not perigee.random",
      function() a:exp({ out = pg.random(0) }) end)
    refuses("exp: unknown option 'into'; the only option is out",
      function() a:exp({ into = b }) end)
    refuses("table of options expected", function() a:exp(b) end)
    refuses("table of options expected", function() a:clip(0, 1, 2) end)
    local freed = pg.ones(2, 3)
    freed:free()
    refuses("'exp' %(the array was freed%)", function() a:exp({ out = freed }) end)
  end)
end)

describe("long arrays", function()
  it("give the same bits for any number of threads", function()
    local x = pg.linspace(0.5, 90, 200001) -- without NaN
    local out = pg.zeros({ 200001 }, "float32")
    support.assert_same_bits(function()
      return {
        x:sin(), x:cos(), x:tan(), x:log1p(), x:log2(), x:log10(), x:expm1(), x:sign(),
        x:square(), x:relu(), x:isfinite(), x:astype("float32"):tan(), x:log({ out = out }):copy(),
      }
    end)
  end)
end)

describe("where", function()
  local random = pg.random(2)
  local mask = random:rand(37, 2):gt(0.5)

  --- What is chosen, element by element, as floats.
  local function twin(m, x, y)
    local xs, ys = x:astype("float64"):ravel(), y:astype("float64"):ravel()
    local out = {}
    for i, holds in ipairs(m:ravel():tolist()) do
      local from = holds and xs or ys
      out[i] = from[from.size > 1 and i or 1]
    end
    return pg.array(out)
  end

  for _, dtype in ipairs(dtypes) do
    it("chooses elements of " .. dtype .. " from arrays, single values and views", function()
      local a = (random:rand(37, 2) * 100):astype(dtype)
      local b = (random:rand(37, 2) * 100):astype(dtype)
      if kind(dtype) == "float" then
        a[{ 1, 1 }], b[{ 1, 1 }], a[{ 2, 1 }], b[{ 2, 1 }] = nan, 1, 1, nan
      end
      local one, other = a:rows(3, 3):cols(1, 1), b:rows(4, 4):cols(2, 2)
      for _, case in ipairs {
        { mask, a, b }, { mask, one, b }, { mask, a, other }, { mask, one, other },
        { mask["::-1"], a["::-1"], b["::-1"] }, { mask.T, a.T, b.T },
        { mask:cols(1, 1), a:cols(2, 2), other },
      } do
        local found = pg.where(table.unpack(case))
        assert.equal(dtype, found.dtype)
        assert.equal(spelled(twin(table.unpack(case))),
          spelled(found:astype("float64"):ravel()))
      end
    end)
  end
end)
