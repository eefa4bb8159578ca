--- Converts arrays to pictures: their axes, their size, and their numbers as bytes.
--
-- Pictures are arrays (n, height, width, channels). Errors have no line: the caller adds it.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"

local pixels = {}

local MOST_CHANNELS = 4 -- red, green, blue, alpha

-- --- options ---------------------------------------------------------------------

local positive = schema.integer(1)

--- Height and width, and the number of channels, 1 by default.
local size_kind = {
  expected = "{height, width} or {height, width, 3}",
  read = function(value)
    if type(value) ~= "table" or #value < 2 or #value > 3 then
      return nil
    end
    for _, each in ipairs(value) do
      if not positive.read(each) then
        return nil, each
      end
    end
    return (value[3] or 1) <= MOST_CHANNELS and value or nil
  end,
}

pixels.KINDS = {
  size = size_kind,
  low = schema.number "",
  high = schema.number "",
  each = schema.boolean,
  map = schema.name { "grey", "diverging" },
  columns = positive,
  scale = schema.number(" above 0", function(x) return x > 0 end),
}

--- Reads options; raises for one that is unknown or does not fit.
---@param options? table
---@param kinds table
---@param what string  the function's name
---@return table
function pixels.options(options, kinds, what)
  local read, message = schema.read(options, kinds, what)
  if not read then
    errors.fail(message)
  elseif read.low and read.high and read.low >= read.high then
    errors.fail(c_locale.format("low must be below high, not %s and %s", read.low, read.high))
  end
  return read
end

-- --- axes ---------------------------------------------------------------------------

--- Reshapes a vector, or rows of flattened pictures, by the option `size`.
local function of_size(a, size)
  local height, width, channels = size[1], size[2], size[3] or 1
  local length = height * width * channels
  if a.ndim < 1 or a.ndim > 2 or a.shape[a.ndim] ~= length then
    errors.fail("size = {%s} is for a vector of %d, or rows of %d; found %s",
      table.concat(size, ", "), length, length, a.shape)
  end
  return a:reshape(a.ndim == 2 and #a or 1, height, width, channels), a.ndim == 2
end

--- Adds the missing axes. A last axis of at most four is that of the channels.
local function of_rank(a)
  local shape, rank = a.shape, a.ndim
  if rank == 2 then
    return a:reshape(1, shape[1], shape[2], 1), false
  elseif rank == 3 and shape[3] <= MOST_CHANNELS then
    return a:reshape(1, shape[1], shape[2], shape[3]), false
  elseif rank == 3 then
    return a:reshape(shape[1], shape[2], shape[3], 1), true
  elseif rank == 4 and shape[4] <= MOST_CHANNELS then
    return a, true
  end
  local hint = ""
  if rank == 1 then
    local side = math.floor(math.sqrt(#a))
    hint = ": say how it is to be read, as in size = "
      .. (side * side == #a and side > 1 and ("{%d, %d}"):format(side, side) or "{height, width}")
  end
  errors.fail("a picture is (height, width) or (height, width, 3 or 4), a batch (n, height, width) "
    .. "or (n, height, width, 3 or 4); found %s%s", shape, hint)
end

--- Reshapes an array to pictures: a view where the strides allow it.
---@param a perigee.like
---@param options { size?: integer[] }
---@return perigee.array  # (n, height, width, channels)
---@return boolean  # true for a batch
function pixels.pictures(a, options)
  if not types.is_array(a) then
    if type(a) ~= "table" then
      errors.fail("an array is needed, not " .. errors.describe(a))
    end
    a = core.array(a)
  end
  if a.size == 0 then
    errors.fail("nothing to see: the shape is %s", a.shape)
  elseif options.size then
    return of_size(a, options.size)
  end
  return of_rank(a)
end

-- --- size ---------------------------------------------------------------------------

--- Resizes one axis: repeats pixels, or averages those that become one.
local function resized_axis(pictures, axis, new)
  local old = pictures.shape[axis]
  if new == old then
    return pictures
  elseif new > old then
    return pictures:take(core.range(0, new - 1) * old // new + 1, axis)
  end
  local parts, index = {}, { {}, {}, {}, {} }
  for i = 1, new do
    index[axis] = { (i - 1) * old // new + 1, i * old // new }
    parts[i] = pictures[index]:mean(axis)
  end
  return core.stack(parts, axis)
end

--- Resizes pictures. Where pixels are averaged, the result has floats.
---@param pictures perigee.array
---@param height integer
---@param width integer
---@return perigee.array
function pixels.resized(pictures, height, width)
  return resized_axis(resized_axis(pictures, 2, height), 3, width)
end

-- --- bytes --------------------------------------------------------------------------

--- The numbers of black and white, of dtypes for which they are not the least and the greatest.
local FIXED_RANGE = { uint8 = { 0, 255 }, bool = { 0, 1 } }

--- The numbers of black and white: two for all rows, or columns with one for each. Those that are
--- neither given nor fixed are the least and the greatest finite number, or 0 without any.
local function range_of(rows, dtype, options)
  local low, high = options.low, options.high
  if FIXED_RANGE[dtype] and not options.each then
    local black, white = table.unpack(FIXED_RANGE[dtype])
    low = low or math.min(black, high or black)
    high = high or math.max(white, low)
  end
  if not (low and high) then
    local finite = (rows - rows):eq(0)
    local any = finite:any(2, true)
    local least = core.where(any, core.where(finite, rows, math.huge):min(2, true), 0)
    local greatest = core.where(any, core.where(finite, rows, -math.huge):max(2, true), 0)
    low = low or high and least:minimum(high) or least
    high = high or greatest:maximum(low)
  end
  return low, high
end

--- Rounds numbers from 0 to 255 to bytes; NaN becomes 0.
local function to_bytes(x)
  return core.where(x:isnan(), 0, x):clip(0, 255):round():astype "uint8"
end

-- Blue and red that are about as bright as each other on black.
local BELOW, ABOVE = core.array { 80, 150, 255 }, core.array { 255, 90, 60 }

--- Maps numbers to colours: blue below 0, black at 0, red above.
local function diverging(rows, low, high)
  local reach = core.maximum(core.abs(low), core.abs(high))
  local part = rows / reach
  part = core.where(part:isnan(), 0, part):clip(-1, 1):expand_dims(-1)
  return to_bytes(core.maximum(-part, 0) * BELOW + core.maximum(part, 0) * ABOVE)
end

--- The bytes of pictures without their alpha.
local function colour_bytes(pictures, dtype, options)
  local n, height, width, channels = table.unpack(pictures.shape)
  local is_diverging = options.map == "diverging"
  if is_diverging and channels > 1 then
    errors.fail("map = 'diverging' takes one number a pixel, not %d", channels)
  elseif pictures.dtype == "uint8" and not is_diverging
    and not (options.each or options.low or options.high) then
    return pictures
  end
  local rows = pictures:astype "float64":reshape(options.each and n or 1, -1)
  local low, high = range_of(rows, dtype, options)
  if is_diverging then
    return diverging(rows, low, high):reshape(n, height, width, 3)
  end
  return to_bytes((rows - low) / (high - low) * 255):reshape(n, height, width, channels)
end

--- Converts pictures to uint8. uint8 stays unchanged, bool goes from black to white; other dtypes
--- go from the least number to the greatest, of all pictures or of each. NaN becomes the least.
---@param pictures perigee.array
---@param dtype perigee.dtype  of the array before it was resized
---@param options { low?: number, high?: number, each?: boolean, map?: string }
---@return perigee.array
function pixels.bytes(pictures, dtype, options)
  local channels = pictures.shape[4]
  if channels % 2 == 1 then
    return colour_bytes(pictures, dtype, options)
  end
  local colours = pictures[{ {}, {}, {}, { 1, channels - 1 } }]
  local alpha = pictures[{ {}, {}, {}, { channels, channels } }]:astype "float64"
  local scale = (dtype == "bool" or dtype:find "^float") and 255 or 1 -- to 0..255
  return core.concat({ colour_bytes(colours, dtype, options), to_bytes(alpha * scale) }, 4)
end

-- --- sheets -------------------------------------------------------------------------

--- Joins pictures to one, row by row, with black between them.
---@param pictures perigee.array
---@param columns integer  pictures side by side
---@param gap integer  pixels between two of them
---@return perigee.array  # (height, width, channels)
function pixels.sheet(pictures, columns, gap)
  local n, height, width, channels = table.unpack(pictures.shape)
  local rows = (n + columns - 1) // columns
  local framed = core.zeros({ rows * columns, height + gap, width + gap, channels }, pictures.dtype)
  framed[{ { 1, n }, { 1, height }, { 1, width } }] = pictures
  return framed:reshape(rows, columns, height + gap, width + gap, channels):swapaxes(2, 3)
    :reshape(rows * (height + gap), columns * (width + gap), channels)
    :rows(1, -1 - gap):cols(1, -1 - gap)
end

return pixels
