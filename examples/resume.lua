-- A training that can be killed and started again at any moment.
--
--   build/perigee examples/resume.lua iterations=1000 file=resume.npz
--
-- It ends in the same bits however often it is interrupted. If the file exists, the network is the
-- file's; iterations= may be more than before.

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  iterations = 1000, hidden = 100, rate = 0.1, data = "mnist", dtype = "float32", seed = 0,
  file = "resume.npz",
})

local data <close> = pg.dataset(o.data)

local function new_model()
  return pg.Model(data.x_train, data.y_train, {
    hidden = o.hidden, dtype = o.dtype, seed = o.seed, scale = 1 / 255,
  })
end

local model = pg.exists(o.file) and pg.Model.load(o.file, data.x_train, data.y_train)
  or new_model()

for i in model:steps { iterations = o.iterations, rate = o.rate, resume = true, progress = true } do
  if i % 50 == 0 or i == o.iterations then
    model:save(o.file)
  end
end

print(model:summary())
print(("Test accuracy : %.2f%%"):format(100 * model:score(data.x_test, data.y_test)))
