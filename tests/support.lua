-- What several specs need.
-- luacheck: ignore 122 (io.stderr is replaced)

local pg = require "perigee"

local support = {}

support.dtypes = {
  "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
  "float32", "float64",
}

--- An array's shape as text: "2,3".
function support.shape(a)
  return table.concat(a.shape, ",")
end

--- Fails unless f raises, with that text in its message, which begins where the spec is that
--- called.
function support.raises_here(text, f)
  local here = debug.getinfo(2, "S").short_src:match "[^/]+$"
  local worked, message = pcall(f)
  if worked then
    error("nothing was raised, where expected: " .. text, 2)
  elseif not tostring(message):find(text, 1, true) then
    error(("'%s' does not say: %s"):format(message, text), 2)
  elseif not message:find(here .. ":%d+: ") then
    error(("'%s' does not begin in %s"):format(message, here), 2)
  end
end

--- The text that f writes on standard error, which is no terminal then, and its results.
function support.listen(f)
  local stderr, path = io.stderr, os.tmpname()
  io.stderr = assert(io.open(path, "w+"))
  local results = table.pack(pcall(f))
  io.stderr:seek "set"
  local text = io.stderr:read "a"
  io.stderr:close()
  io.stderr = stderr
  os.remove(path)
  assert(results[1], results[2])
  return text, table.unpack(results, 2, results.n)
end

--- The bytes of arrays that are alive: what other specs have left is collected first, finalizers
--- and what they hold included.
function support.live_bytes()
  collectgarbage()
  collectgarbage()
  return pg.info().bytes
end

--- Calls f and raises an error in it after so many instructions; whether it came to that.
function support.interrupted(instructions, f)
  local thread = coroutine.create(f)
  debug.sethook(thread, function()
    debug.sethook(thread)
    error("interrupted!", 0)
  end, "", instructions)
  local worked, message = coroutine.resume(thread)
  debug.sethook(thread)
  assert(worked or tostring(message):find "interrupted!", message)
  return not worked
end

--- Fails unless make() gives arrays of the same bits on 1, 2 and 8 threads.
function support.assert_same_bits(make)
  local before = pg.threads(1)
  local one = make()
  for _, threads in ipairs { 2, 8 } do
    pg.threads(threads)
    for i, result in ipairs(make()) do
      if not result:eq(one[i]):min() then
        error(("result %d differs on %d threads"):format(i, threads), 2)
      end
    end
  end
  pg.threads(before)
end

return support
