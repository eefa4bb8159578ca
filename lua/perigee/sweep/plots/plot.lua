--- Plots of a study: a metric over parameters or iterations, and heat maps of two parameters.

local collections = require "perigee.util.collections"
local curves = require "perigee.sweep.plots.curves"
local data = require "perigee.sweep.plots.data"
local errors = require "perigee.util.errors"
local heat_map = require "perigee.sweep.plots.heat_map"
local output = require "perigee.plot.output"
local schema = require "perigee.util.schema"

local MOST_PLOTS = 6 -- over parameters, that a report shows

local function text_kind(words)
  return {
    expected = words,
    read = schema.text.read,
  }
end

--- One name, or a list of names, or false.
local group_kind = schema.or_false {
  expected = "a parameter's name, a list of them",
  read = function(value)
    if type(value) == "string" then
      return value
    elseif type(value) == "table" then
      return schema.elements(value, schema.text.read)
    end
  end,
}

local KINDS = collections.merge(output.KINDS, {
  x = text_kind "a parameter's name, or 'iteration'",
  y = text_kind "a metric's name, or a parameter's",
  z = text_kind "a metric's name",
  group = group_kind,
})

local plots = {}

--- The options for pg.plot; nil, and the reason, if there is nothing to draw.
local function picture_options(study, options, is_svg)
  options = schema.must_read(options, KINDS, "plot")
  local view = data.read(study)
  if view.by_name[options.y] then
    return heat_map.options(view, options)
  elseif options.z ~= nil then
    errors.raise("plot: z is for a heat map, where y names a parameter")
  end
  return curves.options(view, options, is_svg or options.file ~= nil)
end

--- Draws a study in the terminal, or into a file: a metric's means over the repeats, with bars of
--- the standard deviation in a file. Where y names a parameter, a heat map over two parameters.
---@param study perigee.sweep.study
---@param options? table  x (a parameter or "iteration"), y (a metric; or a parameter: a heat
---   map), z (the heat map's metric), group (the parameter, or list of them, that has a curve for
---   each value; false: one curve), title, xscale and yscale ("log" or "linear"), file (ends in
---   .svg or .png)
---@return boolean  # false if nothing was reported yet, or gnuplot is missing: stderr says so
function plots.draw(study, options)
  local shown, message = picture_options(study, options, false)
  if not shown then
    output.tell(message)
    return false
  end
  shown.file = options and options.file
  return output.draw(shown)
end

--- Draws a study as SVG text.
---@param study perigee.sweep.study|perigee.sweep.view
---@param options? table  as plots.draw has them; a file is not written
---@return string?
---@return string  # its title; or what went wrong, where nil comes first
function plots.svg(study, options)
  local shown, message = picture_options(study, options, true)
  if not shown then
    return nil, message
  end
  local text, why = output.svg(shown)
  return text, text and shown.title or why
end

--- The plots that a report shows: a heat map if two parameters make a grid; curves over each
--- parameter that varies; learning curves if trials have reported a metric more than once.
---@param study perigee.sweep.study
---@return table[]  # options for plots.draw and plots.svg
---@return perigee.sweep.view  # the study as it was read, which plots.svg takes in its place
function plots.defaults(study)
  local view = data.read(study)
  local names, list = view:varying(), {}
  local first, second = view.parameters[1], view.parameters[2]
  if #names == 2 and heat_map.suits(view, first, second) then
    list[1] = { x = first.name, y = second.name }
  end
  for i = 1, math.min(#names, MOST_PLOTS) do
    list[#list + 1] = { x = names[i] }
  end
  if next(view:repeated_metrics()) then
    list[#list + 1] = { x = curves.ITERATION }
  end
  return list, view
end

return plots
