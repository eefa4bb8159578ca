--- The data that all trials of a process share: tells if a trial has changed them.

local collections = require "perigee.util.collections"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local references = require "perigee.sweep.data.references"
local types = require "perigee.util.types"

local MOST_CHECKS = 10 -- trials after which variables are compared

---@class perigee.sweep.shared_data
local Shared = {}
Shared.__index = Shared

local shared_data = {}

--- Finds the arrays, archives and generators of a study's data, and those that `run` refers to.
---@param data any
---@param run function
---@return perigee.sweep.shared_data
function shared_data.of(data, run)
  local self, seen = setmetatable({ data = data, run = run, list = {}, checks = 0 }, Shared), {}
  for _, found in ipairs(references.of { ["trial.data"] = data, run = run }) do
    if type(found.value) == "userdata" and not seen[found.value] then
      seen[found.value] = true
      self.list[#self.list + 1] = found
    end
  end
  return self
end

--- The state of a shared object, by the names of its parts: an array's count of writes, or false
--- for one that was freed, or whose archive was closed; a generator's checksum.
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

--- The variables of `run` that hold a number, a text, true or false, by name.
local function variables_of(self)
  local variables = {}
  for _, found in ipairs(references.of { run = self.run }) do
    if found.name == found.root and type(found.value) ~= "userdata" then
      variables[found.name] = found.value
    end
  end
  return variables
end

--- The values in the table that is the study's data, by name.
local function members_of(self)
  local members = {}
  local list = type(self.data) == "table" and references.of { ["trial.data"] = self.data } or {}
  for _, found in ipairs(list) do
    members[found.name] = found.value
  end
  return members
end

--- Remembers the state before a trial.
function Shared:begin()
  self.before = {}
  for i, found in ipairs(self.list) do
    self.before[i] = state_of(found.value)
  end
  self.members, self.variables = members_of(self), nil
  if self.checks < MOST_CHECKS then
    self.checks, self.variables = self.checks + 1, variables_of(self)
  end
end

--- The names of the data that the trial has written to, freed, replaced or, of a generator, drawn
--- from, in order. An array that it was the first to load was not written to before.
---@return string[]
---@return boolean  # true if the first of them is a generator
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
  local members = members_of(self)
  for _, names in ipairs { self.members, members } do
    for name in pairs(names) do
      changed[name] = changed[name] or self.members[name] ~= members[name] or nil
    end
  end
  local names = collections.sorted_keys(changed)
  return names, is_generator[names[1]] or false
end

--- The first variable that the trial has given another value; nil if there is none, or the
--- checked trials are over.
---@return string?
function Shared:changed_variable()
  if not self.variables then
    return nil
  end
  local now = variables_of(self)
  for _, name in ipairs(collections.sorted_keys(self.variables)) do
    if now[name] ~= nil and now[name] ~= self.variables[name] then
      self.checks = MOST_CHECKS
      return name
    end
  end
end

return shared_data
