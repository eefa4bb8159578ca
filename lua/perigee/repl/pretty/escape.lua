--- Strings made safe for a terminal: control characters become escapes.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"

local escape = {}

local NAMED = {
  ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\", ['"'] = '\\"',
}

--- The escape of a character as Lua reads it: "\n", "\x1B", "\u{202E}".
local function escaped(bytes)
  if NAMED[bytes] then
    return NAMED[bytes]
  elseif bytes:find "^\xe2" and #bytes > 1 then
    return ("\\u{%X}"):format(utf8.codepoint(bytes))
  end
  return (bytes:gsub(".", function(byte)
    return ("\\x%02X"):format(byte:byte())
  end))
end

--- The first bytes of a text, cut between characters if it is UTF-8.
---@param text string
---@param most integer  bytes
---@return string
---@return integer left  the number of bytes that were cut off
function escape.cut(text, most)
  if #text <= most then
    return text, 0
  end
  local last = most
  while last > most - 3 and last > 0 and text:find("^[\x80-\xbf]", last + 1) do
    last = last - 1
  end
  if text:find("^[\x80-\xbf]", last + 1) then -- no character is so long
    last = most
  end
  return text:sub(1, last), #text - last
end

--- A string in quotes, as Lua reads it.
---@param text string
---@return string
function escape.quoted(text)
  return '"' .. printable.replaced(text, '[\0-\31\127"\\]', escaped) .. '"'
end

--- A text whose line breaks and tabs stay, and whose other control characters become escapes.
---@param text string
---@return string
function escape.visible(text)
  return printable.replaced(text, "[\0-\8\11-\31\127]", escaped)
end

--- The first line of a text, with escapes for all control characters.
---@param text string
---@param most integer  bytes; "..." stands for the rest
---@return string
function escape.first_line(text, most)
  local line, left = escape.cut(text:match "^[^\r\n]*", most)
  return printable.replaced(line, c_locale.CONTROL, escaped) .. (left > 0 and "..." or "")
end

escape.width = printable.width

return escape
