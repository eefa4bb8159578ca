--- Data sets of four files, the original ones of MNIST, with the fields and methods of an archive.
--
-- The arrays are loaded at once, and are fields of the set, so that studies find them as in any
-- table.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local core = require "perigee.core"
local printable = require "perigee.util.printable"
local public = require "perigee.util.public"
local unknown_name = require "perigee.util.unknown_name"

local file_set = {}

--- The beginnings and ends of the files' names, by the names of their arrays. A point or a line
--- stands between them; .gz may stand behind them.
local FILES = {
  x_train = { "train-images", "idx3-ubyte" }, y_train = { "train-labels", "idx1-ubyte" },
  x_test = { "t10k-images", "idx3-ubyte" }, y_test = { "t10k-labels", "idx1-ubyte" },
}
local NAMES = collections.sorted_keys(FILES)

-- --- files -----------------------------------------------------------------------

--- Finds the file of an array in a folder; nil if there is none.
local function find_file(folder, name)
  for _, between in ipairs { "-", "." } do
    for _, ending in ipairs { "", ".gz" } do
      local path = folder .. "/" .. table.concat(FILES[name], between) .. ending
      if core.exists(path) then
        return path
      end
    end
  end
end

--- Finds the four files in a folder. Raises for a part of them.
---@param folder string
---@return table<string, string>?  # their paths, by the arrays' names; nil for none of them
function file_set.find(folder)
  local paths, missing, found = {}, nil, nil
  for _, name in ipairs(NAMES) do
    paths[name] = find_file(folder, name)
    missing = missing or not paths[name] and name
    found = found or paths[name]
  end
  if not found then
    return nil
  elseif missing then
    errors.fail("%s: it has %s, and no %s (or with .gz)", folder, found:match "[^/]*$",
      table.concat(FILES[missing], "-"))
  end
  return paths
end

-- --- the set ---------------------------------------------------------------------

local Set = {}
local METATABLE = { __name = "perigee.file_set" }

--- The arrays' names, and the folder, of each set.
local paths_of = setmetatable({}, { __mode = "k" })

local function keys()
  return { table.unpack(NAMES) }
end

--- Returns the arrays' names.
function Set:keys() -- luacheck: ignore self
  return keys()
end

--- Returns an array, or nil if there is none of the name.
function Set:get(name)
  return rawget(self, name)
end

--- Returns all arrays by their names.
function Set:load()
  local arrays = {}
  for _, name in ipairs(NAMES) do
    arrays[name] = rawget(self, name)
  end
  return arrays
end

--- Returns the dtype and the shape of an array.
function Set:form(name)
  local array = rawget(self, name)
  if array then
    return array.dtype, array.shape
  end
end

--- Returns a checksum of an array's elements; nil if there is none of the name.
function Set:checksum(name)
  local array = rawget(self, name)
  return array and array:checksum() or nil
end

--- Returns the folder of the files.
function Set:path()
  return paths_of[self]
end

--- Does nothing: no file is open.
function Set:close() end -- luacheck: ignore self

public.methods(Set, METATABLE, "a data set", "data", { get = 1, form = 1, checksum = 1 })

function METATABLE.__index(self, name)
  if Set[name] then
    return Set[name]
  end
  errors.raise(unknown_name.message(paths_of[self] or "a data set", name, NAMES))
end

function METATABLE.__newindex(_, name)
  errors.raise("a data set's files are not written to: pg.save(path, {%s = ...}) makes an archive",
    printable.name(tostring(name)))
end

function METATABLE.__close() end

function METATABLE:__tostring()
  return require("perigee.util.repr").archive(self)
end

METATABLE.__names = keys

--- Raises unless pictures have rank 3, labels rank 1, and there are as many of both.
local function check_pair(paths, x, y)
  if x.ndim ~= 3 or y.ndim ~= 1 or #x ~= #y then
    errors.fail("%s of shape %s and %s of shape %s are not pictures (n, height, width) and their "
      .. "labels (n)", paths[1], x.shape, paths[2], y.shape)
  end
end

--- Loads the arrays of files.
---@param folder string
---@param paths table<string, string>  as `file_set.find` returns them
---@return table
function file_set.load(folder, paths)
  local set = {}
  for _, name in ipairs(NAMES) do
    set[name] = core.load(paths[name])
  end
  for _, part in ipairs { "_train", "_test" } do
    check_pair({ paths["x" .. part], paths["y" .. part] }, set["x" .. part], set["y" .. part])
  end
  paths_of[set] = folder
  return setmetatable(set, METATABLE)
end

return file_set
