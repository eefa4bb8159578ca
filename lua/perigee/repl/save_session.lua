--- A session as a Lua script: the chunks that worked, in order, and the others as comments.

local lexer = require "perigee.repl.syntax.lexer"

local save_session = {}

local function commented(text)
  -- Lua ends a comment at a carriage return, too.
  return "-- " .. text:gsub("\r\n?", "\n"):gsub("\n", "\n-- ")
end

--- An expression that other text can surround.
local function bare(text)
  text = text:gsub("%s*;%s*$", "")
  return text:find "%-%-" and text .. "\n" or text -- a comment would hide what follows
end

--- The statements of a chunk, and the expressions that it returns after them, if it returns any.
local function split(chunk)
  local text, final = chunk.text, chunk.final_return
  if chunk.is_expression then
    return "", bare(text)
  elseif final then -- the locals before it last
    local value = bare(text:sub(final.last + 1))
    return text:sub(1, final.first - 1), value:find "%S" and value
  elseif chunk.values > 0 or not load(text .. "\nlocal _") then -- a `return` would end the script
    return "", ("(function(...) %s\nend)()"):format(text)
  end
  return text
end

--- Tells if a later chunk reads the value that the i-th one left in `_`.
local function is_read_later(ran, i)
  for j = i + 1, #ran do
    if ran[j].globals._ then
      return true
    elseif ran[j].values > 0 then
      return false
    end
  end
  return false
end

--- The i-th chunk as statements that print the values that the prompt printed.
local function statements(ran, i)
  local chunk = ran[i]
  local before, value = split(chunk)
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

--- Tells if a chunk uses one of the prompt's commands, which scripts lack.
local function uses_commands(chunk, commands)
  for name, value in pairs(commands) do
    if name ~= "pg" and chunk.globals[name] and rawequal(rawget(_G, name), value) then
      return true
    end
  end
  return false
end

--- Tells if the script has to define `pg`: a chunk uses it, and none before defines it.
local function needs_pg(ran)
  for _, chunk in ipairs(ran) do
    if chunk.text:find "^%s*local%s+pg%s*=" or chunk.text:find "^%s*pg%s*=" then
      return false
    elseif chunk.globals.pg then
      return true
    end
  end
  return false
end

--- The session's script.
---@param ran perigee.repl.record[]
---@param commands table<string, any>  the prompt's commands; chunks that use one become comments
---@param before string[]  lines that do what the command line did before the prompt opened
---@return string|false  # false if the chunks do not compile together: more than 200 locals, or a
---   label that comes twice
---@return string? message
function save_session.script(ran, commands, before)
  local lines = { os.date "-- A session at Perigee's prompt, saved on %Y-%m-%d at %H:%M.", "" }
  table.move(before, 1, #before, #lines + 1, lines)
  if needs_pg(ran) then
    lines[#lines + 1] = "local pg = require \"perigee\"\n"
  end
  for i, chunk in ipairs(ran) do
    local text
    if chunk.comment then
      text = commented(chunk.comment)
    else
      text = statements(ran, i)
      local first = lexer.tokens(text)[1]
      if first and first.text == "(" then
        text = ";" .. text -- else the line before would call it
      end
      text = uses_commands(chunk, commands) and commented(text) or text
    end
    lines[#lines + 1] = text
  end
  local script = table.concat(lines, "\n") .. "\n"
  local compiles, message = load(script, "=script")
  return compiles and script, message
end

return save_session
