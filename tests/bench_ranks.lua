-- Times trainings by ranks beside trainings by threads, in turn, and the exchange of gradients
-- beside the model of docs/cluster.md; and the memory of ranks with local rows.
--
--   build/perigee tests/bench_ranks.lua [rounds=5 mpirun="mpirun --oversubscribe" data=mnist]

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local core = require "perigee.core"
local pg = require "perigee"
local options = require "perigee.options"
local timing = require "timing"

local o = options.read(arg, {
  rounds = 5, data = "mnist", mpirun = "mpirun --oversubscribe --bind-to none", child = "",
})

-- --- in a rank ------------------------------------------------------------------------

--- Milliseconds of a step, by the median of some blocks of steps.
local function time_steps(m, options_of_fit, steps, blocks)
  local times = {}
  m:fit(options_of_fit)
  for i = 1, blocks do
    times[i] = timing.seconds(function() m:fit(options_of_fit) end) / steps * 1000
  end
  return timing.median(times)
end

--- The median of f's milliseconds.
local function time_call(count, f)
  local times = {}
  for i = 1, count do
    times[i] = timing.seconds(f) * 1000
  end
  return timing.median(times)
end

local children = {}

--- A step of all rows, and of a batch.
function children.steps(comm)
  local data <close> = assert(pg.dataset(o.data))
  local out = {}
  for _, batch in ipairs { false, 512, 4096 } do
    local m = pg.Model(data.x_train, data.y_train,
      { seed = 0, scale = 1 / 255, comm = comm, batch = batch })
    local steps = batch and 100 or 10
    out[#out + 1] = ("%.4f"):format(time_steps(m, { iterations = steps, rate = 0.1 }, steps, 5))
  end
  return table.concat(out, " ")
end

--- The exchange of as many bytes as 784-h-10 has gradients, for some h, beside what the model says
--- of it, with the latency of a meeting and the bandwidth of a broadcast. It is measured with a
--- copy of the gradients to a buffer, and back.
function children.exchange(comm)
  local big = pg.zeros(1 << 20, "float32")
  local latency = time_call(500, function() comm:barrier() end)
  local bandwidth = big.size * 4 / (time_call(30, function() comm:bcast(big) end) - latency)
  local lines = {}
  for _, hidden in ipairs { 10, 100, 1000 } do
    local bytes, ranks = (784 * hidden + hidden * 11 + 10) * 4, comm.size
    local gradients = { pg.zeros(bytes // 4, "float32") }
    local list = core.descent.new(gradients)
    local ms = time_call(200, function()
      assert(core.descent.add_ranks(list, comm.handle, gradients, { weight = 1, tag = "" }))
    end)
    local said = 3 * latency + 2 * bytes * (ranks - 1) / ranks / bandwidth
      + bytes / bandwidth -- the adding of pieces, in memory
    lines[#lines + 1] = ("%8.2f MB  %7.3f ms  %7.3f ms"):format(bytes * 1e-6, ms, said)
  end
  return ("latency %.4f ms, %.1f GB/s;%s"):format(latency, bandwidth * 1e-6,
    table.concat(lines, ";"))
end

--- Megabytes of this process: now, and the most so far.
local function memory()
  local file <close> = assert(io.open "/proc/self/status")
  local text = file:read "a"
  return text:match "VmRSS:%s*(%d+)" / 1024, text:match "VmHWM:%s*(%d+)" / 1024
end

--- The memory of a rank with all rows, or with its own.
local function hold(comm, form)
  local mpi = require "perigee.mpi"
  local before = memory()
  local data <close> = assert(pg.dataset(o.data))
  local path, rows = data:path(), form == "local" and mpi.rows(60000) or { 1, 60000 }
  local part <close> = pg.load(path, { rows = { x_train = rows, y_train = rows } })
  local m = pg.Model(part.x_train, part.y_train,
    { seed = 0, scale = 1 / 255, comm = comm, rows = form == "local" and "local" or nil })
  m:fit { iterations = 3 }
  local now, most = memory()
  local all = comm:gather(("%.0f/%.0f"):format(now - before, most))
  return all and table.concat(all, " ") or ""
end

function children.whole_rows(comm)
  return hold(comm, "all")
end

function children.local_rows(comm)
  return hold(comm, "local")
end

if o.child ~= "" then
  local name, has_ranks = o.child:match "^(.-)(,?)$"
  local mpi = has_ranks == "," and require "perigee.mpi" or nil
  local text = children[name](mpi and mpi.world)
  if not mpi or mpi.rank == 0 then
    print("result " .. text)
  end
  return
end

-- --- the parent -----------------------------------------------------------------------

--- Runs a child in ranks, or in a process by itself, with some threads.
local function run(child, ranks, threads)
  local program = arg[-1]
  local command = ("PERIGEE_THREADS=%d %s %s tests/bench_ranks.lua child=%s%s data=%s"):format(
    threads, ranks and ("%s -n %d"):format(o.mpirun, ranks) or "", program, child,
    ranks and "," or "", o.data)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), command)
  return text:match "result ([^\n]*)"
end

local kinds = {
  { "1 process x 2 threads", nil, 2 }, { "1 rank x 2 threads", 1, 2 },
  { "2 ranks x 1 thread", 2, 1 },
}
local times = {}
for _ = 1, o.rounds do
  for i, kind in ipairs(kinds) do
    local list = {}
    for number in run("steps", kind[2], kind[3]):gmatch "%S+" do
      list[#list + 1] = tonumber(number)
    end
    times[i] = times[i] or {}
    table.insert(times[i], list)
  end
end
print "ms for a step of            all rows   batch 512   batch 4096"
for i, kind in ipairs(kinds) do
  local row = {}
  for column = 1, 3 do
    local list = {}
    for round, each in ipairs(times[i]) do
      list[round] = each[column]
    end
    row[column] = ("%10.3f"):format(timing.median(list))
  end
  print(("%-24s %s"):format(kind[1], table.concat(row, "  ")))
end

print "\nthe exchange of gradients by 2 ranks, measured and as the model says"
print((run("exchange", 2, 1):gsub(";", "\n")))
print "\nMB more with data, and most, of each of 4 ranks"
print("whole arrays   " .. run("whole_rows", 4, 1))
print("local rows     " .. run("local_rows", 4, 1))
