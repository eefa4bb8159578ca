--- The command line that opened the prompt, as Lua code: `-l name`, `-e text` and the script.

local c_locale = require "perigee.util.c_locale"

local argv = {}

--- Lines of Lua that do what the command line did.
---@param arguments table  the global `arg` of lua(1)
---@return string[]
function argv.lines(arguments)
  local first = 0 -- the program
  while arguments[first - 1] do
    first = first - 1
  end
  local words = table.move(arguments, first + 1, first < 0 and -1 or #arguments, 1, {})
  local script = first < 0 and arguments[0] or nil

  local lines, i = {}, 1
  while words[i] and words[i] ~= "-" and words[i] ~= "--" do
    local letter, word = words[i]:match "^%-([el])(.*)$"
    if letter and word == "" then
      i = i + 1
      word = words[i] or ""
    end
    if letter == "e" then
      lines[#lines + 1] = word
    elseif letter == "l" then -- "name" or "global=name"
      local global, name = word:match "^(.-)=(.*)$"
      name = name or word
      global = global or name:match "^([^-]*)"
      local is_name = global:find("^" .. c_locale.NAME .. "$")
      lines[#lines + 1] = (is_name and "%s = require %q" or "_G[%q] = require %q"):format(global,
        name)
    end
    i = i + 1
  end
  if script and script ~= "-" then
    lines[#lines + 1] = ("dofile %q"):format(script)
  end
  return lines
end

return argv
