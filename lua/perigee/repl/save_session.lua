--- A session as a script: the chunks that ran, in order. Those that did not run to their end are
--- comments.

local lexer = require "perigee.repl.syntax.lexer"

local save_session = {}

--- Lua ends a comment at a carriage return, too.
local function commented(text)
  return "-- " .. text:gsub("\r\n?", "\n"):gsub("\n", "\n-- ")
end

--- Whether a chunk begins with a parenthesis: the line before would call what it ends with.
local function begins_with_call(text)
  for _, token in ipairs(lexer.tokens(text)) do
    if token.kind ~= "comment" then
      return token.text == "("
    end
  end
end

--- Whether a chunk refers to one of the prompt's functions, which a script has not.
local function needs_prompt(chunk, own)
  for name, value in pairs(own) do
    if name ~= "pg" and chunk.names[name] and rawequal(rawget(_G, name), value) then
      return true
    end
  end
  return false
end

--- Whether a chunk behind the i-th reads what that left in `_`.
local function is_read_later(ran, i)
  for j = i + 1, #ran do
    if ran[j].names._ then
      return true
    elseif ran[j].values > 0 then
      return false
    end
  end
  return false
end

--- An expression without what may stand around it at the prompt.
local function bare(text)
  text = text:gsub("%s*;%s*$", "")
  return text:find "%-%-" and text .. "\n" or text -- a comment would hide what follows
end

--- Whether statements return, which would end a script.
local function returns(chunk)
  return not chunk.is_expression and (chunk.values > 0 or not load(chunk.text .. "\nlocal _"))
end

--- The statements of a chunk, and the expressions behind them that it gives, if it gives any.
local function parts(chunk)
  local text, last = chunk.text, chunk.last
  if chunk.is_expression then
    return "", bare(text)
  elseif last then -- what is declared before it lasts
    local value = bare(text:sub(last.last + 1))
    return text:sub(1, last.first - 1), value:find "%S" and value
  elseif returns(chunk) then
    return "", ("(function(...) %s\nend)()"):format(text)
  end
  return text
end

--- A chunk as a script has it, which prints what the prompt showed.
local function statement(ran, i)
  local chunk = ran[i]
  local before, value = parts(chunk)
  if not value then
    return before
  elseif chunk.is_expression and chunk.values == 0 then
    return chunk.text
  elseif is_read_later(ran, i) then
    return ("%s_ = %s%s"):format(before, value, chunk.is_quiet and "" or "\nprint(_)")
  elseif chunk.values > 0 and not chunk.is_quiet then
    return ("%sprint(%s)"):format(before, value)
  end
  return before .. (load(value) and value or "_ = " .. value)
end

--- Whether the script has to define `pg`, as the prompt did.
local function needs_pg(ran)
  for _, chunk in ipairs(ran) do
    if chunk.text:find "^%s*local%s+pg%s*=" or chunk.text:find "^%s*pg%s*=" then
      return false
    elseif chunk.names.pg then
      return true
    end
  end
  return false
end

--- A chunk's lines of the script.
local function lines_of(ran, i, own)
  local chunk = ran[i]
  if chunk.comment then
    return commented(chunk.comment)
  end
  local text = statement(ran, i)
  if begins_with_call(text) then
    text = ";" .. text
  end
  return needs_prompt(chunk, own) and commented(text) or text
end

---@param ran table[]  the session's
---@param own table<string, any>  the prompt's functions; chunks that need one become comments
---@param before string[]  lines that do what was done before the prompt opened
---@return string|false  # false where the chunks make no script together: more than 200 locals, a
---   label that comes twice
---@return string? message
function save_session.text(ran, own, before)
  local lines = { os.date "-- A session at Perigee's prompt, saved on %Y-%m-%d at %H:%M.", "" }
  table.move(before, 1, #before, #lines + 1, lines)
  if needs_pg(ran) then
    lines[#lines + 1] = "local pg = require \"perigee\"\n"
  end
  for i in ipairs(ran) do
    lines[#lines + 1] = lines_of(ran, i, own)
  end
  local script = table.concat(lines, "\n") .. "\n"
  local compiles, message = load(script, "=script")
  return compiles and script, message
end

return save_session
