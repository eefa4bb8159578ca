--- Pictures in the terminal: blocks of colour, or characters that are more or less dark.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"
local image = require "perigee.image.pixels"
local terminal = require "perigee.util.terminal"
local printable = require "perigee.util.printable"

local show = {}

local GAP = 2 -- characters between two pictures
local WIDTH = 80 -- characters, where the terminal's size is not known
local LINES = 48 -- at least: so many are shown even where the terminal is lower
local LINES_OF_FILES = 200
local THUMB = 14 -- pixels: a sheet's pictures are not made smaller for others to fit

-- --- options ---------------------------------------------------------------------------

--- A list of texts and numbers, or an array; or one of them, under one picture.
local labels_kind = {
  expected = "an array, or a list of numbers or texts",
  read = function(value)
    if type(value) == "string" or type(value) == "number" then
      return { value }
    end
    return (type(value) == "table" or types.is_array(value)) and value or nil
  end,
}

local KINDS = collections.merge(image.KINDS, {
  labels = labels_kind,
  rows = schema.integer(1),
  width = schema.integer(1, 100000),
})

-- --- labels ----------------------------------------------------------------------------

local function check_labels(labels, n)
  if labels and types.is_array(labels) and labels.ndim ~= 1 then
    error(("labels are (n), one for each picture, not %s"):format(labels.shape), 0)
  elseif labels and #labels ~= n then
    error(("%d labels for %d pictures"):format(#labels, n), 0)
  end
end

local function label_text(label)
  local kind = type(label)
  if kind == "number" then
    local integer = math.tointeger(label)
    return integer and tostring(integer) or c_locale.format("%.4g", label)
  elseif kind == "string" or kind == "boolean" then
    return printable.name(label)
  end
  error("labels must be numbers or texts, not a " .. kind, 0)
end

--- The first labels, as texts.
local function label_texts(labels, count)
  local list = types.is_array(labels) and labels:rows(1, count):tolist() or labels
  local found = {}
  for i = 1, count do
    found[i] = label_text(list[i])
  end
  return found
end

--- A text in the middle of so many columns; what is longer is cut.
local function centred(text, width)
  text = printable.cut(text, width)
  local columns = printable.width(text)
  local left = (width - columns) // 2
  return (" "):rep(left) .. text .. (" "):rep(width - columns - left)
end

-- --- colours ---------------------------------------------------------------------------

--- Colour pictures as others: alpha on black.
local function opaque(pictures)
  local samples = pictures.shape[4]
  if samples % 2 == 1 then
    return pictures
  end
  local alpha = pictures[{ {}, {}, {}, { samples, samples } }]:astype "float64" / 255
  return (pictures[{ {}, {}, {}, { 1, samples - 1 } }] * alpha):round():astype "uint8"
end

-- How bright red, green and blue are to the eye (ITU-R BT.601).
local BRIGHTNESS = core.array { 0.299, 0.587, 0.114 }

local function grey(pictures)
  return pictures.shape[4] == 1 and pictures
    or (pictures * BRIGHTNESS):sum(4, true):round():astype "uint8"
end

local function true_colour(pixel)
  local r, g, b = pixel[1], pixel[2] or pixel[1], pixel[3] or pixel[1]
  return ("2;%d;%d;%d"):format(r, g, b)
end

--- The 256 colours that terminals agree on: a cube of six levels each of red, green and blue, from
--- 16 on, and 24 greys from 232 on.
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

local function distance(pixel, r, g, b)
  return (pixel[1] - r) ^ 2 + (pixel[2] - g) ^ 2 + (pixel[3] - b) ^ 2
end

--- The number of the colour that is nearest; of the same grey, the ramp's.
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

--- A function that gives a pixel's code, and remembers it.
local function palette_of_256()
  local known = {}
  return function(pixel)
    local r, g, b = pixel[1], pixel[2] or pixel[1], pixel[3] or pixel[1]
    local key = r << 16 | g << 8 | b
    known[key] = known[key] or "5;" .. number_of_256 { r, g, b }
    return known[key]
  end
end

-- --- drawing ---------------------------------------------------------------------------

local UPPER_HALF, RESET = "▀", "\27[0m"

--- One line: two rows of pixels, the lower of which may be missing. A colour is only said where it
--- changes, and where both are the same a blank shows it without a seam.
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

local function half_blocks(code)
  return function(rows)
    local lines = {}
    for y = 1, #rows, 2 do
      lines[#lines + 1] = half_block_line(rows[y], rows[y + 1], code)
    end
    return lines
  end
end

--- Each pixel as two of the characters, which go from dark to bright.
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

--- How pixels are drawn, by what is to be had: how many characters one takes, how many stand above
--- each other in a line, and what draws a picture's rows as lines.
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

--- A height and a width times the factor, in whole pixels, and no larger than there is room for.
local function fitted(height, width, factor, across, down)
  factor = math.min(factor, across / width, down / height)
  return math.max(1, math.floor(height * factor + 0.5)),
    math.max(1, math.floor(width * factor + 0.5))
end

--- How many pictures of that size are side by side, and how many rows of them there are.
local function room_for(height, width, options, surface, palette)
  local columns = options.columns
    or math.max(1, (surface.width + GAP) // (width * palette.across + GAP))
  local lines = (height + palette.down - 1) // palette.down + 1
  return columns, options.rows or math.max(1, (surface.lines + 1) // lines)
end

--- The pixels from side to side that each of several columns has.
local function column_width(options, surface, palette)
  if not options.columns then
    return surface.width // palette.across
  end
  local pixels = ((surface.width + GAP) // options.columns - GAP) // palette.across
  if pixels < 1 then
    error(("columns = %d: there is no room for so many in %d characters"):format(options.columns,
      surface.width), 0)
  end
  return pixels
end

--- As large as they are, if all fit; else smaller, down to thumbnails.
local function sheet_size(n, height, width, options, surface, palette)
  local across = column_width(options, surface, palette)
  if options.scale or options.columns then
    return fitted(height, width, options.scale or 1, across, math.huge)
  end
  local divisor = 1
  while true do
    local h, w = fitted(height, width, 1 / divisor, across, math.huge)
    local columns, rows = room_for(h, w, options, surface, palette)
    if columns * rows >= n or width // (divisor + 1) < THUMB then
      return h, w
    end
    divisor = divisor + 1
  end
end

--- What is drawn of the pictures: their size, how many there are side by side and in all.
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

--- A line without the blanks at its end; where there are colours, they are part of it.
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
      parts[#parts + 1] = centred(labels[i], width)
    end
    add_line(lines, parts)
  end
end

--- The pictures' bytes as lines of text.
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

--- What is shown of an array, as text.
---@param a perigee.like
---@param options? table  as pg.show has them
---@param surface { palette: string, width: integer, lines: integer }  what there is to draw with:
---   "true_colour", "256", "shades" or "ascii", on so many characters by so many lines
---@return string
function show.text(a, options, surface)
  options = image.options(options, KINDS, "show")
  local pictures, is_batch = image.pictures(a, options)
  local n, dtype, palette = #pictures, pictures.dtype, PALETTES[surface.palette]
  if options.width then
    surface = { palette = surface.palette, width = options.width, lines = surface.lines }
  end
  check_labels(options.labels, n)
  local plan = layout(pictures, is_batch, options, surface)
  local shown = image.resized(pictures:rows(1, plan.count), plan.height, plan.width)
  shown = opaque(image.bytes(shown, dtype, options))
  shown = palette.is_grey and grey(shown) or shown
  local labels = options.labels and label_texts(options.labels, plan.count)
  local lines = lines_of(shown, labels, plan, palette)
  if plan.count < n then
    lines[#lines + 1] = ("... %d more"):format(n - plan.count)
  end
  return table.concat(lines, "\n") .. "\n"
end

--- What standard output can show.
local function surface_of_output()
  local width, height = terminal.size(1)
  local colours, palette = terminal.colours(1), "ascii"
  if terminal.is_terminal(1) and terminal.is_utf8() then
    palette = colours == terminal.TRUE_COLOUR and "true_colour" or colours == 256 and "256"
      or "shades"
  end
  return {
    palette = palette,
    width = (width or WIDTH) - 1, -- a full line makes some terminals add one
    lines = not terminal.is_terminal(1) and LINES_OF_FILES or math.max((height or 0) - 2, LINES),
  }
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
    errors.raise("show: " .. message:gsub("^show: ", ""))
  end
  print((text:gsub("\n$", "")))
end

return show
