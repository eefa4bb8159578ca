--- Several processes that share a study's trials, on one machine.
--
-- Each runs the same script with the same arguments, as far as `study:run`. There it waits for
-- trials on descriptor 4, a line of JSON for each, and tells of them on descriptor 3. Its own
-- journal keeps the records. When the other end is gone, it ends. Standard input is empty.
--
-- What the script printed before `study:run` is not shown again: all before MARK is left out.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local command = require "perigee.sweep.command_line"
local core = require "perigee.core"
local progress_display = require "perigee.sweep.run.progress_display"
local say = progress_display.say
local json = require "perigee.util.json"
local journal = require "perigee.sweep.journal.journal"
local progress = require "perigee.util.progress"
local executor = require "perigee.sweep.run.executor"
local printable = require "perigee.util.printable"
local uv = external.require "luv"

local VARIABLE = "PERIGEE_SWEEP_WORKER" -- the study's name
local THREADS = "PERIGEE_THREADS"
local MARK = "\1perigee: the worker is ready\n"
local EVENTS, ORDERS = 3, 4 -- the descriptors
local MOST_EARLY = 4000 -- bytes of what a worker has written before it is ready, that are told
local MERCY = 2000 -- milliseconds in which a worker may keep a checkpoint when all is stopped
local MOST_DEATHS = 3 -- of processes that ran the same trial, which has then failed

local workers = {}

-- --- a worker's side --------------------------------------------------------------

local served, is_serving = os.getenv(VARIABLE), false
uv.os_unsetenv(VARIABLE) -- programs that a trial starts are no workers

--- Whether this process is a worker, and the study's name.
---@return string?
function workers.study()
  return served
end

--- Whether this process is a worker that runs trials: other studies that they make are its own.
---@return boolean
function workers.is_serving()
  return is_serving
end

local function tell(event)
  uv.fs_write(EVENTS, json.encode(event) .. "\n", -1)
end

--- Calls f with each line that comes through a pipe, as JSON, and at_end when there are no more.
local function read_lines(pipe, f, at_end)
  local rest = ""
  pipe:read_start(function(_, text)
    if not text then
      at_end()
      return
    end
    rest = rest .. text
    for line in rest:gmatch "([^\n]*)\n" do
      f(json.decode(line))
    end
    rest = rest:match "[^\n]*$"
  end)
end

--- The orders, for `next_order` to take; they are over when who had us run is done, or gone.
local function open_orders()
  local pipe, orders = uv.new_pipe(), { is_over = false }
  pipe:open(ORDERS)
  read_lines(pipe, function(order)
    orders[#orders + 1] = order
  end, function()
    orders.is_over = true
  end)
  return orders
end

--- The next order; nil where there are no more.
local function next_order(orders)
  while #orders == 0 and not orders.is_over do
    uv.run "once"
  end
  return table.remove(orders, 1)
end

--- What is told of a trial while it runs. Where nobody listens any more, it is left.
local function monitor_of(study, item, orders)
  local monitor
  monitor = executor.monitor(study, item, function(trial)
    tell { event = "beat", iteration = trial.iteration, total = trial.total, loss = trial.loss }
    uv.run "nowait"
    monitor.is_stopped = orders.is_over
  end)
  return monitor
end

--- Ends the process, and the others with it.
local function give_up(message)
  tell { event = "broken", message = message }
  os.exit(1, true)
end

local function run_order(study, item, orders)
  if study.trials.ids[item.index] ~= item.id then
    give_up("the processes' studies are not the same: what one is made of must not depend on "
      .. "chance, time or standard input (random data need a seed), and its name is its own")
  end
  local record, path, at = executor.run(study, item, monitor_of(study, item, orders))
  io.stdout:flush()
  if not record then
    give_up(path)
  end
  record.traceback, record.values = nil, nil -- the journal has them
  record.reports = { record.reports[#record.reports] }
  tell { event = "ended_trial", index = item.index, record = record, path = path, at = at }
end

--- Runs what it is told to, and ends the process.
---@param study perigee.sweep.study
function workers.serve(study)
  io.stdout:setvbuf "line"
  io.stdout:write(MARK)
  io.stderr:write(MARK)
  is_serving = true
  local _ <close> = core.hold_interrupts()
  study.ending = core.hold_ending()
  progress.silence()
  uv.new_signal():start "sigpipe" -- who had us run may be gone: that ends the orders
  study.writer = journal.writer(study.root .. "/journal", study:header())
  local orders = open_orders()
  tell { event = "ready", notes = study.notes }
  local worked, message
  repeat
    local order = next_order(orders)
    worked, message = true, nil
    if order then
      worked, message = pcall(run_order, study, order, orders)
    end
  until not order or not worked
  if not worked and not errors.is_interrupt(message) then -- trials' own errors are in their records
    io.stderr:write(printable.lines(message), "\n")
  end
  core.set_ending(study.ending)
  study.writer:close()
  os.exit(worked and 0 or 1, true)
end

-- --- the other side ---------------------------------------------------------------

local HEEDED = {} -- what is done when a worker tells of an event

---@class perigee.sweep.pool
local Pool = {}
Pool.__index = Pool

--- The program and its arguments, as they were.
local function command_line(arguments)
  local whole = command.whole(arguments)
  return uv.exepath(), { table.unpack(whole, 2) }
end

local function environment(study, threads)
  local list = {}
  for name, value in pairs(uv.os_environ()) do
    if name ~= VARIABLE and name ~= THREADS then
      list[#list + 1] = name .. "=" .. value
    end
  end
  list[#list + 1] = VARIABLE .. "=" .. study.name
  list[#list + 1] = THREADS .. "=" .. threads
  return list
end

--- A pipe that a worker wrote into has come to its end.
function Pool:close(pipe)
  pipe:close()
  self.pipes[pipe] = nil
end

--- Passes on what a worker writes, from MARK on; what came before is kept in `early`.
function Pool:pass_on(pipe, file, early)
  local seen = ""
  self.pipes[pipe] = true
  pipe:read_start(function(_, text)
    if not text then
      self:close(pipe)
    elseif early.is_over then
      file:write(text)
    else
      early.text = (early.text .. text):sub(-MOST_EARLY)
      seen = seen .. text
      local _, last = seen:find(MARK, 1, true)
      if last then
        early.is_over = true
        file:write(seen:sub(last + 1))
      end
      seen = seen:sub(-#MARK)
    end
  end)
end

function Pool:start(slot)
  local program, arguments = command_line(self.study.arguments)
  local input, output = uv.new_pipe(), uv.new_pipe()
  local complaints, events = uv.new_pipe(), uv.new_pipe()
  local worker = { slot = slot, input = input, early = { text = "" } }
  local process, message = uv.spawn(program, {
    args = arguments, env = environment(self.study, self.threads),
    stdio = { nil, output, complaints, events, input },
  }, function(code, signal)
    self:ended(worker, code, signal)
  end)
  if not process then
    self.problem = ("%s: %s"):format(program, message)
    return
  end
  worker.process = process
  self.workers[slot], self.alive = worker, self.alive + 1
  self:pass_on(output, io.stdout, { text = "" })
  self:pass_on(complaints, io.stderr, worker.early)
  self.pipes[events] = true
  read_lines(events, function(event)
    local heed = type(event) == "table" and HEEDED[event.event] -- others' lines count for nothing
    if heed and not worker.has_ended then -- else its journal was read
      heed(self, worker, event)
    end
  end, function()
    self:close(events)
    if not worker.has_ended and not worker.process:is_closing() then
      worker.process:kill "sigkill" -- it can tell nothing any more
    end
  end)
end

--- A trial has come to its end.
function Pool:finish(record)
  self.display:finish(record)
  if record.status == "failed" and self.study.options.fail_fast then
    self.is_stopped = true
  end
end

--- Gives a worker the next trial, or sends it home.
function Pool:feed(worker)
  local item = not self.is_stopped and table.remove(self.queue, 1)
  worker.item = item or nil
  if item then
    item.id = self.study.trials.ids[item.index]
    worker.input:write(json.encode(item) .. "\n")
  elseif not worker.input:is_closing() then
    worker.input:close()
  end
end

--- Says which of the numbers and texts that `run` refers to are others in a worker.
local function say_differences(self, theirs)
  local ours = self.study.notes
  for _, name in ipairs(collections.sorted_keys(collections.merge(theirs, ours))) do
    if theirs[name] ~= ours[name] and not self.differs[name] then
      self.differs[name] = true
      say(("%s, to which `run` refers, is not the same in all processes: trials depend on "
        .. "which one runs them"):format(name))
    end
  end
end

function HEEDED.ready(self, worker, event)
  worker.is_ready = true
  say_differences(self, type(event.notes) == "table" and event.notes or {})
  self:feed(worker)
end

function HEEDED.beat(self, worker, event)
  if worker.item and math.type(event.iteration) then
    self.display:beat(worker.slot, self.study:label(worker.item.index), event)
  end
end

--- A trial has ended, and its record is in the worker's journal.
function HEEDED.ended_trial(self, worker, event)
  local record = event.record
  local is_ours = worker.item and event.index == worker.item.index and type(record) == "table"
    and type(event.path) == "string" and math.type(event.at)
  if not is_ours then
    return
  end
  record.values = self.study.trials:point(event.index)
  self.study.store:add(record, event.path, event.at)
  self:finish(record)
  self:feed(worker)
end

function HEEDED.broken(self, _, event)
  self.problem = tostring(event.message)
end

--- A record for a trial at which one process after the other died.
local function death_record(study, index, what)
  return {
    trial = study.trials.ids[index], status = "failed", ["repeat"] = study.trials:round(index),
    seed = study.trials:seed(index), values = study.trials:values(index), reports = {},
    iterations = 0, seconds = 0, error = what, finished = os.date "!%Y-%m-%dT%H:%M:%SZ",
  }
end

--- The record by which a trial has come as far as it was to; nil where there is none.
local function record_of(study, item)
  local record = study.store:record(study.trials.ids[item.index])
  local is_early = record and record.status == "paused" and record.rung < item.limit.rung
  return not is_early and record or nil
end

--- A worker died at a trial: another takes it up, unless too many did, or its record was kept, and
--- only not told of.
function Pool:lost(item, what)
  self.study.store:read()
  local record = record_of(self.study, item)
  item.deaths = (item.deaths or 0) + (record and 0 or 1)
  if not record and item.deaths < MOST_DEATHS then
    table.insert(self.queue, 1, item)
    return
  elseif not record then
    record = death_record(self.study, item.index, what)
    local kept, message = executor.keep(self.study, record)
    if not kept then
      self.problem = message
      return
    end
  end
  self:finish(record)
end

--- A worker died before it was ready: where it was killed, another is started; a script that ends
--- by itself would do so again.
function Pool:lost_early(worker, code, signal)
  self.early_deaths = self.early_deaths + 1
  if signal ~= 0 and self.early_deaths < MOST_DEATHS then
    self:start(worker.slot)
    return
  end
  self.problem = ("a worker came to its end before study:run (%s %d): %s"):format(
    signal ~= 0 and "signal" or "status", signal ~= 0 and signal or code, worker.early.text or "")
end

function Pool:ended(worker, code, signal)
  self.alive, worker.has_ended = self.alive - 1, true
  worker.process:close()
  if not worker.input:is_closing() then
    worker.input:close()
  end
  if self.problem or self.is_stopped then
    return
  end
  local what = signal ~= 0 and ("its process was ended by signal %d"):format(signal)
    or ("its process ended with status %d"):format(code)
  if not worker.is_ready then
    self:lost_early(worker, code, signal)
  elseif worker.item then
    self:lost(worker.item, what)
    self:start(worker.slot)
  end
end

--- Has all workers come to their end: they keep a checkpoint of what they train. Those that have
--- not ended by then are ended in a moment; nothing is lost that is in a journal.
function Pool:stop()
  if self.timer then
    return
  end
  self.is_stopped, self.timer = true, uv.new_timer()
  for _, worker in pairs(self.workers) do
    if not worker.input:is_closing() then
      worker.input:close()
    end
  end
  self.timer:start(MERCY, 0, function()
    for _, worker in pairs(self.workers) do
      if not worker.process:is_closing() then
        worker.process:kill "sigterm"
      end
    end
  end)
end

--- Runs a wave in several processes.
---@param study perigee.sweep.study
---@param wave table[]
---@param display perigee.sweep.display
---@return boolean?  # false: stopped at a trial that failed; nil: something else went wrong,
---@return string?  # and what
function workers.run(study, wave, display)
  local jobs = math.min(study.options.jobs, #wave)
  local self = setmetatable({
    study = study, display = display, queue = wave, workers = {}, alive = 0, pipes = {},
    early_deaths = 0, differs = {}, threads = math.max(1, core.threads() // study.options.jobs),
  }, Pool)
  local guard, interrupt, was_interrupted = uv.new_signal(), uv.new_signal(), false
  core.keep_interrupts(true)
  guard:start "sigpipe" -- a worker that died must not end us
  interrupt:start("sigint", function()
    was_interrupted = true
    self:stop()
  end)
  for slot = 1, jobs do
    self:start(slot)
  end
  while self.alive > 0 do
    uv.run "once"
    if self.problem then
      self:stop()
    end
  end
  uv.run "nowait" -- reads what they wrote last
  for pipe in pairs(self.pipes) do -- programs that trials started have them still
    pipe:close()
  end
  interrupt:close()
  guard:close()
  if self.timer then
    self.timer:close()
  end
  uv.run "nowait"
  core.keep_interrupts(false)
  if was_interrupted then
    error("interrupted!", 0)
  elseif self.problem then
    return nil, self.problem
  end
  return not self.is_stopped
end

return workers
