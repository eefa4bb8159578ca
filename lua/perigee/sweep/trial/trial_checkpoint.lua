--- The checkpoint of a trial's training: an NPZ file of the model, whose note has the trial's
--- state.
--
-- The file is STUDY/checkpoints/TRIAL-CODE.K.npz: the trial's id, the first digits of the hash of
-- the script, and the number of the training in the trial.
--
-- A training begins anew, and is not resumed, for one of these reasons:
--   * there is no file, as the training ended or was killed before its first checkpoint;
--   * the script has changed since, so that the file has another name (`of_other_code` finds it);
--   * the file is damaged, or has another model than the script makes (`restore` returns why).
-- A file without a trial's state raises: the model was overwritten when that is found out.

local core = require "perigee.core"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local fs = require "perigee.util.fs"
local json = require "perigee.util.json"
local model_state = require "perigee.model.model_state"
local schema = require "perigee.util.schema"
local uv = external.require "luv"

local trial_checkpoint = {}

-- --- files ------------------------------------------------------------------------

--- The folder of a study's checkpoints.
---@param root string  the study's folder
---@return string
function trial_checkpoint.folder(root)
  return root .. "/checkpoints"
end

--- The digits of a script's hash that a file's name has.
local function short(code)
  return code:sub(1, 8)
end

--- The beginning of the paths of a trial's checkpoints.
---@param root string
---@param id string  the trial's
---@param code string  the hash of the script
---@return string
function trial_checkpoint.stem(root, id, code)
  return ("%s/%s-%s"):format(trial_checkpoint.folder(root), id, short(code))
end

--- The path of the checkpoint of a trial's k-th training.
---@param stem string
---@param k integer
---@return string
function trial_checkpoint.path(stem, k)
  return ("%s.%d.npz"):format(stem, k)
end

--- Iterates over a study's checkpoints: the file's path, the trial's id, the script's hash.
local function each(root)
  local folder = trial_checkpoint.folder(root)
  local names, i = fs.names_in(folder) or {}, 0
  return function()
    while i < #names do
      i = i + 1
      local id, code = names[i]:match "^(%x+)%-(%x*)"
      if id then
        return folder .. "/" .. names[i], id, code
      end
    end
  end
end

--- The trials that have checkpoints of another version of the script, and none of this one.
---@param root string
---@param code string  the hash of the script
---@return table<string, true>  # by their ids
function trial_checkpoint.of_other_code(root, code)
  local ids, of_this = {}, {}
  for _, id, other in each(root) do
    if other == short(code) then
      of_this[id] = true
    else
      ids[id] = true
    end
  end
  for id in pairs(of_this) do
    ids[id] = nil
  end
  return ids
end

--- Removes the checkpoints of the trials for which `is_of` has a value, and the folder if it is
--- empty then.
---@param root string
---@param is_of table<string, any>  by the trials' ids
function trial_checkpoint.remove_all(root, is_of)
  for path, id in each(root) do
    if is_of[id] then
      os.remove(path)
    end
  end
  uv.fs_rmdir(trial_checkpoint.folder(root))
end

-- --- contents ---------------------------------------------------------------------

--- Saves a model and the state of its trial, with that of the random generators.
---@param path string
---@param model perigee.Model
---@param state table  iteration, reports, seconds; ended, true after the training's end; notes
---@return true?
---@return string?  # what went wrong, where nil comes first
function trial_checkpoint.save(path, model, state)
  local made, message = fs.make_folder(path:match "^(.*)/")
  if not made then
    return nil, message
  end
  state.random = core.get_state():tolist()
  state.lua_random = { (core.lua_random() or ""):byte(1, -1) }
  return errors.try(model.save, model, path, json.encode(state))
end

local byte = schema.integer(0, 255)

--- The state in a note; nil for another text, or none. Notes of older
--- versions have no `lua_random`.
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

--- Restores a model and the random generators from a file. Raises for a file without a trial's
--- state: by then the model has been overwritten.
---@param path string
---@param model perigee.Model
---@return table?  # the trial's state, as it was saved; nil if there is no file that can be used
---@return string?  # what is wrong with the file
function trial_checkpoint.restore(path, model)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  file:close()
  local restored, note = model_state.restore(model, path)
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

return trial_checkpoint
