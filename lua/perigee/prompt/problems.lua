--- Errors at the prompt: the message, the line that it names, and the traceback of the user's part.

local colours = require "perigee.prompt.colours"
local output = require "perigee.prompt.output"

local problems = {}

-- Of the prompt's own functions, tracebacks show one of these first.
local BORDER = "\n\t%[C%]: in function 'perigee%.host%.%a+'"

--- A message and its traceback apart.
local function split(message)
  local text, traceback = message:match "^(.*)\nstack traceback:\n(.*)$"
  return text or message, traceback
end

--- The frames of the user's part; a chunk's own function is what Lua calls the main chunk.
local function trimmed(traceback)
  local border = ("\n" .. traceback):find(BORDER)
  local frames = border and traceback:sub(1, border - 2) or traceback
  return (frames:gsub("in function <stdin%[%d+%]:1>$", "in main chunk"))
end

--- The text of a file, and of nothing else that has a name.
local function read_file(path)
  local found, uv = pcall(require, "luv")
  local status = found and uv.fs_stat(path)
  local file = status and status.type == "file" and io.open(path)
  if file then
    local text = file:read "a"
    file:close()
    return text
  end
end

--- A line of a text, by its number.
local function line_of(text, number)
  local n = 0
  for line in text:gmatch "([^\n]*)\n?" do
    n = n + 1
    if n == number then
      return line
    end
  end
end

--- The line that a message begins with the place of; nil where there is none.
local function offending_line(message, sources)
  local name, number = message:match "^([^\n:]+):(%d+): "
  local text = name and (sources["=" .. name] or read_file(name))
  if text then
    return line_of(text, math.tointeger(number)), number
  end
end

--- Shows an error on standard error.
---@param message string  with its traceback, if there is one
---@param sources table<string, string>  the texts of chunks
function problems.report(message, sources)
  local paint = colours.painter(2)
  local text, traceback = split(tostring(message))
  local lines = { paint("error", text) }
  local line, number = offending_line(text, sources)
  if line then
    lines[#lines + 1] = ("%s %s"):format(paint("dim", ("%5s |"):format(number)), line)
  end
  if traceback then
    lines[#lines + 1] = paint("dim", "stack traceback:\n" .. trimmed(traceback))
  end
  output.complain(table.concat(lines, "\n"), "\n")
end

return problems
