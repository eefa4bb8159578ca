--- The prompt on a terminal: reads a chunk, runs it, prints what it gave, and again.
--
-- src/host/session.c calls what this returns with what it needs of C (lines, calls that can be
-- interrupted), and then the function that it is given, once for each turn.

local compile = require "perigee.repl.compile"
local colours = require "perigee.repl.pretty.colours"
local core = require "perigee.core"
local commands = require "perigee.repl.commands"
local output = require "perigee.repl.output"
local paste = require "perigee.repl.paste"
local printer = require "perigee.repl.pretty.printer"
local error_report = require "perigee.repl.error_report"
local terminal = require "perigee.util.terminal"
local session = require "perigee.repl.session"

local loaded = package.loaded -- the chunk may take the global away

local LONG = 1 -- seconds: what takes longer says how long it took
local WIDTH = 80 -- characters, where the terminal does not say
local LONG_TEXT = 1 << 12 -- bytes
local MOST_VALUES = 100000 -- of a chunk: more are too many for Lua's stack
local LONGEST_PROMPT = 4096 -- bytes: with longer ones, readline takes long

-- --- running and printing ------------------------------------------------------

--- Shows what a chunk gave on standard output.
local function show(values)
  local width, paint = terminal.size(1) or WIDTH, colours.painter(1)
  output.write(printer.line_up(values, values.n, width, paint), "\n")
end

local function show_seconds(seconds)
  if seconds > LONG then
    output.write(colours.painter(1)("dim", "took " .. commands.duration(seconds)), "\n")
  end
end

--- Ends the lines of progress of loops that the chunk has left without an end.
local function clear_progress()
  local progress = loaded["perigee.util.progress"]
  if progress then
    progress.clear()
  end
end

--- Ctrl-C ends a chunk, and the printing of what it gave.
local function evaluate(self, text, chunk)
  self:begin(text)
  local began = commands.seconds_now()
  local results = table.pack(self.host.call(chunk.run))
  local seconds = commands.seconds_now() - began
  clear_progress()
  local worked, problem = results[1], results[2]
  if results.n > MOST_VALUES then
    worked, problem = false, "too many results to print"
  end
  if worked then
    local values = table.pack(chunk.finish(table.unpack(results, 2, results.n)))
    self:keep(text, chunk, values.n)
    if values.n > 0 then
      rawset(_G, "_", values[1])
    end
    if values.n > 0 and not chunk.is_quiet then
      worked, problem = self.host.try(show, values)
    end
  else
    self:note(text, error_report.is_interrupt(problem) and "interrupted" or "failed")
  end
  output.flush()
  if not worked then
    self:drop_pieces()
    error_report.report(problem, self)
  end
  show_seconds(seconds)
end

--- `?thing` asks for help.
local function help_wanted(text)
  return text:match "^%s*%?%s*(.-)%s*$"
end

local function give_help(self, topic)
  local chunk = topic ~= "" and compile.chunk(topic, self:next_name(), self.scope)
  local _, message = self.host.call(commands.explain, topic, chunk)
  if message then
    error_report.report(message, self)
  end
end

--- Whether somebody tries what leaves other prompts.
local function wants_to_leave(text)
  local name = text:match "^%s*(%a+)%s*%(?%s*%)?%s*$"
  return (name == "exit" or name == "quit") and rawget(_G, name) == nil
end

-- --- reading -------------------------------------------------------------------

--- A prompt's text: the user's global, as lua(1) has it, or ours.
local function prompt_text(self, global, ours)
  local theirs = rawget(_G, global)
  if theirs == nil then
    return ours
  end
  local worked, text = self.host.try(tostring, theirs)
  return worked and #text <= LONGEST_PROMPT and text or ours
end

--- A chunk of what was typed: `=x` is Lua 5.2's way to print. Comments that were typed before
--- belong to it, as help shows those of functions.
local function compile_typed(self, typed)
  local text = self.comments .. typed:gsub("^%s*=", " ")
  return text, compile.chunk(text, self:next_name(), self.scope)
end

--- Whether more lines should come before a text is tried again: of a long one that is being pasted
--- line by line, each try takes a while.
local function waits_for_more(self, size)
  return size > LONG_TEXT and self.host.is_waiting()
end

--- The next line of a chunk that is not complete.
local function read_more(self, lines)
  self.unfinished = lines
  local line = self.host.read(prompt_text(self, "_PROMPT2", ">> "))
  self.unfinished = {}
  return line
end

--- What is typed or pasted next.
local function read_first(self)
  local queued = self:take_queued() or self:take_piece()
  if queued then
    return queued
  end
  local typed = self.host.read(prompt_text(self, "_PROMPT", "> "))
  local transcript = typed and paste.transcript(typed)
  if not transcript then
    return typed
  end
  self:line_up(table.concat(transcript, "\n"), transcript)
  return self:take_piece()
end

--- Where lines that were pasted make several chunks and not one, they are lined up.
local function takes_pieces(self, typed)
  local pieces = typed:find "\n" and paste.pieces(typed, function(text)
    return compile.chunk(text, self:next_name(), self.scope)
  end)
  if pieces then
    self:line_up(typed, pieces)
    return true
  end
  return false
end

--- Reads until a chunk is whole, or cannot be. Gives what was typed, the chunk's text, and the
--- chunk or what is wrong with it. Without a text: nil at the end of the input, false where Ctrl-C
--- threw the lines away.
local function read(self)
  local typed = read_first(self)
  if not typed or help_wanted(typed) then
    return typed
  end
  local lines, size = { typed }, #typed
  while true do
    if #lines == 1 or not waits_for_more(self, size) then
      typed = table.concat(lines, "\n")
      local text, chunk, message, is_incomplete = compile_typed(self, typed)
      if not chunk and #lines == 1 and takes_pieces(self, typed) then
        return read(self)
      elseif not is_incomplete then
        return typed, text, chunk, message
      end
    end
    local line = read_more(self, lines)
    if line == false then
      return false
    elseif not line then
      typed = table.concat(lines, "\n")
      return typed, typed, nil, "the input ended within a chunk"
    end
    lines[#lines + 1] = line
    size = size + #line + 1
  end
end

--- One turn. False at the end of the input.
local function turn(self)
  local typed, text, chunk, message = read(self)
  if not typed then
    self:drop_pieces()
    return typed == false
  elseif typed:find "%S" then
    self:remember(typed)
  end
  local topic = help_wanted(typed)
  if wants_to_leave(typed) then
    output.write("Ctrl-D leaves, and so does os.exit().\n")
  elseif topic then
    give_help(self, topic)
  elseif chunk and chunk.is_empty then
    self.comments = text:find "%S" and text .. "\n" or ""
    return true
  elseif chunk then
    evaluate(self, text, chunk)
  else
    self:begin(text)
    self:drop_pieces()
    error_report.report(message, self)
  end
  self.comments = ""
  return true
end

-- --- opening -------------------------------------------------------------------

--- The user's file of what every prompt begins with.
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
    self:note(path, "ran when the prompt opened, and not here")
  end
  if not worked then
    error_report.report(message, self)
  end
end

---@param host table  call, try, read, is_waiting, remember, complete
---@param reads_files boolean  whether the user's file is run
---@return fun(): boolean turn
return function(host, reads_files)
  local self = session.new(host)
  core.guard_memory(true)
  commands.define(self)
  if reads_files then
    run_init_file(self)
  end
  host.complete(function(line)
    local completion = require "perigee.repl.complete.completion"
    local before = table.concat(self.unfinished, "\n") .. (self.unfinished[1] and "\n" or "")
    local found = completion.complete(before .. line, self:visible())
    if found then
      return found.first - #before, found.candidates, found.ending, found.files
    end
  end)
  output.write("help() shows the way in, Ctrl-D leaves.\n")
  return function()
    return turn(self)
  end
end
