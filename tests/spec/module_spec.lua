local pg = require "perigee"
local support = require "tests.support"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

--- Runs Lua text in a fresh process: its output, and its exit status.
local function run(interpreter, text)
  local path = os.tmpname()
  do
    local file <close> = assert(io.open(path, "w"))
    file:write(text)
  end
  local pipe = assert(io.popen(("%s %s 2>&1"):format(interpreter, path)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  os.remove(path)
  return output, status
end

local STRICT = [[
  setmetatable(_G, {
    __index = function(_, name) error("undeclared variable " .. name, 2) end,
    __newindex = function(_, name) error("undeclared variable " .. name, 2) end,
    __metatable = "strict",
  })
]]

describe("the module", function()
  for where, interpreter in pairs { [""] = PROGRAM, [", in lua5.4 #stock"] = "lua5.4" } do
    it("works where undeclared globals raise, and leaves them so" .. where, function()
      local folder = os.tmpname()
      os.remove(folder)
      local text = STRICT .. ([[
        local folder = %q
        local pg = require "perigee"
        local sweep = require "perigee.sweep"
        local study = sweep.new {
          name = "strict", runs = folder, arguments = { "k=1,2", "--quiet" },
          params = { k = { 1, 2, 3 } },
          run = function(p, trial)
            local m = pg.Model(pg.rand(8, 2), pg.range(0, 7) %% 2, { hidden = 2, seed = 0 })
            trial:fit(m, { iterations = 2 })
            return { accuracy = p.k }
          end,
        }
        study:run()
        for _ in pg.progress(2) do end
        for i = 1, 3 do pg.plot { y = { 1, 2, 3 }, file = folder .. "/plot.svg" } end
        pg.help "sum"
        print(#study:table(), study:report(folder .. "/report.html"))
        print(pcall(function() return undeclared end))
      ]]):format(folder)
      local output, status = run(interpreter, text)
      os.execute(("rm -rf '%s'"):format(folder))
      assert.equal(0, status, output)
      assert.matches("2\ttrue\nfalse\t[^\n]*undeclared variable undeclared\n$", output)
    end)
  end

  it("tells its version and what runs underneath", function()
    local info = pg.info()
    assert.matches("^Perigee %d+%.%d+%.%d+$", pg._VERSION)
    assert.matches("^OpenBLAS %d", info.blas)
    assert.truthy(({ portable = true, avx2 = true, avx512 = true })[info.kernels])
    assert.equal(pg.threads(), info.threads)
  end)

  it("shows what is read later when its names are asked for", function()
    local names = {}
    for name in pairs(pg) do
      names[name] = true
    end
    for _, name in ipairs { "Model", "dataset", "progress", "plot", "help" } do
      assert.is_true(names[name], name)
    end
    support.raises_here("perigee has no 'nothing'", function() return pg.nothing end)
    support.raises_here("perigee has no 'linalg': its functions are pg's own, as pg.solve",
      function() return pg.linalg.solve end)
    for name, text in pairs {
      train_test_split = "; did you mean 'split'?",
      StandardScaler = "; did you mean 'standardise'?",
      confusion_matrix = ": m:evaluate(x, y) returns a model's",
      nan_to_num = ": x[x:isnan()] = 0 replaces NaN in x",
    } do
      support.raises_here(("perigee has no '%s'%s"):format(name, text), function()
        return pg[name]
      end)
    end
    support.raises_here("pg.array_split cuts an array", function() pg.split({ 1 }, 3) end)
    support.raises_here("perigee has no 'nil'", function() return pg[nil] end)
  end)

  it("raises for a name that it has not, and says what was meant", function()
    support.raises_here("did you mean 'softmax'?", function() return pg.sofmax end)
    support.raises_here("did you mean 'concat'?", function() return pg.cat end)
    support.raises_here('require "perigee.sweep"', function() return pg.sweep end)
    local sweep = require "perigee.sweep"
    support.raises_here("perigee.sweep has no 'nwe'", function() return sweep.nwe end)
  end)

  it("takes functions, and no value that would set nothing", function()
    support.raises_here("threads is a function, and not to be set: pg.threads(...)",
      function() pg.threads = 2 end)
    support.raises_here("seed is a function", function() pg.seed = 0 end)
    support.raises_here("Model is a function", function() pg.Model = 0 end)
    support.raises_here("_VERSION is not to be set", function() pg._VERSION = "1" end)
    support.raises_here("perigee has no 'dtype' that could be set: it is an option of pg.Model",
      function() pg.dtype = "float32" end)
    pg.mine, pg.data = true, pg.zeros(2)
    assert.is_true(pg.mine)
    pg.mine, pg.data = nil, nil
    support.raises_here("perigee has no 'mine'", function() return pg.mine end)
    local plot = pg.plot
    pg.plot = function() return "mine" end
    for _ in pairs(pg) do -- luacheck: ignore 542
    end
    assert.equal("mine", pg.plot())
    pg.plot = nil
    assert.equal(plot, pg.plot)
  end)

  it("keeps what a user has put in the place of a function that is read later", function()
    local output = run(PROGRAM, [[
      local pg = require "perigee"
      pg.plot, pg.show = function() return "mine" end, { mine = true }
      for _ in pairs(pg) do end
      print(pg.plot(), pg.show.mine, type(pg.help), type(pg.Model))
    ]])
    assert.equal("mine\ttrue\tfunction\ttable\n", output)
  end)

  local function works_in(interpreter)
    local output, status = run(interpreter, [[
      local pg = require "perigee"
      pg.threads(4)
      local a = pg.ones(600, 500)
      print(a:dot(a.T):sum(), (pg.zeros(100000) + 1):sum())
    ]])
    assert.equal("180000000.0\t100000.0\n", output)
    assert.equal(0, status)
  end

  it("works in a stock lua5.4, through a threaded call, to exit status 0 #stock", function()
    works_in "lua5.4"
  end)

  it("works in the program", function()
    works_in(PROGRAM)
  end)

  it("takes its threads and kernels from the environment", function()
    local function in_environment(variables, text)
      return run("env " .. variables .. " " .. PROGRAM, text)
    end
    local show = "local pg = require 'perigee' print(pg.threads(), pg.info().kernels)"
    assert.equal("3\tportable\n",
      in_environment("PERIGEE_THREADS=3 PERIGEE_KERNELS=portable", show))
    local output, status = in_environment("PERIGEE_KERNELS=abacus", show)
    assert.equal(1, status)
    assert.matches("PERIGEE_KERNELS", output)
    assert.matches("abacus", output)
    assert.matches("portable", output)
    for _, text in ipairs { "abc", "0", "-1", "1025", "2x", "1.5", "99999999999999999999" } do
      output, status = in_environment("PERIGEE_THREADS=" .. text, show)
      assert.equal(1, status)
      assert.matches("PERIGEE_THREADS: threads must be 1 to 1024, not '" .. text .. "'", output, 1,
        true)
    end
    assert.matches("^%d+\tportable\n", in_environment("PERIGEE_THREADS= PERIGEE_KERNELS=portable",
      show))
  end)

  it("sets the number of threads, and refuses a bad one", function()
    local before = pg.threads(3)
    assert.equal(3, pg.threads(before))
    assert.equal(before, pg.threads())
    for _, number in ipairs { 0, -1, 1025, 1 << 40, math.mininteger } do
      support.raises_here("threads must be 1 to 1024, not " .. number,
        function() pg.threads(number) end)
    end
  end)

  it("is told as a card", function()
    local card = tostring(pg)
    assert.matches("^Perigee [%d.]+: .*\n  threads  %d+\n  kernels  %S+\n", card)
    assert.matches("pg%.help", card)
    local first = card:match "^[^\n]+"
    assert.equal("{ " .. first .. " }", require "perigee.repl.pretty.printer".text { pg })
  end)

  it("prints arrays as NumPy does, large ones by their edges", function()
    assert.equal("[[1. , 2.5],\n [3. , 4. ]] float64 (2, 2)",
      (tostring(pg.array { { 1, 2.5 }, { 3, 4 } })))
    assert.equal("[1, 2, 3] int64 (3,)", tostring(pg.range(1, 3)))
    assert.equal("[ true, false] bool (2,)", tostring(pg.array { true, false }))
    assert.equal("[] float64 (0,)", tostring(pg.zeros(0)))
    assert.equal("5. float64 ()", tostring(pg.array(5)))
    assert.matches("^%[0%., 0%., 0%., %.%.%., 0%., 0%., 0%.%] float64 %(2000,%)$",
      tostring(pg.zeros(2000)))
    local large = tostring(pg.zeros(6000, 784, "uint8"))
    assert.truthy(#large < 400)
    assert.matches("uint8 %(6000, 784%)$", large)
    local freed = pg.zeros(3)
    freed:free()
    assert.equal("array (freed)", tostring(freed))
  end)
end)
