-- Tables of results.

local tables = require "perigee.sweep.table"

local raises_here = dofile("tests/support.lua").raises_here

local function example()
  return tables.new({ "hidden", "name", "repeat", "seed", "accuracy", "loss" }, {
    { hidden = 50, name = "a", ["repeat"] = 1, seed = 0, accuracy = 0.8, loss = 1 },
    { hidden = 50, name = "a", ["repeat"] = 2, seed = 1, accuracy = 0.9, loss = 0.5 },
    { hidden = 100, name = "b", ["repeat"] = 1, seed = 0, accuracy = 0.95, loss = 1 / 3 },
    { hidden = 100, name = "b", ["repeat"] = 2, seed = 1 },
  }, { "accuracy", "loss" })
end

describe("a table of results", function()
  it("has rows by number, and columns by name", function()
    local t = example()
    assert.equal(4, #t)
    assert.equal(0.9, t[2].accuracy)
    assert.is_nil(t[4].accuracy)
    assert.is_nil(t[5])
    local count = 0
    for i, row in ipairs(t) do
      assert.equal(t[i], row)
      count = i
    end
    assert.equal(4, count)
  end)

  it("finds the best row, of losses the smallest", function()
    local t = example()
    assert.equal(t[3], t:best "accuracy")
    assert.equal(t[3], t:best "loss")
    assert.equal(t[1], t:best("accuracy", "min"))
    assert.is_nil(tables.new({ "a" }, {}, { "a" }):best "a")
    raises_here("did you mean 'accuracy'", function() t:best "acuracy" end)
    raises_here("'max' or 'min'", function() t:best("loss", "most") end)
  end)

  it("groups: mean, standard deviation, and how many there are", function()
    local g = example():group { "hidden" }
    assert.same({ "hidden", "accuracy", "accuracy_std", "loss", "loss_std", "n" }, g.columns)
    assert.equal(2, #g)
    assert.is_true(math.abs(g[1].accuracy - 0.85) < 1e-12)
    assert.is_true(math.abs(g[1].accuracy_std - 0.05) < 1e-12)
    assert.same({ 2, 1 }, { g[1].n, g[2].n })
    assert.equal(0, g[2].accuracy_std)
    assert.equal(2, #example():group "name")
    assert.equal(1, #example():group {})
    raises_here("there is no column 'hiden'", function() example():group "hiden" end)
  end)

  it("sorts, and leaves equals in their order", function()
    local t = example():sort "accuracy"
    assert.same({ 0.8, 0.9, 0.95 }, { t[1].accuracy, t[2].accuracy, t[3].accuracy })
    assert.is_nil(t[4].accuracy)
    t = example():sort("accuracy", "descending")
    assert.equal(0.95, t[1].accuracy)
    assert.is_nil(t[4].accuracy)
    t = example():sort "name"
    assert.same({ 1, 2, 1, 2 }, { t[1]["repeat"], t[2]["repeat"], t[3]["repeat"], t[4]["repeat"] })
    raises_here("'ascending' or 'descending'", function() t:sort("name", "down") end)
  end)

  it("has those rows that have some values", function()
    assert.equal(2, #example():where { hidden = 50 })
    assert.equal(1, #example():where { hidden = 50, seed = 1 })
    raises_here("a table of values", function() example():where "hidden" end)
  end)

  it("is written as CSV in full precision", function()
    local t = tables.new({ "a", "b", "c" }, {
      { a = 1 / 3, b = 'say "x", y', c = { 128, 64 } }, { a = 50.0, b = true }, { a = 0.1 },
    }, { "a" })
    assert.equal('a,b,c\n0.3333333333333333,"say ""x"", y",128-64\n50,true,\n0.1,,\n', t:csv())
    local path = os.tmpname()
    assert.is_true(t:csv(path))
    local file <close> = assert(io.open(path))
    assert.equal(t:csv(), file:read "a")
    os.remove(path)
    assert.is_nil((t:csv "/no/such/folder/t.csv"))
  end)

  it("is written as Markdown", function()
    local text = tables.new({ "a", "b" }, { { a = 0.5, b = "x|y" } }, { "a" }):markdown()
    assert.equal("| a | b |\n|---:|---|\n| 0.5 | x\\|y |\n", text)
  end)

  it("prints with its columns under each other", function()
    assert.equal(table.concat({
      "hidden  name  repeat  seed  accuracy      loss",
      "    50  a          1     0      0.80  1.000000",
      "    50  a          2     1      0.90  0.500000",
      "   100  b          1     0      0.95  0.333333",
      "   100  b          2     1         -         -",
    }, "\n"), tostring(example()))
  end)

  it("prints the first and the last of many rows", function()
    local rows = {}
    for i = 1, 100 do
      rows[i] = { a = i }
    end
    local text = tostring(tables.new({ "a" }, rows, {}))
    assert.matches("\n 10\n%.%.%.\n 91\n", text)
    assert.matches("\n100\n%(100 rows%)$", text)
  end)
end)
