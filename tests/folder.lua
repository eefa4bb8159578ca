--- A folder of its own for the files of a spec, and what specs of files ask of it.

local assert = require "luassert"

local folder = {}

local PROGRAM = os.getenv "PERIGEE" or "lua5.4"

local path -- of the folder

--- Makes an empty folder; before the specs.
function folder.make()
  path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir '" .. path .. "'"))
end

--- Removes it with its files; after the specs.
function folder.remove()
  os.execute("chmod -R u+w '" .. path .. "'; rm -rf '" .. path .. "'")
end

--- The path of the folder, or of a file in it.
function folder.at(name)
  return name and path .. "/" .. name or path
end

--- Writes a file, and returns its path.
function folder.write(name, bytes)
  os.remove(folder.at(name)) -- some file systems flush a file that is cut and written again
  local file <close> = assert(io.open(folder.at(name), "wb"))
  file:write(bytes)
  return folder.at(name)
end

--- The bytes of a file.
function folder.read(name)
  local file <close> = assert(io.open(folder.at(name), "rb"))
  return file:read "a"
end

--- The names in the folder, one a line.
function folder.entries()
  local pipe <close> = assert(io.popen("ls -A '" .. path .. "'"))
  return pipe:read "a"
end

--- The output of a shell's line, and whether it worked.
function folder.shell(line)
  local pipe = assert(io.popen(line .. " 2>&1"))
  local output = pipe:read "a"
  return output, pipe:close()
end

--- Runs a script by the program, with text before it on the command line: its output, and whether
--- it worked.
function folder.lua_in(before, script)
  return folder.shell(("%s %s %s"):format(before, PROGRAM, folder.write("script.lua", script)))
end

--- Tells if the shell runs that command.
function folder.has(command)
  return (os.execute(command .. " >/dev/null 2>&1"))
end

--- Fails unless both arrays have the same dtype, shape and elements.
function folder.same(a, b)
  assert.equal(a.dtype, b.dtype)
  assert.same(a.shape, b.shape)
  assert.is_true(a.size == 0 or a:eq(b):min())
end

--- Fails unless f raises, in the file of the caller, a message that has each of those texts.
function folder.raises(f, ...)
  local here = debug.getinfo(2, "S").short_src:match "[^/]+$"
  local ok, message = pcall(f)
  assert.is_false(ok)
  assert.matches(here .. ":%d+: ", message)
  for _, text in ipairs { ... } do
    assert.matches(text, message, 1, true)
  end
end

return folder
