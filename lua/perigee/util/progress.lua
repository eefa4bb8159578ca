--- tqdm's line: how far a loop is, how fast, and how long it will take.
--
--   45%|████▌     | 450/1000 [00:23<00:28, 19.50it/s] loss 0.5012
--
-- On a terminal the line is redrawn in place, at most ten times a second;
-- elsewhere a plain line is written at each tenth of the way. All on stderr.
-- A bar within another's loop stands below it, and leaves nothing.
-- The line is ASCII where the locale is not UTF-8.

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
local MARGIN = 3 -- columns that are left free: for the cursor, and the ^C that a terminal shows
local LONGEST = 500 -- columns of a title
local UNKNOWN = "?"
local open = setmetatable({}, { __mode = "k" }) -- the coroutines of bars that are not closed yet
local is_silent = false
local COUNT = schema.integer(0)

local function seconds_now()
  return uv.hrtime() * 1e-9
end

--- "01:05", or "1:01:05" from an hour on.
local function clock(seconds)
  local s = math.floor(seconds)
  if s < 3600 then
    return string.format("%02d:%02d", s // 60, s % 60)
  end
  return string.format("%d:%02d:%02d", s // 3600, s // 60 % 60, s % 60)
end

--- A bar `width` characters long, filled to a part of a character.
local function bar_text(fraction, width)
  local symbols = terminal.is_utf8() and BLOCKS or ASCII
  local parts = math.floor(fraction * width * #symbols)
  local full, rest = parts // #symbols, parts % #symbols
  local filled = full + (rest > 0 and 1 or 0)
  return symbols[#symbols]:rep(full) .. symbols[rest] .. (" "):rep(width - filled)
end

--- "19.50it/s", or "1.25s/it" where an iteration takes longer than a second.
local function speed(rate)
  if rate == 0 then
    return UNKNOWN .. "it/s"
  elseif rate < 1 then
    return c_locale.format("%.2fs/it", 1 / rate)
  end
  return c_locale.format("%.2fit/s", rate)
end

--- How far something is, as a line.
---@class perigee.progress.meter
local Meter = {}
Meter.__index = Meter

--- The line as text; the bar takes what is left of `width` columns.
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

--- `done` of the total are done; `note` is put behind the line.
---@param done integer
---@param note? string
function Meter:set(done, note)
  self.done, self.note = done, terminal.line(note or "")
end

---@class perigee.progress.bar: perigee.progress.meter
local Bar = setmetatable({}, Meter)
Bar.__index = Bar

--- A line for each tenth that was passed, where nothing can be redrawn.
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

--- `done` of the total are done; `note` is put behind the line.
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

--- Draws the line a last time, as far as it came, and leaves it, unless it stands
--- below another. Twice does no harm.
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

-- The line as it would be drawn.
function Bar:__tostring()
  return self:line()
end

--- Tells if a bar is open whose loop goes on: not one of a coroutine that waits, or has ended.
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

--- Has no bar write lines from now on: of several processes that share a terminal, one shows how
--- far they are.
function progress.silence()
  is_silent = true
end

--- Ends the bars that nobody has ended.
function progress.clear()
  open = setmetatable({}, { __mode = "k" })
  status_lines.clear()
end

--- Whether there can be a line.
---@return true?
---@return string?  # what is missing
function progress.available()
  return found or nil, not found and "a progress line needs luv: install Debian's package lua-luv"
    or nil
end

--- The line alone, which its owner draws.
---@param total integer  steps, 0 or more
---@param title? string  put before the line
---@param done? integer  how many were done before, 0 unless given
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

--- A line for `total` steps, which its owner updates and closes (`local bar
--- <close> = ...` does so by itself).
---@param total integer  steps, 0 or more
---@param title? string  put before the line
---@param done? integer  how many were done before, 0 unless given
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
