--- What a running study shows on stderr: a line for the study and one for each training under way;
-- where that is no terminal, a line now and then for a trial that has ended.

local format = require "perigee.util.format"
local progress = require "perigee.util.progress"
local terminal = require "perigee.util.terminal"
local status_lines = require "perigee.util.status_lines"
local printable = require "perigee.util.printable"

local MOST_LINES = 100 -- of trials that ended, where there is no terminal

---@class perigee.sweep.display
local Display = {}
Display.__index = Display

local progress_display = {}

--- For a study.
---@param name string
---@param tally perigee.sweep.tally
---@param is_quiet? boolean  only what goes wrong is shown
---@return perigee.sweep.display
function progress_display.open(name, tally, is_quiet)
  local self = setmetatable({
    tally = tally, is_quiet = is_quiet, trainings = {},
    meter = progress.meter(tally.total, name, tally:finished()),
  }, Display)
  if not is_quiet and status_lines.available() then
    self.section = status_lines.open()
  end
  return self
end

--- A sentence of its own.
---@param text string
function progress_display.say(text)
  io.stderr:write("perigee: ", printable.line(text), "\n")
end

function Display:draw()
  if self.section then
    self.section:draw(function(width)
      self.meter:set(self.tally:finished(), self.tally:note())
      local lines = { self.meter:line(width) }
      for slot = 1, self.slots or 1 do
        local training = self.trainings[slot]
        lines[#lines + 1] = training and training:line(width) or nil
      end
      return lines
    end)
  end
end

--- A training is under way: it has made so many of its iterations.
---@param slot integer  of several that run at a time
---@param label string  the trial
---@param beat table  iteration, total, loss
function Display:beat(slot, label, beat)
  self.slots = math.max(self.slots or 1, slot)
  if self.section and beat.total then
    local training = self.trainings[slot]
    if not training or training.label ~= label or training.total ~= beat.total then
      training = progress.meter(beat.total, "  " .. label, beat.iteration)
      training.label = label
      self.trainings[slot] = training
    end
    training:set(beat.iteration, beat.loss and "loss " .. format.loss(beat.loss))
  end
  self:draw()
end

--- Whether a trial that ended gets a line, where there is no terminal: not each of thousands.
local function is_shown(self)
  local total, finished = self.tally.total, self.tally:finished()
  return total <= MOST_LINES
    or finished * MOST_LINES // total > (finished - 1) * MOST_LINES // total
end

local function ending(record)
  local last = record.reports[#record.reports]
  local text = last and format.metrics(last[2]) or record.status
  return record.status == "pruned" and "pruned: " .. text or text
end

--- A trial has ended, and is in the tally.
---@param record table
function Display:finish(record)
  local label, is_plain = self.tally:label(record), not self.section and not self.is_quiet
  if record.status == "failed" then
    self.tally.told[record.trial] = true
    progress_display.say(("%s failed: %s"):format(label, record.error))
  elseif record.status ~= "paused" and is_plain and is_shown(self) then
    local line = ("%d/%d  %s: %s, %s"):format(self.tally:finished(), self.tally.total, label,
      ending(record), format.duration(record.seconds))
    io.stderr:write(terminal.line(line), "\n")
  end
  self:draw()
end

--- Takes the lines away.
function Display:close()
  if self.section then
    self.section:close()
    self.section = nil
  end
end

Display.__close = Display.close

return progress_display
