--- A lexer for Lua that accepts unfinished text.
--
-- Bytes that no token begins with become tokens of the kind "invalid". Source: the Lua 5.4 manual,
-- section 3.1.

local collections = require "perigee.util.collections"

local lexer = {}

--- Lua's keywords, sorted.
lexer.KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

--- Lua's keywords, as a set.
lexer.IS_KEYWORD = collections.set(lexer.KEYWORDS)

-- Longer operators come first.
local OPERATORS = {
  "^%.%.%.", "^<<", "^>>", "^//", "^==", "^~=", "^<=", "^>=", "^::", "^%.%.",
  "^[-+*/%%^#&~|<>=(){}%[%];:,.]",
}

--- The last byte of a long bracket; false if it is not closed, nil if there is none.
local function long_bracket_end(text, first)
  local level = text:match("^%[(=*)%[", first)
  if not level then
    return nil
  end
  local _, last = text:find("]" .. level .. "]", first + #level + 2, true)
  return last or false
end

--- The last byte of a quoted string; nil and the end of its line if it is not closed.
local function quoted_string_end(text, first)
  local quote, at = text:sub(first, first), first + 1
  while true do
    at = text:find("[\\\n" .. quote .. "]", at)
    local found = at and text:sub(at, at)
    if found == quote then
      return at
    elseif found ~= "\\" then
      return nil, at and at - 1
    end
    local _, skipped = text:find("^\\z%s*", at) -- \z continues the string on the next line
    at = (skipped or at + 1) + 1
  end
end

local function number_end(text, first)
  local exponent = text:find("^0[xX]", first) and "[pP]" or "[eE]"
  local last = first - 1
  repeat
    local _, more = text:find("^[%w.]*", last + 1)
    local grew = more > last
    last = more
    local sign = grew and text:find("^[-+]", last + 1) and text:find("^" .. exponent, last)
    last = sign and last + 1 or last
  until not sign
  return last
end

--- The kind and the last byte of the token at `first`; and true if it is not closed.
local function token_at(text, first)
  local _, last = text:find("^[%a_][%w_]*", first)
  if last then
    return lexer.IS_KEYWORD[text:sub(first, last)] and "keyword" or "name", last
  elseif text:find("^%-%-", first) then
    last = long_bracket_end(text, first + 2)
    if last == nil then
      local newline = text:find("\n", first, true)
      last = newline and newline - 1
    end
    return "comment", last or #text, not last
  elseif text:find("^[\"']", first) then
    local line_end
    last, line_end = quoted_string_end(text, first)
    return "string", last or line_end or #text, not last
  end
  last = long_bracket_end(text, first)
  if last ~= nil then
    return "string", last or #text, not last
  elseif text:find("^%.?%d", first) then
    return "number", number_end(text, first)
  end
  for _, pattern in ipairs(OPERATORS) do
    _, last = text:find(pattern, first)
    if last then
      return "operator", last
    end
  end
  return "invalid", first
end

---@class perigee.repl.token
---@field kind "name"|"keyword"|"number"|"string"|"operator"|"comment"|"invalid"
---@field text string  as written, with its quotes
---@field first integer  its first byte in the text
---@field last integer  its last byte
---@field open? boolean  true for a string or comment that is not closed

--- All tokens of a text but its comments.
---@param text string
---@return perigee.repl.token[]
---@return boolean in_comment  the text ends in a comment that is not closed
function lexer.tokens(text)
  local tokens, at, in_comment = {}, text:find "%S", false
  while at do
    local kind, last, open = token_at(text, at)
    if kind == "comment" then
      in_comment = open
    else
      tokens[#tokens + 1] = { kind = kind, first = at, last = last, open = open,
        text = text:sub(at, last) }
    end
    at = text:find("%S", last + 1)
  end
  return tokens, in_comment
end

--- Tells if a token is a keyword or operator.
---@param token? perigee.repl.token
---@param text string
---@return boolean
function lexer.is(token, text)
  return token ~= nil and token.kind ~= "string" and token.text == text
end

return lexer
