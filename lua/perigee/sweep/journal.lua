--- The journal of a study: what was done, as lines of JSON that are only ever added to.
--
-- Each process that runs trials writes a file of its own, so there is nothing to lock, on a shared
-- file system neither. A line is written by one call, whole; if the process, the disk or the
-- machine gives out meanwhile, the line is torn, is the file's last, and does not count.
--
-- The first line of a file says what the process is, the others what became of a trial: `trial`
-- (its hash), `status` ("done", "failed", "pruned" or "paused"), `reports` and more.

local external = require "perigee.external"
local json = require "perigee.json"
local system = require "perigee.system"

local FORMAT = 1
local SYNC = 1 -- seconds between two calls of fsync

local journal = {}

-- --- writing ----------------------------------------------------------------------

---@class perigee.sweep.writer
local Writer = {}
Writer.__index = Writer

--- A file that will be made with the first line.
---@param folder string
---@param header table  what the first line says beside the format
---@return perigee.sweep.writer
function journal.writer(folder, header)
  header.format = FORMAT
  return setmetatable({
    folder = folder, header = header, uv = external.require "luv", synced = -math.huge, after = {},
  }, Writer)
end

--- Not there before: the time, the machine and the process tell it apart; and, where a process of
--- this number has written in this second, a count.
local function open_new(uv, folder)
  local stem = ("%s/%s-%s-%d"):format(folder, os.date "!%Y%m%dT%H%M%SZ",
    uv.os_gethostname():gsub("[^%w-]", "_"), uv.os_getpid())
  for count = 1, math.huge do
    local path = ("%s-%d.jsonl"):format(stem, count)
    local file, message, code = uv.fs_open(path, "ax", tonumber("666", 8))
    if file or code ~= "EEXIST" then
      return file, file and path or message
    end
  end
end

local function write(self, record)
  local text = json.encode(record) .. "\n"
  local count, message = self.uv.fs_write(self.file, text, -1)
  if count == #text then
    self.length = self.length + count
    return true
  end
  return nil, ("%s: %s"):format(self.path, message
    or ("only %d of %d bytes could be written: is the disk full?"):format(count, #text))
end

--- That the folder has the file is to be on the disk, too; not every file system can say so.
local function sync_folder(uv, folder)
  local handle = uv.fs_open(folder, "r", 0)
  if handle then
    uv.fs_fsync(handle)
    uv.fs_close(handle)
  end
end

local function open(self)
  local made, message = system.make_folder(self.folder)
  if not made then
    return nil, message
  end
  self.file, message = open_new(self.uv, self.folder)
  if not self.file then
    return nil, message
  end
  self.path, self.length = message, 0
  sync_folder(self.uv, self.folder)
  return write(self, self.header)
end

--- Makes the file, if that was not done before. After a failure nothing more is written.
---@return true?
---@return string?  # what went wrong, where nil comes first
function Writer:open()
  if not self.file and not self.broken then
    local _
    _, self.broken = open(self)
  end
  return not self.broken or nil, self.broken
end

--- Adds a record; likewise.
---@param record table
---@return integer? at  where in the file it begins
---@return string?  # what went wrong, where nil comes first
function Writer:append(record)
  local worked, message = self:open()
  local at = self.length
  if worked then
    worked, message = write(self, record)
  end
  if worked and self.uv.hrtime() * 1e-9 - self.synced >= SYNC then
    worked, message = self:sync()
  end
  self.broken = message
  return worked and at, message
end

--- Calls f when what was written until now is on the disk.
---@param f fun()
function Writer:when_safe(f)
  self.after[#self.after + 1] = f
end

--- Waits until all that was written is on the disk.
---@return true?
---@return string?
function Writer:sync()
  self.synced = self.uv.hrtime() * 1e-9
  if self.file and not self.broken then
    local synced, message = self.uv.fs_fsync(self.file)
    if not synced then
      self.broken = ("%s: %s"):format(self.path, message)
      return nil, self.broken
    end
    local after = self.after
    self.after = {}
    for _, f in ipairs(after) do
      f()
    end
  end
  return true
end

--- The same, and closes the file.
---@return true?
---@return string?
function Writer:close()
  local synced, message = self:sync()
  if self.file then
    self.uv.fs_close(self.file)
    self.file = nil
  end
  return synced, message
end

-- --- reading ----------------------------------------------------------------------

local function file_names(folder)
  local names = {}
  for _, name in ipairs(system.names_in(folder)) do
    names[#names + 1] = name:match "^.*%.jsonl$"
  end
  return names
end

--- Whether a line's value is a file's first record, or one of a trial.
local function is_record(value)
  return type(value) == "table" and (value.format ~= nil or type(value.trial) == "string"
    and type(value.values) == "table" and type(value.reports) == "table")
end

--- The records of all files of a folder, those of each in their order, file after file in that of
--- their names. What is no record is passed over, and told. Raises for a file that cannot be read,
--- or is of another version.
---@param folder string  one that is not there has none
---@param see fun(record: table, path: string, at: integer)  at: where the line begins, in bytes
---@return string[] damaged  "FILE, line N" for each that is whole and no record
function journal.read(folder, see)
  local damaged = {}
  for _, name in ipairs(file_names(folder)) do
    local path, at, number = folder .. "/" .. name, 0, 0
    local file <close> = assert(io.open(path, "rb"))
    for line in file:lines "L" do
      number = number + 1
      local record = line:find "\n$" and json.decode(line)
      if is_record(record) then
        if record.format and record.format ~= FORMAT then
          error(("%s: a journal of another version"):format(path), 0)
        end
        see(record, path, at)
      elseif line:find "\n$" then
        damaged[#damaged + 1] = ("%s, line %d"):format(path, number)
      end
      at = at + #line
    end
  end
  return damaged
end

--- The fingerprints of data that the files of a folder begin with, as keys. A first line that is
--- torn or no record has none.
---@param folder string
---@return table<string, true>
function journal.fingerprints(folder)
  local found = {}
  for _, name in ipairs(file_names(folder)) do
    local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
    local header = json.decode(file:read "L" or "")
    local data = type(header) == "table" and header.format and header.data
    if type(data) == "table" and type(data.fingerprint) == "string" then
      found[data.fingerprint] = true
    end
  end
  return found
end

--- A function that gives the record that begins at a place. It keeps open the file that it read
--- last: records are mostly asked for in order.
---@return fun(path: string, at: integer): table
function journal.reader()
  local open_path, file
  return function(path, at)
    if path ~= open_path then
      if file then
        file:close()
      end
      open_path, file = path, assert(io.open(path, "rb"))
    end
    file:seek("set", at)
    return assert(json.decode(file:read "L"))
  end
end

Writer.__close = Writer.close

return journal
