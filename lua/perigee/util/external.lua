--- Loads modules of other projects.
--
-- They may read globals while they load, as luv reads `_THREAD`. If the globals' metatable raises
-- for undeclared names, luv would be half loaded, and crash at the end of Lua's state.

local external = {}

local GLOBALS = 2 -- LUA_RIDX_GLOBALS, the index of the table of globals in the registry

-- A prompt's user may take the globals away.
local debug, loaded, require = debug, package.loaded, require

--- Lua's `require`, during which the table of globals has no metatable.
---@param name string
---@return any
function external.require(name)
  if loaded[name] then
    return loaded[name]
  end
  local globals = debug.getregistry()[GLOBALS]
  local metatable = debug.getmetatable(globals)
  local _ <close> = setmetatable({}, { __close = function() -- after Ctrl-C, too
    debug.setmetatable(globals, metatable)
  end })
  debug.setmetatable(globals, nil)
  local module = require(name)
  return module
end

--- Loads luv.
---@return table?
---@return string?  # the error message, where nil comes first
function external.luv()
  local opened, uv = pcall(external.require, "luv")
  if opened then
    return uv
  elseif tostring(uv):find("module 'luv' not found", 1, true) then
    return nil, "luv is not installed: Debian's package lua-luv"
  end
  return nil, "luv cannot be opened: " .. tostring(uv):match "^[^\n]*"
end

return external
