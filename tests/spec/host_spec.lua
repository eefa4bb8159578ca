-- What the program has beyond lua5.4: it finds the module, and its prompt knows terminals.

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

describe("the module's searcher", function()
  local function output(command)
    local pipe <close> = assert(io.popen(command .. " 2>&1"))
    return (pipe:read "a")
  end

  it("finds the module from anywhere, through links, with no variable set", function()
    local link = os.tmpname()
    os.remove(link)
    assert(os.execute(("ln -s '%s' '%s'"):format(PROGRAM, link)))
    for _, program in ipairs { PROGRAM, link } do
      local found = output(("cd / && env -u LUA_PATH -u LUA_CPATH '%s' %s"):format(program,
        "-e 'print(require(\"perigee\")._VERSION)'"))
      assert.matches("^Perigee %d", found)
    end
    os.remove(link)
  end)

  it("leaves path and cpath as they are in lua5.4", function()
    local print_paths = " -e 'print(package.path, package.cpath)'"
    assert.equal(output("env -u LUA_PATH -u LUA_CPATH lua5.4" .. print_paths),
      output("env -u LUA_PATH -u LUA_CPATH '" .. PROGRAM .. "'" .. print_paths))
  end)

  it("tells what it looked for when a part is not there", function()
    local found = output(("'%s' -e 'require \"perigee.nothing\"'"):format(PROGRAM))
    assert.matches("module 'perigee.nothing' not found", found)
  end)
end)

describe("the prompt on a terminal", function()
  local session = "perigee-spec-" .. tostring(os.time()) .. "-" .. math.random(1000000)

  local function shell(command)
    local pipe <close> = assert(io.popen(command .. " 2>&1"))
    return (pipe:read "a")
  end

  local function screen()
    return shell("tmux capture-pane -p -t " .. session)
  end

  --- Types a line and waits until the screen shows what is expected.
  local function type_and_expect(keys, expected)
    shell(("tmux send-keys -t %s %s"):format(session, keys))
    local shown
    for _ = 1, 100 do
      shown = screen()
      if shown:find(expected, 1, true) then
        return
      end
      os.execute "sleep 0.05"
    end
    error("expected " .. expected .. " on the screen:\n" .. shown)
  end

  it("evaluates, edits, remembers, and survives Ctrl-C", function()
    local state = os.tmpname()
    os.remove(state)
    finally(function()
      shell("tmux kill-session -t " .. session)
      os.execute("rm -rf " .. state)
    end)
    shell(("tmux new-session -d -s %s -x 80 -y 24 \"env XDG_STATE_HOME=%s '%s'\""):format(session,
      state, PROGRAM))
    type_and_expect("", "\n>")
    type_and_expect("'20 + 22' Enter", "\n42\n")
    type_and_expect("'for i = 1, 2 do' Enter 'print(\"line\", i)' Enter ' end' Enter", "line    2")
    type_and_expect("'while true do end' Enter", "while true do end\n")
    os.execute "sleep 0.3"
    type_and_expect("C-c", "interrupted!")
    type_and_expect("'unfinished'", "> unfinished")
    type_and_expect("C-c", "^C\n")
    type_and_expect("'6 * 7 - 1' Enter", "\n41\n")
    type_and_expect("Up Enter", "\n41\n> 6 * 7 - 1\n41\n")
    shell(("tmux send-keys -t %s C-d"):format(session))
    os.execute "sleep 0.3"
    local history = read(state .. "/perigee/history")
    assert.matches("20 %+ 22", history)
    assert.not_matches("unfinished", history)
  end)
end)
