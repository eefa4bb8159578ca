-- The prompt on a terminal of 80 columns: input, output, locals, errors, Ctrl-C, commands.

local prompt = require "tests.prompt"

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

describe("the prompt opens", function()
  it("without the functions that -e has taken away, of which it has its own", function()
    for _, code in ipairs { "string = nil", "string.find = nil", "debug.setmetatable('', nil)",
      "getmetatable('').__index = error", "table, io, os, debug = nil",
      "pcall, tostring, error, select, rawget, next = nil" } do
      local t <close> = prompt.open { arguments = { "-e", code, "-i" } }
      prompt.talk(t, [[
        > x = {1, "a"}
        > x, 1 +
        >> 1
        { 1, "a" }      2
        > x.y.z = 1
        ...attempt to index a nil value (field 'y')
            1 | x.y.z = 1
        ...
      ]])
    end
  end)
end)

describe("the prompt reads", function()
  local t

  setup(function() t = prompt.open {} end)
  teardown(function() t:close() end)

  it("expressions and statements", function()
    prompt.talk(t, [[
      > 1 + 1
      2
      > x = 5
      > x
      5
      > =x, 'y'
      5       "y"
      > math.frexp(10)
      0.625   4
      > nil
      nil
      > nil, 2, nil
      nil     2       nil
      > (function() end)()
      > return 3
      3
      > print 'hello'
      hello
      > f = function(a) return a end
      > f 'called'
      "called"
    ]])
  end)

  it("chunks of several lines, of expressions too", function()
    prompt.talk(t, [[
      > for i = 1, 2 do
      >>   print(i)
      >> end
      1
      2
      > {1, 2,
      >>   -- in between
      >>
      >>   [5] = 3 }
      { 1, 2, [5] = 3 }
      > 1 +
      >> 2
      3
      > s = [=[
      >> a]=] .. 'b'
      > s
      "ab"
      > print(1
      >> )
      1
    ]])
  end)

  it("locals that last", function()
    prompt.talk(t, [[
      > local a, b = 1, 2
      > a + b
      3
      > function get() return a end
      > a = 10
      > get()
      10
      > local a = 'another'
      > a, get()
      "another"       10
      > do local inner = 1 end
      > inner
      nil
      > local c <const> = 7
      > c = 8
      stdin[...]:1: attempt to assign to const variable 'c'
          1 | c = 8
      > c
      7
      > local d <close> = setmetatable({}, {__close = function() print 'bye' end})
      bye
      > d
      nil
      > local failed = error 'no'
      stdin[...]:1: no
          1 | local failed = error 'no'
      stack traceback:
      ...
      > failed
      nil
    ]])
  end)

  it("chunks that return early, which leave no locals", function()
    prompt.talk(t, [[
      > local early = 5 if true then return 7, 8 end
      7       8
      > early
      nil
      > local early = 5 do return print end
      function print [C]
      > local late = 5 return late, nil
      5       nil
      > late
      5
      > pcall(function() late = 6 end), late
      true    6
      > local fixed <const> = 1
      > pcall(function() fixed = 6 end), 1
      stdin[...]:1: attempt to assign to const variable 'fixed'
          1 | pcall(function() fixed = 6 end), 1
      > table.unpack({}, 1, 500000)
      too many results to print
    ]])
  end)

  it("the last value as _, and keeps quiet behind a semicolon", function()
    prompt.talk(t, [[
      > 6 * 7
      42
      > _ + 1
      43
      > 'a', 'b';
      > _
      "a"
      > x = 1
      > _
      "a"
      > print
      function print [C]
      > _
      function print [C]
    ]])
  end)

  it("tells how long what takes longer than a second took", function()
    prompt.talk(t, [[
      > local t = os.time() + 2 while os.time() < t do end
      took ... s
      > 1
      1
    ]])
  end)

  it("tells times in units that fit", function()
    local duration = require("perigee.repl.timing").duration
    for seconds, text in pairs {
      [2e-7] = "0.2 µs", [0.00099949] = "999 µs", [0.0009996] = "1 ms", [0.9994] = "999 ms",
      [0.9996] = "1 s", [59.96] = "60 s", [65] = "1 min 05 s", [3700] = "1 h 01 min",
    } do
      assert.equal(text, duration(seconds))
    end
  end)

  it("names that are not there, and suggests what was meant", function()
    for line, message in pairs {
      ["prnt 'x'"] = "(global 'prnt'); did you mean 'print'?",
      ["string.formt 'x'"] = "(field 'formt'); did you mean 'format'?",
      ["nothing_like_it()"] = "(global 'nothing_like_it')",
      ["local own = { value = 1 } own.valeu.x = 2"] = "(field 'valeu')",
    } do
      local shown = prompt.ask(t, line):match "^[^\n]*"
      assert.equal(message, shown:match "nil value (.*)$")
    end
    for line, message in pairs {
      ["pg.ons(1)"] = "perigee has no 'ons'; did you mean 'ones'?",
      ["pg.ones(3):dott(1)"] = "an array has no 'dott'; did you mean 'dot'?",
    } do
      assert.equal(message, prompt.ask(t, line):match "^%S+ ([^\n]*)")
    end
  end)

  it("what leaves other prompts, and tells how to leave", function()
    prompt.talk(t, [[
      > exit
      Ctrl-D leaves, and so does os.exit().
      > quit()
      Ctrl-D leaves, and so does os.exit().
      > quit = 5
      > quit
      5
    ]])
  end)

  it("tells what is wrong, and shows the line", function()
    prompt.talk(t, [[
      > function half(x)
      >>   return x / 2
      >> end
      > half {}
      stdin[...]:2: attempt to perform arithmetic on a table value (local 'x')
          2 |   return x / 2
      stack traceback:
              stdin[...]:2: in function 'half'
              stdin[...]:1: in main chunk
      > x = = 3
      stdin[...]:1: unexpected symbol near '='
          1 | x = = 3
      > for i = 1, 2 do
      >>   nonsense nonsense
      stdin[...]:2: syntax error near 'nonsense'
          2 |   nonsense nonsense
      > pg.zeros(2):rows(1, 3)
      stdin[...]:1: ...
          1 | pg.zeros(2):rows(1, 3)
      stack traceback:
      ...
              stdin[...]:1: in main chunk
      > pg.dataset 'nothing'
      stdin[...]:1: dataset: there is no "nothing"; ...
          1 | pg.dataset 'nothing'
      stack traceback:
              stdin[...]:1: in main chunk
      > error { code = 1 }
      (error object is a table value)
      stack traceback:
      ...
      > error()
      (error object is a nil value)
      ...
      > break
      stdin[...]:1: break outside...
          1 | break
    ]])
  end)
end)

describe("the prompt interrupts", function()
  it("fit on 60 000 pictures, and goes on with its variables and history", function()
    local t <close> = prompt.open {}
    t:line "x, y = (pg.rand(60000, 784) * 255):astype 'uint8', pg.range(0, 59999) % 10"
    t:line "m = pg.Model(x, y, { hidden = 100, scale = 1 / 255 })"
    t:line "print 'made'"
    t:expect "\nmade\n"
    t:line "print(#x, 'fitting') m:fit { iterations = 1000000 }"
    t:expect "60000   fitting"
    t:keys("C-c", "C-c")
    t:expect "interrupted!"
    t:expect_match "stdin%[%d%]:1: in main chunk[^>]*\n>"
    assert.equal("true", prompt.ask(t, "m.iteration < 1000000"))
    assert.matches("^60000%f[%D]", prompt.ask(t, "#m:predict(x)")) -- a slow machine adds its time
    t:keys("Up", "Up", "Up")
    t:expect "> print(#x, 'fitting') m:fit"
  end)
end)

describe("the prompt prints", function()
  local t

  setup(function()
    t = prompt.open {}
    local data, runs = t.home .. "/data.npz", t.home .. "/runs"
    write(t.home .. "/make.lua", ([[
      data = pg.save(%q, { x = pg.zeros(20, 4), y = pg.range(0, 19) %% 2 }) and pg.load(%q)
      m = pg.Model(data.x, data.y, { hidden = 3, seed = 0 })
      study = require "perigee.sweep".new { name = "rates", params = { rate = { 1, 2 } },
        runs = %q, run = function() end, arguments = false }
    ]]):format(data, data, runs))
    prompt.ask(t, "dofile(os.getenv 'HOME' .. '/make.lua')")
  end)
  teardown(function() t:close() end)

  it("tables with their keys in order, cut where they are deep, long or cyclic", function()
    prompt.talk(t, [[
      > { 3, 1, b = 2, a = 1, [10] = {} }
      { 3, 1, [10] = {}, a = 1, b = 2 }
      > cyclic = { 1 } cyclic.self = cyclic
      > cyclic
      { 1, self = <cycle> }
      > { { { { { { 1 } } } } } }
      { { { { { ... 1 entry } } } } }
      > list = {} for i = 1, 1e6 do list[i] = i end
      > list
      {
      ...
        ... ... more
      }
      > 'a "quoted" text', "tab\t"
      "a \"quoted\" text"     "tab\t"
    ]])
    assert.is_true(#prompt.ask(t, "_G") > 0)
    local _, lines = prompt.ask(t, "list"):gsub("\n", "\n")
    assert.is_true(lines < 20)
  end)

  it("arrays as NumPy does", function()
    prompt.talk(t, [=[
      > pg.array { { 1, 2 }, { 3, 4.5 } }
      [[1. , 2. ],
       [3. , 4.5]] float64 (2, 2)
      > pg.zeros(3, 'uint8')
      [0, 0, 0] uint8 (3,)
      > pg.zeros(1000, 1000)
      [[0., 0., 0., ..., 0., 0., 0.],
      ...
       [0., 0., 0., ..., 0., 0., 0.]] float64 (1000, 1000)
      > { pg.zeros(3, 4), 1 }
      { float64 (3, 4), 1 }
    ]=])
  end)

  it("models, studies and archives as cards", function()
    prompt.talk(t, [[
      > m
      Model 4-3-2, sigmoid, float32: 23 weights
        trained  not yet
        data     20 rows, ... plan
      > study
      study rates: 2 trials
      ...
      > data
      archive ...: 2 arrays
        x  float64 (20, 4)
        y  int64 (20,)
      > pg
      Perigee ...
    ]])
  end)

  it("whatever goes wrong in __tostring and __index", function()
    prompt.talk(t, [[
      > setmetatable({}, { __tostring = function() error 'oh' end })
      <error in __tostring: stdin[...]:1: oh>
      > setmetatable({}, { __index = function() error 'oh' end, __name = 'own' })
      ...
      > setmetatable({}, { __gc = function() error 'oh' end }) ; collectgarbage()
      ...
      > 1
      1
    ]])
  end)
end)

describe("the prompt's colours", function()
  --- The screen after a value and an error, with the escape sequences of colours.
  local function shown(options)
    local t <close> = prompt.open(options)
    t:line "'text', 1, nil"
    t:expect_match '"text"\t? +1 +nil\n>'
    t:line "nil + 1"
    t:expect "in main chunk\n>"
    return t:screen { colours = true }
  end

  it("are there on a terminal that has them", function()
    local screen = shown {}
    assert.matches('\27%[38;5;64m"text"\27%[39m', screen)
    assert.matches("\27%[38;5;167mstdin", screen)
    assert.matches("\27%[32m\"text\"", shown { term = "screen" })
  end)

  it("are not there for NO_COLOR, in a dumb terminal, and in a pipe", function()
    assert.not_matches("\27", shown { environment = { NO_COLOR = "1" } })
    assert.not_matches("\27", shown { term = "dumb" })
    local t <close> = prompt.open { command = prompt.PROGRAM .. " | cat", height = 10 }
    t:line "'text', nil"
    t:expect_match '"text" +nil\n>'
    assert.not_matches("\27", t:screen { colours = true })
  end)
end)

describe("the prompt's help", function()
  local t

  setup(function() t = prompt.open { height = 120 } end)
  teardown(function() t:close() end)

  it("shows the way in", function()
    local way = prompt.ask(t, "help()")
    assert.equal(way, prompt.ask(t, "?"))
    for _, text in ipairs { "pg.dataset", "help(pg.plot)", "who()", "save_session" } do
      assert.truthy(way:find(text, 1, true))
    end
  end)

  it("shows a function with its shapes, an example and a place, however it is asked", function()
    local page = prompt.ask(t, "help(pg.forward)")
    assert.matches("^pg.forward%(x, weights, out%)\n", page)
    for _, text in ipairs { "(n, inputs)", "--> (100, 20)  (100, 10)", "docs/reference.md#" } do
      assert.truthy(page:find(text, 1, true), text)
    end
    for _, line in ipairs { "help 'forward'", "?forward", "?pg.forward", "? pg.forward " } do
      assert.equal(page, prompt.ask(t, line))
    end
  end)

  it("shows a variable, an option, and what a model can do", function()
    prompt.ask(t, "local m = pg.Model(pg.zeros(4, 2), pg.array { 0, 1, 0, 1 })")
    local page = prompt.ask(t, "help(m)")
    assert.equal(page, prompt.ask(t, "?m"))
    assert.matches("m:fit", page)
    assert.matches("m:fit%(options%)", prompt.ask(t, "?m.fit"))
    assert.matches("an option of", prompt.ask(t, "?patience"))
    prompt.ask(t, "word = 'fit'")
    assert.not_matches("m:fit", prompt.ask(t, "?word"))
  end)

  it("shows the comment above a function of the user", function()
    prompt.talk(t, [[
      > -- Half of a number.
      > function half(x) return x / 2 end
      > help(half)
      half(x)

      Half of a number.

      defined in stdin[...], line 2
      > function bare() end
      > ?bare
      bare()

      It has no comment ...
    ]])
  end)

  it("takes what users' comments say of parameters as they say it", function()
    prompt.talk(t, [[
      > -- @param x
      > -- @param options table  my own: as I like
      > function mine(x, options) end
      > ?mine
      mine(x, options)

        x
        options  table: my own: as I like

      defined in stdin[...], line 3
    ]])
  end)

  it("suggests what is near to a misspelt name", function()
    prompt.talk(t, [[
      > ?forwrd
      help: there is no 'forwrd'; did you mean 'forward'?
      > mymodel = 1
      > ?mymodle
      help: there is no 'mymodle'; did you mean 'mymodel'?
      > help 'forwrd'
      stdin[...]:1: help: there is no 'forwrd'; did you mean 'forward'?
          1 | help 'forwrd'
      stack traceback:
              stdin[...]:1: in main chunk
    ]])
  end)

  it("keeps to 80 columns, and to what stays the last value", function()
    prompt.talk(t, [[
      > 'last'
      "last"
      > ?fit
      ...
      > help()
      ...
      > _
      "last"
    ]])
  end)
end)

describe("the prompt's own functions", function()
  local t

  setup(function()
    t = prompt.open { environment = { EDITOR = "sh $HOME/editor", VISUAL = false } }
    write(t.home .. "/editor", [[sed -i 's/one/two/g' "$1"]])
  end)
  teardown(function() t:close() end)

  it("list what was defined, with shapes and memory", function()
    prompt.talk(t, [[
      > who()
      nothing was defined yet
      > x = pg.zeros(1000, 10)
      > local text = ('x'):rep(2000)
      > f = function(a) return a end
      > who()
      f     function f(a) stdin[...]:1
      text  "xxx...xxx"    2.0 kB
      x     float64 (1000, 10)                                                80.0 kB
    ]])
    for line in (prompt.ask(t, "who()") .. "\n"):gmatch "([^\n]*)\n" do
      assert.is_true(utf8.len(line) <= 80)
    end
    local listed = prompt.ask(t, [[_G['\27[2J'] = pg.zeros(1200000000, 'uint8') who()]])
    assert.matches("\n\\x1B%[2J  uint8 %(1200000000,%) +1%.2 GB\n", "\n" .. listed .. "\n")
    prompt.ask(t, [[_G['\27[2J'] = nil collectgarbage()]])
    prompt.talk(t, [[
      > odd = { 0/0, "count", 1, true }
      > who()
      f     function f(a) stdin[...]:1
      odd   {...B
      ...
      > odd = nil
    ]])
  end)

  it("tell how long a function takes", function()
    prompt.talk(t, [[
      > time(function() return 1, 2 end)
      ...s
      1       2
      > time(f, 10)
      ...s, the median of 10 calls (...s to ...s)
      > time(3)
      stdin[...]:1: time: a function is needed...
          1 | time(3)
      stack traceback:
              stdin[...]:1: in main chunk
      > time(f, 0)
      stdin[...]:1: time: ...
          1 | time(f, 0)
      ...
    ]])
  end)

  it("open the last chunk in an editor, and run what is saved there", function()
    prompt.talk(t, [[
      > one = 'one'
    ]])
    assert.equal("> two = 'two'", prompt.ask(t, "edit()"))
    prompt.talk(t, [[
      > two
      "two"
      > function several()
      >>   return 'one'
      >> end
    ]])
    assert.equal("> function several()\n>>   return 'two'\n>> end", prompt.ask(t, "edit()"))
    prompt.talk(t, [[
      > several()
      "two"
      > edit()
    ]])
    assert.matches("edit: it takes no arguments", prompt.ask(t, "edit(several)"))
    write(t.home .. "/editor", "true")
    prompt.talk(t, [[
      > count = 0
    ]])
    prompt.ask(t, "count = count + 1 ")
    prompt.talk(t, [[
      > edit()
      > count
      1
    ]])
    write(t.home .. "/editor", "exit 3")
    prompt.talk(t, [[
      > 5
      5
      > edit()
      nil     "edit: sh $HOME/editor ended with exit 3"
    ]])
  end)

  --- The output of a script that save_session wrote.
  local function output_of(program, path)
    local pipe <close> = assert(io.popen(("'%s' '%s' 2>&1"):format(program, path)))
    return (pipe:read "a")
  end

  --- A session that saves s.lua in its home folder, and the output expected of that script.
  local function written_session()
    local s = prompt.open {}
    prompt.talk(s, [[
      > local g = pg.random(3)
      > local x = g:rand(4)
      > x:sum()
      ...
      > nosuch()
      ...
      > _ * 2;
      > function twice(v) -- with a comment
      >>   return v * 2
      >> end
      > twice 'two' -- fails
      ...
      > twice(21) -- works
      42
      > who()
      ...
      > local time = 6 -- no longer the prompt's
      > function wait(who) return who * time end
      > name = tostring
      > -- no call of tostring
      > (print)(wait(7))
      42
      > local z = 40 return z + 2;
      > local t = {} return t, #t;
      > z + 2 + #t
      42
      > save_session(os.getenv 'HOME' .. '/s.lua')
      true
      > save_session '/nowhere/s.lua'
      stdin[...]:1: /nowhere/s.lua: No such file or directory
      ...
      > save_session(3)
      stdin[...]:1: save_session: a path is needed...
      ...
    ]])
    return s, prompt.ask(s, "x:sum()") .. "\n42\n42\n42\n"
  end

  it("write the session as a script, which prints the same", function()
    local s <close>, printed = written_session()
    assert.equal(printed, output_of(prompt.PROGRAM, s.home .. "/s.lua"))
    s:keys "C-d"
    assert.equal(0, s:status())
  end)

  it("write a script that a stock lua5.4 runs, too #stock", function()
    local s <close>, printed = written_session()
    assert.equal(printed, output_of("lua5.4", s.home .. "/s.lua"))
  end)

  it("write chunks that were interrupted or failed as comments", function()
    local s <close> = prompt.open {}
    prompt.talk(s, [=[
      > kept = 6
      > function fail()
      >>   error "as asked"
      >> end
      > half = 1 fail() --[[ with
      >>   two lines ]] half = 2
      stdin[...]:2: as asked
      ...
    ]=])
    s:line "local i = 0 while true do --[=["
    s:line "]=] i = i + 1 end"
    s:expect "]=] i = i + 1 end"
    s:keys "C-c"
    s:expect "interrupted!"
    prompt.talk(s, [[
      > this is no Lua
      ...
      > kept * 7
      42
      > save_session(os.getenv 'HOME' .. '/s.lua')
      true
    ]])
    local file <close> = assert(io.open(s.home .. "/s.lua"))
    local text = file:read "a"
    assert.truthy(text:find("\n-- failed: half = 1 fail() --[[ with\n--   two lines ]] half = 2\n",
      1, true))
    assert.truthy(text:find("\n-- interrupted: local i = 0 while true do --[=[\n"
      .. "-- ]=] i = i + 1 end\n", 1, true))
    assert.falsy(text:find("no Lua", 1, true))
    assert.equal("42\n", output_of(prompt.PROGRAM, s.home .. "/s.lua"))
  end)

  it("write comments that no line break ends", function()
    local save_session = require "perigee.repl.save_session"
    for _, ending in ipairs { "\n", "\r", "\r\n", "\n\r", "\n\n" } do
      local chunk = { text = "", globals = {}, values = 0,
        comment = "interrupted: [[" .. ending .. "ran = true" .. ending .. "]]" }
      local ran = {}
      assert(load(save_session.script({ chunk }, {}, {}), "=script", "t", ran))()
      assert.same({}, ran)
    end
  end)

  it("write a chunk whose values were not all printed", function()
    local s <close> = prompt.open {}
    prompt.talk(s, [[
      > slow = setmetatable({}, { __tostring = function() while true do end end })
    ]])
    s:line "six = 6 return slow"
    s:expect "six = 6 return slow"
    s:keys "C-c"
    s:expect "interrupted!"
    prompt.talk(s, [[
      > slow = nil
      > save_session(os.getenv 'HOME' .. '/s.lua')
      true
    ]])
    local file <close> = assert(io.open(s.home .. "/s.lua"))
    assert.truthy(file:read "a":find("\nsix = 6 ", 1, true))
  end)

  it("name the user's file, which the script does without", function()
    local home = os.tmpname()
    assert(os.execute(("rm '%s' && mkdir -p '%s/config/perigee'"):format(home, home)))
    finally(function() os.execute(("rm -rf '%s'"):format(home)) end)
    write(home .. "/config/perigee/init.lua", "mine = 1")
    local s <close> = prompt.open { home = home }
    prompt.talk(s, [[
      > mine
      1
      > save_session(os.getenv 'HOME' .. '/s.lua')
      true
    ]])
    local file <close> = assert(io.open(home .. "/s.lua"))
    assert.truthy(file:read "a":find("\n-- ran when the prompt opened, and not here: " .. home
      .. "/config/perigee/init.lua\n", 1, true))
  end)

  it("write what the command line ran before the session", function()
    local home = os.tmpname()
    assert(os.execute(("rm '%s' && mkdir '%s'"):format(home, home)))
    finally(function() os.execute(("rm -rf '%s'"):format(home)) end)
    write(home .. "/first.lua", "made = 6")
    local s <close> = prompt.open { home = home,
      arguments = { "-l", "json=perigee.util.json", "-e", "seven = 7", "-i",
        home .. "/first.lua" } }
    prompt.talk(s, [[
      > made * seven, json ~= nil
      42      true
      > save_session(os.getenv 'HOME' .. '/s.lua')
      true
    ]])
    assert.equal("42\ttrue\n", output_of(prompt.PROGRAM, home .. "/s.lua"))
  end)
end)
