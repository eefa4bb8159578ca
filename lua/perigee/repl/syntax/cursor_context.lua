--- The context of the cursor: the call and the argument that it is in.

local expression = require "perigee.repl.syntax.expression"
local lexer = require "perigee.repl.syntax.lexer"

local is = lexer.is

local cursor_context = {}

---@class perigee.repl.argument
---@field callee perigee.repl.expression
---@field position integer  of the argument, from 1
---@field table? perigee.repl.table_argument  if the cursor is in a table that is the argument

---@class perigee.repl.table_argument
---@field key? string  whose value is typed
---@field keys table<string, true>  that the table has
---@field is_start boolean  true if an element begins at the cursor

--- The innermost bracket that is open after the token at `i`: its index, the position of the
--- element between commas, and the index of that element's first token.
local function enclosing(tokens, i)
  local depth, element, first = 0, 1, nil
  for k = i, 1, -1 do
    depth = depth - expression.bracket(tokens[k])
    if depth < 0 then
      return k, element, first or k + 1
    elseif depth == 0 and (is(tokens[k], ",") or is(tokens[k], ";")) then
      element, first = element + 1, first or k + 1
    end
  end
end

--- The argument that begins with the token at `i`, of a call with or without parentheses.
local function argument_at(tokens, i)
  local opening, position = i, 1
  if not expression.may_end_with(tokens[i - 1]) then
    local first
    opening, position, first = enclosing(tokens, i - 1)
    if not (opening and first == i and is(tokens[opening], "(")
      and expression.may_end_with(tokens[opening - 1])) then
      return nil
    end
  end
  local callee = expression.ending_at(tokens, opening - 1)
  return callee and { callee = callee, position = position }
end

--- The argument that is the table opened by the token at `opening`. The cursor is after the token
--- at `last`, in an element that begins with the token at `first`.
local function table_argument(tokens, last, opening, first)
  local argument = argument_at(tokens, opening)
  if not argument then
    return nil
  end
  local keys, depth = {}, 0
  for k = opening + 1, last do
    depth = depth + expression.bracket(tokens[k])
    if depth == 0 and is(tokens[k], "=") and tokens[k - 1].kind == "name" then
      keys[tokens[k - 1].text] = true
    end
  end
  local has_key = tokens[first] and tokens[first].kind == "name" and is(tokens[first + 1], "=")
  argument.table = {
    key = has_key and first + 1 == last and tokens[first].text or nil,
    keys = keys, is_start = first == last + 1,
  }
  return argument
end

--- The argument that the cursor is in: itself, in a table, or in a list that is a value in a table.
---@param tokens perigee.repl.token[]
---@param last integer  the index of the token before the cursor
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
