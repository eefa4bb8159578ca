local pg = require "perigee"

-- Elements of small results stand in the userdata of the array, those of larger ones do not.
local SIZES = { 1, 5, 64, 65, 300, 1024, 1025 }

local function fill_memory()
  for _ = 1, 2 do
    collectgarbage()
    local list = {}
    for i = 1, 300 do
      list[i] = { pg.full({ 64 }, i) * -1, pg.full({ 2, 1024 }, i) * -1 }
    end
    assert.equal(300, #list)
  end
end

local VIEWS = {
  T = function(a) return a.T end,
  row = function(a) return a[1] end,
  rows = function(a) return a:rows(1, 2) end,
  cols = function(a) return a:cols(1, -1) end,
  slice = function(a) return a["::-1, :"] end,
  reshape = function(a) return a:reshape(-1) end,
  transpose = function(a) return a:transpose(2, 1) end,
  swapaxes = function(a) return a:swapaxes(1, 2) end,
  squeeze = function(a) return a:expand_dims(2):squeeze(2) end,
  expand_dims = function(a) return a:expand_dims(1) end,
  flip = function(a) return a:flip() end,
  view_of_view = function(a) return a.T["::-1, :"]:rows(1, 1).T end,
}

describe("an array of any size", function()
  it("is kept alive by its views", function()
    for _, n in ipairs(SIZES) do
      for name, view_of in pairs(VIEWS) do
        local expected = view_of(pg.range(1, 2 * n):reshape(2, n)):tolist()
        local view
        do
          local a = pg.range(1, 2 * n):reshape(2, n) + 0
          view = view_of(a)
        end
        fill_memory()
        assert.same(expected, view:tolist(), name)
      end
    end
  end)

  it("shares its elements with its views", function()
    for _, n in ipairs(SIZES) do
      local a = pg.zeros(2, n) + 0
      local column = a.T
      column:fill_(3)
      assert.is_true(a:eq(3):all())
      a:add_(1)
      assert.is_true(column:eq(4):all())
      a:free()
      assert.is_true(column:eq(4):all())
      assert.has_error(function() return a + 1 end)
      a:free()
    end
  end)

  it("has the same class and methods", function()
    for _, n in ipairs(SIZES) do
      local a, b = pg.ones(n), pg.ones(n) * 1
      assert.equal(getmetatable(a), getmetatable(b))
      assert.equal(tostring(a), tostring(b))
      assert.equal(a.sum, b.sum)
      assert.is_true((a + b):eq(2):all())
      assert.equal(n, #b)
      assert.has_error(function() return b.no_such_name end)
      local closed
      do
        local c <close> = b * 2
        closed = c
      end
      assert.has_error(function() return closed + 1 end)
    end
  end)

  it("is read when a finalizer frees it", function()
    local a = pg.ones(3) * 2
    local t = setmetatable({}, { __len = function() a:free() return 3 end,
      __index = function(_, i) return i end })
    assert.has_error(function() return a + t end)
  end)

  it("is right beside one that was not finished", function()
    local t = setmetatable({}, { __len = function() return 3 end, __index = function(_, i)
      if i == 3 then
        pcall(function() return pg.ones(60) + pg.ones(7) end)
      end
      return i
    end })
    for name, f in pairs {
      clip = function() return pg.clip({ 1, 2, 3 }, 0, t) end,
      meshgrid = function() return (pg.meshgrid({ 1, 2, 3 }, t))[1] end,
      add = function() return pg.zeros(3) + t end,
      where = function() return pg.where({ true, true, true }, t, 0) end,
      sort = function() return pg.sort(t) end,
      concat = function() return pg.concat { t } end,
      quantile = function() return pg.quantile({ 1, 2, 3 }, 0, 1) + pg.array { 0, 1, 2 } end,
    } do
      local result = f()
      fill_memory()
      assert.same({ 1, 2, 3 }, result:tolist(), name)
    end
  end)

  it("is split at positions that are its own elements", function()
    local function all_rows(x)
      return x:rows(1, -1)
    end
    for _, positions_of in ipairs { function(x) return x end, all_rows } do
      local parts
      do
        local x = pg.range(1, 12) + 0
        parts = x:array_split(positions_of(x))
      end
      fill_memory()
      for i = 1, 11 do
        assert.same({ i }, parts[i + 1]:tolist())
      end
    end
  end)

  it("is kept alive by a model, which sees what is written to it", function()
    local function train(change)
      local x, y = pg.array { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } } + 0, { 0, 1, 1, 0 }
      local m = pg.Model(x, y, { hidden = 3, seed = 0, dtype = "float64" })
      m:fit { iterations = 2 }
      if change then
        x:mul_(2)
      end
      x = nil -- luacheck: ignore
      fill_memory()
      m:fit { iterations = 2 }
      return m.weights.W1:tolist()
    end
    assert.same(train(false), train(false))
    assert.is_false(pcall(assert.same, train(false), train(true)))
  end)

  it("serves as weights, however soon the arrays before it are gone", function()
    local x, y = pg.array { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } }, { 0, 1, 1, 0 }
    local m = pg.Model(x, y, { hidden = 3, seed = 0, dtype = "float64" })
    local expected = m.weights.W1 * 0
    for _ = 1, 20 do
      m.weights.W1 = expected * 1
      m:fit { iterations = 1, optimizer = "sgd", rate = 1e-300 }
      fill_memory()
      assert.is_true(m.weights.W1:abs():lt(1e-100):all())
      m.weights.W1 = expected + 7
      m:fit { iterations = 1, optimizer = "sgd", rate = 1e-300 }
      assert.is_true(m.weights.W1:eq(7):all())
    end
  end)
end)
