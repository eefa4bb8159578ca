--- Text without control characters, and its width on a terminal.
--
-- Names, titles and messages may come from untrusted files and scripts. These functions replace the
-- control characters of ASCII and of Unicode (U+0080 to U+009F), line separators, marks that change
-- the direction of writing, and bytes that are not UTF-8. src/core/base/printable.h does so in C.

local c_locale = require "perigee.util.c_locale"

local printable = {}

-- U+2028 and U+2029, which break lines, and marks that change the direction of writing.
local HIDDEN = {}
for _, range in ipairs {
  { 0x61c, 0x61c }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x206f }, { 0xfff9, 0xfffb },
} do
  for code = range[1], range[2] do
    HIDDEN[utf8.char(code)] = true
  end
end

--- Replaces characters in valid UTF-8.
local function replace_valid(text, pattern, replace)
  text = text:gsub(pattern, replace)
  if text:find "[\x80-\xff]" then
    local function hide(bytes)
      return HIDDEN[bytes] and replace(bytes) or nil
    end
    text = text:gsub("\xc2[\x80-\x9f]", replace):gsub("\xd8\x9c", hide)
      :gsub("\xe2[\x80\x81][\x80-\xbf]", hide):gsub("\xef\xbf[\xb9-\xbb]", hide)
  end
  return text
end

--- Replaces a text's control characters and the like.
---@param text string
---@param pattern string  of the characters of ASCII to replace
---@param replace fun(bytes: string): string
---@return string
function printable.replaced(text, pattern, replace)
  if not text:find "[\x80-\xff]" then
    return (text:gsub(pattern, replace))
  end
  local parts, at = {}, 1
  repeat
    local _, bad = utf8.len(text, at)
    parts[#parts + 1] = replace_valid(text:sub(at, (bad or 0) - 1), pattern, replace)
    parts[#parts + 1] = bad and replace(text:sub(bad, bad))
    at = bad and bad + 1
  until not bad
  return table.concat(parts)
end

--- A value as text, with question marks for control characters and the like.
---@param value any
---@return string
function printable.name(value)
  return (printable.replaced(c_locale.tostring(value), c_locale.CONTROL, function()
    return "?"
  end))
end

--- Tells if a text has control characters of ASCII or Unicode.
---@param text string
---@return boolean
function printable.has_control(text)
  return (text:find(c_locale.CONTROL) or text:find "\xc2[\x80-\x9f]") ~= nil
end

--- A blank for line breaks and tabs, a question mark for others.
local function blank_or_mark(bytes)
  return bytes:find "^[\t-\r]$" and " " or "?"
end

--- A value as text on one line: as `name`, with blanks for line breaks and tabs.
---@param value any
---@return string
function printable.line(value)
  return (printable.replaced(c_locale.tostring(value), c_locale.CONTROL, blank_or_mark))
end

--- A text of several lines: as `name`, with its line breaks and tabs.
---@param text string
---@return string
function printable.lines(text)
  return (printable.replaced(text, "[\0-\8\11-\31\127]", blank_or_mark))
end

-- --- columns ------------------------------------------------------------------------

-- Code points two columns wide, by East Asian Width and the emoji of Unicode 15.
local WIDE = {
  0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3,
  0x25fd, 0x25fe, 0x2614, 0x2615, 0x2648, 0x2653, 0x267f, 0x267f, 0x2693, 0x2693, 0x26a1, 0x26a1,
  0x26aa, 0x26ab, 0x26bd, 0x26be, 0x26c4, 0x26c5, 0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea,
  0x26f2, 0x26f3, 0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd, 0x2705, 0x2705, 0x270a, 0x270b,
  0x2728, 0x2728, 0x274c, 0x274c, 0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797,
  0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c, 0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x303e,
  0x3041, 0x4dbf, 0x4e00, 0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19,
  0xfe30, 0xfe6f, 0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x18dff, 0x1aff0, 0x1b2ff,
  0x1f004, 0x1f004, 0x1f0cf, 0x1f0cf, 0x1f18e, 0x1f18e, 0x1f191, 0x1f19a, 0x1f200, 0x1f320,
  0x1f32d, 0x1f335, 0x1f337, 0x1f37c, 0x1f37e, 0x1f393, 0x1f3a0, 0x1f3ca, 0x1f3cf, 0x1f3d3,
  0x1f3e0, 0x1f3f0, 0x1f3f4, 0x1f3f4, 0x1f3f8, 0x1f43e, 0x1f440, 0x1f440, 0x1f442, 0x1f4fc,
  0x1f4ff, 0x1f53d, 0x1f54b, 0x1f54e, 0x1f550, 0x1f567, 0x1f57a, 0x1f57a, 0x1f595, 0x1f596,
  0x1f5a4, 0x1f5a4, 0x1f5fb, 0x1f64f, 0x1f680, 0x1f6c5, 0x1f6cc, 0x1f6cc, 0x1f6d0, 0x1f6d2,
  0x1f6d5, 0x1f6d7, 0x1f6dc, 0x1f6df, 0x1f6eb, 0x1f6ec, 0x1f6f4, 0x1f6fc, 0x1f7e0, 0x1f7eb,
  0x1f7f0, 0x1f7f0, 0x1f90c, 0x1f93a, 0x1f93c, 0x1f945, 0x1f947, 0x1f9ff, 0x1fa70, 0x1faff,
  0x20000, 0x3fffd,
}

-- Code points without a width: marks above and below letters, and joiners. The marks of scripts
-- that are not listed count as one column: a line that is cut too early does not wrap.
local ZERO = {
  0x300, 0x36f, 0x483, 0x489, 0x591, 0x5bd, 0x610, 0x61a, 0x64b, 0x65f, 0x1ab0, 0x1aff,
  0x1dc0, 0x1dff, 0x200b, 0x200d, 0x20d0, 0x20ff, 0x302a, 0x302d, 0x3099, 0x309a, 0xfe20, 0xfe2f,
  0xfeff, 0xfeff,
}

--- Tells if a code point is in one of some sorted ranges.
local function is_within(ranges, code)
  local low, high = 1, #ranges // 2
  while low <= high do
    local middle = (low + high) // 2
    if code < ranges[2 * middle - 1] then
      high = middle - 1
    elseif code > ranges[2 * middle] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

--- The width of a line in columns, and the bytes of its beginning that fit into `most` columns.
local function measure(text, most)
  if not text:find "[\x80-\xff]" then
    return #text, math.min(#text, most)
  end
  local width, bytes, at = 0, 0, 1
  while at <= #text do
    local ends = utf8.len(text, at, at) and utf8.offset(text, 2, at) or at + 1
    local code = ends > at + 1 and utf8.codepoint(text, at) or 0 -- 0 for ASCII and wrong bytes
    width = width + (code < 0x300 and 1 or is_within(ZERO, code) and 0
      or is_within(WIDE, code) and 2 or 1)
    at = ends
    bytes = width <= most and at - 1 or bytes
  end
  return width, bytes
end

--- The width of a line on a terminal, in columns.
---@param text string
---@return integer
function printable.width(text)
  return (measure(text, 0))
end

--- Cuts a line to a width.
---@param text string
---@param columns integer
---@param ending? string  ends a line that was cut; ASCII, "" by default
---@return string
function printable.cut(text, columns, ending)
  local width, bytes = measure(text, columns)
  if width <= columns then
    return text
  end
  ending = (ending or ""):sub(1, math.max(0, columns))
  if ending ~= "" then
    bytes = select(2, measure(text, columns - #ending))
  end
  return text:sub(1, bytes) .. ending
end

return printable
