--- Strings for a terminal: in quotes as Lua reads them, or as the text that they are, without what
--- a terminal would obey.

local strings = {}

local NAMED = {
  ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\", ['"'] = '\\"',
}

local function hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("\\x%02X"):format(byte:byte())
  end))
end

local function code_point(bytes)
  return ("\\u{%X}"):format(utf8.codepoint(bytes))
end

-- U+2028 and U+2029, which break lines, and what turns the direction of writing.
local HIDDEN = {}
for _, range in ipairs { { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 } } do
  for code = range[1], range[2] do
    HIDDEN[utf8.char(code)] = code_point(utf8.char(code))
  end
end

--- Valid UTF-8, with its control characters as escapes: those of ASCII that `pattern` has, and
--- Unicode's others, U+0080 to U+009F, which terminals obey, too.
local function escape_valid(text, pattern)
  text = text:gsub(pattern, function(byte)
    return NAMED[byte] or hex(byte)
  end)
  if text:find "[\x80-\xff]" then
    text = text:gsub("\xc2[\x80-\x9f]", hex):gsub("\xe2[\x80\x81][\x80-\xbf]", HIDDEN)
  end
  return text
end

--- The same of any bytes: those that are no UTF-8 are escaped.
local function escape(text, pattern)
  local parts, at = {}, 1
  repeat
    local _, bad = utf8.len(text, at)
    parts[#parts + 1] = escape_valid(text:sub(at, (bad or 0) - 1), pattern)
    parts[#parts + 1] = bad and hex(text:sub(bad, bad))
    at = bad and bad + 1
  until not bad
  return table.concat(parts)
end

--- The first bytes of a text, whole characters as far as it is UTF-8; and how many were left out.
---@param text string
---@param most integer
---@return string
---@return integer
function strings.cut(text, most)
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
function strings.quoted(text)
  return '"' .. escape(text, '[%c"\\]') .. '"'
end

--- As the text that it is: line breaks and tabs are kept, other control characters shown.
---@param text string
---@return string
function strings.visible(text)
  return escape(text, "[^%C\n\t]")
end

--- The first line, shown likewise.
---@param text string
---@param most integer  in bytes: the rest is left out
---@return string
function strings.first_line(text, most)
  local line, left = strings.cut(text:match "^[^\r\n]*", most)
  return escape(line, "%c") .. (left > 0 and "..." or "")
end

--- How many columns a text takes, if each character takes one.
---@param text string
---@return integer
function strings.width(text)
  return utf8.len(text, 1, -1, true) or #text
end

return strings
