--- Errors of this library about names that an object or a module doesn't have: "a trial has no
--- 'sed'; did you mean 'seed'?". It lists the names, or knows what other libraries mean by it.

local errors = require "perigee.util.errors"
local collections = require "perigee.util.collections"
local synonyms = require "perigee.util.synonyms"
local suggest = require "perigee.util.suggest"
local printable = require "perigee.util.printable"

local unknown_name = {}

local MOST = 12 -- names in a message

--- Notes on functions of other libraries.
local NOTES = {
  sub = "x - y", mul = "x * y", div = "x / y", nn = "pg.Model is a network; help \"Model\"",
  add = "x + y", subtract = "x - y", multiply = "x * y", divide = "x / y", power = "x ^ y",
  len = "#x is how many rows an array has, x.size how many elements",
  sweep = 'it is a module of its own: require "perigee.sweep"',
  mpi = 'it is a module of its own: require "perigee.mpi"',
  distributed = 'require "perigee.mpi" has the ranks of a job',
  linalg = "its functions are pg's own, as pg.solve and pg.inv",
  classification_report = "m:report(x, y) is a model's",
  confusion_matrix = "m:evaluate(x, y) returns a model's",
  LabelEncoder = 't:labels "name" numbers a column of pg.read_csv',
  nan_to_num = "x[x:isnan()] = 0 replaces NaN in x",
}

local IN_PLACE = "; %s makes another array, %s changes x itself"

--- Notes on methods of other libraries' arrays.
local ARRAY_NOTES = {
  add = IN_PLACE:format("x + y", "x:add_(y)"), sub = IN_PLACE:format("x - y", "x:sub_(y)"),
  mul = IN_PLACE:format("x * y", "x:mul_(y)"), div = IN_PLACE:format("x / y", "x:div_(y)"),
  fill = IN_PLACE:format("pg.full(x.shape, value)", "x:fill_(value)"),
  float = '; x:astype "float32" converts', double = '; x:astype "float64" converts',
  int = '; x:astype "int32" converts', long = '; x:astype "int64" converts',
  unsqueeze = "; did you mean 'expand_dims'?", numpy = "; it is an array already",
  fillna = "; x[x:isnan()] = value replaces NaN in x",
  dropna = "; x[x:isnan():eq(0)] has the others than NaN",
  cpu = "; arrays are the CPU's", cuda = "; arrays are the CPU's",
  to = '; x:astype "float32" converts',
}

--- The message about a name that an array does not have.
---@param name any
---@param names string[]  of methods and properties
---@param is_of_module boolean  true if a function of the module has the name
---@return string
function unknown_name.of_array(name, names, is_of_module)
  local note = ARRAY_NOTES[name]
  if not note and is_of_module then
    note = ("; it is a function of the module: pg.%s(...)"):format(name)
  end
  return note and ("an array has no '%s'%s"):format(name, note)
    or unknown_name.message("an array", name, names)
end

--- The message about an unknown name: "a trial has no 'sed'; it has data, seed; did you mean
--- 'seed'?"
---@param owner string  "an array"
---@param name any
---@param names string[]  the names that it has, in the order of the message
---@return string
function unknown_name.message(owner, name, names)
  local listed = #names > 0 and #names <= MOST and "; it has " .. table.concat(names, ", ") or ""
  local other = synonyms.functions[name]
  local meant = collections.contains(names, other) and ("; did you mean '%s'?"):format(other)
    or suggest.suggestion(name, names)
  return printable.name(("%s has no '%s'%s%s"):format(owner, tostring(name), listed, meant))
end

--- Raises for a field of an object that cannot be set.
---@param owner string
---@param name any
function unknown_name.refuse(owner, name)
  errors.raise("%s has no field '%s' that can be set", owner, printable.name(tostring(name)))
end

--- Makes the objects of a class raise for unknown names, when these are read or set. The public
--- fields of an object are in its table `_fixed`.
---@param metatable table  of the objects
---@param class table<string, function>  their methods
---@param owner string  an object in a message: "a study"
---@param names string[]  of public fields and methods
---@param may_be_nil table<string, true>  private fields that are set later
function unknown_name.guard(metatable, class, owner, names, may_be_nil)
  function metatable:__index(name)
    local value = class[name]
    if value == nil then
      value = rawget(self, "_fixed")[name]
    end
    if value == nil and not may_be_nil[name] then
      errors.raise(unknown_name.message(owner, name, names))
    end
    return value
  end
  function metatable:__newindex(name, value)
    if not may_be_nil[name] then
      unknown_name.refuse(owner, name)
    end
    rawset(self, name, value)
  end
end

--- The message about a name that the module perigee does not have.
---@param names table  its members by name
---@param later table  loaders of the other members by name
---@param name any
---@return string
function unknown_name.of_module(names, later, name)
  local list = {}
  for _, each in ipairs { names, later } do
    for known in next, each do
      list[#list + 1] = known
    end
  end
  local message = unknown_name.message("perigee", name, list)
  return NOTES[name] and ("%s: %s"):format(message:match "^[^;]*", NOTES[name]) or message
end

return unknown_name
