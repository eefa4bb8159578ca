--- The ranks that train a model together: what they agree on, and the rows that each has.
--
-- All ranks have the same model and make the same calls. Of whole arrays, each works on the rows of
-- its shards; of local rows, on those that it was given.

local communicators -- perigee.mpi.communicator, which needs MPI
local core = require "perigee.core"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local schema = require "perigee.util.schema"

local trainer = core.trainer

---@class perigee.sharing
---@field comm perigee.communicator
---@field is_local boolean  each rank has rows of its own
---@field is_fast boolean  sums are added in any order
---@field rows integer  of all ranks; after `place`
---@field counts integer[]  the rows of each rank, where they are local
---@field first integer  the rows of the ranks before this one, where they are local
---@field is_uneven boolean  local rows that are not those of the ranks' shards
---@field cuts_batches boolean?  a batch is cut between any rows, as a model with a forward function
---   has no shards
local Sharing = {}
Sharing.__index = Sharing

local sharing = {}

--- Options of `pg.Model` and `pg.Model.load` that say which ranks train, and how.
sharing.KINDS = {
  comm = {
    expected = "a communicator, such as mpi.world of the module perigee.mpi",
    read = function(value)
      communicators = communicators or package.loaded["perigee.mpi.communicator"]
      return communicators and communicators.is_one(value) and value or nil
    end,
  },
  rows = schema.name { "all", "local" },
  reduce = schema.name { "exact", "fast" },
}

--- Makes the sharing of some options; false for a model that one process trains.
---@param options table  comm, rows, reduce
---@return perigee.sharing|false|nil
---@return string?  # the error message, where nil comes first
function sharing.new(options)
  local comm = options.comm
  if not comm and options.rows == "local" then
    return nil, "rows = 'local' needs comm: the ranks that have the other rows"
  elseif not comm or comm.size == 1 then
    return false
  end
  return setmetatable({
    comm = comm, is_local = options.rows == "local", is_fast = options.reduce == "fast",
  }, Sharing)
end

--- Calls f, which makes the model of some options, and returns its results. Where ranks share the
--- model, an error of one rank is that of all, so that they all go on with the same call.
---@param what string  the function that is called
---@param options any  those that the script gave
---@param f function
---@param ... any  f's arguments
---@return any ...
function sharing.together(what, options, f, ...)
  local comm = type(options) == "table" and sharing.KINDS.comm.read(rawget(options, "comm"))
  if not comm or comm.size == 1 then
    return f(...)
  end
  local failures = comm.failed_meetings
  local results = table.pack(errors.pcall(f, ...))
  local problem = not results[1] and tostring(results[2]) or nil
  if comm.failed_meetings == failures then -- else all ranks know
    local met, message = errors.try(comm.exchange, comm, what, nil, problem)
    errors.must(problem or met, message)
  end
  if problem then
    error(results[2], 0)
  end
  return table.unpack(results, 2, results.n)
end

--- Tells if this process says what all ranks would say: it is rank 0, or there are no others.
---@param share perigee.sharing|false|nil
---@return boolean
function sharing.speaks(share)
  return not share or share.comm.rank == 0
end

-- --- agreement -------------------------------------------------------------------------

--- A value as ranks compare it: functions and arrays by their kind alone.
local function comparable(value)
  if math.type(value) then
    return ("%.17g"):format(value)
  elseif type(value) == "table" and not getmetatable(value) then
    local parts, names = {}, {}
    for i, each in ipairs(value) do
      parts[i] = comparable(each)
    end
    for name in pairs(value) do
      names[#names + 1] = not math.type(name) and tostring(name) or nil
    end
    table.sort(names)
    for _, name in ipairs(names) do
      parts[#parts + 1] = name .. " = " .. comparable(value[name])
    end
    return "{" .. table.concat(parts, ", ") .. "}"
  elseif type(value) == "string" or type(value) == "boolean" then
    return tostring(value)
  end
  return errors.describe(value)
end

--- Raises unless all ranks have the same values. An error of one rank is that of all.
---@param operation string
---@param given table<string, any>
---@param problem? string  this rank's error
function Sharing:agree(operation, given, problem)
  local own = {}
  for name, value in pairs(given) do
    own[name] = name ~= "comm" and comparable(value) or nil
  end
  local list = self.comm:exchange(operation, own, problem)
  for i = 2, #list do
    for _, name in ipairs(collections.sorted_keys(collections.merge(list[1], list[i]))) do
      if list[1][name] ~= list[i][name] then
        errors.fail("%s: rank %d has %s = %s, and rank 0 has %s: all ranks must make the same "
          .. "calls", operation, i - 1, name, tostring(list[i][name]), tostring(list[1][name]))
      end
    end
  end
end

--- Lists ranks: "rank 3", "ranks 2 and 3", "ranks 2 to 7".
local function ranks_text(ranks)
  if #ranks == 1 then
    return "rank " .. ranks[1]
  elseif ranks[#ranks] - ranks[1] == #ranks - 1 and #ranks > 2 then
    return ("ranks %d to %d"):format(ranks[1], ranks[#ranks])
  end
  return "ranks " .. table.concat(ranks, ", ", 1, #ranks - 1) .. " and " .. ranks[#ranks]
end

--- Says on rank 0 if ranks compute with other kernels than rank 0: their sums differ in the last
--- digits from those of ranks that are alike.
function Sharing:compare_kernels()
  local info, others = core.info(), {}
  local list = self.comm:exchange("pg.Model", { info.kernels, info.blas, info.version })
  for i = 2, #list do
    if list[i][3] ~= list[1][3] then
      errors.fail("rank %d has version %s of Perigee, and rank 0 %s", i - 1, list[i][3], list[1][3])
    elseif list[i][1] ~= list[1][1] or list[i][2] ~= list[1][2] then
      others[#others + 1] = i - 1
    end
  end
  if #others > 0 and self.comm.rank == 0 then
    local other = list[others[1] + 1]
    io.stderr:write(("perigee: %s %s with other kernels than rank 0 (%s, %s; rank 0: %s, %s): the "
      .. "last digits may be others than those of alike ranks\n"):format(ranks_text(others),
      #others == 1 and "computes" or "compute", other[1], other[2], list[1][1], list[1][2]))
  end
end

--- Gives rank 0's arrays to all ranks.
---@param arrays table<string, perigee.array>
function Sharing:share_arrays(arrays)
  for _, name in ipairs(collections.sorted_keys(arrays)) do
    local own, array = arrays[name], self.comm:bcast(arrays[name])
    if tostring(own.shape) ~= tostring(array.shape) then
      errors.fail("%s has shape %s, and that of rank 0 %s", name, own.shape, array.shape)
    end
    own[{}] = array
  end
  return true
end

--- Rank 0's number on all ranks.
---@param number integer
---@return integer
function Sharing:share_number(number)
  return self.comm:bcast(number)
end

-- --- rows -------------------------------------------------------------------------------

--- The number of classes of local labels y: one more than the largest of all ranks; nil where y
--- has none.
local function count_classes(self, y)
  local known, largest = pcall(function()
    local labels = core.array(y)
    if labels.ndim == 1 then
      return #labels > 0 and math.tointeger(labels:max()) or -1
    end
    return labels.shape[2] - 1
  end)
  local most = -1
  for _, each in ipairs(self.comm:exchange("pg.Model", known and largest or -1)) do
    most = math.max(most, each or -1)
  end
  return most >= 0 and most + 1 or nil
end

--- Has all ranks agree on the options of a model before it is made. Of local labels, they find the
--- number of classes, which no rank knows alone.
---@param options table  of `pg.Model`: gets `classes`
---@param y any
function Sharing:meet_before_model(options, y)
  self:agree("pg.Model", options)
  self:compare_kernels()
  if self.is_local and options.loss ~= "mse" and not options.classes and not options.names then
    options.classes = count_classes(self, y)
  end
  return true
end

--- Finds the places of local rows among those of all ranks, and returns what the ranks say of
--- theirs.
---@param own { rows: integer, width: integer, dtype: string, nonzero: integer|false }
---@return table[]
function Sharing:place(own)
  local list = self.comm:exchange("the data", own)
  self.counts, self.rows, self.is_uneven = {}, 0, false
  for i, each in ipairs(list) do
    if each.width ~= own.width or each.dtype ~= own.dtype then
      errors.fail("rank %d has rows of %d numbers (%s), and rank %d rows of %d (%s)", i - 1,
        each.width, each.dtype, self.comm.rank, own.width, own.dtype)
    end
    self.counts[i] = each.rows
    self.first = i - 1 == self.comm.rank and self.rows or self.first
    self.rows = self.rows + each.rows
  end
  if self.rows == 0 then
    errors.fail("no rank has rows")
  end
  for i, count in ipairs(self.counts) do
    local first, last = trainer.rows_of_rank(self.rows, i - 1, self.comm.size)
    self.is_uneven = self.is_uneven or count ~= last - first + 1
  end
  return list
end

--- The checksum of the ranks' local data: that of the whole arrays. All ranks call it.
---@param data { rows: perigee.array, targets: perigee.array }
---@return integer
function Sharing:checksum(data)
  local arrays, own, sum = { data.targets, data.rows }, {}, 0
  for i, array in ipairs(arrays) do
    own[i] = { core.elements_checksum(array) }
  end
  local list = self.comm:exchange("the data", own)
  for i, array in ipairs(arrays) do
    local parts = {}
    for j, each in ipairs(list) do
      parts[j] = each[i]
    end
    sum = core.join_checksums(sum, array, self.rows, parts)
  end
  return sum
end

--- The rows of a batch that this rank has, of `size` rows of all ranks, of which `left` (a list)
--- have not been used in the epoch: their number, and that of the ranks before. All ranks give a
--- part that is proportional to what they have left; which of them round up changes from batch to
--- batch.
---@param left integer[]
---@param size integer  at most those that are left
---@param number integer  of the batch in its epoch
---@return integer[]  # of each rank
function sharing.allot(left, size, number)
  local total, before, parts = 0, 0, {}
  for _, count in ipairs(left) do
    total = total + count
  end
  local turn = (number * 0x9E3779B97F4A7C15 >> 40) * total >> 24 -- 0 to total - 1, spread evenly
  for i, count in ipairs(left) do
    local first = (before * size + turn) // total
    before = before + count
    parts[i] = (before * size + turn) // total - first
  end
  return parts
end

--- The ranks that have no rows in a step, and the reason.
local function find_idle(self, batch)
  local size, idle = self.comm.size, {}
  for rank = 0, size - 1 do
    local rows
    if self.is_local then
      rows = self.counts[rank + 1]
    elseif batch and self.cuts_batches then
      rows = batch * (rank + 1) // size - batch * rank // size
    else
      rows = trainer.shards_of_rank(batch or self.rows, batch and true or false, rank, size)
    end
    idle[#idle + 1] = rows == 0 and rank or nil
  end
  if self.is_local then
    return idle, "there are no rows for so many ranks"
  end
  return idle, ("there are fewer %s in %s than ranks"):format(
    batch and self.cuts_batches and "rows" or "shards",
    batch and ("a batch of %d"):format(batch) or format.quantity(self.rows, "row"))
end

--- Says on rank 0 which ranks have no rows in a step of a training, and if local rows are not those
--- of shards; once.
---@param batch integer|false
function Sharing:say_idle(batch)
  local idle, reason = find_idle(self, batch)
  local lines = {}
  if #idle > 0 then
    lines[1] = ("perigee: %s %s nothing to do: %s"):format(ranks_text(idle),
      #idle == 1 and "has" or "have", reason)
  end
  if self.is_local and self.is_uneven and not batch and not self.cuts_batches then
    lines[#lines + 1] = "perigee: the ranks' rows end within shards, and so the last digits depend "
      .. "on the parts: mpi.rows(n) cuts between shards"
  end
  local text = table.concat(lines, "\n")
  if text ~= (self.said or "") and text ~= "" and self.comm.rank == 0 then
    io.stderr:write(text, "\n")
  end
  self.said = text
end

return sharing
