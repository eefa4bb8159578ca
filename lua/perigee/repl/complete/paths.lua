--- The files that a name in a string may be of, and the modules that one may be of.

local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local fs = require "perigee.util.fs"

local paths = {}

--- The names in a folder; none where luv is missing.
local function names_in(folder)
  return errors.try(fs.names_in, folder) or {}
end

local function is_folder(path)
  local uv = errors.try(external.require, "luv")
  local status = uv and uv.fs_stat(path)
  return status ~= nil and status.type == "directory"
end

--- Takes the paths that begin as was typed; folders end with a slash, hidden files are found only
--- where their dot was typed. `~` is the user's folder.
---@param found perigee.repl.candidates  whose prefix then has that folder in the place of the `~`
function paths.add(found)
  local home = os.getenv "HOME"
  if home and found.prefix:find "^~/" then
    found.prefix = home .. found.prefix:sub(2)
  end
  local folder, typed = found.prefix:match "^(.-)([^/]*)$"
  for _, name in ipairs(names_in(folder == "" and "." or folder)) do
    if found:is_full() then
      break
    elseif name:sub(1, #typed) == typed and (name:sub(1, 1) ~= "." or typed ~= "") then
      found:add(folder .. name .. (is_folder(folder .. name) and "/" or ""))
    end
  end
end

-- --- modules ----------------------------------------------------------------------

--- Of our modules those that are meant to be required.
local PUBLIC = { "perigee", "perigee.sweep" }

local function is_ours(name)
  return name:find "^perigee%." ~= nil
end

local function add_listed(found, list)
  for name in next, type(list) == "table" and list or {} do
    if type(name) == "string" and not is_ours(name) then
      found:add(name)
    end
  end
end

local function is_readable(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

--- Whether a folder has modules itself, beside what its own name stands for: only then that is a
--- part of names.
local function has_modules(folder, ending)
  for _, name in ipairs(names_in(folder)) do
    if name:sub(-#ending) == ending and name ~= "init" .. ending then
      return true
    end
  end
  return false
end

--- The part of a module's name that a file or folder gives, by what follows the ? of a template:
--- ".lua", "/init.lua"; nil where it gives none.
local function module_in(folder, name, after)
  if after:find "^/" then
    return is_readable(folder .. name .. after) and name or nil
  elseif name:sub(-#after) == after then
    return name:sub(1, -#after - 1)
  end
  return has_modules(folder .. name, after) and name .. "." or nil
end

--- Takes what a template of package.path finds: "/usr/share/lua/5.4/?.lua", "./?/init.lua".
local function add_template(found, template)
  local before, after = template:match "^([^?]*)%?(.*)$"
  if not before then
    return
  end
  local within, typed = found.prefix:match "^(.-)([^.]*)$"
  local folder, stem = (before .. within:gsub("%.", "/")):match "^(.-)([^/]*)$"
  for _, name in ipairs(names_in(folder == "" and "." or folder)) do
    local fits = name:sub(1, #stem + #typed) == stem .. typed and not name:find "[%c\"'\\]"
    local part = fits and module_in(folder, name, after)
    if found:is_full() then
      return
    elseif part and not part:find "%.." then
      found:add(within .. part:sub(#stem + 1))
    end
  end
end

--- Takes the names of modules that can be required: loaded ones, and those whose files are found.
--- A package's folder ends with a dot.
---@param found perigee.repl.candidates
---@param more? string[]  names that are known otherwise
function paths.add_modules(found, more)
  add_listed(found, package.loaded)
  add_listed(found, package.preload)
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
