--- A study: its trials, what is known of them, and what is made of that.

local check = require "perigee.check"
local command = require "perigee.sweep.command"
local dataset = require "perigee.dataset"
local displays = require "perigee.sweep.display"
local environment = require "perigee.sweep.environment"
local files = require "perigee.sweep.files"
local identity = require "perigee.sweep.identity"
local rosters = require "perigee.sweep.roster"
local runner = require "perigee.sweep.runner"
local stores = require "perigee.sweep.store"
local system = require "perigee.system"
local tallies = require "perigee.sweep.tally"
local uv = require "luv"
local workers = require "perigee.sweep.workers"

---@class perigee.sweep.study
---@field name string
---@field description string?
---@field params string[]  the parameters' names, in alphabetical order
---@field folder string  where everything of it is
local Study = {}
Study.__index = Study

local studies = {}

--- A study of what sweep.new was told. Nothing is read or opened yet.
---@param definition table
---@param said table  what the command line says of how it is run
---@param arguments? string[]  the command line of the script whose study it is
---@return perigee.sweep.study
function studies.new(definition, said, arguments)
  local is_parameter = {}
  for _, name in ipairs(definition.space.names) do
    is_parameter[name] = true
  end
  return setmetatable({
    name = definition.name, description = definition.description, definition = definition,
    is_parameter = is_parameter,
    said = said, options = said, arguments = arguments, params = definition.space.names,
    rule = definition.rule, keeps = definition.checkpoint ~= false,
    folder = (said.runs or definition.runs) .. "/" .. definition.name,
  }, Study)
end

-- --- opening ----------------------------------------------------------------------

--- The data, opened, and their fingerprint.
local function open_data(self)
  local data = self.definition.data
  if type(data) == "string" then
    local message
    data, message = dataset.open(data)
    if not data then
      return nil, message
    end
  end
  self.data = data
  self.fingerprint = data ~= nil and identity.data(data) or identity.data_of(self.definition.run)
  return true
end

--- Opens the data, lists the trials, and reads what is known of them; once.
local function open(self)
  if self.store then
    return true
  end
  local definition = self.definition
  local opened, message = open_data(self)
  if not opened then
    return nil, message
  end
  self.script = environment.script(definition.run)
  self.roster = rosters.new(definition.space, definition.settings, definition.repeats,
    definition.seed, self.fingerprint)
  self.tally = tallies.new(self.roster.count, self.params, definition.repeats, definition.metric,
    definition.goal)
  self.store, message = check.try(stores.open, self.folder .. "/journal", self.roster.index_of,
    self.rule.text, function(record)
      self.tally:add(record, self.roster.index_of[record.trial])
    end)
  return self.store ~= nil or nil, message
end

--- The same, for what returns results: raises where that cannot be.
local function must_open(self)
  local opened, message = open(self)
  if not opened then
    error(message, 3)
  end
end

-- What a journal begins with.
function Study:header()
  return {
    study = self.name, script = self.script,
    arguments = self.arguments and command.whole(self.arguments),
    data = { name = type(self.definition.data) == "string" and self.definition.data or nil,
      fingerprint = self.fingerprint },
    settings = self.definition.settings, machine = environment.machine(),
    started = os.date "!%Y-%m-%dT%H:%M:%SZ",
  }
end

-- A trial by its parameters: "hidden 50, rate 0.1, repeat 2".
function Study:label(i)
  return self.tally:label { values = self.roster:point(i), ["repeat"] = self.roster:round(i) }
end

-- --- running ----------------------------------------------------------------------

local RUN_KINDS = {
  jobs = check.integer(1, 256), dry_run = check.boolean, fail_fast = check.boolean,
  retry_failed = check.boolean, fresh = check.boolean, quiet = check.boolean,
}

--- What cannot be asked for together.
local function contradiction(self)
  local options = self.options
  if options.shard and options.fresh then
    return "--fresh and --shard: the other parts would lose what they have done"
  elseif options.shard and self.rule.text ~= "" then
    return "--shard: rules that cut trials compare all of a study's, and a part sees its own only"
  elseif (options.jobs or 1) > 1 and (not self.arguments or self.arguments[0] == "-") then
    return "jobs: several processes run a script: this study is none's that was started by a name"
  end
end

--- What was done before is kept under another name.
local function put_aside(self)
  if not uv.fs_stat(self.folder) then
    return true
  end
  for count = 1, math.huge do
    local other = ("%s.%d"):format(self.folder, count)
    if not uv.fs_stat(other) then
      local moved, message = uv.fs_rename(self.folder, other)
      if moved then
        displays.say(("what was there is kept as %s"):format(other))
      end
      return moved, message
    end
  end
end

local function list_pending(self)
  local pending = {}
  for i = 1, self.roster.count do
    local status = self.store:status(self.roster.ids[i])
    local shard = self.options.shard
    if (not status or status == "paused" or self.options.fresh)
      and (not shard or (i - 1) % shard.parts + 1 == shard.part) then
      pending[#pending + 1] = i
    end
  end
  return pending
end

--- What is known of the trials, as the options have it.
local function take_stock(self)
  local opened, message = open(self)
  if opened and self.options.retry_failed then
    self.store:forget_failures()
    self.tally:forget_failures()
  end
  return opened, message
end

--- Lists the trials that would be run, and how long they may take.
local function show_plan(self)
  local pending = list_pending(self)
  for _, i in ipairs(pending) do
    print(("%6d  %s, seed %d"):format(i, self:label(i), self.roster:seed(i)))
  end
  print(("%s: %d trials, %d to run"):format(self.name, self.roster.count, #pending))
  print(require("perigee.sweep.forecast").text(self, pending))
end

--- Says what is not as it was when the study was run before.
local function say_changes(self)
  for _, place in ipairs(self.store.damaged) do
    displays.say(place .. ": no record, and passed over")
  end
  local before, finished = self.store.header, self.tally:finished()
  if not before then
    return
  elseif finished == 0 and (before.data or {}).fingerprint ~= self.fingerprint then
    displays.say "the data are not those of before: all trials are new ones"
  end
  if finished > 0 and before.script and self.script and before.script.hash ~= self.script.hash then
    displays.say(("%s has changed since %d of the trials were run: they are not run again "
      .. "(--fresh begins anew)"):format(self.script.path, finished))
  end
  local kernels, machine = (before.machine or {}).kernels, environment.machine()
  if finished > 0 and kernels and kernels ~= machine.kernels then
    displays.say(("%d of the trials were run with the kernels %s, others are with %s: their last "
      .. "bits may differ"):format(finished, kernels, machine.kernels))
  end
end

--- Removes what trials leave that were stopped: all have come to their end.
local function remove_checkpoints(self)
  local folder = self.folder .. "/checkpoints"
  for _, name in ipairs(system.names_in(folder)) do
    os.remove(folder .. "/" .. name)
  end
  uv.fs_rmdir(folder)
end

--- "complete: 24 of 24, 1 failed"
local function ending(self, word)
  local tally, shard = self.tally, self.options.shard
  local note = tally:note()
  return ("%s: %s%s: %d of %d%s"):format(self.name, shard and ("part %d/%d, "):format(shard.part,
    shard.parts) or "", word, tally:finished(), tally.total, note ~= "" and ", " .. note or "")
end

--- What is done when the trials were run; whether the study is finished, and a sentence.
local function conclude(self)
  self.store:read() -- the other processes' records, too
  if self.tally:finished() < self.tally.total then
    return false, ending(self, self.options.shard and "done, and others are not" or "stopped")
  end
  local written, message = files.write(self)
  if not written then
    return nil, message
  end
  remove_checkpoints(self)
  return true, ending(self, "complete")
end

local function perform(self)
  if self.options.fresh then
    local moved, message = put_aside(self)
    if not moved then
      return nil, message
    end
    self.store = nil
  end
  local opened, message = take_stock(self)
  if not opened then
    return nil, message
  end
  say_changes(self)
  local went_on
  went_on, message = runner.run_all(self)
  if went_on == nil then
    return nil, message
  end
  return conclude(self)
end

--- What a script ends with that goes on after trials that failed, unless by os.exit: status 1.
local function fail_at_exit()
  studies.at_exit = studies.at_exit or setmetatable({}, { __gc = function()
    os.exit(1)
  end })
end

--- Ends a script whose study is not finished.
local function leave(status)
  io.stdout:flush()
  os.exit(status, true)
end

--- The process is one of several: it runs what it is told to, if the study is the one it is there
--- for. Of another, which was run before, the script only wants the results.
local function run_as_worker(self)
  must_open(self)
  if workers.study() == self.name then
    workers.serve(self)
  end
  return true
end

--- Lists what would be run.
local function rehearse(self)
  local opened, message = take_stock(self)
  if opened then
    show_plan(self)
  elseif self.arguments then
    displays.say(("%s: %s"):format(self.name, message))
  end
  if self.arguments then
    leave(opened and 0 or 1)
  end
  return opened, message
end

local function say_ending(self, finished, message)
  if finished == nil then
    displays.say(("%s: %s"):format(self.name, message))
  elseif not self.options.quiet then
    displays.say(message)
    if finished then
      displays.say(("its results are in %s/"):format(self.folder))
    end
  end
end

--- What the script, or whoever else called, is left with.
local function settle(self, finished, message)
  local has_failures = finished ~= nil and self.tally.counts.failed > 0
  if self.arguments and not finished then
    leave(finished == false and self.options.shard and not has_failures and 0 or 1)
  elseif self.arguments and has_failures then
    fail_at_exit()
  end
  if finished and not has_failures then
    return true
  end
  return nil, message
end

--- Runs the trials that were not run before, in the order of the grid, and writes results.csv and
--- curves.csv into the study's folder.
---
--- What is killed loses no finished trial, and repeats none; a training that was under way goes on
--- from its last checkpoint. A trial that fails is recorded, and the others go on.
---
--- In the script whose command line the study reads, it returns when all trials are finished, and
--- ends the script otherwise: with status 0 after --dry-run, or where other parts are not done yet;
--- with 1 where it cannot go on, or --fail-fast stops it. A script that goes on after trials that
--- failed ends with 1, too.
---@param options? table  what the command line may say as well: jobs, dry_run, fail_fast,
---   retry_failed, fresh, quiet
---@return true?  # all trials are done
---@return string?  # why not, where nil comes first
function Study:run(options)
  local given, message = check.read(options, RUN_KINDS, "run")
  if not given then
    error(message, 2)
  end
  self.options = check.join(given, self.said)
  message = contradiction(self)
  if message and self.arguments then
    command.refuse(self.arguments, message)
  elseif message then
    error(message, 2)
  elseif workers.study() then
    return run_as_worker(self)
  elseif self.options.dry_run then
    return rehearse(self)
  end
  local finished
  finished, message = perform(self)
  say_ending(self, finished, message)
  return settle(self, finished, message)
end

-- --- results ----------------------------------------------------------------------

--- A row for each finished trial, in the order of the grid: parameters, `repeat`, `seed`, and what
--- was reported last. `t:group {"hidden"}` has means, `t:best "accuracy"` a row; print shows it.
---@return perigee.sweep.table
function Study:table()
  must_open(self)
  return files.results(self)
end

--- A row for each report of each finished trial: also the `iteration`.
---@return perigee.sweep.table
function Study:curves()
  must_open(self)
  return files.curves(self)
end

-- The metric by which trials are compared, and whether its maximum is best; nil where nothing was
-- reported.
function Study:best_metric()
  must_open(self)
  return self.tally.metric, self.tally.goal
end

--- The row with the best of a metric.
---@param metric? string  the study's, unless given
---@param goal? "max"|"min"
---@return table?  # nil where none was reported
function Study:best(metric, goal)
  must_open(self)
  local name = metric or self.tally.metric
  if not name then
    return nil
  end
  return self:table():best(name, goal or name == self.tally.metric and self.tally.goal or nil)
end

--- The table as comma-separated values (`t:csv`).
---@param path? string
---@return string|true|nil
---@return string?
function Study:csv(path)
  must_open(self)
  return self:table():csv(path)
end

--- The table in Markdown (`t:markdown`).
---@param path? string
---@return string|true|nil
---@return string?
function Study:markdown(path)
  must_open(self)
  return self:table():markdown(path)
end

-- What a report tells beside the results (about.lua).
function Study:about()
  must_open(self)
  return require("perigee.sweep.about").study(self)
end

--- Draws results, as pg.plot does: in the terminal, or into a file.
---
--- A metric over a parameter, or over the iteration: the mean over repeats, with bars of one
--- standard deviation; a curve for each value of the other parameters, as far as they can be told
--- apart: of too many learning curves, the best; points where values were drawn. Where `y` is a
--- parameter, a heat map. Raises for names that there are not. A script is told on stderr, too, why
--- there is no plot, and goes on.
---@param options? table  x (a parameter or "iteration"), y (a metric; or a parameter, for a heat
---   map), z (the heat map's metric), group (the parameters that have curves of their own, or
---   false), title, xscale and yscale ("log"), file (ends in .svg or .png)
---@return true?
---@return string?  # what went wrong, where nil comes first
function Study:plot(options)
  must_open(self)
  local drawn, message = require("perigee.sweep.plots").draw(self, options, 2)
  if not drawn and self.arguments then
    displays.say(message)
  end
  return drawn, message
end

--- Writes a page that tells all of the study: settings, results in a table that can be sorted,
--- plots, failures, and the environment. It needs nothing but a browser.
---@param path string  ends with .html
---@return true?
---@return string?  # what went wrong, where nil comes first
function Study:report(path)
  must_open(self)
  if type(path) ~= "string" or not path:find "%.html?$" then
    error(("report: a path that ends with .html is needed, not %s"):format(tostring(path)), 2)
  end
  return require("perigee.sweep.report").write(self, path)
end

return studies
