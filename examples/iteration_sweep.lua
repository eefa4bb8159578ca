-- The notebook's sweep: the test accuracy after 100, 200, ... 1000 iterations.
--
--   build/perigee examples/iteration_sweep.lua iterations=1000 hidden=100 rate=0.1
--
-- With one seed, the training of 1000 iterations passes through the other nine
-- on its way, so one training gives all ten answers. faithful=true trains ten
-- models, as the notebook does.

local pg = require "perigee"
local options = require "perigee.options"
local output = require "perigee.output"

local o = options.read(arg, {
  iterations = 1000, hidden = 100, rate = 0.1, data = "mnist", dtype = "float32", seed = 0,
  faithful = false,
})

local data <close> = assert(pg.dataset(o.data))

local function new_model()
  return pg.Model(data.x_train, data.y_train, {
    hidden = o.hidden, dtype = o.dtype, seed = o.seed, scale = 1 / 255,
  })
end

local marks, is_mark = {}, {}
for k = 1, 10 do
  local mark = o.iterations * k // 10
  if mark > 0 and not is_mark[mark] then
    marks[#marks + 1], is_mark[mark] = mark, true
  end
end

local accuracies = {}
local function score(model)
  accuracies[#accuracies + 1] = model:score(data.x_test, data.y_test)
end

if o.faithful then
  for _, mark in ipairs(marks) do
    local model = new_model()
    model:fit { iterations = mark, rate = o.rate, progress = true }
    score(model)
  end
else
  local model = new_model()
  for i in model:steps { iterations = o.iterations, rate = o.rate, progress = true } do
    if is_mark[i] then
      score(model)
    end
  end
end

local rows = {}
for i, mark in ipairs(marks) do
  print(string.format("Test accuracy : %.2f%% # %d iter", accuracies[i] * 100, mark))
  rows[i] = { mark, accuracies[i] }
end

output.csv("iteration_sweep", { "iterations", "accuracy" }, rows)
output.plot("iteration_sweep", {
  title = ("Test accuracy, %s, hidden %d, rate %g"):format(o.data, o.hidden, o.rate),
  x = marks, y = accuracies, xlabel = "iterations", ylabel = "accuracy",
})
