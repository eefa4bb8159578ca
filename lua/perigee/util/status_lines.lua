--- Lines at the bottom of the terminal that are redrawn, and that prints do not tear: whatever is
--- written meanwhile, by print, io.write or a file's write, goes above them.
--
-- They are on stderr. Where that cannot be redrawn, there are none. Several sections share the
-- bottom, each below those that were opened before it: a training's line below its study's.

local collections = require "perigee.util.collections"
local external = require "perigee.util.external"
local screen = require "perigee.util.terminal"

local found, uv = pcall(external.require, "luv")

local REDRAW = 0.1 -- seconds between two drawings
local AFTER_PRINT = 0.02 -- seconds, where a print has taken the lines away
local WIDTH = 80 -- columns, where the terminal does not tell
local STDERR = io.stderr

local sections = {} -- that are shown, in the order in which they were opened
local lines_shown, last_drawn = 0, -math.huge
local is_open = false -- whether the user has begun a line, and not ended it
local write, unwrap

---@class perigee.terminal.section
---@field lines? fun(width: integer): string[]
---@field is_shown boolean  whether it was drawn
local Section = {}
Section.__index = Section

local terminal = {}

--- Tells if lines can be redrawn: not where the script has put a file in the place of io.stderr.
---@return boolean
function terminal.available()
  return found and io.stderr == STDERR and screen.can_redraw(2)
end

local function seconds_now()
  return uv.hrtime() * 1e-9
end

--- The codes that take the lines away, each by itself: what is cleared from the top of the screen
--- to its end goes into some terminals' history.
local function erasing()
  local codes = lines_shown > 0 and "\r\27[2K" .. ("\27[A\27[2K"):rep(lines_shown - 1) or ""
  lines_shown = 0
  return codes
end

--- Draws the lines of all sections, unless that was done a moment ago.
local function redraw(seconds)
  local now = seconds_now()
  if is_open or now - last_drawn < seconds then
    return
  end
  last_drawn = now
  local width, height = screen.size(2)
  local lines = {}
  for _, section in ipairs(sections) do
    local own = section.lines and section.lines(width or WIDTH) or {}
    table.move(own, 1, #own, #lines + 1, lines)
    section.is_shown = section.is_shown or #own > 0
  end
  if not screen.is_terminal(1) then
    height = 2 -- as `| tee` has it, others write between our lines: one of ours can be written over
  end
  for i = #lines, height and height > 1 and height or math.huge, -1 do
    lines[i] = nil -- what has left the screen cannot be taken away
  end
  io.stdout:flush()
  write(STDERR, erasing() .. table.concat(lines, "\n"))
  lines_shown = #lines
end

-- --- prints -------------------------------------------------------------------------

local function shown_again(...)
  redraw(AFTER_PRINT)
  return ...
end

--- Around a write to the terminal. A line that was begun is let be until it has ended.
local function guard(last, f, ...)
  local had_lines = lines_shown > 0
  if had_lines then
    write(STDERR, erasing())
  end
  if last ~= "" then
    is_open = last ~= nil and not last:find "\n$"
  end
  if had_lines then
    return shown_again(f(...))
  end
  return f(...)
end

local function last_text(...)
  local last = select(select("#", ...), ...)
  return type(last) == "string" and last or type(last) == "number" and tostring(last) or nil
end

--- Has prints pass by us; returns what takes that back, but for what the script has replaced since.
local function wrap()
  local print_before, write_before = _G.print, _G.io.write -- the user's, not the library's own
  local execute_before, warn_before = _G.os.execute, _G.warn
  local methods = getmetatable(STDERR).__index
  local is_terminal = { [STDERR] = true, [io.stdout] = screen.is_terminal(1) or nil }
  local method_before = methods.write
  write = method_before
  local function guarded_method(file, ...)
    if not is_terminal[file] or select("#", ...) == 0 then
      return method_before(file, ...)
    end
    return guard(last_text(...), method_before, file, ...)
  end
  local function guarded_write(...)
    return guarded_method(io.output(), ...)
  end
  local function guarded_print(...)
    if not is_terminal[io.stdout] then
      return print_before(...)
    end
    return guard("\n", print_before, ...)
  end
  local function guarded_execute(...) -- a program that may write
    return guard("\n", execute_before, ...)
  end
  local function guarded_warn(...)
    return guard("\n", warn_before, ...)
  end
  methods.write = guarded_method
  -- luacheck: push ignore 122
  _G.io.write, _G.print = guarded_write, guarded_print
  _G.os.execute, _G.warn = guarded_execute, guarded_warn
  -- luacheck: pop
  return function()
    methods.write = methods.write == guarded_method and method_before or methods.write
    -- luacheck: push ignore 122
    _G.io.write = _G.io.write == guarded_write and write_before or _G.io.write
    _G.print = _G.print == guarded_print and print_before or _G.print
    _G.os.execute = _G.os.execute == guarded_execute and execute_before or _G.os.execute
    _G.warn = _G.warn == guarded_warn and warn_before or _G.warn
    -- luacheck: pop
  end
end

-- --- sections -----------------------------------------------------------------------

--- Tells if a coroutine may go on by itself: one that waits, or has ended, may never draw again.
local function is_going_on(thread)
  local status = coroutine.status(thread)
  return status == "running" or status == "normal"
end

--- Takes a section from those that are shown; whether it was one.
local function take(section)
  for place, each in ipairs(sections) do
    if each == section then
      table.remove(sections, place)
      return true
    end
  end
  return false
end

--- Gives the bottom of the terminal back: prints are the user's again.
local function leave(...)
  io.stdout:flush()
  local codes = erasing()
  if select("#", ...) > 0 then
    write(STDERR, codes, is_open and "\n" or "", ...)
  elseif codes ~= "" then
    write(STDERR, codes)
  end
  unwrap()
end

--- Puts a section below those that are shown. Those of coroutines that wait make way for it, until
--- they draw again.
local function show(section)
  for place = #sections, 1, -1 do
    if not is_going_on(sections[place].thread) then
      table.remove(sections, place)
    end
  end
  if not unwrap then
    is_open, last_drawn = false, -math.huge
    local take_back = wrap()
    unwrap = function()
      unwrap = nil
      take_back()
    end
  end
  sections[#sections + 1] = section
end

--- Takes lines at the bottom of the terminal, below those that are taken.
---@return perigee.terminal.section
function terminal.open()
  local self = setmetatable({ is_shown = false, thread = coroutine.running() }, Section)
  show(self)
  return self
end

--- Draws the lines that f gives from now on, unless that was done a moment ago.
---@param f fun(width: integer): string[]  each of fewer columns than the width
function Section:draw(f)
  self.lines = f
  if not collections.contains(sections, self) and not self.is_closed then
    show(self)
  end
  redraw(REDRAW)
end

--- Gives the lines back. What a section leaves stays above what follows, but below other sections
--- nothing is left.
---@param last? fun(width: integer): string  the line that it leaves
function Section:close(last)
  self.is_closed = true
  if not take(self) then
    return
  elseif #sections > 0 then
    if self.is_shown then
      redraw(0)
    end
  elseif last then
    leave(last((screen.size(2)) or WIDTH), "\n")
  else
    leave()
  end
end

--- Gives all lines back that nobody has: of loops that were left without an end, as a coroutine's.
function terminal.clear()
  if #sections > 0 then
    for _, section in ipairs(sections) do
      section.is_closed = true
    end
    sections = {}
    leave()
  end
end

return terminal
