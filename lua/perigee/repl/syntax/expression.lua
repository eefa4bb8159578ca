--- A parser of prefix expressions in unfinished text: names, indices and calls.
--
-- Text at a prompt is unfinished, so an expression is read backwards from its last token:
-- `y = f(a.b["c"]` ends with `a.b["c"]`, whatever precedes it.

local lexer = require "perigee.repl.syntax.lexer"

local is = lexer.is

local expression = {}

local MOST_LINKS = 100 -- of an expression

---@class perigee.repl.expression
---@field kind "name"|"string"|"index"|"call"
---@field at integer  the index of its first token
---@field name? string  of a name
---@field value? string  of a string
---@field base? perigee.repl.expression  the expression that is indexed or called
---@field key? string|number  of an index
---@field method? boolean  true for an index with a colon
---@field argument? string  of a call with one literal string

local CLOSING = { [")"] = "(", ["]"] = "[", ["}"] = "{" }
local OPENING = { ["("] = true, ["["] = true, ["{"] = true }

--- The change of the depth of brackets at a token: 1, -1 or 0.
---@param token perigee.repl.token
---@return integer
function expression.bracket(token)
  local text = token.kind == "operator" and token.text
  return OPENING[text] and 1 or CLOSING[text] and -1 or 0
end

--- Tells if an expression that can be indexed or called may end with a token.
---@param token? perigee.repl.token
---@return boolean
function expression.may_end_with(token)
  return token ~= nil and (token.kind == "name" or token.kind == "string" and not token.open
    or is(token, ")") or is(token, "]") or is(token, "}"))
end

--- The value of a string or number.
local function literal(token)
  if token.kind == "string" and token.open then
    return nil
  end
  local chunk = load("return " .. token.text, "=", "t", {})
  return chunk and chunk()
end

--- The index of the token that opens the bracket that the token at `i` closes.
local function opening_of(tokens, i)
  local depth = 0
  for k = i, 1, -1 do
    depth = depth - expression.bracket(tokens[k])
    if depth == 0 then
      return tokens[k].text == CLOSING[tokens[i].text] and k or nil
    end
  end
end

--- The index of the token that closes the bracket that the token at `i` opens.
local function closing_of(tokens, i)
  local depth = 0
  for k = i, #tokens do
    depth = depth + expression.bracket(tokens[k])
    if depth == 0 then
      return k
    end
  end
end

local ending_at

--- `base["key"]`, `base[1]` or `base[-1]`; other keys cannot be told without running code.
local function literal_index(tokens, i, links)
  local key, first = tokens[i - 1], i - 2
  if not key or key.kind ~= "string" and key.kind ~= "number" then
    return nil
  end
  local value, sign = literal(key), 1
  if key.kind == "number" and is(tokens[first], "-") then
    first, sign = first - 1, -1
  end
  local base = value ~= nil and is(tokens[first], "[") and ending_at(tokens, first - 1, links)
  return base and { kind = "index", at = base.at, base = base,
    key = math.type(value) and sign * value or value }
end

function ending_at(tokens, i, links)
  local token = tokens[i]
  if not expression.may_end_with(token) or links >= MOST_LINKS then
    return nil
  elseif token.kind == "name" then
    local before = tokens[i - 1]
    if not (is(before, ".") or is(before, ":")) then
      return { kind = "name", at = i, name = token.text }
    end
    local base = ending_at(tokens, i - 2, links + 1)
    return base and { kind = "index", at = base.at, base = base, key = token.text,
      method = before.text == ":" }
  elseif is(token, "]") then
    return literal_index(tokens, i, links + 1)
  end

  local first = token.kind == "string" and i or opening_of(tokens, i)
  if not first then
    return nil
  end
  local only = first == i and token or first == i - 2 and tokens[i - 1] or nil
  local text = only and only.kind == "string" and only or nil
  if expression.may_end_with(tokens[first - 1]) then
    local base = ending_at(tokens, first - 1, links + 1)
    return base and { kind = "call", at = base.at, base = base, argument = text and literal(text) }
  elseif not is(token, ")") then
    return nil
  elseif text then
    return { kind = "string", at = first, value = literal(text) }
  end
  local inner = ending_at(tokens, i - 1, links + 1)
  if inner and inner.at == first + 1 then
    inner.at = first
    return inner
  end
end

--- The expression that ends with the token at `i`.
---@param tokens perigee.repl.token[]
---@param i integer
---@return perigee.repl.expression?
function expression.ending_at(tokens, i)
  return ending_at(tokens, i, 0)
end

local BOOLEAN_OPERATORS = { ["and"] = true, ["or"] = true }
local ENDS_EXPRESSION = { [","] = true, [";"] = true, ["="] = true, ["::"] = true }

--- Tells if a token joins the expression before it to a larger one.
local function joins(token)
  return token ~= nil and (BOOLEAN_OPERATORS[token.text] or token.kind == "operator"
    and not ENDS_EXPRESSION[token.text] and not CLOSING[token.text] and token.text ~= "(")
end

--- The expression that begins with the token at `i`, if it is no part of a larger one.
---@param tokens perigee.repl.token[]
---@param i integer
---@return perigee.repl.expression?
function expression.starting_at(tokens, i)
  local last = i
  if is(tokens[i], "(") then
    last = closing_of(tokens, i)
  elseif tokens[i] and tokens[i].kind == "string" then
    local value = not joins(tokens[i + 1]) and literal(tokens[i])
    return value and { kind = "string", at = i, value = value }
  elseif not tokens[i] or tokens[i].kind ~= "name" then
    return nil
  end
  while last do
    local after = tokens[last + 1]
    if is(after, ".") or is(after, ":") then
      last = tokens[last + 2] and last + 2
    elseif is(after, "(") or is(after, "[") or is(after, "{") then
      last = closing_of(tokens, last + 1)
    elseif after and after.kind == "string" and not after.open then
      last = last + 1
    else
      break
    end
  end
  local node = last and not joins(tokens[last + 1]) and expression.ending_at(tokens, last)
  return node and node.at == i and node or nil
end

return expression
