--- The command line of a script that makes a study.
--
--   build/perigee examples/hidden_grid.lua hidden=50,100 rate=0.1:0.5:0.1 --jobs 2
--
-- `name=values` replaces the script's values of a parameter or setting, or an option of sweep.new.
-- The options, --jobs and the like, say how the study is run, and change no result.

local argument = require "perigee.sweep.space.argument"
local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local launch = require "perigee.mpi.launch"
local printable = require "perigee.util.printable"
local space = require "perigee.sweep.space.space"
local suggest = require "perigee.util.suggest"

local command_line = {}

-- --- name=values --------------------------------------------------------------------

--- The options of sweep.new that take a value, and its kinds.
local OF_STUDY = {
  repeats = { number = true }, seed = { number = true }, draws = { number = true },
  checkpoint = { number = true, boolean = true }, data = { string = true },
  ranks_per_trial = { number = true },
}

--- The kinds of the values that the script has for each parameter and setting.
local function kinds_by_name(definition)
  local kinds = {}
  for name, value in pairs(definition.settings) do
    kinds[name] = { [type(value)] = true }
  end
  for name, values in pairs(definition.params) do
    kinds[name] = {}
    if getmetatable(values) then -- a range that is drawn from
      values = { values.low }
    end
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      kinds[name][type(value)] = true
    end
  end
  return kinds
end

--- Tells if `name=value` sets an option of sweep.new.
local function is_of_study(definition, name)
  return OF_STUDY[name] and (name ~= "data" or type(definition.data) == "string")
end

local function known_names(definition)
  local names = {}
  for _, list in ipairs { space.is_list(definition.params) and {} or definition.params,
    definition.settings, OF_STUDY } do
    for name in pairs(list) do
      names[#names + 1] = (list ~= OF_STUDY or is_of_study(definition, name)) and name or nil
    end
  end
  c_locale.sort(names)
  return names
end

--- Writes the values of an argument into the definition. A setting with several values becomes a
--- parameter.
---@param kinds_of table<string, table>  the kinds of the script's values, by their names
---@param text string  "rate=0.1,0.5"
---@return true?
---@return string?  # what is wrong, where nil comes first
local function set(definition, kinds_of, text)
  local params, settings = definition.params, definition.settings
  local name, value_text = text:match("^(" .. c_locale.NAME .. ")=(.*)$")
  if not name then
    return nil, ("'%s' is not of the form name=values"):format(text)
  elseif type(params[1]) == "table" and params[1][name] ~= nil then
    return nil, ("%s: the script lists its points one by one"):format(text)
  end
  local is_option = not kinds_of[name] and is_of_study(definition, name)
  if not kinds_of[name] and not is_option then
    local names = known_names(definition)
    return nil, ("unknown name '%s'; there are %s%s"):format(name, table.concat(names, ", "),
      suggest.suggestion(name, names))
  end
  local values, message = argument.read(value_text, kinds_of[name] or OF_STUDY[name])
  if not values then
    return nil, ("%s: %s"):format(text, message)
  elseif is_option then
    if #values ~= 1 then
      return nil, ("%s: expected one value"):format(text)
    end
    definition[name] = math.type(values[1]) and math.tointeger(values[1]) or values[1]
  elseif #values ~= 1 and space.is_list(params) then
    return nil, ("%s: one value is needed, as the script lists its points one by one"):format(text)
  elseif params[name] ~= nil then
    params[name] = values
  elseif #values == 1 then
    settings[name] = values[1]
  else
    settings[name], params[name] = nil, values
  end
  return true
end

-- --- options ------------------------------------------------------------------------

--- Reads "2/4" as part 2 of 4.
local function read_shard(text)
  local part, parts = text:match "^(%d+)/(%d+)$"
  part, parts = math.tointeger(tonumber(part)), math.tointeger(tonumber(parts))
  if part and part >= 1 and part <= parts then
    return { part = part, parts = parts }
  end
  return nil, ("--shard %s: expected i/n, with i from 1 to n"):format(text)
end

local MOST_JOBS = 256

local function read_jobs(text)
  local jobs = math.tointeger(c_locale.tonumber(text))
  if jobs and jobs >= 1 and jobs <= MOST_JOBS then
    return jobs
  end
  return nil, ("--jobs %s: expected a number of processes, 1 to %d"):format(text, MOST_JOBS)
end

--- Formats a value, or several, as the command line takes them.
local function shown(value)
  if type(value) ~= "table" then
    return argument.shown(value)
  elseif getmetatable(value) then -- a range that is drawn from
    return tostring(value)
  end
  local parts = {}
  for i, each in ipairs(value) do
    parts[i] = argument.shown(each)
  end
  return table.concat(parts, ",")
end

--- The part of the help that lists what can be set, and the script's values.
local function settings_text(definition)
  local lines = { "Settings, with the values that the script has:" }
  for _, name in ipairs(known_names(definition)) do
    local value
    for _, values in ipairs { definition.params, definition.settings, definition } do
      if value == nil then
        value = values[name]
      end
    end
    lines[#lines + 1] = ("   %s=%s"):format(name, value == nil and "" or shown(value))
  end
  lines[#lines + 1] = "Several values have commas between them, or are first:last:step. In the "
    .. "place of values,\nuniform(a,b), log_uniform(a,b) and integer(a,b) are drawn from, draws= "
    .. "times."
  return table.concat(lines, "\n")
end

local function new_parser(argparse, definition, arguments)
  local program = arguments[-1] and arguments[-1] .. " " .. arguments[0] or arguments[0]
  local parser = argparse(printable.name(program), printable.lines(definition.description
    or ("The study %s."):format(definition.name)), printable.lines(settings_text(definition)))
  parser:usage_max_width(100):help_max_width(100)
  parser:argument("settings", "name=values: what takes the place of the script's; see below.")
    :args "*":argname "name=values"
  parser:option("--runs", "The folder that studies are kept in.", printable.name(definition.runs))
    :argname "DIR":convert(function(text)
      return text ~= "" and text or nil, "--runs: a folder's name is needed"
    end)
  parser:option("--jobs", "Processes on this machine that share the trials and the cores.")
    :convert(read_jobs):argname "N"
  parser:option("--shard", "Run the I-th of N parts: each on a machine of its own.")
    :convert(read_shard):argname "I/N"
  parser:flag("--dry-run", "List the trials that are left, and how long they may take.")
  parser:flag("--fail-fast", "Stop at the first trial that fails.")
  parser:flag("--retry-failed", "Run the trials that failed before again.")
  parser:flag("--fresh", "Begin anew: what is there is kept under another name.")
  parser:flag("--quiet", "No progress: only what goes wrong is said.")
  return parser
end

--- Reads a command line.
---@param definition table  the study's; what the command line says replaces what it says
---@param arguments string[]  the script's `arg`
---@return table?  # the options: runs, jobs, shard, dry_run, fail_fast, retry_failed, fresh, quiet
---@return string?  # what is wrong, where nil comes first
function command_line.read(definition, arguments)
  if #arguments == 0 then
    return { runs = definition.runs }
  end
  local found, argparse = pcall(external.require, "argparse")
  if not found then
    return nil, "lua-argparse is not installed: Debian's package lua-argparse"
  end
  local parser = new_parser(argparse, definition, arguments)
  local worked, options = parser:pparse(arguments)
  if not worked then
    return nil, ("%s\n%s"):format(options, parser:get_usage())
  end
  local kinds_of = kinds_by_name(definition) -- before any argument changes the values
  for _, text in ipairs(options.settings) do
    local done, message = set(definition, kinds_of, text)
    if not done then
      return nil, message
    end
  end
  options.settings = nil
  return options
end

--- Ends a script whose command line is refused.
---@param arguments string[]  the script's `arg`
---@param message string
function command_line.refuse(arguments, message)
  if launch.rank() == 0 then
    io.stderr:write(printable.lines(arguments[0] .. ": " .. message), "\n")
  end
  launch.agree_on_end()
  os.exit(1, true)
end

--- The whole command line: the interpreter, its options, the script, and its arguments.
---@param arguments string[]  the script's `arg`
---@return string[]
function command_line.whole(arguments)
  local first = 0
  while arguments[first - 1] do
    first = first - 1
  end
  return table.move(arguments, first, #arguments, 1, {})
end

--- The global `arg`, if the caller of the library is the script that was started; else nil.
---@return string[]?
function command_line.arguments_of_caller()
  local arguments = rawget(_G, "arg")
  local caller, is_direct = errors.caller()
  local source = is_direct and caller.source
  if type(arguments) ~= "table" or not arguments[0] then
    return nil
  end
  local is_script = source == "@" .. arguments[0] or arguments[0] == "-" and source == "=stdin"
  return is_script and arguments or nil
end

return command_line
