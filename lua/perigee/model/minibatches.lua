--- Minibatches: rows in random order, each once in an epoch.
--
-- The generator draws the order when an epoch begins. A training is resumed from its state at that
-- time and the number of rows used since.
--
-- A batch counts as used if the model has made an update since it was taken, which the next call
-- finds out. So an update that was interrupted can be made again.

---@class perigee.minibatches
---@field rows integer
---@field random perigee.random
---@field epoch table  `used`: number of rows; `order`: their permutation; `before`: the generator's
---   state before it was drawn; `taken`: the end of the batch; `updates`: the model's before it
local Minibatches = {}
Minibatches.__index = Minibatches

local minibatches = {}

--- Makes the batches of n rows, of which `used` were used since the generator's present state.
---@param n integer
---@param random perigee.random
---@param used? integer  0 by default
---@return perigee.minibatches
function minibatches.new(n, random, used)
  return setmetatable({ rows = n, random = random, epoch = { used = used or 0 } }, Minibatches)
end

--- Counts the batch that was taken as used, if an update was made since; the last one ends the
--- epoch. The epoch is replaced by a new table, so that an interrupt falls before or after.
local function settle(self, updates)
  local epoch = self.epoch
  if epoch.taken and updates > epoch.updates then
    local last = epoch.taken
    self.epoch = last == self.rows and { used = 0 }
      or { used = last, order = epoch.order, before = epoch.before }
  end
  return self.epoch
end

--- Takes the next `size` rows, or the rest of the epoch.
---@param size integer
---@param updates integer  of the model so far
---@return { order: perigee.array, first: integer, last: integer }  # int64 positions; the batch is
---   order[first] to order[last]
function Minibatches:take(size, updates)
  local epoch = settle(self, updates)
  if not epoch.order then
    if epoch.before then -- the draw was interrupted
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
  return { order = epoch.order, first = epoch.used + 1, last = last }
end

--- Gives a batch back whose update failed.
---@param updates integer  of the model so far
function Minibatches:give_back(updates)
  local epoch = settle(self, updates)
  self.epoch = { used = epoch.used, order = epoch.order, before = epoch.before }
end

--- The number of rows used in the epoch, 0 between two epochs, and the generator's state at its
--- beginning.
---@param updates integer  of the model so far
---@return integer
---@return perigee.array
function Minibatches:state(updates)
  local epoch = settle(self, updates)
  return epoch.used, epoch.before or self.random:get_state()
end

--- Tells if the last update was the last of an epoch.
---@param updates integer  of the model so far
---@return boolean
function Minibatches:ended_epoch(updates)
  return settle(self, updates).used == 0
end

return minibatches
