--- Pictures that gnuplot draws: where they go.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"
local gnuplot = require "perigee.plot.gnuplot"
local terminal = require "perigee.util.terminal"
local process = require "perigee.util.process"
local printable = require "perigee.util.printable"

local picture = {}

local WIDTH, HEIGHT = 79, 24 -- characters, where the terminal's size is not known
local MAX_WIDTH, MAX_HEIGHT = 110, 32

-- --- surfaces ----------------------------------------------------------------

--- A file's picture; `text` says its letters, whose sizes the rest goes by.
local function file(name, text)
  return {
    terminal = name .. " noenhanced size 760,%d " .. text, height = 460, line = 18,
    beside = 20, below = 80, title = 84, name = 28,
  }
end

local FILES = {
  svg = file("svg", "dynamic background rgb 'white' font 'sans,14'"),
  png = file("pngcairo", "font 'sans,11'"),
}

local function is_file(value)
  return types.is_path(value) and FILES[value:match "%.(%w+)$"] ~= nil
end

local function text_surface(colours, width, height)
  return {
    terminal = ("dumb noenhanced %s size %d,%%d"):format(colours, width), height = height,
    line = 1, below = width - 12, title = width - 4, name = 10, is_text = true,
  }
end

--- gnuplot's terminal of characters: as large as the user's, and coloured, where
--- standard output is one.
local function terminal_surface()
  local width, height = terminal.size(1)
  return text_surface(terminal.colours(1) > 0 and "ansi256" or "mono",
    math.min(width and width - 1 or WIDTH, MAX_WIDTH),
    math.min(height and height - 2 or HEIGHT, MAX_HEIGHT))
end

--- A picture of characters without the blank lines above and below it, blanks at the
--- ends of lines, and gnuplot's form feed. Colours are left as they are.
local function trimmed(text)
  local lines, first, last = {}, nil, 0
  for line in text:gsub("\f", ""):gmatch "[^\n]*" do
    local blank = not line:gsub("\27%[[%d;]*m", ""):find "%S"
    lines[#lines + 1] = line:gsub("[ \t]+$", "")
    first = first or not blank and #lines or nil
    last = blank and last or #lines
  end
  local reset = text:find "\27" and "\27[0m" or ""
  return table.concat(lines, "\n", first or 1, last) .. reset .. "\n"
end

-- --- options -----------------------------------------------------------------

--- A pattern by which string.format writes one number.
local format_kind = {
  expected = "a pattern of string.format for one number",
  read = function(value)
    local conversions = type(value) == "string" and select(2, value:gsub("%%%%", ""):gsub("%%", ""))
    return conversions == 1 and pcall(string.format, value, 1) and value or nil
  end,
}

--- A list or an array, or several of them by name. What is in them is read where it is drawn.
local list_kind = {
  expected = "a list, an array, or several by name",
  read = function(value)
    return (type(value) == "table" or types.is_array(value)) and value or nil
  end,
}

local matrix_kind = { expected = "a matrix: an array, or a list of rows", read = list_kind.read }

--- The kinds of those that a study's plots have, too.
picture.KINDS = {
  title = schema.caption,
  xscale = schema.name { "log", "linear" },
  yscale = schema.name { "log", "linear" },
  file = {
    expected = "a name that ends in .svg or .png",
    read = function(value)
      return is_file(value) and value or nil
    end,
  },
}

local KINDS = collections.merge(picture.KINDS, {
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

--- The options, checked; numbers alone are y.
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

--- gnuplot's output for the options; or nil, why not, and true where gnuplot is missing.
local function render(options, surface)
  local commands, why = gnuplot.commands(options, surface)
  if not commands then
    return nil, why, false
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

local told = {} -- the sentences that were said

--- Says on stderr why there is no picture.
---@param message string
function picture.tell(message)
  told[message] = true
  io.stderr:write("perigee: ", printable.line(message), "\n")
end

---@param message string
---@return boolean
function picture.was_told(message)
  return told[message] == true
end

--- Draws into the terminal, or into options.file. Raises where that cannot be.
---@param options perigee.like|table  as pg.plot has them
---@return boolean  # false where gnuplot is missing, which is said on stderr
function picture.draw(options)
  options = read_options(options)
  local surface = options.file and FILES[options.file:match "%.(%w+)$"] or terminal_surface()
  local drawn, message, is_missing = render(options, surface)
  if is_missing then
    picture.tell(message)
    return false
  elseif not drawn then
    errors.raise(message)
  elseif options.file then
    return errors.call(core.write, options.file, drawn)
  end
  io.output():write(trimmed(drawn)) -- the method: lines of progress make way for it
  return true
end

--- The picture as SVG text; nil and why not where there is none.
---@param options perigee.like|table  as pg.plot has them; a file is not written
---@return string?
---@return string?  # what went wrong, where nil comes first
function picture.svg(options)
  options = read_options(options)
  return render(options, FILES.svg)
end

return picture
