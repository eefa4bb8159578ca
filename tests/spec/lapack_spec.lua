local pg = require "perigee"

local DTYPES = { float64 = 2.220446049250313e-16, float32 = 1.1920928955078125e-07 }

-- The largest singular value: a's 2-norm.
local function size(a)
  return a.size > 0 and (select(2, a:svd()))[1] or 0
end

local function assert_small(a, bound)
  assert.is_true(a.size == 0 or a:abs():max() <= bound, ("%s > %s"):format(a.size > 0
    and a:abs():max(), bound))
end

local function each_matrix(shapes, f)
  for dtype, eps in pairs(DTYPES) do
    for _, shape in ipairs(shapes) do
      for _, view in ipairs { "rows", "columns", "reversed" } do
        local a = pg.randn(shape):astype(dtype)
        if view == "columns" then
          a = a.T:copy().T
        elseif view == "reversed" then
          a = a:flip()
        end
        f(a, eps * 10 * math.max(1, table.unpack(shape)), dtype)
      end
    end
  end
end

local SQUARE = { { 1, 1 }, { 2, 2 }, { 5, 5 }, { 40, 40 }, { 130, 130 } }
local ANY = { { 1, 1 }, { 5, 5 }, { 7, 3 }, { 3, 7 }, { 60, 130 }, { 130, 60 } }

describe("linear algebra", function()
  it("solves equations of one and of several right sides", function()
    each_matrix(SQUARE, function(a, eps, dtype)
      local n = #a
      for _, shape in ipairs { { n }, { n, 1 }, { n, 3 }, { n, 0 } } do
        local b = pg.randn(shape):astype(dtype)
        local x = a:solve(b)
        assert.equal(b.shape, x.shape)
        assert.equal(dtype, x.dtype)
        if b.size > 0 then
          assert_small(a:dot(x) - b, eps * size(a) * x:norm())
        end
      end
    end)
    assert.equal("float64", pg.solve({ { 2 } }, pg.ones({ 1 }, "int32")).dtype)
    assert.equal("float64", pg.solve(pg.ones({ 1, 1 }, "float32"), pg.ones(1)).dtype)
  end)

  it("inverts", function()
    each_matrix(SQUARE, function(a, eps, dtype)
      local b = a:inv()
      assert.equal(dtype, b.dtype)
      assert_small(a:dot(b) - pg.eye(#a), eps * size(a) * size(b))
    end)
  end)

  it("has determinants, and none that is lost on the way", function()
    assert.equal(-2, pg.det { { 1, 2 }, { 3, 4 } })
    assert.equal(0, pg.det { { 1, 2 }, { 2, 4 } })
    assert.equal(1, pg.det(pg.zeros(0, 0)))
    local scales = pg.concat { pg.full({ 100 }, 1e300), pg.full({ 100 }, 1e-300) }
    assert.is_true(math.abs(pg.det(pg.eye(200) * scales) - 1) < 1e-9)
    assert.equal(math.huge, pg.det(pg.eye(4) * 1e300))
    assert.equal(0, pg.det(pg.eye(4) * 1e-300))
    assert.is_true(pg.isnan(pg.array { pg.det { { 1, 0 / 0 }, { 2, 3 } } }):all())
    assert.equal(-2, pg.det(pg.array({ { 1, 2 }, { 3, 4 } }, "float32")))
  end)

  it("factors symmetric positive definite matrices, by the lower triangle", function()
    each_matrix(SQUARE, function(a, eps, dtype)
      local b = a:dot(a.T) + pg.eye(#a):astype(dtype)
      local l = (b + 7 * (pg.randn(#a, #a) * (pg.range(1, #a):gt(
        pg.range(1, #a):reshape(-1, 1)))):astype(dtype)):cholesky()
      assert.equal(dtype, l.dtype)
      assert_small(l:dot(l.T) - b, eps * size(b))
      for i = 1, #a - 1 do
        assert.equal(0, l[{ i, i + 1 }])
      end
    end)
  end)

  it("factors into orthonormal columns and a triangle", function()
    each_matrix(ANY, function(a, eps, dtype)
      local q, r = a:qr()
      local k = math.min(a.shape[1], a.shape[2])
      assert.same({ a.shape[1], k, k, a.shape[2] },
        { q.shape[1], q.shape[2], r.shape[1], r.shape[2] })
      assert.equal(dtype, q.dtype)
      assert_small(q:dot(r) - a, eps * size(a))
      assert_small(q.T:dot(q) - pg.eye(k), eps)
      for i = 2, k do
        assert.equal(0, r[{ i, i - 1 }])
      end
    end)
  end)

  it("has eigenvalues and eigenvectors, by the lower triangle", function()
    each_matrix(SQUARE, function(a, eps, dtype)
      local lower = a + a.T
      local upper = pg.range(1, #a):gt(pg.range(1, #a):reshape(-1, 1))
      local w, v = (lower + 3 * upper:astype(dtype)):eigh()
      assert.equal(dtype, w.dtype)
      assert_small(lower:dot(v) - v * w, eps * size(lower))
      assert_small(v.T:dot(v) - pg.eye(#a), eps)
      assert.is_true(w:sort():eq(w):all())
    end)
  end)

  it("has singular values", function()
    each_matrix(ANY, function(a, eps, dtype)
      local m, n = table.unpack(a.shape)
      local k = math.min(m, n)
      local u, s, vt = a:svd { full_matrices = false }
      assert.equal(dtype, s.dtype)
      assert_small((u * s):dot(vt) - a, eps * s[1])
      assert.is_true((-s):sort():eq(-s):all() and s:min() >= 0)
      assert_small(u.T:dot(u) - pg.eye(k), eps)
      assert_small(vt:dot(vt.T) - pg.eye(k), eps)
      local full_u, full_s, full_vt = a:svd()
      assert.same({ m, m, n, n }, { full_u.shape[1], full_u.shape[2], full_vt.shape[1],
        full_vt.shape[2] })
      assert_small(full_u.T:dot(full_u) - pg.eye(m), eps)
      assert_small(full_vt:dot(full_vt.T) - pg.eye(n), eps)
      assert_small(full_s - s, eps * s[1])
    end)
  end)

  it("has least squares of any rank", function()
    each_matrix(ANY, function(a, eps, dtype)
      local m, n = table.unpack(a.shape)
      for _, shape in ipairs { { m }, { m, 2 } } do
        local b = pg.randn(shape):astype(dtype)
        local x, residuals, rank, s = a:lstsq(b)
        local rest = a:dot(x) - b
        local bound = 100 * eps * (s[1] * x:norm() + b:norm())
        assert.equal(math.min(m, n), rank)
        assert.same({ n, shape[2] }, { x.shape[1], x.shape[2] })
        assert_small(a.T:dot(rest), bound * s[1])
        if m > n then
          local sums = (rest * rest):reshape(m, -1):sum(1)
          assert_small(residuals - sums, bound * b:norm())
        else
          assert.equal(0, residuals.size)
        end
      end
    end)
    local x, residuals, rank = pg.lstsq({ { 1, 1 }, { 1, 1 }, { 1, 1 } }, { 1, 2, 3 })
    assert.equal(1, rank)
    assert.equal(0, residuals.size)
    assert.is_true(x:allclose { 1, 1 })
    assert.equal(1, (select(3, pg.lstsq({ { 1, 0 }, { 0, 1e-3 } }, { 1, 1 }, { rcond = 0.01 }))))
  end)

  it("solves for no columns and for no right side", function()
    local _, residuals, rank = pg.lstsq(pg.zeros(3, 0), { 1, 2, 3 })
    assert.same({ 14 }, residuals:tolist())
    assert.equal(0, rank)
    residuals = select(2, pg.lstsq(pg.zeros({ 2, 0 }, "float32"), pg.array({ { 1, 2 }, { 3, 4 } },
      "float32")))
    assert.same({ 10, 20 }, residuals:tolist())
    local x, none, full, s = pg.lstsq({ { 2, 0 }, { 0, 3 }, { 0, 0 } }, pg.zeros(3, 0))
    assert.same({ 2, 0 }, { x.shape[1], x.shape[2] })
    assert.equal(0, none.size)
    assert.equal(2, full)
    assert.is_true(s:allclose { 3, 2 })
  end)

  it("takes matrices without elements", function()
    assert.equal("(0, 3)", tostring(pg.zeros(0, 0):solve(pg.zeros(0, 3)).shape))
    assert.equal("(0, 0)", tostring(pg.zeros(0, 0):inv().shape))
    local u, s, vt = pg.zeros(0, 3):svd()
    assert.equal("(0, 0) (0,) (3, 3)", ("%s %s %s"):format(u.shape, s.shape, vt.shape))
    assert.is_true(vt:eq(pg.eye(3)):all())
    local q, r = pg.zeros(3, 0):qr()
    assert.equal("(3, 0) (0, 0)", ("%s %s"):format(q.shape, r.shape))
    assert.equal(0, (pg.lstsq(pg.zeros(3, 0), pg.ones(3))).size)
    assert.same({ 0, 0 }, pg.lstsq(pg.zeros(0, 2), pg.zeros(0)):tolist())
    assert.equal(0, (pg.zeros(0, 0):eigh()).size)
  end)

  it("gives the same bits for any number of threads", function()
    local before, a = pg.threads(), pg.randn(300, 300)
    local function all()
      local q, r = a:qr()
      local w, v = a:eigh()
      local u, s, vt = a:svd()
      return { a:solve(a.T), a:inv(), q, r, w, v, u, s, vt }
    end
    pg.threads(1)
    local first = all()
    pg.threads(8)
    local second = all()
    pg.threads(before)
    for i, array in ipairs(first) do
      assert.is_true(array:eq(second[i]):all())
    end
  end)

  it("says what is singular, and what does not fit", function()
    for message, f in pairs {
      ["solve: the matrix is singular: pivot 2 is 0"] = function()
        return pg.solve({ { 1, 2 }, { 2, 4 } }, { 1, 2 })
      end,
      ["inv: the matrix is singular: pivot 1 is 0"] = function() return pg.inv(pg.zeros(2, 2)) end,
      ["cholesky: the matrix is not positive definite: its leading minor of order 2"] = function()
        return pg.cholesky { { 1, 2 }, { 2, 1 } }
      end,
      ["inv: a square matrix is expected, not shape (2, 3)"] = function()
        return pg.zeros(2, 3):inv()
      end,
      ["det: a matrix (rank 2) is expected, not shape (3,)"] = function()
        return pg.det { 1, 2, 3 }
      end,
      ["solve: b of shape (3,) does not fit a of shape (2, 2)"] = function()
        return pg.eye(2):solve { 1, 2, 3 }
      end,
      ["eigh: the matrix has a number that is not finite"] = function()
        return pg.eigh { { 1, 0 / 0 }, { 1, 1 } }
      end,
      ["svd: the matrix has a number that is not finite"] = function()
        return pg.svd { { 1, math.huge } }
      end,
      ["lstsq: b has a number that is not finite"] = function()
        return pg.lstsq({ { 1 } }, { 0 / 0 })
      end,
      ["svd: unknown option 'full'; the only option is full_matrices"] = function()
        return pg.eye(2):svd { full = true }
      end,
      ["svd: full_matrices must be true or false, not 0"] = function()
        return pg.eye(2):svd { full_matrices = 0 }
      end,
      [("lstsq: rcond must be a number, not %s"):format(0 / 0)] = function()
        return pg.eye(2):lstsq({ 1, 2 }, { rcond = 0 / 0 })
      end,
      ["lstsq: rcond must be a number, not small"] = function()
        return pg.eye(2):lstsq({ 1, 2 }, { rcond = "small" })
      end,
    } do
      local worked, text = pcall(f)
      assert.is_false(worked)
      assert.is_truthy(text:find(message, 1, true), text)
    end
  end)
end)
