--- pg.plot: plots by gnuplot, in the terminal or into an SVG or PNG file.

local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local gnuplot = require "perigee.plot.gnuplot"
local losses = require "perigee.model.losses"
local output = require "perigee.plot.output"

--- Tells if a value is an array of rank 1 that was not freed.
local function is_row(value)
  return types.is_array(value) and errors.try(function() return value.ndim end) == 1
end

--- Tells if a table by names has options, not curves alone.
local function has_options(value)
  for _, each in pairs(gnuplot.is_named(value) and value or {}) do
    if type(each) ~= "table" and not types.is_array(each) then
      return true
    end
  end
  return false
end

--- The message about arguments of pg.plot(x, y, ...) that do not fit; nil for those that do.
local function fault(count, x, y)
  if x == nil or y == nil then
    return ("bad argument #%d to 'plot' (array, number or table expected, got nil)"):format(
      x == nil and 1 or 2)
  elseif count > 2 or has_options(x) or has_options(y) then
    return "plot: options stand in one table with x and y: pg.plot{x = ..., y = ..., title = ...}"
  elseif losses.are_pair(x, y) then
    return "plot: these are the loss and the validation loss of a training: "
      .. "pg.plot{y = {loss = a, validation = b}} draws both, pg.plot((m:fit())) the first"
  elseif is_row(x) and is_row(y) and #x ~= #y then
    return ("plot: x has %d numbers and y has %d (of a call that returns both, pg.plot((f())) "
      .. "draws the first)"):format(#x, #y)
  end
end

--- Draws curves or a matrix with gnuplot, in the terminal or into a file.
---
--- `pg.plot(y)` draws y over 1, 2, ...; `pg.plot(x, y)` and `pg.plot { x = ..., y = ... }` draw y
--- over x. y may have several curves by name, `{ train = a, test = b }`; x and error may then be
--- tables with the same names. x may be a list of strings. `error` draws bars from y - error to
--- y + error in a file; in the terminal there are none. `z`, a matrix, is drawn as coloured cells,
--- with x and y as the labels of its columns and rows; without labels they are numbered from
--- `first`, which is 0 for the classes of a confusion matrix.
---
--- Numbers that aren't finite are left out, and on a logarithmic scale those that aren't above 0. A
--- call with two results, such as `m:fit` with validation, needs parentheses: `pg.plot((m:fit()))`.
---
--- Raises if there is no number to draw, a matrix is too large for the terminal, or the file can't
--- be written. If gnuplot is missing, a line on stderr names its package.
---
---     pg.plot(m:fit{iterations = 100})  -- in the terminal
---     pg.plot({10, 20, 30}, {0.5, 0.8, 0.9})
---     pg.plot{y = {train = {3, 2, 1}, test = {3, 2.5, 2}}, xlabel = "epoch",
---       file = "loss.svg"}
---     --> true
---     pg.plot{z = {{9, 1}, {2, 8}}, first = 0, file = "confusion.svg"}  --> true
---@param options perigee.like|table  y (a curve, or several by name; numbers alone are y); x; z (a
---   matrix); error; title; xlabel; ylabel; xscale = "linear" (or "log"); yscale = "linear" (or
---   "log"); order (the names of y's curves in the order of the legend);
---   points = false (or true: no lines between them); file (ends in .svg or .png); format (of z's
---   numbers, as string.format takes it); first = 1 (the number of z's first column and row)
---@param ... perigee.like|table  y; the first argument is then x
---@return boolean  # false if gnuplot is missing
return function(options, ...)
  local count = 1 + select("#", ...)
  local problem = count > 1 and fault(count, options, ...)
  if problem then
    errors.raise(problem)
  elseif count > 1 then
    options = { x = options, y = (...) }
  end
  return output.draw(options)
end
