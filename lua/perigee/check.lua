--- What several functions check of their options.

local check = {}

--- The keys of a table in order.
---@param t table<string, any>
---@return string[]
function check.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

--- Raises for an option that is not known, and names those that are.
---@param options table<string, any>
---@param known table<string, any>  whose keys are the options
---@param what string  the function's name
---@param level integer  the caller's, as error counts
function check.options(options, known, what, level)
  for name in pairs(options) do
    if not known[name] then
      error(("%s: unknown option '%s'; there are %s"):format(what, name,
        table.concat(check.sorted_keys(known), ", ")), level + 1)
    end
  end
end

return check
