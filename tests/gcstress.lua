-- Takes the arguments of each function made in C away while it runs.
--
--   make gcstress [ARGS=PART OF FUNCTIONS' NAMES]
--
-- The bindings were linked so that each call of theirs that may make a Lua object can be told to
-- run a finalizer first, and to collect garbage (gcstress.c). Here the first of these calls is
-- told so, then the second, until there is none left; the finalizer frees the arrays that were
-- passed in, or empties their tables. An error is a good answer; a report of AddressSanitizer is
-- not. Functions are found in the module itself: one that no arguments here suit is a failure.

local build = assert(arg[1], "usage: gcstress.lua FOLDER OF THE PROGRAM")
local stress = assert(package.loadlib(build .. "/perigee.so", "luaopen_gcstress"))()
local collections = require "perigee.util.collections"
local pg = require "perigee"
local core = require "perigee.core"

local NULL = require("cjson").null -- an address that is none

local MOST = 1000 -- calls of Lua's functions in one of ours: more means that it never ends

-- --- arguments ------------------------------------------------------------------------

local function A() return pg.range(1, 12):reshape(3, 4) / 12 end
local function V() return pg.range(1, 24):reshape(4, 6).T:rows(2, 4) / 24 end -- no row-major order
local function T() return { { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 10, 11, 12 } } end
local function B() return A():gt(0.5) end
local function Y() return pg.array({ 0, 1, 2 }, "int64") end
local function positions() return pg.array({ 1, 3, 2 }, "int64") end

--- A table whose rows are made when they are asked for.
local function M()
  return setmetatable({}, {
    __len = function() return 3 end,
    __index = function(_, i) return { i, i, i, i } end,
  })
end

local path = os.tmpname()
core.save(path .. ".npy", A())
core.save(path .. ".npz", { x = A(), y = Y() })
core.write(path .. ".csv", "a,b\n1,x\n2.5,NA\n")
core.save_png(path .. ".png", pg.zeros({ 4, 4 }, "uint8"))
os.execute(("mkdir -p '%s.folder/a' '%s.folder/b'"):format(path, path))
for _, name in ipairs { "a/1", "a/2", "b/1" } do
  core.save_png(("%s.folder/%s.png"):format(path, name), pg.zeros({ 4, 4 }, "uint8"))
end
pg.write(path .. ".idx", "\0\0\8\1\0\0\0\2\1\2")

local function weights() return pg.initialization(A(), { 4, 4 }, { classes = 3 }) end
local function named() -- with an activation that is looked up
  return pg.initialization(A(), { 4, 4 }, { classes = 3, activation = "relu" })
end
local function some_results() return { A1 = pg.zeros(3, 4), A3 = pg.zeros(3, 3) } end
local function some_gradients() return { dW1 = pg.zeros(4, 4), db2 = pg.zeros(1, 4) } end
local function weak() return setmetatable({}, { __mode = "v" }) end
local function activations() return pg.forward(A(), weights()) end
local function archive() return (core.load(path .. ".npz")) end
local function new_trainer()
  return core.trainer.new(A(), 1, pg.array({ 0, 1, 2 }, "int32"), weights(), nil, "auto")
end
local function binary_loss()
  return { loss = "binary_cross_entropy", label_smoothing = 0.1, class_weight = pg.array { 1, 2 } }
end
local function one_output() return pg.initialization(A(), { 4, 4 }, { classes = 1 }) end
local function settings()
  return { optimizer = "adam", rate = 0.1, beta1 = 0.9, beta2 = 0.99, eps = 1e-8 }
end

--- A trainer whose labels are weighed.
local function weighed_trainer()
  return core.trainer.new(A(), 1, pg.array({ 0, 1, 1 }, "int32"), one_output(), nil, "auto",
    binary_loss())
end

--- A trainer that has made a step, and so has states.
local function used_trainer()
  local t = new_trainer()
  assert(core.trainer.step(t, weights(), settings(), {}))
  return t
end

--- Two arrays, and descents on them.
local function list() return { A(), pg.ones(3) } end
local function new_descent() return core.descent.new(list()) end
local function used_descent()
  local d = new_descent()
  assert(core.descent.step(d, list(), list(), settings(), {}, 1))
  return d
end

--- Each makes the arguments of one call anew.
local function calls(...)
  return { ... }
end

local GENERAL = calls(
  function() return A() end, function() return V() end, function() return T() end,
  function() return M() end, function() return 3 end, function() return A(), 1 end,
  function() return V(), 2, true end, function() return T(), 1 end,
  function() return A(), V() end, function() return A(), T() end, function() return T(), A() end,
  function() return T(), M() end, function() return 2, A() end, function() return A(), 1, 2 end,
  function() return Y(), Y() end, function() return B(), B() end)

local function S() return pg.array { { 4, 1, 0 }, { 1, 3, 1 }, { 0, 1, 2 } } end
local square = calls(
  function() return S() end, function() return S():tolist() end,
  function() return setmetatable({}, {
    __len = function() return 2 end,
    __index = function(_, i) return { i + 2, i + 1 } end,
  }) end)

local shaped = calls(
  function() return 2, 3 end, function() return { 2, 3 } end, function() return { 2, 3 }, 7 end,
  function() return M(), 7 end)

local draws = calls(
  function() return 2, 3 end, function() return { 2, 3 } end, function() return 0, 5 end,
  function() return 0, 5, { 2, 3 } end)

--- Calls of functions that GENERAL does not suit, by name.
local SPECIAL = {
  accuracy = calls(function() return { 1, 2 }, { 1, 2 } end),
  axpy_ = calls(function() return A(), 2, A() end, function() return A(), 2, T() end),
  array = calls(function() return A(), "float32" end, function() return M(), "int8" end),
  matrix = calls(function() return M(), "int8" end),
  astype = calls(function() return A(), "int8" end, function() return M(), "int8" end),
  cholesky = calls(function() return S() end, function() return S():tolist() end),
  det = square, eigh = square, inv = square,
  solve = calls(
    function() return S(), S() end, function() return S():tolist(), { 1, 2, 3 } end,
    function() return S(), T() end),
  lstsq = calls(
    function() return A(), { 1, 2, 3 }, { rcond = 0.1 } end, function() return T(), A() end,
    function() return M(), T() end),
  conv2d = calls(
    function() return pg.ones(1, 2, 3, 3), pg.ones(1, 2, 2, 2), { padding = { 1, 0 } } end,
    function() return { { { { 1, 2 } } } }, { { { { 3 } } } } end),
  max_pool2d = calls(
    function() return pg.ones(1, 2, 3, 3), 2, { stride = 1 } end,
    function() return { { { { 1, 2 } } } }, { 1, 2 } end),
  avg_pool2d = calls(
    function() return pg.ones(1, 2, 3, 3), 2, { stride = 1 } end,
    function() return { { { { 1, 2 } } } }, { 1, 2 } end),
  conv2d_input_gradient = calls(
    function() return pg.ones(1, 1, 2, 2), pg.ones(1, 2, 2, 2), { 1, 2, 3, 3 } end,
    function() return { { { { 1 } } } }, { { { { 3, 4 } } } }, { 1, 1, 1, 2 }, {} end),
  conv2d_kernel_gradient = calls(
    function() return pg.ones(1, 1, 2, 2), pg.ones(1, 2, 3, 3), { 1, 2, 2, 2 } end,
    function() return { { { { 1 } } } }, { { { { 3, 4 } } } }, { 1, 1, 1, 2 }, {} end),
  max_pool2d_positions = calls(
    function() return pg.ones(1, 2, 3, 3), 2, { stride = 1 } end,
    function() return { { { { 1, 2 } } } }, { 1, 2 } end),
  max_pool2d_with_positions = calls(
    function() return pg.ones(1, 2, 3, 3), 2, { stride = 1 } end,
    function() return { { { { 1, 2 } } } }, { 1, 2 } end),
  pool_scatter = calls(
    function() return pg.ones(1, 1, 1, 2), pg.ones(1, 1, 1, 2, "int64"), { 1, 1, 2, 2 } end,
    function() return { { { { 1, 2 } } } }, { { { { 1, 1 } } } }, { 1, 1, 2, 2 } end),
  pool_gather = calls(
    function() return pg.ones(1, 1, 2, 2), pg.ones(1, 1, 1, 2, "int64") end,
    function() return { { { { 1, 2 } } } }, { { { { 1, 2 } } } } end),
  avg_pool2d_gradient = calls(
    function() return pg.ones(1, 1, 2, 2), 2, { 1, 1, 4, 4 } end,
    function() return { { { { 1, 2 } } } }, 1, { 1, 1, 1, 2 }, {} end),
  cov = calls(
    function() return A(), V(), { rowvar = false } end, function() return T(), T() end,
    function() return M(), { ddof = 0 } end, function() return T(), A() end),
  corrcoef = calls(
    function() return A(), A(), { rowvar = false } end, function() return T(), T() end,
    function() return M(), {} end),
  median = calls(
    function() return A(), { 1, 2 }, { keep = true } end, function() return T(), 1, true end,
    function() return M(), { keep = true } end),
  percentile = calls(
    function() return A(), { 25, 50 }, { 1, 2 }, { keep = true } end,
    function() return T(), A(), 1, true end, function() return M(), 3 end),
  quantile = calls(
    function() return A(), { 0.25, 0.5 }, { 1, 2 }, { keep = true } end,
    function() return T(), A(), 1 end, function() return M(), A()[1] / 9 end),
  std = calls(
    function() return A(), { 1, 2 }, { keep = true, ddof = 1 } end,
    function() return T(), { ddof = 1 } end, function() return M(), { 2 } end),
  sum = calls(
    function() return A(), { 1, 2 }, { keep = true } end, function() return T(), 1, true end,
    function() return M(), { keep = true } end, function() return V(), { -1 } end),
  svd = calls(function() return A(), { full_matrices = false } end, function() return M() end),
  choice = calls(
    function() return A(), 2 end, function() return T(), { 2 } end,
    function() return A(), 2, true, { 0.25, 0.25, 0.5 } end,
    function() return T(), { 2, 2 }, true, { 0.25, 0.25, 0.5 } end),
  clip = calls(
    function() return A(), 0.2, V() end, function() return T(), T(), T() end,
    function() return A(), nil, T() end, function() return T(), T(), V(), { out = A() } end),
  exp = calls(function() return T(), { out = V() } end, function() return M(), { out = A() } end),
  maximum = calls(
    function() return A(), V() end, function() return T(), M() end,
    function() return M(), T(), { out = V() } end, function() return T(), 2, { out = A() } end),
  round = calls(
    function() return M(), 1 end, function() return T(), -1, { out = V() } end,
    function() return A(), { out = A() } end),
  concat = calls(
    function() return { A(), V() } end, function() return { A(), T(), M() }, 1 end,
    function() return { T(), A() }, 2 end),
  cross_entropy = calls(
    function() return activations(), Y() end, function() return activations().A3, { 0, 1, 2 } end),
  dot = calls(function() return A(), V().T end, function() return A(), { 1, 2, 3, 4 } end),
  matmul = calls(
    function() return A(), V().T end, function() return A(), { 1, 2, 3, 4 } end,
    function() return { T(), T() }, V().T end),
  expand_dims = calls(function() return T(), 3 end, function() return A(), 3 end),
  forward = calls(
    function() return A(), weights() end, function() return T(), named(), some_results() end,
    function() return A(), weights(), weak() end),
  full = shaped, zeros = shaped, ones = shaped,
  get = calls(function() return A(), 1, 2 end, function() return M(), 1 end),
  gradient = calls(
    function() return A(), Y(), activations(), weights() end,
    function() return T(), { 0, 1, 2 }, activations(), named(), some_gradients() end,
    function() return A(), pg.onehot(Y(), 3), activations(), weights(), weak() end),
  array_split = calls(
    function() return A(), 2 end, function() return T(), { 2, 3 }, 2 end,
    function() return V(), M()[1] end),
  bincount = calls(
    function() return Y() end, function() return { 0, 1, 1 }, { 1, 2, 3 } end,
    function() return Y(), M()[1], { minlength = 9 } end),
  concatenate = calls(function() return { A(), T(), M() }, 1 end),
  vstack = calls(
    function() return { A(), T(), M() } end,
    function() return { { 1, 2 }, Y()["1:2"] } end),
  hstack = calls(function() return { A(), T(), M() } end),
  flatten = calls(function() return A(), 2 end, function() return M() end),
  full_like = calls(function() return A(), 3 end, function() return M(), 3, "int8" end),
  meshgrid = calls(
    function() return Y(), { 1, 2 } end,
    function() return { 1, 2 }, M(), Y(), { indexing = "ij" } end),
  pad = calls(
    function() return A(), 1 end, function() return T(), { 1, 2 }, { mode = "edge" } end,
    function() return M(), { { 1, 2 }, { 0, 1 } }, { value = 3 } end,
    function() return A(), setmetatable({}, { __len = function() return 2 end,
      __index = function(_, i) return { i, i } end }) end),
  repeat_interleave = calls(
    function() return A(), 2 end, function() return T(), { 1, 2, 0 }, 1 end,
    function() return M(), positions(), 1 end),
  tile = calls(function() return A(), 2 end, function() return T(), { 2, 1, 2 } end),
  topk = calls(
    function() return A(), 2 end, function() return T(), 2, 1, { largest = false } end,
    function() return M(), 1, { largest = true } end),
  histogram = calls(
    function() return T(), 3, { 0, 1 } end, function() return A(), { 0, 0.5, 1 } end,
    function() return M(), T()[1] end),
  initialization = calls(
    function() return A(), { 4, 4 }, { classes = 3, activation = { "relu", "tanh" } } end,
    function() return T(), 4, { dtype = "float32", random = pg.random(0) } end),
  item = calls(function() return { { 1 } } end, function() return pg.ones(1, 1) end),
  linspace = calls(function() return 0, 1, 5 end),
  exists = calls(function() return path .. ".npy" end),
  load = calls(function() return path .. ".npy" end, function() return path .. ".npz" end,
    function() return path .. ".npy", { rows = { 1, 2 }, max_bytes = 1000 } end,
    function() return path .. ".npz", { rows = { x = { 1, 2 } }, map = true } end,
    function() return path .. ".idx", { rows = { 1, 2 } } end,
    function() return path .. ".npz", { rows = { none = { 1, 2 } } } end),
  read_csv = calls(
    function() return path .. ".csv" end,
    function() return path .. ".csv", { missing = { "", "NA" }, kinds = { a = "number" } } end),
  write_csv = calls(
    function() return path .. "w.csv", { "a", "b" }, { A()[1], { "x", "y", "z", "w" } }, 4 end,
    function() return path .. "w.csv", { "a", "b", "c", "d" }, A(), 3, { delimiter = ";" } end),
  distinct = calls(function() return { "b", "a", "b" } end),
  indices = calls(
    function() return { "b", "a", "b" }, { "a", "b" } end,
    function() return Y(), { 2, 1, 0 } end),
  load_png = calls(function() return path .. ".png", { max_bytes = 1000000 } end),
  load_png_folder = calls(function() return path .. ".folder", { max_bytes = 1000000 } end),
  logsumexp = calls(
    function() return A(), { 1, 2 } end, function() return T(), { keep = true } end,
    function() return M(), 1, true end, function() return V() end),
  softmax_cross_entropy = calls(
    function() return A(), Y() end, function() return V(), A() end,
    function() return M(), { 0, 1, 2 } end, function() return T(), T() end),
  softmax_cross_entropy_gradient = calls(
    function() return A(), Y() end, function() return V(), A() end,
    function() return M(), { 0, 1, 2 } end, function() return T(), T() end),
  dropout_mask = calls(
    function() return A(), 0.5, pg.random(0) end, function() return { 3, 4 }, 0.5 end,
    function() return M()[1], 0.1 end),
  form = calls(function() return A() end, function() return V() end),
  sum_to = calls(
    function() return A(), pg.ones(4) end, function() return T(), 1 end,
    function() return M(), pg.ones(3, 1) end, function() return V(), pg.ones({ 4 }, "float32") end),
  broadcast_to = calls(
    function() return 2, A() end, function() return { 1, 2, 3, 4 }, V() end,
    function() return M()[1], A() end),
  add_at = calls(
    function() return A(), "1:2, 3", { 1, 2 } end, function() return V(), { 2, 3 }, 1 end,
    function() return A(), B(), 1 end, function() return A(), positions(), T() end,
    function() return V(), positions(), M() end),
  add_at_axis = calls(
    function() return A(), positions(), 1, T() end, function() return V(), { 1, 1 }, 2, 1 end,
    function() return A(), M()[1], 1, M()[1] end),
  split_rows = calls(
    function() return 6, 4, 2, nil, pg.random(0) end,
    function() return 6, 4, 2, { 0, 1, 0, 1, 1, 0 }, pg.random(0) end,
    function() return 3, 2, 1 end),
  scale_columns = calls(
    function() return A(), { 1, 2, 3, 4 }, { 1, 2, 3, 4 } end,
    function() return T(), V():cols(1, 4)[1], V():cols(1, 4)[2] end),
  masked = calls(
    function() return A(), B() end, function() return T(), B():tolist() end,
    function() return M(), B() end),
  normal = draws, uniform = draws, randint = draws,
  rand = draws, randn = draws,
  onehot = calls(function() return Y(), 3 end, function() return { 0, 1 }, 3, "int8" end),
  outer = calls(function() return Y(), { 1, 2 } end, function() return T(), Y() end),
  range = calls(function() return 1, 5 end),
  reshape = calls(
    function() return A(), 4, -1 end, function() return V(), { 12 } end,
    function() return T(), 12 end),
  save = calls(
    function() return path .. ".npz", { a = A(), b = T(), c = M(), d = 3 } end,
    function() return path .. ".npz", { a = V(), b = B() }, { compress = true } end,
    function() return path .. ".npz", { a = A(), c = B() }, { append = true } end,
    function() return path .. ".npy", M() end),
  save_png = calls(function() return path .. ".png", pg.zeros({ 4, 4 }, "uint8") end),
  set = calls(
    function() return A(), 1, 2, 5 end, function() return A(), 1, { 1, 2, 3, 4 } end,
    function() return A(), 1, M()[1] end),
  set_state = calls(function() return pg.get_state() end),
  shuffle = calls(function() return V() end),
  stack = calls(
    function() return { A(), V() } end, function() return { A(), T(), M() }, 3 end),
  swapaxes = calls(function() return T(), 1, 2 end, function() return A(), 1, 2 end),
  take = calls(
    function() return A(), positions() end, function() return T(), { 1, 1 }, 2 end,
    function() return M(), positions() end, function() return V(), 1 end),
  threads = calls(function() return 2 end),
  get_state = calls(function() end), info = calls(function() end),
  copy_array_metatable = calls(function() end),
  transpose = calls(function() return T(), 2, 1 end, function() return A(), 2, 1 end),
  update = calls(function()
    local w = weights()
    return w, pg.gradient(A(), Y(), pg.forward(A(), w), w), 0.1
  end),
  where = calls(
    function() return B(), A(), V() end, function() return B():tolist(), T(), 1 end,
    function() return B(), 1, M() end),
  write = calls(function() return path, "text" end),
  elements_checksum = calls(function() return V() end),
  join_checksums = calls(function() return 0, A(), 6, { { 1, 12 }, { 2, 12 } } end),
  archive_writes = calls(function() return archive() end),
  call = calls(function() return function(...) return ... end, A(), 1 end),
  -- the process's own, which hold on for what comes behind
  set_ending = calls(function() return core.hold_ending(), path, "record", "message" end),
  hold_ending = calls(function() end), hold_generators = calls(function() end),
  hold_interrupts = calls(function() end), hold_silence = calls(function() end),
  show_stdout = calls(function() return true end), exit_by = calls(function() return NULL end),
  hold_lock = calls(function() return "/tmp", "shared" end), lua_random = calls(function() end),
  keep_interrupts = calls(function() return false end), interrupts = calls(function() end),
  terminal_size = calls(function() return 0 end),
  call_until = calls(function() return 1, function() return A() end end),
  hold_field = calls(function() return {}, "a" end),
  guard_memory = calls(function() return false end),
  limit_memory = calls(function() return nil end),
}

-- Values that functions leave to the tracer; this one gives the arguments back.
local TRACED = {}
local function tracer(_, ...) return ... end
local function X() return setmetatable({}, TRACED) end
SPECIAL.set_tracer = calls(function() return TRACED, tracer, "@none/" end)

local TRACED_ARGUMENTS = {
  exp = calls(function() return X() end, function() return { 1, X() } end),
  dot = calls(function() return A(), X() end, function() return X(), T() end),
  sum = calls(function() return X(), { keep = true } end, function() return T(), X() end),
  clip = calls(function() return A(), X(), 1, { out = A() } end),
  concat = calls(function() return { A(), X() }, 1 end),
  take = calls(function() return A(), { 1, X() } end),
  conv2d = calls(function() return pg.ones(1, 1, 3, 3), X(), { padding = 1 } end),
}

local ONLY_SPECIAL = collections.set {
  "set_tracer",
  "guard_memory", "limit_memory", "threads", "seed", "call", "call_until", "set_ending",
  "hold_ending", "hold_generators", "hold_interrupts", "hold_silence", "hold_lock", "lua_random",
  "keep_interrupts", "interrupts", "terminal_size", "show_stdout", "exit_by",
}
SPECIAL.seed = calls(function() return 7 end)

local TRAINER = {
  labels = calls(
    function() return Y(), 3 end, function() return { 0, 1, 2 }, 0 end,
    function() return pg.onehot(Y(), 3):tolist(), 3 end),
  targets = calls(
    function() return Y(), "cross_entropy", 3 end,
    function() return { { 0.5, 0.5 }, { 0, 1 }, { 1, 0 } }, "cross_entropy", 0, "float64" end,
    function() return { 0, 1, 0.5 }, "binary_cross_entropy", 1 end,
    function() return V(), "mse", 0 end),
  new = calls(
    function()
      return A(), 1, pg.array({ 0, 1, 1 }, "int32"), one_output(), "tanh", "dense", binary_loss()
    end,
    function()
      return A(), 1, pg.ones(3, 3, "float32"):astype(weights().W1.dtype), weights(), nil, "dense",
        { loss = "mse" }
    end,
    function() return A(), 1, pg.array({ 0, 1, 2 }, "int32"), weights(), "tanh", "dense" end,
    function() return V(), 1, pg.array({ 0, 1, 2 }, "int32"), weights(), { "relu", "tanh" },
      "sparse" end),
  step = calls(
    function() return new_trainer(), weights(), settings(), {} end,
    function() return new_trainer(), weights(), settings(), {}, positions(), 1, 2 end),
  share = calls(
    function() return new_trainer(), stress.communicator(), {} end,
    function()
      return weighed_trainer(), stress.communicator(),
        { ["local"] = true, total = 3, label_counts = pg.array({ 1, 2 }, "int64") }
    end),
  rows_of_rank = calls(function() return 60000, 1, 3 end),
  shards_of_rank = calls(function() return 60000, false, 1, 3 end),
  label_counts = calls(
    function() return new_trainer(), 3 end, function() return weighed_trainer(), 2 end),
  density = calls(function() return new_trainer() end),
  plan = calls(function() return new_trainer() end),
  checksum = calls(function() return new_trainer() end),
  checksum_v1 = calls(function() return new_trainer() end),
  optimizer = calls(function() return used_trainer() end),
  set_optimizer = calls(function() return new_trainer(), "adam", 3 end),
  read_state = calls(function() return used_trainer(), 1, weights() end),
  write_state = calls(function() return used_trainer(), 1, weights() end),
  evaluate = calls(
    function()
      return weights(), { "relu", "tanh" }, A(), 1, pg.array({ 0, 1, 2 }, "int32"), true
    end,
    function()
      return one_output(), nil, A(), 1, pg.array({ 0, 1, 1 }, "int32"), true, binary_loss()
    end),
  predict = calls(
    function() return weights(), "tanh", V(), 1 end,
    function() return one_output(), "tanh", V(), 1, { loss = "mse" } end),
  predict_proba = calls(
    function() return weights(), nil, A(), 1 end,
    function() return one_output(), nil, A(), 1, binary_loss() end),
}

local COMM = {
  meet = calls(
    function() return stress.communicator(), "a", "b" end,
    function() return stress.communicator(), "a", "b", "a problem" end),
  broadcast = calls(function() return stress.communicator(), A():copy(), 0 end),
  all_gather = calls(function() return stress.communicator(), A():copy(), { 12 } end),
  all_to_all = calls(
    function() return stress.communicator(), A():copy(), { 12 }, A():copy(), { 12 } end),
  is_contiguous = calls(function() return A() end),
}

local DESCENT = {
  add_ranks = calls(function()
    return new_descent(), stress.communicator(), list(), { weight = 3, tag = "a" }
  end),
  new = calls(function() return list() end),
  step = calls(function() return new_descent(), list(), list(), settings(), {}, 1 end),
  optimizer = calls(function() return used_descent() end),
  set_optimizer = calls(function() return new_descent(), "adam", 3 end),
  read_state = calls(function() return used_descent(), 1, list() end),
  write_state = calls(function() return used_descent(), 1, list() end),
  checksum = calls(function() return A(), pg.array({ 0, 1, 2 }, "int32") end),
}

local ARCHIVE = {
  get = calls(function() return archive(), "x" end, function() return archive(), "none" end),
  checksum = calls(function() return archive(), "x" end),
  form = calls(function() return archive(), "x" end),
}
local archive_alone = calls(function() return archive() end)
ARCHIVE.keys, ARCHIVE.path, ARCHIVE.close = archive_alone, archive_alone, archive_alone
ARCHIVE.load = archive_alone
ARCHIVE.__gc, ARCHIVE.__close, ARCHIVE.__tostring = archive_alone, archive_alone, archive_alone
ARCHIVE.__index = calls(
  function() return archive(), "x" end, function() return archive(), "keys" end)

local two = calls(
  function() return A(), V() end, function() return A(), T() end, function() return M(), A() end,
  function() return 2, A() end)
local whole = calls(function() return Y(), Y() end, function() return { 1, 2, 3 }, Y() end)
local alone = calls(function() return A() end)
local OPERATORS = {
  __add = two, __sub = two, __mul = two, __div = two, __idiv = two, __mod = two, __pow = two,
  __band = whole, __bor = whole, __bxor = whole,
  __unm = alone, __len = alone, __gc = alone, __close = alone, __tostring = alone,
  __bnot = calls(function() return Y() end),
  __index = calls(
    function() return A(), 1 end, function() return A(), "T" end,
    function() return V(), "shape" end, function() return A(), "2:3, 1" end,
    function() return V(), { { 1, 2 }, {} } end, function() return A(), { 1, M()[2] } end,
    function() return A(), B() end, function() return V(), positions() end),
  __newindex = calls(
    function() return A(), 1, 5 end, function() return A(), 1, { 1, 2, 3, 4 } end,
    function() return V(), { {}, { 1, 2 } }, pg.ones(3, 2) end,
    function() return A(), ":", M() end, function() return A(), B(), 1 end,
    function() return A(), positions(), T() end),
}
-- what only raises, and what the library calls
local NOT_CALLED = {
  arange = true,
  __call = true, __le = true, __lt = true, __names = true, __newindex = true, __no_field = true,
  __pairs = true,
}

-- --- the run ----------------------------------------------------------------------------

local array_class = getmetatable(pg.zeros(1))
local archive_class = core.archive
local random_class = getmetatable(pg.random(0))

--- Frees the arrays and closes the archives in a value, or empties the tables.
local function take_away(value, frees, seen)
  local class = debug.getmetatable(value)
  if frees and class == array_class then
    value:free()
  elseif frees and class == archive_class then
    value:close()
  elseif type(value) == "table" and not seen[value] then
    seen[value] = true
    for key, part in next, value do
      take_away(part, frees, seen)
      if not frees then
        value[key] = nil
      end
    end
  end
end

--- Reads the elements of the arrays in a value.
local function touch(value)
  if debug.getmetatable(value) == array_class then
    pcall(array_class.__methods.tolist, value)
  elseif type(value) == "table" then
    for _, part in next, value do
      touch(part)
    end
  end
end

local function finish(...)
  local hit = stress.disarm()
  for i = 1, select("#", ...) do
    touch((select(i, ...)))
  end
  return hit
end

--- Calls f while its n-th call of Lua takes the arguments away; whether there was one.
local function attempt(f, make, n, frees)
  local arguments = table.pack(make())
  stress.arm(n, function()
    take_away(arguments, frees, {})
  end)
  return finish(pcall(f, table.unpack(arguments, 1, arguments.n)))
end

local attempts, functions = 0, 0

local function try(name, f, makes, worked)
  for _, make in ipairs(makes) do
    worked = pcall(f, make()) or worked
    for _, frees in ipairs { true, false } do
      local n = 1
      while attempt(f, make, n, frees) do
        n, attempts = n + 1, attempts + 1
        if n > MOST then
          error(name .. " never ends")
        end
      end
    end
  end
  return worked
end

local only = arg[2] -- the functions whose names have this in them

--- Tries all functions in a table, with the arguments for each name and the general ones.
local function try_all(owner, class, special, general)
  local names = {}
  for name, f in pairs(class) do
    if type(f) == "function" and not (NOT_CALLED[name] and not special[name])
      and (not only or name:find(only, 1, true)) then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local f, worked = class[name], false
    if special[name] then
      worked = try(owner .. name, f, special[name])
    end
    if general and not ONLY_SPECIAL[name] then
      worked = try(owner .. name, f, general) or worked
    end
    if not worked then
      error(("gcstress: no arguments suit %s%s: give it some"):format(owner, name))
    end
    functions = functions + 1
  end
end

--- The same calls with a generator before the arguments.
local function with_generator(makes)
  local own = {}
  for i, make in ipairs(makes or { function() end }) do
    own[i] = function() return pg.random(0), make() end
  end
  return own
end

local draws_of_one = {}
for name in pairs(random_class.__methods) do
  draws_of_one[name] = with_generator(SPECIAL[name])
end
draws_of_one.permutation = with_generator(calls(function() return 5 end))

try_all("pg.", core, SPECIAL, GENERAL)
core.set_tracer(TRACED, tracer, "@none/")
local functions_of_traced = {}
for name in pairs(TRACED_ARGUMENTS) do
  functions_of_traced[name] = core[name]
end
try_all("traced ", functions_of_traced, TRACED_ARGUMENTS)
try_all("traced ", { __add = array_class.__add, __newindex = array_class.__newindex }, {
  __add = calls(function() return A(), X() end, function() return A(), { 1, 2, 3, X() } end),
  __newindex = calls(function() return A(), { 1, 1 }, X() end),
})
try_all("a:", array_class.__methods, SPECIAL, calls(function() return A() end, GENERAL[6]))
try_all("array's ", array_class, OPERATORS)
try_all("g:", random_class.__methods, draws_of_one)
try_all("trainer.", core.trainer, TRAINER)
try_all("descent.", core.descent, DESCENT)
try_all("comm.", core.comm, COMM)
try_all("archive:", archive_class.__methods, ARCHIVE)
try_all("archive's ", archive_class, ARCHIVE)
for _, suffix in ipairs { "", ".npy", ".npz", ".png", ".idx", ".csv", "w.csv" } do
  os.remove(path .. suffix)
end
os.execute(("rm -rf '%s.folder'"):format(path))
print(("%d functions, %d collections inside them, nothing lost"):format(functions, attempts))
