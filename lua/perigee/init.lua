--- Perigee: neural-network experiments in Lua, over a C core.
--
-- `local pg = require "perigee"` gives arrays, files, random numbers, the
-- notebook's kernels and the model; docs/design.md says where each lives.

local core = require "perigee.core"

local pg = { _VERSION = "Perigee " .. core.info().version }

-- What C gives under a name is the user's, but for what a Lua file wraps or keeps to itself.
for name, value in pairs(core) do
  pg[name] = value
end
for _, name in ipairs {
  "trainer", "archive", "save_png", "guard_memory", "limit_memory", "checksum_v1",
} do
  pg[name] = nil
end

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
  show = function()
    return require("perigee.show").show
  end,
  save_png = function()
    return require("perigee.png").save
  end,
  help = function()
    return require("perigee.help").show
  end,
}

getmetatable(core.zeros(1)).__tostring = function(array)
  return require("perigee.text").array(array)
end

core.archive.__tostring = function(archive)
  return require("perigee.cards").archive(archive)
end

--- What a prompt offers behind `data.`
core.archive.__names = function(archive)
  return archive:keys()
end

getmetatable(core.random(0)).__tostring = function(generator)
  return require("perigee.cards").generator(generator)
end

return setmetatable(pg, {
  __tostring = function()
    return require("perigee.cards").module()
  end,
  __names = function() -- those that were not read yet
    local names = {}
    for name in next, later do
      names[#names + 1] = name
    end
    return names
  end,
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
