-- The memory that gradients take.

local core = require "perigee.core"
local pg = require "perigee"

local MB = 1024 * 1024

describe("the memory of gradients", function()
  it("is the same after thousands of steps", function()
    local w = { W = pg.rand(10, 5), b = pg.zeros(5) }
    local x, y = pg.rand(20, 10), pg.rand(20, 5)
    local f = pg.value_and_grad(function(v)
      return ((x:dot(v.W) + v.b - y) ^ 2):mean()
    end)
    local function run(steps)
      for _ = 1, steps do
        local _, g = f(w)
        w.W:axpy_(-0.1, g.W)
        w.b:axpy_(-0.1, g.b)
      end
      collectgarbage()
      return collectgarbage "count", pg.info().bytes
    end
    run(100)
    local lua_before, bytes_before = run(100)
    local lua_after, bytes_after = run(5000)
    assert.is_true(lua_after - lua_before < 20, ("%g KB"):format(lua_after - lua_before))
    assert.equal(bytes_before, bytes_after)
  end)

  it("is the results that rules keep, and gradients #memory", function()
    local x, depth = pg.rand(MB):astype "float32", 40
    collectgarbage()
    core.limit_memory((depth + 24) * 4 * MB)
    local g = pg.grad(function(h)
      for _ = 1, depth do
        h = (h * 1.01 + 0.1):tanh()
      end
      return h:sum()
    end)(x)
    core.limit_memory()
    assert.equal("float32", g.dtype)
  end)

  it("has no copies of constants", function()
    local x, w = pg.rand(100, MB // 8), pg.zeros(MB // 8)
    collectgarbage()
    local before = pg.info().bytes
    for _, f in ipairs {
      function(v) return x:dot(v) end,
      function(v) return x:matmul(v) end,
      function(v) return x * v end,
      function(v) return pg.concat { x[1], v } end,
    } do
      pg.grad(function(v)
        local y = f(v)
        collectgarbage()
        assert.is_true(pg.info().bytes - before <= y.size * 8 + MB)
        return y:sum()
      end)(w)
    end
  end)

  it("is the form of an operand of which a rule needs no more", function()
    local x = pg.rand(MB)
    collectgarbage()
    local before = pg.info().bytes
    for name, f in pairs {
      sum = function(v) return v:sum() end,
      mean = function(v) return v:mean() end,
      element = function(v) return v[7] end,
      rows = function(v) return v:rows(1, 2):copy() end,
      take = function(v) return v:take { 1, 3 } end,
      cumsum = function(v) return v:cumsum()[1] end,
      astype = function(v) return v:astype("float32"):take { 1 } end,
      broadcast = function(v) return (v:reshape(-1, 1)[1] * pg.ones(3)) end,
    } do
      local g = pg.grad(function(v)
        local y = 0
        for _ = 1, 3 do
          y = y + pg.sum(f(v * 2))
        end
        collectgarbage()
        assert.is_true(pg.info().bytes - before < MB, name)
        return y
      end)(x)
      assert.same(x.shape, g.shape)
    end
  end)

  it("is given back by an error within the function", function()
    local x = pg.rand(MB)
    collectgarbage()
    local before = pg.info().bytes
    for _ = 1, 3 do
      pcall(pg.grad(function(v)
        error(v:tanh():exp())
      end), x)
    end
    collectgarbage()
    assert.equal(before, pg.info().bytes)
  end)

  it("does not hold what the result doesn't depend on", function()
    local x = pg.rand(MB)
    collectgarbage()
    local before = pg.info().bytes
    pg.grad(function(v)
      for _ = 1, 5 do
        local _ = v:tanh():exp()
      end
      collectgarbage()
      assert.equal(before, pg.info().bytes)
      return v:sum()
    end)(x)
  end)
end)
