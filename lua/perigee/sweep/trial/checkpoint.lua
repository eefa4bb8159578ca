--- The checkpoint of a trial's training: an NPZ file of the model, whose note has the trial's
--- state.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local fs = require "perigee.util.fs"
local json = require "perigee.util.json"
local schema = require "perigee.util.schema"

local checkpoint = {}

--- Saves a model and the state of its trial, with that of the random generators.
---@param path string
---@param model perigee.Model
---@param state table  iteration, reports, seconds; ended, true after the training's end; notes
---@return true?
---@return string?  # what went wrong, where nil comes first
function checkpoint.save(path, model, state)
  local made, message = fs.make_folder(path:match "^(.*)/")
  if not made then
    return nil, message
  end
  state.random = core.get_state():tolist()
  state.lua_random = { (core.lua_random() or ""):byte(1, -1) }
  return errors.try(model.save, model, path, json.encode(state))
end

local byte = schema.integer(0, 255)

--- The state in a note; nil for another text, or none. Notes of before have no `lua_random`.
local function read_note(note)
  local state = note and json.decode(note)
  if type(state) ~= "table" or state.lua_random ~= nil
    and (type(state.lua_random) ~= "table" or not schema.elements(state.lua_random, byte.read)) then
    return nil
  end
  local is_whole = math.type(state.iteration) == "integer" and type(state.reports) == "table"
    and math.type(state.seconds) and type(state.random) == "table"
  return is_whole and state or nil
end

--- Restores a model and the random generators from a file. Raises for a model that no trial has
--- saved: the trial's own is no longer as it was.
---@param path string
---@param model perigee.Model
---@return table?  # the trial's state, as it was saved; nil if there is no file that can be used
---@return string?  # what is wrong with the file
function checkpoint.restore(path, model)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  file:close()
  local restored, note = getmetatable(model).restore(model, path)
  if not restored then
    return nil, note
  end
  local state = read_note(note)
  if not state then
    error(path .. ": a trial's note was expected in it: remove the file, and run the trial again "
      .. "with --retry-failed", 0)
  end
  core.set_state(core.array(state.random, "uint32"))
  if state.lua_random then
    core.lua_random(string.char(table.unpack(state.lua_random)))
  end
  return state
end

return checkpoint
