-- A few cases of each kind of tests/prompt_fuzz.lua.

local fuzz = require "tests.prompt_fuzz"

local CASES = {
  lines = 8, hostile = 100, junk = 8, keys = 6, paste = 4, memory = 3, interrupts = 4,
  large = 1,
}

describe("the prompt lives on after", function()
  for name, cases in pairs(CASES) do
    it(("%s #%s #slow"):format(name, name), function()
      assert.is_true(fuzz.run(name, 1, 60, cases) > 0)
    end)
  end
end)

describe("the prompt ends with its terminal", function()
  for _, text in ipairs(fuzz.MEANWHILE) do
    it(("%q #slow"):format(text), function()
      assert.is_true(fuzz.hang_up(text))
    end)
  end
end)
