--- Compiles chunks typed at the prompt.
--
-- As in lua(1), a text that is an expression returns its values; other text is statements.

local lexer = require "perigee.repl.syntax.lexer"
local locals = require "perigee.repl.syntax.locals"

local compile = {}

local LARGE = 1 << 18 -- bytes: the tokens of longer text are not read, and its locals don't last

---@class perigee.repl.chunk
---@field run fun(...): ...  the function to call
---@field finish fun(...): ...  takes what `run` returned, returns the chunk's own values
---@field is_expression boolean
---@field is_quiet boolean  true if it ends with a semicolon
---@field is_empty boolean  true if it has only comments
---@field final_return? perigee.repl.token  its `return`, if it has one only, at the outermost level
---@field globals table<string, true>  the globals that it names; empty for large text

-- A first value keeps a call from becoming a tail call, which tracebacks would lack.
local RETURN = "return nil, "

--- Tells if more text could complete a chunk that has this syntax error.
local function is_incomplete(message)
  return message ~= nil and message:find "<eof>$" ~= nil
end

--- The names of the globals among the tokens.
local function globals_in(tokens, scan, scope)
  local globals = {}
  for i, token in ipairs(tokens) do
    local before, after = tokens[i - 1] or {}, tokens[i + 1] or {}
    local is_field = before.text == "." or before.text == ":"
    local is_key = after.text == "="
      and (before.text == "{" or before.text == "," or before.text == ";")
    local is_local = scope.variables[token.text] or scan.names[token.text]
    if token.kind == "name" and not (is_field or is_key or is_local) then
      globals[token.text] = true
    end
  end
  return globals
end

--- Compiles a text.
---@param text string
---@param chunkname string  as in `load`
---@param scope perigee.repl.scope  the locals of earlier chunks; `finish` adds this chunk's
---@return perigee.repl.chunk?
---@return string? message  a syntax error
---@return boolean? is_incomplete  true if more text could complete it
function compile.chunk(text, chunkname, scope)
  local is_large = #text >= LARGE
  local tokens = is_large and {} or lexer.tokens(text)
  local scan = locals.scan(tokens)

  local is_expression, expression_error = load(RETURN .. text, chunkname, "t")
  local run, message, finish
  if is_expression then
    run, message = scope:load(RETURN .. text, chunkname)
    finish = function(_, ...) return ... end
  else
    -- The text is compiled alone first: its error must not show what is put around it.
    run, message = load(text, chunkname, "t")
    if run then
      run, message, finish = scope:load_statements(text, chunkname, scan)
    end
  end
  if not run then
    return nil, message,
      not is_expression and (is_incomplete(expression_error) or is_incomplete(message))
  end

  local last = tokens[#tokens]
  return {
    run = run, finish = finish, is_expression = is_expression ~= nil,
    is_quiet = last ~= nil and last.text == ";" or is_large and text:find ";%s*$" ~= nil,
    is_empty = not is_large and not last,
    final_return = scan.returns == 1 and tokens[scan.final_return] or nil,
    globals = globals_in(tokens, scan, scope),
  }
end

return compile
