--- The module perigee.mpi: the ranks that mpirun or srun has started, and what they exchange.
--
--   local mpi = require "perigee.mpi"
--   local m = pg.Model(x, y, { comm = mpi.world })

local communicators = require "perigee.mpi.communicator"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local launch = require "perigee.mpi.launch"
local public = require "perigee.util.public"
local unknown_name = require "perigee.util.unknown_name"

local process = launch.start()
launch.share_output()
local world = communicators.new(process.world)

local mpi = {
  rank = process.rank, size = process.size, world = world, library = process.module.library,
}

--- Returns the rows that this rank has of n: those of its shards. So a training on local rows has
--- the bits of one on all rows.
---
--- For `pg.load`, which reads these rows alone. The last of no rows is the first - 1: there are no
--- more ranks with rows than shards, 16 for some thousand rows.
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

mpi.rows = public.counted("rows", mpi.rows, 1)

for name, least in pairs { barrier = 0, bcast = 0, allreduce = 1, gather = 0, scatter = 0 } do
  mpi[name] = public.counted(name, function(value, argument)
    return world[name](world, value, argument)
  end, least)
end

return setmetatable(mpi, {
  __name = "perigee.mpi",
  __index = function(_, name)
    local names = {}
    for each in next, mpi do
      names[#names + 1] = each
    end
    table.sort(names)
    errors.raise(unknown_name.message("perigee.mpi", name, names))
  end,
  __tostring = function()
    return ("perigee.mpi: rank %d of %d (%s)"):format(mpi.rank, mpi.size, mpi.library)
  end,
})
