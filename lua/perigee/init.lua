--- Perigee: neural-network experiments in Lua, over a C core.
--
-- `local pg = require "perigee"` gives arrays, files, random numbers, the
-- notebook's kernels and the model; docs/design.md says where each lives.

local core = require "perigee.core"
local text = require "perigee.text"

local pg = { _VERSION = "Perigee " .. core.info().version }

-- What C gives under a name is the user's, but for what a Lua file wraps.
for name, value in pairs(core) do
  pg[name] = value
end
pg.trainer = nil

pg.Model = require "perigee.model"
pg.dataset = require("perigee.dataset").open
pg.progress = require("perigee.progress").each
pg.plot = require "perigee.plot"

--- Reads descriptions when it is first asked for one.
function pg.help(what)
  return require("perigee.help").show(what)
end

getmetatable(core.zeros(1)).__tostring = text.array

return pg
