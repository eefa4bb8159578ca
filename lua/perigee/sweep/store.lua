--- What is known of a study's trials, from its journals.
--
-- Of each trial only its status is kept, and where its record stands: the journal is the table.

local journal = require "perigee.sweep.journal"

---@class perigee.sweep.store
---@field damaged string[]  lines of journals that are no records
---@field header table?  the first line of the newest journal
local Store = {}
Store.__index = Store

local stores = {}

--- A later record takes an earlier one's place if it says more.
local RANK = { paused = 1, failed = 2, pruned = 3, done = 4 }

--- Of a study's trials.
---@param folder string  of the journals
---@param index_of table<string, integer>  the trials by their hashes: others are passed over
---@param rule string  the text of the rule by which trials are cut: what another one cut is open
---@param watch fun(record: table)  is told of each record that counts
---@return perigee.sweep.store
function stores.open(folder, index_of, rule, watch)
  local self = setmetatable({
    folder = folder, index_of = index_of, rule = rule, watch = watch, forgotten = {},
  }, Store)
  self:read()
  return self
end

local function place(path, at)
  return path .. ":" .. at
end

--- The failures that are known now are no longer: those trials are to be run again.
function Store:forget_failures()
  for id, entry in pairs(self.entries) do
    if entry.status == "failed" then
      self.forgotten[place(entry.path, entry.at)] = true
      self.entries[id] = nil
    end
  end
end

local function says_more(record, entry)
  local new, old = RANK[record.status], RANK[entry.status]
  if new == old then
    return record.status == "failed" or record.rung ~= nil and record.rung > entry.rung
  end
  return new > old
end

--- Takes notice of a record.
function Store:see(record, path, at)
  local id, status = record.trial, record.status
  if not id then
    if record.format then
      self.header = record
    end
    return
  elseif not RANK[status] or not self.index_of[id] or self.forgotten[place(path, at)] then
    return
  elseif (status == "paused" or status == "pruned") and record.rule ~= self.rule then
    return
  end
  local entry = self.entries[id]
  if not entry or says_more(record, entry) then
    self.entries[id] = { status = status, rung = record.rung, path = path, at = at }
    self.watch(record)
  end
end

--- Reads the journals, those of other processes too, from their beginnings.
function Store:read()
  self.entries, self.header, self.record_at = {}, nil, journal.reader()
  self.damaged = journal.read(self.folder, function(...)
    self:see(...)
  end)
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

--- A trial's record; nil where there is none.
---@param id string
---@return table?
function Store:record(id)
  local entry = self.entries[id]
  return entry and self.record_at(entry.path, entry.at)
end

return stores
