-- Compares random operations with NumPy's.
--
--   build/perigee tests/differential.lua [seed=N] [cases=4000]
--
-- tests/differential.py draws the cases and computes what must be found; see there for what
-- they are made of. The seed is the clock's unless given; one seed always gives the same
-- cases. To add an operation: a row in `operations` here, and one there. Exit status 1 where
-- anything differs.

local here = arg[0]:match "^(.*)/" or "."
package.path = here .. "/?.lua;" .. package.path

local pg = require "perigee"
local options = require "perigee.options"
local in_folder = require "scratch_folder"

local o = options.read(arg, { seed = -1, cases = 4000 })

local PYTHON = os.getenv("PYTHON") or "/usr/bin/python3"
local SHOWN = 20 -- failures told in full

local seed = o.seed >= 0 and o.seed or os.time()

-- --- the operations: each takes the case's arguments, then its operands --------------

--- A method that takes other operands, and the names of its further arguments. The last operand
--- is `out`, if the case has one.
local function method(name, ...)
  local fields = { ... }
  return function(args, a, ...)
    local list = table.pack(...)
    local n, out = list.n, args.out and list[list.n]
    n = out and n - 1 or n
    for i, field in ipairs(fields) do
      local value = args[field]
      local is_empty = field == "options" and type(value) == "table" and not next(value)
      list[n + i] = not is_empty and value or nil
    end
    n = n + #fields
    if not out then
      return pg[name](a, table.unpack(list, 1, n))
    end
    list[n + 1] = { out = out }
    assert(rawequal(pg[name](a, table.unpack(list, 1, n + 1)), out), "out is not returned")
  end
end

--- A function of the module that takes a list of arrays and an axis.
local function of_list(name)
  return function(args, ...)
    return pg[name]({ ... }, args.axis)
  end
end

--- A method that takes an argument's elements, such as axes, one by one.
local function with_list(name, field)
  return function(args, a)
    return pg[name](a, table.unpack(args[field]))
  end
end

--- The results of a function, stacked along a new first axis.
local function stacked(...)
  return pg.stack { ... }
end

local operations = {
  add = function(_, a, b) return a + b end,
  sub = function(_, a, b) return a - b end,
  mul = function(_, a, b) return a * b end,
  div = function(_, a, b) return a / b end,
  idiv = function(_, a, b) return a // b end,
  mod = function(_, a, b) return a % b end,
  pow = function(_, a, b) return a ^ b end,
  unm = function(_, a) return -a end,
  band = function(_, a, b) return a & b end,
  bor = function(_, a, b) return a | b end,
  bxor = function(_, a, b) return a ~ b end,
  bnot = function(_, a) return ~a end,
  gt = method("gt"),
  ge = method("ge"),
  lt = method("lt"),
  le = method("le"),
  eq = method("eq"),
  ne = method("ne"),
  minimum = method("minimum"),
  maximum = method("maximum"),
  abs = method("abs"),
  sign = method("sign"),
  square = method("square"),
  relu = method("relu"),
  leaky_relu = method("leaky_relu", "slope"),
  gelu = method("gelu"),
  exp = method("exp"),
  expm1 = method("expm1"),
  log = method("log"),
  log1p = method("log1p"),
  log2 = method("log2"),
  log10 = method("log10"),
  sin = method("sin"),
  cos = method("cos"),
  tan = method("tan"),
  sqrt = method("sqrt"),
  tanh = method("tanh"),
  sigmoid = method("sigmoid"),
  softmax = method("softmax", "axis"),
  log_softmax = method("log_softmax", "axis"),
  logsumexp = method("logsumexp", "axis", "options"),
  softmax_cross_entropy = method("softmax_cross_entropy"),
  clip = method("clip"),
  where = method("where"),
  add_ = method("add_"),
  sub_ = method("sub_"),
  mul_ = method("mul_"),
  div_ = method("div_"),
  fill_ = method("fill_"),
  read = function(args, a) return a[args.key] end,
  get = with_list("get", "positions"),
  write = function(args, a, value) a[args.key] = value end,
  take = method("take", "axis"),
  reshape = method("reshape", "shape"),
  astype = method("astype", "dtype"),
  copy = method("copy"),
  concat = of_list("concat"),
  concatenate = of_list("concatenate"),
  vstack = of_list("vstack"),
  hstack = of_list("hstack"),
  array_split = function(args, a) return pg.array_split(a, args.parts, args.axis)[args.part] end,
  repeat_interleave = function(args, a, counts)
    return pg.repeat_interleave(a, counts or args.count, args.axis)
  end,
  tile = with_list("tile", "repeats"),
  pad = function(args, a, value)
    return pg.pad(a, args.widths, { mode = args.mode, value = value })
  end,
  diag = method("diag", "k"),
  tril = method("tril", "k"),
  triu = method("triu", "k"),
  meshgrid = function(args, ...)
    local list = { ... }
    list[#list + 1] = { indexing = args.indexing }
    return (select(args.which, pg.meshgrid(table.unpack(list))))
  end,
  zeros_like = method("zeros_like", "dtype"),
  ones_like = method("ones_like", "dtype"),
  full_like = method("full_like", "dtype"),
  ravel = method("ravel"),
  flatten = method("flatten", "first"),
  nonzero = function(_, a) return stacked(a:nonzero()) end,
  argwhere = method("argwhere"),
  bincount = function(args, a, weights)
    return pg.bincount(a, weights, { minlength = args.minlength })
  end,
  topk = function(args, a) return (a:topk(args.k, args.axis, { largest = args.largest })) end,
  topk_positions = function(args, a)
    return (select(2, a:topk(args.k, args.axis, { largest = args.largest })))
  end,
  array_equal = function(args, a, b) return a:array_equal(b, { equal_nan = args.equal_nan }) end,
  matmul = method("matmul"),
  read_at = function(_, a, positions) return a[positions] end,
  write_at = function(_, a, positions, value) a[positions] = value end,
  sum = method("sum", "axis", "options"),
  mean = method("mean", "axis", "options"),
  std = method("std", "axis", "options"),
  min = method("min", "axis", "options"),
  max = method("max", "axis", "options"),
  argmax = method("argmax", "axis", "options"),
  dot = method("dot"),
  -- Here for the day when arrays have them.
  stack = of_list("stack"),
  sort = method("sort", "axis"),
  argsort = method("argsort", "axis"),
  cumsum = method("cumsum", "axis"),
  flip = method("flip", "axis"),
  unique = method("unique"),
  histogram = method("histogram", "bins", "ends"),
  any = method("any", "axis", "options"),
  all = method("all", "axis", "options"),
  var = method("var", "axis", "options"),
  norm = method("norm", "axis", "options"),
  outer = method("outer"),
  transpose = with_list("transpose", "axes"),
  swapaxes = with_list("swapaxes", "axes"),
  squeeze = method("squeeze", "axis"),
  expand_dims = method("expand_dims", "axis"),
  isnan = method("isnan"),
  isfinite = method("isfinite"),
  isinf = method("isinf"),
  round = method("round"),
  floor = method("floor"),
  ceil = method("ceil"),
  masked = method("masked"),
  prod = method("prod", "axis", "options"),
  ptp = method("ptp", "axis", "options"),
  nansum = method("nansum", "axis", "options"),
  nanmean = method("nanmean", "axis", "options"),
  count_nonzero = method("count_nonzero", "axis", "options"),
  median = method("median", "axis", "options"),
  quantile = method("quantile", "q", "axis", "options"),
  percentile = method("percentile", "q", "axis", "options"),
  cumprod = method("cumprod", "axis"),
  diff = method("diff", "times", "axis"),
  cov = method("cov", "options"),
  conv2d = method("conv2d", "options"),
  max_pool2d = method("max_pool2d", "size", "options"),
  avg_pool2d = method("avg_pool2d", "size", "options"),
  corrcoef = method("corrcoef", "options"),
}

-- Not functions of the module, and there all the same.
local written_otherwise = {}
for name in ("add sub mul div idiv mod pow unm band bor bxor bnot read write " ..
  "read_at write_at topk_positions"):gmatch("%S+") do
  written_otherwise[name] = true
end

local function is_there(op)
  return written_otherwise[op] or pg[op] ~= nil
end

-- --- the operands --------------------------------------------------------------------

--- The view that the steps lead to; the number, of a number.
local function view(operand, archive)
  if not operand.name then
    return operand.scalar
  end
  local a = archive:get(operand.name)
  for _, step in ipairs(operand.steps) do
    if step == "T" then
      a = a.T
    else
      a = a[step]
    end
  end
  return a
end

local function views(case, archive)
  local list = {}
  for i = 1, case.n do
    list[i] = view(case.operands[i], archive)
  end
  return list
end

--- Runs it: whether it did not raise, and the result or the message.
local function attempt(case, archive)
  local list = views(case, archive) -- outside: these may not raise
  return pcall(function()
    local result = operations[case.op](case.args, table.unpack(list, 1, case.n))
    return case.written and archive:get(case.operands[case.written].name) or result
  end)
end

-- --- comparing -----------------------------------------------------------------------

local kinds = { bool = "boolean", float32 = "float", float64 = "float" }

--- A number as an array of the expected dtype, where it is of that kind.
local function as_array(found, dtype)
  if type(found) == "userdata" then
    return found
  end
  local kind = math.type(found) or type(found)
  return kind == (kinds[dtype] or "integer") and pg.array(found, dtype) or nil
end

local function same_shape(a, b)
  return table.concat(a.shape, ",") == table.concat(b.shape, ",")
end

local function is_floating(a)
  return a.dtype == "float32" or a.dtype == "float64"
end

--- Where the elements are equal; NaN is equal to NaN.
local function equal(a, b)
  local same = a:eq(b)
  return is_floating(a) and same | (a:ne(a) & b:ne(b)) or same
end

local agrees = {}

--- The reciprocals tell 0 from -0, and in float64 they are different for no other reason.
function agrees.exact(found, expected)
  local same = equal(found, expected)
  return is_floating(found) and same & equal(1 / found, 1 / expected) or same
end

function agrees.value(found, expected)
  return equal(found, expected)
end

--- In float64, in which the difference of near numbers is exact.
function agrees.sum(found, expected, bound)
  local same = equal(found, expected)
  if not is_floating(found) then
    return same
  end
  return same | (found - expected):abs():astype("float64"):le(bound)
end

--- The same, but 0 is not -0.
function agrees.ulp(found, expected, bound)
  local near = agrees.sum(found, expected, bound)
  return agrees.exact(found, expected) | (near & found:ne(expected))
end

--- The arrays' own eq says what is equal: one that sees no difference would pass everything.
local function check_comparing()
  for _, dtype in ipairs { "bool", "int8", "uint64", "float32", "float64" } do
    local a, b = pg.zeros({ 3, 700 }, dtype), pg.zeros({ 3, 700 }, dtype)
    assert(equal(a, b):tolist()[2][600], "equal elements are said to differ")
    b[{ 2, 600 }] = 1
    local row = equal(a, b):tolist()[2]
    assert(row[599] and not row[600] and not equal(a, b):min(), "a difference is not seen")
  end
end

local function first_difference(found, expected, same)
  local position = (~same):reshape(-1):argmax()
  return ("at element %d of %d: expected %s, found %s"):format(position, expected.size,
    expected:reshape(-1)[position], found:reshape(-1)[position])
end

local function shown(a)
  return type(a) == "userdata" and ("%s (%s)"):format(a.dtype, table.concat(a.shape, ", "))
    or ("the %s %s"):format(math.type(a) or type(a), a)
end

--- What differs, in words; nil where nothing does.
local function difference(case, archive, found)
  local expected = archive:get(case.expect)
  local array = as_array(found, expected.dtype)
  if not array or array.dtype ~= expected.dtype or not same_shape(array, expected) then
    return ("expected %s, found %s"):format(shown(expected), shown(found))
  elseif expected.size == 0 then
    return nil
  end
  local bound = case.bound and archive:get(case.bound)
  local same = agrees[case.tolerance](array, expected, bound)
  return not same:min() and first_difference(array, expected, same) or nil
end

local function check(case, archive)
  local ok, found = attempt(case, archive)
  if case.expect == "error" then
    return ok and "expected an error, found " .. shown(found) or nil
  elseif not ok then
    return ("expected %s, found an error: %s"):format(shown(archive:get(case.expect)), found)
  end
  return difference(case, archive, found)
end

-- --- in words ------------------------------------------------------------------------

local function text_of(value)
  if type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  for key, part in pairs(value) do
    parts[#parts + 1] = (type(key) == "string" and key .. " = " or "") .. text_of(part)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function operand_in_words(operand, archive)
  if not operand.name then
    return text_of(operand.scalar)
  end
  local words = { shown(view(operand, archive)), " = ", operand.name,
    " ", shown(archive:get(operand.name)) }
  for _, step in ipairs(operand.steps) do
    words[#words + 1] = step == "T" and ".T" or '["' .. step .. '"]'
  end
  return table.concat(words)
end

local function in_words(case, archive)
  local words = {}
  for i = 1, case.n do
    words[i] = operand_in_words(case.operands[i], archive)
  end
  return ("%s of %s, %s"):format(case.op, table.concat(words, " and "), text_of(case.args))
end

-- --- the run -------------------------------------------------------------------------

local function draw(folder)
  local command = ("'%s' '%s/differential.py' %d %d '%s'"):format(PYTHON, here, seed, o.cases,
    folder)
  assert(os.execute(command), "differential.py failed")
  return dofile(folder .. "/cases.lua"), assert(pg.load(folder .. "/operands.npz"))
end

local function report(number, case, archive, what)
  io.stderr:write(("seed %d, case %d: %s\n  %s\n"):format(seed, number, in_words(case, archive),
    what))
end

local function list_of(names)
  local list = {}
  for name in pairs(names) do
    list[#list + 1] = name
  end
  table.sort(list)
  return table.concat(list, " ")
end

local compared, skipped, failures, absent = 0, 0, 0, {}

check_comparing()
in_folder("differential", function(folder)
  local cases, archive <close> = draw(folder)
  for number, case in ipairs(cases) do
    if not is_there(case.op) then
      skipped, absent[case.op] = skipped + 1, true
    else
      compared = compared + 1
      local what = check(case, archive)
      failures = failures + (what and 1 or 0)
      if what and failures <= SHOWN then
        report(number, case, archive, what)
      end
    end
  end
end)

local rest = skipped > 0 and (", %d skipped (no %s yet)"):format(skipped, list_of(absent)) or ""
if failures > 0 then
  io.stderr:write(("%d of %d cases differ, seed %d%s\n"):format(failures, compared, seed, rest))
  os.exit(1, true)
end
print(("%d cases equal, seed %d%s"):format(compared, seed, rest))
