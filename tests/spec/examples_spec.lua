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
local function start(name, arguments, environment)
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

local function run(name, arguments, environment)
  os.execute(("rm -rf '%s/runs'"):format(folder)) -- no study goes on from another's
  local output, errors, status = start(name, arguments, environment)
  return output, errors, status
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

  it("own_loss.lua has the notebook's numbers", function()
    local arguments = "iterations=20 hidden=16 rate=0.5 seed=5"
    local own, errors, status = run("own_loss", arguments)
    assert.equal(0, status, errors)
    assert.equal((run("notebook", arguments)), own)
  end)

  it("iteration_sweep.lua answers ten times, and ten trainings the same", function()
    local arguments = "hidden=12 rate=0.5 iterations="
    local quick, errors, status = run("iteration_sweep", arguments .. 30)
    assert.equal(0, status)
    assert.equal(10, #accuracies(quick))
    assert.matches("%% # 3 iter\n", quick)
    assert.matches("%% # 30 iter\n", quick)
    assert.matches("complete: 1 of 1", errors)
    local faithful = run("iteration_sweep", arguments .. "3:30:3 answers=1")
    assert.same(accuracies(quick), accuracies(faithful))
  end)

  it("iteration_sweep.lua takes fewer than ten iterations, too", function()
    assert.equal(3, #accuracies(run("iteration_sweep", "iterations=3 hidden=4")))
    assert.equal(0, #accuracies(run("iteration_sweep", "iterations=0 hidden=4")))
  end)

  it("hidden_grid.lua makes a table of hidden sizes and rates", function()
    local output, _, status = run("hidden_grid", "iterations=20 hidden=4,8,16 rate=0.1,0.5")
    assert.equal(0, status)
    assert.matches("^hidden +rate +accuracy +accuracy_std +loss +loss_std +n\n"
      .. (" +%d+ +0.%d[ %d.]+\n"):rep(6), output)
  end)

  it("learning_rate.lua, activation_grid.lua and seeds.lua make their tables", function()
    local output, _, status = run("learning_rate", "iterations=5 hidden=4 rate=0.1,1")
    assert.equal(0, status)
    assert.matches("^rate  repeat  seed  accuracy +loss\n 0.1 ", output)
    output, _, status = run("activation_grid", "epochs=1 hidden=4 optimizer=adam repeats=2")
    assert.equal(0, status)
    assert.matches("\nsigmoid +adam +0.%d+ .* 2\ntanh .* 2\nrelu .* 2\n", output)
    output, _, status = run("seeds", "iterations=5 repeats=3 hidden=4")
    assert.equal(0, status)
    assert.matches("^hidden +accuracy +accuracy_std  n\n +4 +0.%d+ +0.%d+  3\n", output)
  end)

  it("minibatch.lua learns, and shows what it takes for what", function()
    local output, errors, status = run("minibatch", "epochs=10 hidden=30,20 batch=50 rate=0.01")
    assert.equal(0, status)
    assert.matches("model      784%-30%-20%-10, float32\n", output)
    assert.truthy(tonumber(output:match "accuracy ([%d.]+)%%") > 90, output)
    assert.matches("int64 %(10, 10%)\n$", output)
    assert.matches("120/120", errors)
  end)

  it("lenet.lua and batch_norm.lua learn, and list their weights", function()
    local output, errors, status = run("lenet", "epochs=4 batch=50 rate=0.01")
    assert.equal(0, status, errors)
    assert.matches("\nK2 +%(16, 8, 5, 5%) +3200\n", output)
    assert.truthy(accuracies(output)[1] > 90, output)
    assert.matches("48/48", errors)
    output, errors, status = run("batch_norm", "epochs=4 hidden=30 batch=50 rate=0.01")
    assert.equal(0, status, errors)
    assert.matches("\nstate_2.mean +%(30,%) +state\n", output)
    assert.truthy(accuracies(output)[1] > 90, output)
  end)

  it("autoencoder.lua writes digits and what came back as a picture", function()
    local function error_of(epochs)
      local output, errors, status = run("autoencoder", "batch=50 rate=0.01 epochs=" .. epochs)
      assert.equal(0, status, errors)
      return tonumber(output:match "mean squared error ([%d.]+)\n")
    end
    local first = error_of(1)
    assert.is_true(error_of(20) < 0.5 * first)
    local picture, data = pg.load_png(folder .. "/autoencoder.png"), pg.load(data_path)
    assert.same({ 462, 578 }, { picture.shape[1], picture.shape[2] })
    local patch = data.x_test[1]:repeat_interleave(2, 1):repeat_interleave(2, 2)
    assert.same(patch:tolist(), picture[{ { 1, 56 }, { 1, 56 } }]:tolist())
  end)

  it("regression.lua is far better than least squares", function()
    local pipe = assert(io.popen(("'%s' examples/regression.lua 2>&1"):format(PROGRAM)))
    local output = pipe:read "a"
    assert.is_true(pipe:close(), output)
    assert.matches("optimizer  adam, rate 0.01, schedule cosine, batch 32\n", output)
    local line, own = output:match "least squares +R² ([%d.]+)\ntest +R² ([%d.]+)"
    assert.is_true(tonumber(line) < 0.75 and tonumber(own) > 0.93, output)
  end)

  it("own_model_sweep.lua makes a table of kernels and rates", function()
    local output, errors, status = run("own_model_sweep", "kernels=2,4 rate=0.01 batch=50")
    assert.equal(0, status, errors)
    assert.matches("^kernels +rate +accuracy +accuracy_std +loss +loss_std +n\n"
      .. (" +%d +0.01 +[01][ %d.]+\n"):rep(2), output)
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

  it("the sweeps leave tables and a report in runs/, and draw in the terminal", function()
    local output = run("iteration_sweep", "iterations=30 hidden=12 rate=0.5")
    assert.matches("^repeat,seed,iteration,accuracy,loss\n1,0,3,0%.%d+,", read
      "runs/iteration_sweep/curves.csv")
    assert.matches("^repeat,seed,accuracy,loss\n1,0,[%d.]+,[%d.]+\n$", read
      "runs/iteration_sweep/results.csv")
    output = output .. run("hidden_grid", "iterations=5 hidden=4,8 rate=0.1,0.5")
    assert.equal(5, select(2, read("runs/hidden_grid/results.csv"):gsub("\n", "")))
    assert.matches("^hidden,rate,repeat,seed,accuracy,loss\n4,0.1,1,0,0%.%d+",
      read "runs/hidden_grid/results.csv")
    assert.matches("</html>", read "runs/hidden_grid/report.html")
    if has_gnuplot then
      for _, text in ipairs { "accuracy by iteration", "accuracy by rate and hidden" } do
        assert.matches(text, output)
      end
    end
  end)

  it("the sweeps go on where they were stopped, with the same tables", function()
    run("hidden_grid", "iterations=5 hidden=4,8 rate=0.1,0.5")
    local whole = read "runs/hidden_grid/results.csv"
    run("hidden_grid", "iterations=5 hidden=8 rate=0.5")
    local _, errors = start("hidden_grid", "iterations=5 hidden=4,8 rate=0.1,0.5")
    assert.matches("\n4/4  ", "\n" .. errors)
    assert.not_matches("1/4  ", errors)
    assert.equal(whole, read "runs/hidden_grid/results.csv")
  end)

  it("the sweeps go on without gnuplot, and say which package is missing", function()
    local output, errors, status = run("iteration_sweep", "iterations=10 hidden=4", "PATH=/nowhere")
    assert.equal(0, status)
    assert.equal(10, #accuracies(output))
    assert.equal(1, select(2, errors:gsub("gnuplot%-nox", "")))
  end)

  it("the sweeps say where nothing can be written", function()
    assert(os.execute(("rm -rf '%s/runs' && touch '%s/runs'"):format(folder, folder)))
    local _, errors, status = start("iteration_sweep", "iterations=10 hidden=4")
    assert.equal(1, status)
    assert.matches("iteration_sweep: .*runs", errors)
    os.remove(folder .. "/runs")
  end)

  it("list their options when one is unknown or wrong", function()
    local messages = { notebook = "unknown option", resume = "unknown option",
      iteration_sweep = "unknown name", hidden_grid = "unknown name" }
    for name, message in pairs(messages) do
      local _, errors, status = run(name, "iteration=3")
      assert.equal(1, status)
      assert.matches(message .. " 'iteration'", errors)
      for _, option in ipairs { "iterations", "hidden", "rate", "data", "dtype", "seed" } do
        assert.truthy(errors:find(option, 1, true))
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

  it("classify flowers from a CSV file, and print a report of each species", function()
    local pipe = assert(io.popen(("'%s' examples/iris_like.lua epochs=30 2>&1"):format(PROGRAM)))
    local output = pipe:read "a"
    assert.is_true(pipe:close(), output)
    assert.matches("classes  meadow flag, reed flag, tall flag", output)
    assert.matches("\n    accuracy +0%.[89]%d +30\n", output)
    assert.matches("\nreed flag +0 +10 +0\n", output)
  end)

  it("have a CSV file as its script draws it", function()
    local pipe = assert(io.popen(("'%s' tools/draw_iris_like.lua"):format(PROGRAM)))
    local drawn = pipe:read "a"
    pipe:close()
    local file <close> = assert(io.open "examples/iris_like.csv")
    assert.equal(file:read "a", drawn)
  end)
end)
