--- What is typed at the prompt, made into functions: expressions give their values, and locals of
--- one chunk are there in the next.
--
-- A local of Lua ends with its chunk. Here, a chunk's function also returns a closure over the
-- locals that are in scope at its end, which holds them; the next chunk is compiled as if they
-- were declared around it, and its upvalues are joined to theirs. So they are the same variables
-- for whatever refers to them: a function that was defined before sees an assignment of now.
-- Before the closure comes a mark, as a chunk may also end at a `return` of its own.

local locals = require "perigee.repl.syntax.locals"
local lexer = require "perigee.repl.syntax.lexer"

local compile = {}

local LARGE = 1 << 18 -- bytes: of such a text, the names are not looked at; its locals end with it

--- How deep in blocks what follows a keyword is.
local DEEPER = { ["do"] = 1, ["then"] = 1, ["repeat"] = 1, ["function"] = 1,
  ["end"] = -1, ["until"] = -1, ["elseif"] = -1 }

-- --- what a text declares ------------------------------------------------------

--- The tokens that count.
local function code_of(text)
  local code = {}
  for _, token in ipairs(lexer.tokens(text)) do
    if token.kind ~= "comment" then
      code[#code + 1] = token
    end
  end
  return code
end

--- The local variables that a statement declares whose `local` is code[at].
local function variables_at(code, at)
  if code[at + 1].text == "function" then
    return { { name = code[at + 2].text } }
  end
  local variables = {}
  repeat
    at = at + 1
    local variable = { name = code[at].text }
    if code[at + 1] and code[at + 1].text == "<" then
      variable.attribute = code[at + 2].text
      at = at + 3
    end
    variables[#variables + 1] = variable
    at = at + 1
  until not code[at] or code[at].text ~= ","
  return variables
end

--- What is to be known of statements that compile.
---@return table[] variables  the locals that are in scope at the end, by name and attribute
---@return table? last  the `return` at the end
---@return table? behind  what stands behind it
local function survey(code)
  local variables, depth = {}, 0
  for i, token in ipairs(code) do
    if token.kind == "keyword" then
      if depth == 0 and token.text == "local" then
        local list = variables_at(code, i)
        table.move(list, 1, #list, #variables + 1, variables)
      elseif depth == 0 and token.text == "return" then
        return variables, token, code[i + 1]
      end
      depth = depth + (DEEPER[token.text] or 0)
    end
  end
  return variables
end

--- The names of variables that last, each once. One that is to be closed has been, by then.
local function lasting(variables)
  local names, seen, attributes = {}, {}, {}
  for _, variable in ipairs(variables) do
    local name = variable.name
    attributes[name] = variable.attribute
    if not seen[name] and name ~= "_ENV" then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for i = #names, 1, -1 do
    if attributes[names[i]] == "close" then
      table.remove(names, i)
    end
  end
  return names, attributes
end

-- --- compiling -----------------------------------------------------------------

---@class perigee.repl.scope
---@field [string] { holder: function, index: integer, is_constant: boolean }

--- The variable's value.
---@param variable table  of a scope
---@return any
function compile.value(variable)
  local _, value = debug.getupvalue(variable.holder, variable.index)
  return value
end

--- The declarations of the scope's variables that a text may refer to.
local function declarations(scope, text)
  local parts, seen = {}, {}
  for name in text:gmatch "[%a_][%w_]*" do
    if scope[name] and not seen[name] then
      seen[name] = true
      parts[#parts + 1] = ("local %s%s "):format(name,
        scope[name].is_constant and " <const>" or "")
    end
  end
  return table.concat(parts)
end

--- Joins the upvalues to the scope's variables.
local function join(f, scope)
  for i = 1, math.huge do
    local name = debug.getupvalue(f, i)
    if not name then
      return f
    elseif scope[name] then
      debug.upvaluejoin(f, i, scope[name].holder, scope[name].index)
    end
  end
end

local MARK = {}
local MARK_NAME = "_PERIGEE_LOCALS"

--- The function of a text within the scope; the mark has a name there.
local function load_within(text, chunkname, scope)
  local outer, message = load(("local %s = ... %sreturn function(...) %s\nend"):format(MARK_NAME,
    declarations(scope, text), text), chunkname, "t")
  return outer and join(outer(MARK), scope), message
end

--- A text in which the mark and a closure over the names are returned first.
local function with_holder(text, names, last, behind)
  local holder = ("return %s, function() return %s end"):format(MARK_NAME,
    table.concat(names, ", "))
  if not last then
    return text .. "\n" .. holder
  end
  local has_values = behind and behind.text ~= ";"
  return text:sub(1, last.first - 1) .. holder .. (has_values and ", " or " ")
    .. text:sub(last.last + 1)
end

--- Where each upvalue of a function is, by its name.
local function upvalues(f)
  local at, i = {}, 1
  for name in function() return (debug.getupvalue(f, i)) end do
    at[name], i = i, i + 1
  end
  return at
end

--- A closure over one of the variables that another holds, so that each is let go by itself.
local function alone(holder, index)
  local value = nil -- an upvalue, which is then joined
  local function own()
    return value
  end
  debug.upvaluejoin(own, 1, holder, index)
  return own
end

--- Adds the variables that a closure holds to the scope.
local function keep(scope, holder, names, attributes)
  local at, values = upvalues(holder), table.pack(holder())
  for i, name in ipairs(names) do
    local value = values[i] -- a constant that was compiled into the closure has no upvalue
    local own = at[name] and alone(holder, at[name]) or function() return value end
    scope[name] = { holder = own, index = 1, is_constant = attributes[name] == "const" }
  end
end

---@class perigee.repl.chunk
---@field run fun(...): ...  what is to be called
---@field finish fun(...): ...  of what it gave, what the user's text gave
---@field is_expression boolean
---@field is_quiet boolean  it ends with a semicolon
---@field is_empty boolean  nothing is in it, but for comments
---@field last? perigee.repl.token  the `return` that its statements end with, if the only one
---@field names table<string, true>  the globals that it names; of a large one, none

--- A value before an expression's own keeps a call from being a tail call, which would be missing
--- in tracebacks.
local EXPRESSION = "return nil, "

local function drop_first(_, ...)
  return ...
end

--- Whether a syntax error says that more text could mend it.
local function is_at_end(message)
  return message:find "<eof>$" ~= nil
end

--- The chunk of an expression; or nil, whether the text is the beginning of one, and what is wrong
--- with it within the scope.
local function expression(text, chunkname, scope)
  local compiled, message = load(EXPRESSION .. text, chunkname, "t")
  if not compiled then
    return nil, is_at_end(message)
  end
  local run, refusal = load_within(EXPRESSION .. text, chunkname, scope)
  if not run then
    return nil, false, refusal
  end
  return { run = run, finish = drop_first, is_expression = true }
end

local function pass(...)
  return ...
end

--- Whether there is one `return` in all.
local function returns_once(code)
  local count = 0
  for _, token in ipairs(code) do
    count = count + (token.kind == "keyword" and token.text == "return" and 1 or 0)
  end
  return count == 1
end

--- Statements; those that declare locals give a closure that holds them, behind the mark.
local function statements(text, chunkname, scope, code)
  local variables, last, behind = survey(code or {})
  local names, attributes = lasting(variables)
  local only = last and returns_once(code) and last or nil
  local run = #names > 0
    and load_within(with_holder(text, names, last, behind), chunkname, scope)
  if run then
    return { run = run, last = only, finish = function(...)
      local mark, holder = ...
      if not rawequal(mark, MARK) then
        return ...
      end
      keep(scope, holder, names, attributes)
      return select(3, ...)
    end }
  end
  local message -- none are declared, or a goto would jump over them
  run, message = load_within(text, chunkname, scope)
  return run and { run = run, last = only, finish = pass }, message
end

--- The names of globals: those that are neither fields nor keys, nor of a local variable.
local function globals_in(code, scope)
  local names, declared = {}, locals.scan(code).names
  for i, token in ipairs(code) do
    local before, behind = code[i - 1] or {}, code[i + 1] or {}
    local is_field = before.text == "." or before.text == ":"
    local is_key = behind.text == "="
      and (before.text == "{" or before.text == "," or before.text == ";")
    local is_local = scope[token.text] or declared[token.text]
    if token.kind == "name" and not (is_field or is_key or is_local) then
      names[token.text] = true
    end
  end
  return names
end

--- Makes a chunk of a text.
---@param text string
---@param chunkname string  as load takes it
---@param scope perigee.repl.scope  the locals of the chunks before; `finish` adds this one's
---@return perigee.repl.chunk?
---@return string? message  a syntax error
---@return boolean? is_incomplete  more text could mend that
function compile.chunk(text, chunkname, scope)
  local code = #text < LARGE and code_of(text) or nil
  local chunk, is_begun, refusal = expression(text, chunkname, scope)
  if refusal then
    return nil, refusal, false
  elseif not chunk then
    local message = select(2, load(text, chunkname, "t")) -- without what is put around it
    if not message then
      chunk, message = statements(text, chunkname, scope, code)
    end
    if not chunk then
      return nil, message, is_begun or is_at_end(message)
    end
  end
  local last = code and code[#code]
  chunk.is_quiet = last and last.text == ";" or not code and text:find ";%s*$" ~= nil
  chunk.is_empty = code ~= nil and #code == 0
  chunk.names = globals_in(code or {}, scope)
  return chunk
end

return compile
