-- Runs the fuzzers of file readers, one after the other.
--
--   build/perigee tests/fuzz/files.lua [seconds=60] [executions=10000000] [quiet=600]
--                                      [seed=1] [only=npy,npz,png,idx,csv] [build=build/fuzz]
--
-- Each fuzzer ends after `seconds`, or earlier, when it has made `executions` and has found no new
-- edge of the code for `quiet` seconds. Inputs that reach new code are kept in build/fuzz/corpus,
-- where the next run begins. A crash, a hang or memory over the limit ends the run with status 1;
-- the input is kept as build/fuzz/NAME-crash-..., and `build/fuzz/NAME FILE` repeats it.

local format = require "perigee.util.format"
local options = require "perigee.options"
local uv = require "luv"

local o = options.read(arg, {
  seconds = 60, executions = 10000000, quiet = 600, seed = 1, only = { "npy", "npz", "png", "idx",
    "csv" },
  build = "build/fuzz",
})

local MEMORY, ALLOCATION, HANG = 512, 128, 20 -- MB of the process, MB of one block, seconds
local INTERRUPTED = 72 -- libFuzzer's exit status after SIGINT

local function make_folder(path)
  assert(os.execute(("mkdir -p '%s'"):format(path)))
end

local function seconds_since(start)
  return (uv.hrtime() - start) * 1e-9
end

--- Reads a line of libFuzzer: executions, edges that were reached, and all edges.
local function read_line(run, line)
  local executions, edges = line:match "^#(%d+)%s.-cov: (%d+)"
  if executions then
    run.executions, edges = tonumber(executions), tonumber(edges)
    if edges > run.edges then
      run.edges, run.new_edge = edges, uv.hrtime()
    end
  end
  run.all_edges = run.all_edges or tonumber(line:match "%((%d+) inline 8%-bit counters%)")
  run.peak = tonumber(line:match "^stat::peak_rss_mb:%s+(%d+)") or run.peak
  run.executions = tonumber(line:match "^stat::number_of_executed_units:%s+(%d+)")
    or run.executions
  run.last[#run.last + 1] = line
  if #run.last > 60 then
    table.remove(run.last, 1)
  end
end

--- Starts a fuzzer; the run's `code` is set when it has ended.
local function start(name)
  local corpus = ("%s/corpus/%s"):format(o.build, name)
  make_folder(corpus)
  local run = { executions = 0, edges = 0, peak = 0, last = {}, started = uv.hrtime() }
  run.new_edge = run.started
  local pipe, rest = uv.new_pipe(false), ""
  run.process = assert(uv.spawn(("%s/%s"):format(o.build, name), {
    args = {
      "-seed=" .. o.seed, "-max_len=4096", "-timeout=" .. HANG, "-rss_limit_mb=" .. MEMORY,
      "-malloc_limit_mb=" .. ALLOCATION, "-print_final_stats=1",
      "-max_total_time=" .. o.seconds, "-dict=tests/fuzz/files.dict",
      ("-artifact_prefix=%s/%s-"):format(o.build, name), corpus, "tests/fuzz/corpus/" .. name,
    },
    env = { "ASAN_OPTIONS=quarantine_size_mb=16", "PATH=" .. os.getenv "PATH" },
    stdio = { nil, nil, pipe },
  }, function(code, signal)
    run.code = code ~= 0 and code or signal
  end))
  pipe:read_start(function(_, data)
    rest = rest .. (data or "")
    for line, behind in rest:gmatch "([^\n]*)\n()" do
      read_line(run, line)
      run.behind = behind
    end
    rest = rest:sub(run.behind or 1)
    run.behind = nil
    run.closed = not data
  end)
  return run
end

local function fuzz(name)
  local run, interrupted = start(name), false
  while not run.code or not run.closed do
    uv.run "once"
    if not interrupted and run.executions >= o.executions
      and seconds_since(run.new_edge) >= o.quiet then
      interrupted = true
      run.process:kill "sigint"
    end
  end
  local seconds = seconds_since(run.started)
  print(("%s  %s executions in %.0f s (%s a second), %d of %d edges, the last new one after "
    .. "%.0f s, %d MB of memory at most"):format(name, format.integer(run.executions), seconds,
    format.integer(math.floor(run.executions / seconds)), run.edges, run.all_edges or 0,
    (run.new_edge - run.started) * 1e-9, run.peak))
  local is_good = run.code == 0 or interrupted and run.code == INTERRUPTED
  if not is_good then
    io.stderr:write(table.concat(run.last, "\n"), "\n")
  end
  return is_good
end

local all_good = true
for _, name in ipairs(o.only) do
  all_good = fuzz(name) and all_good
end
os.exit(all_good, true)
