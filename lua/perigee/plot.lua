--- Plots, by gnuplot: in the terminal, or into an SVG or PNG file.

local gnuplot = require "perigee.gnuplot"
local picture = require "perigee.picture"

--- Draws curves, or a grid of numbers: in the terminal, or into a file.
---
--- `pg.plot(y)` draws y over 1, 2, ...; `pg.plot(x, y)` over x, as does the table of options
--- `pg.plot { x = ..., y = ... }`. y may be several curves by name, `{ train = a, test = b }`; x
--- and error may then be tables by the same names. error draws bars in a file: y - error to
--- y + error; a terminal has no room for them. x may be a list of texts, which stand side by side.
--- `z`, a matrix, is drawn as coloured cells, with x and y as the labels of its columns and rows.
--- Numbers that are not finite, or not above 0 on a logarithmic scale, are left out. A call that
--- returns two arrays, as `m:fit` does with validation, takes parentheses: `pg.plot((m:fit()))`.
---
--- Raises where no number can be drawn, a matrix is too large for the terminal, or the file cannot
--- be written. Where gnuplot is missing, a line on stderr names its package.
---
---     pg.plot(m:fit{iterations = 100})  -- in the terminal
---     pg.plot({10, 20, 30}, {0.5, 0.8, 0.9})
---     pg.plot{y = {train = {3, 2, 1}, test = {3, 2.5, 2}}, xlabel = "epoch",
---       file = "loss.svg"}
---     --> true
---@param options perigee.like|table  y (a curve, or several by name; numbers alone are y); x; z (a
---   matrix); error; title; xlabel; ylabel; xscale = "linear" (or "log"); yscale = "linear" (or
---   "log"); order (the names of y's curves, as they are to be drawn and listed);
---   points = false (or true: no lines between them); file (ends in .svg or .png); format (of z's
---   numbers, as string.format takes it)
---@param y? perigee.like|table  drawn over the first argument, which is x then
---@return boolean  # false where gnuplot is missing
return function(options, y)
  if y ~= nil then
    if gnuplot.is_named(options) and not gnuplot.is_named(y) then
      error("plot: beside a table of options there is no y: it is one of them", 2)
    end
    options = { x = options, y = y }
  end
  local drawn = picture.draw(options, 2)
  return drawn
end
