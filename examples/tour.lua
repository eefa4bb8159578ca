-- A tour of the prompt: loads data, trains a model for a while, and lists commands to try.
--
--   build/perigee -i examples/tour.lua
--
-- Its variables are global, so that the prompt has them.
-- luacheck: globals data x y model cost

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, { data = "mnist", iterations = 200, hidden = { 100 } })

data = pg.dataset(o.data)
x, y = data.x_train, data.y_train
pg.show(x:rows(1, 20), { labels = y:rows(1, 20) })

model = pg.Model(x, y, { hidden = o.hidden, seed = 0, scale = 1 / 255 })
cost = model:fit { iterations = o.iterations, rate = 0.1, progress = true }

print(([[

These are %d of the %d training pictures. The model labels %.1f %% of the test
pictures correctly, and can do better. Try these lines, and Tab in the middle:

  model                                     shows its layers and training
  model:predict(data.x_test:rows(1, 10))    the labels of ten pictures
  pg.show(data.x_test[1])                   the first of the ten
  pg.plot(cost)                             the losses of the training
  cost = model:fit { iterations = 200 }     trains it further; Ctrl-C stops it
  model:score(data.x_test, data.y_test)     the accuracy now
  pg.show(model.weights.W1[7]:reshape(28, 28))    the weights of a hidden unit
  ?model.fit                                help on anything
  who()                                     lists the variables
  save_session "tour.lua"                   saves the lines that worked as a script
]]):format(20, #x, 100 * model:score(data.x_test, data.y_test)))
