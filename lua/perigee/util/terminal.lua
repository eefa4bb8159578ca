--- The terminal of a file descriptor: its size, its colours and its encoding.

local schema = require "perigee.util.schema"
local core = require "perigee.core"
local environment = require "perigee.util.environment"
local external = require "perigee.util.external"
local printable = require "perigee.util.printable"

local terminal = {}

local found, uv = pcall(external.require, "luv")
local variable = environment.variable
local COUNT = schema.integer(1)

--- Tells if a file descriptor is a terminal.
---@param fd integer  1 for standard output, 2 for standard error
---@return boolean
function terminal.is_terminal(fd)
  return found and uv.guess_handle(fd) == "tty"
end

--- Tells if text can be overwritten: not on a terminal whose $TERM is unset or "dumb".
---@param fd integer
---@return boolean
function terminal.can_redraw(fd)
  local term = variable "TERM"
  return terminal.is_terminal(fd) and term ~= nil and term ~= "dumb"
end

--- The size of a terminal in characters: that of the terminal, else $COLUMNS and $LINES, else nil.
---@param fd integer
---@return integer? width
---@return integer? height
function terminal.size(fd)
  local width, height = core.terminal_size(fd)
  if not width and terminal.is_terminal(fd) then
    width, height = COUNT.read(tonumber(variable "COLUMNS")), COUNT.read(tonumber(variable "LINES"))
  end
  return width, height
end

terminal.TRUE_COLOUR = 1 << 24

--- The number of colours: 8, 256 or terminal.TRUE_COLOUR; 0 if the output is no terminal, a dumb
--- one, or $NO_COLOR is set (https://no-color.org).
---@param fd integer
---@return integer
function terminal.colours(fd)
  local term, wanted = variable "TERM" or "dumb", variable "COLORTERM"
  if not terminal.is_terminal(fd) or variable "NO_COLOR" or term == "dumb" then
    return 0
  elseif wanted == "truecolor" or wanted == "24bit" or term:find "direct" then
    return terminal.TRUE_COLOUR
  end
  return term:find "256color" and 256 or 8
end

--- Tells if the locale's encoding is UTF-8.
---@return boolean
function terminal.is_utf8()
  local locale = variable "LC_ALL" or variable "LC_CTYPE" or variable "LANG" or "C"
  return locale:lower():find "utf%-?8" ~= nil
end

--- A title or a value as one line that the locale can show: without UTF-8, characters outside of
--- ASCII become question marks.
---@param value any
---@return string
function terminal.line(value)
  local text = printable.line(value)
  return terminal.is_utf8() and text or (text:gsub(utf8.charpattern, function(character)
    return #character > 1 and "?" or nil
  end))
end

return terminal
