--- pg.dataset: finds the files of data sets by name, and draws the digits where there is none.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local core = require "perigee.core"
local environment = require "perigee.util.environment"
local digits = require "perigee.data.digits"
local file_set = require "perigee.data.file_set"
local suggest = require "perigee.util.suggest"
local fs = require "perigee.util.fs"
local printable = require "perigee.util.printable"

local dataset = {}

local variable = environment.variable

local FILES = {
  fashion_mnist = "fashion_mnist.npz",
  mnist = "mnist.npz",
  digits = ("digits-%d.npz"):format(digits.VERSION),
}

--- Folders that may have the original files, beside the archive: also those that torchvision makes.
local FOLDERS = {
  fashion_mnist = { "/fashion_mnist", "/FashionMNIST/raw" },
  mnist = { "", "/mnist", "/MNIST/raw" },
  digits = {},
}

--- The names of the data sets, sorted.
dataset.NAMES = collections.sorted_keys(FILES)

--- The user's folder for data: $XDG_CACHE_HOME/perigee or ~/.cache/perigee; nil where neither
--- $XDG_CACHE_HOME nor $HOME is set.
---@return string?
function dataset.cache()
  local home = variable "HOME"
  local cache = variable "XDG_CACHE_HOME" or home and home .. "/.cache"
  return cache and cache .. "/perigee"
end

--- Finds a data set's archive, also one that cannot be read, or the folder of its original files.
--- Raises for a folder that cannot be searched, or that has a part of the files.
---@param name string
---@return string? path  nil if there is none
---@return string[] tried  the paths of archives, in the order of the search
---@return table<string, string>? files  of the folder at path
function dataset.find(name)
  local tried, places = {}, {}
  local function add(folder)
    places[#places + 1] = folder
    tried[#tried + 1] = folder and folder .. "/" .. FILES[name]
  end
  add(variable "PERIGEE_DATA")
  add("./data")
  add(dataset.cache())
  for i, path in ipairs(tried) do
    if core.exists(path) then
      return path, tried
    end
    for _, folder in ipairs(FOLDERS[name]) do
      local files = file_set.find(places[i] .. folder)
      if files then
        return places[i] .. folder, tried, files
      end
    end
  end
  return nil, tried
end

--- Draws the digits and saves them in the cache; returns their path, or nil and a message.
local function keep_digits()
  local folder = dataset.cache()
  if not folder then
    return nil, "there is no folder to keep drawn digits in: HOME is not set"
  end
  local made, message = fs.make_folder(folder)
  if not made then
    return nil, message
  end
  local path = folder .. "/" .. FILES.digits
  made, message = errors.try(core.save, path, digits.draw(0, 60000, 10000))
  return made and path, message
end

--- Opens a data set, which is drawn if it is missing and can be; nil and a message if there is
--- none.
local function open(name)
  local path, tried, files = dataset.find(name)
  if files then
    return file_set.load(path, files)
  elseif path then
    return core.load(path)
  elseif name == "digits" then
    return core.load(errors.ensure(keep_digits()))
  end
  local folder = variable "PERIGEE_DATA"
  return nil, ("the data set %s was not found; looked for %s, and beside it for the original "
    .. "files (%sthe data set digits needs no network; %s)"):format(name,
    table.concat(tried, ", "), name == "mnist" and "`make run` fetches it; " or "",
    folder and ("PERIGEE_DATA is '%s', and must be a folder"):format(printable.name(folder))
    or "PERIGEE_DATA may be a folder that has it")
end

--- Opens a data set as an archive.
---
--- "mnist" is Keras's mnist.npz: x_train (60000, 28, 28) and x_test (10000, 28, 28), y_train
--- (60000,) and y_test (10000,), all uint8; pixels are 0 to 255. It is searched for in
--- $PERIGEE_DATA, in ./data and in the cache, ~/.cache/perigee, into which `make run` downloads it.
---
--- The four original files are found there, too, in a folder mnist or beside the archive's name:
--- train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
--- t10k-labels-idx1-ubyte, with a point before idx, and with .gz. The result has the same arrays
--- and methods; `close` does nothing.
---
--- "fashion_mnist" is fashion_mnist.npz, or such files in a folder fashion_mnist.
---
--- "digits" has the same layout. Perigee draws its pictures at the first use, in a few seconds,
--- with the same bytes on every machine, and keeps them in the cache.
---
--- Raises for a file that is missing or can't be read, with the places of the search.
---
---     data = pg.dataset "digits"
---     data:keys()  --> {x_test, x_train, y_test, y_train}
---     data.x_train.ndim, data.x_train.dtype, data.y_train.dtype
---     --> 3  uint8  uint8
---@param name string  a data set's name, or the path of an NPZ file
---@return perigee.archive
function dataset.open(name)
  if type(name) ~= "string" then
    errors.raise("dataset: a name is needed, not " .. (name == nil and "nil" or "a " .. type(name)))
  elseif not types.is_path(name) then
    errors.raise("dataset: a path has no zero bytes")
  elseif not FILES[name] and not name:find "[/.]" then
    errors.raise('dataset: there is no "%s"; there are: "%s", or the path of an .npz file%s',
      printable.name(name), table.concat(dataset.NAMES, '", "'),
      suggest.suggestion(name:lower(), dataset.NAMES))
  end
  return (errors.call(FILES[name] and open or core.load, name))
end

return dataset
