local core = require "perigee.core"
local pg = require "perigee"
local raises_here = require "tests.support".raises_here

--- Whole numbers from -5 to 5, so that sums are exact in any order.
local function whole(...)
  return pg.floor(pg.rand(...) * 11) - 5
end

--- The convolutions of all images, or kernels, with a single 1, one after the other.
local function units(count, ...)
  return pg.eye(count):reshape(count, ...)
end

--- The gradients by the definition: sums of g times the derivative by each number.
local function input_gradient(g, k, shape, options)
  local pixels = shape[2] * shape[3] * shape[4]
  local derivatives = units(pixels, shape[2], shape[3], shape[4]):conv2d(k, options)
  return g:reshape(shape[1], -1):dot(derivatives:reshape(pixels, -1).T):reshape(shape)
end

local function kernel_gradient(g, x, shape, options)
  local taps = shape[2] * shape[3] * shape[4]
  local derivatives = x:conv2d(units(taps, shape[2], shape[3], shape[4]), options)
  return g:transpose(2, 1, 3, 4):reshape(shape[1], -1)
    :dot(derivatives:transpose(2, 1, 3, 4):reshape(taps, -1).T):reshape(shape)
end

local function each_case(run)
  for _, case in ipairs {
    { { 2, 3, 7, 6 }, { 5, 3, 3, 2 } }, { { 1, 1, 4, 4 }, { 1, 1, 4, 4 } },
    { { 37, 2, 6, 5 }, { 18, 2, 2, 3 } }, { { 16, 4, 3, 9 }, { 3, 4, 1, 1 } },
    { { 3, 1, 5, 40 }, { 2, 1, 5, 5 } }, { { 33, 1, 2, 3 }, { 2, 1, 5, 4 } },
  } do
    for _, stride in ipairs { 1, 2, { 3, 1 }, { 1, 4 } } do
      for _, padding in ipairs { 0, 1, { 2, 0 }, { 1, 5 }, 4 } do
        local down, across = padding, padding
        if type(padding) == "table" then
          down, across = table.unpack(padding)
        end
        local x, k = whole(table.unpack(case[1])), whole(table.unpack(case[2]))
        if case[1][3] + 2 * down >= case[2][3] and case[1][4] + 2 * across >= case[2][4] then
          run(x, k, { stride = stride, padding = padding })
        end
      end
    end
  end
end

describe("the gradients of conv2d", function()
  it("are the sums of g times the derivatives", function()
    each_case(function(x, k, options)
      local g = whole(table.unpack(x:conv2d(k, options).shape))
      local by_x = input_gradient(g, k, x.shape, options)
      local by_k = kernel_gradient(g, x, k.shape, options)
      for _, dtype in ipairs { "float64", "float32" } do
        local narrow_g, narrow_x, narrow_k = g:astype(dtype), x:astype(dtype), k:astype(dtype)
        local found = core.conv2d_input_gradient(narrow_g, narrow_k, x.shape, options)
        assert.equal(dtype, found.dtype)
        assert.is_true(pg.array_equal(by_x, found))
        found = core.conv2d_kernel_gradient(narrow_g, narrow_x, k.shape, options)
        assert.equal(dtype, found.dtype)
        assert.is_true(pg.array_equal(by_k, found))
      end
    end)
  end)

  it("take views, whole numbers and tables", function()
    local x, k, g = whole(2, 3, 5, 4), whole(2, 3, 2, 2), whole(2, 2, 4, 3)
    local by_x = core.conv2d_input_gradient(g, k, x.shape)
    local by_k = core.conv2d_kernel_gradient(g, x, k.shape)
    local turned = g:transpose(1, 2, 4, 3):copy():transpose(1, 2, 4, 3)
    assert.is_true(pg.array_equal(by_x, core.conv2d_input_gradient(turned, k:tolist(), x.shape)))
    assert.is_true(pg.array_equal(by_k, core.conv2d_kernel_gradient(turned, x:astype "int8",
      { 2, 3, 2, 2 })))
    assert.equal("float64", core.conv2d_kernel_gradient(g:astype "int64", x:astype "float32",
      k.shape).dtype)
  end)

  it("have the same bits for any number of threads", function()
    local threads = pg.threads()
    for _, n in ipairs { 3, 50 } do
      local x, k = pg.randn(n, 3, 12, 11), pg.randn(20, 3, 5, 4)
      local g = x:conv2d(k)
      local by_x, by_k
      for _, count in ipairs { 1, 2, 3 } do
        pg.threads(count)
        local each_x = core.conv2d_input_gradient(g, k, x.shape)
        local each_k = core.conv2d_kernel_gradient(g, x, k.shape)
        by_x, by_k = by_x or each_x, by_k or each_k
        assert.is_true(pg.array_equal(by_x, each_x))
        assert.is_true(pg.array_equal(by_k, each_k))
      end
    end
    pg.threads(threads)
  end)

  it("are close to the central differences", function()
    local x, k = pg.randn(17, 2, 6, 5), pg.randn(3, 2, 3, 2)
    local g = pg.randn(table.unpack(x:conv2d(k).shape))
    local by_x = core.conv2d_input_gradient(g, k, x.shape)
    local by_k = core.conv2d_kernel_gradient(g, x, k.shape)
    local dx, dk = pg.randn(table.unpack(x.shape)), pg.randn(table.unpack(k.shape))
    local along_x = ((x + dx):conv2d(k) * g - (x - dx):conv2d(k) * g):sum() / 2
    local along_k = (x:conv2d(k + dk) * g - x:conv2d(k - dk) * g):sum() / 2
    assert.is_true(pg.allclose(along_x, (by_x * dx):sum(), 1e-11))
    assert.is_true(pg.allclose(along_k, (by_k * dk):sum(), 1e-11))
  end)

  it("are zeros where there is nothing to add", function()
    local none = core.conv2d_kernel_gradient(pg.zeros(0, 2, 3, 3), pg.zeros(0, 1, 4, 4),
      { 2, 1, 2, 2 })
    assert.same({ 2, 1, 2, 2 }, none.shape)
    assert.equal(0, none:abs():max())
    assert.same({ 0, 1, 4, 4 }, core.conv2d_input_gradient(pg.zeros(0, 2, 3, 3),
      pg.zeros(2, 1, 2, 2), { 0, 1, 4, 4 }).shape)
    local images = core.conv2d_input_gradient(pg.zeros(3, 0, 3, 3), pg.zeros(0, 1, 2, 2),
      { 3, 1, 4, 4 })
    assert.same({ 3, 1, 4, 4 }, images.shape)
    assert.equal(0, images:abs():max())
    assert.equal(0, core.conv2d_kernel_gradient(pg.ones(3, 1, 1, 1), pg.zeros(3, 1, 0, 2),
      { 1, 1, 2, 2 }, { padding = { 1, 0 } }):abs():max())
  end)

  it("keep non-finite numbers to the windows that have them", function()
    for _, n in ipairs { 1, 16 } do
      local x = pg.zeros(n, 1, 3, 20)
      x:set(1, 1, 1, 20, 1 / 0)
      local found = core.conv2d_kernel_gradient(pg.ones(n, 1, 3, 18), x, { 1, 1, 1, 3 })
      assert.same({ { 0, 0, 1 / 0 } }, found[{ 1, 1 }]:tolist())
    end
  end)

  it("refuse what does not fit", function()
    local x, k, g = pg.ones(2, 3, 4, 4), pg.ones(5, 3, 2, 2), pg.ones(2, 5, 3, 3)
    raises_here("(2, 5, 3, 2) do not fit", function()
      core.conv2d_input_gradient(pg.ones(2, 5, 3, 2), k, x.shape)
    end)
    raises_here("do not fit images of shape (2, 2, 4, 4)", function()
      core.conv2d_input_gradient(g, k, { 2, 2, 4, 4 })
    end)
    raises_here("do not fit", function()
      core.conv2d_kernel_gradient(g, x, { 4, 3, 2, 2 })
    end)
    raises_here("5 pixels does not fit", function()
      core.conv2d_kernel_gradient(g, x, { 5, 3, 5, 2 })
    end)
    raises_here("rank 4", function() core.conv2d_kernel_gradient(g, x[1], k.shape) end)
    raises_here("4 lengths expected, found 3", function()
      core.conv2d_input_gradient(g, k, { 2, 3, 4 })
    end)
    raises_here("table expected", function() core.conv2d_input_gradient(g, k) end)
  end)
end)

describe("the positions of max_pool2d", function()
  it("are those of the first greatest pixels", function()
    local x = pg.array { { { { 1, 5, 2, 2 }, { 5, 3, 2, 2 }, { 0, -1, 0 / 0, 9 },
      { -2, -1, 3, 0 / 0 } } } }
    assert.same({ { 2, 3 }, { 9, 16 } }, core.max_pool2d_positions(x, 2)[{ 1, 1 }]:tolist())
    local low = pg.full({ 1, 1, 2, 2 }, -1 / 0)
    assert.same({ { 1, 2 }, { 3, 4 } }, core.max_pool2d_positions(low, 2,
      { padding = 1 })[{ 1, 1 }]:tolist())
  end)

  it("come with the greatest pixels", function()
    for _, n in ipairs { 1, 3, 40 } do
      for _, size in ipairs { 1, 2, 3, { 2, 3 }, { 4, 1 } } do
        for _, stride in ipairs { 1, 2, { 1, 3 } } do
          for _, padding in ipairs { 0, { 1, 0 } } do
            for _, dtype in ipairs { "float64", "float32", "int16" } do
              local options = { stride = stride, padding = size ~= 1 and padding or 0 }
              local x = whole(n, 3, 9, 7):astype(dtype)
              local expected = x:max_pool2d(size, options)
              local found, positions = core.max_pool2d_with_positions(x, size, options)
              assert.equal("int64", positions.dtype)
              assert.equal(expected.dtype, found.dtype)
              assert.is_true(pg.array_equal(expected, found))
              assert.is_true(pg.array_equal(positions,
                core.max_pool2d_positions(x, size, options)))
              assert.is_true(pg.array_equal(expected, core.pool_gather(x, positions)))
            end
          end
        end
      end
    end
  end)

  it("need pixels", function()
    raises_here("no pixels", function()
      core.max_pool2d_positions(pg.ones(1, 1, 0, 2), 2, { padding = 1 })
    end)
    assert.same({ 0, 1, 2, 2 }, core.max_pool2d_positions(pg.ones(0, 1, 4, 4), 2).shape)
    raises_here("size", function() core.max_pool2d_positions(pg.ones(1, 1, 4, 4)) end)
  end)
end)

describe("pooling", function()
  it("takes windows that are larger than the images", function()
    for _, n in ipairs { 1, 20 } do
      local x = whole(n, 1, 2, 3)
      local half = 1 << 40
      local found, positions = core.max_pool2d_with_positions(x, 2 * half, { padding = half })
      assert.same({ n, 1, 1, 1 }, found.shape)
      assert.is_true(pg.array_equal(x:reshape(n, -1):max(2), found:reshape(n)))
      assert.is_true(pg.array_equal(x:reshape(n, -1):argmax(2), positions:reshape(n)))
      assert.is_true(pg.allclose(x:reshape(n, -1):sum(2) / 2.0 ^ 82,
        x:avg_pool2d(2 * half, { padding = half }):reshape(n), 1e-15, 0))
    end
  end)

  it("has the same bits however many planes there are", function()
    local x = pg.randn(40, 3, 70, 90)
    for _, size in ipairs { 2, { 3, 5 } } do
      for _, options in ipairs { {}, { stride = 1, padding = 1 } } do
        local greatest, positions = core.max_pool2d_with_positions(x, size, options)
        local means = x:avg_pool2d(size, options)
        local spread = core.avg_pool2d_gradient(means, size, x.shape, options)
        local one = x["2:2"]
        local pixel, position = core.max_pool2d_with_positions(one, size, options)
        assert.is_true(pg.array_equal(greatest[2], pixel[1]))
        assert.is_true(pg.array_equal(greatest, x:max_pool2d(size, options)))
        assert.is_true(pg.array_equal(positions[2], position[1]))
        assert.is_true(pg.array_equal(means[2], one:avg_pool2d(size, options)[1]))
        assert.is_true(pg.allclose(spread[2],
          core.avg_pool2d_gradient(means["2:2"], size, one.shape, options)[1], 1e-14, 1e-15))
      end
    end
  end)
end)

describe("pool_scatter and pool_gather", function()
  it("add at positions, and read there", function()
    local g = pg.array { { { { 1, 2 }, { 3, 4 } } } }
    local positions = pg.array({ { { { 1, 6 }, { 6, 2 } } } }, "int64")
    assert.same({ { 1, 4, 0 }, { 0, 0, 5 } },
      core.pool_scatter(g, positions, { 1, 1, 2, 3 })[{ 1, 1 }]:tolist())
    local x = pg.range(1, 6):reshape(1, 1, 2, 3) * 10
    assert.same({ { 10, 60 }, { 60, 20 } }, core.pool_gather(x, positions)[{ 1, 1 }]:tolist())
  end)

  it("are each other's gradients", function()
    local x = whole(20, 3, 8, 8)
    local positions = core.max_pool2d_positions(x, 3, { stride = 2 })
    local g = whole(table.unpack(positions.shape))
    assert.equal((g * core.pool_gather(x, positions)):sum(),
      (x * core.pool_scatter(g, positions, x.shape)):sum())
  end)

  it("refuse positions that are not there", function()
    local g = pg.ones(2, 1, 2, 2)
    for _, bad in ipairs { 0, -1, 5, math.mininteger, math.maxinteger } do
      local positions = pg.ones(2, 1, 2, 2, "int64")
      positions:set(2, 1, 2, 1, bad)
      raises_here("in 1 .. 4, found " .. bad, function()
        core.pool_scatter(g, positions, { 2, 1, 2, 2 })
      end)
      raises_here("in 1 .. 4, found " .. bad, function() core.pool_gather(g, positions) end)
    end
    raises_here("do not fit images", function()
      core.pool_scatter(g, pg.ones(2, 1, 2, 2), { 2, 2, 4, 4 })
    end)
    raises_here("positions of shape", function()
      core.pool_scatter(g, pg.ones(2, 1, 2, 3), { 2, 1, 4, 4 })
    end)
    raises_here("do not fit images", function() core.pool_gather(g, pg.ones(1, 1, 2, 2)) end)
  end)
end)

describe("the gradient of avg_pool2d", function()
  it("is the sum of g times the derivatives", function()
    for _, n in ipairs { 1, 40 } do
      for _, size in ipairs { 1, 2, { 2, 4 } } do
        for _, stride in ipairs { 1, 2, { 1, 3 } } do
          for _, padding in ipairs { 0, { 1, 0 } } do
            local options = { stride = stride, padding = size ~= 1 and padding or 0 }
            local derivatives = units(42, 1, 7, 6):avg_pool2d(size, options)
            local shape = { n, 2, derivatives.shape[3], derivatives.shape[4] }
            local g = whole(table.unpack(shape))
            local expected = g:reshape(2 * n, -1):dot(derivatives:reshape(42, -1).T)
            for _, dtype in ipairs { "float64", "float32" } do
              local found = core.avg_pool2d_gradient(g:astype(dtype), size, { n, 2, 7, 6 }, options)
              assert.equal(dtype, found.dtype)
              assert.is_true(pg.array_equal(expected:reshape(n, 2, 7, 6), found))
            end
          end
        end
      end
    end
  end)

  it("refuses what does not fit", function()
    raises_here("do not fit 2 x 2 windows of images", function()
      core.avg_pool2d_gradient(pg.ones(1, 1, 2, 3), 2, { 1, 1, 4, 4 })
    end)
    raises_here("of images of shape (1, 1, 4, 4)", function()
      core.avg_pool2d_gradient(pg.ones(1, 2, 2, 2), 2, { 1, 1, 4, 4 })
    end)
    raises_here("more than half", function()
      core.avg_pool2d_gradient(pg.ones(1, 2, 2, 2), 3, { 1, 1, 4, 4 }, { padding = 2 })
    end)
  end)
end)
