-- Editing, completion and the history at the prompt, on a terminal of 80 columns.

local prompt = require "tests.prompt"
local terminal = require "tests.terminal"

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

--- Makes a home folder with files in it, which is removed when the spec ends.
local function new_home(files)
  local home = os.tmpname()
  assert(os.execute(("rm '%s' && mkdir -p '%s/config/perigee'"):format(home, home)))
  finally(function() os.execute(("rm -rf '%s'"):format(home)) end)
  for name, text in pairs(files or {}) do
    write(home .. "/" .. name, text)
  end
  return home
end

--- The chunks of a history file, without their times.
local function chunks_in(home)
  local text = "\n" .. read(home .. "/state/perigee/history")
  return (text:gsub("\n#%d+\n", "\n#\n"):sub(2))
end

describe("editing", function()
  it("knows Emacs's keys, UTF-8, and reverse search", function()
    local t <close> = prompt.open {}
    t:type "x = 12 wrong"
    t:keys("C-w", "C-a", "M-d")
    t:type "y"
    t:keys("C-e", "BSpace")
    t:line "+ 1"
    t:expect "> y = 12+ 1\n"
    assert.equal("13", prompt.ask(t, "y"))
    t:keys "C-l"
    t:type "'äöü€"
    t:expect "\n"
    t:keys("BSpace", "Left", "BSpace", "End")
    t:line "é'"
    t:expect "> 'äüé'\n\"äüé\"\n>"
    prompt.ask(t, "print 'older'")
    prompt.ask(t, "print 'newer'")
    t:keys("C-l", "C-r")
    t:type "old"
    t:expect "(reverse-i-search)`old': print 'older'"
    t:keys "Enter"
    t:expect "> print 'older'\nolder\n>"
    t:keys("C-r")
    t:type "old"
    t:keys("C-g")
    assert.equal("1", prompt.ask(t, "1"))
  end)

  it("takes vi's keys and other wishes from ~/.inputrc, and runs the user's file", function()
    local home = new_home {
      [".inputrc"] = 'set editing-mode vi\n$if lua\n"\\C-g": "of_lua"\n$endif\n'
        .. '$if Bash\n"\\C-g": "of_bash"\n$endif\n',
      ["config/perigee/init.lua"] = "greeting = 'hello' _PROMPT, _PROMPT2 = '? ', '?? '",
    }
    local t <close> = prompt.open { home = home, ready = "\n%?" }
    t:type "xx = 12"
    t:keys "Escape"
    t:type "0cwyy"
    t:keys "Enter"
    t:expect "? yy = 12\n?"
    t:line "do"
    t:expect "? do\n??"
    t:line "print(greeting, yy) end"
    t:expect "\nhello   12\n?"
    t:keys "C-g"
    t:expect "? of_lua"
    t:keys "C-c"
    t:keys "Escape" -- /: a search
    t:type "/gree"
    t:keys "Enter"
    t:expect "? do\nprint(greeting, yy) end"
    t:keys "Enter"
    t:wait(function(screen) return screen:find "hello.*hello" end)
  end)

  it("goes on where the user's file fails, and without it for -E", function()
    local home = new_home { ["config/perigee/init.lua"] = "early = 1\nlocal x = nil + 1" }
    local t <close> = prompt.open { home = home }
    t:expect "init.lua:2: attempt to perform arithmetic"
    t:expect "\n    2 | local x = nil + 1\n"
    assert.equal("1", prompt.ask(t, "early"))
    local s <close> = prompt.open { home = home, arguments = { "-E" } }
    assert.equal("nil", prompt.ask(s, "early"))
  end)

  it("takes what is pasted as one chunk", function()
    local t <close> = prompt.open {}
    t:paste "a = 1\n\nb = 2\nprint(a + b)"
    t:expect "print(a + b)"
    t:keys "Enter"
    t:expect "print(a + b)\n3\n>"
    t:paste "local function f(x)\n\treturn x\nend\nprint(f(4))\n"
    t:keys "Enter"
    t:expect "\n4\n>"
    t:paste "x = 7 for i = 1, 2 do\n"
    t:keys "Enter"
    t:expect "\n>>"
    t:line "end"
    assert.equal("7", prompt.ask(t, "x"))
    assert.equal([[
#
a = 1

b = 2
print(a + b)
#
local function f(x)
	return x
end
print(f(4))
#
x = 7 for i = 1, 2 do

end
#
x
]], chunks_in(t.home))
  end)

  it("runs what is pasted chunk by chunk where it is none", function()
    local home = new_home()
    local t <close> = prompt.open { home = home }
    t:paste "a = 1\na + 1\nlocal total = 0\nfor i = 1, 3 do\n  total = total + i\nend\ntotal * 7"
    t:keys "Enter"
    t:expect "total * 7\n2\n42\n>"
    t:paste "> b = 6\n> b\n6\n> for i = 1, 2 do\n>>   print(i)\n>> end\n1\n2\n"
    t:keys "Enter"
    t:expect "1\n2\n6\n1\n2\n>"
    t:keys "C-l"
    t:paste "> g = print\n> ('x'):rep(2)\n'xx'\n> g == print\n> 1 +* 2\n> 'not run'\n"
    t:keys "Enter"
    t:expect '\n"xx"\ntrue\nstdin[12]:1: unexpected symbol'
    t:paste "c = 1\nerror 'no'\nc = 2\nc"
    t:keys "Enter"
    t:expect "stdin[14]:1: no"
    assert.equal("1", prompt.ask(t, "c"))
    t:paste "d =\nd = 5 = 6\nd"
    t:keys "Enter"
    t:expect "stdin[16]:2: unexpected symbol near '='"
    assert.matches("^#\na = 1\na %+ 1\n.*total %* 7\n"
      .. "#\nb = 6\nb\nfor.*\nend\n#\ng = print\n.*#\nc = 1\n",
      chunks_in(home))
  end)

  it("is left whole by a paste that Ctrl-C or the terminal's end cuts short", function()
    for _, key in ipairs { "", "\18" } do -- in a search too
      local d <close> = terminal.converse { command = prompt.PROGRAM }
      assert.is_true(d:expect "leaves.")
      for _, length in ipairs { 1, 64, 256 } do
        d:send(key .. "\27[200~" .. ("x"):rep(length))
        d:rest()
        d:send "\3"
        d:rest()
        d:send "'al' .. 'ive'\n"
        assert.is_true(d:expect "alive")
      end
      d:send(key .. "\27[200~" .. ("x"):rep(256))
      d:rest()
      assert.equal(129, d:hang_up())
    end
  end)

  it("is left whole by searches in the history, and by what is no text", function()
    local CTRL_O, CTRL_P, CTRL_G, TO_VI = "\15", "\16", "\7", "\27\10"
    for name, keys in pairs {
      given_up = { "x" .. CTRL_O, "v\n", CTRL_P, "\27p", CTRL_G, "y", CTRL_P, CTRL_O },
      found = { "x" .. CTRL_O, "v\n", CTRL_P, "\27p", "x\n", "y", CTRL_P, CTRL_O, "y\n",
        CTRL_P .. CTRL_P .. CTRL_P .. CTRL_P .. CTRL_O },
      in_vi = { "x\n", "v\n", TO_VI, "\27k/x\n", "Ay\27", "k", "\n", "\27kkkAy\n", "\27kkkk\n" },
      without_a_text = { "x\n", TO_VI, "\18x\27", "n\11", "\n" },
      no_text = { TO_VI, "\xe9\xe9(\xff", "\27", "%", "0", "eW", "fx", "\n", "\0x\27fyr\0" },
    } do
      local d <close> = terminal.converse { command = prompt.PROGRAM }
      assert.is_true(d:expect "leaves.")
      for _, key in ipairs(keys) do
        d:send(key)
        d:wait(function() return d.code end, 0.05)
      end
      for _ = 1, 3 do
        d:send "\3\n'al' .. 'ive'\n"
        assert.is_true(d:expect "alive", name)
      end
    end
  end)

  it("takes bytes as they are where the locale has one for each character", function()
    local d <close> = terminal.converse { command = prompt.PROGRAM,
      environment = { LC_ALL = "C" } }
    assert.is_true(d:expect "leaves.")
    d:send "print(('é'):byte(1, -1))\n"
    assert.is_true(d:expect "195\t169")
  end)

  it("fits into a terminal of another size", function()
    local t <close> = prompt.open {}
    t:resize(40, 20)
    local text = ("abc"):rep(20)
    t:line("{'" .. text:sub(1, 31) .. "', 1}")
    t:expect("> {'" .. text:sub(1, 31) .. "', 1}\n{\n")
    t:keys "C-l"
    t:type("'" .. text .. "'")
    t:expect("> '" .. text:sub(1, 37) .. "\n" .. text:sub(38) .. "'")
    t:keys("C-a", "C-d", "C-k")
    assert.equal("1", prompt.ask(t, "1"))
    t:resize(100, 20)
    prompt.ask(t, "x = 'y'")
    t:wait(function() -- tmux takes a while
      return #prompt.ask(t, "who()") == 99
    end)
  end)
end)

describe("a dumb terminal", function()
  it("has a prompt, with the history and Tab", function()
    local t <close> = prompt.open { term = "dumb" }
    t:line "1 + 1"
    t:expect "> 1 + 1\n2\n>"
    t:line "for i = 7, 8 do"
    t:expect "\n>>"
    t:line "print(i) end"
    t:expect "\n7\n8\n>"
    t:type "pg.ze"
    t:keys "Tab"
    t:line "(2)"
    t:expect "> pg.zeros(2)\n[0., 0.] float64 (2,)\n>"
    t:keys("Up", "Up", "Up", "Enter")
    t:expect "> 1 + 1\n2\n"
    t:line "while true do end"
    t:expect "> while true do end\n"
    t:keys "C-c"
    t:expect "interrupted!"
    t:keys "C-d"
    assert.equal(0, t:status())
  end)

  it("has a plain prompt where the output goes elsewhere", function()
    local t <close> = prompt.open { command = prompt.PROGRAM .. " | cat" }
    t:line "1 + 1"
    t:expect "> 1 + 1\n2\n>"
    t:line "do"
    t:expect "> do\n>>"
    t:line "print 'last' end"
    t:expect ">> print 'last' end\nlast\n>"
    t:keys "C-d"
    assert.equal(0, t:status())
  end)
end)

describe("the history", function()
  it("keeps chunks as they are, and gives them back to be edited", function()
    local home = new_home()
    do
      local t <close> = prompt.open { home = home }
      prompt.talk(t, [[
        > function f()
        >>   return 'first'
        >> end
        > f()
        "first"
      ]])
      t:keys("C-l", "Up", "Up")
      t:expect "> function f()\n  return 'first'\nend"
      t:keys("BSpace", "BSpace", "BSpace", "BSpace", "BSpace")
      t:line " edited'"
      t:expect "\n>>"
      t:line "end"
      t:expect ">> end\n>"
      assert.equal('"first edited"', prompt.ask(t, "f()"))
      prompt.ask(t, "f()") -- the same once more is no entry
      t:keys "C-d"
      t:status()
    end
    local t <close> = prompt.open { home = home }
    t:keys("Up", "Up")
    t:expect "> function f()\n  return 'first edited'\nend"
    t:keys("Up", "Up")
    t:expect "> function f()\n  return 'first'\nend"
    t:keys("BSpace", "BSpace", "BSpace")
    t:line "end print(f())"
    t:expect "\nfirst\n>"
  end)

  it("has a chunk before it runs, and what failed", function()
    local home = new_home()
    local t <close> = prompt.open { home = home }
    prompt.ask(t, "error 'failed'")
    t:line "while true do end"
    t:expect "while true do end\n"
    t:wait(function() return chunks_in(home):find "while" end)
    assert(os.execute("kill -9 " .. t.pid))
    t:status()
    local s <close> = prompt.open { home = home }
    s:keys "Up"
    s:expect "> while true do end"
    s:keys "Up"
    s:expect "> error 'failed'"
    assert.equal("#\nerror 'failed'\n#\nwhile true do end\n", chunks_in(home))
  end)

  it("has what was pasted with line breaks around it", function()
    local home = new_home()
    local t <close> = prompt.open { home = home }
    t:paste "\n\nfirst = 1\nsecond = 2\n"
    t:keys "Enter"
    assert.equal("2", prompt.ask(t, "second"))
    local s <close> = prompt.open { home = home }
    s:keys("Up", "Up")
    s:expect "> first = 1\nsecond = 2"
  end)

  it("is shared by prompts that are open at the same time", function()
    local home = new_home()
    local a <close> = prompt.open { home = home }
    local b <close> = prompt.open { home = home }
    prompt.ask(a, "'a 1'")
    prompt.ask(b, "'b 1'")
    prompt.ask(a, "'a 2'")
    prompt.ask(b, "'b 2'")
    a:keys("C-l", "Up", "Up")
    a:expect "> 'a 1'" -- its own
    local c <close> = prompt.open { home = home }
    c:keys("Up", "Up", "Up", "Up")
    c:expect "> 'a 1'"
    c:keys "Down"
    c:expect "> 'b 1'"
    assert.equal("#\n'a 1'\n#\n'b 1'\n#\n'a 2'\n#\n'b 2'\n", chunks_in(home))
  end)

  it("is read, and not waited for, while another process keeps the lock", function()
    local home = new_home { mine = "#1\nx = 'old'\n" }
    local history = home .. "/state/perigee/history"
    os.execute(("mkdir -p '%s/state/perigee'; mv '%s/mine' '%s'"):format(home, home, history))
    local holder = io.popen(("flock '%s' sh -c 'echo $$; exec sleep 600'"):format(history))
    local pid = holder:read "l"
    finally(function() os.execute("kill " .. pid .. " 2>/dev/null") end)
    local t <close> = prompt.open { home = home }
    t:keys "Up"
    t:expect "> x = 'old'"
    t:keys "C-u"
    for i = 1, 4 do assert.equal(tostring(i), prompt.ask(t, tostring(i))) end
    assert.equal("#1\nx = 'old'\n", read(history))
    os.execute("kill " .. pid)
    holder:close()
    prompt.ask(t, "'free'")
    assert.matches("^#1\nx = 'old'\n#%d+\n'free'\n$", read(history))
  end)

  it("shows nothing of its file that a terminal would obey", function()
    local home = new_home { mine = "#1\ny='\u{9b}31m\u{202e}\27]0;t\7\x9b'\n" }
    os.execute(("mkdir -p '%s/state/perigee'; mv '%s/mine' '%s/state/perigee/history'"):format(home,
      home, home))
    local t <close> = prompt.open { home = home }
    t:keys "Up"
    t:expect "> y='?31m??]0;t??'"
  end)

  it("begins a line where the last one has no end", function()
    local home = new_home { mine = "x = 1" }
    local history = home .. "/state/perigee/history"
    os.execute(("mkdir -p '%s/state/perigee'; mv '%s/mine' '%s'"):format(home, home, history))
    local t <close> = prompt.open { home = home }
    prompt.ask(t, "y = 2")
    prompt.ask(t, "z = 3")
    assert.equal("x = 1\n#\ny = 2\n#\nz = 3\n", chunks_in(home))
    local s <close> = prompt.open { home = home }
    s:keys("Up", "Up", "Up")
    s:expect "> x = 1"
  end)

  it("keeps the newest 10 000 chunks, in the file that a link leads to", function()
    local lines = {}
    for i = 1, 20001 do lines[i] = ("#%d\nx = %d\n"):format(i, i) end
    local home = new_home { mine = table.concat(lines) }
    local history = home .. "/state/perigee/history"
    assert(os.execute(("mkdir -p '%s/state/perigee'; ln -s ../../mine '%s'"):format(home, history)))
    local t <close> = prompt.open { home = home }
    t:keys "Up"
    t:expect "> x = 20001"
    assert.equal(table.concat(lines, "", 10002), read(home .. "/mine"))
    assert(os.execute(("test -L '%s'"):format(history)))
  end)
end)

describe("Tab", function()
  local t

  setup(function()
    t = prompt.open {}
    write(t.home .. "/weights.txt", "")
    write(t.home .. "/make.lua", ([[
      data = pg.save(%q, { x_train = pg.zeros(6, 4), x_test = pg.zeros(2, 4), y = pg.range(1, 6) })
        and pg.load(%q)
      m = pg.Model(data.x_train, data.y %% 2, { hidden = 3 })
      object = setmetatable({ own = 1 }, { __index = { method = print, inherited = 2 } })
      path = os.getenv "HOME"
    ]]):format(t.home .. "/data.npz", t.home .. "/data.npz"))
    prompt.ask(t, "dofile(os.getenv 'HOME' .. '/make.lua')")
    prompt.ask(t, "local lasting = { alpha = 1, beta = 2 }")
  end)
  teardown(function() t:close() end)

  --- Types a text and Tab, and waits for the completed line.
  local function completes(text, line)
    t:keys("C-e", "C-u", "C-l")
    t:type(text)
    t:keys "Tab"
    t:wait(function(screen)
      return screen:gsub("%s+$", ""):gsub("^> ", "") == line:gsub("%s+$", "")
    end, nil, ("%q"):format(line))
  end

  --- Types a text and Tab, and waits for a list of these words below the line.
  local function lists(text, words)
    t:keys("C-e", "C-u", "C-l")
    t:type(text)
    t:keys "Tab"
    for word in words:gmatch "%S+" do
      t:wait(function(screen)
        local listed = screen:match "^[^\n]*\n(.*)\n>" or ""
        return (" " .. listed .. " "):find("%f[^%s]" .. word .. "%f[%s]")
      end, nil, word)
    end
  end

  it("completes keywords, globals, locals, fields, methods, and what stands for them", function()
    completes("func", "function")
    completes("collectg", "collectgarbage")
    completes("last", "lasting")
    completes("lasting.al", "lasting.alpha")
    completes("object.inh", "object.inherited")
    completes("object:me", "object:method")
    completes("pg.Mod", "pg.Model")
    completes("m:fi", "m:fit")
    lists("m.weights.W", "W1 W2")
    lists("data.", "x_train x_test y")
    completes("data.x_tr", "data.x_train")
    completes("data.x_train:resh", "data.x_train:reshape")
    completes("string.rep", "string.rep")
    completes("for i, v in ipa", "for i, v in ipairs")
  end)

  it("completes options, dtypes, modules and files", function()
    completes("m:fit { it", "m:fit { iterations = ")
    lists("m:fit { ", "rate optimizer epochs")
    completes('m:fit { optimizer = "mo', 'm:fit { optimizer = "momentum"')
    lists('m:fit { optimizer = "ad', "adam adamw")
    completes('data.y:astype "float3', 'data.y:astype "float32"')
    lists('pg.zeros(3, "', "int8 float64 bool")
    completes('require "perigee.swe', 'require "perigee.sweep"')
    completes("io.open '~/weig", "io.open '" .. t.home .. "/weights.txt'")
    completes("pg.load '" .. t.home .. "/dat", "pg.load '" .. t.home .. "/data.npz'")
    completes("pg.dataset 'mn", "pg.dataset 'mnist'")
    completes("?m.fi", "?m.fit")
    completes("help 'forw", "help 'forward'")
  end)

  it("completes what has the quote or a strange byte in it", function()
    t:keys("C-e", "C-u")
    prompt.ask(t, [[odd = { ['a"bc'] = 1, ['a"bd'] = 2, ['xé'] = 3, ['xè'] = 4, ['y\xff'] = 5 }]])
    t:type 'odd["a'
    t:keys "Tab"
    t:expect [[> odd["a\"b]]
    t:type "c"
    t:keys "Tab"
    t:expect [[> odd["a\"bc"]]
    t:keys("C-e", "C-u", "C-l")
    t:type 'odd["x'
    t:keys "Tab"
    t:expect_match 'xè  ?xé\n> odd%["x\n'
    completes('odd["y', [[odd["y\255"]])
  end)

  it("leaves Ctrl-C to the line", function()
    t:keys("C-e", "C-u", "C-l")
    t:type "pg.zer"
    t:keys "Tab"
    t:expect "> pg.zeros"
    t:keys "C-c"
    t:expect "> pg.zeros^C\n"
    assert.equal("4", prompt.ask(t, "2 + 2"))
  end)

  it("completes behind a chunk's lines before", function()
    t:keys("C-e", "C-u", "C-l")
    t:line "do local within = { deep = 1 }"
    t:expect ">>"
    t:type "print(with"
    t:keys "Tab"
    t:line ".deep) end"
    t:expect ">> print(within.deep) end\n1\n>"
  end)
end)
