--- pg.help: prints the page about a value or a name.

local errors = require "perigee.util.errors"
local lookup = require "perigee.help.lookup"
local page = require "perigee.help.page"

--- Prints help about a value or a name; without an argument, an overview.
---
--- A function of Perigee is shown with its parameters and an example, a function of yours with the
--- comment above it, an array, a model and the like with its fields and methods. The name of an
--- option shows the function that takes it; "all" lists all names. Raises for an unknown name, with
--- the name that is spelt most like it.
---
---     help "sort"    -- or help "a:sort", help(pg.sort)
---     help(m)        -- the fields and methods of a model
---     help "batch"   -- an option
---@param what? any  a value, or a name: "sort", "a:sort", "batch"
return function(what)
  page.print(errors.must(lookup(what)))
end
