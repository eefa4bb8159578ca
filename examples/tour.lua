-- A tour of the prompt, which it leaves you at with data loaded and a model half trained.
--
--   build/perigee -i examples/tour.lua
--
-- What it defines is global, and so still there when it has ended.
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

These are %d of the %d pictures to learn from, and the model knows %.1f %% of
those it has not seen. It can do better; try these, and Tab in the middle:

  model                                     what it is
  model:predict(data.x_test:rows(1, 10))    what it takes ten pictures for
  pg.show(data.x_test[1])                   the first of them
  pg.plot(cost)                             how it learnt
  cost = model:fit { iterations = 200 }     train it on; Ctrl-C stops it
  model:score(data.x_test, data.y_test)     again
  pg.show(model.weights.W1[7]:reshape(28, 28))    what a hidden unit looks for
  ?model.fit                                help on anything
  who()                                     what there is by now
  save_session "tour.lua"                   keep what worked as a script
]]):format(20, #x, 100 * model:score(data.x_test, data.y_test)))
