--- What stands before a place in a list of tokens: the expression that a dot follows, the call that
--- an argument is of.
--
-- Text at a prompt is unfinished, so it is read backwards from where one is: `y = f(a.b["c"]` ends
-- in the chain `a.b["c"]`, which is the first argument of `f`, whatever comes before.

local cursor_context = {}

local MOST_LINKS = 100 -- of a chain: nobody writes more

---@class perigee.repl.chain
---@field kind "name"|"text"|"index"|"call"
---@field at integer  the token that it begins with
---@field name? string  of a name
---@field value? string  of a text
---@field base? perigee.repl.chain  what is indexed, or called
---@field key? string|number  of an index
---@field method? boolean  an index by a colon
---@field argument? string  of a call, where that is one literal text

---@param token? perigee.repl.token
---@param text string
---@return boolean
function cursor_context.is(token, text)
  return token ~= nil and token.kind ~= "string" and token.text == text
end

local is = cursor_context.is

--- Whether what can be indexed or called may end with this token.
---@param token? perigee.repl.token
---@return boolean
function cursor_context.ends_prefix(token)
  return token ~= nil and (token.kind == "name" or token.kind == "string" and not token.open
    or is(token, ")") or is(token, "]") or is(token, "}"))
end

--- The value of a literal.
local function literal(token)
  if token.kind == "string" and token.open then
    return nil
  end
  local chunk = load("return " .. token.text, "=", "t", {})
  return chunk and chunk()
end

local CLOSING = { [")"] = "(", ["]"] = "[", ["}"] = "{" }
local OPENING = { ["("] = true, ["["] = true, ["{"] = true }

--- The token that opens the bracket which the token at `i` closes.
local function opening_of(tokens, i)
  local depth = 0
  for k = i, 1, -1 do
    local text = tokens[k].kind == "operator" and tokens[k].text
    if CLOSING[text] then
      depth = depth + 1
    elseif OPENING[text] then
      depth = depth - 1
      if depth == 0 then
        return text == CLOSING[tokens[i].text] and k or nil
      end
    end
  end
end

local node_at

local function index_by_name(tokens, i, links)
  local before = tokens[i - 1]
  if not (is(before, ".") or is(before, ":")) then
    return { kind = "name", at = i, name = tokens[i].text }
  end
  local base = node_at(tokens, i - 2, links)
  return base and { kind = "index", at = base.at, base = base, key = tokens[i].text,
    method = before.text == ":" }
end

--- `base["key"]`, `base[1]`, `base[-1]`: other keys would have to be computed.
local function index_by_literal(tokens, i, links)
  local key, first = tokens[i - 1], i - 2
  if not key or key.kind ~= "string" and key.kind ~= "number" then
    return nil
  end
  local value, sign = literal(key), 1
  if key.kind == "number" and is(tokens[first], "-") then
    first, sign = first - 1, -1
  end
  local base = value ~= nil and is(tokens[first], "[") and node_at(tokens, first - 1, links)
  return base and { kind = "index", at = base.at, base = base,
    key = math.type(value) and sign * value or value }
end

--- A call whose arguments are the tokens from `first` to `last`.
local function call(tokens, first, last, links)
  local base = node_at(tokens, first - 1, links)
  local only = first == last and tokens[first] or last == first + 2 and tokens[first + 1]
  return base and { kind = "call", at = base.at, base = base,
    argument = only and only.kind == "string" and literal(only) or nil }
end

--- `(chain)` or `("text")`.
local function in_parentheses(tokens, first, last, links)
  local inner = tokens[last - 1]
  if first == last - 2 and inner.kind == "string" then
    return { kind = "text", at = first, value = literal(inner) }
  end
  local node = node_at(tokens, last - 1, links)
  if node and node.at == first + 1 then
    node.at = first
    return node
  end
end

--- What ends with the token at `i`; nil where that is nothing that can be told without running it.
function node_at(tokens, i, links)
  local token = tokens[i]
  if not cursor_context.ends_prefix(token) or links >= MOST_LINKS then
    return nil
  elseif token.kind == "name" then
    return index_by_name(tokens, i, links + 1)
  elseif token.text == "]" and token.kind == "operator" then
    return index_by_literal(tokens, i, links + 1)
  end
  local first = token.kind == "string" and i or opening_of(tokens, i)
  if first and cursor_context.ends_prefix(tokens[first - 1]) then
    return call(tokens, first, i, links + 1)
  elseif first and is(token, ")") then
    return in_parentheses(tokens, first, i, links + 1)
  end
end

--- The chain of names, indices and calls that ends with the token at `i`.
---@param tokens perigee.repl.token[]
---@param i integer
---@return perigee.repl.chain?
function cursor_context.chain(tokens, i)
  return node_at(tokens, i, 0)
end

--- The token that closes the bracket which the token at `i` opens.
local function closing_of(tokens, i)
  local depth = 0
  for k = i, #tokens do
    local text = tokens[k].kind == "operator" and tokens[k].text
    depth = depth + (OPENING[text] and 1 or CLOSING[text] and -1 or 0)
    if depth == 0 then
      return k
    end
  end
end

--- What follows a chain and makes it a part of something else.
local JOINS = { ["and"] = true, ["or"] = true }
local STATEMENT_GOES_ON = { [","] = true, [";"] = true, ["="] = true, ["::"] = true }

local function is_joined(token)
  return token ~= nil and (JOINS[token.text] or token.kind == "operator"
    and not STATEMENT_GOES_ON[token.text] and not CLOSING[token.text] and token.text ~= "(")
end

--- The chain that an expression consists of which begins with the token at `i`.
---@param tokens perigee.repl.token[]
---@param i integer
---@return perigee.repl.chain?
function cursor_context.expression(tokens, i)
  local last = i
  if is(tokens[i], "(") then
    last = closing_of(tokens, i)
  elseif tokens[i] and tokens[i].kind == "string" then
    local value = not is_joined(tokens[i + 1]) and literal(tokens[i])
    return value and { kind = "text", at = i, value = value }
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
  local node = last and not is_joined(tokens[last + 1]) and cursor_context.chain(tokens, last)
  return node and node.at == i and node or nil
end

-- --- where one is ---------------------------------------------------------------

--- The bracket that is open at a place, and at which of the elements between commas one is.
local function enclosing(tokens, i)
  local depth, element, first = 0, 1, nil
  for k = i, 1, -1 do
    local text = tokens[k].kind == "operator" and tokens[k].text
    if CLOSING[text] then
      depth = depth + 1
    elseif OPENING[text] then
      depth = depth - 1
      if depth < 0 then
        return k, element, first or k + 1
      end
    elseif depth == 0 and (text == "," or text == ";") then
      element, first = element + 1, first or k + 1
    end
  end
end

--- The names that a table has before a place, which is in it at depth 0.
local function given_keys(tokens, opening, last)
  local keys, depth = {}, 0
  for k = opening + 1, last do
    local text = tokens[k].kind == "operator" and tokens[k].text
    depth = depth + (OPENING[text] and 1 or CLOSING[text] and -1 or 0)
    if depth == 0 and text == "=" and tokens[k - 1].kind == "name" then
      keys[tokens[k - 1].text] = true
    end
  end
  return keys
end

---@class perigee.repl.argument
---@field callee perigee.repl.chain
---@field position integer  which argument it is, from 1
---@field table? { key: string?, keys: table<string, true>, is_start: boolean }  where one is in a
---   table that is the argument: after which key, which keys are given, and whether an element
---   begins

--- The argument that begins with the token at `i`: of a call in parentheses, or without.
local function argument_at(tokens, i)
  if cursor_context.ends_prefix(tokens[i - 1]) then
    local callee = cursor_context.chain(tokens, i - 1)
    return callee and { callee = callee, position = 1 }
  end
  local opening, position, first = enclosing(tokens, i - 1)
  if opening and first == i and is(tokens[opening], "(")
    and cursor_context.ends_prefix(tokens[opening - 1]) then
    local callee = cursor_context.chain(tokens, opening - 1)
    return callee and { callee = callee, position = position }
  end
end

--- The argument that is a table in which a place is.
local function table_argument(tokens, last, opening, first)
  local argument = argument_at(tokens, opening)
  local has_key = tokens[first] and tokens[first].kind == "name" and is(tokens[first + 1], "=")
  if argument then
    argument.table = {
      key = has_key and first + 1 == last and tokens[first].text or nil,
      keys = given_keys(tokens, opening, last), is_start = first == last + 1,
    }
  end
  return argument
end

--- The argument in which a place is that comes after the token at `last`: directly, in a table,
--- or in a list that is a value in a table.
---@param tokens perigee.repl.token[]
---@param last integer
---@return perigee.repl.argument?
function cursor_context.argument(tokens, last)
  local direct = argument_at(tokens, last + 1)
  local opening, _, first = enclosing(tokens, last)
  if direct or not is(tokens[opening], "{") then
    return direct
  end
  local argument = table_argument(tokens, last, opening, first)
  if argument or first <= last then
    return argument
  end
  local outer, _, outer_first = enclosing(tokens, opening - 1)
  if is(tokens[outer], "{") then
    argument = table_argument(tokens, opening - 1, outer, outer_first)
    return argument and argument.table.key and argument or nil
  end
end

return cursor_context
