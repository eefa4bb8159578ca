--- From an array to the bytes of one picture or several: which axes are what, and what is black and
--- what is white.
---
--- Pictures are handed on as arrays of rank 4: n, height, width, samples of a pixel. Mistakes
--- raise without a place, as who calls knows whose they are.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"

local image = {}

local MOST_SAMPLES = 4 -- red, green, blue, alpha

-- --- options ---------------------------------------------------------------------

local length = schema.integer(1)

--- A height and a width, and samples of a pixel where there are more than one.
local size = {
  expected = "{height, width} or {height, width, 3}",
  read = function(value)
    if type(value) ~= "table" or #value < 2 or #value > 3 then
      return nil
    end
    for _, each in ipairs(value) do
      if not length.read(each) then
        return nil, each
      end
    end
    return (value[3] or 1) <= MOST_SAMPLES and value or nil
  end,
}

image.KINDS = {
  size = size,
  low = schema.number "",
  high = schema.number "",
  each = schema.boolean,
  map = schema.name { "grey", "diverging" },
  columns = length,
  scale = schema.number(" above 0", function(x) return x > 0 end),
}

--- The options as their kinds take them; raises for what does not fit.
---@param options? table
---@param kinds table
---@param what string  the function's name
---@return table
function image.options(options, kinds, what)
  local read, message = schema.read(options, kinds, what)
  if not read then
    error(message, 0)
  elseif read.low and read.high and read.low >= read.high then
    error(c_locale.format("low must be below high, not %s and %s", read.low, read.high), 0)
  end
  return read
end

-- --- which axes are what ------------------------------------------------------------

local function fail_shape(a)
  local n = a.ndim == 1 and #a or 0
  local side = math.floor(math.sqrt(n))
  local example = side * side == n and side > 1 and ("{%d, %d}"):format(side, side)
    or "{height, width}"
  error(("a picture is (height, width) or (height, width, 3 or 4), a batch (n, height, width) or "
    .. "(n, height, width, 3 or 4); found %s%s"):format(a.shape,
    a.ndim == 1 and ": say how it is to be read, as in size = " .. example or ""), 0)
end

--- Rows of pixels as pictures of that size.
local function of_size(a, s)
  local height, width, samples = s[1], s[2], s[3] or 1
  local pixels = height * width * samples
  if a.ndim < 1 or a.ndim > 2 or a.shape[a.ndim] ~= pixels then
    error(("size = {%s} is for a vector of %d, or rows of %d; found %s"):format(
      table.concat(s, ", "), pixels, pixels, a.shape), 0)
  end
  return a:reshape(a.ndim == 2 and #a or 1, height, width, samples), a.ndim == 2
end

--- A view with all four axes. A last axis of up to four is that of a pixel's samples.
local function of_rank(a)
  local shape, rank = a.shape, a.ndim
  if rank == 2 then
    return a:reshape(1, shape[1], shape[2], 1), false
  elseif rank == 3 and shape[3] <= MOST_SAMPLES then
    return a:reshape(1, shape[1], shape[2], shape[3]), false
  elseif rank == 3 then
    return a:reshape(shape[1], shape[2], shape[3], 1), true
  elseif rank == 4 and shape[4] <= MOST_SAMPLES then
    return a, true
  end
  fail_shape(a)
end

--- The pictures that an array holds: nothing is copied where the strides allow it.
---@param a perigee.like
---@param options table  of which it is size that counts
---@return perigee.array  # (n, height, width, samples)
---@return boolean  # whether it is a batch
function image.pictures(a, options)
  if not types.is_array(a) then
    if type(a) ~= "table" then
      error("an array is needed, not " .. errors.describe(a), 0)
    end
    a = core.array(a)
  end
  if a.size == 0 then
    error(("nothing to see: the shape is %s"):format(a.shape), 0)
  elseif options.size then
    return of_size(a, options.size)
  end
  return of_rank(a)
end

-- --- larger and smaller -------------------------------------------------------------

--- Along one axis: longer by repeating, shorter by averaging what falls together.
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

--- The pictures with another height and width.
---@param pictures perigee.array
---@param height integer
---@param width integer
---@return perigee.array  # averages are floats
function image.resized(pictures, height, width)
  return resized_axis(resized_axis(pictures, 2, height), 3, width)
end

-- --- from numbers to bytes ----------------------------------------------------------

--- What goes from black to white, where it is not the least and the greatest of the numbers.
local WHOLE = { uint8 = { 0, 255 }, bool = { 0, 1 } }

--- The least and the greatest finite number of each row, as columns; 0 where there is none.
local function extremes(rows)
  local finite = (rows - rows):eq(0)
  local least = core.where(finite, rows, math.huge):min(2, true)
  local greatest = core.where(finite, rows, -math.huge):max(2, true)
  local any = finite:any(2, true)
  return core.where(any, least, 0), core.where(any, greatest, 0)
end

--- What is black and what is white in each row: numbers, or columns of them.
local function range_of(rows, dtype, options)
  local low, high = options.low, options.high
  if WHOLE[dtype] and not options.each then
    local black, white = table.unpack(WHOLE[dtype])
    low = low or math.min(black, high or black)
    high = high or math.max(white, low)
  end
  if not (low and high) then
    local least, greatest = extremes(rows)
    low = low or high and least:minimum(high) or least
    high = high or greatest:maximum(low)
  end
  return low, high
end

--- Numbers on their way to bytes: what is none is the least.
local function to_bytes(x)
  return core.where(x:isnan(), 0, x):clip(0, 255):round():astype "uint8"
end

-- Blue and red that are about as bright as each other on black.
local BELOW, ABOVE = core.array { 80, 150, 255 }, core.array { 255, 90, 60 }

--- Blue below 0, black at 0, red above.
local function diverging(rows, low, high)
  local reach = core.maximum(core.abs(low), core.abs(high))
  local part = rows / reach
  part = core.where(part:isnan(), 0, part):clip(-1, 1):expand_dims(-1)
  return to_bytes(core.maximum(-part, 0) * BELOW + core.maximum(part, 0) * ABOVE)
end

local function colour_bytes(pictures, dtype, options)
  local n, height, width, samples = table.unpack(pictures.shape)
  local is_diverging = options.map == "diverging"
  if is_diverging and samples > 1 then
    error(("map = 'diverging' takes one number a pixel, not %d"):format(samples), 0)
  elseif pictures.dtype == "uint8" and not is_diverging
    and not (options.each or options.low or options.high) then
    return pictures
  end
  local rows = pictures:astype "float64":reshape(options.each and n or 1, -1)
  local low, high = range_of(rows, dtype, options)
  if is_diverging then
    return diverging(rows, low, high):reshape(n, height, width, 3)
  end
  return to_bytes((rows - low) / (high - low) * 255):reshape(n, height, width, samples)
end

--- Alpha is no brightness: of floats and bools it goes from 0 to 1, of integers to 255.
local function alpha_bytes(alpha, dtype)
  local whole = dtype == "bool" or dtype:find "^float"
  return to_bytes(alpha:astype "float64" * (whole and 255 or 1))
end

--- The pictures as uint8. Bytes stay as they are, and of bool true is white; else the least number
--- is black and the greatest white, among all of the pictures or in each. What is no number is the
--- least.
---@param pictures perigee.array
---@param dtype perigee.dtype  of the array that they were, before averages were taken
---@param options table  of which low, high, each and map count
---@return perigee.array
function image.bytes(pictures, dtype, options)
  local samples = pictures.shape[4]
  if samples % 2 == 1 then
    return colour_bytes(pictures, dtype, options)
  end
  local colours = pictures[{ {}, {}, {}, { 1, samples - 1 } }]
  local alpha = pictures[{ {}, {}, {}, { samples, samples } }]
  return core.concat({ colour_bytes(colours, dtype, options), alpha_bytes(alpha, dtype) }, 4)
end

-- --- side by side --------------------------------------------------------------------

--- All pictures in one, row by row, with black between them.
---@param pictures perigee.array
---@param columns integer  how many side by side
---@param gap integer  pixels between two of them
---@return perigee.array  # (height, width, samples)
function image.sheet(pictures, columns, gap)
  local n, height, width, samples = table.unpack(pictures.shape)
  local rows = (n + columns - 1) // columns
  local framed = core.zeros({ rows * columns, height + gap, width + gap, samples }, pictures.dtype)
  framed[{ { 1, n }, { 1, height }, { 1, width } }] = pictures
  return framed:reshape(rows, columns, height + gap, width + gap, samples):swapaxes(2, 3)
    :reshape(rows * (height + gap), columns * (width + gap), samples)
    :rows(1, -1 - gap):cols(1, -1 - gap)
end

return image
