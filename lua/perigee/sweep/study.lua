--- A study: its trials, the store of their records, and its results.

local collections = require "perigee.util.collections"
local command_line = require "perigee.sweep.command_line"
local dataset = require "perigee.data.dataset"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local fingerprint = require "perigee.sweep.data.fingerprint"
local format = require "perigee.util.format"
local journal = require "perigee.sweep.journal.journal"
local provenance = require "perigee.sweep.data.provenance"
local public = require "perigee.util.public"
local repr = require "perigee.util.repr"
local results = require "perigee.sweep.results"
local schema = require "perigee.util.schema"
local stores = require "perigee.sweep.journal.store"
local study_run = require "perigee.sweep.run"
local trials = require "perigee.sweep.trials"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"
local uv = external.require "luv"

--- An experiment that runs once for each point and seed, with its trials and results.
---@class perigee.sweep.study
---@field name string  the name of its folder
---@field description string?  the text of --help
---@field params string[]  the parameters' names, in alphabetical order
---@field folder string  the folder of its files
---@field root string  the absolute path of the folder
local Study = {}
local METATABLE = { __name = "perigee.study" }

local studies = {}

local PUBLIC = {
  "name", "description", "params", "folder", "root", "run", "table", "curves", "best", "csv",
  "markdown", "plot", "report",
}
local MAY_BE_NIL = collections.set {
  "description", "arguments", "data", "contents", "fingerprint", "notes", "script", "code",
  "shared", "ending", "trials", "store", "display", "outdated", "ranks",
}

unknown_name.guard(METATABLE, Study, "a study", PUBLIC, MAY_BE_NIL)

--- Makes a study, without reading or opening anything.
---@param definition table  the options of sweep.new, with `space` and `rule`
---@param given table  the options of the command line
---@param arguments? string[]  the command line of the script whose study it is
---@return perigee.sweep.study
function studies.new(definition, given, arguments)
  local folder = (given.runs or definition.runs) .. "/" .. definition.name
  return setmetatable({
    _fixed = {
      name = definition.name, description = definition.description,
      params = definition.space.names, folder = folder,
      root = folder:find "^/" and folder or uv.cwd() .. "/" .. folder,
    },
    definition = definition, is_parameter = collections.set(definition.space.names),
    rule = definition.rule, given = given, options = given, arguments = arguments, is_open = false,
  }, METATABLE)
end

-- --- opening ----------------------------------------------------------------------

--- The fingerprint that earlier versions gave the same data, if the journals have it and lack
--- today's; "" for no data. Skips one that newer journals have for other data.
local function known_fingerprint(self, now)
  local known = journal.fingerprints(self.root .. "/journal")
  if known[now or ""] or not next(known) then
    return nil
  end
  for before in fingerprint.of_before(self.data, self.definition.run) do
    local contents = known[before]
    if contents and (not next(contents) or contents[now or ""]) then
      return before
    end
  end
end

local function open_data(self)
  local data, run = self.definition.data, self.definition.run
  self.data = type(data) == "string" and dataset.open(data) or data
  self.contents = fingerprint.of(self.data, run)
  local known = known_fingerprint(self, self.contents)
  self.fingerprint = known == nil and self.contents or known ~= "" and known or nil
  self.notes = fingerprint.notes(self.data, run)
  return true
end

-- Opens the data and lists the trials; the journals are not read. Raises for data that cannot be
-- opened.
function Study:prepare()
  local definition = self.definition
  errors.ensure(errors.try(open_data, self))
  self.script = provenance.script(definition.run)
  self.code = provenance.code(self.script, definition.run)
  self.trials = trials.new(definition, self.fingerprint)
  self.store = stores.new(self.root .. "/journal", self.trials, self.rule.text, definition.metric,
    definition.goal)
  self.shared, self.outdated = nil, nil
end

-- Prepares the study and reads its journals, unless that was done before. Raises for data or a
-- journal that cannot be read.
function Study:open()
  if not self.is_open then
    self:prepare()
    self.store:read()
    self.is_open = true
  end
  return true
end

-- The command line of the process: the interpreter, its options, the script, and its arguments; nil
-- for a study that reads none.
function Study:command()
  return self.arguments and command_line.whole(self.arguments)
end

-- The first line of a journal.
function Study:header()
  return {
    study = self.name, script = self.script, arguments = self:command(),
    data = { name = type(self.definition.data) == "string" and self.definition.data or nil,
      fingerprint = self.fingerprint, contents = self.contents },
    notes = self.notes,
    settings = self.definition.settings, machine = provenance.machine(),
    started = os.date "!%Y-%m-%dT%H:%M:%SZ",
  }
end

-- --- running ----------------------------------------------------------------------

local RUN_KINDS = {
  jobs = schema.integer(1, 256), dry_run = schema.boolean, fail_fast = schema.boolean,
  retry_failed = schema.boolean, fresh = schema.boolean, quiet = schema.boolean,
}

--- Runs the trials that are left, in the order of the grid, and writes results.csv and curves.csv
--- into the study's folder.
---
--- A killed study loses no finished trial and repeats none; an interrupted training continues from
--- its last checkpoint. A trial that fails is recorded, and the others continue.
---
--- In the script whose command line the study reads, it returns when all trials are finished. If
--- trials are left, it ends the script: with status 0 after --dry-run or a part of a --shard, with
--- 1 after an error or --fail-fast, with 130 after Ctrl-C. A script that continues after failed
--- trials ends with 1, too. Elsewhere it raises if it can't continue: the data aren't found, or a
--- record can't be written.
---
--- The ranks of an MPI job share the trials: each takes one when it is free. All go on with the
--- results, of which rank 0 alone writes reports and plots.
---
---     study:run()  --> true
---     study:run{jobs = 1, dry_run = true}  --> true
---@param options? table  jobs = 1 (processes that share the trials); dry_run = false (or true: only
---   list the trials that are left); fail_fast = false (or true: stop at the first failure);
---   retry_failed = false (or true: run failed trials again); fresh = false (or true: start from
---   nothing, and keep the old results aside); quiet = false (or true: show no progress)
---@return true?  # all trials are done; nil if some have failed or are left
---@return string?  # the reason
function Study:run(options)
  local given = schema.must_read(options, RUN_KINDS, "run")
  self.options = collections.merge(given, self.given)
  local status, sentence = study_run.run(self)
  if status == "broken" then
    errors.raise(sentence)
  elseif status == "done" then
    return true
  end
  return nil, sentence
end

-- --- results ----------------------------------------------------------------------

--- Returns a table with a row for each finished trial, in the order of the grid: parameters,
--- `repeat`, `seed`, and the last report. `t:group {"hidden"}` has means, `t:best "accuracy"` a
--- row; print shows it.
---
---     study:table()
---     --> rate  repeat  seed  accuracy  loss
---     -->  0.1       1     0      0.65  0.05
---     -->  0.1       2     1      0.67  0.05
---     -->  0.5       1     0      0.85  0.05
---     -->  0.5       2     1      0.87  0.05
---     study:table():group{"rate"}
---     --> rate  accuracy  accuracy_std  loss  loss_std  n
---     -->  0.1      0.66          0.01  0.05         0  2
---     -->  0.5      0.86          0.01  0.05         0  2
---@return perigee.sweep.table
function Study:table()
  errors.call(self.open, self)
  return results.last_reports(self)
end

--- Returns a table with a row for each report of each finished trial, with its `iteration`.
---
---     #study:curves(), study:curves().columns
---     --> 8  {rate, repeat, seed, iteration, accuracy, loss}
---@return perigee.sweep.table
function Study:curves()
  errors.call(self.open, self)
  return results.curves(self)
end

-- The metric by which trials are compared, and its goal; nil if nothing was reported.
function Study:best_metric()
  errors.call(self.open, self)
  return self.store.metric, self.store.goal
end

--- Returns the row with the best value of a metric among the finished trials, pruned ones left out.
---
--- Raises for a metric whose name doesn't tell the goal.
---
---     study:best().rate, study:best("accuracy", "min").rate  --> 0.5  0.1
---@param metric? string  the study's by default
---@param goal? "max"|"min"  needed if neither the study nor the name tells it
---@return table?  # nil if none was reported
function Study:best(metric, goal)
  errors.call(self.open, self)
  local name = metric or self.store.metric
  if not name then
    return nil
  end
  local rows = results.last_reports(self, "done")
  local is_missing = name == self.definition.metric and not collections.contains(rows.columns, name)
  if is_missing then
    return nil
  end
  return rows:best(name, goal)
end

--- Writes or returns the table as comma-separated values (`t:csv`).
---
---     study:csv "results.csv"  --> true
---@param path? string
---@return string|true
function Study:csv(path)
  errors.call(self.open, self)
  return path and study_run.is_written_elsewhere() or results.last_reports(self):csv(path)
end

--- Writes or returns the table in Markdown (`t:markdown`).
---
---     study:markdown "results.md"  --> true
---@param path? string
---@return string|true
function Study:markdown(path)
  errors.call(self.open, self)
  return path and study_run.is_written_elsewhere() or results.last_reports(self):markdown(path)
end

-- The data of a report beside the results.
function Study:report_data()
  errors.call(self.open, self)
  return require("perigee.sweep.report.data").of(self, results.last_reports(self, "done"))
end

--- Draws results with `pg.plot`, in the terminal or into a file.
---
--- It draws a metric over a parameter, or over the iteration: the mean over repeats, with bars of
--- one standard deviation, and a curve for each value of the other parameters. Of too many learning
--- curves the best are drawn, and randomly drawn values are points. If `y` is a parameter, it draws
--- a heat map. Raises for unknown names, and as pg.plot does. If nothing was reported yet, or
--- gnuplot is missing, a line on stderr says so.
---
---     study:plot{x = "rate", y = "accuracy", xscale = "log", file = "rates.svg"}
---     --> true
---@param options? table  x (a parameter or "iteration"); y (a metric; or a parameter, for a heat
---   map); z (the heat map's metric); group (the parameters that have curves of their own, or
---   false); title; xscale = "linear" (or "log"); yscale = "linear" (or "log"); file (ends in .svg
---   or .png)
---@return boolean  # false if there is no plot
function Study:plot(options)
  errors.call(self.open, self)
  return study_run.is_written_elsewhere() or require("perigee.sweep.plots.plot").draw(self, options)
end

--- Writes a page about the study: settings, results in a table that sorts, plots, failures, and the
--- environment. It needs nothing but a browser. Plots are left out if gnuplot is missing: the page
--- and a line on stderr say so.
---
---     study:report "rates.html"  --> true
---@param path string  ends with .html
---@return true
function Study:report(path)
  errors.call(self.open, self)
  if not types.is_path(path) or not path:find "%.html?$" then
    errors.raise("report: a path that ends with .html is needed, not %s", errors.describe(path))
  end
  return study_run.is_written_elsewhere()
    or errors.call(require("perigee.sweep.report.page").write, self, path)
end

-- --- printing ----------------------------------------------------------------------

--- "20 done, 1 failed, 3 left"
local function counts_text(store)
  local parts = {}
  for _, status in ipairs { "done", "failed", "pruned" } do
    local count = store.counts[status]
    parts[#parts + 1] = count > 0 and format.integer(count) .. " " .. status or nil
  end
  local left = store.trials.count - store:finished()
  parts[#parts + 1] = (left > 0 or #parts == 0) and format.integer(left) .. " left" or nil
  return table.concat(parts, ", ")
end

-- A summary. It opens nothing: a journal may be long, and data large.
function METATABLE:__tostring()
  local store = self.is_open and self.store
  local count = self.definition.space.count * self.definition.repeats
  local rows = {
    { "folder", self.folder },
    { "params", #self.params > 0 and table.concat(self.params, ", ") or "none" },
    { "trials", store and counts_text(store) or "as in its journal, which was not read yet" },
  }
  local best = store and store.best
  if best then
    rows[4] = { "best", ("%s %s (%s)"):format(store.metric, format.number(best.value),
      self.trials:label(best.index)) }
  end
  return repr.make(("study %s: %s"):format(self.name, format.quantity(count, "trial")), rows)
end

public.methods(Study, METATABLE, "a study", "study", { report = 1 })

return studies
