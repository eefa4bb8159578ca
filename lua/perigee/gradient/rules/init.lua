--- The rules of all operations, and those that have none.
require "perigee.gradient.rules.elementwise"
require "perigee.gradient.rules.reductions"
require "perigee.gradient.rules.shapes"
require "perigee.gradient.rules.selection"
require "perigee.gradient.rules.linear_algebra"
require "perigee.gradient.rules.networks"
require "perigee.gradient.rules.constants"
return require("perigee.gradient.trace.traced").operations
