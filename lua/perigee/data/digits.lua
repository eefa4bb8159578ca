--- Draws pictures of digits, which take MNIST's place where it is missing, in the same layout.
--
-- A digit is a few strokes, each a curve through given points. For each picture the points are
-- moved a little, the curves are bent, slanted and scaled, and a pen of a random thickness follows
-- them. The ink of a pixel depends on its distance from the curve.
--
-- A seed gives the same bytes on every machine: the arithmetic is only +, -, *, /, the square root
-- and comparisons, whose rounding IEEE 754 defines, and random numbers are multiples of 2^-53.

local core = require "perigee.core"

local SIDE = 28 -- pixels
local BLOCK = 50 -- pictures that are drawn at a time, so that their arrays stay in cache
local SAMPLES = 56 -- samples of a digit's curve, at which the pen touches
local WAYS = 4 -- ways of writing a class, which are equally likely
local POINTS = 13 -- the largest number of points in a way

--- The ways of writing each class: strokes of points x, y, ... in a box of 1 x 1, y down. A stroke
--- is smooth; corners are where two strokes meet. Classes with fewer than WAYS ways repeat them.
local CLASSES = {
  [0] = {
    { { .52, .02, .22, .2, .12, .55, .3, .93, .62, .95, .88, .6, .8, .2, .5, .03 } },
    { { .6, .04, .3, .1, .1, .5, .22, .9, .5, .98, .82, .75, .88, .35, .66, .08, .4, .1 } } },
  {
    { { .5, 0, .5, .33, .5, .66, .5, 1 } },
    { { .5, 0, .5, .33, .5, .66, .5, 1 } },
    { { .3, .22, .4, .13, .5, .02 }, { .5, .02, .5, .35, .5, .68, .5, 1 } },
    { { .3, .22, .4, .13, .5, .02 }, { .5, .02, .5, .5, .5, 1 }, { .27, .99, .5, 1, .75, .98 } } },
  {
    { { .15, .25, .38, .03, .75, .1, .77, .35, .45, .7, .1, .96 },
      { .1, .96, .5, .93, .92, .96 } },
    { { .17, .22, .5, .01, .8, .2, .62, .58, .28, .92, .1, .86, .28, .74, .6, .9, .93, .88 } } },
  {
    { { .18, .1, .5, 0, .8, .15, .68, .37, .4, .46 },
      { .4, .46, .76, .53, .84, .78, .55, .99, .15, .9 } },
    { { .2, .16, .48, .02, .76, .18, .62, .4, .42, .47, .72, .54, .86, .75, .6, .97, .2, .93 } },
    { { .15, .04, .5, .03, .82, .05 }, { .82, .05, .6, .22, .42, .4 },
      { .42, .4, .75, .48, .84, .74, .58, .98, .16, .9 } } },
  {
    { { .27, .02, .2, .28, .13, .55 }, { .13, .55, .5, .56, .9, .5 },
      { .74, .05, .7, .5, .64, 1 } },
    { { .66, 0, .42, .3, .1, .64 }, { .1, .64, .5, .63, .92, .6 }, { .66, 0, .65, .5, .63, 1 } },
    { { .22, .03, .2, .28, .3, .5, .56, .5, .76, .3 }, { .78, .04, .74, .4, .68, .7, .64, 1 } } },
  {
    { { .82, .04, .52, .04, .28, .06 }, { .28, .06, .25, .25, .2, .45 },
      { .2, .45, .5, .37, .82, .55, .76, .85, .45, 1, .13, .9 } },
    { { .85, .02, .6, .06, .35, .05, .27, .22, .25, .42, .52, .4, .8, .58, .74, .86, .45, .99,
      .15, .92 } } },
  {
    { { .7, .02, .4, .18, .2, .55, .25, .88, .5, 1, .78, .82, .7, .58, .45, .56, .23, .74 } },
    { { .5, 0, .3, .3, .2, .65, .35, .95, .62, .97, .78, .76, .58, .6, .35, .68, .24, .82 } } },
  {
    { { .1, .08, .5, .06, .86, .05 }, { .86, .05, .66, .38, .5, .7, .42, 1 } },
    { { .1, .1, .45, .1, .84, .05, .72, .32, .55, .66, .4, 1 } },
    { { .12, .18, .12, .05 }, { .12, .06, .5, .06, .86, .05 },
      { .86, .05, .66, .38, .52, .7, .46, 1 } },
    { { .1, .08, .5, .06, .86, .05 }, { .86, .05, .66, .38, .5, .7, .42, 1 },
      { .34, .52, .55, .5, .8, .47 } } },
  {
    { { .76, .16, .5, 0, .25, .16, .42, .42, .76, .66, .72, .92, .45, 1, .2, .86, .28, .62,
      .58, .4, .78, .18 } },
    { { .5, .46, .26, .3, .3, .06, .56, 0, .76, .18, .52, .46, .22, .7, .28, .95, .6, 1,
      .8, .78, .52, .47 } } },
  {
    { { .76, .2, .52, .01, .22, .2, .27, .45, .55, .48, .77, .22 },
      { .78, .16, .76, .45, .68, .75, .6, 1 } },
    { { .78, .14, .48, .02, .2, .24, .34, .48, .62, .4, .78, .14, .8, .42, .72, .8, .45, 1,
      .2, .92 } } },
}

-- --- curves ------------------------------------------------------------------
--
-- A sample of a curve is a weighted sum of its stroke's points.

--- Adds a value to a point's weight. A point beyond an end of the stroke from `first` to `last` is
--- extrapolated from the last two: the curve is straight there.
local function add_weight(row, point, value, first, last)
  if point < first then
    add_weight(row, first, 2 * value, first, last)
    add_weight(row, first + 1, -value, first, last)
  elseif point > last then
    add_weight(row, last, 2 * value, first, last)
    add_weight(row, last - 1, -value, first, last)
  else
    row[point] = row[point] + value
  end
end

--- The weights of a stroke's points in the Catmull-Rom curve through them, at t (0 to the number of
--- its segments). Source: E. Catmull and R. Rom, "A class of local interpolating splines", 1974.
local function curve_weights(t, first, last)
  local row = {}
  for i = 1, POINTS do
    row[i] = 0.0
  end
  local segment = math.min(math.floor(t), last - first - 1)
  local u = t - segment
  local point = first + segment
  add_weight(row, point - 1, ((2 - u) * u - 1) * u / 2, first, last)
  add_weight(row, point, ((3 * u - 5) * u * u + 2) / 2, first, last)
  add_weight(row, point + 1, ((4 - 3 * u) * u + 1) * u / 2, first, last)
  add_weight(row, point + 2, (u - 1) * u * u / 2, first, last)
  return row
end

local function stroke_length(stroke)
  local length = 0
  for i = 3, #stroke, 2 do
    local dx, dy = stroke[i] - stroke[i - 2], stroke[i + 1] - stroke[i - 1]
    length = length + math.sqrt(dx * dx + dy * dy)
  end
  return length
end

--- Compiles a way of writing: SAMPLES rows of POINTS weights, and the points' x and y. Samples are
--- spread over the strokes by their lengths.
local function compile(strokes)
  local total, drawn = 0, 0
  for _, stroke in ipairs(strokes) do
    total = total + stroke_length(stroke)
  end
  local weights, x, y = {}, {}, {}
  for s, stroke in ipairs(strokes) do
    local first, last = #x + 1, #x + #stroke // 2
    for i = 1, #stroke, 2 do
      x[#x + 1], y[#y + 1] = stroke[i], stroke[i + 1]
    end
    drawn = drawn + stroke_length(stroke)
    local last_sample = s == #strokes and SAMPLES or math.floor(SAMPLES * drawn / total + 0.5)
    local samples = last_sample - #weights
    for i = 0, samples - 1 do
      weights[#weights + 1] = curve_weights((last - first) * i / (samples - 1), first, last)
    end
  end
  for i = #x + 1, POINTS do
    x[i], y[i] = 0.0, 0.0
  end
  return weights, x, y
end

--- Compiles all ways of all classes: weights (10 * WAYS, SAMPLES, POINTS), and x and y
--- (10 * WAYS, POINTS).
local function compile_all()
  local weights, x, y = {}, {}, {}
  for class = 0, 9 do
    for way = 0, WAYS - 1 do
      local i = #weights + 1
      weights[i], x[i], y[i] = compile(CLASSES[class][way % #CLASSES[class] + 1])
    end
  end
  return core.array(weights, "float32"), core.array(x, "float32"), core.array(y, "float32")
end

local WEIGHTS, POINTS_X, POINTS_Y -- compiled at the first drawing

-- --- drawing -----------------------------------------------------------------

--- A random number for each of n pictures, at most `width` from `middle`, of a triangular
--- distribution: the sum of two uniform ones.
local function spread(g, n, middle, width)
  return ((g:rand(n, 1) + g:rand(n, 1) - 1) * width + middle):astype "float32"
end

--- Draws the curves for n ways of writing (n): x and y in pixels, (n, SAMPLES) each.
local function curves(g, way)
  local n = #way
  local weights = WEIGHTS:take(way)
  local function wobble(points)
    local moved = points:take(way) + (g:rand(n, POINTS) - 0.5):astype "float32" * 0.18
    return (weights * moved:reshape(n, 1, POINTS)):sum(3) - 0.5
  end
  local u, v = wobble(POINTS_X), wobble(POINTS_Y)
  local bent_u = u + v * v * spread(g, n, 0, 0.5) + u * v * spread(g, n, 0, 0.5)
  local bent_v = v + u * u * spread(g, n, 0, 0.4) + u * v * spread(g, n, 0, 0.4)
  local slanted_u = bent_u - bent_v * spread(g, n, 0.2, 0.5)
  local turned_v = bent_v + bent_u * spread(g, n, 0, 0.25)
  local x = slanted_u * spread(g, n, 15, 6.5) + spread(g, n, 13.5, 2.5)
  local y = turned_v * spread(g, n, 18.5, 3.5) + spread(g, n, 13.5, 2.5)
  return x, y
end

local PIXELS = core.range(0, SIDE - 1):astype "float32"

--- The squared distance of each pixel from the nearest sample of its curve, (n, SIDE, SIDE).
local function squared_distance(x, y)
  local n = x.shape[1]
  local across = PIXELS - x.T:reshape(SAMPLES, n, 1)
  local down = PIXELS - y.T:reshape(SAMPLES, n, 1)
  across, down = across * across, down * down
  return (down:reshape(SAMPLES, n, SIDE, 1) + across:reshape(SAMPLES, n, 1, SIDE)):min(1)
end

--- Draws n pictures and their labels.
local function draw_block(g, n)
  local way = (g:rand(n) * (10 * WAYS)):astype "int64"
  local distance = squared_distance(curves(g, way + 1)):sqrt()
  local radius, softness = spread(g, n, 1.35, 0.7), spread(g, n, 1.1, 0.4)
  local ink = (radius:reshape(n, 1, 1) - distance) / softness:reshape(n, 1, 1) + 0.5
  local grain = 1 - (g:rand(n, SIDE, SIDE) * 0.15):astype "float32"
  return (ink:clip(0, 1) * grain * 255):astype "uint8", (way // WAYS):astype "uint8"
end

--- Draws pictures and labels in blocks.
local function draw_set(g, count)
  local pictures = core.zeros(count, SIDE, SIDE, "uint8")
  local labels = core.zeros(count, "uint8")
  for first = 1, count, BLOCK do
    local last = math.min(first + BLOCK - 1, count)
    pictures[{ { first, last } }], labels[{ { first, last } }] = draw_block(g, last - first + 1)
  end
  return pictures, labels
end

local digits = {
  VERSION = 1, -- of the drawing: the pictures of a seed may differ between versions
}

--- Draws digits, with MNIST's names, shapes and dtypes: pictures (n, 28, 28) and labels (n), all
--- uint8.
---@param seed integer  0 to 2^32 - 1
---@param train integer  number of pictures for training; MNIST has 60000
---@param test integer  number of pictures for testing; MNIST has 10000
---@return table<string, any> arrays  x_train, y_train, x_test, y_test
function digits.draw(seed, train, test)
  if not WEIGHTS then
    WEIGHTS, POINTS_X, POINTS_Y = compile_all()
  end
  local g = core.random(seed)
  local arrays = {}
  arrays.x_train, arrays.y_train = draw_set(g, train)
  arrays.x_test, arrays.y_test = draw_set(g, test)
  return arrays
end

return digits
