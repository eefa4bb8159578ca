-- The program as an interpreter: what lua5.4 does, it does, to the byte.

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"
local LUA = "lua5.4"

local scratch = os.tmpname()

local function write(name, text)
  local path = scratch .. name
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  return path
end

local function read(path)
  local file <close> = assert(io.open(path, "r"))
  return file:read "a"
end

--- Runs `command`, in which %s stands for the interpreter, under the name
--- "prog": its two outputs and its exit status.
local function run(interpreter, command, input)
  local stdin = write(".in", input or "")
  local line = command:gsub("%%s", function()
    return ("bash -c 'exec -a prog \"$0\" \"$@\"' %s"):format(interpreter)
  end)
  local _, _, status = os.execute(("( %s ) <%s >%s.out 2>%s.err"):format(line, stdin, scratch,
    scratch))
  return { out = read(scratch .. ".out"), err = read(scratch .. ".err"), status = status }
end

local function behaves_as_lua(command, input)
  local expected, found = run(LUA, command, input), run(PROGRAM, command, input)
  found.out = found.out:gsub("^Perigee [%d.]+  (Lua 5.4)", "%1")
  assert.same(expected, found)
end

local SCRIPT = [[
print(...)
for i = -6, 6 do io.write(i, "=", tostring(arg[i]), " ") end
print(package.path, package.cpath)
local how = ...
if how == "table" then error {}
elseif how == "object" then error(setmetatable({}, { __tostring = function() return "own" end }))
elseif how == "nil" then error()
elseif how == "text" then local _ = nil + 1
elseif how == "level" then error("plain", 0)
elseif how == "exit" then os.exit(3)
elseif how == "false" then os.exit(false)
elseif how == "coroutine" then coroutine.wrap(function() error "inside" end)()
end
warn("a warning")
]]

describe("the command line", function()
  local script, bad

  setup(function()
    script = write(".lua", SCRIPT)
    bad = write(".bad.lua", "x = = 1")
  end)

  teardown(function()
    for _, suffix in ipairs { "", ".in", ".out", ".err", ".lua", ".bad.lua" } do
      os.remove(scratch .. suffix)
    end
  end)

  it("runs a script with its arguments, and shows each kind of error as lua does", function()
    for _, how in ipairs { "a b c", "table", "object", "nil", "text", "level", "exit", "false",
      "coroutine" } do
      behaves_as_lua("%s " .. script .. " " .. how)
    end
  end)

  it("refuses what cannot be run", function()
    behaves_as_lua("%s " .. bad)
    behaves_as_lua "%s /no/such/script.lua"
  end)

  it("carries out -e and -l in their order", function()
    behaves_as_lua "%s -e 'x = 1' -e 'print(x)' -e'print(x + 1)'"
    behaves_as_lua "%s -l string -e 'print(string.len(\"ab\"))'"
    behaves_as_lua "%s -l s=string -e 'print(s.len(\"ab\"))'"
    behaves_as_lua "%s -lno_such_module"
    behaves_as_lua "%s -e 'error {}' -e 'print(1)'"
    behaves_as_lua("%s -e 'arg = nil' " .. script)
  end)

  it("tells of options that there are not, or that miss their text", function()
    for _, options in ipairs { "-x", "-ex", "-e", "-l", "-vx", "-Wx", "--foo", "-i2", "-e -v" } do
      behaves_as_lua("%s " .. options)
    end
  end)

  it("obeys -v, -E, -W, -- and -", function()
    behaves_as_lua "%s -v"
    behaves_as_lua "%s -v -e 'print(1)'"
    behaves_as_lua "LUA_INIT='print(1)' %s -E -e 'print(package.path)'"
    behaves_as_lua("%s -W " .. script)
    behaves_as_lua("%s -- " .. script .. " a")
    behaves_as_lua("%s - a b", SCRIPT)
    behaves_as_lua "%s -- -"
  end)

  it("runs LUA_INIT and LUA_INIT_5_4 first", function()
    behaves_as_lua "LUA_INIT='print(7)' %s -e 'print(8)'"
    behaves_as_lua("LUA_INIT='@" .. script .. "' %s -e 'print(8)'")
    behaves_as_lua "LUA_INIT='error(1)' %s -e 'print(8)'"
    behaves_as_lua "LUA_INIT='print(7)' LUA_INIT_5_4='print(54)' %s -e 'print(8)'"
  end)

  it("runs a script from standard input", function()
    behaves_as_lua("%s", SCRIPT)
    behaves_as_lua("%s", "x = = 1")
    behaves_as_lua("%s", "")
  end)

  it("reads chunks with -i from a pipe as lua does, echo included", function()
    behaves_as_lua("%s -i", "1 + 1\nx =\n5\n=x\nerror {}\nerror 'a'\nx = = 1\nnil, 2\n\ny")
    behaves_as_lua("%s -i -e 'x = 3'", "x")
    behaves_as_lua("%s -i -e '_PROMPT = \"? \"; _PROMPT2 = \"?? \"'", "x = {\n1}\n#x")
    behaves_as_lua("%s -i -e 'print = nil'", "1")
  end)
end)

describe("the module's searcher", function()
  local function output(command)
    local pipe <close> = assert(io.popen(command .. " 2>&1"))
    return (pipe:read "a")
  end

  it("finds the module from anywhere, through links, with no variable set", function()
    local link = os.tmpname()
    os.remove(link)
    assert(os.execute(("ln -s '%s' '%s'"):format(PROGRAM, link)))
    for _, program in ipairs { PROGRAM, link } do
      local found = output(("cd / && env -u LUA_PATH -u LUA_CPATH '%s' %s"):format(program,
        "-e 'print(require(\"perigee\")._VERSION)'"))
      assert.matches("^Perigee %d", found)
    end
    os.remove(link)
  end)

  it("leaves path and cpath as they are in lua5.4", function()
    local print_paths = " -e 'print(package.path, package.cpath)'"
    assert.equal(output("env -u LUA_PATH -u LUA_CPATH lua5.4" .. print_paths),
      output("env -u LUA_PATH -u LUA_CPATH '" .. PROGRAM .. "'" .. print_paths))
  end)

  it("tells what it looked for when a part is not there", function()
    local found = output(("'%s' -e 'require \"perigee.nothing\"'"):format(PROGRAM))
    assert.matches("module 'perigee.nothing' not found", found)
  end)
end)

describe("the prompt on a terminal", function()
  local session = "perigee-spec-" .. tostring(os.time()) .. "-" .. math.random(1000000)

  local function shell(command)
    local pipe <close> = assert(io.popen(command .. " 2>&1"))
    return (pipe:read "a")
  end

  local function screen()
    return shell("tmux capture-pane -p -t " .. session)
  end

  --- Types a line and waits until the screen shows what is expected.
  local function type_and_expect(keys, expected)
    shell(("tmux send-keys -t %s %s"):format(session, keys))
    local shown
    for _ = 1, 100 do
      shown = screen()
      if shown:find(expected, 1, true) then
        return
      end
      os.execute "sleep 0.05"
    end
    error("expected " .. expected .. " on the screen:\n" .. shown)
  end

  it("evaluates, edits, remembers, and survives Ctrl-C", function()
    local state = os.tmpname()
    os.remove(state)
    finally(function()
      shell("tmux kill-session -t " .. session)
      os.execute("rm -rf " .. state)
    end)
    shell(("tmux new-session -d -s %s -x 80 -y 24 \"env XDG_STATE_HOME=%s '%s'\""):format(session,
      state, PROGRAM))
    type_and_expect("", "\n>")
    type_and_expect("'20 + 22' Enter", "\n42\n")
    type_and_expect("'for i = 1, 2 do' Enter 'print(\"line\", i)' Enter ' end' Enter", "line    2")
    type_and_expect("'while true do end' Enter", "while true do end\n")
    os.execute "sleep 0.3"
    type_and_expect("C-c", "interrupted!")
    type_and_expect("'unfinished'", "> unfinished")
    type_and_expect("C-c", "^C\n")
    type_and_expect("'6 * 7 - 1' Enter", "\n41\n")
    type_and_expect("Up Enter", "\n41\n> 6 * 7 - 1\n41\n")
    shell(("tmux send-keys -t %s C-d"):format(session))
    os.execute "sleep 0.3"
    local history = read(state .. "/perigee/history")
    assert.matches("20 %+ 22", history)
    assert.not_matches("unfinished", history)
  end)
end)
