local pg = require "perigee"
local listen = require("tests.support").listen
local progress = require "perigee.progress"

local function count_lines(text)
  return select(2, text:gsub("\n", ""))
end

describe("progress", function()
  it("counts from 1 to n", function()
    local seen = {}
    listen(function()
      for i in pg.progress(5) do
        seen[#seen + 1] = i
      end
    end)
    assert.same({ 1, 2, 3, 4, 5 }, seen)
  end)

  it("is its line as text", function()
    listen(function()
      local bar <close> = progress.bar(8, "train")
      bar:update(2)
      assert.matches("^train:  25%%|██▌       | 2/8 %[", tostring(bar))
    end)
  end)

  it("writes tqdm's line", function()
    local text = listen(function()
      local bar <close> = progress.bar(8, "train")
      bar:update(4, "loss 0.5")
    end)
    assert.matches("^train:  50%%|█████     | 4/8 %[00:00<00:0%d, +[%d.]+it/s%] loss 0%.5\n$",
      text)
  end)

  it("writes a line for each tenth where there is no terminal", function()
    local text = listen(function()
      for _ in pg.progress(1000) do end
    end)
    assert.equal(10, count_lines(text))
    assert.matches("100%%|██████████| 1000/1000 [^\n]*\n$", text)
  end)

  it("does without steps, and without all of them", function()
    listen(function()
      for _ in pg.progress(0) do error "no step" end
      for i in pg.progress(10) do
        if i == 3 then break end
      end
    end)
  end)

  it("refuses what is no count", function()
    assert.error_matches(function() pg.progress(-1) end, "a count is needed")
    assert.error_matches(function() pg.progress "x" end, "a count is needed")
  end)
end)
