-- Studies, made and run within this process.

local core = require "perigee.core"
local pg = require "perigee"
local sweep = require "perigee.sweep"
local uv = require "luv"

local support = dofile "tests/support.lua"
local listen, raises_here = support.listen, support.raises_here

local folder
local signals, interrupts = 0, core.interrupts

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/sweep-XXXXXX"))
  core.interrupts = function() return signals end
end)

after_each(function()
  core.interrupts = interrupts
  os.execute(("rm -rf '%s'"):format(folder))
end)

--- As Ctrl-C, which a script may be sent but once.
local function interrupt()
  signals = signals + 1
  error("interrupted!", 2)
end

--- A study in the folder; what is not said is trivial.
local function new(options)
  local all = {
    name = "s", runs = folder, run = function(p) return { y = (rawget(p, "a") or 0) + 0.5 } end,
  }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return sweep.new(all)
end

local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
  return file:read "a"
end

local function journals()
  local pipe <close> = assert(io.popen(("ls '%s/s/journal'"):format(folder)))
  local names = {}
  for name in pipe:lines() do
    names[#names + 1] = folder .. "/s/journal/" .. name
  end
  return names
end

describe("a study", function()
  it("runs the grid, the last name fastest, and leaves its results", function()
    local study = new { params = { b = { "x", "y" }, a = { 1, 2 } }, repeats = 2, seed = 7 }
    assert.is_true(study:run { quiet = true })
    assert.equal("a,b,repeat,seed,y\n1,x,1,7,1.5\n1,x,2,8,1.5\n1,y,1,7,1.5\n1,y,2,8,1.5\n"
      .. "2,x,1,7,2.5\n2,x,2,8,2.5\n2,y,1,7,2.5\n2,y,2,8,2.5\n", read "s/results.csv")
    assert.equal(read "s/results.csv", study:csv())
    assert.equal(8, #study:curves())
    assert.equal(2, study:best("y", "max").a)
    assert.equal(2, #study:table():group "a")
  end)

  it("runs each trial once, wherever it stands in the grid", function()
    local ran = {}
    local function run(p, trial)
      ran[#ran + 1] = p.a .. p.b
      return { y = trial.seed }
    end
    new({ params = { a = { 1, 2 }, b = { 1 } }, run = run }):run { quiet = true }
    new({ params = { a = { 3, 2.0, 1 } }, settings = { b = 1 }, run = run }):run { quiet = true }
    new({ params = { { a = 2, b = 1 }, { a = 1, b = 5 } }, run = run }):run { quiet = true }
    assert.same({ "11", "21", "31", "15" }, ran)
    assert.equal("a,b,repeat,seed,y\n2,1,1,0,0\n1,5,1,0,0\n", read "s/results.csv")
  end)

  it("runs trials anew for other settings, seeds and data", function()
    local count = 0
    local function run()
      count = count + 1
      return { y = 1 }
    end
    for _, options in ipairs {
      { settings = { n = 1 } }, { settings = { n = 1 } }, { settings = { n = 2 } }, { seed = 5 },
      { data = { pg.ones(3) } }, { data = { pg.ones(3) } }, { data = { pg.zeros(3) } },
      { data = { pg.zeros(3, "float32") } }, { data = { train = { x = pg.ones(4) } } },
      { data = { train = { x = pg.ones(5) } } },
    } do
      options.run = run
      listen(function() new(options):run { quiet = true } end)
    end
    assert.equal(8, count)
  end)

  it("takes the arrays that run refers to for its data, and says when they are others", function()
    local function ran(x)
      local function help() return x[1] end
      return (listen(function()
        return new({ run = function() return { y = help() } end }):run()
      end))
    end
    assert.not_matches("the data", ran(pg.ones(2)))
    assert.not_matches("the data", ran(pg.ones(2)))
    assert.matches("the data are not those of before", ran(pg.zeros(2)))
  end)

  it("goes on in a journal that knows the data by the checksum of before", function()
    local fixtures = dofile "tests/fixtures_checksum_v1.lua"
    for _, kind in ipairs { "told", "referred" } do
      os.execute(("cp -r '%s%s' '%s'"):format(fixtures.folder, kind, folder))
      local ran = {}
      local function run(rates)
        local study = fixtures.study(kind, folder, rates, function(rate) ran[#ran + 1] = rate end)
        listen(function() assert.is_true(study:run { quiet = true }) end)
        return study
      end
      assert.equal(2, #run({ 0.1, 0.5 }):table())
      assert.same({}, ran)
      assert.equal(3, #run({ 0.1, 0.5, 1 }):table())
      assert.equal(3, #run({ 1, 0.5, 0.1 }):table())
      assert.same({ 1 }, ran)
      local function ran_again(options, change)
        ran = {}
        return (listen(function()
          fixtures.study(kind, folder, { 0.5, 1 }, function(rate) ran[#ran + 1] = rate end, change)
            :run(options)
        end))
      end
      assert.matches("the data are not those of before", ran_again({}, 1))
      assert.same({ 0.5, 1 }, ran)
      ran_again { quiet = true }
      assert.same({}, ran)
      ran_again { quiet = true, fresh = true }
      assert.same({ 0.5, 1 }, ran)
    end
  end)

  it("counts each of two variables of a name, and none that was freed", function()
    local freed = pg.ones(1)
    freed:free()
    local function holder(x) return function() return x end end
    local function ran(a, b)
      local first, second, third = holder(a), holder(b), holder(freed)
      return (listen(function()
        return new({ run = function() return { y = #first() + #second(), z = third and 1 } end })
          :run()
      end))
    end
    assert.not_matches("the data", ran(pg.ones(2), pg.ones(3)))
    assert.matches("the data are not those of before", ran(pg.ones(2), pg.ones(4)))
    assert.matches("the data are not those of before", ran(pg.ones(5), pg.ones(4)))
  end)

  it("hands run the values, the seed and the data", function()
    local seen
    new({
      params = { layers = { { 8, 4 } }, flag = { true } }, settings = { word = "w" }, seed = 3,
      data = { x = pg.ones(2) }, repeats = 1,
      run = function(p, trial)
        seen = { p, trial.seed, trial.data.x[1], trial.index }
        p.layers[1] = 0 -- its own
      end,
    }):run { quiet = true }
    assert.same({ { layers = { 0, 4 }, flag = true, word = "w" }, 3, 1, 1 }, seen)
    assert.equal('flag,layers,repeat,seed\ntrue,"[8,4]",1,3\n', read "s/results.csv")
  end)

  it("seeds pg.rand and math.random alike, in whichever order trials are run", function()
    local function values(list)
      local all = {}
      new({ name = "s" .. #list, params = { a = list }, run = function(p)
        all[p.a] = { pg.rand(), math.random() }
      end }):run { quiet = true }
      return all
    end
    local forward, backward = values { 1, 2, 3 }, values { 3, 1 }
    assert.same(forward[1], backward[1])
    assert.same(forward[3], backward[3])
  end)

  it("draws points at random, the first of them the same however many", function()
    local function points(draws)
      local list = {}
      new({
        name = "s" .. draws, draws = draws,
        params = { a = sweep.uniform(0, 1), b = sweep.log_uniform(0.01, 1),
          c = sweep.integer(2, 4), d = { "x", "y" } },
        run = function(p, trial)
          list[trial.index] = { p.a, p.b, p.c, p.d }
        end,
      }):run { quiet = true }
      return list
    end
    local few, many = points(3), points(20)
    for i = 1, 3 do
      assert.same(few[i], many[i])
    end
    for _, point in ipairs(many) do
      assert.is_true(point[1] >= 0 and point[1] < 1 and point[2] >= 0.01 and point[2] <= 1)
      assert.is_true(math.type(point[3]) == "integer" and point[3] >= 2 and point[3] <= 4)
    end
  end)

  it("goes on after a trial that fails, and does not run it again unless asked", function()
    local ran, broken = 0, true
    local function study()
      return new({ params = { a = { 1, 2, 3 } }, run = function(p, trial)
        ran = ran + 1
        trial:report(1, { y = p.a })
        if p.a == 2 and broken then
          error "two is too much"
        end
      end })
    end
    local text, done, message = listen(function() return study():run() end)
    assert.is_nil(done)
    assert.matches("s: complete: 3 of 3, 1 failed$", message)
    assert.matches("a 2 failed: .*sweep_spec.lua:%d+: two is too much", text)
    assert.equal("a,repeat,seed,y\n1,1,0,1\n2,1,0,\n3,1,0,3\n", read "s/results.csv")
    local failure = study():report_data().failures[1]
    assert.matches("two is too much\nstack traceback:.*in function <[^\n]*>$", failure.traceback)
    assert.not_matches("attempt.lua", failure.traceback)
    broken = false
    assert.is_nil((select(2, listen(function() return study():run() end))))
    assert.equal(3, ran)
    assert.is_true((study():run { retry_failed = true, quiet = true }))
    assert.equal(4, ran)
    assert.equal("a,repeat,seed,y\n1,1,0,1\n2,1,0,2\n3,1,0,3\n", read "s/results.csv")
    assert.is_true((study():run { quiet = true }))
  end)

  it("fails a trial whose numbers are not finite, or no numbers", function()
    for _, metrics in ipairs { { y = 0 / 0 }, { y = math.huge }, { y = "1" }, { [1] = 2 },
      { seed = 1 }, { a = 1 } } do
      local text, done = listen(function()
        return new({ name = "f", params = { a = { 1 } }, run = function() return metrics end })
          :run { fresh = true }
      end)
      assert.is_nil(done)
      assert.matches("failed: what run returned: ", text)
    end
  end)

  it("fails a trial that reads what there is not, or returns no table", function()
    for message, run in pairs {
      ["sweep_spec.lua:%d+: there is no parameter or setting 'rat'; there are iterations, rate; "
        .. "did you mean 'rate'%?"] = function(p) return { y = p.rat } end,
      ["spec.lua:%d+: a trial has no 'sed'; it has .*; did you mean 'seed'%?"] = function(_, t)
        return { y = t.sed }
      end,
      ["run returned 5, where a table"] = function() return 5 end,
      ["what run returned: y must be a finite number, not nan"] = function()
        return { y = 0 / 0 }
      end,
      ["%(error object is a table value%)"] = function() error {} end,
    } do
      local text = listen(function()
        new({ name = "f", params = { rate = { 1 } }, settings = { iterations = 2 }, run = run })
          :run { fresh = true }
      end)
      assert.matches("failed: [^\n]*" .. message, text)
    end
  end)

  it("tells the status of each trial beside the columns", function()
    local study = new { params = { a = { 1, 2 } }, run = function(p)
      assert(p.a == 1)
      return { y = 1 }
    end }
    listen(function() study:run() end)
    local t = study:table()
    assert.same({ "done", "failed" }, { t[1].status, t[2].status })
    assert.equal(1, #t:where { status = "done" })
  end)

  it("lets columns be named as what rows tell beside them", function()
    local study = new { params = { iterations = { 5, 10 } }, run = function(p)
      return p.iterations == 5 and { status = 7 } or { y = 1 }
    end }
    listen(function() study:run() end)
    local t = study:table()
    assert.same({ 5, 10 }, { t[1].iterations, t[2].iterations })
    assert.equal(7, t[1].status)
    assert.is_nil(t[2].status)
    assert.equal("iterations,repeat,seed,status,y\n5,1,0,7,\n10,1,0,,1\n", study:csv())
  end)

  it("takes all that a trial is made of for a training's options", function()
    local x, y = pg.random(1):rand(20, 3), pg.range(0, 19) % 2
    local study = new { params = { rate = { 0.1 } }, settings = { iterations = 3 },
      run = function(p, trial)
        local m = pg.Model(x, y, { hidden = 2, seed = trial.seed })
        trial:fit(m, p)
        return { n_steps = m.iteration }
      end }
    listen(function() assert.is_true(study:run()) end)
    assert.equal(3, study:table()[1].n_steps)
  end)

  it("says when nothing has reported the metric", function()
    local text = listen(function() new({ metric = "zz" }):run() end)
    assert.matches("no trial has reported the metric 'zz'", text)
  end)

  it("leaves the checkpoints of trials that are not in the grid", function()
    local x, y = pg.random(1):rand(20, 3), pg.range(0, 19) % 2
    local function study(a)
      return new { params = { a = { a } }, checkpoint = 0, run = function(p, trial)
        local m = pg.Model(x, y, { hidden = 3, seed = trial.seed })
        for i in trial:steps(m, { iterations = 5 }) do
          if p.a == 1 and i == 4 then
            interrupt()
          end
        end
      end }
    end
    pcall(function() study(1):run { quiet = true } end)
    study(2):run { quiet = true }
    assert.equal(1, #require("perigee.util.fs").names_in(folder .. "/s/checkpoints"))
    local text = listen(function() pcall(function() study(1):run() end) end)
    assert.matches("a 1 goes on from iteration 3", text)
  end)

  it("fails a trial whose loss is not finite", function()
    local x, y = pg.random(1):rand(20, 3) * 1e30, pg.range(0, 19) % 2
    local text = listen(function()
      return new({ run = function(_, trial)
        trial:fit(pg.Model(x, y, { hidden = 3, seed = 1, activation = "relu" }), { rate = 1e30 })
      end }):run()
    end)
    assert.matches("repeat 1 failed: .*sweep_spec.lua:%d+: iteration %d+:", text)
  end)

  it("stops at the first failure if asked", function()
    local text, done, message = listen(function()
      return new({ params = { a = { 1, 2, 3 } }, run = function(p) assert(p.a ~= 2, "no") end })
        :run { fail_fast = true }
    end)
    assert.is_nil(done)
    assert.matches("stopped: 2 of 3, 1 failed", message)
    assert.matches("stopped", text)
    assert.is_nil(uv.fs_stat(folder .. "/s/results.csv"))
  end)

  it("begins anew if asked, and keeps what there was", function()
    new():run { quiet = true }
    local text = listen(function() new():run { fresh = true } end)
    assert.matches("kept as .*/s%.1", text)
    assert.is_truthy(uv.fs_stat(folder .. "/s.1/results.csv"))
    assert.equal(1, #journals())
  end)

  it("says when the script has changed, and leaves no journal where nothing is run", function()
    local path = folder .. "/script.lua"
    local function run(text)
      assert(pg.write(path, text))
      local f = dofile(path)
      return (listen(function() new({ run = f }):run() end))
    end
    assert.not_matches("changed", run "return function() return { y = 1 } end")
    assert.not_matches("changed", run "return function() return { y = 1 } end")
    assert.matches("script.lua has changed since 1 of the trials", run "return function() end")
    assert.equal(1, #journals())
  end)

  it("is undone by nothing in its journals", function()
    local study = new { params = { a = { 1, 2, 3 } } }
    study:run { quiet = true }
    local whole, path = read "s/results.csv", journals()[1]
    local lines = {}
    for line in read(path:sub(#folder + 2)):gmatch "[^\n]*\n" do
      lines[#lines + 1] = line
    end
    assert.equal(4, #lines)
    local function again(text)
      assert(pg.write(path, text))
      local said = listen(function() new({ params = { a = { 1, 2, 3 } } }):run() end)
      assert.equal(whole, read "s/results.csv")
      for _, other in ipairs(journals()) do
        os.remove(other ~= path and other or "")
      end
      return said
    end
    local text = table.concat(lines)
    for cut = 0, #text do
      local is_near_an_end = text:sub(cut - 1, cut + 2):find "\n"
      if cut % 29 == 0 or is_near_an_end then
        assert.not_matches("no record", again(text:sub(1, cut)))
      end
    end
    assert.not_matches("[123]/3  ", again(text .. lines[2] .. lines[3]))
    assert.matches("line 3: no record", again(lines[1] .. lines[2] .. "nonsense\n" .. lines[3]))
    assert.matches("line 3: no record", again(lines[1] .. lines[2] .. "\0\0\n" .. lines[3]))
    assert.matches("line 3: no record", again(lines[1] .. lines[2] .. "3\n" .. lines[3]))
    again ""
  end)

  it("has the first in the grid as the best of several", function()
    local study
    for _, values in ipairs { { 3 }, { 1, 2, 3 } } do
      study = new { params = { a = values }, run = function() return { loss = 1 } end }
      study:run { quiet = true }
    end
    assert.matches("%(a 1%)", study:report_data().summary[4][2])
  end)

  it("writes files anew only where they have changed", function()
    new():run { quiet = true }
    local before = uv.fs_stat(folder .. "/s/results.csv").ino
    new():run { quiet = true }
    assert.equal(before, uv.fs_stat(folder .. "/s/results.csv").ino)
    os.remove(folder .. "/s/results.csv")
    new():run { quiet = true }
    assert.equal("repeat,seed,y\n1,0,0.5\n", read "s/results.csv")
  end)

  it("refuses a journal that cannot be read, or is of another version", function()
    new():run { quiet = true }
    local path = journals()[1]
    assert(pg.write(path, (read(path:sub(#folder + 2)):gsub('"format":1', '"format":2'))))
    raises_here("another version", function() new():run() end)
    raises_here("another version", function() new():table() end)
    os.remove(path)
    assert(uv.fs_mkdir(path, tonumber("777", 8)))
    raises_here("directory", function() new():run() end)
  end)

  it("runs no trial where it can keep none", function()
    assert(pg.write(folder .. "/s", ""))
    local text = listen(function()
      raises_here("s/journal", function() new({ run = function() error "ran" end }):run() end)
    end)
    assert.equal("", text)
  end)

  it("raises where its data are not found, in the line that called", function()
    local study = new { data = "no/data.npz" }
    for _, use in ipairs {
      function() study:run() end, function() study:run { dry_run = true } end,
      function() study:table() end, function() study:plot() end,
      function() study:report "r.html" end, function() study:csv() end,
    } do
      raises_here("no/data.npz: No such file", use)
    end
  end)

  it("fails a trial that cannot save, with the message", function()
    local x, y = pg.rand(20, 3), pg.range(0, 19) % 2
    local text, done = listen(function()
      return new({ params = { a = { 1, 2 } }, run = function(p)
        pg.Model(x, y, { hidden = 2 }):save(p.a == 1 and "/nowhere/m.npz" or folder .. "/m.npz")
        return { y = 1 }
      end }):run()
    end)
    assert.is_nil(done)
    assert.matches("a 1 failed: [^\n]*sweep_spec.lua:%d+: /nowhere/m.npz: No such file", text)
    assert.equal("a,repeat,seed,y\n1,1,0,\n2,1,0,1\n", read "s/results.csv")
  end)

  it("raises where results cannot be written, in the line that called", function()
    local study = new { params = { a = { 1, 2 } } }
    study:run { quiet = true }
    local file = folder .. "/s/results.csv"
    for path, reason in pairs { [folder .. "/none/r"] = "No such file", [file .. "/r"] =
      "Not a directory" } do
      raises_here(reason, function() study:csv(path) end)
      raises_here(reason, function() study:markdown(path) end)
      raises_here(reason, function() study:report(path .. ".html") end)
    end
    assert(uv.fs_mkdir(folder .. "/r.html", tonumber("777", 8)))
    raises_here("it is a directory", function() study:report(folder .. "/r.html") end)
    raises_here("a path that ends with .html is needed, not nil",
      function() study:report(nil) end)
    raises_here("(path expected, got no value)", function() study:report() end)
    raises_here("csv: a path is needed", function() study:csv(3) end)
    os.remove(file)
    assert(uv.fs_mkdir(file, tonumber("777", 8)))
    raises_here(file .. ": it is a directory", function() study:run { quiet = true } end)
  end)

  it("has results before it is run, and while it is not finished", function()
    local study = new { params = { a = { 1, 2 } } }
    assert.equal(0, #study:table())
    assert.is_nil((study:best()))
    assert.equal("a,repeat,seed\n", study:csv())
  end)

  it("takes no nonsense", function()
    for _, case in ipairs {
      { "sweep.new: name is needed, a name for a folder", { name = false } },
      { "unknown option 'repeat'", { ["repeat"] = 3 } },
      { "'a/b'", { name = "a/b" } },
      { "name must be", { name = ".." } },
      { "params.a must be a list of values", { params = { a = {} } } },
      { "not nan", { params = { a = { 0 / 0 } } } },
      { "not a function", { params = { a = { print } } } },
      { "'a b' is no name", { params = { ["a b"] = { 1 } } } },
      { "'seed' has its own meaning", { params = { seed = { 1 } } } },
      { "is a parameter and a setting", { params = { a = { 1 } }, settings = { a = 1 } } },
      { "settings.a must be", { settings = { a = {} } } },
      { "params[2] has the parameters b", { params = { { a = 1 }, { b = 1 } } } },
      { "params[1]: 'b c' is no name", { params = { { ["b c"] = 1 } } } },
      { "a list of points has no names", { params = { { a = 1 }, b = { 1 } } } },
      { "leave draws out", { params = { { a = 1 } }, draws = 2 } },
      { "draws = n says how often", { params = { a = sweep.uniform(0, 1) } } },
      { "repeats must be", { repeats = 0 } },
      { "seeds go up to", { seed = 4294967295, repeats = 2 } },
      { "prune must be", { prune = "median" } },
      { "halving needs a metric", { prune = sweep.halving {} } },
      { "data must be", { data = 3 } },
      { "data must be", { data = io.stdout } },
      { "arguments must be a list of texts, as `arg` is, or false, not 3", { arguments = { 3 } } },
      { "arguments must be", { arguments = "rate=3" } },
    } do
      local text, options = case[1], case[2]
      raises_here(text, function()
        local all = { name = "s", run = print }
        for name, value in pairs(options) do
          all[name] = value or nil
        end
        sweep.new(all)
      end)
    end
    raises_here("two finite numbers", function() sweep.uniform(1, 0) end)
    raises_here("above 0", function() sweep.log_uniform(0, 1) end)
    raises_here("two integers", function() sweep.integer(0.5, 1) end)
    raises_here("two integers", function() sweep.integer(0, math.maxinteger) end)
    raises_here("two finite numbers", function() sweep.uniform(-1e308, 1e308) end)
    raises_here("unknown option 'factr'", function() sweep.halving { factr = 3 } end)
    raises_here("ends with .html", function() new():report "page.pdf" end)
  end)
end)

describe("a name of a study, a trial or a table", function()
  it("that there is not raises, read or set", function()
    local study = new { params = { a = { 1 } }, run = function(p, trial)
      raises_here("a trial has no 'sede'", function() return trial.sede end)
      raises_here("did you mean 'seed'?", function() return trial.sede end)
      raises_here("a trial has no field 'rate' that can be set", function() trial.rate = 1 end)
      raises_here("a trial has no field 'seed' that can be set", function() trial.seed = 1 end)
      return { y = p.a }
    end }
    raises_here("a study has no 'tabel'", function() return study.tabel end)
    raises_here("did you mean 'table'?", function() return study.tabel end)
    raises_here("a study has no field 'jobs' that can be set", function() study.jobs = 2 end)
    raises_here("a study has no field 'name' that can be set", function() study.name = "t" end)
    assert.is_true(study:run { quiet = true })
    local t = study:table()
    raises_here("rows have columns, t[1].y", function() return t.y end)
    raises_here("a table of results has no 'gruop'", function() return t.gruop end)
    raises_here("that can be set", function() t.y = 1 end)
    raises_here("that can be set", function() t.columns = { "y" } end)
    assert.is_nil(t[2])
  end)
end)

describe("a trial's training", function()
  local x, y = pg.random(1):rand(60, 5), pg.range(0, 59) * 7 % 3

  --- What a body sees, and the end of the model, of a trial that is stopped at some point, and run
  --- again in another study object, as after a kill.
  local function study(stop, seen)
    return new({
      checkpoint = 0, repeats = 1, settings = { n = 30 },
      run = function(p, trial)
        local m = pg.Model(x, y, { hidden = 4, seed = trial.seed, dtype = "float64", batch = 16,
          optimizer = "adam" })
        for i in trial:steps(m, { iterations = p.n, rate = function(k) return 0.1 / k end }) do
          seen[#seen + 1] = i
          m.weights.b1:add_(pg.rand() * 1e-3)
          trial:report(i, { y = m:score(x, y), r = pg.rand() })
          if stop and i == stop then
            interrupt()
          end
        end
        trial:report(p.n, { y = m.weights.W1:sum() })
        local other = pg.Model(x, y, { hidden = 3, seed = 5 })
        for i, loss in trial:steps(other, { iterations = p.n }) do
          seen[#seen + 1] = 100 + i
          if stop and 100 + i == stop then
            interrupt()
          elseif i == 20 then
            trial:report(i, { loss = loss, sum = m.weights.W2:sum() })
            break
          end
        end
        trial:report(2 * p.n, { y = m.weights.W1:sum() + other.weights.W1:sum() })
      end,
    })
  end

  local function stopped_at(place)
    local seen = {}
    local worked, message = pcall(function() study(place, seen):run { quiet = true } end)
    assert.is_false(worked)
    assert.matches("interrupted!", message)
    study(nil, seen):run { quiet = true }
    return read "s/curves.csv", seen
  end

  it("goes on from its checkpoint, and ends in the same bits", function()
    study(nil, {}):run { quiet = true }
    local whole = read "s/curves.csv"
    for _, place in ipairs { 1, 2, 17, 30, 101, 110, 120 } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      local curves, seen = stopped_at(place)
      assert.equal(whole, curves)
      assert.is_true(#seen < 55, "it was trained from its start: " .. #seen)
    end
    assert.is_nil(uv.fs_stat(folder .. "/s/checkpoints"))
  end)

  it("has a checkpoint where Ctrl-C interrupts a step", function()
    local stop, seen = 8, {}
    local function run()
      new({ run = function(_, trial)
        local m = pg.Model(x, y, { hidden = 4, seed = 1 })
        for i in trial:steps(m, { iterations = 12, rate = function(k)
          return k ~= stop and 0.1 or interrupt()
        end }) do
          seen[#seen + 1] = i
        end
        return { y = m.weights.W1:sum() }
      end }):run { quiet = true }
    end
    assert.is_false(pcall(run))
    stop = nil
    run()
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, seen)
  end)

  it("is trained anew where its checkpoint is damaged", function()
    study(nil, {}):run { quiet = true }
    local whole = read "s/curves.csv"
    os.execute(("rm -rf '%s/s'"):format(folder))
    pcall(function() study(20, {}):run { quiet = true } end)
    for _, name in ipairs(require("perigee.util.fs").names_in(folder .. "/s/checkpoints")) do
      assert(pg.write(folder .. "/s/checkpoints/" .. name, "PK no"))
    end
    local text = listen(function() study(nil, {}):run { quiet = true } end)
    assert.matches("%.1%.npz.*: the training begins anew", text)
    assert.equal(whole, read "s/curves.csv")
  end)

  it("is trained anew where the script has changed, and says so once for each trial", function()
    local stop, seen = nil, {}
    local function run(number)
      local text = ([[return function(p, trial)
        for k = 1, 2 do
          for i in trial:steps(Model(x, y, { hidden = 3, seed = k }), { iterations = 5 }) do
            step(10 * k + i)
          end
        end
        return { y = %d }
      end]]):format(number)
      return load(text, "=(load)", "t", { Model = pg.Model, x = x, y = y, step = function(i)
        seen[#seen + 1] = i
        if i == stop then
          interrupt()
        end
      end })()
    end
    local function study_of(number)
      return new { checkpoint = 0, params = { a = { 1, 2 } }, run = run(number) }
    end
    local function run_until(i, number)
      stop, seen = i, {}
      local text = listen(function()
        pcall(function() study_of(number):run { quiet = true } end)
      end)
      return (text:gsub("[^\n]*the training goes on[^\n]*\n", "")) -- its variables have changed
    end
    local warning = "perigee: a 1: the script has changed since its checkpoint: the training "
      .. "begins anew\n"
    assert.equal("", run_until(23, 1))
    assert.equal(warning, run_until(14, 2))
    assert.same({ 11, 12, 13, 14 }, seen)
    assert.equal("", run_until(23, 2)) -- resumes
    assert.same({ 14, 15, 21, 22, 23 }, seen)
    assert.equal(warning, run_until(nil, 3)) -- not for a 2, which has no checkpoint
    assert.same({ 11, 12, 13, 14, 15, 21, 22, 23, 24, 25 }, table.move(seen, 1, 10, 1, {}))
    assert.is_nil(uv.fs_stat(folder .. "/s/checkpoints"))
  end)

  it("says if what run refers to has changed, and goes on", function()
    local function run(rate, stop)
      return listen(function()
        pcall(function()
          new({ checkpoint = 0, run = function(_, trial)
            for i in trial:steps(pg.Model(x, y), { iterations = 5, rate = rate }) do
              if stop and i == 3 then
                interrupt()
              end
            end
          end }):run { quiet = true }
        end)
      end)
    end
    assert.equal("", run(0.1, true))
    assert.equal("perigee: the training goes on, and was begun with other values of rate, signals, "
      .. "stop (--fresh begins anew)\n", run(0.2, nil))
  end)

  it("fails where its checkpoint is none of a trial, and says which file that is", function()
    for _, note in ipairs { "", "no JSON", "3", '{"iteration":3,"reports":[],"seconds":1}' } do
      os.execute(("rm -rf '%s/s'"):format(folder))
      pcall(function() study(20, {}):run { quiet = true } end)
      for _, name in ipairs(require("perigee.util.fs").names_in(folder .. "/s/checkpoints")) do
        local file = folder .. "/s/checkpoints/" .. name
        assert(assert(pg.Model.load(file)):save(file, note ~= "" and note or nil))
      end
      local text = listen(function() study(nil, {}):run { quiet = true } end)
      assert.matches("%.1%.npz: a trial's note was expected in it", text)
    end
  end)

  it("may have its model trained by its body, too", function()
    local function run(stop)
      return function(_, trial)
        local m = pg.Model(x, y, { hidden = 4 })
        for i in trial:steps(m, { iterations = 8, batch = 16 }) do
          m:fit { iterations = 2 }
          trial:report(i, { y = m.weights.W1:sum(), r = pg.rand() })
          if i == stop then
            interrupt()
          end
        end
      end
    end
    new({ checkpoint = 0, run = run() }):run { quiet = true }
    local whole = read "s/curves.csv"
    os.execute(("rm -rf '%s/s'"):format(folder))
    assert.is_false(pcall(function()
      new({ checkpoint = 0, run = run(5) }):run { quiet = true }
    end))
    new({ checkpoint = 0, run = run() }):run { quiet = true }
    assert.equal(whole, read "s/curves.csv")
  end)

  it("is in no other's body", function()
    local text = listen(function()
      new({ run = function(_, trial)
        for _ in trial:steps(pg.Model(x, y)) do
          trial:fit(pg.Model(x, y))
        end
      end }):run()
    end)
    assert.matches("sweep_spec.lua:%d+: fit: a trial's trainings follow each other", text)
  end)

  it("has a fit, and refuses what the study sees to", function()
    local losses
    new({ run = function(_, trial)
      local m = pg.Model(x, y, { hidden = 4, seed = 1 })
      losses = trial:fit(m, { iterations = 7 })
    end }):run { quiet = true }
    assert.equal(7, #losses)
    local text = listen(function()
      new({ name = "t", run = function(_, trial)
        trial:steps(pg.Model(x, y), { resume = true })
      end }):run()
    end)
    assert.matches("sweep_spec.lua:%d+: steps: 'resume' is what the study sees to", text)
    text = listen(function()
      new({ name = "u", run = function(_, trial)
        trial:steps(pg.Model(x, y), { iteration = 3 })
      end }):run()
    end)
    assert.matches("sweep_spec.lua:%d+: steps: unknown option 'iteration'", text)
    text = listen(function()
      new({ name = "v", run = function(_, trial) trial:steps { iterations = 3 } end }):run()
    end)
    assert.matches("sweep_spec.lua:%d+: steps: a model is needed, and then its options", text)
    for i, case in ipairs {
      { "fit: unknown option 'iteratons'.*did you mean 'iterations'", { iteratons = 2 } },
      { "fit: 'progress' is what the study sees to", { progress = true } },
      { "fit: unknown option 'seed': it belongs to pg.Model", { seed = 1 } },
      { "fit: options are a table, not a number", 5 },
    } do
      text = listen(function()
        new({ name = "w" .. i, run = function(_, trial)
          trial:fit(pg.Model(x, y), case[2])
        end }):run()
      end)
      assert.matches("sweep_spec.lua:%d+: " .. case[1], text)
    end
  end)
end)

describe("pruning", function()
  --- Metrics that rise to the parameter's value: the larger, the better.
  local function run(p, trial)
    for i = 1, 8 do
      trial:report(i * 10, { accuracy = p.a - 1 / i })
    end
  end

  local function values(n)
    local list = {}
    for i = 1, n do
      list[i] = (i * 5) % n -- as n and 5 have no common divisor, each of 0 .. n - 1
    end
    return list
  end

  local function statuses(study)
    local cut = {}
    for _, each in ipairs(study:report_data().pruned) do
      cut[#cut + 1] = each.trial
    end
    table.sort(cut)
    return cut
  end

  it("by halving leaves the best go on, and records each cut", function()
    local study = new {
      params = { a = values(8) }, run = run, metric = "accuracy",
      prune = sweep.halving { first = 20 },
    }
    assert.is_true(study:run { quiet = true })
    assert.equal(8, #study:table())
    assert.equal(7, #statuses(study))
    assert.equal(7, study:best().a)
    local curves = study:curves()
    assert.equal(2, #curves:where { a = 0 })
    assert.equal(2, #curves:where { a = 3 })
    assert.equal(4, #curves:where { a = 5 })
    assert.equal(8, #curves:where { a = 7 })
    for _, each in ipairs(study:report_data().pruned) do
      if each.trial == "a 0" then
        assert.matches("8. of 8 in accuracy at rung 1: the best 4 went on", each.reason)
      end
    end
  end)

  it("by the median compares with a few, the same in any order", function()
    local function pruned(list, name)
      local study = new {
        name = name, params = { a = list }, run = run,
        prune = sweep.median { metric = "accuracy", references = 3, from = 20 },
      }
      study:run { quiet = true }
      return statuses(study)
    end
    local list, reversed = values(12), {}
    for i, value in ipairs(list) do
      reversed[#list + 1 - i] = value
    end
    local cut = pruned(list, "s")
    assert.is_true(#cut > 0 and #cut < 12)
    assert.same(cut, pruned(reversed, "t"))
  end)

  it("ends trials that catch it, too", function()
    local study = new {
      params = { a = values(4) }, metric = "accuracy", prune = sweep.halving { first = 20 },
      run = function(...) pcall(run, ...) end,
    }
    study:run { quiet = true }
    assert.same({ "a 0", "a 1", "a 2" }, statuses(study))
  end)

  it("is not in the way of a study that is not pruned", function()
    local function study(prune)
      return new { params = { a = values(4) }, run = run, metric = "accuracy", prune = prune }
    end
    study(sweep.halving { first = 20 }):run { quiet = true }
    study():run { quiet = true }
    assert.equal(32, #study():curves())
  end)
end)

describe("a card", function()
  it("of a study tells how it stands, and opens nothing", function()
    local study = new { params = { a = { 1, 2, 3 } }, repeats = 2, run = function(p)
      assert(p.a < 3)
      return { accuracy = p.a / 4 }
    end }
    local unread = ("study s: 6 trials\n  folder  %s/s\n  params  a\n"):format(folder)
    assert.equal(unread .. "  trials  as in its journal, which was not read yet",
      tostring(study))
    assert.is_nil(uv.fs_stat(folder .. "/s"))
    listen(function() study:run { quiet = true } end)
    assert.equal(unread .. "  trials  4 done, 2 failed\n  best    accuracy 0.5 (a 2, repeat 1)",
      tostring(study))
    local more = new { params = { a = { 1, 2, 3, 4 } }, repeats = 2 }
    more:table()
    assert.matches("\n  trials  4 done, 2 failed, 2 left\n", tostring(more))
    assert.matches("\n  params  none\n", tostring(new()))
  end)

  it("is a few short lines", function()
    local params = {}
    for i = 1, 60 do
      params["parameter" .. i] = { 1 }
    end
    local card = tostring(new { params = params, name = ("n"):rep(100) })
    for line in card:gmatch "[^\n]+" do
      assert.is_true(#line <= 79)
    end
    assert.is_true(select(2, card:gsub("\n", "")) < 10)
  end)

  it("of the module tells how to begin", function()
    assert.matches("^Perigee [%d.]+, sweeps: .*\n  threads  %d+\n  kernels  %S+\n  start .*"
      .. "sweep%.new", tostring(sweep))
  end)

  it("of a trial tells how far it is, and of a rule what it is", function()
    local seen = {}
    new { seed = 7, run = function(_, trial)
      seen[1] = tostring(trial)
      trial:report(500, { y = 1 })
      seen[2] = tostring(trial)
    end }:run { quiet = true }
    assert.same({ "trial 1, seed 7: iteration 0, 0 reports",
      "trial 1, seed 7: iteration 0, 1 report" }, seen)
    assert.equal("halving{factor = 2, first = 100}", tostring(sweep.halving {}))
    assert.equal("median{from = 0, goal = min, least = 3, references = 3}",
      tostring(sweep.median { references = 3, goal = "min" }))
    assert.equal("log_uniform(0.01, 1)", tostring(sweep.log_uniform(0.01, 1)))
  end)
end)
