-- Schedules of the learning rate.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."
local schedule = require "perigee.model.schedule"
local torch_schedules = dofile(HERE .. "/../reference/torch_schedules.lua")

--- The rates of a training with an option `schedule`; plateau is told a loss after each update.
local function rates_of(option, rate, updates, losses)
  local settings = assert(schedule.KIND.read(option))
  local plateau, rates = schedule.begin(settings), {}
  for i = 1, updates do
    rates[i] = schedule.rate(settings, rate, i, updates, plateau)
    plateau = schedule.update(settings, plateau, losses and losses[i])
  end
  return pg.array(rates)
end

describe("the rate of each update", function()
  it("is PyTorch's", function()
    local losses, cases = torch_schedules.read "rates"
    local seen = {}
    for _, case in ipairs(cases) do
      local found = rates_of(case.options.schedule, 0.1, #case.found, losses)
      local off = (found - case.found):abs():max()
      assert.is_true(off < 1e-15, ("%s: %g"):format(case.name, off))
      seen[case.options.schedule[1]] = (seen[case.options.schedule[1]] or 0) + 1
    end
    assert.same({ cosine = 11, step = 19, plateau = 33 }, seen)
  end)
end)

describe("the option schedule", function()
  local schema = require "perigee.util.schema"

  local function read(value)
    return schema.value("schedule", schema.or_false(schedule.KIND), value)
  end

  it("has defaults, which are PyTorch's", function()
    assert.same({ name = "cosine", warmup = 0 }, read "cosine")
    assert.same({ name = "cosine", warmup = 100 }, read { "cosine", warmup = 100.0 })
    assert.same({ name = "step", every = 5, factor = 0.1 }, read { "step", every = 5 })
    assert.same({ name = "plateau", factor = 0.1, patience = 10, min_delta = 0, least = 0 },
      read "plateau")
    assert.is_false(read(false))
  end)

  it("is refused where it doesn't fit, in words about what is wrong", function()
    for _, case in ipairs {
      { 5, "schedule must be a name, as 'cosine', or a table of a name and its options, as "
        .. "{'step', every = 1000}, or false, not 5" },
      { "cosin", "schedule must have one of the names cosine, plateau, step, not 'cosin'; did you "
        .. "mean 'cosine'?" },
      { "ReduceLROnPlateau", "not 'ReduceLROnPlateau'; did you mean 'plateau'?" },
      { {}, "schedule must have one of the names cosine, plateau, step, not nil" },
      { { 3 }, "schedule must have one of the names cosine, plateau, step, not 3" },
      { { warmup = 3 }, "schedule must have one of the names cosine, plateau, step, not nil" },
      { "step", "schedule 'step' needs every = an integer, 1 or more" },
      { { "step", every = 0 }, "schedule 'step': every must be an integer, 1 or more, not 0" },
      { { "step", every = 9, factor = 1 },
        "schedule 'step': factor must be a finite number above 0 and below 1, not 1" },
      { { "step", 9 }, "schedule 'step': options have names, as {'step', every = 1000}, and 9 has "
        .. "none" },
      { { "cosine", wramup = 9 }, "schedule 'cosine': unknown option 'wramup'; the only option is "
        .. "warmup; did you mean 'warmup'?" },
      { { "cosine", every = 9 }, "schedule 'cosine': unknown option 'every'" },
      { { "step", step_size = 9 }, "did you mean 'every'?" },
      { { "step", every = 9, gamma = 9 }, "did you mean 'factor'?" },
      { { "plateau", min_lr = 9 }, "did you mean 'least'?" },
      { { "plateau", patience = -1 }, "patience must be an integer, 0 or more, not -1" },
      { { "plateau", min_delta = 0 / 0 }, "min_delta must be a finite number, 0 or more, not nan" },
    } do
      local value, message = read(case[1])
      assert.is_nil(value)
      assert.is_truthy(message:find(case[2], 1, true), message)
    end
  end)

  it("is described without what is 0", function()
    assert.equal("cosine", schedule.describe(read "cosine"))
    assert.equal("cosine (warmup 100)", schedule.describe(read { "cosine", warmup = 100 }))
    assert.equal("step (every 1000, factor 0.1)",
      schedule.describe(read { "step", every = 1000 }))
    assert.equal("plateau (factor 0.5, least 1e-05, patience 3)",
      schedule.describe(read { "plateau", factor = 0.5, patience = 3, least = 1e-5 }))
  end)

  it("is read from its words again", function()
    for _, option in ipairs {
      "cosine", { "cosine", warmup = 9 }, { "step", every = 3, factor = 1 / 3 }, "plateau",
    } do
      local settings = read(option)
      local words = schedule.words(settings)
      assert.same(settings, schedule.WORDS_KIND.read(words))
    end
    assert.same(read "cosine", schedule.WORDS_KIND.read "cosine")
    for _, words in ipairs {
      { "cosine", "warmup" }, { "cosine", 3, 4 }, { 3, "warmup", 4 }, { "step", "every", 0 }, 7,
      true, { "cosine", "warmup", 4, "warmup", 4 }, { "plateau", "patience", 0.5 }, "step",
    } do
      assert.is_nil((schedule.WORDS_KIND.read(words)))
    end
  end)
end)

local support = dofile "tests/support.lua"
local raises_here, listen = support.raises_here, support.listen
local curve = dofile(HERE .. "/../reference/curve.lua")

local HELD = 120 -- rows of curve's data that torch_schedules.py validates with

--- Data of few rows whose labels have nothing to do with x: validation soon gets worse.
local function data(seed)
  local g = pg.random(seed)
  return g:randn(60, 10), g:randint(0, 3, 60)
end

local function model(options)
  local all = { hidden = 12, seed = 1, optimizer = "adam", rate = 0.02, dtype = "float64" }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  local x, y = data(2)
  return pg.Model(x, y, all), x, y
end

local function same_bits(a, b)
  if not a:history():array_equal((b:history())) then
    return false
  end
  for name, array in pairs(a.weights) do
    if not array:array_equal(b.weights[name]) then
      return false
    end
  end
  return true
end

--- The losses of a training whose rates are a function of the iteration.
local function fit_by_rates(options, rates)
  local all = {}
  for name, value in pairs(options) do
    all[name] = value
  end
  all.schedule, all.rate = false, function(i) return rates[i] end
  return (model():fit(all))
end

local SCHEDULES = {
  "cosine", { "cosine", warmup = 7 }, { "step", every = 8, factor = 0.5 },
  { "plateau", factor = 0.5, patience = 1, min_delta = 0.001 },
}

describe("the losses of a training with a schedule", function()
  local limits = { float32 = 1e-5, float64 = 1e-10 }

  it("are PyTorch's", function()
    local pixels, labels = curve.pixels(), curve.labels()
    local _, cases = torch_schedules.read "losses"
    assert.equal(32, #cases)
    for _, case in ipairs(cases) do
      local options = case.options
      options.hidden, options.seed, options.scale = 16, 0, 1 / 255
      options.validation = { pixels:rows(-HELD, -1), labels:rows(-HELD, -1) }
      local m = pg.Model(pixels:rows(1, -HELD - 1), labels:rows(1, -HELD - 1), options)
      local found = (m:fit { iterations = #case.found } - case.found):abs():max()
      assert.is_true(found < limits[options.dtype], ("%s: %g"):format(case.name, found))
    end
  end)

  it("are PyTorch's in a model of one's own, of all rows", function()
    local pixels, labels = curve.pixels(), curve.labels()
    local _, cases = torch_schedules.read "losses"
    local count = 0
    for _, case in ipairs(cases) do
      local options = case.options
      if not options.batch then
        options.scale = 1 / 255
        options.validation = { pixels:rows(-HELD, -1), labels:rows(-HELD, -1) }
        options.weights = pg.initialization(pixels, 16, { classes = 10, dtype = options.dtype,
          random = pg.random(0) })
        options.forward = function(w, x)
          return (x:dot(w.W1.T) + w.b1):sigmoid():dot(w.W2.T) + w.b2
        end
        local m = pg.Model(pixels:rows(1, -HELD - 1), labels:rows(1, -HELD - 1), options)
        local found = (m:fit { iterations = #case.found } - case.found):abs():max()
        assert.is_true(found < limits[options.dtype], ("%s: %g"):format(case.name, found))
        count = count + 1
      end
    end
    assert.equal(16, count)
  end)
end)

describe("a training with a schedule", function()
  it("has the rates of its iterations, all rows and batches", function()
    local held = { data(3) }
    for _, option in ipairs(SCHEDULES) do
      for _, batch in ipairs { false, 16 } do
        local options = { iterations = 40, batch = batch, validation = held, schedule = option }
        local cost, losses = model():fit(options)
        local rates, settings = {}, schedule.KIND.read(option)
        local plateau, each = schedule.begin(settings), batch and 4 or 1
        for i = 1, 40 do
          rates[i] = schedule.rate(settings, 0.02, i, 40, plateau)
          if i % each == 0 then
            plateau = schedule.update(settings, plateau, losses[i // each])
          end
        end
        assert.is_true(rates[40] < 0.02)
        assert.is_true(cost:array_equal(fit_by_rates(options, rates)))
      end
    end
  end)

  it("counts each training's iterations from 1, and epochs as their updates", function()
    local m, twin = model { schedule = "cosine" }, model()
    m:fit { epochs = 3, batch = 16 }
    m:fit { iterations = 5 }
    local function cosine(count)
      return function(i) return 0.02 * (1 + math.cos(math.pi * ((i - 1) / count))) / 2 end
    end
    twin:fit { epochs = 3, batch = 16, rate = cosine(12) }
    twin:fit { iterations = 5, rate = cosine(5) }
    assert.is_true((m:history() - twin:history()):abs():max() < 1e-14)
  end)

  it("inherits the schedule of the model, or has another one, or none", function()
    local m = model { schedule = "cosine" }
    assert.matches("adam, rate 0.02, schedule cosine, all rows", m:summary(), 1, true)
    local other = model()
    assert.is_true(m:fit({ iterations = 9, schedule = false }):array_equal(
      other:fit { iterations = 9 }))
    assert.not_matches("by the schedule", m:summary())
    m:fit { iterations = 9, batch = 7, schedule = { "step", every = 2 } }
    assert.matches("\nrate       2e-06 by the schedule\n", m:summary(), 1, true)
    assert.matches("adam, rate 0.02, schedule step (every 2, factor 0.1), batch 7", m:summary(), 1,
      true)
    assert.matches("(adam, rate 0.02, schedule step (every 2", tostring(m), 1, true)
  end)

  it("that other loops interrupt in its body goes on with its own rates", function()
    local held = { data(3) }
    for _, option in ipairs(SCHEDULES) do
      local rates = {}
      local m = model()
      local network = m._network
      local step = network.step
      function network:step(settings, ...)
        rates[#rates + 1] = settings.rate
        return step(self, settings, ...)
      end
      for i in m:steps { iterations = 12, schedule = option, validation = held } do
        if i % 5 == 0 then
          m:fit { iterations = 3, rate = 7.7e-3 }
        end
      end
      for i = #rates, 1, -1 do
        if rates[i] == 7.7e-3 then
          table.remove(rates, i)
        end
      end
      assert.equal(12, #rates)
      local settings = schedule.KIND.read(option)
      for i, rate in ipairs(settings.name ~= "plateau" and rates or {}) do
        assert.equal(schedule.rate(settings, 0.02, i, 12), rate)
      end
    end
  end)

  it("raises where its options don't fit each other", function()
    local held = { data(3) }
    local function falling(i) return 1 / i end
    local m = model()
    for _, call in ipairs {
      function(options) m:fit(options) end, function(options) model(options) end,
    } do
      raises_here("rate is a function of the iteration, and the schedule 'cosine' would change "
        .. "what it returns: rate must be a number, or schedule = false",
        function() call { schedule = "cosine", rate = falling } end)
      raises_here("schedule must have one of the names cosine, plateau, step, not 'cosin'; did you "
        .. "mean 'cosine'?", function() call { schedule = "cosin" } end)
      raises_here("schedule 'step' needs every = an integer, 1 or more",
        function() call { schedule = "step" } end)
      raises_here("schedule 'plateau': least is 0.02, and not below the rate, 0.02",
        function() call { schedule = { "plateau", least = 0.02 }, validation = held } end)
    end
    raises_here("unknown option 'lr_scheduler'",
      function() m:fit { lr_scheduler = "cosine" } end)
    raises_here("schedule 'plateau' needs validation = {x, y}, or a fraction of the rows",
      function() m:fit { schedule = "plateau" } end)
    raises_here("schedule 'cosine': warmup is 20, and the training has 20 iterations, which must "
      .. "be more", function() m:fit { iterations = 20, schedule = { "cosine", warmup = 20 } } end)
    assert.equal(0, m.iteration)
    m:fit { iterations = 0, schedule = { "cosine", warmup = 20 } }
    m:fit { iterations = 21, schedule = { "cosine", warmup = 20 } }
    m:fit { iterations = 1, schedule = "cosine" }
    local f = model { rate = falling }
    f:fit { iterations = 3, rate = 0.1, schedule = "cosine" }
    raises_here("rate is a function", function() f:fit { iterations = 3, schedule = "cosine" } end)
  end)
end)

describe("a training with a schedule that is resumed", function()
  local path

  before_each(function() path = os.tmpname() .. ".npz" end)

  after_each(function()
    os.remove(path)
    os.remove((path:gsub("%.npz$", "")))
  end)

  it("goes on in the same bits, in memory, from a file and in another model", function()
    local held = { data(3) }
    for _, option in ipairs(SCHEDULES) do
      for _, batch in ipairs { false, 16 } do
        local options = { epochs = 20, batch = batch, validation = held, schedule = option,
          patience = 18, min_delta = 1e-4, metric = "accuracy" }
        local whole, x, y = model()
        whole:fit(options)
        for _, stop in ipairs { 1, 7, 13, 19 } do
          local part = model()
          for i in part:steps(options) do
            if i == stop then
              part:save(path)
              break
            end
          end
          local loaded, restored = pg.Model.load(path, x, y), model()
          restored:restore(path)
          for _, m in ipairs { part, loaded, restored } do
            m:fit { resume = true, validation = held }
            assert.is_true(same_bits(whole, m))
            m:save(path)
            m = pg.Model.load(path, x, y)
            assert.equal(whole:restore_best(), m:restore_best())
          end
        end
      end
    end
  end)

  it("has the cosine of all its iterations when it is given more, or fewer", function()
    local function rate_of(count)
      return function(i) return 0.02 * (1 + math.cos(math.pi * ((i - 1) / count))) / 2 end
    end
    local first, then_more, then_fewer = rate_of(10), rate_of(30), rate_of(15)
    local m, twin = model(), model()
    m:fit { iterations = 10, schedule = "cosine" }
    m:fit { iterations = 30, resume = true }
    twin:fit { iterations = 30, rate = function(i) return (i > 10 and then_more or first)(i) end }
    assert.is_true((m:history() - twin:history()):abs():max() < 1e-13)

    m, twin = model(), model()
    for i in m:steps { iterations = 30, schedule = "cosine" } do
      if i == 10 then
        break
      end
    end
    listen(function() m:fit { iterations = 5, resume = true } end) -- it has made them
    m:fit { iterations = 15, resume = true }
    twin:fit { iterations = 15, rate = function(i)
      return (i > 10 and then_fewer or then_more)(i)
    end }
    assert.is_true((m:history() - twin:history()):abs():max() < 1e-13)
    raises_here("schedule 'cosine': warmup is 16, and the training has 16 iterations", function()
      m:fit { iterations = 16, resume = true, schedule = { "cosine", warmup = 16 } }
    end)
    listen(function() -- none are left
      m:fit { iterations = 15, resume = true, schedule = { "cosine", warmup = 16 } }
    end)
  end)

  it("of plateau keeps its reductions, also with another rate or factor, not behind another one",
    function()
      local held = { data(3) }
      local m = model { validation = held }
      local function rate_after(options)
        local found
        local step = m._network.step
        function m._network:step(settings, ...)
          found = found or settings.rate
          return step(self, settings, ...)
        end
        options.resume = true
        options.iterations = m.iteration + 1
        m:fit(options)
        m._network.step = nil
        return found
      end
      m:fit { iterations = 60, schedule = { "plateau", factor = 0.5, patience = 4 } }
      local reductions = m._record.stopping.plateau.reductions
      assert.is_true(reductions > 3)
      assert.equal(0.02 * 0.5 ^ reductions, rate_after {})
      reductions = m._record.stopping.plateau.reductions
      assert.equal(0.5 * 0.5 ^ reductions, rate_after { rate = 0.5 })
      reductions = m._record.stopping.plateau.reductions
      assert.equal(0.5 * 0.9 ^ reductions, rate_after { schedule = { "plateau", factor = 0.9 } })
      assert.equal(0.5, rate_after { schedule = false })
      assert.equal(0.5, rate_after { schedule = { "plateau", factor = 0.9 } })
    end)
end)

describe("an interrupt in a training with a schedule", function()
  it("at any moment changes nothing of what it ends in", function()
    local path, held = os.tmpname() .. ".npz", { data(3) }
    local count = 0
    for k, option in ipairs { SCHEDULES[2], SCHEDULES[4] } do
      local function options()
        return { epochs = 4, batch = 20, validation = held, schedule = option, resume = true,
          patience = 3, metric = k == 1 and "loss" or "accuracy", min_delta = 0.001 }
      end
      local whole, x, y = model()
      whole:fit(options())
      local instructions = k
      repeat
        local m = model()
        local hit = support.interrupted(instructions, function() m:fit(options()) end)
        if count % 2 == 0 then
          m:save(path)
          m = pg.Model.load(path, x, y)
        end
        listen(function() m:fit(options()) end) -- nothing may be left to do
        assert.is_true(same_bits(whole, m), "after " .. instructions)
        assert.equal(whole:restore_best(), m:restore_best())
        assert.same(whole._record.stopping.plateau, m._record.stopping.plateau)
        instructions, count = instructions + 23, count + 1
      until not hit
    end
    os.remove(path)
    os.remove((path:gsub("%.npz$", "")))
    assert.is_true(count > 100)
  end)
end)
