--- Data sets by name: where their files are looked for.

local core = require "perigee.core"

local FILES = { mnist = "mnist.npz" }

--- The folders in which data are looked for, in this order.
local function folders()
  local home = os.getenv("HOME")
  local cache = os.getenv("XDG_CACHE_HOME")
  if not cache or cache == "" then
    cache = home and home ~= "" and home .. "/.cache"
  end
  local list = {}
  local given = os.getenv("PERIGEE_DATA")
  if given and given ~= "" then
    list[1] = given
  end
  list[#list + 1] = "./data"
  list[#list + 1] = cache and cache .. "/perigee" or nil
  return list
end

local ENOENT, ENOTDIR = 2, 20

--- Whether something is at path. What is there and may not be read is not
--- passed over: opening it says why.
local function exists(path)
  local file, _, reason = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil or reason ~= ENOENT and reason ~= ENOTDIR
end

local function names()
  local list = {}
  for name in pairs(FILES) do
    list[#list + 1] = ('"%s"'):format(name)
  end
  table.sort(list)
  return table.concat(list, ", ")
end

local function is_path(name)
  return name:find("/", 1, true) or name:find("%.npz$")
end

--- Opens a data set: its arrays are raw, as they are in the file.
---
--- "mnist" is Keras's mnist.npz: x_train (60000, 28, 28) and x_test (10000, 28,
--- 28) uint8, y_train (60000,) and y_test (10000,) uint8. It is looked for in
--- $PERIGEE_DATA, ./data, and perigee/ in the user's cache folder.
---@param name string  a data set's name, or the path of an NPZ file
---@return perigee.archive?  # nil where it is not there or cannot be read,
---@return string?           # and why, with the places that were looked at
return function(name)
  if type(name) ~= "string" then
    error("dataset: a name is needed, not a " .. type(name), 2)
  elseif is_path(name) then
    return core.load(name)
  elseif not FILES[name] then
    error(('dataset: there is no "%s"; there are: %s, or the path of an .npz file')
      :format(name, names()), 2)
  end
  local tried = {}
  for i, folder in ipairs(folders()) do
    local path = folder .. "/" .. FILES[name]
    if exists(path) then
      return core.load(path)
    end
    tried[i] = path
  end
  return nil, ("the data set %s was not found; looked for %s"):format(name,
    table.concat(tried, ", "))
end
