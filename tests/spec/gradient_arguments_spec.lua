-- Arguments of the function of a gradient, and changes of them.

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

describe("nil behind the arguments", function()
  it("counts as no argument for traced values, too", function()
    local x = pg.array { { 1, 2 }, { 3, 4.5 } }
    for name, arguments in pairs {
      copy = {}, softmax = { 1 }, logsumexp = { 1, true }, median = { 1, true }, flip = { 1 },
      squeeze = { -1 }, ravel = {}, take = { { 1 }, 2 }, dot = { x }, matmul = { x }, outer = { x },
      expand_dims = { 1 }, swapaxes = { 1, 2 }, inv = {}, det = {}, sum = { 1, true }, exp = {},
    } do
      local function f(v, n)
        local shape = name == "squeeze" and { 2, 2, 1 } or { 2, 2 }
        return pg.sum(pg[name](pg.reshape(v, shape), table.unpack(arguments, 1, #arguments + n)))
      end
      for n = 1, 3 do
        assert_close(pg.grad(f)(x, 0), pg.grad(f)(x, n))
      end
      assert_close(pg.grad(function(s) return f({ { s, 1 }, { 2, s } }, 0) end)(3),
        pg.grad(function(s) return f({ { s, 1 }, { 2, s } }, 2) end)(3))
    end
  end)
end)

describe("a function with a rule of one's own", function()
  local function message(f, x)
    return select(2, pcall(pg.grad(f), x))
  end

  it("raises for tables of traced values, for others than its arguments, and without a result",
    function()
      local function same(g) return g end
      assert.matches("argument 1 is a table that holds traced values", message(function(x)
        return pg.custom_gradient(function(t) return t.x:round():sum() end, same)({ x = x })
      end, pg.ones(2)))
      assert.matches("uses a traced value that isn't an argument", message(function(x)
        return pg.custom_gradient(function(y) return (y * x):sum() end, same)(2 * x)
      end, pg.ones(2)))
      assert.matches("must return an array or a number, not nil", message(function(x)
        return pg.custom_gradient(function() end, same)(x)
      end, pg.ones(2)))
    end)
end)

describe("an operation of traced values", function()
  it("has the dtype of the plain one", function()
    local x = pg.array { { 1, 2, 4 }, { 2, 3, 1 } }:astype "float32"
    for name, f in pairs {
      cov = function(a) return a:cov() end,
      corrcoef = function(a) return a:corrcoef(a ^ 2) end,
      full = function(a) return pg.full(2, 3, a:sum(), "float32") end,
      full_of_integers = function(a) return pg.full({ 2 }, a:max(), "int64") end,
      full_like = function(a) return pg.full_like(pg.range(1, 3), a:max()) end,
    } do
      local found
      pg.grad(function(a)
        found = pg.detach(f(a))
        return a:sum()
      end)(x)
      assert.equal(f(x).dtype, found.dtype, name)
      assert_close(f(x), found)
    end
  end)

  it("has gradients of the operands' dtypes, of second order as well", function()
    for _, dtypes in ipairs { { "float32", "float64" }, { "float64", "float32" } } do
      local w = {
        x = pg.ones(1, 1, 3, 3):astype(dtypes[1]), k = pg.ones(1, 1, 2, 2):astype(dtypes[2]),
      }
      local g = pg.grad(function(v)
        local first = pg.grad(function(u) return (u.x:conv2d(u.k) ^ 2):sum() end)(v)
        return (first.x ^ 2):sum() + (first.k ^ 2):sum()
      end)(w)
      assert.same(dtypes, { g.x.dtype, g.k.dtype })
    end
  end)

  it("takes lengths and a traced value: full", function()
    for _, f in ipairs {
      function(s) return pg.full(2, s):sum() end,
      function(s) return pg.full(1, 2, s, "float32"):sum() end,
      function(s) return pg.full({ 2 }, s):sum() end,
    } do
      assert.equal(2.0, pg.grad(f)(3))
    end
    assert.matches("a length can't be a traced value",
      select(2, pcall(pg.grad(function(s) return pg.full({ 2, s }, s):sum() end), 2)))
  end)

  it("has no gradient by labels", function()
    local g = pg.grad(function(w) return pg.softmax_cross_entropy(w.scores, w.y) end) {
      scores = pg.array { { 1, 2 }, { 3, 5 } }, y = pg.array { 0, 1 },
    }
    assert_close({ 0, 0 }, g.y)
  end)

  it("takes a traced number as the plain one takes a number", function()
    for name, arguments in pairs {
      cumprod = {}, cumsum = {}, median = {}, quantile = { 0.3 }, percentile = { 30 }, sort = {},
      prod = {}, ptp = {}, norm = {},
    } do
      local g = pg.grad(function(s) return pg.sum(pg[name](s, table.unpack(arguments))) end)(2)
      assert.is_true(math.abs(g - (name == "ptp" and 0 or 1)) < 1e-12, name)
    end
  end)

  it("takes arrays without elements", function()
    for _, shape in ipairs { { 0 }, { 0, 3 }, { 3, 0 } } do
      for _, name in ipairs { "sort", "diff", "cumsum", "softmax", "flip" } do
        local g = pg.grad(function(a) return pg.sum(a[name](a)) end)(pg.zeros(shape))
        assert.same(shape, g.shape)
      end
    end
  end)
end)

describe("check_grad", function()
  it("finds no error where a function is constant", function()
    assert.equal(0.0, pg.check_grad(function(x) return 0 * x:sum() end, pg.ones(3)))
  end)
end)

describe("a table among the arguments of an operation", function()
  it("may be changed after the call", function()
    local x = pg.randn(1, 1, 4, 4)
    for _, case in ipairs {
      { function(a, t) return a:sum(t) ^ 2 end, { 3, 4 }, { 1, 2 } },
      { function(a, t) return a:var(t) end, { ddof = 1 }, { ddof = 0 } },
      { function(a, t) return a:conv2d(pg.ones(1, 1, 2, 2), t) end, { stride = 1 },
        { stride = 2 } },
      { function(a, t) return a:avg_pool2d(2, t) end, { stride = 1 }, { stride = 2 } },
      { function(a, t) return a * t end, { 1, 2, 3, 4 }, { 0, 0, 0, 0 } },
      { function(a, t) return pg.maximum(t, a) end, { 1, 0, -1, 0 }, { 9, 9, 9, 9 } },
      { function(a, t) return a[t] end, { 1, 1, { 1, 2 } }, { 1, 1, { 1, 3 } } },
      { function(a, t) return a:take(t, 3) end, { 1, 2 }, { 3, 4 } },
    } do
      local f, before, after = table.unpack(case)
      local function gradient(change)
        return pg.grad(function(a)
          local t = {}
          for key, value in pairs(before) do
            t[key] = value
          end
          local y = f(a, t)
          for key, value in pairs(change) do
            t[key] = value
          end
          return pg.sum(y)
        end)(x)
      end
      assert_close(gradient {}, gradient(after))
    end
  end)
end)

describe("a nil in a list", function()
  it("raises, and does not end the list", function()
    for _, f in ipairs {
      function(s) return pg.sum { s, nil, s } end, function(s) return pg.array { s, nil, s } end,
      function(s) return pg.concat { pg.array { s }, nil, pg.array { s } } end,
      function(s) return pg.stack { pg.array { s }, nil, pg.array { s } } end,
      function(s) return pg.array { { s, 1 }, nil, { s, 2 } } end,
    } do
      local ok, message = pcall(pg.grad(function(s) return pg.sum(f(s)) end), 2)
      assert.is_false(ok)
      assert.matches("^tests/spec/gradient_arguments_spec.lua:%d+: element 2 is a nil", message)
    end
  end)
end)

describe("arguments that the plain operation refuses", function()
  local function without_position(message)
    return (message:gsub("^[^:]*:%d+: ", ""):gsub("#%d", "#"))
  end

  it("are refused for traced values", function()
    local x = pg.array { { 1, 2.5 }, { 3, 1 } }
    for _, f in ipairs {
      function(a) return a:clip(0, 1, { oot = 1 }) end, function(a) return a:cov { ddoff = 1 } end,
      function(a) return a:diff(-1) end, function(a) return a:diff(1, 1, 1) end,
      function(a) return a:diff(1, 9) end, function(a) return a:rows(1, 2, 3) end,
      function(a) return a:array_split(2, 9)[1] end,
      function(a) return a:repeat_interleave(2, 9) end,
      function(a) return a:tile(-1) end, function(a) return a:astype("float32", 1) end,
      function(a) return pg.vstack({ a }, 1) end, function(a) return a:diag(1, 1) end,
      function(a) return pg.maximum(a, 1, { oot = 1 }) end, function(a) return pg.exp(a, 1) end,
    } do
      local _, plain = pcall(f, x)
      local ok, found = pcall(pg.grad(function(a) return pg.sum(f(a)) end), x)
      assert.is_false(ok)
      assert.equal(without_position(plain), without_position(found))
    end
  end)
end)
