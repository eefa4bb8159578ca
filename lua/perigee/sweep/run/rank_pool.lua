--- The ranks of an MPI job that share a study's trials.
--
-- All ranks run the same script, up to `study:run`. There rank 0 runs the study as a process by
-- itself does: it locks the folder, hands out each wave's trials to ranks that ask for one, and
-- runs some, too. The others prepare the study when they get their first order, keep their records
-- in journals of their own and send events: "ready", "beat", "ended", "stopped", "signalled" and
-- "broken". At the end all ranks learn from rank 0 how it went, and go on or end alike.
--
-- The leaders of groups ask for orders, and pass them on to the others of their group, the
-- followers, with whom they train a trial.

local communicators = require "perigee.mpi.communicator"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local executor = require "perigee.sweep.run.executor"
local external = require "perigee.util.external"
local format = require "perigee.util.format"
local json = require "perigee.util.json"
local launch = require "perigee.mpi.launch"
local notices = require "perigee.sweep.run.notices"
local printable = require "perigee.util.printable"
local rank_group = require "perigee.sweep.run.rank_group"
local uv = external.require "luv"

local OPERATION = "study:run"
local PAUSE = 2 -- milliseconds between two looks for messages
local GRACE = 2000 -- milliseconds in which ranks may save checkpoints when all is stopped

local rank_pool = {}

local world -- the communicator of all ranks

local function module()
  return launch.start().module
end

--- Tells if a study's trials are shared with other ranks: not those of a study that a trial makes.
---@return boolean
function rank_pool.is_shared()
  return launch.size() > 1 and not launch.is_in_trial()
end

--- Runs a trial that was ordered, and passes the order on to the group. What the trial prints is
--- shown.
local function run_order(study, order, group, beat)
  if group then
    group:order(json.encode(order))
  end
  return launch.in_trial(true, executor.run_trial, study, order, beat, group)
end

--- Watches for the signal by which launchers end a rank. `signal.came` is true afterwards.
local function watch_signal()
  local signal, handle = {}, uv.new_signal()
  handle:start("sigterm", function()
    signal.came = true
  end)
  return setmetatable(signal, { __close = function()
    handle:close()
    uv.run "nowait" -- or a closed handle would crash the end of Lua's state
  end })
end

-- --- rank 0 -----------------------------------------------------------------------

---@class perigee.sweep.rank_pool
---@field study perigee.sweep.study
---@field group perigee.sweep.rank_group?  of rank 0
---@field per_trial integer  the ranks of a group
---@field left integer  trials of the wave that have not ended
---@field differs table<string, true>  the notes that other ranks have otherwise
---@field problem string?  by which the study cannot go on
---@field is_stopped boolean?  at a trial that failed
---@field has_stopped_ranks boolean?
---@field has_ended_orders boolean?
---@field is_stuck boolean?  a rank does not stop
local Pool = {}
Pool.__index = Pool

local handlers = {} -- of the other ranks' events, by their names

function handlers.ready(self, event)
  notices.different_notes(self.study, event.notes, self.differs)
end

function handlers.beat(self, event, rank)
  if not self.ended[event.index] then
    self.study.display:beat(rank // self.per_trial + 1, self.study.trials:label(event.index), event)
  end
end

function handlers.ended(self, event)
  self.left = self.left - 1
  event.record.values = self.study.trials:values(event.index)
  self.study.store:receive(event.record, event.journal)
  self:finish(event.index, self.study.store:record(event.index))
end

function handlers.stopped(self)
  self.left = self.left - 1
end

function handlers.signalled(self)
  self.signal.came = true
end

function handlers.broken(self, event)
  self.problem = self.problem or event.message
end

--- Shows that a trial has ended. With --fail-fast, no other is begun after a failure.
function Pool:finish(index, record)
  self.ended[index] = true
  self.study.display:finish(index, record)
  if record.status == "failed" and self.study.options.fail_fast then
    self.is_stopped = true
    self.left = self.left - module().drop_orders()
  end
end

--- Handles all events that have arrived.
local function handle_events(self)
  for text, rank in module().take_event do
    local event = json.decode(text)
    handlers[event.event](self, event, rank)
  end
end

--- Handles the events and signals that have come. What fails is kept in `problem`.
function Pool:look()
  local _, problem = errors.try(handle_events, self)
  self.problem = self.problem or problem
  uv.run "nowait"
end

--- The problem of a group after a trial that has failed on some of its ranks alone.
local function problem_of(study, group, order)
  return group and group.is_broken
    and ("rank %d: %s failed, and not on all ranks that run it"):format(launch.rank(),
      study.trials:label(order.index)) or nil
end

--- Runs an order on rank 0 itself, which handles events at each of the trial's beats.
function Pool:run_own(order)
  local study = self.study
  self.left = self.left - 1
  local record = run_order(study, order, self.group, function(trial_run)
    study.display:beat(1, trial_run.label, trial_run)
    self:look()
    trial_run.monitor.is_stopped = self.problem ~= nil or self.signal.came
  end)
  self:finish(order.index, record)
  self.problem = self.problem or problem_of(study, self.group, order)
end

--- Runs trials, and waits for those of others, until all of the wave have ended.
local function work(self)
  while true do
    self:look()
    if self.problem or self.signal.came then
      error("interrupted!", 0)
    elseif self.left == 0 then
      return
    end
    local order = module().take_order()
    if order then
      self:run_own(json.decode(order))
    elseif self.left > 0 then
      uv.sleep(PAUSE)
    end
  end
end

--- Has all ranks stop what they run, and save checkpoints. Those that have not after GRACE are
--- stuck.
function Pool:stop()
  self.left = self.left - module().drop_orders()
  module().stop_ranks()
  self.has_stopped_ranks = true
  local deadline = uv.hrtime() + GRACE * 1000000
  while self.left > 0 and uv.hrtime() < deadline do
    self:look()
    uv.sleep(PAUSE)
  end
  self.is_stuck = self.left > 0 or self.group ~= nil -- followers wait for their leaders in a trial
end

--- Runs a wave of trials on all ranks. Raises if it cannot go on, and after a signal.
---@param wave { index: integer, limit: table?, after: string? }[]
---@return "done"|"stopped"  # stopped: at a trial that failed
function Pool:run_wave(wave)
  self.left, self.ended, self.own = #wave, {}, nil
  for _, item in ipairs(wave) do
    item.id = self.study.trials.ids[item.index]
    module().add_order(json.encode(item))
  end
  local worked, problem = pcall(work, self)
  if not worked then
    self:stop()
    if self.problem and errors.is_interrupt(problem) and not self.signal.came then
      errors.fail(self.problem)
    end
    error(problem, 0)
  end
  return self.is_stopped and "stopped" or "done"
end

--- Tells the ranks that there are no more orders, and waits until their journals are on the disk.
function Pool:end_orders()
  if not self.has_ended_orders then
    self.has_ended_orders = true
    module().end_hand_out()
    if self.group and not self.group.is_broken then
      self.group:order ""
    end
    world:meet(OPERATION, "")
    module().close_hand_out()
  end
end

--- Runs a study on rank 0, and tells the others how it has ended.
local function lead(study, group, perform)
  local signal <close> = watch_signal()
  local self = setmetatable({
    study = study, group = group, per_trial = study.definition.ranks_per_trial, left = 0,
    differs = {}, signal = signal,
  }, Pool)
  local rest = launch.size() % self.per_trial
  if rest > 0 and not study.options.quiet then
    notices.say(("%d ranks are %s of %d; the last %s"):format(launch.size(),
      format.quantity(launch.size() // self.per_trial, "group"), self.per_trial,
      rest == 1 and "one idles" or rest .. " idle"))
  end
  study.ranks = self
  local outcome = perform(study)
  study.ranks = nil
  if self.is_stuck then -- the others are ended with this one
    if outcome.error then
      io.stderr:write("perigee: ", printable.lines(outcome.error), "\n")
    end
    io.stdout:flush()
    os.exit(outcome.exit or 1, true)
  end
  self:end_orders()
  outcome.has_stopped_ranks = self.has_stopped_ranks
  world:exchange(OPERATION, outcome)
  return outcome
end

-- --- the others -------------------------------------------------------------------

--- A rank that runs what is ordered.
---@class perigee.sweep.rank
---@field study perigee.sweep.study
---@field group perigee.sweep.rank_group?
---@field is_prepared boolean?  the study is
---@field is_stopped boolean?  rank 0 has stopped all
---@field has_asked boolean?  for an order that has not come
local Rank = {}
Rank.__index = Rank

local function report(event)
  module().report(json.encode(event), event.event == "beat")
end

--- Notices signals, and that rank 0 has stopped all.
function Rank:look()
  uv.run "nowait"
  self.is_stopped = self.is_stopped or module().is_stopped()
  if self.signal.came and not self.has_reported_signal then
    self.has_reported_signal = true
    report { event = "signalled" }
  end
end

--- Waits for the next order; nil if there are no more.
function Rank:next_order()
  self:look()
  if not self.has_asked then
    module().ask()
    self.has_asked = true
  end
  local text = module().answer()
  while not text do
    uv.sleep(PAUSE)
    self:look()
    text = module().answer()
  end
  self.has_asked = false
  return text ~= "" and json.decode(text) or nil
end

local function prepare(self)
  local study = self.study
  study.is_open = false
  study:prepare()
  self.writer = study.store:open_writer(study:header())
  self.is_prepared = true
  report { event = "ready", notes = study.notes }
end

--- Prepares the study unless that was done. Raises for an order of another study.
local function check_order(self, order)
  if not self.is_prepared then
    prepare(self)
  end
  executor.check_order(self.study, order)
end

--- Runs a trial as it was ordered.
local function follow_order(self, order)
  check_order(self, order)
  local study = self.study
  local record = run_order(study, order, self.group, function(trial_run)
    report {
      event = "beat", index = order.index, iteration = trial_run.iteration,
      total = trial_run.total, loss = trial_run.loss,
    }
    self:look()
    trial_run.monitor.is_stopped = self.is_stopped or self.signal.came
  end)
  local problem = problem_of(study, self.group, order)
  if problem then -- before "ended", which may be the wave's last
    report { event = "broken", message = problem }
    self.has_left = true
  end
  record.values = nil
  report {
    event = "ended", index = order.index, record = record,
    journal = study.store.writer.path:match "[^/]*$",
  }
end

--- Handles an error of an order, after which the rank runs no other. Raises errors of the library
--- again.
local function take_error(self, problem)
  if errors.is_interrupt(problem) then
    self.signal.came = self.signal.came or not self.is_stopped
  elseif errors.is_failure(problem) then
    report { event = "broken", message = problem }
  else
    error(problem, 0)
  end
  self.has_left = true
end

--- Runs the trials that are ordered. After Ctrl-C, or a problem, it leaves all others.
local function serve(self)
  while true do
    local got, order = pcall(self.next_order, self)
    if not got then
      take_error(self, order)
    elseif not order then
      break
    elseif self.has_left or self.is_stopped or self.signal.came then
      report { event = "stopped", index = order.index }
    else
      local worked, problem = pcall(follow_order, self, order)
      if not worked then
        take_error(self, problem)
        report { event = "stopped", index = order.index }
      end
    end
  end
  if self.group and not self.group.is_broken then
    self.group:order ""
  end
end

--- Ends the job after a trial that has failed on this rank, where others wait for it elsewhere.
local function end_alone(self, order, record)
  notices.say(problem_of(self.study, self.group, order))
  io.stderr:write(printable.lines(record.traceback or record.error), "\n")
  self.writer:close()
  os.exit(1, true)
end

--- Runs the trials that the group's leader passes on.
local function follow_leader(self)
  for text in function() return self.group:order() end do
    if text == "" then
      return
    end
    local order = json.decode(text)
    local worked, problem = pcall(function()
      check_order(self, order)
      local record = launch.in_trial(false, executor.follow_trial, self.study, order, self.group)
      if record then
        end_alone(self, order, record)
      end
    end)
    if not worked then
      take_error(self, problem)
      self:look() -- tells rank 0 of a signal
    end
  end
end

--- Takes the records that rank 0 has and this rank does not, as on another machine.
local function share_records(study)
  local store = study.store
  local counts = world:exchange(OPERATION, store:finished())
  local is_missing = false
  for _, count in ipairs(counts) do
    is_missing = is_missing or count ~= counts[1]
  end
  if not is_missing then
    return
  end
  local list = {}
  for i = 1, launch.rank() == 0 and study.trials.count or 0 do
    local record = store:record(i)
    list[#list + 1] = record and json.encode(record)
  end
  for _, text in ipairs(world:bcast(list)) do
    store:take(json.decode(text))
  end
end

--- Opens the study with the results that rank 0 has.
local function open(self)
  local study = self.study
  if not self.is_prepared then
    study:prepare()
  end
  study.store:read()
  study.is_open = true
end

--- Takes part in a study that rank 0 runs.
local function follow(study, group)
  local signal <close> = watch_signal()
  local _ <close> = core.hold_interrupts()
  local _ <close> = core.hold_generators()
  local ending <close> = core.hold_ending()
  local self = setmetatable({ study = study, group = group, signal = signal }, Rank)
  study.ending = ending
  if group and not group.is_leader then
    follow_leader(self)
  elseif group or study.definition.ranks_per_trial == 1 then
    serve(self)
  end
  core.set_ending(ending)
  if self.writer then
    self.writer:close()
  end
  world:meet(OPERATION, "")
  local outcome = world:exchange(OPERATION)[1]
  while outcome.has_stopped_ranks and not self.is_stopped do
    self:look()
  end
  if outcome.has_results then
    open(self)
  end
  return outcome
end

-- --- all --------------------------------------------------------------------------

--- Runs a study on all ranks.
---@param study perigee.sweep.study
---@param perform fun(study: perigee.sweep.study): table  runs it on rank 0; returns how it ended
---@return table outcome  rank 0's, on all ranks
function rank_pool.run(study, perform)
  local process = launch.start()
  world = world or communicators.new(process.world)
  local names = errors.call(world.exchange, world, OPERATION, study.name)
  for rank, name in ipairs(names) do
    if name ~= names[1] then
      errors.raise("rank %d runs the study '%s', and rank 0 '%s': all ranks run the same ones in "
        .. "the same order", rank - 1, printable.name(name), printable.name(names[1]))
    end
  end
  process.module.open_hand_out()
  local per_trial = study.definition.ranks_per_trial
  local group = per_trial > 1 and rank_group.of(world, per_trial) or nil
  local outcome = process.rank == 0 and lead(study, group, perform) or follow(study, group)
  if outcome.has_results then
    share_records(study)
  end
  return outcome
end

return rank_pool
