--- Perigee: neural-network experiments in Lua, over a C core.
--
-- `local pg = require "perigee"` gives arrays, files, random numbers, the
-- notebook's kernels and the model; docs/design.md says where each lives.

local core = require "perigee.core"

local pg = { _VERSION = "Perigee " .. core.info().version }

-- What C gives under a name is the user's, but for what a Lua file wraps.
for name, value in pairs(core) do
  pg[name] = value
end
pg.trainer, pg.guard_memory, pg.limit_memory = nil, nil, nil

--- What is read when it is first asked for: a script starts sooner, and the collector, which looks
--- at all that was read each time that it runs, has less to look at.
local later = {
  Model = function()
    return require "perigee.model"
  end,
  dataset = function()
    return require("perigee.dataset").open
  end,
  progress = function()
    return require("perigee.progress").each
  end,
  plot = function()
    return require "perigee.plot"
  end,
  help = function()
    return require("perigee.help").show
  end,
}

getmetatable(core.zeros(1)).__tostring = function(array)
  return require("perigee.text").array(array)
end

return setmetatable(pg, {
  __index = function(_, name)
    local value = later[name] and later[name]()
    if value ~= nil then
      pg[name] = value
    end
    return value
  end,
  __pairs = function()
    for name, read in next, later do
      pg[name] = read()
    end
    return next, pg, nil
  end,
})
