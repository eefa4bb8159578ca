--- What gnuplot is told for a picture: curves, or a grid of numbers, as its commands.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local core = require "perigee.core"
local printable = require "perigee.util.printable"

local gnuplot = {}

local LARGEST = 1e290 -- number that is drawn, with an axis around it
local MOST_CELLS = 400 -- of a grid, each of which says its number
local MOST_TICS = 40
local NEAREST_TICS = 0.06 -- of the axis, or their numbers overlap
local FEW = 50 -- points of a curve, each of which is marked
local LONGEST_NAME = 60 -- characters of it that are shown
local LONG_NAME, LONG_TITLE = 14, 50 -- characters, for which names beside the curves leave no room
local COLOURS = { -- told apart by the colour-blind, too: Okabe and Ito's, and two of Tol's
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#999933",
}

-- --- what gnuplot reads ------------------------------------------------------

local NO_XML = "\xef\xbf[\xbe\xbf]" -- U+FFFE and U+FFFF, which an SVG must not have

--- Text between quotes: nothing in it is a command, whatever it is. What is neither a letter nor a
--- digit is written as the number of its byte: between these quotes, gnuplot 5 runs what stands in
--- backquotes, and between single ones, it loses an apostrophe at the beginning.
local function quote(text)
  return '"' .. printable.line(text):gsub(NO_XML, "?"):gsub("[^A-Za-z0-9 \x80-\xff]", function(byte)
    return ("\\0%03o"):format(byte:byte()) -- behind a 0, gnuplot reads three digits
  end) .. '"'
end

--- The beginning of a text that has no room in so many columns.
local function cut(text, columns)
  if printable.width(text) <= columns then
    return text
  end
  return printable.cut(text, columns - 1) .. "\u{2026}"
end

local MOST_LINES = 12 -- of a title

--- Text in as many lines as it takes, broken between words; of a very long one the beginning.
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

--- Whether gnuplot can draw a number, and axes around it.
local function is_finite(value)
  return math.abs(value) <= LARGEST
end

local function number_text(value)
  return is_finite(value) and c_locale.with_point(("%.17g"):format(value)) or "NaN"
end

--- A block of data under a name: columns of numbers or quoted text, equally long.
local function data_block(name, columns)
  local lines = { name .. " << END_OF_DATA" }
  for row = 1, #columns[1] do
    local fields = {}
    for i, column in ipairs(columns) do
      fields[i] = type(column[row]) == "string" and column[row] or number_text(column[row])
    end
    lines[#lines + 1] = table.concat(fields, " ")
  end
  lines[#lines + 1] = "END_OF_DATA"
  return table.concat(lines, "\n")
end

--- Names as texts on one line, each of so many characters at most.
local function names_of(labels, most)
  local names = {}
  for i, label in ipairs(labels) do
    names[i] = cut(printable.line(label), most)
  end
  return names
end

--- Tells if names that stand beside each other, each in the middle of so many characters, touch.
local function are_crowded(names, step, room)
  for i = 1 + step, #names, step do
    if (printable.width(names[i - step]) + printable.width(names[i])) / 2 + 1 > room then
      return true
    end
  end
  return false
end

--- Named tics at first, first + 1, ..., some of very many. Those of x that have no room beside each
--- other are aslant in a file, and cut in the terminal. gnuplot takes each name for a format.
local function named_tics(axis, labels, first, surface)
  local step = math.ceil(#labels / MOST_TICS)
  local names = names_of(labels, surface.name)
  local is_crowded = axis == "x" and are_crowded(names, step, surface.title * step / #labels)
  if is_crowded and surface.is_text then
    names = names_of(labels, math.max(1, surface.title * step // #labels - 2))
  end
  local parts = {}
  for i = 1, #labels, step do
    parts[#parts + 1] = ("%s %d"):format(quote((names[i]:gsub("%%", "%%%%"))), first + i - 1)
  end
  return ("set %stics %s(%s) scale 0"):format(axis,
    is_crowded and not surface.is_text and "rotate by 35 right " or "",
    table.concat(parts, ", "))
end

-- --- curves: what is to be drawn ---------------------------------------------

--- So that "hidden 50" comes before "hidden 100", and "rate 0.05" before "rate 0.1".
local function natural_key(name)
  return (name:gsub("()(%d+)", function(at, digits)
    local is_fraction = at > 2 and name:find("^%d%.", at - 2)
    return is_fraction and digits or ("0"):rep(15 - #digits) .. digits
  end))
end

local function sorted_names(curves)
  local names = {}
  for name in pairs(curves) do
    names[#names + 1] = name
  end
  local keys = {}
  for _, name in ipairs(names) do
    keys[name] = natural_key(name)
  end
  table.sort(names, function(a, b)
    if keys[a] == keys[b] then
      return c_locale.precedes(a, b)
    end
    return c_locale.precedes(keys[a], keys[b])
  end)
  return names
end

--- The curves' names in the order that was asked for, which has each once.
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

--- Numbers as an array.
local function to_array(value, what)
  local a, message = errors.try(core.array, value)
  if not a then
    errors.raise("plot: %s: %s", what, message)
  end
  return a
end

--- A row of numbers as a table.
local function to_list(value, what)
  local a = to_array(value, what)
  if a.ndim ~= 1 then
    errors.raise("plot: %s must be a row of numbers, not of shape %s", what, a.shape)
  end
  return a:astype("float64"):tolist()
end

---@return boolean  # whether the value is a table by names
function gnuplot.is_named(value)
  return type(value) == "table" and type(next(value)) == "string"
end

local function is_categories(value)
  return type(value) == "table" and type(value[1]) == "string"
end

local function positions(n, first)
  local list = {}
  for i = 1, n do
    list[i] = (first or 1) + i - 1
  end
  return list
end

--- What a scale can show of a number: NaN where it cannot.
local function shown(list, log)
  for i, value in ipairs(list) do
    list[i] = is_finite(value) and (not log or value >= 1 / LARGEST) and value or 0 / 0
  end
  return list
end

--- One of x's, y's or error's lists, and what a message calls it.
local function part_of(options, key, name)
  local value = options[key]
  if name and gnuplot.is_named(value) then
    return value[name], ("%s[\"%s\"]"):format(key, printable.name(name))
  end
  return value, key
end

--- The numbers of x or error, as many as y has.
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

--- The curves in the order they are drawn in.
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

-- --- curves: how -------------------------------------------------------------

local function count_points(curve)
  local n = 0
  for i, y in ipairs(curve.y) do
    n = n + (is_finite(y) and is_finite(curve.x[i]) and 1 or 0)
  end
  return n
end

local function style_of(curve, is_text, no_lines)
  if is_text then -- no line is drawn to nowhere
    return not no_lines and count_points(curve) > 1 and "lines" or "points"
  elseif curve.error then
    return (no_lines and "yerrorbars" or "yerrorlines") .. " pointtype 7 pointsize 0.5"
  elseif no_lines then
    return "points pointtype 7 pointsize 0.5"
  end
  return #curve.y <= FEW and "linespoints pointtype 7 pointsize 0.5" or "lines"
end

--- The least number that a logarithmic axis has to show.
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

--- Where the bars begin and end; on a logarithmic axis, those that reach to 0 begin at the floor.
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

local function curve_data(i, curve, floor)
  local columns = { curve.x, curve.y }
  if curve.error then
    columns[3], columns[4] = bars_of(curve, floor)
  end
  return data_block("$curve" .. i, columns)
end

--- Where gnuplot finds a curve in its data. Bars over the same texts stand beside each other.
local function columns_of(i, curve, options, n, is_text)
  if not curve.error or is_text then -- characters hide one another
    return "1:2"
  end
  local shift = is_categories(options.x) and (i - (n + 1) / 2) * math.min(0.04, 0.4 / n) or 0
  return c_locale.format("($1+%.4f):2:3:4", shift)
end

--- A curve among those that are drawn. When the colours are used up, the lines are dashed.
local function curve_part(i, curve, columns, options, is_text)
  local gap = is_text and " " or "" -- between a line and its name
  return ("$curve%d using %s with %s linewidth 2 dashtype %d linecolor rgb '%s' %s"):format(i,
    columns, style_of(curve, is_text, options.points), (i - 1) // #COLOURS + 1,
    COLOURS[(i - 1) % #COLOURS + 1],
    curve.name and "title " .. quote(gap .. cut(printable.line(curve.name), LONGEST_NAME))
      or "notitle")
end

--- Where the curves' names stand, and how many lines the picture needs for them beside those
--- that it has room for.
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

--- The x of all points, each once, in order.
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

--- A few numbers on a logarithmic axis, which are no powers of ten: tics are at them.
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

--- The x axis. Bars, categories and points without lines keep away from its ends.
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

--- The y axis. Bars keep away from its ends.
local function y_commands(options, curves, is_text)
  if options.log_y then
    return "set logscale y"
  elseif curves[1].error and not is_text then
    return "set offsets 0, 0, graph 0.02, graph 0.02"
  end
end

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
    commands[i] = curve_data(i, curve, floor)
    parts[i] = curve_part(i, curve,
      columns_of(i, curve, options, #curves, surface.is_text), options, surface.is_text)
  end
  if points == 0 then
    return nil, ("there is no finite number to draw%s (up to %g)"):format(
      (options.log_x or options.log_y) and ", or none above 0" or "", LARGEST)
  end
  for _, command in ipairs(x_commands(options, curves, surface)) do
    commands[#commands + 1] = command
  end
  commands[#commands + 1] = y_commands(options, curves, surface.is_text)
  local key, lines = key_command(options, curves, surface)
  commands[#commands + 1] = key
  commands[#commands + 1] = surface.is_text and "unset grid" or "set grid"
  commands[#commands + 1] = "plot " .. table.concat(parts, ", ")
  return commands, lines
end

-- --- a grid of numbers -------------------------------------------------------

--- Raises for labels that are neither texts nor numbers.
local function check_labels(axis, labels)
  for i, label in ipairs(labels) do
    if schema.caption.read(label) == nil then
      errors.raise("plot: %s[%d] must be %s, not %s", axis, i, schema.caption.expected,
        errors.describe(label))
    end
  end
end

--- Labels of a grid's columns or rows, which stand at 0, 1, ...; where there are none, their
--- numbers, if they can be read.
local function tics(axis, labels, length, options, surface)
  labels = labels or length <= MOST_TICS and positions(length, options.first)
  if not labels then
    return ("unset %stics"):format(axis)
  elseif #labels ~= length then
    errors.raise("plot: %s has %d labels and z %d", axis, #labels, length)
  end
  check_labels(axis, labels)
  return named_tics(axis, labels, 0, surface)
end

--- What a cell says; nothing where there is no number.
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

--- The cells as gnuplot reads them, whether one can be drawn, and how many characters the longest
--- of their numbers has.
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

--- Each cell is coloured, where the terminal can, and says its number, if they are
--- not too many.
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
    numbers = "" -- they would stand in each other
  end
  local commands = {
    cells,
    tics("x", options.x, cols, options, surface),
    tics("y", options.y, rows, options, surface),
    is_text and "set lmargin 12" or "", -- or the labels hide the axis' name
    ("set xrange [-0.5:%d.5]"):format(cols - 1),
    ("set yrange [%d.5:-0.5]"):format(rows - 1),
    "set palette defined (0 '#f7fbff', 1 '#6baed6')",
    numbers == "" and "set colorbox" or "unset colorbox", -- which tells what colours mean
  }
  if not drawable then
    return nil, "there is no finite number to draw"
  end
  commands[#commands + 1] = is_text and "plot " .. numbers:sub(3)
    or "plot $grid using 1:2:3 with image pixels notitle" .. numbers
  return commands, 0
end

-- --- both --------------------------------------------------------------------

--- All commands of a picture.
---@param options table  as pg.plot has them
---@param surface table  `terminal`: gnuplot's words for it, with its height left open;
---   `height`, and `line`, that of a curve's name; `beside` and `below`: how many names have room
---   beside the curves, and characters below them; `title`: how many characters a line of the
---   title, or of x's names, may have; `name`: how many a name; `is_text`: whether the picture is
---   made of characters
---@return string?  # nil where nothing can be drawn,
---@return string?  # and why
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
