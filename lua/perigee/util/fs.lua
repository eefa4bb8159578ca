--- Folders and other programs: what stock Lua has no word for, by luv.
--
-- luv is asked for where it is used, so that whoever needs none of this needs no
-- luv.

local c_locale = require "perigee.util.c_locale"
local external = require "perigee.util.external"

local system = {}

--- luv; or nil and why it cannot be had.
local function open_luv()
  local opened, uv = pcall(external.require, "luv")
  if opened then
    return uv
  elseif tostring(uv):find("module 'luv' not found", 1, true) then
    return nil, "luv is not installed: Debian's package lua-luv"
  end
  return nil, "luv cannot be opened: " .. tostring(uv):match "^[^\n]*"
end

--- Makes a folder, and those above it that are missing; one that is there is as
--- good.
---@param path string
---@return true?
---@return string?  # what went wrong, where nil comes first
function system.make_folder(path)
  local uv, missing = open_luv()
  if not uv then
    return nil, missing
  end
  local made, message, code = uv.fs_mkdir(path, tonumber("777", 8))
  local above = path:match("^(.*[^/])/+[^/]+/*$")
  if code == "ENOENT" and above then
    made, message = system.make_folder(above)
    if made then
      made, message, code = uv.fs_mkdir(path, tonumber("777", 8))
    end
  end
  local status = code == "EEXIST" and uv.fs_stat(path)
  if made or status and status.type == "directory" then
    return true
  end
  return nil, message
end

--- The names of what is in a folder, in order; of one that is not there, none.
---@param path string
---@return string[]?
---@return string?  # why it cannot be read, where nil comes first
function system.names_in(path)
  local uv = external.require "luv"
  local names = {}
  local request, message, code = uv.fs_scandir(path)
  if not request and code ~= "ENOENT" then
    return nil, message
  end
  for name in request and uv.fs_scandir_next or function() end, request do
    names[#names + 1] = name
  end
  c_locale.sort(names)
  return names
end

--- Closes a handle of luv's loop. One that is closed, but not yet by the loop, crashes luv when
--- Lua's state ends.
function system.close(handle)
  handle:close()
  external.require("luv").run "nowait"
end

--- Handles of luv's loop, which have to be closed before it is left: how many are
--- open, and a function that closes one.
local function handles(...)
  local self = { open = select("#", ...) }
  function self.close(handle)
    handle:close(function()
      self.open = self.open - 1
    end)
  end
  return self
end

--- What comes out of a pipe, as a list of pieces that is complete when the pipe is
--- closed.
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

--- Three pipes and a signal; or nil and why the system has none, such as for want of descriptors.
local function open_handles(uv)
  local made = {}
  for i, new in ipairs { uv.new_pipe, uv.new_pipe, uv.new_pipe, uv.new_signal } do
    local message
    made[i], message = new()
    if not made[i] then
      for _, handle in ipairs(made) do
        system.close(handle)
      end
      return nil, message
    end
  end
  return table.unpack(made)
end

--- Runs a program: its exit status, output and errors; or nil, why it could not
--- be started, and the name of the system's error.
local function converse(uv, program, arguments, input)
  local stdin, stdout, stderr, guard = open_handles(uv)
  if not stdin then
    return nil, stdout -- the message
  end
  local all = handles(stdin, stdout, stderr, guard)
  local status, output, errors
  local process, message, code = uv.spawn(program, {
    args = arguments, stdio = { stdin, stdout, stderr },
  }, function(exit_code, signal)
    status = signal == 0 and exit_code or 128 + signal
  end)
  if process then
    all.open = all.open + 1
    guard:start "sigpipe" -- a program that does not read must not end us
    output, errors = collect(stdout, all.close), collect(stderr, all.close)
    stdin:write(input)
    stdin:shutdown(function()
      all.close(stdin)
    end)
    while not status do
      uv.run "once"
    end
    all.close(process)
  else
    all.close(stdin)
    all.close(stdout)
    all.close(stderr)
  end
  all.close(guard)
  while all.open > 0 do
    uv.run "once"
  end
  if not status then
    return nil, message, code
  end
  return status, table.concat(output), table.concat(errors)
end

--- Runs a program, which is looked for in $PATH, with its arguments and input.
---@param program string
---@param arguments string[]
---@param input string  its standard input
---@return string? output  its standard output; nil where it could not be started or fails
---@return string? message  what went wrong: the system's words, or its standard error
---@return boolean? is_missing  whether there is no such program
function system.run(program, arguments, input)
  local uv, missing = open_luv()
  if not uv then
    return nil, missing
  end
  local status, output, errors = converse(uv, program, arguments, input)
  if status == 0 then
    return output
  elseif not status then
    return nil, ("%s: %s"):format(program, output), errors == "ENOENT"
  end
  return nil, errors ~= "" and errors or ("%s: exit status %d"):format(program, status)
end

return system
