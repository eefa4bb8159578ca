-- tests/run.lua, which runs these specs side by side.

local uv = require "luv"

local PROGRAM = os.getenv "PERIGEE" or "lua5.4"

local folder

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  assert(file:write(text))
end

--- Runs tests/run.lua on the spec files in the folder; gives its output and exit status.
local function run(options, prefix)
  local pipe = assert(io.popen(("JOBS=2 %s lua5.4 tests/run.lua '%s' /usr/bin/busted -- %s 2>&1")
    :format(prefix or "", PROGRAM, options)))
  local output = pipe:read "a"
  return output, select(3, pipe:close())
end

describe("tests/run.lua", function()
  before_each(function()
    folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/run-XXXXXX"))
    write("good_spec.lua", [[
      describe("good", function()
        it("passes", function() print "noise" end)
        it("is left out", function() pending "for now" end)
      end)]])
    write("bad_spec.lua", [[
      describe("bad", function()
        it("fails", function() print "its print" assert.equal(1, 2) end)
        it("passes", function() end)
      end)]])
  end)

  after_each(function()
    os.execute("rm -r '" .. folder .. "'")
  end)

  it("prints the results alone where all is well", function()
    local output, status = run(folder .. "/good_spec.lua")
    assert.equal(0, status)
    assert.matches("^The slowest:\n +%d+%.%d s  [^\n]*good passes\n"
      .. "1 successes / 0 failures / 1 pending : [%d.]+ seconds\n$", output)
  end)

  it("shows what fails, with what its process has printed", function()
    local output, status = run(folder)
    assert.equal(1, status)
    assert.matches("Failure: bad fails\n  [^\n]*bad_spec.lua:2\n.*Expected objects to be equal.*"
      .. "printed by [^\n]*bad_spec.lua:\nits print\n", output)
    assert.not_matches("noise", output)
    assert.matches("\n2 successes / 1 failures / 1 pending", output)
  end)

  it("writes TAP, with one count over all files", function()
    local output = run("--output=TAP " .. folder)
    assert.equal(3, select(2, ("\n" .. output):gsub("\nok %d ", "")))
    assert.matches("not ok %d %- bad fails\n", output)
    assert.matches("\n1%.%.4\n", output)
  end)

  it("hands options to busted, and fails where no spec is left", function()
    local output, status = run("--filter=left " .. folder)
    assert.equal(0, status)
    assert.matches("0 successes / 0 failures / 1 pending", output)
    output, status = run("--filter none " .. folder)
    assert.equal(2, status)
    assert.matches("no spec was run", output)
    output, status = run(folder .. "/absent_spec.lua")
    assert.equal(2, status)
    assert.matches("there is no file or folder '[^\n]*absent_spec.lua'", output)
  end)

  it("counts a process that dies, and an error outside specs, as failures", function()
    write("bad_spec.lua", 'it("dies", function() os.execute "kill -KILL $PPID" end)')
    write("good_spec.lua", 'describe("x" function')
    local output, status = run(folder)
    assert.equal(1, status)
    assert.matches("Failure: dies\n[^\n]*\n  its process ended with signal 9\n", output)
    assert.matches("good_spec.lua:1: '%)' expected", output)
    assert.matches("0 successes / 2 failures", output)
  end)

  it("ends its processes when it is interrupted, and leaves no file", function()
    write("bad_spec.lua", ([[
      it("waits", function()
        local file <close> = io.open("%s/pid", "w")
        file:write(require("luv").os_getpid())
        file:close()
        while true do end
      end)]]):format(folder))
    local output, status = run(folder, ("TMPDIR='%s' sh -c '(until [ -s %s/pid ]; do sleep 0.01; "
      .. "done; kill -INT $$) & exec \"$@\"' -"):format(folder, folder))
    assert.equal(130, status)
    assert.matches("interrupted\n$", output)
    local file <close> = assert(io.open(folder .. "/pid"))
    local pid = file:read "n"
    repeat
      uv.sleep(10)
      local stat <close> = io.open(("/proc/%d/stat"):format(pid))
    until not stat or stat:read("a"):find "%) Z "
    local names = io.popen("ls '" .. folder .. "'"):read "a"
    assert.equal("bad_spec.lua\ngood_spec.lua\npid\n", names)
  end)
end)
