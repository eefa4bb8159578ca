--- Lua's text as tokens: enough to see where a completion stands, and which locals a chunk has.
--
-- It takes anything: what is no Lua is a token, too. Source: the Lua 5.4 manual, section 3.1.

local schema = require "perigee.util.schema"

local lexer = {}

--- Lua's keywords, in order.
lexer.KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

local IS_KEYWORD = schema.set(lexer.KEYWORDS)

-- The longest first.
local OPERATORS = {
  "^%.%.%.", "^<<", "^>>", "^//", "^==", "^~=", "^<=", "^>=", "^::", "^%.%.",
  "^[-+*/%%^#&~|<>=(){}%[%];:,.]",
}

--- The end of a long bracket whose opening one ends before `from`; nil where it is not closed.
local function end_of_long(text, level, from)
  local _, last = text:find("]" .. level .. "]", from, true)
  return last
end

--- The end of a string in quotes that begins at `first`; where it is not closed, nil and the end
--- of its line, if that ends.
local function end_of_quoted(text, first)
  local quote, at = text:sub(first, first), first + 1
  while true do
    at = text:find("[\\\n" .. quote .. "]", at)
    local found = at and text:sub(at, at)
    if found == quote then
      return at
    elseif found ~= "\\" then
      return nil, at and at - 1
    end
    local _, skipped = text:find("^\\z%s*", at) -- \z goes on in the next line
    at = (skipped or at + 1) + 1
  end
end

--- A token of which the end may be missing: then it reaches to the end of the text, or, in quotes,
--- of the line.
local function to_the_end(text, kind, first, last, otherwise)
  return { kind = kind, first = first, last = last or otherwise or #text, open = not last }
end

local function comment_at(text, first)
  local level = text:match("^%-%-%[(=*)%[", first)
  if level then
    return to_the_end(text, "comment", first, end_of_long(text, level, first + 4 + #level))
  end
  local last = text:find("\n", first, true)
  return { kind = "comment", first = first, last = last and last - 1 or #text, open = not last }
end

local function string_at(text, first)
  local level = text:match("^%[(=*)%[", first)
  if level then
    return to_the_end(text, "string", first, end_of_long(text, level, first + 2 + #level))
  end
  local last, line_end = end_of_quoted(text, first)
  return to_the_end(text, "string", first, last, line_end)
end

local function number_at(text, first)
  local exponent, last = text:find("^0[xX]", first) and "[pP]", first - 1
  exponent = exponent or "[eE]"
  repeat
    local _, more = text:find("^[%w.]*", last + 1)
    local grew = more > last
    last = more
    local sign = grew and text:find("^[-+]", last + 1) and text:find("^" .. exponent, last)
    last = sign and last + 1 or last
  until not sign
  return { kind = "number", first = first, last = last }
end

local function operator_at(text, first)
  for _, pattern in ipairs(OPERATORS) do
    local _, last = text:find(pattern, first)
    if last then
      return { kind = "operator", first = first, last = last }
    end
  end
  return { kind = "invalid", first = first, last = first }
end

local function token_at(text, first)
  local _, last = text:find("^[%a_][%w_]*", first)
  if last then
    local kind = IS_KEYWORD[text:sub(first, last)] and "keyword" or "name"
    return { kind = kind, first = first, last = last }
  elseif text:find("^%-%-", first) then
    return comment_at(text, first)
  elseif text:find("^[\"']", first) or text:find("^%[=*%[", first) then
    return string_at(text, first)
  elseif text:find("^%.?%d", first) then
    return number_at(text, first)
  end
  return operator_at(text, first)
end

---@class perigee.repl.token
---@field kind "name"|"keyword"|"number"|"string"|"operator"|"comment"|"invalid"
---@field text string  as it is written, quotes included
---@field first integer  its place in the text, in bytes
---@field last integer
---@field open? boolean  a string or comment that does not end here

--- All tokens of a text, comments included.
---@param text string
---@return perigee.repl.token[]
function lexer.tokens(text)
  local tokens, at = {}, text:find "%S"
  while at do
    local token = token_at(text, at)
    token.text = text:sub(token.first, token.last)
    tokens[#tokens + 1] = token
    at = text:find("%S", token.last + 1)
  end
  return tokens
end

return lexer
