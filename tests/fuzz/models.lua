-- Mutants of saved models: pg.Model.load must raise an error about the file, or give the model that
-- has the file's weights. tests/fuzz/mutants.lua describes the options.
--
-- A mutant has members with other shapes, dtypes, names or numbers, members that are missing,
-- doubled or in another order, another text about the training, or bytes that are changed.

package.path = "./?.lua;" .. package.path

local mutants = require "tests.fuzz.mutants"
local pg = require "perigee"

local pick, once_in = mutants.pick, mutants.once_in

-- --- files --------------------------------------------------------------------------

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

local CRC_TABLE = {}
for i = 0, 255 do
  local value = i
  for _ = 1, 8 do
    value = value & 1 == 1 and value >> 1 ~ 0xedb88320 or value >> 1
  end
  CRC_TABLE[i] = value
end

local crcs = setmetatable({}, { __mode = "k" }) -- of members that are in no mutant alone

local function crc32(text)
  local crc = 0xffffffff
  for i = 1, #text do
    crc = crc >> 8 ~ CRC_TABLE[(crc ~ text:byte(i)) & 255]
  end
  return crc ~ 0xffffffff
end

--- A ZIP archive of members { name =, data = } that are stored.
local function archive(members)
  local parts, entries, at = {}, {}, 0
  for _, m in ipairs(members) do
    local crc = crcs[m] or crc32(m.data)
    local fields = ("<I2I2I2I2I2I4I4I4I2I2"):pack(20, 0, 0, 0, 0x21, crc, #m.data, #m.data, #m.name,
      0)
    local header = "PK\3\4" .. fields .. m.name
    entries[#entries + 1] = "PK\1\2\20\0" .. fields .. ("<I2I2I2I4I4"):pack(0, 0, 0, 0, at)
      .. m.name
    parts[#parts + 1] = header .. m.data
    at = at + #header + #m.data
  end
  local directory = table.concat(entries)
  return table.concat(parts) .. directory .. "PK\5\6"
    .. ("<I2I2I2I2I4I4I2"):pack(0, 0, #members, #members, #directory, at, 0)
end

-- --- models -------------------------------------------------------------------------

local function data()
  local g = pg.random(4)
  return g:rand(20, 4) * 3, pg.range(0, 19) * 7 % 3
end

local TRAININGS = {
  { hidden = 3, seed = 1 },
  { hidden = { 3, 2 }, activation = { "relu", "tanh" }, seed = 1, scale = 1.5, optimizer = "adam",
    rate = 0.01, batch = 8, patience = 50 },
  { hidden = 2, seed = 2, dtype = "float64", optimizer = "momentum", rate = 0.05,
    schedule = { "cosine", warmup = 2 } },
  { hidden = 4, seed = 3, optimizer = "rmsprop", batch = 5, plan = "sparse", dropout = 0.25 },
  { hidden = 3, seed = 4, optimizer = "nesterov", patience = 50, metric = "accuracy",
    min_delta = 0.01, schedule = { "plateau", factor = 0.5, patience = 0, least = 1e-3 } },
  { hidden = 3, seed = 5, class_weight = "balanced", label_smoothing = 0.1, batch = 7 },
  { hidden = 3, seed = 6, loss = "mse", rate = 0.01, patience = 50, metric = "score" },
}

--- The forward function of models that have one.
local function forward(w, x, training, state)
  local hidden = (x:dot(w.W1) + w.b1):tanh()
  if training then
    state.mean[":"] = pg.detach(hidden:mean(1))
  end
  return (hidden - state.mean):dot(w.W2) + w.b2
end

for i, options in ipairs {
  { freeze = { "b1" }, optimizer = "adam", label_smoothing = 0.1, class_weight = { 1, 2, 3 } },
  { batch = 8, patience = 50, dtype = "float32", seed = 1 },
} do
  local g = pg.random(i)
  options.weights = { W1 = g:randn(4, 3), b1 = g:randn(3), W2 = g:randn(3, 3), b2 = g:randn(3) }
  options.state, options.forward = { mean = pg.zeros({ 3 }, options.dtype) }, forward
  TRAININGS[#TRAININGS + 1] = options
end

--- Loads a model, with its forward function if it has one.
local function load(...)
  local worked, model = pcall(pg.Model.load, ...)
  if not worked and tostring(model):find "forward function, which a file does not keep" then
    local path, x, y = ...
    return pcall(pg.Model.load, path, x, y, { forward = forward })
  end
  return worked, model
end

--- The models' members: lists of { name =, data =, array =, text = }; the last two where known.
local function save_models(folder)
  local x, y = data()
  local bases, path, array_path = {}, folder .. "/base.npz", folder .. "/base.npy"
  for i, training in ipairs(TRAININGS) do
    if training.patience then
      training.validation = { x, y }
    end
    local m = pg.Model(x, y, training)
    for step in m:steps { epochs = 4 } do
      if step == 3 and i > 1 then
        m:save(path, i % 2 == 0 and "a note" or nil)
        break
      end
    end
    if i == 1 then
      m:save(path)
    end
    local base, loaded <close> = {}, pg.load(path)
    for k, name in ipairs(loaded:keys()) do
      pg.save(array_path, loaded[name])
      local array = loaded[name]:copy()
      base[k] = { name = name .. ".npy", data = read(array_path), array = array,
        text = name == "perigee" and string.char(table.unpack(array:tolist())) or nil }
      crcs[base[k]] = crc32(base[k].data)
    end
    bases[i] = base
  end
  return bases
end

-- --- mutations ----------------------------------------------------------------------

local DTYPES = {
  "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32",
  "float64",
}

local VALUES = {
  0, 1, -1, 2, 0.5, -0.0, 0 / 0, 1 / 0, -1 / 0, 1e308, -1e308, 1e38, 3.5e38, 1e-320, 2 ^ 53, 255,
  256,
}

local SHAPES = {
  function(a) return a:reshape(-1) end,
  function(a) return a.T end,
  function(a) return a:reshape(1, -1) end,
  function(a) return a:reshape(-1, 1) end,
  function(a) return a:expand_dims(1) end,
  function(a) return pg.concat({ a, a }, 1) end,
  function(a) return pg.concat({ a, a }, -1) end,
  function(a) return a[{ { 1, -2 } }] end,
  function(a) return a[{ { 1, 0 } }] end,
  function() return pg.zeros(1):reshape() end,
  function(a) return pg.zeros(a.shape) end,
}

local ARRAYS = {
  function(a) return a:astype(pick(DTYPES)) end,
  function(a) return pick(SHAPES)(a) end,
  function(a)
    a = a:copy()
    a:reshape(-1)[math.random(a.size)] = pick(VALUES)
    return a
  end,
}

local function replace(members, i, name, bytes)
  members[i] = { name = name, data = bytes }
end

local function change_array(members, i, folder)
  local m = members[i]
  local worked, made = pcall(pick(ARRAYS), m.array)
  if worked and pcall(pg.save, folder .. "/array.npy", made) then
    replace(members, i, m.name, read(folder .. "/array.npy"))
    members[i].array = made
  end
end

local NAMES = {
  "W1", "b1", "W2", "b2", "W3", "b3", "W4", "best_W1", "state1_W1", "state2_b2", "state3_W1",
  "history", "note", "perigee", "validation_history", "random_state", "", "w1", "W1 ", "W01", "x",
  "\xff", "W1\0", "état", "W1.b", ".", "1", "01", "state_mean", "state_", "best_state_mean",
  "frozen",
}

local function find(members, name)
  for i, m in ipairs(members) do
    if m.name == name then
      return i
    end
  end
end

local MEMBERS = {
  change_array, change_array, change_array,
  function(members, i) -- another name
    replace(members, i, pick(NAMES) .. pick { ".npy", ".npy", ".npy", "" }, members[i].data)
  end,
  function(members, i) table.remove(members, i) end,
  function(members, i) -- doubled, perhaps under another name
    local m = members[i]
    table.insert(members, math.random(#members + 1),
      { name = once_in(2) and m.name or pick(NAMES) .. ".npy", data = m.data, array = m.array })
  end,
  function(members, i) -- two exchanged
    local k = math.random(#members)
    members[i], members[k] = members[k], members[i]
  end,
  function(members, i) -- another's data
    replace(members, i, members[i].name, pick(members).data)
  end,
  function(members, i) -- bytes of the NPY file
    replace(members, i, members[i].name, mutants.text(members[i].data))
  end,
}

local TEXTS = {
  mutants.text, mutants.text,
  function(text) -- a line cut, doubled or exchanged
    local lines = {}
    for line in text:gmatch "[^\n]*\n" do
      lines[#lines + 1] = line
    end
    local i, k = math.random(#lines), math.random(#lines)
    lines[i], lines[k] = pick { "", lines[k], lines[i] .. lines[k] }, pick { lines[i], lines[k] }
    return table.concat(lines)
  end,
  function(text) -- another value
    local lines = {}
    for line in text:gmatch "[^\n]*\n" do
      lines[#lines + 1] = line
    end
    local i = math.random(#lines)
    lines[i] = lines[i]:gsub(" .*\n", function()
      return " " .. pick { mutants.number "3", "sgd", "adam", "momentum", "relu", "tanh relu",
        "relu relu relu", "sigmoid", "given", "true", "false", "auto", "dense", "accuracy", "score",
        "cosine", "cosine warmup 2", "step every 3", "plateau", "plateau patience 0" } .. "\n"
    end)
    return table.concat(lines)
  end,
}

local function change_text(members, folder)
  local i = find(members, "perigee.npy")
  local text = i and members[i].text
  if text then
    text = pick(TEXTS)(text)
    pg.save(folder .. "/array.npy", pg.array({ text:byte(1, -1) }, "uint8"))
    replace(members, i, "perigee.npy", read(folder .. "/array.npy"))
    members[i].text = text
  end
end

local function mutate(base, folder)
  local members = table.move(base, 1, #base, 1, {})
  for _ = 1, pick { 1, 1, 1, 2, 3 } do
    if once_in(3) then
      change_text(members, folder)
    elseif #members > 0 then
      pick(MEMBERS)(members, math.random(#members), folder)
    end
  end
  return members
end

-- --- checking -----------------------------------------------------------------------

--- The array that a member's bytes are.
local function array_in(members, name, folder)
  local found
  for _, m in ipairs(members) do
    if m.name == name or m.name == name .. ".npy" then
      assert(not found, "a model is loaded from a file with two members " .. name)
      found = m
    end
  end
  assert(found, "a model is loaded from a file without " .. name)
  write(folder .. "/member.npy", found.data)
  return pg.load(folder .. "/member.npy")
end

--- Tells if a message, as of a forward function that gets other weights, is of no line of the
--- library.
local function is_plain(message)
  return not tostring(message):find "lua/perigee/[%w_/]+%.lua:%d+:"
end

--- Fails unless a model has the weights of the file, and can be used.
local function check_model(model, members, folder)
  local count = 0
  for name, array in pairs(model._network:arrays()) do
    local expected = array_in(members, name, folder)
    assert(array.dtype == expected.dtype and array:array_equal(expected), "other weights: " .. name)
    assert(array:isfinite():all(), "weights that are not finite: " .. name)
    count = count + 1
  end
  assert(count >= 4, "a model without weights")
  assert(#array_in(members, "history", folder) == model.iteration, "another iteration")
  local is_own = model._network.forward
  local inputs = is_own and 4 or model.weights.W1.shape[2]
  local worked, labels = pcall(model.predict, model, pg.ones(2, inputs))
  assert(worked and labels.shape[1] == 2 or is_own and is_plain(labels)
    or tostring(labels):find "row", labels)
end

--- Fails unless a model that is given data is trained on, or says why not.
local function check_training(path)
  local x, y = data()
  local worked, model = load(path, x, y)
  if not worked then
    return
  end
  local before = model.iteration
  local trained, message = pcall(model.fit, model, { iterations = 2, rate = 0.01, batch = false,
    validation = false, patience = false, schedule = false })
  assert(trained and model.iteration == before + 2 or message:find "finite"
    or message:find "the loss is nan" or model._network.forward and is_plain(message), message)
end

--- The checksums of a model's weights, in a text.
local function checksums(model)
  local sums = {}
  for name, array in pairs(model._network:arrays()) do
    sums[#sums + 1] = name .. array:checksum()
  end
  table.sort(sums)
  return table.concat(sums, " ")
end

--- Fails unless a model that cannot be restored is as before.
local function check_restoring(path)
  local x, y = data()
  local model = pg.Model(x, y, once_in(2) and TRAININGS[1] or TRAININGS[#TRAININGS])
  local before = checksums(model)
  local worked, message = pcall(model.restore, model, path)
  if not worked then
    mutants.check_message(message, path)
    assert(checksums(model) == before and model.iteration == 0, "a model is half restored")
  end
end

mutants.run(arg, function(folder)
  local bases, path = save_models(folder), folder .. "/mutant.npz"
  local counts = { loaded = 0, refused = 0 }
  return function(case)
    local members = mutate(pick(bases), folder)
    local bytes = archive(members)
    if once_in(20) then
      bytes = mutants.text(bytes)
      members = nil
    end
    write(path, bytes)
    local worked, model = load(path)
    if not worked then
      mutants.check_message(model, path)
      counts.refused = counts.refused + 1
    else
      counts.loaded = counts.loaded + 1
      if members then
        check_model(model, members, folder)
      end
      if case % 4 == 0 then
        check_training(path)
      end
    end
    if case % 8 == 0 then
      check_restoring(path)
    end
  end, function()
    return ("%d were loaded, %d were refused"):format(counts.loaded, counts.refused)
  end
end)
