-- Whether a study that is killed, torn, short of disk or split ends in the files of one that is
-- not.
--
--   build/perigee tests/sweep_kills.lua [kills=100] [calls=0] [seed=0]
--
-- The studies are those of sweep_child.lua. Each is run once undisturbed; what comes of every other
-- way to run it must be the same results.csv and curves.csv, byte for byte:
--
-- - killed with SIGKILL at random moments, alone or in several processes, and started again;
-- - on ranks of mpirun, of which one is killed, or mpirun itself, and started again on others;
-- - left by os.exit within a training;
-- - killed before each call that may change a file, one after the other (`calls` of them; a fifth
--   of the kills, unless it is said), where strace is installed;
-- - with a journal that is cut at every kind of place, or has lines that are none;
-- - on a full disk first, where one can be mounted;
-- - in other orders, in parts, and by several processes;
-- - with rules that cut trials.
--
-- After each kill all lines of the journals must be whole but for the last; no trial that was
-- finished may be forgotten, and none be run again. Exit status 1 where that is not so, with the
-- files kept.

local HERE = arg[0]:match "^(.*)/" or "."
package.path = HERE .. "/?.lua;" .. package.path

local json = require "perigee.util.json"
local options = require "perigee.options"
local pg = require "perigee"
local fs = require "perigee.util.fs"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, { kills = 100, calls = 0, seed = 0 })

local CHILD = HERE .. "/sweep_child.lua"
local CSV = { "results.csv", "curves.csv" }
local LIFE = 0.5 -- of the undisturbed study's time: how long a process lives at most
local LIMIT = 300 -- seconds: a process that is not to be killed, and takes longer, hangs

local random = pg.random(o.seed)
local folder -- of everything

local function fail(...)
  error((...):format(select(2, ...)), 0)
end

-- --- files --------------------------------------------------------------------------

local function contents(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function remove(path)
  local status = uv.fs_lstat(path)
  if status and status.type == "directory" then
    for _, name in ipairs(fs.names_in(path)) do
      remove(path .. "/" .. name)
    end
  end
  os.remove(path)
end

local function in_folder(f)
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/sweep-XXXXXX"))
  local ok, message = pcall(f)
  if not ok then
    io.stderr:write(("sweep_kills: %s\nthe files are in %s\n"):format(message, folder))
    os.exit(1, true)
  end
  remove(folder)
end

-- --- processes ----------------------------------------------------------------------

--- The processes that one has started; none where the system does not tell.
local function children(pid)
  local list = {}
  for number in (contents(("/proc/%d/task/%d/children"):format(pid, pid)) or ""):gmatch "%d+" do
    list[#list + 1] = math.tointeger(number)
  end
  return list
end

local function is_alive(pid)
  local state = (contents(("/proc/%d/stat"):format(pid)) or ""):match "^.*%) (%a)"
  return state ~= nil and state ~= "Z"
end

local function await_end(pids)
  for _, pid in ipairs(pids) do
    local waited = 0
    while is_alive(pid) do
      uv.sleep(1)
      waited = waited + 1
      if waited > 1000 * LIMIT then
        fail("process %d does not end, though the one that started it is gone", pid)
      end
    end
  end
end

--- The ranks that mpirun has started: the processes below it that run the study.
local function ranks_below(pid, list)
  list = list or {}
  for _, child in ipairs(children(pid)) do
    local command = contents(("/proc/%d/cmdline"):format(child)) or ""
    list[#list + 1] = command:find "^[^\0]*/perigee\0" and child or nil
    ranks_below(child, list)
  end
  return list
end

--- How a process is killed; returns how many are hit.
local KILLS = {
  group = function(pid)
    uv.kill(-pid, "sigkill")
    return 1
  end,
  -- Its workers are left to themselves.
  alone = function(pid, process)
    process.orphans = children(pid)
    uv.kill(pid, "sigkill")
    return 1
  end,
  -- It is to go on without one of its workers.
  worker = function(pid)
    local list = children(pid)
    if #list > 0 then
      uv.kill(list[random:randint(1, #list + 1)], "sigkill")
    end
    return math.min(#list, 1)
  end,
  -- All others are to end, too.
  rank = function(pid, process)
    local list = ranks_below(pid)
    process.orphans = list
    if #list > 0 then
      uv.kill(list[random:randint(1, #list + 1)], "sigkill")
    end
    return math.min(#list, 1)
  end,
  launcher = function(pid, process)
    process.orphans = ranks_below(pid)
    uv.kill(pid, "sigkill")
    return 1
  end,
}

local function environment(said)
  local list = {}
  for name, value in pairs(uv.os_environ()) do
    if not said[name] then
      list[#list + 1] = name .. "=" .. value
    end
  end
  for name, value in pairs(said) do
    list[#list + 1] = name .. "=" .. value
  end
  return list
end

--- The program and its arguments.
local function command_of(job)
  local list = table.move(job.before or {}, 1, #(job.before or {}), 1, {})
  local rest = { job.program or uv.exepath(), CHILD, "seed=" .. o.seed, "--runs", job.runs }
  table.move(rest, 1, #rest, #list + 1, list)
  return table.move(job.arguments or {}, 1, #(job.arguments or {}), #list + 1, list)
end

--- Has a process killed after so many seconds.
local function set_timer(process, timer, job)
  uv.update_time()
  timer:start(math.floor((job.seconds or LIMIT) * 1000), 0, function()
    process.hits = process.hits + KILLS[job.how or "group"](process.pid, process)
    process.is_over = not job.seconds
    if job.how == "worker" or job.how == "rank" then
      set_timer(process, timer, {})
    end
  end)
end

local started = 0 -- how many

--- Starts a study: `study`, its name in sweep_child.lua; `runs`, the folder; `arguments`; `before`,
--- a program that starts it; `threads`; `seconds` after which it is killed, and `how`;
--- `leaves`, if it is to end itself.
local function start(job)
  started = started + 1
  local path = ("%s/written-%d"):format(folder, started)
  local written = assert(uv.fs_open(path, "w", tonumber("600", 8)))
  local process, timer = { hits = 0, job = job }, uv.new_timer()
  local command, handle = command_of(job), nil
  local function ended(status, signal)
    process.status, process.signal = status, signal
    timer:close()
    handle:close()
    process.text = contents(path)
    os.remove(path)
  end
  handle, process.pid = assert(uv.spawn(command[1], {
    args = table.move(command, 2, #command, 1, {}), stdio = { nil, written, written },
    detached = true, -- so that it leads a group
    env = environment {
      SWEEP_STUDY = job.study, SWEEP_LEAVES = tostring(job.leaves == true),
      PERIGEE_THREADS = job.threads or 1, OMPI_ALLOW_RUN_AS_ROOT = 1,
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM = 1,
    },
  }, ended))
  uv.fs_close(written)
  set_timer(process, timer, job)
  return process
end

--- Waits for the end of all that were started.
local function await(process)
  uv.run()
  if process.is_over then
    fail("%s: not at its end after %d s: %s", process.job.study, LIMIT, process.text)
  end
  return process
end

local function is_killed(process)
  return process.signal == uv.constants.SIGKILL and process.hits > 0
end

--- What a study says at its end; a trial that failed makes its status 1, and a part's if it is its
--- own.
local function check_complete(process)
  local failed = process.text:find ", %d+ failed" and 1 or 0
  local is_part = table.concat(process.job.arguments or {}, " "):find("--shard", 1, true)
  local has_status = process.status == failed or is_part and process.status == 0
  if not process.text:find "complete: " or process.signal ~= 0 or not has_status then
    fail("%s: status %d, signal %d: %s", process.job.study, process.status, process.signal,
      process.text)
  end
end

--- Runs a study to its end.
local function finish(job)
  local process = await(start(job))
  check_complete(process)
  return process
end

-- --- what it leaves -----------------------------------------------------------------

--- The lines of a study's journals: calls f with each record; the last of a file may be torn.
local function each_record(runs, f)
  local path = runs .. "/study/journal"
  for _, name in ipairs(fs.names_in(path)) do
    local number = 0
    for line, ending in contents(path .. "/" .. name):gmatch "([^\n]*)(\n?)" do
      number = number + 1
      local record = ending ~= "" and json.decode(line)
      if ending ~= "" and type(record) ~= "table" then
        fail("%s/%s: line %d is no record: %s", path, name, number, line)
      elseif record then
        f(record)
      end
    end
  end
end

local FINISHED = { done = true, failed = true, pruned = true }

--- How many records there are of each trial's end.
local function count_ends(runs)
  local counts = {}
  each_record(runs, function(record)
    if FINISHED[record.status] then
      counts[record.trial] = (counts[record.trial] or 0) + 1
    end
  end)
  return counts
end

--- How many trials have ended more than once.
local function count_repeated(runs)
  local repeated = 0
  for _, count in pairs(count_ends(runs)) do
    repeated = repeated + count - 1
  end
  return repeated
end

local expected = {} -- the files of undisturbed studies, by their names

local function check_files(study, runs, what)
  for _, name in ipairs(CSV) do
    if contents(("%s/study/%s"):format(runs, name)) ~= expected[study][name] then
      fail("%s, %s: %s is not that of the undisturbed study, %s/%s", study, what, name,
        expected[study].runs, name)
    end
  end
end

--- Files that were to be gone.
local function count_leftovers(runs)
  local count = 0
  for _, name in ipairs(fs.names_in(runs .. "/study")) do
    count = count + (name:find "%.tmp$" and 1 or 0)
  end
  return count
end

local function check_end(study, runs, what)
  check_files(study, runs, what)
  if count_repeated(runs) > 0 then
    fail("%s, %s: %d trials were run again that had ended: %s", study, what, count_repeated(runs),
      runs)
  elseif uv.fs_stat(runs .. "/study/checkpoints") then
    fail("%s, %s: checkpoints are left: %s", study, what, runs)
  end
end

local function run_undisturbed(study)
  local runs = ("%s/undisturbed-%s"):format(folder, study)
  local seconds = timing.seconds(function()
    finish { study = study, runs = runs, threads = 1 }
  end)
  expected[study] = { seconds = seconds, runs = runs .. "/study", trials = 0 }
  for _, name in ipairs(CSV) do
    expected[study][name] = assert(contents(("%s/study/%s"):format(runs, name)))
  end
  for _ in pairs(count_ends(runs)) do
    expected[study].trials = expected[study].trials + 1
  end
  check_end(study, runs, "undisturbed")
end

--- A folder for a study that is begun anew.
local function new_runs()
  local runs = folder .. "/disturbed"
  remove(runs)
  return runs
end

-- --- killed at random moments -------------------------------------------------------

--- That nothing which was known is lost; returns what is known now.
local function check_known(study, runs, before)
  local now = count_ends(runs)
  for id in pairs(before) do
    if not now[id] then
      fail("%s: the trial %s was finished, and is not after a kill: %s", study, id, runs)
    end
  end
  return now
end

-- By turns: how a study is killed, and how many processes share its trials.
local WAYS = {
  { how = "group", jobs = { 1 } },
  { how = "group", jobs = { 2 } },
  { how = "worker", jobs = { 2 } },
  { how = "group", jobs = { 1, 2, 3 } },
  { how = "alone", jobs = { 2 } },
}

local function one_of(list, i)
  return list[i % #list + 1]
end

--- One process that is killed, unless there are no kills left, or it ends before.
local function run_process(study, runs, way, counts, kills)
  counts.starts = counts.starts + 1
  local jobs = one_of(way.jobs, counts.starts)
  local process = await(start {
    study = study, runs = runs, threads = one_of({ 1, 2 }, counts.starts // 2), how = way.how,
    arguments = { "--jobs", tostring(jobs) },
    seconds = kills > 0 and random:uniform(0, LIFE * expected[study].seconds) or nil,
  })
  table.move(process.orphans or {}, 1, #(process.orphans or {}), #counts.orphans + 1,
    counts.orphans)
  counts.kills = counts.kills + process.hits
  if not is_killed(process) then
    check_complete(process)
  end
  return process
end

--- A study, from its beginning to its end; returns how many kills are left.
local function run_disturbed(study, way, counts, kills)
  local runs, known = new_runs(), {}
  local process
  repeat
    process = run_process(study, runs, way, counts, kills)
    kills, known = kills - process.hits, check_known(study, runs, known)
  until not is_killed(process)
  counts.ends, counts.leftovers = counts.ends + 1, counts.leftovers + count_leftovers(runs)
  if way.how == "alone" then
    check_files(study, runs, "killed alone")
    await_end(counts.orphans)
    counts.orphans, counts.repeated = {}, counts.repeated + count_repeated(runs)
  else
    check_end(study, runs, "killed, " .. way.how)
  end
  return kills
end

local function kill_at_random(study, kills)
  local counts = { kills = 0, starts = 0, ends = 0, leftovers = 0, repeated = 0, orphans = {} }
  for i, way in ipairs(WAYS) do
    local left = (kills + i - 1) // #WAYS
    while left > 0 do
      left = run_disturbed(study, way, counts, left)
    end
  end
  print(("%-8s %d kills at random moments, %d starts, %d ends; %d temporary files left, %d trials "
    .. "run twice by workers left alone: same files"):format(study, counts.kills, counts.starts,
    counts.ends, counts.leftovers, counts.repeated))
end

-- --- killed ranks --------------------------------------------------------------------

local STARTING = 0.3 -- seconds that mpirun takes

--- Each MPI, with the folder of its build.
local MPIS = {
  { folder = "openmpi", "mpirun.openmpi", "--oversubscribe" },
  { folder = "mpich", "mpirun.mpich" },
}

--- Runs a study on that many ranks, of which one is killed, or their launcher, unless there are no
--- kills left.
local function run_ranks(study, runs, mpi, ranks, kills)
  local before = table.move(mpi, 1, #mpi, 1, {})
  before[#before + 1], before[#before + 2] = "-n", tostring(ranks)
  local process = await(start {
    study = study, runs = runs, before = before, program = mpi.program,
    how = one_of({ "rank", "launcher", "rank" }, kills),
    seconds = kills > 0 and STARTING + random:uniform(0, LIFE * expected[study].seconds) or nil,
  })
  await_end(process.orphans or {})
  if process.hits == 0 then
    check_complete(process)
  end
  return process
end

--- Runs a study from its beginning to its end, each time on another number of ranks; returns how
--- many kills are left.
local function run_killed_ranks(study, mpi, counts, kills)
  local runs, known = new_runs(), {}
  local process
  repeat
    counts.starts = counts.starts + 1
    process = run_ranks(study, runs, mpi, one_of({ 3, 2, 4 }, counts.starts), kills)
    kills, known = kills - process.hits, check_known(study, runs, known)
  until process.text:find "complete: "
  counts.ends = counts.ends + 1
  check_end(study, runs, "ranks killed")
  return kills
end

local function kill_ranks(study, kills)
  for _, mpi in ipairs(MPIS) do
    mpi.program = ("%s/%s/perigee"):format(uv.exepath():match "^(.*)/", mpi.folder)
    if uv.fs_stat((mpi.program:gsub("[^/]*$", "perigee_mpi.so"))) then
      local counts, left = { starts = 0, ends = 0 }, kills
      while left > 0 do
        left = run_killed_ranks(study, mpi, counts, left)
      end
      print(("%-8s %d kills of ranks or %s, %d starts, %d ends: same files"):format(study,
        kills - left, mpi[1], counts.starts, counts.ends))
    else
      print(("%-8s no ranks were killed under %s: make mpi-builds"):format(study, mpi[1]))
    end
  end
end

-- --- killed at each call ------------------------------------------------------------

local CALLS = {
  "write", "pwrite64", "fsync", "fdatasync", "linkat", "rename", "renameat", "renameat2", "unlink",
  "unlinkat", "rmdir", "ftruncate", "openat", "mkdir", "close",
}

local function has_strace()
  return os.execute "strace -V >/dev/null 2>&1"
end

--- The calls of an undisturbed study: of each name, how many there are, and which is the first
--- after the study has begun to touch its folder.
local function list_calls(study)
  local runs, path = new_runs(), folder .. "/calls"
  finish {
    study = study, runs = runs,
    before = { "strace", "-f", "-qq", "-o", path, "-e", "trace=" .. table.concat(CALLS, ",") },
  }
  local counts, first, has_begun = {}, {}, false
  for line in io.lines(path) do
    local name = line:match "^%d+%s+([%w_]+)%("
    has_begun = has_begun or line:find(runs, 1, true) ~= nil
    if name then
      counts[name] = (counts[name] or 0) + 1
      first[name] = first[name] or has_begun and counts[name] or nil
    end
  end
  os.remove(path)
  return counts, first
end

--- Kills a study before the n-th call of that name, and lets it go on; false where it was not
--- killed.
local function kill_at_call(study, name, n)
  local runs = new_runs()
  local process = await(start {
    study = study, runs = runs,
    before = {
      "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" .. name, "-e",
      ("inject=%s:signal=SIGKILL:when=%d"):format(name, n),
    },
  })
  local was_killed = process.signal == uv.constants.SIGKILL
  if not was_killed then
    check_complete(process)
  end
  local known = check_known(study, runs, {})
  finish { study = study, runs = runs }
  check_known(study, runs, known)
  check_end(study, runs, ("killed at %s %d"):format(name, n))
  return was_killed
end

--- How many of each kind of call are chosen: the rarer kinds wholly, as far as there are kills.
local function shares(counts, first, kills)
  local names, chosen = {}, {}
  for _, name in ipairs(CALLS) do
    names[#names + 1] = first[name] and name or nil
  end
  table.sort(names, function(a, b)
    return counts[a] - first[a] < counts[b] - first[b]
  end)
  for i, name in ipairs(names) do
    chosen[name] = math.min(counts[name] - first[name] + 1, kills // (#names - i + 1))
    kills = kills - chosen[name]
  end
  return chosen
end

--- Kills it at each of the calls, or, where there are fewer kills, at some of each kind.
local function kill_at_calls(study, kills)
  local counts, first = list_calls(study)
  local done, total = 0, 0
  local chosen = shares(counts, first, kills)
  for _, name in ipairs(CALLS) do
    local count = first[name] and counts[name] - first[name] + 1 or 0
    local share, shift = chosen[name] or 0, random:uniform(0, 1)
    for k = 0, share - 1 do
      local n = first[name] + math.floor((k + shift) * count / share)
      done = done + (kill_at_call(study, name, n) and 1 or 0)
    end
    total = total + count
  end
  if done == 0 and kills > 0 then
    fail("%s: strace killed none", study)
  end
  print(("%-8s %d kills, each at another of %d calls: same files"):format(study, done, total))
end

--- A process that ends itself in the midst of a training, in good order: that trial has failed.
local function leave(study)
  local runs = new_runs()
  local process = await(start { study = study, runs = runs, leaves = true })
  local id, count = next(count_ends(runs))
  if not uv.fs_stat(runs .. "/study/checkpoints") or count ~= 1 or next(count_ends(runs), id)
    or process.status ~= 1 then
    fail("%s: it was to leave in its first training, with a checkpoint and a failure: %s", study,
      runs)
  end
  finish { study = study, runs = runs, arguments = { "--retry-failed" } }
  check_files(study, runs, "left by os.exit")
  print(("%-8s left by os.exit in its first training: same files"):format(study))
end

-- --- torn journals ------------------------------------------------------------------

local NO_CHECKPOINTS = { "checkpoint=1000" }

--- Has a study go on from a journal with that text; returns what it says.
local function go_on_from(study, text, what)
  local runs = new_runs()
  assert(fs.make_folder(runs .. "/study/journal"))
  write(runs .. "/study/journal/20260101T000000Z-before-1.jsonl", text)
  local process = finish { study = study, runs = runs, arguments = NO_CHECKPOINTS }
  check_files(study, runs, what)
  return process.text
end

--- Where a journal is cut: at all places around the ends of its lines, and at some others.
local function places_in(text, samples)
  local places = {}
  for ending in text:gmatch "()\n" do
    for at = math.max(0, ending - 3), math.min(#text, ending + 3) do
      places[at] = true
    end
  end
  for _ = 1, samples do
    places[random:randint(0, #text + 1)] = true
  end
  return places
end

--- Whether a study says what it passes over.
local function check_warned(text, is_to_warn, what)
  if (text:find ": no record, and passed over" ~= nil) ~= is_to_warn then
    fail("%s: %s: %s", what, is_to_warn and "no warning" or "a warning", text)
  end
end

local function cut_journal(study, text, samples)
  local count = 0
  for at in pairs(places_in(text, samples)) do
    local what = ("its journal cut after %d bytes"):format(at)
    check_warned(go_on_from(study, text:sub(1, at), what), false, what)
    check_end(study, folder .. "/disturbed", what)
    count = count + 1
  end
  return count
end

--- What may stand in a journal by mistake: the text, and whether it is told.
local function spoiled_journals(text)
  local lines = {}
  for line in text:gmatch "[^\n]*\n" do
    lines[#lines + 1] = line
  end
  local function with(i, line)
    local list = table.move(lines, 1, #lines, 1, {})
    list[i] = line
    return table.concat(list)
  end
  local half = lines[3]:sub(1, #lines[3] // 2)
  return {
    { "nothing", "", false },
    { "an empty line", with(3, "\n"), true },
    { "a line twice", with(3, lines[3] .. lines[3]), false },
    { "garbage", with(3, "\xff\x01 garbage\n"), true },
    { "half a line", with(3, half .. "\n"), true },
    { "half a line before another", with(3, half .. lines[3]), true },
    { "a number", with(3, "42\n"), true },
    { "a record of nothing", with(3, '{"trial":17,"status":[]}\n'), true },
    { "a record without reports", with(3, lines[3]:gsub('"reports":.-,"seconds"', '"seconds"')),
      true },
    { "no header", with(1, ""), false },
    { "half a header", with(1, lines[1]:sub(1, 40) .. "\n"), true },
    { "a NUL byte in a line", with(3, half .. "\0" .. lines[3]:sub(#half + 1)), true },
    { "NUL bytes at the end", text .. ("\0"):rep(100), false },
    { "NUL bytes only", ("\0"):rep(4096), false },
    { "NUL bytes before a line", with(3, ("\0"):rep(100) .. lines[3]), true },
    { "a line end of another system", with(3, lines[3]:gsub("\n", "\r\n")), false },
  }
end

local function tear_journals(study, samples)
  local runs = new_runs()
  finish { study = study, runs = runs, arguments = NO_CHECKPOINTS }
  local path = runs .. "/study/journal"
  local text = contents(path .. "/" .. fs.names_in(path)[1])
  local cuts, spoiled = cut_journal(study, text, samples), spoiled_journals(text)
  for _, case in ipairs(spoiled) do
    local what, spoiled_text, is_told = table.unpack(case)
    check_warned(go_on_from(study, spoiled_text, what .. " in its journal"), is_told, what)
  end
  print(("%-8s its journal cut at %d of %d places, and spoiled in %d ways: same files"):format(
    study, cuts, #text + 1, #spoiled))
end

-- --- a full disk --------------------------------------------------------------------

local CANNOT_MOUNT = 77
-- Runs a study on a disk of so many kB, and then, with more room, again.
local ON_FULL_DISK = [[
  mount -t tmpfs -o size=$1k none "$2" || exit 77
  runs=$2 copy=$3
  shift 3
  "$@"
  echo "status $?"
  cp -a "$runs" "$copy-full" && mount -o remount,size=64m "$runs" || exit 77
  "$@"
  status=$?
  cp -a "$runs" "$copy-more" || exit 77
  exit $status
]]

--- Which file stopped a study; false where none did.
local function check_full(study, copy, text)
  local said, status = text:match "^(.-)status (%d+)\n"
  if status == "0" then
    check_files(study, copy, "on a full disk")
    return false
  end
  local last = said:match "([^\n]*)\n$"
  local file = last:match "/study[%w/._-]*: "
  local has_reason = last:lower():find "no space left" or last:find "is the disk full"
  if status ~= "1" or not file or not has_reason then
    fail("%s, on a full disk: status %s: %s", study, status, said)
  end
  for _, name in ipairs(CSV) do
    local csv = contents(("%s/study/%s"):format(copy, name))
    if csv and csv ~= expected[study][name] then
      fail("%s, on a full disk: half of %s is left", study, name)
    end
  end
  return file:match "([%a]+[.%a]*): $"
end

--- Which file stopped the study, or false; nil where no disk can be mounted.
local function run_on_disk(study, size, arguments)
  local runs, copy = new_runs(), folder .. "/copy"
  assert(fs.make_folder(runs))
  local process = await(start {
    study = study, runs = runs, arguments = arguments,
    before = { "unshare", "-m", "sh", "-c", ON_FULL_DISK, "sh", tostring(size), runs, copy },
  })
  if process.status == CANNOT_MOUNT or not process.text:find "status" then
    return nil
  end
  local stopped_by = check_full(study, copy .. "-full", process.text)
  process.text = process.text:match "status %d+\n(.*)$"
  check_complete(process)
  check_end(study, copy .. "-more", ("with more room after %d kB"):format(size))
  remove(copy .. "-full")
  remove(copy .. "-more")
  return stopped_by
end

local SIZES = { from = 4, to = 80, step = 4 } -- kB: pages

local function fill_disk(study, arguments)
  local files, names, disks = {}, {}, 0
  for size = SIZES.from, SIZES.to, SIZES.step do
    local file = run_on_disk(study, size, arguments)
    if file == nil then
      print "no disk can be mounted here (that needs root): no study ran on a full one"
      return
    end
    disks = disks + 1
    if file then
      files[file] = (files[file] or 0) + 1
    end
  end
  for name, count in pairs(files) do
    names[#names + 1] = ("%d by %s"):format(count, name)
  end
  table.sort(names)
  print(("%-8s on %d full disks, stopped %s%s: same files"):format(study, disks,
    table.concat(names, ", "), arguments and "; " .. table.concat(arguments, " ") or ""))
end

-- --- orders and parts ---------------------------------------------------------------

--- Runs a study as these processes, which start one after the other has ended, or at once.
local function run_parts(study, runs, parts, at_once)
  local processes = {}
  for i, part in ipairs(parts) do
    processes[i] = start { study = study, runs = runs, arguments = part, threads = i % 2 + 1 }
    if not at_once then
      await(processes[i])
    end
  end
  await(processes[#processes])
  return processes
end

local function shards(n, last_first)
  local list = {}
  for i = 1, n do
    table.insert(list, last_first and 1 or i, { ("--shard=%d/%d"):format(i, n) })
  end
  return list
end

local function sorted_lines(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function check_same_rows(study, runs, what)
  for _, name in ipairs(CSV) do
    local text = contents(("%s/study/%s"):format(runs, name))
    if sorted_lines(text) ~= sorted_lines(expected[study][name]) then
      fail("%s, %s: %s has other rows than %s/%s", study, what, name, expected[study].runs, name)
    elseif text == expected[study][name] then
      fail("%s, %s: the rows of %s are in the same order", study, what, name)
    end
  end
end

-- How else a study can be run: the arguments of its processes, and whether all start at once.
local ORDERS = {
  { "1 job", { { "--jobs=1" } } },
  { "2 jobs", { { "--jobs=2" } } },
  { "3 jobs", { { "--jobs=3" } } },
  { "3 shards", shards(3) },
  { "3 shards, the last one first", shards(3, true) },
  { "3 shards at once", shards(3), true },
  { "2 shards of 2 jobs", { { "--shard=1/2", "--jobs=2" }, { "--shard=2/2", "--jobs=2" } }, true },
  { "a shard, and then all", { { "--shard=2/3" }, {} } },
  { "a part of the grid, and then all", { { "hidden=8", "kind=adam,twice,trivial" }, {} } },
  { "one trial more often, and then all", { { "repeats=1" }, {} } },
}

local function run_in_orders(study)
  for _, order in ipairs(ORDERS) do
    local what, parts, at_once = table.unpack(order)
    local runs = new_runs()
    local processes = run_parts(study, runs, parts, at_once)
    if not at_once then
      check_complete(processes[#processes])
    end
    check_end(study, runs, what)
  end
  local runs = new_runs()
  local turned = { "rate=1,0.2", "kind=trivial,own,noisy,full,broken,adam,twice", "hidden=8,12" }
  finish { study = study, runs = runs, arguments = turned }
  check_same_rows(study, runs, "the grid turned round")
  finish { study = study, runs = runs }
  check_end(study, runs, "the grid turned back")
  print(("%-8s in %d other orders and parts: same files"):format(study, #ORDERS + 2))
end

--- The same of a study with a rule that cuts trials, which cannot be split.
local function run_in_jobs(study)
  for jobs = 2, 3 do
    local runs = new_runs()
    finish { study = study, runs = runs, arguments = { "--jobs=" .. jobs } }
    check_end(study, runs, jobs .. " jobs")
  end
  print(("%-8s with 2 jobs and with 3: same files"):format(study))
end

-- --- the run ------------------------------------------------------------------------

local function share_of(part)
  return math.ceil(part * o.kills)
end

in_folder(function()
  for _, study in ipairs { "main", "small", "halving", "halves", "median", "pairs" } do
    run_undisturbed(study)
  end
  run_in_orders "main"
  run_in_jobs "halving"
  run_in_jobs "median"
  leave "small"
  tear_journals("small", o.kills // 2)
  fill_disk("small")
  fill_disk("small", { "--jobs=2" })
  if has_strace() then
    local calls = o.calls > 0 and o.calls or share_of(0.2)
    kill_at_calls("small", calls)
    kill_at_calls("halves", calls)
  else
    print "strace is not installed: no study was killed at each call"
  end
  kill_at_random("main", share_of(0.4))
  kill_at_random("halving", share_of(0.1))
  kill_at_random("median", share_of(0.1))
  kill_ranks("main", share_of(0.05))
  kill_ranks("pairs", share_of(0.05))
end)
