--- Derivatives of functions of Lua: the public functions, with the rules of all operations.

require "perigee.gradient.rules"
local check = require "perigee.gradient.check"
local gradient = require "perigee.gradient.trace.gradient"

return {
  grad = gradient.grad,
  value_and_grad = gradient.value_and_grad,
  custom_gradient = gradient.custom_gradient,
  detach = gradient.detach,
  check_grad = check.check_grad,
}
