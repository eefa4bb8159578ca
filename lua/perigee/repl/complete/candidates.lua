--- Names as they are found: those that begin as was typed, each once, and only so many.

local Candidates = {}
Candidates.__index = Candidates

local candidates = {}

local MOST = 10000 -- names: nobody reads more
local SECONDS = 0.1 -- of looking, whatever there is
local LOOKS = 1000 -- between two looks at the clock

---@class perigee.repl.candidates
---@field prefix string
---@field names string[]

---@param prefix string  what all names have to begin with
---@return perigee.repl.candidates
function candidates.new(prefix)
  return setmetatable({
    prefix = prefix, names = {}, seen = {}, looks = 0, deadline = os.clock() + SECONDS,
  }, Candidates)
end

--- Takes a name, if it fits.
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

--- Whether there is enough, in number or in time: to be asked at each step of a long walk.
---@return boolean
function Candidates:is_full()
  self.looks = self.looks + 1
  return #self.names >= MOST or self.looks % LOOKS == 0 and os.clock() > self.deadline
end

--- The names in order.
---@return string[]
function Candidates:sorted()
  table.sort(self.names)
  return self.names
end

return candidates
