-- The rules of a study that cut trials: what is compared, and when.

local pg = require "perigee"
local sweep = require "perigee.sweep"
local uv = require "luv"

local support = dofile "tests/support.lua"
local listen, raises_here = support.listen, support.raises_here

local folder

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/rules-XXXXXX"))
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

local K8 = { k = { 1, 2, 3, 4, 5, 6, 7, 8 } }

--- Runs a study of trials k = 1 to 8: which are done, "1 8", what was said, and the study.
local function run(prune, f, options)
  local all = { name = "s", runs = folder, params = K8, prune = prune, run = f }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  local study = sweep.new(all)
  local said = listen(function() study:run() end)
  local done = {}
  for _, row in ipairs(study:table()) do
    done[#done + 1] = row.status == "done" and tostring(row.k) or nil
  end
  return table.concat(done, " "), said, study
end

describe("Halving", function()
  it("judges at reports that have the metric, in either order of two", function()
    for _, is_loss_first in ipairs { true, false } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      assert.equal("8", (run(sweep.halving { metric = "accuracy" }, function(p, trial)
        for i = 10, 800, 10 do
          local loss, accuracy = { loss = 1 / p.k }, { accuracy = p.k / 10 }
          local has_both = i % 100 == 0
          trial:report(i, (has_both and not is_loss_first) and accuracy or loss)
          if has_both then
            trial:report(i, is_loss_first and accuracy or loss)
          end
        end
      end)))
    end
  end)

  it("takes the last report before a rung, where none falls on it", function()
    -- What comes behind the rung would have it the other way round.
    assert.equal("7 8", (run(sweep.halving { metric = "accuracy", factor = 4 }, function(p, trial)
      trial:report(90, { accuracy = p.k / 10 })
      trial:report(120, { accuracy = 1 - p.k / 10 })
    end)))
  end)

  it("takes the first report, where there is none before a rung", function()
    assert.equal("7 8", (run(sweep.halving { metric = "accuracy", factor = 4 }, function(p, trial)
      trial:report(150, { accuracy = p.k / 10 })
      trial:report(200, { accuracy = 0.5 })
    end)))
  end)

  it("cuts nothing by a metric that nobody reported, and says so", function()
    for _, rule in ipairs { sweep.halving { metric = "acuracy", first = 2 },
      sweep.median { metric = "acuracy" } } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      local done, said = run(rule, function(p, trial)
        for e = 1, 10 do
          trial:report(e, { accuracy = p.k / 10 })
        end
      end)
      assert.equal("1 2 3 4 5 6 7 8", done)
      assert.matches("no trial has reported the metric 'acuracy', by which %a+ cuts: it has cut "
        .. "none; there are accuracy; did you mean 'accuracy'?", said)
    end
  end)

  it("cuts no trial that has reported no metric, and does not count it", function()
    assert.equal("1 2 3 4 8", (run(sweep.halving { metric = "accuracy", first = 1 },
      function(p, trial)
        for e = 1, 4 do
          trial:report(e, p.k <= 4 and { loss = 1 } or { accuracy = p.k })
        end
      end)))
  end)

  it("cuts none that is as good as the last of the best", function()
    assert.equal("1 2 3 4 5 6 7 8", (run(sweep.halving { metric = "loss", first = 1 },
      function(_, trial) trial:report(1, { loss = 0.1 }) end)))
    os.execute(("rm -rf '%s/s'"):format(folder))
    assert.equal("4 5 6 7 8", (run(sweep.halving { metric = "accuracy", first = 1, factor = 8 },
      function(p, trial) trial:report(1, { accuracy = math.min(p.k, 4) }) end)))
  end)

  it("needs a goal where it decides", function()
    local function report(p, trial)
      trial:report(1, { reward = p.k })
      trial:report(2, { reward = p.k })
    end
    for _, rule in ipairs { sweep.halving { metric = "reward", first = 1 },
      sweep.median { metric = "reward" } } do
      raises_here('"reward" is better when it is larger or smaller is not known from its name',
        function() sweep.new({ name = "s", runs = folder, params = K8, prune = rule, run = report })
          :run { quiet = true } end)
    end
    for goal, best in pairs { min = "1", max = "8" } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      local rule = sweep.halving { metric = "reward", first = 1, factor = 8, goal = goal }
      assert.equal(best, (run(rule, report)))
      os.execute(("rm -rf '%s/s'"):format(folder))
      rule = sweep.halving { metric = "reward", first = 1, factor = 8 }
      assert.equal(best, (run(rule, report, { goal = goal, metric = "reward" })))
    end
  end)

  it("is by a goal without a metric bound only where the name tells none", function()
    local function both(p, trial) trial:report(1, { loss = p.k, reward = p.k }) end
    local _, _, study = run(nil, both, { goal = "max" })
    assert.equal(1, study:best().k)
    os.execute(("rm -rf '%s/s'"):format(folder))
    local rule = sweep.halving { metric = "loss", first = 1, factor = 8 }
    assert.equal("1", (run(rule, both, { goal = "max" })))
    os.execute(("rm -rf '%s/s'"):format(folder))
    rule = sweep.halving { metric = "reward", first = 1, factor = 8 }
    assert.equal("8", (run(rule, both, { goal = "max" })))
  end)

  it("is by a goal that the study has for another metric not bound", function()
    assert.equal("1", (run(sweep.halving { metric = "mse", first = 1, factor = 8 },
      function(p, trial)
        trial:report(1, { mse = p.k, accuracy = p.k })
        trial:report(2, { mse = p.k, accuracy = p.k })
      end, { metric = "accuracy", goal = "max" })))
  end)

  it("ends a trial that wraps the error which ends it", function()
    local done, _, study = run(sweep.halving { metric = "accuracy", first = 1, factor = 8 },
      function(p, trial)
        for i = 1, 3 do
          local worked, problem = pcall(trial.report, trial, i, { accuracy = p.k })
          if not worked then
            error("wrapped: " .. tostring(problem), 0)
          end
        end
      end)
    assert.equal("8", done)
    assert.equal(7, #study:report_data().pruned)
  end)
end)

describe("The median rule", function()
  it("takes equal values for no worse, whatever rounding does to a running mean", function()
    for _, value in ipairs { 0.9, 0.1, 1 / 3, 1e308, -1e-320, 0.7 } do
      for _, metric in ipairs { "accuracy", "loss" } do
        os.execute(("rm -rf '%s/s'"):format(folder))
        assert.equal("1 2 3 4 5 6 7 8", (run(sweep.median { metric = metric, references = 4 },
          function(_, trial)
            for e = 1, 20 do
              trial:report(e, { [metric] = value })
            end
          end)))
      end
    end
  end)

  it("compares where enough of the references have a value at that iteration", function()
    local _, _, study = run(nil, function() end)
    local places = { 1, 2, 3, 4, 5, 6, 7, 8 }
    table.sort(places, function(a, b) return study.trials.ids[a] < study.trials.ids[b] end)
    local first, second = places[1], places[2] -- the references; the second ends early
    for least, count in pairs { [1] = 2, [2] = 8 } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      local done = run(sweep.median { metric = "accuracy", references = 2, least = least },
        function(p, trial)
          for e = 1, p.k == second and 10 or 20 do
            trial:report(e, { accuracy = p.k == first and e > 10 and 9 or 0.5 })
          end
        end)
      assert.equal(count, select(2, done:gsub("%d", "")))
    end
  end)

  it("takes time for each report that does not grow with those before", function()
    local function seconds(count)
      os.execute(("rm -rf '%s/s'"):format(folder))
      local began = os.clock()
      run(sweep.median { metric = "loss", references = 1 }, function(_, trial)
        for e = 1, count do
          trial:report(e, { loss = 1 })
        end
      end, { params = { k = { 1, 2 } } })
      return os.clock() - began
    end
    assert.is_true(seconds(8000) < 12 * seconds(2000) + 0.1)
  end)

  it("counts a trial once at an iteration that it reports twice", function()
    assert.equal("1 2 3 4 5 6 7 8", (run(sweep.median { metric = "loss", references = 1 },
      function(_, trial)
        trial:report(1, { loss = 1 })
        trial:report(1, { loss = 1 })
      end)))
  end)

  it("does not take more values than there are references", function()
    raises_here("sweep.median: least = 3 is more than references = 2", function()
      sweep.median { references = 2, least = 3 }
    end)
    raises_here("median: references must be an integer, 1 or more, not 0", function()
      sweep.median { references = 0 }
    end)
    assert.equal("median{from = 0, least = 2, references = 2}", tostring(sweep.median {
      references = 2 }))
  end)

  it("goes on in a journal of before, whose rule had no `least`", function()
    local study = sweep.new { name = "s", runs = folder, params = K8, run = print,
      prune = sweep.median { metric = "loss" } }
    assert.equal('median {"from":0,"goal":"min","metric":"loss","references":5}', study.rule.text)
    study = sweep.new { name = "s", runs = folder, params = K8, run = print,
      prune = sweep.median { metric = "loss", least = 2 } }
    assert.matches('"least":2', study.rule.text, 1, true)
  end)
end)

describe("The best of a study", function()
  it("is of the trials that are done", function()
    local _, _, study = run(sweep.halving { metric = "accuracy", first = 2, factor = 8 },
      function(p, trial)
        for i = 1, 8 do
          trial:report(i, { accuracy = p.k / i })
        end
      end)
    assert.equal(8, study:best().k)
    assert.equal(1, study:best().accuracy)
    assert.matches("best     accuracy 1 %(k 8%)", (tostring(study):gsub("best +", "best     ")))
  end)

  it("is nil where no trial has reported the study's metric", function()
    local study = sweep.new { name = "s", runs = folder, params = K8, metric = "loss",
      run = function() error "no" end }
    assert.is_nil((study:best()))
    listen(function() study:run() end)
    assert.is_nil((study:best()))
  end)

  it("is by the same metric, whichever trial reports first", function()
    for _, list in ipairs { { 1, 2 }, { 2, 1 } } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      local _, _, study = run(nil, function(p, trial)
        trial:report(1, p.k == 1 and { loss = 1 } or { accuracy = 0.5 })
      end, { params = { k = list } })
      assert.equal(2, study:best().k)
      assert.equal("accuracy", (study:best_metric()))
    end
  end)

  it("is left out of the lines of progress where no goal is known, and `best` asks", function()
    local _, said, study = run(nil, function(p) return { y = p.k } end)
    assert.not_matches("best", said)
    raises_here("best: whether \"y\" is better", function() local _ = study:best().k end)
    assert.equal(8, study:best("y", "max").k)
    _, said, study = run(nil, function(p) return { y = p.k } end, { goal = "min" })
    assert.matches("best y 1 %(k 1%)", said)
    assert.equal(1, study:best().k)
    assert.equal(1, study:table():best("y").k)
    assert.is_true(study:report(folder .. "/r.html"))
    assert(pg.exists(folder .. "/r.html"))
  end)
end)
