-- Studies on the ranks of mpirun, under each MPI for which `make mpi-builds` has made a build.

local pg = require "perigee"
local uv = require "luv"

local PROGRAM = uv.fs_realpath(os.getenv "PERIGEE" or "build/perigee") or "build/perigee"
local BUILD = PROGRAM:match "^(.*)/"

--- Each MPI: the folder of its build, its launcher, and the option for ranks that share cores.
local MPIS = {
  { folder = "openmpi", launcher = "mpirun.openmpi", option = " --oversubscribe" },
  { folder = "mpich", launcher = "mpirun.mpich", option = "" },
}

local folder

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/mpi-study-XXXXXX"))
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

local function contents(path)
  local file <close> = assert(io.open(folder .. "/" .. path, "rb"))
  return file:read "a"
end

--- Standard output, standard error and exit status of a command in the folder; $P is the program.
local function shell(mpi, command)
  local pipe = assert(io.popen(([[cd '%s' && export P='%s/%s/perigee' PERIGEE_THREADS=1
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    (%s) 2>errors </dev/null]]):format(folder, BUILD, mpi.folder, command)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  return output, contents "errors", status
end

--- Runs s.lua on so many ranks; 0: by itself.
local function run(mpi, ranks, arguments)
  local launcher = ranks == 0 and ""
    or ("timeout -s KILL 100 %s%s -n %d "):format(mpi.launcher, mpi.option, ranks)
  return shell(mpi, ("%s$P s.lua %s"):format(launcher, arguments or ""))
end

--- Writes s.lua: a study of trials k = 1 to 6, whose `run` has this body, and what follows it.
local function write(body, options, rest)
  assert(pg.write(folder .. "/s.lua", ([[
local pg, sweep, uv = require "perigee", require "perigee.sweep", require "luv"
local x = pg.random(1):randn(400, 20)
local y = pg.labels(x:dot(pg.random(2):randn(20, 4)))
local study = sweep.new { name = "s", params = { k = { 1, 2, 3, 4, 5, 6 } }, %s
  run = function(p, trial)
    %s
  end }
study:run()
for _, row in ipairs(study:table()) do io.write(row.k, "=", row.status, " ") end
%s
]]):format(options or "", body, rest or "")))
end

--- The body of a trial: a training, and what each of its steps does.
local function training(step)
  local body = [[
    local m = pg.Model(x, y, { hidden = 10, seed = p.k, comm = trial.comm })
    for i, loss in trial:steps(m, { iterations = 60, rate = 0.5 }) do
      if i % 20 == 0 then trial:report(i, { loss = loss }) end
      STEP
    end]]
  return (body:gsub("STEP", { STEP = step }))
end

--- The number of records of trials' ends in the journals below a folder.
local function count_records(path)
  local pipe <close> = assert(io.popen(("cat '%s/%s'/*.jsonl | grep -c '\"status\"'"):format(folder,
    path or "runs/s/journal")))
  return pipe:read "n"
end

--- The same spec under each MPI whose module is built.
local function each(what, f)
  for _, mpi in ipairs(MPIS) do
    it(("%s, under %s #mpi"):format(what, mpi.folder), function()
      local has_module = uv.fs_stat(("%s/%s/perigee_mpi.so"):format(BUILD, mpi.folder))
      if not has_module or not os.execute("command -v " .. mpi.launcher .. " >/dev/null") then
        return pending("needs " .. mpi.launcher .. ", and make mpi-builds")
      end
      f(mpi)
    end)
  end
end

describe("A study on several ranks", function()
  each("has the results of one process, and goes on behind run on all ranks", function(mpi)
    write(training "if i == 1 then print('trial', p.k) end", nil, [[
      local launch = require "perigee.mpi.launch"
      pg.write("rank-" .. launch.rank(), tostring(#study:table()))
      study:report "report.html"]])
    run(mpi, 0, "--runs alone")
    local output, errors, status = run(mpi, 3)
    assert.equal(0, status, errors)
    assert.equal(contents "alone/s/curves.csv", contents "runs/s/curves.csv")
    assert.equal(contents "alone/s/results.csv", contents "runs/s/results.csv")
    assert.equal(1, select(2, output:gsub("1=done 2=done 3=done 4=done 5=done 6=done ", "")))
    assert.equal(6, select(2, output:gsub("trial\t%d\n", "")))
    assert.equal(1, select(2, errors:gsub("s: complete: 6 of 6", "")))
    assert.equal("666", contents "rank-0" .. contents "rank-1" .. contents "rank-2")
    assert.equal(6, count_records())
    assert.matches("<html", contents "report.html", 1, true)
  end)

  each("shares trials among ranks by need", function(mpi)
    write("uv.sleep(p.k == 1 and 3000 or 10); return { pid = uv.os_getpid() }", nil, [[
      local rows = study:table()
      for i = 2, 6 do assert(rows[i].pid ~= rows[1].pid) end]])
    local _, errors, status = run(mpi, 2)
    assert.equal(0, status, errors)
  end)

  each("refuses what all ranks do together in a trial, which others do not run", function(mpi)
    write("return { sum = require('perigee.mpi').allreduce(p.k) }")
    local _, errors, status = run(mpi, 2)
    assert.equal(1, status)
    assert.matches("k 6 failed: s.lua:6: allreduce: a trial of a study has ranks of its own, "
      .. "trial.comm", errors, 1, true)
  end)

  each("may follow another, and fails where a trial has", function(mpi)
    write("if p.k == 5 then error 'five' end", nil, [[
      local other = sweep.new { name = "o", arguments = false, params = { k = { 1, 2, 3 } },
        run = function(p) return { y = 2 * p.k } end }
      assert(other:run())
      print(other:table()[3].y)]])
    local output, errors, status = run(mpi, 3)
    assert.equal("1=done 2=done 3=done 4=done 5=failed 6=done 6\n", output)
    assert.equal(1, select(2, errors:gsub("k 5 failed: s.lua:%d+: five", "")), errors)
    assert.equal(1, status)
    assert.equal("k,repeat,seed,y\n1,1,0,2\n2,1,0,4\n3,1,0,6\n", contents "runs/o/results.csv")
    local _, _, retried = run(mpi, 2, "--retry-failed")
    assert.equal(1, retried)
    assert.equal(7, count_records())
  end)

  each("ends all ranks alike, and says why once", function(mpi)
    write "if p.k == 1 then error 'one' end uv.sleep(50)"
    local output, errors, status = run(mpi, 3, "--jobs 2")
    assert.matches("^s.lua: %-%-jobs: mpirun of .- has started 3 processes already", errors)
    assert.equal(1, select(2, errors:gsub("%-%-jobs", "")))
    assert.equal("1", output .. status)
    output, errors, status = run(mpi, 3, "--dry-run")
    assert.equal(1, select(2, output:gsub("s: 6 trials, 6 to run", "")), errors)
    assert.equal(0, status)
    output, errors, status = run(mpi, 2, "--fail-fast")
    assert.equal("1", output .. status)
    assert.matches("s: stopped: %d of 6, 1 failed", errors)
    assert.equal(1, select(2, errors:gsub("k 1 failed", "")))
  end)

  each("tells an os.exit in a trial, and goes on later", function(mpi)
    write("if p.k == 4 then os.exit(0) end uv.sleep(20)")
    local output, errors, status = run(mpi, 3)
    assert.is_nil(output:find "=done")
    assert.matches("k 4 failed: it ended the process (os.exit)", errors, 1, true)
    assert.is_not.equal(0, status)
    output = run(mpi, 2)
    assert.equal("1=done 2=done 3=done 4=failed 5=done 6=done ", output)
    assert.equal(6, count_records())
  end)

  each("resumes what a killed rank leaves, on another number of ranks", function(mpi)
    write(training [[
      if p.k == 4 and i == 30 and not uv.fs_stat "was-killed" then
        pg.write("was-killed", "")
        uv.kill(uv.os_getpid(), "sigkill")
      end]], "checkpoint = 0,")
    local _, errors, status = run(mpi, 3)
    assert.is_not.equal(0, status, errors)
    local known = count_records()
    _, errors, status = run(mpi, 2)
    assert.equal(0, status, errors)
    assert.matches("k 4 goes on from iteration 2%d", errors)
    assert.is_true(known < 6)
    assert.equal(6, count_records())
    run(mpi, 0, "--runs alone")
    assert.equal(contents "alone/s/curves.csv", contents "runs/s/curves.csv")
  end)

  each("saves checkpoints of all ranks after a signal to one", function(mpi)
    write(training [[
      if i == 1 then pg.write("began-" .. p.k, "") end
      while not uv.fs_stat "began-1" or not uv.fs_stat "began-2" do uv.sleep(1) end
      if not uv.fs_stat "was-ended" then
        uv.sleep(20) -- so that both are in the midst of their trainings
        if p.k == 2 and i == 30 then uv.kill(uv.os_getpid(), "sigterm") end
      end]], "checkpoint = 1000, params = { k = { 1, 2 } },")
    local _, errors, status = run(mpi, 2)
    assert.matches("s: interrupted: 0 of 2; the same command goes on from here", errors, 1, true)
    assert.is_not.equal(0, status)
    pg.write(folder .. "/was-ended", "")
    _, errors, status = run(mpi, 3)
    assert.equal(0, status, errors)
    assert.matches("k 1 goes on from iteration %d+", errors)
    assert.matches("k 2 goes on from iteration [34]%d", errors)
  end)

  each("keeps the records of machines that share no folder", function(mpi)
    write("return { y = p.k }", nil, "assert(#study:table() == 6)")
    shell(mpi, "mkdir a b; cp s.lua a; cp s.lua b")
    for _, first in ipairs { "a", "b" } do
      local output, errors, status = shell(mpi, ("timeout 100 %s%s -n 1 -wdir '%s/%s' $P s.lua : "
        .. "-n 2 -wdir '%s/%s' $P s.lua"):format(mpi.launcher, mpi.option, folder, first, folder,
        first == "a" and "b" or "a"))
      assert.equal(0, status, errors)
      assert.equal("1=done 2=done 3=done 4=done 5=done 6=done ", output)
      assert.equal(6, count_records(first .. "/runs/s/journal"))
      assert.matches("^k,repeat,seed,y\n1,1,0,1\n", contents(first .. "/runs/s/results.csv"))
    end
  end)

  each("refuses ranks whose studies are not the same", function(mpi)
    write("return { y = 1 }", "settings = { pid = uv.os_getpid() },")
    local _, errors, status = run(mpi, 2)
    assert.equal(1, status)
    assert.matches("s: the processes' studies are not the same", errors, 1, true)
  end)
end)

describe("Groups of ranks", function()
  each("train a trial together, with the bits of one process", function(mpi)
    write(training "assert(not trial.comm or trial.comm.size == 2)",
      "ranks_per_trial = 2, metric = 'loss', prune = sweep.halving { first = 20 },")
    run(mpi, 0, "--runs alone")
    local output, errors, status = run(mpi, 5)
    assert.equal(0, status, errors)
    assert.matches("5 ranks are 2 groups of 2; the last one idles", errors, 1, true)
    assert.matches("pruned", output)
    assert.equal(contents "alone/s/curves.csv", contents "runs/s/curves.csv")
    assert.equal(contents "alone/s/results.csv", contents "runs/s/results.csv")
    output, errors, status = run(mpi, 2, "ranks_per_trial=3")
    assert.equal("", output)
    assert.equal(1, status)
    assert.matches("^s.lua: ranks_per_trial is 3, and there are 2 ranks", errors)
  end)

  each("restore the leader's checkpoint, and record a failure of any of them once", function(mpi)
    write(training [[
      if p.k == 2 and i == 30 and not uv.fs_stat "was-killed" then
        pg.write("was-killed", "")
        uv.kill(uv.os_getpid(), "sigkill")
      end]] .. "\nif p.k == 4 and trial.comm and trial.comm.rank == 1 then error 'four' end",
      "checkpoint = 0, ranks_per_trial = 2,")
    local output, errors, status = run(mpi, 4)
    assert.is_not.equal(0, status, errors .. output)
    output, errors, status = run(mpi, 2)
    assert.equal(1, status)
    assert.equal("1=done 2=done 3=done 4=failed 5=done 6=done ", output, errors)
    assert.matches("k 2 goes on from iteration [23]%d", errors)
    assert.matches("rank 1 of its group: s.lua:%d+: four", contents("runs/s/journal/"
      .. select(1, shell(mpi, "cd runs/s/journal && grep -l four *"):match "[^\n]*")))
    assert.equal(6, count_records())
  end)
end)

describe("Ranks", function()
  each("print once, unless the script knows of them, and name themselves in errors", function(mpi)
    pg.write(folder .. "/s.lua", [[
      local pg = require "perigee"
      print "one"
      os.execute "echo two"
      local mpi = require "perigee.mpi"
      print("rank", mpi.rank)
      mpi.barrier()
      if mpi.rank == 1 then error "this one" end]])
    local output, errors, status = run(mpi, 3)
    assert.equal(1, status)
    for _, text in ipairs { "one\n", "two\n", "rank\t0\n", "rank\t1\n", "rank\t2\n" } do
      assert.equal(1, select(2, output:gsub(text, "")), text .. output)
    end
    assert.matches("perigee: rank 1: s.lua:7: this one\nstack traceback:", errors, 1, true)
  end)

  each("need the module", function(mpi)
    write "return { y = 1 }"
    shell(mpi, ("mkdir bin && ln -s %s/../lua lua && cp %s/perigee %s/perigee.so bin"):format(BUILD,
      BUILD, BUILD))
    local _, errors, status = shell(mpi, ("unset LUA_CPATH; timeout 100 %s%s -n 3 bin/perigee "
      .. "s.lua"):format(mpi.launcher, mpi.option))
    assert.equal(1, status)
    assert.equal(1, select(2, errors:gsub("has started 3 processes, which need the module "
      .. "perigee_mpi", "")), errors)
    assert.is_nil(uv.fs_stat(folder .. "/runs"))
  end)
end)
