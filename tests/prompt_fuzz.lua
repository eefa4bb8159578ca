-- A fuzzer of the prompt: random lines, junk, keys, pastes, recursion, exhausted memory, errors in
-- unexpected places, Ctrl-C at any moment, a closed terminal.
--
--   build/perigee tests/prompt_fuzz.lua [seconds=60] [seed=1]
--
-- The prompt must answer after each case, and end with its terminal. The spec runs each kind a few
-- times.

package.path = "./?.lua;" .. package.path

local terminal = require "tests.terminal"
local uv = require "luv"

local fuzz = {}

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

-- --- cases -----------------------------------------------------------------------------

local function pick(list)
  return list[math.random(#list)]
end

local ATOMS = {
  "nil", "true", "0", "-1", "1e308", "0/0", "'text'", "{}", "{1, 2, x = {3}}", "x", "y", "_", "_G",
  "print", "pg", "pg.zeros(3)", "pg.rand(3, 2)", "x.y", "x[1]", "#x", "...", "function() end",
  "setmetatable({}, {})", "coroutine.create(print)", "io.stdout", "string", "math.huge", "[[long]]",
}
local BETWEEN = { "+", "-", "*", "/", "//", "%", "^", "..", "==", "<", "and", "or", "&", "|", "," }

local function expression(depth)
  local how = depth > 3 and 1 or math.random(6)
  if how < 3 then
    return pick(ATOMS)
  elseif how == 3 then
    return expression(depth + 1) .. " " .. pick(BETWEEN) .. " " .. expression(depth + 1)
  elseif how == 4 then
    return "(" .. expression(depth + 1) .. ")(" .. expression(depth + 1) .. ")"
  elseif how == 5 then
    return "{ " .. expression(depth + 1) .. ", k = " .. expression(depth + 1) .. " }"
  end
  return pick { "-", "not ", "#", "~" } .. expression(depth + 1)
end

local function line()
  local e = expression(0)
  return (pick { "%s", "x = %s", "local y = %s", "local x <const> = %s", "return %s", "%s;", "=%s",
    "?%s", "if %s then x = 1 end", "for i = 1, 2 do local z = %s end",
    "x = function() return %s end",
    "goto done; local q = %s; ::done::", "do local x <close> = %s end", "error(%s)", "who()",
    "help(%s)", "time(function() return %s end)", "-- %s", "%s end", "x = { %s" }):gsub("%%s",
    function() return e end)
end

-- Lines that could break a prompt.
local HOSTILE = {
  "table = {1, 2}; string = 'x'; print = nil; tostring = 5; pcall = nil; io = nil; require = nil",
  "string.format = nil; table.concat = nil; math.random = nil",
  "string.find = nil; string.gsub = nil",
  "setmetatable(_G, { __index = error, __newindex = error })",
  "for k in pairs(_G) do _G[k] = nil end",
  "debug.sethook(error, 'crl', 1)", "collectgarbage 'stop'", "_PROMPT = setmetatable({}, "
    .. "{ __tostring = error })", "_PROMPT2 = print; x =", "local _ENV = {}", "coroutine = nil",
  "function f() return f() + 1 end f()", "local function f(n) return f(n) .. n end f(1)",
  "x = setmetatable({}, { __index = function(t, k) return t[k] end }); x.y",
  "load(('('):rep(1e5) .. '1')", "('x'):rep(1e5):find(('x?'):rep(1e5))",
  "string.gsub('x', 'x', function() return ('x'):gsub('x', error) end)",
  "x = {}; for i = 1, 1e4 do x = { x } end x", "x = {}; x.x = x; x[x] = x; x",
  "x = coroutine.wrap(function() return x() end); x()",
  "function f() return coroutine.wrap(f)() end f()", "table.sort({ 3, 1, 2, 5, 4 }, error)",
  "setmetatable({}, { __tostring = error })",
  "setmetatable({}, { __tostring = function() return 1 end })",
  "setmetatable({}, { __name = {}, __index = error, __len = error, __pairs = error })",
  "x = setmetatable({}, { __tostring = function() return ('x'):rep(1e7) end }); x; who()",
  "setmetatable({}, { __tostring = function() return '\\27[2J\\27]0;title\\7' end })",
  "setmetatable({}, { __gc = error }) collectgarbage()", "setmetatable({}, { __metatable = 1 })",
  "do local x <close> = setmetatable({}, { __close = error }) end", "error()", "error({})",
  "error(setmetatable({}, { __tostring = error }))", "error(('x'):rep(1e6))",
  "error 'x\\nstack traceback:\\n\\t[C]: in ?'", "xpcall(error, error)", "os.exit = nil",
  "save_session '/nowhere/x'", "save_session(5)", "time(5)", "time(print, -1)", "edit(1, 2)",
  "io.stdin:close()", "pg.show(5)", "pg.load '/'", "pg.load_png '/dev/null'", "help(help)",
  "table.unpack({}, 1, 500000)", "return table.unpack({}, 1, 250)", ("x = 1; "):rep(5000),
  "x = " .. ("{"):rep(300), ("local a%d = 1 "):rep(1):gsub("%%d", "1"):rep(190),
  "for i = 1, 300 do load('local v' .. i .. ' = 1')() end",
}

-- Keys that readline or the terminal handles.
local KEYS = {
  "\t", "\t\t", "\18", "\18x\7", "\16", "\14", "\1", "\5", "\11", "\21", "\25", "\23", "\20", "\12",
  "\22", "\22\27", "\24\21", "\24\24", "\24O", "\27", "\27b", "\27f", "\27d", "\27\127", "\27.",
  "\27[A", "\27[B", "\27[C", "\27[D", "\27[H", "\27[F", "\27[3~", "\27[200~", "\27[201~",
  "\27[1;5D",
  "\27<", "\27>", "\27u", "\27?", "\27*", "\27\9", "\27#", "\8", "\127", "\10", "\13", "\0", "\31",
  "\29x", "pg.", "data.x_", "x:astype \"", "require \"", "pg.Model(x, y, {", "é", "€", "\xff", "n",
  "y",
}

local MEMORY = "local t = {} for i = 1, 1e9 do t[i] = %s end"

--- Kinds of cases: `make` returns the text to type; with `is_alone`, each gets its own prompt.
fuzz.KINDS = {
  lines = { make = function()
    local lines = {}
    for i = 1, 20 do lines[i] = line() end
    return table.concat(lines, "\n") .. "\n"
  end },
  hostile = { is_alone = true, make = function(i)
    return HOSTILE[(i - 1) % #HOSTILE + 1] .. "\n"
  end, cases = #HOSTILE },
  -- Not in vi mode: junk sends some of its commands in readline 8.2 into endless loops.
  junk = { make = function()
    return (terminal.junk(2000, math.random(1 << 30)):gsub("\27[\10\13]", ""))
  end },
  keys = { make = function()
    local keys = {}
    for i = 1, 60 do keys[i] = pick(KEYS) end
    return table.concat(keys)
  end },
  paste = { make = function(i)
    local text = ({ ("x = 1\n"):rep(20000), "x = [[" .. ("y"):rep(1000000), ("{"):rep(100000),
      (terminal.junk(100000, i):gsub("\27", "")) })[(i - 1) % 4 + 1]
    return "\27[200~" .. text .. "\27[201~\n"
  end },
  large = { cases = 1, expects = "9999000", make = function() -- 10 MB
    return "\27[200~x = [==[" .. (("y"):rep(100) .. "\n"):rep(99000) .. "]==]\27[201~\n#x\n"
  end },
  memory = { is_alone = true, limit = 700000, make = function(i)
    local values = { "('x'):rep(1e6) .. i", "{ i }", "pg.ones(1000000)" }
    return MEMORY:format(values[(i - 1) % #values + 1]) .. "\n"
  end },
  interrupts = { make = function()
    return pick { "while true do end\n", "while true do pcall(error) end\n",
      "pg.rand(2000, 2000):dot(pg.rand(2000, 2000)).shape\n",
      "repeat local s = pg.rand(1000000):sort() until false\n",
      "coroutine.wrap(function() while true do end end)()\n", "help()\n",
      "for i = 1, 1e5 do print(i) end\n" }
  end },
}

-- --- running -----------------------------------------------------------------------------

local ANSWER = "\n'al' .. 'ive' .. 6 * 7\n"

--- Interrupts the running chunk, ends a paste and a search, and asks until there is an answer.
local function is_alive(session)
  for try = 1, 150 do
    session:send(try > 1 and "\27[201~\3" or "")
    session:wait(function() return false end, 0.03 * math.min(try, 10))
    session:send(ANSWER)
    if session:expect("alive42", try < 5 and 0.4 or 1) then
      return true
    elseif session.code then
      return false
    end
  end
  return false
end

local function open(kind)
  local command = "exec " .. PROGRAM
  if kind.limit then
    command = ("ulimit -v %d; %s"):format(kind.limit, command)
  end
  local session = terminal.converse { command = command,
    environment = { PERIGEE_THREADS = "2", EDITOR = "true" } }
  session:expect "leaves."
  return session
end

--- Types cases of a kind, for a time in seconds or a number of cases. Raises an error with the case
--- after which the prompt does not answer. Returns the number of cases.
function fuzz.run(name, seed, seconds, most)
  local kind = fuzz.KINDS[name]
  math.randomseed(seed)
  local ends, done = uv.hrtime() + seconds * 1e9, 0
  local session = open(kind)
  while done < (most or math.huge) and uv.hrtime() < ends do
    done = done + 1
    local case = kind.make(done)
    session:send(case)
    local as_expected = not kind.expects or session:expect(kind.expects)
    if not as_expected or not is_alive(session) then
      local code, output = session.code, session.output:sub(-2000)
      session:close()
      error(("%s, seed %d, case %d: no answer (status %s)\n%q\n%s"):format(name, seed, done, code,
        case:sub(1, 2000), output), 0)
    elseif kind.is_alone or done % 20 == 0 then
      session:close()
      session = open(kind)
    end
    if done == kind.cases then
      break
    end
  end
  session:close()
  return done
end

--- Closes the terminal of a busy prompt, which must end.
function fuzz.hang_up(text)
  local session <close> = open {}
  session:send(text)
  session:wait(function() return false end, 0.2)
  return session:hang_up() ~= nil
end

--- Input of prompts whose terminal is then closed.
fuzz.MEANWHILE = { "", "unfinished", "for i = 1, 2 do\n", "while true do end\n", "io.read()\n",
  "pg.rand(3000, 3000):dot(pg.rand(3000, 3000))\n", "\18search", "pg.\t" }

if arg and arg[0] and arg[0]:find "prompt_fuzz%.lua$" then
  local o = require("perigee.options").read(arg, { seconds = 60, seed = 1 })
  local names = {}
  for name in pairs(fuzz.KINDS) do names[#names + 1] = name end
  table.sort(names)
  print(("seed %d, %g seconds"):format(o.seed, o.seconds))
  for _, name in ipairs(names) do
    print(("%-12s %5d cases"):format(name, fuzz.run(name, o.seed, o.seconds / #names)))
  end
  for _, text in ipairs(fuzz.MEANWHILE) do
    assert(fuzz.hang_up(text), ("does not end with its terminal: %q"):format(text))
  end
  print(("%-12s %5d cases"):format("hang up", #fuzz.MEANWHILE))
end

return fuzz
