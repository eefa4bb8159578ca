--- Plots, by gnuplot: in the terminal, or into an SVG or PNG file.

local check = require "perigee.check"
local core = require "perigee.core"
local shape_text = require("perigee.text").shape
local system = require "perigee.system"

local WIDTH, HEIGHT = 79, 24 -- characters, where the terminal's size is not known
local MAX_WIDTH, MAX_HEIGHT = 110, 32
local MOST_CELLS = 400 -- of a grid, each of which says its number
local MOST_TICS = 40
local FEW = 50 -- points of a curve, each of which is marked
local COLOURS = { -- told apart by the colour-blind, too: Okabe and Ito's, and two of Tol's
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#999933",
}

-- --- what gnuplot reads ------------------------------------------------------

--- Text between quotes: nothing in it is a command, whatever it is.
local function quote(text)
  return "'" .. tostring(text):gsub("%c", " "):gsub("'", "''") .. "'"
end

local function is_finite(value)
  return value - value == 0
end

local function number_text(value)
  return is_finite(value) and ("%.17g"):format(value) or "NaN"
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

-- --- curves ------------------------------------------------------------------

--- So that "hidden 50" comes before "hidden 100".
local function natural_key(name)
  return (name:gsub("%d+", function(digits)
    return ("0"):rep(15 - #digits) .. digits
  end))
end

local function sorted_names(curves)
  local names = {}
  for name in pairs(curves) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    return natural_key(a) < natural_key(b)
  end)
  return names
end

--- A row of numbers as a table.
local function to_list(value, what, level)
  local a = core.array(value)
  if a.ndim ~= 1 then
    error(("plot: %s must be a row of numbers, not of shape %s"):format(what, shape_text(a)),
      level + 1)
  end
  return a:astype("float64"):tolist()
end

local function is_named(value)
  return type(value) == "table" and type(next(value)) == "string"
end

local function positions(n)
  local list = {}
  for i = 1, n do
    list[i] = i
  end
  return list
end

local function has_points(x, y)
  for i = 1, #y do
    if is_finite(x[i]) and is_finite(y[i]) then
      return true
    end
  end
  return false
end

local function curve_commands(options, is_text, level)
  local named = is_named(options.y)
  local curves = named and options.y or { [""] = options.y }
  local commands, parts, drawable = {}, {}, false
  local gap = is_text and " " or "" -- between a line and its name
  for i, name in ipairs(sorted_names(curves)) do
    local what = named and ("y[%q]"):format(name) or "y"
    local y = to_list(curves[name], what, level + 1)
    local x = options.x and to_list(options.x, "x", level + 1) or positions(#y)
    if #x ~= #y then
      error(("plot: x has %d numbers and %s has %d"):format(#x, what, #y), level + 1)
    end
    drawable = drawable or has_points(x, y)
    commands[i] = data_block("$curve" .. i, { x, y })
    local style = #y <= FEW and not is_text and "linespoints pointtype 7 pointsize 0.5" or "lines"
    parts[i] = ("$curve%d using 1:2 with %s linewidth 2 linecolor rgb '%s' %s"):format(i, style,
      COLOURS[(i - 1) % #COLOURS + 1], named and "title " .. quote(gap .. name) or "notitle")
  end
  local place = is_text and "below" or "outside right top"
  commands[#commands + 1] = named and "set key Left reverse " .. place or "unset key"
  commands[#commands + 1] = is_text and "unset grid" or "set grid"
  commands[#commands + 1] = "plot " .. table.concat(parts, ", ")
  if not drawable then
    return nil, "there is no finite number to draw"
  end
  return commands
end

-- --- a grid of numbers -------------------------------------------------------

--- Labels of a grid's columns or rows, which stand at 0, 1, ...; positions where there
--- are none, if they can be read.
local function tics(axis, labels, length, level)
  labels = labels or length <= MOST_TICS and positions(length)
  if not labels then
    return ("unset %stics"):format(axis)
  elseif #labels ~= length then
    error(("plot: %s has %d labels and z %d"):format(axis, #labels, length), level + 1)
  end
  local parts = {}
  for i = 1, length do
    parts[i] = ("%s %d"):format(quote(labels[i]), i - 1)
  end
  return ("set %stics (%s) scale 0"):format(axis, table.concat(parts, ", "))
end

--- Each cell is coloured, where the terminal can, and says its number, if they are
--- not too many.
local function grid_commands(options, is_text, level)
  local z = core.array(options.z):astype "float64"
  if z.ndim ~= 2 or z.size == 0 then
    error("plot: z must be a matrix, not of shape " .. shape_text(z), level + 1)
  end
  local numbers = z.size <= MOST_CELLS and ", $grid using 1:2:4 with labels notitle" or ""
  if is_text and numbers == "" then
    return nil, ("%d cells are too many for the terminal: give a file"):format(z.size)
  end
  local rows, cols = table.unpack(z.shape)
  local x, y, value, label = {}, {}, {}, {}
  for i, row in ipairs(z:tolist()) do
    for j, number in ipairs(row) do
      x[#x + 1], y[#y + 1], value[#value + 1] = j - 1, i - 1, number
      local text = (options.format or "%.4g"):format(number)
      label[#label + 1] = '"' .. text:gsub('[%c"\\]', " ") .. '"'
    end
  end
  local commands = {
    data_block("$grid", { x, y, value, label }),
    tics("x", options.x, cols, level + 1),
    tics("y", options.y, rows, level + 1),
    is_text and "set lmargin 12" or "", -- or the labels hide the axis' name
    ("set xrange [-0.5:%d.5]"):format(cols - 1),
    ("set yrange [%d.5:-0.5]"):format(rows - 1),
    "set palette defined (0 '#f7fbff', 1 '#6baed6')",
    "unset colorbox",
  }
  commands[#commands + 1] = is_text and "plot " .. numbers:sub(3)
    or "plot $grid using 1:2:3 with image pixels notitle" .. numbers
  return commands
end

-- --- where it goes -----------------------------------------------------------

local FILE_TERMINALS = {
  svg = "svg noenhanced size 760,460 dynamic background rgb 'white' font 'sans,14'",
  png = "pngcairo noenhanced size 760,460 font 'sans,11'",
}

local function file_terminal(path, level)
  local terminal = type(path) == "string" and FILE_TERMINALS[path:match "%.(%w+)$"]
  if not terminal then
    error(("plot: file must be a name that ends in .svg or .png, not %s"):format(tostring(path)),
      level + 1)
  end
  return terminal
end

--- gnuplot's terminal of characters: as large as the user's, and coloured, where
--- standard output is one.
local function text_terminal()
  local found, uv = pcall(require, "luv")
  if not found or uv.guess_handle(1) ~= "tty" then
    return ("dumb noenhanced mono size %d,%d"):format(WIDTH, HEIGHT)
  end
  local tty = uv.new_tty(1, false)
  local width, height = tty:get_winsize()
  system.close(tty)
  local plain = os.getenv "NO_COLOR" or os.getenv "TERM" == "dumb"
  return ("dumb noenhanced %s size %d,%d"):format(plain and "mono" or "ansi256",
    math.min(width and width > 0 and width - 1 or WIDTH, MAX_WIDTH),
    math.min(height and height > 0 and height - 2 or HEIGHT, MAX_HEIGHT))
end

--- A picture of characters without the blank lines above and below it, blanks at the
--- ends of lines, and gnuplot's form feed. Colours are left as they are.
local function trimmed(picture)
  local lines, first, last = {}, nil, 0
  for line in picture:gsub("\f", ""):gmatch "[^\n]*" do
    local blank = not line:gsub("\27%[[%d;]*m", ""):find "%S"
    lines[#lines + 1] = line:gsub("[ \t]+$", "")
    first = first or not blank and #lines or nil
    last = blank and last or #lines
  end
  local reset = picture:find "\27" and "\27[0m" or ""
  return table.concat(lines, "\n", first or 1, last) .. reset .. "\n"
end

-- --- plot --------------------------------------------------------------------

local OPTIONS = {
  x = true, y = true, z = true, title = true, xlabel = true, ylabel = true, file = true,
  format = true,
}

--- The options, checked; numbers alone are y.
local function read_options(options, level)
  if not is_named(options) then
    return { y = options }
  end
  check.options(options, OPTIONS, "plot", level + 1)
  if options.y == nil and options.z == nil then
    error("plot: nothing to draw: y (curves) or z (a grid) is needed", level + 1)
  end
  return options
end

--- The commands as text; nil, and why, where nothing can be drawn.
local function script(options, terminal, level)
  local commands = { "set encoding utf8", "set terminal " .. terminal }
  for _, name in ipairs { "title", "xlabel", "ylabel" } do
    if options[name] then
      commands[#commands + 1] = ("set %s %s"):format(name, quote(options[name]))
    end
  end
  local drawing, why = (options.z and grid_commands or curve_commands)(options,
    not options.file, level + 1)
  if not drawing then
    return nil, "plot: " .. why
  end
  return table.concat(commands, "\n") .. "\n" .. table.concat(drawing, "\n") .. "\n"
end

--- Draws curves, or a grid of numbers: in the terminal, or into a file.
---
--- `pg.plot(y)` draws y over 1, 2, ...; `pg.plot { y = ..., x = ... }` over x. y may be
--- several curves by name, `{ train = a, test = b }`. `z`, a matrix, is drawn as coloured
--- cells, with x and y as the labels of its columns and rows. Numbers that are not finite are
--- left out.
---@param options perigee.like|table  y; or x, y, z, title, xlabel, ylabel,
---   file (ends in .svg or .png), format (of z's numbers, as string.format takes it)
---@return true?
---@return string?  # what went wrong, where nil comes first: gnuplot is missing, the file
---   cannot be written, no number is finite, or a matrix is too large for the terminal
return function(options)
  options = read_options(options, 2)
  local terminal = options.file and file_terminal(options.file, 2) or text_terminal()
  local commands, why = script(options, terminal, 2)
  if not commands then
    return nil, why
  end
  local picture, message = system.run("gnuplot", { "-d" }, commands)
  if not picture then
    if message:find "ENOENT" then
      message = "gnuplot is not installed: Debian's package gnuplot-nox"
    end
    return nil, "plot: " .. message
  elseif options.file then
    return core.write(options.file, picture)
  end
  io.write(trimmed(picture))
  return true
end
