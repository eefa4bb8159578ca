--- The module perigee.sweep: studies, which run many trials of an experiment, each once.
--
--   local sweep = require "perigee.sweep"
--   local study = sweep.new {
--     name = "rates", data = "mnist", params = { rate = { 0.1, 0.5 } },
--     run = function(p, trial) ... end,
--   }
--   study:run()
--   print(study:table())

local unknown_name = require "perigee.util.unknown_name"
local repr = require "perigee.util.repr"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local command_line = require "perigee.sweep.command_line"
local columns = require "perigee.sweep.table.columns"
local core = require "perigee.core"
local json = require "perigee.util.json"
local rules = require "perigee.sweep.prune.rule"
local public = require "perigee.util.public"
local references = require "perigee.sweep.data.references"
local space = require "perigee.sweep.space.space"
local Study = require "perigee.sweep.study"

local sweep = {}

-- --- options ----------------------------------------------------------------------

--- A kind of a table, whose fields are checked later.
local function table_kind(words)
  return {
    expected = words,
    read = function(value)
      return type(value) == "table" and value or nil
    end,
  }
end

local MAX_SEED = schema.MAX_SEED

local KINDS = {
  name = {
    expected = "a name for a folder",
    quoted = true,
    read = function(value)
      local fits = type(value) == "string" and value:find "^[^/\0-\31\127]+$"
        and not value:find "^%.%.?$"
      return fits and value or nil
    end,
  },
  description = schema.text,
  params = table_kind "a table of lists by name, or a list of tables",
  settings = table_kind "a table of values by name",
  repeats = schema.integer(1, MAX_SEED),
  seed = schema.seed,
  draws = schema.integer(1, 1 << 24),
  data = {
    expected = "a data set's name, an archive, an array, or a table of these",
    read = function(value)
      local kind = type(value)
      return (kind == "string" or kind == "table" or types.is_array(value)
        or references.is_archive(value)) and value or nil
    end,
  },
  checkpoint = schema.or_false(schema.number(", 0 or more, of seconds", function(seconds)
    return seconds >= 0
  end)),
  ranks_per_trial = schema.integer(1, 1 << 24),
  metric = schema.text,
  goal = schema.name { "max", "min" },
  prune = {
    expected = "sweep.halving{...} or sweep.median{...}",
    read = function(value)
      return rules.is_request(value) and value or nil
    end,
  },
  runs = schema.text,
  run = {
    expected = "a function",
    read = function(value)
      return type(value) == "function" and value or nil
    end,
  },
  arguments = schema.or_false {
    expected = "a list of texts, as `arg` is",
    read = function(value)
      if type(value) ~= "table" then
        return nil
      end
      local texts = {} -- without those of `arg` at 0, the script, and below
      for key, text in pairs(value) do
        if type(text) ~= "string" then
          return nil, text
        end
        if math.type(key) ~= "integer" or key > 0 then
          texts[key] = text
        end
      end
      local hole = collections.hole(texts)
      return not hole and value or nil, hole
    end,
  },
}

local DEFAULTS = { repeats = 1, seed = 0, checkpoint = 30, ranks_per_trial = 1, runs = "runs" }

--- Checks that no name is both a parameter and a setting, or reserved.
local function check_names(names, settings)
  for _, name in ipairs(names) do
    if settings[name] ~= nil then
      return nil, ("'%s' is a parameter and a setting"):format(name)
    end
  end
  for _, list in ipairs { names, collections.sorted_keys(settings) } do
    for _, name in ipairs(list) do
      if columns.is_reserved(name) then
        return nil, ("'%s' has its own meaning in a study: a parameter or setting needs another "
          .. "name"):format(name)
      end
    end
  end
  return true
end

--- Reads the options of a study and sets the defaults.
local function read_definition(options)
  local definition, message = schema.read(options, KINDS, "sweep.new")
  if not definition then
    return nil, message
  end
  for _, name in ipairs { "name", "run" } do
    if not definition[name] then
      return nil, ("%s is needed, %s"):format(name, KINDS[name].expected)
    end
  end
  for name, value in pairs(DEFAULTS) do
    if definition[name] == nil then
      definition[name] = value
    end
  end
  definition.params = collections.merge(definition.params or {}, {})
  definition.settings = collections.merge(definition.settings or {}, {})
  return definition
end

--- Makes the space and the rule of a definition. Checks the values that the command line may have
--- changed.
local function complete(definition)
  for _, name in ipairs { "repeats", "seed", "draws", "checkpoint", "ranks_per_trial" } do
    if definition[name] ~= nil then
      local taken, problem = schema.value(name, KINDS[name], definition[name])
      if taken == nil then
        return nil, problem
      end
    end
  end
  local settings, misfit = space.read_values(definition.settings, "settings")
  if not settings then
    return nil, misfit
  end
  definition.settings = settings
  local params, message = space.new(definition.params, definition.draws, definition.seed)
  if not params then
    return nil, message
  end
  definition.space = params
  local fit
  fit, message = check_names(params.names, definition.settings)
  if not fit then
    return nil, message
  elseif definition.repeats > MAX_SEED - definition.seed + 1 then
    return nil, ("seed and repeats: seeds go up to %d"):format(MAX_SEED)
  end
  definition.rule, message = rules.new(definition.prune, definition.metric, definition.goal)
  return definition.rule and definition, message
end

-- --- studies ----------------------------------------------------------------------

--- Makes a study. Its trials are all combinations of the parameters' values, each with several
--- seeds.
---
--- In the script that was started, it reads the script's command line: `name=values` replaces
--- values, and options such as `--jobs 2` control the run (`--help` lists them).
---
--- `run(p, trial)` runs one trial. `p` has the values of parameters and settings by name; `trial`
--- has `seed`, `data`, and the methods `steps`, `fit` and `report`. If it returns a table of
--- numbers by name, they are reported, too. pg.rand and math.random are seeded before it.
---
--- A trial is identified by the values of its parameters and settings, its data, its repeat and its
--- seed, not by its position in the grid.
---
--- Raises for options that don't fit.
---
---     study = sweep.new{
---       name = "rates", params = {rate = {0.1, 0.5}, hidden = {10, 20}},
---       repeats = 2,
---       run = function(p, trial)
---         local m = pg.Model(x, y, {hidden = p.hidden, seed = trial.seed})
---         trial:fit(m, {iterations = 20, rate = p.rate})
---         return {accuracy = m:score(xt, yt)}
---       end,
---     }
---     study:run()  --> true
---@param options table  name; run (a function of p and trial); params = {} (lists of values by
---   name, or sweep.uniform(a, b) and the like in the place of a list; or a list of points);
---   settings = {} (values that all trials share); draws (the number of random points; without it,
---   all points of the grid are run); repeats = 1; seed = 0 (of the first repeat; the others count
---   up from it); data (a data set's name, as for pg.dataset, or an archive, an array or a table of
---   these; without it, the arrays and archives that `run` refers to); checkpoint = 30 (seconds
---   between two checkpoints of a training, or false); ranks_per_trial = 1 (the ranks of an MPI job
---   that run a trial together, `trial.comm`; without MPI it does nothing); metric (for the
---   comparison of trials: "accuracy", or else "loss", unless given); goal ("max" or "min", as for
---   a loss); prune (sweep.halving{} or sweep.median{}); runs = "runs" (the folder for studies);
---   description (for --help); arguments (a command line, or false: none)
---@return perigee.sweep.study
function sweep.new(options)
  local available, missing = json.available()
  if not available then
    errors.raise(missing)
  end
  local definition, message = read_definition(options)
  if not definition then
    errors.raise(errors.prefixed("sweep.new", message))
  end
  local arguments = definition.arguments
  if arguments == nil then
    arguments = command_line.arguments_of_caller()
  end
  local flags = {}
  if arguments then
    flags, message = command_line.read(definition, arguments)
    if not flags then
      command_line.refuse(arguments, message)
    end
  end
  local completed
  completed, message = complete(definition)
  if not completed and arguments and #arguments > 0 then
    command_line.refuse(arguments, message)
  elseif not completed then
    errors.raise(errors.prefixed("sweep.new", message))
  end
  return Study.new(definition, flags, arguments or nil)
end

-- --- random draws ------------------------------------------------------------------

--- Makes a parameter with random values; raises for a wrong range.
local function draw(name, low, high)
  local drawn, message = space.draw(name, low, high)
  if not drawn then
    errors.raise("sweep." .. message)
  end
  return drawn
end

--- Makes a parameter with uniform random values between low and high.
---
---     params = {momentum = sweep.uniform(0.5, 1), hidden = {50, 100}}
---     study = sweep.new{name = "s", params = params, draws = 20, run = run}
---@param low number
---@param high number
---@return table
function sweep.uniform(low, high)
  return draw("uniform", low, high)
end

--- Makes a parameter with random values whose logarithm is uniform, as for rates.
---
---     params = {rate = sweep.log_uniform(1e-4, 1)}
---     study = sweep.new{name = "rates", params = params, draws = 20, run = run}
---@param low number  above 0
---@param high number
---@return table
function sweep.log_uniform(low, high)
  return draw("log_uniform", low, high)
end

--- Makes a parameter with uniform random integers from low to high, both included.
---
---     params = {hidden = sweep.integer(10, 200)}
---     study = sweep.new{name = "sizes", params = params, draws = 20, run = run}
---@param low integer
---@param high integer
---@return table
function sweep.integer(low, high)
  return draw("integer", low, high)
end

-- --- pruning -----------------------------------------------------------------------

--- Makes a rule of successive halving: all trials run until they report the metric at iteration
--- `first` or later; the best of them, one in `factor`, continue to `factor` times as many
--- iterations, and so on. The others are cut, except those that are as good as the last of the
--- best.
---
--- Trials are compared by the metric at that iteration, else by the last one before it, else by
--- their first. A trial that never reports the metric isn't cut.
---
---     -- all for 50 iterations, the best third for 150, the best ninth for 450 ...
---     prune = sweep.halving{first = 50, factor = 3, metric = "accuracy"}
---     study = sweep.new{name = "s", params = params, run = run, prune = prune}
---@param options? table  first = 100 (an iteration); factor = 2; metric (else the study's); goal
---   (else the study's)
---@return table
function sweep.halving(options)
  return rules.request("halving", options)
end

--- Makes a rule of median stopping: a few trials, the references, run to their ends. Any other
--- trial is cut if the best value that it has reported is worse than the median of the references'
--- running means at the same iteration. It isn't compared if fewer than `least` references have
--- reported the metric at that iteration.
---
---     prune = sweep.median{from = 100, metric = "loss", goal = "min"}
---     study = sweep.new{name = "s", params = params, run = run, prune = prune}
---@param options? table  references = 5 (the number of references: the trials with the smallest
---   hashes); least = 3 (the number of them that must have a value); from = 0 (the first iteration
---   at which a trial may be cut); metric (else the study's); goal (else the study's)
---@return table
function sweep.median(options)
  return rules.request("median", options)
end

local least = { new = 1, uniform = 2, log_uniform = 2, integer = 2 } -- arguments they need

for name, f in pairs(sweep) do
  sweep[name] = public.counted(name, f, least[name])
end

return setmetatable(sweep, {
  __index = function(_, name)
    errors.raise(unknown_name.message("perigee.sweep", name, collections.sorted_keys(sweep)))
  end,
  __name = "perigee.module",
  __tostring = function()
    local info = core.info()
    return repr.make(("Perigee %s, sweeps: many trials of an experiment"):format(info.version), {
      { "threads", tostring(info.threads) },
      { "kernels", info.kernels },
      { "start", "sweep.new { name = ..., params = ..., run = ... }" },
      { "help", 'pg.help "sweep.new", and so of the others' },
    })
  end,
})
