-- Times an epoch of mini-batches, ours beside PyTorch's, in turn, and prints medians and ratios.
--
--   build/perigee tests/bench_batches.lua [rounds=5 batch=128 optimizer=adam hidden=128,64 ...]
--
-- The rows come in a new random order in each epoch. PyTorch is measured where python3 has it.

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local pg = require "perigee"
local contenders = require "contenders"
local options = require "perigee.options"
local timing = require "timing"

local o = options.read(arg, {
  rounds = 5, epochs = 2, batch = 128, optimizer = "adam", hidden = { 100 },
  activation = "sigmoid", data = "mnist",
})

local data <close> = assert(pg.dataset(o.data))
local hidden = table.concat(o.hidden, ",")

--- The seconds of o.epochs epochs, after a first one that is not counted.
local function in_model(dtype, plan)
  return function()
    local model = pg.Model(data.x_train, data.y_train, {
      hidden = o.hidden, activation = o.activation, batch = o.batch, optimizer = o.optimizer,
      dtype = dtype, seed = 0, scale = 1 / 255, plan = plan,
    })
    local times = {}
    for i = 0, o.epochs do
      times[i] = timing.seconds(function()
        model:fit { epochs = 1 }
      end)
    end
    return times
  end
end

local list = contenders.new()
if contenders.python_has "torch" then
  list:add("PyTorch float32", contenders.in_python(data:path(), "batches", "float32", hidden,
    o.epochs, o.batch, o.optimizer, o.activation))
else
  print("PyTorch is not installed (Debian's python3-torch): ours alone")
end
list:add("Perigee, Model, float64, dense", in_model("float64", "dense"))
list:add("Perigee, Model, float32, dense", in_model("float32", "dense"))
list:add("Perigee, Model, float64", in_model "float64")
list:add("Perigee, Model, float32", in_model "float32")
list:run(o.rounds)

print(("\n784-%s-10, %s, %d rows in batches of %d, %s"):format(hidden:gsub(",", "-"), o.activation,
  #data.x_train, o.batch, o.optimizer))
print(("medians of %d rounds of %d epochs, in turn\n"):format(o.rounds, o.epochs))
list:print "ms/epoch"
