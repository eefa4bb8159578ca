--- The prompt's own commands, which are globals there: help, who, time, edit, save_session.

local argv = require "perigee.repl.argv"
local core = require "perigee.core"
local doc_comment = require "perigee.help.doc_comment"
local editor = require "perigee.repl.editor"
local errors = require "perigee.util.errors"
local help_on = require "perigee.help.lookup"
local page = require "perigee.help.page"
local save_session = require "perigee.repl.save_session"
local timing = require "perigee.repl.timing"
local types = require "perigee.util.types"
local values = require "perigee.help.values"
local whos = require "perigee.repl.whos"

local commands = {}

--- Prints help on a topic: on its value, or on the name.
---@param topic string
---@param chunk? perigee.repl.chunk  the topic as an expression, if it compiles
---@return string? message  why there is no help
function commands.explain(topic, chunk)
  local value
  if chunk and chunk.is_expression then
    value = chunk.finish(chunk.run())
  end
  local is_literal = topic:find "^[\"'%[]" ~= nil
  if value == nil then
    value = topic ~= "" and topic or nil
  elseif type(value) == "string" and not is_literal then -- the value of a variable is no topic
    page.print(values.page(value, topic))
    return nil
  end
  local answer, message = help_on(value)
  if not answer then
    return message
  end
  page.print(answer)
end

--- Defines the commands and `pg` as globals, except names that are set already.
---@param session perigee.repl.session
function commands.define(session)
  doc_comment.sources = session.sources
  local own = { pg = require "perigee", help = require "perigee.help.help", time = timing.time }
  local before = argv.lines(type(arg) == "table" and arg or {})

  --- Lists the variables that were defined, with the shapes of arrays and the memory of each.
  function own.who()
    print(whos.text(session.scope, own))
  end

  --- Opens the previous chunk in $VISUAL, $EDITOR or an installed editor, and runs what is saved.
  --- An unchanged text does not run.
  ---@return nil?  # and a message: there is no editor, or it fails
  ---@return string?
  function own.edit(...)
    if select("#", ...) > 0 then
      errors.raise("edit: it takes no arguments, and opens the last chunk")
    end
    local text = (session.previous or ""):gsub("%s+$", "")
    session.current = session.previous -- another edit() opens the same chunk
    local edited, message = editor.edit(text)
    if not edited then
      return nil, "edit: " .. message
    end
    edited = edited:gsub("%s+$", "")
    if edited ~= text and edited ~= "" then
      session.queued = edited
    end
  end

  --- Saves the chunks that worked as a script that does the same, after what the command line ran
  --- (a script, `-l`, `-e`). Chunks that failed or were interrupted become comments. It replaces an
  --- existing file.
  ---@param path string
  ---@return true
  function own.save_session(path)
    if not types.is_path(path) then
      errors.raise("save_session: a path is needed, as in save_session \"session.lua\", not %s",
        errors.describe(path))
    end
    local text, message = save_session.script(session.ran, own, before)
    if not text then
      errors.raise("save_session: the chunks make no script together: " .. message)
    end
    return (errors.call(core.write, path, text))
  end

  for name, value in pairs(own) do
    if rawget(_G, name) == nil then
      rawset(_G, name, value)
    end
  end
end

return commands
