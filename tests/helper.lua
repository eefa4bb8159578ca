-- Before all specs: busted forgets after each file which modules that had loaded, and luv's loop
-- does not outlive being loaded a second time.

require "luv"

-- Specs draw the same numbers each time, whichever of them run.
local busted = require "busted"
local function seed()
  math.randomseed(1)
  require("perigee").seed(1)
  return nil, true -- goes on with the other subscribers
end
busted.subscribe({ "file", "start" }, seed)
busted.subscribe({ "test", "start" }, seed)
