--- The session: the locals that were typed, each chunk's text, and how it ended.

local compile = require "perigee.repl.compile"
local format = require "perigee.util.format"
local output = require "perigee.repl.output"

local MOST = 1 << 20 -- bytes of a text that is kept

---@class perigee.repl.session
---@field host table  what is done in C
---@field scope perigee.repl.scope  the locals that last
---@field sources table<string, string>  chunk names, and the texts that were typed
---@field ran table[]  the chunks that ran, in order: text, is_expression, is_quiet, names, last,
---   values (their number); of one that did not run to its end, only `comment` says what it was
---@field comments string  that were typed, and belong to the chunk that comes
---@field unfinished string[]  the lines of the chunk that is being typed, before the last
---@field pieces string[]  chunks that were pasted together, and have not run yet
---@field is_piece boolean  the chunk that runs is one of them
local Session = {}
Session.__index = Session

local session = {}

---@param host table
---@return perigee.repl.session
function session.new(host)
  return setmetatable({
    host = host, scope = {}, sources = {}, ran = {}, count = 0, comments = "", unfinished = {},
    pieces = {}, is_piece = false,
  }, Session)
end

--- The name of the chunk that comes next, as load takes it.
function Session:next_name()
  return ("=stdin[%d]"):format(self.count + 1)
end

--- A chunk is about to run, or to be refused.
function Session:begin(text)
  if #text <= MOST then
    self.sources[self:next_name()] = text
  end
  self.count = self.count + 1
  self.before, self.current = self.current, text
end

--- The chunk before the one that runs, which is from now on as if it had not been.
function Session:take_before()
  self.current = self.before
  return self.before or ""
end

--- A chunk ran, but not to its end, or its text is not kept.
---@param text string
---@param outcome string  what became of it: "interrupted"
function Session:note(text, outcome)
  if #text > MOST then
    text = ("a chunk of %s"):format(format.quantity(#text, "byte"))
  end
  self.ran[#self.ran + 1] = { comment = outcome .. ": " .. text, text = "", names = {}, values = 0 }
end

--- A chunk ran to its end, and gave so many values.
function Session:keep(text, chunk, values)
  if #text > MOST then
    self:note(text, "left out")
  elseif text:find "%S" then
    self.ran[#self.ran + 1] = {
      text = text, is_expression = chunk.is_expression, is_quiet = chunk.is_quiet,
      names = chunk.names, last = chunk.last, values = values,
    }
  end
end

--- Before a chunk runs it is in the history, in which none follows its like. What was pasted is
--- one entry.
function Session:remember(text)
  if self.is_piece then
    return
  end
  -- What is pasted often has line breaks around it.
  text = text:gsub("%s+$", ""):gsub("^%s*\n", "")
  if text ~= self.last then
    self.last = text
    self.host.remember(text)
  end
end

--- A text that is to be run next, as if it was typed.
function Session:queue(text)
  self.queued = text
end

function Session:take_queued()
  local text = self.queued
  self.queued = nil
  if text then
    output.write("> ", text:gsub("\n", "\n>> "), "\n")
  end
  return text
end

--- The chunks of what was pasted are to be run next.
---@param text string  all of it
---@param pieces string[]
function Session:line_up(text, pieces)
  self:remember(text)
  self.pieces = table.move(pieces, 1, #pieces, 1, {})
end

--- The next of them; nil where there is none.
function Session:take_piece()
  local piece = table.remove(self.pieces, 1)
  self.is_piece = piece ~= nil
  return piece
end

--- A chunk has failed: those that were pasted behind it are not run.
function Session:drop_pieces()
  self.pieces = {}
end

--- What a completion looks for names in.
---@return perigee.repl.visible
function Session:visible()
  local locals = {}
  for name, variable in pairs(self.scope) do
    locals[name] = compile.value(variable)
  end
  return { globals = _G, locals = locals }
end

return session
