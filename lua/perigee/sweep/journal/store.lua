--- What is known of a study's trials, from its journals.
--
-- Of each trial only its status is kept, and where its record stands: the journal is the table.

local journal = require "perigee.sweep.journal.journal"

---@class perigee.sweep.store
---@field damaged string[]  sentences about lines of journals that are no records
---@field header table?  the first line of the newest journal
---@field headers table<string, table>  the first lines by the journals' paths
local Store = {}
Store.__index = Store

local stores = {}

--- A later record takes an earlier one's place unless it says less. A trial that waits at a rung
--- may have failed before, and been run again.
local RANK = { paused = 1, failed = 1, pruned = 2, done = 3 }

--- Of a study's trials.
---@param folder string  of the journals
---@param index_of table<string, integer>  the trials by their hashes: others are passed over
---@param rule string  the text of the rule by which trials are cut: what another rule has cut or
---   paused is to be run
---@param tally perigee.sweep.tally  gets each record that counts
---@return perigee.sweep.store
function stores.open(folder, index_of, rule, tally)
  local self = setmetatable({
    folder = folder, index_of = index_of, rule = rule, tally = tally, forgotten = {},
  }, Store)
  self:read_anew()
  return self
end

--- The failures that are known now are no longer: those trials are to be run again.
function Store:forget_failures()
  for path, place in pairs(self.places) do
    self.forgotten[path] = place.at
  end
  self:read_anew()
end

local function says_more(record, entry)
  local new, old = RANK[record.status], RANK[entry.status]
  if record.status == entry.status then
    return record.status == "failed" or record.rung ~= nil and record.rung > (entry.rung or 0)
  end
  return new > old or new == old and (record.finished or "") >= (entry.finished or "")
end

--- Takes notice of a record.
function Store:see(record, path, at)
  local id, status = record.trial, record.status
  if not id then
    if record.format then
      self.header, self.headers[path] = record, record
    end
    return
  elseif not RANK[status] or not self.index_of[id]
    or status == "failed" and at < (self.forgotten[path] or 0) then
    return
  elseif (status == "paused" or status == "pruned") and record.rule ~= self.rule then
    return
  end
  local entry = self.entries[id]
  if not entry or says_more(record, entry) then
    local new = { status = status, rung = record.rung, path = path, at = at }
    if RANK[status] == 1 then -- most trials are done, and there may be many
      new.finished = record.finished
    end
    self.entries[id] = new
    self.tally:add(record, self.index_of[id])
  end
end

--- Takes notice of a record that this process has written, or was told of, as `see` does.
---@param record table
---@param path string
---@param at integer  where the record begins
---@param next_at? integer  where the next one will: this process is the only one to write to the
---   file
function Store:add(record, path, at, next_at)
  local before = self.places[path]
  if next_at and (not before or before.at <= at) then
    self.places[path] = { at = next_at, number = (before and before.number or 1) + 1 }
  end
  self:see(record, path, at)
end

--- Reads what has come to the journals since they were read last, those of other processes too.
function Store:read()
  local damaged = journal.read(self.folder, self.places, function(...)
    self:see(...)
  end)
  table.move(damaged, 1, #damaged, #self.damaged + 1, self.damaged)
end

--- Reads the journals from their beginnings.
function Store:read_anew()
  self.entries, self.header, self.headers = {}, nil, {}
  self.places, self.damaged = {}, {}
  self.record_at = journal.reader()
  self.tally:clear()
  self:read()
end

--- "done", "failed", "pruned" or "paused"; nil for a trial of which nothing is known.
---@param id string
---@return string?
function Store:status(id)
  local entry = self.entries[id]
  return entry and entry.status
end

--- The last of the rungs that a trial has reached, of one that waits at one or was cut there.
---@param id string
---@return integer?
function Store:rung(id)
  local entry = self.entries[id]
  return entry and entry.rung
end

--- How many of the trials that are at their end were run by processes of which `differs` says so.
---@param differs fun(header: table): any
---@return integer
---@return any  # what `differs` has said of the last of them
function Store:count_where(differs)
  local count, told, answers = 0, nil, {}
  for path, header in pairs(self.headers) do
    answers[path] = differs(header)
  end
  for _, entry in pairs(self.entries) do
    if entry.status ~= "paused" and answers[entry.path] then
      count, told = count + 1, answers[entry.path]
    end
  end
  return count, told
end

--- A trial's record; nil where there is none.
---@param id string
---@return table?
function Store:record(id)
  local entry = self.entries[id]
  return entry and self.record_at(entry.path, entry.at, id)
end

return stores
