--- Creates and lists folders, by luv.

local c_locale = require "perigee.util.c_locale"
local external = require "perigee.util.external"

local fs = {}

local MODE = tonumber("777", 8) -- of a new folder, before the process's umask

--- Creates a folder and its missing parents. A folder that exists is not an error.
---@param path string
---@return true?
---@return string?  # the error message, where nil comes first
function fs.make_folder(path)
  local uv, missing = external.luv()
  if not uv then
    return nil, missing
  end
  local made, message, code = uv.fs_mkdir(path, MODE)
  local parent = path:match "^(.*[^/])/+[^/]+/*$"
  if code == "ENOENT" and parent then
    made, message = fs.make_folder(parent)
    if made then
      made, message, code = uv.fs_mkdir(path, MODE)
    end
  end
  local status = code == "EEXIST" and uv.fs_stat(path)
  if made or status and status.type == "directory" then
    return true
  end
  return nil, message
end

--- Lists the names in a folder, sorted; none for a folder that does not exist.
---@param path string
---@return string[]?
---@return string?  # the error message, where nil comes first
function fs.names_in(path)
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

return fs
