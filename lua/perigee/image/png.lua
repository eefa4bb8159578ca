--- pg.save_png: writes pictures as PNG files.

local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local core = require "perigee.core"
local pixels = require "perigee.image.pixels"

local png = {}

local GAP = 2 -- pixels between two pictures of a sheet

--- Converts an array to the bytes of one picture: a batch becomes a sheet.
local function picture_of(a, options)
  options = pixels.options(options, pixels.KINDS, "save_png")
  local pictures, is_batch = pixels.pictures(a, options)
  local dtype, n, height, width = pictures.dtype, table.unpack(pictures.shape)
  if options.scale then
    pictures = pixels.resized(pictures, math.max(1, math.floor(height * options.scale + 0.5)),
      math.max(1, math.floor(width * options.scale + 0.5)))
  end
  pictures = pixels.bytes(pictures, dtype, options)
  if not is_batch then
    return pictures[1]
  end
  return pixels.sheet(pictures, options.columns or math.ceil(math.sqrt(n)), GAP)
end

--- Writes an array as a picture, or a batch as a sheet of pictures, to a PNG file, atomically.
---
--- Shapes, numbers and options are those of `pg.show`. A sheet is about as wide as high unless
--- `columns` is given, with black between its pictures. `pg.load_png` reads a uint8 picture back
--- unchanged. Raises for an array that is no picture, and if the file can't be written.
---
---     pg.save_png("digit.png", data.x_train[1])  --> true
---     pg.save_png("weights.png", m.weights.W1:reshape(-1, 28, 28), {each = true})
---     --> true
---@param path string  ends with .png
---@param a perigee.like
---@param options? table  those of `pg.show` but labels, rows, width
---@return true
function png.save(path, a, options)
  if not types.is_path(path) then
    errors.raise("save_png: a path is needed, a text without zero bytes, not %s",
      errors.describe(path))
  elseif not path:find "%.[pP][nN][gG]$" then
    errors.raise("save_png: a name that ends in .png is needed, not " .. errors.describe(path))
  end
  local picture, message = errors.try(picture_of, a, options)
  if not picture then
    errors.raise(errors.prefixed("save_png", message))
  end
  return (errors.call(core.save_png, path, picture))
end

return png
