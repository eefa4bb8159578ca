--- Completion of the word before the cursor: names, options, modules and files.
--
-- Completion runs no code of the user's but the __index and __names of values, and all of it within
-- a fifth of a second.

local arguments = require "perigee.repl.complete.arguments"
local candidates = require "perigee.repl.complete.candidates"
local cursor_context = require "perigee.repl.syntax.cursor_context"
local errors = require "perigee.util.errors"
local expression = require "perigee.repl.syntax.expression"
local lexer = require "perigee.repl.syntax.lexer"
local locals = require "perigee.repl.syntax.locals"
local members = require "perigee.repl.introspect.members"
local resolve = require "perigee.repl.introspect.resolve"
local signatures = require "perigee.repl.introspect.signatures"
local strings = require "perigee.repl.complete.strings"

local is = lexer.is

local completion = {}

local MOST_TEXT = 1 << 16 -- bytes: longer text was pasted
local SECONDS = 0.2

--- Adds the names that an expression or statement may begin with.
local function add_names(found, context)
  found:add_all(lexer.KEYWORDS)
  for _, each in ipairs(context.scan.visible) do
    found:add(each.name)
  end
  for name in next, context.visible.locals or {} do
    if type(name) == "string" then
      found:add(name)
    end
  end
  members.add({ value = context.visible.globals }, found, false)
end

--- Adds the words that can follow the tokens.
local function add_words(found, tokens, context)
  local n = #tokens
  local last = tokens[n]
  if is(last, ".") or is(last, ":") then
    local resolved = resolve.expression(expression.ending_at(tokens, n - 1), context)
    if resolved then
      members.add(resolved, found, is(last, ":"))
    end
  elseif is(last, "local") then
    found:add "function"
  elseif is(last, "<") and n > 2 and tokens[n - 1].kind == "name"
    and (is(tokens[n - 2], "local") or is(tokens[n - 2], ",")) then
    found:add_all { "close", "const" }
  elseif context.scan.expects_name or is(last, "goto") or is(last, "::") then
    return -- the user chooses the name
  else
    local begins_element = is(last, "{") or is(last, ",") or is(last, ";")
    local argument = begins_element and cursor_context.argument(tokens, n)
    if argument and argument.table and argument.table.is_start then
      arguments.add_keys(found, argument, context)
    end
    if #found.names == 0 then
      add_names(found, context)
    end
  end
end

--- Removes the word at the end of the text from the tokens: the word, and its first byte. Nil if no
--- word can be there.
local function take_word(tokens, text)
  local last = tokens[#tokens]
  if not last or last.last < #text then
    return "", #text + 1
  elseif last.kind == "name" or last.kind == "keyword" then
    tokens[#tokens] = nil
    return last.text, last.first
  elseif last.kind == "operator" and not expression.may_end_with(last) then
    return "", #text + 1
  end
end

local function complete(text, visible)
  local mark = text:match "^%s*([=?])" -- `=x` prints x, and `?x` asks for help on it
  local code = mark and text:gsub("[=?]", " ", 1) or text
  local tokens, in_comment = lexer.tokens(code)
  if in_comment then
    return nil
  end
  local last = tokens[#tokens]
  if last and last.kind == "string" and last.open and last.last == #code then
    tokens[#tokens] = nil
    return strings.complete(tokens, last, { visible = visible, scan = locals.scan(tokens) })
  end
  local word, first = take_word(tokens, code)
  if not word then
    return nil
  end
  local found = candidates.new(word)
  add_words(found, tokens, { visible = visible, scan = locals.scan(tokens) })
  if mark == "?" and #tokens == 0 then
    found:add_all(signatures.topics())
  end
  return { first = first, candidates = found:sorted(), ending = "" }
end

--- Calls f like pcall. When the time is over, it raises an error in f, again if f catches it.
local function call_within_time(f, ...)
  local before, mask, count = debug.gethook()
  if type(before) == "string" then -- a hook of C's, which Lua cannot restore
    return pcall(f, ...)
  end
  local caller, deadline = debug.getinfo(1, "f").func, os.clock() + SECONDS
  local function hook()
    if os.clock() > deadline and debug.getinfo(2, "f").func ~= caller then
      debug.sethook(hook, "", 1)
      error("completion takes too long", 0)
    end
  end
  debug.sethook(hook, "", 1000)
  local worked, result = pcall(f, ...)
  if debug.gethook() == hook then -- else an interrupt has set its own
    debug.sethook(before, mask, count)
  end
  return worked, result
end

---@class perigee.repl.completion
---@field first integer  the byte of the text that the completed word begins with
---@field candidates string[]  what can replace it, in order; at least one
---@field ending string  what follows a single candidate: a closing quote, or nothing
---@field files? true  the candidates are files; folders end with a slash

--- Completes the word at the end of a text. Raises nothing but interrupts.
---@param text string  the chunk up to the cursor, with its earlier lines
---@param visible perigee.repl.visible
---@return perigee.repl.completion?  # nil for no candidates
function completion.complete(text, visible)
  if #text > MOST_TEXT then
    return nil
  end
  local worked, result = call_within_time(complete, text, visible)
  if not worked and errors.is_interrupt(result) then
    error(result, 0)
  end
  return worked and result and #result.candidates > 0 and result or nil
end

return completion
