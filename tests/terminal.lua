-- Terminals for the specs: one that a person could sit at, through tmux, and one that takes any
-- bytes in any number, through tests/pty.c.
--
--   local t <close> = terminal.open { command = "build/perigee" }
--   t:type "1 + 1"
--   t:keys "Enter"
--   t:expect "\n2\n"
--
--   local output, status = terminal.feed { command = "build/perigee",
--     input = { terminal.junk(10000), "\3", "1 + 1\n\4" } }
--
--   local d <close> = terminal.converse { command = "build/perigee" }
--   d:send "6 * 7\n"
--   d:expect "42"
--
-- Nothing of the user's is read: programs see the variables that are named here only, and a home
-- folder of their own, which is removed with the terminal.

local uv = require "luv"

local terminal = {}

-- Seconds to wait, unless told: an idle machine answers at once, a busy one may take this long.
local PATIENCE = 120

-- --- the shell ---------------------------------------------------------------------

local function quoted(text)
  return "'" .. text:gsub("'", [['\'']]) .. "'"
end

local function quoted_all(words)
  local list = {}
  for i, word in ipairs(words) do
    list[i] = quoted(word)
  end
  return table.concat(list, " ")
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function temporary_folder()
  return assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/terminal-XXXXXX"))
end

local function remove(folder)
  os.execute("rm -rf " .. quoted(folder))
end

--- The words of a command (a list, or text for the shell) with these variables and no others. What
--- is false in `own` is left out.
local function with_environment(command, home, term, own)
  local variables = {
    PATH = os.getenv "PATH", HOME = home, LANG = "C.UTF-8", TERM = term,
    XDG_STATE_HOME = home .. "/state", XDG_CONFIG_HOME = home .. "/config",
    XDG_DATA_HOME = home .. "/data", XDG_CACHE_HOME = home .. "/cache",
  }
  for name, value in pairs(own or {}) do
    variables[name] = value or nil
  end
  local words = { "env", "-i" }
  for name, value in pairs(variables) do
    words[#words + 1] = name .. "=" .. value
  end
  if type(command) == "string" then
    command = { "sh", "-c", command }
  end
  return table.move(command, 1, #command, #words + 1, words)
end

-- --- a terminal to sit at ----------------------------------------------------------

local Terminal = {}
Terminal.__index = Terminal

-- What is read from tmux; the lines that it shows of a program that has ended are not the
-- program's.
local CONFIGURATION = [[
set -g default-terminal "%s"
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g status off
set -g history-limit 50000
set -g escape-time 0
set -g default-size %dx%d
%s]]

local function tmux(self, ...)
  local command = ("env -u TMUX tmux -u -S %s %s 2>&1"):format(quoted(self.folder .. "/socket"),
    quoted_all { ... })
  local pipe <close> = assert(io.popen(command))
  local output = pipe:read "a"
  if not pipe:close() then
    error("tmux: " .. output, 3)
  end
  return output
end

local function ask(self, format)
  return (tmux(self, "display-message", "-p", format):gsub("\n$", ""))
end

--- Opens a terminal in which a command runs: `local t <close> = terminal.open { command = ... }`.
--- What a command shows and then ends at once may not reach the screen: let it wait for a key.
---
---   command      text for the shell, or a list: the program and its arguments
---   width        columns, 80 unless told
---   height       lines, 24 unless told
---   term         what $TERM says: "tmux-256color", "dumb", "vt100" ...; tmux-256color unless told
---   environment  variables besides PATH, HOME, LANG, TERM and the XDG folders; false takes one
---                away
---   home         a home folder that stays, for several terminals; one of its own unless told
---
--- t.home is that folder.
function terminal.open(options)
  local self = setmetatable({ folder = temporary_folder() }, Terminal)
  local width, height = options.width or 80, options.height or 24
  local term = options.term or "tmux-256color"
  self.home = options.home or self.folder .. "/home"
  uv.fs_mkdir(self.home, tonumber("700", 8))
  local command = with_environment(options.command, self.home, term, options.environment)
  local known = term:find "^tmux" or term:find "^screen"
  write(self.folder .. "/tmux.conf", CONFIGURATION:format(known and term or "screen", width, height,
    options.environment and options.environment.COLORTERM == "truecolor"
      and 'set -ga terminal-overrides ",*:Tc"\n' or ""))
  local worked, message = pcall(tmux, self, "-f", self.folder .. "/tmux.conf", "new-session", "-d",
    "-x", tostring(width), "-y", tostring(height), table.unpack(command))
  if not worked then
    remove(self.folder)
    error(message, 2)
  end
  self.pid = tonumber(ask(self, "#{pane_pid}"))
  return self
end

--- Types text as it is. What it holds of newlines are typed as Ctrl-J.
function Terminal:type(text)
  for first = 1, #text, 1000 do -- by bytes: tmux puts characters that are cut together again
    local part = text:sub(first, first + 999)
    -- A semicolon at the end would part two of tmux's commands.
    tmux(self, "send-keys", "-l", "--", (part:gsub(";$", "\\;")))
  end
end

--- Presses keys, by tmux's names: "Enter", "Tab", "Up", "C-c", "M-b", "Escape" ...
function Terminal:keys(...)
  tmux(self, "send-keys", ...)
end

--- Types a line and Enter.
function Terminal:line(text)
  self:type(text)
  self:keys "Enter"
end

--- Pastes text: in brackets, where the program has asked for them.
function Terminal:paste(text)
  local path = self.folder .. "/paste"
  write(path, text)
  tmux(self, "load-buffer", "-b", "paste", path)
  tmux(self, "paste-buffer", "-p", "-d", "-b", "paste")
end

--- The text on the screen, a line for each of its own. { colours = true }: with the sequences that
--- colour it; { history = true }: with what has scrolled away; { joined = true }: lines that are
--- wrapped in one; { trailing = true }: with the spaces at the ends of lines.
function Terminal:screen(options)
  options = options or {}
  local words = { "capture-pane", "-p" }
  if options.colours then words[#words + 1] = "-e" end
  if options.joined then words[#words + 1] = "-J" end
  if options.trailing then words[#words + 1] = "-N" end
  if options.history then table.move({ "-S", "-" }, 1, 2, #words + 1, words) end
  return tmux(self, table.unpack(words))
end

--- Where the cursor is: column and line, from 1.
function Terminal:cursor()
  local x, y = ask(self, "#{cursor_x} #{cursor_y}"):match "(%d+) (%d+)"
  return tonumber(x) + 1, tonumber(y) + 1
end

--- Waits until holds(screen) is true, for so many seconds (120 unless told), and returns the
--- screen; else raises, with the screen and what was expected.
function Terminal:wait(holds, seconds, expected)
  local limit = uv.hrtime() + (seconds or PATIENCE) * 1e9
  repeat
    local screen = self:screen()
    if holds(screen) then
      return screen
    end
    uv.sleep(20)
  until uv.hrtime() > limit
  error(("expected %s on the screen:\n%s\n(%s)"):format(expected or "something else", self:screen(),
    self:is_alive() and "the program runs" or "the program has ended"), 2)
end

--- Waits until the text is on the screen.
function Terminal:expect(text, seconds)
  return self:wait(function(screen) return screen:find(text, 1, true) end, seconds,
    ("%q"):format(text))
end

--- Waits until the pattern is.
function Terminal:expect_match(pattern, seconds)
  return self:wait(function(screen) return screen:find(pattern) end, seconds,
    "the pattern " .. pattern)
end

--- Waits until the text is no longer on the screen.
function Terminal:expect_gone(text, seconds)
  return self:wait(function(screen) return not screen:find(text, 1, true) end, seconds,
    ("no %q"):format(text))
end

--- Gives the terminal another size.
function Terminal:resize(width, height)
  tmux(self, "resize-window", "-x", tostring(width), "-y", tostring(height))
end

--- Whether the program still runs.
function Terminal:is_alive()
  return ask(self, "#{pane_dead}") ~= "1"
end

--- Waits for the program's end, for so many seconds (120 unless told), and returns its exit status;
--- 128 and the signal's number where one ended it.
function Terminal:status(seconds)
  local status, signal, server
  self:wait(function()
    status, signal, server = ask(self, "#{pane_dead_status},#{pane_dead_signal},#{pid}"):match(
      "(.*),(.*),(.*)")
    uv.kill(tonumber(server), "sigchld") -- tmux misses one now and then
    return status ~= "" or signal ~= ""
  end, seconds, "the program's end, and not this")
  return tonumber(status) or 128 + tonumber(signal)
end

--- Whether there is a process of that number that runs: one that has ended waits in vain where
--- nobody asks for its status.
local function runs(pid)
  local file <close> = io.open(("/proc/%d/stat"):format(pid))
  return file and not file:read("a"):find "%) [ZX] "
end

--- Takes the terminal away from under the program, which gets SIGHUP. Waits for its end, for so
--- many seconds (120 unless told), and returns whether it came by itself.
function Terminal:hang_up(seconds)
  tmux(self, "kill-server")
  local limit = uv.hrtime() + (seconds or PATIENCE) * 1e9
  while runs(self.pid) do
    if uv.hrtime() > limit then
      uv.kill(self.pid, "sigkill")
      return false
    end
    uv.sleep(10)
  end
  return true
end

--- Ends everything, and removes the folder. Twice does no harm.
function Terminal:close()
  if self.folder then
    pcall(self.hang_up, self, 2)
    remove(self.folder)
    self.folder = nil
  end
end

Terminal.__close = Terminal.close
Terminal.__gc = Terminal.close

-- --- a terminal that takes everything ----------------------------------------------

--- What runs a command on a terminal, built beside the program.
local function pty()
  local program = os.getenv "PERIGEE" or "build/perigee"
  return (program:match "^(.*)/" or ".") .. "/pty"
end

--- The options of tests/pty.c, with the input in files of the folder.
local function pty_options(options, folder)
  local words = { "-q", tostring(options.quiet or 1), "-t", tostring(options.limit or 300), "-s",
    ("%dx%d"):format(options.width or 80, options.height or 24) }
  if options.hang_up_at then
    words[#words + 1] = "-h"
    words[#words + 1] = tostring(options.hang_up_at)
  end
  local input = options.input or ""
  for i, part in ipairs(type(input) == "table" and input or { input }) do
    local path = folder .. "/input" .. i
    write(path, part)
    words[#words + 1] = "-i"
    words[#words + 1] = path
  end
  return words
end

--- Runs a command on a terminal, types `input` as fast as it is taken, and returns what was shown
--- and the exit status: 128 and a number where a signal ended it (129 where the terminal was hung
--- up, and that is how it ends unless the input makes it), 124 where it did not end in time.
---
---   command, width, height, term, environment, home   as for terminal.open
---   input       bytes, or a list of such: each is typed when the command has shown something and
---               rests
---   hang_up_at  hangs up when so many bytes are typed
---   quiet       hangs up when, behind the input, nothing was shown for so many seconds (1) while
---               the command waits
---   limit       kills it after so many seconds (300)
function terminal.feed(options)
  local folder = temporary_folder()
  local home = options.home or folder .. "/home"
  local worked, output, status = pcall(function()
    uv.fs_mkdir(home, tonumber("700", 8))
    local command = with_environment(options.command, home, options.term or "xterm-256color",
      options.environment)
    local _, _, code = os.execute(("%s %s %s >%s"):format(quoted(pty()),
      quoted_all(pty_options(options, folder)), quoted_all(command), quoted(folder .. "/output")))
    return read(folder .. "/output"), code
  end)
  remove(folder)
  if not worked then
    error(output, 2)
  end
  return output, status
end

-- --- a dialogue ---------------------------------------------------------------------

local Dialogue = {}
Dialogue.__index = Dialogue

local MOST_OUTPUT = 1 << 20 -- bytes that are kept of what was shown

-- What is typed at a command that has ended is lost; by itself the signal would end the specs.
local broken_pipe = uv.new_signal()
broken_pipe:start("sigpipe", function() end)
broken_pipe:unref()

--- Runs a command on a terminal that takes everything, and talks to it.
---
---   command, width, height, term, environment, home   as for terminal.open
---   limit       kills it after so many seconds (600)
function terminal.converse(options)
  local folder = temporary_folder()
  local self = setmetatable({ folder = folder, home = options.home or folder .. "/home" }, Dialogue)
  uv.fs_mkdir(self.home, tonumber("700", 8))
  local words = { "-d", "-t", tostring(options.limit or 600), "-s",
    ("%dx%d"):format(options.width or 80, options.height or 24) }
  table.move(with_environment(options.command, self.home, options.term or "xterm-256color",
    options.environment), 1, 1000, #words + 1, words)
  self.input, self.shown, self.output = uv.new_pipe(false), uv.new_pipe(false), ""
  self.handle, self.pty = uv.spawn(pty(), {
    args = words, stdio = { self.input, self.shown, 2 },
  }, function(code)
    self.code = code
  end)
  if not self.handle then
    error(self.pty, 2)
  end
  self.shown:read_start(function(_, data)
    self.output = (self.output .. (data or "")):sub(-MOST_OUTPUT)
  end)
  return self
end

--- Types bytes, behind those that were not taken yet.
function Dialogue:send(text)
  self.input:write(text)
end

--- Waits until holds() is true, for so many seconds (120 unless told). Returns whether it is.
function Dialogue:wait(holds, seconds)
  local is_over, timer = false, uv.new_timer()
  uv.update_time() -- else the seconds are those since the loop last ran
  timer:start(math.ceil((seconds or PATIENCE) * 1000), 0, function() is_over = true end)
  while not holds(self) and not is_over do
    uv.run "once"
  end
  timer:close()
  return holds(self)
end

--- Waits until the text was shown, and forgets what was until then. False where the time is over
--- or the command has ended before.
function Dialogue:expect(text, seconds)
  local first, last
  self:wait(function()
    first, last = self.output:find(text, 1, true)
    return first or self.code
  end, seconds)
  self.output = self.output:sub((last or 0) + 1)
  return first ~= nil
end

--- Tells if a process waits for nothing but input or time.
local function sleeps(pid)
  local file <close> = io.open(("/proc/%d/stat"):format(pid))
  return not file or not file:read("a"):find "%) [RD] "
end

--- Waits until what was typed has been taken: until the command and its terminal sleep, and nothing
--- has happened for 0.2 seconds.
function Dialogue:rest()
  for _ = 1, PATIENCE * 5 do
    self:wait(function() return self.code end, 0.2)
    local pid = self:pid()
    if not pid or sleeps(self.pty) and sleeps(pid) then
      return
    end
  end
end

--- The process number of the command; nil where it has ended.
function Dialogue:pid()
  local file <close> = io.open(("/proc/%d/task/%d/children"):format(self.pty, self.pty))
  return file and tonumber(file:read("a"):match "%d+")
end

--- Sends the command a signal, by luv's name: "sigterm".
function Dialogue:signal(name)
  local pid = self:pid()
  return pid and uv.kill(pid, name)
end

--- Waits for the command's end, for so many seconds (120 unless told), and returns its exit status,
--- as terminal.feed does; nil where it does not end.
function Dialogue:status(seconds)
  self:wait(function() return self.code end, seconds)
  return self.code
end

--- Takes the terminal away, and waits for the end as status does.
function Dialogue:hang_up(seconds)
  if not self.input:is_closing() then
    self.input:close()
  end
  return self:status(seconds)
end

--- Ends everything, and removes the folder. Twice does no harm.
function Dialogue:close()
  if not self.folder then
    return
  end
  if not self.code then
    self:signal "sigkill"
    self:status(2)
  end
  for _, handle in ipairs { self.input, self.shown, self.handle } do
    if not handle:is_closing() then
      handle:close()
    end
  end
  uv.run "nowait"
  remove(self.folder)
  self.folder = nil
end

Dialogue.__close = Dialogue.close

-- --- junk ----------------------------------------------------------------------------

-- The keys that by right end or stop a program, or what it shows: Ctrl-C, Ctrl-D, Ctrl-S, Ctrl-Z,
-- Ctrl-\.
local ENDING = "[\3\4\19\26\28]"

--- So many random bytes, the same for the same seed. Without those that may end a program, unless
--- `all` is true.
function terminal.junk(bytes, seed, all)
  local state = (seed or 1) * 2654435761 + 88172645463325252
  local parts, missing = {}, bytes
  while missing > 0 do
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
    local part = ("i8"):pack(state)
    if not all then
      part = part:gsub(ENDING, "")
    end
    parts[#parts + 1] = part:sub(1, missing)
    missing = missing - #parts[#parts]
  end
  return table.concat(parts)
end

return terminal
