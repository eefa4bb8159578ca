--- Strings for a terminal: in quotes as Lua reads them, or as the text that they are, without what
--- a terminal would obey.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"

local escape = {}

local NAMED = {
  ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\", ['"'] = '\\"',
}

local function hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("\\x%02X"):format(byte:byte())
  end))
end

--- As an escape that Lua reads: "\n", "\x1B", "\u{202E}".
local function escaped(bytes)
  local is_separator = bytes:find "^\xe2" and #bytes > 1
  return NAMED[bytes] or is_separator and ("\\u{%X}"):format(utf8.codepoint(bytes)) or hex(bytes)
end

--- The first bytes of a text, whole characters as far as it is UTF-8; and how many were left out.
---@param text string
---@param most integer
---@return string
---@return integer
function escape.cut(text, most)
  if #text <= most then
    return text, 0
  end
  local last = most
  while last > most - 3 and last > 0 and text:find("^[\x80-\xbf]", last + 1) do
    last = last - 1
  end
  if text:find("^[\x80-\xbf]", last + 1) then -- no character is as long
    last = most
  end
  return text:sub(1, last), #text - last
end

--- In quotes: what Lua reads as the same string.
---@param text string
---@return string
function escape.quoted(text)
  return '"' .. printable.replaced(text, '[\0-\31\127"\\]', escaped) .. '"'
end

--- As the text that it is: line breaks and tabs are kept, other control characters shown.
---@param text string
---@return string
function escape.visible(text)
  return printable.replaced(text, "[\0-\8\11-\31\127]", escaped)
end

--- The first line, shown likewise.
---@param text string
---@param most integer  in bytes: the rest is left out
---@return string
function escape.first_line(text, most)
  local line, left = escape.cut(text:match "^[^\r\n]*", most)
  return printable.replaced(line, c_locale.CONTROL, escaped) .. (left > 0 and "..." or "")
end

escape.width = printable.width

return escape
