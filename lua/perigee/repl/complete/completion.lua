--- What the word before the cursor may become: names, options, modules and files.
--
-- Nothing is run but what looking at a value runs: its __index and __names. Both may be the user's,
-- so it has a fifth of a second for all of it.

local errors = require "perigee.util.errors"
local signatures = require "perigee.repl.introspect.signatures"
local candidates = require "perigee.repl.complete.candidates"
local lexer = require "perigee.repl.syntax.lexer"
local locals = require "perigee.repl.syntax.locals"
local members = require "perigee.repl.introspect.members"
local strings = require "perigee.repl.complete.strings"
local cursor_context = require "perigee.repl.syntax.cursor_context"
local resolve = require "perigee.repl.introspect.resolve"

local is = cursor_context.is

local completion = {}

local MOST_TEXT = 1 << 16 -- bytes: what is longer was pasted
local SECONDS = 0.2

-- --- words ------------------------------------------------------------------------

--- All names that an expression or statement may begin with.
local function add_names(found, context)
  found:add_all(lexer.KEYWORDS)
  for _, each in ipairs(context.scan.visible) do
    found:add(each.name)
  end
  for name in next, context.scope.locals or {} do
    if type(name) == "string" then
      found:add(name)
    end
  end
  members.add({ value = context.scope.globals }, found, false)
end

--- The names behind the dot or colon at the end.
local function add_members(found, tokens, context)
  local known = resolve.known(cursor_context.chain(tokens, #tokens - 1), context)
  if known then
    members.add(known, found, is(tokens[#tokens], ":"))
  end
end

--- The options that a table may be given here.
local function add_options(found, tokens, context)
  local argument = cursor_context.argument(tokens, #tokens)
  if argument and argument.table and argument.table.is_start then
    found:add_all(strings.option_keys(argument, context))
  end
  return #found.names > 0
end

--- Whether a `local x <` is at the end: an attribute is to come.
local function begins_attribute(tokens)
  local n = #tokens
  return is(tokens[n], "<") and n > 2 and tokens[n - 1].kind == "name"
    and (is(tokens[n - 2], "local") or is(tokens[n - 2], ","))
end

local function starts_element(token)
  return is(token, "{") or is(token, ",") or is(token, ";")
end

--- What may follow the tokens.
local function add_word(found, tokens, context)
  local last = tokens[#tokens]
  if is(last, ".") or is(last, ":") then
    add_members(found, tokens, context)
  elseif is(last, "local") then
    found:add "function"
  elseif begins_attribute(tokens) then
    found:add_all { "close", "const" }
  elseif context.scan.expects_name or is(last, "goto") or is(last, "::") then
    return -- a name that is the user's to choose
  elseif not starts_element(last) or not add_options(found, tokens, context) then
    add_names(found, context)
  end
end

--- Takes the word off the tokens that the text ends with: the word, and its place.
local function take_word(tokens, text)
  local last = tokens[#tokens]
  if not last or last.last < #text then
    return "", #text + 1
  elseif last.kind == "name" or last.kind == "keyword" then
    tokens[#tokens] = nil
    return last.text, last.first
  elseif last.kind == "operator" and not cursor_context.ends_prefix(last) then
    return "", #text + 1
  end
end

-- --- a text -----------------------------------------------------------------------

--- `=` before an expression and `?` before a name are the prompt's own.
local function without_mark(text)
  local mark = text:match "^%s*([=?])"
  return mark and text:gsub("[=?]", " ", 1) or text, mark
end

local function find(text, scope)
  local code, mark = without_mark(text)
  local tokens, in_comment = lexer.tokens(code)
  if in_comment then
    return nil
  end
  local last = tokens[#tokens]
  local is_string = last and last.kind == "string" and last.open and last.last == #code
  local word, first
  if is_string then
    tokens[#tokens] = nil
  else
    word, first = take_word(tokens, code)
  end
  local context = { scope = scope, scan = locals.scan(tokens) }
  if is_string then
    return strings.complete(tokens, last, context)
  elseif not word then
    return nil
  end
  local found = candidates.new(word)
  add_word(found, tokens, context)
  if mark == "?" and #tokens == 0 then
    found:add_all(signatures.topics())
  end
  return { first = first, candidates = found:sorted(), ending = "" }
end

-- --- within bounds ----------------------------------------------------------------

--- Calls f, and ends it with an error when the time is over, also where it catches errors itself.
local function in_time(f, ...)
  local before, mask, count = debug.gethook()
  if type(before) == "string" then -- C's, which cannot be put back
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
  if debug.gethook() == hook then -- else it is an interrupt's
    debug.sethook(before, mask, count)
  end
  return worked, result
end

---@class perigee.repl.completion
---@field first integer  the byte of the text with which the word begins that is completed
---@field candidates string[]  what may stand in its place, in order: never none
---@field ending string  what is put behind the only candidate: a closing quote, or nothing
---@field files? true  they are files; folders end with a slash

--- What the word at the end of a text may become. It raises nothing but interrupts.
---@param text string  a chunk, up to the cursor: also the lines before
---@param scope perigee.repl.visible
---@return perigee.repl.completion?  # nil: nothing
function completion.complete(text, scope)
  if #text > MOST_TEXT then
    return nil
  end
  local worked, result = in_time(find, text, scope)
  if not worked and errors.is_interrupt(result) then
    error(result, 0)
  end
  return worked and result and #result.candidates > 0 and result or nil
end

return completion
