-- Traced values: what f sees inside of a gradient's function, and what its caller gets.

local pg = require "perigee"
local raises_here = require "tests.support".raises_here

--- Calls f with a traced copy of a value.
local function traced(value, f)
  pg.grad(function(v)
    f(v)
    return 0.0
  end)(value)
end

describe("a traced array", function()
  it("has the properties of the plain one", function()
    traced({ a = pg.zeros(2, 3), b = pg.zeros(4, "float32") }, function(w)
      assert.same({ 2, 3 }, w.a.shape)
      assert.equal("float64", w.a.dtype)
      assert.equal("float32", w.b.dtype)
      assert.equal(2, w.a.ndim)
      assert.equal(6, w.a.size)
      assert.equal(2, #w.a)
      assert.same({ 3, 2 }, w.a.T.shape)
      assert.same({ 3 }, w.a[1].shape)
      assert.equal("float32", (w.b * 2):exp().dtype)
    end)
  end)

  it("prints as the plain one", function()
    local a = pg.array { { 1, 2.5 }, { -3, 4 } }
    traced(a, function(v)
      assert.equal(tostring(a), tostring(v))
      assert.equal("10.0", tostring((v * v / v):sum() + 5.5))
    end)
  end)

  it("gives constants by tolist, item and comparisons", function()
    traced(pg.array { 3, 1, 2 }, function(v)
      assert.same({ 3.0, 1.0, 2.0 }, v:tolist())
      assert.equal(1.0, v[{ { 2, 2 } }]:item())
      assert.equal("bool", v:gt(1.5).dtype)
      assert.same({ true, false, true }, v:gt(1.5):tolist())
      assert.equal(1, v:argmax())
      assert.same({ 2, 3, 1 }, v:argsort():tolist())
      assert.same({ 3, 1, 2 }, v:astype("int32"):tolist())
      assert.is_true(v:allclose { 3, 1, 2 })
      assert.same({ 1.0, 0.0, 1.0 }, v:floor():gt(1):astype("float64"):tolist())
    end)
  end)

  it("ends ipairs behind its last element", function()
    local g = pg.grad(function(a)
      local sum = 0
      for i, x in ipairs(a) do
        sum = sum + i * x
      end
      return sum
    end)(pg.array { 5, 6, 7 })
    assert.same({ 1.0, 2.0, 3.0 }, g:tolist())
  end)

  it("has rows that are numbers, arrays and views of the same gradient", function()
    local g = pg.grad(function(a)
      return a[1][2] * 3 + a[{ 2, 1 }] * 5 + a[2]:sum()
    end)(pg.zeros(2, 2))
    assert.same({ { 0.0, 3.0 }, { 6.0, 1.0 } }, g:tolist())
  end)
end)

describe("a traced number", function()
  it("comes from sums, elements and arguments, and calculates", function()
    local g = pg.grad(function(w)
      local s = w.a:sum()
      return s * w.s + 2 / w.a[{ 1, 1 }] - s % 7 + w.s // 1 - -w.s
    end)({ a = pg.array { { 2, 3 } }, s = 0.5 })
    assert.is_near(6, g.s, 1e-14)
    assert.is_true(g.a:allclose { { -1, -0.5 } })
    assert.equal("number", type(g.s))
  end)

  it("compares with numbers and others of its kind", function()
    traced(pg.array { 1, 2 }, function(a)
      local s, t = a[1], a[2]
      assert.is_true(s < t and s <= t and t > s and t >= s)
      assert.is_false(t < s)
      assert.is_true(s < 2 and 0 < s and s <= 1)
      assert.is_false(s > 1)
      assert.equal("1.0", tostring(s))
      assert.equal("1.0!", s .. "!")
    end)
  end)

  it("is equal to one of the same value, as Lua's numbers are", function()
    traced(pg.array { 2, 2, 3 }, function(v)
      assert.is_true(v[1] == v[2])
      assert.is_true(v[1] ~= v[3])
      assert.is_true(v:rows(1) ~= v:rows(1)) -- arrays are equal to themselves only
      assert.is_true(v:sum() == pg.grad(function(x) return x * v:sum() end)(1))
    end)
  end)

  it("is taken by functions of the module, and by math's with detach only", function()
    local g = pg.grad(function(s)
      assert.is_false(pcall(math.exp, s))
      assert.equal(math.exp(1.5), math.exp(pg.detach(s)))
      return pg.exp(s) + pg.maximum(s, 1) * pg.sum(pg.array { s, s })
    end)(1.5)
    assert.is_near(math.exp(1.5) + 6, g, 1e-14)
  end)

  it("is an element of a table where an array is expected", function()
    local g = pg.grad(function(a)
      return pg.array { { a[1], 2 }, { a[2], a[1] } }:dot { 1, 10 }:sum()
    end)(pg.array { 3, 4 })
    assert.same({ 11.0, 1.0 }, g:tolist())
  end)

  it("is an array of rank 0 to reductions and functions of shapes", function()
    local g = pg.grad(function(s)
      return pg.sum(s) + pg.mean(s * 2) + pg.norm(s) + pg.prod(s) + pg.array(s):item() * 0
        + (pg.reshape(s, 1, 1) * 3):sum() + pg.copy(s):sum() * s
    end)(2.0)
    assert.equal(12.0, g)
    assert.equal(2.0, pg.grad(pg.grad(function(s) return pg.sum(s * s) end))(5.0))
  end)

  it("is an element of a table beside an operator, and of a function's first argument", function()
    for text, f in pairs {
      multiply = function(s, t) return (pg.array { 5, 7 } * { s, t }):sum() end,
      both = function(s, t) return (pg.array { t, s } * { s, t }):sum() end,
      topk = function(s, t) return pg.topk({ s, t, s * t }, 2):sum() end,
      diff = function(s, t) return pg.diff({ s, t, s * t })[2] end,
      diag = function(s, t) return pg.diag({ s, t })[2]:sum() end,
      concat = function(s, t) return pg.concat({ { s, 1 }, pg.ones(2) * t }):prod() end,
      where = function(s, t)
        return pg.where(pg.array { true, false }, { s, t }, { t, t }):prod()
      end,
      softmax = function(s, t) return pg.softmax({ s, t })[1] end,
    } do
      local error = pg.check_grad(function(a) return f(a[1], a[2]) end, pg.array { 1.5, 2.5 })
      assert(error < 1e-7, text)
    end
  end)

  it("has neither methods nor a length", function()
    traced(1.0, function(s)
      assert.error_matches(function() return s:exp() end, "traced number has no methods: pg.exp")
      assert.error_matches(function() return s.shape end, "traced number has no fields")
      assert.error_matches(function() return #s end, "traced number can't be used here")
      assert.error_matches(function() return pg.zeros(s) end, "pg.detach")
    end)
  end)
end)

describe("detach", function()
  it("gives the plain value, in tables too, and leaves others as they are", function()
    local constant = pg.ones(2)
    assert.equal(constant, pg.detach(constant))
    assert.equal("x", pg.detach "x")
    assert.is_nil(pg.detach(nil))
    local g = pg.grad(function(a)
      local plain = pg.detach { a, { s = a[1] } }
      assert.equal("userdata", type(plain[1]))
      assert.equal("number", type(plain[2].s))
      return (pg.detach(a) * a):sum()
    end)(pg.array { 2, 3 })
    assert.same({ 2.0, 3.0 }, g:tolist())
  end)

  it("keeps a table's own fields, its metatable, and that it holds itself", function()
    local class = { __index = { slope = 0.1 }, __metatable = "locked" }
    traced(pg.ones(1), function(v)
      local w = setmetatable({ slope = 0.5, x = v, list = { v } }, class)
      w.list.owner = w
      local plain = pg.detach(w)
      assert.equal(0.5, plain.slope)
      assert.equal("userdata", type(plain.x))
      assert.equal(plain, plain.list.owner)
      assert.equal("locked", getmetatable(plain))
      local other = { { 1 } }
      other.itself = other
      assert.equal(other, pg.detach(other))
    end)
  end)

  it("takes off the traces of outer gradients as well", function()
    local g = pg.grad(function(x)
      return pg.grad(function(y) return pg.detach(x) * y * y + pg.detach(y) * x end)(x)
    end)(3.0)
    assert.equal(6.0, g)
  end)
end)

describe("errors of traced values", function()
  --- Asserts that each function raises the message in its own line.
  local function assert_raise(value, message, ...)
    for _, f in ipairs { ... } do
      traced(value, function(v)
        local where = debug.getinfo(f, "S")
        local ok, err = pcall(f, v)
        assert.is_false(ok)
        err = tostring(err)
        assert.is_truthy(err:find(message), err)
        local line = math.tointeger(err:match "^[^\n]-gradient_traced_spec.lua:(%d+):")
        assert.is_truthy(line and line >= where.linedefined and line <= where.lastlinedefined, err)
      end)
    end
  end

  it("are told for writing in place, in the user's line", function()
    assert_raise(pg.ones(2), "compute a new one",
      function(a) a:add_(1) end,
      function(a) a:fill_(1) end,
      function(a) pg.mul_(a, 2) end,
      function(a) a[1] = 2 end,
      function(a) a.x = 2 end,
      function(a) a:set(1, 2) end,
      function(a) pg.random(1):shuffle(a) end)
    assert_raise(pg.ones(2), "pg.where, pg.concat",
      function(a) pg.zeros(2)[1] = a[1] end,
      function(a) pg.zeros(2, 2)[1] = a end)
    assert_raise(pg.ones(2), "in place",
      function(a) pg.zeros(2):add_(a) end,
      function(a) pg.zeros(2):axpy_(a[1], pg.ones(2)) end)
  end)

  it("are told for out, in the user's line", function()
    assert_raise(pg.ones(2), "can't be written into `out`",
      function(a) a:exp { out = pg.zeros(2) } end,
      function(a) pg.maximum(a, 1, { out = pg.zeros(2) }) end,
      function(a) pg.exp(a, { out = a }) end,
      function(a) a:clip(0, 1, { out = pg.zeros(2) }) end)
  end)

  it("are told for operations without a rule, in the user's line", function()
    assert_raise(pg.ones(2), "unique has no rule for traced values",
      function(a) a:unique() end,
      function(a) pg.unique(a * 2) end)
    assert_raise(pg.ones(2, 2), "standardise: column_scale has no rule for traced values",
      function(a) pg.standardise(a) end)
    assert_raise(pg.ones(2), "has no rule for traced values",
      function(a) pg.linspace(a[1], 2, 3) end,
      function(a) local _ = a:gt(0) & a end)
  end)

  it("are told for the operation's own, in the user's line", function()
    assert_raise(pg.ones(2), "shape",
      function(a) local _ = a + pg.ones(3) end,
      function(a) local _ = pg.ones(3) * a end,
      function(a) local _ = a:dot(pg.ones(3)) end,
      function(a) local _ = a:reshape(3) end)
    assert_raise(pg.ones(2), "axis",
      function(a) local _ = a:sum(2) end,
      function(a) local _ = pg.concat({ a, a }, 2) end)
    assert_raise(pg.ones(2), "no 'summ'", function(a) local _ = a:summ() end)
    assert_raise(pg.ones(2), "position 4", function(a) local _ = a[4] end)
  end)

  it("are told for positions that are traced", function()
    assert_raise(pg.array { 1, 2 }, "pg.detach",
      function(a) local _ = a[a[1]] end,
      function(a) local _ = pg.ones(3)[a[1]] end,
      function(a) local _ = a:take(a) end,
      function(a) local _ = a:rows(a[1], 2) end,
      function(a) local _ = a[{ { a[1], 2 } }] end,
      function(a) local _ = a:sum(a[1]) end)
  end)

  it("are told for arguments and results of other kinds, in the caller's line", function()
    local sum = pg.grad(function(a) return pg.sum(a) end)
    raises_here("array of floats is needed", function() sum(pg.array({ 1, 2 }, "int64")) end)
    raises_here("not by", function() sum "x" end)
    raises_here("not by nil", function() sum() end)
    raises_here("gradient is that of one number",
      function() pg.grad(function(a) return a * 2 end)(pg.ones(2)) end)
    raises_here("returned nothing", function() pg.grad(function() end)(pg.ones(2)) end)
    raises_here("a function expected", function() pg.grad(3) end)
    raises_here("integer from 1", function() pg.grad(print, 0) end)
    raises_here("grad", function() pg.grad() end)
    raises_here("custom_gradient", function() pg.custom_gradient(print) end)
  end)

  it("are told for operands that are no numbers, in the user's line", function()
    for _, other in pairs { false, "text", {}, print } do
      traced(2, function(s)
        local value = other or nil
        for _, f in ipairs {
          function() return s + value end, function() return value - s end,
          function() return s * value end, function() return value / s end,
          function() return s ^ value end, function() return s % value end,
          function() return s // value end, function() return value // s end,
        } do
          raises_here("attempt to perform arithmetic on a " .. type(value), f)
        end
        raises_here("attempt to compare number with " .. type(value), function()
          return s < value
        end)
        raises_here("attempt to compare " .. type(value) .. " with number", function()
          return value <= s
        end)
        if type(value) ~= "string" then
          raises_here("attempt to concatenate a " .. type(value), function() return s .. value end)
        end
      end)
    end
    traced(pg.ones(2), function(a)
      raises_here("attempt to concatenate a perigee.array value", function() return "a" .. a end)
      raises_here("attempt to concatenate a perigee.array value", function() return a .. "a" end)
    end)
    assert.equal(3.0, pg.grad(function(s) return "3" * s end)(2))
  end)

  it("are told for a table without anything to have a gradient", function()
    local fields = { W = pg.ones(2) }
    for _, w in ipairs {
      {}, { { {} } }, { k = pg.array({ 1, 2 }, "int64"), name = "x" },
      setmetatable({}, { __index = fields }), -- its arrays stand elsewhere, and would be constants
    } do
      raises_here("this one has none", function()
        pg.grad(function(v) return (v.W or pg.ones(2)):sum() end)(w)
      end)
    end
  end)

  it("are told for use after the end", function()
    local kept, kept_number
    pg.grad(function(a)
      kept, kept_number = a * 2, a:sum()
      return kept_number
    end)(pg.ones(2))
    for _, f in ipairs {
      function() local _ = kept + 1 end, function() local _ = kept:exp() end,
      function() local _ = kept[1] end, function() local _ = pg.concat { kept, kept } end,
      function() local _ = kept_number * 2 end, function() local _ = pg.ones(2) * kept_number end,
      function() local _ = kept.T end, function() local _ = kept:topk(1) end,
    } do
      raises_here("used after the gradient's function has returned", f)
    end
    raises_here("used after the gradient's function has returned", function()
      pg.grad(function() return kept_number end)(2) -- not a constant
    end)
    assert.equal(2.0, pg.detach(kept_number))
    assert.same({ 2.0, 2.0 }, pg.detach(kept):tolist())
  end)

  it("inside of f have the line of f", function()
    local ok, err = pcall(pg.grad(function(a)
      local b = a * 2
      b = b.T:dot(pg.ones(5))
      return b
    end), pg.ones(2))
    assert.is_false(ok)
    assert.is_truthy(err:find("gradient_traced_spec.lua:" .. debug.getinfo(1, "l").currentline - 4),
      err)
  end)
end)

describe("a gradient", function()
  it("keeps the form of nested tables, with zeros for what isn't used", function()
    local w = {
      layers = { { W = pg.ones(2, 2), b = pg.zeros(2, "float32") }, { W = pg.ones(2) } },
      rate = 0.5, name = "net", count = pg.array({ 1, 2 }, "int64"), train = true, unused = 3,
    }
    local g = pg.grad(function(v)
      assert.equal("net", v.name)
      assert.equal(w.count, v.count)
      return v.layers[1].W:dot(v.layers[2].W):sum() * v.rate
    end)(w)
    assert.same({ { 0.5, 0.5 }, { 0.5, 0.5 } }, g.layers[1].W:tolist())
    assert.same({ 0.0, 0.0 }, g.layers[1].b:tolist())
    assert.equal("float32", g.layers[1].b.dtype)
    assert.same({ 1.0, 1.0 }, g.layers[2].W:tolist())
    assert.equal(4.0, g.rate)
    assert.equal(0.0, g.unused)
    assert.is_nil(g.name or g.count or g.train)
    assert.equal("userdata", type(w.layers[1].W)) -- the argument is as it was
  end)

  it("is by the n-th argument, with nil among the others", function()
    local f = function(a, b, c) return (a or 1) * c * c + (b or 0) end
    assert.equal(6.0, pg.grad(f, 3)(nil, nil, 3.0))
    assert.equal(9.0, pg.grad(f)(1.0, nil, 3.0))
    assert.equal(1.0, pg.grad(f, 2)(1.0, 4.0, 3.0))
  end)

  it("is one of zeros where the result is a constant", function()
    assert.same({ 0.0, 0.0 }, pg.grad(function() return 5 end)(pg.ones(2)):tolist())
    assert.same({ 0.0, 0.0 },
      pg.grad(function(a) return a:gt(0):sum() * 1.0 end)(pg.ones(2)):tolist())
    local value, g = pg.value_and_grad(function(a) return a:argmax() end)(pg.ones(2))
    assert.equal(1, value)
    assert.same({ 0.0, 0.0 }, g:tolist())
  end)

  it("comes with a plain value, and plain further results", function()
    local value, g, a, t, s, none, last = pg.value_and_grad(function(x)
      local y = x * 2
      return y:sum(), y, { y, { y[1] } }, y[2], nil, "last"
    end)(pg.array { 1, 2 })
    assert.equal(6.0, value)
    assert.equal("float", math.type(value))
    assert.same({ 2.0, 2.0 }, g:tolist())
    assert.equal("userdata", type(a))
    assert.equal("userdata", type(t[1]))
    assert.equal("number", type(t[2][1]))
    assert.equal("number", type(s))
    assert.is_nil(none)
    assert.equal("last", last)
  end)

  it("comes with the very tables that f returned, if they have no traced values", function()
    local state = { steps = 1 }
    state.itself = state
    local model = setmetatable({}, { __index = { rate = 1 } })
    local _, _, same, new = pg.value_and_grad(function(x)
      return x, state, setmetatable({ last = x, rate = 2, state = state }, getmetatable(model))
    end)(3)
    assert.equal(state, same)
    assert.equal("number", type(new.last))
    assert.equal(2, new.rate)
    assert.equal(state, new.state)
    assert.equal(getmetatable(model), getmetatable(new))
  end)

  it("is by a table of a class, also of one whose metatable is hidden", function()
    local class = { __metatable = "hidden" }
    class.__index = { loss = function(w) return w.a * w.a end }
    local w = setmetatable({ a = 3 }, class)
    assert.equal(6.0, pg.grad(function(v) return v:loss() end)(w).a)
    assert.is_true(pg.check_grad(function(v) return v:loss() end, w) < 1e-8)
  end)

  it("takes an array of one element for a number", function()
    local value, g = pg.value_and_grad(function(x) return x ^ 2 end)(pg.array { { 3 } })
    assert.equal(9.0, value)
    assert.same({ { 6.0 } }, g:tolist())
  end)

  it("shares memory with nothing else", function()
    local constant, x = pg.ones(2), pg.array { 1.0, 2.0 }
    local g = pg.grad(function(w)
      return (w.a * constant):sum() + (w.b * constant):sum() + (w.c + w.d):dot(constant)
        + w.e:dot(x) + w.f:reshape(2, 1):dot(w.g:reshape(1, 2)):sum()
    end)({ a = x, b = x, c = x, d = x, e = x, f = x, g = x })
    for name, array in pairs(g) do
      local others = {}
      for other, value in pairs(g) do
        others[other] = value:copy()
      end
      array:fill_(77)
      for other, value in pairs(g) do
        assert.is_true(other == name or value:array_equal(others[other]), name .. ", " .. other)
      end
      assert.same({ 1.0, 1.0 }, constant:tolist())
      assert.same({ 1.0, 2.0 }, x:tolist())
    end
    local whole = pg.grad(function(a) return a:sum() end)(pg.ones(2, 3))
    whole[{ 1, 1 }] = 5
    assert.same({ { 5.0, 1.0, 1.0 }, { 1.0, 1.0, 1.0 } }, whole:tolist())
  end)

  it("is unchanged by what is later written into the constants of its rules", function()
    local x = pg.array { 1.0, 2.0 }
    local g = pg.grad(function(a)
      return pg.grad(function(b) return (b * b * b):sum() end)(a):sum()
    end)(x)
    x:fill_(0)
    assert.same({ 6.0, 12.0 }, g:tolist())
  end)

  it("is the same in coroutines that take turns", function()
    local f = pg.grad(function(a)
      local y = a
      for _ = 1, 3 do
        y = y * a
        coroutine.yield(true)
      end
      return y:sum()
    end)
    local threads, results = {}, {}
    for i = 1, 3 do
      threads[i] = coroutine.create(function() results[i] = f(pg.array { i, 2.0 * i }) end)
    end
    for _ = 1, 4 do
      for i = 1, 3 do
        assert(coroutine.resume(threads[i]))
      end
    end
    for i = 1, 3 do
      assert.same({ 4.0 * i ^ 3, 4.0 * (2 * i) ^ 3 }, results[i]:tolist())
    end
  end)

  it("is as before after an f that raised", function()
    local f = pg.grad(function(a, fails)
      local y = (a * a):sum()
      return fails and error "own" or y
    end)
    for _ = 1, 3 do
      assert.error_matches(function() f(pg.ones(2), true) end, "own")
      assert.same({ 2.0, 2.0 }, f(pg.ones(2)):tolist())
    end
    collectgarbage()
    local before = pg.info().live_bytes
    for _ = 1, 10 do
      pcall(f, pg.ones(1000), true)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, pg.info().live_bytes)
  end)

  it("of an inner function takes values of the outer one as constants of its own", function()
    -- d/dx (x d/dy (x + y)) = 1: perturbations aren't confused
    local g = pg.grad(function(x)
      return x * pg.grad(function(y) return x + y end)(1.0)
    end)(2.0)
    assert.equal(1.0, g)
    local third = pg.grad(pg.grad(pg.grad(function(x) return x ^ 5 end)))
    assert.is_near(60 * 4, third(2), 1e-10)
  end)

  it("goes through calls of functions of Lua: pcall, sort, metatables, varargs", function()
    local g = pg.grad(function(a)
      local list = {}
      for i, x in ipairs(a) do
        list[i] = x
      end
      table.sort(list, function(s, t) return s < t end)
      local _, product = pcall(function(...) return (...) * select(2, ...) end, table.unpack(list))
      return product
    end)(pg.array { 5, 2, 3 })
    assert.same({ 0.0, 3.0, 2.0 }, g:tolist())
  end)
end)

describe("what is written from inside of f", function()
  it("is the plain values", function()
    local path = os.tmpname()
    local g = pg.grad(function(a)
      os.remove(path)
      path = path .. ".npy"
      pg.save(path, a)
      assert.is_true(pg.load(path):array_equal(pg.detach(a)))
      return a:sum()
    end)(pg.array { { 1, 2 }, { 3, 4 } })
    os.remove(path)
    assert.same({ { 1.0, 1.0 }, { 1.0, 1.0 } }, g:tolist())
  end)
end)

describe("the notebook's kernels", function()
  local x, y = pg.randn(5, 3), pg.array { 0, 2, 1, 1, 0 }

  for _, activation in ipairs(require("perigee.core").trainer.activations) do
    it(("have gradients by tables of weights: %s"):format(activation), function()
      local w = pg.initialization(x, { 4, 3 }, { classes = 3, activation = activation })
      for i = 1, 3 do
        w["b" .. i] = pg.randn(w["b" .. i].shape)
      end
      local function loss(v) return pg.cross_entropy(pg.forward(x, v), y) end
      assert(pg.check_grad(loss, w) < 1e-6)
      assert(pg.check_grad(function(v) return pg.cross_entropy(pg.forward(v, w), y) end, x) < 1e-6)
      local g = pg.grad(loss)(w)
      local expected = pg.gradient(x, y, pg.forward(x, w), w)
      for i = 1, 3 do
        assert.is_true(g["W" .. i]:allclose(expected["dW" .. i], 1e-6, 1e-8), "W" .. i)
        assert.is_true(g["b" .. i]:allclose(expected["db" .. i], 1e-6, 1e-8), "b" .. i)
      end
    end)
  end

  it("have a traced gradient", function()
    for _, activation in ipairs { "sigmoid", "tanh", "leaky_relu", "gelu" } do
      local w = pg.initialization(x, { 4, 3 }, { classes = 3, activation = activation })
      assert(pg.check_grad(function(v)
        local g = pg.gradient(x, y, pg.forward(x, v), v)
        return (g.dW1 ^ 2):sum() + (g.dW2 ^ 2):sum() + (g.db3 ^ 3):sum()
      end, w) < 1e-6, activation)
    end
  end)

  it("keep float32 in a traced gradient", function()
    for _, activation in ipairs(require("perigee.core").trainer.activations) do
      local w = pg.initialization(x, { 4, 3 }, { classes = 3, activation = activation,
        dtype = "float32" })
      local single = x:astype "float32"
      pg.grad(function(v)
        local g = pg.gradient(single, y, pg.forward(single, v), v)
        assert.equal("float32", g.dW1.dtype, activation)
        return g.dW1:sum()
      end)(w)
    end
  end)
end)

describe("a rule of one's own", function()
  it("replaces that of the function", function()
    local calls = 0
    local double = pg.custom_gradient(function(x) return x * 2 end, function(g, y, x)
      calls = calls + 1
      assert.same({ 2.0, 4.0 }, pg.detach(y):tolist())
      assert.same({ 1.0, 2.0 }, pg.detach(x):tolist())
      return 10 * g
    end)
    assert.same({ 2.0, 4.0 }, double(pg.array { 1, 2 }):tolist())
    assert.equal(0, calls)
    assert.same({ 10.0, 10.0 },
      pg.grad(function(a) return double(a):sum() end)(pg.array { 1, 2 }):tolist())
    assert.equal(1, calls)
  end)

  it("gives each argument its gradient by one call, nil for none", function()
    local calls = 0
    local f = pg.custom_gradient(function(a, n, b) return a * n + b end, function(g, _, _, n)
      calls = calls + 1
      return g * n, nil, g
    end)
    local w = { a = pg.ones(2), b = pg.ones(2) }
    local g = pg.grad(function(v) return f(v.a, 3, v.b):sum() end)(w)
    assert.same({ 3.0, 3.0 }, g.a:tolist())
    assert.same({ 1.0, 1.0 }, g.b:tolist())
    assert.equal(1, calls)
  end)

  it("has gradients of its own, and casts them", function()
    local cube = pg.custom_gradient(function(x) return x ^ 3 end,
      function(g, _, x) return g * 3 * x ^ 2 end)
    assert.equal(12.0, pg.grad(pg.grad(cube))(2.0))
    local widened = pg.custom_gradient(function(x) return x end,
      function(g) return g:astype "float64" end)
    local g = pg.grad(function(a) return widened(a):sum() end)(pg.ones(2, "float32"))
    assert.equal("float32", g.dtype)
  end)

  it("raises for a gradient of another shape", function()
    local f = pg.custom_gradient(function(x) return x end, function() return pg.ones(3) end)
    assert.error_matches(function()
      pg.grad(function(a) return f(a):sum() end)(pg.ones(2))
    end, "custom_gradient: the gradient of argument 1 must be an array of shape %(2,%)")
  end)
end)

describe("a rule of one's own, for what it can't see", function()
  local function pass(g)
    return g
  end

  it("raises for traced values that f takes from outside", function()
    for _, argument in ipairs { 5, pg.ones(2) } do
      raises_here("isn't an argument", function()
        pg.grad(function(w)
          return pg.sum(pg.custom_gradient(function(x) return x * w end, pass)(argument))
        end)(3)
      end)
    end
    raises_here("isn't an argument", function()
      pg.grad(function(w) return pg.custom_gradient(function(x) return x * w end, pass)(w) end)(3)
    end)
    local of_outer = pg.grad(function(v) -- is a constant to f, and none to the outer gradient
      return pg.grad(function(w)
        return pg.custom_gradient(function(x) return x * v end, function(g) return g * v end)(w)
      end)(3)
    end)
    assert.equal(1.0, of_outer(2))
  end)

  it("raises for other results than one array or number", function()
    for wanted, f in pairs {
      ["2 values"] = function(x) return x, 1 end, ["not nil"] = function() end,
      ["a table of 0"] = function() return {} end, ["not true"] = function() return true end,
    } do
      f = pg.custom_gradient(f, pass)
      raises_here(wanted, function() f(3) end)
      raises_here(wanted, function() pg.grad(f)(3) end)
    end
  end)

  it("raises for a rule that writes into the gradient, which others hold", function()
    local reversed = pg.custom_gradient(function(x) return x + 0 end,
      function(g) return g:mul_(-1) end)
    raises_here("written into the gradient", function()
      pg.grad(function(w) return (reversed(w) + w):sum() end)(pg.ones(2))
    end)
  end)
end)

describe("check_grad", function()
  it("finds right gradients and wrong ones", function()
    local w = { a = pg.randn(3, 4), b = { pg.rand(4), 0.3 } }
    local function f(v, x) return (pg.tanh(v.a:dot(v.b[1])) * v.b[2] * x):sum() end
    assert(pg.check_grad(f, w, pg.rand(3)) < 1e-7)
    assert.equal(pg.check_grad(f, w, 2), pg.check_grad(f, w, 2))
    local wrong = pg.custom_gradient(function(x) return x * 2 end, function(g) return g * 2.01 end)
    assert(pg.check_grad(function(v) return wrong(v.a):sum() end, w) > 1e-3)
    local nan = pg.custom_gradient(function(x) return x * 2 end, function(g) return g * 0 / 0 end)
    local error = pg.check_grad(function(v) return nan(v.a):sum() end, w)
    assert(error ~= error or error > 1e-3)
  end)

  it("leaves the argument as it is, and takes float32 and views", function()
    local a = pg.randn(3, 4):astype "float32"
    local before = a:copy()
    assert(pg.check_grad(function(x) return (x ^ 2):sum() end, a.T) < 1e-8)
    assert.is_true(a:array_equal(before))
    assert(pg.check_grad(function(x) return x ^ 3 end, 2) < 1e-8)
  end)
end)

describe("a table of traced numbers", function()
  it("is an array to every function", function()
    local function gradient_of(f)
      return pg.grad(f)(pg.array { 1, 2 }):tolist()
    end
    for expected, f in pairs {
      [{ 2, 1 }] = function(v) return pg.concat { { v[1], 2 }, v }:sum() end,
      [{ 2, 1.0 }] = function(v) return pg.stack { { v[1], 2 }, v }:sum() end,
      [{ 1, 0 }] = function(v) return pg.maximum({ v[1], 2 }, 0.5):sum() end,
      [{ 2, 1 + 0.0 }] = function(v) return (v + { v[1], 2 }):sum() end,
      [{ 2.0, 2 }] = function(v) return ({ v[1], 2 } * v):sum() end,
      [{ 1, 1 }] = function(v) return pg.ones(2):dot { v[1], v[2] } end,
      [{ 3, 0 }] = function(v) return pg.diag { v[1], 2 * v[1] }:sum() end,
      [{ 0, 2 }] = function(v) return pg.meshgrid({ v[2], 1 }, { 1, 2 }):sum() end,
      [{ -1, 1 }] = function(v) return pg.diff { v[1], v[2] }:sum() end,
      [{ 1, 2 }] = function(v) return pg.vstack { { v[1], v[2] }, { v[2], 0 } }:sum() end,
    } do
      assert.same(expected, gradient_of(f))
    end
  end)
end)

describe("an array that is written to before the gradient", function()
  local function message_of(f)
    local _, message = pcall(pg.grad(f), pg.ones(3))
    return message
  end

  it("raises where the way back needs its numbers", function()
    local buffer, mask = pg.ones(3), pg.array { true, false, true }
    for _, f in ipairs {
      function(v)
        local s = 0
        for i = 1, 3 do
          buffer:fill_(i)
          s = s + (v * buffer):sum()
        end
        return s
      end,
      function(v) local y = v:exp(); pg.detach(y):fill_(0); return y:sum() end,
      function(v) local y = v[mask]:sum(); mask[1] = false; return y end,
      function(v) local y = buffer:dot(v); buffer[1] = 7; return y end,
      function(v) local y = pg.where(mask, v, 0):sum(); mask[2] = true; return y end,
    } do
      assert.matches("an array was written to after", message_of(f), 1, true)
    end
  end)

  it("does not where it doesn't", function()
    local buffer = pg.ones(3)
    local g = pg.grad(function(v)
      local s = 0
      for i = 1, 3 do
        buffer:fill_(i)
        s = s + (v + buffer):sum() + (v * buffer:copy()):sum()
      end
      return s
    end)(pg.ones(3))
    assert.same({ 9, 9, 9 }, g:tolist())
  end)
end)

describe("a result that is no number", function()
  it("raises with what it is", function()
    for expected, f in pairs {
      ["of shape (2,) and dtype float64"] = function(v) return v end,
      ["of shape (1,) and dtype bool"] = function() return pg.array { true } end,
      ["returned nothing"] = function() end,
      ["returned true"] = function() return true end,
    } do
      local _, message = pcall(pg.grad(f), pg.ones(2))
      assert.matches(expected, message, 1, true)
    end
  end)
end)

describe("a table that holds itself", function()
  it("raises as an argument", function()
    local w = { a = pg.ones(2) }
    w.w = w
    local function f(v) return v.a:sum() end
    for _, call in ipairs { pg.grad(f), function(v) return pg.check_grad(f, v) end } do
      local _, message = pcall(call, w)
      assert.matches("a table that is nested deeper than 100", message, 1, true)
    end
  end)
end)
