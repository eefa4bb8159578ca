--- Helpers for tables: sorted keys, sets, lists with holes, merged tables.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"

local collections = {}

--- The keys of a table, sorted byte by byte.
---@param t table<string, any>
---@return string[]
function collections.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  c_locale.sort(keys)
  return keys
end

--- A set of the list's elements: each is a key whose value is true.
---@param list string[]
---@return table<string, true>
function collections.set(list)
  local set = {}
  for _, each in ipairs(list) do
    set[each] = true
  end
  return set
end

--- Tells if a list contains a value.
---@param list any[]
---@param value any
---@return boolean
function collections.contains(list, value)
  for _, each in ipairs(list) do
    if each == value then
      return true
    end
  end
  return false
end

--- Names the first position of a list that is nil, or a key that is not a position.
---@param list table
---@return string?  # "nil at position 2", "a field 'n'"; nil for a list without either
function collections.hole(list)
  local count, field = 0, nil
  for key in next, list do
    count = count + 1
    field = math.type(key) ~= "integer" and key or field
  end
  for i = 1, count do
    if list[i] == nil then
      return field ~= nil and ("a field '%s'"):format(printable.name(field))
        or ("nil at position %d"):format(i)
    end
  end
end

--- A new table with the fields of both; the second's values win.
---@param a table
---@param b table
---@return table
function collections.merge(a, b)
  local merged = {}
  for _, each in ipairs { a, b } do
    for key, value in pairs(each) do
      merged[key] = value
    end
  end
  return merged
end

return collections
