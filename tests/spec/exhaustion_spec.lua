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
