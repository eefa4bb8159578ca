--- The names of classes that belong to arrays: those of a confusion matrix stand in its text and
--- its plot.

local class_names = {}

--- Names by arrays, which they do not keep alive.
local names_of = setmetatable({}, { __mode = "k" })

--- Gives an array of (classes, classes) the names of its rows and columns.
---@param array perigee.array
---@param names? string[]
function class_names.set(array, names)
  names_of[array] = names
end

--- The names that an array was given; nil if there are none.
---@param array any
---@return string[]?
function class_names.of(array)
  return names_of[array]
end

return class_names
