-- One training by several processes, on one machine or many: each reads its own rows alone, and all
-- have the same weights, those of `mpirun -n 1`, to the bit.
--
--   make mpi
--   mpirun -n 4 build/perigee examples/local_rows.lua iterations=200 rate=0.5

local pg = require "perigee"
local mpi = require "perigee.mpi"
local options = require "perigee.options"

local o = options.read(arg, {
  iterations = 200, rate = 0.5, hidden = { 100 }, data = "mnist", seed = 0, file = "local_rows.npz",
})

local data <close> = pg.dataset(o.data)
local _, shape = data:form "x_train"
local rows = mpi.rows(shape[1])
local part <close> = pg.load(data:path(), { rows = { x_train = rows, y_train = rows } })

local model = pg.Model(part.x_train, part.y_train, {
  hidden = o.hidden, seed = o.seed, scale = 1 / 255, comm = mpi.world, rows = "local",
})

for i, loss in model:steps { iterations = o.iterations, rate = o.rate, progress = true } do
  if i % 50 == 0 and mpi.rank == 0 then
    print(("%5d  loss %.4f"):format(i, loss))
  end
end
model:save(o.file)

-- Each rank predicts a part of the test rows; the numbers of right ones are added up.
local x, y = mpi.scatter(data.x_test), mpi.scatter(data.y_test)
local right = mpi.allreduce(model:predict(x):eq(y):sum())
if mpi.rank == 0 then
  print(("%d ranks, accuracy %.2f%%"):format(mpi.size, 100 * right / #data.x_test))
end
