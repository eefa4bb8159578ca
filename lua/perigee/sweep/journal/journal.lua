--- The journal of a study: what was done, as lines of JSON that are only ever added to.
--
-- Each process that runs trials writes a file of its own, so there is nothing to lock, on a shared
-- file system neither. A line is written by one call, whole; if the process, the disk or the
-- machine gives out meanwhile, the line is torn, is the file's last, and does not count.
--
-- The first line of a file says what the process is, the others what became of a trial: `trial`
-- (its hash), `status` ("done", "failed", "pruned" or "paused"), `reports` and more.

local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local json = require "perigee.util.json"
local records = require "perigee.sweep.journal.record"
local fs = require "perigee.util.fs"

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

--- That a file which is written to has its name still: what is written to one that was removed is
--- lost.
local function check_place(self)
  local named, opened = self.uv.fs_stat(self.path), self.uv.fs_fstat(self.file)
  if not named or named.ino ~= self.inode or not opened or opened.ino ~= self.inode then
    return nil, ("%s: it was removed while the study ran, or closed: what came after is not kept")
      :format(self.path)
  end
  return true
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
  local made, message = fs.make_folder(self.folder)
  if not made then
    return nil, message
  end
  self.file, message = open_new(self.uv, self.folder)
  if not self.file then
    return nil, message
  end
  self.path, self.length = message, 0
  self.inode = self.uv.fs_fstat(self.file).ino
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
    worked, message = check_place(self)
  end
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

--- The names of a folder's journals, in order. Raises for a folder that cannot be read.
local function file_names(folder)
  local list, message = fs.names_in(folder)
  local names = {}
  for _, name in ipairs(list or error(message, 0)) do
    names[#names + 1] = name:match "^.*%.jsonl$"
  end
  return names
end

--- Opens a journal to be read. Raises for what is no file, which might never end.
local function open_journal(path)
  local status = external.require("luv").fs_stat(path)
  if status and status.type ~= "file" then
    error(("%s: it is a %s, and no file"):format(path, status.type), 0)
  end
  local file, problem = io.open(path, "rb")
  return file or error(problem, 0)
end

--- The record that a whole line is; nil, and what is wrong, for a line that is none.
local function read_line(line, path)
  local value = json.decode(line)
  local format = type(value) == "table" and math.tointeger(value.format)
  if format and format ~= FORMAT then
    error(("%s: a journal of another version (--fresh begins anew)"):format(path), 0)
  end
  return records.check(value)
end

--- Reads the records of all files of a folder that were not read before: those of each file in
--- their order, file after file in that of their names. What is no record is passed over, and told.
--- Raises for a file that cannot be read, or is of another version.
---@param folder string  one that is not there has none
---@param places table<string, { at: integer, number: integer }>  how many bytes and lines of each
---   file were read: is kept up to date
---@param see fun(record: table, path: string, at: integer)  at: where the line begins, in bytes
---@return string[] damaged  a sentence, "FILE, line N: ...", for each that is whole and no record
function journal.read(folder, places, see)
  local damaged = {}
  for _, name in ipairs(file_names(folder)) do
    local path = folder .. "/" .. name
    local place = places[path] or { at = 0, number = 0 }
    places[path] = place
    local file <close> = open_journal(path)
    file:seek("set", place.at)
    for line in file:lines "L" do
      if line:find "\n$" then -- else it is torn, or not yet whole
        local record, problem = read_line(line, path)
        if record then
          see(record, path, place.at)
        else
          damaged[#damaged + 1] = ("%s, line %d: no record, and passed over: %s"):format(path,
            place.number + 1, problem)
        end
        place.at, place.number = place.at + #line, place.number + 1
      end
    end
  end
  return damaged
end

--- The fingerprints of data that the files of a folder begin with: for each those of the same data
--- as of now, where a file tells them. A first line that is torn or no record has none.
---@param folder string
---@return table<string, table<string, true>>  "": no data
function journal.fingerprints(folder)
  local found = {}
  for _, name in ipairs(file_names(folder)) do
    local file <close> = errors.try(open_journal, folder .. "/" .. name) -- `read` tells why not
    local header = file and records.check(json.decode(file:read "L" or ""))
    local data = header and header.format and header.data
    if data then
      local known = data.fingerprint or ""
      found[known] = found[known] or {}
      if data.contents then
        found[known][data.contents] = true
      end
    end
  end
  return found
end

--- A function that gives a trial's record, which begins at a place that `read` has told. It keeps
--- open the file that it read last: records are mostly asked for in order. Raises where the record
--- is no longer there.
---@return fun(path: string, at: integer, trial: string): table
function journal.reader()
  local open_path, file
  return function(path, at, trial)
    if path ~= open_path then
      if file then
        file:close()
      end
      open_path, file = path, assert(io.open(path, "rb"))
    end
    file:seek("set", at)
    local record = json.decode(file:read "L" or "")
    if type(record) ~= "table" or record.trial ~= trial then
      error(("%s: the record at byte %d is no longer there"):format(path, at), 0)
    end
    return record
  end
end

Writer.__close = Writer.close

return journal
