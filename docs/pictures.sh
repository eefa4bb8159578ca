#!/bin/sh
# Makes the pictures of docs/results.md, in the project's folder: the plots of the sweeps' reports,
# a report in Chromium if that is there, and some of the drawn digits. The output of the sweeps goes
# into runs/*.txt.
#
# usage: docs/pictures.sh
set -eu

make -s all
perigee=build/perigee
runs=runs/pictures

$perigee examples/iteration_sweep.lua --runs "$runs" > runs/iteration_sweep.txt
$perigee examples/hidden_grid.lua rate=0.1,0.5,1 repeats=3 --runs "$runs" --jobs 2 \
    > runs/hidden_grid.txt

# The images of a page: docs/pictures/NAME-1.svg, NAME-2.svg ...
pictures_of() { # pictures_of NAME
    $perigee - "$runs/$1/report.html" "docs/pictures/$1" <<'END'
local file <close> = assert(io.open(arg[1]))
local k = 0
for data in file:read("a"):gmatch 'src="data:image/svg%+xml,([^"]*)"' do
  k = k + 1
  local svg = data:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  assert(require("perigee").write(("%s-%d.svg"):format(arg[2], k), svg))
end
END
}
pictures_of iteration_sweep
pictures_of hidden_grid

if command -v chromium >/dev/null; then
    profile=$(mktemp -d)
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$profile" --window-size=900,2000 --hide-scrollbars \
        --screenshot=docs/pictures/report.png "file://$PWD/$runs/hidden_grid/report.html"
    rm -r "$profile"
fi

$perigee - <<'END'
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
END
