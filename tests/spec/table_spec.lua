-- perigee.sweep.table: rows with named columns, and what is made of them.

local tables = require "perigee.sweep.table.table"
local goals = require "perigee.sweep.table.goal"

local COLUMNS = { "hidden", "rate", "repeat", "seed", "accuracy", "loss" }

local function row(hidden, rate, round, accuracy, loss)
  return { hidden = hidden, rate = rate, ["repeat"] = round, seed = round - 1,
    accuracy = accuracy, loss = loss }
end

local function sample()
  return tables.new(COLUMNS, {
    row(50, 0.1, 1, 0.5, 1.5), row(50, 0.1, 2, 0.75, 1),
    row(50, 0.5, 1, 0.9, 0.25), row(50, 0.5, 2),
    row(10, 0.1, 1, 0.9, 0.5), row(10, 0.1, 2, 0.7, 0.125),
  }, { "accuracy", "loss" })
end

local function column(t, name)
  local values = {}
  for i, each in ipairs(t) do
    values[i] = each[name] == nil and "nil" or each[name]
  end
  return values
end

--- Fails unless f raises that message, at the line of this file that called.
local function raises(message, f)
  local ok, text = pcall(f)
  assert.is_false(ok)
  assert.truthy(text:find(message, 1, true), text)
  assert.matches("table_spec.lua:%d+: ", text)
end

describe("A table of results", function()
  it("has rows that are counted, indexed and gone through", function()
    local t = sample()
    assert.equal(6, #t)
    assert.equal(0.9, t[3].accuracy)
    assert.is_nil(t[7])
    assert.same({ 50, 50, 50, 50, 10, 10 }, column(t, "hidden"))
    assert.same(COLUMNS, t.columns)
  end)

  it("groups rows: means, deviations and counts, in the order of the rows", function()
    local t = sample():group { "hidden", "rate" }
    assert.same({ "hidden", "rate", "accuracy", "accuracy_std", "loss", "loss_std", "n" },
      t.columns)
    assert.same({ 50, 50, 10 }, column(t, "hidden"))
    assert.same({ 0.1, 0.5, 0.1 }, column(t, "rate"))
    assert.same({ 0.625, 0.9, 0.8 }, column(t, "accuracy"))
    assert.same({ 0.125, 0, 0.1 }, { t[1].accuracy_std, t[2].accuracy_std,
      math.floor(t[3].accuracy_std * 1e12 + 0.5) / 1e12 })
    assert.same({ 2, 1, 2 }, column(t, "n"))
  end)

  it("groups by one name, by none, and by what was measured", function()
    assert.same({ 50, 10 }, column(sample():group "hidden", "hidden"))
    assert.same({ 5 }, column(sample():group {}, "n"))
    local t = sample():group "accuracy"
    assert.same({ "accuracy", "loss", "loss_std", "n" }, t.columns)
    assert.same({ 0.5, 0.75, 0.9, "nil", 0.7 }, column(t, "accuracy"))
  end)

  it("takes no column for its own that was there", function()
    local t = tables.new({ "n", "acc", "acc_std" }, { { n = 10, acc = 1, acc_std = 5 },
      { n = 10, acc = 3, acc_std = 5 }, { n = 20, acc = 2, acc_std = 7 } }, { "acc", "acc_std" })
    local g = t:group "n"
    assert.same({ "n", "acc", "acc_sd", "acc_std", "acc_std_std", "count" }, g.columns)
    assert.same({ n = 10, acc = 2, acc_sd = 1, acc_std = 5, acc_std_std = 0, count = 2 }, g[1])
    t = tables.new({ "y_std", "y" }, { { y_std = 1, y = 4 }, { y_std = 2, y = 4 } }, { "y" })
    assert.same({ "y_std", "y", "y_sd", "n" }, t:group("y_std").columns)
    assert.same({ 1, 2 }, column(t:group "y_std", "y_std"))
    assert.same({ "y", "y_sd", "n" }, t:group({}).columns)
    t = tables.new({ "n", "count", "y", "y_std", "y_sd" }, { { n = 1, count = 2, y = 3 } }, { "y" })
    assert.same({ "y", "y_sd_", "count_" }, t:group({}).columns)
    t = tables.new({ "n", "y" }, { { n = 1, y = 3 } }, { "n", "y" })
    assert.same({ "n", "n_std", "y", "y_std", "count" }, t:group({}).columns)
    assert.same({ "loss", "loss_sd", "loss_std", "loss_std_std", "n" },
      tables.new({ "a", "loss" }, { { a = 1, loss = 1 } }, { "loss" }):group("a"):group({}).columns)
  end)

  it("refuses a group by a list with a hole, or by a name twice", function()
    raises("group: the names must be a list, not one with nil at position 2", function()
      sample():group { "hidden", nil, "rate" }
    end)
    raises("group: 'rate' is named twice", function() sample():group { "rate", "rate" } end)
  end)

  it("counts from the end, and has pairs of places and rows", function()
    local t, count = sample(), 0
    assert.equal(t[6], t[-1])
    for i, each in pairs(t) do
      count = count + 1
      assert.equal(t[i], each)
    end
    assert.equal(6, count)
  end)

  it("has a group for rows that failed, without means", function()
    local t = sample():where({ rate = 0.5, ["repeat"] = 2 }):group "hidden"
    assert.same({ { hidden = 50, n = 0 } }, t.rows)
  end)

  it("loses no digits of a deviation to a large mean", function()
    local rows = {}
    for i, value in ipairs { 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16 } do
      rows[i] = { loss = value }
    end
    local t = tables.new({ "loss" }, rows, { "loss" }):group {}
    assert.equal(1e9 + 10, t[1].loss)
    assert.equal(math.sqrt(22.5), t[1].loss_std)
    local same = tables.new({ "a" }, { { a = 0.1 }, { a = 0.1 }, { a = 0.1 } }, { "a" }):group {}
    assert.same({ 0.1, 0 }, { same[1].a, same[1].a_std })
  end)

  it("tells lists apart by their elements, and numbers from texts", function()
    local rows = { { h = { 128, 64 } }, { h = { 128, 64 } }, { h = { 64, 128 } },
      { h = "128-64" }, { h = 50 }, { h = 50.0 }, { h = "50" }, { h = true }, { h = "true" } }
    local t = tables.new({ "h" }, rows, {})
    assert.equal(7, #t:group "h")
    assert.equal(2, #t:where { h = { 128, 64 } })
    assert.equal(2, #t:where { h = 50 })
    assert.equal(1, #t:where { h = "50" })
    assert.equal(1, #t:where { h = true })
  end)

  it("finds the best row, the first of equals", function()
    local t = sample()
    assert.equal(t[3], t:best "accuracy")
    assert.equal(t[6], t:best "loss")
    assert.equal(t[1], t:best("accuracy", "min"))
    assert.equal(t[1], t:best("loss", "max"))
    assert.is_nil(t:where({ rate = 0.5, ["repeat"] = 2 }):best "accuracy")
  end)

  it("knows by whole words of its name whether a metric is better when it is smaller", function()
    for _, name in ipairs { "loss", "error", "err", "rmse", "mse", "mae", "nll", "perplexity",
      "cross_entropy", "wer", "seconds", "latency", "validation_loss", "log_loss", "top_error",
      "test_mse", "val_cross_entropy", "accuracy_loss", "Loss" } do
      assert.equal("min", goals.of(name), name)
    end
    for _, name in ipairs { "accuracy", "acc", "f1", "auc", "precision", "recall", "score", "r2",
      "test_accuracy", "f1_score", "macro_f1", "balanced_accuracy" } do
      assert.equal("max", goals.of(name), name)
    end
    for _, name in ipairs { "y", "lossless", "terror", "accordion", "cost", "runtime", "scored",
      "time_to_accuracy", "accuracy_error_ratio", "neg_log_loss", "neg_mean_squared_error",
      "negative_loss", "no_error", "error_rate", "precisions", "r2d2", "train" } do
      assert.is_nil(goals.of(name), name)
    end
  end)

  it("asks for the goal where a name does not tell it", function()
    local t = tables.new({ "y", "k" }, { { y = 2, k = "a" }, { y = 3 } }, { "y" })
    raises('best: whether "y" is better when it is larger or smaller is not known from its name: '
      .. 'goal = "max" or goal = "min"', function() t:best "y" end)
    assert.equal(3, t:best("y", "max").y)
    assert.equal(2, t:best("y", "min").y)
    raises("best: the column 'k' must have numbers, not a in row 1", function() t:best "k" end)
    raises("best: the name of a column is needed, not a table of 0", function() t:best {} end)
    local told = tables.new({ "y" }, { { y = 2 }, { y = 3 } }, { "y" }, { goals = { y = "min" } })
    assert.equal(2, told:best("y").y)
    assert.equal(2, told:sort("y"):where({}):group({ "y" }):best("y").y)
  end)

  it("sorts rows: stable, what is missing last", function()
    local t = sample():sort "accuracy"
    assert.same({ 0.5, 0.7, 0.75, 0.9, 0.9, "nil" }, column(t, "accuracy"))
    assert.same({ 50, 10 }, { t[4].hidden, t[5].hidden })
    t = sample():sort("accuracy", "descending")
    assert.same({ 0.9, 0.9, 0.75, 0.7, 0.5, "nil" }, column(t, "accuracy"))
    assert.same({ 50, 10 }, { t[1].hidden, t[2].hidden })
  end)

  it("sorts numbers before texts, lists and booleans", function()
    local t = tables.new({ "v" }, { { v = "b" }, { v = 10 }, { v = true }, { v = 9 },
      { v = { 1, 2 } }, { v = "a" } }, {})
    assert.same({ 9, 10, { 1, 2 }, "a", "b", true }, column(t:sort "v", "v"))
  end)

  it("raises for a column that there is not, and names those that there are", function()
    local t = sample()
    raises("group: there is no column 'hiden'; there are hidden, rate, repeat, seed, accuracy, "
      .. "loss; did you mean 'hidden'?", function()
      t:group { "hiden" }
    end)
    raises("best: there is no column 'acuracy'", function()
      t:best "acuracy"
    end)
    raises("where: there is no column 'nothing like it'", function()
      t:where { ["nothing like it"] = 1 }
    end)
    raises("the goal is 'max' or 'min', not 'most'", function()
      t:best("loss", "most")
    end)
    raises("the order is 'ascending' or 'descending'", function()
      t:sort("loss", "down")
    end)
  end)
end)

--- The values of columns 1 to n, of which the last has one.
local function csv_line(values)
  local columns, n = {}, 0
  for k in pairs(values) do
    n = math.max(n, k)
  end
  for k = 1, n do
    columns[k] = k
  end
  return tables.csv_line(columns, values)
end

describe("CSV", function()
  it("has numbers at full precision, and integral ones as integers", function()
    assert.equal("50,1000,50,0.1,0.30000000000000004,1e+300,-2\n",
      csv_line { 50, 1000, 50.0, 0.1, 0.1 + 0.2, 1e300, -2 })
    for _, value in ipairs { 1 / 3, 2 ^ -1074, 0.1 + 0.7, 1e22, 123456.789e-12 } do
      assert.equal(value, tonumber(csv_line { value }))
    end
  end)

  it("quotes as RFC 4180, leaves what is missing empty, and writes no nan", function()
    assert.equal('"a,b","say ""hi""","two\nlines","[128,64]",true,,false\n',
      csv_line { "a,b", 'say "hi"', "two\nlines", { 128, 64 }, true, [7] = false })
    assert.equal(",,\n", csv_line { 0 / 0, math.huge, -math.huge })
  end)

  it("has texts that a spreadsheet would run as texts", function()
    assert.equal([["'=1+1","'+1","'-2","'@x",-2,a=1]] .. "\n",
      csv_line { "=1+1", "+1", "-2", "@x", -2, "a=1" })
    assert.equal([["'=HYPERLINK(""x"")"]] .. "\n", csv_line { '=HYPERLINK("x")' })
  end)

  it("is a text, or a file that is whole", function()
    local t = tables.new({ "a,b", "c" }, { { ["a,b"] = 1 }, { c = 0.5 } }, { "c" })
    assert.equal('"a,b",c\n1,\n,0.5\n', t:csv())
    local path = os.tmpname()
    assert.is_true(t:csv(path))
    local file <close> = assert(io.open(path, "rb"))
    assert.equal(t:csv(), file:read "a")
    os.remove(path)
    for _, name in ipairs { "csv", "markdown" } do
      raises("/nowhere/at/all.csv: No such file", function() t[name](t, "/nowhere/at/all.csv") end)
      raises("/dev: it is a directory", function() t[name](t, "/dev") end)
      for _, value in ipairs { 3, false, { "a" }, "a\0" } do
        raises(name .. ": a path is needed", function() t[name](t, value) end)
      end
    end
  end)
end)

describe("A table as text", function()
  it("has columns under each other, numbers with the same decimals", function()
    local t = tables.new({ "kind", "rate", "seed", "accuracy" }, {
      { kind = "größe", rate = 0.1, seed = 4294967295, accuracy = 0.91234567 },
      { kind = { 128, 64 }, rate = 0.25, seed = 1, accuracy = 1 },
      { kind = true, rate = 1, seed = 2 },
    }, { "accuracy" })
    assert.equal("kind      rate        seed  accuracy\n"
      .. "größe     0.10  4294967295  0.912346\n"
      .. "[128,64]  0.25           1  1.000000\n"
      .. "true      1.00           2         -", tostring(t))
  end)

  it("shows six digits, with exponents where those are needed", function()
    local t = tables.new({ "a", "b" }, { { a = 1234.56789, b = 1e-9 }, { a = 0.5, b = 1234567 } },
      {})
    assert.equal("      a        b\n1234.57    1e-09\n   0.50  1234567", tostring(t))
  end)

  it("shows the ends of many rows, and says how many there are", function()
    local rows = {}
    for i = 1, 240 do
      rows[i] = { i = i, text = "" }
    end
    local lines = {}
    for line in (tostring(tables.new({ "i", "text" }, rows, {})) .. "\n"):gmatch "(.-)\n" do
      lines[#lines + 1] = line
    end
    assert.equal(1 + 10 + 1 + 10 + 1, #lines)
    assert.same({ " 10", "...", "231" }, { lines[11], lines[12], lines[13] })
    assert.equal("(240 rows)", lines[23])
    table.move(rows, 1, 60, 1, rows)
    for i = 61, 240 do
      rows[i] = nil
    end
    assert.not_matches("%.%.%.", tostring(tables.new({ "i" }, rows, {})))
  end)

  it("is Markdown that any text leaves whole", function()
    local t = tables.new({ "a|b", "n" }, {
      { ["a|b"] = "x|y\nz", n = 0.5 }, { n = 1 / 3 }, { ["a|b"] = "<b>*\\`", n = 1 },
    }, {})
    assert.equal("| a\\|b | n |\n|---|---:|\n| x\\|y z | 0.500000 |\n| - | 0.333333 |\n"
      .. "| \\<b>\\*\\\\\\` | 1.000000 |\n", t:markdown())
  end)
end)
