--- A training by the ranks of mpirun, or by one process, for tests/hosts.sh.
--
-- Prints the ranks' hosts, the time of an update, the bytes of all gradients, and a checksum of the
-- weights.
--
--   build/perigee tests/hosts.lua [mpi=true] [data=mnist] [hidden=100] [iterations=20] [batch=512]
--
-- With mpi=true the ranks of perigee.mpi share the rows; without it the module isn't loaded.

local pg = require "perigee"
local options = require "perigee.options"
local uv = require "luv"

local o = options.read(arg, {
  mpi = false, data = "digits", hidden = 100, iterations = 20, batch = 0,
})
local mpi = o.mpi and require "perigee.mpi" or nil

local data <close> = assert(pg.dataset(o.data))
local model = pg.Model(data.x_train, data.y_train, {
  hidden = o.hidden, seed = 0, scale = 1 / 255, comm = mpi and mpi.world,
})

local function fit(iterations)
  model:fit { iterations = iterations, rate = 0.1, batch = o.batch > 0 and o.batch }
end

fit(1)
local began = uv.hrtime()
fit(o.iterations)
local milliseconds = (uv.hrtime() - began) / 1e6 / o.iterations

local checksums, bytes = {}, 0
for _, name in ipairs { "W1", "b1", "W2", "b2" } do
  local array = model.weights[name]
  checksums[#checksums + 1] = array:checksum()
  bytes = bytes + 4 * array.size -- float32
end

local own = { host = uv.os_gethostname(), weights = table.concat(checksums, "-") }
local ranks = { own }
if mpi then
  ranks = mpi.gather(own) or {}
end
for i, rank in ipairs(ranks) do
  if rank.weights ~= own.weights then
    error(("rank %d has other weights than rank 0"):format(i - 1))
  end
  ranks[i] = rank.host
end
if #ranks > 0 then
  print(("hosts\t%s\nmilliseconds\t%.2f\ngradients\t%d\nweights\t%s"):format(
    table.concat(ranks, " "), milliseconds, bytes * o.iterations, own.weights))
end
