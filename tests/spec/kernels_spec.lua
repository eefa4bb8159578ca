local pg = require "perigee"

--- What the Lua code prints, run by an interpreter of its own with those
--- environment variables.
local function run_with(environment, code)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(code)
  file:close()
  local program = os.getenv("PERIGEE_LUA") or os.getenv("PERIGEE") or "lua5.4"
  local pipe = assert(io.popen(("%s '%s' '%s' 2>&1"):format(environment, program, path)))
  local output = pipe:read("a")
  pipe:close()
  os.remove(path)
  return output
end

--- Neighbouring float64 numbers between a and b, as a multiple of b's spacing.
local function ulps(a, b, digits)
  if a == b then
    return 0
  end
  local _, exponent = string.format("%a", b):match("0x(.-)p([+-]%d+)")
  return math.abs(a - b) / 2.0 ^ (math.max(tonumber(exponent), digits == 24 and -126 or -1022)
    - digits + 1)
end

local function exponents(first, last)
  return pg.linspace(first, last, 4001)
end

describe("exp", function()
  it("is within 2 ulp of the C library's in float64", function()
    for _, x in ipairs { exponents(-745, 709), exponents(-1, 1), exponents(-745, -700) } do
      local got = pg.exp(x):tolist()
      for i, v in ipairs(x:tolist()) do
        assert.is_true(ulps(got[i], math.exp(v), 53) <= 2, v)
      end
    end
  end)

  it("is within 2 ulp in float32, subnormal results included", function()
    for _, x in ipairs { exponents(-103, 88), exponents(-1, 1), exponents(-103, -80) } do
      local rounded = x:astype("float32")
      local got = pg.exp(rounded):tolist()
      for i, v in ipairs(rounded:tolist()) do
        assert.is_true(ulps(got[i], math.exp(v), 24) <= 2, v)
      end
    end
  end)

  it("overflows to infinity, underflows to 0 and keeps NaN", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local x = pg.array({ 1000, math.huge, -1000, -math.huge, 0, -0.0, 0 / 0 }, dtype)
      local y = pg.exp(x):tolist()
      assert.same({ math.huge, math.huge, 0, 0, 1, 1 }, { table.unpack(y, 1, 6) })
      assert.is_true(y[7] ~= y[7])
    end
  end)
end)

describe("sigmoid", function()
  it("is 1 / (1 + exp(-x)), from 0 to 1", function()
    local x = exponents(-40, 40)
    local y = pg.sigmoid(x):tolist()
    for i, v in ipairs(x:tolist()) do
      assert.is_near(1 / (1 + math.exp(-v)), y[i], 1e-15)
    end
    assert.same({ 0, 1 }, pg.sigmoid(pg.array { -1e4, 1e4 }):tolist())
  end)
end)

-- Prints the kernels' name, elements whose bits depend on where they stand, and
-- numbers that the targets must agree on.
local PROBE = [[
local pg = require "perigee"
local different = 0
local function compare(a, b)
  different = different + a:ne(b):sum()
end
for _, dtype in ipairs { "float32", "float64" } do
  local x = pg.linspace(-20, 20, 200):astype(dtype)
  for _, f in ipairs { pg.exp, pg.sigmoid } do
    local whole = f(x)
    for first = 2, 70 do
      local last = 200 - first // 3
      compare(f(x[{ { first, last } }]:copy()), whole[{ { first, last } }])
    end
  end
end
pg.seed(1)
local x, y = pg.rand(70, 19), pg.range(0, 69) % 7
print(pg.info().kernels, different)
for _, dtype in ipairs { "float64", "float32" } do
  local m = pg.Model(x, y, { hidden = 13, seed = 2, dtype = dtype })
  local cost = m:fit { iterations = 5, rate = 0.5 }
  print(("%.17g"):format(cost[5]))
end
]]

describe("the targets", function()
  local results = {}
  setup(function()
    for _, name in ipairs { "portable", "avx2", "avx512" } do
      local output = run_with("PERIGEE_KERNELS=" .. name, PROBE)
      local got, different, double, single = output:match("^(%w+)%s+(%d+)%s+(%S+)%s+(%S+)%s*$")
      if got then
        results[#results + 1] = {
          name = got, asked = name, different = tonumber(different),
          double = tonumber(double), single = tonumber(single),
        }
      else
        assert.matches("there are: ", output, 1, true) -- not for this processor
      end
    end
  end)

  it("can be pinned, portable everywhere", function()
    assert.equal("portable", results[1].name)
    for _, r in ipairs(results) do
      assert.equal(r.asked, r.name)
    end
  end)

  it("give an element the same bits wherever it stands", function()
    for _, r in ipairs(results) do
      assert.equal(0, r.different, r.name)
    end
  end)

  it("agree with each other to rounding", function()
    for _, r in ipairs(results) do
      assert.is_near(results[1].double, r.double, 1e-13)
      assert.is_near(results[1].single, r.single, 1e-5)
    end
  end)

  it("are listed when an unknown one is asked for", function()
    local output = run_with("PERIGEE_KERNELS=mmx", PROBE)
    assert.matches("PERIGEE_KERNELS: no kernels 'mmx'", output, 1, true)
    assert.matches("portable", output, 1, true)
  end)
end)
