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
    plateau = schedule.told(settings, plateau, losses and losses[i])
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
