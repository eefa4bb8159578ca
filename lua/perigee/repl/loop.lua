--- The read-eval-print loop on a terminal: reads a chunk, runs it, prints its values.
--
-- src/host/perigee_repl.c calls the function that this file returns, with the C functions that the
-- loop needs, and then the function that it gets back once for each turn.

local colours = require "perigee.repl.pretty.colours"
local commands = require "perigee.repl.commands"
local compile = require "perigee.repl.compile"
local core = require "perigee.core"
local error_report = require "perigee.repl.error_report"
local output = require "perigee.repl.output"
local paste = require "perigee.repl.paste"
local printer = require "perigee.repl.pretty.printer"
local session = require "perigee.repl.session"
local terminal = require "perigee.util.terminal"
local timing = require "perigee.repl.timing"

local loaded = package.loaded -- a chunk may remove the global `package`

local LONG_RUN = 1 -- seconds: the time of a longer run is printed
local WIDTH = 80 -- columns, if the terminal does not tell
local LONG_TEXT = 1 << 12 -- bytes: longer text is not compiled after each line while more arrives
local MOST_VALUES = 100000 -- of a chunk: Lua's stack has no room for more
local LONGEST_PROMPT = 4096 -- bytes: readline is slow with longer ones

---@class perigee.repl.host  the C functions
---@field call fun(f: function, ...): boolean, ...  calls a user's function; Ctrl-C interrupts it
---@field try fun(f: function, ...): boolean, ...  calls a function of the prompt likewise
---@field read fun(prompt: string): string|false|nil  a line; nil at the end of the input, false
---   after Ctrl-C
---@field is_waiting fun(): boolean  true if more input has arrived
---@field remember fun(text: string)  adds an entry to the history
---@field complete fun(f: function)  sets the function that completes a line

---@class perigee.repl.loop
---@field host perigee.repl.host
---@field session perigee.repl.session
---@field lines string[]  the lines of the chunk that is being read, before the current one
---@field comments string  lines of comments that were typed alone, and belong to the next chunk
---@field pasted string[]  the chunks of a paste that have not run
---@field is_pasted boolean  the current chunk is one of them
---@field last_entry? string  of the history

-- --- reading -------------------------------------------------------------------

--- The topic of a line that asks for help: "?pg.forward".
local function help_topic(text)
  return text:match "^%s*%?%s*(.-)%s*$"
end

--- The text of a prompt: the user's global, as in lua(1), or the default.
local function prompt_text(self, global, default)
  local value = rawget(_G, global)
  if value == nil then
    return default
  end
  local worked, text = self.host.try(tostring, value)
  return worked and #text <= LONGEST_PROMPT and text or default
end

--- Adds an entry to the history, unless it repeats the last one. A paste is one entry.
local function remember(self, text)
  text = text:gsub("%s+$", ""):gsub("^%s*\n", "") -- pastes often have line breaks around them
  if not self.is_pasted and text ~= self.last_entry then
    self.last_entry = text
    self.host.remember(text)
  end
end

--- Queues the chunks of a paste, which run one after the other.
local function queue_paste(self, text, chunks)
  remember(self, text)
  self.pasted = chunks
end

--- The next text: what `edit` or a paste has queued, or what is typed.
local function read_first(self)
  local queued = self.session.queued
  if queued then
    self.session.queued = nil
    output.write("> ", queued:gsub("\n", "\n>> "), "\n")
    return queued
  end
  local pasted = table.remove(self.pasted, 1)
  self.is_pasted = pasted ~= nil
  if pasted then
    return pasted
  end
  local typed = self.host.read(prompt_text(self, "_PROMPT", "> "))
  local chunks = typed and paste.transcript(typed)
  if chunks then
    queue_paste(self, table.concat(chunks, "\n"), chunks)
    return read_first(self)
  end
  return typed
end

--- Reads lines until they are a chunk, or cannot become one.
---@return string|false|nil typed  nil at the end of the input, false after Ctrl-C
---@return string? text  as it is compiled
---@return perigee.repl.chunk?
---@return string? message  a syntax error
local function read_chunk(self)
  local function compiled(text)
    return compile.chunk(text, self.session:next_name(), self.session.scope)
  end
  self.lines = {}
  local typed = read_first(self)
  if not typed or help_topic(typed) then
    return typed
  end
  self.lines[1] = typed
  local size = #typed
  while true do
    local is_first = #self.lines == 1
    if is_first or not (size > LONG_TEXT and self.host.is_waiting()) then
      typed = table.concat(self.lines, "\n")
      local text = self.comments .. typed:gsub("^%s*=", " ") -- `=x` prints x, as in Lua 5.2
      local chunk, message, is_incomplete = compiled(text)
      local chunks = not chunk and is_first and typed:find "\n" and paste.chunks(typed, compiled)
      if chunks then
        queue_paste(self, typed, chunks)
        return read_chunk(self)
      elseif not is_incomplete then
        return typed, text, chunk, message
      end
    end
    local line = self.host.read(prompt_text(self, "_PROMPT2", ">> "))
    if line == false then
      return false
    elseif not line then
      typed = table.concat(self.lines, "\n")
      return typed, typed, nil, "the input ended within a chunk"
    end
    self.lines[#self.lines + 1] = line
    size = size + #line + 1
  end
end

-- --- running and printing --------------------------------------------------------

--- Runs a chunk and prints its values. Ctrl-C interrupts both.
local function evaluate(self, text, chunk)
  self.session:begin(text)
  local began = timing.now()
  local results = table.pack(self.host.call(chunk.run))
  local seconds = timing.now() - began
  local progress = loaded["perigee.util.progress"]
  if progress then
    progress.clear() -- ends the bars of loops that the chunk left early
  end

  local worked, message = results[1], results[2]
  if results.n > MOST_VALUES then
    worked, message = false, "too many results to print"
  end
  if worked then
    local values = table.pack(chunk.finish(table.unpack(results, 2, results.n)))
    self.session:keep(text, chunk, values.n)
    if values.n > 0 then
      rawset(_G, "_", values[1])
    end
    if values.n > 0 and not chunk.is_quiet then
      worked, message = self.host.try(function()
        local width, paint = terminal.size(1) or WIDTH, colours.painter(1)
        output.write(printer.line_up(values, values.n, width, paint), "\n")
      end)
    end
  else
    self.session:note(text, error_report.is_interrupt(message) and "interrupted" or "failed")
  end
  output.flush()

  if not worked then
    self.pasted = {}
    error_report.report(message, self.session)
  end
  if seconds > LONG_RUN then
    output.write(colours.painter(1)("dim", "took " .. timing.duration(seconds)), "\n")
  end
end

--- Reads and runs one chunk; false at the end of the input.
local function turn(self)
  local typed, text, chunk, message = read_chunk(self)
  if not typed then
    self.pasted = {}
    return typed == false
  elseif typed:find "%S" then
    remember(self, typed)
  end
  local topic = help_topic(typed)
  local name = typed:match "^%s*(%a+)%s*%(?%s*%)?%s*$"
  if (name == "exit" or name == "quit") and rawget(_G, name) == nil then
    output.write("Ctrl-D leaves, and so does os.exit().\n")
  elseif topic then
    local expression = topic ~= ""
      and compile.chunk(topic, self.session:next_name(), self.session.scope) or nil
    local _, problem = self.host.call(commands.explain, topic, expression)
    if problem then
      error_report.report(problem, self.session)
    end
  elseif chunk and chunk.is_empty then
    self.comments = text:find "%S" and text .. "\n" or ""
    return true
  elseif chunk then
    evaluate(self, text, chunk)
  else
    self.session:begin(text)
    self.pasted = {}
    error_report.report(message, self.session)
  end
  self.comments = ""
  return true
end

-- --- opening -------------------------------------------------------------------

--- Runs the init file, ~/.config/perigee/init.lua, if it exists.
local function run_init_file(self)
  local config, home = os.getenv "XDG_CONFIG_HOME", os.getenv "HOME"
  local folder = config and config:find "^/" and config or home and home .. "/.config"
  local path = folder and folder .. "/perigee/init.lua"
  local file = path and io.open(path)
  if not file then
    return
  end
  file:close()
  local f, message = loadfile(path)
  local worked = f ~= nil
  if f then
    worked, message = self.host.call(f)
    self.session:note(path, "ran when the prompt opened, and not here")
  end
  if not worked then
    error_report.report(message, self.session)
  end
end

--- Opens a prompt.
---@param host perigee.repl.host
---@param reads_init_file boolean
---@return fun(): boolean turn  reads and runs one chunk; false at the end of the input
return function(host, reads_init_file)
  local self = {
    host = host, session = session.new(), lines = {}, comments = "", pasted = {}, is_pasted = false,
  }
  core.guard_memory(true)
  commands.define(self.session)
  if reads_init_file then
    run_init_file(self)
  end
  host.complete(function(line)
    local completion = require "perigee.repl.complete.completion" -- loaded at the first Tab
    local before = table.concat(self.lines, "\n") .. (self.lines[1] and "\n" or "")
    local found = completion.complete(before .. line, self.session:visible())
    if found then
      return found.first - #before, found.candidates, found.ending, found.files
    end
  end)
  output.write("help() shows the way in, Ctrl-D leaves.\n")
  return function()
    return turn(self)
  end
end
