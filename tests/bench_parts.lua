-- Reads parts of an array that is larger than the memory of a control group, and trains on it.
--
--   build/perigee tests/bench_parts.lua [copies=10 megabytes=128 data=mnist]
--
-- The array is the data's x_train, `copies` times. Each row runs in a process of its own, in a
-- control group of so many megabytes, with none of the file in the system's cache; where no group
-- can be made, without one. It prints the time, the peak of the group (with cached pages of the
-- file, which the system drops), and the process's own memory at the end.

package.path = (arg[0]:match "^(.*)/" or ".") .. "/?.lua;" .. package.path

local options = require "perigee.options"
local pg = require "perigee"
local timing = require "timing"
local uv = require "luv"

local o = options.read(arg, { copies = 10, megabytes = 128, data = "mnist" })
local PROGRAM = uv.exepath()
local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/bench-XXXXXX"))

local function at(name)
  return folder .. "/" .. name
end

local function read(path)
  local file <close> = io.open(path)
  return file and file:read "a"
end

local function write(path, text)
  local file <close> = io.open(path, "w")
  return file and file:write(text) and file:flush() and true
end

-- --- the control group -------------------------------------------------------------

--- The folder in which this process's groups lie, and the names of a group's files.
local function parent()
  local text = read "/proc/self/cgroup" or ""
  local path = text:match ":memory:(/[^\n]*)"
  if path then
    return "/sys/fs/cgroup/memory" .. path, "memory.limit_in_bytes", "memory.max_usage_in_bytes"
  end
  path = "/sys/fs/cgroup" .. (text:match "0::(/[^\n]*)" or "")
  write(path .. "/cgroup.subtree_control", "+memory")
  return path, "memory.max", "memory.peak"
end

local above, limit, peak = parent()
local group = above .. "/perigee-bench-" .. uv.os_getpid()
uv.fs_mkdir(group, 493)
local has_group = write(group .. "/" .. limit, tostring(o.megabytes << 20))

--- Seconds, the peak of the group in bytes or nil, and the output of a script.
local function run(script)
  os.execute(("for f in '%s'/x.*; do dd of=$f oflag=nocache conv=notrunc,fdatasync count=0 "
    .. "2>/dev/null; done"):format(folder))
  write(group .. "/" .. peak, "0")
  assert(pg.write(at "script.lua", script))
  local join = has_group and ("echo $$ > '%s/cgroup.procs';"):format(group) or ""
  local output
  local seconds = timing.seconds(function()
    local pipe = assert(io.popen(("%s exec '%s' '%s' 2>&1"):format(join, PROGRAM, at "script.lua")))
    output = pipe:read "a"
    pipe:close()
  end)
  return seconds, has_group and tonumber(read(group .. "/" .. peak)) or nil, output
end

-- --- the data ----------------------------------------------------------------------

do
  local data <close> = pg.dataset(o.data)
  local x, copies, labels = data.x_train:reshape(#data.x_train, -1), {}, {}
  for i = 1, o.copies do
    copies[i], labels[i] = x, data.y_train
  end
  local all = pg.concat(copies, 1)
  pg.save(at "x.npy", all)
  pg.save(at "x.npz", { x = all })
  pg.save(at "x.deflated.npz", { x = all }, { compress = true })
  pg.save(at "y.npy", pg.concat(labels, 1))
  print(("x of %.0f MB in a group of %s"):format(all.size * 1e-6,
    has_group and o.megabytes .. " MiB" or "no limit: none can be made here"))
end
collectgarbage()
collectgarbage()

local START = ([[
local pg = require "perigee"
local function at(name) return "%s/" .. name end
]]):format(folder)
local FINISH = [[

local own = io.open "/proc/self/status":read "a":match "RssAnon:%s*(%d+)"
print(("own %d"):format(own))
]]
local TRAIN = [[
local x, y = pg.load(at "x.npy", { map = true }), pg.load(at "y.npy")
local m = pg.Model(x, y, { hidden = 32, seed = 0, scale = 1 / 255 })
]]

local ROWS = {
  { "the whole array", [[print(pcall(pg.load, at "x.npy"))]] },
  { "1000 rows, .npy", [[local a = pg.load(at "x.npy", { rows = { -1000, -1 } })]] },
  { "1000 rows, stored", [[local a = pg.load(at "x.npz", { rows = { x = { -1000, -1 } } }).x]] },
  { "1000 rows, deflated",
    [[local a = pg.load(at "x.deflated.npz", { rows = { x = { -1000, -1 } } }).x]] },
  { "map", [[local a = pg.load(at "x.npz", { map = true }).x]] },
  { "map, sum", [[print(pg.load(at "x.npy", { map = true }):sum())]] },
  { "300 batches of 256", TRAIN .. "m:fit { iterations = 300, batch = 256 }" },
  { "2 steps of all rows", TRAIN .. "m:fit { iterations = 2 }" },
}

print(("%-22s %9s %10s %8s"):format("", "seconds", "group, MB", "own, MB"))
for _, row in ipairs(ROWS) do
  local seconds, bytes, output = run(START .. row[2] .. FINISH)
  local own = tonumber(output:match "own (%d+)")
  print(("%-22s %9.2f %10s %8s"):format(row[1], seconds,
    bytes and ("%.0f"):format(bytes * 1e-6) or "-", own and ("%.0f"):format(own * 1.024e-3) or "-")
    .. (output:find "false" and "  " .. output:match "not enough memory[^\n]*" or ""))
  if not own then
    io.stderr:write(output)
  end
end
os.execute(("rm -rf '%s'"):format(folder))
uv.fs_rmdir(group)
os.exit(true)
