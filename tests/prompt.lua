-- Conversations with the prompt, on a terminal of tests/terminal.lua.
--
--   local t <close> = prompt.open {}
--   prompt.talk(t, [[
--     > 1 + 1
--     2
--     > for i = 1, 2 do
--     >> print(i) end
--     1
--     2
--   ]])

local terminal = require "tests.terminal"

local prompt = {}

prompt.PROGRAM = os.getenv "PERIGEE" or "build/perigee"

--- Opens a terminal of 80 columns with a prompt, and waits for the prompt. Takes the options of
--- terminal.open, `arguments`, a list, and `ready`, the pattern to wait for.
function prompt.open(options)
  local command = table.move(options.arguments or {}, 1, #(options.arguments or {}), 2,
    { prompt.PROGRAM })
  local t = terminal.open {
    command = options.command or command, home = options.home, term = options.term,
    environment = options.environment, height = options.height or 60, width = options.width,
  }
  local worked, message = pcall(t.expect_match, t, options.ready or "\n> *\n")
  if not worked then
    t:close()
    error(message, 2)
  end
  return t
end

local function trimmed(screen)
  return (screen:gsub(" +\n", "\n"):gsub("%s+$", ""))
end

--- Waits until the last line on the screen is a prompt, after at least one line. Returns the
--- screen.
function prompt.wait(t, seconds)
  return trimmed(t:wait(function(screen)
    return trimmed(screen):find "\n>>?$"
  end, seconds, "a prompt"))
end

--- Types a line on an empty screen, and waits for a prompt. Returns the lines between them; with
--- `is_whole`, the whole screen.
function prompt.ask(t, line, seconds, is_whole)
  t:keys "C-l"
  t:wait(function(screen) return trimmed(screen):find "^>>?$" end, nil, "an empty screen")
  t:line(line)
  local screen = prompt.wait(t, seconds)
  if is_whole then
    return screen
  end
  local rows = (#line + 2 + 79) // 80
  return (screen .. "\n"):match("^" .. ("[^\n]*\n"):rep(rows) .. "(.-)\n?>>?\n$")
end

--- The exchanges of a text: lines to type, and the lines that they print.
local function exchanges(text)
  local list, indent = {}, text:match "^( *)"
  for line in text:gmatch "([^\n]*)\n" do
    line = line:sub(#indent + 1)
    if line:find "^> " or line == ">" then
      list[#list + 1] = { typed = {}, shown = {} }
    end
    local each, typed = list[#list], line:match "^>>? ?(.*)$"
    table.insert(typed and each.typed or each.shown, typed or line)
  end
  return list
end

--- Tells if a text is as expected; "..." stands for anything.
local function fits(text, expected)
  local pattern = expected:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("%%%.%%%.%%%.", ".-")
  return text:find("^" .. pattern .. "$") ~= nil
end

--- Types the lines after ">" and ">>" in a text, and fails unless the screen shows the lines below
--- them; "..." stands for anything.
function prompt.talk(t, text)
  for _, each in ipairs(exchanges(text)) do
    local given
    for i, line in ipairs(each.typed) do
      given = prompt.ask(t, line)
      if i < #each.typed and given ~= "" then
        error(("after %q:\n%s"):format(line, given), 2)
      end
    end
    local expected = table.concat(each.shown, "\n")
    if not fits(given, expected) then
      error(("after %q: expected\n%s\nbut found\n%s"):format(table.concat(each.typed, "\n"),
        expected, given), 2)
    end
  end
end

return prompt
