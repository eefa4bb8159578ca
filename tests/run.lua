-- Runs spec files side by side: a process of busted for each, as many at a time as there are cores.
--
-- usage: lua5.4 tests/run.lua COMMAND... -- [OPTION|FILE|FOLDER]...
--
-- The command starts busted. Files and folders name the specs, all in tests/spec unless told; the
-- rest are busted's options (--filter=, --tags= ...), but for --output=TAP. $JOBS is how many
-- processes, where that is not the number of cores.
--
-- A process has no terminal, an empty input, and a folder for its temporary files. What it prints
-- is shown where one of its specs fails or it ends otherwise than well. In the end come the ten
-- specs that took longest, and the counts. Ctrl-C ends everything, tmux's servers included.

local uv = require "luv"

local SLOWEST = 10
local LONGEST = 20000 -- bytes that are shown of what a process has printed

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a" or ""
  if file then
    file:close()
  end
  return text
end

local function quoted(text)
  return "'" .. text:gsub("'", [['\'']]) .. "'"
end

local function fail(message)
  io.stderr:write("tests/run.lua: ", message, "\n")
  os.exit(2)
end

-- --- what is run -------------------------------------------------------------------

--- Adds the spec files of a folder to a list.
local function add_folder(files, folder)
  for name, type in uv.fs_scandir_next, assert(uv.fs_scandir(folder)) do
    if type == "directory" then
      add_folder(files, folder .. "/" .. name)
    elseif name:find "_spec%.lua$" then
      files[#files + 1] = folder .. "/" .. name
    end
  end
end

--- Puts those first that are likely to take long: with slow specs, or large.
local function in_order(files)
  local weights = {}
  for _, file in ipairs(files) do
    local text = read(file)
    weights[file] = #text + (text:find("#slow", 1, true) and 1e9 or 0)
  end
  table.sort(files, function(a, b)
    if weights[a] ~= weights[b] then
      return weights[a] > weights[b]
    end
    return a < b
  end)
  return files
end

--- The words of the command line: the command, busted's options, the files, and whether to print
--- TAP.
local function parsed(words)
  local command, options, files, is_tap, i = {}, {}, {}, false, 1
  while words[i] and words[i] ~= "--" do
    command[i], i = words[i], i + 1
  end
  for j = i + 1, #words do
    local word, stat = words[j], uv.fs_stat(words[j])
    local is_value = words[j - 1]:find "^%-" and not words[j - 1]:find "=" and j > i + 1
    if word:find "^%-%-output=" or word:find "^%-o" then
      is_tap = word == "--output=TAP" or fail(word .. ": the one other output is --output=TAP")
    elseif word:find "^%-" then
      options[#options + 1] = word
    elseif stat and stat.type == "directory" then
      add_folder(files, (word:gsub("/+$", "")))
    elseif stat then
      files[#files + 1] = word
    elseif is_value then
      options[#options + 1] = word
    else
      fail(("there is no file or folder '%s'"):format(word))
    end
  end
  if #files == 0 then
    add_folder(files, "tests/spec")
  end
  return { command = command, options = options, files = in_order(files), is_tap = is_tap }
end

local function number_of_jobs()
  local given = os.getenv "JOBS"
  if given and given ~= "" then
    local jobs = math.tointeger(tonumber(given))
    return jobs and jobs > 0 and jobs or fail(("JOBS is '%s', expected a number"):format(given))
  end
  return uv.available_parallelism and uv.available_parallelism() or #uv.cpu_info()
end

-- --- one file ----------------------------------------------------------------------

local given = parsed(arg)
local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/specs-XXXXXX"))
local running = {} -- processes by their number

--- The variables of a process: those of this one, without make's, and its own.
local function environment(own)
  local list = {}
  for name, value in pairs(uv.os_environ()) do
    if not own[name] and not name:find "^MAKE" and name ~= "MFLAGS" then
      list[#list + 1] = name .. "=" .. value
    end
  end
  for name, value in pairs(own) do
    list[#list + 1] = name .. "=" .. value
  end
  return list
end

--- Starts busted for a file, and calls done(process) when it has ended.
local function start(number, file, done)
  local place = folder .. "/" .. number
  assert(uv.fs_mkdir(place, tonumber("700", 8)))
  local process = { file = file, records = place .. "/records", printed = place .. "/printed" }
  local words = table.move(given.command, 2, #given.command, 1, {})
  table.move(given.options, 1, #given.options, #words + 1, words)
  table.move({ "--output=tests/records.lua", file }, 1, 2, #words + 1, words)
  local output = assert(uv.fs_open(process.printed, "w", tonumber("600", 8)))
  local input = assert(uv.fs_open("/dev/null", "r", 0))
  local message
  process.handle, message = uv.spawn(given.command[1], {
    args = words, stdio = { input, output, output }, detached = true,
    env = environment { SPEC_RECORDS = process.records, TMPDIR = place },
  }, function(code, signal)
    process.status = signal > 0 and "signal " .. signal or code > 0 and "status " .. code or nil
    running[process.pid] = nil
    process.handle:close()
    pcall(uv.kill, -process.pid, "sigkill") -- what it has left
    done(process)
  end)
  process.pid = process.handle and message
  uv.fs_close(output)
  uv.fs_close(input)
  if not process.handle then
    fail(("%s: %s"):format(given.command[1], message))
  end
  running[process.pid] = process
end

--- The records of a process: a list of { result, name, seconds, place, notes }, where
--- result is "ok", "skip" or "not ok"; and the name of a spec that has no end.
local function results_of(process)
  local list, open = {}, nil
  for line in read(process.records):gmatch "[^\n]*" do
    local result, name = line:match "^(n?o?t? ?ok) %d+ %- (.*)$"
    local last = list[#list]
    if result then
      list[#list + 1] = { result = name:find " # SKIP " and "skip" or result, name = name,
        seconds = 0, notes = {} }
      open = nil
    elseif line:find "^# begins: " then
      open = line:match "^# begins: (.*)$"
    elseif last and not last.place then
      local seconds, place = line:match "^# ([%d.]+) s, (.*)$"
      last.seconds, last.place = tonumber(seconds) or 0, place or process.file
    elseif last and line ~= "" then
      table.insert(last.notes, line)
    end
  end
  return list, open
end

--- The results of a process, where what went wrong outside its specs is one, too.
local function complete_results(process)
  local list, open = results_of(process)
  local has_failed = false
  for _, each in ipairs(list) do
    has_failed = has_failed or each.result == "not ok"
  end
  if open or process.status and not has_failed then
    list[#list + 1] = { result = "not ok", name = open or process.file, seconds = 0,
      place = process.file,
      notes = { ("# its process ended with %s"):format(process.status or "status 0") } }
    has_failed = true
  end
  return list, has_failed
end

-- --- what is shown -----------------------------------------------------------------

local is_terminal = uv.guess_handle(1) == "tty" and os.getenv "TERM" ~= "dumb" and not given.is_tap
local count, counts, all, ended = 0, { ok = 0, skip = 0, ["not ok"] = 0 }, {}, 0

local function print_now(text)
  io.write(is_terminal and "\r\27[K" or "", text)
  io.flush()
end

local function show_progress()
  if is_terminal then
    print_now(("%d of %d files, %d failures"):format(ended, #given.files, counts["not ok"]))
  end
end

local function show(each)
  if given.is_tap then
    print_now(("%s %d - %s\n"):format(each.result == "skip" and "ok" or each.result, count,
      each.name))
    for _, line in ipairs(each.notes) do
      print_now(line .. "\n")
    end
  elseif each.result == "not ok" then
    print_now(("Failure: %s\n  %s\n"):format(each.name, each.place))
    for _, line in ipairs(each.notes) do
      print_now(line:gsub("^#", " ") .. "\n")
    end
    print_now "\n"
  end
end

--- Shows what a process that went wrong has printed.
local function show_printed(process)
  local text = read(process.printed):sub(-LONGEST):gsub("\n$", "")
  if text ~= "" then
    text = ("printed by %s:\n%s"):format(process.file, text)
    print_now((given.is_tap and "# " .. text:gsub("\n", "\n# ") or text) .. "\n")
  end
end

local function show_end(seconds)
  local prefix = given.is_tap and "# " or ""
  table.sort(all, function(a, b) return a.seconds > b.seconds end)
  print_now(count > 0 and prefix .. "The slowest:\n" or "")
  for i = 1, math.min(SLOWEST, #all) do
    print_now(("%s%6.1f s  %s  %s\n"):format(prefix, all[i].seconds, all[i].place, all[i].name))
  end
  if given.is_tap then
    print_now(("1..%d\n"):format(count))
  end
  print_now(("%s%d successes / %d failures / %d pending : %.1f seconds\n"):format(prefix, counts.ok,
    counts["not ok"], counts.skip, seconds))
end

-- --- all files ---------------------------------------------------------------------

--- Ends what still runs, and removes what it has left.
local function clean_up()
  for pid in pairs(running) do
    pcall(uv.kill, -pid, "sigkill")
  end
  -- tmux's servers are in sessions of their own.
  os.execute(("for s in %s/*/*/socket; do [ -S \"$s\" ] && tmux -S \"$s\" kill-server; done "
    .. "2>/dev/null; rm -rf %s"):format(quoted(folder), quoted(folder)))
end

--- Tells if a signal is ignored, as SIGHUP is under nohup.
local function is_ignored(number)
  local mask = read("/proc/self/status"):match "SigIgn:%s*(%x+)"
  return mask and tonumber(mask, 16) >> (number - 1) & 1 == 1
end

for name, number in pairs { sighup = 1, sigint = 2, sigpipe = 13, sigterm = 15 } do
  if not is_ignored(number) then
    uv.new_signal():start(name, function()
      clean_up()
      print_now(given.is_tap and "Bail out! interrupted\n" or "interrupted\n")
      os.exit(128 + number)
    end)
  end
end

local began, next_file = uv.hrtime(), 0

local function start_next()
  next_file = next_file + 1
  local file = given.files[next_file]
  if not file then
    return
  end
  start(next_file, file, function(process)
    local results, has_failed = complete_results(process)
    ended = ended + 1
    for _, each in ipairs(results) do
      count = count + 1
      counts[each.result] = counts[each.result] + 1
      if each.result ~= "skip" then
        table.insert(all, each)
      end
      show(each)
    end
    if has_failed then
      show_printed(process)
    end
    show_progress()
    start_next()
  end)
end

show_progress()
for _ = 1, number_of_jobs() do
  start_next()
end
repeat
  uv.run "once"
until not next(running)
clean_up()
show_end((uv.hrtime() - began) * 1e-9)
if count == 0 then
  fail "no spec was run; `make check` runs those that are tagged #slow"
end
os.exit(counts["not ok"] == 0)
