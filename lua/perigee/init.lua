--- The module perigee: `local pg = require "perigee"`.
--
-- Its names are those of the core, in C, and some written in Lua, which are loaded at their first
-- use: a script starts sooner, and the collector has less to mark.

local errors = require "perigee.util.errors"
local core = require "perigee.core"
local public = require "perigee.util.public"

-- A rank of mpirun or srun starts MPI before its script does anything. These are the variables that
-- perigee.mpi.launch reads; other processes do not load it.
if os.getenv "OMPI_COMM_WORLD_SIZE" or os.getenv "PMI_SIZE" or os.getenv "SLURM_STEP_NUM_TASKS" then
  require("perigee.mpi.launch").begin()
end

--- The library's names.
local names = { _VERSION = "Perigee " .. core.info().version }

-- The core's functions are public, except for those that only the library's files call.
for name, value in pairs(core) do
  names[name] = value
end
for _, name in ipairs {
  "trainer", "descent", "comm", "archive", "save_png", "guard_memory", "limit_memory",
  "checksum_v1", "elements_checksum", "join_checksums", "writes", "copy_array_metatable",
  "archive_writes", "lua_random", "call", "interrupts", "call_until", "keep_interrupts",
  "terminal_size", "hold_interrupts", "hold_silence", "show_stdout", "hold_lock",
  "hold_ending", "set_ending", "exit_by", "hold_generators", "hold_field", "set_tracer",
  "split_rows", "column_scale", "scale_columns", "load_png_folder",
  "read_csv", "write_csv", "distinct", "indices",
  "form", "has_form", "sum_to", "broadcast_to", "add_at", "add_at_axis",
  "conv2d_input_gradient", "conv2d_kernel_gradient", "max_pool2d_positions",
  "max_pool2d_with_positions", "pool_scatter", "pool_gather", "avg_pool2d_gradient",
  "gelu_derivative", "softmax_cross_entropy_gradient", "dropout_mask",
} do
  names[name] = nil
end

--- Loaders of the names that are loaded at their first use.
local later = {
  Model = function()
    return require "perigee.model.model"
  end,
  dropout = function()
    return require("perigee.model.dropout").dropout
  end,
  dataset = function()
    return require("perigee.data.dataset").open
  end,
  load_folder = function()
    return require("perigee.data.folder").load
  end,
  split = function()
    return require("perigee.data.split").split
  end,
  standardise = function()
    return require("perigee.data.standardise").standardise
  end,
  read_csv = function()
    return require("perigee.data.csv").read
  end,
  write_csv = function()
    return require("perigee.data.csv").write
  end,
  progress = function()
    return require("perigee.util.progress").each
  end,
  plot = function()
    return require "perigee.plot.plot"
  end,
  show = function()
    return require("perigee.image.show").show
  end,
  save_png = function()
    return require("perigee.image.png").save
  end,
  help = function()
    return require "perigee.help.help"
  end,
  grad = function()
    return require("perigee.gradient").grad
  end,
  value_and_grad = function()
    return require("perigee.gradient").value_and_grad
  end,
  check_grad = function()
    return require("perigee.gradient").check_grad
  end,
  custom_gradient = function()
    return require("perigee.gradient").custom_gradient
  end,
  detach = function()
    return require("perigee.gradient").detach
  end,
}

--- The number of arguments that their functions need.
local least = {
  dropout = 2, dataset = 1, load_folder = 1, read_csv = 1, write_csv = 2, split = 1,
  standardise = 1, grad = 1, value_and_grad = 1, check_grad = 2, custom_gradient = 2, detach = 1,
  progress = 1, plot = 1, show = 1, save_png = 1,
}

-- --- metatables of the core's values ------------------------------------------------------------

local array, archive, generator = getmetatable(core.zeros(1)), core.archive,
  getmetatable(core.random(0))

local PROPERTIES = { "shape", "dtype", "ndim", "size", "T" }

function array:__tostring()
  return require("perigee.util.array_format").array(self)
end

function array.__no_field(_, name)
  local methods = require("perigee.util.collections").sorted_keys(array.__methods)
  table.move(PROPERTIES, 1, #PROPERTIES, #methods + 1, methods)
  local is_of_module = type(rawget(names, name) or later[name]) == "function"
  return require("perigee.util.unknown_name").of_array(name, methods, is_of_module)
end

core.copy_array_metatable()

function archive:__tostring()
  return require("perigee.util.repr").archive(self)
end

--- The names that a prompt completes behind `data.`.
function archive:__names()
  return self:keys()
end

function archive:__no_field(name)
  return require("perigee.util.unknown_name").message(self:path(), name, self:keys())
end

function generator:__tostring()
  return require("perigee.util.repr").generator(self)
end

function generator.__no_field(_, name)
  local methods = require("perigee.util.collections").sorted_keys(generator.__methods)
  return require("perigee.util.unknown_name").message("a generator", name, methods)
end

-- --- the module ---------------------------------------------------------------------------------

--- Loads a name and keeps its value; returns nil for an unknown name.
local function load_name(name)
  local value = later[name] and later[name]()
  value = type(value) == "function" and public.counted(name, value, least[name]) or value
  if value ~= nil then
    names[name] = value
  end
  return value
end

setmetatable(names, {
  __index = function(_, name)
    local value = load_name(name)
    if value == nil then
      errors.raise(require("perigee.util.unknown_name").of_module(names, later, name))
    end
    return value
  end,
})

--- The message about an assignment by mistake: of a number or the like to a function's name, or to
--- the name of an option of a model or its trainings. Returns nil for other assignments.
local function refusal(name, value)
  local known = later[name] or rawget(names, name)
  local kind = type(value)
  if known and kind ~= "function" and kind ~= "table" and value ~= nil then
    return known == names._VERSION and "_VERSION is not to be set"
      or ("%s is a function, and not to be set: pg.%s(...)"):format(name, name)
  elseif known then
    return nil
  end
  local help = require "perigee.help.entries"
  for _, entry in ipairs(help.find_option(name)) do
    if entry.class == "model" or entry.name == "Model" then
      return ("perigee has no '%s' that could be set: it is an option of %s"):format(name,
        help.name(entry))
    end
  end
end

--- The module: a table of the user's own fields, which has the library's names behind it, so that
--- __newindex sees each assignment.
return setmetatable({}, {
  __index = names,
  __newindex = function(self, name, value)
    local message = refusal(name, value)
    if message then
      errors.raise(message)
    end
    rawset(self, name, value)
  end,
  __pairs = function(self)
    for name in next, later do
      local _ = rawget(names, name) or load_name(name)
    end
    local all = {}
    for _, each in ipairs { names, self } do
      for name, value in next, each do
        all[name] = value
      end
    end
    return next, all, nil
  end,
  __names = function() -- those that are not loaded yet
    local list = {}
    for name in next, later do
      list[#list + 1] = name
    end
    return list
  end,
  __name = "perigee.module",
  __tostring = function()
    return require("perigee.util.repr").module()
  end,
})
