--- Error reports at the prompt: the message, the line that it names, and the traceback.

local colours = require "perigee.repl.pretty.colours"
local errors = require "perigee.util.errors"
local escape = require "perigee.repl.pretty.escape"
local external = require "perigee.util.external"
local output = require "perigee.repl.output"

local error_report = {}

local LIBRARY = debug.getinfo(1, "S").source:match "^@(.*)/repl/[^/]*$" or "."

local LONGEST = 4096 -- bytes of a line that are searched for a path

-- The first frame of a traceback that belongs to the prompt.
local BORDER = "\n\t%[C%]: in function 'perigee%.host%.%a+'"

--- Splits an error into its message and its traceback.
local function split(message)
  local text, traceback = message:match "^(.*)\nstack traceback:\n(.*)$"
  return text or message, traceback
end

--- Tells if a text begins with a position in a file of the library.
local function is_in_library(text)
  local line = text:match "^%s*([^\n]*)":sub(1, LONGEST)
  local path = line:match "^(.-%.lua):%d+:"
  local tail = path and path:match "^%.%.%.(.*)$" -- Lua shortens a long path to its end
  if not tail then
    return path ~= nil and path:sub(1, #LIBRARY + 1) == LIBRARY .. "/"
  end
  local name = tail:match "^.*/perigee/(.*)$" or ""
  return (LIBRARY .. "/" .. name):sub(-#tail) == tail
end

--- The frames of the user's functions: without the library's, and without those of C and of tail
--- calls next to them. If the error is in the library itself, all frames stay.
local function user_frames(traceback, message)
  local border = ("\n" .. traceback):find(BORDER)
  local frames = border and traceback:sub(1, border - 2) or traceback
  frames = frames:gsub("in function <stdin%[%d+%]:1>$", "in main chunk")
  if is_in_library(message) then
    return frames
  end
  local kept, pending, has_library = {}, {}, false
  for frame in (frames .. "\n"):gmatch "(.-)\n" do
    if frame:find "^%s*%[C%]: " or frame:find "^%s*%(%.%.%.tail calls" or is_in_library(frame) then
      pending[#pending + 1] = frame
      has_library = has_library or is_in_library(frame)
    else
      table.move(pending, 1, has_library and 0 or #pending, #kept + 1, kept)
      kept[#kept + 1] = frame
      pending, has_library = {}, false
    end
  end
  return kept[1] and table.concat(kept, "\n") or frames
end

--- The line of source whose position begins a message: "stdin[1]:1: attempt to ...".
---@return string? line
---@return string? number
---@return boolean? is_typed  it was typed at the prompt, and is not a file's
local function offending_line(message, sources)
  local name, number = message:match "^([^\n:]+):(%d+): "
  local text = name and sources["=" .. name]
  local is_typed = text ~= nil
  if name and not is_typed then
    local found, uv = pcall(external.require, "luv")
    local status = found and uv.fs_stat(name)
    local file = status and status.type == "file" and io.open(name) -- no device, no pipe
    if file then
      text = file:read "a"
      file:close()
    end
  end
  local n = 0
  for line in text and text:gmatch "([^\n]*)\n?" or function() end do
    n = n + 1
    if n == tonumber(number) then
      return line, number, is_typed
    end
  end
end

--- Tells if an error is Ctrl-C's.
---@param message string  with or without its traceback
---@return boolean
function error_report.is_interrupt(message)
  return errors.is_interrupt((split(tostring(message))))
end

--- Prints an error on standard error.
---@param message string  with or without its traceback
---@param session perigee.repl.session
function error_report.report(message, session)
  local paint = colours.painter(2)
  local text, traceback = split(tostring(message))
  local line, number, is_typed = offending_line(text, session.sources)
  local hint = is_typed
    and require "perigee.repl.did_you_mean".hint(text, line, session:visible()) or ""
  local before = errors.is_interrupt(text) and "\n" or "" -- ends the line of the terminal's ^C
  local lines = { before .. paint("error", escape.visible(text .. hint)) }
  if line then
    lines[#lines + 1] = ("%s %s"):format(paint("dim", ("%5s |"):format(number)),
      escape.visible(line))
  end
  if traceback then
    lines[#lines + 1] = paint("dim", "stack traceback:\n"
      .. escape.visible(user_frames(traceback, text)))
  end
  output.write_error(table.concat(lines, "\n"), "\n")
end

return error_report
