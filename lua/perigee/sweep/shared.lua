--- The arrays that all trials of a process share: whether a trial has written to them.

local check = require "perigee.check"
local core = require "perigee.core"
local references = require "perigee.sweep.references"

---@class perigee.sweep.shared
local Shared = {}
Shared.__index = Shared

local shared = {}

--- The arrays and archives of a study's data, and those that `run` refers to.
---@param data any
---@param run function
---@return perigee.sweep.shared
function shared.of(data, run)
  local self, seen = setmetatable({ list = {} }, Shared), {}
  for _, found in ipairs(references.of { ["trial.data"] = data, run = run }) do
    if type(found.value) == "userdata" and not seen[found.value] then
      seen[found.value] = true
      self.list[#self.list + 1] = found
    end
  end
  return self
end

--- How often each array has been written to, by its name; false for what was freed or closed.
local function writes_of(self)
  local writes = {}
  for _, found in ipairs(self.list) do
    if check.is_array(found.value) then
      writes[found.name] = core.writes(found.value) or false
    else
      local members = check.try(core.archive_writes, found.value)
      writes[found.name] = members and 0
      for member, count in pairs(members or {}) do
        writes[found.name .. "." .. member] = count
      end
    end
  end
  return writes
end

--- A trial begins.
function Shared:begin()
  self.before = writes_of(self)
end

--- The names of the arrays that the trial has written to or freed, in order. A member that it was
--- the first to load had none written to.
---@return string[]
function Shared:changes()
  local changed, now = {}, writes_of(self)
  for name, count in pairs(now) do
    if count ~= (self.before[name] or 0) and self.before[name] ~= false then
      changed[name] = true
    end
  end
  return check.sorted_keys(changed)
end

return shared
