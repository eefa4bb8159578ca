-- Trains models by all ranks of a job, or alone, and prints the checksum of each one's weights and
-- losses: "name checksum". All ranks must have the same.
--
--   mpirun -n 4 build/openmpi/perigee tests/mpi_child.lua all|local|alone|own|apart [case]

local pg = require "perigee"

local form, only = arg[1], arg[2]
local mpi = form ~= "alone" and require "perigee.mpi" or nil
local comm = mpi and mpi.world

local ROWS, INPUTS = 2501, 40 -- 20 groups of rows, 16 shards
local SMALL = 300 -- rows in 3 shards: more ranks are idle

--- Rows of bytes, three quarters of which are 0, and labels.
local function draw(n)
  local random = pg.random(5)
  local x = random:randint(0, 255, { n, INPUTS }):astype "uint8"
  x[random:rand(n, INPUTS):gt(0.25)] = 0
  return x, random:randint(0, 5, { n })
end

--- The rank's rows of an array: its own shards' of local rows, or all.
local function part(array, cut)
  if form ~= "local" then
    return array
  end
  local rows = cut or mpi.rows(#array)
  if rows[2] < rows[1] then
    return pg.zeros({ 0, table.unpack(array.shape, 2) }, array.dtype)
  end
  return array:rows(rows[1], rows[2])
end

local function checksum(m)
  local sums = { pg.checksum((m:history())) }
  for _, name in ipairs { "W1", "b1", "W2", "b2" } do
    sums[#sums + 1] = pg.checksum(m.weights[name])
  end
  return table.concat(sums, "-")
end

local function say(name, text)
  local texts = comm and comm:gather(text)
  for rank, each in ipairs(texts or {}) do
    assert(each == text, ("%s: rank %d has %s, and rank 0 %s"):format(name, rank - 1, each, text))
  end
  if not comm or comm.rank == 0 then
    print(name, text)
  end
end

local function train(name, options, training, n, cut)
  if only and only ~= name then
    return
  end
  local x, y = draw(n or ROWS)
  if options.loss == "mse" then
    y = pg.random(6):randn(#x, 2)
  elseif options.loss == "binary_cross_entropy" then
    y = y:gt(2):astype "int64"
  end
  options.hidden, options.seed, options.scale = { 20, 7 }, 3, 1 / 255
  if form == "own" then
    options.loss = pg.softmax_cross_entropy
  end
  options.comm, options.rows = form ~= "apart" and comm or nil, form == "local" and "local" or nil
  local m = pg.Model(part(x, cut), part(y, cut), options)
  m:fit(training)
  say(name, checksum(m))
end

if form == "own" then -- equal to rounding: the weights' sums are printed, not their bits
  local x, y = draw(ROWS)
  for _, batch in ipairs { false, 512, 3 } do
    local m = pg.Model(x, y, {
      hidden = 20, seed = 3, scale = 1 / 255, comm = comm, loss = pg.softmax_cross_entropy,
      dtype = "float64",
    })
    local cost = m:fit { iterations = 6, batch = batch, rate = 0.5 }
    say(("own %s"):format(batch), ("%.12g %.12g"):format(cost[-1], m.weights.W1:sum()))
  end
  return
elseif form == "apart" then -- each rank trains on its own rows, without the others
  local x, y = draw(ROWS)
  local rows = mpi.rows(ROWS)
  local m = pg.Model(x:rows(rows[1], rows[2]), y:rows(rows[1], rows[2]), {
    hidden = { 20, 7 }, seed = 3, scale = 1 / 255, classes = 5,
  })
  m:fit { iterations = 8, rate = 0.5 }
  local sums = mpi.gather(checksum(m))
  if sums then
    print("apart", table.concat(sums, " "))
  end
  return
end

for _, optimizer in ipairs { "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw" } do
  local rate = (optimizer == "sgd" or optimizer:find "m$" and optimizer ~= "adam") and 0.1 or 0.01
  train(optimizer, { optimizer = optimizer }, { iterations = 8, rate = rate })
  train(optimizer .. " batch", { optimizer = optimizer },
    { iterations = 8, rate = rate, batch = 512 })
end
train("float64", { dtype = "float64" }, { iterations = 8, rate = 0.5 })
train("dense", { plan = "dense" }, { iterations = 8, rate = 0.5 })
train("float64 dense batch", { dtype = "float64", plan = "dense" },
  { epochs = 2, rate = 0.5, batch = 512 })
train("dropout", { dropout = 0.3 }, { iterations = 8, rate = 0.5 })
train("dropout batch", { dropout = 0.3 }, { iterations = 8, rate = 0.5, batch = 700 })
train("balanced", { class_weight = "balanced", label_smoothing = 0.1 },
  { iterations = 8, rate = 0.5 })
train("balanced batch", { class_weight = { 1, 2, 0, 1, 3 } },
  { iterations = 8, rate = 0.5, batch = 100 })
train("mse", { loss = "mse" }, { iterations = 8, rate = 0.1 })
train("binary", { loss = "binary_cross_entropy" }, { iterations = 8, rate = 0.5 })
train("small", {}, { iterations = 8, rate = 0.5 }, SMALL)
train("small batch", {}, { iterations = 8, rate = 0.5, batch = 3 }, SMALL)
train("validation", {},
  { iterations = 8, rate = 0.5, validation = { draw(200) }, patience = 2, schedule = "plateau" })
