--- Rows in random order, a batch after the other, each once in an epoch.
--
-- The order is drawn when an epoch begins, by the generator. So the generator as it
-- was then, and how many rows were used since, are all that it takes to go on.

local Batches = {}
Batches.__index = Batches

local batches = {}

--- Of n rows; `used` of them were taken since the generator was as it is.
---@param n integer
---@param random perigee.random
---@param used? integer  0 unless given
function batches.new(n, random, used)
  return setmetatable({ rows = n, random = random, used = used or 0 }, Batches)
end

--- The next `size` rows, or those that are left of the epoch: int64 positions, and the first and
--- the last of them that are meant. Until `done`, they are the next.
function Batches:take(size)
  if not self.order then
    self.before = self.random:get_state()
    self.order = self.random:permutation(self.rows)
  end
  return self.order, self.used + 1, math.min(self.used + size, self.rows)
end

--- The rows up to `last` were used; with the last of all the epoch ends.
function Batches:done(last)
  self.used = last
  if last == self.rows then
    self.used, self.order, self.before = 0, nil, nil
  end
end

--- Whether the epoch has just ended, or none has begun.
function Batches:is_between_epochs()
  return self.used == 0
end

--- The generator's state when the epoch began, and how many rows were used since.
function Batches:state()
  return self.before or self.random:get_state(), self.used
end

return batches
