local pg = require "perigee"
local raises_here = require "tests.support".raises_here

--- The sums of products of windows, one number at a time; stride and padding down and across.
local function naive(a, k, stride, padding)
  local n, _, height, width = table.unpack(a.shape)
  local outputs, _, down, across = table.unpack(k.shape)
  local rows = (height + 2 * padding[1] - down) // stride[1] + 1
  local columns = (width + 2 * padding[2] - across) // stride[2] + 1
  local out = pg.zeros(n, outputs, rows, columns)
  for image, o, i, j in coroutine.wrap(function()
    for at = 0, out.size - 1 do
      local rest = at // columns
      coroutine.yield(rest // rows // outputs + 1, rest // rows % outputs + 1, rest % rows + 1,
        at % columns + 1)
    end
  end) do
    local top, left = (i - 1) * stride[1] - padding[1], (j - 1) * stride[2] - padding[2]
    local first = { math.max(1, 1 - top), math.max(1, 1 - left) }
    local last = { math.min(down, height - top), math.min(across, width - left) }
    if first[1] <= last[1] and first[2] <= last[2] then
      local window = a[{ image, {}, { first[1] + top, last[1] + top },
        { first[2] + left, last[2] + left } }]
      local kernel = k[{ o, {}, { first[1], last[1] }, { first[2], last[2] } }]
      out:set(image, o, i, j, (window * kernel):sum())
    end
  end
  return out
end

describe("conv2d", function()
  it("adds up the products of each window", function()
    local a = pg.range(1, 2 * 3 * 7 * 6):reshape(2, 3, 7, 6) % 11 - 5
    local k = pg.range(1, 5 * 3 * 3 * 2):reshape(5, 3, 3, 2) % 7 - 3
    for _, stride in ipairs { { 1, 1 }, { 2, 2 }, { 3, 1 }, { 1, 4 } } do
      for _, padding in ipairs { { 0, 0 }, { 1, 1 }, { 2, 0 }, { 0, 5 } } do
        local expected = naive(a, k, stride, padding)
        for _, dtype in ipairs { "int64", "float32", "float64" } do
          local found = a:astype(dtype):conv2d(k, { stride = stride, padding = padding })
          assert.equal("float64", found.dtype)
          assert.is_true(pg.array_equal(expected, found))
        end
        local single = a:astype "float32":conv2d(k:astype "float32",
          { stride = stride, padding = padding })
        assert.equal("float32", single.dtype)
        assert.is_true(pg.array_equal(expected, single))
      end
    end
    assert.same(a:conv2d(k, { stride = { 2, 2 } }):tolist(), a:conv2d(k, { stride = 2 }):tolist())
    assert.same(a:conv2d(k):tolist(), pg.conv2d(a:tolist(), k:tolist()):tolist())
  end)

  it("takes strides of any length, for images of any width", function()
    for _, case in ipairs {
      { { 17, 1, 4, 8 }, { 4, 6 }, { 1, 3 } }, { { 1, 2, 5, 9 }, { 3, 4 }, { 1, 1 } },
      { { 3, 1, 3, 7 }, { 2, 7 }, { 0, 2 } }, { { 2, 1, 6, 6 }, { 1000000, 2000000 }, { 1, 0 } },
    } do
      local shape, stride, padding = table.unpack(case)
      local a = pg.range(1, pg.zeros(shape).size):reshape(shape) % 11 - 5
      local k = pg.range(1, 3 * shape[2] * 2 * 2):reshape(3, shape[2], 2, 2) % 7 - 3
      local options = { stride = stride, padding = padding }
      assert.is_true(pg.array_equal(naive(a, k, stride, padding), a:conv2d(k, options)))
      assert.is_true(pg.check_grad(function(w) return (w.a:conv2d(w.k, options) ^ 2):sum() end,
        { a = a * 1.0, k = k * 1.0 }) < 1e-6)
    end
    for width = 1, 16 do
      for stride = 1, 8 do
        local a = pg.range(1, 3 * width):reshape(1, 1, 3, width)
        local k = pg.range(1, 4):reshape(1, 1, 2, 2)
        local expected = naive(a, k, { 2, stride }, { 1, 3 })
        assert.is_true(pg.array_equal(expected, a:conv2d(k,
          { stride = { 2, stride }, padding = { 1, 3 } })))
      end
    end
  end)

  it("gives the same bits for any view and any number of threads", function()
    local a, k = pg.randn(9, 3, 12, 11), pg.randn(20, 3, 5, 4)
    local threads, expected = pg.threads(), a:conv2d(k)
    for _, n in ipairs { 1, 2, 3 } do
      pg.threads(n)
      assert.is_true(pg.array_equal(expected, a:conv2d(k)))
      assert.is_true(pg.array_equal(expected[3], a["3:3"]:conv2d(k)[1]))
    end
    pg.threads(threads)
    local turned = a:transpose(1, 2, 4, 3):copy():transpose(1, 2, 4, 3)
    assert.is_true(pg.array_equal(expected, turned:conv2d(k)))
  end)

  it("takes images and outputs of which there are none", function()
    assert.same({ 0, 2, 3, 3 }, pg.zeros(0, 1, 4, 4):conv2d(pg.ones(2, 1, 2, 2)).shape)
    assert.same({ 3, 0, 3, 3 }, pg.zeros(3, 1, 4, 4):conv2d(pg.ones(0, 1, 2, 2)).shape)
    local none = pg.zeros(1, 0, 4, 4):conv2d(pg.ones(2, 0, 2, 2))
    assert.same({ 1, 2, 3, 3 }, none.shape)
    assert.equal(0, none:abs():max())
  end)

  it("lets NaN and infinities pass", function()
    local a = pg.zeros(1, 1, 3, 3)
    a:set(1, 1, 2, 2, 1 / 0)
    assert.is_true(a:conv2d(pg.ones(1, 1, 2, 2)):eq(1 / 0):all())
    assert.is_true(a:conv2d(pg.zeros(1, 1, 2, 2)):isnan():all())
    assert.is_false(a:conv2d(pg.zeros(1, 1, 1, 1))[{ 1, 1, 1 }]:isnan():any())
  end)

  it("refuses what does not fit", function()
    local a, k = pg.ones(1, 2, 4, 4), pg.ones(3, 2, 2, 2)
    raises_here("found shapes (2, 4, 4) and (3, 2, 2, 2)", function() a[1]:conv2d(k) end)
    raises_here("have 2 channels", function() a:conv2d(pg.ones(3, 1, 2, 2)) end)
    raises_here("5 pixels does not fit", function() a:conv2d(pg.ones(3, 2, 5, 1)) end)
    raises_here("stride of 0", function() a:conv2d(k, { stride = 0 }) end)
    raises_here("not -1", function() a:conv2d(k, { padding = -1 }) end)
    raises_here("{down, across}", function() a:conv2d(k, { padding = { 1 } }) end)
    raises_here("too large", function() a:conv2d(k, { padding = math.maxinteger }) end)
    raises_here("strides", function() a:conv2d(k, { strides = 1 }) end)
    raises_here("1.5", function() a:conv2d(k, { stride = 1.5 }) end)
  end)
end)

describe("pooling", function()
  it("takes the greatest pixel of each window, or the mean", function()
    local a = pg.range(1, 30):reshape(1, 1, 5, 6) * 7 % 30
    assert.same({ { 26, 28, 24 }, { 20, 27, 29 } }, a:max_pool2d(2)[{ 1, 1 }]:tolist())
    assert.same({ a[{ 1, 1, { 1, 2 }, { 1, 3 } }]:mean(), a[{ 1, 1, { 1, 2 }, { 4, 6 } }]:mean() },
      a:avg_pool2d { 2, 3 }[{ 1, 1, 1 }]:tolist())
    assert.same({ 1, 1, 4, 5 }, a:max_pool2d(2, { stride = 1 }).shape)
    assert.same({ 1, 1, 3, 4 }, a:avg_pool2d(2, { padding = 1 }).shape)
    assert.equal(a:get(1, 1, 1, 1) / 4, a:avg_pool2d(2, { padding = 1 }):get(1, 1, 1, 1))
    assert.equal(a:get(1, 1, 1, 1), a:max_pool2d(2, { padding = 1 }):get(1, 1, 1, 1))
    assert.equal("float32", a:astype "float32":max_pool2d(2).dtype)
    assert.equal("float64", a:astype "uint8":avg_pool2d(2).dtype)
  end)

  it("keeps NaN and negative infinities", function()
    local a = pg.full({ 1, 1, 2, 4 }, -1 / 0)
    a:set(1, 1, 1, 1, 0 / 0)
    a:set(1, 1, 2, 2, 3)
    local found = a:max_pool2d(2)
    assert.is_true(found:isnan():get(1, 1, 1, 1))
    assert.equal(-1 / 0, found:get(1, 1, 1, 2))
  end)

  it("refuses what does not fit", function()
    local a = pg.ones(1, 2, 4, 4)
    raises_here("found shape (2, 4, 4)", function() a[1]:max_pool2d(2) end)
    raises_here("5 pixels does not fit", function() a:max_pool2d(5) end)
    raises_here("window of 0", function() a:avg_pool2d(0) end)
    raises_here("more than half", function() a:avg_pool2d(3, { padding = 2 }) end)
    raises_here("size", function() a:max_pool2d "2" end)
    raises_here("size", function() a:max_pool2d() end)
  end)
end)
