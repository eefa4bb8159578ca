-- What the program has beyond lua5.4: it finds the module, and its prompt knows terminals.

local terminal = require "tests.terminal"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

local function output(command)
  local pipe <close> = assert(io.popen(command .. " 2>&1"))
  return (pipe:read "a")
end

describe("the module's searcher", function()
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

describe("the library's own files", function()
  local function output_of(script)
    return output(([[env PERIGEE_SCRIPT="%s" '%s' -e 'load(os.getenv "PERIGEE_SCRIPT")()']]):format(
      script, PROGRAM))
  end

  it("work on where a script takes Lua's functions for names of its own", function()
    assert.matches("%[0., 0.%] float64", output_of [[
      local pg = require 'perigee'
      local say = print
      table, string, math, io, type, pairs = 1, 2, 3, 4, 5, 6
      say(pg.zeros(2))
    ]])
  end)

  it("print, and write on the streams, where a script has them go", function()
    assert.equal("7\tprogress\t100%\n", output_of [[
      local pg = require 'perigee'
      local last, say = nil, print
      io.stderr = { write = function(_, ...) last = table.concat { ... } end }
      for _ in pg.progress(7) do end
      print = function(text) say(7, 'progress', last:match '100%%') end
      pg.show(pg.zeros(2, 2))
    ]])
  end)
end)

describe("standard descriptors that are closed", function()
  local CLOSED = { "<&-", ">&-", "2>&-", "<&- >&- 2>&-" }

  --- Runs a command in a folder with these redirections: its exit status.
  local function status_of(folder, command, closed)
    local _, _, status = os.execute(("( cd '%s' && ( %s %s ) ) >'%s.out' 2>&1 </dev/null"):format(
      folder, command, closed, folder))
    return status
  end

  local function in_folder(f)
    local folder = os.tmpname()
    os.remove(folder)
    os.execute(("mkdir '%s'"):format(folder))
    f(folder)
    os.execute(("rm -rf '%s' '%s.out'"):format(folder, folder))
  end

  local function write(folder, name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
  end

  local function read(folder, name)
    local file <close> = assert(io.open(folder .. "/" .. name))
    return (file:read "a")
  end

  local programs = { [""] = "'" .. PROGRAM .. "'", [", in lua5.4 #stock"] = "lua5.4" }
  for where, program in pairs(programs) do
    it("are no file's, and end no study, progress or plot" .. where, function()
      in_folder(function(folder)
        write(folder, "script.lua", [[
          local pg = require "perigee"
          local own = assert(io.open("own.txt", "w"))
          print "printed"
          io.stderr:write "told\n"
          assert(pg.save("a.npz", { a = pg.ones(3) }))
          for _ in pg.progress(2) do print "printed" end
          pg.plot { y = { 1, 2, 3 }, file = "a.svg" }
          assert(pg.load "a.npz".a:sum() == 3)
          local study = require "perigee.sweep".new {
            name = "closed", params = { k = { 1, 2, 3 } },
            run = function(p, trial)
              print("said by", p.k)
              io.stderr:write("told by ", p.k, "\n")
              return { accuracy = p.k }
            end,
          }
          study:run()
          assert(#study:table() == 3)
          assert(own:write "own")
          own:close()
        ]])
        for _, closed in ipairs(CLOSED) do
          for _, jobs in ipairs { "", " --jobs 2" } do
            os.execute(("rm -rf '%s/runs'"):format(folder))
            assert.equal(0, status_of(folder, program .. " script.lua" .. jobs, closed),
              jobs .. closed)
            assert.equal("own", read(folder, "own.txt"))
          end
        end
      end)
    end)
  end

  it("fail as in lua5.4", function()
    in_folder(function(folder)
      write(folder, "script.lua", [[
        local results = {
          io.read(1), io.write("x"), io.stdout:flush(), io.stderr:write("x"), pcall(print, 1),
        }
        local file = assert(io.open("results.txt", "w"))
        for i = 1, 12 do file:write(tostring(results[i]):gsub("%(.*", ""), "\n") end
      ]])
      for _, closed in ipairs { "<&-", ">&-" } do
        local first
        for _, program in ipairs { "'" .. PROGRAM .. "'", "lua5.4" } do
          local status = status_of(folder, program .. " script.lua", closed)
          local results = read(folder, "results.txt")
          first = first or { status, results }
          assert.same(first, { status, results })
        end
      end
    end)
  end)
end)

describe("the prompt on a terminal", function()
  it("ends by Ctrl-C what closes a coroutine, and itself when it was left", function()
    local t <close> = terminal.open { command = { PROGRAM } }
    t:expect "\n>\n"
    t:line "spin = function() while true do end end"
    t:line "held = function() local x <close> = setmetatable({}, { __close = spin }) error 'x' end"
    t:line "print 'closing' coroutine.wrap(held)()"
    t:expect "\nclosing\n"
    t:keys "C-c"
    t:expect "interrupted!"
    t:line "mt = { __close = spin }"
    t:line "yields = function() local x <close> = setmetatable({}, mt) coroutine.yield() end"
    t:line "c = coroutine.create(yields) coroutine.resume(c) print 'again' coroutine.close(c)"
    t:expect "\nagain\n"
    t:keys "C-c"
    t:expect "in function 'coroutine.close'"
    t:line "x = setmetatable({}, { __gc = function() print 'collecting' spin() end })"
    t:expect "\n>\n" -- Ctrl-D while a line runs is lost
    t:keys "C-d"
    t:expect "\ncollecting\n"
    t:keys "C-c"
    assert.equal(130, t:status())
  end)

  it("tells what ends it where Ctrl-C does not", function()
    local t <close> = terminal.open { command = { PROGRAM } }
    t:expect "\n>\n"
    t:line "print 'looking' s = ('a'):rep(30000):find '.-.-.-b'"
    t:expect "\nlooking\n"
    t:wait(function(screen) -- two that come together may be one signal
      t:keys "C-c"
      return screen:find("what runs does not stop; Ctrl-\\ ends the program", 1, true)
    end)
    t:keys "C-\\"
    assert.equal(131, t:status())
  end)

  it("evaluates, edits, remembers, and survives Ctrl-C", function()
    local t <close> = terminal.open { command = { PROGRAM } }
    t:expect "\n>\n"
    t:line "20 + 22"
    t:expect "\n42\n"
    t:line "for i = 1, 2 do"
    t:line "print('line', i)"
    t:line " end"
    t:expect "line    2"
    t:line "print 'looping' while true do end"
    t:expect "\nlooping\n"
    t:keys "C-c"
    t:expect "interrupted!"
    t:type "unfinished"
    t:expect "> unfinished"
    t:keys "C-c"
    t:expect "^C\n"
    t:line "6 * 7 - 1"
    t:expect "\n41\n"
    t:keys("Up", "Enter")
    t:expect "\n41\n> 6 * 7 - 1\n41\n"
    t:keys "C-d"
    assert.equal(0, t:status())
    local file <close> = assert(io.open(t.home .. "/state/perigee/history"))
    local history = file:read "a"
    assert.matches("20 %+ 22", history)
    assert.not_matches("unfinished", history)
  end)
end)
