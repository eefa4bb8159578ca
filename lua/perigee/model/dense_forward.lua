--- The forward function of a built-in model whose loss is a function: its layers as operations on
--- arrays, which have gradients.

local dropout = require "perigee.model.dropout"

--- Makes the function that computes the scores of rows.
---@param activation string[]  of each hidden layer
---@param rates? number[]|false  the probability of dropout in each hidden layer
---@return fun(w: table, x: perigee.array): perigee.array
return function(activation, rates)
  return function(w, x)
    local a = x:reshape(#x, -1)
    for l, name in ipairs(activation) do
      local z = a:dot(w["W" .. l].T) + w["b" .. l]
      a = z[name](z)
      if rates and rates[l] > 0 then
        a = dropout.dropout(a, rates[l])
      end
    end
    local last = #activation + 1
    return a:dot(w["W" .. last].T) + w["b" .. last]
  end
end
