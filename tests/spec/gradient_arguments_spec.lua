-- What the function of a gradient is given, and what it does with that.

local pg = require "perigee"

local function assert_close(expected, found)
  assert(pg.allclose(expected, found), tostring(found))
end

describe("a table by which a gradient is", function()
  it("may be written to by the function, which gets a copy", function()
    local w = { a = pg.array { 1, 2 }, { pg.array { 3 } } }
    local g = pg.grad(function(v)
      v.a = v.a * 2
      v[1][1] = v[1][1] ^ 2
      v.cache = v.a * v[1][1]
      return v.cache:sum()
    end)(w)
    assert_close({ 18, 18 }, g.a)
    assert_close({ 36 }, g[1][1])
    assert.is_nil(g.cache)
    assert.is_nil(w.cache)
  end)
end)

describe("further results of a function", function()
  it("are the same tables if they hold nothing traced", function()
    local state = { n = 1 }
    local _, _, found = pg.value_and_grad(function(x) return x:sum(), state end)(pg.ones(2))
    assert.equal(state, found)
  end)

  it("may be tables that hold themselves", function()
    local _, _, found = pg.value_and_grad(function(x)
      local t = { x = x, plain = { 1 } }
      t.t = t
      return x:sum(), t
    end)(pg.ones(2))
    assert.equal(found, found.t)
    assert.equal("float64", found.x.dtype)
    assert.same({ 1 }, found.plain)
  end)
end)

describe("detach", function()
  it("takes tables that hold themselves, and those that refuse new keys", function()
    local w = { a = pg.ones(2) }
    w.w = w
    assert.equal(w, pg.detach(w))
    local strict = setmetatable({ a = pg.array { 1, 2 } }, {
      __index = function() error "no such key" end,
      __newindex = function() error "no new keys" end,
    })
    local g = pg.grad(function(v) return (v.a * pg.detach(v).a):sum() end)(strict)
    assert_close({ 1, 2 }, g.a)
  end)
end)
