--- The module perigee.mpi: the ranks that mpirun or srun has started, and what they exchange.
--
--   local mpi = require "perigee.mpi"
--   local m = pg.Model(x, y, { comm = mpi.world })

local collections = require "perigee.util.collections"
local communicators = require "perigee.mpi.communicator"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local launch = require "perigee.mpi.launch"
local public = require "perigee.util.public"
local unknown_name = require "perigee.util.unknown_name"

local process = launch.start()
launch.share_output()
local world = communicators.new(process.world)

--- The ranks that mpirun or srun has started, and what they exchange. Each rank runs the same
--- script, from its beginning to its end, and works on its part; a process by itself is the one
--- rank 0. All ranks call the functions that exchange something, in the same order.
---
---     mpi = require "perigee.mpi"
---     m = pg.Model(x, y, {comm = mpi.world, hidden = 20, seed = 0})
---@class perigee.mpi
---@field rank integer  the number of this rank, from 0
---@field size integer  the number of ranks
---@field world perigee.communicator  all ranks, for pg.Model's `comm`
---@field library string  the MPI with which the module was built, and its version
local mpi = {
  rank = process.rank, size = process.size, world = world, library = process.module.library,
}

--- Returns the rows that this rank has of n: those of its shards. So a training on local rows has
--- the bits of one on all rows.
---
--- `pg.load` reads these rows alone. A rank without rows has the last = the first - 1: no more
--- ranks than shards have rows, and some thousand rows have 16 shards.
---
---     r = mpi.rows(60000)
---     r[1], r[2]  --> 1  60000
---@param n integer  the number of all rows
---@return integer[]  # {first, last}, from 1
function mpi.rows(n)
  if math.type(n) ~= "integer" or n < 0 then
    errors.raise("rows: a number of rows is needed, not %s", errors.describe(n))
  end
  return { core.trainer.rows_of_rank(n, world.rank, world.size) }
end

--- Waits until all ranks are there.
---
---     mpi.barrier()
function mpi.barrier()
  world:barrier()
end

--- Returns rank root's value on all ranks. Values are arrays, numbers, strings, booleans, nil, and
--- tables of them; they are copies, but on rank root.
---
---     mpi.bcast{rate = 0.5, seed = 3}.rate  --> 0.5
---@param value any  of rank root; others' is not read
---@param root? integer  default 0
---@return any
function mpi.bcast(value, root)
  return world:bcast(value, root)
end

--- Returns the sum of the ranks' numbers or arrays on all ranks, element by element, or another
--- reduction. The ranks are added up in their order: the same bits on all ranks, and each time. The
--- dtype is that of the array's reduction, int64 for sums of bytes; integers give an integer, but
--- for "mean".
---
---     mpi.allreduce(1) == mpi.size  --> true
---     mpi.allreduce(pg.array{1, 2}, "max")  --> [1., 2.] float64 (2,)
---@param value number|perigee.array  of one shape and dtype on all ranks
---@param op? "sum"|"mean"|"max"|"min"|"prod"  default "sum"
---@return number|perigee.array
function mpi.allreduce(value, op)
  return world:allreduce(value, op)
end

--- Returns the values of all ranks in a list on rank root, rank 0's first, and nil on others.
---
---     mpi.gather(mpi.rank)  --> {0}
---     -- of 3 ranks, rank 0 has {0, 1, 2}, and the others nil
---@param value any  an array, number, string, boolean, nil, or a table of them
---@param root? integer  default 0
---@return any[]?
function mpi.gather(value, root)
  return world:gather(value, root)
end

--- Returns to each rank its part of rank root's value: of a list with an element for each rank,
--- that element; of an array its rows, as evenly as they can be shared, the first ones to rank 0.
---
---     mpi.scatter(pg.range(1, 6))  --> [1, 2, 3, 4, 5, 6] int64 (6,)
---     -- of 2 ranks, rank 0 has [1, 2, 3], and rank 1 [4, 5, 6]
---@param value any  of rank root; others' is not read
---@param root? integer  default 0
---@return any
function mpi.scatter(value, root)
  return world:scatter(value, root)
end

local least = { rows = 1, allreduce = 1 } -- arguments they need

for name, member in pairs(mpi) do
  if type(member) == "function" then
    mpi[name] = public.counted(name, member, least[name])
  end
end

return setmetatable(mpi, {
  __name = "perigee.module",
  __index = function(_, name)
    errors.raise(unknown_name.message("perigee.mpi", name, collections.sorted_keys(mpi)))
  end,
  __tostring = function()
    return ("perigee.mpi: rank %d of %d (%s)"):format(mpi.rank, mpi.size, mpi.library)
  end,
})
