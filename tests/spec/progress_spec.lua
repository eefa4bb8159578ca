local pg = require "perigee"
local listen = require("tests.support").listen
local progress = require "perigee.util.progress"
local output_terminal = require "perigee.util.terminal"
local terminal = require "tests.terminal"
local printable = require "perigee.util.printable"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

local function count_lines(text)
  return select(2, text:gsub("\n", ""))
end

describe("progress", function()
  local is_utf8 = output_terminal.is_utf8

  before_each(function()
    output_terminal.is_utf8 = function() return true end
  end)

  after_each(function()
    output_terminal.is_utf8 = is_utf8
  end)

  it("counts from 1 to n", function()
    local seen = {}
    listen(function()
      for i in pg.progress(5) do
        seen[#seen + 1] = i
      end
    end)
    assert.same({ 1, 2, 3, 4, 5 }, seen)
  end)

  it("is its line as text", function()
    listen(function()
      local bar <close> = progress.bar(8, "train")
      bar:update(2)
      assert.matches("^train:  25%%|██▌       | 2/8 %[", tostring(bar))
    end)
  end)

  it("writes tqdm's line", function()
    local text = listen(function()
      local bar <close> = progress.bar(8, "train")
      bar:update(4, "loss 0.5")
    end)
    assert.matches("^train:  50%%|█████     | 4/8 %[00:00<00:0%d, +[%d.]+it/s%] loss 0%.5\n$",
      text)
  end)

  it("writes a line for each tenth where there is no terminal", function()
    local text = listen(function()
      for _ in pg.progress(1000) do end
    end)
    assert.equal(10, count_lines(text))
    assert.matches("100%%|██████████| 1000/1000 [^\n]*\n$", text)
  end)

  it("does without steps, and without all of them", function()
    listen(function()
      for _ in pg.progress(0) do error "no step" end
      for i in pg.progress(10) do
        if i == 3 then break end
      end
    end)
  end)

  it("keeps to one line, whatever its title and note are", function()
    local text = listen(function()
      local bar <close> = progress.bar(2, "日本\n\27[2J\u{9b}\x9b caf\xe9\t")
      bar:update(1, "two\nlines\r\xff")
      bar:update(2)
    end)
    assert.equal(2, count_lines(text))
    assert.is_truthy(text:find("日本 ?[2J?? caf? :  50%|", 1, true), text)
    assert.is_truthy(text:find("] two lines ?\n", 1, true), text)
    for width = 2, 130 do
      local meter = progress.meter(10, "日本語日本語 and 🎉 more")
      meter:set(5, "日本語 of a note")
      assert.is_true(printable.width(meter:line(width)) <= width - 1, width)
    end
  end)

  it("is ASCII where the locale is not UTF-8", function()
    output_terminal.is_utf8 = function() return false end
    local text = listen(function()
      local bar <close> = progress.bar(8, "日本 é")
      bar:update(3, "µ")
      bar:update(8)
    end)
    assert.not_matches("[\x80-\xff]", text)
    assert.matches("^%?%? %?:  37%%|###7      | 3/8 ", text)
    assert.matches("100%%|##########| 8/8 ", text)
  end)

  it("writes nothing for a loop within another, where there is no terminal", function()
    local text = listen(function()
      for _ in pg.progress(2, "outer") do
        for _ in pg.progress(3, "inner") do end
      end
      for _ in pg.progress(1, "after") do end
    end)
    assert.equal(3, count_lines(text))
    assert.not_matches("inner", text)
  end)

  it("writes lines for a loop behind one that a coroutine has left without an end", function()
    local text = listen(function()
      local left = coroutine.wrap(function()
        for i in pg.progress(10, "left") do
          coroutine.yield(i)
        end
      end)
      left()
      for _ in pg.progress(2, "later") do end
      assert.equal(2, left())
    end)
    assert.matches("later:  50%%.*later: 100%%", text)
  end)

  it("writes nothing before the loop begins", function()
    assert.equal("", listen(function()
      local _ = pg.progress(10)
    end))
  end)

  it("refuses what is no count", function()
    assert.error_matches(function() pg.progress(-1) end, "a count is needed")
    assert.error_matches(function() pg.progress "x" end, "a count is needed")
  end)
end)

describe("progress on a terminal", function()
  --- Runs a script; gives the screen and the lines above it at its end.
  local function run(script, options)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write('local pg, uv = require "perigee", require "luv"\n', script)
    file:close()
    options = options or {}
    options.command = ("%s %s %s; echo END; cat"):format(PROGRAM, path, options.through or "")
    local t <close> = terminal.open(options)
    t:expect "END"
    os.remove(path)
    return (t:screen { history = true }:gsub("END\n*$", ""))
  end

  -- A drawing is due again when this has ended.
  local WAIT = "uv.sleep(110)"

  it("has a loop's bar below that of the loop around it, which alone is left", function()
    for _, width in ipairs { 20, 80, 120 } do
      local shown = run(([[
        for e in pg.progress(2, "outer") do
          for i in pg.progress(3, "in") do
            %s
          end
        end]]):format(WAIT), { width = width })
      assert.matches("outer: 100%%|█+", shown)
      assert.not_matches("in: ", shown)
      assert.not_matches("outer: +5?0%%", shown)
      assert.equal(1, count_lines(shown))
    end
  end)

  it("shows both, the outer one first", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(([[
      local pg, uv = require "perigee", require "luv"
      for e in pg.progress(2, "outer") do
        for i in pg.progress(3, "inner") do %s if i == 3 then io.read() end end
      end]]):format(WAIT))
    file:close()
    local t <close> = terminal.open { command = { PROGRAM, path } } -- waits for a key
    t:expect_match "^outer:   0%%|[^\n]*\ninner:  66%%|"
    os.remove(path)
  end)

  it("has prints above it, each on its own line", function()
    local shown = run(([[
      for i in pg.progress(4, "日本 \27[31m\u{9b}31m\nx") do
        %s
        print("print", i)
        io.write("wri", "te\n")
        io.stdout:write "method\n"
        io.stderr:write "errors\n"
        if i == 4 then io.write "open" end
      end]]):format(WAIT))
    assert.matches("^" .. ("print   %d\nwrite\nmethod\nerrors\n"):rep(4)
      .. "open\n日本 %?%[31m%?31m x: 100%%|[^\n]*\n$", shown)
  end)

  it("has programs, warnings and plots above it", function()
    local shown = run(([[
      warn "@on"
      for i in pg.progress(2, "outer") do
        for j in pg.progress(2, "inner") do
          %s
          os.execute "echo child"
          warn "a warning"
        end
      end
      for i in pg.progress(2, "plots") do
        %s
        pg.plot { y = { 1, 2 } }
      end]]):format(WAIT, WAIT))
    assert.equal(4, select(2, shown:gsub("child\nLua warning: a warning\n", "")))
    assert.not_matches("inner", shown)
    assert.equal(1, select(2, shown:gsub("plots: ", "")))
    assert.matches("plots: 100%%[^\n]*\n$", shown)
  end)

  it("makes way where a coroutine has left it, and comes back with the coroutine", function()
    local shown = run(([[
      local left = coroutine.wrap(function()
        for i in pg.progress(3, "left") do %s coroutine.yield(i) end
      end)
      left()
      for i in pg.progress(2, "later") do %s end
      for _ = 1, 3 do left() end]]):format(WAIT, WAIT))
    assert.matches("^later: 100%%[^\n]*\nleft: 100%%[^\n]*\n$", shown)
  end)

  it("is one line where prints go elsewhere: others may write to the terminal", function()
    local shown = run(([[
      for i in pg.progress(2, "outer") do
        for j in pg.progress(2, "inner") do %s print("mid", i, j) end
      end]]):format(WAIT), { through = "| cat" })
    assert.equal(4, select(2, shown:gsub("mid", "")))
    assert.not_matches("inner", shown)
  end)

  it("is as wide as standard error's terminal, which may be another", function()
    local t <close> = terminal.open { width = 40, command = "tty; cat" }
    local device = t:expect_match "/dev/%S+" and t:screen():match "/dev/%S+"
    run(([[for i in pg.progress(3, "wide") do %s end]]):format(WAIT), { width = 120,
      through = "2>" .. device })
    t:expect_match "wide: 100%%[^\n]*\n"
    assert.equal(1, select(2, t:screen():gsub("wide", "")))
  end)

  it("has at least a column of its bar, and gives the rest to the numbers", function()
    local shown = run([[for _ in pg.progress(2, "outer") do end]], { width = 22 })
    assert.equal("outer: 100%|█| 2/2\n", shown)
  end)

  it("leaves print and io.write as they were, or as the loop has made them", function()
    assert.equal("true true true\n", run([[
      local p, w, m = print, io.write, io.stderr.write
      for _ in pg.progress(2) do pcall(function() for _ in pg.progress(2) do error "x" end end) end
      print(("%s %s %s"):format(print == p, io.write == w, io.stderr.write == m))
    ]]):match "[^\n]*\n$")
    assert.equal("mine\n", run([[
      local function mine() io.write "mine\n" end
      for _ in pg.progress(2) do print = mine end
      print()]]):match "[^\n]*\n$")
  end)

  it("is ASCII where the locale is not UTF-8, and plain lines where it cannot redraw", function()
    local script = [[for _ in pg.progress(2, "é") do end]]
    assert.matches("^%?: 100%%|#+| 2/2 [^\n]*\n$",
      run(script, { environment = { LC_ALL = "C" } }))
    assert.matches("^é:  50%%|█████     | 1/2 [^\n]*\né: 100%%|██████████| 2/2 [^\n]*\n$",
      run(script, { term = "dumb" }))
    local output = terminal.feed { command = { PROGRAM, "-e",
      [[for _ in require "perigee".progress(2) do end]] }, term = "dumb" }
    assert.not_matches("[\27\r].", (output:gsub("\r\n", "\n")))
  end)
end)
