--- Minibatches: rows in random order, each once in an epoch.
--
-- Each rank shuffles local rows by a generator that the generator of all ranks seeds when an epoch
-- begins; a batch has a part of each rank's rows.
--
-- The generator draws the order when an epoch begins. A training is resumed from its state at that
-- time and the number of rows used since.
--
-- A batch counts as used if the model has made an update since it was taken, which the next call
-- finds out. So an update that was interrupted can be made again.

local core = require "perigee.core"
local sharing = require "perigee.model.sharing"

---@class perigee.minibatches
---@field rows integer  of all ranks
---@field random perigee.random
---@field epoch table  `used`: number of rows; `order`: their permutation; `before`: the generator's
---   state before it was drawn; `taken`: the end of the batch; `updates`: the model's before it;
---   of local rows `parts`: how many of each rank's were used, and `parts_after`: behind the batch
local Minibatches = {}
Minibatches.__index = Minibatches

local minibatches = {}

--- Makes the batches of n rows, of which `used` were used since the generator's present state.
---@param n integer  of all ranks
---@param random perigee.random
---@param used? integer  0 by default
---@param share? perigee.sharing  of ranks that have local rows
---@return perigee.minibatches
function minibatches.new(n, random, used, share)
  return setmetatable({ rows = n, random = random, share = share, epoch = { used = used or 0 } },
    Minibatches)
end

--- Counts the batch that was taken as used, if an update was made since; the last one ends the
--- epoch. The epoch is replaced by a new table, so that an interrupt falls before or after.
local function settle(self, updates)
  local epoch = self.epoch
  if epoch.taken and updates > epoch.updates then
    local last = epoch.taken
    self.epoch = last == self.rows and { used = 0 }
      or { used = last, order = epoch.order, before = epoch.before, parts = epoch.parts_after }
  end
  return self.epoch
end

--- The order of the rows: of local ones by a generator of the rank's own.
local function draw_order(self)
  local share = self.share
  if not share then
    return self.random:permutation(self.rows)
  end
  local seed = self.random:randint(0, 1 << 32) + share.comm.rank * 0x9E3779B1
  return core.random(seed & 0xFFFFFFFF):permutation(share.counts[share.comm.rank + 1])
end

--- The parts of a batch of all ranks that follow those used.
local function next_parts(counts, parts, size)
  local left = {}
  for i, count in ipairs(counts) do
    left[i] = count - parts[i]
  end
  return sharing.allot(left, size, parts.number + 1)
end

--- The state of the ranks' parts behind a batch.
local function after(parts, batch)
  local now = { number = parts.number + 1 }
  for i, count in ipairs(batch) do
    now[i] = parts[i] + count
  end
  return now
end

--- The used rows of each rank after `used` rows of all ranks, in batches of `size`.
local function parts_of(counts, used, size)
  local parts = { number = 0 }
  for i = 1, #counts do
    parts[i] = 0
  end
  for at = 0, used - 1, size do
    parts = after(parts, next_parts(counts, parts, math.min(size, used - at)))
  end
  return parts
end

--- The rank's part of the batch of `size` rows of all ranks that comes next.
local function take_local(self, epoch, size)
  local counts, rank = self.share.counts, self.share.comm.rank
  local parts = epoch.parts or parts_of(counts, epoch.used, size)
  local batch, offset = next_parts(counts, parts, size), 0
  for i = 1, rank do
    offset = offset + batch[i]
  end
  self.epoch.parts, self.epoch.parts_after = parts, after(parts, batch)
  local first = parts[rank + 1] + 1
  return {
    order = epoch.order, first = first, last = first + batch[rank + 1] - 1, total = size,
    offset = offset,
  }
end

--- Takes the next `size` rows, or the rest of the epoch.
---@param size integer
---@param updates integer  of the model so far
---@return table  # order (int64 positions), first, last: the batch is order[first] to order[last].
---   Of local rows, the rank's part of a batch of `total` rows, behind `offset` rows of other ranks
function Minibatches:take(size, updates)
  local epoch = settle(self, updates)
  if not epoch.order then
    if epoch.before then -- the draw was interrupted
      self.random:set_state(epoch.before)
    else
      epoch.before = self.random:get_state()
    end
    epoch.order = draw_order(self)
  end
  local last = math.min(epoch.used + size, self.rows)
  self.epoch = {
    used = epoch.used, order = epoch.order, before = epoch.before, taken = last, updates = updates,
    parts = epoch.parts,
  }
  if self.share then
    return take_local(self, self.epoch, last - epoch.used)
  end
  return { order = epoch.order, first = epoch.used + 1, last = last }
end

--- Gives a batch back whose update failed.
---@param updates integer  of the model so far
function Minibatches:give_back(updates)
  local epoch = settle(self, updates)
  self.epoch = {
    used = epoch.used, order = epoch.order, before = epoch.before, parts = epoch.parts,
  }
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
