-- The examples as a user starts them, on a small data set in MNIST's layout.

local pg = require "perigee"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"
local folder = os.tmpname()
local data_path = folder .. "/data.npz"

--- Pictures with a bright patch that tells the class, and a little noise.
local function make_data(n, seed)
  local g = pg.random(seed)
  local labels = ((g:rand(n) * 10):astype "uint8")
  local x = (g:rand(n, 28, 28) * 60):astype "uint8"
  for i = 1, n do
    local row = 2 + 2 * labels[i]
    x[{ i, { row, row + 2 }, { 5, 20 } }] = 250
  end
  return x, labels
end

--- Standard output, standard error and exit status of an example, which runs in
--- the folder.
local function run(name, arguments, environment)
  local errors = os.tmpname()
  local pipe = assert(io.popen(("root=$PWD && cd '%s' && %s '%s' \"$root/examples/%s.lua\" data=%s "
    .. "%s 2>%s"):format(folder, environment or "", PROGRAM, name, data_path, arguments or "",
    errors)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  local file <close> = assert(io.open(errors))
  os.remove(errors)
  return output, file:read "a", status
end

local function accuracies(output)
  local list = {}
  for percent in output:gmatch "(%d+%.%d%d)%%" do
    list[#list + 1] = tonumber(percent)
  end
  return list
end

local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name))
  return file:read "a"
end

local has_gnuplot = os.execute "command -v gnuplot >/dev/null"

describe("the examples", function()
  setup(function()
    os.remove(folder)
    os.execute("mkdir '" .. folder .. "'")
    local x_train, y_train = make_data(600, 1)
    local x_test, y_test = make_data(200, 2)
    assert(pg.save(data_path, {
      x_train = x_train, y_train = y_train, x_test = x_test, y_test = y_test,
    }))
  end)

  teardown(function()
    os.execute("rm -r '" .. folder .. "'")
  end)

  it("notebook.lua learns, and prints its accuracy", function()
    local output, errors, status = run("notebook", "iterations=60 hidden=30 rate=0.5")
    assert.equal(0, status)
    assert.truthy(accuracies(output)[1] > 90, output)
    assert.matches("60/60", errors)
  end)

  it("notebook.lua and a model give the same accuracy", function()
    local arguments = "iterations=20 hidden=16 rate=0.5 dtype=float64 seed=5"
    local notebook = accuracies(run("notebook", arguments))
    local sweep = accuracies(run("iteration_sweep", arguments))
    assert.equal(notebook[1], sweep[10])
  end)

  it("iteration_sweep.lua answers ten times, and faithful=true the same", function()
    local arguments = "iterations=30 hidden=12 rate=0.5"
    local quick, errors, status = run("iteration_sweep", arguments)
    assert.equal(0, status)
    assert.equal(10, #accuracies(quick))
    assert.matches("%% # 3 iter\n", quick)
    assert.matches("%% # 30 iter\n", quick)
    assert.matches("30/30", errors)
    assert.equal(quick, (run("iteration_sweep", arguments .. " faithful=true")))
  end)

  it("iteration_sweep.lua takes fewer than ten iterations, too", function()
    assert.equal(3, #accuracies(run("iteration_sweep", "iterations=3 hidden=4")))
    assert.equal(0, #accuracies(run("iteration_sweep", "iterations=0 hidden=4")))
  end)

  it("hidden_grid.lua makes a table of hidden sizes and rates", function()
    local output, _, status = run("hidden_grid", "iterations=20 hidden=4,8,16 rate=0.1,0.5")
    assert.equal(0, status)
    local row = "( +%d+ +[%d.]+%% +[%d.]+%%\n)"
    assert.matches("^hidden +rate 0.1 +rate 0.5\n" .. row:rep(3), output)
  end)

  it("minibatch.lua learns, and shows what it takes for what", function()
    local output, errors, status = run("minibatch", "epochs=10 hidden=30,20 batch=50 rate=0.01")
    assert.equal(0, status)
    assert.matches("model      784%-30%-20%-10, float32\n", output)
    assert.truthy(tonumber(output:match "accuracy ([%d.]+)%%") > 90, output)
    assert.matches("int64 %(10, 10%)\n$", output)
    assert.matches("120/120", errors)
  end)

  it("activations.lua compares them", function()
    local output, _, status = run("activations", "iterations=20 hidden=8")
    assert.equal(0, status)
    local line = "%-8s loss [%%d.]+, test accuracy [%%d.]+%%%%\n"
    assert.matches("^" .. line:format "sigmoid" .. line:format "tanh" .. line:format "relu", output)
    assert.matches("^activation,loss,accuracy\nsigmoid,", read "out/activations.csv")
  end)

  it("resume.lua goes on where it was stopped, with the same end", function()
    local whole = run("resume", "iterations=120 hidden=8 rate=0.5 file=whole.npz")
    run("resume", "iterations=50 hidden=8 rate=0.5 file=parts.npz")
    local parts, errors = run("resume", "iterations=120 hidden=8 rate=0.5 file=parts.npz")
    assert.equal(whole, parts)
    assert.equal(read "whole.npz", read "parts.npz")
    assert.matches("120/120", errors)
    parts, errors = run("resume", "iterations=120 hidden=8 rate=0.5 file=parts.npz")
    assert.equal(whole, parts)
    assert.equal("perigee: nothing left to do: the training has made 120 iterations, and was to "
      .. "make 120\n", errors)
  end)

  it("resume.lua touches no file that it cannot read", function()
    assert(pg.write(folder .. "/mine.npz", "something else"))
    local _, errors, status = run("resume", "iterations=5 file=mine.npz")
    assert.equal(1, status)
    assert.matches("mine.npz", errors)
    assert.equal("something else", read "mine.npz")
  end)

  it("the sweeps leave tables and plots in out/, and draw the same in the terminal", function()
    local output = run("iteration_sweep", "iterations=30 hidden=12 rate=0.5")
    assert.matches("^iterations,accuracy\n3,0%.%d+\n.*\n30,[%d.]+\n$",
      read "out/iteration_sweep.csv")
    output = output .. run("hidden_grid", "iterations=5 hidden=4,8 rate=0.1,0.5")
    assert.equal(5, select(2, read("out/hidden_grid.csv"):gsub("\n", "")))
    assert.matches("^hidden,rate,accuracy\n4,0.1,0%.%d+\n", read "out/hidden_grid.csv")
    if has_gnuplot then
      for _, name in ipairs { "iteration_sweep", "hidden_grid", "hidden_grid_curves" } do
        assert.matches("</svg>", read("out/" .. name .. ".svg"))
      end
      for _, text in ipairs { "Test accuracy, ", "Test accuracy after 5 iter", "Training loss" } do
        assert.matches(text, output)
      end
    end
  end)

  it("the sweeps go on without gnuplot, and say which package is missing", function()
    local output, errors, status = run("iteration_sweep", "iterations=10 hidden=4", "PATH=/nowhere")
    assert.equal(0, status)
    assert.equal(10, #accuracies(output))
    assert.matches("gnuplot%-nox", errors)
    assert.equal(1, select(2, errors:gsub("gnuplot%-nox", "")))
  end)

  it("the sweeps give their answers where nothing can be written", function()
    assert(os.execute(("rm -rf '%s/out' && touch '%s/out'"):format(folder, folder)))
    local output, errors, status = run("iteration_sweep", "iterations=10 hidden=4")
    assert.equal(0, status)
    assert.equal(10, #accuracies(output))
    assert.matches("iteration_sweep.csv was not written: .*out", errors)
    os.remove(folder .. "/out")
  end)

  it("list their options when one is unknown or wrong", function()
    for _, name in ipairs {
      "notebook", "iteration_sweep", "hidden_grid", "activations", "resume",
    } do
      local _, errors, status = run(name, "iteration=3")
      assert.equal(1, status)
      assert.matches("unknown option 'iteration'", errors)
      for _, option in ipairs { "iterations", "hidden", "rate", "data", "dtype", "seed" } do
        assert.matches(option .. "=", errors)
      end
      assert.not_matches("traceback", errors)
      assert.equal(1, select(3, run(name, "rate=fast")))
    end
  end)

  it("tell what is wrong with an experiment that cannot be", function()
    for arguments, expected in pairs {
      ["hidden=0"] = "hidden",
      ["dtype=float99"] = "float99",
      ["data=/no/such/file.npz"] = "/no/such/file.npz",
      ["data=mnits"] = "mnits",
      ["seed=-1"] = "seed",
      ["rate=nan iterations=2"] = "rate",
    } do
      for _, name in ipairs { "notebook", "iteration_sweep", "hidden_grid" } do
        local _, errors, status = run(name, arguments)
        assert.equal(1, status, name .. " " .. arguments)
        assert.truthy(errors:find(expected, 1, true), errors)
      end
    end
  end)
end)
