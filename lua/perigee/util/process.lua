--- Runs other programs, by luv.

local external = require "perigee.util.external"

local process = {}

--- Opens three pipes and a signal handle; nil and a message where the system has no more.
local function open_handles(uv)
  local handles = {}
  for i, new in ipairs { uv.new_pipe, uv.new_pipe, uv.new_pipe, uv.new_signal } do
    local message
    handles[i], message = new()
    if not handles[i] then
      for _, handle in ipairs(handles) do
        handle:close()
      end
      uv.run "nowait" -- luv crashes at the end of Lua's state unless the loop has closed them
      return nil, message
    end
  end
  return table.unpack(handles)
end

--- Collects the output of a pipe in a list of pieces, which is complete when the pipe is closed.
local function collect(pipe, close)
  local pieces = {}
  pipe:read_start(function(_, text)
    pieces[#pieces + 1] = text
    if not text then
      close(pipe)
    end
  end)
  return pieces
end

--- Runs a program and waits for its end.
---@return integer? status  the exit status; 128 and the signal's number after a signal
---@return string output  its standard output; the error message where nil comes first
---@return string? errors  its standard error; the system's name of the error where nil comes first
local function wait_for(uv, program, arguments, input)
  local stdin, stdout, stderr, signal = open_handles(uv)
  if not stdin then
    return nil, stdout -- the message
  end
  local open = 4 -- handles: the loop runs until all are closed
  local function close(handle)
    handle:close(function()
      open = open - 1
    end)
  end
  local status, output, errors
  local child, message, code = uv.spawn(program, {
    args = arguments, stdio = { stdin, stdout, stderr },
  }, function(exit_code, number)
    status = number == 0 and exit_code or 128 + number
  end)
  if child then
    open = open + 1
    signal:start "sigpipe" -- keeps a program that does not read its input from ending this process
    output, errors = collect(stdout, close), collect(stderr, close)
    stdin:write(input)
    stdin:shutdown(function()
      close(stdin)
    end)
    while not status do
      uv.run "once"
    end
    close(child)
  else
    close(stdin)
    close(stdout)
    close(stderr)
  end
  close(signal)
  while open > 0 do
    uv.run "once"
  end
  if not status then
    return nil, message, code
  end
  return status, table.concat(output), table.concat(errors)
end

--- Runs a program, which is found by $PATH.
---@param program string
---@param arguments string[]
---@param input string  its standard input
---@return string? output  its standard output; nil where it cannot be started or fails
---@return string? message  the error message of the system, or the program's standard error
---@return boolean? is_missing  true if there is no such program
function process.run(program, arguments, input)
  local uv, missing = external.luv()
  if not uv then
    return nil, missing
  end
  local status, output, errors = wait_for(uv, program, arguments, input)
  if status == 0 then
    return output
  elseif not status then
    return nil, ("%s: %s"):format(program, output), errors == "ENOENT"
  end
  return nil, errors ~= "" and errors or ("%s: exit status %d"):format(program, status)
end

return process
