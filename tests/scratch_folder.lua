-- A folder for the files of a check, which is removed however the check ends.

local uv = require "luv"

--- Calls f(folder). Its error ends the process with status 1, and a traceback.
return function(name, f)
  local folder = assert(uv.fs_mkdtemp(("%s/%s-XXXXXX"):format(uv.os_tmpdir(), name)))
  local ok, message = xpcall(f, debug.traceback, folder)
  for file in uv.fs_scandir_next, assert(uv.fs_scandir(folder)) do
    os.remove(folder .. "/" .. file)
  end
  os.remove(folder)
  if not ok then
    io.stderr:write(message, "\n")
    os.exit(1, true)
  end
end
