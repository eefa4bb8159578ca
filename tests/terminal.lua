-- Terminals for the specs: an emulated one with a screen, through tmux, and a raw one for any
-- number of any bytes, through tests/pty.c.
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
-- Programs get no variables but those named here, and a home folder of their own, which is removed
-- with the terminal.

local uv = require "luv"

local terminal = {}

-- Seconds to wait by default: an idle machine answers at once, a busy one may take this long.
local TIMEOUT = 120

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

--- The words of a command (a list, or text for the shell) with these variables and no others.
--- Variables that are false in `own` are left out.
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

-- --- a terminal with a screen ------------------------------------------------------

local Terminal = {}
Terminal.__index = Terminal

-- Output of tmux. The lines that it adds when a program has ended are not the program's.
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
--- The output of a command that ends at once may not reach the screen: let it wait for a key.
---
---   command      text for the shell, or a list: the program and its arguments
---   width        columns, 80 by default
---   height       lines, 24 by default
---   term         $TERM: "tmux-256color" (the default), "dumb", "vt100" ...
---   environment  variables besides PATH, HOME, LANG, TERM and the XDG folders; false removes
---                one
---   home         a home folder that stays, for several terminals; by default a new one
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

--- Types a text. Newlines are typed as Ctrl-J.
function Terminal:type(text)
  for first = 1, #text, 1000 do -- by bytes: tmux puts characters that are cut together again
    local part = text:sub(first, first + 999)
    -- A semicolon at the end would separate two commands of tmux.
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

--- Pastes a text, bracketed if the program has asked for that.
function Terminal:paste(text)
  local path = self.folder .. "/paste"
  write(path, text)
  tmux(self, "load-buffer", "-b", "paste", path)
  tmux(self, "paste-buffer", "-p", "-d", "-b", "paste")
end

--- The text on the screen. Options: `colours` keeps the escape sequences of colours, `history` adds
--- the lines that have scrolled away, `joined` joins wrapped lines, `trailing` keeps spaces at the
--- ends of lines.
function Terminal:screen(options)
  options = options or {}
  local words = { "capture-pane", "-p" }
  if options.colours then words[#words + 1] = "-e" end
  if options.joined then words[#words + 1] = "-J" end
  if options.trailing then words[#words + 1] = "-N" end
  if options.history then table.move({ "-S", "-" }, 1, 2, #words + 1, words) end
  return tmux(self, table.unpack(words))
end

--- The cursor's column and line, from 1.
function Terminal:cursor()
  local x, y = ask(self, "#{cursor_x} #{cursor_y}"):match "(%d+) (%d+)"
  return tonumber(x) + 1, tonumber(y) + 1
end

--- Waits until holds(screen) is true and returns the screen. After `seconds` (120 by default) it
--- raises an error with the screen and the expectation.
function Terminal:wait(holds, seconds, expected)
  local limit = uv.hrtime() + (seconds or TIMEOUT) * 1e9
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

--- Waits until the screen matches the pattern.
function Terminal:expect_match(pattern, seconds)
  return self:wait(function(screen) return screen:find(pattern) end, seconds,
    "the pattern " .. pattern)
end

--- Waits until the text is no longer on the screen.
function Terminal:expect_gone(text, seconds)
  return self:wait(function(screen) return not screen:find(text, 1, true) end, seconds,
    ("no %q"):format(text))
end

--- Resizes the terminal.
function Terminal:resize(width, height)
  tmux(self, "resize-window", "-x", tostring(width), "-y", tostring(height))
end

--- Tells if the program still runs.
function Terminal:is_alive()
  return ask(self, "#{pane_dead}") ~= "1"
end

--- Waits for the program's end, up to `seconds` (120 by default), and returns its exit status; 128
--- plus the number of the signal that ended it.
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

--- Tells if a process runs, and is not a zombie.
local function runs(pid)
  local file <close> = io.open(("/proc/%d/stat"):format(pid))
  return file and not file:read("a"):find "%) [ZX] "
end

--- Closes the terminal of the program, which gets SIGHUP. Waits for its end, up to `seconds` (120
--- by default), and returns true if it ended by itself.
function Terminal:hang_up(seconds)
  tmux(self, "kill-server")
  local limit = uv.hrtime() + (seconds or TIMEOUT) * 1e9
  while runs(self.pid) do
    if uv.hrtime() > limit then
      uv.kill(-self.pid, "sigkill") -- its process group
      return false
    end
    uv.sleep(10)
  end
  return true
end

--- Ends everything, and removes the folder. A second call does nothing.
function Terminal:close()
  if self.folder then
    pcall(self.hang_up, self, 2)
    remove(self.folder)
    self.folder = nil
  end
end

Terminal.__close = Terminal.close
Terminal.__gc = Terminal.close

-- --- a raw terminal ----------------------------------------------------------------

--- The program of tests/pty.c, which is built beside perigee.
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

--- Runs a command on a terminal, types `input` as fast as the command reads it, and returns the
--- output and the exit status: 128 plus the number of a signal (129 if the terminal was hung up,
--- which happens unless the input ends the command), 124 if it did not end in time.
---
---   command, width, height, term, environment, home   as for terminal.open
---   input       bytes, or a list of bytes: each is typed when the command has printed something
---               and waits
---   hang_up_at  the number of typed bytes after which it hangs up
---   quiet       seconds without output (1), after the input and while the command waits, after
---               which it hangs up
---   limit       seconds (300) after which it kills the command
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

-- Input for a command that has ended is lost; the signal would end the specs.
local broken_pipe = uv.new_signal()
broken_pipe:start("sigpipe", function() end)
broken_pipe:unref()

--- Runs a command on a raw terminal, for a dialogue.
---
---   command, width, height, term, environment, home   as for terminal.open
---   limit       seconds (600) after which it kills the command
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

--- Types bytes, after those that were not read yet.
function Dialogue:send(text)
  self.input:write(text)
end

--- Waits until holds() is true, up to `seconds` (120 by default), and returns true if it is.
function Dialogue:wait(holds, seconds)
  local is_over, timer = false, uv.new_timer()
  uv.update_time() -- else the seconds are those since the loop last ran
  timer:start(math.ceil((seconds or TIMEOUT) * 1000), 0, function() is_over = true end)
  while not holds(self) and not is_over do
    uv.run "once"
  end
  timer:close()
  return holds(self)
end

--- Waits until the text was printed, and forgets the output up to it. Returns false if the time is
--- over or the command has ended.
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

--- Waits until the input was read: until the command and its terminal sleep, without output for
--- 0.2 seconds.
function Dialogue:rest()
  for _ = 1, TIMEOUT * 5 do
    self:wait(function() return self.code end, 0.2)
    local pid = self:pid()
    if not pid or sleeps(self.pty) and sleeps(pid) then
      return
    end
  end
end

--- The process id of the command; nil if it has ended.
function Dialogue:pid()
  local file <close> = io.open(("/proc/%d/task/%d/children"):format(self.pty, self.pty))
  return file and tonumber(file:read("a"):match "%d+")
end

--- Sends the command a signal, by luv's name: "sigterm".
function Dialogue:signal(name)
  local pid = self:pid()
  return pid and uv.kill(pid, name)
end

--- Waits for the command's end, up to `seconds` (120 by default), and returns its exit status as
--- terminal.feed does; nil if it does not end.
function Dialogue:status(seconds)
  self:wait(function() return self.code end, seconds)
  return self.code
end

--- Closes the terminal, and waits for the end as status does.
function Dialogue:hang_up(seconds)
  if not self.input:is_closing() then
    self.input:close()
  end
  return self:status(seconds)
end

--- Ends everything, and removes the folder. A second call does nothing.
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

-- Keys that end or stop a program or its output: Ctrl-C, Ctrl-D, Ctrl-S, Ctrl-Z, Ctrl-\.
local ENDING = "[\3\4\19\26\28]"

--- Random bytes, the same for the same seed, without keys that may end a program unless `all` is
--- true.
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
