--- Pictures that gnuplot draws: where they go.

local check = require "perigee.check"
local core = require "perigee.core"
local gnuplot = require "perigee.gnuplot"
local screen = require "perigee.screen"
local system = require "perigee.system"

local picture = {}

local WIDTH, HEIGHT = 79, 24 -- characters, where the terminal's size is not known
local MAX_WIDTH, MAX_HEIGHT = 110, 32

local OPTIONS = check.set {
  "x", "y", "z", "title", "xlabel", "ylabel", "file", "format", "error", "xscale", "yscale",
  "order", "points",
}

--- The options, checked; numbers alone are y.
local function read_options(options, level)
  if options ~= nil and not gnuplot.is_named(options) then
    return { y = options }
  end
  check.options(options or {}, OPTIONS, "plot", level + 1)
  if options == nil or options.y == nil and options.z == nil then
    error("plot: nothing to draw: y (curves) or z (a grid) is needed", level + 1)
  end
  return options
end

-- --- surfaces ----------------------------------------------------------------

--- A file's picture; `text` says its letters, whose sizes the rest goes by.
local function file(terminal, text)
  return {
    terminal = terminal .. " noenhanced size 760,%d " .. text, height = 460, line = 18,
    beside = 20, below = 80, title = 84, name = 28,
  }
end

local FILES = {
  svg = file("svg", "dynamic background rgb 'white' font 'sans,14'"),
  png = file("pngcairo", "font 'sans,11'"),
}

local function file_surface(path, level)
  local surface = type(path) == "string" and FILES[path:match "%.(%w+)$"]
  if not surface then
    error(("plot: file must be a name that ends in .svg or .png, not %s"):format(tostring(path)),
      level + 1)
  end
  return surface
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
  local width, height = screen.size(1)
  return text_surface(screen.colours(1) > 0 and "ansi256" or "mono",
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

-- --- drawing -----------------------------------------------------------------

--- What gnuplot makes of the options.
local function render(options, surface, level)
  local commands, why = gnuplot.commands(options, surface, level + 1)
  if not commands then
    return nil, why
  end
  local drawn, message = system.run("gnuplot", { "-d" }, commands)
  if not drawn and message:find "ENOENT" then
    message = "gnuplot is not installed: Debian's package gnuplot-nox"
  end
  return drawn, not drawn and "plot: " .. message:match "([^\n]*%S)%s*$" or nil
end

--- Draws into the terminal, or into options.file.
---@param options perigee.like|table  as pg.plot has them
---@param level integer  the caller's, as error counts
---@return true?
---@return string?  # what went wrong, where nil comes first
function picture.draw(options, level)
  options = read_options(options, level + 1)
  local surface = options.file and file_surface(options.file, level + 1) or terminal_surface()
  local drawn, message = render(options, surface, level + 1)
  if not drawn then
    return nil, message
  elseif options.file then
    return core.write(options.file, drawn)
  end
  io.write(trimmed(drawn))
  return true
end

--- The picture as SVG text.
---@param options perigee.like|table  as pg.plot has them; a file is not written
---@param level integer  the caller's, as error counts
---@return string?
---@return string?  # what went wrong, where nil comes first
function picture.svg(options, level)
  options = read_options(options, level + 1)
  local drawn, message = render(options, FILES.svg, level + 1)
  return drawn, message
end

return picture
