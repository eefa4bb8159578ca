--- Modules of other projects.
--
-- They may read and write globals while they open. luv reads `_THREAD`: in a script that has
-- undeclared globals raise it would be left half open, and crash when Lua's state ends.

local external = {}

local loaded = package.loaded -- at a prompt, the global `package` may be set to anything
local GLOBALS = 2 -- LUA_RIDX_GLOBALS: their index in the registry, whatever _G is now

--- As Lua's `require`, but that the globals' metatable is away meanwhile.
---@param name string
---@return any
function external.require(name)
  if loaded[name] then
    return loaded[name]
  end
  local globals = debug.getregistry()[GLOBALS]
  local class = debug.getmetatable(globals)
  debug.setmetatable(globals, nil)
  local opened, module = pcall(require, name)
  debug.setmetatable(globals, class)
  if not opened then
    error(module, 0)
  end
  return module
end

return external
