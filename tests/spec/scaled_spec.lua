-- Data within 0..1 that a model scales down once more: warned of, once for each place in a script.

local pg = require "perigee"
local listen = require("tests.support").listen
local uv = require "luv"

local ROWS, INPUTS = 40, 6

local function data(dtype)
  return pg.random(3):rand(ROWS, INPUTS):astype(dtype or "float64"), pg.range(0, ROWS - 1) % 3
end

--- Fails unless the text has so many warnings, a line for each place in this file.
local function expect_lines(count, text, name)
  local lines = 0
  for line in text:gmatch "[^\n]*\n" do
    lines = lines + 1
    assert.matches(("^[^\n]*scaled_spec.lua:%%d+: warning: %s of shape %%(%%d+, 6%%) is within "
      .. "0%%.%%.1 already, and scale = 0.003922 makes it smaller still: leave the scale out, or "
      .. "give the raw numbers\n$"):format(name or "x"), line)
  end
  assert.equal(count, lines, text)
end

--- A model of numbers that are not within 0..1.
local function model()
  local x, y = data()
  local m
  assert.equal("", listen(function()
    m = pg.Model(x * 255, y, { hidden = 4, seed = 0, scale = 1 / 255 })
  end))
  return m, x, y
end

describe("data that are scaled twice", function()
  it("are warned of wherever a model is given them", function()
    local m, x, y = model()
    local path = os.tmpname() .. ".npz"
    m:save(path)
    for _, give in ipairs {
      function() pg.Model(x, y, { scale = 1 / 255 }) end,
      function() pg.Model.load(path, x, y) end,
      function() m:predict(x) end,
      function() m:predict_proba(x) end,
      function() m:score(x, y) end,
      function() m:evaluate(x, y) end,
    } do
      expect_lines(1, listen(give))
      expect_lines(0, listen(give))
    end
    for _, give in ipairs {
      function() m:fit { iterations = 1, validation = { x, y } } end,
      function() for _ in m:steps { iterations = 1, validation = { x, y } } do end end,
    } do
      expect_lines(1, listen(give), "the validation's x")
      expect_lines(0, listen(give), "the validation's x")
    end
    os.remove(path)
  end)

  it("are so in any floating dtype, form and view", function()
    local m, x = model()
    local count = 0
    local function predict(a) -- from a line of its own
      count = count + 1
      local text = ("\n"):rep(count) .. "local m, a = ... m:predict(a)"
      expect_lines(1, listen(function() load(text, "=a_scaled_spec.lua")(m, a) end))
    end
    for _, dtype in ipairs { "float32", "float64" } do
      local a = data(dtype)
      predict(a)
      predict(a:reshape(ROWS, 2, 3))
      predict(a["::-2"])
      predict(a:rows(1, 1))
      predict(a:gt(0.5):astype(dtype))
      predict(a.T:copy().T)
    end
    predict(x:tolist())
    expect_lines(1, listen(function() pcall(m.predict, m, x) end))
  end)

  it("are so for any scale between -1 and 1", function()
    local x, y = data()
    local function said_of(scale)
      return listen(function()
        load("local pg, x, y, scale = ... pg.Model(x, y, { scale = scale })", "=at" .. scale)(pg, x,
          y, scale)
      end)
    end
    for scale, text in pairs { [0.5] = "0.5", [-0.25] = "-0.25", [0.999] = "0.999" } do
      assert.matches("and scale = " .. text .. " makes", said_of(scale), 1, true)
    end
    for _, scale in ipairs { 1, -1, 2, 255 } do
      assert.equal("", said_of(scale))
    end
  end)

  it("are not those that need the scale, or that it does not make smaller", function()
    local m, x, y = model()
    local late = x:copy()
    late[{ ROWS, INPUTS }] = 1.5
    expect_lines(0, listen(function()
      m:predict(x * 255)
      m:predict(-x)
      m:predict(x - 0.5)
      m:predict(late)
      m:predict(x * 0) -- nothing becomes smaller
      m:predict((x * 255):astype "uint8")
      for _, dtype in ipairs { "bool", "uint8", "int32", "int64" } do
        m:predict(x:gt(0.5):astype(dtype))
      end
      pg.Model(x, y):predict(x)
      pcall(m.predict, m, x:cols(1, 2))
    end))
  end)

  it("are warned of once for each line, not for each call", function()
    local m, x, y = model()
    expect_lines(2, listen(function()
      for _ = 1, 5 do
        m:predict(x)
        m:score(x, y)
      end
    end))
  end)
end)

describe("a script's data that are scaled twice", function()
  local SCRIPT = [[
    local pg = require "perigee"
    local sweep = require "perigee.sweep"
    local x, y = pg.random(1):rand(20, 4), pg.range(0, 19) % 2
    local study = sweep.new {
      name = "s", params = { a = { 1, 2, 3 } },
      run = function(p, trial)
        local m = pg.Model(x, y, { hidden = p.a, seed = trial.seed, scale = 0.1 })
        trial:fit(m, { iterations = 2, validation = { x, y } })
        for _ in trial:steps(m, { iterations = 2, validation = { x, y } }) do end
        return { accuracy = m:score(x, y) }
      end,
    }
    study:run()
  ]]

  it("are warned of in sweeps, too", function()
    local program = os.getenv "PERIGEE" or "build/perigee"
    local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/scaled-XXXXXX"))
    assert(pg.write(folder .. "/s.lua", SCRIPT))
    local pipe = assert(io.popen(("'%s' %s/s.lua --runs %s/runs 2>&1"):format(program, folder,
      folder)))
    local text = pipe:read "a"
    pipe:close()
    os.execute("rm -r " .. folder)
    for line, name in pairs { [7] = "x", [8] = "the validation's x", [9] = "the validation's x",
      [10] = "x" } do
      assert.equal(1, select(2, text:gsub(("s%%.lua:%d: warning: %s of shape %%(20, 4%%) is within "
        .. "0%%.%%.1 already, and scale = 0%%.1 makes"):format(line, name), "")), text)
    end
    assert.equal(4, select(2, text:gsub("warning", "")))
  end)
end)
