--- The prompt's own functions, which are globals there: help, who, time, edit, save_session.

local c_locale = require "perigee.util.c_locale"
local schema = require "perigee.util.schema"
local core = require "perigee.core"
local external = require "perigee.util.external"
local entries = require "perigee.help.entries"
local help_on = require "perigee.help.lookup"
local whos = require "perigee.repl.whos"
local page = require "perigee.help.page"
local argv = require "perigee.repl.argv"
local save_session = require "perigee.repl.save_session"
local values = require "perigee.help.values"
local format = require "perigee.util.format"

local commands = {}

-- --- time ----------------------------------------------------------------------

local found, uv = pcall(external.require, "luv")

--- Seconds of a clock that nobody sets.
---@return number
function commands.seconds_now()
  return found and uv.hrtime() * 1e-9 or os.clock()
end

-- Each from where its smaller one would be rounded to 1000.
local UNITS = { { 0.9995, "s", 1 }, { 0.9995e-3, "ms", 1e3 }, { 0, "µs", 1e6 } }

--- "3.21 s", "1 min 05 s"
---@param seconds number
---@return string
function commands.duration(seconds)
  if seconds >= 60 then
    return format.duration(seconds)
  end
  for _, unit in ipairs(UNITS) do
    local from, name, factor = table.unpack(unit)
    if seconds >= from then
      return c_locale.format("%.3g %s", seconds * factor, name)
    end
  end
end

local function report_time(began, ...)
  print(commands.duration(commands.seconds_now() - began))
  return ...
end

--- Calls a function, prints how long that took, and gives what the function gave.
---
--- With a number, it is called that often; then the median, the least and the most are printed, and
--- nothing is given.
---@param f function  `function() return x:dot(y) end`
---@param calls? integer  1 or more
---@return any ...
local function time(f, calls)
  if type(f) ~= "function" then
    error(("time: a function is needed, as in time(function() return x:dot(y) end), not %s")
      :format(schema.shown(f)), 2)
  elseif calls == nil then
    return report_time(commands.seconds_now(), core.call(f))
  end
  local n, message = schema.value("calls", schema.integer(1), calls)
  if not n then
    error("time: " .. message, 2)
  end
  local seconds = {}
  for i = 1, n do
    local began = commands.seconds_now()
    f()
    seconds[i] = commands.seconds_now() - began
  end
  table.sort(seconds)
  print(("%s, the median of %d calls (%s to %s)"):format(
    commands.duration(seconds[(n + 1) // 2]), n, commands.duration(seconds[1]),
    commands.duration(seconds[n])))
end

-- --- edit ----------------------------------------------------------------------

--- The user's editor, or one that is there.
local function editor()
  for _, name in ipairs { "VISUAL", "EDITOR" } do
    local value = os.getenv(name)
    if value and value ~= "" then
      return value
    end
  end
  for _, name in ipairs { "editor", "nano", "vi" } do
    if os.execute("command -v " .. name .. " >/dev/null 2>&1") then
      return name
    end
  end
end

local function write_file(path, text)
  local file, message = io.open(path, "w")
  if not file then
    return nil, message
  end
  file:write(text, "\n")
  return file:close()
end

--- What an editor makes of a text; nil and a message where it fails.
local function edited(program, text)
  local name = os.tmpname()
  local path = name .. ".lua" -- by which editors know the language
  os.remove(name)
  local written, message = write_file(path, text)
  if not written then
    return nil, message
  end
  local worked, how, status = os.execute(("%s '%s'"):format(program, path))
  local file = worked and io.open(path)
  local result = file and file:read "a"
  if file then
    file:close()
  end
  os.remove(path)
  return result, ("%s ended with %s %d"):format(program, how, status)
end

-- --- help ----------------------------------------------------------------------

--- Prints help on a topic: on its value, or on what is known by that name.
---@param topic string
---@param chunk? perigee.repl.chunk  the topic, where it compiles
---@return string? message  why there is none
function commands.explain(topic, chunk)
  local value
  if chunk and chunk.is_expression then
    value = chunk.finish(chunk.run())
  end
  local is_literal = topic:find "^[\"'%[]" ~= nil
  if value == nil then
    value = topic ~= "" and topic or nil
  elseif type(value) == "string" and not is_literal then -- a variable, and no name
    page.print(values.page(value, topic))
    return nil
  end
  local answer, message = help_on(value)
  if not answer then
    return message
  end
  page.print(answer)
end

-- --- what is defined -------------------------------------------------------------

--- Defines them all where a global of the name is not set, and `pg`.
---@param session perigee.repl.session
function commands.define(session)
  entries.sources = session.sources
  local own = { pg = require "perigee", help = entries.show, time = time }
  local before = argv.lines(type(arg) == "table" and arg or {})

  --- Lists what was defined: of arrays the shapes, and how much memory things have.
  function own.who()
    print(whos.text(session.scope, own))
  end

  --- Opens the last chunk in $VISUAL, $EDITOR or what else there is, and runs what is saved there.
  --- A text that was not changed is not run.
  ---@return nil?  # and what went wrong: the editor is missing, or fails
  ---@return string?
  function own.edit(...)
    if select("#", ...) > 0 then
      error("edit: it takes no arguments, and opens the last chunk", 2)
    end
    local program = editor()
    if not program then
      return nil, "edit: there is no editor; $EDITOR can name one"
    end
    local last = session:take_before():gsub("%s+$", "")
    local text, message = edited(program, last)
    if not text then
      return nil, "edit: " .. message
    end
    text = text:gsub("%s+$", "")
    if text ~= last and text ~= "" then
      session:queue(text)
    end
  end

  --- Writes the chunks that worked as a script, which does the same when it is run; what the
  --- command line ran before (a script, `-l`, `-e`) comes first. Chunks that failed or were
  --- interrupted are comments that say so. A file of that name is replaced.
  ---@param path string
  ---@return true
  function own.save_session(path)
    if not schema.is_path(path) then
      error(("save_session: a path is needed, as in save_session \"session.lua\", not %s"):format(
        schema.shown(path)), 2)
    end
    local text, message = save_session.text(session.ran, own, before)
    if not text then
      error("save_session: the chunks make no script together: " .. message, 2)
    end
    return (schema.call(2, core.write, path, text))
  end

  for name, value in pairs(own) do
    if rawget(_G, name) == nil then
      rawset(_G, name, value)
    end
  end
end

return commands
