--- The record of a session: its chunks, how each ended, and the locals that they left.

local format = require "perigee.util.format"
local scope = require "perigee.repl.scope"

local MOST = 1 << 20 -- bytes of a text that is kept

---@class perigee.repl.record
---@field text string
---@field is_expression boolean
---@field is_quiet boolean
---@field globals table<string, true>
---@field final_return? perigee.repl.token
---@field values integer  the number of values that the chunk gave
---@field comment? string  stands for a chunk that did not run to its end, or whose text is not kept

---@class perigee.repl.session
---@field scope perigee.repl.scope  the locals that chunks left
---@field sources table<string, string>  texts of chunks by chunk name
---@field ran perigee.repl.record[]  the chunks that ran, in order
---@field count integer  the number of chunks that ran or had a syntax error
---@field current? string  the text of the last of them
---@field previous? string  the text of the one before
---@field queued? string  a text to run next, set by `edit`
local Session = {}
Session.__index = Session

local session = {}

---@return perigee.repl.session
function session.new()
  return setmetatable({ scope = scope.new(), sources = {}, ran = {}, count = 0 }, Session)
end

--- The chunk name of the next chunk, as in `load`.
---@return string
function Session:next_name()
  return ("=stdin[%d]"):format(self.count + 1)
end

--- Counts a chunk that is about to run, or that has a syntax error.
---@param text string
function Session:begin(text)
  if #text <= MOST then
    self.sources[self:next_name()] = text
  end
  self.count = self.count + 1
  self.previous, self.current = self.current, text
end

--- Records a chunk as a comment.
---@param text string
---@param outcome string  "interrupted"
function Session:note(text, outcome)
  if #text > MOST then
    text = ("a chunk of %s"):format(format.quantity(#text, "byte"))
  end
  self.ran[#self.ran + 1] = {
    comment = outcome .. ": " .. text, text = "", globals = {}, values = 0,
  }
end

--- Records a chunk that ran to its end.
---@param text string
---@param chunk perigee.repl.chunk
---@param values integer  the number of its values
function Session:keep(text, chunk, values)
  if #text > MOST then
    self:note(text, "left out")
  elseif text:find "%S" then
    self.ran[#self.ran + 1] = {
      text = text, is_expression = chunk.is_expression, is_quiet = chunk.is_quiet,
      globals = chunk.globals, final_return = chunk.final_return, values = values,
    }
  end
end

--- The variables that the next chunk can refer to, for completion.
---@return perigee.repl.visible
function Session:visible()
  return { globals = _G, locals = self.scope:values() }
end

return session
