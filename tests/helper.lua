-- Before all specs: busted forgets after each file which modules that had loaded, and luv's loop
-- does not outlive being loaded a second time.

require "luv"
