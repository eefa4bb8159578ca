--- A group of ranks that runs a study's trials together. Its first rank, the leader, takes orders,
--- keeps the records and saves the checkpoints.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local launch = require "perigee.mpi.launch"

local PATIENCE = 60 -- seconds that a rank whose trial has failed waits for the others of its group

---@class perigee.sweep.rank_group
---@field comm perigee.communicator  the trials' own
---@field orders perigee.communicator  of the same ranks, for the study
---@field is_leader boolean
---@field is_broken boolean?  its ranks wait for each other in vain
local Group = {}
Group.__index = Group

local rank_group = {}

local known = {} -- groups by their sizes: MPI has few communicators

--- The group of this rank; nil for a rank that is left over. All ranks call it.
---@param world perigee.communicator
---@param size integer  ranks of a group
---@return perigee.sweep.rank_group?
function rank_group.of(world, size)
  if not known[size] then
    local number = world.rank // size
    local comm, orders = world:split(number), world:split(number)
    known[size] = setmetatable({ comm = comm, orders = orders, is_leader = comm.rank == 0 }, Group)
  end
  return known[size].comm.size == size and known[size] or nil
end

--- Returns the leader's order on all ranks; "" if there are no more.
---@param text? string  the leader's
---@return string
function Group:order(text)
  return self.orders:bcast(text)
end

--- Returns the leader's judgement of a report on all ranks.
---@param status? string  the leader's
---@param reason? string
---@return string? status
---@return string? reason
function Group:judge(status, reason)
  local judgement = self.orders:bcast { status = status, reason = reason }
  return judgement.status, judgement.reason
end

--- Has all ranks restore the checkpoint that the leader has. Raises on all where one cannot.
---@param path string
---@param restore fun(path: string): table?, string?  returns a state, or nil and a problem
---@return table? state
---@return string? problem  the leader's, where the state is nil
function Group:restore(path, restore)
  local state, problem
  local contents = self.orders:meet_with("checkpoint", function()
    if self.is_leader then
      state, problem = restore(path)
    end
    local file <close> = state and errors.ensure(io.open(path, "rb"))
    return file and file:read "a" or ""
  end)[1]
  self.orders:meet_with("checkpoint", function()
    if not self.is_leader and contents ~= "" then
      local copy = os.tmpname()
      local _ <close> = setmetatable({}, { __close = function()
        os.remove(copy)
      end })
      core.write(copy, contents)
      state = errors.ensure(restore(copy))
    end
    return ""
  end)
  return state, problem
end

--- Returns how a trial has failed on each rank: a message, or false. Raises if the others do not
--- come to its end, but wait for this rank elsewhere.
---@param message? string  of this rank's failure
---@return (string|false)[]
function Group:agree(message)
  local module, handle = launch.start().module, self.orders.handle
  module.set_patience(handle, message and PATIENCE or 0)
  self.is_broken = true
  local list = self.orders:exchange("the end of a trial", message)
  self.is_broken = false
  module.set_patience(handle, 0)
  return list
end

return rank_group
