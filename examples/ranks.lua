-- A training by all ranks of mpirun or srun that can be killed and started again at any moment.
--
--   mpirun -n 4 build/perigee examples/ranks.lua iterations=1000 file=ranks.npz
--
-- It ends in the same bits as resume.lua, which does the same in one process, on any number of
-- ranks. Each rank computes on its share of the rows; rank 0 prints, and writes the file.

local pg = require "perigee"
local mpi = require "perigee.mpi"
local options = require "perigee.options"

local o = options.read(arg, {
  iterations = 1000, hidden = 100, rate = 0.1, data = "mnist", dtype = "float32", seed = 0,
  file = "ranks.npz",
})

local data <close> = pg.dataset(o.data)

local function new_model()
  return pg.Model(data.x_train, data.y_train, {
    hidden = o.hidden, dtype = o.dtype, seed = o.seed, scale = 1 / 255, comm = mpi.world,
  })
end

local model = pg.exists(o.file)
  and pg.Model.load(o.file, data.x_train, data.y_train, { comm = mpi.world }) or new_model()

for i in model:steps { iterations = o.iterations, rate = o.rate, resume = true, progress = true } do
  if i % 50 == 0 or i == o.iterations then
    model:save(o.file)
  end
end

local accuracy = model:score(data.x_test, data.y_test)
if mpi.rank == 0 then
  print(mpi)
  print(model:summary())
  print(("Test accuracy : %.2f%%"):format(100 * accuracy))
end
