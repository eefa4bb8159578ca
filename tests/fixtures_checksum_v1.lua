-- Writes tests/fixtures/checksum_v1: files that keep the checksum of data as it was first made, by
-- the number of the dtype's enum (checksum_v1.h). Only the code of that time can write them:
--
--   git checkout 973c459 && build/perigee tests/fixtures_checksum_v1.lua
--
-- A spec reads the same file for the data, the model and the studies, and goes on with them.

local pg = require "perigee"
local sweep = require "perigee.sweep"

local FOLDER = "tests/fixtures/checksum_v1/"

local fixtures = { folder = FOLDER, model_path = FOLDER .. "model.npz", saved_at = 7 }

-- --- a model ------------------------------------------------------------------------

--- x, y and the data for validation.
function fixtures.samples()
  local g = pg.random(3)
  local x, y = g:randint(0, 256, { 40, 6 }):astype "uint8", g:randint(0, 3, 40)
  return x, y, { g:randint(0, 256, { 12, 6 }):astype "uint8", g:randint(0, 3, 12) }
end

--- A model, and the options of its training, which is saved within its third epoch.
function fixtures.model()
  local x, y, held_out = fixtures.samples()
  local model = pg.Model(x, y, { hidden = 5, seed = 1, scale = 1 / 255, plan = "sparse" })
  return model, {
    epochs = 8, batch = 16, optimizer = "adam", rate = 0.02, validation = held_out, patience = 20,
  }
end

-- --- studies ------------------------------------------------------------------------

local DTYPES = {
  "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
  "float32", "float64",
}

--- An array of each dtype, and some of other ranks and strides.
local function arrays(change)
  local all = {}
  for i, dtype in ipairs(DTYPES) do
    all[dtype] = (pg.range(0, 5):reshape(2, 3) + i):astype(dtype)
  end
  all.int32[{ 2, 3 }] = all.int32[{ 2, 3 }] + change
  all.transposed, all.none, all.cube = all.float64.T, pg.zeros(0, 4), pg.ones(2, 1, 3)
  return all
end

--- Two studies by the arrays that are their data: told by `data`, and those that `run` refers to.
--- `ran` is called with each trial's rate; `change` is added to one number of the data.
function fixtures.study(kind, folder, rates, ran, change)
  local all = arrays(change or 0)
  local options = { name = kind, runs = folder, params = { rate = rates } }
  if kind == "told" then
    options.data = { all, { first = all.int32 } }
    options.run = function(p)
      ran(p.rate)
      return { y = p.rate * 2 }
    end
  else
    options.run = function(p)
      ran(p.rate)
      return { y = p.rate * #all.int64 }
    end
  end
  return sweep.new(options)
end

-- --- writing ------------------------------------------------------------------------

local function write_model()
  local model, options = fixtures.model()
  for i in model:steps(options) do
    if i == fixtures.saved_at then
      assert(model:save(fixtures.model_path))
      return
    end
  end
end

--- The journal without what it tells of the machine, and under a name that does not tell it either.
local function tidy_journal(kind)
  local json = require "perigee.json"
  local folder = FOLDER .. kind .. "/journal/"
  for _, name in ipairs(require("perigee.system").names_in(folder)) do
    local lines = {}
    for line in io.lines(folder .. name) do
      local record = assert(json.decode(line))
      record.machine = nil
      lines[#lines + 1] = json.encode(record) .. "\n"
    end
    assert(os.remove(folder .. name))
    assert(pg.write(folder .. "journal.jsonl", table.concat(lines)))
  end
end

if arg and arg[0]:find "fixtures_checksum_v1%.lua$" then
  write_model()
  for _, kind in ipairs { "told", "referred" } do
    assert(fixtures.study(kind, FOLDER, { 0.1, 0.5 }, print):run { quiet = true })
    tidy_journal(kind)
    for _, name in ipairs { "results.csv", "curves.csv" } do
      os.remove(FOLDER .. kind .. "/" .. name)
    end
  end
end

return fixtures
