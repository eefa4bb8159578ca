-- Lets each system call of a save fail in turn, and kills the process at each.
--
--   build/perigee tests/save_faults.lua build
--
-- A call fails with EIO, ENOSPC or EINTR, is short, finds the disk full from then on, or is the
-- process's last. The file must then have the bytes that it had, or those of a save without a
-- fault: the first if the save has raised, the second if it hasn't. A save that wasn't killed
-- leaves no other file; the one after a kill removes what that has left. Calls that a signal
-- interrupts, and short ones, must not fail the save; fcntl can't be interrupted.

local build = assert(arg[1], "usage: save_faults.lua FOLDER OF THE BUILD")
local calls = assert(package.loadlib(build .. "/calls.so", "luaopen_calls"))()

local fs = require "perigee.util.fs"
local pg = require "perigee"
local uv = require "luv"

local FAULTS = { "EIO", "ENOSPC", "EINTR", "short", "full", "kill" }

-- Memory, where the system has a file system in it, so that the disk takes no time.
local folder = assert(uv.fs_mkdtemp((uv.fs_stat "/dev/shm" and "/dev/shm" or uv.os_tmpdir())
  .. "/saves-XXXXXX"))

local function at(name)
  return folder .. "/" .. name
end

local function contents(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function empty()
  for _, name in ipairs(fs.names_in(folder)) do
    os.remove(at(name))
  end
end

local function give_up(...)
  io.stderr:write("save_faults: ", (...):format(select(2, ...)), "\n")
  empty()
  os.remove(folder)
  os.exit(1)
end

pg.threads(1) -- the system lets no thread begin whose calls are trapped

-- --- the saves ------------------------------------------------------------------------

local x, y = pg.rand(20, 8), pg.permutation(20) % 3
local model = pg.Model(x, y, { hidden = 5, seed = 0, optimizer = "adam", batch = 10 })
model:fit { iterations = 2 }
local picture = (pg.rand(20, 30) * 255):astype "uint8"
local large = pg.rand(5 << 18) -- 10 MB
local weights = { a = pg.rand(30), b = pg.zeros(5000), c = pg.range(1, 9) }

local csv_columns = { names = { "a", "b" }, a = pg.rand(8000), b = {} }
for i = 1, 8000 do
  csv_columns.b[i] = ("text %d"):format(i)
end

local function saved(arrays, options)
  return function(path) pg.save(path, arrays, options) end
end

--- Each is saved over what `before` has made: a function, a text, or nothing.
local SAVES = {
  { "npy", "w.npy", saved(pg.rand(3000)), before = "old" },
  { "npy, new", "w.npy", saved(pg.rand(300)) },
  { "npz", "w.npz", saved(weights), before = "old" },
  { "npz, deflated", "w.npz", saved(weights, { compress = true }), before = saved { z = 1 } },
  { "append", "w.npz", saved({ d = 1, e = pg.rand(20000) }, { append = true }),
    before = saved(weights) },
  { "append, replacing", "w.npz", saved({ b = x, z = y }, { append = true, compress = true }),
    before = saved(weights, { compress = true }) },
  { "append, new", "w.npz", saved(weights, { append = true }) },
  { "model", "m.npz", function(path) model:save(path) end, before = "old" },
  { "text", "t.txt", function(path) pg.write(path, ("line\n"):rep(1000)) end, before = "old" },
  { "text, new", "t.txt", function(path) pg.write(path, "") end },
  { "csv", "t.csv", function(path) pg.write_csv(path, csv_columns) end, before = "old" },
  { "csv, new", "t.csv", function(path) pg.write_csv(path, x) end },
  { "npz, large", "w.npz", saved({ a = large, b = large }), before = "old",
    faults = { "ENOSPC", "EINTR", "short", "kill" } },
  { "through a link", "link.npy", saved { 1, 2, 3 }, target = "w.npy", before = "old" },
}

-- It stays loaded, so that none of the calls is the dynamic linker's.
if package.loadlib("libpng16.so.16", "*") then
  SAVES[#SAVES + 1] = { "png", "p.png", function(path) pg.save_png(path, picture) end,
    before = "old" }
end

-- --- the run -----------------------------------------------------------------------------

local counts = { runs = 0, kills = 0, left = 0 }

--- Tells if there are files beside the saved one; gives up if they may not be left.
local function has_left(what, save, may_leave)
  local left = false
  for _, name in ipairs(fs.names_in(folder)) do
    if name ~= save[2] and name ~= save.target then
      if not may_leave then
        give_up("%s: leaves %s", what, name)
      end
      left = true
    end
  end
  return left
end

local function prepare(save, path)
  empty()
  if save.target then
    assert(uv.fs_symlink(save.target, path))
  end
  if type(save.before) == "string" then
    write(path, save.before)
  elseif save.before then
    save.before(path)
  end
end

local function names_file(message, save)
  return message:find(at(save[2]), 1, true)
    or save.target and message:find(at(save.target), 1, true)
end

--- Runs a save with a fault; false if it has fewer calls.
local function attempt(save, fault, n, named, old, new)
  local path = at(save[2])
  local what = ("%s%s, call %d, %s"):format(save[1], named and ", named" or "", n, fault)
  prepare(save, path)
  local how, count, hit, message = calls.run(function() save[3](path) end, fault, n, named)
  local found = contents(path)
  if found ~= old and found ~= new then
    give_up("%s: %d bytes that are neither the old nor the new file", what, found and #found or -1)
  elseif how == "worked" and found ~= new then
    give_up("%s: nothing was raised, and the file is the old one", what)
  elseif how == "failed" and found ~= old then
    give_up("%s: raises, and the file is new: %s", what, message)
  elseif how == "failed" and not names_file(message, save) then
    give_up("%s: the message doesn't name the file: %s", what, message)
  elseif how == "failed" and (fault == "EINTR" or fault == "short") and hit ~= calls.fcntl then
    give_up("%s: %s", what, message)
  elseif how ~= "worked" and how ~= "failed" and (how ~= "killed" or fault ~= "kill") then
    give_up("%s: %s", what, how)
  end
  if save.target and uv.fs_lstat(path).type ~= "link" then
    give_up("%s: the link is gone", what)
  end
  counts.runs = counts.runs + 1
  counts.kills = counts.kills + (how == "killed" and 1 or 0)
  if has_left(what, save, how == "killed" or hit == calls.unlinkat) then
    counts.left = counts.left + 1
    save[3](path)
    has_left(what .. ", and saved again", save)
  end
  return how == "killed" or n <= count
end

local function sweep(save, named)
  local path = at(save[2])
  prepare(save, path)
  local old = contents(path)
  save[3](path)
  local new = contents(path)
  for _, fault in ipairs(save.faults or FAULTS) do
    local n = 1
    while attempt(save, fault, n, named, old, new) do
      n = n + 1
    end
  end
end

if calls.run(function() end, "EIO", 0) == "can't trap" then
  print "this system does not trap system calls: nothing was tried"
  os.exit(true)
end
local started = uv.hrtime()
for _, save in ipairs(SAVES) do
  for _, named in ipairs(save.faults and { false } or { false, true }) do
    sweep(save, named)
  end
end
empty()
os.remove(folder)
print(("%d ways to save, %d failed calls, %d kills: the old file or the new one, each time; %d "
  .. "left a temporary file, which the next save removed; %.0f s"):format(#SAVES,
  counts.runs - counts.kills, counts.kills, counts.left, (uv.hrtime() - started) / 1e9))
