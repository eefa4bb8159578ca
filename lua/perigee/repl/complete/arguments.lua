--- Candidates for an argument of a call: the strings that a parameter accepts, the keys of options.

local candidates = require "perigee.repl.complete.candidates"
local classes = require "perigee.repl.introspect.classes"
local members = require "perigee.repl.introspect.members"
local resolve = require "perigee.repl.introspect.resolve"
local signatures = require "perigee.repl.introspect.signatures"
local string_literal = require "perigee.repl.syntax.string_literal"

local arguments = {}

local function add_datasets(found)
  found:add_all(require("perigee.data.dataset").NAMES)
end

--- Adds the columns of a table of results.
local function add_columns(found, owner)
  local columns = owner.value ~= nil and owner.value.columns
  found:add_all(type(columns) == "table" and columns or {})
end

--- Adds the columns of a CSV file.
local function add_csv_columns(found, owner)
  found:add_all(owner.value ~= nil and classes.listed_names(owner.value) or {})
end

--- Candidates of parameters whose type does not list them, by the function ("class.name") or by the
--- parameter ("class:name").
local SPECIAL = {
  ["pg.dataset"] = add_datasets,
  ["pg.help"] = function(found)
    found:add_all(signatures.topics())
  end,
  ["archive:name"] = function(found, owner)
    members.add_keys(owner, found)
  end,
  ["csv:name"] = add_csv_columns,
  ["csv:names"] = add_csv_columns,
  ["table:name"] = add_columns,
  ["table:names"] = add_columns,
  ["table:values"] = add_columns,
}

local function special(entry, parameter)
  return SPECIAL[entry.class .. "." .. entry.name] or SPECIAL[entry.class .. ":" .. parameter.name]
end

--- The entry of the function that is called, the parameter, and the object that it is called on.
local function parameter_of(argument, context)
  local entry, before, owner = resolve.entry(argument.callee, context)
  local parameter = entry and signatures.parameter(entry, argument.position - before)
  return entry, parameter, owner or {}
end

--- Adds the strings that an argument accepts.
---@param found perigee.repl.candidates
---@param argument perigee.repl.argument
---@param context perigee.repl.context
function arguments.add_strings(found, argument, context)
  local entry, parameter, owner = parameter_of(argument, context)
  if not parameter then
    return
  elseif argument.table and argument.table.key then
    local choices, accepts_dataset = signatures.option_choices(entry, argument.table.key)
    found:add_all(choices)
    if accepts_dataset then
      add_datasets(found)
    end
    return
  end
  local add = special(entry, parameter)
  if add then
    add(found, owner)
  end
  found:add_all(signatures.choices(parameter))
end

--- Adds the keys that an argument's table lacks, each as "key = ": options, or a table's columns.
---@param found perigee.repl.candidates
---@param argument perigee.repl.argument  a table in which an element begins
---@param context perigee.repl.context
function arguments.add_keys(found, argument, context)
  local entry, parameter, owner = parameter_of(argument, context)
  local keys = candidates.new ""
  if parameter and parameter.name == "options" then
    keys:add_all(signatures.options(entry))
  elseif parameter and parameter.name == "values" and special(entry, parameter) then
    add_columns(keys, owner)
  end
  for _, key in ipairs(keys:sorted()) do
    if not argument.table.keys[key] then
      local is_name = key:find "^[%a_][%w_]*$"
      found:add((is_name and key or ('["%s"]'):format(string_literal.written(key, '"'))) .. " = ")
    end
  end
end

return arguments
