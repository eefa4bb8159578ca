--- Errors at the prompt: the message, the line that it names, and the traceback of the user's part.

local schema = require "perigee.util.schema"
local external = require "perigee.util.external"
local colours = require "perigee.repl.pretty.colours"
local output = require "perigee.repl.output"
local escape = require "perigee.repl.pretty.escape"

local error_report = {}

local LIBRARY = debug.getinfo(1, "S").source:match "^@(.*)/repl/[^/]*$" or "."

local LONGEST = 4096 -- bytes in which a place may stand

-- Of the prompt's own functions, tracebacks show one of these first.
local BORDER = "\n\t%[C%]: in function 'perigee%.host%.%a+'"

--- A message and its traceback apart.
local function split(message)
  local text, traceback = message:match "^(.*)\nstack traceback:\n(.*)$"
  return text or message, traceback
end

--- Whether a text begins with a place in the library. Lua shows of a long path only the end, behind
--- three dots.
local function is_in_library(text)
  local line = text:match "^%s*([^\n]*)":sub(1, LONGEST) -- by which nothing is looked for twice
  local path = line:match "^(.-%.lua):%d+:"
  local tail = path and path:match "^%.%.%.(.*)$"
  if not tail then
    return path ~= nil and path:sub(1, #LIBRARY + 1) == LIBRARY .. "/"
  end
  local name = tail:match "^.*/perigee/(.*)$" or ""
  return (LIBRARY .. "/" .. name):sub(-#tail) == tail
end

--- Frames without the library's, and without those of C and tail calls beside them: an error of
--- whoever called the library is shown where that was.
local function without_library(frames)
  local kept, beside, has_library = {}, {}, false
  for frame in (frames .. "\n"):gmatch "(.-)\n" do
    if frame:find "^%s*%[C%]: " or frame:find "^%s*%(%.%.%.tail calls" or is_in_library(frame) then
      beside[#beside + 1] = frame
      has_library = has_library or is_in_library(frame)
    else
      table.move(beside, 1, has_library and 0 or #beside, #kept + 1, kept)
      kept[#kept + 1] = frame
      beside, has_library = {}, false
    end
  end
  return table.concat(kept, "\n")
end

--- The frames of the user's part; a chunk's own function is what Lua calls the main chunk. Of an
--- error within the library, all.
local function trimmed(traceback, message)
  local border = ("\n" .. traceback):find(BORDER)
  local frames = border and traceback:sub(1, border - 2) or traceback
  frames = frames:gsub("in function <stdin%[%d+%]:1>$", "in main chunk")
  local users = is_in_library(message) and "" or without_library(frames)
  return users ~= "" and users or frames
end

--- The text of a file, and of nothing else that has a name.
local function read_file(path)
  local found, uv = pcall(external.require, "luv")
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

--- What may have been hint by a name that is nil, where the error's line was typed.
local function suggestion(message, line, session)
  local is_typed = session.sources["=" .. message:match "^[^\n:]*"] ~= nil
  local did_you_mean = require "perigee.repl.did_you_mean"
  return is_typed and did_you_mean.suggestion(message, line, session:visible())
    or ""
end

--- Tells if an error is Ctrl-C's.
---@param message string  with its traceback, if there is one
---@return boolean
function error_report.is_interrupt(message)
  return schema.is_interrupt((split(tostring(message))))
end

--- Shows an error on standard error.
---@param message string  with its traceback, if there is one
---@param session perigee.repl.session
function error_report.report(message, session)
  local paint = colours.painter(2)
  local text, traceback = split(tostring(message))
  local behind = schema.is_interrupt(text) and "\n" or "" -- the ^C that the terminal shows
  local line, number = offending_line(text, session.sources)
  local hint = line and suggestion(text, line, session) or ""
  local lines = { behind .. paint("error", escape.visible(text .. hint)) }
  if line then
    lines[#lines + 1] = ("%s %s"):format(paint("dim", ("%5s |"):format(number)),
      escape.visible(line))
  end
  if traceback then
    lines[#lines + 1] = paint("dim", "stack traceback:\n"
      .. escape.visible(trimmed(traceback, text)))
  end
  output.complain(table.concat(lines, "\n"), "\n")
end

return error_report
