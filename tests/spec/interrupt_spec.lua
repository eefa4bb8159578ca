-- Ctrl-C within the core's work: in the program, and in a stock lua5.4.

local interrupts = require "tests.interrupts"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

-- Seconds from the signal to the error. A tenth is what is meant to be seen; other programs may be
-- at work beside the specs, and at their caches and disks, so there are several tries.
local SOON, TRIES = 0.25, 6

local function expect_soon(program, name)
  local seconds, output
  for _ = 1, TRIES do
    seconds, output = interrupts.seconds(program, name)
    assert.is_truthy(seconds, name .. ": " .. output)
    if seconds < SOON then
      return
    end
  end
  error(name .. ": " .. output)
end

describe("Ctrl-C", function()
  for _, name in ipairs(interrupts.names()) do
    it("ends soon, and leaves whole: " .. name .. " #slow", function()
      expect_soon("'" .. PROGRAM .. "'", name)
    end)
  end

  for _, name in ipairs { "files", "fit", "model", "order" } do
    it("does so in a stock lua5.4: " .. name .. " #stock #slow", function()
      expect_soon("lua5.4", name)
    end)
  end

  it("is not mistaken for a debugger's hook", function()
    local output = interrupts.output_of("'" .. PROGRAM .. "'", [[
      local a = pg.rand(100000)
      debug.sethook(function() end, "crl", 1)
      local sum = a:sum()
      debug.sethook()
      check(sum == a:sum())
    ]])
    assert.equal("true\n", output)
  end)
end)
