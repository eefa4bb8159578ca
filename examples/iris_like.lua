-- Flowers from a CSV file: split, standardised, classified, with a report of each species.
--
--   build/perigee examples/iris_like.lua epochs=200 hidden=10 seed=0
--
-- tools/draw_iris_like.lua drew the flowers.

local pg = require "perigee"
local options = require "perigee.options"

local here = arg[0]:match "^(.*)/" or "."
local o = options.read(arg, {
  file = here .. "/iris_like.csv", epochs = 200, hidden = 10, rate = 0.01, seed = 0,
})

local t = pg.read_csv(o.file)
local x = t:array { "sepal_length", "sepal_width", "petal_length", "petal_width" }
local y, species = t:labels "species"

local x_train, x_test, y_train, y_test = pg.split(x, y,
  { test = 0.2, seed = o.seed, stratify = true })
local z_train, scale = pg.standardise(x_train)
local z_test = pg.standardise(x_test, scale) -- by the same numbers

local m = pg.Model(z_train, y_train, { names = species, hidden = o.hidden, seed = o.seed })
m:fit { epochs = o.epochs, batch = 16, optimizer = "adam", rate = o.rate,
  validation = 0.1, patience = 20 }

print(m)
print(m:report(z_test, y_test))
local _, _, confusion = m:evaluate(z_test, y_test)
print(confusion)
