--- Draws examples/iris_like.csv: flowers of three species, with the means and spreads that follow.
--
--   build/perigee tools/draw_iris_like.lua > examples/iris_like.csv
--
-- The flowers are nobody's measurements: they only look like Fisher's irises. Size and shape of a
-- flower go together, so that two of the species overlap.

local pg = require "perigee"

local SEED, EACH = 7, 50
local COLUMNS = { "sepal_length", "sepal_width", "petal_length", "petal_width" }
local SPECIES = {
  { name = "reed flag", means = { 5.0, 3.4, 1.5, 0.3 }, spread = { 0.3, 0.35, 0.2, 0.1 } },
  { name = "meadow flag", means = { 6.0, 2.8, 4.3, 1.4 }, spread = { 0.5, 0.3, 0.5, 0.2 } },
  { name = "tall flag", means = { 6.6, 3.0, 5.5, 2.0 }, spread = { 0.6, 0.3, 0.55, 0.25 } },
}

local g, rows = pg.random(SEED), {}
for _, species in ipairs(SPECIES) do
  local size, own = g:randn(EACH, 1) * 0.7, g:randn(EACH, 4) * 0.7
  local numbers = pg.maximum((size + own) * species.spread + species.means, 0.1)
  for _, flower in ipairs(numbers:tolist()) do
    rows[#rows + 1] = ("%.1f,%.1f,%.1f,%.1f,%s"):format(flower[1], flower[2], flower[3], flower[4],
      species.name)
  end
end
print(table.concat(COLUMNS, ",") .. ",species")
for _, i in ipairs(g:permutation(#rows):tolist()) do
  print(rows[i])
end
