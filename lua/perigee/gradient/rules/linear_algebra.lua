--- Rules of products and of linear algebra.
--
-- The formulas are those of M. B. Giles, "An extended collection of matrix derivative results for
-- forward and reverse mode algorithmic differentiation" (2008), and of PyTorch. g is the gradient
-- of the result y.

local choose = require "perigee.gradient.rules.choose"
local core = require "perigee.core"
local gradient = require "perigee.gradient.trace.gradient"
local traced = require "perigee.gradient.trace.traced"
local types = require "perigee.util.types"

local plain = traced.plain

local function rank(a)
  return plain(a).ndim
end

-- --- products -----------------------------------------------------------------------------------

--- A product's gradient by its left operand, for vectors and matrices.
local function of_left(g, a, b)
  if rank(a) == 1 and rank(b) == 1 then
    return g * b
  elseif rank(b) == 1 then
    return core.outer(g, b)
  elseif rank(a) == 1 then
    return core.dot(b, g)
  end
  return core.dot(g, b.T)
end

--- A product's gradient by its right operand, for vectors and matrices.
local function of_right(g, a, b)
  if rank(a) == 1 and rank(b) == 1 then
    return g * a
  elseif rank(a) == 1 then
    return core.outer(a, g)
  end
  return core.dot(a.T, g)
end

--- The backward function of a product, cast to the operand's dtype.
local function product(f, operand)
  return function(_, a, b)
    a = traced.array(a)
    b = traced.array(b)
    local like = plain(operand == 1 and a or b)
    return function(g)
      return core.sum_to(f(g, a, b), like)
    end
  end
end

traced.define("dot", { product(of_left, 1), product(of_right, 2) })

--- An operand of matmul as matrices: a vector is one row, or one column.
local function as_matrices(a, axis)
  return rank(a) == 1 and a:expand_dims(axis) or a
end

--- The gradient of matmul's result as matrices.
local function gradient_as_matrices(g, a, b)
  g = rank(b) == 1 and g:expand_dims(-1) or g
  return rank(a) == 1 and g:expand_dims(-2) or g
end

--- sum_to for the operand as matrices, then in the operand's shape.
local function to_operand(g, matrices, operand)
  return core.sum_to(g, plain(matrices)):reshape(plain(operand).shape)
end

traced.define("matmul", {
  product(function(g, a, b)
    if rank(a) <= 2 and rank(b) <= 2 then
      return of_left(g, a, b)
    end
    g = gradient_as_matrices(g, a, b)
    return to_operand(core.matmul(g, as_matrices(b, -1):swapaxes(-1, -2)), as_matrices(a, 1), a)
  end, 1),
  product(function(g, a, b)
    if rank(a) <= 2 and rank(b) <= 2 then
      return of_right(g, a, b)
    end
    g = gradient_as_matrices(g, a, b)
    return to_operand(core.matmul(as_matrices(a, 1):swapaxes(-1, -2), g), as_matrices(b, -1), b)
  end, 2),
})

traced.define("outer", {
  product(function(g, a, b) return core.dot(g, b:reshape(-1)):reshape(plain(a).shape) end, 1),
  product(function(g, a, b) return core.dot(a:reshape(-1), g):reshape(plain(b).shape) end, 2),
})

-- --- systems of equations -----------------------------------------------------------------------

local function outer_or_product(a, b)
  return rank(a) == 1 and core.outer(a, b) or core.dot(a, b.T)
end

traced.define("solve", {
  product(function(g, a, b) return -outer_or_product(core.solve(a.T, g), core.solve(a, b)) end, 1),
  product(function(g, a) return core.solve(a.T, g) end, 2),
})

traced.define("inv", {
  function(y) return function(g) return -core.dot(y.T, core.dot(g, y.T)) end end,
})

--- The matrix of cofactors, also of a singular matrix: U diag(products of the other singular
--- values) Vt, times the determinants of U and Vt.
local function cofactors(a)
  local u, s, vt = core.svd(a)
  local n = plain(s).shape[1]
  local others = choose.where(core.eye(n, "bool"), 1.0, s:reshape(1, n)):prod(2)
  return core.dot(u * others, vt) * (core.det(u) * core.det(vt))
end

traced.define("det", {
  function(y, a)
    return function(g)
      return plain(y) == 0 and g * cofactors(a) or g * y * core.inv(a).T
    end
  end,
})

-- --- decompositions -----------------------------------------------------------------------------

--- The lower triangle, with half of the diagonal.
local function half_lower(a)
  return core.tril(a) - 0.5 * core.diag(core.diag(a))
end

local function symmetric_part(a)
  return 0.5 * (a + a.T)
end

traced.define("cholesky", {
  function(y)
    return function(g)
      local inner = half_lower(core.dot(y.T, core.tril(g)))
      return symmetric_part(core.solve(y.T, core.solve(y.T, inner.T).T))
    end
  end,
})

--- Defines an operation with several results. rules[i](results, a) returns the backward function of
--- the i-th result, or nil for a constant.
local function define_results(name, rules)
  local function operation(a, ...)
    local node = a._node
    traced.innermost({ a }, 1)
    local results = table.pack(core[name](a._value, ...))
    local values = table.move(results, 1, results.n, 1, {})
    for i = 1, results.n do
      local backward = rules[i](values, a._value)
      results[i] = traced.new(values[i], { node, backward, tape = node.tape })
    end
    return table.unpack(results, 1, results.n)
  end
  traced.compose(name, operation)
end

--- 1 / (w[j] - w[i]) for i ~= j, 0 on the diagonal.
local function inverse_gaps(w)
  local n = plain(w).shape[1]
  local is_diagonal = core.eye(n, "bool")
  local gaps = w:reshape(1, n) - w:reshape(n, 1)
  return choose.where(is_diagonal, 0.0, 1 / choose.where(is_diagonal, 1.0, gaps))
end

define_results("eigh", {
  function(values)
    local v = values[2]
    return function(g) return core.dot(v * g, v.T) end
  end,
  function(values)
    local w, v = values[1], values[2]
    return function(g)
      local inner = core.dot(v.T, g)
      return core.dot(core.dot(v, inverse_gaps(w) * (0.5 * (inner - inner.T))), v.T)
    end
  end,
})

--- The gradient of a tall matrix's QR decomposition: PyTorch's qr_backward.
local function of_qr(q, r, gq, gr)
  local m = (gr and core.dot(r, gr.T) or 0) - (gq and core.dot(gq.T, q) or 0)
  local lower = core.tril(m, -1)
  local symmetric = lower + lower.T + core.diag(core.diag(m))
  local inner = core.dot(q, symmetric)
  return core.solve(r, (gq and gq + inner or inner).T).T
end

--- The backward function of q (which = 1) or r (2).
local function qr_rule(which)
  return function(values, a)
    local q, r = values[1], values[2]
    local m, n = plain(a).shape[1], plain(a).shape[2]
    return function(g)
      if m >= n then
        return of_qr(q, r, which == 1 and g or nil, which == 2 and core.triu(g) or nil)
      end
      local behind = { {}, { m + 1, n } } -- A = [X Y], R = [U V], V = Qt Y
      local square = r[{ {}, { 1, m } }]
      if which == 1 then
        return core.concat({ of_qr(q, square, g, nil), core.zeros(m, n - m):astype(q.dtype) }, 2)
      end
      local gv = g[behind]
      return core.concat({
        of_qr(q, square, core.dot(a[behind], gv.T), core.triu(g[{ {}, { 1, m } }])),
        core.dot(q, gv),
      }, 2)
    end
  end
end

define_results("qr", { qr_rule(1), qr_rule(2) })

--- The gradient by u (which = 1) or vt (3) of a = u diag(s) vt, with k singular vectors.
local function of_vectors(which, u, s, vt, g)
  local k = plain(s).shape[1]
  local square = s * s
  local gaps = inverse_gaps(square) -- 1 / (s[j]^2 - s[i]^2)
  local left = which == 1
  local vectors = left and u or vt.T
  g = left and g or g.T
  local inner = core.dot(vectors.T, g)
  local skew = gaps * (inner - inner.T)
  local result
  if left then
    result = core.dot(core.dot(u, skew * s), vt)
  else
    result = core.dot(core.dot(u, s:reshape(k, 1) * skew), vt)
  end
  if plain(vectors).shape[1] > k then -- what lies outside of the vectors' space
    local rest = (g - core.dot(vectors, inner)) / s
    result = result + (left and core.dot(rest, vt) or core.dot(u, rest.T))
  end
  return result
end

local function svd_rule(which)
  return function(values, a)
    local u, s, vt = values[1], values[2], values[3]
    local m, n, k = plain(a).shape[1], plain(a).shape[2], plain(s).shape[1]
    local is_full = plain(u).shape[2] > k or plain(vt).shape[1] > k
    return function(g)
      if which == 2 then
        local left, right = u, vt
        if is_full and traced.is(a) then -- for derivatives of these gradients
          local reduced = table.pack(core.svd(a, { full_matrices = false }))
          left, right = reduced[1], reduced[3]
        end
        return core.dot(left[{ {}, { 1, k } }] * g, right[{ { 1, k } }])
      elseif is_full then
        traced.raise("svd: the gradient of all singular vectors of a (%d, %d) matrix isn't "
          .. "defined: {full_matrices = false} has those that are", m, n)
      end
      return of_vectors(which, u, s, vt, g)
    end
  end
end

define_results("svd", { svd_rule(1), svd_rule(2), svd_rule(3) })

--- The solution of a system of full rank, by the normal equations.
local function solution(a, b)
  local shape = plain(a).shape
  if shape[1] >= shape[2] then
    return core.solve(core.dot(a.T, a), core.dot(a.T, b))
  end
  return core.dot(a.T, core.solve(core.dot(a, a.T), b))
end

--- The backward function of the solution by one of its arguments, which computes it again.
local function of_solution(a, b, n)
  return function(g)
    return gradient.grad(function(left, right)
      return (solution(left, right) * g):sum()
    end, n)(a, b)
  end
end

traced.define("lstsq", {
  function(_, a, b) return of_solution(a, b, 1) end,
  function(_, a, b) return of_solution(a, b, 2) end,
}, function(a, b, options)
  return (core.lstsq(a, b, options))
end)

local trace_solution = traced.operations.lstsq

traced.compose("lstsq", function(a, b, options)
  local _, residuals, r, s = core.lstsq(plain(a), plain(b), options)
  local shape = plain(a).shape
  if r < math.min(shape[1], shape[2]) then
    traced.raise("lstsq: a matrix of lower rank has no gradient")
  end
  local x = trace_solution(a, b, options)
  if residuals.size > 0 then
    residuals = core.sum((core.dot(a, x) - b) ^ 2, 1)
    residuals = types.is_array(plain(residuals)) and residuals or core.array { residuals }
  end
  if traced.is(a) then
    s = select(2, core.svd(a, { full_matrices = false }))
  end
  return x, residuals, r, s
end, 2)
