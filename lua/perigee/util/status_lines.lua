--- Status lines at the bottom of the terminal, which are redrawn in place.
--
-- They are on stderr, if it is a terminal that can be redrawn. Text that print, io.write or the
-- write method of a file writes meanwhile goes above them. Sections are below each other in the
-- order in which they were opened: the line of a training is below that of its study.

local collections = require "perigee.util.collections"
local external = require "perigee.util.external"
local terminal = require "perigee.util.terminal"

local found, uv = pcall(external.require, "luv")

local REDRAW = 0.1 -- seconds between two drawings
local AFTER_PRINT = 0.02 -- seconds between a drawing and one after a print
local WIDTH = 80 -- columns, where the terminal's width is unknown
local STDERR = io.stderr

local sections = {} -- shown, in the order in which they were opened
local lines_shown, last_drawn = 0, -math.huge
local is_open = false -- true while the user's last line has no end yet
local write, unwrap

---@class perigee.status_lines.section
---@field lines? fun(width: integer): string[]
---@field is_shown boolean  true once it was drawn
local Section = {}
Section.__index = Section

local status_lines = {}

--- Tells if lines can be redrawn: not where the script has replaced io.stderr.
---@return boolean
function status_lines.available()
  return found and io.stderr == STDERR and terminal.can_redraw(2)
end

--- The codes that clear the lines, one by one: some terminals move text into their scrollback if it
--- is cleared up to the end of the screen.
local function erasing()
  local codes = lines_shown > 0 and "\r\27[2K" .. ("\27[A\27[2K"):rep(lines_shown - 1) or ""
  lines_shown = 0
  return codes
end

--- Draws the lines of all sections, unless they were drawn less than `seconds` ago.
local function redraw(seconds)
  local now = uv.hrtime() * 1e-9
  if is_open or now - last_drawn < seconds then
    return
  end
  last_drawn = now
  local width, height = terminal.size(2)
  local lines = {}
  for _, section in ipairs(sections) do
    local own = section.lines and section.lines(width or WIDTH) or {}
    table.move(own, 1, #own, #lines + 1, lines)
    section.is_shown = section.is_shown or #own > 0
  end
  if not terminal.is_terminal(1) then
    height = 2 -- stdout may reach the terminal through a pipe, as of tee, and overwrite more lines
  end
  for i = #lines, height and height > 1 and height or math.huge, -1 do
    lines[i] = nil -- a line above the screen could not be cleared
  end
  io.stdout:flush()
  write(STDERR, erasing() .. table.concat(lines, "\n"))
  lines_shown = #lines
end

-- --- prints -------------------------------------------------------------------------

--- Draws the lines again and returns its arguments.
local function shown_again(...)
  redraw(AFTER_PRINT)
  return ...
end

--- Clears the lines, calls f, which writes to the terminal, and draws them again, unless f leaves a
--- line without an end.
---@param last? string  the last text that f writes; "" if it writes nothing
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

--- Wraps the functions that print; returns a function that restores those that the script has not
--- replaced since.
local function wrap()
  local print_before, write_before = _G.print, _G.io.write -- of the user
  local execute_before, warn_before = _G.os.execute, _G.warn
  local methods = getmetatable(STDERR).__index
  local is_terminal = { [STDERR] = true, [io.stdout] = terminal.is_terminal(1) or nil }
  local method_before = methods.write
  write = method_before
  local function guarded_method(file, ...)
    if not is_terminal[file] or select("#", ...) == 0 then
      return method_before(file, ...)
    end
    local last = select(-1, ...)
    local is_text = type(last) == "string" or type(last) == "number"
    return guard(is_text and tostring(last) or nil, method_before, file, ...)
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
  local function guarded_execute(...) -- the program may write
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

--- Clears the lines and restores the functions that print; writes its arguments in their place.
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

--- Adds a section at the bottom. Sections of suspended coroutines, which may never draw again, are
--- removed until they do.
local function show(section)
  for i = #sections, 1, -1 do
    local status = coroutine.status(sections[i].thread)
    if status ~= "running" and status ~= "normal" then
      table.remove(sections, i)
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

--- Opens a section at the bottom of the terminal.
---@return perigee.status_lines.section
function status_lines.open()
  local self = setmetatable({ is_shown = false, thread = coroutine.running() }, Section)
  show(self)
  return self
end

--- Sets the function that makes the section's lines, and draws them unless that was done a moment
--- ago.
---@param f fun(width: integer): string[]  lines of fewer columns than the width
function Section:draw(f)
  self.lines = f
  if not collections.contains(sections, self) and not self.is_closed then
    show(self)
  end
  redraw(REDRAW)
end

--- Removes the section. The last section may leave a line.
---@param last? fun(width: integer): string  makes that line
function Section:close(last)
  self.is_closed = true
  local was_shown = false
  for i, section in ipairs(sections) do
    if section == self then
      table.remove(sections, i)
      was_shown = true
      break
    end
  end
  if not was_shown then
    return
  elseif #sections > 0 then
    if self.is_shown then
      redraw(0)
    end
  elseif last then
    leave(last((terminal.size(2)) or WIDTH), "\n")
  else
    leave()
  end
end

--- Removes all sections: those of loops in coroutines that were abandoned.
function status_lines.clear()
  if #sections > 0 then
    for _, section in ipairs(sections) do
      section.is_closed = true
    end
    sections = {}
    leave()
  end
end

return status_lines
