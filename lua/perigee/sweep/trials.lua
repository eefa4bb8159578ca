--- The list of a study's trials, in the order of the grid; the repeats of a point follow each
--- other.
--
-- A trial's id is a hash of its values, data, repeat and seed: its index does not count.

local collections = require "perigee.util.collections"
local format = require "perigee.util.format"
local hash = require "perigee.sweep.data.hash"
local json = require "perigee.util.json"

---@class perigee.sweep.trials
---@field count integer
---@field ids string[]
---@field index_of table<string, integer>  by the ids
local Trials = {}
Trials.__index = Trials

local trials = {}

--- The id of a trial.
---@param values table<string, any>  its parameters and settings
---@param repeat_number integer
---@param seed integer
---@param fingerprint? string  of its data
---@return string
function trials.id(values, repeat_number, seed, fingerprint)
  return hash.of(json.encode {
    data = fingerprint, ["repeat"] = repeat_number, seed = seed, values = values,
  })
end

--- Lists the trials of a study.
---@param definition table  space; settings; repeats; seed, of the first repeat
---@param fingerprint? string  of the data
---@return perigee.sweep.trials
function trials.new(definition, fingerprint)
  local space, settings = definition.space, definition.settings
  local self = setmetatable({
    space = space, settings = settings, repeats = definition.repeats,
    first_seed = definition.seed, count = space.count * definition.repeats, ids = {}, index_of = {},
  }, Trials)
  local values
  for i = 1, self.count do
    local repeat_number = self:repeat_number(i)
    values = repeat_number > 1 and values
      or collections.merge(space:at(self:point_number(i)), settings)
    local id = trials.id(values, repeat_number, self:seed(i), fingerprint)
    self.ids[i], self.index_of[id] = id, i
  end
  return self
end

--- Copies values by name, with their lists.
local function copy(values)
  local copies = {}
  for name, value in pairs(values) do
    copies[name] = type(value) == "table" and table.move(value, 1, #value, 1, {}) or value
  end
  return copies
end

--- The number of the trial's point, from 1 on.
---@param i integer
---@return integer
function Trials:point_number(i)
  return (i - 1) // self.repeats + 1
end

--- The number of the repeat, from 1 on.
---@param i integer
---@return integer
function Trials:repeat_number(i)
  return (i - 1) % self.repeats + 1
end

--- The seed. All points have the same seeds: they are compared with the same random numbers.
---@param i integer
---@return integer
function Trials:seed(i)
  return self.first_seed + self:repeat_number(i) - 1
end

--- The values of the parameters, in a new table.
---@param i integer
---@return table<string, any>
function Trials:point(i)
  return copy(self.space:at(self:point_number(i)))
end

--- The values of the parameters and the settings, in a new table.
---@param i integer
---@return table<string, any>
function Trials:values(i)
  return collections.merge(self:point(i), copy(self.settings))
end

--- The trial by its parameters: "hidden 50, rate 0.1, repeat 2".
---@param i integer
---@return string
function Trials:label(i)
  local names = self.space.names
  local parts = { #names > 0 and format.point(names, self.space:at(self:point_number(i))) or nil }
  if self.repeats > 1 or #parts == 0 then
    parts[#parts + 1] = "repeat " .. self:repeat_number(i)
  end
  return table.concat(parts, ", ")
end

return trials
