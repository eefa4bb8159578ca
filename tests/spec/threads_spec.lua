-- Several Lua states in one process, each on a thread of its own. `make tsan` runs these under
-- ThreadSanitizer, whose reports are output that is not expected.

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

-- For scripts: joins(n, f, ...) runs f in n new states at once, each with its number.
local FRAME = [[
  local uv = require "luv"
  local function start(f, ...)
    return uv.new_thread(f, ...)
  end
  local function joins(n, f, ...)
    local threads = {}
    for i = 1, n do threads[i] = start(f, i, ...) end
    for i = 1, n do threads[i]:join() end
  end
  %s
  print "joined"
]]

local function output_of(program, script)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write((FRAME:format(script)))
  file:close()
  local pipe <close> = assert(io.popen(("'%s' %s 2>&1; echo $?"):format(program, path)))
  local output = pipe:read "a"
  os.remove(path)
  return output
end

local SCRIPTS = {
  ["compute at the same time"] = [[
    local function work(n)
      local pg = require "perigee"
      local a = pg.rand(200000)
      for i = 1, 10 do
        a:sort(); a:sum(); local b = (a + 1):exp()
        pg.rand(60, 60):dot(pg.rand(60, 60))
      end
      local x, y = pg.rand(500, 50), pg.randint(0, 3, 500)
      local m = pg.Model(x, y, { hidden = 8, seed = n })
      m:fit { iterations = 20 }
      pg.threads(1 + n % 2) -- all states have one number
    end
    joins(3, work)
  ]],
  ["begin and end while others compute"] = [[
    local function short(n)
      local pg = require "perigee"
      if pg.range(1, 1000 * n):sum() ~= 500 * n * (1000 * n + 1) then print "wrong" end
    end
    local function long()
      local pg = require "perigee"
      for i = 1, 30 do
        if pg.permutation(100000):sort():argmax() ~= 100000 then print "wrong" end
      end
    end
    local first = start(long)
    for _ = 1, 5 do joins(4, short) end
    first:join()
  ]],
  ["move from thread to thread"] = [[
    local work = uv.new_work(function(n)
      return require "perigee".range(1, n):sum()
    end, function(sum)
      if sum ~= 50000 * 100001 then print("wrong", sum) end
    end)
    for i = 1, 20 do work:queue(100000) end
    uv.run()
  ]],
  ["read and write files of their own"] = [[
    local function work(n, path)
      local pg = require "perigee"
      path = path .. n .. ".npz"
      for i = 1, 10 do
        pg.save(path, { a = pg.full({ 1000 }, n * i), b = pg.eye(20) }, { compress = true })
        local data = pg.load(path)
        if data.a:sum() ~= n * i * 1000 then print "wrong" end
        data:close()
        pcall(pg.load, path .. " is not there")
      end
      os.remove(path)
    end
    local path = os.tmpname()
    joins(3, work, path)
    os.remove(path)
  ]],
}

describe("states on several threads", function()
  for name, script in pairs(SCRIPTS) do
    it(name, function()
      assert.equal("joined\n0\n", output_of(PROGRAM, script))
    end)

    it(name .. ", in a stock lua5.4 #stock", function()
      assert.equal("joined\n0\n", output_of("lua5.4", script))
    end)
  end

  -- The thread opens the module first; the signal comes while all three compute.
  local INTERRUPTED = [[
    local function work()
      local uv, pg = require "luv", require "perigee"
      local ends, worked, message = uv.hrtime() + 1.5e9, true, nil
      repeat
        worked, message = pcall(function()
          assert(pg.permutation(200000):sort():argmax() == 200000, "left out")
        end)
      until not worked or uv.hrtime() > ends
      if not worked then print(message) end
    end
    local function interrupt()
      local uv = require "luv"
      uv.sleep(300)
      uv.kill(uv.os_getpid(), "sigint")
    end
    local first = start(work)
    uv.sleep(200)
    local pg = require "perigee"
    local a = pg.ones(2500, 2500, "int32")
    local second, signal, began, worked, message = start(work), nil, uv.hrtime(), nil, nil
    worked, message = pcall(function()
      signal = start(interrupt)
      while true do a:dot(a) end
    end)
    print(worked, tostring(message):match "interrupted!$", (uv.hrtime() - began) * 1e-9 < 100)
    for _, thread in ipairs { first, second, signal } do thread:join() end
  ]]

  it("leave Ctrl-C to the interpreter's, which hears it", function()
    assert.equal("false\tinterrupted!\ttrue\njoined\n0\n", output_of(PROGRAM, INTERRUPTED))
  end)

  it("leave Ctrl-C to a stock lua5.4's #stock", function()
    assert.equal("false\tinterrupted!\ttrue\njoined\n0\n", output_of("lua5.4", INTERRUPTED))
  end)

  -- luv copies the bytes of a userdata, and gives the copy the metatable of that name in a state
  -- that has opened the module.
  it("share no array and no archive", function()
    local output = output_of(
      PROGRAM,
      [[
        local pg = require "perigee"
        local temporary = os.tmpname()
        local path = temporary .. ".npz"
        pg.save(path, { a = pg.ones(3) }, { compress = true })
        local array, archive = pg.ones(1000), pg.load(path)
        local told = {}
        local text = [=[
          local pg, value = require "perigee", ...
          local class = type(value) == "userdata" and getmetatable(value)
          if not class then return end
          local tries = {}
          local uses = class.__name == "perigee.array" and {
            function() return value.shape end, function() return #value end,
            function() return value:free() end, function() return pg.sum(value) end,
            function() return pg.stack { value, value } end,
            function() return pg.forward(pg.ones(1, 1), { W1 = value, b1 = value }) end,
          } or {
            function() return value.a end, function() return value:get "a" end,
            function() return value:keys() end, function() return value:form "a" end,
            function() return value:checksum "a" end, function() return value.b end,
          }
          for i, f in ipairs(uses) do
            local worked, message = pcall(f)
            tries[i] = worked and "worked" or message:match "another Lua state" or "-"
          end
          class.__gc(value)
          return class.__name, table.concat(tries, ", ")
        ]=]
        -- luv damages a function of more than 1024 bytes, compiled.
        local work = uv.new_work(function(text, value) return load(text)(value) end,
          function(name, tries)
            if name then told[name] = tries end
          end)
        for round = 1, 3 do
          for i = 1, 16 do
            work:queue(text, round == 1 and "" or i % 2 == 0 and array or archive)
          end
          uv.run()
        end
        collectgarbage()
        print(told["perigee.array"])
        print(told["perigee.archive"])
        print(array:sum(), archive.a:sum())
        archive:close()
        os.remove(path)
        os.remove(temporary)
      ]]
    )
    local refused = ("another Lua state, "):rep(5) .. "another Lua state\n"
    assert.equal(refused .. refused .. "1000.0\t3.0\njoined\n0\n", output)
  end)
end)
