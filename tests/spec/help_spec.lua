-- What help says, and that it is so: examples, options, places in the documents.
-- luacheck: ignore 122 (print is replaced)

local synonyms = require "perigee.util.synonyms"
local examples = dofile "tests/examples.lua"
local entries = require "perigee.help.entries"
local doc_comment = require "perigee.help.doc_comment"
local page = require "perigee.help.page"
local help = require "perigee.help.help"
local pg = require "perigee"
local support = require "tests.support"
local sweep = require "perigee.sweep"
local topics = require "perigee.help.topics"
local uv = require "luv"

--- What help prints about something, as lines.
local function shown(what)
  local lines, print_before = {}, print
  _G.print = function(line)
    lines[#lines + 1] = line
  end
  local worked, message = pcall(help, what)
  _G.print = print_before
  if not worked then
    error(message, 0)
  end
  return lines
end

local function text_of(what)
  return table.concat(shown(what), "\n")
end

local function first_line(what)
  return shown(what)[1]
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function entry_of(name)
  return assert(entries.find(name)[1], name)
end

local function new_study(name, run)
  return sweep.new {
    name = name, params = { rate = { 0.1 } }, run = run, arguments = false,
    runs = os.getenv "TMPDIR" or "/tmp",
  }
end

--- In a folder that is removed afterwards.
local function in_folder(f)
  local folder, before = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/help-XXXXXX")), uv.cwd()
  uv.chdir(folder)
  local worked, message = pcall(f)
  uv.chdir(before)
  os.execute(("rm -rf '%s'"):format(folder))
  assert(worked, message)
end

-- --- what is written --------------------------------------------------------------

-- Functions whose description needs no example, and why.
local WITHOUT = {}

describe("An example", function()
  for _, class in ipairs(entries.classes()) do
    it("gives what it says: of " .. class.several, function()
      for _, entry in ipairs(entries.entries()) do
        if entry.class == class.name and not WITHOUT[entries.name(entry)] then
          assert.is_true(#entry.example > 0, entries.name(entry) .. " has none")
          if not examples.needs_mpi(class.name) then
            assert.is_nil(examples.problem(entries.name(entry), entry))
          end
        end
      end
    end)
  end

  it("gives what it says: of types", function()
    for _, name in ipairs { "array", "index", "dtype", "like", "shape" } do
      local comment = assert(entries.type("perigee." .. name), name)
      assert.is_true(#comment.text > 0 and #comment.example > 0, name)
      assert.is_nil(examples.problem(name, comment))
    end
  end)

  it("fits into 80 columns", function()
    for _, entry in ipairs(entries.entries()) do
      for _, line in ipairs(entry.example) do
        assert.is_true(#line <= 76, line)
      end
    end
  end)

  it("is refused where it gives something else", function()
    local lines = { "1 + 1 --> 3", "pg.zeros(2) --> [0., ...] float64 (2,)" }
    local entry = setmetatable({ example = lines }, { __index = entry_of "zeros" })
    local parts = examples.run(entry)
    assert.is_false(examples.fits(parts[2].given, parts[2].told))
    assert.is_true(examples.fits(parts[4].given, parts[4].told))
  end)
end)

describe("A description", function()
  it("tells of each parameter, in their order", function()
    for _, entry in ipairs(entries.entries()) do
      local names, i = {}, 1
      while entries.parameter(entry, i) do
        names[i] = entries.parameter(entry, i)
        i = i + 1
      end
      assert.equal(entries.signature(entry),
        ("%s(%s)"):format(entries.name(entry), table.concat(names, ", ")))
    end
  end)

  it("has a page of 80 columns", function()
    for _, entry in ipairs(entries.entries()) do
      for line in page.text(page.of_entry(entry)):gmatch "[^\n]+" do
        assert.is_true(#line <= 80 or not line:find "%S%s+%S", line)
      end
    end
  end)

  it("says where the documents tell more", function()
    local anchors = {}
    for _, file in ipairs {
      "docs/reference.md", "docs/sweeps.md", "docs/numpy.md", "docs/models.md",
      "docs/gradients.md", "docs/cluster.md",
    } do
      anchors[file] = true
      local text = read(file):gsub("\n```.-\n```", "")
      for heading in text:gmatch "\n#+ ([^\n]+)" do
        local place = file .. "#" .. entries.anchor(heading)
        assert.is_nil(anchors[place], "two headings have the anchor " .. place)
        anchors[place] = true
      end
    end
    for _, entry in ipairs(entries.entries()) do
      local reference, document = entries.places(entry)
      assert.is_true(anchors[reference], reference)
      assert.is_true(anchors[document], document)
    end
    for _, class in ipairs(entries.classes()) do
      assert.is_true(anchors["docs/reference.md#" .. entries.anchor(class.section)], class.section)
    end
  end)

  it("has parts", function()
    assert.same({ "positions", "perigee.like", "integers", false },
      { entries.parameter(entry_of "take", 1) })
    assert.same({ "axis", "integer", "default 1", true },
      { entries.parameter(entry_of "take", 2) })
    assert.is_nil(entries.parameter(entry_of "take", 3))
    assert.same({ "perigee.array cost", "float64 (m.iteration): the loss before each update" },
      { entries.returned(entry_of "m:history", 1) })
    assert.equal("Returns a copy of the elements at some positions of an axis.",
      entries.sentence(entry_of("take").text))
  end)

  it("of a class has its fields, then its functions", function()
    local members = {}
    for _, class in ipairs(entries.classes()) do
      members[class.name] = {}
      for i, member in ipairs(entries.members(class.name)) do
        members[class.name][i] = member.kind .. " " .. member.name
      end
    end
    assert.same({ "field shape", "field dtype", "field ndim", "field size", "field T",
      "method reshape" }, table.move(members.array, 1, 6, 1, {}))
    assert.same({ "field weights", "field state", "field classes", "field names", "field iteration",
      "method steps" }, table.move(members.model, 1, 6, 1, {}))
    assert.equal("function load", members.model[#members.model - 2])
    for _, class in ipairs(entries.classes()) do
      for _, member in ipairs(entries.members(class.name)) do
        assert.is_true(member.text ~= "", class.name .. "." .. member.name)
      end
    end
    assert.same({ "method keys", "method get", "method load", "method form", "method checksum",
      "method path", "method close" }, members.archive)
    assert.equal("function new", members.sweep[1])
    assert.same({ "field rank", "field size", "field world", "field library", "function rows",
      "function barrier", "function bcast", "function allreduce", "function gather",
      "function scatter" }, members.mpi)
    assert.same({ "field rank", "field size", "method barrier", "method bcast", "method allreduce",
      "method gather", "method scatter" }, members.communicator)
  end)
end)

-- --- options ----------------------------------------------------------------------

--- The options that a function says it has, when it is given one that there is not.
local function taken(f, ...)
  local arguments = table.pack(...)
  arguments[arguments.n + 1] = { no_such_option = true }
  local worked, message = pcall(f, table.unpack(arguments, 1, arguments.n + 1))
  assert.is_false(worked)
  local names = {}
  local list = message:match "there are ([%w_, ]+)" or message:match "the only option is ([%w_]+)"
  for name in list:gmatch "[%w_]+" do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function told(name)
  local names = entries.options(entry_of(name))
  table.sort(names)
  return names
end

describe("The options that a description tells of", function()
  it("are those that the function takes", function()
    local x, y = pg.zeros(4, 2), { 0, 1, 0, 1 }
    local m = pg.Model(x, y, { hidden = 2 })
    assert.same(taken(pg.Model, x, y), told "pg.Model")
    assert.same(taken(m.steps, m), told "m:steps")
    assert.same(taken(m.fit, m), told "m:fit")
    assert.same(taken(pg.initialization, x, 2), told "pg.initialization")
    assert.same(taken(pg.save, "a.npz", {}), told "pg.save")
    assert.same(taken(pg.plot), told "pg.plot")
    assert.same(taken(sweep.new), told "sweep.new")
    assert.same(taken(sweep.halving), told "sweep.halving")
    assert.same(taken(sweep.median), told "sweep.median")
  end)

  it("are those that the methods of studies and trials take", function()
    in_folder(function()
      local of_trial = {}
      local study = new_study("options", function(_, trial)
        local m = pg.Model(pg.zeros(4, 2), { 0, 1, 0, 1 }, { hidden = 2 })
        for _, name in ipairs { "steps", "fit" } do
          of_trial[name] = taken(trial[name], trial, m)
          for _, ours in ipairs { "resume", "progress" } do
            assert.error_matches(function() trial[name](trial, m, { [ours] = true }) end,
              "leave it out")
          end
        end
        return { y = 1 }
      end)
      study._fixed.root = uv.cwd() .. "/options"
      assert(study:run { quiet = true })
      assert.same(taken(study.run, study), told "study:run")
      assert.same(taken(study.plot, study), told "study:plot")
      for name, names in pairs(of_trial) do
        local ours = told("trial:" .. name)
        ours[#ours + 1], ours[#ours + 2] = "progress", "resume"
        table.sort(ours)
        assert.same(names, ours)
      end
    end)
  end)

  it("are in order, with their words, and those of others by reference", function()
    local names, options = entries.options(entry_of "m:steps")
    assert.same({ "iterations", "epochs", "progress" }, table.move(names, 1, 3, 1, {}))
    assert.equal("iterations = 1000 (the number of updates)", options[1].text)
    names, options = entries.options(entry_of "trial:fit")
    assert.equal("iterations", names[1])
    assert.equal("m:steps", entries.name(options[1].owner))
    assert.same({}, entries.options(entry_of "a:sort"))
  end)
end)

-- --- asking -----------------------------------------------------------------------

describe("help", function()
  it("shows the way in, on one screen", function()
    local lines = shown(nil)
    assert.is_true(#lines <= 22)
    for _, line in ipairs(lines) do
      assert.is_true(#line <= 80, line)
    end
    local text = table.concat(lines, "\n")
    for _, word in ipairs { "who()", "time(f)", "edit()", "save_session", "?fit", "Tab", "Ctrl-C",
      "Ctrl-D", 'help "all"', "pg.Model", "pg.plot", "perigee.sweep" } do
      assert.truthy(text:find(word, 1, true), word)
    end
  end)

  it("lists all names", function()
    local text = text_of "all"
    for _, entry in ipairs(entries.entries()) do
      assert.truthy(text:find("%f[%w_]" .. entry.name .. "%f[^%w_]"), entry.name)
    end
  end)

  it("knows functions by value and by name", function()
    local m = pg.Model(pg.zeros(4, 2), { 0, 1, 0, 1 }, { hidden = 2 })
    for name, what in pairs {
      ["pg.forward(x, weights, out)"] = pg.forward, ["a:sort(axis)"] = pg.zeros(1).sort,
      ["a:exp(options)"] = pg.exp, ["g:rand(...)"] = pg.random(0).rand, ["pg.rand(...)"] = pg.rand,
      ["m:fit(options)"] = m.fit, ["pg.Model(x, y, options)"] = pg.Model,
      ["pg.Model.load(path, x, y, options)"] = pg.Model.load, ["sweep.new(options)"] = sweep.new,
      ["pg.plot(options, ...)"] = pg.plot, ["pg.help(what)"] = pg.help,
    } do
      assert.equal(name, first_line(what))
    end
    for name, what in pairs {
      ["pg.forward(x, weights, out)"] = "forward", ["a:sort(axis)"] = "a:sort",
      ["t:sort(name, order)"] = "t:sort", ["pg.load(path, options)"] = "load",
      ["pg.Model.load(path, x, y, options)"] = "Model.load", ["m:steps(options)"] = "steps",
      ["trial:steps(model, options)"] = "trial:steps", ["a:exp(options)"] = "pg.exp",
      ["pg.random(seed)"] = "random", ["sweep.halving(options)"] = "sweep.halving()",
    } do
      assert.equal(name, first_line(what))
    end
  end)

  it("shows the likeliest of several, and names the others", function()
    local text = text_of "steps"
    assert.truthy(text:find('also: trial:steps: help "trial:steps"', 1, true))
    assert.matches('Lua\'s table: help%(table%)', text_of "table")
    assert.is_nil(text_of("forward"):find "also:")
  end)

  it("shows signature, parameters, values, example and places", function()
    assert.equal([==[
a:take(positions, axis)

Returns a copy of the elements at some positions of an axis. Positions may
repeat, and count from -1 at the end. Their shape replaces the axis in the shape
of the result. Raises for a position beyond the ends.

  positions  array-like: integers
  axis?  integer: default 1
  returns  array

    pg.array{10, 20, 30}:take{3, 1, 1, -1}
    --> [30., 10., 10., 30.] float64 (4,)
    pg.range(1, 6):reshape(2, 3):take({3, 1}, 2)
    --> [[3, 1],
    -->  [6, 4]] int64 (2, 2)

docs/reference.md#atakepositions-axis, docs/numpy.md]==], text_of "take")
  end)

  it("tells about values: themselves, their fields and methods", function()
    assert.equal("an array: float32 (2, 3), 6 elements", first_line(pg.zeros(2, 3, "float32")))
    local text = text_of(pg.zeros(2))
    assert.matches("a%.shape +the lengths of its axes", text)
    assert.matches("\nelementwise\n", text)
    assert.matches("a:sort%(axis%) +Returns a copy in ascending order", text)
    local freed = pg.zeros(1)
    freed:free()
    assert.equal("an array that was freed", first_line(freed))
    local m = pg.Model(pg.zeros(4, 2), { 0, 1, 0, 1 }, { hidden = 2 })
    assert.equal("a model 2-2-2, sigmoid, float32: 12 weights", first_line(m))
    assert.equal("a generator of random numbers", first_line(pg.random(0)))
    local report = m:report(pg.zeros(1, 2), { 0 })
    assert.equal("a report of a classification", first_line(report))
    assert.matches("r%.f1 +float64 %(classes%)", text_of(report))
    local path = os.tmpname()
    pg.write(path, "a,b\n1,2\n")
    local csv = pg.read_csv(path)
    os.remove(path)
    assert.equal("a table of a CSV file: 2 columns of 1 row", first_line(csv))
    assert.matches("csv:labels%(name, classes%)", text_of(csv))
    assert.equal('the module: pg = require "perigee"', first_line(pg))
    assert.matches("^the module for sweeps", first_line(sweep))
    in_folder(function()
      assert(pg.save("a.npz", { w = 1 }))
      local data = assert(pg.load "a.npz")
      assert.equal("an archive: a.npz, with w", first_line(data))
      data:close()
      assert.matches("^an archive", first_line(data))
    end)
  end)

  it("tells about studies, their tables and trials", function()
    in_folder(function()
      local in_trial
      local study = new_study("told", function(_, trial)
        in_trial = first_line(trial)
        return { y = 1 }
      end)
      study._fixed.root = uv.cwd() .. "/told"
      assert(study:run { quiet = true })
      assert.equal("a trial", in_trial)
      assert.matches("^a study: told, in ", first_line(study))
      assert.equal("a table of results: 1 rows of rate, repeat, seed, y", first_line(study:table()))
    end)
  end)

  it("shows classes, fields and options by their names", function()
    assert.equal("an array", first_line "arrays")
    assert.equal("a trial", first_line "trial")
    assert.matches("^the module for sweeps", first_line "perigee.sweep")
    assert.matches("^the module for several ranks", first_line "perigee.mpi")
    assert.equal(text_of "perigee.mpi", text_of "mpi")
    assert.equal(text_of "perigee.mpi", text_of "ranks")
    assert.equal("mpi.bcast(value, root)", first_line "bcast")
    assert.equal("comm:bcast(value, root)", first_line "comm:bcast")
    assert.equal("a.shape: shape, the lengths of its axes (a field of an array)",
      first_line "shape")
    local lines = shown "batch"
    assert.equal("batch = false (or a number of rows)", lines[1])
    assert.equal("an option of m:steps, pg.Model, m:fit, trial:steps, trial:fit.", lines[3])
    assert.equal("m:steps(options)", lines[5])
  end)

  it("knows where Lua's manual tells of Lua's own", function()
    for address, what in pairs {
      ["#pdf-string.format"] = string.format, ["#pdf-ipairs"] = ipairs, ["#pdf-file:read"] =
      io.stdout.read, ["#pdf-math.exp"] = "math.exp", ["#3.3.4"] = "goto", ["#6.5"] = utf8,
      ["#pdf-require"] = "require", ["#6.7"] = "math",
    } do
      local lines = shown(what)
      assert.equal("https://www.lua.org/manual/5.4/manual.html" .. address, lines[#lines])
    end
  end)

  it("has a sentence for other values", function()
    assert.matches("an integer of 64 bits", text_of(3))
    assert.matches("a float", text_of(0.5))
    assert.matches("2 values in order, 1 under other keys", text_of { 1, 2, a = 3 })
    assert.matches("a boolean", text_of(false))
    assert.matches("a file", text_of(io.stdout))
    assert.matches("a coroutine", text_of(coroutine.create(print)))
  end)

  it("takes any text and any value", function()
    assert.equal(first_line(nil), first_line "  ")
    assert.error_matches(function() pg.help(("x"):rep(1e7)) end, "not a text of 10000000 bytes")
    for _, name in ipairs { "?", "a:", ".", "%s", "\0", "a.b.c", ":::" } do
      local worked, said = pcall(shown, name)
      assert.is_true(worked or said:find("help: there is no", 1, true) ~= nil, said)
    end
    local angry = setmetatable({}, {
      __index = function() error "index" end, __tostring = function() error "tostring" end,
      __len = function() error "len" end, __pairs = function() error "pairs" end,
    })
    assert.matches("a table", text_of(angry))
    assert.matches("a table", text_of(setmetatable({}, { __metatable = false })))
    local stripped = load(string.dump(load "return function(x) end"(), true))
    assert.equal("function(?)", first_line(stripped))
  end)

  it("knows options by the names that other libraries have for them", function()
    for other, own in pairs(synonyms.options) do
      local text = text_of(other)
      assert.equal(own, text:match "^([%w_]+) = " or text:match "^([%w_]+) %(" or text:match "^%w+")
      assert.matches("an option of", text, 1, true)
    end
    assert.equal(text_of "patience", text_of "early stopping")
    assert.matches("^rate = 0.1", text_of "learning rate")
    assert.matches("^batch = false", text_of "batch_size")
  end)

  it("knows words that are no function's, with examples that run", function()
    local x = pg.rand(4, 3)
    local m = pg.Model(x, { 0, 1, 0, 1 }, { hidden = 2, seed = 0 })
    for _, topic in ipairs(topics) do
      for _, line in ipairs(topic.example) do
        local code = line:gsub("%-%-.*", "")
        local environment = { pg = pg, x = x:copy(), m = m, y = pg.array { 0, 1, 0, 1 } }
        environment.mpi, environment.require = {}, function() return {} end -- not built
        local f = load("return " .. code, line, "t", environment)
          or assert(load(code, line, "t", environment))
        f()
      end
      for _, name in ipairs(topic.see) do
        assert.equal(name, entries.name(entries.find(name)[1]))
      end
      for _, word in ipairs(topic.words) do
        assert.matches(topic.see[1], text_of(word), 1, true)
      end
    end
    assert.matches("^x%[...%] reads elements, rows and slices of an array", text_of "index")
    assert.matches("also: trial.index", text_of "index", 1, true)
    assert.matches("^m:evaluate returns the confusion matrix", text_of "confusion matrix")
    assert.matches("^The loss of a model is the mean cross%-entropy", text_of "loss")
    assert.matches("t:csv", text_of "csv", 1, true)
    assert.matches("comm = mpi.world", text_of "several machines", 1, true)
    assert.matches("^A mask is a bool array", text_of "masks")
    assert.matches("^A view shares its elements", text_of "views")
    assert.matches("{keep = true}", text_of "keepdims", 1, true)
    assert.matches("^The matrix product is a:dot%(b%)", text_of "@")
    assert.matches("^a:expand_dims%(axis%) adds an axis", text_of "np.newaxis")
  end)

  it("suggests no shorter name for a short one", function()
    assert.matches("^#x is the number of rows", text_of "len")
    support.raises_here("perigee has no 'len': #x is how many rows an array has",
      function() return pg.len end)
    support.raises_here("an array has no 'len'", function() return pg.zeros(2).len end)
    local _, message = pcall(function() return pg.zeros(2).len end)
    assert.not_matches("did you mean", message)
  end)

  it("suggests a name for one that is misspelt, if any is near", function()
    for name, message in pairs {
      sofmax = "did you mean 'softmax'?", srot = "did you mean 'sort'?",
      ["np.repeat"] = "did you mean 'repeat_interleave'?",
      plt = "did you mean 'plot'?", mm = "did you mean 'dot'?", tabel = "did you mean 'table'?",
      xyzzy = 'help "all" lists all names', ["a:srt"] = "did you mean 'sort'?",
    } do
      local worked, said = pcall(function() pg.help(name) end)
      assert.is_false(worked)
      assert.equal(("help: there is no '%s'; %s"):format(name, message),
        said:match "help_spec.lua:%d+: (.*)")
    end
  end)
end)

-- --- a user's own -----------------------------------------------------------------

--- Adds two numbers.
-- Both are of the same kind.
---@param x number  the first
---@param y number
local function add(x, y, ...)
  return x + y, ...
end

local methods = {
  -- Says nothing.
  quiet = function() end,
}

local function bare() end

--[[ What stands in a long comment,
     over two lines. ]]
local function long(a) return a end

describe("help on a user's own function", function()
  it("shows its parameters, its comment, and where it is", function()
    local line = debug.getinfo(add, "S").linedefined
    assert.equal(([[
function(x, y, ...)

Adds two numbers. Both are of the same kind.

  x  number: the first
  y  number

defined in %s, line %d]]):format(debug.getinfo(1, "S").short_src, line), text_of(add))
    assert.matches("Says nothing%.", text_of(methods.quiet))
    assert.matches("What stands in a long comment, over two lines%.", text_of(long))
    assert.matches("It has no comment", text_of(bare))
  end)

  it("has its name, where a global variable holds it", function()
    _G.our_function = bare
    assert.equal("our_function()", first_line(bare))
    assert.equal("our_function()", first_line "our_function")
    _G.our_function = nil
  end)

  it("finds comments in chunks that stand in no file", function()
    local text = "\n-- From a prompt.\nreturn function(z) end"
    assert.matches("From a prompt%.", text_of(load(text)()))
    local f = load(text, "=prompt[7]")()
    assert.matches("cannot be read", text_of(f))
    doc_comment.sources["=prompt[7]"] = text
    assert.matches("From a prompt%.", text_of(f))
    doc_comment.sources["=prompt[7]"] = "return 1\n\n\n"
    assert.matches("has changed", text_of(f))
    doc_comment.sources["=prompt[7]"] = nil
  end)

  it("is no answer to what is made in C elsewhere", function()
    assert.matches("made in C", text_of(uv.now))
  end)
end)
