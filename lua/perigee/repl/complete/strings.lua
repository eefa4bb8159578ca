--- Candidates for a string that is being typed: modules, keys, choices of an argument, or files.

local arguments = require "perigee.repl.complete.arguments"
local candidates = require "perigee.repl.complete.candidates"
local cursor_context = require "perigee.repl.syntax.cursor_context"
local expression = require "perigee.repl.syntax.expression"
local lexer = require "perigee.repl.syntax.lexer"
local members = require "perigee.repl.introspect.members"
local paths = require "perigee.repl.complete.paths"
local resolve = require "perigee.repl.introspect.resolve"
local string_literal = require "perigee.repl.syntax.string_literal"

local is = lexer.is

local strings = {}

--- Adds what the tokens before the string call for; false if that is nothing in particular.
local function add_known(found, tokens, context)
  local n = #tokens
  if is(tokens[n], "require") or is(tokens[n], "(") and is(tokens[n - 1], "require") then
    paths.add_modules(found, context.visible.modules)
    return true
  elseif is(tokens[n], "[") and expression.may_end_with(tokens[n - 1]) then
    local resolved = resolve.expression(expression.ending_at(tokens, n - 1), context)
    if resolved then
      members.add_keys(resolved, found)
    end
    return true
  end
  local argument = cursor_context.argument(tokens, n)
  if argument then
    arguments.add_strings(found, argument, context)
  end
  return #found.names > 0
end

--- Completes a string that is not closed.
---@param tokens perigee.repl.token[]  those before the string
---@param token perigee.repl.token  the string
---@param context perigee.repl.context
---@return perigee.repl.completion
function strings.complete(tokens, token, context)
  local text, quote, first = string_literal.read(token)
  local found = candidates.new(text)
  local is_file = not add_known(found, tokens, context)
  if is_file then
    paths.add(found)
  end
  local names, written = found:sorted(), {}
  for _, name in ipairs(names) do
    written[#written + 1] = string_literal.written(name, quote)
  end
  local goes_on = #names == 1 and names[1]:find "[/.]$" -- a folder or a package
  return {
    first = first, candidates = written, ending = not goes_on and quote or "",
    files = is_file or nil,
  }
end

return strings
