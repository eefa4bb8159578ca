-- Runs cases of a mutation test in a process of their own, and watches it.
--
-- A script tests/fuzz/NAME.lua calls mutants.run(arg, make). Its options:
--
--   build/perigee tests/fuzz/NAME.lua [cases=10000] [seed=1] [first=1]
--
-- Case i of a seed is always the same: `first=i cases=1` repeats it alone. A crash, a case of more
-- than 10 seconds of the processor (or of 10 minutes, if it waits), or one that is not as it must
-- be, ends the run with status 1; its files stay in the folder that is named.

local format = require "perigee.util.format"
local options = require "perigee.options"
local uv = require "luv"

local mutants = {}

local HANG, LONGEST_WAIT = 10, 600 -- seconds: of the processor, and in all
local MEMORY = 256 << 20 -- bytes of arrays

-- --- drawing ------------------------------------------------------------------------

--- One of a list.
function mutants.pick(list)
  return list[math.random(#list)]
end

--- True once in n calls.
function mutants.once_in(n)
  return math.random(n) == 1
end

local NUMBERS = {
  "0", "-0", "1", "-1", "2", "7", "255", "256", "65535", "2147483648", "4294967296",
  "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
  "1e400", "1e-400", "0.1", "-2.5", "1.0", "1e3", "0x10", "0x1p-3", "nan", "inf", "-inf", "",
}

--- The text of a number, often near the given one's.
function mutants.number(text)
  local value = math.tointeger(tonumber(text))
  if value and mutants.once_in(3) then
    return tostring(value + mutants.pick { -1, 1 })
  end
  return mutants.pick(NUMBERS)
end

local PIECES = {
  "\0", "\n", "\r", "\r\n", "\t", " ", '"', "\\", "{", "}", "[", "]", ":", ",", "\xff", "\xc3",
  "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xef\xbb\xbf", "\u{202e}", "\27[2J", "%s", "null", "true",
}

--- A text with a few bytes cut, doubled, put in or changed, or a number replaced.
function mutants.text(text)
  local at, how = math.random(#text + 1), math.random(6)
  local behind = math.min(at + math.random(12), #text + 1)
  local before, between, rest = text:sub(1, at - 1), text:sub(at, behind - 1), text:sub(behind)
  if how == 1 then
    return before .. rest
  elseif how == 2 then
    return before .. between .. between .. rest
  elseif how == 3 then
    return before .. mutants.pick(PIECES) .. between .. rest
  elseif how == 4 then
    return before .. string.char(math.random(0, 255)) .. text:sub(at + 1)
  end
  local from, to = text:find("%-?%d[%d.]*", at)
  from, to = from or text:find "%-?%d[%d.]*", to or select(2, text:find "%-?%d[%d.]*")
  if not from then
    return before .. rest
  end
  return text:sub(1, from - 1) .. mutants.number(text:sub(from, to)) .. text:sub(to + 1)
end

-- --- checking -----------------------------------------------------------------------

--- Fails unless an error's message is one for a user: a text about the path, not Lua's own.
function mutants.check_message(message, path)
  if type(message) ~= "string" then
    error("an error that is no text: " .. tostring(message))
  elseif not message:find(path, 1, true) then
    error("an error that does not name the file: " .. message)
  end
  for _, own in ipairs { "attempt to ", "bad argument", "stack overflow", "interrupted!" } do
    if message:find(own, 1, true) then
      error("an error of Lua's: " .. message)
    end
  end
end

-- --- running ------------------------------------------------------------------------

local function run_cases(o, run)
  require("perigee.core").limit_memory(MEMORY)
  io.stdout:setvbuf "line"
  for i = o.first, o.first + o.cases - 1 do
    print("case " .. i)
    math.randomseed(o.seed, i)
    local worked, message = xpcall(run, debug.traceback, i)
    if not worked then
      io.stderr:write(("seed=%d first=%d cases=1: %s\n"):format(o.seed, i, message))
      os.exit(1)
    end
  end
  print(("peak %d"):format(uv.getrusage().maxrss))
end

--- The processor's seconds that a process has used; 0 where the system cannot tell.
local function processor_seconds(id)
  local file <close> = io.open(("/proc/%d/stat"):format(id))
  local user, system = (file and file:read "a" or ""):match("%) " .. ("%S+ "):rep(11)
    .. "(%d+) (%d+)")
  return user and (user + system) / 100 or 0
end

--- Kills a process that makes no progress. Returns a function to call at each progress, and the
--- timer.
local function guard(process, id, on_hang)
  local timer, used, since = uv.new_timer(), 0, uv.hrtime()
  local function progress()
    used, since = processor_seconds(id), uv.hrtime()
  end
  timer:start(1000, 1000, function()
    if processor_seconds(id) - used > HANG or (uv.hrtime() - since) * 1e-9 > LONGEST_WAIT then
      on_hang()
      process:kill "sigkill"
    end
  end)
  return progress, timer
end

--- Starts the process, and waits for its end; nil if it is as it must be, else what is wrong.
local function watch(script, o, run)
  local pipe, what, rest = uv.new_pipe(false), nil, ""
  local process, id, progress, timer
  process, id = assert(uv.spawn(uv.exepath(), {
    args = { script, "cases=" .. o.cases, "seed=" .. o.seed, "first=" .. o.first,
      "folder=" .. o.folder },
    stdio = { nil, pipe, 2 },
  }, function(code, signal)
    what = what or signal ~= 0 and ("a crash: signal %d"):format(signal)
      or code ~= 0 and "not as it must be" or nil
    timer:close()
    process:close()
  end))
  progress, timer = guard(process, id, function() what = "a hang" end)
  pipe:read_start(function(_, data)
    if not data then
      pipe:close()
      return
    end
    rest = rest .. data
    local lines, behind = rest:match "^(.*\n)()"
    if lines then
      run.case = tonumber(lines:match ".*case (%d+)\n") or run.case
      run.peak = tonumber(lines:match "peak (%d+)\n")
      rest = rest:sub(behind)
      progress()
    end
  end)
  uv.run()
  return what
end

--- Runs cases. `make` gets a folder for files and returns a function that runs one case, whose
--- random numbers are drawn by math.random, and raises for a case that is not as it must be; and a
--- function that returns a text about all cases.
---@param arguments string[]
---@param make fun(folder: string): fun(case: integer), fun(): string
function mutants.run(arguments, make)
  local o = options.read(arguments, { cases = 10000, seed = 1, first = 1, folder = "-" })
  if o.folder ~= "-" then
    local run, summary = make(o.folder)
    run_cases(o, run)
    io.stderr:write(summary(), "\n")
    return
  end
  local temporary = uv.fs_stat "/dev/shm" and "/dev/shm" or uv.os_tmpdir()
  o.folder = assert(uv.fs_mkdtemp(temporary .. "/mutants-XXXXXX"))
  local began, run = uv.hrtime(), { case = o.first }
  local what = watch(arguments[0], o, run)
  if what then
    print(("%s, at case %d of seed %d; see %s"):format(what, run.case, o.seed, o.folder))
    os.exit(1, true)
  end
  print(("%s: %s mutants of seed %d in %.0f s, %d MB of memory at most"):format(arguments[0],
    format.integer(o.cases), o.seed, (uv.hrtime() - began) * 1e-9, (run.peak or 0) >> 10))
  os.execute(("rm -rf '%s'"):format(o.folder))
end

return mutants
