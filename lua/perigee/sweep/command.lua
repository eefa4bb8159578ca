--- The command line of a script that makes a study:
--
--   build/perigee examples/hidden_grid.lua hidden=50,100 rate=0.1:0.5:0.1 --jobs 2
--
-- `name=values` takes the place of what the script says of a parameter, a setting, or the study.
-- The options say how it is run, and change no number.

local c_locale = require "perigee.c_locale"
local external = require "perigee.external"
local json = require "perigee.json"
local options = require "perigee.options"
local space = require "perigee.sweep.space"
local spelling = require "perigee.spelling"
local visible = require "perigee.visible"

local command = {}

-- --- values from text -------------------------------------------------------------

--- The parts of a text between commas that stand in no brackets.
local function split(text)
  local parts, depth, from = {}, 0, 1
  for at, sign in text:gmatch "()([%[%](),])" do
    if sign == "," and depth == 0 then
      parts[#parts + 1] = text:sub(from, at - 1)
      from = at + 1
    elseif sign ~= "," then
      depth = depth + (sign:find "[%[(]" and 1 or -1)
    end
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

local readers = setmetatable({}, { __index = options.readers })

--- A list in brackets, or one of its values alone.
function readers.table(text)
  local value = text:find "^%[" and json.decode(text)
  if not value then
    value = c_locale.tonumber(text) or text:find "^[A-Za-z_]" and text or nil
  end
  return value and space.value(value), "a value, or a list in brackets such as [128,64]"
end

local MOST_STEPS = 1 << 20

local function decimals(text)
  return #(text:match "%.(%d*)$" or "")
end

--- first:last or first:last:step, both ends included, rounded to as many decimals as they are
--- written with; nil for what is no such thing.
local function read_range(text)
  local first, last, step = text:match "^([^:]+):([^:]+):?([^:]*)$"
  if not first then
    return nil
  end
  step = step == "" and "1" or step
  local a, b = c_locale.tonumber(first), c_locale.tonumber(last)
  local by = c_locale.tonumber(step)
  local count = a and b and by and by ~= 0 and (b - a) / by
  if not count or count ~= count or count < 0 or count > MOST_STEPS then
    return nil
  end
  local places = math.max(decimals(first), decimals(step))
  local plain = not (first .. step):find "[eExX]"
  local list = {}
  for k = 0, math.floor(count + 1e-9) do
    local value = a + k * by
    list[k + 1] = plain and tonumber(("%%.%df"):format(places):format(value)) or value
  end
  return list
end

--- "log_uniform(0.01,1)"; nil for what is no such thing, with a message where it was meant to be.
local function read_draw(text)
  local name, rest = text:match "^([%a_]+)%((.*)%)$"
  if not name then
    return nil
  end
  local low, high = rest:match "^([^,]+),([^,]+)$"
  if not space.can_draw(name) or not low then
    return nil, "expected uniform(a,b), log_uniform(a,b) or integer(a,b)"
  end
  return space.draw(name, c_locale.tonumber(low), c_locale.tonumber(high))
end

--- What was expected in the place of a part, as the end of a sentence.
local function expectation(part, sample, expected)
  if type(sample) == "number" and part:find ":" then
    return "expected first:last:step, which comes to its end"
  end
  return ("expected %s, or several with commas between them"):format(expected)
end

--- The values that a text lists, each like the sample; or the range that they are drawn from.
local function read_values(text, sample)
  if type(sample) == "number" then
    local draw, problem = read_draw(text)
    if draw or problem then
      return draw, problem
    end
  end
  local values = {}
  for _, part in ipairs(split(text)) do
    local range = type(sample) == "number" and read_range(part)
    local read = part:find "^%[" and readers.table or readers[type(sample)]
    local value, expected = range or nil, nil
    if not range then
      value, expected = read(part)
    end
    if value == nil then
      return nil, expectation(part, sample, expected)
    end
    table.move(range or { value }, 1, range and #range or 1, #values + 1, values)
  end
  return values
end

-- --- name=values --------------------------------------------------------------------

--- What of a study itself can be said: a value each.
local OF_STUDY = {
  repeats = "number", seed = "number", draws = "number", checkpoint = "number", data = "string",
}

--- A value of a parameter as the script has it, by which the text is read.
local function sample_of(definition, name)
  local axis = definition.params[name]
  if axis == nil then
    return definition.settings[name]
  elseif type(axis) ~= "table" then
    return axis
  end
  return axis[1] == nil and 0 or axis[1] -- a range that is drawn from has no first
end

local function can_be_said(definition, name)
  local kind = OF_STUDY[name]
  return kind == "string" and type(definition[name]) == "string" or kind == "number"
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
    spelling.suggestion(name, names))
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
  local value, expected = readers[OF_STUDY[name]](text)
  if value == nil then
    return nil, ("%s=%s: expected %s"):format(name, text, expected)
  end
  definition[name] = math.type(value) and math.tointeger(value) or value
  return true
end

--- Whether params are points that the script lists, of which the command line can change nothing.
local function is_listed(definition, name)
  return space.is_list(definition.params) and definition.params[1][name] ~= nil
end

local function set(definition, argument)
  local name, text = argument:match("^(" .. c_locale.NAME .. ")=(.*)$")
  if not name then
    return nil, ("'%s' is not of the form name=values"):format(argument)
  elseif is_listed(definition, name) then
    return nil, ("%s: the script lists its points one by one"):format(argument)
  end
  local sample = sample_of(definition, name)
  if sample == nil then
    if can_be_said(definition, name) then
      return set_of_study(definition, name, text)
    end
    return nil, unknown(definition, name)
  end
  local values, message = read_values(text, sample)
  if not values then
    return nil, ("%s: %s"):format(argument, message)
  elseif space.is_list(definition.params) and #values ~= 1 then
    return nil, ("%s: one value is needed, as the script lists its points one by one"):format(
      argument)
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

--- A value, or several, as the command line takes it.
local function shown(value)
  if type(value) ~= "table" or getmetatable(value) then
    return math.type(value) and json.number(value) or tostring(value)
  end
  local parts = {}
  for i, each in ipairs(value) do
    parts[i] = type(each) == "table" and json.encode(each) or shown(each)
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
  local parser = argparse(program, definition.description
    or ("The study %s."):format(definition.name), settings_text(definition))
  parser:usage_max_width(100):help_max_width(100)
  parser:argument("settings", "name=values: what takes the place of the script's; see below.")
    :args "*":argname "name=values"
  parser:option("--runs", "The folder that studies are kept in.", definition.runs)
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
function command.read(definition, arguments)
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
  for _, argument in ipairs(said.settings) do
    local done, message = set(definition, argument)
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
function command.refuse(arguments, message)
  io.stderr:write(visible.line(arguments[0] .. ": " .. message), "\n")
  os.exit(1, true)
end

--- All of a command line: the interpreter, its options, the script, and its arguments.
---@param arguments string[]  the script's `arg`
---@return string[]
function command.whole(arguments)
  local first = 0
  while arguments[first - 1] do
    first = first - 1
  end
  return table.move(arguments, first, #arguments, 1, {})
end

--- The script that was started, if it is the one at that level of the stack: the command line is
--- its own.
---@param level integer  as debug.getinfo counts, seen from the caller
---@return string[]?
function command.arguments_of(level)
  local arguments = rawget(_G, "arg")
  local source = debug.getinfo(level + 1, "S").source
  if type(arguments) ~= "table" or not arguments[0] then
    return nil
  end
  local is_script = source == "@" .. arguments[0] or arguments[0] == "-" and source == "=stdin"
  return is_script and arguments or nil
end

return command
