--- The gnuplot commands of a plot: curves, or a grid of numbers.

local c_locale = require "perigee.util.c_locale"
local class_names = require "perigee.util.class_names"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local core = require "perigee.core"
local printable = require "perigee.util.printable"

local gnuplot = {}

local LARGEST = 1e290 -- the largest number for which gnuplot can draw an axis
local MOST_CELLS = 400 -- of a grid whose cells show their numbers
local MOST_TICS = 40
local NEAREST_TICS = 0.06 -- of the axis; the numbers of nearer tics overlap
local MOST_MARKED = 50 -- points of a curve that are marked
local LONGEST_NAME = 60 -- characters of a curve's name; the rest is cut
local LONG_NAME, LONG_TITLE = 14, 50 -- characters; with longer ones the legend is below the curves
local COLOURS = { -- also distinct for the colour-blind: Okabe and Ito's, and two of Tol's
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#999933",
}

-- --- text and data -----------------------------------------------------------

local NO_XML = "\xef\xbf[\xbe\xbf]" -- U+FFFE and U+FFFF, which XML does not allow

--- Quotes a text for gnuplot. Bytes of ASCII other than letters, digits and blanks are written as
--- octal escapes: in double quotes, gnuplot 5 runs commands in backquotes; in single quotes, it
--- loses an apostrophe at the beginning.
local function quote(text)
  return '"' .. printable.line(text):gsub(NO_XML, "?"):gsub("[^A-Za-z0-9 \x80-\xff]", function(byte)
    return ("\\0%03o"):format(byte:byte()) -- gnuplot reads three digits behind a 0
  end) .. '"'
end

--- Cuts a text to a number of columns; a text that is cut ends in an ellipsis.
local function cut(text, columns)
  if printable.width(text) <= columns then
    return text
  end
  return printable.cut(text, columns - 1) .. "\u{2026}"
end

local MOST_LINES = 12 -- of a title

--- Quotes a text, broken between words into lines of a width; cuts a very long one.
local function quote_lines(text, width)
  local lines = { "" }
  for word in cut(printable.line(text):gsub("  +", " "), width * MOST_LINES):gmatch " ?[^ ]+" do
    local line = lines[#lines] .. word
    if printable.width(line) > width and lines[#lines] ~= "" then
      lines[#lines + 1] = word:match "[^ ]+"
    else
      lines[#lines] = line
    end
  end
  for i, line in ipairs(lines) do
    lines[i] = quote(line)
  end
  return table.concat(lines, '."\\n".')
end

--- Tells if gnuplot can draw a number, and axes around it.
local function is_finite(value)
  return math.abs(value) <= LARGEST
end

--- Formats a named block of data: columns of numbers or quoted text, equally long.
local function data_block(name, columns)
  local lines = { name .. " << END_OF_DATA" }
  for row = 1, #columns[1] do
    local fields = {}
    for i, column in ipairs(columns) do
      local value = column[row]
      fields[i] = type(value) == "string" and value
        or is_finite(value) and c_locale.with_point(("%.17g"):format(value)) or "NaN"
    end
    lines[#lines + 1] = table.concat(fields, " ")
  end
  lines[#lines + 1] = "END_OF_DATA"
  return table.concat(lines, "\n")
end

--- Formats labels as texts on one line, each of at most `most` columns.
local function names_of(labels, most)
  local names = {}
  for i, label in ipairs(labels) do
    names[i] = cut(printable.line(label), most)
  end
  return names
end

--- Tells if each step-th name, centred in `room` columns, touches the next.
local function are_crowded(names, step, room)
  for i = 1 + step, #names, step do
    if (printable.width(names[i - step]) + printable.width(names[i])) / 2 + 1 > room then
      return true
    end
  end
  return false
end

--- The command for named tics at first, first + 1, ...; of more than MOST_TICS some are left out.
--- Crowded names of the x axis are slanted in a file, and cut in the terminal.
local function named_tics(axis, labels, first, surface)
  local step = math.ceil(#labels / MOST_TICS)
  local names = names_of(labels, surface.name)
  local is_crowded = axis == "x" and are_crowded(names, step, surface.title * step / #labels)
  if is_crowded and surface.is_text then
    names = names_of(labels, math.max(1, surface.title * step // #labels - 2))
  end
  local parts = {}
  for i = 1, #labels, step do
    local name = names[i]:gsub("%%", "%%%%") -- gnuplot reads it as a format
    parts[#parts + 1] = ("%s %d"):format(quote(name), first + i - 1)
  end
  return ("set %stics %s(%s) scale 0"):format(axis,
    is_crowded and not surface.is_text and "rotate by 35 right " or "",
    table.concat(parts, ", "))
end

-- --- reading curves ----------------------------------------------------------

--- A key that sorts names by their numbers: "hidden 50" comes before "hidden 100", and "rate 0.05"
--- before "rate 0.1".
local function natural_key(name)
  return (name:gsub("()(%d+)", function(at, digits)
    local is_fraction = at > 2 and name:find("^%d%.", at - 2)
    return is_fraction and digits or ("0"):rep(15 - #digits) .. digits
  end))
end

local function sorted_names(curves)
  local names, keys = {}, {}
  for name in pairs(curves) do
    names[#names + 1], keys[name] = name, natural_key(name)
  end
  table.sort(names, function(a, b)
    if keys[a] == keys[b] then
      return c_locale.precedes(a, b)
    end
    return c_locale.precedes(keys[a], keys[b])
  end)
  return names
end

--- The curves' names in the given order; raises if it does not have each name once.
local function ordered_names(curves, order)
  local names, seen = {}, {}
  for i, name in ipairs(order) do
    if curves[name] == nil or seen[name] then
      errors.raise("plot: order has '%s', which is not one more curve of y", printable.name(name))
    end
    names[i], seen[name] = name, true
  end
  for name in pairs(curves) do
    if not seen[name] then
      errors.raise("plot: order does not have y's curve '%s'", printable.name(name))
    end
  end
  return names
end

--- Converts numbers to an array; raises with the option's name.
local function to_array(value, what)
  local a, message = errors.try(core.array, value)
  if not a then
    errors.raise("plot: %s: %s", what, message)
  end
  return a
end

--- Converts a row of numbers to a table; raises with the option's name.
local function to_list(value, what)
  local a = to_array(value, what)
  if a.ndim ~= 1 then
    errors.raise("plot: %s must be a row of numbers, not of shape %s", what, a.shape)
  end
  return a:astype("float64"):tolist()
end

--- Tells if a value is a table by names.
---@param value any
---@return boolean
function gnuplot.is_named(value)
  return type(value) == "table" and type(next(value)) == "string"
end

--- Tells if an axis has texts in the place of numbers.
local function is_categories(value)
  return type(value) == "table" and type(value[1]) == "string"
end

--- A list of n integers that begins with `first`, 1 by default.
local function positions(n, first)
  local list = {}
  for i = 1, n do
    list[i] = (first or 1) + i - 1
  end
  return list
end

--- Replaces numbers that a scale cannot show by NaN.
local function shown(list, is_log)
  for i, value in ipairs(list) do
    list[i] = is_finite(value) and (not is_log or value >= 1 / LARGEST) and value or 0 / 0
  end
  return list
end

--- The option x, y or error of a curve, and its name in messages.
local function part_of(options, key, name)
  local value = options[key]
  if name and gnuplot.is_named(value) then
    return value[name], ("%s[\"%s\"]"):format(key, printable.name(name))
  end
  return value, key
end

--- Reads the numbers of the option x or error of a curve; nil if it is not given. Raises if y has
--- not as many.
local function beside_y(options, key, name, y)
  local value, what = part_of(options, key, name)
  if value == nil then
    if options[key] ~= nil then
      errors.raise("plot: there is no %s", what)
    end
    return nil
  end
  local list = key == "x" and is_categories(value) and positions(#value)
    or to_list(value, what)
  if #list ~= #y then
    local _, of_y = part_of(options, "y", name)
    errors.raise("plot: %s has %d numbers and %s has %d", what, #list, of_y, #y)
  end
  return list
end

local function read_curve(options, name)
  local value, what = part_of(options, "y", name)
  local y = to_list(value, what)
  local x = beside_y(options, "x", name, y) or positions(#y)
  return {
    name = name, y = shown(y, options.log_y), x = shown(x, options.log_x),
    error = beside_y(options, "error", name, y),
  }
end

--- Reads the curves, in the order in which they are drawn.
local function read_curves(options)
  local curves = {}
  if not gnuplot.is_named(options.y) then
    curves[1] = read_curve(options, nil)
    return curves
  end
  local names = options.order and ordered_names(options.y, options.order)
    or sorted_names(options.y)
  for i, name in ipairs(names) do
    curves[i] = read_curve(options, name)
  end
  return curves
end

-- --- drawing curves ----------------------------------------------------------

--- The number of points that are drawn.
local function count_points(curve)
  local n = 0
  for i, y in ipairs(curve.y) do
    n = n + (is_finite(y) and is_finite(curve.x[i]) and 1 or 0)
  end
  return n
end

--- The gnuplot style of a curve.
local function style_of(curve, is_text, no_lines)
  if is_text then -- a line of one point would be invisible
    return not no_lines and count_points(curve) > 1 and "lines" or "points"
  elseif curve.error then
    return (no_lines and "yerrorbars" or "yerrorlines") .. " pointtype 7 pointsize 0.5"
  elseif no_lines then
    return "points pointtype 7 pointsize 0.5"
  end
  return #curve.y <= MOST_MARKED and "linespoints pointtype 7 pointsize 0.5" or "lines"
end

--- The least number on a logarithmic axis, of points and ends of error bars.
local function least_of(curves)
  local least = math.huge
  for _, curve in ipairs(curves) do
    for i, y in ipairs(curve.y) do
      local low = y - (curve.error and curve.error[i] or 0)
      least = math.min(least, low > 0 and low or least, is_finite(y) and y or least)
    end
  end
  return least
end

--- The lower and upper ends of error bars. On a logarithmic axis, bars down to 0 or below begin at
--- the floor.
local function bars_of(curve, floor)
  local low, high = {}, {}
  for i, y in ipairs(curve.y) do
    local length = is_finite(curve.error[i]) and math.abs(curve.error[i]) or 0
    low[i], high[i] = y - length, y + length
    if floor and low[i] <= 0 then
      low[i] = floor
    end
  end
  return low, high
end

--- The part of the plot command for curve i of n. Colours that are used again have dashed lines.
local function curve_part(i, n, curve, options, is_text)
  local columns = "1:2"
  if curve.error and not is_text then -- in the terminal, bars would hide each other
    local is_shifted = is_categories(options.x) -- bars over the same text stand beside each other
    local shift = is_shifted and (i - (n + 1) / 2) * math.min(0.04, 0.4 / n) or 0
    columns = c_locale.format("($1+%.4f):2:3:4", shift)
  end
  local gap = is_text and " " or "" -- between a line and its name
  return ("$curve%d using %s with %s linewidth 2 dashtype %d linecolor rgb '%s' %s"):format(i,
    columns, style_of(curve, is_text, options.points), (i - 1) // #COLOURS + 1,
    COLOURS[(i - 1) % #COLOURS + 1],
    curve.name and "title " .. quote(gap .. cut(printable.line(curve.name), LONGEST_NAME))
      or "notitle")
end

--- The command for the legend, and the number of further lines that the picture needs for it.
local function key_command(options, curves, surface)
  if not curves[1].name then
    return "unset key", 0
  end
  local longest = 0
  for _, curve in ipairs(curves) do
    longest = math.max(longest, math.min(printable.width(printable.line(curve.name)), LONGEST_NAME))
  end
  if not surface.is_text and longest <= LONG_NAME
    and printable.width(printable.line(options.title or "")) <= LONG_TITLE then
    return "set key Left reverse outside right top", math.max(0, #curves - surface.beside)
  end
  local columns = math.max(1, surface.below // (longest + 10))
  return "set key Left reverse below height 1", (#curves - 1) // columns
end

--- The x of all points, sorted, each once.
local function x_values(curves)
  local seen, values = {}, {}
  for _, curve in ipairs(curves) do
    for i, x in ipairs(curve.x) do
      if is_finite(x) and is_finite(curve.y[i]) and not seen[x] then
        seen[x] = true
        values[#values + 1] = x
      end
    end
  end
  table.sort(values)
  return values
end

--- The command for tics at numbers of a logarithmic x axis, which need not be powers of ten.
local function log_tics(values)
  local width = math.log(values[#values] / values[1])
  local parts, last = {}, nil
  for _, x in ipairs(values) do
    if not last or math.log(x / last) >= NEAREST_TICS * width then
      parts[#parts + 1] = c_locale.format("'%.6g' %.17g", x, x)
      last = x
    end
  end
  return ("set xtics (%s)"):format(table.concat(parts, ", "))
end

--- The commands for the x axis. Bars, categories and points without lines have room at its ends.
local function x_commands(options, curves, surface)
  if is_categories(options.x) then
    return { ("set xrange [0.5:%d.5]"):format(#options.x), named_tics("x", options.x, 1, surface) }
  end
  local values, commands = x_values(curves), {}
  local first, last = values[1], values[#values]
  if options.log_x then
    commands[1] = "set logscale x"
    commands[2] = #values <= MOST_TICS // 2 and log_tics(values) or nil
  end
  if (curves[1].error or options.points) and first < last and not surface.is_text then
    local room = options.log_x and last ^ 0.04 / first ^ 0.04 or (last - first) * 0.04
    commands[#commands + 1] = c_locale.format("set xrange [%.17g:%.17g]",
      options.log_x and first / room or first - room,
      options.log_x and last * room or last + room)
  end
  return commands
end

--- The commands for curves, and the number of further lines that the picture needs for the legend;
--- nil and a message where there is nothing to draw.
local function curve_commands(options, surface)
  if options.first then
    errors.raise("plot: first is for a grid, z, and these are curves")
  end
  options = setmetatable({
    log_x = options.xscale == "log", log_y = options.yscale == "log",
  }, { __index = options })
  if options.log_x and is_categories(options.x) then
    errors.raise("plot: xscale is for numbers, and x has texts")
  end
  local curves = read_curves(options)
  local floor = options.log_y and least_of(curves) or nil
  local commands, parts, points = {}, {}, 0
  for i, curve in ipairs(curves) do
    points = points + count_points(curve)
    local columns = { curve.x, curve.y }
    if curve.error then
      columns[3], columns[4] = bars_of(curve, floor)
    end
    commands[i] = data_block("$curve" .. i, columns)
    parts[i] = curve_part(i, #curves, curve, options, surface.is_text)
  end
  if points == 0 then
    return nil, ("there is no finite number to draw%s (up to %g)"):format(
      (options.log_x or options.log_y) and ", or none above 0" or "", LARGEST)
  end
  for _, command in ipairs(x_commands(options, curves, surface)) do
    commands[#commands + 1] = command
  end
  if options.log_y then
    commands[#commands + 1] = "set logscale y"
  elseif curves[1].error and not surface.is_text then
    commands[#commands + 1] = "set offsets 0, 0, graph 0.02, graph 0.02" -- room for the bars' ends
  end
  local key, lines = key_command(options, curves, surface)
  commands[#commands + 1] = key
  commands[#commands + 1] = surface.is_text and "unset grid" or "set grid"
  commands[#commands + 1] = "plot " .. table.concat(parts, ", ")
  return commands, lines
end

-- --- grids -------------------------------------------------------------------

--- The command for the labels of a grid's columns or rows, which are at 0, 1, ...; without labels
--- they are numbered, unless there are too many.
local function tics(axis, labels, length, options, surface)
  labels = labels or not options.first and class_names.of(options.z)
    or length <= MOST_TICS and positions(length, options.first)
  if not labels then
    return ("unset %stics"):format(axis)
  elseif #labels ~= length then
    errors.raise("plot: %s has %d labels and z %d", axis, #labels, length)
  end
  for i, label in ipairs(labels) do
    if schema.caption.read(label) == nil then
      errors.raise("plot: %s[%d] must be %s, not %s", axis, i, schema.caption.expected,
        errors.describe(label))
    end
  end
  return named_tics(axis, labels, 0, surface)
end

--- The quoted text of a cell; empty for NaN.
local function cell_text(number, format)
  local text = ""
  if number == number then
    text = errors.try(c_locale.format, format, number)
  end
  if not text then
    errors.raise("plot: the format '%s' is not for %s, which is one of z's numbers",
      printable.name(format), errors.describe(number))
  end
  return '"' .. printable.line(text):gsub('["\\]', " ") .. '"'
end

--- The data block of a grid; true if a cell can be drawn; the length of the longest text.
local function cells_of(z, format)
  local x, y, value, label, drawable, longest = {}, {}, {}, {}, false, 0
  for i, row in ipairs(z:tolist()) do
    for j, number in ipairs(row) do
      x[#x + 1], y[#y + 1], value[#value + 1] = j - 1, i - 1, number
      label[#label + 1] = cell_text(number, format)
      drawable, longest = drawable or is_finite(number), math.max(longest, #label[#label] - 2)
    end
  end
  return data_block("$grid", { x, y, value, label }), drawable, longest
end

--- The commands for a grid, and 0, its lines for a legend; nil and a message where there is nothing
--- to draw. In a file the cells are coloured; cells show their numbers unless there are too many.
local function grid_commands(options, surface)
  for _, name in ipairs { "error", "xscale", "yscale", "order", "points" } do
    if options[name] ~= nil then
      errors.raise("plot: %s is for curves, and z is a grid", name)
    end
  end
  local z = to_array(options.z, "z"):astype "float64"
  if z.ndim ~= 2 or z.size == 0 then
    errors.raise("plot: z must be a matrix, not of shape " .. tostring(z.shape))
  end
  local is_text = surface.is_text
  local numbers = z.size <= MOST_CELLS and ", $grid using 1:2:4 with labels notitle" or ""
  if is_text and numbers == "" then
    return nil, ("%d cells are too many for the terminal: give a file"):format(z.size)
  end
  local rows, cols = table.unpack(z.shape)
  local cells, drawable, longest = cells_of(z, options.format or "%.4g")
  local room = surface.title // cols
  if longest >= room and not options.format then
    cells, drawable, longest = cells_of(z, "%.2g")
  end
  if longest >= room and not is_text then
    numbers = "" -- they would overlap
  end
  local commands = {
    cells,
    tics("x", options.x, cols, options, surface),
    tics("y", options.y, rows, options, surface),
    is_text and "set lmargin 12" or "", -- else the labels hide the axis' name
    ("set xrange [-0.5:%d.5]"):format(cols - 1),
    ("set yrange [%d.5:-0.5]"):format(rows - 1),
    "set palette defined (0 '#f7fbff', 1 '#6baed6')",
    numbers == "" and "set colorbox" or "unset colorbox", -- the scale of the colours
  }
  if not drawable then
    return nil, "there is no finite number to draw"
  end
  commands[#commands + 1] = is_text and "plot " .. numbers:sub(3)
    or "plot $grid using 1:2:3 with image pixels notitle" .. numbers
  return commands, 0
end

-- --- plots -------------------------------------------------------------------

--- The commands of a plot.
---@param options table  those of pg.plot
---@param surface table  `terminal`: gnuplot's name and options of it, with %d for the height;
---   `height`; `line`: the height of a name in the legend; `beside`: names that a legend beside the
---   curves has room for; `below`: characters of a line of a legend below them; `title`: characters
---   of a line of the title, or of all of x's labels; `name`: characters of a label; `is_text`:
---   true for a picture of characters
---@return string?  # nil where there is nothing to draw
---@return string?  # the error message, where nil comes first
function gnuplot.commands(options, surface)
  local draw = options.z and grid_commands or curve_commands
  local drawing, lines = draw(options, surface)
  if not drawing then
    return nil, "plot: " .. lines
  end
  local height = surface.height + surface.line * lines
  local commands = { "set encoding utf8", "set terminal " .. surface.terminal:format(height) }
  if options.title then
    commands[#commands + 1] = "set title " .. quote_lines(options.title, surface.title)
  end
  for _, name in ipairs { "xlabel", "ylabel" } do
    if options[name] then
      commands[#commands + 1] = ("set %s %s"):format(name, quote(options[name]))
    end
  end
  return table.concat(commands, "\n") .. "\n" .. table.concat(drawing, "\n") .. "\n"
end

return gnuplot
