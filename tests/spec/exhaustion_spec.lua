-- Memory that is used up is an error, and not the end of the process: in the core, and where it is
-- told to guard it, in Lua. A process of its own is given less than the system has.

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

local FRAME = [[
  local core = require "perigee.core"
  local pg = require "perigee"
  local MB = 1 << 20
  local function try(f, ...)
    print(select(2, pcall(f, ...)))
    collectgarbage()
  end
  %s
]]

local function output_of(script)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write((FRAME:format(script)))
  file:close()
  local pipe = assert(io.popen(("'%s' %s 2>&1"):format(PROGRAM, path)))
  local output = pipe:read "a"
  pipe:close()
  os.remove(path)
  return output
end

describe("without enough memory,", function()
  it("an array is refused with both numbers, and a smaller one is made", function()
    local output = output_of [[
      core.limit_memory(100 * MB)
      try(pg.zeros, 20 * MB)
      try(function() return pg.zeros(MB).size end)
    ]]
    assert.matches("^not enough memory for a float64 array of shape %(20971520,%): it takes "
      .. "167772160 bytes; %d+ are available\n1048576\n$", output)
  end)

  it("many arrays are refused, and their memory can be had again", function()
    local output = output_of [[
      core.limit_memory(300 * MB)
      try(function()
        local kept = {}
        while true do kept[#kept + 1] = pg.zeros(4 * MB) end
      end)
      try(function() return pg.zeros(4 * MB).size end)
    ]]
    assert.matches("not enough memory for a float64 array [^\n]* are available\n4194304\n$", output)
  end)

  it("workspaces are refused, too #memory", function()
    local output = output_of [[
      local a = pg.rand(20 * MB)
      core.limit_memory(250 * MB)
      try(a.sort, a)
    ]]
    assert.matches("not enough memory for %d+ bytes; %d+ are available\n$", output)
  end)

  describe("but with garbage that holds it, #memory", function()
    --- 160 MB of garbage, of 250 MB that there are, and then the script.
    local function after_garbage(script)
      return output_of([[
        local big, wide, g = pg.zeros({ 100 * MB }, "bool"), pg.ones(13 * MB), pg.random(0)
        collectgarbage()
        core.limit_memory(250 * MB)
        local function leave() pg.zeros(20 * MB) end
        leave()
      ]] .. script)
    end

    it("operators and functions get what they need", function()
      for _, call in ipairs {
        "big + big", "~big", "2 * wide", "big[big:rows(1, 100 * MB)] + 1", "wide['::-1'] - 1",
        "big:astype 'int8'", "pg.zeros(13 * MB)", "pg.full(13, MB, 7)", "pg.maximum(wide, 2)",
        "pg.concat { big, big:rows(1, 4 * MB) }", "wide:cumsum()",
      } do
        local output = after_garbage("print(pcall(function() return #(" .. call .. ") end))")
        assert.matches("^true\t%d+\n$", output, 1, call)
      end
    end)

    it("options in an axis's place stay options", function()
      for _, call in ipairs {
        "wide:median { keep = true }", "wide:quantile(0.5, { keep = true })",
      } do
        local output = after_garbage("local a = " .. call .. " print(#a, a[1])")
        assert.matches("^%d+\t1.0\n$", output, 1, call)
      end
    end)

    it("what changes an array in place changes it once", function()
      assert.equal("2.0\t2.0\n", after_garbage [[
        wide:add_(wide["::-1"])
        print(wide:min(), wide:max())
      ]])
      for _, key in ipairs { "':'", "wide:gt(0)" } do
        assert.equal("true\n", after_garbage(
          ("print((pcall(function() wide[%s] = wide['::-1'] end)))"):format(key)), key)
      end
    end)

    it("a generator draws what it would have drawn", function()
      assert.equal("true\ttrue\n", after_garbage [[
        local drawn = g:rand(13 * MB)
        local last, following = drawn[-1], g:rand()
        drawn:free()
        local other = pg.random(0)
        print(other:rand(13 * MB)[-1] == last, other:rand() == following)
      ]])
    end)

    it("files are loaded, and trainings made", function()
      assert.equal("13631488\ttrue\n", after_garbage [[
        collectgarbage()
        local path = os.tmpname() .. ".npy"
        pg.save(path, wide)
        leave()
        local loaded = pg.load(path)
        os.remove(path)
        io.write(#loaded, "\t")
        loaded:free()
        leave()
        local m = pg.Model(big:reshape(MB, 100), pg.zeros(MB), { hidden = 4, classes = 2 })
        leave()
        m:fit { iterations = 2 }
        print(m:predict(big:reshape(MB, 100)):max() <= 1)
      ]])
    end)

    it("what cannot be had is refused, after other errors at the same place, too", function()
      assert.equal("false\nfalse\nfalse\n", after_garbage [[
        for _, size in ipairs { "wrong", 100 * MB, 100 * MB } do print((pcall(pg.zeros, size))) end
      ]])
    end)

    it("nothing is collected where the collector was stopped", function()
      assert.matches("^false\t[^\n]*not enough memory.*\ntrue\n$", after_garbage [[
        collectgarbage "stop"
        print(pcall(pg.zeros, 16 * MB))
        collectgarbage "restart"
        print((pcall(pg.zeros, 16 * MB)))
      ]])
    end)
  end)

  it("the limit can be taken away", function()
    local output = output_of [[
      core.limit_memory(MB)
      core.limit_memory()
      try(function() return pg.zeros(20 * MB).size end)
    ]]
    assert.equal("20971520\n", output)
  end)

  it("a guarded heap raises, and is usable afterwards", function()
    local output = output_of [[
      core.guard_memory(true)
      core.limit_memory(400 * MB)
      try(function()
        local t = {}
        while true do t[#t + 1] = ("x"):rep(20 * MB) .. #t end
      end)
      try(function()
        local t = {}
        while true do t[#t + 1] = { #t } end
      end)
      try(function() return #("x"):rep(20 * MB) end)
    ]]
    assert.equal("not enough memory\nnot enough memory\n20971520\n", output)
  end)

  it("a heap whose guard was taken off is let alone", function()
    local output = output_of [[
      core.guard_memory(true)
      core.guard_memory(false)
      core.guard_memory(false)
      core.limit_memory(MB)
      try(function() return #("x"):rep(100 * MB) end)
    ]]
    assert.equal("104857600\n", output)
  end)

  it("neither is offered to scripts", function()
    local pg = require "perigee"
    assert.is_nil(rawget(pg, "guard_memory"))
    assert.is_nil(rawget(pg, "limit_memory"))
  end)
end)

-- Under AddressSanitizer no program runs with so little address space.
describe("with a limit on address space, #memory", function()
  local PRODUCT = [[
    local pg = require "perigee"
    pg.threads(%d)
    print(pg.ones(2000, 300):dot(pg.ones(300, 300)):sum())
    local x, y = pg.rand(600, 30), pg.permutation(600) %% 10
    print(pg.Model(x, y, {hidden = 20}):fit {iterations = 2}.shape[1])
  ]]

  local function output_under(megabytes, threads, interpreter)
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write(PRODUCT:format(threads))
    file:close()
    local pipe = assert(io.popen(("ulimit -v %d; timeout 300 '%s' %s 2>&1; echo exit $?"):format(
      megabytes * 1024, interpreter, path)))
    local output = pipe:read "a"
    pipe:close()
    os.remove(path)
    return output
  end

  local REFUSED = "not enough memory for a product: OpenBLAS needs %%d+ MB of address space for a "
    .. "buffer; this process is limited to %d MB in all %%(ulimit %%-v%%)\n.*exit 1\n$"

  for _, threads in ipairs { 1, 2, 8 } do
    it(("a product by %d threads is made or refused, in time"):format(threads), function()
      for _, megabytes in ipairs { 150, 200, 300, 500, 1000 } do
        local output = output_under(megabytes, threads, PROGRAM)
        if not output:find("^180000000%.0\n2\nexit 0\n$") then
          assert.matches(REFUSED:format(megabytes), output)
        end
      end
    end)
  end

  it("a stock Lua loads the module, and is refused the product #stock", function()
    assert.matches(REFUSED:format(150), output_under(150, 2, "lua5.4"))
  end)
end)
