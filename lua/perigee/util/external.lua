--- Modules of other projects.
--
-- They may read and write globals while they open. luv reads `_THREAD`: in a script that has
-- undeclared globals raise it would be left half open, and crash when Lua's state ends.

local external = {}

local GLOBALS = 2 -- LUA_RIDX_GLOBALS: their index in the registry, whatever _G is now

-- A prompt's user may take the globals away.
local debug, loaded, require = debug, package.loaded, require

--- As Lua's `require`, but that the globals' metatable is away meanwhile.
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

return external
