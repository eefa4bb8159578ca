--- A worker: one of several processes that run a study's trials, on one machine.
--
-- It runs the same script with the same arguments, as far as `study:run`. There it waits for orders
-- on descriptor 4, a line of JSON for each trial, and sends events on descriptor 3: "ready",
-- "beat", "ended" and "broken". Its own journal keeps the records. It ends when the pipe of orders
-- does. Standard input is empty.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local executor = require "perigee.sweep.run.executor"
local external = require "perigee.util.external"
local json = require "perigee.util.json"
local printable = require "perigee.util.printable"
local progress = require "perigee.util.progress"
local uv = external.require "luv"

local worker = {
  VARIABLE = "PERIGEE_SWEEP_WORKER", -- of the environment: the study's name
  MARK = "\1perigee: the worker is ready\n", -- what it writes before is not shown
}

local EVENTS, ORDERS = 3, 4 -- the descriptors

local study_name, is_serving = os.getenv(worker.VARIABLE), false
uv.os_unsetenv(worker.VARIABLE) -- programs that a trial starts are no workers

--- The name of the study that this process is a worker of; nil in a process that is none.
---@return string?
function worker.study()
  return study_name
end

--- Tells if this process is a worker that runs trials: studies that these make are its own.
---@return boolean
function worker.is_serving()
  return is_serving
end

--- Calls f with each line that comes through a pipe, decoded, and at_end when there are no more.
---@param pipe userdata
---@param f fun(value: any)
---@param at_end fun()
function worker.read_lines(pipe, f, at_end)
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

local function send(event)
  uv.fs_write(EVENTS, json.encode(event) .. "\n", -1)
end

--- Opens the queue of orders.
local function open_orders()
  local pipe, orders = uv.new_pipe(), { is_over = false }
  pipe:open(ORDERS)
  worker.read_lines(pipe, function(order)
    orders[#orders + 1] = order
  end, function()
    orders.is_over = true
  end)
  return orders
end

--- Waits for the next order; nil if there are no more.
local function next_order(orders)
  while #orders == 0 and not orders.is_over do
    uv.run "once"
  end
  return table.remove(orders, 1)
end

--- Runs a trial as it was ordered. Stops it once the pipe of orders has ended.
local function run_order(study, order, orders)
  executor.check_order(study, order)
  executor.run_trial(study, order, function(trial_run)
    send {
      event = "beat", iteration = trial_run.iteration, total = trial_run.total,
      loss = trial_run.loss,
    }
    uv.run "nowait"
    trial_run.monitor.is_stopped = orders.is_over
  end)
  io.stdout:flush()
  send { event = "ended", index = order.index, path = study.store.writer.path }
end

--- Runs the trials that are ordered, and ends the process.
---@param study perigee.sweep.study
function worker.serve(study)
  io.stdout:setvbuf "line"
  io.stdout:write(worker.MARK)
  io.stderr:write(worker.MARK)
  is_serving = true
  local _ <close> = core.hold_interrupts()
  study.ending = core.hold_ending()
  progress.silence() -- the parent shows the trainings
  uv.new_signal():start "sigpipe" -- a parent that is gone ends the orders instead
  local writer = study.store:open_writer(study:header())
  local orders = open_orders()
  send { event = "ready", notes = study.notes }
  local worked, message = true, nil
  for order in next_order, orders do
    worked, message = pcall(run_order, study, order, orders)
    if not worked then
      break
    end
  end
  if not worked and not errors.is_interrupt(message) then -- trials' own errors are in their records
    if errors.is_failure(message) then
      send { event = "broken", message = message }
    else
      io.stderr:write(printable.lines(message), "\n")
    end
  end
  core.set_ending(study.ending)
  writer:close()
  os.exit(worked and 0 or 1, true)
end

return worker
