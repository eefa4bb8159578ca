--- Trees of arrays: nested tables of a model's weights or state, and the names of their arrays.
--
-- The array of tree.layers[2].W has the name "layers.2.W".

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"

local parameters = {}

--- The arrays of a tree.
---@class perigee.parameters
---@field names string[]  sorted
---@field paths table<string, any[]>  the keys on the way to each array
---@field arrays table<string, perigee.array>

local MOST_NESTED = 20
local MOST_BYTES = 1000 -- of a name: it stands with a prefix in a file

--- The keys of a table, list positions first.
local function keys_of(tree)
  local keys, seen = {}, {}
  for i = 1, rawlen(tree) do
    keys[i], seen[i] = i, true
  end
  local names = {}
  for key in next, tree do
    if not seen[key] then
      names[#names + 1] = key
    end
  end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return table.move(names, 1, #names, #keys + 1, keys)
end

--- Why a key can't be a name: it is part of a member's name in a file, between points.
local function problem_of_key(key, is_position)
  if is_position then
    return nil
  elseif type(key) ~= "string" then
    return ("has the key %s: names are texts, or the positions of a list"):format(
      errors.describe(key))
  elseif key == "" or key:find "[%c%./\\]" or not utf8.len(key) then
    return ("has the name '%s': a name has no points, slashes and control characters"):format(
      printable.name(key))
  elseif c_locale.tonumber(key) then
    return ("has the name '%s', a text that is a number"):format(key)
  end
end

--- Tells if a value is a table, and no object of the library, such as a traced value.
local function is_plain(value)
  local metatable = getmetatable(value)
  return type(value) == "table" and (type(metatable) ~= "table" or metatable.__name == nil)
end

--- Adds the arrays of a tree; raises a message where something else is in it.
local function add(found, tree, what, path, around)
  local positions = rawlen(tree)
  if #path == MOST_NESTED or around[tree] then
    errors.fail("%s: tables are nested deeper than %d, or hold themselves", what, MOST_NESTED)
  end
  around[tree] = true
  for _, key in ipairs(keys_of(tree)) do
    local value = rawget(tree, key)
    local problem = problem_of_key(key, math.type(key) and key >= 1 and key <= positions)
    if problem then
      errors.fail("%s %s", what, problem)
    end
    local here = table.move(path, 1, #path, 1, {})
    here[#here + 1] = key
    local name = table.concat(here, ".")
    if #name > MOST_BYTES then
      errors.fail("%s has a name of %d bytes, and they have at most %d", what, #name, MOST_BYTES)
    end
    if types.is_array(value) then
      found.names[#found.names + 1] = name
      found.paths[name], found.arrays[name] = here, value
    elseif is_plain(value) then
      add(found, value, what .. "." .. key, here, around)
    else
      errors.fail("%s.%s must be an array, or a table of arrays, not %s", what, key,
        errors.describe(value))
    end
  end
  around[tree] = nil
end

--- Finds the arrays of a tree.
---@param tree any
---@param what string  the tree's name in messages
---@return perigee.parameters?
---@return string?  # the error message, where nil comes first
function parameters.find(tree, what)
  if not is_plain(tree) then
    return nil, ("%s must be a table of arrays, not %s"):format(what, errors.describe(tree))
  end
  local found = { names = {}, paths = {}, arrays = {} }
  local worked, message = errors.try(function()
    add(found, tree, what, {}, {})
    return true
  end)
  if not worked then
    return nil, message
  end
  table.sort(found.names)
  return found
end

--- The key of a part of a name, between points: a position, or a text; nil where it can't be one.
local function key_of(part)
  local number = c_locale.tonumber(part)
  if not number then
    return not problem_of_key(part) and part or nil
  end
  local position = math.tointeger(number)
  return position and position >= 1 and tostring(position) == part and position or nil
end

--- Finds the paths of the names in a file, which may be those of no tree.
---@param names string[]
---@return table<string, any[]>?
---@return string?  # the error message, where nil comes first
function parameters.paths_of(names)
  local paths, tables = {}, {}
  for _, name in ipairs(names) do
    local path = {}
    for part in (name .. "."):gmatch "([^.]*)%." do
      tables[table.concat(path, ".")] = true
      path[#path + 1] = key_of(part)
      if path[#path] == nil or #path > MOST_NESTED then
        return nil, ("'%s' is no name of an array"):format(printable.name(name))
      end
    end
    paths[name] = path
  end
  for _, name in ipairs(names) do
    if tables[name] then
      return nil, ("'%s' is an array's name, and a table's"):format(printable.name(name))
    end
  end
  return paths
end

--- The metatable of a tree's tables, in which names that they don't have raise, read or written;
--- reading behind a list's end still gives nil.
local function guard(what)
  local function refuse(tree, name)
    local names = {}
    for i, key in ipairs(keys_of(tree)) do
      names[i] = tostring(key)
    end
    errors.raise(unknown_name.message("the model's " .. what, name, names))
  end
  return {
    __index = function(tree, name)
      if not math.type(name) then
        refuse(tree, name)
      end
    end,
    __newindex = function(tree, name, value)
      if value ~= nil then
        refuse(tree, name)
      end
    end,
  }
end

local GUARDS = { weights = guard "weights table", state = guard "state" }

--- Makes the tree of arrays. A name that a table of it doesn't have raises.
---@param names string[]
---@param paths table<string, any[]>
---@param arrays table<string, any>
---@param what "weights"|"state"
---@return table
function parameters.tree(names, paths, arrays, what)
  local tree = {}
  local tables = { tree }
  for _, name in ipairs(names) do
    local path, inner = paths[name], tree
    for i = 1, #path - 1 do
      if not inner[path[i]] then
        inner[path[i]] = {}
        tables[#tables + 1] = inner[path[i]]
      end
      inner = inner[path[i]]
    end
    inner[path[#path]] = arrays[name]
  end
  for _, each in ipairs(tables) do
    setmetatable(each, GUARDS[what])
  end
  return tree
end

return parameters
