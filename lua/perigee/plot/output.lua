--- Draws plots with gnuplot: in the terminal, into a file, or as SVG text.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"
local gnuplot = require "perigee.plot.gnuplot"
local terminal = require "perigee.util.terminal"
local process = require "perigee.util.process"
local printable = require "perigee.util.printable"

local output = {}

local WIDTH, HEIGHT = 79, 24 -- characters, where the terminal's size is not known
local MAX_WIDTH, MAX_HEIGHT = 110, 32

-- --- surfaces ----------------------------------------------------------------

--- The surface of a file. The other numbers are for the font in `options`.
local function file_surface(name, options)
  return {
    terminal = name .. " noenhanced size 760,%d " .. options, height = 460, line = 18,
    beside = 20, below = 80, title = 84, name = 28,
  }
end

local FILES = {
  svg = file_surface("svg", "dynamic background rgb 'white' font 'sans,14'"),
  png = file_surface("pngcairo", "font 'sans,11'"),
}

--- The surface of standard output: gnuplot's terminal of characters, with the size and the colours
--- of the user's.
local function terminal_surface()
  local width, height = terminal.size(1)
  width = math.min(width and width - 1 or WIDTH, MAX_WIDTH)
  return {
    terminal = ("dumb noenhanced %s size %d,%%d"):format(
      terminal.colours(1) > 0 and "ansi256" or "mono", width),
    height = math.min(height and height - 2 or HEIGHT, MAX_HEIGHT),
    line = 1, below = width - 12, title = width - 4, name = 10, is_text = true,
  }
end

--- Removes blank lines above and below a picture of characters, blanks at the ends of lines, and
--- gnuplot's form feed. Colours stay.
local function trimmed(text)
  local lines, first, last = {}, nil, 0
  for line in text:gsub("\f", ""):gmatch "[^\n]*" do
    local is_blank = not line:gsub("\27%[[%d;]*m", ""):find "%S"
    lines[#lines + 1] = line:gsub("[ \t]+$", "")
    first = first or not is_blank and #lines or nil
    last = is_blank and last or #lines
  end
  local reset = text:find "\27" and "\27[0m" or ""
  return table.concat(lines, "\n", first or 1, last) .. reset .. "\n"
end

-- --- options -----------------------------------------------------------------

--- A format of string.format for one number.
local format_kind = {
  expected = "a pattern of string.format for one number",
  read = function(value)
    local conversions = type(value) == "string" and select(2, value:gsub("%%%%", ""):gsub("%%", ""))
    return conversions == 1 and pcall(string.format, value, 1) and value or nil
  end,
}

--- A list or an array, or several by name. Their elements are checked when they are drawn.
local list_kind = {
  expected = "a list, an array, or several by name",
  read = function(value)
    return (type(value) == "table" or types.is_array(value)) and value or nil
  end,
}

local matrix_kind = { expected = "a matrix: an array, or a list of rows", read = list_kind.read }

--- The kinds of the options that a study's plots have, too.
output.KINDS = {
  title = schema.caption,
  xscale = schema.name { "log", "linear" },
  yscale = schema.name { "log", "linear" },
  file = {
    expected = "a name that ends in .svg or .png",
    read = function(value)
      return types.is_path(value) and FILES[value:match "%.(%w+)$"] and value or nil
    end,
  },
}

local KINDS = collections.merge(output.KINDS, {
  x = list_kind,
  y = list_kind,
  z = matrix_kind,
  error = list_kind,
  xlabel = schema.caption,
  ylabel = schema.caption,
  order = {
    expected = "a list of the names of y's curves",
    read = function(value)
      return type(value) == "table" and value or nil
    end,
  },
  points = schema.boolean,
  format = format_kind,
  first = {
    expected = "an integer",
    read = function(value)
      return math.type(value) and math.tointeger(value) or nil
    end,
  },
})

--- Reads the options of a plot; numbers alone are y.
local function read_options(options)
  if options ~= nil and not gnuplot.is_named(options) then
    options = { y = options }
  end
  options = schema.must_read(options, KINDS, "plot")
  if options.y == nil and options.z == nil then
    errors.raise("plot: nothing to draw: y (curves) or z (a grid) is needed")
  end
  return options
end

-- --- drawing -----------------------------------------------------------------

local MISSING = "plot: gnuplot is not installed: Debian's package gnuplot-nox"

--- Runs gnuplot and returns its output; nil, a message, and true if gnuplot is missing.
local function render(options, surface)
  local commands, problem = gnuplot.commands(options, surface)
  if not commands then
    return nil, problem, false
  end
  local drawn, message, is_missing = process.run("gnuplot", { "-d" }, commands)
  if is_missing then
    return nil, MISSING, true
  elseif drawn == "" then
    drawn, message = nil, "gnuplot has drawn nothing"
  end
  if drawn then
    return drawn, nil, false
  end
  return nil, "plot: " .. printable.line(message:match "([^\n]*%S)%s*$" or message), false
end

local told = {} -- messages that were written, as keys

--- Writes a message on stderr about a picture that was not drawn.
---@param message string
function output.tell(message)
  told[message] = true
  io.stderr:write("perigee: ", printable.line(message), "\n")
end

--- Tells if `tell` has written a message.
---@param message string
---@return boolean
function output.was_told(message)
  return told[message] == true
end

--- Draws a plot in the terminal, or into options.file. Raises if it cannot be drawn.
---@param options perigee.like|table  those of pg.plot
---@return boolean  # false if gnuplot is missing, after a message on stderr
function output.draw(options)
  options = read_options(options)
  local surface = options.file and FILES[options.file:match "%.(%w+)$"] or terminal_surface()
  local drawn, message, is_missing = render(options, surface)
  if is_missing then
    output.tell(message)
    return false
  elseif not drawn then
    errors.raise(message)
  elseif options.file then
    return errors.call(core.write, options.file, drawn)
  end
  io.output():write(trimmed(drawn)) -- the method, which status lines wrap
  return true
end

--- Draws a plot as SVG text.
---@param options perigee.like|table  those of pg.plot; no file is written
---@return string?
---@return string?  # the error message, where nil comes first
function output.svg(options)
  options = read_options(options)
  return render(options, FILES.svg)
end

return output
