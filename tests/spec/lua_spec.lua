-- The program as an interpreter, option by option: what lua5.4 does, it does, to the byte. But for
-- the line that tells the version, both outputs and the exit status are the same.

local uv = require "luv"

local PROGRAM = uv.fs_realpath(os.getenv "PERIGEE" or "build/perigee")
local STOCK = "lua5.4"

local folder

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
end

local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
  return file:read "a"
end

--- What the commands mean: `lua` is the interpreter under the name "prog", `as NAME` under another;
--- `await` waits for text in the file "shown", `hold` for the file "killed", and `reads` for the
--- process in the background, until it is "prog" and sleeps.
local PRELUDE = [[
cd '%s'
unset "${!LUA_@}"
export LC_ALL=C HOME=$PWD TERM=dumb COLUMNS=80 INPUTRC=/dev/null LUA='%s'
lua() { (exec -a prog "$LUA" "$@"); }
await() { until grep -qs "$1" shown; do sleep 0.01; done; }
hold() { until [ -e killed ]; do sleep 0.01; done; }
reads() {
  until grep -qsa '^prog' /proc/$!/cmdline && grep -qs '^State:.S' /proc/$!/status
  do sleep 0.01; done
}
as() { (name=$1; shift; exec -a "$name" "$LUA" "$@"); }
]]

-- A command with a number: its input is empty unless it says otherwise.
local COMMAND = "rm -f shown killed; (\n%s\n) </dev/null >out%d 2>err%d; echo $? >status%d"

local function run(interpreter, commands)
  local script = { PRELUDE:format(folder, interpreter) }
  for i, command in ipairs(commands) do
    script[#script + 1] = COMMAND:format(command, i, i, i)
  end
  write("commands", table.concat(script, "\n"))
  os.execute(("timeout 600 bash '%s/commands'"):format(folder))
end

--- The version line and the addresses of objects differ by their nature, and a signal may come
--- before the print that shows readiness has returned.
local function comparable(name)
  return (read(name):gsub("Perigee [%w.-]+  (Lua 5.4)", "%1"):gsub("0x%x+", "0x")
    :gsub("\n\t%[C%]: in function 'print'", ""))
end

local function outcomes(interpreter, commands)
  run(interpreter, commands)
  local results = {}
  for i, command in ipairs(commands) do
    results[i] = { command = command, out = comparable("out" .. i), err = comparable("err" .. i),
      status = read("status" .. i) }
  end
  return results
end

local function same_as_stock(commands)
  local stock, ours = outcomes(STOCK, commands), outcomes(PROGRAM, commands)
  local expected, found = {}, {} -- what differs
  for i in ipairs(commands) do
    if stock[i].out ~= ours[i].out or stock[i].err ~= ours[i].err
      or stock[i].status ~= ours[i].status then
      expected[#expected + 1], found[#found + 1] = stock[i], ours[i]
    end
  end
  assert.same(expected, found)
end

--- Commands that run chunks, each as a script of its own.
local function as_scripts(chunks)
  local commands = {}
  for i, chunk in ipairs(chunks) do
    write("chunk" .. i .. ".lua", chunk)
    commands[i] = "lua chunk" .. i .. ".lua"
  end
  return commands
end

--- Commands that give lines to `-i` through a pipe.
local function at_prompt(inputs)
  local commands = {}
  for i, input in ipairs(inputs) do
    write("lines" .. i, input)
    commands[i] = "lua -i <lines" .. i
  end
  return commands
end

local SHOW = [[
print(select("#", ...), ...)
local first, last = 0, 0
for i in pairs(arg) do first, last = math.min(first, i), math.max(last, i) end
for i = first, last do io.write(i, "=[", arg[i], "] ") end
print(#arg)
]]

setup(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/perigee-XXXXXX"))
  write("show.lua", SHOW)
  write("-x", SHOW)
  write("a name with spaces.lua", SHOW)
  write("raises.lua", "error 'raised'\n")
  write("wrong.lua", "x = = 1\n")
  write("empty.lua", "")
  write("mod.lua", "print('mod', ...) return { name = 'mod' }")
  write("two-v2.lua", "print('two', ...) return 2")
  write("nothing.lua", "")
  write("isfalse.lua", "return false")
  write("raisestext.lua", "error 'no module today'")
  write("raisestable.lua", "error {}")
  write("raisesobject.lua",
    "error(setmetatable({}, { __tostring = function() return 'an object' end }))")
  write("exits.lua", "os.exit(7)")
end)

teardown(function()
  os.execute(("chmod -R u+rw '%s' && rm -rf '%s'"):format(folder, folder))
end)

describe("the command line, as lua5.4's:", function()
  it("each option alone", function()
    same_as_stock {
      "lua -v", "lua -E", "lua -W", "lua -i", "lua -e", "lua -l", "lua --", "lua -", "lua ''",
      "lua",
      "lua -x", "lua -h", "lua -V", "lua --help", "lua --version", "lua ---", "lua -ee", "lua -ll",
      "lua -vE", "lua -ie", "lua -i-", "lua -E1", "lua -Wx", "lua -v-", "lua -- --", "lua - -",
      "lua -e ''", "lua -l ''", "lua -e -v", "lua -l -v", "lua -e -", "lua -e --",
      "lua -e ' -v'", "lua -e'-v'", "lua -v -e", "lua -e 'print(1)' -l", "lua -v -x", "lua -i -x",
      "lua -l=mod", "lua -l x=", "lua -l =", "lua -\t", "lua $'-\\xff'", "lua '-e print(1)'",
    }
  end)

  it("any options, in any order", function()
    local words = { "-e 'print(\"e\", ...)'", "-e'print \"attached\"'", "-e 'error {}'", "-e '='",
      "-l mod", "-lm=mod", "-l absent", "-i", "-v", "-E", "-W", "--", "-", "''", "show.lua",
      "raises.lua", "-e", "-vx" }
    local commands, random = {}, 0
    for _, first in ipairs(words) do
      for _, second in ipairs(words) do
        random = (random * 29 + 7) % 324
        commands[#commands + 1] = ("echo 'print(\"input\", ...)' | lua %s %s %s"):format(first,
          second, random % 2 == 0 and words[random // 18 + 1] or "")
      end
    end
    same_as_stock(commands)
  end)

  it("-e", function()
    same_as_stock {
      "lua -e 'x = 1' -e 'print(x)' -e'print(x + 1)'", "lua -e 'print(...)' show.lua a",
      "lua -e 'print(arg[0], arg[-1], #arg)' -e 'arg = nil' show.lua",
      "lua -e 'arg = 5' show.lua", "lua -e 'arg = { \"a\", [3] = 1 }' show.lua",
      "lua -e 'arg = setmetatable({}, { __len = function() return 3 end })' show.lua",
      "lua -e 'arg = setmetatable({}, { __len = function() return 1 << 30 end })' show.lua",
      "lua -e 'arg = setmetatable({}, { __len = function() return {} end })' show.lua",
      "lua -e 'x = = 1' -e 'print(1)'", "lua -e 'error {}' -e 'print(1)'", "lua -e 'return 1, 2'",
      "lua -e $'print(1)\nprint(2)\nerror(3)'", "lua -e 'goto x'", "lua -e '\"'", "lua -e 'x ='",
      "lua -e '#!shebang'", "lua -e $'\\x1bLua'", "lua -e 'local x <close> = 1'",
      "lua -e 'print(debug.getinfo(1, \"S\").source)'", "lua -e $'\\xef\\xbb\\xbfprint(1)'",
    }
  end)

  it("-l", function()
    same_as_stock {
      "lua -l mod -e 'print(mod.name)'", "lua -lmod -e 'print(mod.name)'",
      "lua -l m=mod -e 'print(m.name, mod)'", "lua -lm=mod -e 'print(m.name, mod)'",
      "lua -l two-v2 -e 'print(two, _G[\"two-v2\"])'", "lua -l a-b=two-v2 -e 'print(_G[\"a-b\"])'",
      "lua -l 'a=b=mod' -e 'print(a, b)'", "lua -l mod -l mod -l m=mod -e 'print(m == mod)'",
      "lua -l nothing -e 'print(nothing)'", "lua -l isfalse -e 'print(isfalse)'",
      "lua -l string -e 'print(string.len(\"ab\"))'", "lua -l s=string -e 'print(s == string)'",
      "lua -l absent -e 'print(1)'", "lua -l a.b.c", "lua -l wrong",
      "lua -l raisestext -e 'print(1)'",
      "lua -l raisestable", "lua -l raisesobject", "lua -l exits", "lua -l perigee_not_there",
      "lua -e 'package.preload.p = function(...) print(...) return 5 end' -l p -e 'print(p)'",
      "lua -e 'package.path = nil' -l absent", "lua -e 'require = nil' -l mod",
      "lua -e 'require = print' -l mod -e 'print(mod)'", "lua -e 'package.searchers = 1' -l absent",
      "lua -l ./mod -e 'print(_G[\"./mod\"])'", "lua -l mod=mod=mod", "lua -l -mod",
      "lua -e 'setmetatable(_G, { __newindex = function() error \"closed\" end })' -l mod",
    }
  end)

  it("-W and warn", function()
    same_as_stock {
      "lua -e 'warn \"quiet\"'", "lua -W -e 'warn \"loud\"'",
      "lua -e 'warn \"before\"' -W -e 'warn(1)'",
      "lua -W -e 'warn(\"a\", \"b\", 3, \"\")'", "lua -W -e 'warn(\"@off\") warn(\"quiet\")'",
      "lua -e 'warn(\"@on\") warn(\"loud\") warn(\"@off\") warn(\"quiet\")'",
      "lua -W -e 'warn(\"@on\", \"part\")'", "lua -W -e 'warn(\"@unknown\")'", "lua -W -e 'warn()'",
      "lua -W -e 'warn({})'", "lua -W -e 'warn(\"a\\nb\")'",
      "lua -W -e 'io.write \"out\" warn \"err\"'",
      "lua -W -e 'setmetatable({}, { __gc = function() error \"at close\" end })'",
      "lua -e 'setmetatable({}, { __gc = function() error \"at close\" end })'",
      "lua -W -e 'setmetatable({}, { __gc = function() error {} end }) collectgarbage()'",
      "lua -W -e 'setmetatable({}, { __gc = function() error(setmetatable({}, { __tostring = "
        .. "function() return \"object\" end })) end })'",
      "lua -W -e 'setmetatable({}, { __gc = 5 })'",
      "lua -e 'setmetatable({}, { __gc = function() print \"collected\" end })' raises.lua",
      "lua -e 'setmetatable({}, { __gc = function() os.exit(5) end })'",
      "lua -W -e 'coroutine.wrap(function() local x <close> = setmetatable({}, { __close = "
        .. "function() error \"c\" end }) coroutine.yield() end)()'",
    }
  end)
end)

describe("the environment, as lua5.4's:", function()
  it("LUA_INIT", function()
    write("init.lua", "print('init', ...) print(arg[0], arg[1])")
    same_as_stock {
      "LUA_INIT='print(7)' lua -e 'print(8)'", "LUA_INIT='print(...)' lua show.lua a",
      "LUA_INIT='@init.lua' lua show.lua a", "LUA_INIT='@absent.lua' lua -e 'print(8)'",
      "LUA_INIT='@' lua -e 'print(8)'", "LUA_INIT='@wrong.lua' lua",
      "LUA_INIT='@.' lua -e 'print(8)'",
      "LUA_INIT= lua -e 'print(8)'", "LUA_INIT='x = = 1' lua -e 'print(8)'",
      "LUA_INIT='error(1)' lua -e 'print(8)'", "LUA_INIT='error {}' lua -v",
      "LUA_INIT='print(7)' LUA_INIT_5_4='print(54)' lua -e 'print(8)'",
      "LUA_INIT='print(7)' LUA_INIT_5_4= lua -e 'print(8)'",
      "LUA_INIT_5_4='error(54)' lua", "LUA_INIT_5_4='x = = 1' lua",
      "LUA_INIT_5_4='@raises.lua' lua",
      "LUA_INIT_5_3='print(53)' lua -e 'print(8)'", "LUA_INIT='print(7)' lua -E -e 'print(8)'",
      "LUA_INIT='print(7)' lua -e 'print(8)' -E", "LUA_INIT='print(7)' lua -v",
      "LUA_INIT='print(7)' lua -x", "LUA_INIT='os.exit(6)' lua -e 'print(8)'",
      "LUA_INIT='arg = nil' lua show.lua", "LUA_INIT='warn \"@on\"' lua -e 'warn \"w\"'",
      "echo 1 + 1 | LUA_INIT='_PROMPT = \"? \"' lua -i", "LUA_INIT='print = nil' lua -e 'print(1)'",
    }
  end)

  it("LUA_PATH and LUA_CPATH", function()
    local commands = {}
    for _, name in ipairs { "LUA_PATH", "LUA_CPATH" } do
      for _, value in ipairs { "", ";", ";;", "x;;", ";;x", "a;;b", "a;;b;;c", ";;;", "?",
      "./?.lua" } do
        for _, form in ipairs { "%s='%s' lua %s", "%s_5_4='%s' lua %s", "%s='%s' lua -E %s",
          "LUA_PATH=old LUA_CPATH=old %s_5_4='%s' lua %s" } do
          commands[#commands + 1] = form:format(name, value,
            "-e 'print(package.path) print(package.cpath)' -l absent")
        end
      end
    end
    same_as_stock(commands)
  end)
end)

describe("a script, as lua5.4's:", function()
  it("gets its arguments, and arg what came before", function()
    same_as_stock {
      "lua show.lua", "lua show.lua a 'b c' '' -v -- -", "lua -- show.lua a",
      "lua -W -E show.lua -W",
      "lua -e 'x = 1' -l mod show.lua a b", "lua - a b <show.lua", "lua -W - <show.lua",
      "lua <show.lua", "lua -W <show.lua", "lua -- - <show.lua", "lua -- <show.lua", "lua -- -x a",
      "lua 'a name with spaces.lua' a", "lua ./show.lua", "lua '' a", "lua show.lua $'\\xff\\n' a",
      "lua -e \"$(cat show.lua)\" -- ", "lua -e \"$(cat show.lua)\"", "lua -i show.lua a",
      "lua -v show.lua a", "lua -v -- show.lua a", "lua show.lua $(seq 5000) | cksum",
      "lua -e 'print(#arg)' show.lua $(seq 100000) | cksum",
      "lua -e 'for i = 1, 300000 do arg[i] = i end' show.lua | cksum",
      "lua -e 'for i = 1, 2000000 do arg[i] = i end' empty.lua",
    }
  end)

  it("may be missing, or no script", function()
    write("unreadable.lua", "print(1)")
    same_as_stock {
      "lua absent.lua", "lua .", "lua /", "lua wrong.lua", "lua raises.lua", "lua empty.lua",
      "chmod 0 unreadable.lua; lua unreadable.lua", "lua show.lua/x", "lua - <.", "lua <wrong.lua",
      "lua /dev/null", "lua - - <empty.lua", "lua -i absent.lua", "lua $(printf 'x%.0s' {1..300})",
    }
  end)

  it("may begin with a shebang or a mark, or be compiled", function()
    write("shebang.lua", "#!/usr/bin/env lua\nprint(debug.getinfo(1, 'l').currentline) error 'x'")
    write("onlyshebang.lua", "#!/usr/bin/env lua")
    write("bom.lua", "\xEF\xBB\xBFprint 'bom' error 'x'")
    write("bomshebang.lua", "\xEF\xBB\xBF#!/bin/lua\nprint 'both'")
    write("halfbom.lua", "\xEF\xBBprint 'half'")
    write("crlf.lua", "print 'a'\r\nprint 'b'\r\nprint [[x\r\ny]]\r\nerror 'x'\r\n")
    write("cr.lua", "print 'a'\rerror 'x'")
    write("nul.lua", "print('a\0b')\0 x")
    write("binary", string.dump(load("print('compiled', ...) error 'x'", "=compiled")))
    write("stripped", string.dump(load("print('stripped', ...) error 'x'"), true))
    write("shebangbinary", "#!lua\n" .. string.dump(load "print('compiled', ...)"))
    write("cut", string.dump(load "print 'compiled'"):sub(1, 40))
    write("otherversion", "\x1bLua\x53" .. ("x"):rep(40))
    write("escape", "\x1b")
    local commands = {}
    for _, name in ipairs { "shebang.lua", "onlyshebang.lua", "bom.lua", "bomshebang.lua",
      "halfbom.lua", "crlf.lua", "cr.lua", "nul.lua", "binary", "stripped", "shebangbinary", "cut",
      "otherversion", "escape" } do
      commands[#commands + 1] = "lua " .. name .. " a"
      commands[#commands + 1] = "lua - a <" .. name
    end
    same_as_stock(commands)
  end)

  it("reads the input that it came from", function()
    same_as_stock {
      "printf 'print(io.read())\\nthe line\\n' | lua -",
      "printf 'line' | lua -e 'print(io.read())'",
      "printf 'return 5' | lua", "lua <&-", "lua - <&-", "lua -i <&-",
      "lua -e 'print(io.read())' <&-",
    }
  end)

  it("has its error shown, whatever it is", function()
    same_as_stock(as_scripts {
      "error()", "error(nil)", "error('text')", "error('text', 0)", "error('text', 2)", "error(42)",
      "error(4.5)", "error(true)", "error({})", "error(print)", "error(io.stdout)", "error('')",
      "error('a\\0b')", "error('two\\nlines')", "error(coroutine.create(print))",
      "local _ = nil + 1", "local x x.y = 1", "x.y.z = 1", "('x')()", "local _ = {} < {}",
      "local _ = 1 // 0", "string.rep()", "('x'):rep(-1, {})", "error(setmetatable({}, {}))",
      "error(setmetatable({}, { __tostring = function() return 'object' end }))",
      "error(setmetatable({}, { __tostring = function() return 5 end }))",
      "error(setmetatable({}, { __tostring = function() return {} end }))",
      "error(setmetatable({}, { __tostring = function() error 'in tostring' end }))",
      "error(setmetatable({}, { __tostring = function() error {} end }))",
      "error(setmetatable({}, { __tostring = 5 }))", "error(setmetatable({}, { __name = 'N' }))",
      "local m = {} m.__tostring = function() error(setmetatable({}, m)) end "
        .. "error(setmetatable({}, m))",
      "coroutine.wrap(function() error 'inside' end)()",
      "coroutine.wrap(function() error {} end)()",
      "print(coroutine.resume(coroutine.create(function() error 'inside' end)))",
      "local c = coroutine.create(function() error 'in' end) coroutine.resume(c) "
        .. "print(debug.traceback(c), coroutine.close(c))",
      "coroutine.yield()", "assert(false)", "assert(nil, 'said')", "assert(false, {})", "assert()",
      "local function f() error 'deep' end local function g() f() end g()",
      "local function f(n) if n == 0 then error 'deep' end f(n - 1) print() end f(50)",
      "local function f() return f() + 1 end f()", "local function f() f() f() end f()",
      "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k] end "
        .. "print(t.x)",
      "local s = ('('):rep(300) load(s) print(load(s))", "print(pcall(string.rep, 'x', 1 << 62))",
      "local function f() return pcall(f) end print(f())",
      "xpcall(function() error 'a' end, function() error 'b' end)",
      "print(xpcall(function() error 'a' end, function() error 'b' end))",
      "local x <close> = setmetatable({}, { __close = function() error 'closing' end })",
      "local x <close> = setmetatable({}, { __close = function(_, e) print(e) end }) error 'x'",
      "local x <close> = setmetatable({}, { __close = function(_, e) error({}) end }) error 'x'",
      "local x <const> = 1; x = 2", "goto nowhere", "break", "for i = 1, 2, 0 do end",
      "debug.traceback = nil error 'no traceback'", "debug = nil error 'no debug'",
      "debug.sethook(function() error 'hook' end, 'l')\nlocal x = 1", "return 1, 2, 3",
      "load(function() error 'reader' end)", "print(load 'x =')", "require 'absent.module'",
      "dofile 'absent.lua'", "dofile 'wrong.lua'", "dofile 'raises.lua'", "loadfile 'wrong.lua' ()",
      "select(-5)", "setmetatable(1, {})", "string.format('%d', 1.5)", "('x'):bad()",
      "local t <const> = {} t.x.y.z()", "math.random(0, -1)", "table.concat { {} }",
    })
  end)

  it("has the memory that there is #stock", function()
    same_as_stock(as_scripts { "local s = ('x'):rep(1 << 46)",
    "print(pcall(string.rep, 'x', 1 << 46))",
      "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1 << 46) end" })
  end)

  it("ends with its exit status", function()
    local chunks = {}
    for _, status in ipairs { "", "true", "false", "0", "1", "3", "255", "256", "-1", "3.0", "3.5",
      "'4'", "'x'", "nil", "{}", "true, true", "false, true", "3, true", "3, false",
      "nil, true" } do
      chunks[#chunks + 1] = ([[
        local closed <close> = setmetatable({}, { __close = function() print "closed" end })
        kept = setmetatable({}, { __gc = function() print "collected" end })
        io.write "not flushed "
        os.exit(%s)]]):format(status)
    end
    for _, chunk in ipairs {
      "local x <close> = setmetatable({}, { __close = function() error 'c' end }) "
        .. "os.exit(true, true)",
      "warn '@on' local x <close> = setmetatable({}, { __close = function() error 'c' end }) "
        .. "os.exit(3, true)",
      "warn '@on' x = setmetatable({}, { __gc = function() error 'c' end }) os.exit(3, true)",
      "coroutine.wrap(function() os.exit(4) end)()",
      "coroutine.wrap(function() os.exit(4, true) end)()",
      "io.stdout:close() print(1)", "io.stdout:close()", "io.stderr:close() error 'x'",
      "io.stdin:close()",
      "os.execute 'exit 5'", "print(os.execute 'exit 5')",
      "error(setmetatable({}, { __gc = print }))",
      "return false", "return 5", "x = setmetatable({}, { __gc = function() os.exit(9) end })",
    } do
      chunks[#chunks + 1] = chunk
    end
    same_as_stock(as_scripts(chunks))
  end)

  it("writes to what is closed or full", function()
    same_as_stock {
      "lua -e 'io.write \"a\" error \"b\"' 2>&1", "echo 'io.write \"a\" error \"b\"' | lua -i 2>&1",
      "lua -e 'print(1)' >&-", "lua -e 'print(io.write(1), io.stdout:flush())' >/dev/full",
      "lua -e 'io.stderr:write(tostring(io.write(\"x\")), tostring(io.stdout:flush()))' >/dev/full",
      "lua -v >/dev/full", "lua -v >&-", "lua -e 'error(1)' 2>&-", "lua -x 2>&-",
      "lua -i >&- <show.lua",
      "lua raises.lua 2>/dev/full", "echo 1 | lua -i >/dev/full", "lua -e 'print(1)' >/dev/full",
      "lua -e 'for i = 1, 1e5 do print(i) end' | head -1; echo ${PIPESTATUS[0]}",
    }
  end)

  it("is interrupted", function()
    local interrupt = "local function int() io.popen('sleep 0.1; kill -INT $PPID'):close() end "
    same_as_stock(as_scripts {
      interrupt .. "int() for i = 1, 1e9 do end", interrupt .. "print(pcall(int)) print 'goes on'",
      interrupt .. "pcall(int) int() print 'not reached'",
      interrupt .. "local c <close> = setmetatable({}, { __close = print }) int() "
        .. "print 'not reached'",
      interrupt .. "coroutine.wrap(function() int() for i = 1, 1e7 do end end)() print 'reached'",
      interrupt .. "int()", interrupt .. "setmetatable({}, { __gc = int })",
      interrupt .. "debug.sethook(print, 'c') pcall(int) print(debug.gethook())",
    })
    same_as_stock {
      "exec -a prog $LUA -e 'print(1) while true do end' >shown & await 1; kill -INT $!; wait $!",
      "exec -a prog $LUA -e 'pcall(function() print(1) while true do end end) print(2) "
        .. "while true do end' >shown & await 1; kill -INT $!; await 2; kill -INT $!; wait $!",
      "exec -a prog $LUA -e 'print(1) while true do end' >shown & await 1; kill -TERM $!; wait $!",
      "(hold; echo 'print(1)') | exec -a prog $LUA & reads; kill -INT $!; >killed; wait $!",
    }
  end)
end)

describe("argv[0], as with lua5.4,", function()
  it("begins each message", function()
    local commands = {}
    for _, name in ipairs { "''", "a", "'a b'", "/usr/bin/x", "-dash", "$'new\\nline'", "%s%d" } do
      for _, rest in ipairs { "raises.lua", "wrong.lua", "absent.lua", "-x", "-e",
      "-e 'print(arg[0])'",
        "-l absent", "-W -e 'warn(1)'", "show.lua a", "-i raises.lua" } do
        commands[#commands + 1] = ("as %s %s"):format(name, rest)
      end
    end
    same_as_stock(commands)
  end)

  it("may not be there at all", function()
    write("bare.c", [[
      #include <unistd.h>
      int main(int argc, char **argv)
      {
          (void)argc;
          char *nothing[] = {NULL};
          execv(argv[1], nothing);
          return 1;
      }]])
    os.execute(("cc -o '%s/bare' '%s/bare.c'"):format(folder, folder))
    same_as_stock { "echo 'error(1)' | ./bare \"$(command -v $LUA)\"" }
  end)
end)

describe("-i with piped input, as lua5.4's:", function()
  it("evaluates, echoes and continues", function()
    same_as_stock(at_prompt {
      "", "\n", "\n\n", "1", "1 + 1\n", "1, nil, 'x'\n", "nil\n", "x = 5\nx\n=x\n= x, 1\n", "=\n",
      "==1\n",
      "1;\n", ";\n", "1 -- a comment\n", "-- a comment\n", "return 7\n", "return\n",
      "return return\n",
      "x =\n5\nx\n", "for i = 1, 2 do\nprint(i)\nend\n", "function f()\n\n  return 1\nend\nf()\n",
      "local x = 1\nx\n", "x = {\n1,\n2\n}\n#x\n", "print 'a' print 'b'\n", "'a\\\nb'\n",
      "[[\nlong\n]]\n",
      "--[[\ncomment\n]] 1\n", "  1\n", "\t1\n", "(function(...) return ... end)(1, 2)\n",
      "f\n(1)\n",
      "goto x ::x::\n", "x = 1 y = 2\nx\ny\n", "1 1\n", "x = = 1\n1\n", "end\n", "=x = 1\n",
      "{}\n", "f {\n}\n",
      "'\xc3\xa9'\n", "\xff\n", "#!shebang\n", "os.exit(3)\n", "io.write 'no newline'\n",
      "1\r\n2\r\n",
      "error 'x'\n1\n", "error {}\n1\n", "error()\n", "nil + 1\n", "x.y\n", "coroutine.yield()\n",
      "...\n",
      "error(setmetatable({}, { __tostring = function() return 'object' end }))\n",
      "setmetatable({}, { __tostring = function() error 'in tostring' end })\n1\n",
      "setmetatable({}, { __tostring = function() error {} end })\n1\n",
      "setmetatable({}, { __tostring = function() return 5 end })\n1\n",
      "print = nil\n1\n2\n", "print = 5\n1\n",
      "print = function(...) io.write('<', ..., '>\\n') end\n1\n",
      "print = error\n1\n", "print = function() error {} end\n1\n", "_ENV = nil\n1\n",
      "_G._G = nil\n1\n",
      "warn '@on'\nwarn 'loud'\n", "table.unpack({}, 1, 1000)\n",
      "table.unpack({}, 1, 100000)\n1\n",
      "local function f() return f() + 1 end f()\n1\n", "('x'):rep(10000)\n", "_\n",
      "arg[0], #arg\n", "_PROMPT\n",
      "for i = 1, 3 do\n  local x <close> = setmetatable({}, { __close = print })\nend\n",
      "debug.traceback()\n", "collectgarbage 'stop'\n", "io.read()\nnext line\n",
      "io.read 'a'\nrest\nrest\n",
      "io.stdin:close()\n1\n",
    })
  end)

  it("ends in the middle of a chunk", function()
    same_as_stock(at_prompt { "x =", "x =\n", "for i = 1, 2 do\nprint(i)\n", "'a\\", "[[",
    "--[[\nx\n", "f(",
      "1 +", "=1 +", "x = {\n\n\n", "_PROMPT2 = 'more '\nx =\n" })
  end)

  it("has its prompts from _PROMPT and _PROMPT2", function()
    same_as_stock(at_prompt {
      "_PROMPT = '? '\nx =\n1\n", "_PROMPT2 = '?? '\nx =\n1\n", "_PROMPT = ''\n1\n",
      "_PROMPT = 5\n1\n",
      "_PROMPT = false\n1\n", "_PROMPT = 1.5\n_PROMPT2 = true\nx =\n1\n", "_PROMPT = 'a\\nb'\n1\n",
      "_PROMPT = setmetatable({}, { __tostring = function() return 'object> ' end })\n1\n",
      "_PROMPT2 = setmetatable({}, { __tostring = function() return 'object> ' end })\nx =\n1\n",
      "n = 0 _PROMPT = setmetatable({}, { __tostring = function() n = n + 1 return n .. '> ' end "
        .. "})\n1\n\n2\n",
      "_PROMPT = setmetatable({}, { __tostring = function() error 'in prompt' end })\n1\n",
      "_PROMPT = setmetatable({}, { __tostring = function() return 5 end })\n1\n",
      "_PROMPT = setmetatable({}, { __tostring = function() error {} end })\n1\n",
      "_PROMPT2 = setmetatable({}, { __tostring = function() error 'in prompt' end })\nx =\n1\n",
      "_PROMPT = '\xc3\xa9> '\n1\n", "_PROMPT = ('long'):rep(50)\n1\n",
      "setmetatable(_G, { __index = function(_, k) "
        .. "return k == '_PROMPT' and 'from index ' or nil end })\n1\n",
    })
    write("lines", "x =\n1\n")
    same_as_stock { "lua -i -e '_PROMPT = \"? \"; _PROMPT2 = \"?? \"' <lines",
      "lua -e '_PROMPT = \"? \"' -i <lines", "LUA_INIT='_PROMPT=1' lua -i <lines" }
  end)

  it("comes after what else there is to run", function()
    write("lines", "x\narg[1]\n")
    same_as_stock {
      "lua -i -e 'x = 3' <lines", "lua -e 'x = 3' -i <lines", "lua -i show.lua a <lines",
      "lua -i raises.lua <lines", "lua -i wrong.lua <lines", "lua -i -e 'error {}' <lines",
      "lua -i - <lines", "lua -i -- <lines", "lua -i -- show.lua a <lines", "lua -W -i <lines",
      "lua -i -l mod <lines", "lua -i -l absent <lines", "lua -i -v <lines", "lua -i -i <lines",
      "lua -E -i <lines", "LUA_INIT='x = 4' lua -i <lines", "lua -v <lines", "as '' -i <lines",
    }
  end)

  it("takes long lines, and lines of anything", function()
    local bytes = {}
    for i = 1, 255 do
      if i ~= 9 and i ~= 10 and i ~= 13 then
        bytes[#bytes + 1] = "'" .. string.char(i) .. "'"
      end
    end
    same_as_stock(at_prompt { ("x = '%s'\n#x\n"):format(("y"):rep(600)),
      ("#'%s'\n"):format(("y"):rep(5000)), ("1 + "):rep(1000) .. "1\n", ("x = {\n%s}\n#x\n"):format(
        ("1,\n"):rep(300)), "'a\0b'\n1\n",
      "1\n\16\n", "x = {\n}\n\16\n", "=5\n\16\n", "'\t'\n", table.concat(bytes, "\n") .. "\n" })
  end)

  it("is interrupted", function()
    same_as_stock {
      "hold | exec -a prog $LUA -i >shown & await '>'; kill -INT $!; sleep 0.2; >killed; wait $!",
    }
    same_as_stock(at_prompt {
      "function int() io.popen('sleep 0.1; kill -INT $PPID'):close() end\nint()\n"
        .. "1\nint() for i = 1, 1e9 do end\n2\n",
      "io.popen('sleep 0.1; kill -INT $PPID'):close() while true do end\n'goes on'\n",
    })
  end)
end)
