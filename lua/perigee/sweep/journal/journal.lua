--- The journal of a study: its records, as lines of JSON in files that are only ever appended to.
--
-- Each process that runs trials writes a file of its own, so that nothing has to be locked, not
-- even on a shared file system. A line is written by one call. If the process, the disk or the
-- machine fails meanwhile, the line is incomplete, is the last of its file, and does not count.
--
-- The first line of a file describes the process, the others tell what became of a trial: `trial`
-- (its id), `status` ("done", "failed", "pruned" or "paused"), `reports` and more (record.lua).

local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local fs = require "perigee.util.fs"
local json = require "perigee.util.json"
local records = require "perigee.sweep.journal.record"

local FORMAT = 1
local SYNC = 1 -- seconds between two calls of fsync
local REMOVED = "%s: it was removed while the study ran" -- a file, or its folder

local journal = {}

-- --- writing ----------------------------------------------------------------------

---@class perigee.sweep.writer
---@field path string?  of the file, once it is open
---@field length integer  bytes written
---@field lines integer  lines written
local Writer = {}
Writer.__index = Writer

--- Makes a writer of a file, which is opened with the first record.
---@param folder string
---@param header table  the file's first line, without the format
---@return perigee.sweep.writer
function journal.writer(folder, header)
  header.format = FORMAT
  return setmetatable({
    folder = folder, header = header, uv = external.require "luv", length = 0, lines = 0,
    synced = -math.huge, after = {},
  }, Writer)
end

--- Creates a new file. Its name has the time, the machine, the process, and a count, for a process
--- that writes several within a second.
local function create(uv, folder)
  local stem = ("%s/%s-%s-%d"):format(folder, os.date "!%Y%m%dT%H%M%SZ",
    uv.os_gethostname():gsub("[^%w-]", "_"), uv.os_getpid())
  for count = 1, math.huge do
    local path = ("%s-%d.jsonl"):format(stem, count)
    local file, message, code = uv.fs_open(path, "ax", tonumber("666", 8))
    if file then
      return file, path
    elseif code == "ENOENT" then
      errors.fail(REMOVED, path)
    elseif code ~= "EEXIST" then
      errors.fail(message)
    end
  end
end

local function write(self, record)
  local text = json.encode(record) .. "\n"
  local count, message = self.uv.fs_write(self.file, text, -1)
  if count ~= #text then
    errors.fail("%s: %s", self.path, message
      or ("only %d of %d bytes could be written: is the disk full?"):format(count, #text))
  end
  self.length, self.lines = self.length + count, self.lines + 1
end

--- Creates the file with its first line, unless that was done before. Raises if that fails.
function Writer:open()
  if self.file then
    return
  end
  errors.ensure(fs.make_folder(self.folder))
  self.file, self.path = create(self.uv, self.folder)
  self.inode = self.uv.fs_fstat(self.file).ino
  local folder = self.uv.fs_open(self.folder, "r", 0)
  if folder then -- the folder's entry for the file is synced, too, if the file system can
    self.uv.fs_fsync(folder)
    self.uv.fs_close(folder)
  end
  write(self, self.header)
end

--- Appends a record. Raises if that fails, and if the file was removed or closed meanwhile.
---@param record table
---@return integer at  the byte of the file at which it begins
function Writer:append(record)
  self:open()
  local named, opened = self.uv.fs_stat(self.path), self.uv.fs_fstat(self.file)
  if not named or named.ino ~= self.inode or not opened or opened.ino ~= self.inode then
    errors.fail(REMOVED .. ", or closed: what came after is not kept", self.path)
  end
  local at = self.length
  write(self, record)
  if self.uv.hrtime() * 1e-9 - self.synced >= SYNC then
    self:sync()
  end
  return at
end

--- Calls f once all that was written until now is on the disk.
---@param f fun()
function Writer:when_safe(f)
  self.after[#self.after + 1] = f
end

--- Waits until all that was written is on the disk. Raises if that fails; what waits for it is
--- then never called.
function Writer:sync()
  self.synced = self.uv.hrtime() * 1e-9
  if not self.file then
    return
  end
  local after = self.after
  self.after = {}
  local synced, message = self.uv.fs_fsync(self.file)
  if not synced then
    errors.fail("%s: %s", self.path, message)
  end
  for _, f in ipairs(after) do
    f()
  end
end

--- Waits for the disk, and closes the file. A failure is not raised: `sync` tells it.
function Writer:close()
  if self.file then
    errors.try(self.sync, self)
    self.uv.fs_close(self.file)
    self.file = nil
  end
end

Writer.__close = Writer.close

-- --- reading ----------------------------------------------------------------------

--- The paths of a folder's files, ordered by name. Raises for a folder that cannot be read.
local function paths_in(folder)
  local paths = {}
  for _, name in ipairs(errors.ensure(fs.names_in(folder))) do
    paths[#paths + 1] = name:find "%.jsonl$" and folder .. "/" .. name or nil
  end
  return paths
end

--- Opens a file to be read. Raises for a device or a pipe, which might never end, and for a file
--- that has gone since its name was learned.
local function open_file(path)
  local uv = external.require "luv"
  local status = uv.fs_stat(path)
  if status and status.type ~= "file" then
    errors.fail("%s: it is a %s, and no file", path, status.type)
  end
  local file, message = io.open(path, "rb")
  if not file and select(3, uv.fs_lstat(path)) == "ENOENT" then -- else a link that leads nowhere
    errors.fail(REMOVED, path)
  end
  return errors.ensure(file, message)
end

--- The record in a complete line; nil, and what is wrong, for another line.
local function read_line(line, path)
  local value = json.decode(line)
  local format = type(value) == "table" and math.tointeger(value.format)
  if format and format ~= FORMAT then
    errors.fail("%s: a journal of another version (--fresh begins anew)", path)
  end
  return records.check(value)
end

---@class perigee.sweep.cursor  how far a file was read
---@field at integer  bytes
---@field lines integer

--- Reads the records of a file from a cursor on, and moves the cursor to their end. Skips lines
--- that are no records. Raises for a file that cannot be read, or is of another version.
---@param path string
---@param cursor perigee.sweep.cursor
---@param visit fun(record: table, path: string, at: integer)  at: where the line begins, in bytes
---@return string[] damaged  a sentence, "FILE, line N: ...", for each line that was skipped
function journal.read_file(path, cursor, visit)
  local damaged = {}
  local file <close> = open_file(path)
  file:seek("set", cursor.at)
  for line in file:lines "L" do
    if line:find "\n$" then -- another is torn, or not written whole yet
      local record, problem = read_line(line, path)
      if record then
        visit(record, path, cursor.at)
      else
        damaged[#damaged + 1] = ("%s, line %d: no record, and passed over: %s"):format(path,
          cursor.lines + 1, problem)
      end
      cursor.at, cursor.lines = cursor.at + #line, cursor.lines + 1
    end
  end
  return damaged
end

--- Reads the new records of all files of a folder, ordered by the files' names.
---@param folder string  one that does not exist has none
---@param cursors table<string, perigee.sweep.cursor>  by path; updated
---@param visit fun(record: table, path: string, at: integer)
---@return string[] damaged  as `read_file` returns them
function journal.read(folder, cursors, visit)
  local damaged = {}
  for _, path in ipairs(paths_in(folder)) do
    cursors[path] = cursors[path] or { at = 0, lines = 0 }
    local of_file = journal.read_file(path, cursors[path], visit)
    table.move(of_file, 1, #of_file, #damaged + 1, damaged)
  end
  return damaged
end

--- The fingerprints of data in the first lines of a folder's files. Each has the set of today's
--- fingerprints (`contents`) that stand beside it. Skips first lines that are no records.
---@param folder string
---@return table<string, table<string, true>>  "": no data
function journal.fingerprints(folder)
  local found = {}
  for _, path in ipairs(paths_in(folder)) do
    local file <close> = errors.try(open_file, path) -- `read` raises if that fails
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

return journal
