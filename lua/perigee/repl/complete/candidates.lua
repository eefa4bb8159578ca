--- A list of candidates for a completion. It takes the names that begin with the typed text, each
--- once and limited in number.
--
-- The names come from elsewhere: after a dot or colon from introspect/members.lua, in a call from
-- arguments.lua, in a string from strings.lua and paths.lua, and else from completion.lua.

local Candidates = {}
Candidates.__index = Candidates

local candidates = {}

local MOST = 10000 -- names
local SECONDS = 0.1 -- for a search
local STEPS = 1000 -- between two looks at the clock

---@class perigee.repl.candidates
---@field prefix string
---@field names string[]

---@param prefix string  what was typed
---@return perigee.repl.candidates
function candidates.new(prefix)
  return setmetatable({
    prefix = prefix, names = {}, seen = {}, steps = 0, deadline = os.clock() + SECONDS,
  }, Candidates)
end

--- Adds a name if it begins with the prefix.
---@param name string
function Candidates:add(name)
  if name:sub(1, #self.prefix) == self.prefix and not self.seen[name] and #self.names < MOST then
    self.seen[name] = true
    self.names[#self.names + 1] = name
  end
end

---@param names string[]
function Candidates:add_all(names)
  for _, name in ipairs(names) do
    self:add(name)
  end
end

--- Tells if there are enough names, or the time is over. A long loop asks at each step.
---@return boolean
function Candidates:is_full()
  self.steps = self.steps + 1
  return #self.names >= MOST or self.steps % STEPS == 0 and os.clock() > self.deadline
end

--- The names in order.
---@return string[]
function Candidates:sorted()
  table.sort(self.names)
  return self.names
end

return candidates
