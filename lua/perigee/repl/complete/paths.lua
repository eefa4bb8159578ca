--- Candidates from the file system: paths of files, and names of modules.

local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local fs = require "perigee.util.fs"

local paths = {}

--- The names in a folder; none without luv.
local function names_in(folder)
  return errors.try(fs.names_in, folder == "" and "." or folder) or {}
end

--- Adds the paths that begin with the prefix. Folders end with a slash; hidden files are added only
--- after their dot. `~` is the user's folder.
---@param found perigee.repl.candidates  its prefix gets the user's folder in place of `~`
function paths.add(found)
  local home, uv = os.getenv "HOME", errors.try(external.require, "luv")
  if home and found.prefix:find "^~/" then
    found.prefix = home .. found.prefix:sub(2)
  end
  local folder, typed = found.prefix:match "^(.-)([^/]*)$"
  for _, name in ipairs(names_in(folder)) do
    if found:is_full() then
      break
    elseif name:sub(1, #typed) == typed and (name:sub(1, 1) ~= "." or typed ~= "") then
      local status = uv and uv.fs_stat(folder .. name)
      found:add(folder .. name .. (status and status.type == "directory" and "/" or ""))
    end
  end
end

-- --- modules ----------------------------------------------------------------------

--- The library's modules that scripts require.
local PUBLIC = { "perigee", "perigee.mpi", "perigee.sweep" }

local function is_ours(name)
  return name:find "^perigee[._]" ~= nil
end

--- The part of a module's name that a file or folder gives; nil if it gives none.
---@param after string  what follows the ? of a template: ".lua", "/init.lua"
local function module_part(folder, name, after)
  if after:find "^/" then
    local file = io.open(folder .. name .. after)
    return file and file:close() and name or nil
  elseif name:sub(-#after) == after then
    return name:sub(1, -#after - 1)
  end
  for _, module in ipairs(names_in(folder .. name)) do -- a package's folder
    if module:sub(-#after) == after and module ~= "init" .. after then
      return name .. "."
    end
  end
end

--- Adds the modules of a template of package.path: "/usr/share/lua/5.4/?.lua", "./?/init.lua".
local function add_template(found, template)
  local before, after = template:match "^([^?]*)%?(.*)$"
  if not before then
    return
  end
  local package_name, typed = found.prefix:match "^(.-)([^.]*)$"
  local folder, stem = (before .. package_name:gsub("%.", "/")):match "^(.-)([^/]*)$"
  for _, name in ipairs(names_in(folder)) do
    local fits = name:sub(1, #stem + #typed) == stem .. typed and not name:find "[%c\"'\\]"
    local part = fits and module_part(folder, name, after)
    if found:is_full() then
      return
    elseif part and not part:find "%.." and not is_ours(part) then
      found:add(package_name .. part:sub(#stem + 1))
    end
  end
end

--- Adds the names of modules that `require` can load: those that are loaded, and those with a file.
--- A package's name ends with a dot.
---@param found perigee.repl.candidates
---@param more? string[]  further names
function paths.add_modules(found, more)
  for _, list in pairs { package.loaded, package.preload } do
    for name in next, type(list) == "table" and list or {} do
      if type(name) == "string" and not is_ours(name) then
        found:add(name)
      end
    end
  end
  found:add_all(PUBLIC)
  found:add_all(more or {})
  if is_ours(found.prefix) then
    return
  end
  for template in ((package.path or "") .. ";" .. (package.cpath or "")):gmatch "[^;]+" do
    add_template(found, template)
  end
end

return paths
