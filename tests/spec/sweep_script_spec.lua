-- Scripts that make a study, as they are started: their command line, exit status, and processes.

local pg = require "perigee"
local terminal = require "tests.terminal"
local uv = require "luv"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

local SCRIPT = [[
print "before"
local pg = require "perigee"
local sweep = require "perigee.sweep"
local x, y = pg.random(1):rand(50, 4), pg.range(0, 49) % 2
local study = sweep.new {
  name = "s", description = "What it is about.",
  params = { b = { "x", "y" }, a = { 1, 2, 3 } }, settings = { n = 20, fail = "", layers = { 4 } },
  run = function(p, trial)
    local m = pg.Model(x, y, { hidden = p.layers, seed = trial.seed })
    for i, loss in trial:steps(m, { iterations = p.n }) do
      if i % 10 == 0 then
        trial:report(i, { loss = loss })
      end
    end
    print("ran", p.a .. p.b)
    if p.fail == p.a .. p.b then
      error "as asked"
    end
  end,
}
study:run()
print("after", #study:table())
]]

local folder

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/script-XXXXXX"))
  assert(pg.write(folder .. "/s.lua", SCRIPT))
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

--- Standard output, standard error and exit status of a command in the folder; $P is the program.
local function shell(command)
  local pipe = assert(io.popen(("root=$PWD; cd '%s' && export P='%s'; case $P in /*) ;; *) "
    .. "P=$root/$P ;; esac; (%s) 2>errors"):format(folder, PROGRAM, command)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  local file <close> = assert(io.open(folder .. "/errors"))
  return output, file:read "a", status
end

local function run(arguments)
  local output, errors, status = shell("$P s.lua " .. (arguments or ""))
  return output, errors, status
end

--- As `shell` of the program, which gets Ctrl-C's signal when a trial has made the file "trial".
local function interrupted(arguments)
  return shell("rm -f trial; sh -c '(until [ -e trial ] || ! kill -0 $$; do sleep 0.01; done; "
    .. "kill -INT $$) & exec $P " .. arguments .. "'")
end

-- Waits a minute for the end of the processes whose folder this is, but for shells, and lists them.
local LEFT = [[
left() { for p in /proc/[0-9]*; do
  [ "$(readlink $p/cwd)" = "$PWD" ] && [ "$(cat $p/comm)" = perigee ] && tr '\0' ' ' <$p/cmdline
done; }
for i in $(seq 600); do [ -n "$(left)" ] || exit 0; sleep 0.1; done
left]]

local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
  return file:read "a"
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

describe("a script with a study", function()
  it("runs it, shows how far it is, and goes on", function()
    local output, errors, status = run()
    assert.equal(0, status)
    assert.matches("^before\nran\t1x\nran\t1y\nran\t2x\n.*ran\t3y\nafter\t6\n$", output)
    assert.matches("1/6  a 1, b x: loss 0.%d+, 0.%d s\n", errors)
    assert.matches("perigee: s: complete: 6 of 6, best loss ", errors)
    output, errors = run()
    assert.equal("before\nafter\t6\n", output)
    assert.matches("complete: 6 of 6", errors)
    assert.not_matches("/6  ", errors)
  end)

  it("takes values on its command line", function()
    for arguments, rows in pairs {
      ["a=2"] = "2,x 2,y",
      ["a=1:2 b=z"] = "1,z 2,z",
      ["a=0.1:0.3:0.1 b=x"] = "0.1,x 0.2,x 0.3,x",
      ["a=3:1:-1 b=x"] = "3,x 2,x 1,x",
      ["a=1e1,0x10 b=x"] = "10,x 16,x",
      ["b=x 'a=integer(5,5)' draws=1"] = "5,x",
    } do
      local output, errors, status = run("--fresh --quiet " .. arguments)
      assert.equal(0, status, output .. errors)
      local found = {}
      for row in read("runs/s/results.csv"):gmatch "\n([^,]+,[^,]+)" do
        found[#found + 1] = row
      end
      assert.equal(rows, table.concat(found, " "))
      assert.not_matches("/%d  ", errors)
    end
    run "--fresh a=1 b=x n=10,20 'layers=[4,3],2'"
    assert.matches('a,b,layers,n,repeat,seed,loss\n1,x,"%[4,3%]",10,.*\n1,x,2,20,', read
      "runs/s/results.csv")
    run "--runs other repeats=2 seed=5 a=1 b=x"
    assert.matches("\n1,x,1,5,0.%d+\n1,x,2,6,", read "other/s/results.csv")
  end)

  it("refuses others, and says what there is", function()
    for arguments, message in pairs {
      ["m=1"] = "unknown name 'm'; there are a, b, checkpoint, draws, fail, layers, n, ranks_per_",
      ["repeat=1"] = "did you mean 'repeats'",
      ["data=mnist"] = "unknown name 'data'",
      ["a"] = "'a' is not of the form name=values",
      ["a=x"] = "a=x: expected a number, or several",
      ["a=1,,2"] = "expected a number",
      ["a=1:2:0"] = "expected first:last:step, which comes to its end",
      ["a=1:2:3:4"] = "expected first:last:step",
      ["a=1:1e9"] = "expected first:last:step",
      ["'a=unifrom(0,1)'"] = "expected uniform(a,b), log_uniform(a,b) or integer(a,b)",
      ["'a=uniform(0)'"] = "expected uniform(a,b)",
      ["b=x,,y"] = "expected a text (an empty one is",
      ["'b=\"x'"] = "expected \" at the end",
      ["'b=\"x\"y'"] = "expected a comma behind",
      ["layers=[4,"] = "a list in brackets",
      ["'a=uniform(2,1)'"] = "uniform: two finite numbers",
      ["'a=uniform(1,2)'"] = "draws = n says how often",
      ["repeats=x"] = "repeats=x: expected a number",
      ["repeats=0"] = "repeats must be an integer",
      ["seed=-1"] = "seed must be an integer",
      ["--shard 0/2"] = "--shard 0/2: expected i/n",
      ["--shard 2"] = "--shard 2: expected i/n",
      ["--jobs 0"] = "--jobs 0: expected a number of processes",
      ["--shard 1/2 --fresh"] = "the other parts would lose",
      ["--nothing"] = "unknown option '--nothing'",
    } do
      local output, errors, status = run(arguments)
      assert.equal(1, status, arguments)
      assert.truthy(errors:find(message, 1, true), errors)
      assert.equal("before\n", output)
      assert.not_matches("traceback", errors)
    end
    assert.is_nil(uv.fs_stat(folder .. "/runs"))
  end)

  it("helps", function()
    local output, _, status = run "--help"
    assert.equal(0, status)
    for _, text in ipairs {
      "What it is about.", "--dry-run", "a=1,2,3", "b=x,y", "layers=4", "n=20", "--shard I/N",
      "s.lua [-h]",
    } do
      assert.truthy(output:find(text, 1, true), text)
    end
  end)

  it("lists what it would run, and how long that may take", function()
    local output, _, status = run "--dry-run a=1,2"
    assert.equal(0, status)
    assert.matches("     1  a 1, b x, seed 0\n.*s: 4 trials, 4 to run\nabout 0.%d s %(", output)
    assert.not_matches("after", output)
    assert.is_nil(uv.fs_stat(folder .. "/runs"))
    run "a=1"
    output = run "--dry-run"
    assert.not_matches("a 1,", output)
    assert.matches("6 trials, 4 to run\nabout .* %(as long as the 2 that are done took%)", output)
  end)

  it("ends with status 1 after failures, but goes on", function()
    local output, errors, status, _ = run "fail=2x"
    assert.equal(1, status)
    assert.matches("after\t6\n$", output)
    assert.matches("a 2, b x failed: s.lua:%d+: as asked\n", errors)
    assert.matches("complete: 6 of 6, 1 failed", errors)
    output, errors, status = run "fail=2x --fresh --fail-fast"
    assert.equal(1, status)
    assert.not_matches("after", output)
    assert.matches("stopped: 3 of 6, 1 failed", errors)
    _, errors, status = run "fail=1x --runs parts --shard 1/2 --fail-fast"
    assert.equal(1, status)
    assert.matches("part 1/2, stopped: 1 of 6, 1 failed", errors)
    _, errors, status = run "fail=2x --quiet"
    assert.equal(1, status)
    assert.matches("a 2, b x failed before: s.lua:%d+: as asked\n.*%-%-retry%-failed", errors)
    output = run "fail=2x --retry-failed"
    assert.equal(1, count(output, "ran"))
  end)

  it("ends with status 0 where it puts failures right by itself", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub('if p.fail == p.a .. p.b then',
      'if p.a == 2 and not MENDED then'):gsub("study:run%(%)\n", "study:run()\n"
      .. "MENDED = true\nstudy:run { retry_failed = true }\n"))))
    local output, errors, status = run()
    assert.matches("complete: 6 of 6, 2 failed", errors)
    assert.matches("after\t6", output)
    assert.equal(0, status)
  end)

  it("is the same in several processes", function()
    run()
    local results, curves = read "runs/s/results.csv", read "runs/s/curves.csv"
    local output, errors, status = run "--fresh --jobs 3"
    assert.equal(0, status)
    assert.equal(results, read "runs/s/results.csv")
    assert.equal(curves, read "runs/s/curves.csv")
    assert.equal(1, count(output, "before"))
    assert.equal(6, count(output, "ran"))
    assert.matches("after\t6\n$", output)
    assert.matches("complete: 6 of 6", errors)
    output, errors, status = run "--fresh --jobs 2 fail=1y"
    assert.equal(1, status)
    assert.matches("after\t6\n$", output)
    assert.matches("a 1, b y failed: s.lua:%d+: as asked", errors)
  end)

  it("is the same in parts, after which the script goes on without", function()
    run()
    local results, curves = read "runs/s/results.csv", read "runs/s/curves.csv"
    os.execute(("rm -r '%s/runs'"):format(folder))
    for part = 3, 1, -1 do
      local output, errors, status = run(("--shard %d/3"):format(part))
      assert.equal(0, status)
      assert.equal(2, count(output, "ran"))
      assert.equal(0, count(output, "after"))
      assert.matches(part == 1 and "complete: 6 of 6" or "done, and others are not", errors)
    end
    assert.equal(results, read "runs/s/results.csv")
    assert.equal(curves, read "runs/s/curves.csv")
    assert.equal("before\nafter\t6\n", (run()))
  end)

  it("is run in parts by GNU parallel, and by xargs", function()
    run()
    local results = read "runs/s/results.csv"
    for name, line in pairs {
      parallel = "parallel --halt soon,fail=1 $P s.lua --quiet --shard {}/3 ::: 1 2 3",
      xargs = "seq 3 | xargs -P 2 -I{} $P s.lua --quiet --shard {}/3",
    } do
      if os.execute("command -v " .. name .. " >/dev/null") then
        os.execute(("rm -r '%s/runs'"):format(folder))
        local output, errors, status = shell(line)
        assert.equal(0, status, errors)
        assert.equal(6, count(output, "ran"))
        assert.equal(results, read "runs/s/results.csv")
      end
    end
  end)

  it("may change its folder in a trial", function()
    local text = SCRIPT:gsub('print%("ran"', 'require("luv").chdir "/"\n%0')
    assert(pg.write(folder .. "/s.lua", text))
    for _, arguments in ipairs { "", "--fresh --jobs 2" } do
      local output, errors, status = run(arguments .. " checkpoint=0")
      assert.equal(0, status, errors)
      assert.matches("after\t6", output)
      assert.is_truthy(uv.fs_stat(folder .. "/runs/s/results.csv"))
    end
  end)

  it("is run by a stock lua5.4, in several processes, too #stock", function()
    local output, errors, status = shell "lua5.4 s.lua --jobs 2"
    assert.equal(0, status, errors)
    assert.equal(6, count(output, "ran"))
    assert.matches("complete: 6 of 6", errors)
  end)

  it("is run from standard input, but by one process only", function()
    assert.matches("after\t2", (shell "$P - a=1 <s.lua"))
    local _, errors, status = shell "$P - --jobs 2 <s.lua"
    assert.equal(1, status)
    assert.matches("each process runs the script from its beginning", errors)
  end)

  it("ends when its processes do not come as far as the study", function()
    assert(pg.write(folder .. "/s.lua", 'if os.getenv "PERIGEE_SWEEP_WORKER" then error "no way" '
      .. "end\n" .. SCRIPT))
    local _, errors, status = run "--jobs 2"
    assert.equal(1, status)
    assert.matches("before study:run %(status 1%): .*no way", errors)
  end)

  it("shows lines in a terminal, of trials that print nothing, too", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub('print%("ran"[^\n]*', ""))))
    for _, jobs in ipairs { 1, 2 } do
      local output, _, status = shell(("TERM=xterm script -qec '$P s.lua --fresh --jobs %d' "
        .. "/dev/null </dev/null"):format(jobs))
      assert.equal(0, status)
      assert.matches("s: +%d+%%|.*|.*/6 ", output)
      assert.matches("s: complete: 6 of 6", output)
    end
  end)

  it("keeps to one line for each trial, whatever the values are", function()
    local values = ("params = { b = { %q, %q, %q }, a = { 1 } }"):format("two\nlines\t\27[2J",
      "caf\xe9 \x9b \u{9b}", "日本語")
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub("params = %b{}", (values:gsub("%%", "%%%%")))
      :gsub('print%("ran"[^\n]*', "require('luv').sleep(110)"))))
    local _, errors, status = run()
    assert.equal(0, status, errors)
    assert.matches("1/3  a 1, b two lines %?%[2J: loss", errors)
    assert.matches("2/3  a 1, b caf%? %? %?: loss", errors)
    assert.not_matches("[\27\x9b\xe9]", (errors:gsub("日本語", "")))
    for width = 20, 80, 60 do
      local t <close> = terminal.open { width = width, command = ("cd '%s'; %s s.lua --fresh; cat")
        :format(folder, uv.fs_realpath(PROGRAM) or PROGRAM) }
      t:expect "after"
      local screen = t:screen { history = true }
      assert.not_matches("0%%|", screen) -- no line is left that the terminal has broken
      assert.matches("3 of 3", (screen:gsub("\n", "")))
    end
  end)

  it("shows what its journal says without what a terminal would obey", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub('error "as asked"', 'error("MESSAGE", 0)'))))
    run "fail=2y"
    shell [[sed -i \
      's/MESSAGE/\\u001b]0;title\\u0007\\u001b[2J\\u009b2J\\nX/' runs/s/journal/*.jsonl]]
    local output, errors = run "fail=2y"
    assert.matches("failed before: %?%]0;title%?%?%[2J%?2J X\n", errors)
    assert.not_matches("[\0-\8\11-\31\x9b]", output .. errors)
  end)

  it("shows nothing in --help that a terminal would obey", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub("What it is about%.",
      "About\\27]0;t\\7\\u{9b}.\\nAnd more."):gsub('fail = ""', 'fail = "\\27[2J"'))))
    local output, errors = shell "cp s.lua 'a\027b.lua'; $P a*.lua --help"
    assert.matches("About%?%]0;t%?%?%.\nAnd more%.", output)
    assert.matches([[fail="%?%[2J"]], output)
    assert.not_matches("[\0-\8\11-\31\127]", output .. errors)
  end)

  it("ends when its processes' studies are others than its own", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub("pg.random%(1%):", "pg."))))
    local output, errors, status = run "--jobs 2"
    assert.equal(1, status)
    assert.matches("perigee: s: the processes' studies are not the same", errors)
    assert.equal(0, count(output, "ran"))
  end)

  it("keeps standard input to itself, and waits for no program that a trial leaves", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub('print%("ran"', 'assert(io.read "a" == "")\n'
      .. 'assert(not os.getenv "PERIGEE_SWEEP_WORKER")\n'
      .. 'os.execute "sleep 600 & echo $! >>left"\n%0'))))
    local _, errors, status = shell("mkfifo in; sleep 600 >in & echo $! >left; "
      .. "$P s.lua --jobs 2 <in")
    assert.equal(0, status, errors)
    assert.matches("complete: 6 of 6, best", errors)
    for pid in read("left"):gmatch "%d+" do
      assert.equal(0, uv.kill(tonumber(pid), "sigkill"), "it was waited for")
    end
  end)

  it("goes on when one of its processes dies at a trial, and fails it after the third", function()
    assert(pg.write(folder .. "/s.lua", (SCRIPT:gsub('print%("ran"', 'if p.fail == p.a .. p.b then '
      .. 'require("luv").kill(require("luv").os_getpid(), "sigkill") end\n%0'))))
    local output, errors, status = run "--jobs 2 fail=2y"
    assert.equal(1, status)
    assert.equal(5, count(output, "ran"))
    assert.matches("a 2, b y failed: its process was ended by signal 9", errors)
    assert.matches("after\t6\n$", output)
  end)

  it("is stopped by Ctrl-C, and goes on later", function()
    local text = SCRIPT:gsub("n = 20", "n = 4000000"):gsub("local m =",
      "io.open('trial', 'w'):close()\n%0")
    assert(pg.write(folder .. "/s.lua", text))
    for _, jobs in ipairs { 1, 2 } do
      local _, errors, status = interrupted("s.lua a=1 --jobs " .. jobs)
      assert.equal(130, status)
      assert.matches("s: interrupted: 0 of 2; the same command goes on from here\n$", errors)
      assert.not_matches("traceback", errors)
    end
    assert(pg.write(folder .. "/r.lua", (text:gsub("local m =", "while true do end\n%0"))))
    local _, errors, status = interrupted "r.lua --dry-run"
    assert.equal(130, status)
    assert.matches("^perigee: s: interrupted: 0 of 6; [^\n]*\n$", errors)
    assert.equal("", (shell(LEFT)))
    run "a=1 n=20"
    assert.equal(2, count(read "runs/s/results.csv", "\n1,"))
  end)
end)
