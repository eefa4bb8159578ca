--- The data that all trials of a process share: whether a trial has changed them.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local types = require "perigee.util.types"
local core = require "perigee.core"
local references = require "perigee.sweep.data.references"

local MOST_LOOKS = 10 -- trials after which variables are looked at

---@class perigee.sweep.shared_data
local Shared = {}
Shared.__index = Shared

local shared_data = {}

--- Finds the arrays, archives and generators of a study's data, and those that `run` refers to.
---@param data any
---@param run function
---@return perigee.sweep.shared_data
function shared_data.of(data, run)
  local self, seen = setmetatable({ data = data, run = run, list = {}, looks = 0 }, Shared), {}
  for _, found in ipairs(references.of { ["trial.data"] = data, run = run }) do
    if type(found.value) == "userdata" and not seen[found.value] then
      seen[found.value] = true
      self.list[#self.list + 1] = found
    end
  end
  return self
end

--- The state of something shared, by the names of its parts: how often an array has been written
--- to, false for one that was freed, and for an archive that was closed; a generator's numbers.
local function state_of(value)
  if types.is_array(value) then
    return { [""] = core.writes(value) or false }
  elseif references.is_generator(value) then
    return { [""] = core.checksum(value:get_state()) }
  end
  local members, state = errors.try(core.archive_writes, value), {}
  for member, writes in pairs(members or {}) do
    state["." .. member] = writes
  end
  state[""] = members and 0 or false
  return state
end

--- The variables of `run` that hold a number, a text, true or false, and the arrays in the tables
--- that a study was told: by their names.
local function variables_of(self)
  local variables = {}
  for _, found in ipairs(references.of { run = self.run }) do
    if found.name == found.root and type(found.value) ~= "userdata" then
      variables[found.name] = found.value
    end
  end
  return variables
end

local function told_of(self)
  local told = {}
  local list = type(self.data) == "table" and references.of { ["trial.data"] = self.data } or {}
  for _, found in ipairs(list) do
    told[found.name] = found.value
  end
  return told
end

--- A trial begins.
function Shared:begin()
  self.before = {}
  for i, found in ipairs(self.list) do
    self.before[i] = state_of(found.value)
  end
  self.told, self.variables = told_of(self), nil
  if self.looks < MOST_LOOKS then
    self.looks, self.variables = self.looks + 1, variables_of(self)
  end
end

--- The names of what the trial has written to, freed or replaced, in order, and which of them are
--- generators that it has drawn from. An array that it was the first to load was not written to
--- before.
---@return string[]
---@return boolean  # whether the first of them is a generator
function Shared:changes()
  local changed, is_generator = {}, {}
  for i, found in ipairs(self.list) do
    for part, state in pairs(state_of(found.value)) do
      local before = self.before[i][part]
      if state ~= (before == nil and 0 or before) then
        changed[found.name .. part] = true
        is_generator[found.name .. part] = references.is_generator(found.value)
      end
    end
  end
  local told = told_of(self)
  for _, names in ipairs { self.told, told } do
    for name in pairs(names) do
      changed[name] = changed[name] or self.told[name] ~= told[name] or nil
    end
  end
  local names = collections.sorted_keys(changed)
  return names, is_generator[names[1]] or false
end

--- The first variable that the trial has given another value; nil where there is none, or the
--- trials that are looked at are over.
---@return string?
function Shared:changed_variable()
  if not self.variables then
    return nil
  end
  local now = variables_of(self)
  for _, name in ipairs(collections.sorted_keys(self.variables)) do
    if now[name] ~= nil and now[name] ~= self.variables[name] then
      self.looks = MOST_LOOKS
      return name
    end
  end
end

return shared_data
