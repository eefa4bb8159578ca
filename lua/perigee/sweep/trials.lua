--- The trials of a study, in the order of the grid; the repeats of a point follow each other.

local collections = require "perigee.util.collections"
local hash = require "perigee.sweep.data.hash"

---@class perigee.sweep.trials
---@field count integer
---@field ids string[]
local Trials = {}
Trials.__index = Trials

local trials = {}

--- Of each point so many repeats.
---@param space perigee.sweep.space
---@param settings table<string, any>
---@param repeats integer
---@param seed integer  of the first of the repeats
---@param data? string  the fingerprint of the data
---@return perigee.sweep.trials
function trials.new(space, settings, repeats, seed, data)
  local self = setmetatable({
    space = space, settings = settings, repeats = repeats, first_seed = seed, ids = {},
    index_of = {}, count = space.count * repeats,
  }, Trials)
  for i = 1, self.count do
    local id = hash.trial(self:values(i), self:round(i), self:seed(i), data)
    self.ids[i], self.index_of[id] = id, i
  end
  return self
end

--- Values in a table of the caller's, whose lists are its own.
local function own(values)
  local copies = {}
  for name, value in pairs(values) do
    copies[name] = type(value) == "table" and table.move(value, 1, #value, 1, {}) or value
  end
  return copies
end

--- The point's values, in a table of the caller's.
---@param i integer
---@return table<string, any>
function Trials:point(i)
  return own(self.space:at((i - 1) // self.repeats + 1))
end

--- The same, and the settings.
---@param i integer
---@return table<string, any>
function Trials:values(i)
  return collections.merge(self:point(i), own(self.settings))
end

--- Which of the repeats it is, from 1 on.
---@param i integer
---@return integer
function Trials:round(i)
  return (i - 1) % self.repeats + 1
end

--- All points have the same seeds, so that they are compared under the same luck.
---@param i integer
---@return integer
function Trials:seed(i)
  return self.first_seed + self:round(i) - 1
end

return trials
