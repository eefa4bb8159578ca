--- Progress bars like tqdm's: a loop's progress, its speed, and the time that is left.
--
--   45%|████▌     | 450/1000 [00:23<00:28, 19.50it/s] loss 0.5012
--
-- Bars are on stderr. On a terminal a bar is redrawn in place, at most ten times a second;
-- elsewhere a line is written at each tenth of the way. A bar inside the loop of another is below
-- it, and leaves no line. A bar is ASCII where the locale is not UTF-8.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local external = require "perigee.util.external"
local terminal = require "perigee.util.terminal"
local status_lines = require "perigee.util.status_lines"
local printable = require "perigee.util.printable"

local found, uv = pcall(external.require, "luv")

local BLOCKS = { [0] = "", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" }
local ASCII = { [0] = "", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#" } -- tqdm's
local BAR = 10 -- characters, where the terminal's width is not known
local MARGIN = 3 -- free columns, for the cursor and the ^C that a terminal shows
local LONGEST = 500 -- columns of a title; the rest is cut
local UNKNOWN = "?"
local open = setmetatable({}, { __mode = "k" }) -- the coroutines of open bars, by bar
local is_silent = false
local COUNT = schema.integer(0)

local function seconds_now()
  return uv.hrtime() * 1e-9
end

--- Formats a time: "01:05", or "1:01:05" from an hour on.
local function clock(seconds)
  local s = math.floor(seconds)
  if s < 3600 then
    return string.format("%02d:%02d", s // 60, s % 60)
  end
  return string.format("%d:%02d:%02d", s // 3600, s // 60 % 60, s % 60)
end

--- Draws a bar of `width` characters. The last filled character may be filled partly.
local function bar_text(fraction, width)
  local symbols = terminal.is_utf8() and BLOCKS or ASCII
  local parts = math.floor(fraction * width * #symbols)
  local full, rest = parts // #symbols, parts % #symbols
  local filled = full + (rest > 0 and 1 or 0)
  return symbols[#symbols]:rep(full) .. symbols[rest] .. (" "):rep(width - filled)
end

--- Formats a speed: "19.50it/s", or "1.25s/it" where an iteration takes longer than a second.
local function speed(rate)
  if rate == 0 then
    return UNKNOWN .. "it/s"
  elseif rate < 1 then
    return c_locale.format("%.2fs/it", 1 / rate)
  end
  return c_locale.format("%.2fit/s", rate)
end

--- The state of a loop, formatted as a line.
---@class perigee.progress.meter
local Meter = {}
Meter.__index = Meter

--- Formats the line; the bar fills the rest of `width` columns.
---@param width? integer
---@return string
function Meter:line(width)
  local elapsed = seconds_now() - self.start
  local rate = elapsed > 0 and (self.done - self.first) / elapsed or 0
  local fraction = self.total > 0 and self.done / self.total or 1
  local left = rate > 0 and clock((self.total - self.done) / rate) or UNKNOWN
  local title = width and printable.cut(self.title, width // 2, "...: ") or self.title
  local head = string.format("%s%3d%%", title, math.floor(100 * fraction))
  local tail = string.format(" %d/%d [%s<%s%s]%s", self.done, self.total, clock(elapsed), left,
    self.has_speed and ", " .. speed(rate) or "", self.note ~= "" and " " .. self.note or "")
  local room = width and width - printable.width(head) - printable.width(tail) - MARGIN - 2 or BAR
  local line = head .. "|" .. bar_text(fraction, math.max(1, room)) .. "|" .. tail
  return width and printable.cut(line, width - MARGIN) or line
end

--- Sets the number of steps that are done, and the note at the end of the line.
---@param done integer
---@param note? string
function Meter:set(done, note)
  self.done, self.note = done, terminal.line(note or "")
end

---@class perigee.progress.bar: perigee.progress.meter
local Bar = setmetatable({}, Meter)
Bar.__index = Bar

--- Writes a line if another tenth is done, where bars cannot be redrawn.
function Bar:log()
  if is_silent then
    return
  end
  local tenth = self.total > 0 and self.done * 10 // self.total or 10
  if tenth > self.tenth then
    self.tenth = tenth
    io.stderr:write(self:line(), "\n")
  end
end

--- Sets the number of steps that are done, and the note at the end of the line; draws the bar.
---@param done integer
---@param note? string
function Bar:update(done, note)
  self:set(done, note)
  if self.section then
    self.section:draw(self.lines)
  elseif not (self.closed or self.is_nested) then
    self:log()
  end
end

--- Closes the bar and leaves its last line, unless it is below another. A second call does nothing.
function Bar:close()
  if self.closed then
    return
  end
  self.closed, open[self] = true, nil
  if self.section then
    self.section:close(function(width)
      return self:line(width)
    end)
    self.section = nil
  end
end

Bar.__close = Bar.close

-- Formats the line.
function Bar:__tostring()
  return self:line()
end

--- Tells if a bar is open whose coroutine is neither suspended nor dead.
local function is_within_another()
  for _, thread in next, open do
    local status = coroutine.status(thread)
    if status == "running" or status == "normal" then
      return true
    end
  end
  return false
end

local progress = {}

--- Stops bars from writing lines, in all but one of several processes that share a terminal.
function progress.silence()
  is_silent = true
end

--- Removes bars that were not closed.
function progress.clear()
  open = setmetatable({}, { __mode = "k" })
  status_lines.clear()
end

--- Tells if luv, which bars need, is installed.
---@return true?
---@return string?  # the error message, where nil comes first
function progress.available()
  return found or nil, not found and "a progress line needs luv: install Debian's package lua-luv"
    or nil
end

--- Makes a meter: a bar that its owner draws.
---@param total integer  steps, 0 or more
---@param title? string  before the line
---@param done? integer  steps that were done before, 0 by default
---@return perigee.progress.meter
function progress.meter(total, title, done)
  return setmetatable({
    total = total,
    title = title and printable.cut(terminal.line(title), LONGEST, "...") .. ": " or "",
    note = "",
    first = done or 0,
    done = done or 0,
    start = seconds_now(),
  }, Meter)
end

--- Opens a bar, which its owner updates and closes: `local bar <close> = ...`.
---@param total integer  steps, 0 or more
---@param title? string  before the line
---@param done? integer  steps that were done before, 0 by default
---@return perigee.progress.bar
function progress.bar(total, title, done)
  local available, message = progress.available()
  if not available then
    errors.raise(message)
  end
  local self = progress.meter(total, title, done)
  self.has_speed = true
  self.tenth = total > 0 and self.done * 10 // total or 0
  setmetatable(self, Bar)
  self.is_nested = is_within_another()
  open[self] = coroutine.running()
  if status_lines.available() then
    self.section = status_lines.open()
    self.lines = function(width)
      return { self:line(width) }
    end
    self.section:draw(self.lines)
  end
  return self
end

--- Counts from 1 to n in a loop, `for i in pg.progress(n) do`, with a line of progress on stderr.
--- Leaving the loop early closes the line. Lines of nested loops stand below each other, and only
--- the outer one stays; prints appear above them. If stderr is no terminal, or $TERM is dumb, a
--- plain line is written after each tenth of the loop.
---
---     for i in pg.progress(1000, "squares") do
---       sum = (sum or 0) + i ^ 2
---     end
---     sum  --> 333833500.0
---@param n integer  the last number, 0 or more
---@param title? string  the text in front of the line
---@return fun(): integer?
function progress.each(n, title)
  local total = COUNT.read(n)
  if not total then
    errors.raise("progress: a count is needed (%s), not %s", COUNT.expected, errors.describe(n))
  end
  local available, message = progress.available()
  if not available then
    errors.raise(message)
  end
  local bar -- from the loop's first step on
  local function close()
    if bar then
      bar:close()
    end
  end
  local function next_step(_, i)
    bar = bar or progress.bar(total, title)
    if i > 0 then
      bar:update(i)
    end
    if i < total then
      return i + 1
    end
    close()
  end
  return next_step, nil, 0, setmetatable({}, { __close = close })
end

return progress
