--- Communicators: ranks that exchange values, and what they say to each other.
--
-- Each method is called by all ranks of the communicator, in the same order. It begins with a
-- meeting: what one rank cannot do raises on all of them, with its number.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local launch = require "perigee.mpi.launch"
local public = require "perigee.util.public"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"
local values = require "perigee.mpi.values"

local comm = core.comm

--- Ranks that work together: those of the job, `mpi.world`, or those that run a trial together,
--- `trial.comm`. The option `comm` of `pg.Model` has them train a model together.
---@class perigee.communicator
---@field rank integer  the number of this rank among them, from 0
---@field size integer  the number of ranks
local Communicator = {}
local METATABLE = { __name = "perigee.communicator" }

local communicators = {}

unknown_name.guard(METATABLE, Communicator, "a communicator",
  { "rank", "size", "barrier", "bcast", "allreduce", "gather", "scatter" },
  { failed_meetings = true })

--- Makes the communicator of one that the module has made.
---@param handle userdata
---@return perigee.communicator
function communicators.new(handle)
  local process = launch.start()
  local rank, size = process.module.place(handle)
  return setmetatable({ _fixed = { rank = rank, size = size }, handle = handle,
    is_world = handle == process.world, failed_meetings = 0 }, METATABLE)
end

--- Tells if a value is a communicator.
---@param value any
---@return boolean
function communicators.is_one(value)
  return getmetatable(value) == METATABLE
end

-- --- what the library's files call ----------------------------------------------------

-- Exchanges a text with each rank: returns those of all ranks in a list, rank 0's first. Raises on
-- all ranks where one has a problem, or where they are in different operations.
function Communicator:meet(operation, text, problem)
  if self.is_world and launch.is_in_trial() then
    errors.fail("%s: a trial of a study has ranks of its own, trial.comm, and the others are in "
      .. "other trials", operation)
  end
  local list, message = comm.meet(self.handle, operation, text, problem)
  if not list then
    self.failed_meetings = self.failed_meetings + 1
  end
  return errors.ensure(list, message)
end

-- Does as meet with what f returns; what f raises is this rank's problem.
function Communicator:meet_with(operation, f, ...)
  local text, problem = errors.try(f, ...)
  return self:meet(operation, text or "", problem)
end

-- Exchanges plain values without arrays, and returns those of all ranks in a list, where nil is
-- false. A problem of one rank is raised on all.
function Communicator:exchange(operation, value, problem)
  local list = self:meet(operation, values.encode(value), problem)
  for i, text in ipairs(list) do
    list[i] = values.decode(text) or false
  end
  return list
end

-- The ranks of the same group, as a communicator.
function Communicator:split(group)
  return communicators.new(launch.start().module.split(self.handle, group))
end

-- --- arguments -------------------------------------------------------------------------

--- Raises unless root is a rank.
local function check_root(self, root)
  if math.type(root) ~= "integer" or root < 0 or root >= self.size then
    errors.fail("root must be a rank, 0 to %d, not %s", self.size - 1, errors.describe(root))
  end
end

--- The root of all ranks, which they must agree on, before the text.
local function with_root(self, root, f, ...)
  check_root(self, root)
  return ("<i4"):pack(root) .. f(...)
end

--- The texts of a meeting without the root.
local function without_root(list)
  local root = ("<i4"):unpack(list[1])
  for i, text in ipairs(list) do
    local other = ("<i4"):unpack(text)
    if other ~= root then
      errors.fail("rank %d has the root %d, and rank 0 the root %d", i - 1, other, root)
    end
    list[i] = text:sub(5)
  end
  return list
end

--- Counts for an exchange in which one rank alone has `count` elements.
local function counts_of(self, rank, count)
  local counts = {}
  for i = 1, self.size do
    counts[i] = i - 1 == rank and count or 0
  end
  return counts
end

local nothing = core.zeros(0)

--- Sends the elements of an array from one rank to another. Both have it; others take part, too.
local function send(self, from, to, elements)
  if from == to then
    return
  end
  local sends, receives = self.rank == from, self.rank == to
  local none = counts_of(self, -1, 0)
  local size = elements and elements.size
  errors.ensure(comm.all_to_all(self.handle, receives and elements or nothing,
    receives and counts_of(self, from, size) or none, sends and elements or nothing,
    sends and counts_of(self, to, size) or none))
end

-- --- methods ---------------------------------------------------------------------------

--- Waits until all ranks of the communicator are there.
---
---     comm:barrier()
function Communicator:barrier()
  errors.call(self.meet, self, "barrier", "")
end

local function bcast(self, value, root)
  local is_root, sent, arrays = self.rank == root, nil, nil
  local list = self:meet_with("bcast", with_root, self, root, function()
    if not is_root then
      return ""
    end
    sent, arrays = values.encode(value)
    return sent
  end)
  local text = without_root(list)[root + 1]
  if not is_root then
    value, arrays = values.decode(text)
  end
  for _, elements in ipairs(arrays) do
    errors.ensure(comm.broadcast(self.handle, elements, root))
  end
  return { value }
end

--- Returns rank root's value on all ranks of the communicator, as `mpi.bcast` does.
---
---     comm:bcast{rate = 0.5, seed = 3}.rate  --> 0.5
---@param value any  of rank root; others' is not read
---@param root? integer  default 0
---@return any
function Communicator:bcast(value, root)
  return errors.call(bcast, self, value, root or 0)[1]
end

local REDUCTIONS = { sum = "sum", max = "max", min = "min", prod = "prod", mean = "mean" }

--- Reduces arrays of one shape and dtype: each rank reduces a piece of all of them.
local function reduce_arrays(self, array, op)
  local size, elements = array.size, values.elements(array)
  local starts, counts, mine = {}, {}, {}
  for i = 0, self.size do
    starts[i + 1] = i * size // self.size
  end
  for i = 1, self.size do
    counts[i] = starts[i + 1] - starts[i]
  end
  local piece = counts[self.rank + 1]
  for i = 1, self.size do
    mine[i] = piece
  end
  local received = core.zeros({ self.size, piece }, array.dtype)
  errors.ensure(comm.all_to_all(self.handle, received, mine, elements, counts))
  local part = received[op](received, 1)
  local all = core.zeros(size, part.dtype)
  if piece > 0 then
    all[{ { starts[self.rank + 1] + 1, starts[self.rank + 2] } }] = part
  end
  errors.ensure(comm.all_gather(self.handle, all, counts))
  return all:reshape(table.unpack(array.shape))
end

--- Reduces numbers as an array of them would be: of int64, where all are integers.
local function reduce_numbers(list, op)
  local has_floats = op == "mean"
  for _, number in ipairs(list) do
    has_floats = has_floats or math.type(number) == "float"
  end
  local array = core.array(list, has_floats and "float64" or "int64")
  return array[op](array)
end

local function allreduce(self, value, op)
  op = op or "sum"
  local is_array = types.is_array(value)
  local list = self:meet_with("allreduce", function()
    if not REDUCTIONS[op] then
      errors.fail("op must be 'sum', 'mean', 'max', 'min' or 'prod', not %s", errors.describe(op))
    elseif not is_array and not math.type(value) then
      errors.fail("an array or a number is needed, not %s", errors.describe(value))
    end
    return ("<s4s4"):pack(op, is_array and ("an array of %s %s"):format(value.dtype, value.shape)
      or "a number") .. (is_array and "" or values.encode(value))
  end)
  local forms, numbers = {}, {}
  for i, text in ipairs(list) do
    local other, form, at = ("<s4s4"):unpack(text)
    forms[i], numbers[i] = form, text:sub(at)
    if other ~= op then
      errors.fail("rank %d has the op %s, and rank 0 has %s", i - 1, other,
        (("<s4"):unpack(list[1])))
    elseif form ~= forms[1] then
      errors.fail("rank %d has %s, and rank 0 has %s", i - 1, form, forms[1])
    end
  end
  if is_array then
    return reduce_arrays(self, value, op)
  end
  for i, text in ipairs(numbers) do
    numbers[i] = values.decode(text)
  end
  return reduce_numbers(numbers, op)
end

--- Returns the sum of the ranks' numbers or arrays on all ranks of the communicator, or another
--- reduction, as `mpi.allreduce` does.
---
---     comm:allreduce(1) == comm.size  --> true
---@param value number|perigee.array  of one shape and dtype on all ranks
---@param op? "sum"|"mean"|"max"|"min"|"prod"  default "sum"
---@return number|perigee.array
function Communicator:allreduce(value, op)
  return errors.call(allreduce, self, value, op)
end

local function gather(self, value, root)
  local own
  local list = without_root(self:meet_with("gather", with_root, self, root, function()
    local text
    text, own = values.encode(value)
    return text
  end))
  local out = {}
  for i, text in ipairs(list) do
    local each, arrays = values.decode(text)
    for j, elements in ipairs(arrays) do
      send(self, i - 1, root, self.rank == i - 1 and own[j] or elements)
    end
    out[i] = self.rank == i - 1 and value or each
  end
  return { self.rank == root and out or nil }
end

--- Returns the values of all ranks of the communicator in a list on rank root, as `mpi.gather`
--- does.
---
---     comm:gather(comm.rank)  --> {0}
---@param value any  an array, number, string, boolean, nil, or a table of them
---@param root? integer  default 0
---@return any[]?
function Communicator:gather(value, root)
  return errors.call(gather, self, value, root or 0)[1]
end

--- The parts of rank root's value: the elements of a list, or the rows of an array, as evenly as
--- they can be shared.
local function parts_of(self, value)
  local parts = {}
  if types.is_array(value) then
    local n = value.ndim > 0 and #value or 0
    if value.ndim == 0 then
      errors.fail("an array without axes has no rows to be shared")
    end
    for r = 0, self.size - 1 do
      local first, last = r * n // self.size + 1, (r + 1) * n // self.size
      parts[r + 1] = first <= last and value:rows(first, last)
        or core.zeros({ 0, table.unpack(value.shape, 2) }, value.dtype)
    end
    return parts
  elseif type(value) ~= "table" or #value ~= self.size then
    errors.fail("rank %d needs a list of a value for each of %d ranks, or an array, not %s",
      self.rank, self.size, errors.describe(value))
  end
  return value
end

local function scatter(self, value, root)
  local parts, arrays_of = nil, {}
  local list = without_root(self:meet_with("scatter", with_root, self, root, function()
    if self.rank ~= root then
      return ""
    end
    parts = parts_of(self, value)
    local texts = {}
    for i = 1, self.size do
      local text
      text, arrays_of[i] = values.encode(parts[i])
      texts[i] = ("<s4"):pack(text)
    end
    return table.concat(texts)
  end))
  local text, at, out = list[root + 1], 1, nil
  for i = 1, self.size do
    local one
    one, at = ("<s4"):unpack(text, at)
    local each, arrays = values.decode(one)
    for j, elements in ipairs(arrays) do
      send(self, root, i - 1, self.rank == root and arrays_of[i][j] or elements)
    end
    if i - 1 == self.rank then
      out = self.rank == root and parts[i] or each
    end
  end
  return { out }
end

--- Returns to each rank of the communicator its part of rank root's value, as `mpi.scatter` does.
---
---     comm:scatter(pg.range(1, 6))  --> [1, 2, 3, 4, 5, 6] int64 (6,)
---@param value any  of rank root; others' is not read
---@param root? integer  default 0
---@return any
function Communicator:scatter(value, root)
  return errors.call(scatter, self, value, root or 0)[1]
end

function METATABLE:__tostring()
  return ("communicator: rank %d of %d"):format(self.rank, self.size)
end

public.methods(Communicator, METATABLE, "a communicator", "comm", {
  bcast = 0, allreduce = 1, gather = 0, scatter = 0,
})

return communicators
