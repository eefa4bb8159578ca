--- The command line of a script that makes a study:
--
--   build/perigee examples/hidden_grid.lua hidden=50,100 rate=0.1:0.5:0.1 --jobs 2
--
-- `name=values` takes the place of what the script says of a parameter, a setting, or the study.
-- The options say how it is run, and change no number.

local argument = require "perigee.sweep.space.argument"
local c_locale = require "perigee.util.c_locale"
local external = require "perigee.util.external"
local space = require "perigee.sweep.space.space"
local suggest = require "perigee.util.suggest"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"

local command_line = {}

-- --- name=values --------------------------------------------------------------------

--- What of a study itself can be said: a value each, of these kinds.
local OF_STUDY = {
  repeats = { number = true }, seed = { number = true }, draws = { number = true },
  checkpoint = { number = true, boolean = true }, data = { string = true },
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

local function can_be_said(definition, name)
  return OF_STUDY[name] and (name ~= "data" or type(definition.data) == "string")
end

local function known_names(definition)
  local names = {}
  for _, list in ipairs { space.is_list(definition.params) and {} or definition.params,
    definition.settings } do
    for name in pairs(list) do
      names[#names + 1] = name
    end
  end
  for name in pairs(OF_STUDY) do
    if can_be_said(definition, name) then
      names[#names + 1] = name
    end
  end
  c_locale.sort(names)
  return names
end

local function unknown(definition, name)
  local names = known_names(definition)
  return ("unknown name '%s'; there are %s%s"):format(name, table.concat(names, ", "),
    suggest.suggestion(name, names))
end

--- Puts the values in the place of what the definition says. A setting with several is a
--- parameter.
local function put(definition, name, values)
  local is_one = #values == 1
  if definition.params[name] ~= nil then
    definition.params[name] = values
  elseif is_one then
    definition.settings[name] = values[1]
  else
    definition.settings[name] = nil
    definition.params[name] = values
  end
end

local function set_of_study(definition, name, text)
  local values, message = argument.read(text, OF_STUDY[name])
  if not values or #values ~= 1 then
    return nil, ("%s=%s: %s"):format(name, text, message or "expected one value")
  end
  local value = values[1]
  definition[name] = math.type(value) and math.tointeger(value) or value
  return true
end

--- Whether params are points that the script lists, of which the command line can change nothing.
local function is_listed(definition, name)
  local first = definition.params[1]
  return type(first) == "table" and first[name] ~= nil
end

local function set(definition, kinds_by, text)
  local name, value_text = text:match("^(" .. c_locale.NAME .. ")=(.*)$")
  if not name then
    return nil, ("'%s' is not of the form name=values"):format(text)
  elseif is_listed(definition, name) then
    return nil, ("%s: the script lists its points one by one"):format(text)
  end
  local kinds = kinds_by[name]
  if not kinds and can_be_said(definition, name) then
    return set_of_study(definition, name, value_text)
  elseif not kinds then
    return nil, unknown(definition, name)
  end
  local values, message = argument.read(value_text, kinds)
  if not values then
    return nil, ("%s: %s"):format(text, message)
  elseif space.is_list(definition.params) and #values ~= 1 then
    return nil, ("%s: one value is needed, as the script lists its points one by one"):format(text)
  end
  put(definition, name, values)
  return true
end

-- --- options ------------------------------------------------------------------------

--- "2/4" as part 2 of 4.
local function read_shard(text)
  local part, parts = text:match "^(%d+)/(%d+)$"
  part, parts = math.tointeger(tonumber(part)), math.tointeger(tonumber(parts))
  if part and part >= 1 and part <= parts then
    return { part = part, parts = parts }
  end
  return nil, ("--shard %s: expected i/n, with i from 1 to n"):format(text)
end

local function read_runs(text)
  return text ~= "" and text or nil, "--runs: a folder's name is needed"
end

local MOST_JOBS = 256

local function read_jobs(text)
  local jobs = math.tointeger(c_locale.tonumber(text))
  if jobs and jobs >= 1 and jobs <= MOST_JOBS then
    return jobs
  end
  return nil, ("--jobs %s: expected a number of processes, 1 to %d"):format(text, MOST_JOBS)
end

--- A value, or several, as the command line takes them.
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

--- The lines of the help that tell what can be said, and what is meant where nothing is.
local function settings_text(definition)
  local lines = { "Settings, with the values that the script has:" }
  for _, name in ipairs(known_names(definition)) do
    local value = definition.params[name]
    if value == nil then
      value = definition.settings[name]
    end
    if value == nil then
      value = definition[name]
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
    :convert(read_runs):argname "DIR"
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
---@param definition table  the study's: what is said of it is put in its place
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
  local worked, said = parser:pparse(arguments)
  if not worked then
    return nil, ("%s\n%s"):format(said, parser:get_usage())
  end
  local kinds = kinds_by_name(definition) -- of the script, whatever is said before
  for _, text in ipairs(said.settings) do
    local done, message = set(definition, kinds, text)
    if not done then
      return nil, message
    end
  end
  said.settings = nil
  return said
end

--- Ends a script that was called with what it does not take.
---@param arguments string[]  the script's `arg`
---@param message string
function command_line.refuse(arguments, message)
  io.stderr:write(printable.lines(arguments[0] .. ": " .. message), "\n")
  os.exit(1, true)
end

--- All of a command line: the interpreter, its options, the script, and its arguments.
---@param arguments string[]  the script's `arg`
---@return string[]
function command_line.whole(arguments)
  local first = 0
  while arguments[first - 1] do
    first = first - 1
  end
  return table.move(arguments, first, #arguments, 1, {})
end

--- The command line, where the script that was started is the library's caller.
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
