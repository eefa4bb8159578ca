--- What the terminal that output goes to can show.

local schema = require "perigee.util.schema"
local core = require "perigee.core"
local external = require "perigee.util.external"
local printable = require "perigee.util.printable"

local screen = {}

local found, uv = pcall(external.require, "luv")
local COUNT = schema.integer(1)

--- Whether a file descriptor is a terminal.
---@param fd integer  1 for standard output, 2 for standard error
---@return boolean
function screen.is_terminal(fd)
  return found and uv.guess_handle(fd) == "tty"
end

--- Tells if text that was written can be written over: not on a terminal that is dumb, or of which
--- nothing is known.
---@param fd integer
---@return boolean
function screen.can_redraw(fd)
  local term = os.getenv "TERM"
  return screen.is_terminal(fd) and term ~= nil and term ~= "" and term ~= "dumb"
end

--- A variable of the environment that is set to something.
local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- The size in characters of the terminal that a file descriptor is. Where it does not tell, it is
--- what $COLUMNS and $LINES say; nil for what nobody tells.
---@param fd integer
---@return integer? width
---@return integer? height
function screen.size(fd)
  local width, height = core.terminal_size(fd)
  if not width and screen.is_terminal(fd) then
    width, height = COUNT.read(tonumber(variable "COLUMNS")), COUNT.read(tonumber(variable "LINES"))
  end
  return width, height
end

screen.TRUE_COLOUR = 1 << 24

--- How many colours may be used: 0 where output goes to no terminal, to one that is dumb, or the
--- user wants none (https://no-color.org); else 8, 256 or screen.TRUE_COLOUR.
---@param fd integer
---@return integer
function screen.colours(fd)
  local term, wanted = variable "TERM" or "dumb", variable "COLORTERM"
  if not screen.is_terminal(fd) or variable "NO_COLOR" or term == "dumb" then
    return 0
  elseif wanted == "truecolor" or wanted == "24bit" or term:find "direct" then
    return screen.TRUE_COLOUR
  end
  return term:find "256color" and 256 or 8
end

--- Whether the locale says that text is UTF-8.
---@return boolean
function screen.is_utf8()
  local locale = variable "LC_ALL" or variable "LC_CTYPE" or variable "LANG" or "C"
  return locale:lower():find "utf%-?8" ~= nil
end

--- A title or a value as one line that the locale can show: where it is not UTF-8, each character
--- that is no ASCII is a question mark.
---@param value any
---@return string
function screen.line(value)
  local text = printable.line(value)
  return screen.is_utf8() and text or (text:gsub(utf8.charpattern, function(character)
    return #character > 1 and "?" or nil
  end))
end

return screen
