--- Lines at the bottom of the terminal that are redrawn, and that prints do not tear: whatever is
--- written meanwhile, by print, io.write or a file's write, goes above them.
--
-- They are on stderr. Where that is no terminal, there are none.

local external = require "perigee.external"
local screen = require "perigee.screen"
local uv = external.require "luv"

local REDRAW = 0.1 -- seconds between two drawings

---@class perigee.sweep.terminal
local Terminal = {}
Terminal.__index = Terminal

local terminals = {}

--- Whether lines can be redrawn.
---@return boolean
function terminals.available()
  return screen.is_terminal(2) and os.getenv "TERM" ~= "dumb"
end

--- Takes the lines away.
local function erase(self)
  if self.lines > 0 then
    local up = self.lines > 1 and ("\27[%dA"):format(self.lines - 1) or ""
    self.write(io.stderr, "\r", up, "\27[J")
    self.lines = 0
  end
end

--- Around a write to the terminal. A line that was begun is let be until it has ended.
local function guard(self, last, f, ...)
  erase(self)
  if last ~= "" then
    self.is_open = last and not last:find "\n$"
  end
  return f(...)
end

local function last_text(...)
  local last = select(select("#", ...), ...)
  return type(last) == "string" and last or type(last) == "number" and tostring(last) or nil
end

--- Has prints pass by us; returns what takes that back.
local function wrap(self)
  local print_before, write_before = _G.print, _G.io.write -- the user's, not the library's own
  local methods = getmetatable(io.stderr).__index
  local is_terminal = { [io.stderr] = true, [io.stdout] = screen.is_terminal(1) or nil }
  self.write = methods.write
  local function write(file, ...)
    if not is_terminal[file] or select("#", ...) == 0 then
      return self.write(file, ...)
    end
    return guard(self, last_text(...), self.write, file, ...)
  end
  methods.write = write
  function _G.io.write(...) -- luacheck: ignore 122
    return write(io.output(), ...)
  end
  function _G.print(...) -- luacheck: ignore 122
    if not is_terminal[io.stdout] then
      return print_before(...)
    end
    return guard(self, "\n", print_before, ...)
  end
  return function()
    methods.write, _G.io.write, _G.print = self.write, write_before, print_before -- luacheck: ignore
  end
end

--- Takes the bottom of the terminal.
---@return perigee.sweep.terminal
function terminals.open()
  local self = setmetatable({ lines = 0, drawn = -math.huge }, Terminal)
  self.unwrap = wrap(self)
  return self
end

--- Draws the lines that f gives, unless that was done a moment ago.
---@param f fun(width: integer): string[]
function Terminal:draw(f)
  local now = uv.hrtime() * 1e-9
  if self.is_open or now - self.drawn < REDRAW then
    return
  end
  self.drawn = now
  local width, height = screen.size(2)
  local lines = f(width or 80)
  for i = #lines, height and height > 1 and height or math.huge, -1 do
    lines[i] = nil -- what has left the screen cannot be taken away
  end
  io.stdout:flush()
  erase(self)
  self.write(io.stderr, table.concat(lines, "\n"))
  self.lines = #lines
end

--- Gives the terminal back, without the lines.
function Terminal:close()
  erase(self)
  self.unwrap()
end

return terminals
