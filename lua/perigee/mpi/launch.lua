--- The launcher of this process: mpirun or srun may have started it as one of several ranks.
--
-- Launchers tell their processes so in the environment. A process that was started as a rank needs
-- the module perigee_mpi, which `make mpi` builds; without it, all ranks would do the same.

local external = require "perigee.util.external"
local printable = require "perigee.util.printable"
local uv = external.require "luv"

local launch = {}

--- The process whose environment says that it is a rank: programs that it starts are none.
local RANK = "PERIGEE_RANK_PROCESS"

local GRACE = 1000 -- milliseconds that a rank without a message waits for the one that has it

--- Launchers, by variables with the number of ranks and the rank; `library` is found in the name of
--- the MPI whose ranks they start. srun starts ranks of any.
local LAUNCHERS = {
  { name = "mpirun of Open MPI", size = "OMPI_COMM_WORLD_SIZE", rank = "OMPI_COMM_WORLD_RANK",
    library = "Open MPI" },
  { name = "srun", size = "SLURM_STEP_NUM_TASKS", rank = "SLURM_PROCID" },
  { name = "mpirun of MPICH", size = "PMI_SIZE", rank = "PMI_RANK", library = "MPICH" },
}

--- The launcher that has started this process as one of several ranks.
---@return { name: string, size: integer, rank: integer, library: string? }?
local function find()
  local process = os.getenv(RANK)
  if process and process ~= tostring(uv.os_getpid()) then
    return nil
  end
  for _, launcher in ipairs(LAUNCHERS) do
    local size = math.tointeger(tonumber(os.getenv(launcher.size)))
    local rank = math.tointeger(tonumber(os.getenv(launcher.rank)))
    if size and rank and size > 1 then
      return { name = launcher.name, size = size, rank = rank, library = launcher.library }
    end
  end
end

local launcher = find()

--- The number of ranks that the launcher has started; 1 for a process by itself.
---@return integer
function launch.size()
  return launcher and launcher.size or 1
end

--- Ends a rank that cannot do its part. One rank says why, and the others wait for it: the launcher
--- may end all when one does.
local function refuse(...)
  if launcher.rank == 0 then
    io.stderr:write("perigee: ", printable.line(string.format(...)), "\n")
  else
    uv.sleep(GRACE)
  end
  os.exit(1)
end

local started

--- Starts MPI, once, and returns what it has: rank, size, the communicator of all ranks, and the
--- module.
---@return { rank: integer, size: integer, world: userdata, module: table }
function launch.start()
  if started then
    return started
  end
  local found, module = pcall(require, "perigee_mpi")
  if not found and launcher then
    refuse("%s has started %d processes, which need the module perigee_mpi to work together: "
      .. "`make mpi` builds it (%s)", launcher.name, launcher.size,
      tostring(module):match "^[^\n]*")
  elseif not found then
    error(module, 0)
  elseif launcher and launcher.library and not module.library:find(launcher.library, 1, true) then
    refuse("%s has started %d processes, but the module perigee_mpi was built with %s: use the "
      .. "mpirun of that, or build the module with `make mpi MPICC=...`", launcher.name,
      launcher.size, module.library)
  end
  local rank, size, world = module.start()
  if launcher and size ~= launcher.size then
    refuse("%s has started %d processes, but %s, with which perigee_mpi was built, finds %d: it "
      .. "doesn't know this launcher (srun --mpi=list shows what srun can do)", launcher.name,
      launcher.size, module.library, size)
  end
  uv.os_setenv(RANK, tostring(uv.os_getpid()))
  started = { rank = rank, size = size, world = world, module = module }
  return started
end

return launch
