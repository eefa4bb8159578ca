--- The progress of a running study on stderr: a line for the study and one for each training; where
--- stderr is no terminal, a plain line now and then for a trial that has ended.
--
-- A worker shows nothing (worker.lua silences the bars of its process): it sends its beats to the
-- parent, where process_pool.lua passes them to Display:beat.

local format = require "perigee.util.format"
local notices = require "perigee.sweep.run.notices"
local progress = require "perigee.util.progress"
local status_lines = require "perigee.util.status_lines"
local terminal = require "perigee.util.terminal"

local MOST_LINES = 100 -- plain lines of a study

---@class perigee.sweep.progress_display
---@field announced table<integer, true>  the trials whose failure was said
local Display = {}
Display.__index = Display

local progress_display = {}

--- Opens the display of a study.
---@param name string
---@param store perigee.sweep.store
---@param is_quiet? boolean  only failures are shown
---@return perigee.sweep.progress_display
function progress_display.open(name, store, is_quiet)
  local total = store.trials.count
  local self = setmetatable({
    store = store, total = total, is_quiet = is_quiet, trainings = {}, slots = 1, announced = {},
    meter = progress.meter(total, name, store:finished()),
  }, Display)
  if not is_quiet and status_lines.available() then
    self.section = status_lines.open()
    self.lines = function(width)
      self.meter:set(store:finished(), store:note())
      local lines = { self.meter:line(width) }
      for slot = 1, self.slots do
        local training = self.trainings[slot]
        lines[#lines + 1] = training and training:line(width) or nil
      end
      return lines
    end
  end
  return self
end

function Display:draw()
  if self.section then
    self.section:draw(self.lines)
  end
end

--- Shows how far a training is. A trial whose training has not begun has no total, and no line.
---@param slot integer  its line, of several trainings that run at a time
---@param label string  the trial's
---@param training table  iteration; total, nil before the training; loss
function Display:beat(slot, label, training)
  self.slots = math.max(self.slots, slot)
  if self.section and training.total then
    local meter = self.trainings[slot]
    if not meter or meter.label ~= label or meter.total ~= training.total then
      meter = progress.meter(training.total, "  " .. label, training.iteration)
      meter.label = label
      self.trainings[slot] = meter
    end
    meter:set(training.iteration, training.loss and "loss " .. format.loss(training.loss))
  end
  self:draw()
end

--- Shows that a trial has ended, which the store knows already.
---@param index integer
---@param record table
function Display:finish(index, record)
  local total, finished = self.total, self.store:finished()
  local is_due = finished * MOST_LINES // total > (finished - 1) * MOST_LINES // total
  if record.status == "failed" then
    self.announced[index] = true
    notices.say(("%s failed: %s"):format(self.store.trials:label(index), record.error))
  elseif record.status ~= "paused" and not self.section and not self.is_quiet and is_due then
    local last = record.reports[#record.reports]
    local text = last and format.metrics(last[2]) or record.status
    io.stderr:write(terminal.line(("%d/%d  %s: %s%s, %s"):format(finished, total,
      self.store.trials:label(index), record.status == "pruned" and "pruned: " or "", text,
      format.duration(record.seconds))), "\n")
  end
  self:draw()
end

--- Removes the lines.
function Display:close()
  if self.section then
    self.section:close()
    self.section = nil
  end
end

Display.__close = Display.close

return progress_display
