--- Tests of types that Lua's type() does not tell apart.

local core = require "perigee.core"

local types = {}

local ARRAY = getmetatable(core.zeros(0))

--- Tells if a value is an array.
---@param value any
---@return boolean
function types.is_array(value)
  return type(value) == "userdata" and getmetatable(value) == ARRAY
end

--- Tells if a value can be the path of a file: a string without zero bytes.
---@param value any
---@return boolean
function types.is_path(value)
  return type(value) == "string" and not value:find("\0", 1, true)
end

return types
