--- Perigee: neural-network experiments in Lua, over a C core.
--
-- `local pg = require "perigee"` gives arrays, files, random numbers, the
-- notebook's kernels and the model; docs/design.md says where each lives.

local core = require "perigee.core"
local public = require "perigee.public"

local pg = { _VERSION = "Perigee " .. core.info().version }

-- What C gives under a name is the user's, but for what a Lua file wraps or keeps to itself.
for name, value in pairs(core) do
  pg[name] = value
end
for _, name in ipairs { "trainer", "archive", "save_png", "guard_memory", "limit_memory" } do
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

-- --- values made in C: their text, their names, and errors for names that they do not have ----

local array, archive, generator = getmetatable(core.zeros(1)), core.archive,
  getmetatable(core.random(0))

local PROPERTIES = { "shape", "dtype", "ndim", "size", "T" }

function array:__tostring()
  return require("perigee.text").array(self)
end

function array.__no_field(_, name)
  local names = require("perigee.check").sorted_keys(array.__methods)
  table.move(PROPERTIES, 1, #PROPERTIES, #names + 1, names)
  return require("perigee.absent").message("an array", name, names)
end

function archive:__tostring()
  return require("perigee.cards").archive(self)
end

--- The names that a prompt offers behind `data.`
function archive:__names()
  return self:keys()
end

function archive:__no_field(name)
  return require("perigee.absent").message(self:path(), name, self:keys())
end

function generator:__tostring()
  return require("perigee.cards").generator(self)
end

function generator.__no_field(_, name)
  local names = require("perigee.check").sorted_keys(generator.__methods)
  return require("perigee.absent").message("a generator", name, names)
end

-- --- the module ---------------------------------------------------------------------------------

--- A function that is read when it is first asked for.
local function read(name)
  local value = later[name] and later[name]()
  return type(value) == "function" and public.counted(name, value) or value
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
    local value = read(name)
    if value == nil then
      error(require("perigee.absent").of_module(pg, name), 2)
    end
    pg[name] = value
    return value
  end,
  __pairs = function()
    for name in next, later do
      pg[name] = rawget(pg, name) or read(name)
    end
    return next, pg, nil
  end,
})
