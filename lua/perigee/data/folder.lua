--- pg.load_folder: pictures in a folder for each class.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"
local schema = require "perigee.util.schema"
local suggest = require "perigee.util.suggest"
local types = require "perigee.util.types"
local core = require "perigee.core"

local KINDS = { max_bytes = schema.integer(0), classes = schema.class_names }

local folder = {}

--- Numbers labels by a list of classes instead of the folders' names, which must be among them.
local function renumber(labels, names, classes, path)
  local numbers, positions = {}, {}
  for i, class in ipairs(classes) do
    positions[class] = i
  end
  for i, name in ipairs(names) do
    if not positions[name] then
      errors.raise("load_folder: the folder %s in %s is no class; there %s %s%s",
        printable.name(name), printable.name(path), #classes == 1 and "is" or "are",
        printable.cut(printable.name(table.concat(classes, ", ")), 200, "..."),
        suggest.suggestion(name, classes))
    end
    numbers[i] = positions[name] - 1
  end
  return core.array(numbers, "int64"):take(labels + 1)
end

--- Loads the PNG pictures in a folder for each class: folder/cat/1.png, folder/dog/1.png.
---
--- Classes are the folders, and pictures the files whose names end in .png, both sorted by the
--- bytes of their names. All pictures must have the size of the first one, and be grey or coloured
--- as it; another one raises, with its file's name. They are read as by `pg.load_png`: 16 bits are
--- rounded to 8, palettes become colours. An alpha channel that is opaque everywhere is left out;
--- transparent pixels raise. Names that begin with a dot are passed over. Of other files and
--- folders a line on stderr gives the number and the first. A class without pictures raises.
---
--- `classes`, as those of the folder that a model was trained on, gives the order of the labels. A
--- folder of another name raises; a class may lack a folder.
---
---     x, y, classes = pg.load_folder "pictures"
---     x.shape, x.dtype, y.dtype, classes
---     --> (6, 28, 28)  uint8  int64  {circle, square}
---     m = pg.Model(x, y, {names = classes, hidden = 5, scale = 1/255})
---@param path string
---@param options? table  classes (a list of folders' names, in the order of their labels; else
---   sorted); max_bytes (the most that the pictures may take in memory; else what memory is left)
---@return perigee.array x  uint8 (n, height, width), or (n, 3, height, width) of red, green, blue
---@return perigee.array labels  int64 (n), from 0
---@return string[] classes  classes[label + 1]
function folder.load(path, options)
  if not types.is_path(path) then
    errors.raise("load_folder: a path is needed, a text without zero bytes, not %s",
      errors.describe(path))
  end
  options = schema.must_read(options, KINDS, "load_folder")
  local x, labels, names, others, first = errors.call(core.load_png_folder, path,
    { max_bytes = options.max_bytes })
  local classes = options.classes or names
  if options.classes then
    labels = renumber(labels, names, classes, path)
  end
  if others > 0 then
    io.stderr:write(c_locale.format("perigee: load_folder left out %s in %s, no PNG %s: %s%s\n",
      format.quantity(others, "name"), printable.name(path),
      others == 1 and "picture" or "pictures", printable.name(first), others > 1 and ", ..." or ""))
  end
  return x, labels, classes
end

return folder
