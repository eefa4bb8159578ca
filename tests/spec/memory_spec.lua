local pg = require "perigee"

local settled = require("tests.support").live_bytes

local MB = 1 << 20

describe("memory", function()
  it("comes back when arrays are collected", function()
    local before = settled()
    do
      local a = pg.zeros(1000, 1000)
      assert.is_true(pg.info().bytes >= before + 8000000)
      assert.equal(1000000, a.size)
    end
    assert.equal(before, settled())
  end)

  it("stays small in a loop that makes temporaries", function()
    local a, most = pg.ones(1000), 0
    for i = 1, 200000 do
      local b = a + i
      if i % 100 == 0 then
        assert.equal(i + 1.0, b[1])
        most = math.max(most, pg.info().bytes)
      end
    end
    assert.is_true(most < 100 * MB, most)
  end)

  it("stays small in a loop again after a large array was freed", function()
    settled()
    local big = pg.zeros(32 * MB, "float64")
    local other = pg.ones(10)
    big:free()
    local before, most = settled(), 0
    for i = 1, 3000 do
      local b = pg.zeros(8192)
      most = math.max(most, pg.info().bytes - before)
      other[1] = #b + i
    end
    assert.is_true(most < 100 * MB, most)
  end)

  it("is left alone while the collector is stopped", function()
    settled()
    collectgarbage("stop")
    local before = pg.info().bytes
    for _ = 1, 100 do
      pg.zeros(MB // 8)
    end
    local grown = pg.info().bytes - before
    assert.is_false(collectgarbage("isrunning"))
    collectgarbage("restart")
    assert.is_true(grown >= 100 * MB)
    assert.is_true(settled() <= before)
  end)

  it("goes with the last view", function()
    local before = settled()
    local a = pg.zeros(MB)
    local view = a["1:10"]
    a:free()
    assert.is_true(pg.info().bytes >= before + 8 * MB)
    assert.equal(0.0, view[10])
    view:free()
    assert.equal(before, pg.info().bytes)
  end)
end)

describe("free", function()
  it("ends this handle, as often as it is called", function()
    local a = pg.zeros(10)
    local view = a.T
    a:free()
    a:free()
    pg.free(a)
    assert.equal(10, #view)
    for _, use in ipairs {
      function() return a[1] end, function() return #a end, function() return a.shape end,
      function() a[1] = 2 end, function() return a + 1 end, function() return 1 + a end,
      function() return pg.exp(a) end, function() return a.T end, function() return a:sum() end,
      function() return a["1:2"] end, function() return view:dot(a) end,
      function() return pg.concat({ view, a }) end, function() view[{}] = a end,
      function() view:add_(a) end, function() return pg.array(a) end,
    } do
      assert.error_matches(use, "the array was freed")
    end
    assert.error_matches(function() pg.free(1) end, "array expected")
  end)

  it("comes at the end of a block with <close>", function()
    local before = settled()
    local kept
    do
      local a <close> = pg.zeros(MB)
      kept = a
      assert.is_true(pg.info().bytes > before)
    end
    assert.equal(before, pg.info().bytes)
    assert.error_matches(function() return #kept end, "freed")
    assert.error_matches(function()
      local a <close> = pg.zeros(MB)
      error("out of " .. #a)
    end, "out of")
    assert.equal(before, pg.info().bytes)
  end)

  it("of an operand in the midst of an operation does no harm", function()
    local function evil(a, list)
      return setmetatable({}, {
        __len = function() a:free() return #list end,
        __index = list,
      })
    end
    for _, use in ipairs {
      function(a) return a + evil(a, { 1, 2 }) end,
      function(a) return a:dot(evil(a, { 1, 2 })) end,
      function(a) return a:add_(evil(a, { 1, 2 })) end,
      function(a) return a:axpy_(1, evil(a, { 1, 2 })) end,
      function(a) return a:allclose(evil(a, { 1, 2 })) end,
      function(a) return a:reshape(evil(a, { 2, 1 })) end,
      function(a) return a:take(evil(a, { 1 })) end,
      function(a) return a[evil(a, { 1 })] end,
      function(a) a[evil(a, { 1 })] = 1 end,
      function(a) return a:clip(evil(a, { 0, 0 }), 1) end,
      function(a) return pg.where(a:gt(0), a, evil(a, { 1, 2 })) end,
      function(a) return pg.concat({ a, evil(a, { 1, 2 }) }) end,
    } do
      assert.has_error(function() use(pg.ones(2)) end)
    end
    local a = pg.ones(2)
    a[{}] = evil(a, { 5, 6 }) -- the view that is assigned to holds on
    assert.error_matches(function() return a[1] end, "freed")
  end)

  it("in a finalizer does no harm", function()
    for _ = 1, 200 do
      local a = pg.ones(50, 50)
      setmetatable({}, { __gc = function() a:free() end })
      pcall(function()
        for _ = 1, 50 do
          assert.equal(50, #a:tolist())
          assert.equal(2500.0, (a + a.T):sum() / 2)
        end
      end)
      pcall(function()
        for _ = 1, 100 do
          a = a * 1
          assert.equal(50.0, a[1]:sum())
        end
      end)
    end
  end)
end)

describe("info and threads", function()
  it("tell what runs", function()
    local info = pg.info()
    assert.equal("string", type(info.version))
    assert.matches("^OpenBLAS", info.blas)
    assert.equal(info.threads, pg.threads())
    assert.equal("integer", math.type(info.bytes))
    assert.is_true(info.kernels == "portable" or info.kernels == "avx2"
      or info.kernels == "avx512")
  end)

  it("sets the number of threads and returns what it was", function()
    local before = pg.threads(3)
    assert.equal(3, pg.threads(1000))
    assert.equal(1000, pg.threads(before))
    assert.equal(before, pg.threads())
    assert.error_matches(function() pg.threads(0) end, "1 to 1024, not 0")
    assert.error_matches(function() pg.threads(1025) end, "1 to 1024")
    assert.error_matches(function() pg.threads(1.5) end, "integer")
    assert.equal(before, pg.threads())
  end)
end)
