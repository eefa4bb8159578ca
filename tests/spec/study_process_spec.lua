-- Studies as processes: their ends, their locks, Ctrl-C, --dry-run, and the values of a command
-- line.

local pg = require "perigee"
local uv = require "luv"

local PROGRAM = uv.fs_realpath(os.getenv "PERIGEE" or "build/perigee") or "perigee"

local folder

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/process-XXXXXX"))
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

--- Standard output, standard error and exit status of a command in the folder; $P is the program.
local function shell(command)
  local pipe = assert(io.popen(("cd '%s' && export P='%s'; (%s) 2>errors </dev/null"):format(folder,
    PROGRAM, command)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  local file <close> = assert(io.open(folder .. "/errors"))
  return output, file:read "a", status
end

--- Writes s.lua: a study of trials k = 1 to 4 whose `run` has this body.
local function write(body, options)
  assert(pg.write(folder .. "/s.lua", ([[
local pg, sweep, uv = require "perigee", require "perigee.sweep", require "luv"
local exit = os.exit
local study = sweep.new { name = "s", params = { k = { 1, 2, 3, 4 } }, %s
  run = function(p, trial)
    %s
    return { y = p.k }
  end }
study:run()
for _, row in ipairs(study:table()) do io.write(row.k, "=", row.status, " ") end
]]):format(options or "", body)))
end

--- The same spec for this program and for a stock lua5.4.
local function both(what, f)
  it(what, function() f "$P" end)
  it(what .. ", in a stock lua5.4, too #stock", function() f "lua5.4" end)
end

describe("os.exit in a trial", function()
  both("is a failed trial and another status than 0, however it is called", function(interpreter)
    for _, call in ipairs { "os.exit(0)", "os.exit(true)", "os.exit(0, true)", "exit(0)",
      "pcall(os.exit, 0)", "coroutine.wrap(function() os.exit(0) end)()" } do
      write("if p.k == 2 then " .. call .. " end")
      shell "rm -rf runs"
      local output, errors, status = shell(interpreter .. " s.lua")
      assert.equal(1, status, call)
      assert.equal("", output)
      assert.matches("perigee: k 2 failed: it ended the process (os.exit); the same command goes "
        .. "on with the others\n", errors, 1, true)
      output, errors, status = shell(interpreter .. " s.lua")
      assert.equal("1=done 2=failed 3=done 4=done ", output)
      assert.matches("k 2 failed before: it ended the process", errors, 1, true)
      assert.equal(1, status)
    end
  end)

  it("is so in a process of several, which another takes the place of", function()
    write "if p.k == 2 then os.exit(0) end"
    local output, errors, status = shell "$P s.lua --jobs 2"
    assert.equal("1=done 2=failed 3=done 4=done ", output)
    assert.equal(1, select(2, errors:gsub("k 2 failed", "")))
    assert.equal(1, status)
  end)

  it("is so, too, behind a study that the trial has run", function()
    write [[sweep.new({ name = "inner" .. p.k, arguments = false,
      run = function() return { z = 1 } end }):run { quiet = true }
    if p.k == 2 then os.exit(0) end]]
    local _, errors, status = shell "$P s.lua --quiet"
    assert.equal(1, status)
    assert.matches("k 2 failed: it ended the process", errors)
    assert.equal("1=done 2=failed 3=done 4=done ", (shell "$P s.lua --quiet"))
  end)

  --- A study of halving whose trial 4 ends the process at its second rung.
  local function write_halving()
    write([[for i = 1, 4 do
      if p.k == 4 and i > 1 then os.exit(0) end
      trial:report(i, { accuracy = p.k + i })
    end]], "metric = 'accuracy', prune = sweep.halving { first = 1 },")
  end

  it("is a failed trial at the second rung of halving", function()
    write_halving()
    for _, options in ipairs { "", " --jobs 2" } do
      shell(("rm -rf runs; $P s.lua --quiet%s"):format(options))
      local output, errors, status = shell("timeout 60 $P s.lua --quiet" .. options)
      assert.equal("1=pruned 2=pruned 3=done 4=failed ", output, errors)
      assert.matches("k 4 failed before", errors)
      assert.equal(1, status)
    end
  end)

  it("is a failed trial where a clock has told a later time before", function()
    write_halving()
    shell [[$P s.lua --quiet; cd runs/s/journal
      sed -i '/"failed"/d; s/"finished":"20/"finished":"21/' *]]
    assert.matches("k 4 failed: it ended the process", (select(2, shell "$P s.lua --quiet")))
    assert.equal("1=pruned 2=pruned 3=done 4=failed ", (shell "$P s.lua --quiet"))
    shell [[cd runs/s/journal; sed -i '/"failed"/d' *; rm $(ls | tail -n 1)]]
    assert.equal("1=pruned 2=pruned 3=done 4=failed ",
      (shell "timeout 60 $P s.lua --quiet --jobs 2"))
  end)

  it("is run again, and once, where an earlier version recorded no time", function()
    write_halving()
    shell [[$P s.lua --quiet; sed -i '/"failed"/s/"finished":"[^"]*",//' runs/s/journal/*]]
    assert.equal("1\n", (shell [[cat runs/s/journal/* | grep '"failed"' | grep -vc finished]]))
    assert.matches("k 4 failed: it ended the process", (select(2, shell "$P s.lua --quiet")))
    assert.equal("1=pruned 2=pruned 3=done 4=failed ", (shell "$P s.lua --quiet"))
  end)

  it("ends a --dry-run with a sentence, and no record", function()
    write "os.exit(0)"
    local _, errors, status = shell "$P s.lua --dry-run"
    assert.equal(1, status)
    assert.matches("a trial that was begun for a moment ended the process", errors, 1, true)
    assert.is_nil(uv.fs_stat(folder .. "/runs"))
  end)
end)

describe("A script's end after trials that failed", function()
  both("runs all finalizers, and has status 1", function(interpreter)
    write("error 'no'")
    shell "sed -i 's/name = \"s\"/name = \"s\", arguments = arg/' s.lua"
    assert(pg.write(folder .. "/f.lua", [[
before = setmetatable({}, { __gc = function() io.stderr:write "one " end })
dofile "s.lua"
after = setmetatable({}, { __gc = function() io.stderr:write "two " end })]]))
    local output, errors, status = shell(interpreter .. " f.lua --quiet")
    assert.equal("1=failed 2=failed 3=failed 4=failed ", output)
    assert.matches("two one $", errors)
    assert.equal(1, status)
  end)
end)

describe("A second start of a study", function()
  --- Each trial leaves a file; the last two wait until there is one named go.
  local SLOW = "io.open('ran' .. p.k, 'a'):write 'x':close() "
    .. "while p.k > 2 and not uv.fs_stat 'go' do uv.sleep(10) end"

  it("says that another process runs it, and does nothing", function()
    write(SLOW)
    for _, first in ipairs { "", "--jobs 2" } do
      local output, errors, status = shell(("rm -rf runs ran* go; $P s.lua %s >first 2>&1 & "
        .. "until [ -e ran1 ]; do sleep 0.02; done; $P s.lua; echo $?; $P s.lua --jobs 2; echo $?; "
        .. "$P s.lua --fresh; echo $?; $P s.lua --shard 1/2; echo $?; touch go; wait; "
        .. "cat first ran*"):format(first))
      assert.equal(0, status)
      assert.equal("1\n1\n1\n1\n", output:sub(1, 8))
      assert.matches("4=done xxxx$", output)
      assert.equal(4, select(2, errors:gsub("perigee: s: another process runs it in runs/s: ", "")))
    end
  end)

  it("is no other part of a --shard, and is the same part", function()
    write(SLOW)
    local output, errors = shell("$P s.lua --shard 1/2 >/dev/null 2>&1 & until [ -e ran1 ]; do "
      .. "sleep 0.02; done; $P s.lua --shard 1/2; echo $?; $P s.lua; echo $?; "
      .. "touch go; $P s.lua --shard 2/2; echo $?; wait; $P s.lua; cat ran*")
    assert.equal("1\n1\n0\n1=done 2=done 3=done 4=done xxxx", output)
    assert.matches("s: another process runs this part in runs/s", errors)
    assert.matches("s: another process runs it in runs/s", errors)
  end)

  it("is not held up by what a crash left, nor by programs that trials left", function()
    write(SLOW .. " os.execute 'sleep 60 & echo $! >>left'")
    local output = shell("$P s.lua >/dev/null 2>&1 & until [ -e ran2 ]; do sleep 0.02; done; "
      .. "kill -9 $!; wait; touch go; $P s.lua; kill $(cat left)")
    assert.equal("1=done 2=done 3=done 4=done ", output)
  end)
end)

describe("A folder that is removed while the study runs", function()
  it("is an error at the next record", function()
    write "if p.k == 2 then os.execute 'rm -r runs' end"
    for _, jobs in ipairs { 1, 2 } do
      local _, errors, status = shell("$P s.lua --jobs " .. jobs)
      assert.equal(1, status)
      assert.matches("runs/s/journal/[^\n]*: it was removed while the study ran", errors)
      assert.is_nil(uv.fs_stat(folder .. "/runs/s/results.csv"))
    end
  end)

  it("is an error at the next record that the parent reads", function()
    -- Trial 2 stops the parent, and removes the record of trial 1 before the parent sees it.
    write [[
    if p.k == 1 then
      while not io.open "stopped" do uv.sleep(5) end
    elseif p.k == 2 then
      uv.kill(uv.os_getppid(), "sigstop")
      io.open("stopped", "w"):close()
      os.execute "until grep -q '\"y\":1' runs/s/journal/*; do sleep 0.02; done; rm -r runs"
      uv.kill(uv.os_getppid(), "sigcont")
      uv.sleep(500)
    end]]
    local _, errors, status = shell "$P s.lua --jobs 2"
    assert.equal(1, status)
    assert.matches("s: [^\n]*runs/s/journal/[^\n]*: it was removed while the study ran\n", errors)
    assert.is_nil(uv.fs_stat(folder .. "/runs/s/results.csv"))
  end)
end)

describe("Ctrl-C", function()
  it("is known by what it is, and not by an error's text", function()
    for _, text in ipairs { '"interrupted!"', '("interrupted!", 0)',
      '"the download was interrupted!"', '("s.lua:1: interrupted!", 0)' } do
      for _, options in ipairs { "", "--jobs 2" } do
        write("if p.k == 2 then error" .. text .. " end")
        local output, errors, status = shell("rm -rf runs; $P s.lua " .. options)
        assert.equal("1=done 2=failed 3=done 4=done ", output)
        assert.matches("k 2 failed: [^\n]*interrupted!\n", errors)
        assert.equal(1, status)
      end
    end
  end)

  it("stops a trial that catches it, which is not recorded", function()
    local body = [[
    local m = pg.Model(pg.random(1):rand(200, 20), pg.range(0, 199) % 2, { hidden = 20, seed = 0 })
    pcall(function()
      for i in trial:steps(m, { iterations = p.n }) do
        if i == 50 then
          io.open("trial", "w"):close()
        end
      end
    end)]]
    write(body, "settings = { n = 5000000 },")
    for _, jobs in ipairs { 1, 2 } do
      local _, errors, status = shell("rm -f trial; sh -c '(until [ -e trial ] || ! kill -0 $$; do "
        .. "sleep 0.01; done; kill -INT $$) & exec $P s.lua --jobs " .. jobs .. "'")
      assert.equal(130, status)
      assert.matches("s: interrupted: 0 of 4; the same command goes on from here\n$", errors)
      if jobs == 2 then -- a body that is interrupted, and not a step, leaves none
        assert.is_true(#require("perigee.util.fs").names_in(folder .. "/runs/s/checkpoints") > 0)
      end
    end
  end)

  it("is heard behind a study that the trial has run", function()
    write [[sweep.new({ name = "inner" .. p.k, arguments = false,
      run = function() return { z = 1 } end }):run { quiet = true }
    if p.k == 2 then
      pcall(function() uv.kill(uv.os_getpid(), "sigint") for _ = 1, 1e6 do end end)
    end]]
    local _, errors, status = shell "$P s.lua"
    assert.equal(130, status)
    assert.matches("s: interrupted: 1 of 4", errors)
  end)

  it("still raises in the script, after a study that several processes ran", function()
    write ""
    shell("echo 'io.write(tostring(pcall(function() uv.kill(uv.os_getpid(), \"sigint\") "
      .. "for _ = 1, 1e6 do end end)))' | sed 's/uv/require(\"luv\")/g' >>s.lua")
    assert.equal("1=done 2=done 3=done 4=done false", (shell "$P s.lua --jobs 2"))
  end)
end)

describe("--dry-run", function()
  both("ends in its two seconds, whatever run catches, and leaves no hook", function(interpreter)
    assert(pg.write(folder .. "/s.lua", [[
local sweep = require "perigee.sweep"
local study = sweep.new { name = "s", arguments = false, params = { k = { 1, 2 } }, run = function()
  while true do pcall(function() while true do pcall(function() while true do end end) end end) end
end }
local function hook() end
debug.sethook(hook, "l")
local began = os.clock()
study:run { dry_run = true }
print(os.clock() - began < 3, debug.gethook() == hook)]]))
    assert.matches("is not known: .*\ntrue\ttrue\n", (shell(interpreter .. " s.lua")))
  end)

  both("prints nothing of run", function(interpreter)
    write [[print "SAID" io.write "SAID" io.stdout:write "SAID" io.stderr:write "SAID"
      os.execute "echo SAID; echo SAID >&2"]]
    local output, errors, status = shell(interpreter .. " s.lua --dry-run")
    assert.equal(0, status)
    assert.matches("s: 4 trials, 4 to run\nabout [%d.]+ s", output)
    assert.not_matches("SAID", output .. errors)
  end)

  both("ends in time where a coroutine of run's does not", function(interpreter)
    write "coroutine.wrap(function() while true do end end)()"
    local began = uv.hrtime()
    assert.matches("is not known", (shell(interpreter .. " s.lua --dry-run")))
    assert.is_true(uv.hrtime() - began < 60e9)
  end)

  it("says why the trial that was begun fails", function()
    write "error 'broken'"
    assert.matches("is not known: k 1 failed: [^\n]*broken", (shell "$P s.lua --dry-run"))
    write "coroutine.yield()"
    assert.matches("is not known: k 1 failed: [^\n]*yield", (shell "$P s.lua --dry-run"))
  end)

  it("tells the time that several processes take", function()
    write "uv.sleep(500)"
    local function seconds(options)
      return tonumber((shell("$P s.lua --dry-run " .. options)):match "about ([%d.]+) s")
    end
    local alone, together = seconds "", seconds "--jobs 4"
    assert.is_true(together < alone / 2, alone .. " and " .. together)
  end)
end)

describe("A study that a trial makes", function()
  it("is run, also in a process of several", function()
    write [[local inner = sweep.new { name = "inner" .. p.k, arguments = false, run = function()
      return { z = 7 } end }
    assert(inner:run { quiet = true })
    trial:report(1, { z = inner:table()[1].z })]]
    assert.equal("1=done 2=done 3=done 4=done ", (shell "$P s.lua --jobs 2"))
    assert.equal("k,repeat,seed,y\n", (shell "head -n 1 runs/s/results.csv"))
  end)
end)

describe("A trial's child that writes to the descriptors of --jobs", function()
  it("does not end the study", function()
    write 'os.execute "echo hello >&3; echo {} >&3; echo 3 >&3"'
    assert.equal("1=done 2=done 3=done 4=done ", (shell "$P s.lua --jobs 2"))
  end)
end)

describe("A journal that cannot be read", function()
  it("is told with its path, and put aside by --fresh", function()
    for make, message in pairs {
      ["mkdir z.jsonl"] = "z.jsonl: it is a directory, and no file",
      ["mkfifo z.jsonl"] = "z.jsonl: it is a fifo, and no file",
      ["ln -s nowhere z.jsonl"] = "z.jsonl: No such file",
      ["echo '{\"format\":2}' >z.jsonl"] = "z.jsonl: a journal of another version (--fresh begins",
    } do
      write ""
      local _, errors, status = shell(("rm -rf runs*; $P s.lua --quiet >/dev/null; "
        .. "cd runs/s/journal; %s; cd ../../..; timeout 60 $P s.lua"):format(make))
      assert.equal(1, status)
      assert.matches(message, errors, 1, true)
      assert.equal("1=done 2=done 3=done 4=done ", (shell "timeout 60 $P s.lua --fresh --quiet"))
    end
  end)

  it("may have lines of any form", function()
    write ""
    shell "$P s.lua --quiet"
    for _, line in ipairs { '{"format":1,"trial":"x","status":"done"}', '{"format":false}',
      '{"format":"1"}', '{"trial":"x","status":"pruned"}', "null", "[]", "17", '"text"' } do
      local output, errors, status = shell(("for f in runs/s/journal/*; do echo '%s' >>$f; done; "
        .. "$P s.lua"):format(line))
      assert.equal(0, status, errors)
      assert.equal("1=done 2=done 3=done 4=done ", output)
      assert.matches("line %d+: no record, and passed over", errors)
    end
  end)

  it("is told of its damaged lines once, also by a study that several processes run", function()
    write "os.execute 'for f in runs/s/journal/*.jsonl; do echo torn >>$f; done'"
    local output, errors, status = shell "$P s.lua k=1,2 --jobs 2"
    assert.equal("1=done 2=done ", output)
    assert.equal(0, status)
    assert.matches("line 2: no record, and passed over", errors)
    for line in errors:gmatch "[^\n]*passed over[^\n]*" do
      assert.equal(1, select(2, errors:gsub(line:gsub("%p", "%%%0"), "")))
    end
  end)
end)

describe("A worker", function()
  it("whose constants are others is told of, once", function()
    write "trial:report(0, { z = noise })"
    shell "sed -i '1i local noise = require(\"luv\").hrtime()' s.lua"
    local _, errors, status = shell "$P s.lua --jobs 2"
    assert.equal(0, status)
    assert.equal(1, select(2, errors:gsub("noise, to which `run` refers, is not the same", "")))
  end)

  it("that dies, or ends, is a failure for --fail-fast", function()
    for _, how in ipairs { "os.exit(3)", "uv.kill(uv.os_getpid(), 'sigkill')" } do
      write("if p.k == 1 then " .. how .. " end uv.sleep(p.k == 1 and 0 or 300)")
      shell "rm -rf runs; $P s.lua --jobs 1 --fail-fast --dry-run"
      local output, errors, status = shell "rm -rf runs; $P s.lua --jobs 2 --fail-fast"
      assert.equal(1, status)
      assert.equal("", output)
      assert.matches("s: stopped", errors)
    end
  end)

  it("whose descriptors a trial closes is lost, and not waited for", function()
    write "if p.k == 1 then pcall(uv.fs_close, 3) end"
    local output, errors = shell "timeout 100 $P s.lua --jobs 2"
    assert.matches("1=%a+ 2=done 3=done 4=done ", output .. errors)
  end)
end)

describe("A metric that has the name of a setting", function()
  it("is another column when the setting becomes a parameter", function()
    write("if p.depth == 2 then return { depth = 57, y = 1 } end", "settings = { depth = 2 },")
    shell "$P s.lua --quiet"
    shell "$P s.lua depth=2,3 --quiet"
    assert.equal("depth,k,repeat,seed,y\n2,1,1,0,1\n", (shell "head -n 2 runs/s/results.csv"))
  end)
end)

describe("--retry-failed", function()
  it("runs again what has failed more than once", function()
    write "error 'no'"
    shell "$P s.lua --quiet; $P s.lua --quiet --retry-failed"
    write ""
    assert.equal("1=done 2=done 3=done 4=done ", (shell "$P s.lua --quiet --retry-failed"))
  end)
end)

describe("A failure of before", function()
  it("is named with the option that runs it again, after a correction too", function()
    write "assert(p.k ~= 2, 'broken')"
    shell "$P s.lua"
    write ""
    local _, errors = shell "$P s.lua"
    assert.matches("s.lua has changed since 4 of the trials were run", errors)
    assert.matches("k 2 failed before: [^\n]*broken\n[^\n]*%-%-retry%-failed runs again", errors)
    local output, _, status = shell "$P s.lua --retry-failed"
    assert.equal("1=done 2=done 3=done 4=done ", output)
    assert.equal(0, status)
  end)
end)

describe("The values of a command line", function()
  --- The values of `v`, as %q, that an argument gives where the script has these.
  local function values(argument, script)
    assert(pg.write(folder .. "/v.lua", ([[
local json = require "perigee.util.json"
local study = require "perigee.sweep".new { name = "v", params = { v = %s }, run = print }
for i = 1, study.definition.space.count do
  io.write(i > 1 and " " or "", json.encode(study.definition.space:at(i).v))
end]]):format(script)))
    local output, errors = shell("$P v.lua " .. argument)
    return output ~= "" and output or errors:gsub("\n$", ""):gsub("^v.lua: ", "")
  end

  it("take a comma in quotes, behind a backslash and in brackets, and the empty text", function()
    for argument, expected in pairs {
      [ [['v="a,b"']] ] = '"a,b"', [ [["v='a,b'"]] ] = '"a,b"', [ [['v=a\,b']] ] = '"a,b"',
      [ [['v="a,b",c']] ] = '"a,b" "c"', [ [['v="say \"hi\", you"']] ] = [["say \"hi\", you"]],
      ["v="] = '""', [ [['v=""']] ] = '""', [ [['v="",a']] ] = '"" "a"', ["v=it\\'s"] = [["it's"]],
      ["v=[relu,tanh]"] = '["relu","tanh"]', ["'v=[\"a,b\",c],[d]'"] = '["a,b","c"] ["d"]',
      ["'v=f(x,y),g'"] = '"f(x,y)" "g"', ["'v=f)x,y'"] = '"f)x" "y"', ["'v=f(x,y'"] = '"f(x" "y"',
      ["v=64"] = '"64"', ["v=true"] = '"true"', ["v=1:3"] = '"1:3"', ["'v=[128,64]'"] = "[128,64]",
      ["'v=C:\\dir'"] = '"C:\\\\dir"',
    } do
      assert.equal(expected, (values(argument, '{ "x" }')), argument)
    end
  end)

  it("take each of the kinds that the script has", function()
    for argument, expected in pairs {
      ["v=64"] = "64", ["v=false,64,words"] = 'false 64 "words"', ["'v=\"64\"'"] = '"64"',
      ["v=1:3"] = "1 2 3", ["v=true v=5"] = "5",
    } do
      assert.equal(expected, (values(argument, '{ false, 128, "x" }')), argument)
    end
    assert.equal("v=x: expected true or false or a number, or several with commas between them",
      (values("v=x", "{ false, 128 }")))
    assert.equal("[128,64] 32", (values("'v=[128,64],32'", "{ { 1, 2 } }")))
  end)

  it("count ranges up in the decimals that were typed", function()
    for argument, expected in pairs {
      ["v=1e-5:5e-5:1e-5"] = "1e-05 2e-05 3e-05 4e-05 5e-05",
      ["v=0.1:0.5:1e-1"] = "0.1 0.2 0.3 0.4 0.5", ["v=0:1:0.25"] = "0 0.25 0.5 0.75 1",
      ["v=1e3:3e3:1e3"] = "1000 2000 3000", ["v=3:1:-1"] = "3 2 1",
      ["v=1e-120:3e-120:1e-120"] = "1e-120 2e-120 3e-120", ["v=0x10:0x20:8"] = "16 24 32",
      ["v=-.3:.3:.3"] = "-0.3 0 0.3", ["v=5.:7."] = "5 6 7",
    } do
      assert.equal(expected, (values(argument, "{ 1 }")), argument)
    end
  end)

  it("are refused where they fit nowhere", function()
    for argument, expected in pairs {
      [ [['v="a']] ] = [[expected " at the end of "a]], ["v=a,,b"] = 'a text (an empty one is "")',
      [ [["v='a'b"]] ] = "expected a comma behind 'a'", ["'v=[a,,b]'"] = "expected a text",
    } do
      assert.matches(expected, values(argument, '{ "x" }'), 1, true)
    end
    assert.matches("expected a number", values("v=", "{ 1 }"))
    assert.matches("must be a number, a text", values("v=1e999", "{ 1 }"))
  end)

  it("of settings are checked as the script's are", function()
    write("", "settings = { n = 1 },")
    local _, errors, status = shell "$P s.lua n=1e999"
    assert.equal(1, status)
    assert.matches("settings.n must be a number, a text, true or false, or a list of these, not "
      .. "inf", errors, 1, true)
  end)
end)
