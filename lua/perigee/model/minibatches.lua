--- Rows in random order, a batch after the other, each once in an epoch.
--
-- The order is drawn when an epoch begins, by the generator. So the generator as it was then, and
-- how many rows were used since, are all that it takes to go on.
--
-- Whether what was taken was used is told by the number of updates that were made, when the
-- batches are asked for something the next time: an update that is interrupted can be made again.

local Batches = {}
Batches.__index = Batches

local batches = {}

--- Of n rows; `used` of them were taken since the generator was as it is.
---@param n integer
---@param random perigee.random
---@param used? integer  0 unless given
function batches.new(n, random, used)
  return setmetatable({ rows = n, random = random, epoch = { used = used or 0 } }, Batches)
end

--- What was taken was used, if updates were made since; with the last rows the epoch ends. One
--- table takes another's place, so that an interrupt falls before or after.
local function settle(self, updates)
  local epoch = self.epoch
  if epoch.taken and updates > epoch.updates then
    local last = epoch.taken
    self.epoch = last == self.rows and { used = 0 }
      or { used = last, order = epoch.order, before = epoch.before }
  end
  return self.epoch
end

--- The next `size` rows, or those that are left of the epoch.
---@param size integer
---@param updates integer  that were made so far
---@return perigee.array order  int64 positions
---@return integer first  the first and
---@return integer last   the last of them that are meant
function Batches:take(size, updates)
  local epoch = settle(self, updates)
  if not epoch.order then
    if epoch.before then -- it was interrupted here
      self.random:set_state(epoch.before)
    else
      epoch.before = self.random:get_state()
    end
    epoch.order = self.random:permutation(self.rows)
  end
  local last = math.min(epoch.used + size, self.rows)
  self.epoch = {
    used = epoch.used, order = epoch.order, before = epoch.before, taken = last, updates = updates,
  }
  return epoch.order, epoch.used + 1, last
end

--- What was taken and is not used by now will not be: its update failed.
---@param updates integer  that were made so far
function Batches:give_back(updates)
  local epoch = settle(self, updates)
  self.epoch = { used = epoch.used, order = epoch.order, before = epoch.before }
end

--- How many rows of the epoch were used, 0 between two epochs; and the generator's state when it
--- began.
---@param updates integer  that were made so far
---@return integer
---@return perigee.array
function Batches:state(updates)
  local epoch = settle(self, updates)
  return epoch.used, epoch.before or self.random:get_state()
end

--- Whether the update before was the last of an epoch.
---@param updates integer  that were made so far
---@return boolean
function Batches:ended_epoch(updates)
  return settle(self, updates).used == 0
end

return batches
