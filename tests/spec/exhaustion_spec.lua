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

  it("workspaces are refused, too", function()
    local output = output_of [[
      local a = pg.rand(20 * MB)
      core.limit_memory(250 * MB)
      try(a.sort, a)
    ]]
    assert.matches("not enough memory for %d+ bytes; %d+ are available\n$", output)
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
    local pipe = assert(io.popen(("ulimit -v %d; timeout 20 '%s' %s 2>&1; echo exit $?"):format(
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
