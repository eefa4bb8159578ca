-- Lets each allocation fail in turn, the core's and Lua's, in every operation.
--
--   build/perigee tests/faults.lua build
--
-- A failure must come out as an error; then no memory may be lost, and the operation must work
-- again.

local build = assert(arg[1], "usage: faults.lua FOLDER OF THE BUILD")
-- "*": what the module exports is found by the library that is loaded after it.
assert(package.loadlib(build .. "/perigee.so", "*"))
local run = assert(package.loadlib(build .. "/faults.so", "luaopen_faults"))()

local pg = require "perigee"
local show = require "perigee.image.show"
local container = dofile((arg[0]:match "^(.*)/" or ".") .. "/container.lua")

local MOST = 100000 -- failures of one operation: more means that it never ends

-- --- the operations ---------------------------------------------------------------

local a, b = pg.rand(4, 6), pg.rand(4, 6):astype "float32"
local i8, u8 = pg.array({ 3, 1, 2 }, "int8"), pg.array({ 1, 2, 200 }, "uint8")
local mask, long = a:gt(0.5), pg.rand(70000)
local long_bytes = pg.zeros(1200000, "uint8") -- read by several threads
local positions = pg.array({ 2, -1, 1 }, "int64")
local g = pg.random(0)
local path = os.tmpname()
local x, y = pg.rand(50, 8), pg.permutation(50) % 3
local w = pg.initialization(x, 5, { classes = 3, random = pg.random(1) })

pg.write(path .. ".idx", "\0\0\11\1\0\0\0\2\0\1\0\2")
assert(os.execute(("gzip -c '%s.idx' > '%s.gz'"):format(path, path)))

-- Names that are decoded, members without the suffix, one that is no array.
pg.save(path .. ".npy", a)
local member <close> = assert(io.open(path .. ".npy", "rb"))
local bytes = member:read "a"
pg.write(path .. ".foreign.npz", container.zip {
  { name = "\xe9.npy", data = bytes }, { name = "bare", data = bytes, method = 8 },
  { name = "README", data = "hello" },
})

assert(os.execute(("mkdir -p '%s.folder/a' '%s.folder/b'"):format(path, path)))
for i = 1, 20 do
  pg.save_png(("%s.folder/%s/%d.png"):format(path, i % 2 == 0 and "a" or "b", i), pg.eye(3))
end

local operations = {
  array = function() return pg.array({ { 1, 2 }, { 3, 4 } }, "int16") end,
  create = function()
    return pg.zeros(3), pg.ones(2, 2), pg.full({ 2 }, 7), pg.eye(3), pg.range(1, 9),
      pg.linspace(0, 1, 5), pg.onehot({ 1, 0 }, 2), pg.labels(a)
  end,
  operators = function()
    return a + b, a - 1, 2 * a, a / b, a // 0.3, a % b, a ^ 2, -a, ~mask, mask & mask, mask | mask
  end,
  mixed = function() return i8 + u8, i8 / 2, u8:gt(i8), a.T + 1, a["::-1"] * b end,
  in_place = function() return a:copy():add_(b):sub_(1):mul_(a):div_(2):axpy_(2, b):fill_(1) end,
  functions = function()
    return a:exp(), a:log(), a:sqrt(), a:abs(), a:tanh(), a:sigmoid(), a:softmax(),
      a:clip(0.1, 1), a:floor(), a:ceil(), a:round(2), i8:round(-1), a:isnan(), pg.maximum(a, b),
      pg.where(mask, a, 0), a:sin(), a:cos(), a:tan(), a:log1p(), a:log2(), a:log10(), a:expm1(),
      a:sign(), i8:square(), a:relu(), a:isfinite(), a:isinf(), a:gelu(), i8:leaky_relu(2)
  end,
  out = function()
    local c = a:copy()
    return i8:exp { out = pg.zeros(3) }, a:gt(b, { out = c }), c:clip(b, 1, { out = c["::-1"] }),
      c:round(1, { out = c["::-1"] })
  end,
  reductions = function()
    return a:sum(), a:sum(1), b:sum(2), a:mean(1), a:std(2), a:var(1, true), a:norm(), a:min(1),
      a:max(), a:argmax(1), a:argmin(), i8:mean(), a:any(1), a:all(), long:sum(), long:argmax()
  end,
  axes = function()
    local c = pg.ones(2, 3, 4)
    return c:sum({ 1, 3 }, { keep = true }), c:std({ 1, 3 }, { ddof = 1 }), c:median { 1, 3 },
      c:prod(1), c:ptp { 1 }, b:nansum(1), b:nanmean { keep = true }, a:count_nonzero(2),
      long:prod(), long:count_nonzero(), c:mean { 1, 3 }
  end,
  statistics = function()
    return a:median(), b:median(1), a:quantile({ 0.1, 0.5 }, 2), i8:percentile(30), long:median(),
      a:cov(), a:cov(a, { rowvar = false, ddof = 0 }), pg.corrcoef(a, a[1]), pg.cov { 1, 2 }
  end,
  images = function()
    local images, kernels = pg.ones(2, 3, 6, 5), pg.ones(4, 3, 2, 2, "float32")
    return images:conv2d(kernels, { padding = 1 }),
      images:astype("int8"):conv2d(kernels, { stride = 2 }), images.T:max_pool2d({ 1, 2 }),
      images:astype("int8"):avg_pool2d(2)
  end,
  image_gradients = function()
    local core = require "perigee.core"
    local images, k = pg.ones(2, 3, 6, 5), pg.ones(4, 3, 2, 2, "float32")
    local from, many = pg.ones(2, 4, 5, 4, "int8"), pg.ones(20, 3, 6, 5)
    local greatest = core.max_pool2d_positions(images, 2)
    return core.conv2d_input_gradient(from, k, images.shape),
      core.conv2d_kernel_gradient(from, images.T.T, k.shape), many:conv2d(k),
      core.conv2d_kernel_gradient(pg.ones(20, 4, 5, 4), many, k.shape),
      core.max_pool2d_with_positions(many:astype "int8", 2), core.max_pool2d_positions(images, 2),
      core.pool_scatter(pg.ones(2, 3, 3, 2, "int8"), greatest:astype "float64", images.shape),
      core.pool_gather(images:astype "int8", greatest),
      core.avg_pool2d_gradient(pg.ones(2, 3, 3, 2, "int8"), 2, images.shape)
  end,
  gradients = function()
    local weights = { W = pg.ones(6, 3), b = pg.zeros(3), s = 2.0 }
    local f = pg.value_and_grad(function(v)
      local h = (a:dot(v.W) + v.b):tanh()
      h = pg.concat({ h, h[{ {}, { 1, 2 } }] }, 2):sort():softmax()
      return (h * pg.array { v.s, v.s, 1, 2, 3 }):sum()
    end)
    return f(weights), pg.grad(pg.grad(function(v) return v ^ 3 end))(2)
  end,
  sorting = function()
    return a:sort(), a:sort(1), a:argsort(1), i8:unique(), a:cumsum(1), b:cumsum(), long:sort(),
      b:cumprod(1), a:diff(2), i8:diff()
  end,
  products = function() return a:dot(b.T), i8:outer(u8), i8:dot(i8), pg.dot(a, pg.ones(6)),
    a:matmul(b.T), pg.ones(2, 3, 4):matmul(pg.ones(4, 2)) end,
  lapack = function()
    local square = pg.array { { 4, 1 }, { 1, 3 } }
    return square:solve { 1, 2 }, square:solve(square), square:inv(), square:det(),
      square:cholesky(), a:qr(), square:eigh(), a:svd(), a:svd { full_matrices = false },
      a:lstsq { 1, 2, 3, 4 }, a.T:lstsq(a.T)
  end,
  views = function()
    return a:reshape(-1, 3), a.T:reshape(24), a:transpose(2, 1), a:swapaxes(1, 2), a:squeeze(),
      a:expand_dims(1), a:flip(1), a:astype "int32", a:copy()
  end,
  indexing = function()
    local c = a:copy()
    c[1] = 5
    c["2, :"] = { 1, 2, 3, 4, 5, 6 }
    c[{ { 1, 2 }, 3 }] = c[{ { 2, 3 }, 4 }]
    c[mask] = 0
    c[positions] = a:rows(1, 3)
    return c[mask], c[positions], c:take { 1, 1 }, c:rows(1, 2), c:get(1, 1), c:tolist()
  end,
  repeating = function()
    return a:repeat_interleave(2), a:repeat_interleave({ 1, 0, 2, 1 }, 1), b.T:tile(2, 3), a:pad(1),
      b.T:pad({ 1, 2 }, { mode = "reflect" }), a:pad({ { 0, 1 }, { 2, 0 } }, { mode = "edge" })
  end,
  shapes = function()
    return a:ravel(), a.T:ravel(), a.T:flatten(2), a:array_split(3), a:array_split({ 2, 4 }, 2),
      a:diag(), pg.diag { 1, 2 }, a:tril(), a.T:triu(1), pg.meshgrid({ 1, 2 }, { 3 }, a),
      pg.zeros_like(a), pg.ones_like(a, "int8"), pg.full_like({ 1, 2 }, 3)
  end,
  selecting = function()
    return mask:nonzero(), a.T:argwhere(), pg.bincount(i8), pg.bincount(i8, { 1, 2, 3 },
      { minlength = 9 }), a:topk(2), long:topk(5000),
      b:topk(2, 1, { largest = false }), a:array_equal(b),
      a:array_equal(a.T), a:array_equal(a, { equal_nan = true }), a[pg.array { 1, 3 }],
      a:take(pg.array { 1, -1, 2 }, 2)
  end,
  joining = function()
    return pg.concat { a, b }, pg.stack({ a, b }, 3), pg.vstack { a, { 1, 2, 3, 4, 5, 6 } },
      pg.hstack { a, b }
  end,
  histogram = function() return pg.histogram(a, 4), (pg.histogram(a, { 0, 0.5, 1 })) end,
  allclose = function() return a:allclose(b, 1, 1) end,
  text = function() return tostring(a), tostring(long) end,
  random = function()
    return g:rand(3), g:randn(5), g:uniform(0, 1, 3), g:normal(0, 1, 3), g:randint(0, 9, 3),
      g:permutation(5), g:shuffle(a:copy()), g:choice(a, 2, false), g:choice(4, 2, true,
      { 0.1, 0.2, 0.3, 0.4 }), g:choice(4, 2, false, { 0.1, 0.2, 0.3, 0.4 }), pg.random(3)
  end,
  npy = function()
    assert(pg.save(path .. ".npy", a))
    return assert(pg.load(path .. ".npy"))
  end,
  split = function()
    return pg.split(a, { 1, 1, 2, 2 }, { "a", "b", "a", "b" }, { stratify = true, test = 2 })
  end,
  networks = function()
    local core = require "perigee.core"
    local labels = pg.array({ 0, 5, 1, 2 }, "int64")
    return a:log_softmax(), b:log_softmax(1), a:logsumexp(), i8:logsumexp(),
      b:logsumexp({ 1, 2 }, { keep = true }), pg.softmax_cross_entropy(a, labels),
      pg.softmax_cross_entropy(b, a), core.softmax_cross_entropy_gradient(b, labels),
      core.softmax_cross_entropy_gradient(a, b), pg.dropout(b, 0.5, g), pg.dropout(i8, 0.1, g)
  end,
  backward = function()
    local core = require "perigee.core"
    return core.form(a), core.sum_to(a, a[1]), core.sum_to(b, 1), core.sum_to(b, a),
      core.broadcast_to(1, a),
      core.broadcast_to(a[1], b), core.add_at(a, { 1, 2 }, 3), core.add_at(a, "1:2", a["3:4"].T.T),
      core.add_at(a, mask, 1), core.add_at(b, positions, a["1:3"]),
      core.add_at_axis(b, { 1, 1 }, 2, 1)
  end,
  standardise = function()
    local z, scale = pg.standardise(b)
    return z, pg.standardise(i8, { mean = 1, std = 2 }), pg.standardise(b, scale)
  end,
  folder = function() return pg.load_folder(path .. ".folder") end,
  idx = function() return pg.load(path .. ".idx"), pg.load(path .. ".gz", { rows = { 2, 2 } }) end,
  png = function()
    assert(pg.save_png(path .. ".png", a, { map = "diverging" }))
    return assert(pg.load_png(path .. ".png"))
  end,
  csv = function()
    assert(pg.write(path .. ".csv", 'a,b,c\n1,0.5,x\n-0,NA,"y""\n"\n2.5,3,\n'))
    local t = pg.read_csv(path .. ".csv", { kinds = { a = "number" }, missing = { "NA" } })
    t:array { "a", "b" }
    t:labels "c"
    return assert(pg.write_csv(path .. ".csv", t))
  end,
  pictures = function()
    local surface = { palette = "256", width = 40, lines = 20 }
    return show.text(b:reshape(2, 2, 6), { each = true, labels = { 1, 2 } }, surface)
  end,
  npz = function()
    assert(pg.save(path .. ".npz", { a = a, b = b }, { compress = true }))
    assert(pg.save(path .. ".npz", { a = a }, { append = true }))
    local archive <close> = assert(pg.load(path .. ".npz"))
    assert(archive:form "a")
    return archive.a, archive.b, archive:keys()
  end,
  parts = function()
    local rows = { rows = { 1, 2 } }
    assert(pg.save(path .. ".npy", a))
    assert(pg.save(path .. ".npz", { a = a, long = long_bytes }))
    local archive <close> = pg.load(path .. ".npz", { rows = { a = { 1, 2 } }, check = true })
    local mapped <close> = pg.load(path .. ".npz", { map = true })
    local m = pg.Model(mapped.a, pg.range(0, #a - 1) % 2, { hidden = 2 })
    m:fit { iterations = 2, batch = 2 }
    return archive.a, pg.load(path .. ".npy", rows), pg.load(path .. ".npy", { map = true }),
      mapped:load(), m:predict(mapped.a)
  end,
  all_of_an_archive = function()
    assert(pg.save(path .. ".npz", { a = a, long = long_bytes }))
    assert(pg.save(path .. "2.npz", { b = b, long = long_bytes }, { compress = true }))
    local stored <close> = pg.load(path .. ".npz")
    local deflated <close> = pg.load(path .. "2.npz")
    return stored:load(), deflated:load(), pg.load(path .. "2.npz").long
  end,
  foreign_npz = function()
    local archive <close> = assert(pg.load(path .. ".foreign.npz"))
    local keys = archive:keys()
    return keys, archive:get(keys[1]), archive:get(keys[2]), archive:get "none", archive:load()
  end,
  kernels = function()
    local act = pg.forward(x, w)
    local gradient = pg.gradient(x, y, act, w)
    return pg.cross_entropy(act, y), gradient, pg.initialization(x, 4, { classes = 3, random = g })
  end,
  model = function()
    local m = pg.Model(x, y, { hidden = 6, seed = 0 })
    m:fit { iterations = 2 }
    return m:predict(x), m:predict_proba(x), m:score(x, y)
  end,
  trainings = function()
    for _, plan in ipairs { "dense", "sparse" } do
      local m = pg.Model(x, y, { hidden = { 6, 4 }, activation = { "gelu", "tanh" }, seed = 0,
        plan = plan, optimizer = "adamw", batch = 20, validation = { x, y }, patience = 9,
        dropout = 0.25 })
      m:fit { epochs = 2 }
      m:fit { iterations = 1, optimizer = "momentum", batch = false }
      m:evaluate(x, y)
      m:summary()
    end
  end,
  losses = function()
    local real = pg.concat({ x:sum(2, true), x:mean(2, true) }, 2)
    for _, told in ipairs {
      { y, { class_weight = "balanced", label_smoothing = 0.1 } },
      { pg.softmax(real), { class_weight = { 1, 2 } } },
      { real:cols(1, 1):gt(real:cols(1, 1):mean()), { loss = "binary_cross_entropy" } },
      { real:cols(2, 2):clip(0, 1), { loss = "binary_cross_entropy", class_weight = { 1, 2 } } },
      { real, { loss = "mse" } },
    } do
      told[2].hidden, told[2].batch, told[2].seed = 4, 20, 0
      local m = pg.Model(x, told[1], told[2])
      m:fit { iterations = 2, rate = 0.01 }
      m:evaluate(x, told[1])
      m:predict(x)
      assert(m:save(path .. ".npz"))
      m:restore(path .. ".npz")
    end
  end,
  checkpoints = function()
    local m = pg.Model(x, y, { hidden = 6, seed = 0, optimizer = "adam", batch = 20 })
    m:fit { iterations = 2 }
    assert(m:save(path .. ".npz"))
    local loaded = assert(pg.Model.load(path .. ".npz", x, y))
    loaded:fit { iterations = 2 }
    g:set_state(g:get_state())
  end,
  sparse_model = function()
    local m = pg.Model(x:gt(0.7), y, { hidden = 6, seed = 0, plan = "sparse" })
    return m:fit { iterations = 2 }
  end,
}

-- --- the run -------------------------------------------------------------------------

local function live()
  collectgarbage()
  collectgarbage()
  return pg.info().bytes
end

local function give_up(...)
  io.stderr:write("faults: ", string.format(...), "\n")
  os.exit(1)
end

--- Whether an allocation failed, and the message if the operation did; what it made is let go.
local function attempt(which, n, operation)
  local hit, worked, result = run(which, n, operation)
  return hit, not worked and tostring(result) or nil
end

--- How many failures until the operation gets through without one.
local function fail_each(name, operation, which)
  attempt("lua", math.maxinteger, operation) -- what is made once is made
  local before = live()
  for n = 1, MOST do
    local hit, message = attempt(which, n, operation)
    if live() ~= before then
      give_up("%s, %s allocation %d: %d bytes lost", name, which, n, live() - before)
    elseif message and not message:find "memory" then
      give_up("%s, %s allocation %d: %s", name, which, n, message)
    elseif not hit then
      return n - 1
    end
  end
  give_up("%s: still failing after %d %s allocations", name, MOST, which)
end

local names, failures = {}, 0
for name in pairs(operations) do
  names[#names + 1] = name
end
table.sort(names)
collectgarbage "generational"
for _, name in ipairs(names) do
  for _, which in ipairs { "core", "lua" } do
    failures = failures + fail_each(name, operations[name], which)
  end
end
for _, suffix in ipairs {
  "", ".npy", ".npz", ".foreign.npz", "2.npz", ".png", ".idx", ".gz", ".csv",
} do
  os.remove(path .. suffix)
end
os.execute(("rm -rf '%s.folder'"):format(path))
print(("%d groups of operations, %d failed allocations, nothing lost"):format(#names, failures))
