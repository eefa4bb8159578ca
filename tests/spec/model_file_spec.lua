-- The file of a model, value by value: what is wrong in it is said of the file.

local pg = require "perigee"

local fixtures = dofile "tests/fixtures_checksum_v1.lua"
local raises_here = dofile("tests/support.lua").raises_here

local path

before_each(function()
  path = os.tmpname() .. ".npz"
end)

after_each(function()
  os.remove(path)
  os.remove((path:gsub("%.npz$", "")))
end)

local function data()
  local g = pg.random(4)
  return g:rand(20, 4), pg.range(0, 19) * 7 % 3
end

--- Saves a model in the middle of a training with all that a file can hold; gives its members.
local function save(options)
  local x, y = data()
  local all = {
    hidden = { 5, 4 }, activation = { "relu", "tanh" }, seed = 1, scale = 1.5, optimizer = "adam",
    rate = 0.01, batch = 8, validation = { x, y }, patience = 50, metric = "loss", min_delta = 0,
    schedule = { "plateau", factor = 0.5, patience = 9 }, dropout = { 0.25, 0 },
  }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  local m = pg.Model(x, y, all)
  for i in m:steps { epochs = 9 } do
    if i == 7 then
      assert(m:save(path, "a note"))
      break
    end
  end
  local members, archive <close> = {}, assert(pg.load(path))
  for _, name in ipairs(archive:keys()) do
    members[name] = archive:get(name)
  end
  return members
end

local function text_in(members)
  return string.char(table.unpack(members.perigee:tolist()))
end

--- Loads the file with one member replaced (nil: removed), and its data, as pcall does.
local function load_with(members, name, value)
  local before = members[name]
  members[name] = value
  assert(pg.save(path, members))
  members[name] = before
  local x, y = data()
  return pcall(pg.Model.load, path, x, y)
end

local function load_with_text(members, text)
  return load_with(members, "perigee", pg.array({ text:byte(1, -1) }, "uint8"))
end

--- Fails unless `load` refused the file, raising or returning a message with its path and `words`.
local function assert_refused(words, worked, model, message)
  message = worked and message or model
  assert(not worked or model == nil, "a file was loaded that is to be refused: " .. words)
  local where, said = message:find(path, 1, true), message:find(words, 1, true)
  assert.is_true(where ~= nil and said ~= nil, ("'%s' does not say: %s"):format(message, words))
  assert.not_matches("x: row", message)
end

--- Fails unless all weights are finite and the model can be trained further.
local function assert_right(model)
  for _, array in pairs(model.weights) do
    assert.is_true(((array - array):eq(0)):all())
  end
  local cost = model:fit { iterations = 3, rate = 0.01, batch = 8, validation = false,
    patience = false, schedule = false }
  assert.equal(3, #cost)
end

local WRONG_SCHEDULES = {
  "cosin", "true", "1", "plateau factor", "plateau factor 1", "plateau factor 2 factor 0.5",
  "plateau least 0.01", "plateau warmup 3", "plateau 3 0.5", "step", "step every 0",
  "cosine warmup 0.5", "cosine warmup true",
}

describe("the text of a model's file", function()
  local WRONG = {
    activation = { "relu", "relu tanh relu", "eve tanh", "relu 3", "1 2",
      ("relu "):rep(15) .. "relu" },
    dropout = { "0.5", "0.5 1", "0.5 -0.1", "0.5 0.5 0.5", "nan 0", "half 0", "true 0" },
    dropout_key = { "-1", "0.5", "none", "1 2" },
    scale = { "0", "0x0p+0", "inf", "nan", "-nan", "1e999", "1e308", "-1e39", "1e-60", "1 2",
      "half", "true" },
    plan = { "none", "1", "dense sparse" },
    rows = { "0", "-1", "2.5", "many", "8" },
    used = { "-1", "20", "21", "1e300", "nan" },
    iteration = { "-7", "6", "8", "7.5", "9223372036854775807", "9223372036854775808", "no" },
    optimizer = { "eve", "1", "sgd", "momentum", "rmsprop" },
    steps = { "-1", "8", "0", "1e300", "9223372036854775807", "nan" },
    ["option.optimizer"] = { "eve", "sgd adam" },
    ["option.rate"] = { "0", "-1", "inf", "nan", "none" },
    ["option.batch"] = { "0", "-3", "true", "2.5" },
    ["option.validation"] = { "true", "none", "7" },
    ["option.patience"] = { "0", "-1", "true" },
    ["option.metric"] = { "acc", "1", "loss accuracy" },
    ["option.min_delta"] = { "-1", "nan", "none" },
    ["option.schedule"] = WRONG_SCHEDULES,
    ["record.first"] = { "-1", "8", "7", "1.5" },
    ["record.target"] = { "-1", "0.5", "none" },
    ["record.rows"] = { "0", "-1", "nan" },
    ["record.validated"] = { "-1", "8", "nan" },
    ["record.waited"] = { "-1", "3", "51", "0.5" },
    ["record.best"] = { "nan", "inf", "0", "-1", "0x1p+40", "none" },
    ["record.plateau_reductions"] = { "-1", "3", "0.5", "none" },
    ["record.plateau_waited"] = { "-1", "3", "nan" },
    ["record.plateau_best"] = { "nan", "inf", "0", "none" },
    ["record.data_checksum"] = { "-1", "4294967296", "1.5", "none", "1 2" },
    ["record.option.optimizer"] = { "eve", "1", "sgd adam" },
    ["record.option.rate"] = { "0", "nan", "-0x1p+0" },
    ["record.option.batch"] = { "0", "true" },
    ["record.option.validation"] = { "false", "true" },
    ["record.option.patience"] = { "0", "true", "-1" },
    ["record.option.metric"] = { "acc", "1", "true", "loss score" },
    ["record.option.min_delta"] = { "-1", "nan", "true" },
    ["record.option.schedule"] = WRONG_SCHEDULES,
  }

  it("is refused with any value that is none, in words about the file", function()
    local members = save()
    local text, names = text_in(members), 0
    for name, values in pairs(WRONG) do
      local pattern = "\n" .. name:gsub("%p", "%%%0") .. " [^\n]*\n"
      assert.is_truthy(text:find(pattern), name)
      for _, value in ipairs(values) do
        local changed = text:gsub(pattern, ("\n%s %s\n"):format(name, value))
        assert_refused("", load_with_text(members, changed))
      end
      names = names + 1
    end
    local _, lines = text:gsub("\n", "")
    assert.equal(lines - 1, names)
  end)

  it("is refused with a line that is missing, empty, doubled, cut or unknown", function()
    local members = save()
    local text = text_in(members)
    local with_default = { ["record.option.rate"] = true, ["record.option.optimizer"] = true,
      ["record.option.batch"] = true, ["record.option.patience"] = true,
      ["record.option.metric"] = true, ["record.option.min_delta"] = true,
      ["record.plateau_best"] = true }
    for name in text:gmatch "\n(%S+) " do
      local pattern = "\n" .. name:gsub("%p", "%%%0") .. " ([^\n]*)\n"
      if name:find "^option%." or with_default[name] then
        local _, model = load_with_text(members, (text:gsub(pattern, "\n")))
        assert_right(model) -- at its default
      else
        assert_refused("", load_with_text(members, (text:gsub(pattern, "\n"))))
      end
      assert_refused("says nothing of " .. name,
        load_with_text(members, (text:gsub(pattern, "\n" .. name .. "\n"))))
      assert_refused(("says %s twice"):format(name),
        load_with_text(members, (text:gsub(pattern, "%0" .. name .. " %1\n"))))
    end
    assert_refused("does not end with a line's end", load_with_text(members, text:sub(1, -2)))
    assert_refused("has an empty line", load_with_text(members, text .. "\n"))
    assert_refused("has 'hue'", load_with_text(members, text .. "hue 3\n"))
    assert_refused("one checksum", load_with_text(members, text .. "record.checksum 3\n"))
    assert_refused("momentum is no option", load_with_text(members, text .. "option.momentum 1\n"))
  end)

  --- Refuses the text with each of some changes: a pattern, what it becomes, and the message.
  local function assert_refused_changes(members, cases)
    local text = text_in(members)
    for _, case in ipairs(cases) do
      local changed, count = text:gsub(case[1], case[2])
      assert.is_true(count > 0, case[1])
      assert_refused(case[3], load_with_text(members, changed))
    end
  end

  it("is refused where the state of a schedule or of a metric is none that a training has",
    function()
      assert_refused_changes(save(), {
        { "\nrecord%.plateau_waited [^\n]*", "", "the schedule plateau alone has" },
        { "\nrecord%.option%.schedule [^\n]*", "", "the schedule plateau alone has" },
        { "\nrecord%.option%.schedule [^\n]*", "\nrecord.option.schedule cosine",
          "the schedule plateau alone has" },
        { "\nrecord%.option%.schedule [^\n]*", "\nrecord.option.schedule false",
          "the schedule plateau alone has" },
        { "\nrecord%.plateau_reductions [^\n]*", "\nrecord.plateau_reductions 3",
          "after 2 validations" },
        { "\nrecord%.plateau_best [^\n]*", "\nrecord.plateau_best 1",
          "record.plateau_best is 1, which is none of the validation losses" },
        { "\noption%.rate [^\n]*", "\noption.rate function",
          "option: rate is a function of the iteration, and the schedule 'plateau'" },
        { "\nrecord%.option%.rate [^\n]*", "\nrecord.option.rate function",
          "record.option: rate is a function of the iteration, and the schedule 'plateau'" },
        { "\nrecord%.option%.metric [^\n]*", "\nrecord.option.metric accuracy",
          "and no accuracy is above 1" },
      })
      assert_refused_changes(save { metric = "accuracy", schedule = "cosine" }, {
        { "\nrecord%.best [^\n]*", "\nrecord.best 1.5",
          "record.best is 1.5, and no accuracy is above 1" },
        { "\nrecord%.best [^\n]*", "\nrecord.best -1",
          "record.best is -1, and no accuracy is below 0" },
        { "\nrecord%.option%.schedule [^\n]*",
          "\nrecord.option.schedule plateau", "the schedule plateau alone has" },
        { "$", "record.plateau_best 1\n", "the schedule plateau alone has" },
      })
      assert_refused_changes(save { patience = false, schedule = false }, {
        { "\nrecord%.option%.validation [^\n]*", "\nrecord.option.validation false",
          "there is record.best without validation" },
      })
    end)

  it("tells that the scale is too large or small for the weights, or 0", function()
    for _, case in ipairs {
      { "1e308", "the scale 1e+308 is too large for float32" },
      { "1e-60", "the scale 1e-60 is too small for float32, in which it is 0" },
      { "0", "the scale is 0" },
    } do
      local members = save()
      local changed = text_in(members):gsub("scale %S+", "scale " .. case[1])
      assert_refused(case[2], load_with_text(members, changed))
    end
    local members = save { dtype = "float64" }
    local changed = text_in(members):gsub("scale %S+", "scale 1e-60")
    local _, model = load_with_text(members, changed)
    assert_right(model)
    changed = text_in(members):gsub("scale %S+", "scale 1e308")
    _, model = load_with_text(members, changed)
    assert.equal(4, model.weights.W1.shape[2])
    local _, y = data()
    members = save()
    changed = text_in(members):gsub("scale %S+", "scale 1e37")
    load_with_text(members, changed)
    for _, dtype in ipairs { "uint8", "int64", "float64" } do
      assert_refused("the scale 1e+37 is too large: times 200, row 1, column 1 of x, it is beyond",
        pcall(pg.Model.load, path, pg.full({ 20, 4 }, 200, dtype), y))
    end
  end)
end)

describe("a member of a model's file", function()
  --- An array with one element changed.
  local function with(array, value)
    local changed = array:copy()
    changed[{ -1, 1 }] = value
    return changed
  end

  it("is refused with a number that is not finite", function()
    local members = save()
    for name, array in pairs(members) do
      if array.ndim == 2 then
        for _, value in ipairs { 0 / 0, math.huge, -math.huge } do
          assert_refused(("'%s': row %d, column 1 is"):format(name, array.shape[1]),
            load_with(members, name, with(array, value)))
        end
      end
    end
    local history = members.history:copy()
    history[4] = 0 / 0
    assert_refused("'history': the loss of iteration 4 is nan, and not finite",
      load_with(members, "history", history))
  end)

  it("is refused where it is missing, of another dtype, rank or length, or too many", function()
    local members = save()
    for name, array in pairs(members) do
      if name ~= "note" then
        assert_refused("", load_with(members, name, nil))
      end
      for _, other in ipairs {
        array:astype(array.dtype == "int16" and "int8" or "int16"), array:reshape(1, 1, -1),
        pg.zeros(0, array.dtype), pg.concat({ array, array, array, array }, 1),
      } do
        if name ~= "note" or other.dtype ~= "uint8" or other.ndim ~= 1 then
          assert_refused("", load_with(members, name, other))
        end
      end
    end
    for _, name in ipairs { "W4", "b4", "state3_W1", "best_W4", "state1_W4", "colour" } do
      assert_refused(("it has a member '%s'"):format(name),
        load_with(members, name, pg.zeros(5, 4, "float32")))
    end
  end)

  it("is refused where no optimizer remembers such a number", function()
    for optimizer, state in pairs { adam = 2, rmsprop = 1 } do
      local members = save { optimizer = optimizer }
      local name = ("state%d_W2"):format(state)
      assert_refused("mean of squares that is below 0: -1",
        load_with(members, name, with(members[name], -1)))
    end
  end)

  it("is refused where the best weights are of no training", function()
    local members = save()
    local text = text_in(members):gsub("record%.[^\n]*\n", "")
    assert_refused("best weights, and the text says of no training", load_with_text(members, text))
    members = save { validation = false, patience = false, schedule = false }
    assert_refused("", load_with(members, "best_W1", members.W1))
  end)
end)

describe("a model with numbers that a file may not have", function()
  it("is not saved, or not made", function()
    local x, y = data()
    local m = pg.Model(x, y, { hidden = 3 })
    m.weights.b1[{ 1, 2 }] = 0 / 0
    raises_here("'b1': row 1, column 2 is nan, and not finite", function() m:save(path) end)
    raises_here("the scale 1e+308 is too large for float32",
      function() pg.Model(x, y, { scale = 1e308 }) end)
    raises_here("the scale -1e+39 is too large for float32",
      function() pg.Model(x, y, { scale = -1e39 }) end)
    raises_here("the scale 1e-50 is too small for float32",
      function() pg.Model(x, y, { scale = 1e-50 }) end)
    raises_here("the scale is 0", function() pg.Model(x, y, { scale = 0, dtype = "float64" }) end)
    raises_here("the scale 1e+38 is too large: times 9, row 2, column 1 of x",
      function() pg.Model(pg.array({ { 0 }, { 9 } }, "uint8"), { 0, 1 }, { scale = 1e38 }) end)
    raises_here("x: row 1, column 1 is 1e+39, which is beyond float32",
      function() pg.Model({ { 1e39 }, { 9 } }, { 0, 1 }, { scale = 1e-3 }) end)
    assert.equal(1, #pg.Model(x, y, { scale = 1e300, dtype = "float64" }):fit { iterations = 1 })
  end)

  it("is not restored from one of another scale", function()
    local x, y = data()
    pg.Model(x, y, { hidden = 3, scale = 1.5 }):save(path)
    local _, restored, message = pcall(function()
      return pg.Model(x, y, { hidden = 3 }):restore(path)
    end)
    assert.matches("the scale is 1.5, and the model's is 1", message or restored, 1, true)
  end)
end)

describe("a file that keeps the checksum of before", function()
  --- The training that the file was saved in, to its end in one piece.
  local function whole()
    local model, options = fixtures.model()
    model:fit(options)
    return model
  end

  local function load_fixture()
    local x, y, held_out = fixtures.samples()
    return assert(pg.Model.load(fixtures.model_path, x, y)), held_out
  end

  --- Tells if this machine computes the bits of the one that made the file: other kernels and
  --- other matrix products round differently.
  local function is_same_arithmetic(model)
    local archive <close> = assert(pg.load(fixtures.model_path))
    return model:history():rows(1, fixtures.saved_at):eq(archive.history):all()
  end

  local function assert_same_end(expected, model)
    assert.equal(24, model.iteration)
    local exact = is_same_arithmetic(expected)
    for name, array in pairs(expected.weights) do
      assert.is_true(exact and array:eq(model.weights[name]):all()
        or not exact and array:allclose(model.weights[name]), name)
    end
    for i, losses in ipairs { expected:history() } do
      local others = select(i, model:history())
      assert.is_true(exact and losses:eq(others):all() or not exact and losses:allclose(others))
    end
  end

  it("is resumed to the same end, and kept again", function()
    local expected, model, held_out = whole(), load_fixture()
    assert.equal(17, #model:fit { resume = true, validation = held_out })
    assert_same_end(expected, model)

    assert(assert(pg.Model.load(fixtures.model_path)):save(path)) -- the sum is kept without data
    local x, y = fixtures.samples()
    model = assert(pg.Model.load(path, x, y))
    assert(model:save(path)) -- and until the training is resumed
    model = assert(pg.Model.load(path, x, y))
    for i in model:steps { resume = true, validation = held_out } do
      if i == 11 then
        assert(model:save(path)) -- now with the sum of today
        break
      end
    end
    local archive <close> = assert(pg.load(path))
    assert.matches("\nrecord%.data_checksum %d+\n", text_in(archive))
    assert.not_matches("record%.checksum", text_in(archive))
    model = assert(pg.Model.load(path, x, y))
    model:fit { resume = true, validation = held_out }
    assert_same_end(expected, model)
  end)

  it("is not resumed with other data", function()
    local x, y, held_out = fixtures.samples()
    local other = x:copy()
    other[{ 40, 6 }] = 255 - other[{ 40, 6 }]
    for _, case in ipairs { { other, y }, { x, y["::-1"] }, { x:astype "int16", y } } do
      local model = assert(pg.Model.load(fixtures.model_path, case[1], case[2]))
      raises_here("the training to be resumed had other data", function()
        model:fit { resume = true, validation = held_out }
      end)
    end
  end)
end)
