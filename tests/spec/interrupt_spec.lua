-- Ctrl-C during a training: in the program, and in a stock lua5.4.

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

-- One step takes seconds here, so that the interrupt comes within one.
local SCRIPT = [[
  local uv = require "luv"
  local pg = require "perigee"
  pg.threads(1)
  local x = pg.rand(20000, 500):astype "float32"
  local m = pg.Model(x, pg.range(0, 19999) % 10, { hidden = {1000, 500}, seed = 0 })
  local before = m.weights.W1:copy()
  local line = ("sleep 0.5; kill -INT %d"):format(uv.os_getpid())
  uv.spawn("sh", { args = { "-c", line } })
  local began = uv.hrtime()
  local ok, message = pcall(m.fit, m, { iterations = 20 })
  print(ok, message, (uv.hrtime() - began) * 1e-9)
  print(m.weights.W1:eq(before):min(), #m:predict(x:rows(1, 3)))
]]

local function run(program)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write(SCRIPT)
  file:close()
  local pipe = assert(io.popen(("%s %s 2>&1"):format(program, path)))
  local output = pipe:read "a"
  pipe:close()
  os.remove(path)
  return output
end

local function check(program)
  local output = run(program)
  local seconds = output:match "^false\t[^\n]*interrupted!\t([%d.]+)\n"
  assert.truthy(seconds, output)
  assert.is_true(tonumber(seconds) < 1.5, output)
  assert.matches("\ntrue\t3\n$", output)
end

describe("Ctrl-C during a step", function()
  it("ends it soon, and leaves the model as it was #slow", function()
    check("'" .. PROGRAM .. "'")
  end)

  it("does so in a stock lua5.4, too #stock #slow", function()
    check "lua5.4"
  end)
end)
