--- The launcher of this process: mpirun or srun may have started it as one of several ranks.
--
-- Launchers tell their processes so in the environment. A process that was started as a rank needs
-- the module perigee_mpi, which `make mpi` builds; without it, all ranks would do the same.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"

local launch = {}

--- The process whose environment says that it is a rank: programs that it starts are none.
local RANK = "PERIGEE_RANK_PROCESS"

local GRACE = 1000 -- milliseconds that a rank without a message waits for the one that has it

--- Launchers, by variables with the number of ranks and the rank; `sign` is another one that must
--- be there. `library` is found in the name of the MPI whose ranks they start; `compiler` is its.
--- srun starts ranks of any, and the daemons of mpirun, whose ranks inherit srun's variables.
local LAUNCHERS = {
  { name = "mpirun of Open MPI", size = "OMPI_COMM_WORLD_SIZE", rank = "OMPI_COMM_WORLD_RANK",
    library = "Open MPI", compiler = "mpicc.openmpi" },
  { name = "mpirun of MPICH", size = "PMI_SIZE", rank = "PMI_RANK", sign = "MPI_LOCALNRANKS",
    library = "MPICH", compiler = "mpicc.mpich" },
  { name = "srun", size = "SLURM_STEP_NUM_TASKS", rank = "SLURM_PROCID" },
  { name = "a launcher with PMI", size = "PMI_SIZE", rank = "PMI_RANK" },
}

local function luv()
  return require("perigee.util.external").require "luv" -- which processes by themselves do not load
end

--- The launcher that has started this process as one of several ranks: the first that says so, as
--- srun may have started mpirun.
---@return table?  # name, size, rank; library and compiler, or nil
local function find()
  for _, launcher in ipairs(LAUNCHERS) do
    local size = math.tointeger(tonumber(os.getenv(launcher.size)))
    local rank = math.tointeger(tonumber(os.getenv(launcher.rank)))
    if size and rank and (not launcher.sign or os.getenv(launcher.sign)) then
      local process = size > 1 and os.getenv(RANK)
      local is_of_rank = process and process ~= tostring(luv().os_getpid())
      return size > 1 and not is_of_rank
        and { name = launcher.name, size = size, rank = rank, library = launcher.library,
          compiler = launcher.compiler } or nil
    end
  end
end

local launcher = find()

--- The number of ranks that the launcher has started; 1 for a process by itself.
---@return integer
function launch.size()
  return launcher and launcher.size or 1
end

--- The rank of this process among them, from 0.
---@return integer
function launch.rank()
  return launcher and launcher.rank or 0
end

--- The program that has started the ranks.
---@return string?
function launch.name()
  return launcher and launcher.name
end

--- Ends a rank that cannot do its part. One rank says why, and the others wait for it: the launcher
--- may end all when one does.
local function refuse(...)
  if launcher.rank == 0 then
    io.stderr:write("perigee: ", printable.line(string.format(...)), "\n")
  else
    luv().sleep(GRACE)
  end
  os.exit(1)
end

--- Ends a rank that has no script: what is typed goes to one of several ranks alone.
function launch.refuse_prompt()
  if launcher then
    refuse("%s has started %d processes, which need a script, as perigee script.lua: a prompt is "
      .. "for one process alone", launcher.name, launcher.size)
  end
end

--- Has the ranks of a machine share its cores, as far as each may use them.
---@param ranks integer  on this machine
local function share_cores(ranks)
  local cores = #(luv().cpu_info() or {})
  if cores > 0 then -- else it is unknown
    core.threads(math.max(1, math.min(core.threads(), cores // ranks)))
  end
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
    errors.raise("the module perigee_mpi is not there: `make mpi` builds it (%s)",
      tostring(module):match "^[^\n]*")
  elseif launcher and launcher.library and not module.library:find(launcher.library, 1, true) then
    refuse("%s has started %d processes, but the module perigee_mpi was built with %s: use the "
      .. "mpirun of that, or build the module with `make mpi MPICC=%s`", launcher.name,
      launcher.size, module.library, launcher.compiler)
  elseif launcher and launcher.name == "srun" and module.library:find "Open MPI"
    and not os.getenv "PMIX_NAMESPACE" then -- MPI_Init would end the process with a page of text
    refuse("srun has started %d processes without PMIx, by which Open MPI finds its ranks: "
      .. "srun --mpi=pmix does (srun --mpi=list shows what there is), or mpirun", launcher.size)
  end
  local rank, size, world, neighbours = module.start()
  if launcher and size ~= launcher.size then
    refuse("%s has started %d processes, but %s, with which perigee_mpi was built, finds %d: "
      .. "it does not know this launcher (MPICH: srun --mpi=pmi2; Open MPI: srun --mpi=pmix)",
      launcher.name, launcher.size, module.library, size)
  end
  luv().os_setenv(RANK, tostring(luv().os_getpid()))
  if not os.getenv "PERIGEE_THREADS" then
    share_cores(neighbours)
  end
  if size > 1 then
    core.exit_by(module.abort)
  end
  if rank > 0 then
    require("perigee.util.progress").silence()
  end
  started = { rank = rank, size = size, world = world, module = module }
  return started
end

local knows_ranks = false -- the script does
local is_in_trial = false

--- Starts MPI in a rank, before its script does anything. Of a script that does not know of ranks,
--- rank 0 alone has standard output.
function launch.begin()
  if launcher and launch.start().rank > 0 and not knows_ranks then
    core.show_stdout(false)
  end
end

--- Gives all ranks standard output, as the script knows of them.
function launch.share_output()
  knows_ranks = true
  core.show_stdout(true)
end

--- The message about a training that each of several ranks would make by itself; nil where the
--- script knows of ranks, in a trial of a study, and in a process by itself.
---@return string?
function launch.refusal_of_training()
  return launcher and not knows_ranks and not is_in_trial
    and ("%s has started %d ranks, and each would train by itself: local mpi = require "
      .. "'perigee.mpi' and pg.Model(x, y, {comm = mpi.world}) has them train together")
      :format(launcher.name, launcher.size) or nil
end

--- Tells if this rank runs a trial of a study: what that does is its own.
---@return boolean
function launch.is_in_trial()
  return is_in_trial
end

--- Calls f, which runs a trial of a study.
---@param is_shown boolean  what it prints
---@param f function
---@param ... any  f's arguments
---@return any ...
function launch.in_trial(is_shown, f, ...)
  local is_hidden = launch.rank() > 0 and not knows_ranks
  local _ <close> = setmetatable({}, { __close = function()
    is_in_trial = false
    if is_hidden and not knows_ranks then
      core.show_stdout(false)
    end
  end })
  is_in_trial = true
  if is_hidden and is_shown then
    core.show_stdout(true)
  end
  return f(...)
end

--- Has the end of this process be no error for the other ranks, which end with the same status.
function launch.agree_on_end()
  if started then
    started.module.agree_on_end()
  end
end

return launch
