-- The terminals of tests/terminal.lua, and the prompt fed with junk.

local terminal = require "tests.terminal"
local uv = require "luv"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

describe("a terminal", function()
  it("runs a program with its own variables only", function()
    local t <close> = terminal.open { command = "sh -c 'env; exit 3'", width = 100, term = "vt100",
      environment = { OWN = "a 'b' $c" } }
    assert.equal(3, t:status())
    local names = {}
    for name in t:screen():gmatch "([%u_]+)=" do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.same({ "HOME", "LANG", "OWN", "PATH", "PWD", "TERM", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
      "XDG_DATA_HOME", "XDG_STATE_HOME" }, names)
    t:expect "OWN=a 'b' $c\n"
    t:expect "TERM=vt100\n"
  end)

  it("types, pastes, presses keys and knows the screen", function()
    local t <close> = terminal.open { command = { "cat" }, width = 40, height = 10 }
    t:line "é; $x 'y' \"z\" -- ;"
    t:expect "é; $x 'y' \"z\" -- ;\né; $x 'y' \"z\" -- ;\n"
    t:paste "two\nlines\n"
    t:wait(function() -- what cat writes may come between the lines that the terminal echoes
      local screen = t:screen()
      return select(2, screen:gsub("two\n", "")) == 2 and select(2, screen:gsub("lines\n", "")) == 2
    end, nil, "both lines twice")
    t:line(("w"):rep(50))
    t:expect(("w"):rep(40) .. "\n" .. ("w"):rep(10) .. "\n")
    t:wait(function()
      local column, line = t:cursor()
      return column == 1 and line == 10
    end, nil, "the cursor below")
    assert.matches(("w"):rep(50), t:screen { joined = true })
    assert.matches("^é", t:screen { history = true })
    t:line "\27[31mred"
    t:expect "red"
    t:line "gone"
    t:keys("C-c")
    assert.equal(130, t:status())
    assert.is_false(t:is_alive())
  end)

  it("raises with the screen where what is expected does not come", function()
    local t <close> = terminal.open { command = "echo shown; cat" }
    t:expect "shown"
    local worked, message = pcall(t.expect, t, "hidden", 0.1)
    assert.is_false(worked)
    assert.matches('expected "hidden" on the screen:\nshown\n', message, 1, true)
  end)

  it("has another size when it is told so, and goes away", function()
    local t <close> = terminal.open { width = 70,
      command = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done" }
    t:expect "ready"
    t:resize(60, 20)
    t:expect "20 60"
    assert.is_true(t:hang_up())
    local folder = t.folder
    t:close()
    t:close()
    assert.is_nil(io.open(folder .. "/tmux.conf"))
  end)

  it("shows colours", function()
    local t <close> = terminal.open { command = [[printf '\033[38;2;1;2;3mred\033[m plain'; cat]],
      environment = { COLORTERM = "truecolor" } }
    t:expect "red plain"
    assert.matches("38[:;]2[:;]+1[:;]2[:;]3mred", t:screen { colours = true })
  end)

  it("may be one of many", function()
    local list <close> = setmetatable({}, { __close = function(list)
      for _, t in ipairs(list) do t:close() end
    end })
    for i = 1, 4 do
      list[i] = terminal.open { command = "echo number " .. i .. "; cat" }
    end
    for i, t in ipairs(list) do
      t:expect("number " .. i)
    end
  end)
end)

--- Tells if the process whose number is the output ends.
local function has_ended(output)
  local path = ("/proc/%d/stat"):format(output:match "%d+")
  for _ = 1, 500 do
    local file <close> = io.open(path)
    if not file or file:read("a"):find "%) [ZX] " then
      return true
    end
    uv.sleep(10)
  end
  return false
end

describe("a terminal that takes everything", function()
  it("types bytes and tells the exit status", function()
    local output, status = terminal.feed { command = "echo ready; read x; stty size; exit 3",
      input = "a line\n", width = 50, height = 11 }
    assert.matches("ready\r\n.*a line\r\n11 50\r\n", output)
    assert.equal(3, status)
    output, status = terminal.feed {
      command = [[stty raw -echo; printf '> '; head -c 2000000 | cksum]],
      input = ("0123456789"):rep(200000) }
    assert.matches("4050281748 2000000", output)
    assert.equal(0, status)
  end)

  it("ends what does not end", function()
    local _, status = terminal.feed { command = "cat", quiet = 0.1 }
    assert.equal(129, status)
    local output
    output, status = terminal.feed { command = "trap '' HUP; sleep 60 & echo $!; wait",
      limit = 0.5 }
    assert.equal(124, status)
    assert.is_true(has_ended(output))
    _, status = terminal.feed { command = "printf '> '; cat", input = ("x\n"):rep(10),
      hang_up_at = 5 }
    assert.equal(129, status)
  end)
end)

describe("the prompt", function()
  it("survives binary junk", function()
    for seed = 1, 3 do
      -- Ctrl-C leaves a search or an unfinished chunk that the junk has begun. AddressSanitizer
      -- would report readline's memory of such a search as a leak.
      local output, status = terminal.feed { command = { PROGRAM },
        environment = { ASAN_OPTIONS = "detect_leaks=0" },
        input = { terminal.junk(5000, seed), "\3", "print('still ' .. 'here')\n", "\4" } }
      assert.is_truthy(output:find("still here", 1, true), "seed " .. seed)
      assert.equal(0, status)
    end
  end)

  it("ends when its terminal goes away", function()
    for _, bytes in ipairs { 0, 1, 500 } do
      local _, status = terminal.feed { command = { PROGRAM }, input = terminal.junk(1000),
        hang_up_at = bytes }
      assert.is_true(status == 129 or status == 0, tostring(status))
    end
  end)
end)
