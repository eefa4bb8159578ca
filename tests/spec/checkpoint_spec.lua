-- Saving a model, and loading it.

local pg = require "perigee"

local raises_here = dofile("tests/support.lua").raises_here

local ROWS, INPUTS, CLASSES = 60, 8, 3
local OPTIMIZERS = require("perigee.core").trainer.optimizers

local function data()
  local g = pg.random(4)
  return g:rand(ROWS, INPUTS):round(1), pg.range(0, ROWS - 1) * 7 % CLASSES
end

local function model(options)
  local x, y = data()
  local all = { hidden = 5, seed = 1, dtype = "float64" }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return pg.Model(x, y, all), x, y
end

local path

before_each(function()
  path = os.tmpname() .. ".npz"
end)

after_each(function()
  os.remove(path)
  os.remove((path:gsub("%.npz$", "")))
end)

local function contents(name)
  local file <close> = assert(io.open(name, "rb"))
  return file:read "a"
end

local function assert_same_bits(a, b)
  assert.equal(a.iteration, b.iteration)
  assert.is_true(a:history():eq((b:history())):all())
  for name, array in pairs(a.weights) do
    assert.is_true(array:eq(b.weights[name]):all(), name)
    assert.equal(array.dtype, b.weights[name].dtype)
  end
end

--- Loads the file with one of its arrays changed, taken away (nil) or added.
local function load_changed(name, value)
  local members = {}
  do
    local archive <close> = assert(pg.load(path))
    for _, key in ipairs(archive:keys()) do
      members[key] = archive:get(key)
    end
  end
  members[name] = value
  assert(pg.save(path, members))
  return pcall(pg.Model.load, path)
end

--- The text in the file, changed.
local function load_with_text(change)
  local archive <close> = assert(pg.load(path))
  local text = change(string.char(table.unpack(archive.perigee:tolist())))
  return load_changed("perigee", pg.array({ text:byte(1, -1) }, "uint8"))
end

describe("a model that was saved", function()
  it("goes on as if it had never been, with each optimizer, full batches and others", function()
    local held = { data() }
    for _, optimizer in ipairs(OPTIMIZERS) do
      for _, batch in ipairs { false, 16 } do
        for _, dtype in ipairs { "float32", "float64" } do
          local options = { optimizer = optimizer, batch = batch, dtype = dtype,
            hidden = { 6, 4 }, activation = { "relu", "tanh" }, weight_decay = 0.01 }
          local whole, saved, x, y = model(options), model(options)
          whole:fit { iterations = 13, rate = 0.01, patience = 20, validation = held }
          for i in saved:steps { iterations = 13, rate = 0.01, patience = 20, validation = held } do
            if i == 6 then
              assert(saved:save(path))
            end
          end
          local resumed = assert(pg.Model.load(path, x, y))
          assert.equal(6, resumed.iteration)
          local cost = resumed:fit { validation = held, resume = true }
          assert.equal(7, #cost)
          assert_same_bits(whole, resumed)
          assert.is_true(select(2, whole:history()):eq(select(2, resumed:history())):all())
        end
      end
    end
  end)

  it("goes on with early stopping where it stood", function()
    local g = pg.random(2)
    local x, y = g:randn(60, 10), g:randint(0, 3, 60)
    local options = { hidden = 20, seed = 1, batch = 20, optimizer = "adam", rate = 0.02,
      validation = { g:randn(60, 10), g:randint(0, 3, 60) }, patience = 6 }
    local whole = pg.Model(x, y, options)
    whole:fit { epochs = 300 }
    assert.is_true(whole.iteration < 900)
    for _, stop in ipairs { 1, whole.iteration - 10, whole.iteration } do
      local part = pg.Model(x, y, options)
      for i in part:steps { epochs = 300 } do
        if i == stop then
          assert(part:save(path))
          break
        end
      end
      local resumed = assert(pg.Model.load(path, x, y))
      resumed:fit { validation = options.validation, resume = true }
      assert_same_bits(whole, resumed)
    end
  end)

  it("begins another training as it does in memory, by the model's own options", function()
    local held = { data() }
    for _, own in ipairs {
      {}, { optimizer = "adam", rate = 0.02 }, { batch = 16 },
      { optimizer = "nesterov", batch = 7 },
    } do
      for _, told in ipairs {
        {}, { rate = 0.5 }, { batch = 25, optimizer = "rmsprop" }, { epochs = 3, batch = 16 },
        { validation = held, patience = 3, iterations = 9 }, { batch = false, weight_decay = 0.1 },
      } do
        for _, stop in ipairs { 2, 7 } do
          local m, x, y = model(own)
          for i in m:steps(told) do
            if i == stop then
              break
            end
          end
          assert(m:save(path))
          local loaded = assert(pg.Model.load(path, x, y))
          assert.equal(1000, #m:fit())
          assert.equal(1000, #loaded:fit())
          assert_same_bits(m, loaded)
        end
      end
    end
  end)

  it("takes validation and patience that were told to the model", function()
    local held = { data() }
    local m, x, y = model { validation = held, patience = 4, rate = 5 }
    m:fit { iterations = 3 }
    assert(m:save(path))
    local loaded = assert(pg.Model.load(path, x, y))
    raises_here("validation was given, which a file does not keep: give it again",
      function() loaded:fit() end)
    assert.equal(#m:fit(), #loaded:fit { validation = held })
    assert_same_bits(m, loaded)
  end)

  it("is trained further, too, when it is told how much", function()
    local whole, part, x, y = model { optimizer = "adam" }, model { optimizer = "adam" }
    whole:fit { iterations = 4 }
    whole:fit { iterations = 3 }
    part:fit { iterations = 4 }
    assert(part:save(path))
    local loaded = assert(pg.Model.load(path, x, y))
    loaded:fit { iterations = 3 }
    assert_same_bits(whole, loaded)
  end)

  it("that was never trained is a new one", function()
    local m, x, y = model { batch = 16, seed = 3 }
    assert(m:save(path))
    local loaded = assert(pg.Model.load(path, x, y))
    assert.equal(0, #loaded:history())
    loaded:fit { iterations = 6 }
    m:fit { iterations = 6 }
    assert_same_bits(m, loaded)
  end)

  it("without a seed, or data, keeps what it has", function()
    local x, y = data()
    local m = pg.Model(x, y, { hidden = 4, batch = 16, optimizer = "adam" })
    m:fit { iterations = 5 }
    assert(m:save(path))
    local loaded = assert(pg.Model.load(path))
    assert.is_true(loaded:predict(x):eq(m:predict(x)):all())
    assert.equal(m:score(x, y), loaded:score(x, y))
    assert.same({ nil, "the model has no data" }, { loaded:plan() })
    assert.matches("data       none", loaded:summary(), 1, true)
    raises_here("fit: a model that was loaded without data is not trained", function()
      loaded:fit()
    end)
    local before = contents(path)
    assert(loaded:save(path))
    assert.equal(before, contents(path))
  end)

  it("drew no number for it", function()
    local x, y = data()
    pg.seed(3)
    local m = pg.Model(x, y, { hidden = 4 })
    m:fit { iterations = 5 }
    local before = pg.get_state()
    assert(m:save(path))
    assert.is_true(pg.get_state():eq(before):all())
    local loaded = assert(pg.Model.load(path, x, y))
    pg.seed(4)
    m:fit { iterations = 5, batch = 16 }
    pg.seed(4)
    loaded:fit { iterations = 5, batch = 16 }
    assert_same_bits(m, loaded)
  end)

  it("needs what a file does not keep", function()
    local m, x, y = model()
    local options = { iterations = 5, patience = 2, validation = { x, y } }
    options.rate = function()
      return 0.1
    end
    for i in m:steps(options) do
      if i == 1 then
        assert(m:save(path))
      end
    end
    local loaded = assert(pg.Model.load(path, x, y))
    raises_here("rate was a function of the iteration, which a file does not keep: give it again",
      function() loaded:fit { resume = true, validation = { x, y } } end)
    raises_here("validation was given, which a file does not keep: give it again",
      function() loaded:fit { resume = true, rate = 0.1 } end)
    raises_here("patience needs validation = {x, y}",
      function() loaded:fit { resume = true, rate = 0.1, validation = false } end)
    assert.equal(4, #loaded:fit { resume = true, rate = 0.1, validation = { x, y } })
  end)

  it("is resumed with as many rows as it had", function()
    local m, x, y = model { batch = 16 }
    for i in m:steps { iterations = 9 } do
      if i == 5 then
        break
      end
    end
    assert(m:save(path))
    local loaded = assert(pg.Model.load(path, x:rows(1, 50), y:rows(1, 50)))
    raises_here("the training to be resumed had 60 rows, and x has 50",
      function() loaded:fit { resume = true } end)
    assert.equal(2, #loaded:fit { iterations = 2 })
  end)

  it("is resumed with the data that it had, in whatever view", function()
    local m, x, y = model { batch = 16 }
    for i in m:steps { iterations = 9 } do
      if i == 5 then
        break
      end
    end
    assert(m:save(path))
    local other = x:copy()
    other[{ 60, 8 }] = other[{ 60, 8 }] + 1
    for _, case in ipairs { { other, y }, { x, y["::-1"] }, { x:astype "float32", y } } do
      local loaded = assert(pg.Model.load(path, case[1], case[2]))
      raises_here("the training to be resumed had other data",
        function() loaded:fit { resume = true } end)
      assert.equal(1, #loaded:fit { iterations = 1 })
    end
    for _, view in ipairs {
      x:copy(), x.T:copy().T, x["::-1"]:copy()["::-1"], x:reshape(60, 2, 4),
    } do
      assert.equal(4, #assert(pg.Model.load(path, view, y)):fit { resume = true })
    end
    x:mul_(1) -- written to, but the same
    assert(m:save(path))
    assert.equal(4, #assert(pg.Model.load(path, x, y)):fit { resume = true })
  end)

  it("is an archive of the notebook's names", function()
    local m = model { optimizer = "adam" }
    m:fit { iterations = 3 }
    assert(m:save(path))
    local archive <close> = assert(pg.load(path))
    local names = {}
    for _, name in ipairs(archive:keys()) do
      names[name] = true
    end
    for _, name in ipairs { "W1", "b1", "W2", "b2" } do
      assert.is_true(archive:get(name):eq(m.weights[name]):all())
      assert.is_true(names["state1_" .. name] and names["state2_" .. name])
    end
    assert.is_true(archive.history:eq(m:history()):all())
  end)
end)

describe("what is no such file", function()
  it("is refused with a reason", function()
    local function refused(text, loads, message)
      assert.is_false(loads)
      assert.matches(text, message, 1, true)
      assert.matches(path, message, 1, true)
    end
    refused("No such file", pcall(pg.Model.load, path))
    assert(pg.write(path, "some text"))
    refused("", pcall(pg.Model.load, path))
    assert(pg.save(path, { W1 = pg.eye(3) }))
    refused("it is not a model that was saved by Perigee", pcall(pg.Model.load, path))
    local array = path .. ".npy"
    assert(pg.save(array, pg.eye(3)))
    refused("it is not a model that was saved by Perigee, but an array",
      pcall(pg.Model.load, array))
    os.remove(array)

    local function saved()
      local m = model { optimizer = "adam", batch = 16 }
      m:fit { iterations = 3 }
      assert(m:save(path))
    end
    for _, case in ipairs {
      { "it has the format 2, and this version of Perigee reads the format 1", "model 1",
        "model 2" },
      { "it is not a model that was saved by Perigee", "model 1", "modal 1" },
      { "the text does not say scale", "scale [^\n]*\n", "" },
      { "the text has 'hue', which models do not have", "scale", "hue" },
      { "the text says scale twice", "scale ([^\n]*)\n", "scale %1\nscale %1\n" },
      { "60 rows of 60 were used", "used %d+", "used 60" },
      { "optimizer must be 'sgd', 'momentum', 'nesterov', 'rmsprop', 'adam' or 'adamw', not 'eve'",
        "\noptimizer adam", "\noptimizer eve" },
      { "it has no member 'W3'", "activation sigmoid", "activation sigmoid tanh" },
      { "iteration must be an integer, 0 or more, not -3", "iteration 3", "iteration -3" },
      { "'history' is not a list of 4 losses", "iteration 3", "iteration 4" },
      { "what it says of its training does not fit together", "record.first 0", "record.first 9" },
      { "option.rate must be a finite number above 0", "\noptimizer adam",
        "\noptimizer adam\noption.rate no" },
      { "momentum is no option of the optimizer adam", "\noptimizer adam",
        "\noptimizer adam\noption.momentum 1" },
    } do
      saved()
      refused(case[1], load_with_text(function(text)
        local changed, count = text:gsub(case[2], case[3])
        assert.is_true(count > 0, case[2])
        return changed
      end))
    end
    for _, case in ipairs {
      { "it has no member 'W2'", "W2", nil },
      { "it has no member 'state2_b1'", "state2_b1", nil },
      { "'state1_W1' does not fit 'W1'", "state1_W1", pg.zeros(3, 8) },
      { "W2 of shape (3, 4) does not fit W1 of shape (5, 8)", "W2", pg.zeros(3, 4) },
      { "W1 is int8", "W1", pg.zeros(5, 8, "int8") },
      { "W1 has rank 1, and not 2", "W1", pg.zeros(5) },
      { "not a generator's state", "random_state", pg.zeros(628) },
      { "not a generator's state", "random_state", pg.full({ 628 }, 2 ^ 31):astype "uint32" },
      { "it has no member 'history'", "history", nil },
      { "it has no member 'random_state'", "random_state", nil },
      { "not a generator's state", "random_state", pg.zeros(628):astype "uint32" },
      { "it is not a model that was saved by Perigee", "perigee", pg.zeros(9) },
      { "it is not a model that was saved by Perigee", "perigee", pg.zeros(1 << 20, "uint8") },
      { "'history' is not a list of 3 losses", "history", pg.zeros(3, 1) },
    } do
      saved()
      refused(case[1], load_changed(case[2], case[3]))
    end
  end)

  it("is refused, or loaded, but nothing else, wherever it is damaged", function()
    local m, x, y = model { optimizer = "adam", batch = 16 }
    m:fit { iterations = 3 }
    assert(m:save(path))
    local whole, g = contents(path), pg.random(1)
    local refused = 0
    for _ = 1, 300 do
      local at = g:randint(1, #whole + 1)
      local damaged = g:rand() < 0.2 and whole:sub(1, at)
        or whole:sub(1, at - 1) .. string.char(g:randint(0, 256)) .. whole:sub(at + 1)
      assert(pg.write(path, damaged))
      local loads, loaded = pcall(pg.Model.load, path, x, y)
      assert.equal(loads and "table" or "string", type(loaded))
      refused = refused + (loads and 0 or 1)
    end
    assert.is_true(refused > 200)
  end)

  it("raises where the caller is wrong", function()
    local m, x, y = model()
    assert(m:save(path))
    raises_here("x of shape (60, 7) does not fit W1 of shape (5, 8)",
      function() pg.Model.load(path, x:cols(1, 7), y) end)
    raises_here("y must be an array, not nil", function() pg.Model.load(path, x) end)
    raises_here("outside the 3 classes 0 to 2", function() pg.Model.load(path, x, y + 1) end)
    raises_here("bad argument #1 to 'load' (path expected, got no value)",
      function() pg.Model.load() end)
    raises_here("load: a path is needed, not nil", function() pg.Model.load(nil) end)
    raises_here("load: a path is needed, not a table", function() pg.Model.load {} end)
    raises_here("load: a path has no zero bytes", function() pg.Model.load "a\0.npz" end)
    raises_here("/none.npz: No such file", function() pg.Model.load "/none.npz" end)
    raises_here("/dev: it is a directory", function() pg.Model.load "/dev" end)
    raises_here("save: a path that ends with .npz is needed, not m.npy",
      function() m:save "m.npy" end)
  end)
end)

describe("m:save", function()
  it("says why it cannot write, and leaves what is there", function()
    local m = model()
    raises_here("no/such/folder/m.npz: No such file or directory", function()
      m:save "no/such/folder/m.npz"
    end)
    assert.is_true(m:save(path))
    raises_here(path .. "/m.npz: Not a directory", function() m:save(path .. "/m.npz") end)
    m:fit { iterations = 1 }
    assert.is_true(m:save(path))
    assert.equal(1, assert(pg.Model.load(path)).iteration)
    os.remove(path)
    assert(os.execute(("mkdir '%s'"):format(path)))
    raises_here(path .. ": it is a directory", function() m:save(path) end)
    raises_here("save: a path that ends with .npz is needed", function() m:save "a\0.npz" end)
  end)

  it("raises in the line that called, from a loop's body and from a coroutine", function()
    local m = model()
    raises_here("no/m.npz", function()
      for _ in m:steps { iterations = 3 } do
        m:save "no/m.npz"
      end
    end)
    assert.equal(1, m.iteration)
    raises_here("no/m.npz", function()
      coroutine.wrap(function() m:save "no/m.npz" end)()
    end)
  end)
end)

describe("evaluate", function()
  it("gives loss, accuracy and the confusion matrix", function()
    local m, x, y = model { hidden = { 6, 5 }, activation = "relu", batch = 16 }
    m:fit { epochs = 30, rate = 0.3 }
    local loss, accuracy, confusion = m:evaluate(x, y)
    assert.is_near(pg.cross_entropy(pg.forward(x, m.weights), y), loss, 1e-14)
    assert.equal(m:score(x, y), accuracy)
    assert.same({ CLASSES, CLASSES }, confusion.shape)
    assert.equal("int64", confusion.dtype)
    local labels = m:predict(x)
    for i = 1, CLASSES do
      for j = 1, CLASSES do
        assert.equal((y:eq(i - 1) & labels:eq(j - 1)):sum(), confusion[i][j])
      end
    end
    assert.equal(loss, (m:evaluate(x, pg.onehot(y, CLASSES))))
    raises_here("labels: row 1 is 100, outside the 3 classes 0 to 2",
      function() m:evaluate(x, y + 100) end)
    raises_here("x of shape (60, 3) does not fit W1", function() m:evaluate(x:cols(1, 3), y) end)
  end)

  it("gives the same bits for any number of threads", function()
    local g = pg.random(1)
    local x, y = g:rand(3000, 30), g:randint(0, 5, 3000)
    local m = pg.Model(x, y, { hidden = 9, seed = 1 })
    local before, losses = pg.threads(), {}
    for i, threads in ipairs { 1, 2, 8 } do
      pg.threads(threads)
      losses[i] = m:evaluate(x, y)
    end
    pg.threads(before)
    assert.is_true(losses[1] == losses[2] and losses[1] == losses[3])
  end)
end)

describe("a model that is restored", function()
  it("goes on in the same bits, with the arrays that it had", function()
    for _, options in ipairs {
      { optimizer = "adam", batch = 16 }, { hidden = { 6, 5 }, activation = "relu" },
      { batch = 7, optimizer = "nesterov", rate = function(i) return 0.1 / i end },
    } do
      local whole = model(options)
      for i in whole:steps { iterations = 30 } do
        if i == 13 then
          assert.is_true(whole:save(path, "as far as\0thirteen"))
        end
      end
      local other = model(options)
      other:fit { iterations = 3 }
      local W1 = other.weights.W1
      local restored, note = other:restore(path)
      assert.is_true(restored)
      assert.equal("as far as\0thirteen", note)
      assert.equal(13, other.iteration)
      other:fit { resume = true, iterations = 30 }
      assert_same_bits(whole, other)
      assert.equal(W1, other.weights.W1)
    end
  end)

  it("is like the one that was saved, or left as it was", function()
    model():save(path)
    for _, options in ipairs { { hidden = 6 }, { hidden = { 5, 5 } }, { dtype = "float32" },
      { activation = "relu" } } do
      local m = model(options)
      local before = m.weights.W1:copy()
      raises_here(path .. ": the model has other layers, or another dtype", function()
        m:restore(path)
      end)
      assert.is_true(m.weights.W1:eq(before):all())
    end
    raises_here("/no/such/file.npz: No such file", function()
      model():restore "/no/such/file.npz"
    end)
    raises_here("a path has no zero bytes", function() model():restore "a\0" end)
    raises_here("a path is needed, not nil", function() model():restore(nil) end)
    raises_here("(path expected, got no value)", function() model():restore() end)
    raises_here("a note is a text", function() model():save(path, 3) end)
  end)

  it("may have been saved with a long note, or none", function()
    local m = model()
    local long = ("0123456789abcdef"):rep(70000)
    m:save(path, long)
    assert.equal(long, select(2, pg.Model.load(path)))
    m:save(path)
    assert.is_nil(select(2, pg.Model.load(path)))
  end)
end)

describe("the summary", function()
  it("is a card", function()
    local m = model { hidden = { 6, 5 }, activation = { "relu", "tanh" }, optimizer = "adam",
      batch = 16, dtype = "float32" }
    m:fit { epochs = 2 }
    assert.equal(([[
model      8-6-5-3, float32
layer  units  activation  parameters
    1      6  relu                54
    2      5  tanh                35
    3      3  softmax             18
                                 107 in all
data       60 rows of 8, 3 classes
plan       %s (%s)
optimizer  adam, rate 0.001, batch 16
iteration  8
last loss  %.6g]]):format((m:plan()), select(2, m:plan()), m:history()[-1]), m:summary())
    assert.matches("^Model 8%-6%-5%-3, relu%-tanh, float32: 107 weights\n", tostring(m))
  end)
end)
