--- The way back through a traced computation: gradients of its arguments.

local core = require "perigee.core"
local traced = require "perigee.gradient.trace.traced"

local add_in_place, writes = core.add_, core.writes

local backward = {}

--- Counts how many operations, on the way to the result, use each node.
local function count_uses(node)
  local stack, n = { node }, 1
  node.uses = 0
  while n > 0 do
    node = stack[n]
    stack[n] = nil
    n = n - 1
    for i = 1, #node, 2 do
      local parent = node[i]
      if parent.uses then
        parent.uses = parent.uses + 1
      else
        parent.uses = 1
        n = n + 1
        stack[n] = parent
      end
    end
  end
end

--- Adds a gradient to that of a node. The sum is the node's own, so that further ones are added in
--- place.
local function add(node, gradient)
  local sum = node.gradient
  if sum == nil then
    node.gradient = gradient
  elseif node.owns_gradient and type(gradient) == "userdata" then
    add_in_place(sum, gradient)
  else
    sum = sum + gradient
    node.gradient, node.owns_gradient = sum, type(sum) == "userdata"
  end
end

--- Raises if an array that a node keeps was written to since.
local function check_kept(kept)
  for i = 1, #kept, 2 do
    if writes(kept[i]) ~= kept[i + 1] then
      traced.raise("an array was written to after the function had computed with it, and before "
        .. "its gradient was: a:copy() keeps its numbers")
    end
  end
end

--- Leaves in `gradient` of each node without parents, on which the node depends, the gradient of
--- the node. Operations are taken back in such an order that all gradients of a result are added up
--- before it is left. What an operation kept is dropped then, so memory shrinks on the way.
---@param node table
---@param gradient any  the gradient to begin with, of the form of the node's value
function backward.walk(node, gradient)
  count_uses(node)
  local ready, n = { node }, 1
  node.gradient = gradient
  while n > 0 do
    node = ready[n]
    ready[n] = nil
    n = n - 1
    local g = node.gradient
    local count = #node
    if count > 0 then
      node.gradient = nil
    end
    if node.kept then
      check_kept(node.kept)
      node.kept = nil
    end
    for i = 1, count, 2 do
      local parent = node[i]
      local part = g ~= nil and node[i + 1](g)
      node[i], node[i + 1] = false, false
      if part then
        add(parent, part)
      end
      parent.uses = parent.uses - 1
      if parent.uses == 0 then
        n = n + 1
        ready[n] = parent
      end
    end
  end
end

return backward
