-- Whether a training that is killed again and again ends in the bits of one that is not.
--
--   build/perigee tests/resume.lua [kills=100] [seed=0] [lists=all,batches,schedules]
--     [subjects=sgd,own]
--
-- For each optimizer, and a model with a forward function, from all rows, from batches of them,
-- and with a schedule: a training in one process, and one whose process is killed with SIGKILL at
-- random moments, and started again on another number of threads, until it was killed often
-- enough; then it is let run to the end. One that ends before is compared, and begun anew. After
-- each kill the file, where there is one, must load; at the end it must be that of the other
-- training, byte for byte. Exit status 1 where it is not, with the files kept.

local HERE = arg[0]:match "^(.*)/" or "."
package.path = HERE .. "/?.lua;" .. package.path

local pg = require "perigee"
local core = require "perigee.core"
local options = require "perigee.options"
local fs = require "perigee.util.fs"
local timing = require "timing"
local uv = require "luv"

local SUBJECTS = table.move(core.trainer.optimizers, 1, #core.trainer.optimizers, 1, {})
SUBJECTS[#SUBJECTS + 1] = "own"

local o = options.read(arg, {
  kills = 100, seed = 0, subjects = SUBJECTS,
  lists = { "all", "batches", "schedules" }, -- of trainings, in resume_child.lua
})

local CHILD = HERE .. "/resume_child.lua"
local THREADS = { 1, 2, 8 }
local SAVE_EVERY = 7 -- updates: an epoch of batches has 3, and saves fall everywhere in it
local LIFE = 0.2 -- of the undisturbed training's time: how long a process lives at most
local LIMIT = 300 -- seconds: a process that is not to be killed, and takes longer, hangs

-- --- files --------------------------------------------------------------------------

local function contents(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

--- Removes what saves left that were not finished; how many.
local function sweep(folder)
  local count = 0
  for _, name in ipairs(fs.names_in(folder)) do
    if name:find "%.tmp$" then
      assert(os.remove(folder .. "/" .. name))
      count = count + 1
    end
  end
  return count
end

local function in_folder(f)
  local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/resume-XXXXXX"))
  local ok, message = pcall(f, folder)
  if not ok then
    io.stderr:write(("resume: %s\nthe files are in %s\n"):format(message, folder))
    os.exit(1, true)
  end
  for _, name in ipairs(fs.names_in(folder)) do
    os.remove(folder .. "/" .. name)
  end
  os.remove(folder)
end

-- --- a process ----------------------------------------------------------------------

--- Starts the training and waits for its end, or kills it after so many seconds.
---@return boolean  # whether it was killed
---@return string  # what it wrote
local function start(training, file, save_every, threads, seconds)
  local path = training.folder .. "/written"
  local written = assert(uv.fs_open(path, "w", tonumber("600", 8)))
  local timer, too_long, status, signal = uv.new_timer(), false, nil, nil
  uv.os_setenv("PERIGEE_THREADS", tostring(threads))
  local process
  process = assert(uv.spawn(uv.exepath(), {
    args = {
      CHILD, "subject=" .. training.subject, "rows=" .. training.rows, "file=" .. file,
      "save_every=" .. save_every, "seed=" .. o.seed,
    },
    stdio = { nil, written, written },
  }, function(...)
    status, signal = ...
    timer:close()
    process:close()
  end))
  uv.update_time()
  timer:start(math.floor(seconds * 1000), 0, function()
    too_long = true
    process:kill "sigkill"
  end)
  uv.run()
  uv.fs_close(written)
  local killed, text = too_long and signal == uv.constants.SIGKILL, contents(path)
  if not killed and (status ~= 0 or signal ~= 0) then
    error(("%s: status %d, signal %d: %s"):format(training.name, status, signal, text), 0)
  end
  return killed, text
end

--- Starts it and waits for its end.
local function finish(training, file, save_every, threads)
  local killed, text = start(training, file, save_every, threads, LIMIT)
  if killed then
    error(("%s: not at its end after %d s: %s"):format(training.name, LIMIT, text), 0)
  end
  return text
end

-- --- comparing ----------------------------------------------------------------------

local function shape_of(a)
  return a and a.dtype .. " " .. table.concat(a.shape, ",")
end

--- The names of the members in which two files differ.
local function different_members(path, expected_path)
  local archive <close> = assert(pg.load(path))
  local expected <close> = assert(pg.load(expected_path))
  local names = {}
  for _, name in ipairs(expected:keys()) do
    local a, b = archive:get(name), expected:get(name)
    if shape_of(a) ~= shape_of(b) or not a:eq(b):all() then
      names[#names + 1] = name
    end
  end
  return table.concat(names, " ")
end

local function check_same(training)
  local file, expected = training.file, training.expected
  if contents(file) ~= contents(expected) then
    error(("%s: after %d kills %s is not %s, but differs in: %s"):format(training.name,
      training.counts.kills, file, expected, different_members(file, expected)), 0)
  end
end

local function check_whole(training)
  if uv.fs_stat(training.file) then
    local loads, message = pcall(pg.Model.load, training.file)
    if not loads and not message:find "has a forward function, which a file does not keep" then
      error(("%s: after %d kills: %s"):format(training.name, training.counts.kills, message), 0)
    end
  end
end

-- --- a training ---------------------------------------------------------------------

--- Whether the process went on from a file.
local function has_resumed(text)
  return (tonumber(text:match "^%d+\n") or 0) > 0
end

--- One process, which is killed at a random moment unless it is the last; whether it was killed.
local function run_process(training, is_last)
  local counts, file = training.counts, training.file
  local threads = THREADS[counts.starts % #THREADS + 1]
  local killed, text
  if is_last then
    killed, text = false, finish(training, file, SAVE_EVERY, threads)
  else
    local seconds = training.random:uniform(0, LIFE * training.seconds)
    killed, text = start(training, file, SAVE_EVERY, threads, seconds)
  end
  counts.starts = counts.starts + 1
  counts.resumed = counts.resumed + (has_resumed(text) and 1 or 0)
  return killed
end

--- One process after the other, until one comes to the end; how many kills are left then.
local function run_disturbed(training, kills)
  local counts = training.counts
  os.remove(training.file)
  while run_process(training, kills <= 0) do
    kills, counts.kills = kills - 1, counts.kills + 1
    counts.leftovers = counts.leftovers + sweep(training.folder)
    check_whole(training)
  end
  counts.ends = counts.ends + 1
  return kills
end

local function run(training, kills)
  training.seconds = timing.seconds(function()
    finish(training, training.expected, 0, THREADS[1])
  end)
  repeat
    kills = run_disturbed(training, kills)
    check_same(training)
  until kills <= 0
  os.remove(training.expected)
end

--- The trainings of a subject: each gets its share of the kills.
local function run_subject(subject, folder, random)
  local counts = { kills = 0, leftovers = 0, starts = 0, resumed = 0, ends = 0 }
  for i, rows in ipairs(o.lists) do
    run({
      name = ("%s, %s, seed %d"):format(subject, rows, o.seed), subject = subject,
      rows = rows, folder = folder, file = folder .. "/disturbed.npz",
      expected = folder .. "/undisturbed.npz", random = random, counts = counts,
    }, (o.kills + i - 1) // #o.lists)
  end
  return counts
end

local function report(subject, counts)
  local threads = table.concat(THREADS, " ", 1, math.min(counts.starts, #THREADS))
  print(("%-9s  %d kills, %d left a temporary file; %d of %d starts resumed, threads %s; %d ends: "
    .. "same bits"):format(subject, counts.kills, counts.leftovers, counts.resumed,
    counts.starts, threads, counts.ends))
end

-- --- the run ------------------------------------------------------------------------

local kills, leftovers, ends = 0, 0, 0
in_folder(function(folder)
  local random = pg.random(o.seed)
  for _, subject in ipairs(o.subjects) do
    local counts = run_subject(subject, folder, random)
    report(subject, counts)
    kills, leftovers, ends = kills + counts.kills, leftovers + counts.leftovers, ends + counts.ends
  end
end)
print(("%d subjects, %d kills, %d left a temporary file, %d trainings ended: all in the same "
  .. "bits"):format(#o.subjects, kills, leftovers, ends))
