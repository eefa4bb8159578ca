-- Plots of a study. What pg.plot is to draw is compared as options; the specs that need gnuplot
-- are pending without it.

local output = require "perigee.plot.output"
local plot = require "perigee.sweep.plots.plot"
local support = require "tests.support"

local listen, raises_here = support.listen, support.raises_here

local has_gnuplot = os.execute "command -v gnuplot >/dev/null"

local function drawn(name, f)
  it(name, has_gnuplot and f or nil)
end

--- All combinations of the grid's values, the last parameter's first to change.
local function combinations(grid)
  local rows = { {} }
  for _, parameter in ipairs(grid) do
    local more = {}
    for _, row in ipairs(rows) do
      for _, value in ipairs(parameter[2]) do
        local new = { [parameter[1]] = value }
        for name, each in pairs(row) do
          new[name] = each
        end
        more[#more + 1] = new
      end
    end
    rows = more
  end
  return rows
end

local function with(row, more)
  local new = {}
  for _, each in ipairs { row, more } do
    for name, value in pairs(each) do
      new[name] = value
    end
  end
  return new
end

--- A study of a grid, { { "rate", { 0.1, 0.5 } }, ... }. score(row) is a trial's accuracy, nil
--- where it failed; each trial has reported its loss that many times.
local function study_of(grid, repeats, score, reports)
  local trials = { columns = {}, metrics = { "accuracy", "seconds" } }
  local curves = { columns = {}, metrics = { "loss" } }
  for _, values in ipairs(combinations(grid)) do
    for i = 1, repeats do
      local row = with(values, { ["repeat"] = i, seed = 10 + i })
      local accuracy = score(row)
      trials[#trials + 1] = with(row, { accuracy = accuracy, seconds = accuracy and 60 })
      for j = 1, reports or 0 do
        curves[#curves + 1] = with(row, { iteration = j * 10, loss = i / j })
      end
    end
  end
  local params = {}
  for i, parameter in ipairs(grid) do
    params[i] = parameter[1]
  end
  table.sort(params)
  return {
    name = "a_study", params = params, rule = { text = "" },
    best_metric = function() return "accuracy", "max" end,
    table = function() return trials end,
    curves = function() return curves end,
  }
end

local HIDDEN, RATE = { "hidden", { 50, { 128, 64 } } }, { "rate", { 0.5, 0.1, 1 } }

--- 1, or 3 where it is the second repeat, times the rate; rate 1 fails with hidden 50.
local function score(row)
  if row.rate == 1 and row.hidden == 50 then
    return nil
  end
  return (2 * row["repeat"] - 1) * row.rate
end

local function grid(reports)
  return study_of({ HIDDEN, RATE }, 2, score, reports)
end

local ACTS = { "relu", "tanh" }

describe("plots of a study", function()
  local given

  --- What is handed to pg.plot's inside.
  local function shown(study, options)
    given = nil
    local draw = output.draw
    output.draw = function(picture_options)
      given = picture_options
      return true
    end
    local ok, result, message = pcall(plot.draw, study, options)
    output.draw = draw
    assert.is_true(ok, result)
    assert.is_true(result, message)
    return given
  end

  it("are curves of the metric over the parameter with the most values", function()
    local p = shown(grid(), { file = "a.svg" })
    assert.same({ "hidden 50", "hidden [128,64]" }, p.order)
    assert.same({ ["hidden 50"] = { 0.1, 0.5 }, ["hidden [128,64]"] = { 0.1, 0.5, 1 } }, p.x)
    assert.near(0.2, p.y["hidden 50"][1], 1e-12)
    assert.same({ 1, 2 }, { p.y["hidden [128,64]"][2], p.y["hidden [128,64]"][3] })
    assert.same({ 0.5, 1 }, { p.error["hidden [128,64]"][2], p.error["hidden [128,64]"][3] })
    assert.equal("accuracy by rate, a_study, mean of 2 (bars: std)", p.title)
    assert.same({ "rate", "accuracy", "a.svg" }, { p.xlabel, p.ylabel, p.file })
    assert.is_nil(p.z)
  end)

  it("say nothing of bars in the terminal, nor of means where there are none", function()
    assert.equal("accuracy by rate, a_study, mean of 2", shown(grid()).title)
    local single = shown(study_of({ RATE }, 1, score), { file = "a.svg" })
    assert.equal("accuracy by rate, a_study", single.title)
    assert.is_nil(single.error)
    assert.same({ 0.1, 0.5, 1 }, single.x)
    assert.same({ 0.1, 0.5, 1 }, single.y)
  end)

  it("have texts as x in the grid's order, and gaps where nothing is known", function()
    local p = shown(grid(), { x = "hidden" })
    assert.same({ "50", "[128,64]" }, p.x)
    assert.same({ "rate 0.1", "rate 0.5", "rate 1" }, p.order)
    assert.same({ 1, 1 }, p.y["rate 0.5"])
    local y = p.y["rate 1"]
    assert.is_true(y[1] ~= y[1])
    assert.equal(2, y[2])
  end)

  it("average over what is not in the group, and say so", function()
    local study = study_of({ { "act", { "tanh", "relu" } }, HIDDEN, RATE }, 2, score)
    local p = shown(study, { x = "rate", group = "act", file = "a.svg" })
    assert.same({ "act tanh", "act relu" }, p.order)
    assert.equal("accuracy by rate, a_study, mean of 2 to 4 over hidden (bars: std)", p.title)
    p = shown(study, { x = "rate", group = { "hidden", "act" } })
    assert.equal("hidden 50, act tanh", p.order[1])
    p = shown(study, { x = "rate", group = false })
    assert.equal("accuracy by rate, a_study, mean of 4 to 8 over act, hidden", p.title)
    assert.near(0.2, p.y[1], 1e-12)
    assert.same({ 1, 2 }, { p.y[2], p.y[3] })
  end)

  it("have a title and scales that are asked for", function()
    local p = shown(grid(), { title = "mine", xscale = "log", yscale = "log", y = "seconds" })
    assert.same({ "mine", "log", "log", "seconds" }, { p.title, p.xscale, p.yscale, p.ylabel })
  end)

  it("have a logarithmic x where its values are far apart", function()
    local study = study_of({ { "rate", { 0.001, 0.01, 0.1 } } }, 1, score)
    assert.equal("log", shown(study).xscale)
    assert.equal("linear", shown(study, { xscale = "linear" }).xscale)
    assert.is_nil(shown(grid()).xscale)
  end)

  it("are learning curves, with bars where they have few points", function()
    local p = shown(grid(12), { x = "iteration", file = "a.svg" })
    assert.same({ "hidden 50, rate 0.1", "hidden 50, rate 0.5", "hidden 50, rate 1" },
      { p.order[1], p.order[2], p.order[3] })
    assert.same({ 10, 20 }, { p.x[p.order[1]][1], p.x[p.order[1]][2] })
    assert.same({ 1.5, 0.5 }, { p.y[p.order[1]][1], p.error[p.order[1]][1] })
    assert.equal("loss by iteration, a_study, mean of 2 (bars: std)", p.title)
    p = shown(grid(13), { x = "iteration", file = "a.svg" })
    assert.is_nil(p.error)
    assert.equal("loss by iteration, a_study, mean of 2", p.title)
  end)

  it("are over iterations where only reports have the metric, or nothing varies", function()
    assert.equal("iteration", shown(grid(3), { y = "loss" }).xlabel)
    assert.equal("iteration", shown(study_of({ { "rate", { 1 } } }, 2, score, 3)).xlabel)
  end)

  it("are learning curves of a metric that is reported more than once", function()
    local study = grid(2)
    local curves = study:curves()
    curves.metrics = { "accuracy", "loss" }
    table.insert(curves, with(study:table()[1], { iteration = 20 }))
    assert.equal("loss", shown(study, { x = "iteration" }).ylabel)
    assert.equal("accuracy", shown(study, { x = "iteration", y = "accuracy" }).ylabel)
  end)

  it("are heat maps where y names a parameter", function()
    local p = shown(grid(), { y = "hidden" })
    assert.same({ { "0.5", "0.1", "1" }, { "50", "[128,64]" } }, { p.x, p.y })
    assert.same({ 1, 1, 2 }, { p.z[1][1], p.z[2][1], p.z[2][3] })
    assert.is_true(p.z[1][3] ~= p.z[1][3])
    assert.equal("accuracy by rate and hidden, a_study, mean of 2", p.title)
    assert.equal(60, shown(grid(), { y = "hidden", z = "seconds" }).z[1][1])
    local study = study_of({ { "act", { true, false } }, HIDDEN, RATE }, 1, score)
    p = shown(study, { x = "act", y = "hidden" })
    assert.same({ "true", "false" }, p.x)
    assert.equal("accuracy by act and hidden, a_study, mean of 2 to 3 over rate", p.title)
  end)

  it("take lists of the same elements, and equal numbers, for the same", function()
    local study = study_of({ { "hidden", { { 8, 4 }, { 8.0, 4 }, 1, 1.0 } } }, 1, function()
      return 1
    end)
    assert.same({ "[8,4]", "1" }, shown(study, { x = "hidden" }).x)
  end)

  it("tell values apart that look the same", function()
    local study = study_of({ { "u", { 1, "1", { 1 }, true, "true" } } }, 1, function()
      return 1
    end)
    local p = shown(study, { x = "u" })
    assert.same({ "1", '"1"', "[1]", "true", '"true"' }, p.x)
  end)

  it("are points, and no lines, over what was drawn at random", function()
    local study = study_of({}, 1, function() end)
    local trials, curves = study:table(), study:curves()
    study.params = { "act", "rate", "width" }
    for i = 1, 40 do
      local values = { rate = 0.001 * 1.2 ^ i, width = i // 2, act = ACTS[i % 2 + 1] }
      trials[i] = with(values, { accuracy = i, ["repeat"] = 1 })
      for j = 1, 2 do
        curves[2 * (i - 1) + j] = with(values, { ["repeat"] = 1, iteration = j, loss = i / j })
      end
    end
    local p = shown(study)
    assert.same({ "rate", "log", true }, { p.xlabel, p.xscale, p.points })
    assert.same({ "act tanh", "act relu" }, p.order)
    assert.equal(20, #p.x["act tanh"])
    assert.equal("accuracy by rate, a_study", p.title)
    assert.equal(20, #shown(study, { x = "width" }).x["act tanh"])
    assert.is_nil(shown(study, { x = "act", group = false }).points)
    p = shown(study, { x = "iteration" })
    assert.same({ 6, "act tanh, rate 0.0012, width 0" }, { #p.order, p.order[1] })
    assert.equal("loss by iteration, a_study, the 6 best of 40", p.title)
    table.insert(curves, with(curves[80], { iteration = 3, loss = 99 }))
    study.rule.text = "median"
    assert.equal("act relu, rate 1.46977, width 20", shown(study, { x = "iteration" }).order[1])
    assert.same({ { x = "act" }, { x = "rate" }, { x = "width" }, { x = "iteration" } },
      plot.defaults(study))
    study.params = { "rate", "width" }
    assert.same({ { x = "rate" }, { x = "width" }, { x = "iteration" } }, plot.defaults(study))
  end)

  it("show as many digits as tell values apart", function()
    local study = study_of({ { "rate", { 0.25, 0.12345671, 0.12345672 } }, HIDDEN }, 1, score)
    assert.same({ "0.25", "0.12345671", "0.12345672" },
      shown(study, { x = "rate", y = "hidden" }).x)
  end)

  it("of a report are what suits the parameters that vary", function()
    assert.same({ { x = "rate" } }, plot.defaults(study_of({ RATE }, 1, score)))
    assert.same({ { x = "rate", y = "hidden" }, { x = "hidden" }, { x = "rate" },
      { x = "iteration" } }, plot.defaults(grid(2)))
    assert.same({}, plot.defaults(study_of({ { "rate", { 1 } } }, 3, score, 1)))
    local four = { RATE, HIDDEN, { "act", { "tanh", "relu" } }, { "wide", { 1, 2 } } }
    assert.same({ { x = "act" }, { x = "hidden" }, { x = "rate" }, { x = "wide" } },
      plot.defaults(study_of(four, 1, score)))
  end)

  it("have no more curves than can be told apart, unless they are asked for", function()
    local many = { "width", { 1, 2, 3, 4, 5, 6, 7 } }
    local study = study_of({ RATE, HIDDEN, many }, 1, score, 2)
    assert.same({ "rate 0.1", "rate 0.5", "rate 1" }, shown(study, { x = "hidden" }).order)
    assert.same({ "hidden 50", "hidden [128,64]" }, shown(study, { x = "rate" }).order)
    assert.equal(5, #shown(study, { x = "width" }).order)
    assert.equal(6, #shown(study, { x = "iteration" }).order)
    assert.equal(42, #shown(study, { x = "iteration", group = study.params }).order)
  end)

  it("are a line on stderr where there are no results", function()
    local failed = study_of({ RATE }, 1, function() end)
    local without = study_of({ RATE }, 1, function() end)
    without.best_metric = function() end
    without:table().metrics = {}
    for _, study in ipairs { failed, without } do
      local svg, message = plot.svg(study)
      assert.is_nil(svg)
      assert.equal("plot: the study has no results yet", message)
      for _, options in ipairs { {}, { y = "accuracy" }, { file = "/nowhere/a.svg" } } do
        local text, drawn_ = listen(function() return plot.draw(study, options) end)
        assert.is_false(drawn_)
        assert.equal("perigee: plot: the study has no results yet\n", text)
      end
    end
    local text, drawn_ = listen(function()
      return plot.draw(without, { x = "rate", y = "loss" })
    end)
    assert.is_false(drawn_)
    assert.equal("perigee: plot: the study has no results yet\n", text)
    text = listen(function() plot.draw(failed, { x = "iteration" }) end)
    assert.matches("no results yet that are told by iteration", text)
    text = listen(function() plot.draw(grid(0), { x = "iteration", y = "loss" }) end)
    assert.matches("no results yet that are told by iteration", text)
  end)

  it("raise for what there is not, at the caller's line", function()
    for text, options in pairs {
      ["unknown option 'colour'; there are file, group"] = { colour = "red" },
      ["x: there is no parameter 'rat'; there are hidden, rate and iteration"] = { x = "rat" },
      ["y: there is no metric 'f1'; there are accuracy, seconds (and the parameters hidden, rate)"]
        = { y = "f1" },
      ["z: there is no metric 'f1'"] = { y = "rate", z = "f1" },
      ["group: there is no parameter 'x'; there are hidden, rate"] = { group = "x" },
      ["group: there is no parameter 'y'"] = { group = { "hidden", "y" } },
      ["group: 'rate' is x"] = { group = "rate" },
      ["group is for curves"] = { y = "rate", group = "hidden" },
      ["x and y are both 'rate'"] = { x = "rate", y = "rate" },
      ["x: there is no parameter 'iteration'"] = { x = "iteration", y = "rate" },
      ["z is for a heat map"] = { z = "accuracy" },
      ["xscale is for curves"] = { y = "rate", xscale = "log" },
      ["yscale must be 'log' or 'linear'"] = { yscale = "lg" },
      ["x must be a parameter's name, or 'iteration', not 3"] = { x = 3 },
      ["y must be a metric's name, or a parameter's, not true"] = { y = true },
      ["group must be a parameter's name, a list of them, or false, not 1"] = { group = { 1 } },
      ["group must be a parameter's name, a list of them, or false, not true"] = { group = true },
      ["title must be a text or a number, not false"] = { title = false },
      ["plot: options are a table, not a string"] = "rate",
    } do
      raises_here(text, function()
        assert(plot.draw(grid(), options))
      end)
      raises_here(text, function()
        assert(plot.svg(grid(), options))
      end)
    end
    raises_here("a heat map is over two parameters, and there is only rate", function()
      assert(plot.draw(study_of({ RATE }, 1, score), { y = "rate" }))
    end)
    raises_here("file must be a name that ends in .svg or .png, not a.gif", function()
      assert(plot.draw(grid(), { file = "a.gif" }))
    end)
  end)

  drawn("raise where the file cannot be written, at the caller's line", function()
    raises_here("/nowhere/a.svg: No such file", function()
      local drawn_ = plot.draw(grid(), { file = "/nowhere/a.svg" })
      return drawn_
    end)
    raises_here("no finite number to draw, or none above 0", function()
      local drawn_ = plot.draw(study_of({ RATE }, 1, function() return -1 end), { yscale = "log" })
      return drawn_
    end)
  end)

  drawn("can be had as SVG text", function()
    local study = grid(3)
    for _, options in ipairs(plot.defaults(study)) do
      local svg = assert(plot.svg(study, options))
      assert.truthy(svg:find "^<%?xml.*a_study, mean of 2.*</svg>")
    end
    local svg = plot.svg(study)
    for _, text in ipairs { "(bars: std)", "hidden 50", "hidden [128,64]" } do
      assert.truthy(svg:find(text, 1, true), text)
    end
  end)

  drawn("go into a file", function()
    local path = os.tmpname()
    os.remove(path)
    assert.is_true(plot.draw(grid(), { file = path .. ".png" }))
    local file <close> = assert(io.open(path .. ".png", "rb"))
    assert.matches("^\137PNG", file:read "a")
    os.remove(path .. ".png")
  end)
end)
