--- pg.show: pictures in the terminal, as blocks of colour, or characters of different brightness.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"
local pixels = require "perigee.image.pixels"
local terminal = require "perigee.util.terminal"
local printable = require "perigee.util.printable"

local show = {}

local GAP = 2 -- characters between two pictures
local WIDTH = 80 -- characters, where the terminal's size is not known
local LEAST_LINES = 48 -- also of a terminal that has fewer
local LINES_OF_FILE = 200
local THUMBNAIL = 14 -- pixels: the least width to which a sheet's pictures are reduced

-- --- options ---------------------------------------------------------------------------

--- A list of texts and numbers, or an array; a single text or number becomes a list.
local labels_kind = {
  expected = "an array, or a list of numbers or texts",
  read = function(value)
    if type(value) == "string" or type(value) == "number" then
      return { value }
    end
    return (type(value) == "table" or types.is_array(value)) and value or nil
  end,
}

local KINDS = collections.merge(pixels.KINDS, {
  labels = labels_kind,
  rows = schema.integer(1),
  width = schema.integer(1, 100000),
})

-- --- labels ----------------------------------------------------------------------------

--- Formats the first labels.
local function label_texts(labels, count)
  local list, texts = types.is_array(labels) and labels:rows(1, count):tolist() or labels, {}
  for i = 1, count do
    local label = list[i]
    local kind = type(label)
    if kind == "number" then
      texts[i] = c_locale.format(math.tointeger(label) and "%d" or "%.4g", label)
    elseif kind == "string" or kind == "boolean" then
      texts[i] = printable.name(label)
    else
      errors.fail("labels must be numbers or texts, not a " .. kind)
    end
  end
  return texts
end

--- Centres a text in a number of columns; cuts a longer one.
local function centre(text, width)
  text = printable.cut(text, width)
  local columns = printable.width(text)
  local left = (width - columns) // 2
  return (" "):rep(left) .. text .. (" "):rep(width - columns - left)
end

-- --- colours ---------------------------------------------------------------------------

--- Blends alpha with black.
local function opaque(pictures)
  local channels = pictures.shape[4]
  if channels % 2 == 1 then
    return pictures
  end
  local alpha = pictures[{ {}, {}, {}, { channels, channels } }]:astype "float64" / 255
  return (pictures[{ {}, {}, {}, { 1, channels - 1 } }] * alpha):round():astype "uint8"
end

-- The weights of red, green and blue in the luma (ITU-R BT.601).
local LUMA = core.array { 0.299, 0.587, 0.114 }

--- The escape code of a colour behind "38;" for the foreground, or "48;" for the background.
local function true_colour(pixel)
  local r, g, b = pixel[1], pixel[2] or pixel[1], pixel[3] or pixel[1]
  return ("2;%d;%d;%d"):format(r, g, b)
end

--- The 256 colours of xterm: a cube of six levels of red, green and blue, from 16 on, and 24 greys,
--- from 232 on.
local LEVELS = { [0] = 0, 95, 135, 175, 215, 255 }
local CUBE, GREYS, LEAST_GREY, GREY_STEP = 16, 232, 8, 10

local function nearest_level(value)
  local best = 0
  for i = 1, 5 do
    if math.abs(LEVELS[i] - value) < math.abs(LEVELS[best] - value) then
      best = i
    end
  end
  return best
end

--- The squared distance of two colours.
local function distance(pixel, r, g, b)
  return (pixel[1] - r) ^ 2 + (pixel[2] - g) ^ 2 + (pixel[3] - b) ^ 2
end

--- The number of the nearest colour; a grey that is equally near wins.
local function number_of_256(pixel)
  local r, g, b = nearest_level(pixel[1]), nearest_level(pixel[2]), nearest_level(pixel[3])
  local mean = (pixel[1] + pixel[2] + pixel[3]) / 3
  local step = math.max(0, math.min(23, math.floor((mean - LEAST_GREY) / GREY_STEP + 0.5)))
  local level = LEAST_GREY + GREY_STEP * step
  if distance(pixel, level, level, level) <= distance(pixel, LEVELS[r], LEVELS[g], LEVELS[b]) then
    return GREYS + step
  end
  return CUBE + 36 * r + 6 * g + b
end

--- A function that returns a pixel's escape code, and caches it by colour.
local function palette_of_256()
  local cache = {}
  return function(pixel)
    local r, g, b = pixel[1], pixel[2] or pixel[1], pixel[3] or pixel[1]
    local key = r << 16 | g << 8 | b
    cache[key] = cache[key] or "5;" .. number_of_256 { r, g, b }
    return cache[key]
  end
end

-- --- drawing ---------------------------------------------------------------------------

local UPPER_HALF, RESET = "▀", "\27[0m"

--- Draws two rows of pixels as one line; the lower row may be missing. A colour is set where it
--- changes. Two pixels of the same colour are a blank, which has no seam.
local function half_block_line(upper, lower, code)
  local parts, front, back = {}, nil, nil
  for x, pixel in ipairs(upper) do
    local above, below = code(pixel), lower and code(lower[x])
    local codes = {}
    if above ~= below and above ~= front then
      codes[1], front = "38;" .. above, above
    end
    if below ~= back then
      codes[#codes + 1], back = "48;" .. below, below
    end
    parts[#parts + 1] = #codes > 0 and "\27[" .. table.concat(codes, ";") .. "m" or ""
    parts[#parts + 1] = above == below and " " or UPPER_HALF
  end
  parts[#parts + 1] = RESET
  return table.concat(parts)
end

--- A function that draws rows of pixels as half blocks. `code` returns a pixel's escape code.
local function half_blocks(code)
  return function(rows)
    local lines = {}
    for y = 1, #rows, 2 do
      lines[#lines + 1] = half_block_line(rows[y], rows[y + 1], code)
    end
    return lines
  end
end

--- A function that draws each pixel as two characters; `levels` go from dark to bright.
local function characters(levels)
  return function(rows)
    local lines = {}
    for y, row in ipairs(rows) do
      local parts = {}
      for x, pixel in ipairs(row) do
        parts[x] = levels[pixel[1] * #levels // 256 + 1]:rep(2)
      end
      lines[y] = table.concat(parts)
    end
    return lines
  end
end

--- Ways of drawing pixels: the characters that a pixel takes `across`, the pixels in a line `down`,
--- and `drawer`, which makes a function that draws a picture's rows as lines.
local PALETTES = {
  true_colour = {
    across = 1, down = 2,
    drawer = function() return half_blocks(true_colour) end,
  },
  ["256"] = {
    across = 1, down = 2,
    drawer = function() return half_blocks(palette_of_256()) end,
  },
  shades = {
    across = 2, down = 1, is_grey = true,
    drawer = function() return characters { " ", "░", "▒", "▓", "█" } end,
  },
  ascii = {
    across = 2, down = 1, is_grey = true,
    drawer = function()
      return characters { " ", ".", ":", "-", "=", "+", "*", "#", "%", "@" }
    end,
  },
}

-- --- layout ----------------------------------------------------------------------------

--- Scales a height and a width by a factor, to whole pixels and at most the room `across` and
--- `down`.
local function fitted(height, width, factor, across, down)
  factor = math.min(factor, across / width, down / height)
  return math.max(1, math.floor(height * factor + 0.5)),
    math.max(1, math.floor(width * factor + 0.5))
end

--- The number of pictures of a size side by side, and the number of rows of pictures.
local function room_for(height, width, options, surface, palette)
  local columns = options.columns
    or math.max(1, (surface.width + GAP) // (width * palette.across + GAP))
  local lines = (height + palette.down - 1) // palette.down + 1
  return columns, options.rows or math.max(1, (surface.lines + 1) // lines)
end

--- The width of a column of pictures in pixels.
local function column_width(options, surface, palette)
  if not options.columns then
    return surface.width // palette.across
  end
  local width = ((surface.width + GAP) // options.columns - GAP) // palette.across
  if width < 1 then
    errors.fail("columns = %d: there is no room for so many in %d characters", options.columns,
      surface.width)
  end
  return width
end

--- The size of a sheet's pictures: reduced until all fit, but not below a thumbnail's width.
local function sheet_size(n, height, width, options, surface, palette)
  local across = column_width(options, surface, palette)
  if options.scale or options.columns then
    return fitted(height, width, options.scale or 1, across, math.huge)
  end
  local divisor = 1
  while true do
    local h, w = fitted(height, width, 1 / divisor, across, math.huge)
    local columns, rows = room_for(h, w, options, surface, palette)
    if columns * rows >= n or width // (divisor + 1) < THUMBNAIL then
      return h, w
    end
    divisor = divisor + 1
  end
end

--- The size of the pictures as drawn, the number side by side, and the number in all.
local function layout(pictures, is_batch, options, surface)
  local n, height, width = table.unpack(pictures.shape)
  local palette = PALETTES[surface.palette]
  if not is_batch then
    local down = options.scale and math.huge or surface.lines * palette.down
    local h, w = fitted(height, width, options.scale or 1, surface.width // palette.across, down)
    return { height = h, width = w, columns = 1, count = 1 }
  end
  local h, w = sheet_size(n, height, width, options, surface, palette)
  local columns, rows = room_for(h, w, options, surface, palette)
  return { height = h, width = w, columns = columns, count = math.min(n, columns * rows) }
end

--- Adds a line without the blanks at its end. With colours it ends in an escape code, not a blank.
local function add_line(lines, parts)
  lines[#lines + 1] = table.concat(parts, (" "):rep(GAP)):gsub(" +$", "")
end

--- Adds the lines of pictures `first` to `last`, side by side, and their labels.
local function add_row(lines, drawn, labels, first, last, width)
  for y = 1, #drawn[first] do
    local parts = {}
    for i = first, last do
      parts[#parts + 1] = drawn[i][y]
    end
    add_line(lines, parts)
  end
  if labels then
    local parts = {}
    for i = first, last do
      parts[#parts + 1] = centre(labels[i], width)
    end
    add_line(lines, parts)
  end
end

--- Draws pictures and their labels as lines of text.
local function lines_of(pictures, labels, plan, palette)
  local lines, drawn, draw = {}, {}, palette.drawer()
  for i, rows in ipairs(pictures:tolist()) do
    drawn[i] = draw(rows)
  end
  for first = 1, #drawn, plan.columns do
    if first > 1 and not labels then
      lines[#lines + 1] = ""
    end
    add_row(lines, drawn, labels, first, math.min(#drawn, first + plan.columns - 1),
      plan.width * palette.across)
  end
  return lines
end

--- Draws an array as text.
---@param a perigee.like
---@param options? table  those of pg.show
---@param surface { palette: string, width: integer, lines: integer }  `palette` is "true_colour",
---   "256", "shades" or "ascii"; `width` is in characters
---@return string
function show.text(a, options, surface)
  options = pixels.options(options, KINDS, "show")
  local pictures, is_batch = pixels.pictures(a, options)
  local n, dtype, palette = #pictures, pictures.dtype, PALETTES[surface.palette]
  if options.width then
    surface = { palette = surface.palette, width = options.width, lines = surface.lines }
  end
  local labels = options.labels
  if labels and types.is_array(labels) and labels.ndim ~= 1 then
    errors.fail("labels are (n), one for each picture, not %s", labels.shape)
  elseif labels and #labels ~= n then
    errors.fail("%d labels for %d pictures", #labels, n)
  end
  local plan = layout(pictures, is_batch, options, surface)
  local shown = pixels.resized(pictures:rows(1, plan.count), plan.height, plan.width)
  shown = opaque(pixels.bytes(shown, dtype, options))
  if palette.is_grey and shown.shape[4] > 1 then
    shown = (shown * LUMA):sum(4, true):round():astype "uint8"
  end
  local lines = lines_of(shown, labels and label_texts(labels, plan.count), plan, palette)
  if plan.count < n then
    lines[#lines + 1] = ("... %d more"):format(n - plan.count)
  end
  return table.concat(lines, "\n") .. "\n"
end

--- The surface of standard output.
local function surface_of_output()
  local width, height = terminal.size(1)
  width = (width or WIDTH) - 1 -- a full line makes some terminals add one
  if not terminal.is_terminal(1) then
    return { palette = "ascii", width = width, lines = LINES_OF_FILE }
  end
  local colours, palette = terminal.colours(1), "ascii"
  if terminal.is_utf8() then
    palette = colours == terminal.TRUE_COLOUR and "true_colour" or colours == 256 and "256"
      or "shades"
  end
  return { palette = palette, width = width, lines = math.max((height or 0) - 2, LEAST_LINES) }
end

--- Shows an array as a picture in the terminal, or a batch as a sheet of pictures.
---
--- A picture is (height, width) of grey values, or (height, width, channels) with 2 (grey, alpha),
--- 3 (red, green, blue) or 4 channels (with alpha); alpha is blended with black. A batch has one
--- more axis, in front. A last axis of up to 4 counts as channels. A vector, or a matrix of
--- flattened pictures, needs `size`: `pg.show(x, { size = {28, 28} })`.
---
--- uint8 goes from 0 (black) to 255 (white), bool from false to true, other dtypes from the least
--- number in the picture to the greatest; NaN is shown as the least. Colours depend on the
--- terminal; without any, or if `NO_COLOR` is set, characters stand for brightness. A picture that
--- is wider than the terminal is averaged down. The pictures of a batch are averaged down to as
--- little as 14 pixels, so that as many as possible fit; the last line gives the number of the
--- others.
---
---     pg.show({{0, 1, 0}, {1, 0, 1}})
---     -->   @@
---     --> @@  @@
---     pg.show(data.x_train:rows(1, 20), {labels = data.y_train:rows(1, 20)})
---     pg.show(m.weights.W1:reshape(-1, 28, 28), {each = true})
---@param a perigee.like
---@param options? table  labels (an array or a list, shown under the pictures); size ({height,
---   width}, of flattened pictures); low (the number of black); high (the number of white);
---   each = false (or true: each picture goes from its own least number to its own greatest);
---   map = "grey" (or "diverging": blue below 0, black at 0, red above);
---   columns (pictures side by side); rows (rows of pictures); scale = 1 (2 doubles the size);
---   width (of the terminal, in characters)
function show.show(a, options)
  local text, message = errors.try(show.text, a, options, surface_of_output())
  if not text then
    errors.raise(errors.prefixed("show", message))
  end
  print((text:gsub("\n$", "")))
end

return show
