--- What ran before the prompt opened, as the command line says: `-l name`, `-e text`, the script.

local c_locale = require "perigee.util.c_locale"

local argv = {}

--- lua(1)'s command line, without the program: its options, and the script.
local function words_of(arguments)
  local first = 0
  while arguments[first - 1] do
    first = first - 1
  end
  local words = table.move(arguments, first + 1, first < 0 and -1 or #arguments, 1, {})
  return words, first < 0 and arguments[0] or nil
end

--- A line for a module that `-l` names: "name" or "global=name".
local function required(word)
  local global, name = word:match "^(.-)=(.*)$"
  name = name or word
  global = global or name:match "^([^-]*)"
  return global:find("^" .. c_locale.NAME .. "$") and ("%s = require %q"):format(global, name)
    or ("_G[%q] = require %q"):format(global, name)
end

local LINE = {
  e = function(word) return word end,
  l = required,
}

--- Lines of Lua that do the same.
---@param arguments table  lua(1)'s `arg`
---@return string[]
function argv.lines(arguments)
  local words, script = words_of(arguments)
  local lines, i = {}, 1
  while words[i] and words[i] ~= "-" and words[i] ~= "--" do
    local letter, word = words[i]:match "^%-([el])(.*)$"
    if letter then
      if word == "" then
        i = i + 1
        word = words[i] or ""
      end
      lines[#lines + 1] = LINE[letter](word)
    end
    i = i + 1
  end
  if script and script ~= "-" then
    lines[#lines + 1] = ("dofile %q"):format(script)
  end
  return lines
end

return argv
