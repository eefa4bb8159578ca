--- String literals: the value of one that is being typed, and text as one holds it.

local printable = require "perigee.util.printable"

local string_literal = {}

local ESCAPES = { n = "\n", t = "\t" }

--- The value of a string that is not closed.
---@param token perigee.repl.token
---@return string
---@return string? quote  the mark that closes it; nil for long brackets
---@return integer first  the byte of the text that its content begins with
function string_literal.read(token)
  local level, text = token.text:match "^%[(=*)%[(.*)$"
  if level then
    return text, nil, token.first + #level + 2
  end
  text = token.text:sub(2):gsub("\\(%d%d?%d?)", function(code)
    return tonumber(code) < 256 and string.char(tonumber(code)) or nil
  end):gsub("\\(%D)", function(letter)
    return ESCAPES[letter] or letter
  end)
  return text, token.text:sub(1, 1), token.first + 1
end

--- A text as it is written between quotes, or between long brackets.
---@param text string
---@param quote? string  nil for long brackets
---@return string?  # nil for text that long brackets cannot hold in a form that can be shown
function string_literal.written(text, quote)
  if not quote then
    return printable.name(text) == text and text or nil
  end
  return (printable.replaced(text, ("[\0-\31\127\\%s]"):format(quote), function(bytes)
    if bytes == quote or bytes == "\\" then
      return "\\" .. bytes
    end
    return (bytes:gsub(".", function(byte)
      return ("\\%03d"):format(byte:byte())
    end))
  end))
end

return string_literal
