-- The notebook's training on full MNIST, beside NumPy's saved curve.
--
--   build/perigee tests/parity.lua [short] [reference.npz]
--
-- The reference (W1_0 b1_0 W2_0 b2_0, cost, marks, accuracy of seed 0, hidden
-- 100, rate 0.1) is the argument, or $PERIGEE_REFERENCE. `short` compares the
-- first 20 iterations. Exit status 1 when a bound is passed, or when data or
-- reference are absent.

local pg = require "perigee"

local RATE, HIDDEN, SHORT = 0.1, 100, 20
local BOUND64, BOUND32 = 1e-9, 1e-4

local function parse(arguments)
  local short, path = false, os.getenv("PERIGEE_REFERENCE")
  for _, argument in ipairs(arguments) do
    if argument == "short" then
      short = true
    else
      path = argument
    end
  end
  return short, path
end

local function give_up(message)
  io.stderr:write("parity: ", message, "\n")
  os.exit(1, true)
end

--- Opens by f; where it cannot, the script ends with its message.
local function must(f, ...)
  local opens, result = pcall(f, ...)
  if not opens then
    give_up(result)
  end
  return result
end

local function open(short, path)
  local data = must(pg.dataset, "mnist")
  if not path then
    give_up("no reference: name its file as an argument, or in PERIGEE_REFERENCE")
  end
  local reference = must(pg.load, path)
  local iterations = short and SHORT or #reference.cost
  local marks = {}
  for k, mark in ipairs(reference.marks:tolist()) do
    marks[mark] = mark <= iterations and reference.accuracy[k] or nil
  end
  return {
    data = data, reference = reference, iterations = iterations, marks = marks,
    x = data.x_train, y = data.y_train, xt = data.x_test, yt = data.y_test,
  }
end

local function pixels(x, dtype)
  return (x:astype(dtype) / 255):reshape(#x, -1)
end

--- Iteration, loss and a function that gives the test accuracy, from the
--- kernels of the notebook.
local function by_kernels(c, dtype)
  return coroutine.wrap(function()
    local x, xt = pixels(c.x, dtype), pixels(c.xt, dtype)
    local y = pg.onehot(c.y, 10, dtype)
    pg.seed(0)
    local w = pg.initialization(x, HIDDEN)
    for i = 1, c.iterations do
      local a = pg.forward(x, w)
      local loss = pg.cross_entropy(a, y)
      pg.update(w, pg.gradient(x, y, a, w), RATE)
      coroutine.yield(i, loss, function()
        return pg.accuracy(c.yt, pg.labels(pg.forward(xt, w).A2))
      end)
    end
  end)
end

--- The same from Model, on the pixels as they are.
local function by_model(c, dtype)
  local m = pg.Model(c.x, c.y, { hidden = HIDDEN, seed = 0, dtype = dtype, scale = 1 / 255 })
  local step, state, i = m:steps { iterations = c.iterations, rate = RATE }
  return function()
    local loss
    i, loss = step(state, i)
    return i, loss, function()
      return m:score(c.xt, c.yt)
    end
  end
end

--- Runs one and prints its line; whether it stayed within its bounds. The
--- accuracies must be the same in float64; in float32 a row on the border
--- between two labels may fall to the other side.
local function compare(c, name, dtype, run, bound)
  local worst, worst_accuracy, seen, start = 0, 0, 0, os.time()
  for i, loss, accuracy in run(c, dtype) do
    local difference = math.abs(loss - c.reference.cost[i])
    worst = difference <= worst and worst or difference -- NaN stays
    if c.marks[i] then
      seen = seen + 1
      worst_accuracy = math.max(worst_accuracy, math.abs(accuracy() - c.marks[i]))
    end
  end
  local accuracy_bound = dtype == "float64" and 0 or 5e-4
  local fine = worst <= bound and worst_accuracy <= accuracy_bound + 1e-12
  print(("%-10s  %-7s  %10d  %10.2e  %7.0e  %5d  %10.2e  %7.0e  %5d s  %s"):format(name, dtype,
    c.iterations, worst, bound, seen, worst_accuracy, accuracy_bound, os.time() - start,
    fine and "ok" or "FAILED"))
  return fine
end

local c = open(parse(arg))
print("                               largest difference         of accuracy on the test set")
print("path        dtype    iterations    of loss    bound  marks  difference    bound     time")
local fine = compare(c, "kernels", "float64", by_kernels, BOUND64)
fine = compare(c, "Model", "float64", by_model, BOUND64) and fine
fine = compare(c, "Model", "float32", by_model, BOUND32) and fine
os.exit(fine and 0 or 1, true)
