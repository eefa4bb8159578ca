local pg = require "perigee"

local reference = dofile "tests/reference/draws.lua"
local SEEDS = { 0, 1, 42, 2 ^ 32 - 1 | 0 }
local LONG = { 1, 624, 625, 50001, 100000 } -- the positions that the reference has

describe("random numbers", function()
  local generators = {
    ["of the module"] = function(seed)
      pg.seed(seed)
      return {
        rand = pg.rand, randn = pg.randn, permutation = pg.permutation,
      }
    end,
    ["of a generator"] = function(seed)
      local g = pg.random(seed)
      return {
        rand = function(...) return g:rand(...) end,
        randn = function(...) return g:randn(...) end,
        permutation = function(...) return g:permutation(...) end,
      }
    end,
  }

  for whose, new in pairs(generators) do
    it("are NumPy's to the bit, " .. whose, function()
      for _, seed in ipairs(SEEDS) do
        local expected, g = reference[seed], new(seed)
        assert.same(expected.rand, g.rand(5):tolist())
        assert.same(expected.randn, g.randn(5):tolist())
        assert.same(expected.permutation, g.permutation(10):tolist())
        assert.same(expected.randn_again, g.randn(2):tolist())
        assert.same(expected.long_rand, g.rand(100000):take(LONG):tolist())
        assert.same(expected.long_randn, g.randn(100000):take(LONG):tolist())
        assert.same(expected.long_permutation,
          g.permutation(70000):take({ 1, 2, 35001, 70000 }):tolist())
      end
    end)
  end

  it("fill a shape in row-major order, and give a number without one", function()
    pg.seed(3)
    local flat = pg.randn(6):tolist()
    pg.seed(3)
    assert.same(flat, pg.randn(2, 3):reshape(6):tolist())
    pg.seed(3)
    assert.same(flat, pg.randn({ 3, 2 }):reshape(6):tolist())
    pg.seed(3)
    assert.equal(flat[1], pg.randn())
    assert.same({ 2, 0 }, pg.rand(2, 0).shape)
    assert.equal("float64", pg.rand(2).dtype)
    assert.equal("int64", pg.permutation(3).dtype)
    assert.same({}, pg.permutation(0):tolist())
  end)

  it("of one generator do not depend on another", function()
    local a, b = pg.random(7), pg.random(7)
    pg.seed(1)
    local first = a:rand(3):tolist()
    pg.rand(100)
    assert.same(first, b:rand(3):tolist())
    a:seed(7)
    assert.same(first, a:rand(3):tolist())
  end)

  it("differ from run to run without a seed", function()
    assert.not_equal(pg.random():rand(), pg.random():rand())
  end)

  it("refuse what is no seed or no shape, and go on", function()
    assert.error_matches(function() pg.seed(-1) end, "a seed is an integer from 0 to 4294967295")
    assert.error_matches(function() pg.seed(2 ^ 32) end, "a seed is an integer from 0")
    assert.error_matches(function() pg.seed "x" end, "number expected")
    assert.error_matches(function() pg.rand(-1) end, "a length must be an integer, 0 or more")
    assert.error_matches(function() pg.rand(2.5) end, "a length must be an integer")
    assert.error_matches(function() pg.rand "3" end, "length expected")
    assert.error_matches(function() pg.permutation(-1) end, "negative")
    assert.error_matches(function() pg.rand(1 << 40, 1 << 40) end, "not enough memory")
    assert.error_matches(function() pg.random(1).rand(3) end, "rand is a generator's method")
    assert.equal(1, #pg.rand(1))
  end)
end)

-- numpy.random.RandomState(0), in this order.
describe("further draws", function()
  local g = pg.random(0)

  it("are NumPy's", function()
    assert.is_true(g:uniform(2, 5, 3):allclose { 3.64644051, 4.1455681, 3.80829013 })
    assert.is_true(g:normal(1, 2, 3):allclose { -3.5366564, 3.66709076, -0.68544811 })
    assert.same({ 6, 8, 8, 1, 6 }, g:randint(0, 10, 5):tolist())
    assert.same({ 8, 8, 9, 2 }, g:choice(10, 4):tolist())
    assert.same({ 0.25, 0.5, 0.5 }, g:choice({ 0.5, 0.25 }, 3, true, { 0.1, 0.9 }):tolist())
    assert.same({ 3, 5, 2 }, g:choice(6, 3, false):tolist())
    assert.same({ 2, 5, 3 }, g:choice(5, 3, false, { 0.1, 0.2, 0.3, 0.2, 0.2 }):tolist())
    assert.same({ 1, 5, 3, 6, 4, 2 }, g:shuffle(pg.range(1, 6)):tolist())
    assert.same({ { 5, 6 }, { 3, 4 }, { 1, 2 } },
      g:shuffle(pg.array { { 1, 2 }, { 3, 4 }, { 5, 6 } }):tolist())
  end)

  it("give a number without a shape", function()
    assert.equal("float", math.type(g:uniform()))
    assert.equal("float", math.type(pg.normal()))
    assert.equal(3, g:randint(3, 4))
    assert.equal("integer", math.type(g:choice(5)))
  end)

  it("say what is wrong", function()
    assert.error_matches(function() g:randint(3, 3) end, "no integer from 3 to below 3")
    assert.error_matches(function() g:normal(0, -1) end, "cannot be negative")
    assert.error_matches(function() g:uniform(0, math.huge) end, "finite")
    for _, shape in ipairs { {}, { 3 } } do
      assert.error_matches(function() g:uniform(-1.7e308, 1.7e308, table.unpack(shape)) end,
        "%-1.7e%+308 and 1.7e%+308 are further apart")
    end
    assert.error_matches(function() g:choice(3, 4, false) end, "4 were asked for, of 3")
    assert.error_matches(function() g:choice(0, 1) end, "1 were asked for, of 0")
    assert.error_matches(function() g:choice(2, 1, true, { 0.5, 0.6 }) end, "add up to 1.1")
    assert.error_matches(function() g:choice(2, 1, true, { 1 }) end, "2 probabilities")
    assert.error_matches(function() g:choice(2, 2, false, { 1, 0 }) end, "2 different")
    assert.error_matches(function() g:choice(2, 1, true, { -1, 2 }) end, "probability 1 is %-1")
    assert.error_matches(function() g:shuffle(3) end, "array expected")
  end)
end)

describe("a generator's state", function()
  it("has it go on from where it was", function()
    local g = pg.random(5)
    g:randn(3) -- a normal waits
    local state = g:get_state()
    local first = { g:randn(4):tolist(), g:permutation(9):tolist(), g:rand(), g:randint(0, 9) }
    g:seed(6)
    g:set_state(state)
    local second = { g:randn(4):tolist(), g:permutation(9):tolist(), g:rand(), g:randint(0, 9) }
    assert.same(first, second)
    local other = pg.random(0)
    other:set_state(state)
    assert.same(first[1], other:randn(4):tolist())
    assert.equal("uint32", state.dtype)
    assert.same({ 628 }, state.shape)
  end)

  it("is kept of the module's own generator, too", function()
    local state = pg.get_state()
    local first = pg.rand(3):tolist()
    pg.set_state(state)
    assert.same(first, pg.rand(3):tolist())
    local g = pg.random(0)
    g:set_state(state)
    assert.same(first, g:rand(3):tolist())
    assert.error_matches(function() pg.set_state(pg.zeros(3)) end, "#1 to 'set_state'.*state")
  end)

  it("must be one", function()
    local g = pg.random(5)
    local before = g:get_state()
    local far, no = before:copy(), before:copy()
    far[625] = 625
    no[626] = 2
    for _, wrong in ipairs {
      pg.zeros(628, "uint32"), before:astype "int64", before:rows(1, 627), far, no,
      before["::-1"], before:reshape(2, 314),
    } do
      assert.error_matches(function() g:set_state(wrong) end, "not a generator's state")
    end
    assert.is_true(g:get_state():eq(before):all())
  end)
end)

describe("a generator's card", function()
  it("tells how far it is, and draws nothing", function()
    local g = pg.random(3)
    assert.equal("random generator MT19937: 624 of 624 words used", tostring(g))
    g:rand(5)
    local before = g:get_state()
    assert.equal("random generator MT19937: 10 of 624 words used", tostring(g))
    assert.is_true(g:get_state():eq(before):all())
  end)
end)
