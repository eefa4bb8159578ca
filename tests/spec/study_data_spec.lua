-- What a study takes for its data, what else it notes, and what trials may not change.

local core = require "perigee.core"
local fingerprint = require "perigee.sweep.data.fingerprint"
local json = require "perigee.util.json"
local pg = require "perigee"
local sweep = require "perigee.sweep"
local uv = require "luv"

local support = dofile "tests/support.lua"
local listen, raises_here = support.listen, support.raises_here

local folder

before_each(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/data-XXXXXX"))
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

--- Runs a study of one trial; what was said.
local function run(f, options)
  local all = { name = "s", runs = folder, run = f }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return (listen(function() sweep.new(all):run() end))
end

--- Fails unless `make(array)` gives functions that are known again by the array's elements,
--- wherever it stands.
local function known_by(make)
  local first = fingerprint.of(nil, make(pg.ones(3)))
  assert.is_truthy(first)
  assert.equal(first, fingerprint.of(nil, make(pg.ones(3))))
  assert.not_equal(first, fingerprint.of(nil, make(pg.ones(3) * 2)))
end

describe("The data of a study", function()
  it("are behind functions in tables, metatables, and upvalues of upvalues", function()
    known_by(function(x)
      local helpers = { load = function() return x end }
      return function() return helpers.load() end
    end)
    known_by(function(x)
      local object = setmetatable({}, { __index = function() return x end })
      return function() return object.x end
    end)
    known_by(function(x)
      local class = { data = function() return x end }
      class.__index = class
      local object = setmetatable({}, class)
      return function() return object:data() end
    end)
    known_by(function(x)
      local function first() return x end
      local function second() return first() end
      local function third() return second() end
      return function() return third() end
    end)
    known_by(function(x)
      local data = { train = { images = { x } } }
      return function() return data.train end
    end)
    known_by(function(x)
      local by_key = { [{}] = x }
      return function() return next(by_key) end
    end)
    known_by(function(x)
      local by_array = { [x] = true }
      return function() return next(by_array) end
    end)
  end)

  it("are globals that run names, also of a strict _G or of an environment of one's own", function()
    known_by(function(x)
      local environment = setmetatable({}, { __index = { images = x }, __newindex = error })
      return load("return function() return images end", "=c", "t", environment)()
    end)
    known_by(function(x)
      local environment = { images = x, others = pg.rand(3) } -- which run does not name
      return load("return function() return images end", "=c", "t", environment)()
    end)
  end)

  it("are no globals that run does not name, however they are spelt", function()
    local environment = { port = pg.ones(2), a = pg.ones(3), m = 5, math = math }
    local f = load("return function(trial) return trial:report(1, { y = math.abs(2) }) end", "=c",
      "t", environment)()
    assert.is_nil(fingerprint.of(nil, f))
    assert.is_nil(fingerprint.notes(nil, f).m)
  end)

  it("are found through a variable that holds the globals", function()
    rawset(_G, "images_of_spec", pg.ones(2))
    local G = _G
    assert.is_truthy(fingerprint.of(nil, function() return G.images_of_spec end))
    rawset(_G, "images_of_spec", nil)
  end)

  it("are the same in whatever order keys that are no texts come", function()
    local function names()
      local list = {}
      for i = 1, 20 do
        list[pg.array { i }] = { tostring(i) }
      end
      return function() return list end
    end
    assert.equal(fingerprint.of(nil, names()), fingerprint.of(nil, names()))
    assert.same(fingerprint.notes(nil, names()), fingerprint.notes(nil, names()))
  end)

  it("may stand in strict classes, long lists and deep ones", function()
    local strict = setmetatable({}, { __index = function(_, key) error("no field " .. key) end })
    local object, chain, long, words = setmetatable({ x = pg.ones(2) }, strict), {}, {}, {}
    for i = 1, 200000 do
      chain, long[i], words[i] = { chain }, i, i
    end
    words.last = "a text"
    local began = os.clock()
    local first = fingerprint.notes(nil, function() return object, chain, long, words end)
    long[150000] = 0
    local second = fingerprint.notes(nil, function() return object, chain, long, words end)
    assert.is_true(os.clock() - began < 5)
    assert.equal(first.words, second.words)
    assert.is_truthy(fingerprint.of(nil, function() return object end))
    assert.not_equal(fingerprint.of({ 1, 2 }, print), fingerprint.of({ 1, 3 }, print))
  end)

  it("are the weights of a model", function()
    known_by(function(x)
      local m = pg.Model(pg.ones(4, 3), { 0, 1, 0, 1 }, { hidden = 3, seed = 0 })
      m.weights.b1 = x:reshape(1, 3):astype "float32"
      return function() return m end
    end)
    known_by(function(x)
      local m = pg.Model(pg.ones(4, 3), { 0, 1, 0, 1 }, {
        weights = { W = pg.ones(3, 2) }, state = { mean = x },
        forward = function(w, rows) return rows:dot(w.W) end,
      })
      return function() return m end
    end)
  end)

  it("are the weights and the state of a model with a forward function", function()
    for _, name in ipairs { "weights", "state" } do
      known_by(function(x)
        local m = pg.Model(pg.ones(4, 3), { 0, 1, 0, 1 }, {
          weights = { a = { W = pg.zeros(3, 2) }, x = pg.ones(3) }, state = { x = pg.ones(3) },
          forward = function(w, rows) return rows:dot(w.a.W) end,
        })
        m[name].x[":"] = x
        return function() return m end
      end)
    end
  end)

  it("are numbers and texts, too, in a table that the study was told", function()
    local run_ = function() end
    for _, pair in ipairs { { { noise = 1 }, { noise = 2 } },
      { { x = { 1, 2 } }, { x = { 1, 3 } } },
      { { name = "a" }, { name = "b" } }, { { f = true }, { f = false } },
      { { pg.ones(2), 1 }, { pg.ones(2), 2 } } } do
      assert.not_equal(fingerprint.of(pair[1], run_), fingerprint.of(pair[2], run_))
      assert.equal(fingerprint.of(pair[1], run_), fingerprint.of(pair[1], run_))
    end
  end)

  it("are none where there is nothing, and go round in circles", function()
    local circle = {}
    circle.itself = setmetatable(circle, circle)
    circle.f = function() return circle end
    assert.is_nil(fingerprint.of(nil, function() return circle, sweep, pg, uv end))
  end)

  it("change a trial's identity", function()
    local count = 0
    local function study(x)
      local helpers = { load = function() return x end }
      return run(function()
        count = count + 1
        return { y = helpers.load():sum() }
      end)
    end
    study(pg.ones(3))
    assert.matches("the data are not those of before", study(pg.ones(3) * 100))
    assert.equal(2, count)
  end)

  it("have the fingerprint of before in a journal of before, until they change", function()
    local x = pg.ones(2)
    local helpers = { load = function() return x end }
    local function f() return { y = helpers.load():sum() } end
    local function rerun() return "\n" .. run(f, { params = { k = { 1 } } }) end
    rerun()
    local path = io.popen(("ls '%s'/s/journal/*"):format(folder)):read "l"
    local file <close> = assert(io.open(path))
    -- A version of before saw no data behind the function, and wrote none of the fields of now.
    local without = fingerprint.of_before(nil, f)()
    assert.equal("", without)
    local old_id = require("perigee.sweep.trials").id({ k = 1 }, 1, 0, nil)
    local text = file:read("a"):gsub('"data":%b{},', '"data":{},'):gsub('"notes":%b{},', "")
      :gsub('"trial":"%x+"', '"trial":"' .. old_id .. '"')
    assert(pg.write(path, text))
    assert.not_matches("\n1/1  ", rerun())
    assert(pg.write(path, (text:gsub('"data":{}', '"data":{"contents":"of others"}'))))
    assert.matches("\n1/1  ", rerun())
  end)
end)

describe("A study notes", function()
  it("numbers and texts that run refers to, and says when they change", function()
    local function study(rate, config, other)
      return run(function() return { y = rate + #config.name, z = other and 1 or 0 } end)
    end
    local config = { name = "abc", list = { 1, 2 } }
    assert.not_matches("refers", study(0.1, config, nil))
    assert.not_matches("refers", study(0.1, config, nil))
    local said = study(0.5, config, nil)
    assert.matches("rate, to which `run` refers, is 0.5, and was 0.1, when 1 of the trials was "
      .. "run: they are not run again (--fresh begins anew)", said, 1, true)
    assert.not_matches("config", said)
    said = study(0.1, { name = "abd", list = { 1, 2 } }, nil)
    assert.matches("config, to which `run` refers, has changed since 1 of", said, 1, true)
    assert.matches("other, to which `run` refers, has changed since", study(0.1, config, "now"), 1,
      true)
    assert.not_matches("refers", study(0.1, config, nil))
  end)

  it("what is no JSON, and what is long", function()
    for _, value in ipairs { 0 / 0, math.huge, "caf\xe9", ("x"):rep(1000), -0.0,
      math.mininteger } do
      local function study() return run(function() return { y = value and 1 } end) end
      study()
      assert.equal("", (study():gsub("[^\n]*complete[^\n]*\n", ""):gsub("[^\n]*results[^\n]*\n", "")
        :gsub("1/1  [^\n]*\n", ""):gsub("perigee: value, [^\n]*\n", "")))
    end
  end)

  it("a key of a table that has another name, and a value that turns false", function()
    assert.not_same(fingerprint.notes(nil, (function(c) return function() return c end end)
      { scale = 3 }), fingerprint.notes(nil, (function(c) return function() return c end end)
      { shift = 3 }))
    local on = true
    local function f() return on end
    assert.is_true(fingerprint.notes(nil, f).on)
    on = false
    assert.is_false(fingerprint.notes(nil, f).on)
  end)

  it("the files of functions that run calls, and the code of those in none", function()
    local path = folder .. "/helper.lua"
    local function study(text)
      assert(pg.write(path, text))
      local helper = dofile(path)
      return run(function(p) return { y = helper(2), z = p and 1 } end)
    end
    study "return function(x) return x * 2 end"
    assert.not_matches("refers", study "return function(x) return x * 2 end")
    assert.matches("helper.lua, to which `run` refers, has changed since",
      study "return function(x) return x * 300 end", 1, true)
    os.execute(("rm -rf '%s/s'"):format(folder))
    run(load "return function() return { y = 1 } end"())
    assert.matches("to which `run` refers, has changed since",
      run(load "return function() return { y = 2 } end"()))
  end)

  it("what a study object's run refers to, at each run", function()
    local rate = 1
    local study = sweep.new { name = "s", runs = folder, run = function() return { y = rate } end }
    study:run { quiet = true }
    rate = 10
    assert.matches("rate, to which `run` refers, is 10, and was 1",
      listen(function() study:run() end))
  end)

  it("a variable that a trial changes, and says so once", function()
    local count, log = 0, {}
    local said = run(function(p)
      count, log[#log + 1] = count + 1, p.k
      return { y = count }
    end, { params = { k = { 1, 2, 3 } } })
    assert.equal(1, select(2, said:gsub("has changed count, to which `run` refers", "")))
    assert.not_matches("changed log", said)
  end)

  it("arrays that run refers to beside the data that it was told", function()
    local function study(x)
      return run(function(_, trial) return { y = #x + #trial.data } end, { data = pg.ones(2) })
    end
    study(pg.ones(3))
    assert.not_matches("refers", study(pg.ones(3)))
    assert.matches("x, to which `run` refers, has changed", study(pg.ones(3) * 2))
  end)
end)

describe("A trial cannot change the data of another", function()
  local function stops(name, f, data)
    local ran = 0
    raises_here(("k 1 has written to %s, which all trials share: take a copy of it in run, as "
      .. "%s:copy()"):format(name, name), function()
      local study = sweep.new { name = "s", runs = folder, params = { k = { 1, 2 } }, data = data,
        run = function(p, trial)
          ran = ran + 1
          f(trial, p)
          return { y = 1 }
        end }
      study:run { quiet = true }
    end)
    assert.equal(1, ran)
    os.execute(("rm -rf '%s/s'"):format(folder))
  end

  it("which it was told: an archive's member, an array, a table", function()
    local path = folder .. "/d.npz"
    pg.save(path, { a = pg.zeros(2), b = pg.zeros(2) })
    stops("trial.data.a", function(trial) trial.data.a:add_(1) end, path)
    stops("trial.data.b", function(trial) trial.data:get("b")[1] = 5 end, pg.load(path))
    local d = pg.load(path)
    local _ = d.a
    stops("trial.data.a", function(trial) trial.data.a:rows(1, 1):fill_(3) end, d)
    stops("trial.data", function(trial) trial.data:set(1, 5) end, pg.zeros(2))
    stops("trial.data.x.y", function(trial) trial.data.x.y:free() end, { x = { y = pg.zeros(2) } })
  end)

  it("which stands in a table that it was told, by another in its place", function()
    local data = { x = pg.zeros(2) }
    stops("trial.data.x", function(trial) trial.data.x = trial.data.x + 1 end, data)
  end)

  it("whose name another variable has, too", function()
    local function holder(x) return function() return x end end
    local first, second = holder(pg.zeros(2)), holder(pg.zeros(3))
    stops("x", function()
      first()[1] = 5
      return second()
    end)
  end)

  it("which is a generator that run refers to", function()
    local g = pg.random(0)
    raises_here("k 1 has drawn from g, a generator which all trials share: make one in run, as "
      .. "pg.random(trial.seed)", function()
      sweep.new({ name = "s", runs = folder, params = { k = { 1, 2 } },
        run = function() return { y = g:rand() } end }):run { quiet = true }
    end)
  end)

  it("to which run refers", function()
    local x, helpers = pg.zeros(3), {}
    stops("x", function() x:fill_(1) end)
    helpers.load = function() return x end
    stops("x", function() helpers.load()[2] = 5 end)
  end)

  it("but has its own, and may change what it copies", function()
    local x = pg.zeros(3)
    local function f(p)
      local own = x:copy()
      own:fill_(p.k)
      return { y = own:sum() + x:sum() }
    end
    local study = sweep.new { name = "s", runs = folder, params = { k = { 1, 2 } }, run = f }
    assert.is_true(study:run { quiet = true })
  end)

  it("and what was written to before the trials is no trial's doing", function()
    local path = folder .. "/d.npz"
    pg.save(path, { a = pg.zeros(2) })
    local d = pg.load(path)
    d.a:fill_(9)
    assert.is_true(sweep.new({ name = "s", runs = folder, data = d, run = function(_, trial)
      return { y = trial.data.a:sum() }
    end }):run { quiet = true })
  end)

  it("nor in its kept trial, when it is over", function()
    local kept
    sweep.new({ name = "s", runs = folder, params = { k = { 1, 2 } }, run = function(p, trial)
      if p.k == 1 then
        kept = trial
      else
        raises_here("report: the trial is over", function() kept:report(1, { y = 1 }) end)
        raises_here("fit: the trial is over", function()
          kept:fit(pg.Model(pg.ones(2, 2), { 0, 1 }), {})
        end)
      end
      return { y = 1 }
    end }):run { quiet = true }
  end)
end)

describe("The generators", function()
  it("are as they were after a study, whether it had trials to run or not", function()
    local function numbers(options)
      pg.seed(42)
      math.randomseed(42)
      listen(function()
        sweep.new({ name = "s", runs = folder, params = { a = { 1, 2 } },
          run = function() return { y = pg.rand(), z = math.random() } end }):run(options)
      end)
      return { pg.rand(), math.random() }
    end
    pg.seed(42)
    math.randomseed(42)
    local expected = { pg.rand(), math.random() }
    assert.same(expected, numbers {})
    assert.same(expected, numbers {})
  end)

  it("are Lua's, too, of which the state is told", function()
    local state = core.lua_random()
    local first = { math.random(), math.random(1, 1000) }
    core.lua_random(state)
    assert.same(first, { math.random(), math.random(1, 1000) })
  end)
end)

describe("Integers", function()
  it("beyond 2^53 come back as they were", function()
    local study = sweep.new { name = "s", runs = folder, params = { k = { 9007199254740993 } },
      settings = { most = math.maxinteger }, run = function(p)
        return { accuracy = 1, big = p.k, least = math.mininteger, most = p.most }
      end }
    study:run { quiet = true }
    local row = study:table()[1]
    assert.same({ 9007199254740993, 9007199254740993, math.mininteger, math.maxinteger },
      { row.k, row.big, row.least, row.most })
    assert.equal(1, #study:table():where { big = 9007199254740993 })
  end)

  it("are read by JSON wherever they stand, and texts of digits are texts", function()
    for _, value in ipairs { { 9007199254740993 }, { a = -9007199254740993 }, { math.mininteger },
      { "9007199254740993" }, { ["9007199254740993"] = 9007199254740993 },
      { 'quoted " 9007199254740993,', "\\", "9007199254740993\\" }, { 0.12345678901234566 },
      { "integer 9007199254740993", 9007199254740993 }, { 1e300, 123456789012345678 },
      { "integer 1 5", { a = "integer 2 " }, { "integer 4 " }, 9007199254740993 } } do
      assert.same(value, json.decode(json.encode(value)))
    end
    assert.equal(9223372036854775808.0, json.decode "9223372036854775808")
    for _, text in ipairs { "0x10", "nan", "inf", "-Infinity", "[1,]", "{", "" } do
      assert.is_nil((json.decode(text)))
    end
  end)

  it("beside a long text take no longer than the text", function()
    for _, text in ipairs { ("\\"):rep(50000) .. "x", ('"'):rep(50000),
      "integer " .. ("!"):rep(50000) } do
      local value, before = { 9007199254740993, text }, os.clock()
      assert.same(value, json.decode(json.encode(value)))
      assert.is_true(os.clock() - before < 5) -- 0.05 s; it was 20 s and more
    end
  end)
end)

describe("A parameter's value", function()
  it("is handed to run as it was written, and 50 and 50.0 are the same", function()
    local seen = {}
    local study = sweep.new { name = "s", runs = folder, params = { n = { 1e10, 2.0, 3, 3.0 } },
      settings = { m = 4.0 }, run = function(p)
        seen[#seen + 1] = { p.n * p.n, math.type(p.n), math.type(p.m) }
      end }
    study:run { quiet = true }
    assert.same({ { 1e20, "float", "float" }, { 4.0, "float", "float" },
      { 9, "integer", "float" } }, seen)
    sweep.new({ name = "s", runs = folder, params = { n = { 10000000000, 2, 3 } },
      settings = { m = 4 }, run = function() error "it ran again" end }):run { quiet = true }
  end)
end)

describe("A list with a hole", function()
  it("raises, with the parameter and the position", function()
    for message, options in pairs {
      ["params.a must be a list of values, not one with nil at position 2"] =
        { params = { a = { 1, nil, 3 } } },
      ["params.a must be a list of values, not one with nil at position 1"] =
        { params = { a = { nil, 2 } } },
      ["params.a must be a list of values, not one with nil at position 3"] =
        { params = { a = { 1, 2, [5] = 3 } } },
      ["params.a must be a list of values, not one with a field 'n'"] =
        { params = { a = { 1, 2, n = 3 } } },
      ["params.b must be a list of values, not one with nil at position 2"] =
        { params = { a = sweep.uniform(0, 1), b = { 1, nil, 3 } }, draws = 3 },
      ["params must be a list of points, not one with nil at position 2"] =
        { params = { { a = 1 }, nil, { a = 3 } } },
      ["params must be a list of points, not one with nil at position 1"] =
        { params = { nil, { a = 3 } } },
      ["params.h[2] must be a number, a text, true or false, or a list of these, not a list with "
        .. "nil at position 2"] = { params = { h = { { 1 }, { 128, nil, 64 } } } },
      ["settings.h must be a number, a text, true or false, or a list of these, not a list with "
        .. "nil at position 1"] = { settings = { h = { nil, 64 } } },
      ["params[2].h must be a number, a text, true or false, or a list of these, not a list with "
        .. "nil at position 2"] = { params = { { h = { 1 } }, { h = { 1, nil, 3 } } } },
      ["params.a[1] must be a number, a text, true or false, or a list of these, not an array: "
        .. "x:tolist() makes a list of it"] = { params = { a = pg.linspace(0, 1, 3) } },
      ["group must be a parameter's name, a list of them, or false, not nil at position 2"] = false,
    } do
      raises_here(message, function()
        if options then
          options.name, options.run = "s", print
          sweep.new(options)
        else
          sweep.new({ name = "s", run = print, runs = folder, params = { a = { 1 } } }):plot {
            group = { "a", nil, "b" } }
        end
      end)
    end
  end)
end)

describe("Points that come twice", function()
  it("are one, and it is said how many trials are left", function()
    local function said(options)
      os.execute(("rm -rf '%s/s'"):format(folder))
      options.name, options.runs, options.run = "s", folder, function() return { y = 1 } end
      local study = sweep.new(options)
      local text = listen(function() study:run() end)
      return text:match "perigee: (the %d+ [^\n]*)", tostring(study):match "study s: (%d+ trials?)"
    end
    local text, card = said { params = { k = sweep.integer(1, 3) }, draws = 40 }
    assert.equal("the 40 draws are 3 different points: 3 trials", text)
    assert.equal("3 trials", card)
    text, card = said { params = { k = { 1, 2, 1.0 }, j = { "a", "a" } }, repeats = 2 }
    assert.equal("the 6 points are 2 different points: 4 trials", text)
    assert.equal("4 trials", card)
    text = said { params = { { k = 1 }, { k = 1 } } }
    assert.equal("the 2 points are 1 different point: 1 trial", text)
    assert.is_nil((said { params = { k = { 1, "1", true } } }))
  end)
end)
