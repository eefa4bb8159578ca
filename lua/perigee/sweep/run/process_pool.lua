--- A pool of processes on this machine, workers, that share a study's trials.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local json = require "perigee.util.json"
local notices = require "perigee.sweep.run.notices"
local records = require "perigee.sweep.journal.record"
local workers = require "perigee.sweep.run.worker"
local uv = external.require "luv"

local THREADS = "PERIGEE_THREADS"
local MOST_EARLY = 4000 -- bytes of a worker's output before it is ready, which an error quotes
local GRACE = 2000 -- milliseconds in which a worker may save a checkpoint when all is stopped
local MOST_DEATHS = 3 -- of processes that ran the same trial, which has then failed

---@class perigee.sweep.pool
local Pool = {}
Pool.__index = Pool

local handlers = {} -- of the workers' events, by their names

-- --- starting -----------------------------------------------------------------------

--- The environment of a worker, as a list of NAME=VALUE.
local function environment(study, threads)
  local list = {}
  for name, value in pairs(uv.os_environ()) do
    if name ~= workers.VARIABLE and name ~= THREADS then
      list[#list + 1] = name .. "=" .. value
    end
  end
  list[#list + 1] = workers.VARIABLE .. "=" .. study.name
  list[#list + 1] = THREADS .. "=" .. threads
  return list
end

--- Closes a pipe into which a worker has written.
function Pool:close(pipe)
  pipe:close()
  self.pipes[pipe] = nil
end

--- Passes on what a worker writes behind MARK; the end of what comes before is kept in `early`.
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
      local _, last = seen:find(workers.MARK, 1, true)
      if last then
        early.is_over = true
        file:write(seen:sub(last + 1))
      end
      seen = seen:sub(-#workers.MARK)
    end
  end)
end

--- Starts a worker: the script of the study, with its arguments.
---@param slot integer  the worker's number
function Pool:start(slot)
  local program, arguments = uv.exepath(), self.study:command()
  local input, output, events = uv.new_pipe(), uv.new_pipe(), uv.new_pipe()
  local error_output = uv.new_pipe()
  local worker = { slot = slot, input = input, early = { text = "" } }
  local process, message = uv.spawn(program, {
    args = { table.unpack(arguments, 2) }, env = environment(self.study, self.threads),
    stdio = { nil, output, error_output, events, input },
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
  self:pass_on(error_output, io.stderr, worker.early)
  self.pipes[events] = true
  workers.read_lines(events, function(event)
    local handle = type(event) == "table" and handlers[event.event] -- others' lines do not count
    if handle and not worker.has_ended then -- else its journal was read
      handle(self, worker, event)
    end
  end, function()
    self:close(events)
    if not worker.has_ended and not worker.process:is_closing() then
      worker.process:kill "sigkill" -- it can send nothing any more
    end
  end)
end

-- --- events -------------------------------------------------------------------------

--- Orders a worker to run the next trial, or closes its pipe of orders if there is none.
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

function handlers.ready(self, worker, event)
  worker.is_ready = true
  notices.different_notes(self.study, event.notes, self.differs)
  self:feed(worker)
end

function handlers.beat(self, worker, event)
  if worker.item and math.type(event.iteration) then
    self.study.display:beat(worker.slot, self.study.trials:label(worker.item.index), event)
  end
end

--- Takes the record of a trial that has ended from the worker's journal.
function handlers.ended(self, worker, event)
  local store, item, path = self.study.store, worker.item, event.path
  if not item or event.index ~= item.index or type(path) ~= "string"
    or path:sub(1, #store.folder) ~= store.folder then
    return -- another program's event
  end
  local _, problem = errors.try(store.read_file, store, path)
  if problem then
    self.problem = self.problem or problem
    return
  end
  if store:record(item.index) then
    self:finish(item.index)
  end
  self:feed(worker)
end

function handlers.broken(self, _, event)
  self.problem = self.problem or tostring(event.message)
end

--- Shows that a trial has ended. With --fail-fast, no other is begun after a failure.
function Pool:finish(index)
  local record = self.study.store:record(index)
  self.study.display:finish(index, record)
  if record.status == "failed" and self.study.options.fail_fast then
    self.is_stopped = true
  end
end

-- --- deaths -------------------------------------------------------------------------

--- Queues the trial of a worker that died for another one, unless its record was kept without an
--- event. After MOST_DEATHS deaths the trial has failed. Raises if no record can be kept.
function Pool:lost(item, problem)
  local store, trials, index = self.study.store, self.study.trials, item.index
  store:read()
  local record = store:record(index)
  local is_kept = record and not (record.status == "paused" and record.rung < item.limit.rung)
  item.deaths = (item.deaths or 0) + (is_kept and 0 or 1)
  if not is_kept and item.deaths < MOST_DEATHS then
    table.insert(self.queue, 1, item)
    return
  elseif not is_kept then
    store:append(records.new({
      id = trials.ids[index], seed = trials:seed(index),
      repeat_number = trials:repeat_number(index), after = item.after,
    }, { status = "failed", error = problem, values = trials:values(index) }))
  end
  self:finish(index)
end

--- Closes the pipes of a worker that has ended, and starts another if it was killed. A script that
--- ends by itself before study:run is a problem: it would do so again.
function Pool:ended(worker, code, signal)
  self.alive, worker.has_ended = self.alive - 1, true
  worker.process:close()
  if not worker.input:is_closing() then
    worker.input:close()
  end
  if self.problem or self.is_stopped then
    return
  elseif worker.item then
    local _, problem = errors.try(self.lost, self, worker.item,
      signal ~= 0 and ("its process was ended by signal %d"):format(signal)
        or ("its process ended with status %d"):format(code))
    if problem then
      self.problem = problem
    else
      self:start(worker.slot)
    end
  elseif not worker.is_ready then
    self.early_deaths = self.early_deaths + 1
    if signal ~= 0 and self.early_deaths < MOST_DEATHS then
      self:start(worker.slot)
    else
      self.problem = ("a worker came to its end before study:run (%s %d): %s"):format(
        signal ~= 0 and "signal" or "status", signal ~= 0 and signal or code, worker.early.text)
    end
  end
end

--- Ends all workers, which save a checkpoint of what they train. Those that have not ended after
--- GRACE are terminated; nothing is lost that is in a journal.
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
  self.timer:start(GRACE, 0, function()
    for _, worker in pairs(self.workers) do
      if not worker.process:is_closing() then
        worker.process:kill "sigterm"
      end
    end
  end)
end

-- --- a wave -------------------------------------------------------------------------

local process_pool = {}

--- Runs a wave of trials in several processes. Raises if it cannot go on, and after Ctrl-C.
---@param study perigee.sweep.study
---@param wave { index: integer, limit: table? }[]
---@return "done"|"stopped"  # stopped: at a trial that failed
function process_pool.run_wave(study, wave)
  local self = setmetatable({
    study = study, queue = wave, workers = {}, alive = 0, pipes = {}, early_deaths = 0,
    differs = {}, threads = math.max(1, core.threads() // study.options.jobs),
  }, Pool)
  local guard, interrupt, was_interrupted = uv.new_signal(), uv.new_signal(), false
  core.keep_interrupts(true)
  guard:start "sigpipe" -- a worker that died must not end this process
  interrupt:start("sigint", function()
    was_interrupted = true
    self:stop()
  end)
  for slot = 1, math.min(study.options.jobs, #wave) do
    self:start(slot)
  end
  while self.alive > 0 do
    uv.run "once"
    if self.problem then
      self:stop()
    end
  end
  uv.run "nowait" -- reads what they wrote last
  for pipe in pairs(self.pipes) do -- programs that trials started still have them
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
    errors.fail(self.problem)
  end
  return self.is_stopped and "stopped" or "done"
end

return process_pool
