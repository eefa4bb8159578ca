-- perigee.mpi under mpirun: the bits of trainings, what ranks exchange, errors, and ends. Each MPI
-- for which build/ has a copy of the program is tried (`make mpi-specs`).

local pg = require "perigee"
local uv = require "luv"

local BUILD = (os.getenv "PERIGEE" or "build/perigee"):match "^(.*)/" or "build"
local RANKS = { 1, 2, 3, 4, 8 }

local folder

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/mpi-XXXXXX"))
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

--- The MPIs that are there: the command of mpirun, without the number of ranks, and the program.
local mpis = {}
for _, mpi in ipairs { { name = "openmpi", options = "--oversubscribe --allow-run-as-root" },
  { name = "mpich", options = "" } } do
  local program = uv.fs_realpath(("%s/%s/perigee"):format(BUILD, mpi.name))
  if program and uv.fs_stat(program .. "_mpi.so") then
    mpis[#mpis + 1] = {
      name = mpi.name, program = program, mpirun = ("mpirun.%s %s"):format(mpi.name, mpi.options),
    }
  end
end

--- Standard output, standard error and exit status of a shell command; it may not hang.
local function shell(command)
  local pipe = assert(io.popen(("(timeout 120 %s) 2>'%s/errors' </dev/null"):format(command,
    folder)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  local file <close> = assert(io.open(folder .. "/errors"))
  return output, file:read "a", status
end

--- Runs a program of ranks.
local function run(mpi, ranks, arguments, variables)
  return shell(("env %s %s -n %d %s %s"):format(variables or "", mpi.mpirun, ranks, mpi.program,
    arguments))
end

--- Runs a script of ranks, given as text.
local function script(mpi, ranks, text, arguments)
  assert(pg.write(folder .. "/s.lua", text))
  return run(mpi, ranks, ("%s/s.lua %s"):format(folder, arguments or ""))
end

--- The lines "name text" of the child as a table; fails where the job did.
local function results(output, errors, status)
  assert.equal(0, status, errors)
  local sums = {}
  for name, text in output:gmatch "([^\t\n]+)\t([^\n]+)\n" do
    sums[name] = text
  end
  return sums
end

--- The number of times that a text has another.
local function count(text, part)
  return select(2, text:gsub(part:gsub("%p", "%%%0"), ""))
end

--- The same spec for each MPI.
local function with_each(what, f)
  for _, mpi in ipairs(mpis) do
    it(("%s, under %s #mpi"):format(what, mpi.name), function() f(mpi) end)
  end
end

describe("a training by ranks", function()
  local alone
  local function sums_alone()
    alone = alone or results(shell(("%s tests/mpi_child.lua alone"):format(BUILD .. "/perigee")))
    return alone
  end

  with_each("has the bits of one process, for any number of ranks and threads", function(mpi)
    for _, ranks in ipairs(RANKS) do
      local threads = ("PERIGEE_THREADS=%d"):format(ranks % 2 + 1)
      assert.same(sums_alone(), results(run(mpi, ranks, "tests/mpi_child.lua all", threads)))
    end
  end)

  with_each("on local rows has them, too, and in batches the same each time", function(mpi)
    for _, ranks in ipairs(RANKS) do
      local sums = results(run(mpi, ranks, "tests/mpi_child.lua local"))
      for name, sum in pairs(sums_alone()) do
        local is_batch = name:find "batch"
        assert.equal(ranks == 1 or not is_batch, sum == sums[name], name)
      end
      if ranks == 3 then
        assert.same(sums, results(run(mpi, ranks, "tests/mpi_child.lua local",
          "PERIGEE_THREADS=1")))
      end
    end
  end)

  with_each("of a model with a forward function is equal but for rounding", function(mpi)
    local one = results(run(mpi, 1, "tests/mpi_child.lua own"))
    for _, ranks in ipairs { 2, 3, 8 } do
      local sums = results(run(mpi, ranks, "tests/mpi_child.lua own"))
      for name, text in pairs(one) do
        local a, b = text:match "(%S+) (%S+)"
        local c, d = sums[name]:match "(%S+) (%S+)"
        assert.near(tonumber(a), tonumber(c), 1e-10)
        assert.near(tonumber(b), tonumber(d), 1e-9)
      end
      assert.same(sums, results(run(mpi, ranks, "tests/mpi_child.lua own")))
    end
  end)

  with_each("is another one on each rank, if they do not exchange", function(mpi)
    local sums = results(run(mpi, 2, "tests/mpi_child.lua apart"))
    local first, second = sums.apart:match "(%S+) (%S+)"
    assert.not_equal(first, second)
    assert.not_equal(sums_alone().sgd, first)
  end)
end)

describe("what ranks exchange", function()
  with_each("is plain values and arrays", function(mpi)
    local output, errors, status = script(mpi, 3, [[
local pg, mpi = require "perigee", require "perigee.mpi"
local rank = mpi.rank
local c = pg.array({ { 1, 2 }, { 3, 4 } }, "uint8").T
local nested = { 1.5, { b = "x\0y", c = c }, [true] = 2^63 }
local got = mpi.bcast(rank == 1 and nested or nil, 1)
assert(got[1] == 1.5 and got[2].b == "x\0y" and got[true] == 2^63)
assert(got[2].c.dtype == "uint8" and got[2].c:eq(pg.array { { 1, 3 }, { 2, 4 } }):all())
assert(mpi.bcast(nil) == nil and mpi.bcast(false) == false and math.type(mpi.bcast(7)) == "integer")
assert(mpi.bcast(pg.zeros(0, 3)).shape[2] == 3)
assert(mpi.allreduce(rank + 1) == 6 and mpi.allreduce(rank, "max") == 2)
assert(mpi.allreduce(0.5, "mean") == 0.5)
assert(mpi.allreduce(pg.full({ 2, 5 }, rank), "min"):eq(0):all())
assert(mpi.allreduce(pg.array({ 200 }, "uint8")):item() == 600)
assert(mpi.allreduce(pg.zeros(0)).size == 0)
assert(mpi.allreduce((1 << 60) + rank, "max") == (1 << 60) + 2)
assert(math.type(mpi.allreduce(rank == 1 and 0.5 or 1)) == "float")
local column = pg.array({ { 1, 2 }, { 3, 4 } })[{ {}, 2 }]
assert(mpi.bcast(column)[2] == 4 and mpi.allreduce(column)[2] == 12)
assert(mpi.scatter(rank == 0 and { column, column, column } or nil)[2] == 4)
local all = mpi.gather({ rank, pg.full({ rank }, rank) }, 2)
assert((all == nil) == (rank ~= 2))
for i, each in ipairs(all or {}) do
  assert(each[1] == i - 1 and #each[2] == i - 1 and each[2]:eq(i - 1):all())
end
local mine = mpi.scatter(rank == 0 and { "a", pg.range(1, 3), { 5 } } or nil)
assert(rank == 0 and mine == "a" or rank == 1 and mine:sum() == 6 or rank == 2 and mine[1] == 5)
assert(#mpi.scatter(pg.range(1, 7), 1) == (rank == 2 and 3 or 2))
local first = mpi.gather(mpi.rows(60000))
if first then
  for i, rows in ipairs(first) do
    assert(rows[1] == (i == 1 and 1 or first[i - 1][2] + 1))
  end
  assert(first[3][2] == 60000)
end
local one = mpi.world:bcast(mpi.rank)
mpi.barrier()
print(mpi, mpi.world, one)
]])
    assert.equal(0, status, errors)
    assert.equal(3, select(2, output:gsub("perigee.mpi: rank %d of 3", "")))
  end)

  with_each("raises on all ranks where one cannot do it, and goes on", function(mpi)
    local output, errors, status = script(mpi, 3, [[
local pg, mpi = require "perigee", require "perigee.mpi"
local function message(f, ...)
  local worked, text = pcall(f, ...)
  assert(not worked)
  return text
end
print(message(mpi.bcast, mpi.rank == 1 and print or 1, 1))
print(message(mpi.bcast, 1, 3))
print(message(mpi.bcast, 1, mpi.rank == 0 and 0 or 1))
print(message(mpi.allreduce, pg.zeros(mpi.rank + 1)))
print(message(mpi.allreduce, mpi.rank == 2 and "x" or 1))
print(message(mpi.allreduce, 1, mpi.rank == 2 and "max" or "sum"))
print(message(mpi.allreduce, mpi.rank == 0 and 1 or pg.ones(2)))
print(message(mpi.scatter, { 1, 2 }))
if mpi.rank == 0 then print(message(mpi.barrier)) else print(message(mpi.gather, 1)) end
print(message(function() return mpi.sise end))
mpi.barrier()
print "the end"
]])
    assert.equal(0, status, errors)
    for _, text in ipairs {
      "rank 1: arrays, numbers, strings", "root must be a rank, 0 to 2, not 3",
      "rank 1 has the root 1, and rank 0 the root 0",
      "rank 1 has an array of float64 (2,), and rank 0 has an array of float64 (1,)",
      "rank 1 has an array of float64 (2,), and rank 0 has a number",
      "rank 2: an array or a number is needed", "rank 2 has the op max, and rank 0 has sum",
      "needs a list of a value for each of 3 ranks", "rank 0 is in barrier, rank 1 in gather",
      "perigee.mpi has no 'sise'", "the end",
    } do
      assert.is_true(count(output, text) >= 2, text .. "\n" .. output)
    end
  end)
end)

describe("a job", function()
  with_each("ends with the error of a rank, its traceback and its number", function(mpi)
    local _, errors, status = script(mpi, 3, [[
local mpi = require "perigee.mpi"
if mpi.rank == 2 then error "oh no" end
mpi.barrier()
]])
    assert.not_equal(0, status)
    assert.matches("perigee: rank 2: [^\n]*s.lua:2: oh no\nstack traceback:", errors)
  end)

  with_each("ends where a rank comes to its end while another waits for it", function(mpi)
    for _, what in ipairs { "mpi.barrier()", "mpi.allreduce(1)",
      "m:fit { iterations = 100 }" } do
      local _, errors, status = script(mpi, 2, [[
local pg, mpi = require "perigee", require "perigee.mpi"
local m = pg.Model(pg.ones(300, 4), pg.zeros(300):astype "int64", { comm = mpi.world, classes = 2 })
if mpi.rank == 1 then os.exit(0) end
]] .. what)
      assert.not_equal(0, status, what)
      assert.matches("rank 0: [^\n]*rank 1 has come to the end of its script, and rank 0 waits for "
        .. "it", errors)
    end
  end)

  with_each("ends with a rank that is killed", function(mpi)
    local _, _, status = script(mpi, 3, [[
local pg, mpi, uv = require "perigee", require "perigee.mpi", require "luv"
local m = pg.Model(pg.ones(300, 4), pg.zeros(300):astype "int64", { comm = mpi.world, classes = 2 })
for i in m:steps { iterations = 1e9 } do
  if i == 20 and mpi.rank == 1 then uv.kill(uv.os_getpid(), "sigkill") end
end
]])
    assert.not_equal(0, status)
  end)

  with_each("needs the module of its own mpirun", function(mpi)
    for _, other in ipairs(mpis) do
      if other ~= mpi then
        local output, errors, status = shell(("%s -n 2 %s tests/mpi_child.lua all"):format(
          other.mpirun, mpi.program))
        assert.not_equal(0, status)
        assert.equal("", output)
        assert.matches("perigee: mpirun of [^\n]* has started 2 processes, but the module "
          .. "perigee_mpi was built with ", errors)
      end
    end
  end)

  with_each("needs the module", function(mpi)
    assert(uv.fs_copyfile(mpi.program, folder .. "/perigee"))
    assert(os.execute(("mkdir -p '%s/bin' && cp '%s' '%s.so' '%s/bin' && ln -s '%s/lua' "
      .. "'%s/lua'"):format(folder, mpi.program, mpi.program, folder, uv.cwd(), folder)))
    assert(pg.write(folder .. "/s.lua", "require 'perigee' print 'a copy'"))
    local output, errors, status = shell(("env -u LUA_CPATH -u LUA_PATH %s -n 2 %s/bin/perigee "
      .. "%s/s.lua"):format(mpi.mpirun, folder, folder))
    assert.not_equal(0, status)
    assert.equal("", output)
    assert.equal(1, select(2, errors:gsub("perigee: mpirun of [^\n]* has started 2 processes, "
      .. "which need the module perigee_mpi to work together: `make mpi` builds it", "")))
  end)

  with_each("needs a script, also on a terminal", function(mpi)
    local command = ("%s -n 2 %s"):format(mpi.mpirun, mpi.program)
    for _, line in ipairs {
      command, "echo 'print(1)' | " .. command, command .. " -i tests/mpi_child.lua",
      ("script -qec '%s' /dev/null >&2"):format(command),
    } do
      local output, errors, status = shell(line)
      assert.not_equal(0, status)
      assert.equal("", output)
      assert.equal(1, count(errors, "has started 2 processes, which need a script"), errors)
    end
    local output = shell(("echo 'print(1)' | %s -n 1 %s"):format(mpi.mpirun, mpi.program))
    assert.equal("1\n", output)
    output = shell(command .. " -e 'print(2)'")
    assert.equal("2\n2\n", output)
  end)

  with_each("can be one of a stock Lua", function(mpi)
    assert(pg.write(folder .. "/s.lua", "local mpi = require 'perigee.mpi' print(mpi.size)"))
    local output, errors, status = shell(("env LUA_CPATH='%s/?.so;;' LUA_PATH='%s/lua/?.lua;"
      .. "%s/lua/?/init.lua;;' %s -n 2 lua5.4 %s/s.lua"):format(mpi.program:match "^(.*)/",
      uv.cwd(), uv.cwd(), mpi.mpirun, folder))
    assert.equal(0, status, errors)
    assert.equal("2\n2\n", output)
  end)
end)

describe("an example", function()
  with_each("gives what it says", function(mpi)
    local output, errors, status = script(mpi, 1, [[
require "perigee.mpi"
local entries, examples = require "perigee.help.entries", dofile "tests/examples.lua"
for _, entry in ipairs(entries.entries()) do
  if examples.needs_mpi(entry.class) then
    local name = entries.name(entry)
    print(examples.problem(name, entry) or name)
  end
end
]])
    assert.equal(0, status, errors)
    assert.equal("mpi.rows mpi.barrier mpi.bcast mpi.allreduce mpi.gather mpi.scatter "
      .. "comm:barrier comm:bcast comm:allreduce comm:gather comm:scatter ",
      (output:gsub("\n", " ")))
  end)
end)

describe("the prompt's help", function()
  with_each("and completion know the module", function(mpi)
    local output, errors, status = script(mpi, 1, [[
local pg, mpi = require "perigee", require "perigee.mpi"
local completion = require "perigee.repl.complete.completion"
pg.help(mpi)
pg.help(mpi.world)
pg.help(mpi.bcast)
pg.help(mpi.world.bcast)
local visible = { globals = { mpi = mpi, require = require }, locals = {}, modules = {} }
for _, text in ipairs { "mpi.", "mpi.world:", "mpi.allreduce(1, 'm", "require 'perigee" } do
  local found = completion.complete(text, visible)
  print(text .. " " .. table.concat(found and found.candidates or {}, " ") .. ".")
end
print(pcall(mpi.bcast, 1, 2, 3))
print(pcall(function() mpi:bcast(1) end))
print(pcall(function() mpi.world.gather(1) end))
print(pcall(function() return pg.mpi end))
]])
    assert.equal(0, status, errors)
    output = output:gsub("\27%[%d*m", "") -- Open MPI's ranks write to a terminal
    for _, text in ipairs {
      "the module for several ranks", "  mpi.scatter(value, root)", "a communicator: rank 0 of 1",
      "  comm:scatter(value, root)", "\nmpi.bcast(value, root)\n", "\ncomm:bcast(value, root)\n",
      "mpi. allreduce barrier bcast gather library rank rows scatter size world.",
      "mpi.world: allreduce barrier bcast gather scatter.", "mpi.allreduce(1, 'm max mean min.",
      "require 'perigee perigee perigee.mpi perigee.sweep.", "bad argument #3 to 'bcast'",
      "bcast is a function: call it with a dot, not a colon",
      "gather is a communicator's method: comm:gather(...), with a colon", 'require "perigee.mpi"',
    } do
      assert.equal(1, count(output, text), text .. "\n" .. output)
    end
  end)
end)

describe("ranks that are to train together", function()
  with_each("agree on options, data and weights, or are told which differ", function(mpi)
    local output, errors, status = script(mpi, 2, [[
local pg, mpi = require "perigee", require "perigee.mpi"
local x, y = pg.random(0):rand(300, 4), pg.random(0):randint(0, 3, { 300 })
local one = mpi.rank == 1
local function try(f) print(select(2, pcall(f))) end
try(function() pg.Model(x, y, { comm = mpi.world, hidden = one and 3 or 4 }) end)
try(function() pg.Model(one and x + 1 or x, y, { comm = mpi.world }) end)
local m = pg.Model(x, y, { comm = mpi.world })
assert(pg.checksum(m.weights.W1) == mpi.bcast(pg.checksum(m.weights.W1)))
try(function() m:fit { iterations = one and 3 or 4 } end)
try(function() m:fit { iterations = 3, batch = one and 0 or 10 } end)
try(function() m:fit { iterations = 3, validation = { one and x + 1 or x, y } } end)
try(function() m:fit { resume = true } end)
m:fit { iterations = 2 }
if one then m.weights.b1:fill_(0.5) end
try(function() m:fit { iterations = 3 } end)
m.weights.b1:fill_(0.25)
for i in m:steps { iterations = 3 } do
  if one and i == 2 then m.weights.b1:fill_(0.5) end
  if i == 2 then try(function() m:fit { iterations = 1 } end) end
  m.weights.b1:fill_(0.25)
end
try(function() pg.Model(x, y, { comm = 3 }) end)
try(function() pg.Model(x, y, { rows = "local" }) end)
]])
    assert.equal(0, status, errors)
    for _, text in ipairs {
      "rank 1 has hidden = {3}, and rank 0 has {4}", "the data: rank 1 has checksum = ",
      "rank 1 has iterations = 3, and rank 0 has 4", "rank 1 has weights = ",
      "rank 1 has validation = ", "there is no training to be resumed", "rank 1: batch must be",
      "comm must be a communicator", "rows = 'local' needs comm",
    } do
      assert.is_true(count(output, text) >= 1, text .. "\n" .. output)
    end
  end)

  with_each("all raise where one cannot make its model, and go on", function(mpi)
    local output, errors, status = script(mpi, 2, [[
local pg, mpi = require "perigee", require "perigee.mpi"
local x, y = pg.random(0):rand(300, 4), pg.random(0):randint(0, 3, { 300 })
local one = mpi.rank == 1
local function try(x, y, options)
  options.comm = mpi.world
  print(select(2, pcall(pg.Model, x, y, options)))
  mpi.barrier()
end
try(x, y, { hidden = one and "many" or 3 })
try(x, y, { hiden = one and 3 or nil })
try(x, one and y:rows(1, 3) or y, { rows = "local" })
try(one and x[{ {}, { 1, 2 } }] or x, y, { rows = "local" })
try(one and x / 0 or x, y, { rows = "local", loss = pg.softmax_cross_entropy })
try(x, y, { weights = { W = pg.zeros(4, 3) }, forward = function(w, x)
  return one and error "no scores" or x:dot(w.W)
end })
local m = pg.Model(x, y, { comm = mpi.world })
m:save(arg[1])
mpi.barrier()
print(select(2, pcall(pg.Model.load, one and "none.npz" or arg[1], x, y, { comm = mpi.world })))
m:fit { iterations = 2 }
]], folder .. "/m.npz")
    assert.equal(0, status, errors)
    for _, text in ipairs {
      "hidden must be an integer", "unknown option 'hiden'",
      "y of shape (3,) do not have as many rows", "W1 has shape (100, 2), and that of rank 0",
      "row 1, number 1 is inf", "no scores", "No such file",
    } do
      assert.equal(2, count(output, text), text .. "\n" .. output)
      assert.matches("rank %d: [^\n]*" .. text:gsub("%p", "%%%0"), output)
    end
  end)

  with_each("go on from a file after a kill, on another number of ranks, to the same bits",
    function(mpi)
      local text = [[
local pg = require "perigee"
local form, path, kill, batch = arg[1], arg[2], math.tointeger(arg[3]), math.tointeger(arg[4])
local mpi = form ~= "alone" and require "perigee.mpi"
local x, y = pg.random(0):rand(2501, 8), pg.random(1):randint(0, 3, { 2501 })
if form == "local" then
  local rows = mpi.rows(2501)
  x, y = x:rows(rows[1], rows[2]), y:rows(rows[1], rows[2])
end
local share = { comm = mpi and mpi.world or nil, rows = form == "local" and "local" or nil }
local m
if pg.exists(path) then
  m = pg.Model.load(path, x, y, share)
else
  share.hidden, share.seed, share.optimizer, share.dropout = 10, 0, "adam", 0.2
  m = pg.Model(x, y, share)
end
for i in m:steps { iterations = 16, batch = batch > 0 and batch or false, resume = true } do
  if i % 3 == 0 then m:save(path) end
  if i == kill and mpi.rank == mpi.size - 1 then
    local uv = require "luv"
    uv.kill(uv.os_getpid(), 9)
  end
end
if not mpi or mpi.rank == 0 then
  print("sum\t" .. pg.checksum(m.weights.W1) .. " " .. pg.checksum((m:history())))
end
]]
      assert(pg.write(folder .. "/s.lua", text))
      for _, case in ipairs { { "all", 0 }, { "all", 512 }, { "local", 0 } } do
        local form, batch = case[1], case[2]
        local function ranks(n, kill)
          return run(mpi, n, ("%s/s.lua %s %s/m.npz %d %d"):format(folder, form, folder, kill,
            batch))
        end
        os.remove(folder .. "/m.npz")
        local expected = results(shell(("%s %s/s.lua alone %s/alone.npz 0 %d"):format(mpi.program,
          folder, folder, batch)))
        os.remove(folder .. "/alone.npz")
        assert.not_equal(0, (select(3, ranks(3, 5))))
        assert.not_equal(0, (select(3, ranks(2, 11))))
        assert.same(expected, results(ranks(4, 99)))
      end
    end)
end)
