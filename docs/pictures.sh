#!/bin/sh
# Makes the pictures of docs/results.md, from the project's folder: the plots of both
# sweeps on MNIST and on the drawn digits, and some of these.
#
# usage: docs/pictures.sh
set -eu

make -s all
for data in mnist digits; do
    for example in iteration_sweep hidden_grid; do
        build/perigee "examples/$example.lua" "data=$data"
    done
    for plot in iteration_sweep hidden_grid hidden_grid_curves; do
        cp "out/$plot.svg" "docs/pictures/$data-$plot.svg"
    done
done

build/perigee - <<'EOF'
local pg = require "perigee"
local digits = assert(pg.dataset "digits").x_train
local rows = {}
for i = 1, 10 do
  local row = {}
  for j = 1, 20 do
    row[j] = digits[20 * (i - 1) + j]
  end
  rows[i] = pg.concat(row, 2)
end
assert(pg.plot { z = pg.concat(rows, 1), file = "docs/pictures/digits.png" })
EOF
