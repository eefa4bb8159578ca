--- Environment variables, of which an empty one counts as unset.

local environment = {}

--- The value of an environment variable; nil if it is unset or empty.
---@param name string
---@return string?
function environment.variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

return environment
